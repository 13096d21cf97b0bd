"""Our client beside the official SDK on one market: the same values in the same order, ours also after drops.

And under ``make soak``: ten minutes at a thousand pushes a second, with memory level and nothing merged.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from support import SOAK, soak
from support.sandbox import ROOT, start_sandbox
from support.sdk_agent import Agent
from support.streaming import client_of, until

OPEN = "2026-11-23T10:30:00+08:00"
HK = "700.HK"
NAMES = ("last_done", "open", "high", "low", "turnover")


def test_the_same_sequence_of_values() -> None:
    options = ("--limits", "off", "--clock", "manual", "--start", OPEN)
    with start_sandbox(*options) as sandbox, Agent(sandbox.info) as agent, client_of(sandbox) as client:
        agent.ask("subscribe", symbols=[HK], kinds=["Quote", "Trade", "Depth"])
        sub = client.subscribe(HK, "quote", "trades", "depth").wait()
        events: list[Any] = []
        sub.on(events.append)
        agent.until(1, "depth")
        until(lambda: len(events) >= 2)
        agent.ask("forget")
        events.clear()
        for _ in range(5):
            sandbox.client.post("/sandbox/clock", advance=60)
        final = int(sandbox.client.post("/quote/quotes", symbol=[HK])["secu_quote"][0]["volume"])
        until(lambda: [e for e in events if e.kind == "quote"][-1:] and _last(events) == final)
        theirs = until(lambda: (rows := agent.ask("events")) and _theirs(rows)[-1][-2] == final and rows)
        assert _ours(events) == _theirs(theirs)
        assert _our_trades(events) == _their_trades(theirs)
        # The SDK misses what its link was away for; ours ends with the market's state.
        sandbox.client.post("/sandbox/sockets", drop="quote")
        sandbox.client.post("/sandbox/clock", advance=60)
        final = int(sandbox.client.post("/quote/quotes", symbol=[HK])["secu_quote"][0]["volume"])
        until(lambda: _last(events) == final)
        assert events[-1].snapshot or any(event.snapshot for event in events)


def _last(events: list[Any]) -> int:
    return int([event.volume for event in events if event.kind == "quote"][-1])


def _ours(events: list[Any]) -> list[list[Any]]:
    return [
        [*(getattr(e, name) for name in NAMES), e.volume, e.current_volume]
        for e in events
        if e.kind == "quote"
    ]


def _theirs(rows: list[Any]) -> list[list[Any]]:
    found = [
        [*(Decimal(row[name]) for name in NAMES), row["volume"], row["current_volume"]]
        for kind, _, row in rows
        if kind == "quote"
    ]
    return found or [[None, None]]


def _our_trades(events: list[Any]) -> list[tuple[Any, int]]:
    return [(trade.price, trade.volume) for e in events if e.kind == "trades" for trade in e.trades]


def _their_trades(rows: list[Any]) -> list[tuple[Any, int]]:
    return [
        (Decimal(trade["price"]), trade["volume"])
        for kind, _, row in rows
        if kind == "trades"
        for trade in row["trades"]
    ]


BENCH = ROOT / "benchmarks"


def _resident() -> float:
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


def test_a_thousand_pushes_a_second_leave_memory_level_and_merge_nothing() -> None:
    minutes = 10.0 if SOAK else 0.1
    server = subprocess.Popen(
        [sys.executable, str(BENCH / "streaming.py"), "serve"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        info = json.loads(server.stdout.readline())
        fake = type("Fake", (), {"info": info, "url": info["http_url"]})()
        with client_of(fake, 1) as client:
            symbols = info["symbols"][:100]
            assert len(symbols) == 100
            sub = client.subscribe(symbols).wait()
            seen = [0]
            sub.on(lambda event: seen.__setitem__(0, seen[0] + (event.last_done is not None)))
            time.sleep(0.5)
            base = seen[0]
            count = int(60_000 * minutes)
            server.stdin.write(f"each {count} 1000 {' '.join(symbols)}\n")
            server.stdin.flush()
            first = count // 10
            until(lambda: seen[0] - base >= first, 60 * minutes + 30)
            gc.collect()
            level = _resident()
            until(lambda: seen[0] - base >= count, 60 * minutes + 60)
            gc.collect()
            print(f"{count:,} pushes; memory {level:.1f} -> {_resident():.1f} MB after the first tenth")
            assert _resident() - level < 10
            assert (sub.merged, sub.dropped) == (0, 0)
            assert not sub.gaps
    finally:
        server.kill()
        server.wait()
        server.stdin.close()
        server.stdout.close()


def test_fifty_links_get_every_push_while_rest_answers() -> None:
    spec = importlib.util.spec_from_file_location("bench_stream", BENCH / "bench_stream.py")
    assert spec is not None
    assert spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    many = bench.Many(50)
    try:
        for rate in (200, 0):  # of each link, then as fast as the sandbox can; every byte is waited for
            found = many.pushes(soak(1000), rate)
            print(f"50 links: {found['rate']:,.0f} pushes a second; {found['reads']:.0f} reads meanwhile")
            assert found["reads"] >= 1
    finally:
        many.end()


def test_nothing_of_it_is_imported_before_the_first_subscription() -> None:
    names = "('websockets', 'jupyter_openapi.stream.live', 'jupyter_openapi.protocol')"
    code = f"import sys, jupyter_openapi.client; print([n for n in {names} if n in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=True,
        env=dict(os.environ),
    )
    assert found.stdout.strip() == "[]"
