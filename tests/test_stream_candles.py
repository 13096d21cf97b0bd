"""Candles built from pushes equal those of REST when confirmed, and those the official SDK builds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from support.gateway import Peer, frame, scripted
from support.sandbox import SandboxProcess, start_sandbox
from support.sdk_agent import Agent
from support.streaming import client_of, links, until

from jupyter_openapi import Client, RequestRefused
from jupyter_openapi.protocol import Packet, message, pack
from jupyter_openapi.protocol import commands as c
from jupyter_openapi.protocol.packets import RESPONSE
from jupyter_openapi.stream import candles

OPEN = "2026-11-23T10:30:00+08:00"
HK, US = "700.HK", "AAPL.US"
NAMES = ("open", "high", "low", "close")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with start_sandbox("--limits", "off", "--clock", "manual", "--start", OPEN, "--seed", "7") as running:
        yield running


@pytest.fixture
def client(sandbox: SandboxProcess) -> Iterator[Client]:
    with client_of(sandbox) as made:
        yield made
    until(lambda: not links(sandbox))


def advance(sandbox: SandboxProcess, seconds: float) -> None:
    sandbox.client.post("/sandbox/clock", advance=seconds)


def rest(sandbox: SandboxProcess, symbol: str, period: int, count: int = 30) -> dict[int, list[Any]]:
    rows = sandbox.client.post(
        "/quote/candlesticks", symbol=symbol, period=period, count=count, adjust_type=0, trade_session=0
    )["candlesticks"]
    return {
        int(row["timestamp"]): [
            *(Decimal(row[name]) for name in NAMES),
            int(row["volume"]),
            Decimal(row["turnover"]),
        ]
        for row in rows
    }


def figures(event: Any) -> list[Any]:
    return [*(getattr(event, name) for name in NAMES), event.volume, event.turnover]


@pytest.mark.parametrize(("symbol", "name", "period"), [(HK, "1m", 1), (HK, "5m", 5), (HK, "day", 1000)])
def test_confirmed_bars_and_the_running_one_equal_rest(
    sandbox: SandboxProcess, client: Client, symbol: str, name: str, period: int
) -> None:
    sub = client.subscribe_candlesticks(symbol, name).wait()
    events: list[Any] = []
    sub.on(events.append)
    for _ in range(25):
        advance(sandbox, 20 if period < 1000 else 30)
        time.sleep(0.02)
    want = rest(sandbox, symbol, period)
    newest = max(want)
    until(lambda: events and figures(events[-1]) == want[newest])
    assert int(events[-1].timestamp.timestamp()) == newest
    confirmed = [event for event in events if event.confirmed]
    assert len(confirmed) >= {1: 7, 5: 1, 1000: 0}[period]
    for event in confirmed:
        assert figures(event) == want[int(event.timestamp.timestamp())]
    assert len({event.timestamp for event in confirmed}) == len(confirmed)
    assert events[0].snapshot
    frame = sub.latest.tail(5).reset_index(drop=True)
    expected = client.call("candlesticks", symbol=symbol, period=name, count=5, adjust_type="none").frame()
    assert frame.equals(expected[frame.columns])


def test_bars_equal_those_of_the_sdk_also_after_a_loss(sandbox: SandboxProcess, client: Client) -> None:
    sub = client.subscribe_candlesticks(HK, "1m").wait()
    bars: dict[int, list[Any]] = {}
    sub.on(lambda e: bars.update({int(e.timestamp.timestamp()): figures(e)}))
    with Agent(sandbox.info) as agent:
        agent.ask("candles", symbol=HK, period="Min_1")
        for _ in range(10):
            advance(sandbox, 30)
        time.sleep(0.5)
        theirs = agent.ask("realtime", what="candlesticks", arguments=[HK, "Min_1", 4])
    last = list(bars.values())[-4:]
    assert [bar[:5] for bar in last] == [[*(Decimal(row[n]) for n in NAMES), row["volume"]] for row in theirs]
    sandbox.client.post("/sandbox/sockets", drop="quote")
    advance(sandbox, 90)  # while it is away
    until(lambda: sub.state == "live" and len(sub.gaps) == 1 and sub.gaps[0].end)
    for _ in range(6):
        advance(sandbox, 30)
        time.sleep(0.05)
    want = rest(sandbox, HK, 1)
    until(lambda: bars[max(bars)] == want[max(want)])
    confirmed = sorted(bars)[-3:-1]
    assert [bars[at] for at in confirmed] == [want[at] for at in confirmed]


LUNCH = ("2026-11-23T11:50:00+08:00", (300, 300, 3600, 600, 900, 900))
NEW_YEAR = (
    "2026-12-31T11:50:00+08:00",
    (300, 600, 334_800, 600, 900),
)  # a half day, and three without trading
PERIODS = {
    "1m": 1, "30m": 30, "45m": 45, "60m": 60, "120m": 120, "240m": 240,
    "day": 1000, "week": 2000, "month": 3000, "quarter": 3500, "year": 4000,
}  # fmt: skip


@pytest.mark.parametrize(("start", "steps"), [LUNCH, NEW_YEAR])
def test_bars_over_a_break_and_of_many_days_equal_rest(start: str, steps: tuple[int, ...]) -> None:
    options = ("--limits", "off", "--clock", "manual", "--start", start, "--sessions", "real", "--seed", "7")
    with start_sandbox(*options) as sandbox, client_of(sandbox) as client:
        subs = {number: client.subscribe_candlesticks(HK, name) for name, number in PERIODS.items()}
        confirmed: dict[int, list[Any]] = {number: [] for number in subs}
        for number, sub in subs.items():
            sub.wait().on(lambda e, number=number: confirmed[number].append(e) if e.confirmed else None)
        for step in steps:
            advance(sandbox, step)
        for number, sub in subs.items():
            want = rest(sandbox, HK, number, 1000)
            until(lambda: newest(sub) == [max(want), *want[max(want)]])  # noqa: B023 (called at once)
            for event in confirmed[number]:
                assert figures(event) == want[int(event.timestamp.timestamp())]
        counts = [len(confirmed[number]) for number in (1000, 2000, 3000, 3500, 4000)]
        assert counts == ([1] * 5 if start == NEW_YEAR[0] else [0] * 5)


def newest(sub: Any) -> list[Any]:
    bar = sub.bars()[-1]
    return [bar["timestamp"], *(Decimal(bar[n]) for n in NAMES), bar["volume"], Decimal(bar["turnover"])]


def test_a_bar_that_was_over_long_before_is_asked_for_again() -> None:
    """The first trade after a quiet stretch longer than a few bars ends one whose beginning was not heard."""
    at = int(datetime.fromisoformat(OPEN).timestamp())
    asked = []

    def play(peer: Peer, packet: Packet) -> None:
        if packet.command != c.CANDLESTICKS:
            peer.behave(packet)
            return
        asked.append(message("SecurityCandlestickRequest").decode(packet.body)["count"])
        bar = {
            "open": "10",
            "high": "10",
            "low": "10",
            "close": "10",
            "timestamp": at,
            "volume": 7 * len(asked),
        }
        peer.answer(packet, "SecurityCandlestickResponse", symbol=HK, candlesticks=[bar])

    with scripted() as gateway, gateway.client() as client:
        gateway.play = play
        sub = client.subscribe_candlesticks(HK, "1m").wait()
        events: list[Any] = []
        sub.on(lambda e: events.append(e) if e.confirmed else None)
        trade = {"price": "11", "volume": 1, "timestamp": at + 40 * 60}
        gateway.peers[-1].push(c.PUSH_TRADE, symbol=HK, trade=[trade])
        until(lambda: events)
        assert asked[1] > 40
        assert events[0].volume == 14


@pytest.mark.parametrize("late", [True, False])
def test_trades_pushed_before_the_bars_so_far_came_are_in_them(late: bool) -> None:
    """The gateway answers between two pushes: the first trade is in the bar, the second is not."""
    at = int(datetime.fromisoformat(OPEN).timestamp())
    begun = {"open": "10", "high": "11", "low": "10", "close": "11", "timestamp": at}

    def play(peer: Peer, packet: Packet) -> None:
        if packet.command != c.CANDLESTICKS:
            peer.behave(packet)
            return
        before, after = (
            {"symbol": HK, "trade": [{"price": price, "volume": volume, "timestamp": at + 5}]}
            for price, volume in (("11", 30), ("12", 4))
        )
        peer.push(c.PUSH_TRADE, **before)
        bar = {**begun, "volume": 130, "turnover": "1330"}
        answer = message("SecurityCandlestickResponse").encode({"symbol": HK, "candlesticks": [bar]})
        frames = frame(pack(Packet(RESPONSE, packet.command, answer, packet.request_id)))
        peer.raw(frames)
        if late:
            time.sleep(0.2)
        peer.push(c.PUSH_TRADE, **after)

    with scripted() as gateway, gateway.client() as client:
        gateway.play = play
        sub = client.subscribe_candlesticks(HK, "1m").wait()
        until(lambda: sub.latest["volume"].iloc[-1] == 134)
        last = sub.latest.iloc[-1]
        assert [last[name] for name in (*NAMES, "turnover")] == [10, 12, 10, 12, 1378]


def test_an_unknown_period_is_refused(client: Client) -> None:
    with pytest.raises(RequestRefused, match="period"):
        client.subscribe_candlesticks(HK, "7m")


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("market", "period", "moment", "extended", "bar"),
    [
        ("HK", 1, "2026-11-23T09:30:00+08:00", False, "2026-11-23T09:30:00+08:00"),
        ("HK", 1, "2026-11-23T11:59:59+08:00", False, "2026-11-23T11:59:00+08:00"),
        ("HK", 1, "2026-11-23T12:30:00+08:00", False, None),
        ("HK", 60, "2026-11-23T13:10:00+08:00", False, "2026-11-23T13:00:00+08:00"),
        ("HK", 1, "2026-11-23T16:09:00+08:00", False, "2026-11-23T15:59:00+08:00"),  # the closing auction
        ("HK", 1, "2026-11-23T16:10:00+08:00", False, None),
        ("HK", 1, "2026-12-24T13:30:00+08:00", False, None),  # a half day
        ("US", 30, "2026-11-23T10:15:00-05:00", False, "2026-11-23T10:00:00-05:00"),
        ("US", 1, "2026-11-23T08:00:00-05:00", False, None),
        ("US", 1, "2026-11-23T08:00:30-05:00", True, "2026-11-23T08:00:00-05:00"),
        ("US", 1, "2026-11-23T20:30:10-05:00", True, "2026-11-23T20:30:00-05:00"),  # the night before
        ("US", 1, "2026-11-27T13:30:00-05:00", False, None),  # a half day
        ("SG", 1, "2026-11-23T13:00:10+08:00", False, "2026-11-23T13:00:00+08:00"),
        ("SH", 1, "2026-11-23T11:30:00+08:00", False, None),
    ],
)
def test_which_bar_a_trade_belongs_to(
    market: str, period: int, moment: str, extended: bool, bar: str | None
) -> None:
    found = candles.bar_time(market, period, at(moment), extended=extended)
    assert found == (None if bar is None else at(bar))


@pytest.mark.parametrize(
    ("market", "kind", "session", "effect"),
    [
        ("HK", "", 0, (True, True)),
        ("HK", "U", 0, (True, True)),
        ("HK", "D", 0, (False, True)),
        ("HK", "Q", 0, (False, False)),
        ("US", "F", 0, (True, True)),
        ("US", "C", 0, (False, True)),
        ("US", "I", 0, (False, True)),
        ("US", "I", 1, (True, True)),
        ("US", "M", 0, (False, False)),
        ("SG", "Q", 0, (True, True)),
        ("SH", "", 0, (True, True)),
    ],
)
def test_which_trades_move_the_price_and_which_the_volume(
    market: str, kind: str, session: int, effect: tuple[bool, bool]
) -> None:
    assert candles.effect(market, kind, session) == effect


def trade(moment: str, price: str, volume: int = 100, kind: str = "") -> dict[str, Any]:
    return {
        "timestamp": int(at(moment)), "price": price, "volume": volume, "trade_type": kind, "trade_session": 0
    }  # fmt: skip


def test_a_new_bar_confirms_the_one_before_and_older_trades_are_left_out() -> None:
    builder = candles.Builder(HK, 1)
    made = []
    for row in (
        trade("2026-11-23T10:00:01+08:00", "10"),
        trade("2026-11-23T10:00:30+08:00", "12"),
        trade("2026-11-23T10:00:40+08:00", "99", kind="D"),
        trade("2026-11-23T10:01:05+08:00", "11"),
        trade("2026-11-23T10:00:59+08:00", "1"),
        trade("2026-11-23T12:30:00+08:00", "1"),
    ):
        made += [(bar.row(HK, confirmed=done)) for bar, done in builder.trade(row)]
    (confirmed,) = (row for row in made if row["confirmed"])
    assert [confirmed[name] for name in (*NAMES, "volume", "turnover")] == [
        "10",
        "12",
        "10",
        "12",
        300,
        "12100",
    ]
    assert [made[-1][name] for name in (*NAMES, "volume")] == ["11", "11", "11", "11", 100]
    assert datetime.fromtimestamp(made[-1]["timestamp"], UTC).isoformat() == "2026-11-23T02:01:00+00:00"


def test_an_index_is_built_from_quotes() -> None:
    builder = candles.Builder("HSI.HK", 1, index=True)
    quote = {
        "trade_session": 0,
        "last_done": "25000",
        "current_volume": 7,
        "current_turnover": "9",
        "timestamp": int(at(OPEN)),
    }
    ((bar, done),) = builder.quote(quote)
    assert (bar.close, bar.volume, bar.turnover, done) == (Decimal(25000), 7, Decimal(9), False)
    assert list(builder.trade(trade(OPEN, "1"))) == []
