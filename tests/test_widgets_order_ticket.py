"""The order form's state: frozen previews, edits that void them, one order for many clicks, live status."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from browser.fakes import FakeClient, FakeSession, until

from jupyter_openapi.errors import ApiError, OutcomeUnknown, RequestRefused
from jupyter_openapi.market.orders import RULES
from jupyter_openapi.widgets import order_ticket as ticket
from jupyter_openapi.widgets import polling as events
from jupyter_openapi.widgets.order_fields import clean, setup, standing_fields
from jupyter_openapi.widgets.order_ticket import Ticket

BUY = {
    "symbol": "700.HK",
    "side": "Buy",
    "order_type": "LO",
    "submitted_price": "600",
    "submitted_quantity": "100",
    "time_in_force": "Day",
}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticket, "SOON", 0.0)
    monkeypatch.setattr(ticket, "EVERY", 0.02)


def form(client: FakeClient | None = None, **more: Any) -> tuple[Ticket, FakeClient]:
    client = client or FakeClient()
    more.setdefault("run", lambda work: work())
    return Ticket(FakeSession(client), lambda: None, **more), client


def offered(one: Ticket) -> str:
    assert one.slot.offer is not None, one.error
    return one.slot.offer.id


def test_a_preview_shows_what_the_kernel_received_and_sends_nothing() -> None:
    one, client = form()
    one.preview(BUY, "v1")
    assert one.slot.offer is not None
    assert ("order", "Buy 100 700.HK") in one.slot.offer.lines
    assert one.slot.offer.button == "Send order"
    assert client.sent == []


def test_it_sends_that_preview_once_however_often_the_button_is_pressed() -> None:
    one, client = form()
    one.preview(BUY, "v1")
    offer = offered(one)
    for _ in range(3):
        one.send(offer)
    assert [name for name, _ in client.sent] == ["submit_order"]
    assert client.sent[0][1] == BUY
    assert one.error == ""
    assert one.order_id in client.orders
    assert one.note.startswith("Order sent at ")


def test_clicks_on_many_threads_send_one_order() -> None:
    one, client = form(run=ticket.in_thread)
    one.preview(BUY, "v1")
    assert until(lambda: one.slot.offer)
    offer, start = offered(one), threading.Barrier(8)

    def click() -> None:
        start.wait(5)
        one.send(offer)

    threads = [threading.Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert until(lambda: client.sent and not one.busy)
    assert len(client.sent) == 1
    one.close()


def test_an_edit_voids_the_preview() -> None:
    one, client = form()
    one.preview(BUY, "v1")
    offer = offered(one)
    one.edit({**BUY, "submitted_quantity": "200"}, "v2")
    assert one.slot.offer is None
    one.send(offer)
    assert client.sent == []
    assert "out of date" in one.error


def test_an_edit_while_the_preview_is_made_voids_it_too() -> None:
    works: list[Any] = []
    one, _ = form(run=works.append)
    one.preview(BUY, "v1")
    one.edit({**BUY, "submitted_quantity": "200"}, "v2")
    works.pop()()
    assert one.slot.offer is None
    assert one.busy == ""


def test_a_second_click_on_preview_while_one_is_made_is_ignored() -> None:
    works: list[Any] = []
    one, _ = form(run=works.append)
    one.preview(BUY, "v1")
    one.preview(BUY, "v1")
    assert len(works) == 1


def test_what_the_rules_find_stands_beside_its_field_by_its_label() -> None:
    one, client = form()
    one.preview({"symbol": "700.HK", "side": "Buy", "order_type": "LO", "time_in_force": "Day"}, "v1")
    assert one.problems == {
        "submitted_quantity": "Quantity is missing",
        "submitted_price": "Price is missing: LO needs it",
    }
    assert one.error.endswith("Nothing was sent.")
    assert "submitted_" not in one.error
    assert client.names("submit_order") == []
    one.edit(BUY, "v2")
    assert one.problems == {}


def test_a_limit_that_may_be_overridden_is_named_and_then_passed_on() -> None:
    one, client = form()
    advice = "If you mean it, type `--override distance` before the operation."
    client.failures["submit_order"] = RequestRefused(f"Nothing was sent: far. {advice}")
    one.preview(BUY, "v1")
    assert one.limit == "distance"
    client.failures.clear()
    one.preview(BUY, "v1", ["distance"])
    assert one.limit == ""
    assert one.slot.offer is not None
    assert ("overridden", "distance") in one.slot.offer.lines


def test_not_connected_is_said_with_what_to_do() -> None:
    one = Ticket(FakeSession(), lambda: None, run=lambda work: work())
    one.preview(BUY, "v1")
    assert "Not connected" in one.error
    assert one.slot.offer is None


def test_another_account_since_the_preview_sends_nothing() -> None:
    first, second = FakeClient(), FakeClient()
    session = FakeSession(first)
    one = Ticket(session, lambda: None, run=lambda work: work())
    one.preview(BUY, "v1")
    offer = offered(one)
    session.client = second
    one.send(offer)
    assert first.sent == second.sent == []
    assert "another account" in one.error


def test_the_event_of_another_account_clears_what_belonged_to_the_old_one() -> None:
    one, client = form()
    one.preview(BUY, "v1")
    one.send(offered(one))
    one.preview(BUY, "v1")
    events.publish(one._session, "account")
    assert one.slot.offer is None
    assert one.order_id == ""
    assert len(client.sent) == 1


def test_an_unknown_outcome_is_shown_and_nothing_is_repeated() -> None:
    one, client = form()
    lost = OutcomeUnknown("submit_order was sent and no answer came.", client_request_id="jo-1")
    client.failures["send submit_order"] = lost
    one.preview(BUY, "v1")
    offer = offered(one)
    one.send(offer)
    one.send(offer)
    assert one.error.startswith("OUTCOME UNKNOWN")
    assert "look at your orders" in one.note
    assert one.busy == ""
    assert client.sent == []


def test_the_broker_s_refusal_is_shown_and_the_form_goes_on() -> None:
    one, client = form()
    client.failures["send submit_order"] = ApiError("not enough cash", code=602035)
    one.preview(BUY, "v1")
    one.send(offered(one))
    assert "not enough cash" in one.error
    assert one.order_id == ""
    client.failures.clear()
    one.preview(BUY, "v1")
    one.send(offered(one))
    assert len(client.sent) == 1


def test_the_order_is_followed_until_it_is_done() -> None:
    one, client = form()
    one.preview(BUY, "v1")
    one.send(offered(one))
    assert until(lambda: one.order is not None)
    assert one._follower.running
    assert one.progress() == 0
    client.orders[one.order_id].update(status="FilledStatus", executed_quantity="100")
    assert until(lambda: one.order is not None and one.order.done)
    assert one.progress() == 1
    assert until(lambda: not one._follower.running)
    assert "100 filled" in one.order_words()


def test_a_look_that_fails_is_said_beside_what_was_last_seen() -> None:
    one, client = form()
    one.preview(BUY, "v1")
    one.send(offered(one))
    assert until(lambda: one.order is not None)
    client.failures["order_detail"] = ApiError("too many requests", code=429002)
    assert until(lambda: "The last check failed: too many requests" in one.order_words())
    assert "0 filled" in one.order_words()
    client.failures.clear()
    assert until(lambda: "failed" not in one.order_words())
    one.close()


def test_nothing_is_followed_for_a_page_that_is_gone() -> None:
    here = [True]
    one, client = form(watched=lambda: here[0])
    one.preview(BUY, "v1")
    here[0] = False
    one.send(offered(one))
    assert until(lambda: not one._follower.running)
    assert client.names("order_detail") == []
    here[0] = True
    one.order = None
    one._follower.wake()
    assert until(lambda: client.names("order_detail"))
    one.close()
    assert until(lambda: not one._follower.running)


def test_cancel_is_previewed_and_sent_once() -> None:
    one, client = form()
    one.preview(BUY, "v1")
    one.send(offered(one))
    one.cancel()
    assert one.slot.offer is not None
    assert one.slot.offer.button == "Send cancellation"
    offer = offered(one)
    one.edit({**BUY, "remark": "typing goes on"}, "v2")
    one.send(offer)
    one.send(offer)
    assert [name for name, _ in client.sent] == ["submit_order", "cancel_order"]
    assert until(lambda: one.order is not None and one.order.status == "CanceledStatus")
    one.close()


def test_a_change_sends_the_new_total_and_the_prices_of_its_type() -> None:
    client = FakeClient()
    order_id = client.order(remark="kept", outside_rth="UnknownOutsideRth", expire_date="2026-12-31")
    one, _ = form(client, replaces=client.orders[order_id])
    assert one.fields["submitted_price"] == "600"
    assert one.fields["submitted_quantity"] == "200"
    one.preview({**one.fields, "submitted_quantity": "300"}, "v1")
    assert one.slot.offer is not None
    assert one.slot.offer.button == "Send replacement"
    one.send(offered(one))
    assert client.sent == [("replace_order", {"order_id": order_id, "quantity": "300", "price": "600"})]
    one.close()


def test_the_form_opened_on_another_order_shows_nothing_of_the_last() -> None:
    client = FakeClient()
    first, second = client.order(), client.order(price="500")
    one, _ = form(client, replaces=client.orders[first])
    one.preview(one.fields, "v1")
    one.send(offered(one))
    assert one.order_id == first
    one.start({}, replaces=client.orders[second])
    assert one.order_id == ""
    assert one.slot.offer is None
    assert one.fields["submitted_price"] == "500"
    one.close()


def test_a_change_that_can_t_be_is_refused_by_the_label() -> None:
    client = FakeClient()
    order_id = client.order(executed_quantity="100", status="PartialFilledStatus")
    one, _ = form(client, replaces=client.orders[order_id])
    one.preview({**one.fields, "submitted_quantity": "100"}, "v1")
    assert "must be more than the 100 already filled" in one.problems["submitted_quantity"]
    assert client.names("replace_order") == []


def test_what_the_page_sends_is_trimmed_and_otherwise_untouched() -> None:
    typed = {"symbol": " 700.HK ", "submitted_price": "1,000", "remark": "", "unknown": "x", "side": None}
    assert clean(typed) == {"symbol": "700.HK", "submitted_price": "1,000"}


def test_prices_an_open_order_does_not_have_are_left_out() -> None:
    order = {
        "symbol": "700.HK",
        "price": "0",
        "trigger_price": "0.000",
        "trailing_amount": "5",
        "quantity": "1",
    }
    assert standing_fields(order) == {"symbol": "700.HK", "trailing_amount": "5", "submitted_quantity": "1"}


def test_the_fields_of_each_type_come_from_its_rules() -> None:
    types = setup()["types"]
    assert types.keys() == RULES.keys()
    assert types["LO"]["needs"] == ["submitted_price"]
    assert types["MO"]["needs"] == []
    assert types["LIT"]["needs"] == ["submitted_price", "trigger_price"]
    assert types["TSLPAMT"]["needs"] == ["trailing_amount", "limit_offset"]
    assert types["TSLPPCT"]["needs"] == ["trailing_percent", "limit_offset"]
    assert types["MO"]["lasts"]["US"] == ["Day"]
    assert "ELO" in setup()["markets"]["HK"]
    assert "ELO" not in setup()["markets"]["US"]
