"""The journal: on disk before it returns, never changed, no row lost to a kill, and no secret in it."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import soak

from jupyter_openapi.errors import OpenAPIError, RequestRefused
from jupyter_openapi.trading import journal as module
from jupyter_openapi.trading.intents import Intent, fingerprint, masked
from jupyter_openapi.trading.journal import Journal, NotRecorded

SUBMIT = {
    "account": "a" * 32, "mode": "paper", "host": "https://openapi.longbridge.com", "kind": "submit",
    "operation": "submit_order", "method": "POST", "path": "/v1/trade/order",
}  # fmt: skip
FULL = SUBMIT | {
    "digits": "f31", "body": {"symbol": "700.HK", "submitted_quantity": "100", "remark": "買い 'x' %s"},
    "client_request_id": "id-1", "tag": "jo-1", "target": "6936", "cell": "cell-1", "run": "run-1",
    "fingerprint": "f" * 32, "preview": "p-1", "basket": "b-1", "row": 3, "symbol": "700.HK", "side": "Buy",
    "quantity": "100", "price": "388.2",
}  # fmt: skip


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "data" / "journal.db")


def intend(journal: Journal, **more: object) -> Intent:
    return journal.intend(**(SUBMIT | more))


# --- what it keeps ------------------------------------------------------------------------------------


def test_an_intent_keeps_every_fact(journal: Journal) -> None:
    before = time.time()
    made = journal.intend(**FULL)
    assert {name: getattr(made, name) for name in FULL} == FULL
    assert (made.state, made.attempts, made.took_effect, made.open) == ("intended", 0, None, True)
    assert before <= made.created == made.at <= time.time()
    assert journal.get(made.id) == Journal(journal.path).get(made.id) == made
    assert journal.get(99) is None


def test_events_make_the_state(journal: Journal) -> None:
    one = intend(journal).id
    assert journal.record(one, "sent", attempt=1, timestamp="1795359744.123")
    assert journal.get(one).state == "sent"
    journal.record(one, "unknown", http_status=502, message="no answer")
    journal.record(one, "sent", attempt=2, timestamp="1795359745.123")
    journal.record(one, "answered", order_id="69361", code=0, http_status=200, trace_id="t-1")
    now = journal.get(one)
    assert (now.state, now.attempts, now.order_id, now.code) == ("answered", 2, "69361", 0)
    assert (now.http_status, now.trace_id, now.message, now.took_effect) == (200, "t-1", "no answer", True)
    events = journal.events(one)
    assert [event["state"] for event in events] == ["intended", "sent", "unknown", "sent", "answered"]
    assert [event["attempt"] for event in events] == [None, 1, None, 2, None]
    assert events == sorted(events, key=lambda event: event["at"])
    assert events[-1]["took_effect"] is True


@pytest.mark.parametrize(
    ("events", "is_open", "effect"),
    [
        ([], True, None),
        ([("sent", {})], True, None),
        ([("sent", {}), ("unknown", {})], True, None),
        ([("sent", {}), ("answered", {"order_id": "1"})], False, True),
        ([("sent", {}), ("refused", {"code": 602001})], False, False),
        ([("refused", {})], False, False),
        ([("sent", {}), ("unknown", {}), ("settled", {"how": "tag", "took_effect": True})], False, True),
        ([("sent", {}), ("settled", {"how": "absent", "took_effect": False})], False, False),
        ([("settled", {"how": "never sent", "took_effect": False})], False, False),
        ([("settled", {"how": "absent", "took_effect": False}), ("answered", {})], False, True),
    ],
)
def test_what_is_open(
    events: list[tuple[str, dict[str, object]]], is_open: bool, effect: bool | None, journal: Journal
) -> None:
    one = intend(journal)
    for state, facts in events:
        journal.record(one.id, state, **facts)
    now = journal.get(one.id)
    assert (now.open, now.took_effect) == (is_open, effect)
    assert journal.open() == ([now] if is_open else [])


def test_open_ones_by_account_mode_and_idleness(journal: Journal) -> None:
    intend(journal, account="one", mode="paper")
    intend(journal, account="one", mode="live")
    intend(journal, account="two", mode="live")
    found = {(intent.account, intent.mode) for intent in journal.open("one")}
    assert found == {("one", "paper"), ("one", "live")}
    assert [intent.mode for intent in journal.open("one", mode="live")] == ["live"]
    assert journal.open("three") == []
    assert len(journal.open()) == 3
    assert journal.open(idle=60) == []
    time.sleep(0.05)
    assert len(journal.open(idle=0.02)) == 3


def test_what_is_known_is_not_settled_over(journal: Journal) -> None:
    one = intend(journal).id
    journal.record(one, "sent")
    journal.record(one, "answered", order_id="5")
    assert journal.record(one, "settled", how="absent", took_effect=False) is False
    assert journal.get(one).took_effect is True
    assert len(journal.events(one)) == 3


def test_an_id_is_used_once(journal: Journal) -> None:
    intend(journal, client_request_id="same")
    with pytest.raises(
        RequestRefused, match=r"client_request_id same is in the journal already; nothing was sent"
    ):
        intend(Journal(journal.path), client_request_id="same")
    intend(journal, client_request_id="same", account="another")
    for _ in range(2):
        intend(journal, client_request_id=None)


def test_baskets_come_in_their_order(journal: Journal) -> None:
    for row in (2, 0, 1):
        intend(journal, basket="b", row=row)
    intend(journal, basket="other", row=5)
    assert [intent.row for intent in journal.basket("b")] == [0, 1, 2]


def test_rows_for_a_frame(journal: Journal) -> None:
    first = intend(journal, account="one")
    time.sleep(0.02)
    second = intend(journal, account="two", body={"symbol": "5.HK"})
    rows = journal.rows()
    assert [row["id"] for row in rows] == [first.id, second.id]
    assert rows[1]["body"] == {"symbol": "5.HK"}
    assert [row["account"] for row in journal.rows("one")] == ["one"]
    assert [row["account"] for row in journal.rows(since=second.created)] == ["two"]
    assert json.loads(json.dumps(rows)) == rows


# --- Run All ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "counts"),
    [
        ([], False),
        ([("sent", {})], True),
        ([("sent", {}), ("unknown", {})], True),
        ([("sent", {}), ("answered", {})], True),
        ([("sent", {}), ("refused", {})], False),
        ([("sent", {}), ("settled", {"took_effect": True})], True),
        ([("sent", {}), ("settled", {"took_effect": False})], False),
    ],
)
def test_an_earlier_run_counts_when_it_placed_or_may_have(
    events: list[tuple[str, dict[str, object]]], counts: bool, journal: Journal
) -> None:
    one = intend(journal, cell="c", run="r1", fingerprint="f")
    for state, facts in events:
        journal.record(one.id, state, **facts)
    found = journal.same_from_earlier_run(one.account, "c", "r2", "f")
    assert (found is not None) is counts


@pytest.mark.parametrize(
    ("account", "cell", "run", "print_"),
    [("x", "c", "r2", "f"), (None, "d", "r2", "f"), (None, None, "r2", "f"), (None, "c", "r1", "f"),
     (None, "c", "r2", "g")],
)  # fmt: skip
def test_another_account_cell_order_or_the_same_run_is_not_the_same(
    account: str | None, cell: str | None, run: str, print_: str, journal: Journal
) -> None:
    one = intend(journal, cell="c", run="r1", fingerprint="f")
    journal.record(one.id, "sent")
    assert journal.same_from_earlier_run(account or one.account, cell, run, print_) is None
    assert journal.same_from_earlier_run(one.account, "c", None, "f") is not None


def test_the_latest_earlier_order_is_named(journal: Journal) -> None:
    for run in ("r1", "r2", "r3"):
        journal.record(intend(journal, cell="c", run=run, fingerprint="f").id, "sent")
    assert journal.same_from_earlier_run(SUBMIT["account"], "c", "r3", "f").run == "r2"


def test_a_fingerprint_is_of_the_order_and_not_of_its_id() -> None:
    body = {"symbol": "700.HK", "submitted_quantity": "100"}
    one = fingerprint("POST", "/v1/trade/order", body | {"client_request_id": "1"})
    turned = dict(reversed(body.items())) | {"client_request_id": "2"}
    assert fingerprint("post", "/v1/trade/order", turned) == one
    assert fingerprint("POST", "/v1/trade/order", body | {"submitted_quantity": "200"}) != one
    assert fingerprint("PUT", "/v1/trade/order", body) != one
    assert fingerprint("POST", "/v1/trade/order", None) != one


# --- odd texts, secrets -------------------------------------------------------------------------------

TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
VALUE = st.recursive(
    TEXT | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)


@given(symbol=TEXT, note=TEXT, body=st.dictionaries(TEXT, VALUE, max_size=4))
def test_any_text_comes_back(
    symbol: str, note: str, body: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> None:
    journal = Journal(tmp_path_factory.getbasetemp() / "odd" / "journal.db")
    one = intend(journal, symbol=symbol, body=body)
    journal.record(one.id, "refused", message=note, order_id="'; DROP TABLE intents; --")
    again = journal.get(one.id)
    assert (again.symbol, again.body, again.message) == (masked(symbol), masked(body), masked(note))
    assert again.order_id == "'; DROP TABLE intents; --"


def test_half_a_surrogate_pair_does_not_stop_an_order(journal: Journal) -> None:
    one = intend(journal, symbol="a\ud800b", body={"remark": "a\ud800b"})
    assert one.symbol == "a\\ud800b"
    assert one.body == {"remark": "a\ud800b"}


SECRETS = {
    "app_key": "KEY3fa1c9d2e7b8",
    "app_secret": "SECRET9f8e7d6c5b4a",
    "access_token": "TOKEN0a1b2c3d4e5f",
}
JWT = "m_eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3ODM0MjA5MzR9.c2lnbmF0dXJl"


def test_no_secret_reaches_the_file(journal: Journal) -> None:
    headers = {
        "X-Api-Key": SECRETS["app_key"], "Authorization": SECRETS["access_token"],
        "x-api-signature": "Signature=" + "ab" * 32, "Cookie": "session=" + SECRETS["app_secret"],
    }  # fmt: skip
    one = intend(
        journal, body={"symbol": "5.HK", "headers": headers, **SECRETS, "list": [{"Token": "T" * 30}]}
    )
    assert one.body["symbol"] == "5.HK"
    assert set(one.body["headers"].values()) == {"***"}
    journal.record(one.id, "sent", timestamp="1.5")
    notes = [f"bad token {JWT}!", "Authorization: Bearer " + "z" * 40, "Signature=" + "ab" * 32]
    journal.record(one.id, "unknown", message=" ".join(notes))
    for facts in ({"headers": headers}, {"authorization": JWT}):
        with pytest.raises(TypeError, match="no column"):
            intend(journal, **facts)
        with pytest.raises(TypeError, match="no column"):
            journal.record(one.id, "sent", **facts)
    content = journal.path.read_bytes()
    for secret in (*SECRETS.values(), JWT, JWT[4:30], "T" * 30, "z" * 40, "ab" * 32):
        assert secret.encode() not in content
    assert journal.get(one.id).message == "bad token ***! Authorization: Bearer *** Signature=***"


@pytest.mark.parametrize(
    "text", ["Bearer of good news", "eyJ", "700.HK", "a remark about tokens", "m_eyJust.so"]
)
def test_ordinary_texts_are_not_masked(text: str) -> None:
    assert masked({"remark": text, "n": [1, None]}) == {"remark": text, "n": [1, None]}


@pytest.mark.parametrize("state", ["intended", "done", "", "SENT"])
def test_unknown_states_are_a_mistake(state: str, journal: Journal) -> None:
    one = intend(journal)
    with pytest.raises(ValueError, match="no event is called"):
        journal.record(one.id, state)


def test_missing_facts_are_a_mistake(journal: Journal) -> None:
    with pytest.raises(TypeError, match="needs host, method"):
        journal.intend(**{name: value for name, value in SUBMIT.items() if name not in {"host", "method"}})
    with pytest.raises(TypeError, match="needs took_effect"):
        journal.record(intend(journal).id, "settled", how="tag")


# --- the file -----------------------------------------------------------------------------------------


def test_it_is_private_and_where_the_user_keeps_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    journal = Journal()
    assert journal.path == tmp_path / "jupyter-openapi" / "journal.db"
    assert not journal.path.parent.exists()
    before = os.umask(0)
    try:
        intend(journal)
    finally:
        os.umask(before)
    assert stat.S_IMODE(journal.path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    journal.path.chmod(0o644)
    journal.path.parent.chmod(0o755)
    intend(journal)
    assert stat.S_IMODE(journal.path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600


def test_a_folder_of_somebody_elses_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir(mode=0o755)
    intend(Journal(tmp_path / "shared" / "journal.db"))
    assert stat.S_IMODE((tmp_path / "shared").stat().st_mode) == 0o755


def test_every_step_is_synced_to_disk(journal: Journal) -> None:
    with journal._transaction() as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert db.execute("PRAGMA synchronous").fetchone()[0] >= 2
        assert db.execute("PRAGMA foreign_keys").fetchone() == (1,)


@pytest.mark.parametrize("table", ["intents", "events"])
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id + 1", "DELETE FROM {}"])
def test_nothing_is_ever_changed(table: str, change: str, journal: Journal) -> None:
    intend(journal)
    db = sqlite3.connect(journal.path)
    with pytest.raises(sqlite3.IntegrityError, match="appended to, never changed"):
        db.execute(change.format(table))
    db.close()
    assert len(journal.rows()) == 1


def test_an_event_without_its_intent_is_refused(journal: Journal) -> None:
    journal.check()
    with pytest.raises(RequestRefused, match="FOREIGN KEY"):
        journal.record(5, "sent")


# --- when it can't be written -------------------------------------------------------------------------


def refused(journal: Journal, words: str) -> None:
    """Every use is one clear sentence, and nothing goes on as if it had been written."""
    for use in (
        lambda: intend(journal),
        journal.check,
        journal.open,
        journal.rows,
        lambda: journal.record(1, "sent"),
    ):
        with pytest.raises(RequestRefused, match=words) as caught:
            use()
        message = str(caught.value)
        assert str(journal.path) in message
        assert "nothing was sent" in message
        assert len(message.splitlines()) == 1
    with pytest.raises(NotRecorded, match=words) as late:
        journal.record(1, "answered", order_id="69361")
    assert isinstance(late.value, OpenAPIError)
    assert "Order 1 of the journal is answered (order 69361)" in str(late.value)
    assert "%openapi reconcile" in str(late.value)
    assert "nothing was sent" not in str(late.value)


def test_a_damaged_file(journal: Journal) -> None:
    for number in range(40):
        intend(journal, body={"remark": f"{number}" * 300})
    whole = journal.path.read_bytes()
    for content in (b"no database at all " * 400, whole[:100] + b"\xff" * 8000 + whole[8100:], whole[:-9000]):
        journal.path.write_bytes(content)
        refused(Journal(journal.path), r"move it away and keep it")
        assert journal.path.read_bytes() == content
    journal.path.write_bytes(whole)
    assert len(Journal(journal.path).rows()) == 40


@pytest.mark.parametrize("how", ["removed", "emptied"])
def test_a_journal_that_vanishes_is_not_begun_anew_in_silence(how: str, journal: Journal) -> None:
    intend(journal)
    journal.path.unlink()
    if how == "emptied":
        journal.path.touch()
    refused(journal, "was removed or emptied while it was in use")
    intend(Journal(journal.path))


def test_some_other_programs_file(journal: Journal) -> None:
    journal.path.parent.mkdir()
    db = sqlite3.connect(journal.path)
    db.execute("CREATE TABLE recipes (name)")
    db.close()
    refused(journal, "some other program's file")


def test_a_newer_versions_file(journal: Journal) -> None:
    intend(journal)
    db = sqlite3.connect(journal.path)
    db.execute("PRAGMA user_version = 2")
    db.close()
    refused(journal, r"%pip install -U jupyter-openapi")


def test_a_folder_that_is_a_file(journal: Journal) -> None:
    journal.path.parent.write_text("in the way", encoding="utf-8")
    refused(journal, r"File exists\)|Not a directory\)")


def test_a_file_that_is_a_folder(journal: Journal) -> None:
    journal.path.mkdir(parents=True)
    refused(journal, r"Is a directory\)")


def test_locked_by_another_program(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    intend(journal)
    db = sqlite3.connect(journal.path, isolation_level=None)
    db.execute("BEGIN EXCLUSIVE")
    refused(journal, r"another program holds it\), so nothing was sent|another program holds it\)\. Close")
    db.execute("ROLLBACK")
    db.close()
    assert journal.get(1).state == "intended"


FILL = """
import resource, sys
from pathlib import Path
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.trading.journal import Journal, NotRecorded

journal = Journal(Path(sys.argv[1]))
facts = dict(account="a", mode="paper", host="h", kind="submit", operation="o", method="POST", path="/")
first = journal.intend(**facts)
journal.record(first.id, "sent")
resource.setrlimit(resource.RLIMIT_FSIZE, (journal.path.stat().st_size + 8192,) * 2)
count = 0
try:
    for count in range(1000):
        journal.intend(**facts, body={"remark": "x" * 900})
except RequestRefused as refused:
    print(count, refused, sep="|")
try:
    journal.record(first.id, "answered", order_id="1", message="y" * 9000)
except NotRecorded as late:
    print(count, late, sep="|")
"""


def test_a_full_disk(journal: Journal) -> None:
    output = subprocess.run(
        [sys.executable, "-B", "-c", FILL, str(journal.path)],  # -B: no compiled module cut short
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    ).stdout.splitlines()
    (count, sentence), (_, late) = (line.split("|", 1) for line in output)
    assert 0 < int(count) < 1000
    assert "so nothing was sent" in sentence
    assert "disk" in sentence
    assert "(order 1), and this could not be written down" in late
    rows = journal.rows()
    assert len(rows) == int(count) + 1
    assert rows[0]["state"] == "sent"


# --- many writers, and kills --------------------------------------------------------------------------

WRITE = """
import sys
from pathlib import Path
from jupyter_openapi.trading.journal import Journal

journal, name = Journal(Path(sys.argv[1])), sys.argv[2]
facts = dict(account="a", mode="paper", host="h", kind="submit", operation="o", method="POST", path="/")
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    intent = journal.intend(**facts, client_request_id=f"{name}-{number}", body={"remark": "x" * 700})
    print("intended", intent.id, intent.client_request_id, flush=True)
    journal.record(intent.id, "sent", attempt=1)
    print("sent", intent.id, flush=True)
    journal.record(intent.id, "answered", order_id=f"order-{name}-{number}")
    print("answered", intent.id, flush=True)
"""


def writer(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITE, str(path), name, str(count)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")


def begin(child: subprocess.Popen[str]) -> None:
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == "ready\n"
    child.stdin.write("\n")
    child.stdin.flush()


def test_writers_of_several_processes_lose_nothing(journal: Journal) -> None:
    count = soak(100)
    children = [writer(journal.path, name, count) for name in "abcd"]
    for child in children:
        begin(child)
    for child in children:
        child.communicate(timeout=100)
        assert child.returncode == 0
    rows = journal.rows()
    assert len(rows) == 4 * count
    assert {row["client_request_id"] for row in rows} == {
        f"{name}-{n}" for name in "abcd" for n in range(count)
    }
    assert all(row["order_id"] == f"order-{row['client_request_id']}" for row in rows)
    assert journal.open() == []


def test_threads_share_a_journal(journal: Journal) -> None:
    def work(name: int) -> None:
        for number in range(5):
            journal.record(intend(journal, client_request_id=f"{name}-{number}").id, "sent")

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(journal.open()) == 20


def test_a_kill_at_any_instant_loses_no_row_that_was_on_disk(journal: Journal) -> None:
    seed = random.Random(20261122)
    told: dict[int, list[str]] = {}
    for kill in range(soak(100)):
        child = writer(journal.path, f"k{kill}", 100_000)
        begin(child)
        time.sleep(seed.uniform(0.0, 0.25))
        child.kill()
        output, _ = child.communicate()
        for line in output.splitlines(keepends=True):
            if line.endswith("\n"):
                state, number, *_ = line.split()
                told.setdefault(int(number), []).append(state)
        fresh = Journal(journal.path)
        fresh.check()  # reads the whole file
        kept = {row["id"]: row for row in fresh.rows()}
        assert set(told) <= set(kept)
    assert sum(len(states) for states in told.values()) > soak(100)
    for number, states in told.items():
        assert [event["state"] for event in journal.events(number)][: len(states)] == states
    assert {intent.id for intent in journal.open()} == {
        row["id"] for row in journal.rows() if row["state"] != "answered"
    }
