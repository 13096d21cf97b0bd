"""Print the table of speed, whole or in parts.

::

    python -m benchmarks                            # everything, a few minutes
    python -m benchmarks call frames                # some parts
    python -m benchmarks --out docs/speed.txt       # also into a file: the one that the documentation shows

Each part is a process of its own. ``portfolio``, which the table does not ask for, runs when it is named.
Nothing else should keep the machine busy.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from benchmarks.figures import ROOT, environment, heading

TABLE = (
    "start",
    "magic",
    "call",
    "width",
    "frames",
    "memory",
    "journal",
    "sandbox_load",
    "sandbox_memory",
    "routes",
    "stream",
)
FEWER = {"stream": ["2"]}  # rounds, where the part alone would take minutes


def machine() -> str:
    """Say what ran it, and how busy it was."""
    busy = f", wanted by {os.getloadavg()[0]:.1f} programs before" if hasattr(os, "getloadavg") else ""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("pandas", "pyarrow", "longbridge"))
    return (
        f"{platform.system()}, Python {platform.python_version()}, {libraries}; "
        f"{os.cpu_count()} processors{busy}"
    )


def lines(parts: list[str], failed: list[str]) -> Iterator[str]:
    """Yield the table, row by row as it is measured; parts that fail are noted."""
    begun = time.monotonic()
    yield f"{machine()}\n\n{heading()}\n"
    for name in parts:
        command = [sys.executable, "-m", f"benchmarks.bench_{name}", *FEWER.get(name, ())]
        with subprocess.Popen(
            command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, encoding="utf-8"
        ) as child:
            assert child.stdout is not None
            yield from child.stdout
        if child.returncode:
            failed.append(name)
    yield f"\n{time.monotonic() - begun:.0f} s in all.\n"


def main() -> int:
    known = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(known)}; default: the table")
    parser.add_argument("--out", type=Path, help="a file for the table")
    options = parser.parse_args()
    for name in options.parts:
        if name not in known:
            parser.error(f"there is no part '{name}'; there are {', '.join(known)}")
    failed: list[str] = []
    shown = []
    for line in lines(options.parts or list(TABLE), failed):
        print(line, end="", flush=True)
        shown.append(line)
    if options.out and not failed:
        options.out.write_text("".join(shown), encoding="utf-8")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
