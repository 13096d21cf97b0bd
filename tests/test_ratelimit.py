"""One process's turns: rates, clocks, gates, waits, and what happens when something is in the way."""

from __future__ import annotations

import errno
import fcntl
import gc
import hashlib
import logging
import multiprocessing
import os
import random
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import soak

from jupyter_openapi.errors import Interrupted, RequestRefused
from jupyter_openapi.ratelimit import RATES, LimitsUnavailable, Rate, limiter_for
from jupyter_openapi.ratelimit import sqlite as local
from jupyter_openapi.ratelimit.rates import age
from jupyter_openapi.storage import FileLock

FAST = Rate(1000, 60.0, 0.0, None, "a fast limit")
DIGEST = hashlib.sha256(b"account").hexdigest()


def fast(folder: Path, **more: object) -> object:
    return limiter_for(DIGEST, directory=folder, rates={"trade": FAST}, **more)


# --- the numbers --------------------------------------------------------------------------------------


def test_the_limits_are_the_brokers_with_a_margin_of_less_than_a_tenth() -> None:
    trade, quote = RATES["trade"], RATES["quote"]
    assert (trade.calls, quote.calls, quote.at_once, trade.at_once) == (30, 10, 5, None)
    assert 30 < trade.seconds <= 30 * 1.1
    assert 1 < quote.seconds <= 1.1
    assert trade.gap == pytest.approx(0.025)


@pytest.mark.parametrize(
    ("ages", "ahead", "due"),
    [
        ([], 0, 0.0),
        ([], 1, 1.0),
        ([], 3, 10.0),
        ([0.4], 0, 0.6),
        ([5.0], 0, 0.0),
        ([1.0, 2.0, 4.0], 0, 6.0),
        ([1.0, 2.0, 4.0], 1, 8.0),
        ([9.5, 9.6, 9.7], 0, 0.3),
    ],
)
def test_when_the_next_may_go(ages: list[float], ahead: int, due: float) -> None:
    assert Rate(3, 10.0, 1.0, None, "").due(ages, ahead) == pytest.approx(due)


@given(
    st.integers(1, 12),
    st.floats(0.1, 50),
    st.floats(0, 3),
    st.lists(st.floats(0, 4), min_size=1, max_size=60),
)
def test_requests_sent_when_due_keep_the_limit_and_lose_no_time(
    calls: int, seconds: float, gap: float, delays: list[float]
) -> None:
    rate = Rate(calls, seconds, gap, None, "")
    sent: list[float] = []
    now = 0.0
    for delay in delays:
        now += delay
        wait = rate.due([now - at for at in reversed(sent)])
        now += wait
        if wait:  # not a moment later than the limit asks
            reasons = [sent[-1] + gap, sent[-calls] + seconds if len(sent) >= calls else 0.0]
            assert now == pytest.approx(max(reasons))
        sent.append(now)
    assert all(later - sooner >= gap - 1e-6 for sooner, later in pairwise(sent))
    assert all(later - sooner >= seconds - 1e-6 for sooner, later in zip(sent, sent[calls:], strict=False))


@pytest.mark.parametrize(
    ("noted", "now", "since"),
    [
        ((1000.0, 50.0), (1007.0, 57.0), 7.0),  # nothing happened to the clocks
        ((1000.0, 50.0), (4607.0, 57.0), 7.0),  # the wall clock was set forward
        ((4600.0, 50.0), (1007.0, 57.0), 7.0),  # or back
        ((1000.0, 5000.0), (1007.0, 3.0), 7.0),  # the machine was started again
        ((1000.0, 5000.0), (900.0, 3.0), 0.0),  # both: nothing is known, so it counts as now
        ((1000.0, 50.0), (1007.0, 9000.0), 7.0),  # a longer uptime than before
    ],
)
def test_an_age_survives_what_is_done_to_clocks(
    noted: tuple[float, float], now: tuple[float, float], since: float
) -> None:
    assert age(noted, now) == since


@pytest.mark.parametrize("step", [3600.0, -3600.0])
def test_a_clock_that_is_set_does_not_open_the_window(
    step: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate = Rate(3, 0.6, 0.0, None, "")
    limiter = limiter_for(DIGEST, directory=tmp_path, rates={"trade": rate})
    for _ in range(3):
        with limiter.turn("trade"):
            pass
    begun, real = time.monotonic(), time.time
    monkeypatch.setattr(time, "time", lambda: real() + step)
    assert limiter.left() == {"trade": 0}
    with limiter.turn("trade"):
        assert 0.5 < time.monotonic() - begun < 10
    limiter.close()


# --- a turn -------------------------------------------------------------------------------------------


def test_turns_are_counted(tmp_path: Path) -> None:
    limiter = limiter_for(DIGEST, directory=tmp_path)
    assert limiter.left() == {"trade": 30, "quote": 10}
    for kind in ("trade", "trade", "quote", "none"):
        with limiter.turn(kind) as turn:
            turn.written()
    assert limiter.left() == {"trade": 28, "quote": 9}
    with pytest.raises(ZeroDivisionError), limiter.turn("trade"):
        raise ZeroDivisionError  # it may have been sent, so it counts
    assert limiter.left() == {"trade": 27, "quote": 9}
    limiter.close()


def test_another_account_has_a_quota_of_its_own_and_shares_the_keys(tmp_path: Path) -> None:
    one = limiter_for("paper", quote_digest="key", directory=tmp_path)
    two = limiter_for("live", quote_digest="key", directory=tmp_path)
    for kind in ("trade", "quote"):
        with one.turn(kind):
            pass
    assert two.left() == {"trade": 30, "quote": 9}
    one.close()
    two.close()


def test_an_unknown_kind_is_a_mistake(tmp_path: Path) -> None:
    limiter = fast(tmp_path)
    with pytest.raises(ValueError, match="no limit is called 'orders'"), limiter.turn("orders"):
        pass
    limiter.close()


def test_the_gate_opens_when_the_request_is_written(tmp_path: Path) -> None:
    limiter, other = fast(tmp_path), fast(tmp_path, patience=0.3)
    with limiter.turn("trade") as turn:
        with pytest.raises(RequestRefused, match="Nothing was sent"), other.turn("trade"):
            pass
        turn.written()
        turn.written()
        with other.turn("trade"):
            pass
    with other.turn("trade"):
        pass
    limiter.close()
    other.close()


def test_the_gap_counts_from_when_the_last_request_was_written(tmp_path: Path) -> None:
    limiter = limiter_for(DIGEST, directory=tmp_path, rates={"trade": Rate(30, 30.0, 0.2, None, "")})
    with limiter.turn("trade") as turn:
        time.sleep(0.15)
        turn.written()
        written = time.monotonic()
    with limiter.turn("trade") as turn:
        assert time.monotonic() - written >= 0.2
        assert turn.waited >= 0.15
    limiter.close()


def test_threads_go_one_by_one_in_the_order_they_came(tmp_path: Path) -> None:
    limiter = limiter_for(DIGEST, directory=tmp_path, rates={"trade": Rate(100, 60.0, 0.01, None, "")})
    order, inside, most = [], 0, 0
    lock = threading.Lock()

    def work(name: int) -> None:
        nonlocal inside, most
        for _ in range(5):
            with limiter.turn("trade") as turn:
                with lock:
                    inside += 1
                    most = max(most, inside)
                    order.append(name)
                time.sleep(0.001)
                with lock:
                    inside -= 1
                turn.written()

    threads = [threading.Thread(target=work, args=(name,)) for name in range(6)]
    (path,) = tmp_path.glob("*.db")
    with limiter.turn("trade"), closing(sqlite3.connect(path)) as db:
        for thread in threads:
            thread.start()
        while db.execute("SELECT count(*) FROM line").fetchone() != (6,):  # all of them are in line
            time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert most == 1
    assert sorted(order) == sorted([*range(6)] * 5)
    rounds = [set(order[at : at + 6]) for at in range(0, 30, 6)]
    assert all(len(names) >= 5 for names in rounds)
    limiter.close()


def test_only_so_many_quotes_are_under_way_at_once(tmp_path: Path) -> None:
    limiter = limiter_for(DIGEST, directory=tmp_path, rates={"quote": Rate(100, 1.0, 0.0, 5, "")})
    inside, most = 0, 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal inside, most
        with limiter.turn("quote") as turn:
            turn.written()
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.1)
            with lock:
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(15)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 5
    limiter.close()


# --- waits --------------------------------------------------------------------------------------------


def test_a_long_wait_is_shown_once(tmp_path: Path) -> None:
    shown: list[str] = []
    rate = Rate(1, 1.5, 0.0, None, "1 request in 1.5 seconds")
    limiter = limiter_for(DIGEST, directory=tmp_path, rates={"trade": rate}, notify=shown.append)
    with limiter.turn("trade"):
        pass
    assert shown == []
    with limiter.turn("trade") as turn:
        assert turn.waited > 1.2
    limiter.close()
    assert shown == ["Waiting 1 s for the broker's limit (1 request in 1.5 seconds)."]


def test_a_short_wait_is_not_shown(tmp_path: Path) -> None:
    shown: list[str] = []
    rates = {"trade": Rate(1, 0.3, 0.0, None, "")}
    limiter = limiter_for(DIGEST, directory=tmp_path, rates=rates, notify=shown.append)
    for _ in range(3):
        with limiter.turn("trade"):
            pass
    limiter.close()
    assert shown == []


def test_a_wait_beyond_patience_is_refused_at_once(tmp_path: Path) -> None:
    rates = {"trade": Rate(1, 60.0, 0.0, None, "1 request a minute")}
    limiter = limiter_for(DIGEST, directory=tmp_path, rates=rates, patience=30)
    with limiter.turn("trade"):
        pass
    begun = time.monotonic()
    with pytest.raises(RequestRefused, match=r"Nothing was sent: .*1 request a minute.* 30 s away"):
        limiter.turn("trade").__enter__()
    assert time.monotonic() - begun < 10
    assert limiter.left() == {"trade": 0}
    limiter.close()


def test_a_thread_is_stopped_by_its_event_and_leaves_its_place(tmp_path: Path) -> None:
    limiter = limiter_for(DIGEST, directory=tmp_path, rates={"trade": Rate(1, 1.0, 0.0, None, "")})
    stop = threading.Event()
    caught: list[Interrupted] = []
    with limiter.turn("trade"):
        pass

    def work() -> None:
        try:
            with limiter.turn("trade", stop=stop):
                pass
        except Interrupted as stopped:
            caught.append(stopped)

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.1)
    stop.set()
    thread.join(30)
    assert [stopped.in_flight for stopped in caught] == [False]
    with limiter.turn("trade") as turn:
        assert turn.waited < 1.8  # nobody is ahead
    limiter.close()


def test_what_notify_raises_leaves_the_line_clean(tmp_path: Path) -> None:
    def complain(text: str) -> None:
        raise ZeroDivisionError(text)

    rates = {"trade": Rate(1, 1.2, 0.0, None, "")}
    limiter = limiter_for(DIGEST, directory=tmp_path, rates=rates, notify=complain)
    other = limiter_for(DIGEST, directory=tmp_path, rates=rates)
    with limiter.turn("trade"):
        pass
    with pytest.raises(ZeroDivisionError), limiter.turn("trade"):
        pass
    with other.turn("trade") as turn:
        assert turn.waited < 1.9
    limiter.close()
    other.close()


def test_ctrl_c_at_any_instant_leaves_no_lock_behind(tmp_path: Path) -> None:
    limiter = limiter_for(DIGEST, directory=tmp_path, rates={"quote": Rate(10_000, 1.0, 0.0, 1, "")})
    (name,) = tmp_path.glob("*.db")
    seed = random.Random(20261122)

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    def strike(after: float) -> None:
        time.sleep(after)
        signal.pthread_kill(main, signal.SIGUSR1)

    main, before, hits = threading.get_ident(), signal.signal(signal.SIGUSR1, interrupt), 0
    try:
        for _ in range(soak(2000)):
            thread = threading.Thread(target=strike, args=(seed.uniform(0, 0.0012),))
            try:
                thread.start()
                try:
                    with limiter.turn("quote") as turn:
                        turn.written()
                finally:
                    thread.join()
            except KeyboardInterrupt:
                hits += 1
            thread.join()
            for suffix in (".gate", ".slot0"):
                latch = FileLock(name.with_suffix(suffix))
                assert latch.take(), f"{suffix} is still locked after {hits} interruptions"
                latch.release()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert hits > soak(2000) // 2
    other = limiter_for(DIGEST, directory=tmp_path, rates={"quote": Rate(10_000, 1.0, 0.0, 1, "")})
    with other.turn("quote") as turn:
        assert turn.waited < 10  # a place that was lost in the line lapses
    other.close()
    limiter.close()


# --- files --------------------------------------------------------------------------------------------


def test_files_are_private_and_name_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    limiter = limiter_for("the key itself")
    for kind in ("trade", "quote"):
        with limiter.turn(kind):
            pass
    limiter.close()
    folder = tmp_path / "jupyter-openapi" / "limits"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = list(folder.iterdir())
    assert {path.suffix for path in files} >= {".db", ".gate", ".slot0"}
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert "key" not in path.name
        assert b"the key itself" not in path.read_bytes()


def test_alone_it_shares_nothing_and_cleans_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    one, two = limiter_for(DIGEST, alone=True), limiter_for(DIGEST, alone=True)
    with one.turn("trade"):
        pass
    assert (one.left()["trade"], two.left()["trade"]) == (29, 30)
    one.close()
    two.close()
    assert len(list(tmp_path.iterdir())) == 2
    del one, two
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("break_it", ["folder", "database", "no locks", "deaf locks"])
def test_where_sharing_cannot_work_it_says_so(
    break_it: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "limits"
    if break_it == "folder":
        folder.write_text("a file", encoding="utf-8")
    elif break_it == "database":
        folder.mkdir()
        name = hashlib.sha256(DIGEST.encode()).hexdigest()[:24]
        (folder / f"trade-{name}.db").mkdir()
    elif break_it == "no locks":

        def refuse(descriptor: int, how: int) -> None:
            raise OSError(errno.ENOTSUP, "Operation not supported")

        monkeypatch.setattr(fcntl, "flock", refuse)
    else:
        monkeypatch.setattr(fcntl, "flock", lambda descriptor, how: None)
    with pytest.raises(LimitsUnavailable) as caught:
        limiter_for(DIGEST, directory=folder)
    message = str(caught.value)
    assert str(folder) in message
    assert "nothing was sent. Set XDG_STATE_HOME" in message
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_named_and_gets_no_substitute(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(descriptor: int, how: int) -> None:
        raise OSError(number, os.strerror(number))

    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    monkeypatch.setattr(fcntl, "flock", missing)
    with pytest.raises(LimitsUnavailable, match=re.escape(f"({os.strerror(number)}), so nothing was sent")):
        limiter_for(DIGEST, directory=tmp_path)
    assert list(tmp_path.iterdir()) == []  # a lock made of a file would outlive a killed process
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors


def test_a_lock_ends_with_its_process_and_not_with_a_child_of_it(tmp_path: Path) -> None:
    path = tmp_path / "gate"
    program = f"""
import os, pathlib, sys, time
from jupyter_openapi.storage import FileLock
lock = FileLock(pathlib.Path({str(path)!r}))
assert lock.take()
if not os.fork():
    lock.release()
    time.sleep(60)
print("held", flush=True)
time.sleep(60)
"""
    holder = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, encoding="utf-8", start_new_session=True
    )
    lock = FileLock(path)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert not lock.take()
        holder.kill()
        holder.wait()
        deadline = time.monotonic() + 30
        while not lock.take():  # its child, which lives on, holds nothing
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        lock.release()
        os.killpg(holder.pid, signal.SIGKILL)
        holder.wait()
        holder.stdout.close()


def test_a_database_that_stays_locked_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "PATIENCE", 0.1)
    limiter = fast(tmp_path)
    (path,) = tmp_path.glob("*.db")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(LimitsUnavailable, match=r"database is locked\), so nothing was sent"):
        limiter.turn("trade").__enter__()
    other.execute("ROLLBACK")
    other.close()
    with limiter.turn("trade"):
        pass
    limiter.close()


def test_a_request_on_its_way_is_not_disturbed_by_the_book(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(local, "PATIENCE", 0.1)
    limiter = fast(tmp_path)
    (path,) = tmp_path.glob("*.db")
    other = sqlite3.connect(path, isolation_level=None)
    with caplog.at_level(logging.WARNING), limiter.turn("trade") as turn:
        other.execute("BEGIN EXCLUSIVE")
        turn.written()
        answer = "read"
    other.execute("ROLLBACK")
    other.close()
    assert answer == "read"
    assert "was sent, but not noted" in caplog.text
    assert limiter.left() == {"trade": 999}
    with limiter.turn("trade"):
        pass
    assert limiter.left() == {"trade": 998}
    limiter.close()


@pytest.mark.parametrize(
    "content", [b"", b"not a database, but long enough to be read as one" * 99, b"\x00" * 5000]
)
@pytest.mark.parametrize("when", ["before", "while open"])
def test_a_damaged_file_is_made_anew(content: bytes, when: str, tmp_path: Path) -> None:
    limiter = fast(tmp_path)
    with limiter.turn("trade"):
        pass
    (path,) = tmp_path.glob("*.db")
    if when == "before":
        limiter.close()
    path.write_bytes(content)
    for _ in range(2):
        with limiter.turn("trade"):
            pass
    assert limiter.left()["trade"] in {997, 998}
    limiter.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_fork_shares_the_limit_and_not_the_connection(tmp_path: Path) -> None:
    limiter = fast(tmp_path)
    with limiter.turn("trade"):
        pass
    context = multiprocessing.get_context("fork")
    results = context.Queue()

    def work() -> None:
        for _ in range(5):
            with limiter.turn("trade"):
                pass
        results.put(limiter.left()["trade"])

    child = context.Process(target=work)
    child.start()
    for _ in range(5):
        with limiter.turn("trade"):
            pass
    child.join(60)
    assert child.exitcode == 0
    assert results.get(timeout=30) <= 994
    results.close()
    assert limiter.left() == {"trade": 989}
    limiter.close()


@pytest.mark.parametrize("cycle", [False, True])
def test_a_store_that_nobody_closed_closes_its_file(cycle: bool, tmp_path: Path) -> None:
    limiter = fast(tmp_path)
    with limiter.turn("trade"):
        pass
    (path,) = tmp_path.glob("*.db")

    def opened() -> int:
        return sum(os.path.realpath(each) == str(path) for each in Path("/proc/self/fd").iterdir())

    assert opened() == 1
    if cycle:
        limiter.itself = limiter
    del limiter
    gc.collect()  # Python 3.13 warns here of a connection that is collected open, and a warning is an error
    assert opened() == 0
