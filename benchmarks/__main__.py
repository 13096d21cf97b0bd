"""Print the table of speed: ``python -m benchmarks``, or parts: ``python -m benchmarks call frames``.

Each part is a process of its own. ``stream`` and ``portfolio``, which say more than the table asks for, run
when they are named.
"""

from __future__ import annotations

import subprocess
import sys
import time
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
    "live",
    "routes",
)


def main() -> int:
    known = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
    wanted = sys.argv[1:] or TABLE
    for name in wanted:
        if name not in known:
            print(f"There is no benchmark '{name}'; there are {', '.join(known)}.", file=sys.stderr)
            return 2
    print(heading(), flush=True)
    failed = False
    begun = time.monotonic()
    for name in wanted:
        command = [sys.executable, "-m", f"benchmarks.bench_{name}"]
        failed |= bool(subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode)
    print(f"\n{time.monotonic() - begun:.0f} s in all.")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
