"""Live quotes and books: what a subscription gives, to loops, callbacks and frames."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from support.sandbox import SandboxProcess, start_sandbox
from support.streaming import client_of, links, until

from jupyter_openapi import ApiError, Client, Credentials, RequestRefused, TransportError
from jupyter_openapi.stream import Event
from jupyter_openapi.stream.tables import recorded

OPEN = "2026-11-23T10:30:00+08:00"
HK, US = "700.HK", "AAPL.US"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with start_sandbox("--limits", "off", "--clock", "manual", "--start", OPEN, "--seed", "7") as running:
        yield running


@pytest.fixture
def client(sandbox: SandboxProcess) -> Iterator[Client]:
    with client_of(sandbox) as made:
        yield made
    until(lambda: not links(sandbox))


def advance(sandbox: SandboxProcess, seconds: float = 60) -> None:
    sandbox.client.post("/sandbox/clock", advance=seconds)


def quote(sandbox: SandboxProcess, symbol: str = HK) -> dict[str, Any]:
    return sandbox.client.post("/quote/quotes", symbol=[symbol])["secu_quote"][0]


def test_subscribing_returns_at_once_and_wait_returns_with_first_values(
    sandbox: SandboxProcess, client: Client
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        keys = Credentials("key-1", "secret-1", "token-1")
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Client(keys, "sandbox", url, limits=False, timeout=(60, 60)) as waiting:
            assert waiting.subscribe([HK, US]).state == "opening"
    sub = client.subscribe([HK, US], "quote", "depth")
    assert sub.wait() is sub
    assert sub.state == "live"
    assert (sub.symbols, sub.kinds, sub.error, sub.gaps) == ((HK, US), ("quote", "depth"), None, [])
    frame = sub.latest
    assert list(frame["symbol"]) == [HK, US]
    row = quote(sandbox)
    assert frame["last_done"][0] == float(row["last_done"])
    book = sandbox.client.post("/quote/depth", symbol=HK)
    assert frame["bid"][0] == float(book["bid"][0]["price"])
    assert frame["ask_size"][0] == int(book["ask"][0]["volume"])
    assert not frame["stale"].any()


def test_latest_has_the_columns_and_dtypes_of_the_rest_frame(client: Client) -> None:
    sub = client.subscribe([HK, US])
    until(lambda: sub.latest["prev_close"].notna().all())
    rest = client.call("quote", symbol=[HK, US]).frame()
    live = sub.latest
    common = [name for name in live.columns if name in rest.columns]
    assert common[:10] == list(rest.columns[:10])
    assert live[common[:10]].equals(rest[common[:10]])
    assert [str(live[name].dtype) for name in common] == [str(rest[name].dtype) for name in common]
    assert list(live.columns[-2:]) == ["stale", "age"]


def test_a_loop_gets_the_first_values_then_whole_states(sandbox: SandboxProcess, client: Client) -> None:
    before = quote(sandbox)
    with client.subscribe([HK]) as sub:
        events = iter(sub.events(seconds=10))
        first = next(events)
        assert (first.kind, first.symbol, first.snapshot, first.source) == ("quote", HK, True, "push")
        assert first.last_done == Decimal(before["last_done"])
        assert first.timestamp == datetime.fromtimestamp(int(before["timestamp"]), UTC)
        assert first.current_volume == 0
        advance(sandbox)
        after = quote(sandbox)
        seen = [next(events)]
        while seen[-1].volume != int(after["volume"]):
            seen.append(next(events))
    assert not any(event.snapshot for event in seen)
    assert sum(event.current_volume for event in seen) == int(after["volume"]) - int(before["volume"])
    last = seen[-1]
    assert [last.open, last.high, last.low, last.turnover] == [
        Decimal(after[name]) for name in ("open", "high", "low", "turnover")
    ]
    assert sub.state == "closed"
    assert (sub.merged, sub.dropped) == (0, 0)


def test_a_loop_ends_after_its_seconds_or_count(sandbox: SandboxProcess, client: Client) -> None:
    with client.subscribe([HK, US]) as sub:
        assert len(list(sub.events(count=2))) == 2
        begun = time.monotonic()
        list(sub.events(seconds=0.3))
        assert 0.25 < time.monotonic() - begun < 10


def test_an_asynchronous_loop_and_await_in_any_loop(sandbox: SandboxProcess, client: Client) -> None:
    async def listen() -> list[Event]:
        async with client.subscribe([HK], "quote", "trades") as sub:
            asyncio.get_running_loop().call_later(0.2, advance, sandbox, 30)
            return [event async for event in sub.events(seconds=1)]

    events = asyncio.run(listen())
    assert events[0].snapshot
    assert {event.kind for event in events} == {"quote", "trades"}
    trades = [trade for event in events if event.kind == "trades" for trade in event.trades]
    assert sum(trade.volume for trade in trades) == sum(
        event.current_volume for event in events if event.kind == "quote"
    )

    async def wait() -> str:
        sub = await client.subscribe([HK])
        return sub.state

    assert asyncio.run(wait()) == "live"


def test_callbacks_run_on_their_own_and_can_be_removed(
    sandbox: SandboxProcess, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    sub = client.subscribe([HK]).wait()
    good: list[Event] = []
    sleeping = threading.Event()

    def bad(event: Event) -> None:
        raise ValueError("mine")

    def slow(event: Event) -> None:
        sleeping.wait(60)

    removes = [sub.on(callback) for callback in (slow, bad, good.append)]
    advance(sandbox)
    until(lambda: len(good) > 5)
    assert sum("callback bad failed" in record.message for record in caplog.records) == 1
    removes[2]()
    count = len(good)
    advance(sandbox)
    time.sleep(0.3)
    assert len(good) == count
    sleeping.set()


def test_record_gives_a_frame(sandbox: SandboxProcess, client: Client) -> None:
    sub = client.subscribe([HK], "quote", "trades", "depth").wait()
    threading.Timer(0.2, advance, [sandbox, 30]).start()
    frame = sub.record(seconds=2)
    assert set(frame["symbol"]) == {HK}
    assert {"last_done", "current_volume", "received", "snapshot"} <= set(frame.columns)
    assert str(frame["last_done"].dtype) == "float64"
    threading.Timer(0.2, advance, [sandbox, 30]).start()
    trades = sub.record(2, "trades")
    assert len(trades)
    assert str(trades["volume"].dtype) == "Int64"
    with pytest.raises(RequestRefused, match="has no brokers events; it has quote, trades, depth"):
        sub.record(1, "brokers")


ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "quote": ("quote", {"symbol": [HK]}),
    "depth": ("depth", {"symbol": HK}),
    "brokers": ("brokers", {"symbol": HK}),
    "trades": ("trades", {"symbol": HK, "count": 5}),
    "candlestick": ("candlesticks", {"symbol": HK, "period": "1m", "count": 5, "adjust_type": "none"}),
    "order": ("today_orders", {}),
}


@pytest.mark.parametrize("kind", ASKED)
def test_what_is_recorded_has_the_columns_and_dtypes_of_rest_also_when_nothing_came(
    sandbox: SandboxProcess, client: Client, kind: str
) -> None:
    operation, asked = ASKED[kind]
    if kind == "candlestick":
        asked = asked | {"trade_session": "intraday"}
        sub = client.subscribe_candlesticks(HK)
    else:
        sub = client.subscribe_orders() if kind == "order" else client.subscribe(HK, kind)
    sub.wait()
    moving = [
        threading.Timer(0.1, advance, [sandbox, 61]),
        threading.Timer(0.2, sandbox.client.submit, [], {"order_type": "MO"}),
    ]
    for timer in moving:
        timer.start()
    some = sub.record(1.5, kind)
    for timer in moving:
        timer.join()
    assert len(some)
    none = recorded([], kind)
    assert none.dtypes.to_dict() == some.dtypes.to_dict()
    rest = client.call(operation, **asked).frame()
    assert list(some.columns[: len(rest.columns)]) == list(rest.columns)
    assert {name: some[name].dtype for name in rest.columns} == rest.dtypes.to_dict()
    extra = {name: str(some[name].dtype) for name in some.columns if name not in rest.columns}
    assert extra.pop("received") == "datetime64[ns, UTC]"
    assert extra.pop("snapshot") == "bool"
    for name, dtype in extra.items():
        text = name in {"source", "account_no"}
        assert dtype in ({"str", "object"} if text else {"Int64", "float64", "bool"}), name


def test_several_subscriptions_share_one_link_and_only_the_last_unsubscribes(
    sandbox: SandboxProcess, client: Client
) -> None:
    first = client.subscribe([HK]).wait()
    second = client.subscribe([HK, US], "quote", "depth").wait()
    third = client.subscribe(HK).wait()
    (link,) = links(sandbox)
    assert link["subscriptions"] == {HK: [1, 2], US: [1, 2]}
    second.close()
    until(lambda: links(sandbox)[0]["subscriptions"] == {HK: [1]})
    first.close()
    time.sleep(0.1)
    assert links(sandbox)[0]["subscriptions"] == {HK: [1]}
    assert third.state == "live"
    third.close()
    until(lambda: not links(sandbox))
    again = client.subscribe(US).wait()
    assert links(sandbox)[0]["subscriptions"] == {US: [1]}
    again.close()


def test_the_thread_is_gone_after_the_last_subscription(sandbox: SandboxProcess, client: Client) -> None:
    sub = client.subscribe(HK).wait()
    assert any(thread.name == "jupyter-openapi stream" for thread in threading.enumerate())
    sub.close()
    until(lambda: not any(thread.name == "jupyter-openapi stream" for thread in threading.enumerate()))
    assert client.links() == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (((),), "Nothing to subscribe to"),
        ((["700"],), "type 700.HK"),
        (([HK], "quotes"), "Did you mean quote"),
        (([f"{n}.HK" for n in range(1, 502)],), "at most 500"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_sent(
    client: Client, arguments: Any, words: str
) -> None:
    with pytest.raises(RequestRefused, match=words):
        client.subscribe(*arguments)
    with pytest.raises(RequestRefused, match="buffer"):
        client.subscribe(HK, buffer=0)


def test_a_refusal_is_raised_wherever_one_waits(sandbox: SandboxProcess, client: Client) -> None:
    sandbox.client.post("/sandbox/sockets", deny=["US"])
    try:
        kept = client.subscribe(HK).wait()
        refused = client.subscribe([US])
        with pytest.raises(ApiError, match=r"no quote access.*301604.*quote access in the broker's app"):
            refused.wait()
        with pytest.raises(ApiError) as caught:
            list(refused)
        assert caught.value.code == 301604
        assert refused.state == "refused"

        async def listen() -> None:
            async for _ in client.subscribe(US):
                pass

        with pytest.raises(ApiError):
            asyncio.run(listen())
        with pytest.raises(ApiError), client.subscribe(US):
            pass
        assert kept.state == "live"
    finally:
        sandbox.client.post("/sandbox/sockets", deny=[])


def test_a_refusal_nobody_waits_for_is_told_once(
    sandbox: SandboxProcess, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.client.post("/sandbox/sockets", deny=["US"])
    try:
        client.subscribe(US)
        until(lambda: [record for record in caplog.records if "no quote access" in record.message])
        time.sleep(0.3)
        assert len([record for record in caplog.records if "no quote access" in record.message]) == 1
    finally:
        sandbox.client.post("/sandbox/sockets", deny=[])


def test_the_limit_of_links_is_told_with_its_numbers(sandbox: SandboxProcess, client: Client) -> None:
    sandbox.client.post("/sandbox/sockets", most=1)
    try:
        with client_of(sandbox) as other:
            other.subscribe(HK).wait()
            with pytest.raises(ApiError, match="1 of 1 links") as caught:
                client.subscribe(HK).wait()
        assert caught.value.code == 403
        until(lambda: not links(sandbox))
        assert client.subscribe(HK).wait().state == "live"  # the next one tries anew
    finally:
        sandbox.client.post("/sandbox/sockets", most=10)


def test_a_time_out_names_what_is_wrong_and_the_subscription_goes_on(sandbox: SandboxProcess) -> None:
    with start_sandbox("--limits", "off") as gone:
        client = client_of(gone)
    sub = client.subscribe(HK)
    with pytest.raises(TransportError, match=r"Not live after 0\.5 s; it goes on trying.*can't be reached"):
        sub.wait(0.5)
    assert sub.state == "opening"
    client.close()


def test_silent_symbols_are_named_and_their_table_filled_by_a_pull(
    sandbox: SandboxProcess, client: Client
) -> None:
    from jupyter_openapi.protocol import commands as c

    sub = client.subscribe(HK)
    gateway = sub._engine.quotes
    pushed = gateway.pushed
    gateway.pushed = lambda command, body: None if command == c.PUSH_QUOTE else pushed(command, body)
    sub.wait()
    event = next(iter(sub.events(seconds=30)))
    assert event.source == "pull"
    assert event.snapshot
    assert sub.latest["last_done"][0] == float(quote(sandbox)["last_done"])


def test_no_secret_is_in_a_repr_or_address(sandbox: SandboxProcess, client: Client) -> None:
    sub = client.subscribe(HK).wait()
    shown = repr(sub) + repr(vars(sub)) + repr(client.links()) + repr(next(iter(sub)))
    assert sandbox.info["access_token"] not in shown
    assert sandbox.info["app_secret"] not in shown


def test_an_order_of_the_account_stands_in_the_pushed_book(sandbox: SandboxProcess, client: Client) -> None:
    sub = client.subscribe(HK, "depth").wait()
    coming = iter(sub.events(seconds=30))
    before = next(coming)
    best = before.bid[0]
    order_id = sandbox.client.submit(submitted_price=str(best.price))
    assert next(coming).bid[0].volume == best.volume + 100
    sandbox.client.call("DELETE", "/v1/trade/order", {"order_id": order_id})
    assert next(coming).bid[0].volume == best.volume
