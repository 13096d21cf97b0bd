"""The desk: previews, limits, modes, and that a change is sent once and never lost track of."""

from __future__ import annotations

import json
import threading
from collections import deque
from pathlib import Path
from typing import Any

import pytest
from support.broker import Broker, client_of
from support.wire import recorder

from jupyter_openapi import (
    ApiError,
    Client,
    OutcomeUnknown,
    Preview,
    Reply,
    RequestRefused,
    TransportError,
)
from jupyter_openapi import kernel as cells
from jupyter_openapi.kernel import Cell
from jupyter_openapi.trading.reconcile import reconcile

ORDER: dict[str, Any] = {"symbol": "700.HK", "side": "buy", "type": "LO", "price": 600, "quantity": 100}


def preview(client: Client, **changed: Any) -> Preview:
    made = client.call("submit_order", **{**ORDER, **changed})
    assert isinstance(made, Preview)
    return made


def states(client: Client) -> list[str]:
    return [row["state"] for row in client.journal.rows()]


def test_a_preview_says_what_would_happen(client: Client, broker: Broker) -> None:
    said = str(preview(client))
    for part in (
        "nothing was sent",
        "PAPER",
        "Buy 100 700.HK",
        "600.00 HKD",
        "60,000.00 HKD",
        "fees about",
        "old",
    ):
        assert part in said
    assert broker.changes == []
    assert states(client) == []


def test_sent_once_from_many_threads(client: Client, broker: Broker) -> None:
    wanted = preview(client)
    outcomes: list[object] = []

    def send() -> None:
        try:
            outcomes.append(wanted.send())
        except RequestRefused as refused:
            outcomes.append(refused)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(broker.changes) == 1
    assert len([outcome for outcome in outcomes if isinstance(outcome, Reply)]) == 1
    assert all("sent already" in str(outcome) for outcome in outcomes if not isinstance(outcome, Reply))


def test_an_old_preview_is_refused(client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = preview(client)
    monkeypatch.setattr("jupyter_openapi.trading.preview.Stopwatch.seconds", property(lambda _: 61.0))
    with pytest.raises(RequestRefused, match="good for 60 s"):
        wanted.send()
    assert broker.changes == []


def test_a_preview_is_not_copied(client: Client) -> None:
    import copy
    import pickle

    wanted = preview(client)
    for how in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="sent once"):
            how(wanted)


@pytest.mark.parametrize(
    "faults", [["lost"] * 6, ["silent"], ["html502", "e500", "lost"], ["limited", "silent", "lost"]]
)
def test_an_unanswered_submit_is_repeated_with_its_own_id(
    client: Client, broker: Broker, faults: list[str]
) -> None:
    broker.faults, broker.unlisted = deque(faults), True
    reply = preview(client).send()
    assert len(broker.orders) == 1
    assert reply.order_id in broker.orders
    assert len(broker.changes) == len(faults) + 1
    assert len({json.loads(seen.body)["client_request_id"] for seen in broker.changes}) == 1
    assert len({seen.headers["x-api-signature"] for seen in broker.changes}) == len(broker.changes)
    (row,) = client.journal.rows()
    assert (row["state"], row["order_id"], row["attempts"]) == ("answered", reply.order_id, len(faults) + 1)


def test_what_stays_unknown_is_settled_by_its_tag(client: Client, broker: Broker) -> None:
    broker.faults, broker.unlisted = deque(["silent"] * 7), True
    wanted = preview(client)
    with pytest.raises(OutcomeUnknown) as caught:
        wanted.send()
    broker.unlisted = False
    assert caught.value.client_request_id == wanted.client_request_id
    assert len(broker.changes) == 7
    assert client.unsettled() == 1
    (settled,) = client.reconcile()
    assert (settled.verdict, settled.how, settled.order_id) == ("done", "tag", next(iter(broker.orders)))
    assert client.unsettled() == 0


def test_what_was_never_booked_is_settled_when_nothing_can_be_on_its_way(
    client: Client, broker: Broker
) -> None:
    broker.faults = deque(["lost"] * 7)
    with pytest.raises(OutcomeUnknown):
        preview(client).send()
    owner = client.connection.owner
    (early,) = reconcile(client.journal, owner, client._reader.data, late=60)
    assert early.verdict == "unknown"
    (later,) = reconcile(client.journal, owner, client._reader.data, late=0)
    assert (later.verdict, later.how) == ("not done", "not found")
    assert broker.orders == {}


def test_without_a_tag_one_like_it_is_taken_and_two_are_listed(client: Client, broker: Broker) -> None:
    long = "x" * 64
    owner = client.connection.owner
    broker.faults = deque(["silent"] * 7)
    with pytest.raises(OutcomeUnknown):
        preview(client, remark=long).send()
    (settled,) = reconcile(client.journal, owner, client._reader.data, late=0)
    assert (settled.verdict, settled.how) == ("done", "fields")
    broker.faults = deque(["silent"] * 14)
    for override in ((), ("unknown",)):
        with pytest.raises(OutcomeUnknown):
            preview(client, remark=long, override=override).send()
    listed = reconcile(client.journal, owner, client._reader.data, late=0)
    assert [row.verdict for row in listed] == ["unknown", "unknown"]
    assert set(listed[0].candidates) == set(list(broker.orders)[1:])


def test_a_refusal_is_known(client: Client, broker: Broker) -> None:
    broker.faults = deque(["refused"])
    with pytest.raises(ApiError, match="602001"):
        preview(client).send()
    assert states(client) == ["refused"]
    assert len(broker.changes) == 1


def test_nothing_left_is_known(client: Client, tmp_path: Path) -> None:
    wanted = preview(client)
    client._transport._pool.urlopen = _unreachable  # type: ignore[method-assign]
    with pytest.raises(TransportError, match="nothing was sent"):
        wanted.send()
    assert states(client) == ["refused"]


def _unreachable(*_: object, **__: object) -> None:
    from urllib3.exceptions import NewConnectionError

    raise NewConnectionError(None, "Connection refused")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("faults", "sent"), [([], 1), (["silent"], 1), (["lost"], 2), (["e500", "lost"], 3), (["html502"], 1)]
)
@pytest.mark.parametrize("kind", ["replace", "cancel"])
def test_a_change_is_repeated_only_after_reading_the_order(
    client: Client, broker: Broker, kind: str, faults: list[str], sent: int
) -> None:
    order_id = preview(client).send().order_id
    broker.changes.clear()
    broker.faults = deque(faults)
    arguments = {"order_id": order_id, **({"quantity": 200} if kind == "replace" else {})}
    made = client.call(kind, **arguments)
    assert "total 100, 0 filled, 100 left" in str(made)
    made.send()
    assert len(broker.changes) == sent
    stands = broker.orders[str(order_id)]
    assert (stands["quantity"], stands["status"]) == (
        ("200", "NewStatus") if kind == "replace" else ("100", "CanceledStatus")
    )
    assert states(client) == ["answered", "answered"]


def test_a_cancel_that_came_too_late_says_so(client: Client, broker: Broker) -> None:
    order_id = str(preview(client).send().order_id)
    made = client.call("cancel_order", order_id=order_id)
    broker.faults = deque(["lost"])
    broker.orders[order_id].update(status="FilledStatus")
    with pytest.raises(ApiError, match="FilledStatus now: too late"):
        made.send()


def test_other_trades_are_sent_once(client: Client, broker: Broker, url: str) -> None:
    with recorder(lambda _: None) as dead, client_of(dead.url, client.journal.path.parent) as other:
        wanted = other.request("POST", "/v1/unheard/of", json={"a": 1})
        dead.requests.clear()
        with pytest.raises(OutcomeUnknown, match="Look before you send it again"):
            wanted.send()
    assert len(dead.requests) == 1
    assert states(client) == ["unknown"]


def test_limits_need_their_named_override(client: Client, broker: Broker) -> None:
    for changed, name in (
        ({"quantity": 10_000}, "max_value"),
        ({"price": 700}, "distance"),
        ({"price": 200}, "distance"),
        ({"side": "sell", "quantity": 600}, "short"),
        ({"type": "TSLPPCT", "price": None, "trailing_percent": 0.03, "limit_offset": 1}, "trailing"),
    ):
        with pytest.raises(RequestRefused, match=f"--override {name}"):
            preview(client, **changed)
        assert "overridden" in str(preview(client, **changed, override=[name]))
    with pytest.raises(RequestRefused, match="There is no override 'all'"):
        preview(client, override=["all"])
    assert broker.changes == []


def test_ticks_and_lots_warn_on_paper_and_refuse_on_the_sandbox(
    client: Client, url: str, tmp_path: Path
) -> None:
    said = str(preview(client, price="600.3", quantity=150))
    assert "600.0 or 600.5" in said
    assert "100 or 200" in said
    with client_of(url, tmp_path, "sandbox") as sandbox:
        with pytest.raises(RequestRefused, match=r"600\.0 or 600\.5"):
            preview(sandbox, price="600.3")
        with pytest.raises(RequestRefused, match="100 or 200"):
            preview(sandbox, quantity=150)


def test_live_is_read_only_until_armed(
    url: str, tmp_path: Path, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LONGBRIDGE_TRADE", "LONGBRIDGE_TRADING", "OPENAPI_TRADE", "TRADING"):
        monkeypatch.setenv(name, "1")
    with client_of(url, tmp_path, "live") as live:
        with pytest.raises(RequestRefused, match=r"read-only; arm it with `%openapi connect live --trade`"):
            preview(live).send()
        with pytest.raises(RequestRefused, match="read-only"):
            live.call("submit_order", **ORDER, execute=True)
    assert broker.changes == []
    with client_of(url, tmp_path, "live", trading=True) as live:
        assert preview(live).send().order_id in broker.orders


@pytest.mark.parametrize("mode", ["Live", "LIVE", "live ", "real", "", "papper"])
def test_a_mode_is_never_guessed(url: str, tmp_path: Path, mode: str) -> None:
    with pytest.raises(RequestRefused, match="sandbox, paper or live"):
        client_of(url, tmp_path, mode)


def test_a_real_account_is_refused_on_a_paper_connection(client: Client, broker: Broker) -> None:
    broker.channel = "lb"
    with pytest.raises(RequestRefused, match="real-money"):
        preview(client)
    assert broker.changes == []


def test_paper_by_header_only_is_said(
    client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "channel", "")
    assert "paper by header only" in str(preview(client))


def test_run_all_is_not_an_order(client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    now = Cell("cell-a", "run-1")
    monkeypatch.setattr("jupyter_openapi.trading.desk.current_cell", lambda: now)
    for _ in range(2):
        preview(client).send()
    now = Cell("cell-a", "run-2")
    with pytest.raises(RequestRefused, match="an earlier run of this cell sent the same order"):
        preview(client).send()
    assert len(broker.orders) == 2
    again = preview(client)
    with pytest.raises(RequestRefused, match="--again"):
        again.send()
    again.send(again=True)
    preview(client, price=601).send()
    now = Cell("cell-b", "run-3")
    preview(client).send()
    now = Cell(None, "run-4")
    preview(client).send()
    assert len(broker.orders) == 6


def test_the_running_cell_is_the_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cells.current_cell().cell is None
    monkeypatch.setattr(cells, "_request", lambda: {"metadata": {"cellId": "c1"}, "header": {"msg_id": "m1"}})
    assert cells.current_cell().cell == "c1"
    assert cells.current_cell().run.endswith(":m1")
    assert cells.may_still_run(cells.current_cell().run)
    host = cells.current_cell().run.partition(":")[0]
    assert not cells.may_still_run(f"{host}:99999999:m1")
    assert cells.may_still_run("elsewhere:1:m1")


def test_the_journal_holds_no_secret(client: Client) -> None:
    preview(client).send()
    content = client.journal.path.read_bytes()
    for secret in (b"secret-1", b"token-1"):
        assert secret not in content
