"""The journal: each order is on disk before its first byte leaves, and all that is learned of it later.

One SQLite file for all kernels of a user (`journal_file` opens it), appended to and never changed. Each step
is one short transaction, synced to disk before it returns. The rollback journal and not the write-ahead log,
so that no shared memory is needed; synchronous=EXTRA and not FULL, because in this mode only EXTRA also syncs
the removal of the rollback journal, without which a power cut right after a commit may undo it.

What goes wrong before a request leaves is a `RequestRefused`; afterwards it is `NotRecorded`, and the order
shows as sent until it is reconciled.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Unpack, get_args

from jupyter_openapi.errors import OpenAPIError, RequestRefused, sentence
from jupyter_openapi.messages import _
from jupyter_openapi.storage import data_folder
from jupyter_openapi.trading.intents import OPEN, Happened, Intended, Intent, State, masked
from jupyter_openapi.trading.journal_file import NOTHING_SENT, JournalFile, vanished

VERSION = 1
INTENDED = tuple(Intended.__annotations__)
HAPPENED = tuple(Happened.__annotations__)
NEEDED = frozenset({"account", "mode", "host", "kind", "operation", "method", "path"})
KEPT = ("order_id", "code", "http_status", "trace_id", "message", "how")  # as the last event that says it
NUMBERS = frozenset({"row", "attempt", "code", "http_status", "took_effect"})


def _columns(names: tuple[str, ...]) -> str:
    types = {name: "INTEGER" if name in NUMBERS else "TEXT" for name in names}
    return ", ".join(f"{name} {types[name]}{' NOT NULL' if name in NEEDED else ''}" for name in names)


SCHEMA = (
    f"""CREATE TABLE intents (
        id INTEGER PRIMARY KEY AUTOINCREMENT, created REAL NOT NULL, {_columns(INTENDED)})""",
    f"""CREATE TABLE events (
        id INTEGER PRIMARY KEY AUTOINCREMENT, intent INTEGER NOT NULL REFERENCES intents (id),
        at REAL NOT NULL, state TEXT NOT NULL, {_columns(HAPPENED)})""",
    "CREATE INDEX events_of ON events (intent)",
    "CREATE UNIQUE INDEX once ON intents (client_request_id, account) WHERE client_request_id IS NOT NULL",
    "CREATE INDEX of_cell ON intents (cell, fingerprint) WHERE cell IS NOT NULL",
    *(
        f"""CREATE TRIGGER {table}_{verb} BEFORE {verb} ON {table}
        BEGIN SELECT RAISE(ABORT, 'the journal is appended to, never changed'); END"""
        for table in ("intents", "events")
        for verb in ("UPDATE", "DELETE")
    ),
)

ADDED = ("source", "notebook", "last_price")  # later, at the end: the first files lack them
INDEX = "CREATE INDEX IF NOT EXISTS of_source ON intents (source, notebook) WHERE source IS NOT NULL"

LAST = ", ".join(
    f"(SELECT {name} FROM events WHERE intent = i.id AND {name} IS NOT NULL ORDER BY id DESC LIMIT 1)"  # noqa: S608
    for name in KEPT
)
# By name: a newer version of this package may have added columns to the file.
OWN = ", ".join(f"i.{name}" for name in ("id", "created", *INTENDED))
SELECT = f"""
SELECT {OWN}, last.state, last.at, (SELECT COUNT(*) FROM events WHERE intent = i.id AND state = 'sent'),
    {LAST}, last.took_effect
FROM intents i JOIN events last ON last.id = (SELECT MAX(id) FROM events WHERE intent = i.id)
"""  # noqa: S608
COLUMNS = ("id", "created", *INTENDED, "state", "at", "attempts", *KEPT, "took_effect")

IS_OPEN = f"last.state IN ({', '.join(repr(state) for state in sorted(OPEN))})"
# The broker did it, or may have.
PLACED = """(last.took_effect OR last.took_effect IS NULL)
    AND EXISTS (SELECT 1 FROM events WHERE intent = i.id AND state = 'sent')"""


def insert(db: sqlite3.Connection, table: str, columns: tuple[str, ...], row: list[Any]) -> int:
    """Add a row and return its number."""
    marks = ", ".join("?" * len(columns))
    text = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608
    return db.execute(text, row).lastrowid or 0


def intents(db: sqlite3.Connection, where: str, *values: object) -> list[Intent]:
    """Return the intents that fit a condition on ``i`` (the intent) and ``last`` (its last event)."""
    found = db.execute(f"{SELECT} WHERE {where} ORDER BY i.id", values).fetchall()
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in found]
    return [
        Intent(
            **{
                **row,
                "body": json.loads(row["body"]) if row["body"] is not None else None,
                "took_effect": truth(row["took_effect"]),
            }
        )
        for row in rows
    ]


def events(db: sqlite3.Connection, intent: int) -> list[dict[str, Any]]:
    """Return the events of an intent, oldest first."""
    columns = ("at", "state", *HAPPENED)
    text = f"SELECT {', '.join(columns)} FROM events WHERE intent = ? ORDER BY id"  # noqa: S608
    rows = [dict(zip(columns, row, strict=True)) for row in db.execute(text, (intent,)).fetchall()]
    return [{**row, "took_effect": truth(row["took_effect"])} for row in rows]


def truth(value: int | None) -> bool | None:
    """Return SQLite's number for true or false as a bool."""
    return None if value is None else bool(value)


def plain(value: Any) -> Any:
    """Return what SQLite stores for a fact, secrets masked."""
    if value is None or isinstance(value, int | float):
        return value
    value = masked(value)
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()  # half a surrogate pair is no text
    return value


def expect(facts: Mapping[str, Any], known: tuple[str, ...], needed: AbstractSet[str]) -> None:
    """Refuse names that have no column (headers, say), and facts without those that are needed."""
    if odd := sorted(set(facts) - set(known)):
        raise TypeError(_("the journal has no column for {odd}").format(odd=", ".join(odd)))
    if missing := sorted(name for name in needed if facts.get(name) is None):
        raise TypeError(_("the journal needs {missing}").format(missing=", ".join(missing)))


def _refuse_replaced(db: sqlite3.Connection, account: str, target: str, after: int) -> None:
    """Refuse a replace whose order another one has changed, or may have, since it was previewed."""
    where = "i.account = ? AND i.kind = 'replace' AND i.target = ? AND i.id > ? AND last.took_effect IS NOT 0"
    if intents(db, where, account, target, after):
        raise RequestRefused(
            _(
                "Nothing was sent: another replace of order {order_id} was sent after this one was "
                "previewed, and this one would undo it. Preview it again."
            ).format(order_id=target)
        )


PATIENCE = 10.0  # seconds for another kernel's transaction, which takes a few milliseconds
FAR_FUTURE = 1e12


class NotRecorded(OpenAPIError):
    """Something happened to an order that was sent, and could not be recorded in the journal."""


class Journal:
    """The record of orders; safe to use from several threads and processes.

    Every method but `record` raises `RequestRefused` when the file can't be used: it is locked, read-only,
    damaged or full, or a newer version made it.

    Parameters
    ----------
    path
        The file; ``journal.db`` in the user's data folder if not given. Nothing is touched before first use.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = data_folder() / "journal.db" if path is None else path
        self._file = JournalFile(self.path)
        self._whole = False

    def check(self) -> None:
        """Make sure that orders can be written down: the whole file is read once, and a lock is taken."""
        with self._explained(), self._transaction():
            pass

    def intend(self, *, after: int | None = None, **facts: Unpack[Intended]) -> Intent:
        """Write an intent down; when this returns it is on disk, and the request may be sent.

        Parameters
        ----------
        after
            Of a replace: the last replace of that order that was known when it was previewed.
        **facts
            See `Intended`; account, mode, host, kind, operation, method and path are needed.

        Raises
        ------
        RequestRefused
            It could not be written, its `client_request_id` was used before, or the order was replaced
            meanwhile. Nothing was sent.
        """
        expect(facts, INTENDED, NEEDED)
        now = time.time()
        row = [now, *(plain(facts.get(name)) for name in INTENDED)]
        with self._explained(), self._transaction() as db:
            again = facts.get("client_request_id")
            if again and intents(db, "i.account = ? AND i.client_request_id = ?", facts["account"], again):
                raise RequestRefused(
                    _(
                        "An order with client_request_id {again} is in the journal already; nothing was "
                        "sent. `%openapi journal` shows what became of it."
                    ).format(again=again)
                )
            if after is not None:
                _refuse_replaced(db, str(facts["account"]), str(facts.get("target")), after)
            number = insert(db, "intents", ("created", *INTENDED), row)
            insert(db, "events", ("intent", "at", "state"), [number, now, "intended"])
            return intents(db, "i.id = ?", number)[0]

    def record(self, intent: int, state: State, **facts: Unpack[Happened]) -> bool:
        """Add what happened to an intent; when this returns it is on disk.

        ``sent`` is recorded before each attempt, ``answered`` when the broker did it, ``refused`` when it or
        we certainly did not, ``unknown`` when it is not known, ``settled`` when that was found out later.
        Settling an intent that is not open any more does nothing: another kernel knew first.

        Returns
        -------
        bool
            Whether it was added.

        Raises
        ------
        RequestRefused
            ``sent`` could not be written: don't send.
        NotRecorded
            Another state could not be written.
        """
        if state not in get_args(State) or state == "intended":
            raise ValueError(_("no event is called {state!r}").format(state=state))
        expect(facts, HAPPENED, {"took_effect"} if state == "settled" else set())
        effect = {"answered": True, "refused": False}.get(state, facts.get("took_effect"))
        row = [intent, time.time(), state]
        row += [plain(effect if name == "took_effect" else facts.get(name)) for name in HAPPENED]
        try:
            with self._explained(), self._transaction() as db:
                if state == "settled" and not intents(db, f"i.id = ? AND {IS_OPEN}", intent):
                    return False
                insert(db, "events", ("intent", "at", "state", *HAPPENED), row)
        except RequestRefused as refused:
            if state == "sent":
                raise
            problem = str(refused)
        else:
            return True
        order = (
            _(" (order {order_id})").format(order_id=facts.get("order_id")) if facts.get("order_id") else ""
        )
        raise NotRecorded(
            _(
                "Order {intent} of the journal is {state}{order}, and this could not be written down: it "
                "shows as sent until `%openapi reconcile`. {problem}"
            ).format(
                intent=intent, state=state, order=order, problem=problem.replace(_(NOTHING_SENT), _("."))
            )
        )

    def open(self, account: str | None = None, *, mode: str | None = None, idle: float = 0.0) -> list[Intent]:
        """Return the intents whose outcome is not known, oldest first.

        Parameters
        ----------
        account, mode
            Of this account, of this mode only.
        idle
            Only those whose last event is so many seconds old: younger ones may be on their way right now.
        """
        return self._find(
            f"{IS_OPEN} AND last.at <= ? AND (? IS NULL OR i.account = ?) AND (? IS NULL OR i.mode = ?)",
            *(time.time() - idle if idle else FAR_FUTURE, account, account, mode, mode),
        )

    def replaces(self, account: str, target: str) -> list[Intent]:
        """Return the replaces of an order, oldest first."""
        return self._find("i.account = ? AND i.kind = 'replace' AND i.target = ?", account, target)

    def get(self, intent: int) -> Intent | None:
        """Return one intent by its number."""
        return next(iter(self._find("i.id = ?", intent)), None)

    def basket(self, basket: str) -> list[Intent]:
        """Return the intents of a basket, in the order of their rows."""
        return sorted(self._find("i.basket = ?", basket), key=lambda intent: (intent.row or 0, intent.id))

    def same_from_earlier_run(
        self, account: str, cell: str | None, run: str | None, fingerprint: str
    ) -> Intent | None:
        """Return the latest such order that an earlier run of the same cell placed, or may have placed.

        Parameters
        ----------
        cell, run
            The cell's id, and this run of it; without a cell nothing is the same.
        fingerprint
            See `intents.fingerprint`.
        """
        found = self._find(
            f"i.account = ? AND i.cell = ? AND i.fingerprint = ? AND i.run IS NOT ? AND {PLACED}",
            *(account, cell, fingerprint, run),
        )
        return found[-1] if found else None

    def sent_from_cell(
        self, account: str, mode: str, cell: str | None, source: str | None, notebook: str | None
    ) -> list[Intent]:
        """Return what cells of this id, or of this source and notebook, placed or may have; oldest first."""
        return self._find(
            f"i.account = ? AND i.mode = ? AND {PLACED} "
            "AND (i.cell = ? OR (i.source = ? AND i.notebook = ?))",
            *(account, mode, cell, source, notebook),
        )

    def rows(self, account: str | None = None, since: float | None = None) -> list[dict[str, Any]]:
        """Return the journal as rows for a frame, oldest first: one an intent, with its last known state.

        Parameters
        ----------
        account
            Of this account only.
        since
            Made at this Unix time or later.
        """
        found = self._find(
            "(? IS NULL OR i.account = ?) AND (? IS NULL OR i.created >= ?)", account, account, since, since
        )
        return [asdict(intent) for intent in found]

    def events(self, intent: int) -> list[dict[str, Any]]:
        """Return what happened to an intent, oldest first, as rows."""
        with self._explained(), self._transaction() as db:
            return events(db, intent)

    def _find(self, where: str, *values: object) -> list[Intent]:
        with self._explained(), self._transaction() as db:
            return intents(db, where, *values)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Run alone among all processes; what was written is on disk at the end, or nothing was."""
        whole = self._whole
        try:
            with self._file.transaction(self._prepare, PATIENCE) as db:
                yield db
        except BaseException:
            self._whole = whole  # tables that this transaction made are gone with it
            raise

    def _prepare(self, db: sqlite3.Connection) -> None:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise RequestRefused(
                _(
                    "A newer version of jupyter-openapi made the order journal {path}{nothing_sent} Type "
                    "`%pip install -U jupyter-openapi` and restart."
                ).format(path=self.path, nothing_sent=_(NOTHING_SENT))
            )
        if version == 0:
            if self._whole:
                raise vanished(self.path)
            if db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]:
                raise sqlite3.DatabaseError(_("it is some other program's file"))
            for statement in (*SCHEMA, INDEX):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {VERSION}")
        elif not self._whole:
            self._add_columns(db)
        if not self._whole:
            damage = db.execute("PRAGMA quick_check(1)").fetchone()[0]
            if damage != "ok":
                raise sqlite3.DatabaseError(damage)
            self._whole = True

    @staticmethod
    def _add_columns(db: sqlite3.Connection) -> None:
        """Add to an older file the columns that it lacks."""
        known = {row[1] for row in db.execute("PRAGMA table_info(intents)").fetchall()}
        for name in ADDED:
            if name not in known:
                db.execute(f"ALTER TABLE intents ADD COLUMN {name} TEXT")
        db.execute(INDEX)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as failure:
            reason, advice = _why(failure)
        else:
            return
        raise RequestRefused(
            sentence(
                _("The order journal {path} can't be used ({reason}){nothing_sent}").format(
                    path=self.path, reason=reason, nothing_sent=_(NOTHING_SENT)
                ),
                advice,
            )
        )


def _why(failure: sqlite3.Error | OSError) -> tuple[str, str]:
    """Say what is wrong with the file, and what to do."""
    if isinstance(failure, OSError):
        return failure.strerror or str(failure), _("Make its folder writable for yourself.")
    code = getattr(failure, "sqlite_errorcode", None)
    primary = code & 0xFF if code is not None else None
    if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return _("another program holds it"), _("Close that program, or try again.")
    if primary == sqlite3.SQLITE_FULL:
        return _("the disk is full"), _("Make room and try again.")
    if primary in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
        return str(failure), _("Make the file and its folder writable for yourself.")
    if primary == sqlite3.SQLITE_IOERR:
        return str(failure), _(
            "Its disk is full, failing or out of reach; set XDG_DATA_HOME to a local folder."
        )
    return str(failure), _("It is the record of your orders: move it away and keep it, then try again.")
