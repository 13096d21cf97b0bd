"""A client's streams: makes subscriptions, and starts the engine that carries them with the first."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from jupyter_openapi.errors import RequestRefused, did_you_mean, short
from jupyter_openapi.market.symbols import parse
from jupyter_openapi.messages import _, commas
from jupyter_openapi.protocol.commands import KINDS, MOST_SYMBOLS
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.check import texts
from jupyter_openapi.spec.values import to_wire
from jupyter_openapi.stream.consumers import LINK, News
from jupyter_openapi.stream.engine import Engine
from jupyter_openapi.stream.events import DEPTH, QUOTE
from jupyter_openapi.stream.gateway import LIVE, Source
from jupyter_openapi.stream.order_book import OrderBook, as_listed
from jupyter_openapi.stream.subscription import Subscription
from jupyter_openapi.stream.subscriptions import CandleSubscription, OrderSubscription, QuoteSubscription
from jupyter_openapi.stream.tables import quote_row

Carried = QuoteSubscription | OrderSubscription


class Live:
    """The streams of one client; safe to use from several threads and after a fork."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._news = News()
        self._engine: Engine | None = None
        self._lock = threading.Lock()

    def subscribe(self, symbols: str | Iterable[str], kinds: tuple[str, ...], buffer: int) -> Subscription:
        """Subscribe to symbols; kinds are ``quote`` (the default), ``depth``, ``brokers``, ``trades``."""
        wanted = _symbols(symbols)
        for kind in texts("kinds", kinds):
            if kind not in KINDS:
                raise RequestRefused(
                    _("There is no kind {kind!r}: type {kinds}. {hint}")
                    .format(kind=short(kind, 40), kinds=commas(KINDS), hint=did_you_mean(str(kind), KINDS))
                    .strip()
                )
        chosen = tuple(dict.fromkeys(kinds)) or ("quote",)
        return self._carried(lambda engine: QuoteSubscription(engine, wanted, chosen, buffer))

    def subscribe_orders(self, buffer: int) -> Subscription:
        """Subscribe to the changes of the account's orders."""
        return self._carried(lambda engine: OrderSubscription(engine, buffer))

    def subscribe_candlesticks(self, symbol: str, period: str, sessions: str) -> Subscription:
        """Subscribe to the candles of a symbol."""
        (name,) = _symbols([symbol])
        known = {parameter.name: parameter for parameter in catalog().named("candlesticks").parameters}
        number = int(to_wire(known["period"], period))
        hours = int(to_wire(known["trade_session"], sessions))
        return self._carried(lambda engine: CandleSubscription(engine, name, number, hours, 10_000))

    def _carried(self, make: Callable[[Engine], Carried]) -> Subscription:
        while True:
            with self._lock:
                engine = self._engine
                if engine is None or engine.finished or engine.process != os.getpid():
                    engine = self._engine = Engine(self._source, self._news)
            subscription = make(engine)
            if engine.take(subscription):
                return subscription

    def report(self) -> list[dict[str, Any]]:
        """Return the state of each gateway that is in use."""
        engine = self._engine
        return [] if engine is None or engine.finished else engine.report()

    def subscriptions(self) -> list[Subscription]:
        """Return the subscriptions that are open."""
        engine = self._engine
        return [] if engine is None or engine.finished else engine.subscriptions()

    # what panels and waits use, whatever subscription it comes from; no I/O, and no link of their own

    @property
    def _running(self) -> Engine | None:
        engine = self._engine
        return None if engine is None or engine.finished or engine.process != os.getpid() else engine

    def listen(self, subjects: Iterable[str], wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` when there is news of a symbol, an order's id or ``orders``; return what ends it.

        It is called on the stream's thread, for every push: it must only note that there is news.
        """
        return self._news.listen(subjects, wake)

    def quote(self, symbol: str) -> tuple[dict[str, Any], float] | None:
        """Return a symbol's newest quote as REST has it, and when it came; None unless pushes come now."""
        engine = self._running
        event = None if engine is None else engine.quotes.current(QUOTE, symbol)
        if engine is None or event is None:
            return None
        row = quote_row(symbol, {0: event}, engine.quotes.previous_close.get(symbol, ""))
        return row, event.received

    def depth(self, symbol: str) -> Mapping[str, Any] | None:
        """Return a symbol's newest book as its pushes have it; None unless they come now."""
        engine = self._running
        event = None if engine is None else engine.quotes.current(DEPTH, symbol)
        return None if event is None else event.fields

    def orders(self, since: float = 0.0) -> dict[str, dict[str, Any]] | None:
        """Return the account's orders by id, with the names of a list; None unless nothing is missing.

        With `since` only those that changed after that moment of `time.monotonic`.
        """
        book = self._orders
        if book is None:
            return None
        return {
            order_id: as_listed(row)
            for order_id, row in list(book.orders.items())
            if book.heard.get(order_id, 0.0) >= since
        }

    def order(self, order_id: str) -> dict[str, Any] | None:
        """Return one of these orders; None if it is not among them, or something may be missing."""
        row = None if self._orders is None else self._orders.orders.get(order_id)
        return None if row is None else as_listed(row)

    @property
    def _orders(self) -> OrderBook | None:
        engine = self._running
        if engine is None or not engine.orders.current or engine.orders.state != LIVE:
            return None
        return engine.orders.book

    @contextmanager
    def order_news(self, order_id: str) -> Iterator[Callable[[float], Awaitable[bool | None]]]:
        """Listen for changes of an order; what is given waits for one, at most so many seconds.

        It returns True when there was news, False when there was none, and None at once while orders are not
        live.
        """
        loop, woken = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with suppress(RuntimeError):  # whoever waited is gone
                loop.call_soon_threadsafe(woken.set)

        async def news(seconds: float) -> bool | None:
            if not self._hears_orders():
                return None
            with suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), seconds)
            heard = woken.is_set()
            woken.clear()
            return heard

        end = self._news.listen([order_id, LINK], wake)
        try:
            yield news
        finally:
            end()

    def _hears_orders(self) -> bool:
        engine = self._running
        return engine is not None and engine.orders.state == LIVE

    def close(self) -> None:
        """Close all subscriptions, and wait for the links to close."""
        with self._lock:
            engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()


def _symbols(symbols: str | Iterable[str]) -> tuple[str, ...]:
    given = texts("symbols", symbols)
    if not given:
        raise RequestRefused(_("Nothing to subscribe to: give symbols, such as 700.HK."))
    found = tuple(dict.fromkeys(str(parse(symbol)) for symbol in given))
    if len(found) > MOST_SYMBOLS:
        raise RequestRefused(
            _("{count} symbols: at most {most} can be subscribed to.").format(
                count=len(found), most=MOST_SYMBOLS
            )
        )
    return found
