"""The cells of documentation pages, run in a real IPython shell, with what they show.

``python docs/page_cells.py FILE PAGE ...`` runs the ``ipython`` fences of each page in their order, and
writes into FILE what came out: a JSON object with, for each page, a list of cells. The tests run the same,
and the build of the pages shows it.
"""

from __future__ import annotations

import contextlib
import html
import io
import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypedDict

HERE = Path(__file__).resolve().parent
FENCE = re.compile(r"^(`{3,})(\S*)[^\n]*\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`(%openapi [^`]+)`(?!`)")
# Shown by a page in this order, the first that there is.
RICHEST = ("image/png", "text/html", "text/plain")

WIDGET = "application/vnd.jupyter.widget-view+json"


class Ran(TypedDict):
    """One cell: its source, what it printed and displayed as MIME bundles, and what went wrong, or ""."""

    source: str
    outputs: list[dict[str, str]]
    error: str


def fences(text: str, language: str) -> list[str]:
    """Return the fenced blocks of one language."""
    return [body for _, found, body in FENCE.findall(text) if found == language]


def inline_lines(text: str) -> list[str]:
    """Return the ``%openapi`` lines within sentences, white space as one blank."""
    return [" ".join(line.split()) for line in INLINE.findall(FENCE.sub("", text))]


def run_page(path: Path) -> list[Ran]:
    """Run the cells of one page in a fresh notebook, up to the first that fails."""
    cells = []
    with _shell() as (shell, outputs):
        for source in fences(path.read_text(encoding="utf-8"), "ipython"):
            outputs.clear()
            printed = _Printed(outputs)
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                done = shell.run_cell(source, store_history=False)
            said = "".join(each.get("printed", "") for each in outputs)
            cells.append(
                Ran(source=source, outputs=list(outputs), error="" if done.success else said or "failed")
            )
            if not done.success:
                break
    return cells


class _Printed(io.StringIO):
    """Printed text, kept in its order among what is displayed."""

    def __init__(self, outputs: list[dict[str, str]]) -> None:
        super().__init__()
        self._outputs = outputs

    def write(self, text: str) -> int:
        if self._outputs and "printed" in self._outputs[-1]:
            self._outputs[-1]["printed"] += text
        elif text.strip():
            self._outputs.append({"printed": text})
        return len(text)


@contextlib.contextmanager
def _shell() -> Any:
    """Give a fresh shell, and the list in which what its cells display is put."""
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.core.pylabtools import select_figure_formats
    from traitlets.config import Config

    outputs: list[dict[str, str]] = []

    def keep(bundle: dict[str, Any]) -> None:
        if WIDGET in bundle:  # a panel; the line before it is for front ends that show none
            if outputs and "jo-line-" in outputs[-1].get("text/html", ""):
                outputs.pop()
            return
        found = {kind: _as_text(bundle[kind]) for kind in RICHEST if bundle.get(kind)}
        if found:
            outputs.append(found)

    class Publisher(DisplayPublisher):
        def publish(self, data: dict[str, Any], *_args: Any, **_kwargs: Any) -> None:
            keep(data)

    class Hook(DisplayHook):
        def write_output_prompt(self) -> None:
            """Print no number."""

        def write_format_data(self, format_dict: dict[str, Any], md_dict: Any = None) -> None:  # noqa: ARG002
            keep(format_dict)

        def finish_displayhook(self) -> None:
            """Print nothing between results."""

    InteractiveShell.clear_instance()  # settings of another page must not be those of this one
    shell = InteractiveShell.instance(
        config=Config({"HistoryManager": {"enabled": False}}),
        colors="nocolor",
        display_pub_class=Publisher,
        displayhook_class=Hook,
    )
    select_figure_formats(shell, {"png"})
    try:
        yield shell, outputs
    finally:
        if "jupyter_openapi" in shell.extension_manager.loaded:
            shell.run_line_magic("unload_ext", "jupyter_openapi")


def _as_text(value: Any) -> str:
    return b64encode(value).decode() if isinstance(value, bytes) else str(value)


def with_outputs(page: str, cells: Iterable[Ran]) -> str:
    """Return a page's Markdown with what each of its cells showed, below it."""
    ran = iter(cells)

    def block(match: re.Match[str]) -> str:
        if match[2] != "ipython":
            return match[0]
        shown = "\n".join(filter(None, map(_shown, next(ran)["outputs"])))
        return (
            f'{match[0]}\n\n```{{raw}} html\n<div class="cell-output">{shown}</div>\n```\n'
            if shown
            else match[0]
        )

    return FENCE.sub(block, page)


def _shown(output: dict[str, str]) -> str:
    """Return one output as HTML on a single paragraph; text of any source is escaped."""
    if "printed" in output:
        return f"<pre>{html.escape(output['printed'].strip(chr(10)))}</pre>"
    kind = next(kind for kind in RICHEST if kind in output)
    if kind == "image/png":
        return f'<img alt="The picture that this cell draws" src="data:image/png;base64,{output[kind]}">'
    if kind == "text/html":
        return output[kind]
    return f"<pre>{html.escape(output[kind])}</pre>"


def run_pages(pages: Iterable[Path], folder: Path) -> dict[str, list[Ran]]:
    """Run the cells of pages in a process of its own, whose files are in `folder` and which knows no keys."""
    keys = ("LONGBRIDGE_", "LONGPORT_", "JUPYTER_OPENAPI_")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(keys)}
    environ |= {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("DATA", "STATE", "CONFIG")}
    environ |= {
        "IPYTHONDIR": str(folder / "ipython"),
        "MPLBACKEND": "agg",
        "TMPDIR": str(folder),
        "PYTHONPATH": str(HERE.parent),
    }
    written = folder / "cells.json"
    command = [sys.executable, str(HERE / "page_cells.py"), str(written), *map(str, pages)]
    subprocess.run(command, cwd=folder, env=environ, stdin=subprocess.DEVNULL, timeout=390, check=True)  # noqa: S603
    text = written.read_text(encoding="utf-8").replace(str(folder), "~")
    written.write_text(text, encoding="utf-8")
    found: dict[str, list[Ran]] = json.loads(text)
    return found


def main(arguments: list[str]) -> None:
    """Run the pages that are named and write what came out."""
    file, *pages = arguments
    ran = {page: run_page(Path(page)) for page in pages}
    Path(file).write_text(json.dumps(ran), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
