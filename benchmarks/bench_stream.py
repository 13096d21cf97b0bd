"""Live quotes into a callback, ours against the official SDK's asynchronous context, in one run.

``python benchmarks/bench_stream.py [ROUNDS]``. Everything that is compared is measured in turn, round by
round, while both sides live; a row is the median of the rounds' ratios, with the least and the greatest
beside it, so that a machine that is busy with something else shows as spread and hits both alike.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from streaming import Process, pulls

FLOOD, RATE, SECONDS, ROUNDS = 100_000, 1000, 3.0, 5
LINKS, A_LINK = 50, 200  # pushes a second to each link beside REST: 10,000 in all
ASKED = 80
LATENCIES = {
    "calm": ("1,000 a second", "<= 2", "<= 1.2"),
    "busy": ("1,000 a second, Python busy", "", "<= 2"),
}

WAITS = """\
    held by: Python's lock, which a computing cell keeps for 5 ms at a time (sys.getswitchinterval). A push
    waits for it once; it may wait for a core besides"""

HOLDS = """\
    held by: the SDK's synchronous pull keeps Python's lock from beginning to end, so it waits for no turn and
    every other thread stands still meanwhile, for as long as the broker takes; ours lets them run, and waits
    for its turn after each write and read"""

Found = dict[str, float]


class Pair:
    """A sandbox and one client of it."""

    def __init__(self, kind: str) -> None:
        self.server = Process("serve")
        self.info = self.server.hear()
        self.client = Process("client", kind, json.dumps(self.info))
        assert self.client.hear() == "ready"

    def pushes(self, what: str, count: int, rate: float) -> Found:
        """Let so many pushes come; return what the client says of them."""
        assert self.client.ask(f"{what} {count}") == "go"
        self.server.tell(f"{'each' if rate else 'flood'} {count} {rate}")
        found: Found = self.client.hear()
        self.server.hear()
        assert found["count"] == count, (what, found)
        return found

    def pulls(self, rate: float) -> Found:
        """Return the median of pulls in milliseconds, while so many pushes a second come."""
        if rate:
            self.server.tell(f"each {int(rate)} {rate}")
        found = statistics.median(self.client.ask(f"pull {ASKED}"))
        if rate:
            self.server.hear()
        return {"ms": found}

    def pulls_beside_python(self) -> Found:
        """Return median and 99th percentile of pulls in milliseconds, while the client's Python computes."""
        times = sorted(self.client.ask(f"toil {ASKED}"))
        return {"p50": statistics.median(times), "p99": times[int(len(times) * 0.99)]}

    def end(self) -> None:
        self.client.end()
        self.server.end()


class Row:
    """A ratio of two figures measured in turn, and what it should be."""

    missed: list[str] = []  # noqa: RUF012 (one list of the run)

    def __init__(self, name: str, ratios: list[float], target: str = "") -> None:
        self.middle = statistics.median(ratios)
        spread = f"[{min(ratios):.2f} .. {max(ratios):.2f}, {len(ratios)} rounds]"
        said, self.met = "", True
        if target:
            sign, limit = target.split()
            self.met = self.middle <= float(limit) if sign == "<=" else self.middle >= float(limit)
            said = f"   target {target}: {'met' if self.met else 'NOT MET'}"
            if not self.met:
                self.missed.append(name)
        print(f"{name:<44}{self.middle:6.2f}   {spread}{said}", flush=True)


def in_turn(kinds: dict[str, Callable[[], Any]], rounds: int) -> dict[str, list[Any]]:
    """Return what each gives, round by round; who begins changes."""
    found: dict[str, list[Any]] = {kind: [] for kind in kinds}
    for number in range(rounds):
        for kind in list(kinds)[:: 1 if number % 2 else -1]:
            found[kind].append(kinds[kind]())
    return found


def ratios(above: list[Found], below: list[Found], name: str) -> list[float]:
    return [one[name] / other[name] for one, other in zip(above, below, strict=True)]


def middle(rows: list[Found], name: str) -> float:
    return statistics.median(row[name] for row in rows)


def flood(pairs: dict[str, Pair], rounds: int) -> None:
    for pair in pairs.values():  # the first round of each meets cold caches, and is none that counts
        pair.pushes("flood", FLOOD // 10, 0)
    found = in_turn({k: partial(pair.pushes, "flood", FLOOD, 0) for k, pair in pairs.items()}, rounds)
    for kind, rows in found.items():
        cpu, rate = middle(rows, "cpu"), middle(rows, "rate")
        print(f"flood of {FLOOD:,}: {kind:5}{cpu:6.1f} us CPU a push, {rate:,.0f} a second")
    Row("CPU a push, ours / SDK", ratios(found["ours"], found["sdk"], "cpu"), "<= 0.8")
    Row("rate of a flood, ours / SDK", ratios(found["ours"], found["sdk"], "rate"), ">= 1.2")


def latency(pairs: dict[str, Pair], rounds: int, what: str) -> None:
    label, half, most = LATENCIES[what]
    count = int(RATE * SECONDS)
    found = in_turn({k: partial(pair.pushes, what, count, RATE) for k, pair in pairs.items()}, rounds)
    for kind, rows in found.items():
        print(f"{label}: {kind:5} p50 {middle(rows, 'p50'):.2f}, p99 {middle(rows, 'p99'):.2f} ms")
    Row(f"p50, {label}, ours / SDK", ratios(found["ours"], found["sdk"], "p50"), half)
    row = Row(f"p99, {label}, ours / SDK", ratios(found["ours"], found["sdk"], "p99"), most)
    if what == "busy" and not row.met:
        print(WAITS)


def pulling(kind: str, pair: Pair, rounds: int) -> None:
    found = in_turn({"idle": partial(pair.pulls, 0), "busy": partial(pair.pulls, RATE)}, rounds)
    print(f"a pull: {kind:5} {middle(found['busy'], 'ms'):.2f} ms, idle {middle(found['idle'], 'ms'):.2f} ms")
    target = "<= 1.2" if kind == "ours" else ""
    Row(f"a pull while 1,000 a second come, {kind}", ratios(found["busy"], found["idle"], "ms"), target)


def pulling_beside_python(pairs: dict[str, Pair], rounds: int) -> None:
    found = in_turn({kind: pair.pulls_beside_python for kind, pair in pairs.items()}, rounds)
    for kind, rows in found.items():
        p50, p99 = middle(rows, "p50"), middle(rows, "p99")
        print(f"a pull, Python busy: {kind:5} p50 {p50:.2f}, p99 {p99:.2f} ms")
    for name in ("p50", "p99"):
        Row(f"{name}, a pull, Python busy, ours / SDK sync", ratios(found["ours"], found["sync"], name))
    print(HOLDS)


def compare(rounds: int) -> None:
    pairs = {"sdk": Pair("sdk"), "ours": Pair("ours")}
    try:
        flood(pairs, rounds)
        for what in LATENCIES:
            latency(pairs, rounds, what)
        for kind, pair in pairs.items():
            pulling(kind, pair, rounds)
        pairs["sync"] = Pair("sync")
        pulling_beside_python({kind: pairs[kind] for kind in ("sync", "ours")}, rounds)
    finally:
        for pair in pairs.values():
            pair.end()


class Many:
    """A sandbox with many links, and a client that reads by REST beside them."""

    def __init__(self, links: int) -> None:
        from jupyter_openapi import Client, Credentials

        self.server = Process("serve")
        info = self.server.hear()
        self.links = links
        self.reader = Process("reader", json.dumps(info), str(links))
        assert self.reader.hear() == "ready"
        keys = Credentials(info["app_key"], info["app_secret"], info["access_token"])
        self.client = Client(keys, "sandbox", info["http_url"], limits=False)

    def read(self) -> None:
        row = self.client.call("quote", symbol=["700.HK"]).data["secu_quote"][0]
        assert row["symbol"] == "700.HK"

    def idle(self) -> Found:
        return {"rest": statistics.median(pulls(self.read, ASKED))}

    def pushes(self, count: int, rate: float) -> Found:
        """Push to every link and read by REST until it is done."""
        told: list[Any] = []
        self.server.tell(f"each {count} {rate}")
        hearing = threading.Thread(target=lambda: told.append(self.server.hear()))
        hearing.start()
        times: list[float] = []
        while hearing.is_alive() or not times:
            times += pulls(self.read, 1)
        (sent,) = told
        got = self.reader.ask(str(sent["bytes"]))
        assert got["same"], "a link got other bytes than were sent"
        pushed = count * self.links
        return {
            "rest": statistics.median(times),
            "reads": len(times),
            "rate": pushed / (got["last"] - sent["begun"]),
            "cpu": sent["cpu"] / pushed * 1e6,
        }

    def end(self) -> None:
        self.client.close()
        self.reader.end()
        self.server.end()


def sandbox(rounds: int) -> None:
    many = Many(LINKS)
    try:
        many.idle()
        flooded = [many.pushes(2000, 0) for _ in range(rounds)]
        cpu, rate = middle(flooded, "cpu"), middle(flooded, "rate")
        print(f"sandbox, {LINKS} links, at once: {rate:,.0f} a second, {cpu:.2f} us CPU each; REST meanwhile"
              f" {middle(flooded, 'rest'):.2f} ms")  # fmt: skip
        Row(f"thousand pushes a second, {LINKS} links", [row["rate"] / 1000 for row in flooded], ">= 10")
        found = in_turn({"idle": many.idle, "busy": lambda: many.pushes(A_LINK, A_LINK)}, rounds)
        idle, busy = found["idle"], found["busy"]
        rate, cpu = middle(busy, "rate"), middle(busy, "cpu")
        print(
            f"sandbox, {LINKS} links: {rate:,.0f} pushes a second, {cpu:.2f} us CPU each;"
            f" REST {middle(busy, 'rest'):.2f} ms, idle {middle(idle, 'rest'):.2f} ms"
        )
        Row("REST beside 10,000 pushes a second / idle", ratios(busy, idle, "rest"), "<= 1.5")
    finally:
        many.end()


def main() -> None:
    rounds = int(sys.argv[1]) if sys.argv[1:] else ROUNDS
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    compare(rounds)
    sandbox(rounds)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print("not met: " + (", ".join(Row.missed) or "none"))


if __name__ == "__main__":
    main()
