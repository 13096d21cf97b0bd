"""Settling what is not known: what counts as found, when not found means not done, and what stays open."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.broker import Broker, client_of
from support.shell import loaded_shell
from support.wire import Received, http, recorder

from jupyter_openapi import ApiError, Client, OutcomeUnknown, Preview, RequestRefused
from jupyter_openapi import kernel as cells
from jupyter_openapi.session import SESSION
from jupyter_openapi.trading.delivery import IN_FLIGHT, WINDOW
from jupyter_openapi.trading.intents import ROUNDING, Intent, sent_moments

ORDER: dict[str, Any] = {"symbol": "700.HK", "side": "buy", "price": 600, "quantity": 100}
NO_ROOM = "x" * 64  # a remark that leaves no room for a tag


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for home in ("delivery", "limits", "reconcile"):
        monkeypatch.setattr(f"jupyter_openapi.trading.{home}.LATE", 0.0)


def preview(client: Client, **changed: Any) -> Preview:
    made = client.call("submit", **{**ORDER, **changed})
    assert isinstance(made, Preview)
    return made


def lose(client: Client, broker: Broker, fault: str, **changed: Any) -> None:
    """Send an order of which nothing is heard again: ``silent`` it is booked, ``lost`` it is not."""
    broker.faults, broker.unlisted = deque([fault] * 7), True
    with pytest.raises(OutcomeUnknown):
        preview(client, override=["unknown"], **changed).send()
    broker.unlisted = False


def verdicts(client: Client) -> list[tuple[str, str]]:
    return [(row.verdict, row.how) for row in client.reconcile()]


def test_a_booked_order_that_was_cancelled_since_is_still_found_by_its_fields(
    client: Client, broker: Broker
) -> None:
    lose(client, broker, "silent", remark=NO_ROOM)
    (order_id,) = broker.orders
    client.call("cancel", order_id=order_id, execute=True)
    (settled,) = client.reconcile()
    assert (settled.verdict, settled.how, settled.order_id) == ("done", "fields", order_id)


@pytest.mark.parametrize("minutes", [-20, 20])
def test_a_clock_that_is_off_does_not_hide_the_order(client: Client, broker: Broker, minutes: int) -> None:
    broker.ahead = 60.0 * minutes
    lose(client, broker, "silent", remark=NO_ROOM)
    assert verdicts(client) == [("done", "fields")]


def test_an_order_of_another_time_or_with_other_words_is_another_order(
    client: Client, broker: Broker
) -> None:
    booked = dict(broker.orders[str(preview(client).send().order_id)], remark="")
    now = time.time()
    strangers = [{"submitted_at": str(int(now) + 60 * minutes)} for minutes in (-10, 10)]
    strangers += [{"side": "Sell"}, {"quantity": "200"}, {"price": "601"}, {"remark": "someone's own"}]
    broker.orders = {str(n): {**booked, "order_id": str(n), **changed} for n, changed in enumerate(strangers)}
    lose(client, broker, "lost")
    assert verdicts(client) == [("not done", "not found")]
    broker.orders["7"] = {**booked, "order_id": "7"}
    lose(client, broker, "lost")
    assert verdicts(client) == [("done", "fields")]


def test_a_long_history_is_read_whole(
    client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order is the oldest of 3,000, and a reply holds 1,000: it is found all the same."""
    lose(client, broker, "silent")
    (order,) = broker.orders.values()
    now = int(time.time())
    many = [{**order, "order_id": str(n), "remark": "", "submitted_at": str(now - 60)} for n in range(2999)]
    for number, other in enumerate(many):
        other["submitted_at"] = str(now - 80_000 + 26 * number)
    order["submitted_at"] = str(now - 81_000)
    rows = [order, *many]

    def paged(request: Received) -> Any:
        from urllib.parse import parse_qs

        if request.path.endswith("/today"):
            return {"orders": []}
        if request.path.endswith("/history"):
            asked = parse_qs(request.query)
            start, end = int(asked["start_at"][0]), int(asked["end_at"][0])
            found = [row for row in rows if start <= int(row["submitted_at"]) <= end]
            return {"orders": found[::-1][:1000], "has_more": len(found) > 1000}
        return Broker._read(broker, request)

    monkeypatch.setattr(broker, "_read", paged)
    assert verdicts(client) == [("done", "tag")]


def test_what_can_not_be_read_leaves_its_own_intent_open_and_no_other(client: Client, broker: Broker) -> None:
    first = str(preview(client).send().order_id)
    second = str(preview(client, price=590).send().order_id)
    for order_id in (first, second):
        broker.faults = deque(["lost"] * 7)
        with pytest.raises(OutcomeUnknown):
            client.call("cancel", order_id=order_id).send()
    broker.orders[first] = {}
    unread, settled = client.reconcile()
    assert (unread.verdict, unread.how) == (
        "unknown",
        f"order {first} can't be read: the reply is not an order.",
    )
    assert (settled.verdict, settled.how) == ("not done", "id")


def test_of_an_order_that_is_being_changed_nothing_is_said_yet(client: Client, broker: Broker) -> None:
    order_id = str(preview(client).send().order_id)
    broker.faults = deque(["lost"] * 7)
    with pytest.raises(OutcomeUnknown):
        client.call("cancel", order_id=order_id).send()
    broker.orders[order_id]["status"] = "PendingCancelStatus"
    assert verdicts(client) == [("unknown", "the broker is still processing it (PendingCancelStatus)")]
    broker.orders[order_id]["status"] = "FilledStatus"
    assert verdicts(client) == [("not done", "id")]


def test_orders_of_legs_are_found_by_their_tag(client: Client, broker: Broker) -> None:
    lose(client, broker, "silent")
    row = client.journal.rows()[-1]
    facts = {name: row[name] for name in ("account", "mode", "host", "method", "path", "tag")}
    other = client.journal.intend(**facts, kind="trade", operation="submit_multileg")
    client.journal.record(other.id, "sent", attempt=1)
    assert ("done", "tag") in verdicts(client)


# --- when not found means not done ---------------------------------------------------------------------


def wait(client: Client, seconds: float, *, wall: float = 0.0, **changed: Any) -> float:
    """Return for how long an intent is still waited for, `seconds` after its last try, for certain."""
    from jupyter_openapi.trading import reconcile as module

    intent: Intent = client.journal.get(client.journal.rows()[-1]["id"])  # type: ignore[assignment]
    intent = replace(intent, **{"created": intent.created - wall, "at": intent.at - wall, **changed})
    needed = module._needed(client.journal, intent, 120.0)
    sent = sent_moments(client.journal.events(intent.id))
    last = sent[-1]
    now = replace(last, server=last.server + seconds - ROUNDING, monotonic=last.monotonic + seconds)
    return max(0.0, needed - module._passed(client.journal, intent, sent, now))


def test_a_request_may_arrive_for_two_minutes_after_the_last_try(client: Client, broker: Broker) -> None:
    lose(client, broker, "lost")
    assert wait(client, 5) == pytest.approx(115)
    assert wait(client, 5, wall=9999) == pytest.approx(115)
    assert wait(client, 121) == 0


def test_another_kernel_that_lives_may_be_waiting_for_its_turn(
    client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(client, broker, "lost")
    alive = f"{cells._process().rpartition(':')[0]}:{os.getppid()}:m1"
    for state in ("intended", "sent"):
        assert wait(client, 130, run=alive, state=state) > WINDOW - 130
    assert wait(client, WINDOW + 121, run=alive, state="sent") == 0
    assert wait(client, 130, run=alive, state="unknown") == 0
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    dead = f"{cells._process().rpartition(':')[0]}:{child.pid}:m1"
    assert wait(client, 130, run=dead, state="sent") == 0
    assert wait(client, 1, run=dead, state="intended", attempts=0) == 0
    assert wait(client, 1, run="elsewhere:1:m1", state="intended", attempts=0) > 400


def test_what_this_kernel_is_sending_is_not_settled_as_not_done(client: Client, broker: Broker) -> None:
    lose(client, broker, "lost")
    number = client.journal.rows()[-1]["id"]
    ours = f"{cells._process()}:m1"
    assert wait(client, 130, run=ours, state="sent") == 0
    IN_FLIGHT.add((str(client.journal.path), number))
    try:
        assert wait(client, 9999, run=ours, state="sent") == float("inf")
    finally:
        IN_FLIGHT.clear()


def test_it_says_when_to_ask_again(client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    for home in ("delivery", "limits", "reconcile"):
        monkeypatch.setattr(f"jupyter_openapi.trading.{home}.LATE", 120.0)
    lose(client, broker, "lost")
    ((verdict, how),) = verdicts(client)
    assert verdict == "unknown"
    assert "type `%openapi reconcile` again in 1" in how
    assert "`%openapi reconcile 1 outcome=none`, or outcome=ORDER_ID" in how
    assert client.unsettled() == 1


# --- one account, one mode, one report -----------------------------------------------------------------


def test_live_is_not_settled_by_what_paper_has(
    client: Client, broker: Broker, url: str, tmp_path: Path
) -> None:
    """Without an account in the token the same app key may serve both."""
    with client_of(url, tmp_path, "live", trading=True) as live:
        lose(live, broker, "silent")
        assert (client.unsettled(), live.unsettled()) == (0, 1)
        assert client.reconcile() == []
        assert [row.verdict for row in live.reconcile()] == ["done"]


def test_connecting_says_what_is_open(
    client: Client, broker: Broker, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(SESSION, "notify", told.append)
    for name in ("LONGBRIDGE_APP_KEY", "LONGBRIDGE_APP_SECRET", "LONGBRIDGE_ACCESS_TOKEN"):
        monkeypatch.setenv(name, f"{name.rpartition('_')[2].lower()}-1")
    monkeypatch.setenv("LONGBRIDGE_HTTP_URL", url)
    monkeypatch.setattr("jupyter_openapi.client.Journal", lambda: client.journal)
    try:
        for count, said in (
            (0, []),
            (1, ["1 order of this account is"]),
            (2, ["2 orders of this account are"]),
        ):
            told.clear()
            if count:
                lose(client, broker, "silent", price=600 - count)
            SESSION.connect("paper").close()
            assert told == [f"{words} not settled: `%openapi reconcile`" for words in said]
        told.clear()
        client.journal.path.write_bytes(b"no journal at all" * 100)
        SESSION.connect("paper").close()
        assert len(told) == 1
        assert "can't be used" in told[0]
    finally:
        SESSION.client = None


# --- by hand -------------------------------------------------------------------------------------------


def test_a_person_settles_what_leaves_no_mark(client: Client, broker: Broker) -> None:
    with (
        recorder(lambda _: None) as dead,
        client_of(dead.url, client.journal.path.parent) as other,
        pytest.raises(OutcomeUnknown),
    ):
        other.request("POST", "/v1/unheard/of", json={"a": 1}, execute=True)
    ((verdict, how),) = verdicts(client)
    assert verdict == "unknown"
    assert "leaves no mark to look for: look, then type `%openapi reconcile 1 done=yes` (or no)" in how
    settled = client.settle(1, done=True)
    assert (settled.verdict, settled.how) == ("done", "by hand")
    assert (client.unsettled(), client.journal.rows()[-1]["took_effect"]) == (0, True)
    for intent in (1, 99):
        with pytest.raises(RequestRefused, match=f"There is no open intent {intent} of this account"):
            client.settle(intent, done=False)


def test_a_person_picks_one_of_the_candidates(client: Client, broker: Broker) -> None:
    for _ in range(2):
        lose(client, broker, "silent", remark=NO_ROOM)
    first, second = client.reconcile()
    assert first.candidates == second.candidates == tuple(broker.orders)
    assert f"`%openapi reconcile {first.intent} done=yes order_id=ID`" in first.how
    with pytest.raises(RequestRefused, match="What was not done has no order id"):
        client.settle(first.intent, done=False, order_id=first.candidates[0])
    assert (
        client.settle(first.intent, done=True, order_id=first.candidates[0]).order_id == first.candidates[0]
    )
    # What is left is no longer ambiguous.
    (rest,) = client.reconcile()
    assert (rest.verdict, rest.order_id) == ("done", first.candidates[1])


def test_a_person_can_not_settle_by_an_order_that_is_not_there(
    client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(client, broker, "lost")
    nowhere = http(b'{"code":602023,"message":"there is no order 12345"}', "400 Bad Request")
    monkeypatch.setattr(broker, "_answer", lambda _: nowhere)
    monkeypatch.setattr(broker, "_read", lambda _: None)
    number = client.journal.rows()[-1]["id"]
    with pytest.raises(ApiError, match="there is no order 12345"):
        client.settle(number, done=True, order_id="12345")
    assert client.unsettled() == 1


def test_the_magic_settles_and_shows_it(client: Client, broker: Broker) -> None:
    lose(client, broker, "silent")
    for _ in range(2):
        lose(client, broker, "silent", remark=NO_ROOM)
    with loaded_shell() as shell:
        SESSION.client = client
        found = shell.run("%openapi reconcile")
        assert list(found["verdict"]) == ["done", "unknown", "unknown"]
        number, candidates = int(found["intent"][1]), found["candidates"][1].split(", ")
        assert candidates == list(broker.orders)[1:]
        for line in (f"reconcile {number}", "reconcile done=yes", f"reconcile order_id={candidates[0]}"):
            assert "`%openapi reconcile INTENT done=yes`" in shell.fail(f"%openapi {line}")
        done = shell.run(f"%openapi reconcile {number} done=yes order_id={candidates[0]}")
        assert (done["verdict"][0], done["how"][0]) == ("done", "by hand")
        left = shell.run(f"%openapi reconcile {number + 1} done=no")
        assert (left["verdict"][0], left["order_id"][0]) == ("not done", None)
        rows = shell.run("%openapi journal")
        assert list(rows["state"]) == ["settled"] * 3
        assert str(rows["created"].dtype).endswith("UTC]")
        assert len(shell.run("%openapi reconcile")) == 0
        SESSION.client = None
