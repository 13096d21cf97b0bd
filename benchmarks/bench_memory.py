"""Peak memory of a million trades as a typed frame, against `pandas.json_normalize` with conversions."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.bench_frames import Worker, write_reply
from benchmarks.figures import show

ROWS = {"trades": 1_000_000, "orders": 250_000}  # an order has four times the fields of a trade


def main() -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "reply.json")
        for kind, rows in ROWS.items():
            write_reply(path, kind, rows)
            added = {}
            for way in ("normalize", "ours"):
                worker = Worker(kind, path, without_pyarrow=False)
                added[way] = worker.run(way)[1]
                worker.close()
            show(
                f"peak memory of {rows:,} {kind} / by hand",
                [added["ours"] / added["normalize"]],
                most=0.25,
                held_by="pyarrow's reader of JSON, which holds every value as text until the last is read",
                floor=f"{added['ours']:,.0f} of {added['normalize']:,.0f} MiB",
            )


if __name__ == "__main__":
    main()
