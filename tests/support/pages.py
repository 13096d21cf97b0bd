"""The cells of a documentation page, and a real IPython shell to run them in, in a process of its own.

``python -m support.pages PAGE`` runs the ``ipython`` fences of a page in their order and stops at the first
that fails.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

FENCE = re.compile(r"^(`{3,})(\S*)[^\n]*\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`(%openapi [^`]+)`(?!`)")
ROOT = Path(__file__).parents[2]


def fences(text: str, language: str) -> list[str]:
    """Return the fenced blocks of one language."""
    return [body for _, found, body in FENCE.findall(text) if found == language]


def inline_lines(text: str) -> list[str]:
    """Return the ``%openapi`` lines within sentences, white space as one blank."""
    return [" ".join(line.split()) for line in INLINE.findall(FENCE.sub("", text))]


def main(path: str) -> int:
    import pandas as pd
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    pd.set_option("display.width", 110)
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}), colors="NoColor")
    for cell in fences(Path(path).read_text(encoding="utf-8"), "ipython"):
        print("\nIn:", cell.rstrip().replace("\n", "\n    "), flush=True)
        if not shell.run_cell(cell, store_history=False).success:
            return 1
    if "jupyter_openapi" in shell.extension_manager.loaded:
        shell.run_line_magic("unload_ext", "jupyter_openapi")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
