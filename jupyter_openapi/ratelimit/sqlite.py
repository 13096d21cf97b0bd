"""Store the limits on this machine: a small SQLite file and file locks in the user's state folder.

Why not a ready-made bucket: pyrate-limiter 4.5's SQLite bucket with its file lock kept the window, but it
notes when a request was allowed instead of when it was written, so requests of several processes came closer
than 20 ms; four processes were served one after another, the last when the others had finished; and 75
requests took 1.6 times as long as the limit asks, because each wait is up to 50 ms longer than it must. Here
four processes alternate, no gap is under 25 ms, and the same requests take 1.05 times as long.

Locks are the operating system's, so a killed kernel holds none. SQLite's belong to the process and are gone
when any descriptor of its file is closed, so nothing but SQLite opens it; the other locks (flock) are on
files of their own and belong to their descriptors. The file holds times only: losing it costs nothing but a
wait, therefore it is not synced to disk and is recreated when it is damaged or missing.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from jupyter_openapi.messages import _
from jupyter_openapi.ratelimit.rates import (
    CLASS,
    SIGN,
    SILENCE,
    LimitsUnavailable,
    QueuePosition,
    Rate,
    Urgency,
    age,
)
from jupyter_openapi.storage import FileLock, close_with, create_private, private_folder

PATIENCE = 5.0  # seconds for another process's transaction, which takes well under a millisecond
SCHEMA = """
CREATE TABLE IF NOT EXISTS written
    (entry INTEGER PRIMARY KEY AUTOINCREMENT, wall REAL, mono REAL, open INTEGER);
CREATE TABLE IF NOT EXISTS line (ticket INTEGER PRIMARY KEY AUTOINCREMENT, wall REAL, mono REAL);
CREATE TABLE IF NOT EXISTS numbers (number INTEGER PRIMARY KEY AUTOINCREMENT);
"""
T = TypeVar("T")

_STORES: weakref.WeakSet[SqliteStore] = weakref.WeakSet()


class SqliteStore:
    """Store of one limit, shared by all processes of this user that name the same folder.

    Raises
    ------
    LimitsUnavailable
        The folder can't be written, or SQLite or file locks don't work in it.
    """

    _db: sqlite3.Connection | None = None

    def __init__(self, folder: Path, name: str, rate: Rate, *, variable: str = "XDG_STATE_HOME") -> None:
        self.rate = rate
        self._variable = variable  # names the folder
        self._folder = folder
        self._name = name
        self._path = folder / f"{name}.db"
        self._seen: tuple[int, int] | None = None  # device and inode of the open file
        self._mutex = threading.RLock()
        with self._explained():
            private_folder(folder)
            self._probe()
        self.used()  # opens the file
        _STORES.add(self)

    def look(self, ticket: int | None, urgency: Urgency = Urgency.ORDER) -> QueuePosition:
        """Join the queue or keep one's place; see `LimitStore.look`."""

        def step(db: sqlite3.Connection) -> QueuePosition:
            now = time.time(), time.monotonic()
            line = db.execute("SELECT ticket, wall, mono FROM line").fetchall()
            alive = {other: since for other, *noted in line if (since := age(noted, now)) <= SILENCE}
            place = ticket
            if place is None:
                number = db.execute("INSERT INTO numbers VALUES (NULL)").lastrowid or 0
                db.execute("DELETE FROM numbers WHERE number < ?", (number,))
                place = urgency * CLASS + number
            if alive.get(place, SILENCE) > SIGN:
                # With its old number where it has one: a place is kept even after a silence.
                db.execute("INSERT OR REPLACE INTO line VALUES (?, ?, ?)", (place, *now))
            gone = [(other,) for other, *_ in line if other not in alive and other != place]
            if gone:
                db.executemany("DELETE FROM line WHERE ticket = ?", gone)
            return QueuePosition(place, sum(other < place for other in alive), self._ages(db, now))

        return self._transaction(step)

    def leave(self, ticket: int) -> None:
        """Leave the queue."""
        self._transaction(lambda db: db.execute("DELETE FROM line WHERE ticket = ?", (ticket,)))

    def gate(self) -> FileLock:
        """Return the lock that is held while a request is written."""
        return FileLock(self._folder / f"{self._name}.gate")

    def slot(self) -> FileLock:
        """Return the locks of which one is held until the answer is there."""
        count = self.rate.at_once or 0
        return FileLock(*(self._folder / f"{self._name}.slot{number}" for number in range(count)))

    def begin(self, ticket: int) -> tuple[int | None, float]:
        """Enter a request if the rate allows it now; see `LimitStore.begin`."""

        def step(db: sqlite3.Connection) -> tuple[int | None, float]:
            now = time.time(), time.monotonic()
            db.execute("UPDATE written SET wall = ?, mono = ?, open = 0 WHERE open", now)
            wait = self.rate.due(self._ages(db, now))
            if wait > 0:
                return None, wait
            db.execute("DELETE FROM line WHERE ticket = ?", (ticket,))
            return db.execute("INSERT INTO written VALUES (NULL, ?, ?, 1)", now).lastrowid, 0.0

        return self._transaction(step)

    def settle(self, entry: int) -> None:
        """Note that the request was written now."""
        values = (time.time(), time.monotonic(), entry)
        self._transaction(
            lambda db: db.execute("UPDATE written SET wall = ?, mono = ?, open = 0 WHERE entry = ?", values)
        )

    def used(self) -> int:
        """Return how many requests stand in the window."""
        return self._transaction(lambda db: len(self._ages(db, (time.time(), time.monotonic()))))

    def close(self) -> None:
        """Close the file; it is opened again when it is needed."""
        with self._mutex:
            self._shut()

    def before_fork(self) -> None:
        """Wait for the end of a transaction: a child must not inherit SQLite's view of its locks."""
        self._mutex.acquire(timeout=PATIENCE)

    def after_fork(self) -> None:
        """Release in the parent what `before_fork` took."""
        with suppress(RuntimeError):
            self._mutex.release()

    def after_fork_in_child(self) -> None:
        """Start afresh in a child: SQLite's connections must not cross a fork, nor be closed after it."""
        self._db = None  # kept open by what would close it in the parent
        self._mutex = threading.RLock()

    def _ages(self, db: sqlite3.Connection, now: tuple[float, float]) -> list[float]:
        ages = []
        for entry, *noted in db.execute("SELECT entry, wall, mono FROM written").fetchall():
            since = age(noted, now)
            if since > max(self.rate.seconds, self.rate.gap):
                db.execute("DELETE FROM written WHERE entry = ?", (entry,))
            else:
                ages.append(since)
        return sorted(ages)

    def _transaction(self, step: Callable[[sqlite3.Connection], T]) -> T:
        """Run `step` alone among all threads and processes; a damaged file is recreated, once."""
        with self._explained(), self._mutex:
            try:
                return self._once(step)
            except sqlite3.DatabaseError as failure:
                if not _damaged(failure):
                    raise
            self._mend()
            return self._once(step)

    def _once(self, step: Callable[[sqlite3.Connection], T]) -> T:
        if self._db is not None and self._seen != self._identity():
            self._shut()  # removed or replaced: the others count in the new one
        if self._db is None:
            self._db = self._open()
            self._seen = self._identity()
        db = self._db
        try:
            db.execute("BEGIN IMMEDIATE")
            result = step(db)
            db.execute("COMMIT")
        finally:
            if db.in_transaction:  # an error, or Ctrl-C
                db.rollback()
        return result

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _open(self) -> sqlite3.Connection:
        path = create_private(self._path)
        db = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        self._closing = close_with(self, db)  # at once: Ctrl-C may come at any line
        try:
            db.execute("PRAGMA journal_mode = TRUNCATE").close()
            db.execute("PRAGMA synchronous = OFF").close()
            for statement in SCHEMA.split(";"):
                db.execute(statement)
        except BaseException:
            self._closing()
            raise
        return db

    def _shut(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            self._closing()

    def _mend(self) -> None:
        """Replace a damaged file, one process at a time; those who come later find it whole."""
        self._shut()
        latch = FileLock(self._folder / f"{self._name}.mend")
        deadline = time.monotonic() + PATIENCE
        try:
            while not latch.take():
                if time.monotonic() > deadline:
                    raise sqlite3.OperationalError("damaged, and another process is still mending it")
                time.sleep(0.01)
            if not self._whole():
                self._shut()
                self._path.unlink(missing_ok=True)
                self._path.with_name(f"{self._path.name}-journal").unlink(missing_ok=True)
        finally:
            latch.release()

    def _whole(self) -> bool:
        try:
            return self._once(lambda db: db.execute("PRAGMA quick_check").fetchall()) == [("ok",)]
        except sqlite3.DatabaseError as failure:
            if not _damaged(failure):
                raise
            return False

    def _probe(self) -> None:
        """Make sure that file locks work here: on some network folders they fail, or exclude nothing."""
        path = self._folder / f"{self._name}.probe{os.getpid()}-{threading.get_ident()}"
        first, second = FileLock(path), FileLock(path)
        try:
            if not first.take() or second.take():
                raise NotImplementedError("file locks don't hold here")
        finally:
            second.release()
            first.release()
            path.unlink(missing_ok=True)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error, NotImplementedError) as failure:
            reason = (failure.strerror if isinstance(failure, OSError) else None) or str(failure)
        else:
            return
        raise LimitsUnavailable(
            _(
                "The broker's limits can't be shared between kernels in {folder} ({reason}), so nothing was "
                "sent. Set {variable} to a folder on this machine's own disk and restart the kernel."
            ).format(folder=self._folder, reason=reason, variable=self._variable)
        )


def _damaged(failure: sqlite3.DatabaseError) -> bool:
    # An OperationalError is of the surroundings (locked, read-only, full), unless a table is missing;
    # its base class alone is of the file's content.
    return type(failure) is sqlite3.DatabaseError or "no such table" in str(failure)


def _each(step: Callable[[SqliteStore], None]) -> Callable[[], None]:
    def hook() -> None:
        for store in list(_STORES):
            step(store)

    return hook


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_each(SqliteStore.before_fork),
        after_in_parent=_each(SqliteStore.after_fork),
        after_in_child=_each(SqliteStore.after_fork_in_child),
    )
