"""Room for orders: reads, panels and waits leave calls, cancels go first, and every limit is kept."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.broker import Broker, client_of
from support.wire import http, recorder

from jupyter_openapi import Client, TransportError
from jupyter_openapi.ratelimit import RATES, Rate, limiter_for
from jupyter_openapi.ratelimit.rates import CANDLES, RESERVE, Urgency, limits_of
from jupyter_openapi.spec import catalog
from jupyter_openapi.transport.responses import Call
from jupyter_openapi.widgets import polling

ORDER: dict[str, Any] = {"symbol": "700.HK", "side": "buy", "price": 600, "quantity": 100}
WINDOW = 4.0  # seconds, instead of 30.5
SHORT = {
    "trade": Rate(30, WINDOW, 0.002, None, "30 trade and asset requests"),
    "read": Rate(22, WINDOW, 0.0, None, "22 reads"),
    "quote": Rate(1000, 1.0, 0.0, None, "quotes"),
}


@pytest.fixture
def limited(broker: Broker, url: str, tmp_path: Path) -> Iterator[Client]:
    """Give a client whose limits are the broker's in a shorter window."""
    with client_of(url, tmp_path) as client:
        limiter = limiter_for("account", directory=tmp_path / "limits", rates=SHORT)  # type: ignore[arg-type]
        client.connection.limiter = client.connection.transport._limiter = limiter
        client._desk.calls_left = None
        yield client


def seconds(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def in_background(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def use_up(client: Client, urgency: Urgency, count: int) -> None:
    limiter = client.connection.limiter
    assert limiter is not None
    for _ in range(count):
        with limiter.turn("trade", urgency=urgency, also=limits_of("trade", "/", urgency)):
            pass


def test_reads_leave_eight_calls_and_a_cancel_waits_for_none(limited: Client, broker: Broker) -> None:
    order_id = str(limited.call("submit", **ORDER, execute=True).order_id)
    time.sleep(WINDOW)
    broker.reads.clear()
    begun = time.monotonic()
    reads = in_background(lambda: [limited.call("today_orders") for _ in range(29)])
    while len(broker_reads(broker)) < 20 and time.monotonic() - begun < WINDOW / 2:
        time.sleep(0.02)
    time.sleep(0.3)
    assert limited.limits_left()["read"] == 0
    taken = seconds(lambda: limited.call("cancel", order_id=order_id, execute=True))
    assert taken < WINDOW / 2
    assert time.monotonic() - begun < WINDOW
    reads.join()
    assert time.monotonic() - begun > WINDOW - 1


def broker_reads(broker: Broker) -> list[str]:
    return [path for path in broker.reads if path.endswith("/today")]


def test_typed_panel_and_history_reads_share_one_constant(limited: Client) -> None:
    assert (RESERVE, polling.RESERVE) == (8, 8)
    assert RATES["read"].calls == 22
    use_up(limited, Urgency.READ, 22)
    assert limited.limits_left() == {"trade": 8, "quote": 1000, "read": 0}
    # A preview's reads, and what reconciles, count as calls for an order.
    assert seconds(lambda: limited.call("submit", **ORDER)) < WINDOW / 2
    assert seconds(limited.reconcile) < WINDOW / 2


def test_a_cancel_goes_before_orders_and_orders_before_reads(tmp_path: Path) -> None:
    rate = Rate(1, 0.3, 0.0, None, "one")
    limiter = limiter_for("account", directory=tmp_path, rates={"trade": rate})
    went: list[str] = []

    def take(urgency: Urgency) -> None:
        with limiter.turn("trade", urgency=urgency):
            went.append(urgency.name)

    take(Urgency.ORDER)
    threads = []
    for urgency in (Urgency.READ, Urgency.READ, Urgency.ORDER, Urgency.ORDER, Urgency.CANCEL):
        threads.append(in_background(lambda urgency=urgency: take(urgency)))
        time.sleep(0.04)
    for thread in threads:
        thread.join()
    limiter.close()
    assert went == ["ORDER", "CANCEL", "ORDER", "ORDER", "READ", "READ"]


def test_four_waits_share_their_looks_and_a_cancel_does_not_wait(limited: Client, broker: Broker) -> None:
    orders = [
        str(limited.call("submit", **{**ORDER, "price": 600 - number}, execute=True).order_id)
        for number in range(4)
    ]
    time.sleep(WINDOW)
    broker.reads.clear()
    cancelled: list[float] = []

    async def work() -> list[Any]:
        waits = asyncio.gather(*(limited.wait(order, timeout=3) for order in orders))
        await asyncio.sleep(1.5)
        cancel = lambda: seconds(lambda: limited.call("cancel", order_id=orders[0], execute=True))  # noqa: E731
        cancelled.append(await asyncio.to_thread(cancel))
        return await waits

    states = asyncio.run(work())
    assert cancelled[0] < WINDOW / 2
    assert [state.done for state in states] == [True, False, False, False]
    assert [state.order_id for state in states] == orders
    looks = [path for path in broker.reads if "/order" in path]
    assert len(looks) <= 9  # four waits of 3 s, one look a second, and what the cancel reads


def test_a_short_wait_ends_though_no_calls_are_left(limited: Client, broker: Broker) -> None:
    order_id = str(limited.call("submit", **ORDER, execute=True).order_id)
    limiter = limiter_for("another", directory=limited.journal.path.parent / "more")
    limited.connection.limiter = limited.connection.transport._limiter = limiter  # the broker's own window
    use_up(limited, Urgency.ORDER, 30)
    begun = time.monotonic()
    with pytest.raises(TransportError, match="was not looked at"):
        asyncio.run(limited.wait(order_id, timeout=2))
    assert 1.5 < time.monotonic() - begun < 15  # the limit would have let it look after 30


def test_a_wait_keeps_what_it_saw_when_the_calls_run_out(limited: Client, broker: Broker) -> None:
    order_id = str(limited.call("submit", **ORDER, execute=True).order_id)

    async def work() -> Any:
        waiting = asyncio.ensure_future(limited.wait(order_id, timeout=2))
        await asyncio.sleep(0.5)
        await asyncio.to_thread(use_up, limited, Urgency.ORDER, limited.limits_left()["trade"])
        return await waiting

    begun = time.monotonic()
    state = asyncio.run(work())
    assert time.monotonic() - begun < WINDOW
    assert (state.order_id, state.done) == (order_id, False)


def test_history_candles_keep_their_own_limit_too(tmp_path: Path) -> None:
    assert limits_of("quote", CANDLES, Urgency.READ) == ("candle",)
    assert (RATES["candle"].calls, RATES["candle"].seconds) == (60, 30.5)
    answers = [http(b'{"code":301606,"message":"rate limit"}', "429 X")]

    def answer(_: Any) -> bytes:
        return answers.pop() if answers else http(b'{"code":0,"message":"","data":{"candlesticks":[]}}')

    rates = {"candle": Rate(3, 1.0, 0.0, None, "candles"), "quote": Rate(100, 1.0, 0.0, 5, "quotes")}
    with recorder(answer) as server, client_of(server.url, tmp_path) as client:
        limiter = limiter_for("account", directory=tmp_path, rates=rates)  # type: ignore[arg-type]
        client.connection.transport._limiter = limiter
        operation = catalog().named("history_candlesticks")
        assert operation.path == CANDLES
        call = Call("GET", CANDLES, limit=operation.limit, name=operation.name)
        begun = time.monotonic()
        for _ in range(6):
            client.connection.transport.send(call)
        assert time.monotonic() - begun >= 2.0
        assert client.connection.transport.throttled == 1
        limiter.close()
