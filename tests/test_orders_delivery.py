"""One change on its way: what is repeated, when that ends, and what is said and written down of it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.broker import Broker, client_of
from support.wire import http, recorder
from urllib3 import Timeout

from jupyter_openapi import Client, Interrupted, OutcomeUnknown, Preview, RequestRefused
from jupyter_openapi.kernel import Cell
from jupyter_openapi.trading import delivery
from jupyter_openapi.trading.journal import Journal, NotRecorded

ORDER: dict[str, Any] = {"symbol": "700.HK", "side": "buy", "price": 600, "quantity": 100}


def preview(client: Client, **changed: Any) -> Preview:
    made = client.call("submit", **{**ORDER, **changed})
    assert isinstance(made, Preview)
    return made


def last(client: Client) -> dict[str, Any]:
    return client.journal.rows()[-1]


# --- answers that are none -----------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["seen", "nameless"])
def test_an_answer_that_tells_no_order_is_looked_for(client: Client, broker: Broker, fault: str) -> None:
    """A proxy that sends our bytes twice gets 403202 for the second copy; the first one was booked."""
    broker.faults = deque([fault])
    reply = preview(client).send()
    assert reply.order_id in broker.orders
    assert len(broker.orders) == len(broker.changes) == 1
    assert (last(client)["state"], last(client)["order_id"]) == ("answered", reply.order_id)


@pytest.mark.parametrize("fault", ["seen", "nameless"])
def test_where_it_can_not_be_looked_for_it_is_asked_again(client: Client, broker: Broker, fault: str) -> None:
    broker.faults, broker.unlisted = deque([fault]), True
    reply = preview(client).send()
    assert reply.order_id in broker.orders
    assert (len(broker.orders), len(broker.changes)) == (1, 2)
    assert (last(client)["state"], last(client)["order_id"]) == ("answered", reply.order_id)


def test_a_copy_that_was_seen_before_is_unknown_where_nothing_can_be_looked_up(
    client: Client, broker: Broker, tmp_path: Path
) -> None:
    seen = http(b'{"code":403202,"message":"duplicate request"}', "403 Forbidden")
    with recorder(lambda _: seen) as server, client_of(server.url, tmp_path) as other:
        with pytest.raises(OutcomeUnknown, match="sent it twice"):
            other.request("POST", "/v1/unheard/of", json={"a": 1}, execute=True)
        assert len([each for each in server.requests if each.method == "POST"]) == 1
        assert last(other)["state"] == "unknown"


def test_a_read_that_gives_no_order_is_no_reason_to_send_again(client: Client, broker: Broker) -> None:
    order_id = preview(client).send().order_id
    cancel = client.call("cancel", order_id=order_id)
    broker.faults = deque(["lost"])
    broker.orders[str(order_id)] = {}
    known = len(broker.changes)
    with pytest.raises(OutcomeUnknown, match="the reply is not an order"):
        cancel.send()
    assert len(broker.changes) == known + 1
    assert last(client)["state"] == "unknown"


def test_even_our_own_fault_in_reading_an_answer_leaves_no_doubt_about_the_doubt(
    client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker.unlisted = True
    wanted, send = preview(client), client.connection.transport.send

    def clumsy(call: Any) -> Any:
        send(call)
        raise ZeroDivisionError

    monkeypatch.setattr(client.connection.transport, "send", clumsy)
    with pytest.raises(OutcomeUnknown, match=r"could not be read \(ZeroDivisionError\)"):
        wanted.send()
    assert len(broker.orders) == 1
    assert last(client)["state"] == "unknown"


# --- a repeat that can't leave -------------------------------------------------------------------------


def test_a_repeat_that_the_limiter_refuses_leaves_the_first_try_unknown(
    client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker.unlisted = True
    wanted, send, tries = preview(client), client.connection.transport.send, []

    def limited(call: Any) -> Any:
        tries.append(call)
        if call.name == "submit_order" and len(tries) > 1:
            raise RequestRefused("Nothing was sent: its turn is more than 120 s away.")
        return send(call)

    monkeypatch.setattr(client.connection.transport, "send", limited)
    broker.faults = deque(["silent"])
    with pytest.raises(OutcomeUnknown, match="its turn is more than 120 s away"):
        wanted.send()
    assert last(client)["state"] == "unknown"
    assert last(client)["took_effect"] is None
    broker.unlisted = False
    assert [row.verdict for row in client.reconcile()] == ["done"]


def test_a_repeat_that_the_journal_refuses_leaves_the_first_try_unknown(
    client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker.unlisted = True
    wanted, record = preview(client), Journal.record

    def locked(self: Journal, intent: int, state: Any, **facts: Any) -> bool:
        if state == "sent" and facts["attempt"] > 1:
            raise RequestRefused("The order journal can't be used (another program holds it).")
        return record(self, intent, state, **facts)

    monkeypatch.setattr(Journal, "record", locked)
    broker.faults = deque(["silent"])
    with pytest.raises(OutcomeUnknown, match="another program holds it"):
        wanted.send()
    assert len(broker.changes) == 1
    assert last(client)["state"] == "unknown"


# --- no later than the broker remembers ----------------------------------------------------------------


class Sleeper:
    """A laptop: while it sleeps the wall clock goes on, and the monotonic one stands still."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.slept = 0.0
        real = time.time
        monkeypatch.setattr("jupyter_openapi.trading.preview.time.time", lambda: real() + self.slept)


def test_nothing_is_repeated_after_a_nights_sleep(
    client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker.unlisted = True
    laptop, wanted = Sleeper(monkeypatch), preview(client)

    def sleep(seconds: float) -> None:
        laptop.slept += 3600 if seconds else 0

    monkeypatch.setattr("jupyter_openapi.trading.delivery.time.sleep", sleep)
    broker.faults = deque(["silent"] * 7)
    with pytest.raises(OutcomeUnknown):
        wanted.send()
    # The sleep fell into the wait before the second try: it must not leave.
    assert len(broker.changes) == 1
    assert delivery.WINDOW < 600


def test_an_old_preview_is_old_after_a_sleep_too(
    client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop, wanted = Sleeper(monkeypatch), preview(client)
    basket = client.basket([ORDER])
    laptop.slept = 3600
    for old in (wanted, basket):
        with pytest.raises(RequestRefused, match="Preview it again"):
            old.send()
    assert broker.changes == []


def test_what_waited_too_long_for_its_turn_does_not_leave(
    client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker forgets an id after 10 minutes; a repeat that comes later would be a second order."""
    broker.unlisted = True
    wanted, laptop = preview(client), Sleeper(monkeypatch)
    write = client.connection.transport._write

    def after_a_long_wait(call: Any, flight: Any) -> Any:
        laptop.slept += 300
        return write(call, flight)

    monkeypatch.setattr(client.connection.transport, "_write", after_a_long_wait)
    broker.faults = deque(["silent"] * 7)
    with pytest.raises(OutcomeUnknown, match="waited too long for its turn, and was not sent"):
        wanted.send()
    assert len(broker.changes) == 1


# --- Ctrl-C --------------------------------------------------------------------------------------------


def interrupting(monkeypatch: pytest.MonkeyPatch, when: Callable[[str, int], bool]) -> None:
    """Press Ctrl-C just before an event is written down."""
    record, pressed = Journal.record, []

    def pressed_now(self: Journal, intent: int, state: Any, **facts: Any) -> bool:
        if not pressed and when(state, facts.get("attempt") or 0):
            pressed.append(state)
            raise KeyboardInterrupt
        return record(self, intent, state, **facts)

    monkeypatch.setattr(Journal, "record", pressed_now)


def test_ctrl_c_before_it_was_sent_says_so(
    client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = preview(client)
    interrupting(monkeypatch, lambda state, _: state == "sent")
    with pytest.raises(Interrupted, match="had not been sent: nothing was done") as caught:
        wanted.send()
    assert not caught.value.in_flight
    assert broker.changes == []
    assert (last(client)["state"], last(client)["took_effect"]) == ("refused", False)


def test_ctrl_c_between_refused_tries_is_not_in_flight(
    client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = preview(client)
    broker.faults = deque(["limited"])
    interrupting(monkeypatch, lambda state, attempt: state == "sent" and attempt == 2)
    with pytest.raises(Interrupted, match="was refused so far: nothing was done"):
        wanted.send()
    assert last(client)["took_effect"] is False


def test_ctrl_c_between_unanswered_tries_is_in_flight(
    client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker.unlisted = True
    wanted = preview(client)
    broker.faults = deque(["silent"])
    interrupting(monkeypatch, lambda state, attempt: state == "sent" and attempt == 2)
    with pytest.raises(Interrupted, match="in flight: it may have been done") as caught:
        wanted.send()
    assert caught.value.in_flight
    assert last(client)["state"] == "unknown"
    broker.unlisted = False
    assert [row.verdict for row in client.reconcile()] == ["done"]


def test_ctrl_c_after_the_answer_names_the_order(
    client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = preview(client)
    interrupting(monkeypatch, lambda state, _: state == "answered")
    with pytest.raises(Interrupted, match=r"after submit_order was done \(order 693664675163312128\)"):
        wanted.send()
    assert (last(client)["state"], last(client)["order_id"]) == ("answered", "693664675163312128")


def test_ctrl_c_while_the_doubt_is_written_down_keeps_the_doubt(
    client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker.unlisted = True
    wanted = preview(client)
    broker.faults = deque(["silent"] * 7)
    interrupting(monkeypatch, lambda state, _: state == "unknown")
    with pytest.raises(Interrupted, match="it may have been done") as caught:
        wanted.send()
    assert caught.value.in_flight
    assert client.unsettled() == 1


def test_ctrl_c_in_a_basket_says_at_which_row(
    client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker.unlisted = True
    rows = [{**ORDER, "price": price} for price in (600, 590, 580)]
    basket = client.basket(rows)
    broker.faults = deque(["ok", "silent"])
    interrupting(monkeypatch, lambda state, attempt: state == "sent" and attempt == 2)
    with pytest.raises(Interrupted, match=r"at row 2 of 3\. Interrupted while submit_order was in") as caught:
        basket.send()
    assert caught.value.in_flight
    with pytest.raises(RequestRefused, match="`%openapi reconcile` first"):
        client.basket(rows)
    broker.unlisted = False
    client.reconcile()
    assert list(client.basket(rows).send()["outcome"]) == ["sent earlier", "sent earlier", "sent"]
    assert len(broker.orders) == 3


def test_a_journal_that_fails_does_not_hide_ctrl_c(
    client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, record = preview(client), Journal.record

    def full(self: Journal, intent: int, state: Any, **facts: Any) -> bool:
        if state == "unknown":
            raise NotRecorded("the disk is full")
        return record(self, intent, state, **facts)

    def stop(call: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(Journal, "record", full)
    monkeypatch.setattr(client.connection.transport, "send", stop)
    with pytest.raises(Interrupted, match="in flight"):
        wanted.send()
    assert last(client)["state"] == "sent"  # which is open


# --- baskets -------------------------------------------------------------------------------------------


def test_a_row_that_was_done_and_not_written_down_is_not_called_refused(
    client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    basket, record = client.basket([ORDER, {**ORDER, "price": 590}]), Journal.record

    def full(self: Journal, intent: int, state: Any, **facts: Any) -> bool:
        if state == "answered":
            raise NotRecorded("Order 1 of the journal is answered, and this could not be written down.")
        return record(self, intent, state, **facts)

    monkeypatch.setattr(Journal, "record", full)
    assert list(basket.send()["outcome"]) == ["unknown", "not sent"]
    assert len(broker.orders) == 1


def test_a_basket_that_failed_half_way_sends_only_the_rest(client: Client, broker: Broker) -> None:
    rows = [{**ORDER, "price": price} for price in (600, 590, 580)]
    first, second = client.basket(rows), client.basket(rows)
    broker.faults = deque(["ok", "refused"])
    assert list(first.send()["outcome"]) == ["sent", "refused", "not sent"]
    with pytest.raises(RequestRefused, match="was sent since this preview"):
        second.send()
    assert len(broker.orders) == 1
    third = client.basket(rows)
    assert "2 to send, 1 sent earlier" in str(third)
    assert list(third.send()["outcome"]) == ["sent earlier", "sent", "sent"]
    assert len(broker.orders) == 3


def test_cancelling_all_goes_on_after_one_that_came_too_late(client: Client, broker: Broker) -> None:
    ids = [str(preview(client, price=price).send().order_id) for price in (600, 590, 580)]
    everything = client.cancel_all()
    broker.faults = deque(["refused", "ok", "silent"])
    sent = everything.send()
    assert sorted(sent["outcome"]) == ["refused", "sent", "sent"]
    assert sorted(broker.orders[each]["status"] for each in ids) == ["CanceledStatus"] * 2 + ["NewStatus"]


# --- a replace that may still arrive -------------------------------------------------------------------


def test_a_replace_waits_until_an_earlier_one_can_not_arrive_any_more(
    client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = str(preview(client).send().order_id)
    second = client.call("replace", order_id=order_id, quantity=300)
    broker.faults = deque(["lost"])
    client.call("replace", order_id=order_id, quantity=200).send()
    for again in (second.send, lambda: client.call("replace", order_id=order_id, quantity=300)):
        with pytest.raises(RequestRefused, match=r"may still arrive and undo this one in the next 1\d\d s"):
            again()
    forced = client.call("replace", order_id=order_id, quantity=300, override=["late"])
    assert "overridden" in str(forced)
    forced.send()
    assert broker.orders[order_id]["quantity"] == "300"
    for home in ("delivery", "limits", "reconcile"):
        monkeypatch.setattr(f"jupyter_openapi.trading.{home}.LATE", 0.0)
    client.call("replace", order_id=order_id, quantity=400).send()
    assert broker.orders[order_id]["quantity"] == "400"


def test_a_replace_after_one_of_unknown_fate_needs_reconcile_and_a_cancel_does_not(
    client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = str(preview(client).send().order_id)
    broker.faults = deque(["lost"] * 7)
    with pytest.raises(OutcomeUnknown):
        client.call("replace", order_id=order_id, quantity=200).send()
    with pytest.raises(RequestRefused, match="`%openapi reconcile` first"):
        client.call("replace", order_id=order_id, quantity=300)
    for home in ("delivery", "limits", "reconcile"):
        monkeypatch.setattr(f"jupyter_openapi.trading.{home}.LATE", 0.0)
    assert [(row.verdict, row.how) for row in client.reconcile()] == [("not done", "id")]
    client.call("replace", order_id=order_id, quantity=300).send()
    client.call("cancel", order_id=order_id, execute=True)
    assert (
        broker.orders[order_id] | {"quantity": "300", "status": "CanceledStatus"} == broker.orders[order_id]
    )


def test_a_replace_does_not_undo_that_of_another_kernel(
    client: Client, broker: Broker, url: str, tmp_path: Path
) -> None:
    """What it leaves out was read before the other one: sent, it would put that back."""
    order = client.submit_order(**ORDER, execute=True)
    with client_of(url, tmp_path) as other:
        mine = client.replace_order(order.order_id, price=580)
        theirs = other.replace_order(order.order_id, quantity=300)
        meant = client.replace_order(order.order_id, price=580, override=["late"])
        theirs.send()
        with pytest.raises(RequestRefused, match=f"another replace of order {order.order_id} was sent"):
            mine.send()
        assert broker.orders[order.order_id]["quantity"] == "300"
        again = client.replace_order(order.order_id, price=580)
        assert again.fields["quantity"] == "300"
        again.send()
        assert meant.send().code == 0


def test_of_replaces_in_the_same_instant_one_is_sent(
    client: Client, broker: Broker, url: str, tmp_path: Path
) -> None:
    order = client.submit_order(**ORDER, execute=True)
    with client_of(url, tmp_path) as other:
        previews = [one.replace_order(order.order_id, price=580 + n) for n, one in enumerate((client, other))]
        together, outcomes = threading.Barrier(2), list[str]()

        def send(preview: Preview) -> None:
            together.wait()
            try:
                preview.send()
            except RequestRefused as refused:
                outcomes.append(str(refused))
            else:
                outcomes.append("sent")

        threads = [threading.Thread(target=send, args=(each,)) for each in previews]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    assert outcomes.count("sent") == 1
    assert sum(request.method == "PUT" for request in broker.changes) == 1


# --- what a person must know first ---------------------------------------------------------------------


def test_an_order_at_its_end_is_neither_replaced_nor_cancelled(client: Client, broker: Broker) -> None:
    order_id = str(preview(client).send().order_id)
    broker.orders[order_id].update(status="FilledStatus", executed_quantity="100")
    for kind in ("replace", "cancel"):
        more = {"quantity": 200} if kind == "replace" else {}
        with pytest.raises(RequestRefused, match=r"finished: .* 100 filled, 0 left.*\(filled\)"):
            client.call(kind, order_id=order_id, **more)


def test_replacing_a_sale_by_a_larger_one_is_a_sale(client: Client, broker: Broker) -> None:
    order_id = str(preview(client, side="sell", quantity=500).send().order_id)
    broker.holds = "0"  # the order holds them back
    client.call("replace", order_id=order_id, quantity=400)
    with pytest.raises(RequestRefused, match=r"sells 100 more 700\.HK and 0 are available.*--override short"):
        client.call("replace", order_id=order_id, quantity=600)
    assert "overridden" in str(client.call("replace", order_id=order_id, quantity=600, override=["short"]))


def test_rows_that_together_sell_too_much_are_refused(client: Client, broker: Broker) -> None:
    rows = [{**ORDER, "side": "sell", "quantity": 300}] * 2
    client.basket(rows[:1])
    with pytest.raises(RequestRefused, match=r"together these rows sell 600 700\.HK and 500 are available"):
        client.basket(rows)
    client.basket(rows, override=["short"])


def test_a_check_that_could_not_be_made_is_said(
    client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def blind(request: Any) -> Any:
        return None if request.path in {"/quote/quotes", "/v1/asset/stock"} else Broker._read(broker, request)

    monkeypatch.setattr(broker, "_read", blind)
    said = str(client.call("submit", symbol="700.HK", side="sell", type="MO", quantity=100))
    assert "the maximum order value was not checked" in said
    assert "position unavailable: the short-sale limit was not checked" in said


# --- one account, one kind of money --------------------------------------------------------------------


def test_the_cell_that_ran_on_paper_may_run_on_live(
    url: str, tmp_path: Path, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = ["run-1"]
    monkeypatch.setattr("jupyter_openapi.trading.desk.current_cell", lambda: Cell("cell-a", now[0]))
    with client_of(url, tmp_path) as paper, client_of(url, tmp_path, "live", trading=True) as live:
        preview(paper).send()
        now[0] = "run-2"
        preview(live).send()
        with pytest.raises(RequestRefused, match="an earlier run"):
            preview(paper).send()
        now[0] = "run-3"
        with pytest.raises(RequestRefused, match="an earlier run"):
            preview(live).send()
    assert len(broker.orders) == 2


# --- a fork --------------------------------------------------------------------------------------------

FORKED = """
import os, sys
from jupyter_openapi import Client, Credentials

client = Client(Credentials("k", "s", "t"), "sandbox", sys.argv[1], limits=False)
client.request("GET", "/v1/asset/account")  # a connection is kept alive now
children = []
for number in range(4):
    child = os.fork()
    if not child:
        wrong = 0
        for turn in range(20):
            data = client.request("GET", f"/v1/echo/{os.getpid()}-{turn}").data
            wrong += data != f"/v1/echo/{os.getpid()}-{turn}"
        os._exit(wrong)
    children.append(child)
print(sum(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))
"""


def test_a_forked_child_reads_no_answers_of_its_parent() -> None:
    def echo(request: Any) -> bytes:
        return http(json.dumps({"code": 0, "message": "", "data": request.path}).encode())

    with recorder(echo) as server:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", FORKED, server.url],
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
    assert (done.stdout, done.stderr) == ("0\n", "")


# --- whatever comes back -------------------------------------------------------------------------------

HEAD = b"HTTP/1.1 200 OK\r\n"
STRANGE = {
    "not HTTP": b"\x16\x03\x01 hello\r\n\r\n",
    "no status": b"HTTP/1.1 abc OK\r\n\r\n",
    "status 1000": b"HTTP/1.1 1000 OK\r\n\r\n",
    "HTTP 9": b"HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n",
    "negative length": HEAD + b"Content-Length: -5\r\n\r\n{}",
    "length in words": HEAD + b"Content-Length: many\r\n\r\n{}",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "broken chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nhello",
    "unending chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nFFFF\r\nhello",
    "no gzip": HEAD + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
    "unknown encoding": HEAD + b"Content-Encoding: rot13\r\nContent-Length: 2\r\n\r\n{}",
    "endless header": HEAD + b"X: " + b"y" * 70_000 + b"\r\n\r\n",
    "many headers": HEAD + b"X: y\r\n" * 200 + b"\r\n",
    "header without name": HEAD + b": nothing\r\n\xff\xfe: \x00\r\nContent-Length: 2\r\n\r\n{}",
    "odd Retry-After": b"HTTP/1.1 503 X\r\nRetry-After: \xff\r\nContent-Length: 0\r\n\r\n",
    "Retry-After squared": b"HTTP/1.1 503 X\r\nRetry-After: \xb2\r\nContent-Length: 0\r\n\r\n",
    "continue for ever": b"HTTP/1.1 100 Continue\r\n\r\n" * 3,
    "switching": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "not modified": b"HTTP/1.1 304 Not Modified\r\n\r\n",
    "redirect": b"HTTP/1.1 308 Permanent Redirect\r\nLocation: /v1/trade/order\r\nContent-Length: 0\r\n\r\n",
    "list": http(b"[]"),
    "code as text": http(b'{"code":"0","data":{}}'),
    "code as truth": http(b'{"code":true,"data":{}}'),
    "code as float": http(b'{"code":0.0,"data":{}}'),
    "no code": http(b'{"data":{"order_id":"1"}}'),
    "deep": http(b"[" * 100_000),
    "deep inside": http(b'{"code":0,"message":"","data":' + b'{"a":' * 100_000),
    "long number": http(b'{"code":' + b"9" * 5000 + b"}"),
    "large and broken": http(b'{"code":0,"message":"","data":{' + b" " * 70_000 + b"}"),
    "large and empty": http(b'{"code":0,"message":"","data":' + b" " * 70_000 + b'"x"}'),
    "half a character": http(b'{"code":0,"message":"\xff","data":{'),
    "server fault": http(b'{"code":310011,"message":"Internal server error"}', "500 X"),
    "internal error with 200": http(b'{"code":500000,"message":"internal error"}'),
    "gateway's time-out with 200": http(b'{"code":504000,"message":"upstream timed out"}'),
    "unavailable with 400": http(b'{"code":503001,"message":"busy"}', "400 Bad Request"),
    "time-out by status": http(b'{"code":1,"message":"timed out"}', "408 Request Timeout"),
    "time-out by code": http(b'{"code":408001,"message":"timed out"}', "400 Bad Request"),
}


@pytest.mark.parametrize("name", STRANGE)
def test_whatever_comes_back_the_order_is_unknown_and_open(tmp_path: Path, name: str) -> None:
    broker = Broker()

    def strange(request: Any) -> bytes | None:
        submit = request.method == "POST" and request.path == "/v1/trade/order"
        return STRANGE[name] if submit else broker(request)

    with recorder(strange) as server, client_of(server.url, tmp_path) as client:
        wanted = preview(client)
        client._desk._delivery._waits = (0.0,)
        transport = client.connection.transport
        transport._timeout = Timeout(connect=1, read=0.2)
        with pytest.raises(OutcomeUnknown) as caught:
            wanted.send()
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 1000
        assert last(client)["state"] == "unknown"
        assert last(client)["attempts"] == 2
    sent = [seen for seen in server.requests if seen.path == "/v1/trade/order"]
    assert len({seen.body for seen in sent}) == 1
