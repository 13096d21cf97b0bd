"""What the magic costs: loading the extension, and a line over a magic that does nothing."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

LOAD = """
import time
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
import IPython.core.magics.extension
begun = time.perf_counter()
shell.run_line_magic("load_ext", "jupyter_openapi")
loaded = time.perf_counter() - begun
begun = time.perf_counter()
import pandas, requests, ipywidgets, anywidget, tornado, jsonschema
print(loaded, time.perf_counter() - begun)
"""


def load(runs: int = 7) -> None:
    pairs = []
    for _ in range(runs):
        done = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, check=True)
        pairs.append(tuple(float(part) for part in done.stdout.split()))
    ours, eager = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"%load_ext                     {ours * 1e3:6.2f} ms  (target <= 5)")
    print(f"%load_ext / eager imports     {ours / eager:6.4f}     (target <= 0.01)")


def line(rounds: int = 15, number: int = 2000) -> None:
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
    from traitlets.config import Config

    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    shell.run_line_magic("load_ext", "jupyter_openapi")

    def nothing(line: str) -> None:
        del line

    @magic_arguments()
    @argument("--execute", action="store_true")
    @argument("--tz")
    @argument("words", nargs="*")
    def parsed(line: str) -> None:
        parse_argstring(parsed, line)

    shell.register_magic_function(nothing, "line")
    shell.register_magic_function(parsed, "line")
    text = "--tz UTC positions 700.HK AAPL.US"
    from jupyter_openapi.magic.actions import read_line

    def ours(line: str) -> None:
        read_line(line)

    shell.register_magic_function(ours, "line", "ours_parsed")
    times: dict[str, list[float]] = {"nothing": [], "ours_parsed": [], "parsed": []}
    for _ in range(rounds):
        for name, taken in times.items():
            begun = time.perf_counter()
            for _ in range(number):
                shell.run_line_magic(name, text)
            taken.append((time.perf_counter() - begun) / number)
    median = {name: statistics.median(taken) for name, taken in times.items()}
    print(f"a magic that does nothing     {median['nothing'] * 1e6:6.1f} us")
    print(
        f"with our parsing / nothing    {median['ours_parsed'] / median['nothing']:6.2f}     (target <= 1.2)"
    )
    print(f"magic_arguments / nothing     {median['parsed'] / median['nothing']:6.2f}")


if __name__ == "__main__":
    load()
    line()
