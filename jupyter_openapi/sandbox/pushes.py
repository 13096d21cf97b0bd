"""What is pushed: quotes, books, brokers and trades as the market moves, and orders as they are booked.

Every row is the REST handler's own, at the moment it is about. A quote push holds what changed since the one
before, and how much was traded since.
"""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any

from jupyter_openapi.protocol import commands as c
from jupyter_openapi.sandbox.dispatch import HANDLERS, World
from jupyter_openapi.sandbox.exchange.blotter import Booked
from jupyter_openapi.sandbox.handlers.orders import wire_order
from jupyter_openapi.sandbox.links import Link, push
from jupyter_openapi.sandbox.responses import number
from jupyter_openapi.sandbox.simulation.market import OrderBook
from jupyter_openapi.sandbox.simulation.securities import speaking
from jupyter_openapi.sandbox.websocket import SHARE

MOST_TRADES = 20_000
"""A clock that jumps further than this pushes the last ones."""

MOST_QUOTES = 1000
"""Prints that get a quote push each; the earlier ones of a longer jump share one."""

log = logging.getLogger("jupyter_openapi.sandbox")

OVERNIGHT = 3
_SESSIONS = (("pre_market_quote", 1), ("post_market_quote", 2), ("over_night_quote", OVERNIGHT))
_FIELDS = ("last_done", "open", "high", "low", "timestamp", "volume", "turnover", "trade_status")

Row = dict[str, Any]


class _FixedClock:
    """A clock that stands at `at`."""

    at = 0.0

    def now(self) -> float:
        return self.at


@dataclass
class _Symbol:
    """What subscribers of one symbol know: the last rows pushed, and up to when trades were."""

    at: float
    quotes: dict[int, Row]
    book: OrderBook
    depth: Row = field(default_factory=dict)
    brokers: Row = field(default_factory=dict)
    sequence: int = 0


class Publisher:
    """Pushes what changed to the links that subscribed to it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._links = world.links
        self._symbols: dict[str, _Symbol] = {}
        # The same world, seen at another time.
        self._clock = _FixedClock()
        self._then = copy.copy(world)
        self._then.clock = self._clock  # type: ignore[assignment]
        self._stale: set[str] = set()
        self._links.on_subscribe = self._first
        self._links.publish = self.publish
        self._links.publish_in_turns = self.publish_in_turns
        world.exchange.blotter.on_booked = self._booked

    def publish(self) -> None:
        """Push everything that happened up to now."""
        now = self._world.now()
        for symbol in self._wanted():
            self._catch_up(symbol, self._audience(symbol), now)
        self._forget()

    async def publish_in_turns(self) -> None:
        """Push everything that happened up to now, symbol by symbol, and let requests be answered in between.

        Each symbol is pushed up to the moment when its turn comes.
        """
        ends = time.monotonic() + SHARE
        for symbol in self._wanted():
            if links := self._audience(symbol):  # which may have gone meanwhile
                self._catch_up(symbol, links, self._world.now())
            if time.monotonic() > ends:
                await asyncio.sleep(0)
                ends = time.monotonic() + SHARE
        self._forget()

    def _wanted(self) -> list[str]:
        return list({symbol: None for link in self._links.of("quote") for symbol in link.subscribed})

    def _audience(self, symbol: str) -> list[Link]:
        return [link for link in self._links.of("quote") if symbol in link.subscribed]

    def _forget(self) -> None:
        """Forget the symbols that nobody wants any more."""
        wanted = set(self._wanted())
        self._stale &= wanted
        for symbol in self._symbols.keys() - wanted:
            del self._symbols[symbol]

    def _first(self, link: Link, wanted: dict[str, set[int]]) -> None:
        now = self._world.now()
        for symbol, kinds in wanted.items():
            self._catch_up(symbol, self._audience(symbol), now)
            known = self._symbols[symbol]
            if c.KINDS["quote"] in kinds:
                for session in _current(known.quotes, overnight=link.overnight):
                    self._send_quote([link], symbol, session, known.quotes[session], {})
            if c.KINDS["depth"] in kinds:
                self._send([link], symbol, c.PUSH_DEPTH, "PushDepth", known.depth)
            if c.KINDS["brokers"] in kinds:
                self._send([link], symbol, c.PUSH_BROKERS, "PushBrokers", known.brokers)

    def _catch_up(self, symbol: str, links: list[Link], now: float) -> None:
        book = self._world.market.book(symbol, now)
        known = self._symbols.get(symbol)
        if known is None:
            quotes = self._quotes(symbol, now)
            known = self._symbols[symbol] = _Symbol(now, quotes, book, sequence=int(now * 1e6))
            known.depth, known.brokers = self._row("depth", symbol), self._row("brokers", symbol)
            return
        if now > known.at and book != known.book:
            self._trades(symbol, known, links, now)
        known.at = now
        if book != known.book or symbol in self._stale:
            known.book = book
            self._stale.discard(symbol)
            self._books(symbol, known, links)

    def _trades(self, symbol: str, known: _Symbol, links: list[Link], now: float) -> None:
        """Push the prints since the last look, each with the quote as it then stood."""
        readers = self._readers(links, symbol, "trades")
        rows = self._since(symbol, known.at, now)
        prints = [(int(at), list(found)) for at, found in groupby(rows, key=lambda row: row["timestamp"])]
        skip = len(prints) - MOST_QUOTES
        for place, (at, found) in enumerate(prints):
            night = found[0]["trade_session"] == OVERNIGHT
            self._send(self._awake(readers, night=night), symbol, c.PUSH_TRADE, "PushTrade", {"trade": found})
            if place >= skip:
                self._quote(symbol, known, links, float(at), found[0]["trade_session"])

    def _since(self, symbol: str, start: float, now: float) -> list[Row]:
        count = 50
        while True:
            rows: list[Row] = self._at(now, "trades", {"symbol": symbol, "count": count})["trades"]
            if len(rows) < count or int(rows[0]["timestamp"]) <= start or count >= MOST_TRADES:
                return [row for row in rows if int(row["timestamp"]) > start]
            count *= 4

    def _quote(self, symbol: str, known: _Symbol, links: list[Link], at: float, session: int) -> None:
        row, before = self._quotes(symbol, at)[session], known.quotes.get(session, {})
        if row != before:
            known.quotes[session] = row
            readers = self._awake(self._readers(links, symbol, "quote"), night=session == OVERNIGHT)
            self._send_quote(readers, symbol, session, row, before)

    def _books(self, symbol: str, known: _Symbol, links: list[Link]) -> None:
        for kind, command, name in (
            ("depth", c.PUSH_DEPTH, "PushDepth"),
            ("brokers", c.PUSH_BROKERS, "PushBrokers"),
        ):
            row = self._row(kind, symbol)
            if row != getattr(known, kind):
                setattr(known, kind, row)
                self._send(self._readers(links, symbol, kind), symbol, command, name, row)

    def _readers(self, links: Iterable[Link], symbol: str, kind: str) -> list[Link]:
        return [link for link in links if c.KINDS[kind] in link.subscribed.get(symbol, ())]

    def _awake(self, links: list[Link], *, night: bool) -> list[Link]:
        return [link for link in links if link.overnight] if night else links

    def _quotes(self, symbol: str, at: float) -> dict[int, Row]:
        """Return the day's figures by session, without what a push doesn't have."""
        row = self._at(at, "quote", {"symbol": [symbol]})["secu_quote"][0]
        found = {0: {name: row[name] for name in _FIELDS}}
        for name, session in _SESSIONS:
            if name in row:
                found[session] = {field: row[name][field] for field in _FIELDS if field in row[name]}
        return found

    def _at(self, at: float, operation: str, fields: Row) -> Any:
        self._clock.at = at
        return HANDLERS[operation](self._then, fields)

    def _row(self, operation: str, symbol: str) -> Row:
        row: Row = HANDLERS[operation](self._world, {"symbol": symbol})
        return row

    def _send_quote(self, links: list[Link], symbol: str, session: int, row: Row, before: Row) -> None:
        changed = {name: value for name, value in row.items() if value != before.get(name)}
        # Clients take a push without its time for no update, so the time is in every one.
        changed |= {"timestamp": row["timestamp"], "trade_session": session}
        if before:
            changed |= _increase(row, before)
        self._send(links, symbol, c.PUSH_QUOTE, "PushQuote", changed)

    def _send(self, links: list[Link], symbol: str, command: int, name: str, values: Row) -> None:
        known = self._symbols[symbol]
        known.sequence += 1
        if links:
            frame = push(command, name, {**values, "symbol": symbol, "sequence": known.sequence})
            self._links.broadcast(links, frame)

    def _booked(self, changes: list[Booked]) -> None:
        try:
            self._push_orders(changes)
        except Exception:  # they are booked: nothing here may undo that
            log.exception("changes of orders could not be pushed")

    def _push_orders(self, changes: list[Booked]) -> None:
        """Push changes of orders that are booked; their books are looked at with the next tick."""
        links = [link for link in self._links.of("trade") if c.TOPIC in link.subscribed]
        for change in changes:
            self._stale.add(change.order.symbol)
            for language in {link.language for link in links}:
                with speaking(language):
                    data = {"event": "order_changed_lb", "data": order_fields(self._world, change)}
                text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
                values = {"topic": c.TOPIC, "content_type": 1, "dispatch_type": 1, "data": text.encode()}
                among = [link for link in links if link.language == language]
                self._links.broadcast(among, push(c.TRADE_PUSH, "Notification", values))


def _current(quotes: dict[int, Row], *, overnight: bool) -> list[int]:
    """Return the sessions a first push tells of: the regular one, then the one that came after it."""
    late = [session for session in quotes if session and (session != OVERNIGHT or overnight)]
    newest = max(late, key=lambda session: int(quotes[session]["timestamp"]), default=0)
    return [0, newest] if int(quotes[newest]["timestamp"]) > int(quotes[0]["timestamp"]) else [0]


def _increase(row: Row, before: Row) -> Row:
    """Return what was traded since; a new day begins from nothing."""
    volume, had = int(row["volume"]), int(before["volume"])
    turnover, spent = Decimal(row["turnover"] or 0), Decimal(before["turnover"] or 0)
    if volume < had:
        had, spent = 0, Decimal(0)
    return {
        "current_volume": volume - had,
        "current_turnover": number(turnover - spent) if volume > had else "",
    }


def order_fields(world: World, change: Booked) -> Row:
    """Return an order as a push has it: the list's fields, two of them renamed, and the fill that made it."""
    row = wire_order(change.order)
    names = (
        "side", "stock_name", "symbol", "order_type", "executed_quantity", "executed_price", "order_id",
        "currency", "status", "submitted_at", "updated_at", "trigger_price", "msg", "tag", "trigger_status",
        "trailing_amount", "trailing_percent", "limit_offset", "remark",
    )  # fmt: skip
    return {
        **{name: row[name] for name in names},
        "submitted_quantity": row["quantity"],
        "submitted_price": row["price"] or "0",
        "trigger_at": "" if row["trigger_at"] == "0" else row["trigger_at"],
        "account_no": f"LB{world.ring.keys.aaid}",
        "last_share": number(change.shares),
        "last_price": number(change.price),
        **({"multi_leg": row["multi_leg"]} if "multi_leg" in row else {}),
    }
