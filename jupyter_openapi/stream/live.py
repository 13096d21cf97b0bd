"""A client's streams: makes subscriptions, and starts the engine that carries them with the first."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from jupyter_openapi.errors import RequestRefused, did_you_mean
from jupyter_openapi.market.symbols import parse
from jupyter_openapi.messages import _
from jupyter_openapi.protocol.commands import KINDS, MOST_SYMBOLS
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.values import to_wire
from jupyter_openapi.stream.engine import Engine
from jupyter_openapi.stream.gateway import LIVE, Source
from jupyter_openapi.stream.subscription import Subscription
from jupyter_openapi.stream.subscriptions import CandleSubscription, OrderSubscription, QuoteSubscription

Carried = QuoteSubscription | OrderSubscription


class Live:
    """The streams of one client; safe to use from several threads and after a fork."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._engine: Engine | None = None
        self._lock = threading.Lock()

    def subscribe(self, symbols: str | Iterable[str], kinds: tuple[str, ...], buffer: int) -> Subscription:
        """Subscribe to symbols; kinds are ``quote`` (the default), ``depth``, ``brokers``, ``trades``."""
        wanted = _symbols(symbols)
        for kind in kinds:
            if kind not in KINDS:
                raise RequestRefused(
                    _("There is no kind {kind!r}: type {kinds}. {hint}")
                    .format(kind=kind, kinds=", ".join(KINDS), hint=did_you_mean(str(kind), KINDS))
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
                    engine = self._engine = Engine(self._source)
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

    @contextmanager
    def order_news(self, order_id: str) -> Iterator[Callable[[float], Awaitable[bool]]]:
        """Listen for changes of an order; what is given waits for one, at most so many seconds.

        It returns False at once while orders are not live.
        """
        engine, loop, woken = self._engine, asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with suppress(RuntimeError):  # whoever waited is gone
                loop.call_soon_threadsafe(woken.set)

        async def news(seconds: float) -> bool:
            if engine is None or engine.finished or engine.orders.state != LIVE:
                return False
            with suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), seconds)
            woken.clear()
            return True

        if engine is None or engine.process != os.getpid():
            engine = None
            yield news
            return
        engine.soon(engine.orders.watch, order_id, wake)
        try:
            yield news
        finally:
            engine.soon(engine.orders.unwatch, order_id, wake)

    def close(self) -> None:
        """Close all subscriptions, and wait for the links to close."""
        with self._lock:
            engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()


def _symbols(symbols: str | Iterable[str]) -> tuple[str, ...]:
    given = [symbols] if isinstance(symbols, str) else list(symbols)
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
