"""Run the Python blocks of README.md against the sandbox, and write their output below them; in Chinese, too.

python docs/samples.py            write README.md and README.zh-CN.md
python docs/samples.py --check    exit 1 if an output is not what would be written (for `make lint`)

A ``text`` block that follows a ``python`` block directly is its output. The sandbox has a fixed seed and a
clock that stands still, so that the output is the same on any day; ids, digits of accounts and ages of
prices, which are new in every run, are shown as dots.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from contextlib import redirect_stdout
from difflib import unified_diff
from io import StringIO
from pathlib import Path
from textwrap import wrap

ROOT = Path(__file__).resolve().parent.parent
PAGES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
sys.path.insert(0, str(ROOT))

BLOCKS = re.compile(r"^```python\n(.*?)^```\n(\n```text\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE)
SANDBOX = ("--clock", "manual", "--start", "2026-11-23T10:00:00+08:00", "--seed", "1")
NEW_EACH_TIME = (
    (re.compile(r"…\d{4}"), "…4821"),
    (re.compile(r"jo-[0-9a-f]{32}"), "jo-…"),
    (re.compile(r"~[0-9a-f]{8}"), "~…"),
    (re.compile(r"\b\d{18}\b"), "7…"),
    (re.compile(r"\b\d+ (s|min|h|days?) old"), "0 s old"),
    (re.compile(r"\b\d+ (秒|分钟|小时|天)前"), "0 秒前"),
    (re.compile(r"http://127\.0\.0\.1:\d+"), "http://127.0.0.1:…"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "…"),
    (re.compile(r"\b\d+(\.\d+)? ms\b"), "… ms"),
)
WIDTH = 110


def outputs(cells: list[str]) -> list[str]:
    """Run the cells in one IPython shell and return what each prints and displays."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    from jupyter_openapi.session import SESSION

    os.environ["COLUMNS"] = "100"
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    shell = InteractiveShell.instance(config=config)
    SESSION.start_sandbox(SANDBOX)
    found = []
    try:
        for cell in cells:
            # Not IPython's capture_output: a preview that is captured counts as not shown.
            with redirect_stdout(StringIO()) as printed:
                done = shell.run_cell(cell, store_history=True)
            done.raise_error()
            found.append(settled(printed.getvalue()))
    finally:
        SESSION.close()
        shell.run_line_magic("unload_ext", "jupyter_openapi")
    return found


def settled(text: str) -> str:
    """Return output without prompts and without what is new in every run."""
    text = re.sub(r"^Out\[\d+\]: ?\n?", "", text, flags=re.MULTILINE)
    for pattern, instead in NEW_EACH_TIME:
        text = pattern.sub(instead, text)
    lines = []
    for line in text.rstrip().split("\n"):
        if len(line) <= WIDTH:
            lines.append(line.rstrip())
        elif line.startswith(" "):  # a row of a preview
            lines.append(f"{line[: WIDTH - 1]}…")
        else:
            lines += wrap(line, WIDTH)
    return "\n".join(lines) + "\n"


def written(readme: str) -> str:
    """Return the page with the outputs of its cells."""
    cells = [match[1] for match in BLOCKS.finditer(readme)]
    found = iter(outputs(cells))

    def block(match: re.Match[str]) -> str:
        output = next(found)
        shown = f"\n```text\n{output}```\n" if match[2] else ""
        return f"```python\n{match[1]}```\n{shown}"

    return BLOCKS.sub(block, readme)


def main(arguments: list[str]) -> int:
    """Write the pages, or tell whether they are as they would be written."""
    with tempfile.TemporaryDirectory() as home:
        for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "IPYTHONDIR"):
            os.environ[name] = str(Path(home) / name.lower())
        before = {page: page.read_text(encoding="utf-8") for page in PAGES}
        after = {page: written(text) for page, text in before.items()}
    if "--check" not in arguments:
        for page, text in after.items():
            page.write_text(text, encoding="utf-8")
        return 0
    stale = False
    for page, text in after.items():
        lines = before[page].splitlines(), text.splitlines()
        difference = list(unified_diff(*lines, page.name, "its output", lineterm=""))
        stale = stale or bool(difference)
        print(
            "\n".join([*difference, "Run `make docs-samples`."]) if difference else f"{page.name}: as it runs"
        )
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
