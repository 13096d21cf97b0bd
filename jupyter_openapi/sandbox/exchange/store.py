"""Store the exchange's state: one SQLite file, one writer, one transaction per change.

WAL with ``synchronous=NORMAL``: a commit hands its pages to the operating system before the order is
acknowledged, so a killed process loses nothing that was acknowledged and never leaves half a change. Only a
power cut can take the last moments back (still whole transactions); a paper account is not worth an fsync
per order, which costs most of the 500 orders a second. The file is locked for as long as the program runs.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from decimal import Decimal
from operator import attrgetter
from pathlib import Path
from typing import Any

from jupyter_openapi.sandbox.exchange.model import FINAL, Event, Execution, Flow, Order, Position
from jupyter_openapi.storage import close_with, create_private

SCHEMA = 1
PAGE = 1024
"""Bytes of a page of a new file: a change touches seven or more, and each goes into the log whole."""
LOG = 8 << 20
"""Bytes of the log that are folded into the file at once; meanwhile, some 10 ms, nobody is answered."""
_COLUMNS = tuple(column.name for column in fields(Order))
_DECIMALS = frozenset(column.name for column in fields(Order) if "Decimal" in str(column.type))
_ORDER, _EVENT, _EXECUTION, _POSITION, _FLOW = (
    attrgetter(*(column.name for column in fields(kind)))
    for kind in (Order, Event, Execution, Position, Flow)
)
_FIXED = ("order_id", "submitted_at")
# An order that is kept already stays in its place: another row would touch more pages of the file.
_SAVE_ORDER = (
    f"insert into orders values ({', '.join('?' * len(_COLUMNS))}) on conflict (order_id) do update set "  # noqa: S608
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name not in _FIXED)
)
_FINAL = ", ".join(f"'{status}'" for status in sorted(FINAL))

_TABLES = f"""
create table if not exists settings (name text primary key, value text not null) without rowid;
create table if not exists orders ({", ".join(_COLUMNS).replace("order_id", "order_id text primary key", 1)});
create index if not exists orders_open on orders (order_id) where status not in ({_FINAL});
create index if not exists orders_time on orders (submitted_at);
create table if not exists events (
  seq integer primary key, order_id text not null, status text not null, price text, quantity text not null,
  msg text not null, at real not null);
create index if not exists events_order on events (order_id);
create table if not exists executions (
  seq integer primary key, trade_id text not null unique, order_id text not null, symbol text not null,
  side text not null, quantity text not null, price text not null, at real not null);
create index if not exists executions_order on executions (order_id);
create index if not exists executions_time on executions (at);
create table if not exists positions (
  symbol text primary key, quantity text, cost text, opening text, day text);
create table if not exists cash (currency text primary key, amount text not null);
create table if not exists flows (
  seq integer primary key, name text not null, amount text not null, currency text not null,
  symbol text not null, description text not null, at real not null);
create index if not exists flows_time on flows (at);
create table if not exists requests (id text primary key, order_id text not null, at real not null);
create index if not exists requests_time on requests (at);
create table if not exists examined (symbol text primary key, at real not null);
"""


Row = tuple[Any, ...]


class Busy(Exception):
    """Another sandbox has the database."""


class Store:
    """The database.

    Parameters
    ----------
    path
        The file; None keeps everything in memory.

    Raises
    ------
    Busy
        If another program holds the file.
    """

    def __init__(self, path: Path | None) -> None:
        # SQLite gives its log the mode of the file itself.
        name = str(create_private(path)) if path else ":memory:"
        self._db = sqlite3.connect(name, isolation_level=None, timeout=0.5, check_same_thread=False)
        self._closing = close_with(self, self._db)  # whichever thread lets go of the last reference
        try:
            self._db.execute(f"pragma page_size={PAGE}")
            self._db.execute("pragma locking_mode=exclusive")
            self._db.execute("pragma journal_mode=wal")
            self._db.execute("pragma synchronous=normal")
            size = self._db.execute("pragma page_size").fetchone()[0]
            self._db.execute(f"pragma wal_autocheckpoint={LOG // size}")
            self._db.executescript(f"begin immediate; {_TABLES} commit;")
        except sqlite3.OperationalError as error:
            self.close()
            raise Busy(str(error)) from error
        if self.setting("schema") is None:
            self.set_setting("schema", SCHEMA)

    def close(self) -> None:
        """Fold the log into the file and let it go."""
        self._closing()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything inside one change: all of it is kept, or none."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("begin immediate")
        try:
            yield
            self._db.execute("commit")
        except BaseException:
            self._db.execute("rollback")
            raise

    def clear(self) -> None:
        """Forget the account and all its orders; keys, seed and clock stay."""
        tables = ("orders", "events", "executions", "positions", "cash", "flows", "requests", "examined")
        for table in tables:
            self._db.execute(f"delete from {table}")  # noqa: S608
        self._db.execute("delete from settings where name in ('opened', 'watchlist', 'corporate actions')")

    def changes(self) -> int:
        """Return how many rows have been written since the start; two equal counts mean nothing was."""
        return self._db.total_changes

    # settings

    def setting(self, name: str) -> Any:
        """Return a kept value (JSON) or None."""
        row = self._db.execute("select value from settings where name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def set_setting(self, name: str, value: Any) -> None:
        """Keep a JSON value."""
        self._db.execute("insert or replace into settings values (?, ?)", (name, json.dumps(value)))

    # orders

    def save_order(self, order: Order) -> None:
        """Insert an order or overwrite it."""
        self._db.execute(_SAVE_ORDER, _texts(_ORDER(order)))

    def order(self, order_id: str) -> Order | None:
        """Return one order or None."""
        rows = self.orders("order_id = ?", (order_id,))
        return rows[0] if rows else None

    def open_orders(self) -> list[Order]:
        """Return what can still fill, oldest first."""
        return self.orders(f"status not in ({_FINAL}) order by priority")

    def orders(self, where: str, values: Iterable[Any] = ()) -> list[Order]:
        """Return orders by a condition written here in the sandbox, never by a client."""
        return [order_of(row) for row in self.rows(where, values)]

    def rows(self, where: str, values: Iterable[Any] = ()) -> list[Row]:
        """Return orders as they are kept, for `order_of`; equal rows are the same state of an order."""
        query = f"select {', '.join(_COLUMNS)} from orders where {where}"  # noqa: S608
        return self._db.execute(query, tuple(values)).fetchall()

    def last_order_id(self) -> int:
        """Return the greatest order number given so far, or 0 (all have 18 digits, so text sorts right)."""
        row = self._db.execute("select max(order_id) from orders").fetchone()
        return int(row[0] or 0)

    def last_priority(self) -> int:
        """Return the greatest time priority given so far."""
        return int(self._db.execute("select coalesce(max(priority), 0) from orders").fetchone()[0])

    def add_event(self, order_id: str, event: Event) -> None:
        """Append a line to an order's history."""
        self._db.execute(
            "insert into events (order_id, status, price, quantity, msg, at) values (?, ?, ?, ?, ?, ?)",
            (order_id, *_texts(_EVENT(event))),
        )

    def events(self, order_id: str) -> list[Event]:
        """Return an order's history, newest first, as the broker lists it."""
        query = "select status, price, quantity, msg, at from events where order_id = ? order by seq desc"
        rows = self._db.execute(query, (order_id,))
        return [
            Event(status, None if price is None else Decimal(price), Decimal(quantity), msg, at)
            for status, price, quantity, msg, at in rows
        ]

    # executions

    def add_execution(self, execution: Execution) -> None:
        """Append a fill."""
        self._db.execute(
            "insert into executions (trade_id, order_id, symbol, side, quantity, price, at)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            _texts(_EXECUTION(execution)),
        )

    def executions(self, where: str, values: Iterable[Any] = ()) -> list[Execution]:
        """Return fills by a condition written here in the sandbox."""
        columns = "trade_id, order_id, symbol, side, quantity, price, at"
        query = f"select {columns} from executions where {where}"  # noqa: S608
        return [
            Execution(trade, order, symbol, side, Decimal(quantity), Decimal(price), at)
            for trade, order, symbol, side, quantity, price, at in self._db.execute(query, tuple(values))
        ]

    def last_trade_stamp(self) -> int:
        """Return the nanoseconds in the newest trade id, or 0."""
        row = self._db.execute("select trade_id from executions order by seq desc limit 1").fetchone()
        return int(row[0].rpartition("-")[2]) if row else 0

    # money

    def save_position(self, position: Position) -> None:
        """Insert or overwrite a holding; an empty one goes."""
        if position.quantity:
            self._db.execute(
                "insert into positions values (?, ?, ?, ?, ?) on conflict (symbol) do update set"
                " quantity = excluded.quantity, cost = excluded.cost, opening = excluded.opening,"
                " day = excluded.day",
                _texts(_POSITION(position)),
            )
        else:
            self._db.execute("delete from positions where symbol = ?", (position.symbol,))

    def positions(self) -> dict[str, Position]:
        """Return the holdings by symbol, in the order they were opened."""
        rows = self._db.execute("select symbol, quantity, cost, opening, day from positions order by rowid")
        return {
            symbol: Position(symbol, Decimal(quantity), Decimal(cost), Decimal(opening), day)
            for symbol, quantity, cost, opening, day in rows
        }

    def save_cash(self, currency: str, amount: Decimal) -> None:
        """Keep a currency's balance."""
        self._db.execute("insert or replace into cash values (?, ?)", (currency, _text(amount)))

    def cash(self) -> dict[str, Decimal]:
        """Return the balances by currency."""
        rows = self._db.execute("select currency, amount from cash order by rowid")
        return {currency: Decimal(amount) for currency, amount in rows}

    def add_flow(self, flow: Flow) -> None:
        """Append a movement of cash."""
        self._db.execute(
            "insert into flows (name, amount, currency, symbol, description, at) values (?, ?, ?, ?, ?, ?)",
            _texts(_FLOW(flow)),
        )

    def flows(self, where: str, values: Iterable[Any] = ()) -> list[Flow]:
        """Return movements of cash by a condition written here in the sandbox."""
        query = f"select name, amount, currency, symbol, description, at from flows where {where}"  # noqa: S608
        return [
            Flow(name, Decimal(amount), currency, symbol, text, at)
            for name, amount, currency, symbol, text, at in self._db.execute(query, tuple(values))
        ]

    # requests

    def remember_request(self, request_id: str, order_id: str, at: float, since: float) -> None:
        """Keep which order a client_request_id made, and forget those from before `since`."""
        self._db.execute("delete from requests where at < ?", (since,))
        self._db.execute("insert or replace into requests values (?, ?, ?)", (request_id, order_id, at))

    def request(self, request_id: str, since: float) -> str | None:
        """Return the order a client_request_id made since then, or None."""
        query = "select order_id from requests where id = ? and at >= ?"
        row = self._db.execute(query, (request_id, since)).fetchone()
        return row[0] if row else None

    # how far the market has been read

    def save_examined(self, symbol: str, at: float) -> None:
        """Keep up to when a symbol's prices have been applied to its orders."""
        self._db.execute("insert or replace into examined values (?, ?)", (symbol, at))

    def examined(self) -> dict[str, float]:
        """Return up to when each symbol's prices have been applied."""
        return dict(self._db.execute("select symbol, at from examined").fetchall())


def _text(value: Any) -> Any:
    return format(value, "f") if isinstance(value, Decimal) else value


def _texts(values: Iterable[Any]) -> list[Any]:
    return [format(value, "f") if isinstance(value, Decimal) else value for value in values]


def order_of(row: Row) -> Order:
    """Return the order that a row keeps."""
    values = dict(zip(_COLUMNS, row, strict=True))
    for name in _DECIMALS:
        if values[name] is not None:
            values[name] = Decimal(values[name])
    values["rising"] = bool(values["rising"])
    return Order(**values)
