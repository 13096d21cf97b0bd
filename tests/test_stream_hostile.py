"""Gateways that misbehave, and odd calls: nothing takes the link, a loop or a callback with it."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from support import soak
from support.gateway import Peer, ScriptedGateway, frame, scripted, switching
from support.streaming import until

from jupyter_openapi import ApiError, Client, RequestRefused, TransportError
from jupyter_openapi.protocol import Packet, message, pack
from jupyter_openapi.protocol import commands as c
from jupyter_openapi.protocol.packets import PUSH, RESPONSE
from jupyter_openapi.stream.events import decimal, moment

HK, US, BAD = "700.HK", "AAPL.US", "5.HK"
AT = 1_795_401_000  # 2026-11-23 10:30 in Hong Kong
WILD = 1 << 62


@pytest.fixture
def gateway() -> Iterator[ScriptedGateway]:
    with scripted() as running:
        yield running


@pytest.fixture
def client(gateway: ScriptedGateway) -> Iterator[Client]:
    with gateway.client() as made:
        yield made


def refusing(command: int, status: int, code: int, symbol: bytes = b"") -> Callable[[Peer, Packet], None]:
    def play(peer: Peer, packet: Packet) -> None:
        if packet.command == command and symbol in packet.body:
            peer.refuse(packet, status, code)
        else:
            peer.behave(packet)

    return play


# the way in


@pytest.mark.parametrize(
    ("command", "status", "code"),
    [(c.AUTH, c.UNAUTHENTICATED, 0), (c.AUTH, c.UNAUTHENTICATED, 301600), (c.AUTH, c.DENIED, 999),
     (c.AUTH, c.DENIED, 403), (c.PROFILE, c.DENIED, 0), (c.SUBSCRIBE, c.SERVER_ERROR, 301604)],
)  # fmt: skip
def test_a_refusal_by_its_status_is_final_whatever_its_code(
    gateway: ScriptedGateway, client: Client, command: int, status: int, code: int
) -> None:
    gateway.play = refusing(command, status, code)
    sub = client.subscribe(HK)
    with pytest.raises(ApiError) as caught:
        sub.wait(20)
    assert caught.value.code == code
    assert sub.state == "refused"
    time.sleep(0.3)
    assert gateway.upgrades == 1


@pytest.mark.parametrize("code", [c.INTERNAL_ERROR, c.RATE_LIMIT])
def test_a_passing_refusal_is_tried_again(gateway: ScriptedGateway, client: Client, code: int) -> None:
    client.subscribe(US).wait()
    refused = threading.Event()

    def play(peer: Peer, packet: Packet) -> None:
        if packet.command == c.SUBSCRIBE and not refused.is_set():
            refused.set()
            peer.refuse(packet, c.SERVER_ERROR, code)
        else:
            peer.behave(packet)

    gateway.play = play
    sub = client.subscribe(HK).wait()  # over a link that stands
    assert refused.is_set()
    refused.clear()
    gateway.peers[-1].hang_up()
    until(lambda: refused.is_set() and sub.state == "live")  # and with everything else
    assert gateway.upgrades == 3


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"garbage\r\n\r\n", "not that of a gateway"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "not that of a gateway"),
        (b"HTTP/1.1 503 No\r\n\r\n", "HTTP 503"),
        (b"", "not that of a gateway"),
    ],
)
def test_an_answer_that_is_no_upgrade_is_told_in_words(
    gateway: ScriptedGateway, client: Client, answer: bytes, words: str
) -> None:
    def upgrade(connection: socket.socket, key: str, number: int) -> bool:
        connection.sendall(answer)
        return True

    gateway.upgrade = upgrade
    sub = client.subscribe(HK)
    until(lambda: words in str(sub.error))
    assert sub.state == "opening"


def test_an_endless_head_is_given_up_at_once(gateway: ScriptedGateway, client: Client) -> None:
    given_up = threading.Event()

    def upgrade(connection: socket.socket, key: str, number: int) -> bool:
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\n")
        try:
            while True:
                connection.sendall(b"X-A: " + b"a" * 60_000 + b"\r\n")
        except OSError:
            given_up.set()
        return True

    gateway.upgrade = upgrade
    sub = client.subscribe(HK)
    until(lambda: "not that of a gateway" in str(sub.error))  # not that it was too late
    assert given_up.wait(20)


def test_bytes_that_drip_and_lumps_mean_the_same(gateway: ScriptedGateway, client: Client) -> None:
    """One frame a byte at a time, a long one in pieces of every size, many at once, and pings among them."""
    sub = client.subscribe(HK, "trades").wait()
    events: list[Any] = []
    sub.on(events.append)
    rows = [{"price": str(n), "volume": n, "timestamp": AT} for n in range(1, 4000)]
    long = frame(pack(Packet(PUSH, c.PUSH_TRADE, message("PushTrade").encode({"symbol": HK, "trade": rows}))))
    short = frame(
        pack(Packet(PUSH, c.PUSH_TRADE, message("PushTrade").encode({"symbol": HK, "sequence": 7})))
    )
    assert len(long) > 65_536
    peer = gateway.peers[-1]
    for byte in short:
        peer.raw(bytes((byte,)))
    ping = frame(b"p", 0x89)
    whole = short + long + ping + short + long
    sizes, at = (1, 3, 1000, 4096, 7, 20_000, 65_000), 0
    for turn in range(len(whole)):
        if at >= len(whole):
            break
        peer.raw(whole[at : at + sizes[turn % len(sizes)]])
        at += sizes[turn % len(sizes)]
        time.sleep(0.002)
    until(lambda: len(events) == 5)
    assert [len(event.trades) for event in events] == [0, 0, 3999, 0, 3999]
    assert events[-1].trades[-1].price == Decimal(3999)
    assert sub.gaps == []


def test_a_frame_right_behind_the_upgrade_harms_nothing(gateway: ScriptedGateway, client: Client) -> None:
    gateway.greet = lambda peer: peer.push(c.PUSH_QUOTE, symbol=HK, last_done="1")
    assert client.subscribe(HK).wait().latest["last_done"][0] == 10


# what comes over the link


ODD_QUOTES = [
    {"last_done": "NaN"}, {"last_done": "sNaN"}, {"last_done": "Infinity"}, {"last_done": "1e999999"},
    {"last_done": "abc"}, {"timestamp": WILD, "last_done": "1"}, {"timestamp": -WILD}, {"trade_session": 9},
    {"trade_session": -1}, {"trade_status": 77}, {"volume": -5}, {"turnover": "NaN", "current_volume": 3},
    {"volume": WILD, "current_volume": WILD, "current_turnover": "sNaN"},
]  # fmt: skip
ODD_TRADES: list[dict[str, Any]] = [
    {"price": "NaN", "timestamp": AT + 60}, {"price": "1e999999", "timestamp": AT + 60, "volume": 3},
    {"price": "1", "timestamp": WILD}, {"price": "1", "timestamp": -WILD},
    {"price": "1", "timestamp": 253_402_300_799}, {"price": "", "timestamp": AT, "trade_type": "\0"},
]  # fmt: skip


def test_odd_values_take_neither_the_link_nor_a_loop_with_them(
    gateway: ScriptedGateway, client: Client
) -> None:
    sub = client.subscribe(HK, "quote", "depth", "brokers", "trades", buffer=2).wait()
    bars = [client.subscribe_candlesticks(HK, period) for period in ("1m", "day", "week")]
    for each in bars:
        each.wait()
    seen: list[Any] = []
    slow = iter(sub)
    sub.on(seen.append)
    peer = gateway.peers[-1]
    for values in ODD_QUOTES:
        peer.push(c.PUSH_QUOTE, symbol=HK, **values)
    for row in ODD_TRADES:
        good = {"price": "10", "volume": 1, "timestamp": AT}
        peer.push(c.PUSH_TRADE, symbol=HK, trade=[good, row])
    peer.push(c.PUSH_DEPTH, symbol=HK, ask=[{"position": 1, "price": "x"}], bid=[{"position": -1}])
    peer.push(c.PUSH_QUOTE, symbol="9.HK", last_done="1")  # never asked for
    for command in (1, 99, 255):
        peer.packet(Packet(PUSH, command, b"\xff\xff"))
    peer.raw(frame(b""))
    peer.raw(frame(b"\x03"))
    peer.raw(frame(b"text", 0x81))
    peer.packet(Packet(RESPONSE, c.PROFILE, b"\xff", request_id=4_000_000_000))  # nobody's answer
    peer.push(c.PUSH_TRADE, symbol=HK, sequence=99)
    until(lambda: seen and seen[-1].sequence == 99)
    for event in [*seen, next(slow)]:
        repr(event)
        for name in dir(event):
            getattr(event, name)
    with pytest.warns(UserWarning, match="do not fit"):
        assert len(sub.latest) == 1
    assert [each.state for each in (sub, *bars)] == ["live"] * 4
    assert sub.gaps == []
    for each in bars:
        each.latest  # noqa: B018 (it must not fail)


@pytest.mark.parametrize(
    "text", ["NaN", "-NaN", "sNaN", "Infinity", "1e101", "1e-999999", "x", [1], {}, b"1"]
)
def test_what_can_t_be_counted_with_is_no_amount(text: Any) -> None:
    assert decimal(text) is None


@pytest.mark.parametrize("at", [WILD, -WILD, -1, "x", "9" * 5000, [1], 1e300, float("nan")])
def test_what_is_no_time_of_a_market_is_none(at: Any) -> None:
    assert moment(at) is None


def test_a_push_that_can_t_be_taken_is_told_once_and_the_link_stays(
    gateway: ScriptedGateway,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sub = client.subscribe(HK).wait()
    events: list[Any] = []
    sub.on(events.append)
    until(lambda: events)

    def failing(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr("jupyter_openapi.stream.quotes.QuoteGateway._quote", failing)
        for _ in range(3):
            gateway.peers[-1].push(c.PUSH_QUOTE, symbol=HK, last_done="11")
        until(lambda: [record for record in caplog.records if "can't be taken" in record.message])
    gateway.peers[-1].push(c.PUSH_QUOTE, symbol=HK, last_done="12")
    until(lambda: events[-1].last_done == 12)
    errors = [record for record in caplog.records if "can't be taken" in record.message]
    assert [record.levelname for record in errors if record.levelname == "ERROR"] == ["ERROR"]
    assert sub.gaps == []


def test_a_first_book_replaces_the_one_before_an_interruption(
    gateway: ScriptedGateway, client: Client
) -> None:
    sub = client.subscribe(HK, "depth").wait()
    assert len(next(iter(sub)).bid) == 10
    one = [{"position": 1, "price": "12", "volume": 3, "order_num": 1}]
    gateway.play = lambda peer, packet: (
        peer.push(c.PUSH_DEPTH, symbol=HK, ask=[], bid=one) if packet.command == c.SUBSCRIBE else None,
        peer.answer(packet) if packet.command == c.SUBSCRIBE else peer.behave(packet),
    )[0]
    gateway.peers[-1].hang_up()
    until(lambda: sub.gaps and sub.gaps[0].end)
    sub.wait()
    book = next(iter(sub))
    assert ([level.price for level in book.bid], book.ask) == ([Decimal(12)], ())


def test_an_older_quote_that_comes_late_asks_for_nothing(gateway: ScriptedGateway, client: Client) -> None:
    sub = client.subscribe(HK).wait()
    asked = gateway.commands().count(c.SECURITY_QUOTE)
    peer = gateway.peers[-1]
    begins = 1_790_000_000
    for turn in range(20):
        peer.push(c.PUSH_QUOTE, symbol=HK, volume=200 + turn, timestamp=begins + turn + 1)
        peer.push(c.PUSH_QUOTE, symbol=HK, volume=150, timestamp=begins)
    peer.push(c.PUSH_QUOTE, symbol=HK, volume=5, timestamp=begins + 90_000)  # another day
    until(lambda: gateway.commands().count(c.SECURITY_QUOTE) > asked)
    until(lambda: sub.latest["prev_close"][0] == 9)
    assert gateway.commands().count(c.SECURITY_QUOTE) == asked + 1


def test_the_close_of_the_day_before_is_there_with_the_first_values(
    gateway: ScriptedGateway, client: Client
) -> None:
    assert client.subscribe([HK, US]).wait().latest["prev_close"].tolist() == [9, 9]


# what is subscribed to


def test_who_wants_what_was_refused_to_another_is_refused_too(
    gateway: ScriptedGateway, client: Client
) -> None:
    kept = client.subscribe(HK).wait()
    asked, go = threading.Event(), threading.Event()

    def play(peer: Peer, packet: Packet) -> None:
        if packet.command == c.SUBSCRIBE and US.encode() in packet.body:
            asked.set()
            go.wait(20)
            peer.refuse(packet, c.SERVER_ERROR, c.NO_ACCESS)
        else:
            peer.behave(packet)

    gateway.play = play
    first = client.subscribe(US)
    assert asked.wait(20)
    second = client.subscribe(US)
    go.set()
    for sub in (first, second):
        with pytest.raises(ApiError):
            sub.wait(20)
    assert (kept.state, kept.gaps) == ("live", [])


def test_what_was_granted_before_the_rest_was_refused_is_given_back(
    gateway: ScriptedGateway, client: Client
) -> None:
    client.subscribe(HK).wait()
    gateway.play = refusing(c.SUBSCRIBE, c.SERVER_ERROR, c.NO_ACCESS, BAD.encode())
    bars = client.subscribe(US).wait()
    wanted = {HK: {1}, US: {1}}
    with pytest.raises(ApiError):
        client.subscribe([HK, BAD], "quote", "trades").wait(20)
    until(lambda: gateway.peers[-1].wanted == wanted)
    assert bars.state == "live"


def test_a_gateway_that_tells_nothing_of_its_subscriptions_is_left_alone(
    gateway: ScriptedGateway, client: Client
) -> None:
    client.stream_settings = replace(client.stream_settings, compare=0.05)

    def play(peer: Peer, packet: Packet) -> None:
        if packet.command == c.SUBSCRIPTIONS or (packet.command == c.TRADE_SUBSCRIBE and not packet.body):
            peer.refuse(packet, c.BAD_REQUEST, c.INVALID_REQUEST, "unknown command")
        else:
            peer.behave(packet)

    gateway.play = play
    subs = [client.subscribe(HK).wait(), client.subscribe_orders().wait()]
    until(lambda: gateway.commands().count(c.SUBSCRIPTIONS) > 3)
    until(lambda: gateway.commands("trade").count(c.TRADE_SUBSCRIBE) > 4)
    assert gateway.upgrades == 2
    assert [(sub.state, sub.gaps) for sub in subs] == [("live", [])] * 2


def test_access_that_ended_takes_only_its_own_subscription(gateway: ScriptedGateway, client: Client) -> None:
    client.stream_settings = replace(client.stream_settings, compare=0.05)
    lost, kept = client.subscribe(HK).wait(), client.subscribe(US).wait()
    gateway.play = refusing(c.SUBSCRIBE, c.SERVER_ERROR, c.NO_ACCESS, HK.encode())
    gateway.peers[-1].wanted = {US: {1}}
    until(lambda: lost.state == "refused")
    assert (kept.state, kept.gaps, gateway.upgrades) == ("live", [], 1)


# loops and callbacks


def test_loops_that_are_left_leave_nothing_behind(gateway: ScriptedGateway, client: Client) -> None:
    sub = client.subscribe(HK, "trades", buffer=1).wait()

    async def leave() -> None:
        aiter(sub)
        reader = asyncio.ensure_future(anext(aiter(sub)))
        await asyncio.sleep(0.01)
        reader.cancel()
        async for _ in sub.events(seconds=0.02):
            break

    for _ in range(3):
        iter(sub)
        list(sub.events(count=0))
        asyncio.run(leave())
    gc.collect()
    seen: list[Any] = []
    sub.on(seen.append)
    for number in range(1, 51):
        gateway.peers[-1].push(c.PUSH_TRADE, symbol=HK, sequence=number)
        until(lambda: len(seen) >= number)  # noqa: B023 (called at once)
    assert (sub.dropped, sub.merged) == (0, 0)


def test_a_turn_that_was_not_waited_for_can_be_waited_for_again(
    gateway: ScriptedGateway, client: Client
) -> None:
    sub = client.subscribe(HK, "trades").wait()

    async def turns() -> int:
        events = aiter(sub)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(events), 0.05)
        gateway.peers[-1].push(c.PUSH_TRADE, symbol=HK, sequence=5)
        return (await asyncio.wait_for(anext(events), 20)).sequence

    assert asyncio.run(turns()) == 5


@pytest.mark.parametrize("failure", [SystemExit, KeyboardInterrupt, GeneratorExit, ValueError])
def test_whatever_a_callback_raises_it_is_called_again(
    gateway: ScriptedGateway, client: Client, failure: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    sub = client.subscribe(HK).wait()
    called: list[Any] = []

    def bad(event: Any) -> None:
        called.append(event)
        raise failure

    sub.on(bad)
    until(lambda: called)
    gateway.peers[-1].push(c.PUSH_QUOTE, symbol=HK, last_done="11")
    until(lambda: len(called) == 2)
    assert sum("callback bad failed" in record.message for record in caplog.records) == 1


def test_a_callback_may_subscribe_wait_and_run_a_loop_of_its_own(
    gateway: ScriptedGateway, client: Client
) -> None:
    sub = client.subscribe(HK, "trades").wait()
    found: list[Any] = []
    added = threading.Event()

    async def one_more() -> str:
        async with client.subscribe(US) as other:
            return other.state

    def work(event: Any) -> None:
        if not found:
            found.append(sub.wait().state)
            with client.subscribe(US) as other:
                found.append(other.state)
            found.append(asyncio.run(one_more()))
            sub.on(lambda inner: found.append(inner.sequence))
            added.set()

    sub.on(work)
    gateway.peers[-1].push(c.PUSH_TRADE, symbol=HK, sequence=1)
    assert added.wait(20)
    gateway.peers[-1].push(c.PUSH_TRADE, symbol=HK, sequence=2)
    until(lambda: 2 in found)
    assert found[:3] == ["live"] * 3


@pytest.mark.parametrize("close", ["sub", "client"])
def test_a_callback_may_close_what_it_hears(gateway: ScriptedGateway, client: Client, close: str) -> None:
    sub = client.subscribe(HK, "trades").wait()
    closed = threading.Event()

    def end(event: Any) -> None:
        {"sub": sub, "client": client}[close].close()
        closed.set()

    sub.on(end)
    gateway.peers[-1].push(c.PUSH_TRADE, symbol=HK, sequence=1)
    assert closed.wait(20)
    assert sub.state == "closed"
    names = {"jupyter-openapi callback", "jupyter-openapi stream"}
    until(lambda: not names & {thread.name for thread in threading.enumerate()})


def test_a_callback_that_nobody_would_await_is_refused(client: Client) -> None:
    async def mine(event: Any) -> None:
        pass

    with pytest.raises(RequestRefused, match="async for event in sub"):
        client.subscribe(HK).on(mine)


def test_who_gave_up_waiting_in_a_loop_that_ended_is_told_nothing_more(
    gateway: ScriptedGateway, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    go = threading.Event()
    gateway.play = lambda peer, packet: (go.wait(20), peer.behave(packet))[1]
    sub = client.subscribe(HK)

    async def impatient() -> None:
        async with asyncio.timeout(0.1):
            await sub

    with pytest.raises(TimeoutError):
        asyncio.run(impatient())
    go.set()
    sub.wait()
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


ODD = ["0.1", [1], True, float("nan"), -1, -0.1, {}]


@pytest.mark.parametrize("value", [*ODD, float("inf")])
def test_what_is_no_number_of_seconds_is_refused(client: Client, value: Any) -> None:
    sub = client.subscribe(HK).wait()
    calls = {
        "timeout": lambda: sub.wait(value),
        "seconds": lambda: sub.events(seconds=value),
    }
    for name, call in calls.items():
        with pytest.raises(RequestRefused, match=f"^{name} takes a number of seconds"):
            call()
    with pytest.raises(RequestRefused, match=r"^seconds takes a number of seconds"):
        sub.record(value)


@pytest.mark.parametrize("value", [*ODD, 1.5, None])
def test_what_is_no_count_is_refused(client: Client, value: Any) -> None:
    sub = client.subscribe(HK)
    if value is None:
        with pytest.raises(RequestRefused, match=r"^seconds takes"):
            sub.record(value)
    else:
        with pytest.raises(RequestRefused, match=r"^count takes a whole number"):
            sub.events(count=value)


def test_numbers_of_every_kind_are_numbers(client: Client) -> None:
    import numpy as np

    sub = client.subscribe(HK).wait(Decimal(10))
    assert len(list(sub.events(seconds=Decimal("0.01"), count=np.int64(3)))) == 1
    assert len(sub.record(0)) == 1  # what is known
    assert list(sub.events(count=0)) == []


# closed, refused, interrupted


@pytest.mark.parametrize("another", [True, False])
def test_a_closed_subscription_says_so_and_keeps_its_last_values(
    gateway: ScriptedGateway, client: Client, another: bool
) -> None:
    if another:
        client.subscribe(US).wait()
    sub = client.subscribe(HK, "quote", "depth").wait()
    bars, orders = client.subscribe_candlesticks(HK).wait(), client.subscribe_orders().wait()
    until(lambda: len(gateway.peers) == 2)
    gateway.peers[1].push_order(order_id="1", status="NewStatus", symbol=HK)
    until(lambda: len(orders.latest))
    before = [each.latest.drop(columns=["age", "stale"], errors="ignore") for each in (sub, bars, orders)]
    begun = time.monotonic()
    for each, frame_ in zip((sub, bars, orders), before, strict=True):
        each.close()
        if not another:
            until(lambda: each.state == "closed")  # noqa: B023 (called at once)
        for call in (each.wait, each.__enter__, lambda: each.record(1), lambda: each.on(print)):  # noqa: B023
            with pytest.raises(RequestRefused, match=r"The subscription is closed\."):
                call()
        with pytest.raises(RequestRefused):
            asyncio.run(_waited(each))
        assert list(each) == []
        assert asyncio.run(_heard(each)) == []
        assert each.latest.drop(columns=["age", "stale"], errors="ignore").equals(frame_)
    assert sub.latest["stale"].all()
    assert time.monotonic() - begun < 20  # nothing waits for a thread that is gone


async def _waited(sub: Any) -> None:
    await sub


async def _heard(sub: Any) -> list[Any]:
    return [event async for event in sub]


def test_a_wait_that_is_ended_by_a_close_says_so(gateway: ScriptedGateway, client: Client) -> None:
    gateway.play = lambda peer, packet: None
    sub = client.subscribe(HK)
    threading.Timer(0.1, sub.close).start()
    with pytest.raises(RequestRefused, match="closed"):
        sub.wait(20)
    other = client.subscribe(HK)
    threading.Timer(0.1, other.close).start()
    assert list(other) == []


def test_to_wait_during_an_interruption_is_to_wait_for_its_end(
    gateway: ScriptedGateway, client: Client
) -> None:
    subs = [client.subscribe(HK), client.subscribe_orders(), client.subscribe_candlesticks(US)]
    for sub in subs:
        sub.wait()
    away = threading.Event()
    away.set()

    def upgrade(connection: socket.socket, key: str, number: int) -> bool:
        if away.is_set():
            connection.sendall(b"HTTP/1.1 503 Away\r\n\r\n")
        return away.is_set()

    gateway.upgrade = upgrade
    for peer in list(gateway.peers):
        peer.hang_up()
    for sub in subs:
        until(lambda: sub.state == "interrupted")  # noqa: B023 (called at once)
        with pytest.raises(TransportError, match=r"Not live after 0\.1 s"):
            sub.wait(0.1)
    away.clear()
    for sub in subs:
        assert sub.wait(20).state == "live"


def test_a_refusal_after_an_interruption_is_raised_by_wait_and_the_next_subscription_tries_anew(
    gateway: ScriptedGateway, client: Client
) -> None:
    sub = client.subscribe(HK).wait()
    gateway.play = lambda peer, packet: peer.refuse(packet, c.UNAUTHENTICATED, 401004)
    gateway.peers[-1].hang_up()
    until(lambda: sub.state == "refused")
    with pytest.raises(ApiError):
        sub.wait()
    with pytest.raises(ApiError):
        asyncio.run(_waited(sub))
    gateway.play = Peer.behave
    assert client.subscribe(US).wait().state == "live"
    assert sub.wait().state == "live"


def test_two_threads_that_close_at_once_leave_no_link_open(gateway: ScriptedGateway) -> None:
    interval = sys.getswitchinterval()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ResourceWarning)
        for number in range(soak(400, 8)):
            client = gateway.client()
            subs = [client.subscribe(HK).wait(), client.subscribe(US)][: 1 + number % 2]
            closing = [threading.Thread(target=sub.close) for sub in subs]
            sys.setswitchinterval(1e-5)  # so that they come between each other's steps
            try:
                for thread in closing:
                    thread.start()
                client.close()
                for thread in closing:
                    thread.join()
            finally:
                sys.setswitchinterval(interval)
        gc.collect()
    assert [str(each.message) for each in told] == []


def test_switching_is_what_the_protocol_says() -> None:
    """The one example of RFC 6455, section 1.3."""
    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in switching("dGhlIHNhbXBsZSBub25jZQ==")


EVIL = "\x1b[31mred\x07\u202egnp\n"


def test_words_of_a_gateway_are_shown_without_what_could_deceive(
    gateway: ScriptedGateway, client: Client
) -> None:
    sub, orders = client.subscribe(HK).wait(), client.subscribe_orders().wait()
    events: list[Any] = []
    orders.on(events.append)
    gateway.peers[1].push_order(order_id="1", status="NewStatus", symbol=HK, remark=EVIL)
    gateway.peers[0].raw(frame((1000).to_bytes(2) + EVIL.encode(), 0x88))
    until(lambda: sub.gaps and sub.gaps[0].end and events)
    body = message("Close").encode({"code": 1, "reason": EVIL})
    gateway.peers[-1].packet(Packet(PUSH, c.CLOSE, body))
    until(lambda: len(sub.gaps) == 2 and sub.gaps[1].end)
    gateway.play = lambda peer, packet: (
        peer.refuse(packet, c.SERVER_ERROR, c.NO_ACCESS, EVIL)
        if packet.command == c.SUBSCRIBE
        else peer.behave(packet)
    )
    with pytest.raises(ApiError) as refused:
        client.subscribe(US).wait()
    shown = [repr(events[0]), *(gap.reason for gap in sub.gaps), str(refused.value)]
    assert [text for text in shown if "red" not in text or not text.isprintable()] == []
