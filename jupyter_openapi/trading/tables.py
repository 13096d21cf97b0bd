"""The journal's tables, and the statements that write and read them.

Only names from this module are put into SQL text; values always travel as parameters.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jupyter_openapi.trading.intents import OPEN, Happened, Intended, Intent, masked

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

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

LAST = ", ".join(
    f"(SELECT {name} FROM events WHERE intent = i.id AND {name} IS NOT NULL ORDER BY id DESC LIMIT 1)"  # noqa: S608
    for name in KEPT
)
SELECT = f"""
SELECT i.*, last.state, last.at, (SELECT COUNT(*) FROM events WHERE intent = i.id AND state = 'sent'),
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
    """Return SQLite's number for a truth as one."""
    return None if value is None else bool(value)


def plain(value: Any) -> Any:
    """Return what SQLite stores for a fact, secrets masked."""
    value = masked(value)
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()  # half a surrogate pair is no text
    return value


def expect(facts: Mapping[str, Any], known: tuple[str, ...], needed: AbstractSet[str]) -> None:
    """Refuse names that have no column (headers, say), and facts without those that are needed."""
    if odd := sorted(set(facts) - set(known)):
        raise TypeError(f"the journal has no column for {', '.join(odd)}")
    if missing := sorted(name for name in needed if facts.get(name) is None):
        raise TypeError(f"the journal needs {', '.join(missing)}")
