"""The blotter's page: what it is sent, and what its messages do."""

from __future__ import annotations

import json
from typing import Any

from browser.fakes import FakeClient, FakeSession, live, until
from support.page import Told

from jupyter_openapi.widgets import Blotter, OrderForm


def blotter(client: FakeClient, **more: Any) -> tuple[Blotter, Told]:
    panel = Blotter(session=FakeSession(client), **more)
    told = Told(panel)
    told.tell("hello")
    assert until(lambda: panel.book.read)
    return panel, told


def filled(told: Told) -> list[str]:
    """Return what the column of that name shows."""
    column = [one["title"] for one in told.view["columns"]].index("Filled")
    return [row["cells"][column]["text"] for row in told.view["rows"]]


def test_it_shows_orders_and_cancels_through_a_preview() -> None:
    client = FakeClient()
    order_id = client.order()
    panel, told = blotter(client)
    assert until(lambda: filled(told) == ["0 / 200"])
    told.tell("cancel", order=order_id)
    offer = told.wait_for("offer")
    assert offer["button"] == "Send cancellation"
    assert client.sent == []
    for _ in range(3):
        told.tell("send", offer=offer["id"])
    assert until(lambda: client.sent)
    assert told.wait_for("empty") == "No open orders."
    assert client.sent == [("cancel_order", {"order_id": order_id})]
    panel.close()


def test_a_late_click_on_an_old_preview_s_button_sends_nothing() -> None:
    client = FakeClient()
    first, second = client.order(), client.order()
    panel, told = blotter(client)
    told.tell("cancel", order=first)
    late = told.wait_for("offer")["id"]
    told.tell("cancel", order=second)
    told.wait_for("offer", lambda now: now and now["id"] != late)
    told.tell("send", offer=late)
    assert "out of date" in told.wait_for("error")
    assert client.sent == []
    panel.close()


def test_it_looks_again_when_its_page_is_seen_again() -> None:
    client = FakeClient()
    panel, told = blotter(client)
    assert until(lambda: not panel.book.looking)
    client.order()
    told.tell("hello")
    assert until(lambda: filled(told) == ["0 / 200"])
    panel.close()


def test_replace_opens_the_form_on_that_order_and_sends_by_its_messages() -> None:
    client = FakeClient()
    order_id = client.order(price="500")
    panel, told = blotter(client)
    told.tell("replace", order=order_id)
    editor = told.wait_for("editor")
    assert editor["replaces"]
    assert editor["fields"]["submitted_price"] == "500"
    changed = {**editor["fields"], "submitted_price": "505"}
    told.tell("editor preview", fields=changed, version="a", epoch=editor["epoch"])
    assert until(lambda: told.view["editor"]["offer"])
    assert told.view["offer"] is None  # the form's preview is not the blotter's
    told.tell("editor send", offer=told.view["editor"]["offer"]["id"])
    assert until(lambda: client.sent)
    ((operation, sent),) = client.sent
    assert (operation, sent["order_id"], sent["price"]) == ("replace_order", order_id, "505")
    told.tell("close")
    assert told.wait_for("editor", lambda now: now is None) is None
    panel.close()


def test_a_replacement_that_was_previewed_is_void_once_the_form_is_closed() -> None:
    client = FakeClient()
    order_id = client.order(price="500")
    panel, told = blotter(client)
    told.tell("replace", order=order_id)
    editor = told.wait_for("editor")
    told.tell("editor preview", fields=editor["fields"], version="a", epoch=editor["epoch"])
    assert until(lambda: told.view["editor"]["offer"])
    offer = told.view["editor"]["offer"]["id"]
    told.tell("close")
    told.tell("editor send", offer=offer)
    assert until(lambda: told.view["seen"]["page-1"] == told.number)
    assert client.sent == []
    panel.close()


def test_filters_and_actions() -> None:
    client = FakeClient()
    client.order(status="FilledStatus")
    client.order("AAPL.US")
    panel, told = blotter(client)
    assert told.wait_for("rows", lambda rows: len(rows) == 1)[0]["actions"]["Cancel"]["enabled"]
    told.tell("filter", symbol="700", status="All of today")
    (row,) = told.wait_for(
        "rows", lambda rows: len(rows) == 1 and not rows[0]["actions"]["Cancel"]["enabled"]
    )
    assert row["cells"][1]["text"] == "700.HK"
    told.tell("filter", symbol="5", status="Open")
    assert told.wait_for("empty") == "No orders of 5 here."
    panel.close()


def test_cancel_all_with_nothing_to_cancel_is_said() -> None:
    panel, told = blotter(FakeClient())
    told.tell("cancel_all")
    assert told.wait_for("error") == "No order shown here can be cancelled."
    panel.close()


def test_live_is_said_in_its_head() -> None:
    panel, told = blotter(live())
    assert (told.view["mode"], told.view["trading"]) == ("live", True)
    panel.close()


def test_privacy() -> None:
    client = FakeClient()
    order_id = client.order()
    panel, told = blotter(client, privacy=True)
    assert until(lambda: filled(told) == ["0%"])
    told.tell("cancel", order=order_id)
    told.wait_for("offer")
    shown = [{name: part for name, part in view.items() if name != "rows"} for view in told.views]
    cells = [row["cells"] for view in told.views for row in view["rows"]]
    for text in (json.dumps(shown), json.dumps(cells)):
        assert order_id not in text
        assert "4821" not in text
        assert "/ 200" not in text
    panel.close()


def test_nothing_of_the_account_is_in_a_trait() -> None:
    client = FakeClient()
    client.order()
    panel, told = blotter(client)
    told.wait_for("rows")
    state = json.dumps(panel.get_state(), default=repr)
    assert "700.HK" not in state
    assert "4821" not in state
    panel.close()


def test_a_closed_one_looks_no_more() -> None:
    client = FakeClient()
    client.order()
    panel, _ = blotter(client)
    assert panel.book.looking
    panel.close()
    assert until(lambda: not panel.book.looking)


def test_an_order_sent_from_a_form_of_the_same_session_appears() -> None:
    client = FakeClient()
    session = FakeSession(client)
    panel, form = Blotter(session=session), OrderForm(session=session)
    told = Told(panel)
    told.tell("hello")
    assert told.wait_for("empty") == "No open orders."
    page = Told(form)
    fields = {
        "symbol": "700.HK", "side": "Buy", "order_type": "LO", "submitted_price": "600",
        "submitted_quantity": "100", "time_in_force": "Day",
    }  # fmt: skip
    page.tell("preview", fields=fields, version="a", epoch=form.ticket.epoch)
    page.tell("send", offer=page.wait_for("offer")["id"])
    assert told.wait_for("rows", lambda rows: len(rows) == 1)
    panel.close()
    form.close()
