"""Light and dark: the colours of paper, ink and lines, and which of the two a picture takes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.messages import _


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of a picture; blue and orange are Okabe and Ito's, lighter on dark paper."""

    name: str
    blue: str
    orange: str
    grey: str
    ink: str
    soft: str
    grid: str
    paper: str

    @property
    def dark(self) -> bool:
        """Whether the paper is dark."""
        return self.name == "dark"


LIGHT = Theme("light", "#0072B2", "#D55E00", "#9AA5B1", "#1F2933", "#5B6875", "#E4E7EB", "#FFFFFF")
DARK = Theme("dark", "#56B4E9", "#F0894A", "#7B8794", "#E4E7EB", "#B0BAC5", "#323A44", "#16191E")
THEMES = {theme.name: theme for theme in (LIGHT, DARK)}
_CURRENT: ContextVar[Theme] = ContextVar("theme", default=LIGHT)
HALF = 0.5  # of full brightness: a page below it is dark


def current() -> Theme:
    """Return the theme of the picture that is being drawn."""
    return _CURRENT.get()


@contextmanager
def drawn_in(theme: Theme) -> Iterator[None]:
    """Draw what is inside in a theme."""
    token = _CURRENT.set(theme)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def chosen(name: str | None, *, interactive: bool) -> Theme:
    """Return the theme called `name`; without a name that of the library's own settings.

    A notebook does not tell its kernel whether its page is dark: ``plt.style.use("dark_background")`` and
    ``plotly.io.templates.default = "plotly_dark"`` do.

    Raises
    ------
    RequestRefused
        There is no such theme.
    """
    if name is None:
        return DARK if (_plotly_dark() if interactive else _matplotlib_dark()) else LIGHT
    if name not in THEMES:
        raise RequestRefused(
            _("theme is {themes}, not {name!r}.").format(themes=_(" or ").join(THEMES), name=name)
        )
    return THEMES[name]


def _matplotlib_dark() -> bool:
    if "matplotlib" not in sys.modules:
        return False
    import matplotlib as mpl
    from matplotlib.colors import to_rgb

    paper = mpl.rcParams["figure.facecolor"]
    if str(paper).lower() in {"none", "auto"}:
        return False
    red, green, blue = to_rgb(paper)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue < HALF


def _plotly_dark() -> bool:
    if "plotly" not in sys.modules:
        return False
    import plotly.io as pio

    return "dark" in str(pio.templates.default or "")
