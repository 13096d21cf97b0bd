"""Sphinx settings: ``make docs``. Builds offline; a warning is an error."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import generated  # noqa: E402

import jupyter_openapi  # noqa: E402

project = "jupyter-openapi"
author = "The jupyter-openapi developers"
copyright = "2026, The jupyter-openapi developers"  # noqa: A001 (Sphinx's name)
version = release = jupyter_openapi.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence", "deflist"]

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"jupyter-openapi {version}"
html_show_sourcelink = False


def setup(app: Sphinx) -> dict[str, Any]:
    """Let pages hold parts that are made from the package."""
    app.connect("source-read", _fill)
    return {"parallel_read_safe": True}


def _fill(_: Sphinx, __: str, source: list[str]) -> None:
    source[0] = generated.filled(source[0])
