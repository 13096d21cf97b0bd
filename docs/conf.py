"""Sphinx settings: ``make docs``. Builds offline; a warning is an error."""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import generated  # noqa: E402
import llms  # noqa: E402
import page_cells  # noqa: E402
from sphinx.errors import ExtensionError  # noqa: E402

import jupyter_openapi  # noqa: E402

# Nearly all that a build makes is kept until its end: looking for what is not takes a third of its time.
gc.disable()

project = "jupyter-openapi"
author = "The jupyter-openapi developers"
copyright = "2026, The jupyter-openapi developers"  # noqa: A001 (Sphinx's name)
version = release = jupyter_openapi.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
]
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
html_static_path = ["_static"]
html_css_files = ["cells.css"]
copybutton_selector = "div.highlight pre"


RAN: dict[str, list[page_cells.Ran]] = {}


def setup(app: Sphinx) -> dict[str, Any]:
    """Let pages hold parts that are made from the package, and show what their cells give."""
    app.connect("builder-inited", _run_cells)
    app.connect("source-read", _fill)
    app.connect("build-finished", _index_for_models)
    return {"parallel_read_safe": True}


def _run_cells(_: Sphinx) -> None:
    """Run the cells of all pages; DOCS_CELLS names a file with what an earlier run gave."""
    pages = [path for path in sorted(HERE.rglob("*.md")) if "_build" not in path.parts]
    if earlier := os.environ.get("DOCS_CELLS"):
        ran = json.loads(Path(earlier).read_text(encoding="utf-8"))
    else:
        runnable = [path for path in pages if page_cells.fences(path.read_text(encoding="utf-8"), "ipython")]
        with tempfile.TemporaryDirectory() as folder:
            ran = page_cells.run_pages(runnable, Path(folder))
    for path, cells in ran.items():
        for cell in cells:
            if cell["error"]:
                message = f"{path}: a cell failed.\n{cell['source']}\n{cell['error']}"
                raise ExtensionError(message)
        RAN[Path(path).relative_to(HERE).with_suffix("").as_posix()] = cells


def _fill(_: Sphinx, page: str, source: list[str]) -> None:
    text = generated.filled(source[0])
    source[0] = page_cells.with_outputs(text, RAN[page]) if page in RAN else text


def _index_for_models(app: Sphinx, failure: Exception | None) -> None:
    if failure is None and app.builder.name == "html":
        llms.write(Path(app.outdir), app.env, html_title)
