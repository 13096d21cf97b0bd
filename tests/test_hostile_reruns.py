"""Run All is not an order, also when a value moved; and nothing is sent beside an order of unknown fate."""

from __future__ import annotations

import sqlite3
from collections import deque
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.broker import Broker, client_of
from support.kernel import Kernel

from jupyter_openapi import Client, OutcomeUnknown, Preview, RequestRefused
from jupyter_openapi.kernel import NO_CELL, Cell, current_cell
from jupyter_openapi.trading.intents import Intended
from jupyter_openapi.trading.journal import Journal

ORDER: dict[str, Any] = {"symbol": "700.HK", "side": "buy", "type": "LO", "price": 600, "quantity": 100}


class Front:
    """A front end that runs cells."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = Cell(None, "h:1:r0")
        patch.setattr("jupyter_openapi.trading.desk.current_cell", lambda: self.now)

    def run(
        self, number: int, cell: str | None = "a", source: str = "s", session: str = "x", notebook: str = "n"
    ) -> None:
        self.now = Cell(cell, f"h:1:r{number}@{session}", source, notebook)


@pytest.fixture
def front(monkeypatch: pytest.MonkeyPatch) -> Front:
    return Front(monkeypatch)


def preview(client: Client, **changed: Any) -> Preview:
    return client.call("submit_order", **{**ORDER, **changed})


def refused(made: Preview) -> str:
    with pytest.raises(RequestRefused) as caught:
        made.send()
    return str(caught.value)


# --- Run All -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "moved", [{"price": 601}, {"quantity": 200}, {"remark": "at 10:01"}, {"type": "MO", "price": None}]
)
def test_a_value_that_moved_makes_no_new_order(
    client: Client, broker: Broker, front: Front, moved: dict[str, Any]
) -> None:
    front.run(1)
    preview(client).send()
    front.run(2)
    made = preview(client, **moved)
    assert "an earlier run of this cell sent Buy 100 700.HK at 600" in str(made)
    assert "sending this needs `--again`" in str(made)
    assert "`%openapi --again ...`" in refused(made)
    assert len(broker.orders) == 1
    made.send(again=True)
    assert len(broker.orders) == 2


@pytest.mark.parametrize("other", [{"side": "sell"}, {"symbol": "5.HK", "override": ["distance"]}])
def test_another_symbol_or_side_is_another_order(
    client: Client, broker: Broker, front: Front, other: dict[str, Any]
) -> None:
    front.run(1)
    preview(client).send()
    front.run(2)
    preview(client, **other).send()
    assert len(broker.orders) == 2


def test_in_an_edited_cell_only_the_very_same_order_counts(
    client: Client, broker: Broker, front: Front
) -> None:
    front.run(1, source="first")
    preview(client).send()
    front.run(2, source="second")
    assert "sent the same order" in refused(preview(client))
    preview(client, price=601).send()
    front.run(3, source="first")  # edited back
    assert "--again" in refused(preview(client, price=602))
    assert len(broker.orders) == 2


def test_it_is_the_cell_that_made_the_preview(client: Client, broker: Broker, front: Front) -> None:
    for number in (1, 3):
        front.run(number, "makes", "make")
        made = preview(client, price=600 + number)
        front.run(number + 1, "sends", "send")
        if number == 1:
            made.send()
        else:
            refused(made)
    front.run(9, "other", "other")
    made = preview(client)
    front.run(10, "makes", "make")
    made.send()
    assert len(broker.orders) == 2


def test_inside_one_run_everything_may_repeat(client: Client, broker: Broker, front: Front) -> None:
    front.run(1)
    for price in (600, 600, 601):
        preview(client, price=price).send()
    assert len(broker.orders) == 3


def test_a_replace_counts_for_its_order_and_a_cancel_never(
    client: Client, broker: Broker, front: Front
) -> None:
    front.run(1, "first")
    ids = [preview(client, price=price).send().order_id for price in (600, 601)]
    front.run(2, "changes", "change")
    client.call("replace_order", order_id=ids[0], price=590, quantity=100, execute=True)
    front.run(3, "changes", "change")
    refused(client.call("replace_order", order_id=ids[0], price=591, quantity=100))
    client.call("replace_order", order_id=ids[1], price=591, quantity=100, execute=True)
    for number in (4, 5):
        front.run(number, "cancels", "cancel")
        client.call("cancel_order", order_id=ids[number - 4], execute=True)


def test_of_another_account_or_mode_nothing_counts(
    url: str, tmp_path: Path, broker: Broker, front: Front
) -> None:
    front.run(1)
    with client_of(url, tmp_path) as paper, client_of(url, tmp_path, "live", trading=True) as live:
        preview(paper).send()
        front.run(2)
        preview(live, price=601).send()
    with client_of(url, tmp_path, "sandbox") as sandbox:
        for number in (3, 4):
            front.run(number)
            preview(sandbox).send()
    assert len(broker.orders) == 4


@pytest.mark.parametrize(
    ("cells", "same"),
    [
        (({"cell": "a"}, {"cell": "b", "session": "y"}), True),  # opened again before nbformat 4.5
        (({"cell": "a"}, {"cell": "b"}), False),  # two cells alike in one notebook
        (({"cell": None}, {"cell": None, "session": "y"}), True),  # a front end without ids
        (({"cell": None}, {"cell": "a", "session": "y"}), True),
        (({"cell": "a"}, {"cell": "b", "session": "y", "notebook": "other"}), False),
        (({"cell": "a"}, {"cell": "b", "session": "y", "source": "other"}), False),
    ],
)
def test_where_ids_do_not_hold_the_source_and_the_notebook_do(
    url: str, tmp_path: Path, front: Front, cells: tuple[dict[str, Any], dict[str, Any]], same: bool
) -> None:
    with client_of(url, tmp_path) as before:
        front.run(1, **cells[0])
        preview(before).send()
    with client_of(url, tmp_path) as later:
        front.run(2, **cells[1])
        made = preview(later, price=601)
        if same:
            refused(made)
        else:
            made.send()


WINDOW = "vscode-notebook-cell:Interactive-1.interactive#"


def test_what_runs_again_in_the_interactive_window_is_an_earlier_run(
    monkeypatch: pytest.MonkeyPatch, client: Client, broker: Broker
) -> None:
    """VS Code gives what a file's cell runs there a new id each time, in one and the same session."""
    message = {"header": {"msg_id": "1", "session": "x"}, "content": {"code": "%openapi ..."}}

    def run(number: int, code: str = "%openapi ...") -> None:
        metadata = {"cellId": f"{WINDOW}W{number}sdW50aXRsZWQ%3D"}
        message.update(
            header={"msg_id": str(number), "session": "x"}, content={"code": code}, metadata=metadata
        )

    monkeypatch.setattr("jupyter_openapi.kernel._request", lambda: message)
    run(1)
    preview(client).send()
    run(2)
    refused(preview(client, price=601))
    run(3, "%openapi ...  # edited")
    refused(preview(client))
    preview(client, price=601).send()
    preview(client, price=601).send(again=True)
    run(4, "another cell")
    preview(client, price=602).send()


@pytest.mark.parametrize(
    "metadata",
    [{"cellId": "c"}, {"cell_id": "c"}, {"colab": {"cell_id": "c"}}, {"cellId": "", "cell_id": "c"}],
)
def test_the_keys_that_front_ends_use(monkeypatch: pytest.MonkeyPatch, metadata: dict[str, Any]) -> None:
    message = {"header": {"msg_id": "m", "session": "x"}, "content": {"code": "1 + 1 "}, "metadata": metadata}
    monkeypatch.setattr("jupyter_openapi.kernel._request", lambda: message)
    found = current_cell()
    assert found.cell == "c"
    assert found.source is not None
    message["content"] = {"code": "1 + 2"}
    assert current_cell().source != found.source
    token = NO_CELL.set(True)
    try:
        assert current_cell()[:1] == (None,)
        assert current_cell().source is None
    finally:
        NO_CELL.reset(token)


def test_run_all_in_a_real_kernel_after_a_price_moved(tmp_path: Path, broker: Broker, url: str) -> None:
    keys = {f"LONGBRIDGE_{name}": "k" for name in ("APP_KEY", "APP_SECRET", "ACCESS_TOKEN")}
    keys |= {"LONGBRIDGE_HTTP_URL": url, "JPY_SESSION_NAME": "trade.ipynb"}
    cells = ["%openapi connect paper;", "%openapi --execute submit 700.HK side=buy price={bid} quantity=100"]
    with Kernel(tmp_path, keys) as kernel:
        for bid, opening in ((600, "a"), (601, "a"), (602, "a")):
            kernel.run(f"bid = {bid}")
            done = [kernel.run(code, f"{opening}{number}").ok for number, code in enumerate(cells)]
            assert done == [True, bid == 600]
    with Kernel(tmp_path, keys) as kernel:  # opened again: other ids
        kernel.run("bid = 603")
        assert [kernel.run(code, f"b{number}").ok for number, code in enumerate(cells)] == [True, False]
        shown = kernel.run("%openapi submit 700.HK side=buy price={bid} quantity=100", "b1")
        assert "--again" not in shown.result  # an edited cell, and another price
        assert kernel.run("%openapi send", "b2").ok
    assert len(broker.orders) == 2


# --- an order alike of unknown fate --------------------------------------------------------------------


def lose(client: Client, broker: Broker, **changed: Any) -> None:
    broker.faults, broker.unlisted = deque(["silent"] * 7), True
    with pytest.raises(OutcomeUnknown):
        preview(client, **changed).send()
    broker.faults.clear()
    broker.unlisted = False


def test_nothing_is_sent_beside_an_unknown_one(client: Client, broker: Broker, front: Front) -> None:
    front.run(1)
    lose(client, broker)
    sent = len(broker.changes)
    for changed in ({}, {"price": "600.00"}, {"remark": "once more"}):
        made = preview(client, **changed)
        assert str(made).startswith("UNKNOWN: it is not known what became of an order like this one, Buy 100")
        assert made.lines[0][0] == "unknown"
        assert "`%openapi reconcile`" in made.lines[0][1]
        with pytest.raises(RequestRefused, match="--override unknown"):
            made.send(again=True)
    assert len(broker.changes) == sent
    preview(client, quantity=200).send(again=True)  # another order
    made = preview(client, override=["unknown"])
    assert str(made).startswith("UNKNOWN")
    made.send(again=True)
    assert len(broker.changes) == sent + 2


def test_reconciled_it_stands_in_the_way_no_more(client: Client, broker: Broker) -> None:
    lose(client, broker)
    made = preview(client)
    with pytest.raises(RequestRefused):
        made.send()
    assert [row.verdict for row in client.reconcile()] == ["done"]
    made.send()
    assert "UNKNOWN" not in str(preview(client))


def test_a_killed_kernel_s_order_is_unknown_as_well(client: Client, broker: Broker) -> None:
    owner = client.connection.owner
    facts: Intended = {"account": owner, "mode": "paper", "host": "h", "kind": "submit", "method": "POST"}
    facts |= {"operation": "submit_order", "path": "/v1/trade/order", "symbol": "700.HK", "side": "Buy"}
    facts |= {"quantity": "100", "price": "600.0", "run": "elsewhere-that-is-gone:1:m"}
    host = current_cell().run.partition(":")[0]
    client.journal.intend(**{**facts, "run": f"{host}:99999999:m"})
    assert "UNKNOWN" not in str(preview(client))  # it never left
    dead = client.journal.intend(**{**facts, "run": f"{host}:99999999:m"})
    client.journal.record(dead.id, "sent", attempt=1)
    with pytest.raises(RequestRefused, match="--override unknown"):
        preview(client).send()


# --- files of before -----------------------------------------------------------------------------------


def test_a_journal_with_columns_of_a_newer_version_is_used(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    Journal(path).check()
    with closing(sqlite3.connect(path)) as db:
        db.execute("ALTER TABLE intents ADD COLUMN of_tomorrow TEXT")
        db.execute("ALTER TABLE events ADD COLUMN of_tomorrow TEXT")
    journal = Journal(path)
    made = journal.intend(
        account="a", mode="paper", host="h", kind="submit", operation="o", method="POST", path="/p",
        source="s", notebook="n",
    )  # fmt: skip
    assert (made.source, made.notebook) == ("s", "n")
    assert [row["id"] for row in journal.rows()] == [made.id]


def test_a_journal_without_the_newer_columns_gets_them(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    Journal(path).check()
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP INDEX of_source")
        for name in ("source", "notebook", "last_price"):
            db.execute(f"ALTER TABLE intents DROP COLUMN {name}")
    journal = Journal(path)
    made = journal.intend(
        account="a", mode="paper", host="h", kind="submit", operation="o", method="POST", path="/p",
        source="s", notebook="n",
    )  # fmt: skip
    assert (made.source, made.notebook) == ("s", "n")
