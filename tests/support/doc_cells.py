"""The cells of documentation pages, and a real IPython shell to run them in, in a process of its own.

``python -m support.doc_cells PAGE ...`` runs the ``ipython`` fences of each page in their order, and prints a
JSON object: for each page nothing, or the cell that failed with what it printed.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
from pathlib import Path

FENCE = re.compile(r"^(`{3,})(\S*)[^\n]*\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`(%openapi [^`]+)`(?!`)")


def fences(text: str, language: str) -> list[str]:
    """Return the fenced blocks of one language."""
    return [body for _, found, body in FENCE.findall(text) if found == language]


def inline_lines(text: str) -> list[str]:
    """Return the ``%openapi`` lines within sentences, white space as one blank."""
    return [" ".join(line.split()) for line in INLINE.findall(FENCE.sub("", text))]


def failure(path: str) -> str:
    """Run the cells of one page in a fresh notebook; return "" or what went wrong."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    quiet = Config({"HistoryManager": {"enabled": False}})
    InteractiveShell.clear_instance()  # settings of another page must not be those of this one
    shell = InteractiveShell.instance(config=quiet, colors="NoColor")
    try:
        for cell in fences(Path(path).read_text(encoding="utf-8"), "ipython"):
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                done = shell.run_cell(cell, store_history=False)
            if not done.success:
                return f"{cell}\n{printed.getvalue()}"
    finally:
        if "jupyter_openapi" in shell.extension_manager.loaded:
            shell.run_line_magic("unload_ext", "jupyter_openapi")
    return ""


if __name__ == "__main__":
    print(json.dumps({page: failure(page) for page in sys.argv[1:]}))
