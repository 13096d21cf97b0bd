"""Live orders: no state goes back, a final state comes once, nothing is missed across an interruption."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import soak
from support.gateway import scripted
from support.sandbox import SandboxProcess, free_port, start_sandbox
from support.streaming import client_of, links, until
from support.wire import http

from jupyter_openapi import Client
from jupyter_openapi.market.orders import FINAL
from jupyter_openapi.protocol import Packet, message
from jupyter_openapi.protocol import commands as c
from jupyter_openapi.protocol.packets import PUSH
from jupyter_openapi.stream.order_book import MOST_ORDERS, OrderBook, as_pushed

HK = "700.HK"


@pytest.fixture
def client(sandbox: SandboxProcess) -> Iterator[Client]:
    with client_of(sandbox) as made:
        yield made
    until(lambda: not links(sandbox))


def states(events: list[Any], order_id: str) -> list[str]:
    return [event.status for event in events if event.order_id == order_id]


def test_changes_come_from_whichever_client_with_decimals_and_times(
    sandbox: SandboxProcess, client: Client
) -> None:
    sub = client.subscribe_orders().wait()
    events: list[Any] = []
    sub.on(events.append)
    order_id = sandbox.client.submit(order_type="MO")
    until(lambda: len(states(events, order_id)) == 2)
    assert states(events, order_id) == ["NewStatus", "FilledStatus"]
    filled = events[-1]
    detail = sandbox.client.order(order_id)
    assert (filled.kind, filled.symbol, filled.source, filled.done) == ("order", HK, "push", True)
    assert filled.executed_price == Decimal(detail["executed_price"]) == filled.last_price
    assert filled.quantity == filled.submitted_quantity == filled.last_share == 100
    assert filled.updated_at.timestamp() == int(detail["updated_at"])
    row = sub.latest.set_index("order_id").loc[order_id]
    assert row["status"] == "FilledStatus"
    assert row["quantity"] == 100


def test_latest_says_of_pushed_orders_what_the_list_says(sandbox: SandboxProcess, client: Client) -> None:
    sub = client.subscribe_orders().wait()
    sent = [
        sandbox.client.submit(order_type="MO"),
        sandbox.client.submit(submitted_price="400"),
        sandbox.client.submit(order_type="MIT", trigger_price="300", side="Sell"),
    ]
    until(lambda: set(sent) <= set(sub.latest["order_id"]))
    until(lambda: sub.latest.set_index("order_id")["status"][sent[0]] == "FilledStatus")
    listed = client.today_orders().frame().set_index("order_id").loc[sent]
    pushed = sub.latest.set_index("order_id").loc[sent]
    unsaid = ["last_done", "expire_date", "attached_orders", "time_in_force"]  # a push does not hold these
    names = listed.columns.drop(unsaid, errors="ignore")
    assert pushed[names].equals(listed[names])


def test_orders_of_before_are_known_but_no_events(sandbox: SandboxProcess, client: Client) -> None:
    order_id = sandbox.client.submit(submitted_price="400")
    sub = client.subscribe_orders().wait()
    assert order_id in set(sub.latest["order_id"])
    assert list(sub.events(seconds=0.2)) == []
    coming = iter(sub.events(seconds=5))
    sandbox.client.call("DELETE", "/v1/trade/order", {"order_id": order_id})
    assert next(coming).status == "CanceledStatus"


def test_what_happened_during_an_interruption_is_read_again(sandbox: SandboxProcess, client: Client) -> None:
    sub = client.subscribe_orders().wait()
    events: list[Any] = []
    sub.on(events.append)
    ended: set[tuple[str, str]] = set()

    def final() -> list[tuple[str, str]]:
        return sorted((event.order_id, event.status) for event in events if event.done)

    for _ in range(20):  # a link that is back before the order ends hears of it by a push
        resting = sandbox.client.submit(submitted_price="400")
        sandbox.client.post("/sandbox/sockets", drop="trade")
        sandbox.client.call("DELETE", "/v1/trade/order", {"order_id": resting})
        bought = sandbox.client.submit(order_type="MO")
        ended |= {(resting, "CanceledStatus"), (bought, "FilledStatus")}
        until(lambda: len(final()) >= len(ended))  # noqa: B023 (called at once)
        assert final() == sorted(ended)
        if "reread" in {event.source for event in events}:
            break
    assert "reread" in {event.source for event in events}
    assert sub.gaps
    assert sub.gaps[-1].end is not None
    assert sub.gaps[-1].end > sub.gaps[-1].start


def test_no_final_state_is_missed_or_doubled_over_many_losses(
    sandbox: SandboxProcess, client: Client
) -> None:
    sub = client.subscribe_orders().wait()
    finals: Counter[str] = Counter()
    sub.on(lambda event: finals.update([event.order_id] if event.done else []))
    sent = []
    for turn in range(max(5, soak(200))):
        sent.append(sandbox.client.submit("AAPL.US", order_type="MO", submitted_quantity="1"))
        if turn % 2:
            sandbox.client.post("/sandbox/sockets", drop="all")
        order_id = sandbox.client.submit(submitted_price="400")
        sandbox.client.call("DELETE", "/v1/trade/order", {"order_id": order_id})
        sent.append(order_id)
        time.sleep(0.05)
    until(lambda: finals.keys() >= set(sent))
    time.sleep(0.5)
    assert {finals[order_id] for order_id in sent} == {1}


def test_no_final_state_is_missed_over_restarts_and_kills(tmp_path: Path) -> None:
    options = ["--limits", "off", "--db", str(tmp_path / "s.db")]
    port = str(free_port())
    sandbox = start_sandbox(*options, "--port", port)
    client = client_of(sandbox)
    finals: Counter[str] = Counter()
    sent = []
    try:
        sub = client.subscribe_orders().wait()
        sub.on(lambda event: finals.update([event.order_id] if event.done else []))
        for turn in range(max(2, soak(20))):
            sent.append(sandbox.client.submit("AAPL.US", order_type="MO", submitted_quantity="1"))
            sandbox.kill() if turn % 2 else sandbox.stop()
            sandbox = start_sandbox(*options, "--port", port)
            sent.append(sandbox.client.submit("AAPL.US", order_type="MO", submitted_quantity="1"))
        until(lambda: finals.keys() >= set(sent))
        assert {finals[order_id] for order_id in sent} == {1}
        assert sub.state == "live"
    finally:
        client.close()
        sandbox.stop()


def test_pushes_that_come_late_or_twice_are_left_out_and_counted() -> None:
    with (
        start_sandbox("--limits", "off", "--fault", "ws_delay=0.5:0.3") as sandbox,
        client_of(sandbox) as client,
    ):
        sub = client.subscribe_orders().wait()
        events: list[Any] = []
        sub.on(events.append)
        one = {"order_type": "MO", "submitted_quantity": "1"}
        sent = [sandbox.client.submit("AAPL.US", **one) for _ in range(20)]
        until(lambda: sum(event.done for event in events) >= len(sent))
        time.sleep(0.5)
        for order_id in sent:
            seen = states(events, order_id)
            assert seen in (["NewStatus", "FilledStatus"], ["FilledStatus"])
        missing = 2 * len(sent) - len(events)
        assert sub.stale == missing > 0


def test_client_wait_hears_of_the_end_by_a_push(
    sandbox: SandboxProcess, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jupyter_openapi.trading.order_state.POLL", 60.0)
    client.subscribe_orders().wait()
    order_id = sandbox.client.submit(submitted_price="400")
    threading.Timer(0.5, sandbox.client.call, ["DELETE", "/v1/trade/order", {"order_id": order_id}]).start()
    begun = time.monotonic()
    state = asyncio.run(client.wait(order_id, timeout=90))
    assert state.done
    assert state.status == "CanceledStatus"
    assert 0.4 < time.monotonic() - begun < 30  # a poll would have come later


def test_client_wait_polls_without_a_stream(sandbox: SandboxProcess, client: Client) -> None:
    order_id = sandbox.client.submit(order_type="MO")
    assert asyncio.run(client.wait(order_id, timeout=30)).done


ODD = [
    {"executed_quantity": odd} for odd in ("NaN", "sNaN", "Infinity", "1e999999", [1], {"a": 1}, True, 1.5)
] + [
    {"status": None}, {"updated_at": "9" * 5000}, {"updated_at": 1.5}, {"submitted_at": "abc"},
    {"submitted_at": "9" * 30}, {"submitted_price": [1]}, {"symbol": None}, {"order_id": {"a": 1}},
]  # fmt: skip


def test_odd_orders_take_neither_the_link_nor_another_order_with_them() -> None:
    good = {
        "order_id": "1", "status": "NewStatus", "executed_quantity": "0", "updated_at": "1795401000",
        "symbol": HK, "submitted_quantity": "100", "submitted_price": "1",
    }  # fmt: skip
    with scripted() as gateway, gateway.client() as client:
        sub = client.subscribe_orders().wait()
        events: list[Any] = []
        sub.on(events.append)
        peer = gateway.peers[-1]
        for number, values in enumerate(ODD):
            peer.push_order(**{**good, "order_id": str(number), **values})
            end = {"status": "FilledStatus", "executed_quantity": "100"}
            peer.push_order(**{**good, "order_id": str(number), **end})
        for values in ({"status": ["x"]}, {"order_id": None}, {"order_id": ""}):
            peer.push_order(**{**good, **values})
        for data in (b"", b"[", b"null", b"[" * 50_000, b'{"event":["x"],"data":{}}', b"\xff"):
            body = message("Notification").encode({"topic": c.TOPIC, "data": data})
            peer.packet(Packet(PUSH, c.TRADE_PUSH, body))
        peer.push_order(**{**good, "order_id": "last"})
        until(lambda: events and events[-1].order_id == "last")
        for event in events:
            repr(event)
            for name in dir(event):
                getattr(event, name)
        done = {event.order_id for event in events if event.done}
        assert done == {str(number) for number, values in enumerate(ODD)}
        assert (sub.state, sub.gaps, sub.stale) == ("live", [], 4)


def test_an_order_that_can_t_be_read_holds_up_no_other() -> None:
    row = {"order_id": "2", "symbol": HK, "quantity": "5", "price": "1", "updated_at": "1795401000"}
    today = [{**row, "status": "NewStatus", "executed_quantity": "0"}]
    unknown = http(b'{"code":602003,"message":"order not found","data":null}')

    def rest(target: str) -> Any:
        if target.startswith("/v1/trade/order/today"):
            return {"orders": list(today), "has_more": False}
        return unknown if target.startswith("/v1/trade/order?") else None

    with scripted() as gateway, gateway.client() as client:
        gateway.rest = rest
        sub = client.subscribe_orders().wait()
        events: list[Any] = []
        sub.on(events.append)
        gateway.peers[-1].push_order(order_id="1", status="NewStatus", symbol=HK, updated_at="1795401000")
        until(lambda: events)
        today[:] = [{**row, "status": "FilledStatus", "executed_quantity": "5"}]
        gateway.peers[-1].hang_up()
        until(lambda: len(events) == 2)
        assert (events[1].order_id, events[1].status, events[1].source) == ("2", "FilledStatus", "reread")
        assert sub.wait().state == "live"


# the order book's law


def test_a_change_of_price_after_a_fill_within_one_second_is_newer() -> None:
    book, at = OrderBook(), {"order_id": "1", "updated_at": "1795401000"}
    life = [
        ("NewStatus", "0", "10"), ("PartialFilledStatus", "100", "10"), ("WaitToReplace", "100", "10"),
        ("PendingReplaceStatus", "100", "10"), ("ReplacedStatus", "100", "11"),
        ("ReplacedStatus", "100", "12"), ("PartialFilledStatus", "200", "12"), ("WaitToCancel", "200", "12"),
        ("PartialWithdrawal", "200", "12"),
    ]  # fmt: skip
    for status, executed, price in life:
        row = {**at, "status": status, "executed_quantity": executed, "submitted_price": price}
        assert book.accept(row), status
        assert not book.accept(row), status


LIVES = (
    ("WaitToNew", "0"), ("NewStatus", "0"), ("PendingReplaceStatus", "0"), ("ReplacedStatus", "0"),
    ("PartialFilledStatus", "100"), ("PartialFilledStatus", "200"), ("FilledStatus", "300"),
)  # fmt: skip


def pushes(end: tuple[str, str] | None, seconds: list[int]) -> list[dict[str, Any]]:
    life = [*LIVES[:-1], end] if end else list(LIVES)
    at, rows = 1000, []
    for (status, executed), step in zip(life, seconds, strict=True):
        at += step
        rows.append({"order_id": "1", "status": status, "executed_quantity": executed, "updated_at": str(at)})
    return rows


@given(
    st.sampled_from([None, ("PartialWithdrawal", "200"), ("RejectedStatus", "200")]),
    st.lists(st.integers(0, 1), min_size=7, max_size=7),
    st.randoms(use_true_random=False),
    st.integers(1, 3),
)
def test_whatever_order_pushes_arrive_in_a_state_never_goes_back(
    end: tuple[str, str] | None, seconds: list[int], chance: random.Random, copies: int
) -> None:
    rows = pushes(end, seconds)
    arriving = rows * copies
    chance.shuffle(arriving)
    book = OrderBook()
    accepted = [row for row in arriving if book.accept(row)]
    places = [rows.index(row) for row in accepted]
    assert places == sorted(set(places))  # never back, nothing twice
    assert accepted[-1]["status"] in FINAL
    assert sum(row["status"] in FINAL for row in accepted) == 1
    assert not book.open()


def test_the_book_is_bounded_and_forgets_orders_at_their_end_first() -> None:
    book = OrderBook()
    book.accept({"order_id": "open", "status": "NewStatus"})
    for number in range(MOST_ORDERS + 10):
        book.accept({"order_id": str(number), "status": "FilledStatus"})
    assert len(book.orders) == MOST_ORDERS
    assert "open" in book.orders


def test_a_push_with_the_lists_names_is_read_too() -> None:
    assert as_pushed({"quantity": "1", "price": "2", "status": "NewStatus"}) == {
        "submitted_quantity": "1",
        "submitted_price": "2",
        "status": "NewStatus",
    }
