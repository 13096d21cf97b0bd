"""Executions of an archive through trips, days and lots: time a row and memory, as the history grows."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.archives import write_archive

from benchmarks.figures import show

COUNTS = (10_000, 100_000, 1_000_000)
WORK = """
import sys, time
import pyarrow.parquet
from jupyter_openapi import portfolio

small, path = sys.argv[1:]
def work(path):
    return len(portfolio.closed_by_day(portfolio.archived_trips(path))), len(portfolio.archived_lots(path))
def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
work(small)
before, begun = peak(), time.process_time()
work(path)
print(time.process_time() - begun, peak() - before)
"""


def main() -> None:
    """Print processor time a row, its ratio to the smallest history's, and the growth of memory's peak."""
    first = 0.0
    with tempfile.TemporaryDirectory() as folder:
        small = write_archive(Path(folder) / "small", 1, 1_000)
        for count in COUNTS:
            path = write_archive(Path(folder) / str(count), 1, count)
            done = subprocess.run(
                [sys.executable, "-c", WORK, str(small), str(path)],
                capture_output=True, encoding="utf-8", check=True,
            )  # fmt: skip
            seconds, memory = map(float, done.stdout.split())
            each = seconds / count * 1e6
            first = first or each
            show(
                f"archive of {count:,}, time a row / of 10,000", [each / first],
                floor=f"{seconds:.2f} s, peak + {memory:.0f} MB",
            )  # fmt: skip


if __name__ == "__main__":
    main()
