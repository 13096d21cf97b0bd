"""Nothing is sent again without knowing: lost answers, odd answers, clocks that jump, forks."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

import pytest
from support.broker import Broker, client_of
from support.wire import Received, http, recorder

from jupyter_openapi import Client, OutcomeUnknown, Preview, RequestRefused
from jupyter_openapi.trading import delivery
from jupyter_openapi.trading.delivery import LATE, usable_id

ORDER: dict[str, Any] = {"symbol": "700.HK", "side": "buy", "price": 600, "quantity": 100}
NO_ROOM = "x" * 64  # a remark that leaves no room for a tag


def preview(client: Client, **changed: Any) -> Preview:
    made = client.call("submit", **{**ORDER, **changed})
    assert isinstance(made, Preview)
    return made


def last(client: Client) -> dict[str, Any]:
    return client.journal.rows()[-1]


def verdicts(client: Client) -> list[str]:
    return [row.verdict for row in client.reconcile()]


# --- look, then repeat ---------------------------------------------------------------------------------


def test_an_order_that_is_listed_is_not_sent_again(client: Client, broker: Broker) -> None:
    for fault in ("silent", "e500 after", "html502", "seen", "nameless"):
        broker.faults = deque(["silent" if fault == "e500 after" else fault])
        reply = preview(client, price=600 - len(broker.orders)).send()
        assert reply.order_id == list(broker.orders)[-1]
        assert (last(client)["state"], last(client)["order_id"]) == ("answered", reply.order_id)
    assert len(broker.changes) == len(broker.orders) == 5


def test_each_repeat_waits_two_seconds_and_looks_once(client: Client, broker: Broker, url: str) -> None:
    assert len(delivery.WAITS) == 6
    assert min(delivery.WAITS) >= 2
    assert sum(delivery.WAITS) + 7 * delivery.LOOK < delivery.WINDOW
    client._desk._delivery._waits = delivery.WAITS
    asked: list[tuple[float, str, str]] = []
    answer = Broker.__call__

    def watched(request: Received) -> bytes | None:
        asked.append((time.monotonic(), request.method, request.path))
        return answer(broker, request)

    with recorder(watched) as server, client_of(server.url, client.journal.path.parent) as other:
        other._desk._delivery._waits = delivery.WAITS
        wanted = preview(other)
        broker.faults = deque(["lost"])
        asked.clear()
        assert wanted.send().order_id in broker.orders
    assert [(method, path.rpartition("/")[2]) for _, method, path in asked] == [
        ("POST", "order"), ("GET", "today"), ("POST", "order"),
    ]  # fmt: skip
    assert asked[1][0] - asked[0][0] >= 2


def test_a_look_that_hangs_is_given_up_and_the_repeat_keeps_its_id(
    client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "LOOK", 0.3)
    looks: list[float] = []
    sent = threading.Event()

    def hang(request: Received) -> bytes | None:
        if request.path.endswith("/today"):
            looks.append(time.monotonic())
            sent.wait(60)
        return broker(request)

    with (
        recorder(hang) as server,
        client_of(server.url, client.journal.path.parent, timeout=(5, 30)) as other,
    ):
        wanted = preview(other)
        broker.faults = deque(["lost", "lost"])
        begun = time.monotonic()
        wanted.send()
        took = time.monotonic() - begun
        sent.set()
    assert len(looks) == 2
    assert took < 20  # two looks of 0.3 s
    bodies = {request.body for request in broker.changes}
    assert len(broker.changes) == 3
    assert len(bodies) == len(broker.orders) == 1


def test_two_orders_of_one_tag_are_not_repeated(client: Client, broker: Broker) -> None:
    """A server that ignores ids, and something between that repeats: better unknown than a third one."""
    broker.faults = deque(["silent"])
    book = broker._book

    def twice(request: Received) -> Any:
        first = book(request)
        broker.seen.clear()
        book(request)
        return first

    broker._book = twice  # type: ignore[method-assign]
    with pytest.raises(OutcomeUnknown, match="Several orders carry its tag"):
        preview(client).send()
    assert len(broker.changes) == 1
    assert verdicts(client) == ["unknown"]


# --- answers without an id -----------------------------------------------------------------------------

NO_ID: list[Any] = [{}, None, [], "x", 7, {"order_id": ""}, {"order_id": 0}, {"order_id": "0"}]
NO_ID += [{"order_id": None}, {"order_id": " "}, {"order_id": "null"}, {"order_id": True}]
NO_ID += [{"order_id": []}, {"order_id": 7.01e17}, {"order_id": -5}, {"order_id": {}}]


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("data", NO_ID, ids=json.dumps)
def test_a_submit_answered_without_a_usable_id_is_unknown_until_it_is_found(
    data: Any, listed: bool, client: Client, broker: Broker
) -> None:
    content = json.dumps({"code": 0, "message": "", "data": data}).encode()

    def vague(request: Received) -> bytes | None:
        answer = broker(request)
        return http(content) if request.method == "POST" else answer

    with recorder(vague) as server, client_of(server.url, client.journal.path.parent) as other:
        wanted = preview(other)
        broker.unlisted = not listed
        if listed:
            assert wanted.send().order_id in broker.orders
            assert last(other)["state"] == "answered"
            assert len(broker.changes) == 1
        else:
            with pytest.raises(OutcomeUnknown, match="order id that can be used"):
                wanted.send()
            assert last(other)["state"] == "unknown"
            broker.unlisted = False
            assert verdicts(other) == ["done"]
    assert len(broker.orders) == 1


def test_ids_that_can_be_used() -> None:
    assert usable_id("693664675163312128") == usable_id(693664675163312128) == "693664675163312128"
    assert usable_id(" A-1 ") == "A-1"
    assert [usable_id(value) for value in ("-1", 1.0, "None", b"1", "000")] == [None] * 5


# --- clocks --------------------------------------------------------------------------------------------


class Clocks:
    """This machine's clocks, and the broker's, as a test sets them."""

    def __init__(self, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
        self.broker = broker
        self.wall = self.monotonic = 0.0
        wall, monotonic = time.time, time.monotonic
        monkeypatch.setattr(time, "time", lambda: wall() + self.wall)
        monkeypatch.setattr(
            "jupyter_openapi.trading.intents.time.monotonic", lambda: monotonic() + self.monotonic
        )

    def pass_by(self, seconds: float) -> None:
        """Let time pass, for everybody."""
        self.wall += seconds
        self.monotonic += seconds
        self.broker.ahead = (self.broker.ahead or 0.0) + seconds


@pytest.fixture
def clocks(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(broker, monkeypatch)


def lose(client: Client, broker: Broker, **changed: Any) -> None:
    broker.faults = deque(["lost"] * 7)
    with pytest.raises(OutcomeUnknown):
        preview(client, override=["unknown"], **changed).send()


@pytest.mark.parametrize("jump", [300, -300, 86_400 * 3])
def test_a_wall_clock_that_jumps_settles_nothing(
    jump: float, client: Client, broker: Broker, clocks: Clocks
) -> None:
    lose(client, broker)
    clocks.wall += jump
    assert verdicts(client) == ["unknown"]
    assert client.unsettled() == 1
    clocks.pass_by(LATE + 2)
    assert verdicts(client) == ["not done"]


def test_nor_does_a_servers_date_alone_or_a_monotonic_clock_alone(
    client: Client, broker: Broker, clocks: Clocks
) -> None:
    lose(client, broker)
    broker.ahead = 9999.0
    assert verdicts(client) == ["unknown"]
    broker.ahead = 0.0
    clocks.monotonic += 9999
    assert verdicts(client) == ["unknown"]
    broker.ahead = 9999.0
    assert verdicts(client) == ["not done"]


def test_a_server_that_tells_no_time_leaves_it_to_a_person(
    client: Client, broker: Broker, clocks: Clocks
) -> None:
    broker.ahead = None
    lose(client, broker)
    clocks.wall += 9999
    clocks.monotonic += 9999
    (row,) = client.reconcile()
    assert row.verdict == "unknown"
    assert "does not tell its time" in row.how
    assert "`%openapi reconcile 1 outcome=none`, or outcome=ORDER_ID" in row.how
    assert client.settle(1, done=False).verdict == "not done"


def test_after_a_restart_of_the_machine_it_counts_from_the_first_look(
    client: Client, broker: Broker, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(client, broker)
    monkeypatch.setattr("jupyter_openapi.trading.intents._boot", lambda: "another")
    clocks.pass_by(9999)
    assert verdicts(client) == ["unknown"]
    clocks.pass_by(60)
    assert verdicts(client) == ["unknown"]
    clocks.pass_by(62)
    assert verdicts(client) == ["not done"]


@pytest.mark.parametrize("jump", [300, -300])
def test_a_like_order_is_found_though_the_clock_jumped_since(
    jump: float, client: Client, broker: Broker, clocks: Clocks
) -> None:
    broker.faults, broker.unlisted = deque(["silent"] * 7), True
    with pytest.raises(OutcomeUnknown):
        preview(client, remark=NO_ROOM).send()
    broker.unlisted = False
    for order in broker.orders.values():
        order["remark"] = ""
    clocks.wall += jump
    clocks.pass_by(LATE + 2)
    (row,) = client.reconcile()
    assert (row.verdict, row.how, row.order_id) == ("done", "fields", next(iter(broker.orders)))


def test_orders_on_later_pages_are_seen(client: Client, broker: Broker, clocks: Clocks) -> None:
    broker.faults, broker.unlisted = deque(["silent"] * 7), True
    with pytest.raises(OutcomeUnknown):
        preview(client).send()
    broker.unlisted = False
    read = Broker._read

    def paged(request: Received) -> Any:
        data = read(broker, request)
        if request.path.endswith("/history"):
            return {"orders": [], "has_more": False}
        if request.path.endswith("/today"):
            first = "page=" not in request.query
            return {"orders": [] if first else data["orders"], "has_more": first}
        return data

    broker._read = paged  # type: ignore[method-assign]
    clocks.pass_by(LATE + 2)
    assert verdicts(client) == ["done"]


# --- forks and copies ----------------------------------------------------------------------------------

FORK = """
import json, os, sys
from pathlib import Path
from jupyter_openapi import Client, Credentials
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.trading.journal import Journal

client = Client(Credentials("k", "s", "t"), "sandbox", sys.argv[1], limits=False)
client.__dict__["journal"] = Journal(Path(sys.argv[2]))
terms = {"symbol": "700.HK", "side": "buy", "price": 600, "quantity": 100}
order = client.call("submit", **terms, execute=True).order_id
previews = {
    "submit": client.call("submit", **terms),
    "replace": client.call("replace", order_id=order, quantity=200),
    "cancel": client.call("cancel", order_id=order),
    "raw": client.request("POST", "/v1/unheard/of", json={"a": 1}),
    "write": client.request("DELETE", "/v1/unheard/of"),
    "basket": client.basket([terms]),
}
said = {}
for name, preview in previews.items():
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            preview.send()
            text = "SENT"
        except RequestRefused as refused:
            text = str(refused)
        except BaseException as other:
            text = repr(other)
        os.write(writing, text.encode())
        os._exit(0)
    os.waitpid(child, 0)
    said[name] = os.read(reading, 10_000).decode()
print(json.dumps(said))
"""


def test_a_forked_child_sends_no_preview_of_its_parent(broker: Broker, url: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK, url, str(tmp_path / "journal.db")],
        capture_output=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    said = json.loads(done.stdout)
    assert len(said) == 6
    for name, text in said.items():
        assert "another process" in text, (name, text)
        assert "nothing was sent" in text
    assert len(broker.changes) == 1


def test_no_preview_is_copied(client: Client, broker: Broker) -> None:
    order_id = str(preview(client).send().order_id)
    made: list[Any] = [
        preview(client, price=590),
        client.call("replace", order_id=order_id, quantity=200),
        client.call("cancel", order_id=order_id),
        client.request("POST", "/v1/unheard/of", json={"a": 1}),
        client.basket([ORDER]),
    ]
    ways: list[Any] = [copy.copy, copy.deepcopy, pickle.dumps, lambda each: copy.deepcopy([each])]
    for each in made:
        for way in ways:
            with pytest.raises(TypeError, match="sent once"):
                way(each)
    for each in made[:4]:
        with pytest.raises(TypeError, match="sent once"):
            dataclasses.replace(each)
        with pytest.raises(TypeError, match="sent once"):
            dataclasses.replace(each, body=b"{}")
        if hasattr(copy, "replace"):
            with pytest.raises(TypeError, match="sent once"):
                copy.replace(each)
    for each in made[1:3]:
        each.send()
        with pytest.raises(RequestRefused, match="sent already"):
            each.send()
