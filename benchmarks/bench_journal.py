"""Steps a second that 4 processes of 4 threads record in one journal, and how many of them are lost.

The journal of 322c31f wrote 7 steps a second where one bare SQLite wrote 105, and lost 374 of 400 orders: it
opened the file anew for each step. Ten times that is the target.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.figures import ratios, show
from jupyter_openapi.trading.journal import Journal

PROCESSES, THREADS, INTENTS, ROUNDS = 4, 4, 25, 3
HELD_BY = (
    "SQLite, which takes 92% of the time: a step is five statements in one transaction, for it looks at what "
    "stands before it writes; the bare writer's step is one"
)
FACTS = {
    "account": "a", "mode": "paper", "host": "h", "kind": "submit", "operation": "submit_order",
    "method": "POST", "path": "/v1/trade/order",
}  # fmt: skip


def work(path: str, name: str) -> None:
    """Record this process's orders, all threads at once, and print the acknowledged ones."""
    journal, told = Journal(Path(path)), []
    print("ready", flush=True)
    sys.stdin.readline()

    def orders(thread: int) -> None:
        for number in range(INTENTS):
            mark = f"{name}-{thread}-{number}"
            intent = journal.intend(**FACTS, client_request_id=mark, body={"remark": "x" * 200})
            journal.record(intent.id, "sent", attempt=1)
            journal.record(intent.id, "answered", order_id=mark)
            told.append((intent.id, mark))

    threads = [threading.Thread(target=orders, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(told), flush=True)


def once() -> tuple[float, int]:
    """Return steps a second and how many acknowledged orders the file does not have as they were."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.db"
        children = [
            subprocess.Popen(
                [sys.executable, "-m", "benchmarks.bench_journal", "work", str(path), str(number)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
            )
            for number in range(PROCESSES)
        ]  # fmt: skip
        for child in children:
            assert child.stdout is not None
            child.stdout.readline()
        begun = time.perf_counter()
        for child in children:
            assert child.stdin is not None
            child.stdin.write("\n")
            child.stdin.flush()
        told = [tuple(pair) for child in children for pair in json.loads(child.communicate()[0] or "[]")]
        taken = time.perf_counter() - begun
        kept = {row["id"]: row["order_id"] for row in Journal(path).rows()}
        expected = PROCESSES * THREADS * INTENTS
        right = sum(kept.get(number) == mark for number, mark in told)
        return 3 * len(told) / taken, expected - right


def bare(steps: int = 150) -> float:
    """Return the floor, steps a second: one writer with SQLite alone, as durable as the journal."""
    with tempfile.TemporaryDirectory() as folder:
        link = sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)
        link.execute("PRAGMA synchronous=EXTRA")
        link.execute("CREATE TABLE step (id INTEGER PRIMARY KEY, facts TEXT)")
        begun = time.perf_counter()
        for _ in range(steps):
            link.execute("INSERT INTO step (facts) VALUES (?)", ("x" * 400,))
        taken = time.perf_counter() - begun
        link.close()
        return steps / taken


def main() -> None:
    """Measure in turn."""
    floors, rates, lost = zip(*[(bare(), *once()) for _ in range(ROUNDS)], strict=True)
    show(
        f"journal, {PROCESSES} processes x {THREADS} threads / one bare SQLite", ratios(rates, floors),
        least=0.67, held_by=HELD_BY,
        floor=f"{statistics.median(floors):,.0f} steps/s, ours {statistics.median(rates):,.0f}",
    )  # fmt: skip
    show("  steps lost", [sum(lost)], "", most=0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["work"]:
        work(*sys.argv[2:])
    else:
        main()
