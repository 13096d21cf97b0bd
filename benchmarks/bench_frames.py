"""Reply text to typed frame, beside `json.loads` alone and beside `pandas.json_normalize` with conversions.

    python -m benchmarks.bench_frames [--rows 100000] [--rounds 4]

The ways take turns in one interpreter, without pyarrow in another.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.figures import ratios, show

JSON = (
    "json.loads, which a frame without pyarrow goes through: two fifths of the time; turning rows into "
    "columns takes a tenth, and the rest is a few passes over each column"
)
DECIMAL = "pyarrow's reader of JSON, 88% of the time"
TARGETS = {
    ("trades", True): (3, JSON),
    ("orders", True): (2.5, JSON),
    ("trades", False): (12, DECIMAL),
    ("orders", False): (12, DECIMAL),
}
DECIMALS = {
    "trades": ["quantity", "price"],
    "orders": [
        "quantity",
        "executed_quantity",
        "price",
        "executed_price",
        "last_done",
        "trigger_price",
        "trailing_amount",
        "trailing_percent",
        "limit_offset",
        "monitor_price",
    ],
}
TIMES = {
    "trades": ["trade_done_at"],
    "orders": ["submitted_at", "updated_at", "trigger_at", "delayed_until"],
}
OPERATION = {"trades": "history_executions", "orders": "history_orders"}


def execution(number: int, chance: random.Random) -> dict[str, Any]:
    order = str(693664675163312128 + number)
    return {
        "order_id": order,
        "trade_id": f"{order}-1{order}",
        "symbol": chance.choice(["700.HK", "AAPL.US", "9988.HK", "TSLA.US"]),
        "trade_done_at": str(1767605405 + number),
        "quantity": str(chance.randint(1, 50) * 100),
        "price": f"{chance.randint(100, 90000) / 100:.2f}",
        "side": chance.choice(["Buy", "Sell"]),
    }


def order(number: int, chance: random.Random) -> dict[str, Any]:
    price = f"{chance.randint(100, 90000) / 100:.2f}"
    moment = str(1767605405 + number)
    return {
        "order_id": str(693664675163312128 + number),
        "status": chance.choice(["FilledStatus", "NewStatus", "CanceledStatus"]),
        "stock_name": chance.choice(["TENCENT", "Apple Inc.", "騰訊控股"]),
        "quantity": str(chance.randint(1, 50) * 100),
        "executed_quantity": str(chance.randint(0, 50) * 100),
        "price": price,
        "executed_price": chance.choice([price, "0.000"]),
        "submitted_at": moment,
        "side": chance.choice(["Buy", "Sell"]),
        "symbol": chance.choice(["700.HK", "AAPL.US"]),
        "order_type": chance.choice(["LO", "MO"]),
        "last_done": price,
        "trigger_price": "",
        "msg": "",
        "tag": "Normal",
        "time_in_force": "Day",
        "expire_date": chance.choice(["", "2026-01-30"]),
        "updated_at": moment,
        "trigger_at": "0",
        "trailing_amount": "",
        "trailing_percent": "",
        "limit_offset": "",
        "trigger_status": "NOT_USED",
        "currency": chance.choice(["HKD", "USD"]),
        "outside_rth": "RTH_ONLY",
        "limit_depth_level": 0,
        "trigger_count": 0,
        "monitor_price": "",
        "remark": "",
        "delayed_until": "",
    }


def write_reply(path: Path, kind: str, rows: int) -> None:
    """Write a whole reply, row by row: a parent that grew large would show in its children's peaks.

    Beyond the first rows the values repeat, but for the ids and the moments, which are of each row.
    """
    chance = random.Random(1)
    make = execution if kind == "trades" else order
    known = [
        json.dumps(make(number, chance), separators=(",", ":"), ensure_ascii=False)
        .replace(str(693664675163312128 + number), "%(id)d")
        .replace(str(1767605405 + number), "%(moment)d")
        for number in range(min(rows, 20_000))
    ]
    with path.open("w", encoding="utf-8") as file:
        file.write(f'{{"code":0,"message":"success","data":{{"has_more":false,"{kind}":[')
        for number in range(rows):
            if number:
                file.write(",")
            unique = {"id": 693664675163312128 + number, "moment": 1767605405 + number}
            file.write(known[number % len(known)] % unique)
        file.write("]}}")


def json_alone(content: bytes, _: str) -> Any:
    return json.loads(content)


def normalized(content: bytes, kind: str) -> Any:
    """What one writes by hand: flatten, then convert the columns one by one."""
    import numpy as np
    import pandas as pd

    frame = pd.json_normalize(json.loads(content)["data"], record_path=kind)
    for name in DECIMALS[kind]:
        frame[name] = pd.to_numeric(frame[name]).astype("float64")
    for name in TIMES[kind]:
        seconds = pd.to_numeric(frame[name]).replace(0, np.nan)
        frame[name] = pd.to_datetime(seconds, unit="s", utc=True)
    if kind == "orders":
        frame["expire_date"] = pd.to_datetime(frame["expire_date"], format="%Y-%m-%d")
        frame["executed_price"] = frame["executed_price"].replace(0, np.nan)
    return frame


def ours(content: bytes, kind: str) -> Any:
    from jupyter_openapi.frames import frame_from_bytes

    return frame_from_bytes(content, OPERATION[kind])


WAYS: dict[str, Callable[[bytes, str], Any]] = {"json": json_alone, "normalize": normalized, "ours": ours}


def child(options: argparse.Namespace) -> None:
    """Serve the parent: one line names a way, the answer is its seconds and the memory it added."""
    if options.without_pyarrow:
        sys.modules["pyarrow"] = None  # type: ignore[assignment]
    with TemporaryDirectory() as folder:
        small = Path(folder, "small.json")
        write_reply(small, options.kind, 2000)
        for run in WAYS.values():
            run(small.read_bytes(), options.kind)  # imports and caches
    content = Path(options.child).read_bytes()
    print("ready", flush=True)
    for line in sys.stdin:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.perf_counter()
        kept = WAYS[line.strip()](content, options.kind)
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        del kept
        print(json.dumps([seconds, (peak - before) / 1024]), flush=True)


class Worker:
    """One interpreter that holds one reply."""

    def __init__(self, kind: str, path: Path, *, without_pyarrow: bool) -> None:
        command = [sys.executable, "-m", "benchmarks.bench_frames", "--child", str(path), "--kind", kind]
        self.process = subprocess.Popen(
            [*command, *(["--without-pyarrow"] if without_pyarrow else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self._read()

    def _read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def run(self, way: str) -> tuple[float, float]:
        assert self.process.stdin is not None
        print(way, file=self.process.stdin, flush=True)
        seconds, mebibytes = json.loads(self._read())
        return seconds, mebibytes

    def close(self) -> None:
        self.process.communicate()


def speed(kind: str, path: Path, rows: int, rounds: int, *, without_pyarrow: bool) -> None:
    worker = Worker(kind, path, without_pyarrow=without_pyarrow)
    taken: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way in WAYS:
            taken[way].append(worker.run(way)[0])
    worker.close()
    label = "pandas alone" if without_pyarrow else "with pyarrow"
    what = f"{rows // 1000}k {kind}, {label}"
    floor = statistics.median(ratios(taken["normalize"], taken["json"]))
    least, held_by = TARGETS[kind, without_pyarrow]
    show(
        f"{what}: by hand / reply to frame", ratios(taken["normalize"], taken["ours"]),
        least=least, floor=f"json.loads {floor:.1f} x", held_by=held_by,
    )  # fmt: skip
    most = None if without_pyarrow else 0.7
    show("  reply to frame / json.loads", ratios(taken["ours"], taken["json"]), most=most, held_by=DECIMAL)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--kind", default="trades", help=argparse.SUPPRESS)
    parser.add_argument("--without-pyarrow", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options)
        return
    with TemporaryDirectory() as folder:
        path = Path(folder, "reply.json")
        for kind in OPERATION:
            write_reply(path, kind, options.rows)
            for without_pyarrow in (True, False):
                speed(kind, path, options.rows, options.rounds, without_pyarrow=without_pyarrow)


if __name__ == "__main__":
    main()
