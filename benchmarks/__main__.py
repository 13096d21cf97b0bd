"""Run every benchmark: ``python -m benchmarks``, or some: ``python -m benchmarks call frames``."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path


def main() -> int:
    here = Path(__file__).parent
    known = sorted(path.stem.removeprefix("bench_") for path in here.glob("bench_*.py"))
    wanted = sys.argv[1:] or known
    for name in wanted:
        if name not in known:
            print(f"There is no benchmark '{name}'; there are {', '.join(known)}.", file=sys.stderr)
            return 2
    for name in wanted:
        print(f"\n== {name}", flush=True)
        sys.argv = [name]
        runpy.run_path(str(here / f"bench_{name}.py"), run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
