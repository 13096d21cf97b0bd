"""The journal's SQLite file: opened by SQLite alone, with one connection a thread and none across a fork.

SQLite's locks are POSIX record locks, which belong to the process: closing any descriptor of the file drops
all of them, those that another thread's transaction relies on included. So nothing but SQLite ever opens the
file (it knows of its own descriptors and closes them late). It is made once, under a lock of a file beside
it, and its mode is set by its path. Connections stay open until their thread ends.

A file that was removed, emptied or replaced while in use is told by its device, inode and size, which are
compared before and after each transaction: what would be written to a removed file is lost.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from errno import EINVAL, EISDIR
from pathlib import Path

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.kernel import CHANCE
from jupyter_openapi.messages import N_, _
from jupyter_openapi.storage import FileLock, close_with, create_private, private_folder

NOTHING_SENT = N_(", so nothing was sent.")
PRAGMAS = ("synchronous = EXTRA", "fullfsync = ON", "foreign_keys = ON")
Prepare = Callable[[sqlite3.Connection], None]
NAP = 0.002  # seconds between two tries at the most, while another process is in its transaction


class _Turns:
    """A lock whose holder can't take it again before those who wait.

    A plain lock goes to the thread that releases and takes it in one breath, and the others starve.
    """

    def __init__(self) -> None:
        self._next, self._held = threading.RLock(), threading.RLock()

    def take(self, patience: float) -> bool:
        deadline = time.monotonic() + patience
        self.release()  # a thread takes no turn within its turn: Ctrl-C pressed again and again left that one
        try:
            try:
                return self._next.acquire(timeout=patience) and self._held.acquire(
                    timeout=max(0.0, deadline - time.monotonic())
                )
            finally:
                _release(self._next)
        finally:
            _release(self._next)

    def release(self) -> None:
        _release(self._held)


def _release(lock: threading.RLock) -> None:
    """Release a lock as often as this thread took it; what it does not hold stays as it is.

    To be called twice, in one finally clause within another: Ctrl-C comes at any line, and in here too.
    """
    with suppress(RuntimeError):
        while True:
            lock.release()


_alone = _Turns()  # taken for each transaction: threads of one process need not wait for SQLite


class _Connection:
    """A connection of one thread and process; closed when the thread ends."""

    __slots__ = ("__weakref__", "db", "process")

    def __init__(self, address: str) -> None:
        self.process = os.getpid()
        # What closes it is there before it is: Ctrl-C may come at any line.
        end = ExitStack()
        close_with(self, end)
        self.db: sqlite3.Connection = end.enter_context(
            closing(
                sqlite3.connect(address, timeout=0.0, isolation_level=None, check_same_thread=False, uri=True)
            )
        )


class JournalFile:
    """Runs transactions on one SQLite file, which is made when it is first used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int] | None = None
        self._thread = threading.local()

    @contextmanager
    def transaction(self, prepare: Prepare, patience: float) -> Iterator[sqlite3.Connection]:
        """Run alone among all processes; what was written is on disk at the end, or nothing was.

        `prepare` is called first within each transaction: it makes or checks the tables.

        Raises
        ------
        RequestRefused
            The file was removed, emptied or replaced since it was first used.
        sqlite3.Error, OSError
            It can't be used, or another process holds it for longer than `patience` seconds.
        """
        lock = _alone
        try:
            try:
                deadline = time.monotonic() + patience
                if not lock.take(patience):
                    raise _busy()
                with self._written(self._connection(prepare, deadline), prepare, deadline) as db:
                    yield db
                self._compare()
            finally:
                lock.release()
        finally:
            lock.release()

    @contextmanager
    def _written(
        self, db: sqlite3.Connection, prepare: Prepare, deadline: float
    ) -> Iterator[sqlite3.Connection]:
        """Write all of what is done with a connection, or nothing."""
        try:
            try:
                _roll_back(db)
                _patiently(db, "BEGIN IMMEDIATE", deadline)
                prepare(db)
                yield db
                _patiently(db, "COMMIT", deadline)
            except (sqlite3.Error, OSError):
                self._thread.connection = None
                db.close()
                raise
            finally:
                _roll_back(db)
        finally:
            _roll_back(db)

    def _connection(self, prepare: Prepare, deadline: float) -> sqlite3.Connection:
        held: _Connection | None = getattr(self._thread, "connection", None)
        if self._seen is not None:
            self._compare()
        if held is None or held.process != os.getpid():
            held = self._thread.connection = self._open(prepare, deadline)
        return held.db

    def _open(self, prepare: Prepare, deadline: float) -> _Connection:
        private_folder(self.path.parent)
        beside = FileLock(self.path.with_name(f"{self.path.name}.lock"))
        try:
            while not beside.take():
                if time.monotonic() > deadline:
                    raise _busy()
                time.sleep(NAP)
            create_private(self.path)
            mode = self.path.stat().st_mode
            if not stat.S_ISREG(mode):
                code = EISDIR if stat.S_ISDIR(mode) else EINVAL
                raise OSError(code, os.strerror(code), str(self.path))
            # mode=rw: SQLite itself never makes the file.
            address = f"{self.path.absolute().as_uri()}?mode=rw"
            opened = _Connection(address)
            try:
                for pragma in PRAGMAS:
                    _patiently(opened.db, f"PRAGMA {pragma}", deadline)
                _patiently(opened.db, "BEGIN IMMEDIATE", deadline)
                prepare(opened.db)
                _patiently(opened.db, "COMMIT", deadline)
                found = self.path.stat()
            except BaseException:
                opened.db.close()
                raise
        finally:
            beside.release()
        if self._seen is None:
            self._seen = found.st_dev, found.st_ino
        return opened

    def _compare(self) -> None:
        """Refuse a file that is not the one that was first used; keep others from reading it."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            found = None
        if found is None or not found.st_size or (found.st_dev, found.st_ino) != self._seen:
            raise vanished(self.path)
        if found.st_mode & 0o077 and os.name == "posix":
            self.path.chmod(0o600)
        if self.path.parent.stat().st_mode & 0o077:
            private_folder(self.path.parent)


def vanished(path: Path) -> RequestRefused:
    """Return the error for a journal that is not there any more."""
    return RequestRefused(
        _(
            "The order journal {path} was removed or emptied while it was in use, or another file was put in "
            "its place{nothing_sent} Put it back and restart the kernel, or restart it to begin a new one."
        ).format(path=path, nothing_sent=_(NOTHING_SENT))
    )


def _roll_back(db: sqlite3.Connection) -> None:
    """Undo what was not committed, if anything; called twice for the same reason as `_release`."""
    with suppress(sqlite3.Error):
        db.rollback()


def _patiently(db: sqlite3.Connection, statement: str, deadline: float) -> None:
    """Run a statement as soon as no other process is in the way."""
    while True:
        try:
            db.execute(statement).close()
        except sqlite3.OperationalError as failure:
            busy = (failure.sqlite_errorcode & 0xFF) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
            if not busy or time.monotonic() > deadline:
                raise
        else:
            return
        time.sleep(CHANCE.uniform(NAP / 4, NAP))


def _busy() -> sqlite3.OperationalError:
    failure = sqlite3.OperationalError("database is locked")
    failure.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return failure


def _before_fork() -> None:
    """Fork between transactions: a child must not inherit SQLite's view of locks that are held."""
    _alone.take(10.0)


def _after_fork() -> None:
    _alone.release()


def _after_fork_in_child() -> None:
    global _alone  # noqa: PLW0603 (its holder may be a thread that the child does not have)
    _alone = _Turns()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_child)
