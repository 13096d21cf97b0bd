"""Reply text to typed frame, beside `json.loads` alone and beside `pandas.json_normalize` with conversions.

    python benchmarks/bench_frames.py [--rows 100000] [--memory-rows 1000000] [--rounds 5]

Each way runs in an interpreter of its own, so that memory peaks are comparable and "without pyarrow" is true.
Times are the best of the rounds, the ways taking turns; peaks are what a run adds to the interpreter that
already holds the reply's text and has imported everything. Prints the figures, asserts nothing.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

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
        "trade_id": f"{order}-{1693664675163312128 + number}",
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
    """Write a whole reply, row by row: a parent that grew large would show in its children's peaks."""
    chance = random.Random(1)
    make = execution if kind == "trades" else order
    with path.open("w", encoding="utf-8") as file:
        file.write(f'{{"code":0,"message":"success","data":{{"has_more":false,"{kind}":[')
        for number in range(rows):
            text = json.dumps(make(number, chance), separators=(",", ":"), ensure_ascii=False)
            file.write(f",{text}" if number else text)
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
        command = [sys.executable, __file__, "--child", str(path), "--kind", kind]
        self.process = subprocess.Popen(
            [*command, *(["--without-pyarrow"] if without_pyarrow else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
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
    best = dict.fromkeys(WAYS, float("inf"))
    for _ in range(rounds):
        for way in WAYS:
            best[way] = min(best[way], worker.run(way)[0])
    worker.close()
    label = "pandas alone" if without_pyarrow else "with pyarrow"
    print(
        f"{rows:>9,} {kind:<7} {label:<13} json.loads {best['json']:6.3f} s   "
        f"json_normalize {best['normalize']:6.3f} s   ours {best['ours']:6.3f} s   "
        f"= {best['normalize'] / best['ours']:5.2f} x faster, {best['ours'] / best['json']:5.2f} x json.loads"
    )


def memory(kind: str, path: Path, rows: int) -> None:
    added: dict[str, float] = {}
    for way in ("normalize", "ours"):
        worker = Worker(kind, path, without_pyarrow=False)
        added[way] = worker.run(way)[1]
        worker.close()
    print(
        f"{rows:>9,} {kind:<7} peak memory   json_normalize {added['normalize']:8.0f} MiB   "
        f"ours {added['ours']:8.0f} MiB   = {added['ours'] / added['normalize']:5.2f} x"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--memory-rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
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
        for kind in OPERATION:
            write_reply(path, kind, options.memory_rows)
            memory(kind, path, options.memory_rows)


if __name__ == "__main__":
    main()
