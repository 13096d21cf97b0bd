"""Panels and waits on a live client: what is pushed is shown and not asked for, and without it they poll."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from browser.fakes import FakeSession
from support.sandbox import SandboxProcess, start_sandbox
from support.streaming import client_of, links, until

from jupyter_openapi import Client, OutcomeUnknown, TransportError, portfolio
from jupyter_openapi.spec.model import Effect
from jupyter_openapi.stream.consumers import News
from jupyter_openapi.trading.order_state import Looks
from jupyter_openapi.widgets import blotter_model, live_quote, order_ticket, portfolio_model
from jupyter_openapi.widgets.blotter_model import BlotterModel
from jupyter_openapi.widgets.live_quote import LiveQuote
from jupyter_openapi.widgets.order_ticket import Ticket
from jupyter_openapi.widgets.polling import newest
from jupyter_openapi.widgets.portfolio_model import PortfolioModel

HK = "700.HK"
OPEN = "2026-11-23T10:30:00+08:00"
NEVER = 3600.0  # seconds between two looks that poll: what changes sooner was pushed


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with start_sandbox("--limits", "off", "--clock", "manual", "--start", OPEN, "--seed", "7") as running:
        yield running


class Asked:
    """A client's calls, by operation."""

    def __init__(self, client: Client) -> None:
        self.names: list[str] = []
        call = client.call

        def noted(operation: str, /, **arguments: Any) -> Any:
            self.names.append(operation)
            return call(operation, **arguments)

        client.call = noted  # type: ignore[method-assign,assignment]

    def since(self, place: int, *names: str) -> list[str]:
        return [name for name in self.names[place:] if name in names]


@pytest.fixture
def client(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    for home in (blotter_model, live_quote, order_ticket):
        monkeypatch.setattr(home, "EVERY", NEVER)
    monkeypatch.setattr(live_quote, "PUSHED", NEVER)
    monkeypatch.setattr(blotter_model, "CHECK", NEVER)
    monkeypatch.setattr(order_ticket, "CHECK", NEVER)
    with client_of(sandbox) as made:
        yield made
    until(lambda: not links(sandbox))


@pytest.fixture
def asked(client: Client) -> Asked:
    return Asked(client)


def advance(sandbox: SandboxProcess, seconds: float = 60) -> None:
    sandbox.client.post("/sandbox/clock", advance=seconds)


def last(sandbox: SandboxProcess, symbol: str = HK) -> Decimal:
    return Decimal(sandbox.client.post("/quote/quotes", symbol=[symbol])["secu_quote"][0]["last_done"])


def best(sandbox: SandboxProcess) -> Decimal:
    return Decimal(sandbox.client.post("/quote/depth", symbol=HK)["bid"][0]["price"])


def moved(sandbox: SandboxProcess, symbol: str = HK) -> Decimal:
    """Let the market go on until the price is another one."""
    before = last(sandbox, symbol)
    for _ in range(30):
        advance(sandbox)
        if last(sandbox, symbol) != before:
            return last(sandbox, symbol)
    raise AssertionError("the price never moved")


def test_the_form_shows_pushed_prices_and_asks_for_none(
    sandbox: SandboxProcess, client: Client, asked: Asked
) -> None:
    sub = client.subscribe(HK, "quote", "depth").wait()
    one = LiveQuote(FakeSession(client), lambda: None, watched=lambda: True)  # type: ignore[arg-type]
    one.look_at({"symbol": HK})
    until(lambda: one.seen().quote)
    until(lambda: client.live and client.live._news.wakes)
    place = len(asked.names)
    price = moved(sandbox)
    until(lambda: (quote := one.seen().quote) and quote.last == price and quote.bid == best(sandbox))
    assert one.seen().quote.previous is not None  # type: ignore[union-attr]
    assert asked.since(place, "quote", "depth") == []
    assert len(links(sandbox)) == 1
    sub.close()  # without it, the form asks again, and now
    until(lambda: asked.since(place, "quote"))
    one.stop()


def test_the_form_asks_for_what_is_not_subscribed_to(
    sandbox: SandboxProcess, client: Client, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_quote, "EVERY", 0.05)
    client.subscribe("AAPL.US").wait()
    one = LiveQuote(FakeSession(client), lambda: None, watched=lambda: True)  # type: ignore[arg-type]
    one.look_at({"symbol": HK})
    until(lambda: asked.names.count("quote") > 3)
    one.stop()
    assert one.seen().quote.last == last(sandbox)  # type: ignore[union-attr]


def blotter(client: Client) -> BlotterModel:
    one = BlotterModel(FakeSession(client), lambda: None)  # type: ignore[arg-type]
    one.refresh()
    until(lambda: one.read)
    return one


def shown(one: BlotterModel) -> dict[str, str]:
    return {str(order["order_id"]): str(order["status"]) for order in one.orders()}


def test_the_blotter_follows_pushes_whoever_sends_the_orders(
    sandbox: SandboxProcess, client: Client, asked: Asked
) -> None:
    resting = sandbox.client.submit(submitted_price="400")
    client.subscribe_orders().wait()
    client.subscribe(HK).wait()
    one = blotter(client)
    place = len(asked.names)
    sandbox.client.call("DELETE", "/v1/trade/order", {"order_id": resting})
    other = sandbox.client.submit(submitted_price="401", submitted_quantity="200")
    until(lambda: shown(one).get(resting) == "CanceledStatus" and other in shown(one))
    (row,) = [row for row in one.rows() if row.order_id == other]
    detail = sandbox.client.order(other)
    assert one.find(other)["quantity"] == detail["quantity"] == "200"  # type: ignore[index]
    assert one.find(other)["price"] == detail["price"]  # type: ignore[index]
    assert row.cancellable
    price = moved(sandbox)
    until(lambda: one._last.get(HK) == price)
    assert asked.since(place, "today_orders", "history_orders", "quote") == []
    assert len(links(sandbox)) == 2
    one.close()


def test_the_blotter_polls_while_the_link_is_lost(
    sandbox: SandboxProcess, client: Client, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = sandbox.client.submit(submitted_price="400")
    sub = client.subscribe_orders().wait()
    monkeypatch.setattr(blotter_model, "EVERY", 0.05)  # of a panel that is made now
    one = blotter(client)
    place = len(asked.names)
    sub.close()
    sandbox.client.call("DELETE", "/v1/trade/order", {"order_id": order_id})
    until(lambda: shown(one).get(order_id) == "CanceledStatus")
    assert asked.since(place, "today_orders")
    one.close()


def test_the_form_hears_of_its_order_by_a_push(sandbox: SandboxProcess, client: Client, asked: Asked) -> None:
    client.subscribe_orders().wait()
    session: Any = FakeSession(client)  # type: ignore[arg-type]
    ticket = Ticket(session, lambda: None)
    ticket.order_id, ticket._owner = sandbox.client.submit(submitted_price="400"), client
    ticket._follower.wake()
    until(lambda: ticket.order is not None)
    sandbox.client.call("DELETE", "/v1/trade/order", {"order_id": ticket.order_id})
    until(lambda: ticket.order is not None and ticket.order.done)
    assert ticket.order_words().endswith("cancelled")
    assert asked.names.count("order_detail") <= 1
    ticket.close()


def test_the_portfolio_follows_pushed_prices(
    sandbox: SandboxProcess, client: Client, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portfolio_model, "FOLLOW", 0.0)
    monkeypatch.setattr(portfolio_model, "GLANCE", 0.05)
    held = ["700.HK", "9988.HK", "5.HK", "AAPL.US", "TSLA.US"]
    one = PortfolioModel(FakeSession(client), lambda: None, watched=lambda: True)  # type: ignore[arg-type]
    one.refresh()
    until(lambda: one.frame is not None and one.picture)
    place = len(asked.names)
    client.subscribe(held).wait()  # the view is there first, and hears of it
    price = float(moved(sandbox))
    until(lambda: (frame := one.frame) is not None and price in set(frame["last_done"]))
    assert asked.names[place:] == []
    fresh = portfolio.value(client)
    until(lambda: one.frame is not None and one.frame["market_value"].equals(fresh["market_value"]))
    assert one.frame is not None
    for name in ("day_pl", "unrealized_pl_base", "weight"):
        assert one.frame[name].equals(fresh[name])
    assert not one.stale
    client.subscribe_orders().wait()
    until(lambda: client.live is not None and client.live.orders() is not None)
    sandbox.client.submit(order_type="MO")
    moved(sandbox)  # the next push of a price tells of the fill too
    until(lambda: one.stale)
    one.close()
    assert len(links(sandbox)) == 2


# one look serves all, and none is older than the news


class SlowReader:
    """Reads an order, and lets a test hold the reply."""

    def __init__(self) -> None:
        self.reads = 0
        self.status = "NewStatus"
        self.begun, self.go = threading.Event(), threading.Event()

    def read(self, operation: Any, arguments: Any, *, turn: float) -> Any:
        del operation, arguments, turn
        self.reads += 1
        row = {"order_id": "1", "status": self.status}
        self.begun.set()
        assert self.go.wait(10)
        return type("Reply", (), {"data": row})()


def test_a_look_under_way_when_news_comes_is_not_taken_for_new() -> None:
    reader = SlowReader()
    looks = Looks(reader, dict)  # type: ignore[arg-type]
    with looks.waiting("1"):
        seen: list[Any] = []
        first = threading.Thread(target=lambda: seen.append(looks.look("1", 5)))
        first.start()
        assert reader.begun.wait(5)
        reader.status = "FilledStatus"
        looks.forget("1")  # the news, while the old state is on its way
        second = threading.Thread(target=lambda: seen.append(looks.look("1", 5)))
        second.start()
        reader.go.set()
        first.join(5)
        second.join(5)
        assert [row["status"] for row in seen] == ["NewStatus", "FilledStatus"]
        assert reader.reads == 2
        assert looks.look("1", 5)["status"] == "FilledStatus"  # this one serves others
        assert reader.reads == 2


def test_many_waits_of_one_filled_order_cost_one_more_look(sandbox: SandboxProcess, client: Client) -> None:
    import asyncio

    client.subscribe_orders().wait()
    order_id = sandbox.client.submit(submitted_price="400")
    reads: list[str] = []
    read = client._looks._reader.read

    def noted(operation: Any, arguments: Any, **options: Any) -> Any:
        reads.append(operation.name)
        return read(operation, arguments, **options)

    client._looks._reader.read = noted  # type: ignore[method-assign]

    async def all_of_them() -> list[Any]:
        waits = [asyncio.ensure_future(client.wait(order_id, timeout=20)) for _ in range(8)]
        await asyncio.sleep(0.5)
        cancel = sandbox.client.call
        await asyncio.to_thread(cancel, "DELETE", "/v1/trade/order", {"order_id": order_id})
        return await asyncio.gather(*waits)

    begun = time.monotonic()
    states = asyncio.run(all_of_them())
    assert {state.status for state in states} == {"CanceledStatus"}
    assert time.monotonic() - begun < 9  # by the push: without one, the next look is after ten seconds
    assert len(reads) <= 8


def test_news_reach_whoever_listens_until_they_stop() -> None:
    news, heard = News(), list[str]()
    ends = [
        news.listen(["a", "b"], lambda: heard.append("one")),
        news.listen(["b"], lambda: heard.append("two")),
    ]
    for subject in ("a", "b", "c"):
        news.tell(subject)
    assert heard == ["one", "one", "two"]
    for end in (*ends, *ends):
        end()
    news.tell("b")
    assert heard == ["one", "one", "two"]
    assert not news.wakes


def test_an_older_push_does_not_take_the_place_of_a_newer_read() -> None:
    read = {"order_id": "1", "status": "PartialFilledStatus", "executed_quantity": "200", "updated_at": "9"}
    pushed = {"order_id": "1", "status": "NewStatus", "executed_quantity": "0", "updated_at": "8"}
    assert newest(read, pushed) == read
    done = {**pushed, "status": "CanceledStatus", "executed_quantity": "200"}
    assert newest({**read, "remark": "mine"}, done)["status"] == "CanceledStatus"
    assert newest({**read, "remark": "mine"}, done)["remark"] == "mine"
    assert newest(None, pushed) == pushed


# orders of which nothing is heard: a push settles nothing that a read would not


def test_reconcile_settles_nothing_by_a_push(
    sandbox: SandboxProcess, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = client.connection.transport
    send, blind = transport.send, [True]

    def lossy(call: Any) -> Any:
        if call.effect is Effect.READ and blind[0]:
            raise TransportError("no answer")
        answer = send(call)
        if call.path == "/v1/trade/order":
            raise OutcomeUnknown("no answer")
        return answer

    sub = client.subscribe_orders().wait()
    client._desk._delivery._waits = (0.0,) * 2
    preview = client.call("submit_order", symbol=HK, side="Buy", order_type="MO", submitted_quantity="100")
    monkeypatch.setattr(transport, "send", lossy)
    with pytest.raises(OutcomeUnknown):
        preview.send()

    def filled() -> list[str]:
        tagged = sub.latest[sub.latest["remark"].str.len() > 0]
        return list(tagged[tagged["status"] == "FilledStatus"]["order_id"])

    (order_id,) = until(filled)  # the pushes told, of one, for it was sent once
    assert client.unsettled() == 1
    with pytest.raises(TransportError):
        client.reconcile()
    assert client.unsettled() == 1
    blind[0] = False
    (settled,) = client.reconcile()
    assert (settled.verdict, settled.order_id) == ("done", order_id)
    assert client.unsettled() == 0


def test_a_portfolio_that_is_opened_again_follows_again(
    sandbox: SandboxProcess, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portfolio_model, "FOLLOW", 0.0)
    monkeypatch.setattr(portfolio_model, "GLANCE", 0.05)
    client.subscribe(HK).wait()
    looking = [True]
    one = PortfolioModel(FakeSession(client), lambda: None, watched=lambda: looking[0])  # type: ignore[arg-type]
    one.refresh()
    until(lambda: one.frame is not None)
    looking[0] = False
    until(lambda: not one._poller.running)
    price = float(moved(sandbox))
    assert one.frame is not None
    assert price not in set(one.frame["last_done"])
    looking[0] = True
    one.resume()
    until(lambda: price in set(one.frame["last_done"]))  # type: ignore[index]
    one.close()
