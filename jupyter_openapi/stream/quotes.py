"""The quote gateway: what is wanted of it, what has come, and who is told."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from jupyter_openapi.errors import OpenAPIError
from jupyter_openapi.protocol import ProtocolError, message
from jupyter_openapi.protocol import commands as c
from jupyter_openapi.protocol.shapes import Shaped
from jupyter_openapi.stream.consumers import News
from jupyter_openapi.stream.events import (
    DEPTH,
    QUOTE,
    RESET,
    SESSIONS,
    SIDES,
    TRADES,
    Event,
    whole_quote,
    whole_sides,
)
from jupyter_openapi.stream.gateway import LIVE, Gateway, Source
from jupyter_openapi.stream.link import Link, LostError, Refusal
from jupyter_openapi.stream.settings import Bucket

Wish = tuple[str, str]
"""A symbol and a kind."""

Row = dict[str, Any]

_KINDS = {number: kind for kind, number in c.KINDS.items()}
_PUSHES = {
    c.PUSH_QUOTE: ("quote", message("PushQuote")),
    c.PUSH_DEPTH: ("depth", message("PushDepth")),
    c.PUSH_BROKERS: ("brokers", message("PushBrokers")),
    c.PUSH_TRADE: ("trades", message("PushTrade")),
}
_QUOTES = Shaped(message("PushQuote"))
_SYMBOL_TAG = 0x0A
log = logging.getLogger(__name__)

_REVISED = 1  # the tag of a quote that was corrected after the close: not live


def _log_failure(task: asyncio.Task[None]) -> None:
    """Tell the log why values were not filled in: nobody waits for it."""
    if not task.cancelled() and (failure := task.exception()) is not None:
        log.debug("Quotes could not be filled in: %s: %s", type(failure).__name__, failure)


class Reader(Protocol):
    """A subscription as the gateway sees it."""

    wishes: frozenset[Wish]

    def deliver(self, event: Event) -> None:
        """Take an event."""

    def confirmed(self) -> None:
        """Note that the gateway has taken it."""

    def look(self, *, waited: bool = False) -> None:
        """Look whether all first values are there; `waited`: no more are waited for."""

    def refused(self, error: OpenAPIError) -> None:
        """Note that the gateway refused the subscription."""

    def gateway_changed(self) -> None:
        """Note that the gateway's state is another."""


class QuoteGateway(Gateway):
    """Quotes, books, brokers and trades for all subscriptions of a client.

    Attributes
    ----------
    latest
        The newest event by kind, symbol and trading session.
    previous_close, late
        By symbol what no push holds: the close of the day before, and the rows of other trading sessions.
    """

    name = "quote"

    def __init__(self, source: Source, news: News) -> None:
        super().__init__(source)
        self._news = news
        self.latest: dict[tuple[str, str, int], Event] = {}
        self.previous_close: dict[str, str] = {}
        self.late: dict[str, dict[int, Row]] = {}
        self._counts: Counter[Wish] = Counter()
        self._readers: dict[Wish, tuple[Reader, ...]] = {}
        self._all: list[Reader] = []
        self._taken: set[Wish] = set()  # what the gateway sends over this link, as far as we know
        self._first: set[Wish] = set()
        self._seen: set[tuple[str, int]] = set()  # other trading sessions of which a first value has come
        self._due: set[str] = set()  # symbols whose quotes are asked for
        self._buckets: dict[int, Bucket] = {}
        self._profiled = False
        self._turn = asyncio.Lock()

    def wanted(self) -> bool:
        """Tell whether anything is subscribed to."""
        return bool(self._all)

    async def add(self, reader: Reader) -> None:
        """Take a subscription: subscribe to what the gateway does not send yet."""
        self._all.append(reader)
        for wish in sorted(reader.wishes):
            self._counts[wish] += 1
            self._readers[wish] = (*self._readers.get(wish, ()), reader)
        self.start()
        failures = 0
        while self.link is not None and self.state == LIVE:
            async with self._turn:
                link = self.link
                if link is None or reader not in self._all or await self._offer(link, reader):
                    return
            failures += 1
            await asyncio.sleep(self.settings.backoff(failures))

    async def _offer(self, link: Link, reader: Reader) -> bool:
        """Subscribe to what a reader wants; return False if it is to be offered to the gateway again."""
        try:
            await self._subscribe(link, reader.wishes - self._taken)
        except Refusal as refusal:
            if refusal.passing:
                return False
            await self._drop(link, reader, refusal)
        except (LostError, ProtocolError):
            pass  # subscribed to with everything else, once there is a link again
        else:
            reader.confirmed()
        return True

    async def remove(self, reader: Reader) -> None:
        """Let a subscription go: unsubscribe from what nobody else needs."""
        if not self._forget(reader) or self.link is None or not self.wanted():
            return
        async with self._turn:
            if self.link is not None:
                await self._leave(self.link)

    async def _leave(self, link: Link) -> None:
        """Unsubscribe from what nobody wants."""
        gone = sorted(self._taken - self._counts.keys())
        with contextlib.suppress(Refusal, LostError, ProtocolError):
            await self._send(link, gone, subscribe=False)

    async def _drop(self, link: Link, reader: Reader, refusal: Refusal) -> None:
        self._forget(reader)
        reader.refused(self.explained(refusal))
        await self._leave(link)

    def _forget(self, reader: Reader) -> list[Wish]:
        if reader not in self._all:
            return []
        self._all.remove(reader)
        alone = []
        for wish in sorted(reader.wishes):
            self._counts[wish] -= 1
            left = tuple(other for other in self._readers.get(wish, ()) if other is not reader)
            if left:
                self._readers[wish] = left
                continue
            self._readers.pop(wish, None)
            del self._counts[wish]
            self._first.discard(wish)
            for session in range(4):
                self.latest.pop((wish[1], wish[0], session), None)
            if wish[1] == QUOTE:
                self.previous_close.pop(wish[0], None)
                self.late.pop(wish[0], None)
            alone.append(wish)
            self._news.tell(wish[0])
        return alone

    async def restore(self, link: Link) -> None:
        """Ask for the limits once, and subscribe to everything, each with a first push."""
        if not self._profiled:
            body = message("UserQuoteProfileRequest").encode({"language": self.source.language})
            profile = message("UserQuoteProfileResponse").decode(await link.request(c.PROFILE, body))
            for row in profile["rate_limit"]:
                self._buckets[row["command"]] = Bucket(row["limit"], row["burst"])
            self._profiled = True
        self._taken.clear()
        self._due.clear()
        async with self._turn:
            try:
                # What is subscribed to while this waits for the gateway is part of it: it is confirmed below.
                while missing := self._counts.keys() - self._taken:
                    await self._subscribe(link, missing)
            except Refusal as refusal:
                if refusal.passing:
                    raise
                await self._restore_each(link)
        for reader in list(self._all):
            reader.confirmed()

    async def _restore_each(self, link: Link) -> None:
        """Find out whose subscription it is that the gateway refuses."""
        last: Refusal | None = None
        done: list[Reader] = []
        while reader := next((each for each in self._all if each not in done), None):
            done.append(reader)
            try:
                await self._subscribe(link, reader.wishes - self._taken)
            except Refusal as refusal:
                if refusal.passing:
                    raise
                last = refusal
                await self._drop(link, reader, refusal)
        if last is not None and not self._all:
            raise last

    async def compare(self, link: Link) -> bool:
        """Ask the gateway what it sends us, and make it what we want."""
        answer = await self.asked(link, c.SUBSCRIPTIONS)
        if answer is None:
            return False
        actual = {
            (row["symbol"], _KINDS[number])
            for row in message("SubscriptionResponse").decode(answer)["sub_list"]
            for number in row["sub_type"]
            if number in _KINDS
        }
        async with self._turn:
            forgotten = (self._taken - actual) & self._counts.keys()
            self._taken = actual
            await self._leave(link)
            try:
                await self._subscribe(link, self._counts.keys() - actual)
            except Refusal as refusal:
                if refusal.passing:  # the next comparison tries it again
                    return False
            for reader in list(self._all):
                await self._offer(link, reader)
        return bool(forgotten)

    async def _subscribe(self, link: Link, wishes: Iterable[Wish]) -> None:
        wanted = frozenset(wishes)
        if not wanted:
            return
        self._first |= wanted
        symbols = {symbol for symbol, kind in wanted if kind == QUOTE}
        self._seen = {seen for seen in self._seen if seen[0] not in symbols}
        await self._send(link, sorted(wanted), subscribe=True)
        self._due |= symbols - self.previous_close.keys()
        self._ask(link, sorted(symbols))
        asyncio.get_running_loop().call_later(self.settings.silent, self._fill, link, wanted)

    async def _send(self, link: Link, wishes: Iterable[Wish], *, subscribe: bool) -> None:
        kinds: dict[str, list[str]] = {}
        for symbol, kind in wishes:
            kinds.setdefault(symbol, []).append(kind)
        groups: dict[tuple[str, ...], list[str]] = {}
        for symbol, wanted in kinds.items():
            groups.setdefault(tuple(sorted(wanted)), []).append(symbol)
        for group, symbols in groups.items():
            for start in range(0, len(symbols), c.MOST_SYMBOLS):
                some = symbols[start : start + c.MOST_SYMBOLS]
                values: Row = {"symbol": some, "sub_type": sorted(c.KINDS[kind] for kind in group)}
                sent = {(symbol, kind) for symbol in some for kind in group}
                if subscribe:
                    body = message("SubscribeRequest").encode({**values, "is_first_push": True})
                    await link.request(c.SUBSCRIBE, body)
                    self._taken |= sent
                else:
                    self._taken -= sent
                    await link.request(c.UNSUBSCRIBE, message("UnsubscribeRequest").encode(values))

    async def pull(
        self,
        command: int,
        values: Row,
        link: Link | None = None,
        arrived: Callable[[], None] | None = None,
    ) -> Row:
        """Ask for something over the link (the one given, or the present one), within the account's limits.

        `arrived` is called the moment the answer comes, between the pushes before and those after it.

        Raises
        ------
        Refusal, LostError
            It was refused, or there is no link.
        """
        pull = c.PULLS[command]
        if command in self._buckets:
            await self._buckets[command].take()
        link = link or self.link
        if link is None:
            raise LostError("the link is closed")
        body = message(pull.request).encode(values) if pull.request else b""
        return message(pull.response).decode(await link.request(command, body, arrived))

    # what comes

    def pushed(self, command: int, body: bytes) -> None:
        """Take a push: keep the newest state and tell who wants it."""
        known = _PUSHES.get(command)
        if known is None:
            return
        kind, decoder = known
        try:
            fields = self._quote(body) if kind == QUOTE else decoder.decode(body)
        except (ProtocolError, UnicodeDecodeError):
            return
        symbol = fields["symbol"]
        wish = (symbol, kind)
        readers = self._readers.get(wish)
        if readers is None:
            return
        if fields.get("tag") == _REVISED:
            return
        key = (kind, symbol, fields.get("trade_session", 0))
        snapshot = bool(self._first) and wish in self._first
        if snapshot:
            self._first.discard(wish)
        elif kind in SIDES and (before := self.latest.get(key)) is not None:
            fields = whole_sides(kind, before.fields, fields)
        if key[2]:
            snapshot = self._first_of_session(symbol, fields) or snapshot
        event = self.latest[key] = Event(kind, fields, time.time(), snapshot)
        for reader in readers:
            reader.deliver(event)
        if self._news.wakes:
            self._news.tell(symbol)

    def _first_of_session(self, symbol: str, fields: Row) -> bool:
        """Tell whether a quote outside regular hours is a first value, which comes after the regular one."""
        seen = symbol, fields["trade_session"]
        if seen in self._seen:
            return False
        self._seen.add(seen)
        return not fields["current_volume"]

    def _quote(self, body: bytes) -> Row:
        """Return the whole state after a push, which holds only what changed.

        The push is decoded onto a copy of the state before: what is absent stays. Which state that is depends
        on the symbol, which comes first in all pushes known, and on the session.
        """
        decoder = _QUOTES
        end = 2 + body[1] if len(body) > 2 and body[0] == _SYMBOL_TAG else 0
        before = self.latest.get((QUOTE, body[2:end].decode(), 0)) if end else None
        if before is not None:
            known = before.fields
            fields = decoder.decode(body, {**known, **RESET})
            if fields["trade_session"] == 0 and fields["symbol"] == known["symbol"]:
                if fields["volume"] < known["volume"]:
                    self._new_day(fields, known)
                return fields
        fields = decoder.decode(body)
        before = self.latest.get((QUOTE, fields["symbol"], fields["trade_session"]))
        return fields if before is None else whole_quote(before.fields, fields)

    def _new_day(self, fields: Row, known: Mapping[str, Any]) -> None:
        """Forget the close before yesterday's, and ask for yesterday's; no push holds it."""
        if fields["timestamp"] <= known["timestamp"]:  # an older push that came late
            return
        if self.previous_close.pop(fields["symbol"], None) is not None and self.link is not None:
            self._ask(self.link, [fields["symbol"]])

    def _fill(self, link: Link, wishes: frozenset[Wish]) -> None:
        """Ask for the quotes that did not come by themselves."""
        if link is self.link:
            late = {wish for wish in wishes if wish in self._first and wish in self._counts}
            self._due -= {symbol for symbol, _ in wishes}
            self._ask(link, sorted(symbol for symbol, kind in late if kind == QUOTE), wishes)

    def _ask(self, link: Link, symbols: list[str], waited: frozenset[Wish] = frozenset()) -> None:
        """Ask for quotes; of `waited` first values were waited for long enough."""
        if link is self.link:
            task = asyncio.get_running_loop().create_task(self._pull_quotes(link, symbols, waited))
            task.add_done_callback(_log_failure)

    async def _pull_quotes(self, link: Link, symbols: list[str], waited: frozenset[Wish]) -> None:
        for start in range(0, len(symbols), c.MOST_SYMBOLS):
            asked = {"symbol": symbols[start : start + c.MOST_SYMBOLS]}
            with contextlib.suppress(Refusal, LostError, ProtocolError):
                for row in (await self.pull(c.SECURITY_QUOTE, asked, link))["secu_quote"]:
                    self._pulled(row, waited)
        self._due.difference_update(symbols)
        for reader in list(self._all):
            reader.look(waited=bool(waited & reader.wishes))

    def _pulled(self, row: Row, waited: frozenset[Wish]) -> None:
        symbol = row["symbol"]
        wish = (symbol, QUOTE)
        if wish not in self._counts:
            return
        self.previous_close[symbol] = row["prev_close"]
        self.late[symbol] = {session: row[name] for session, name in SESSIONS.items() if row[name]}
        if wish not in waited or wish not in self._first:
            return
        self._first.discard(wish)
        fields = {field.name for field in message("PushQuote").fields}
        values = {**message("PushQuote").decode(b""), **{k: v for k, v in row.items() if k in fields}}
        event = Event(QUOTE, values, time.time(), snapshot=True, source="pull")
        self.latest[QUOTE, symbol, 0] = event
        for reader in self._readers.get(wish, ()):
            reader.deliver(event)

    def silent(self, wishes: Iterable[Wish]) -> list[Wish]:
        """Return those of which no first value has come; trades have none."""
        return [wish for wish in wishes if wish in self._first and wish[1] != TRADES]

    def waiting(self, wishes: Iterable[Wish]) -> bool:
        """Tell whether first values of these are still to come."""
        found = list(wishes)
        return bool(self.silent(found)) or any(symbol in self._due for symbol, kind in found if kind == QUOTE)

    def current(self, kind: str, symbol: str) -> Event | None:
        """Return the newest event of regular hours, if the link is live and the symbol is subscribed to."""
        wish = (symbol, kind)
        if self.state != LIVE or wish not in self._counts or wish in self._first:
            return None
        return self.latest.get((kind, symbol, 0))

    def known(self, wishes: Iterable[Wish]) -> list[Event]:
        """Return the newest events of these, as first values."""
        found = []
        for symbol, kind in sorted(wishes):
            if kind != TRADES:
                events = (self.latest.get((kind, symbol, session)) for session in range(4))
                found += [event.first() for event in events if event is not None]
        return found

    def changed(self) -> None:
        """Tell the subscriptions about the gateway's state, and whoever relies on its pushes."""
        for reader in list(self._all):
            reader.gateway_changed()
        for symbol in {symbol for symbol, _ in self._counts}:
            self._news.tell(symbol)


__all__ = ["DEPTH", "QUOTE", "QuoteGateway", "Reader", "Wish"]
