"""The quote gateway: what is wanted of it, what has come, and who is told."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any, Protocol

from jupyter_openapi.errors import OpenAPIError
from jupyter_openapi.protocol import ProtocolError, message
from jupyter_openapi.protocol import commands as c
from jupyter_openapi.protocol.shapes import Shaped
from jupyter_openapi.stream.events import DEPTH, QUOTE, TRADES, Event
from jupyter_openapi.stream.gateway import LIVE, Gateway, Source
from jupyter_openapi.stream.link import Link, LostError, Refusal
from jupyter_openapi.stream.news import News

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
_RESET = {
    "sequence": 0,
    "trade_status": 0,
    "trade_session": 0,
    "current_volume": 0,
    "current_turnover": "",
    "tag": 0,
}
"""Fields whose zero is a value, although it is not on the wire."""

log = logging.getLogger(__name__)

_REVISED = 1  # the tag of a quote that was corrected after the close: not live
_SIDES = {"depth": ("ask", "bid"), "brokers": ("ask_brokers", "bid_brokers")}


def _log_failure(task: asyncio.Task[None]) -> None:
    """Tell the log why values were not filled in: nobody waits for it."""
    if not task.cancelled() and (failure := task.exception()) is not None:
        log.debug("Quotes could not be filled in: %s: %s", type(failure).__name__, failure)


class Reader(Protocol):
    """A subscription as the gateway sees it."""

    wishes: frozenset[Wish]

    def deliver(self, event: Event) -> None:
        """Take an event."""

    def confirmed(self, *, filled: bool = False) -> None:
        """Note that the gateway has taken it; `filled`: no more first values are waited for."""

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
    """

    name = "quote"

    def __init__(self, source: Source, news: News) -> None:
        super().__init__(source)
        self._news = news
        self.latest: dict[tuple[str, str, int], Event] = {}
        self.previous_close: dict[str, str] = {}
        self._counts: Counter[Wish] = Counter()
        self._readers: dict[Wish, tuple[Reader, ...]] = {}
        self._all: list[Reader] = []
        self._first: set[Wish] = set()
        self._buckets: dict[int, Bucket] = {}
        self._profiled = False
        self._turn = asyncio.Lock()

    def wanted(self) -> bool:
        """Tell whether anything is subscribed to."""
        return bool(self._all)

    async def add(self, reader: Reader) -> None:
        """Take a subscription: subscribe to what nobody had before it."""
        self._all.append(reader)
        new = []
        for wish in sorted(reader.wishes):
            self._counts[wish] += 1
            if self._counts[wish] == 1:
                new.append(wish)
            self._readers[wish] = (*self._readers.get(wish, ()), reader)
        self.start()
        if self.link is None or self.state != "live":
            return
        async with self._turn:
            link = self.link
            if link is None or reader not in self._all:
                return
            try:
                await self._subscribe(link, new)
            except Refusal as refusal:
                self._drop(reader, self.explained(refusal))
            except (LostError, ProtocolError):
                return  # subscribed to with everything else, once there is a link again
            else:
                reader.confirmed()

    async def remove(self, reader: Reader) -> None:
        """Let a subscription go: unsubscribe from what nobody else needs."""
        alone = self._forget(reader)
        if not alone or self.link is None or not self.wanted():
            return
        async with self._turn:
            link = self.link
            gone = [wish for wish in alone if not self._counts[wish]]
            if link is not None and gone:
                with contextlib.suppress(Refusal, LostError, ProtocolError):
                    await self._send(link, gone, subscribe=False)

    def _drop(self, reader: Reader, error: OpenAPIError) -> None:
        self._forget(reader)
        reader.refused(error)

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
        async with self._turn:
            done: set[Wish] = set()
            try:
                # What is subscribed to while this waits for the gateway is part of it: it is confirmed below.
                while missing := sorted(self._counts.keys() - done):
                    await self._subscribe(link, missing)
                    done.update(missing)
            except Refusal:
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
                await self._subscribe(link, sorted(reader.wishes))
            except Refusal as refusal:
                last = refusal
                self._drop(reader, self.explained(refusal))
        if last is not None and not self._all:
            raise last

    async def compare(self, link: Link) -> bool:
        """Ask the gateway what it sends us, and make it what we want."""
        answer = message("SubscriptionResponse").decode(await link.request(c.SUBSCRIPTIONS))
        actual = {
            (row["symbol"], _KINDS[number])
            for row in answer["sub_list"]
            for number in row["sub_type"]
            if number in _KINDS
        }
        async with self._turn:
            wanted = set(self._counts)
            missing, extra = sorted(wanted - actual), sorted(actual - wanted)
            await self._subscribe(link, missing)
            await self._send(link, extra, subscribe=False)
        return bool(missing)

    async def _subscribe(self, link: Link, wishes: Iterable[Wish]) -> None:
        wishes = list(wishes)
        self._first.update(wishes)
        await self._send(link, wishes, subscribe=True)
        if wishes:
            asyncio.get_running_loop().call_later(self.settings.silent, self._fill, link)

    async def _send(self, link: Link, wishes: Iterable[Wish], *, subscribe: bool) -> None:
        kinds: dict[str, set[int]] = {}
        for symbol, kind in wishes:
            kinds.setdefault(symbol, set()).add(c.KINDS[kind])
        groups: dict[frozenset[int], list[str]] = {}
        for symbol, numbers in kinds.items():
            groups.setdefault(frozenset(numbers), []).append(symbol)
        for group, symbols in groups.items():
            for start in range(0, len(symbols), c.MOST_SYMBOLS):
                values: Row = {"symbol": symbols[start : start + c.MOST_SYMBOLS], "sub_type": sorted(group)}
                if subscribe:
                    body = message("SubscribeRequest").encode({**values, "is_first_push": True})
                    await link.request(c.SUBSCRIBE, body)
                else:
                    await link.request(c.UNSUBSCRIBE, message("UnsubscribeRequest").encode(values))

    async def pull(self, command: int, values: Row) -> Row:
        """Ask for something over the link, within the account's limits.

        Raises
        ------
        Refusal, LostError
            It was refused, or there is no link.
        """
        pull = c.PULLS[command]
        if command in self._buckets:
            await self._buckets[command].take()
        link = self.link
        if link is None:
            raise LostError("the link is closed")
        body = message(pull.request).encode(values) if pull.request else b""
        return message(pull.response).decode(await link.request(command, body))

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
        if kind == QUOTE:
            if fields["tag"] == _REVISED:
                return
            key = (kind, symbol, fields["trade_session"])
        else:
            key = (kind, symbol, 0)
            if kind in _SIDES and (before := self.latest.get(key)) is not None:
                fields = _merged_sides(kind, before, fields)
        snapshot = False
        if self._first and wish in self._first:
            self._first.discard(wish)
            snapshot = True
        event = self.latest[key] = Event(kind, fields, time.time(), snapshot)
        for reader in readers:
            reader.deliver(event)
        if self._news.wakes:
            self._news.tell(symbol)

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
            fields = decoder.decode(body, {**known, **_RESET})
            if fields["trade_session"] == 0 and fields["symbol"] == known["symbol"]:
                if fields["volume"] < known["volume"]:
                    self._new_day(fields["symbol"])
                return fields
        fields = decoder.decode(body)
        before = self.latest.get((QUOTE, fields["symbol"], fields["trade_session"]))
        return fields if before is None else _merged_quote(before.fields, fields)

    def _new_day(self, symbol: str) -> None:
        """Forget the close before yesterday's, and ask for yesterday's; no push holds it."""
        self.previous_close.pop(symbol, None)
        if self.link is not None:
            self._fill(self.link)

    def _fill(self, link: Link) -> None:
        """Ask for the quotes that did not come by themselves, and for what pushes do not hold."""
        if link is self.link:
            task = asyncio.get_running_loop().create_task(self._pull_quotes())
            task.add_done_callback(_log_failure)

    async def _pull_quotes(self) -> None:
        symbols = sorted({symbol for symbol, kind in self._counts if kind == QUOTE})
        silent = {symbol for symbol, kind in self._first if kind == QUOTE}
        wanted = [symbol for symbol in symbols if symbol in silent or symbol not in self.previous_close]
        for start in range(0, len(wanted), c.MOST_SYMBOLS):
            asked = {"symbol": wanted[start : start + c.MOST_SYMBOLS]}
            with contextlib.suppress(Refusal, LostError, ProtocolError):
                for row in (await self.pull(c.SECURITY_QUOTE, asked))["secu_quote"]:
                    self._pulled(row, silent)
        for reader in list(self._all):
            reader.confirmed(filled=True)

    def _pulled(self, row: Row, silent: set[str]) -> None:
        symbol = row["symbol"]
        self.previous_close[symbol] = row["prev_close"]
        wish = (symbol, QUOTE)
        if symbol not in silent or wish not in self._first:
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


class Bucket:
    """A limit of the account: `burst` requests at once, `rate` more each second."""

    def __init__(self, rate: int, burst: int) -> None:
        self._rate, self._burst = max(1, rate), max(1, burst)
        self._left, self._at = float(self._burst), time.monotonic()

    async def take(self) -> None:
        """Wait until one more request is allowed."""
        at = time.monotonic()
        self._left = min(float(self._burst), self._left + (at - self._at) * self._rate) - 1
        self._at = at
        if self._left < 0:
            await asyncio.sleep(-self._left / self._rate)


def _merged_quote(before: Any, values: Row) -> Row:
    return {**before, **{name: value for name, value in values.items() if value or name in _RESET}}


def _merged_sides(kind: str, before: Event, values: Row) -> Row:
    """Put the positions that were pushed in the place of the old ones; a whole side replaces all of them."""
    merged = dict(values)
    for side in _SIDES[kind]:
        rows = values[side]
        if len(rows) > 1 and [row["position"] for row in rows] == list(range(1, len(rows) + 1)):
            continue
        by_position = {row["position"]: row for row in before.fields[side]}
        by_position.update({row["position"]: row for row in rows})
        merged[side] = [by_position[position] for position in sorted(by_position)]
    return merged


__all__ = ["DEPTH", "QUOTE", "Bucket", "QuoteGateway", "Reader", "Wish"]
