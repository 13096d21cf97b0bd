"""The blotter's state: what it shows, when it looks, and cancellations that are previewed and sent once."""

from __future__ import annotations

import time
from datetime import UTC
from decimal import Decimal
from typing import Any

import pytest
from browser.fakes import FakeClient, FakeSession, until

from jupyter_openapi.errors import ApiError, RequestRefused, TransportError
from jupyter_openapi.widgets import blotter_model as books
from jupyter_openapi.widgets import polling as events
from jupyter_openapi.widgets.blotter_model import BlotterModel
from jupyter_openapi.widgets.blotter_rows import COLUMNS, Row, row_of
from jupyter_openapi.widgets.polling import Backoff


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "EVERY", 0.02)
    monkeypatch.setattr(books, "AFTER", 0.0)
    monkeypatch.setattr(books.reads, "is_trading", lambda client, symbol: True)


def texts(row: Row) -> dict[str, tuple[str, str]]:
    """Return a row's texts and second lines by column."""
    heads = [column["title"] for column in COLUMNS]
    return {head: (cell.text, cell.sub) for head, cell in zip(heads, row.cells, strict=True)}


def opened(client: FakeClient, **more: Any) -> BlotterModel:
    one = BlotterModel(FakeSession(client), lambda: None, **{"run": lambda work: work(), **more})
    one.refresh()
    assert until(lambda: one.read or one.problem)
    return one


def test_it_shows_todays_open_orders_and_older_ones_that_still_work_newest_first() -> None:
    client = FakeClient()
    first = client.order(submitted_at="1767605400")
    second = client.order(submitted_at="1767605401")
    client.order(status="FilledStatus")
    client.older["693"] = {**client.orders[first], "order_id": "693", "submitted_at": "1767000000"}
    one = opened(client)
    one.close()
    assert [row.order_id for row in one.rows()] == [second, first, "693"]
    asked = client.names("history_orders")[0]
    assert "NewStatus" in asked["status"]
    assert "FilledStatus" not in asked["status"]


def test_the_filters() -> None:
    client = FakeClient()
    tencent, apple = client.order(), client.order("AAPL.US")
    filled = client.order(status="FilledStatus")
    one = opened(client)
    one.close()
    one.filter(symbol="aapl")
    assert [row.order_id for row in one.rows()] == [apple]
    one.filter(symbol="700 AAPL.US")
    assert {row.order_id for row in one.rows()} == {tencent, apple}
    one.filter(symbol="", status="Filled")
    assert [row.order_id for row in one.rows()] == [filled]
    one.filter(status="All of today")
    assert len(one.rows()) == 3


def test_it_looks_only_while_something_can_change() -> None:
    client = FakeClient()
    order_id = client.order()
    one = opened(client)
    assert until(lambda: len(client.names("today_orders")) > 2)
    assert one.looking
    client.orders[order_id]["status"] = "FilledStatus"
    assert until(lambda: not one.looking)
    assert one.rows() == []


def test_the_orders_of_earlier_days_are_not_read_at_every_look() -> None:
    client = FakeClient()
    client.order()
    one = opened(client)
    assert until(lambda: len(client.names("today_orders")) > 4)
    one.close()
    assert len(client.names("history_orders")) == 1


def test_an_order_sent_from_another_panel_wakes_it() -> None:
    client = FakeClient()
    one = opened(client)
    assert until(lambda: not one.looking)
    client.order()
    events.publish(one._session, "orders")
    assert until(lambda: len(one.rows()) == 1)
    one.close()


def test_it_backs_off_while_looks_fail_and_says_so() -> None:
    client = FakeClient()
    client.order()
    one = opened(client)
    client.failures["today_orders"] = ApiError("too many requests", code=429002, http_status=429)
    assert until(lambda: "too many requests" in one.problem)
    before = len(client.names("today_orders"))
    time.sleep(0.1)
    assert len(client.names("today_orders")) - before <= 3
    assert len(one.rows()) == 1
    client.failures.clear()
    assert until(lambda: not one.problem)
    one.close()


def test_one_failure_while_the_markets_are_closed_is_no_reason_to_wait_as_long_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = FakeClient()
    client.order()
    monkeypatch.setattr("jupyter_openapi.widgets.queries.is_trading", lambda *_: False)
    one = BlotterModel(FakeSession(client), lambda: None)
    one._pace = Backoff(5.0)
    assert one._look() == 60
    client.failures["today_orders"] = TransportError("no answer")
    assert [one._look() for _ in range(3)] == [10, 20, 40]
    client.failures.clear()
    assert one._look() == 60
    one.close()


def test_nobody_looks_so_nothing_is_asked() -> None:
    client = FakeClient()
    one = BlotterModel(FakeSession(client), lambda: None, watched=lambda: False)
    one.refresh()
    assert until(lambda: not one.looking)
    assert client.calls == []


def test_a_cancellation_is_previewed_and_sent_once() -> None:
    client = FakeClient()
    order_id = client.order()
    one = opened(client)
    one.ask_cancel(order_id)
    assert one.slot.offer is not None
    assert client.sent == []
    offer = one.slot.offer.id
    for _ in range(3):
        one.send(offer)
    assert client.sent == [("cancel_order", {"order_id": order_id})]
    assert one.note == "Cancellation sent"
    assert until(lambda: not one.rows())


def test_asking_for_another_cancellation_takes_the_first_offer_back() -> None:
    client = FakeClient()
    first, second = client.order(), client.order()
    one = opened(client)
    one.close()
    one.ask_cancel(first)
    assert one.slot.offer is not None
    late = one.slot.offer.id
    one.ask_cancel(second)
    one.send(late)
    assert client.sent == []
    assert "out of date" in one.error


def test_cancel_all_takes_what_is_shown_as_it_stands_and_goes_on_after_a_failure() -> None:
    client = FakeClient()
    apple = client.order("AAPL.US")
    first, second = client.order(), client.order()
    client.order(status="WaitToCancel")
    one = opened(client)
    one.close()
    one.filter(symbol="700")
    one.ask_cancel_all()
    assert one.slot.offer is not None
    assert one.slot.offer.button == "Send 2 cancellations"
    assert [label for label, _ in one.slot.offer.lines] == ["account", "cancel", "cancel"]
    later = client.order()
    del client.orders[second]
    offer = one.slot.offer.id
    one.send(offer)
    one.send(offer)
    assert [arguments["order_id"] for _, arguments in client.sent] == [first]
    assert one.note == "1 of 2 cancellations sent"
    assert second in one.error
    assert {apple, later} <= {key for key, order in client.orders.items() if order["status"] == "NewStatus"}


def test_cancel_all_with_nothing_to_cancel_is_refused() -> None:
    client = FakeClient()
    client.order(status="WaitToCancel")
    one = opened(client)
    one.close()
    with pytest.raises(RequestRefused, match="can be cancelled"):
        one.ask_cancel_all()


def test_a_failed_cancellation_is_shown() -> None:
    client = FakeClient()
    order_id = client.order()
    one = opened(client)
    one.close()
    client.failures["cancel_order"] = TransportError("no answer from the broker")
    one.ask_cancel(order_id)
    assert one.error == "no answer from the broker"
    assert one.busy == ""


def test_another_account_empties_it() -> None:
    client, other = FakeClient(), FakeClient()
    client.order()
    session = FakeSession(client)
    one = BlotterModel(session, lambda: None)
    one.refresh()
    assert until(one.rows)
    session.client = other
    events.publish(session, "account")
    assert one.rows() == []
    one.close()


def test_a_row_says_what_an_order_is_and_what_can_be_done_with_it() -> None:
    order = {
        "order_id": "701",
        "symbol": "700.HK",
        "side": "Buy",
        "order_type": "LIT",
        "time_in_force": "GTC",
        "price": "600.5",
        "trigger_price": "601",
        "quantity": "200",
        "executed_quantity": "50",
        "executed_price": "599.5",
        "stock_name": "TENCENT",
        "status": "PartialFilledStatus",
        "submitted_at": "1767605400",
    }
    row = row_of(order, UTC, privacy=False, last=Decimal(590))
    assert texts(row) == {
        "Time": ("05 Jan", "701"),
        "Symbol": ("700.HK", "TENCENT"),
        "Side": ("Buy", ""),
        "Type": ("LIT", "GTC"),
        "Price": ("600.50 if 601.00", ""),
        "Last": ("590.00", ""),
        "Distance": ("+1.86%", ""),
        "Filled": ("50 / 200", "at 599.50 on average"),
        "Status": ("partly filled, working", ""),
    }
    assert row.cancellable
    assert row.replaceable
    market = row_of({**order, "order_type": "MO", "price": "", "trigger_price": "0"}, UTC, privacy=False)
    assert texts(market)["Price"] == ("market", "")
    assert not market.replaceable
    assert not row_of({**order, "status": "FilledStatus"}, UTC, privacy=False).cancellable


def test_privacy_shows_shares_and_no_ids() -> None:
    order = {"order_id": "701234", "quantity": "200", "executed_quantity": "50", "symbol": "700.HK"}
    row = row_of(order, UTC, privacy=True)
    assert texts(row)["Filled"] == ("25%", "")
    assert "701234" not in f"{row.cells} {row.about}"
    assert "200" not in row.about


def test_why_an_order_was_rejected_is_said() -> None:
    order = {"order_id": "701", "status": "RejectedStatus", "msg": "order 70123456 exceeds buying power"}
    row = row_of(order, UTC, privacy=False)
    assert row.cells[-1].text == "rejected"
    assert row.cells[-1].sub == "order 70123456 exceeds buying power"
    assert row.cells[-1].tone == "warn"
    assert "70123456" not in row_of(order, UTC, privacy=True).cells[-1].sub


def test_prices_are_read_once_a_look_and_only_for_orders_that_work() -> None:
    client = FakeClient()
    client.order()
    client.order()
    client.order("AAPL.US", status="FilledStatus")
    one = opened(client)
    assert until(lambda: client.names("quote"))
    one.close()
    assert client.names("quote")[0] == {"symbol": ["700.HK"]}
    assert until(lambda: texts(one.rows()[0])["Last"] == ("600.00", ""))


def test_orders_without_prices_are_shown_all_the_same() -> None:
    client = FakeClient()
    client.order()
    client.failures["quote"] = TransportError("no answer")
    one = opened(client)
    one.close()
    assert texts(one.rows()[0])["Distance"] == ("", "")
    assert one.problem == ""


def test_an_order_in_a_state_that_is_not_known_is_shown_and_can_be_cancelled() -> None:
    client = FakeClient()
    order_id = client.order(status="HaltedStatus", msg="halted by the exchange")
    one = opened(client)
    assert one.looking  # it may still fill
    one.close()
    (row,) = one.rows()
    assert row.cancellable
    assert not row.replaceable
    assert texts(row)["Status"] == ("not known here: HaltedStatus", "halted by the exchange")
    one.filter(status="Filled")
    assert one.rows() == []
    one.filter(status="All of today")
    assert len(one.rows()) == 1
    one.ask_cancel_all()
    assert one.slot.offer is not None
    one.send(one.slot.offer.id)
    assert client.sent == [("cancel_order", {"order_id": order_id})]


ODD_TIMES = ["1767605400000000", "1e30", 1e30, "soon", {"at": 1}, ["1"], -5, True, float("nan")]


@pytest.mark.parametrize("value", ODD_TIMES, ids=repr)
def test_a_time_that_can_t_be_read_is_said_and_the_order_stays(value: object) -> None:
    client = FakeClient()
    client.order(submitted_at=value)
    one = opened(client)
    one.close()
    (row,) = one.rows()
    assert row.cells[0].text == "?"
    assert "its time could not be read" in one.unread
    assert row.cancellable


@pytest.mark.parametrize("value", [None, "", "0", 0])
def test_no_time_is_no_time(value: object) -> None:
    assert row_of({"order_id": "1", "submitted_at": value}, UTC, privacy=False).cells[0].text == ""


ODD_DATA = [None, [], {}, "html", 7, {"orders": None}, {"orders": "x"}, {"orders": {}}, {"orders": [1, None]}]


@pytest.mark.parametrize("data", ODD_DATA, ids=repr)
def test_odd_replies_leave_no_blotter_reading_for_ever(data: object) -> None:
    client = FakeClient()
    client.odd["today_orders"] = data
    one = opened(client)
    one.close()
    empty = data in (None, {}, {"orders": None})
    assert one.read is empty
    assert bool(one.problem) is not empty
    if not empty:
        assert "today_orders could not be read" in one.problem


def test_odd_fields_of_an_order_are_shown_as_far_as_they_go() -> None:
    client = FakeClient()
    odd = {"price": ["1"], "quantity": {}, "executed_quantity": None, "symbol": None, "status": 7, "side": []}
    client.order(**odd)
    one = opened(client)
    one.close()
    (row,) = one.rows()
    assert row.cancellable
    assert texts(row)["Filled"][0] == "0 / ?"


def test_a_failure_of_another_kind_is_said_too() -> None:
    client = FakeClient()
    client.failures["today_orders"] = KeyError("orders")
    one = opened(client)
    one.close()
    assert one.problem == "KeyError: 'orders'"
