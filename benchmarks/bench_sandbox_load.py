"""The sandbox under load: 16 connections, 500 signed requests a second, every order accounted for.

``python -m benchmarks.bench_sandbox_load [SECONDS]``. The load comes from one process of its
own, as one event loop; on two cores the sandbox has the other. Latency is measured from when a request was
due, so a server that falls behind can't hide it.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.sandbox import SandboxClient, start_sandbox

from benchmarks.figures import show

CONNECTIONS = 16
SHORT_SALE = 602301
RATE = 500
MIX = (
    ("order", 0.3),
    ("cancel", 0.1),
    ("positions", 0.2),
    ("today", 0.05),
    ("quote", 0.25),
    ("depth", 0.1),
)
HELD_BY = (
    "waiting for a core, where other programs want the two as well (next row): only few requests need more "
    "than a millisecond. The sandbox itself stands still for some 20 ms when five symbols are first quoted, "
    "and for 5 to 15 ms every five seconds, when SQLite folds its log into the file: together they meet "
    "fewer than one request in a hundred"
)
CHEAP = "3033.HK"  # a lot costs about a thousand dollars, so that the account affords many
SYMBOLS = ("700.HK", "9988.HK", "5.HK", "1299.HK", "3690.HK")


def waited(process: int) -> float:
    """Return the seconds a process was ready to run and had no core; 0 where the system does not tell."""
    tasks = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(task.read_text(encoding="ascii").split()[1]) for task in tasks) / 1e9


class Connection:
    """One keep-alive connection that signs its own requests."""

    def __init__(self, info: dict[str, Any], number: int) -> None:
        self.signer = SandboxClient(info)
        self.number = number
        self.host, _, self.port = info["http_url"].removeprefix("http://").partition(":")
        self.draw = random.Random(number)
        self.open: list[str] = []
        self.acknowledged: list[str] = []

    async def connect(self) -> None:
        self.reader, self.writer = await asyncio.open_connection(self.host, int(self.port))

    def request(self) -> tuple[str, str, str, str, bytes]:
        kind = self.draw.choices([name for name, _ in MIX], [weight for _, weight in MIX])[0]
        if kind == "cancel" and self.open:
            return kind, "DELETE", "/v1/trade/order", f"order_id={self.open.pop()}", b""
        if kind in {"order", "cancel"}:
            order = {"symbol": CHEAP, "submitted_quantity": "200", "side": "Buy", "time_in_force": "Day"}
            if self.draw.random() < 0.3:
                order |= {"order_type": "MO", "side": self.draw.choice(["Buy", "Sell"])}
            else:
                order |= {"order_type": "LO", "submitted_price": "4.8"}
            return "order", "POST", "/v1/trade/order", "", json.dumps(order).encode()
        if kind == "positions":
            return kind, "GET", "/v1/asset/stock", "", b""
        if kind == "today":
            return kind, "GET", "/v1/trade/order/today", "size=20", b""
        body = {"symbol": list(SYMBOLS)} if kind == "quote" else {"symbol": "700.HK"}
        path = "/quote/quotes" if kind == "quote" else "/quote/depth"
        return kind, "POST", path, "", json.dumps(body).encode()

    async def send(self) -> None:
        kind, method, path, query, body = self.request()
        stamp = f"{time.time():.3f}{self.number:03d}{self.draw.randrange(1000):03d}"
        headers = self.signer.headers(method, path, query, body, stamp)
        lines = [f"{method} {path}{'?' + query if query else ''} HTTP/1.1", "Host: sandbox"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines.append(f"Content-Length: {len(body)}")
        self.writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        answer = json.loads(await self.reader.readexactly(length))
        if answer["code"] and kind != "cancel" and answer["code"] != SHORT_SALE:
            message = f"{kind} failed: {answer}"
            raise RuntimeError(message)
        if kind == "order" and not answer["code"]:
            self.acknowledged.append(answer["data"]["order_id"])
            self.open.append(self.acknowledged[-1])


async def load(info: dict[str, Any], seconds: float) -> dict[str, Any]:
    connections = [Connection(info, number) for number in range(CONNECTIONS)]
    for connection in connections:
        await connection.connect()
    latencies: list[float] = []
    before = waited(os.getpid()) + waited(info["pid"])
    start = time.perf_counter() + 0.2
    total = int(RATE * seconds)
    due = iter(range(total))

    async def work(connection: Connection) -> None:
        for number in due:
            moment = start + number / RATE
            wait = moment - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            await connection.send()
            latencies.append(time.perf_counter() - moment)

    await asyncio.gather(*(work(connection) for connection in connections))
    took = time.perf_counter() - start
    for connection in connections:
        connection.writer.close()
    latencies.sort()
    return {
        "requests": total,
        "rate": total / took,
        "p50_ms": latencies[total // 2] * 1000,
        "p99_ms": latencies[total * 99 // 100] * 1000,
        "max_ms": latencies[-1] * 1000,
        "waited": waited(os.getpid()) + waited(info["pid"]) - before,
        "orders": [order for connection in connections for order in connection.acknowledged],
    }


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 15
    with (
        tempfile.TemporaryDirectory() as folder,
        start_sandbox("--limits", "off", "--db", str(Path(folder) / "load.db")) as sandbox,
    ):
        command = [
            sys.executable,
            "-m",
            "benchmarks.bench_sandbox_load",
            "--load",
            json.dumps(sandbox.info),
            str(seconds),
        ]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
        if done.returncode:
            raise SystemExit(done.stderr)
        figures = json.loads(done.stdout)
        orders = set(figures.pop("orders"))
        known: set[str] = set()
        page = 1
        while True:
            data = sandbox.client.get("/v1/trade/order/today", page=page)
            known |= {order["order_id"] for order in data["orders"]}
            page += 1
            if not data["has_more"]:
                break
        lost = len(orders - known)
        used = psutil.Process(sandbox.info["pid"]).cpu_times()
    show(
        f"sandbox, {RATE} requests/s, {CONNECTIONS} connections: p99",
        [figures["p99_ms"]],
        "ms",
        most=8,
        floor=f"p50 {figures['p50_ms']:.1f}, slowest {figures['max_ms']:.1f} ms at {figures['rate']:.0f}/s",
        held_by=HELD_BY,
    )
    show(f"  its processes waited for a core, in {seconds:g} s", [figures["waited"]], "s")
    each = (used.user + used.system) / figures["requests"] * 1e6
    show("  processor time a request, start included", [each], "us")
    show(f"  orders lost, of {len(orders):,}", [lost], "", most=0)
    if lost:
        raise SystemExit(f"{lost} acknowledged orders are lost")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--load"]:
        json.dump(asyncio.run(load(json.loads(sys.argv[2]), float(sys.argv[3]))), sys.stdout)
    else:
        main()
