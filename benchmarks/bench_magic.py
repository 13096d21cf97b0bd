"""What the magic costs: loading the extension, and a line over a magic that does nothing."""

from __future__ import annotations

import itertools
import statistics
import subprocess
import sys
import time

from benchmarks.figures import ratios, show

LOADING = (
    "finding, reading and running seven modules of our own, none of which takes a fifth, and making the "
    "magic with its settings; no library is imported that IPython has not imported"
)
NEW = (
    "words, flags and values are told apart in Python, by rules that refuse what is mistyped: that takes "
    "three fifths of the time of an empty magic, and no step of it a quarter"
)
LOAD = """
import time
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
import IPython.core.magics.extension
begun = time.process_time()
shell.run_line_magic("load_ext", "jupyter_openapi")
loaded = time.process_time() - begun
begun = time.process_time()
import pandas, requests, ipywidgets, anywidget, tornado, jsonschema
print(loaded, time.process_time() - begun)
"""


def load(runs: int = 7) -> None:
    pairs = []
    for _ in range(runs):
        done = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, encoding="utf-8", check=True)
        pairs.append(tuple(float(part) for part in done.stdout.split()))
    ours, eager = zip(*pairs, strict=True)
    show(
        "%load_ext, processor time", [each * 1e3 for each in ours], "ms", most=3,
        floor=f"all imports {statistics.median(eager) * 1e3:,.0f} ms", held_by=LOADING,
    )  # fmt: skip


def line(rounds: int = 40, number: int = 200) -> None:
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
    from jupyter_openapi.magic.actions import read_line

    def ours(line: str) -> None:
        read_line(line)

    shell.register_magic_function(ours, "line", "ours_parsed")
    known = "--tz UTC positions 700.HK AAPL.US"
    numbers = itertools.count()
    ways = {
        "nothing": ("nothing", lambda: known),
        "known": ("ours_parsed", lambda: known),
        "new": ("ours_parsed", lambda: f"--tz UTC positions {next(numbers)}.HK AAPL.US"),
        "arguments": ("parsed", lambda: known),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, (magic, text) in ways.items():
            lines = [text() for _ in range(number)]
            begun = time.thread_time()
            for each in lines:
                shell.run_line_magic(magic, each)
            times[name].append((time.thread_time() - begun) / number)
    nothing = times["nothing"]
    floor = f"empty magic {statistics.median(nothing) * 1e6:.0f} us"
    show(
        "a new line read / an empty magic", ratios(times["new"], nothing), most=1.2, floor=floor, held_by=NEW
    )
    show("a line typed before / an empty magic", ratios(times["known"], nothing), most=1.2, floor=floor)
    show("  the same by IPython's magic_arguments", ratios(times["arguments"], nothing))


def completion(rounds: int = 40) -> None:
    """Time the completions of an order's parameters, with the specification read."""
    from types import SimpleNamespace

    from jupyter_openapi.magic import openapi_matcher

    text = "%openapi submit 700.HK "
    asked = SimpleNamespace(full_text=text, cursor_line=0, cursor_position=len(text))
    times = []
    for _ in range(rounds + 1):
        begun = time.thread_time()
        if not openapi_matcher(asked)["completions"]:
            raise RuntimeError("nothing is offered")
        times.append((time.thread_time() - begun) * 1e3)
    show("completions of an order's parameters", times[1:], "ms")


if __name__ == "__main__":
    load()
    line()
    completion()
