"""Processes that take turns and send a datagram in each, and a socket that notes when the datagrams arrived.

The kernel stamps each datagram as it arrives (SO_TIMESTAMPNS), so a busy test machine can't blur the times.
"""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import floor
from pathlib import Path
from typing import Any, NamedTuple

from jupyter_openapi.ratelimit import Rate

SO_TIMESTAMPNS = 35

WORKER = """
import json, socket, sys, time
from pathlib import Path
from jupyter_openapi.ratelimit import Rate, limiter_for

job = json.loads(sys.argv[1])
if job["lease"]:
    from jupyter_openapi.ratelimit import redis as remote
    remote.GATE = job["lease"]
limiter = limiter_for(
    "account",
    directory=Path(job["folder"]),
    redis_url=job["redis_url"],
    rates={job["kind"]: Rate(*job["rate"])},
)
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.connect(("127.0.0.1", job["port"]))
print("ready", flush=True)
sys.stdin.readline()
try:
    for number in range(job["count"]):
        with limiter.turn(job["kind"]) as turn:
            out.send(f"{job['name']} {number} sent".encode())
            if job["stay"] == "writing":
                time.sleep(3600)
            turn.written()
            time.sleep(job["answer"])
            out.send(f"{job['name']} {number} answered".encode())
except KeyboardInterrupt:
    print("interrupted", flush=True)
    sys.stdin.readline()
finally:
    limiter.close()
    out.close()
"""


class Arrival(NamedTuple):
    at: float
    worker: str
    number: int
    what: str


class Yard:
    """Where workers start and their datagrams arrive."""

    def __init__(
        self, folder: Path, rate: Rate, *, kind: str = "trade", redis_url: str | None = None
    ) -> None:
        self.folder, self.rate, self.kind, self.redis_url = folder, rate, kind, redis_url
        self.workers: dict[str, subprocess.Popen[str]] = {}
        self.arrivals: list[Arrival] = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.bind(("127.0.0.1", 0))
        self._behind = self._kernel_behind()

    def _kernel_behind(self) -> float:
        """Return how far the kernel's stamps are behind our clock: whole seconds, under another date."""
        behind = []
        for _ in range(5):  # a busy machine delays some
            self.socket.sendto(b"now", self.socket.getsockname())
            stamp = _stamp(self.socket.recvmsg(100, 100)[1])
            behind.append(time.time() - stamp)
        return float(floor(min(behind) + 0.001))

    def hire(
        self, name: str, count: int, *, answer: float = 0.0, stay: str = "", lease: float = 0
    ) -> subprocess.Popen[str]:
        """Start a worker that will take `count` turns once told to go."""
        job = {
            "name": name, "count": count, "answer": answer, "stay": stay, "lease": lease, "kind": self.kind,
            "folder": str(self.folder), "redis_url": self.redis_url, "rate": list(self._numbers()),
            "port": self.socket.getsockname()[1],
        }  # fmt: skip
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, json.dumps(job)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self.workers[name] = worker
        return worker

    def go(self, *names: str) -> None:
        """Let workers begin; all of them when none is named."""
        chosen = [self.workers[name] for name in names or self.workers]
        for worker in chosen:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
        for worker in chosen:
            self.say(worker)

    def say(self, worker: subprocess.Popen[str]) -> None:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()

    def until(self, sent: int, within: float) -> list[Arrival]:
        """Collect until so many requests were sent; return those."""
        deadline = time.monotonic() + within
        while len(self.sent) < sent:
            self.collect(deadline - time.monotonic())
        return self.sent

    def collect(self, within: float) -> Arrival:
        """Wait for the next datagram."""
        assert within > 0, f"only {len(self.sent)} requests arrived: {self.sent[-3:]}"
        self.socket.settimeout(within)
        try:
            text, extra, _, _ = self.socket.recvmsg(100, 100)
        except TimeoutError:
            raise AssertionError(f"only {len(self.sent)} requests arrived: {self.sent[-3:]}") from None
        worker, number, what = text.decode().split()
        self.arrivals.append(Arrival(_stamp(extra) + self._behind, worker, int(number), what))
        return self.arrivals[-1]

    def finish(self, within: float) -> list[Arrival]:
        """Wait for all workers to end, and return the requests they sent."""
        deadline = time.monotonic() + within
        for worker in self.workers.values():
            worker.communicate("\n", timeout=max(0.1, deadline - time.monotonic()))
        self.socket.settimeout(0.1)
        try:
            while True:
                self.collect(0.2)
        except AssertionError:
            return self.sent

    @property
    def sent(self) -> list[Arrival]:
        return sorted(arrival for arrival in self.arrivals if arrival.what == "sent")

    def _numbers(self) -> tuple[int, float, float, int | None, str]:
        rate = self.rate
        return rate.calls, rate.seconds, rate.gap, rate.at_once, rate.words


def _stamp(extra: list[Any]) -> float:
    """Return when the kernel took a datagram."""
    seconds, nanoseconds = struct.unpack("qq", extra[0][2])
    return float(seconds + nanoseconds / 1e9)


@contextmanager
def yard(folder: Path, rate: Rate, *, kind: str = "trade", redis_url: str | None = None) -> Iterator[Yard]:
    """Give a yard whose workers are gone when it closes."""
    place = Yard(folder, rate, kind=kind, redis_url=redis_url)
    try:
        yield place
    finally:
        for worker in place.workers.values():
            worker.kill()
            worker.communicate()
        place.socket.close()


def most_within(times: list[float], seconds: float) -> int:
    """Return the largest number of times in any stretch of so many seconds."""
    most, first = 0, 0
    for last, end in enumerate(times):
        while end - times[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most
