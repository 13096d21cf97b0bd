"""The sandbox's memory over many orders: it must not grow with them.

``python -m benchmarks.bench_sandbox_memory [ORDERS]``. Orders are placed, and most of them
filled or cancelled, as fast as they are answered; the resident memory is read along the way. The gate
remembers up to two minutes of signatures, so the first half, which fills that, doesn't count.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.sandbox import SandboxClient, start_sandbox

from benchmarks.figures import show

CHEAP = "3033.HK"
WORKERS = 3
OPEN = 200


def resident_mb(pid: int) -> float:
    """Return a process's resident memory in megabytes (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    message = f"no VmRSS for process {pid}"
    raise RuntimeError(message)


class Worker(threading.Thread):
    """Places orders and cancels the older ones, so that only some stay open."""

    def __init__(self, client: SandboxClient, count: int) -> None:
        super().__init__()
        self.client = client
        self.count = count
        self.placed = 0

    def run(self) -> None:
        open_orders: list[str] = []
        for number in range(self.count):
            order = {"symbol": CHEAP, "submitted_quantity": "200", "remark": f"order {number}"}
            if number % 5 == 0:
                self.client.submit(**order, order_type="MO", side="Sell" if number % 10 else "Buy")
            else:
                open_orders.append(self.client.submit(**order, submitted_price="4.8"))
            if len(open_orders) > OPEN:
                self.client.call("DELETE", "/v1/trade/order", {"order_id": open_orders.pop(0)})
            self.placed += 1


def main() -> None:
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with (
        tempfile.TemporaryDirectory() as folder,
        start_sandbox("--limits", "off", "--db", str(Path(folder) / "memory.db")) as sandbox,
    ):
        sandbox.client.submit(CHEAP, order_type="MO", submitted_quantity="2000")
        clients = [SandboxClient(sandbox.info) for _ in range(WORKERS)]
        workers = [Worker(client, total // WORKERS) for client in clients]
        started = time.perf_counter()
        for worker in workers:
            worker.start()
        marks: list[tuple[int, float]] = []
        while any(worker.is_alive() for worker in workers):
            time.sleep(0.5)
            placed = sum(worker.placed for worker in workers)
            if placed >= (len(marks) + 1) * total // 10:
                marks.append((placed, resident_mb(sandbox.info["pid"])))
        took = time.perf_counter() - started
        for client in clients:
            client.close()
        size = (Path(folder) / "memory.db").stat().st_size / 2**20
    middle, last = marks[len(marks) // 2], marks[-1]
    show(
        f"sandbox over {total:,} orders, memory's growth, 2nd half",
        [last[1] / middle[1]],
        most=1.05,
        floor=f"{marks[0][1]:.1f}, {middle[1]:.1f}, {last[1]:.1f} MB; database {size:.0f} MB in {took:.0f} s",
    )


if __name__ == "__main__":
    main()
