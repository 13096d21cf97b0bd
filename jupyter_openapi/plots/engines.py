"""Load the module that draws, and draw in a theme."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.messages import _
from jupyter_openapi.plots import style, themes

INSTALL = "pip install 'jupyter-openapi[plot]'"


@contextmanager
def drawing(
    theme: str | None, name: str, *, interactive: bool, names: Iterable[object] = ()
) -> Iterator[Any]:
    """Give the module of `plots` called `name`, which draws with matplotlib or plotly, in a theme.

    Inside, the language is one that its fonts can show; the picture's foot says which font is missing for it,
    or for the `names` of securities.

    Raises
    ------
    RequestRefused
        There is no such theme, or the library is not installed.
    """
    try:
        engine = import_module(f"jupyter_openapi.plots.{name}")
    except ImportError as missing:
        what = (missing.name or "a library").partition(".")[0]
        raise RequestRefused(
            _("Pictures need {library}, which is not installed: {install}.").format(
                library=what, install=INSTALL
            )
        ) from None
    with (
        themes.drawn_in(themes.chosen(theme, interactive=interactive)),
        style.noting(engine.note(names)),
        engine.legible(),
    ):
        yield engine
