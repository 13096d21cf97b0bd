"""One journal under many hands: processes, threads, forks, and files that are swapped underneath."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from support import soak
from support.agreement import disagreements
from support.sandbox import SandboxProcess

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.ratelimit import RATES, limiter_for
from jupyter_openapi.trading.journal import Journal

PROCESSES, THREADS = 4, 4
FACTS: dict[str, Any] = {
    "account": "a", "mode": "paper", "host": "h", "kind": "submit", "operation": "submit_order",
    "method": "POST", "path": "/v1/trade/order",
}  # fmt: skip


def together(program: str, *jobs: object) -> list[Any]:
    """Run a program in one process for each job, begun at one moment; return what each printed as JSON."""
    children = [
        subprocess.Popen(
            # Python 3.12 and later warn of a fork beside threads, which is what one of the programs is about.
            [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program, json.dumps(job)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        for job in jobs
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    told = []
    for child in children:
        output, complaint = child.communicate(timeout=600)
        assert (child.returncode, complaint) == (0, "")
        told.append(json.loads(output))
    return told


RECORD = """
import json, sys, threading
from pathlib import Path
from jupyter_openapi.trading.journal import Journal

job = json.loads(sys.argv[1])
told, complaints = [], []
shared = Journal(Path(job["path"]))
print("ready", flush=True)
sys.stdin.readline()

def work(thread):
    # Half of the threads share one journal object; each of the others has its own, as a second client has.
    journal = shared if thread % 2 else Journal(Path(job["path"]))
    for number in range(job["count"]):
        mark = f"{job['name']}-{thread}-{number}"
        try:
            intent = journal.intend(**job["facts"], client_request_id=mark, symbol=mark)
            steps = [("intended", None)]
            told.append((intent.id, mark, steps))
            for state, facts in (("sent", {"attempt": 1}), ("answered", {"order_id": mark})):
                assert journal.record(intent.id, state, **facts)
                steps.append((state, facts.get("order_id")))
            journal.open()
        except Exception as problem:
            complaints.append(str(problem))

threads = [threading.Thread(target=work, args=(number,)) for number in range(job["threads"])]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(json.dumps([told, complaints]))
"""


def test_every_acknowledged_step_is_in_the_file(tmp_path: Path) -> None:
    path, count = tmp_path / "journal.db", soak(50)
    job = {"path": str(path), "count": count, "threads": THREADS, "facts": FACTS}
    answers = together(RECORD, *({**job, "name": f"p{number}"} for number in range(PROCESSES)))
    assert [complaints for _, complaints in answers] == [[]] * PROCESSES
    told = [step for steps, _ in answers for step in steps]
    assert len(told) == PROCESSES * THREADS * count
    journal = Journal(path)
    lost = mixed = 0
    for number, mark, steps in told:
        intent = journal.get(number)
        kept = [[event["state"], event["order_id"]] for event in journal.events(number)]
        lost += intent is None or kept != steps
        mixed += intent is not None and (intent.client_request_id, intent.symbol) != (mark, mark)
    print(
        f"{len(told)} intents, {sum(len(steps) for *_, steps in told)} steps: {lost} lost, {mixed} mixed up"
    )
    assert (lost, mixed) == (0, 0)
    assert len(journal.rows()) == len(told)
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    db.close()


TRADE = """
import json, sys, threading
from pathlib import Path
from jupyter_openapi import Client, Credentials
from jupyter_openapi.trading.journal import Journal

job = json.loads(sys.argv[1])
told, complaints = [], []

def client_of():
    client = Client(Credentials(*job["keys"]), "sandbox", job["url"], limits=False)
    client.__dict__["journal"] = Journal(Path(job["path"]))
    return client

clients = [client_of(), client_of()]
print("ready", flush=True)
sys.stdin.readline()

def work(thread):
    client = clients[thread % 2]
    for number in range(job["count"]):
        try:
            terms = {"symbol": "AAPL.US", "side": "buy", "price": 171 + thread, "quantity": 1 + number}
            order = client.call("submit", execute=True, **terms).order_id
            told.append(order)
            client.call("cancel", order_id=order, execute=True)
        except Exception as problem:
            complaints.append(str(problem))

threads = [threading.Thread(target=work, args=(number,)) for number in range(job["threads"])]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(json.dumps([told, complaints]))
"""


def test_clients_of_several_kernels_and_the_exchange_agree(
    fresh_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    names = ("app_key", "app_secret", "access_token")
    path, count = tmp_path / "journal.db", soak(20)
    job = {
        "path": str(path), "count": count, "threads": THREADS, "url": fresh_sandbox.url,
        "keys": [fresh_sandbox.info[name] for name in names],
    }  # fmt: skip
    answers = together(TRADE, *[job] * PROCESSES)
    assert [complaints for _, complaints in answers] == [[]] * PROCESSES
    told = [order for orders, _ in answers for order in orders]
    assert len(set(told)) == len(told) == PROCESSES * THREADS * count
    journal = Journal(path)
    assert {row["order_id"] for row in journal.rows() if row["kind"] == "submit"} == set(told)
    assert disagreements(journal, fresh_sandbox.client) == []
    print(f"{len(told)} orders sent and cancelled: 0 lost, 0 doubled, 0 mixed up")


# --- only SQLite opens the file -------------------------------------------------------------------------

WATCHED = """
import json, sys, threading
from pathlib import Path

opened = []
def watch(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".db"):
        opened.append(arguments[0])
sys.addaudithook(watch)

job = json.loads(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
exec(job["code"])
for _ in range(2):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    work()
print(json.dumps(opened))
"""
USES = {
    "journal": """
from jupyter_openapi.trading.journal import Journal
work = lambda: Journal(Path(job["path"])).check()
""",
    "limits": """
from jupyter_openapi.ratelimit import limiter_for
def work():
    limiter = limiter_for("a", directory=Path(job["path"]).parent)
    with limiter.turn("trade"):
        pass
    limiter.close()
""",
}


@pytest.mark.parametrize("use", USES)
def test_nothing_but_sqlite_opens_a_shared_file(use: str, tmp_path: Path) -> None:
    """Closing any descriptor of the file would drop the locks of another thread's transaction."""
    path = tmp_path / "journal.db"
    Journal(path).check()
    limiter_for("a", directory=tmp_path).close()
    assert together(WATCHED, {"path": str(path), "code": USES[use]}) == [[]]


# --- a file that is swapped underneath ------------------------------------------------------------------


def swap(path: Path, how: str) -> None:
    if how == "replaced":
        other = path.with_name("other.db")
        Journal(other).intend(**FACTS)
        other.replace(path)
    elif how == "copied back":
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)
    elif how == "emptied":
        os.truncate(path, 0)
    else:
        path.unlink()


@pytest.mark.parametrize("how", ["removed", "emptied", "replaced", "copied back"])
def test_a_swapped_journal_is_refused_by_every_thread(how: str, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    number = journal.intend(**FACTS).id
    swap(journal.path, how)
    there = journal.path.exists()
    said: list[str] = []

    def use() -> None:
        for step in (lambda: journal.intend(**FACTS), lambda: journal.record(number, "sent")):
            with pytest.raises(RequestRefused, match="removed or emptied while it was in use") as caught:
                step()
            said.append(str(caught.value))

    use()  # on the connection that was open
    thread = threading.Thread(target=use)  # on one that would be opened
    thread.start()
    thread.join()
    assert len(said) == 4
    assert all("nothing was sent" in text and "restart" in text for text in said)
    assert journal.path.exists() is there  # it is not begun anew in silence


def test_a_journal_swapped_while_it_is_written_is_noticed(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    number = journal.intend(**FACTS).id

    def write() -> None:
        with journal._transaction() as db:
            db.execute("INSERT INTO events (intent, at, state) VALUES (?, 1, 'sent')", (number,))
            journal.path.unlink()

    with pytest.raises(RequestRefused, match="removed or emptied"):
        write()


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_limits_go_on_in_the_file_that_is_there(how: str, tmp_path: Path) -> None:
    def limiter() -> Any:
        return limiter_for("a", directory=tmp_path, rates={"trade": RATES["trade"]})

    first = limiter()
    with first.turn("trade"):
        pass
    (path,) = tmp_path.glob("*.db")
    path.unlink()
    second = limiter() if how == "replaced" else first
    with second.turn("trade"):
        pass
    assert first.left() == second.left() == {"trade": 29}
    first.close()
    second.close()


# --- forks and threads ----------------------------------------------------------------------------------

FORK = """
import json, os, sys, threading, time
from pathlib import Path
from jupyter_openapi.trading.journal import Journal

job = json.loads(sys.argv[1])
journal = Journal(Path(job["path"]))
journal.check()
print("ready", flush=True)
sys.stdin.readline()
stop = threading.Event()

def write():
    while not stop.is_set():
        journal.intend(**job["facts"])

threads = [threading.Thread(target=write) for _ in range(3)]
[thread.start() for thread in threads]
codes = []
for number in range(job["forks"]):
    child = os.fork()
    if not child:
        code = 1
        try:
            intent = journal.intend(**job["facts"], client_request_id=f"child-{number}")
            journal.record(intent.id, "answered", order_id=f"child-{number}")
            code = 0
        finally:
            os._exit(code)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
stop.set()
[thread.join() for thread in threads]
print(json.dumps([codes, len(journal.rows())]))
"""


def test_a_forked_child_has_a_connection_of_its_own(tmp_path: Path) -> None:
    path, forks = tmp_path / "journal.db", soak(100)
    ((codes, rows),) = together(FORK, {"path": str(path), "facts": FACTS, "forks": forks})
    assert codes == [0] * forks
    journal = Journal(path)
    assert len(journal.rows()) == rows
    ids = {row["client_request_id"]: row["order_id"] for row in journal.rows() if row["client_request_id"]}
    assert ids == {f"child-{number}": f"child-{number}" for number in range(forks)}
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    db.close()


def open_files(path: Path) -> int:
    return sum(os.path.realpath(each) == str(path) for each in Path("/proc/self/fd").iterdir())


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors by /proc")
def test_a_threads_connection_is_closed_when_it_ends(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    journal.check()
    for _ in range(20):
        thread = threading.Thread(target=journal.check)
        thread.start()
        thread.join()
    journal.check()
    assert open_files(journal.path) <= 2
    del journal
    assert open_files(tmp_path / "journal.db") == 0
