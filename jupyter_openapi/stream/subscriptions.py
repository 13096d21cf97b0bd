"""The kinds of subscription: quotes and books, orders, candles."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_openapi.protocol import ProtocolError
from jupyter_openapi.protocol import commands as c
from jupyter_openapi.stream import candles, tables
from jupyter_openapi.stream.engine import Engine
from jupyter_openapi.stream.events import CANDLESTICK, DEPTH, ORDER, QUOTE, TRADES, Event
from jupyter_openapi.stream.gateway import CLOSED, LIVE, REFUSED
from jupyter_openapi.stream.link import LostError, Refusal
from jupyter_openapi.stream.order_book import as_listed
from jupyter_openapi.stream.quotes import Wish
from jupyter_openapi.stream.subscription import Subscription

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]

log = logging.getLogger(__name__)


class Newest(NamedTuple):
    """The newest of one symbol: its quotes by trading session, its book, and the close of the day before.

    `late` are the rows of other trading sessions, as they were asked for.
    """

    quotes: Mapping[int, Event]
    book: Event | None
    previous_close: str
    late: Mapping[int, Row] = MappingProxyType({})


class QuoteSubscription(Subscription):
    """Quotes, books, brokers or trades of some symbols."""

    def __init__(self, engine: Engine, symbols: tuple[str, ...], kinds: tuple[str, ...], buffer: int) -> None:
        super().__init__(engine, symbols, kinds, buffer)
        self.wishes: frozenset[Wish] = frozenset((symbol, kind) for symbol in symbols for kind in kinds)
        self.silent: list[str] = []
        self._kept: dict[str, Newest] = {}

    async def start(self) -> None:
        """Join the gateway."""
        await self._engine.quotes.add(self)

    async def stop(self) -> None:
        """Leave the gateway."""
        await self._engine.quotes.remove(self)

    def known(self) -> list[Event]:
        """Return the newest values."""
        return self._engine.quotes.known(self.wishes)

    def deliver(self, event: Event) -> None:
        """Give an event to every consumer."""
        for buffer in self._buffers:
            buffer.put(event)
        if event.snapshot:
            self.look()

    def confirmed(self) -> None:
        """Note that the gateway has taken it."""
        self._confirmed = True
        self.become(LIVE)
        self.look()

    def look(self, *, waited: bool = False) -> None:
        """Look whether all first values are there; `waited`: no more are waited for."""
        if not self._confirmed or self._ready.done():
            return
        if waited:
            silent = sorted({symbol for symbol, _ in self._engine.quotes.silent(self.wishes)})
            if silent and silent != self.silent:
                log.warning("no first values came for %s: such an account may get no pushes", silent)
            self.silent = silent
        if waited or not self._engine.quotes.waiting(self.wishes):
            self.ready()

    def gateway_changed(self) -> None:
        """Follow the gateway's state."""
        gateway = self._engine.quotes
        if gateway.state not in {LIVE, CLOSED}:
            self._confirmed = False
            self.become(gateway.state, gateway.error)

    def newest(self, symbol: str) -> Newest:
        """Return the newest events of a symbol, those before the close when closed; no I/O, no frame."""
        if symbol in self._kept:
            return self._kept[symbol]
        gateway = self._engine.quotes
        found = {session: gateway.latest.get((QUOTE, symbol, session)) for session in range(4)}
        quotes = {session: event for session, event in found.items() if event is not None}
        book = gateway.latest.get((DEPTH, symbol, 0))
        late = gateway.late.get(symbol, {})
        return Newest(quotes, book, gateway.previous_close.get(symbol, ""), late)

    def keep(self) -> None:
        """Keep the newest values: the gateway forgets those that nobody wants."""
        self._kept = {symbol: self.newest(symbol) for symbol in self.symbols}

    @property
    def latest(self) -> pd.DataFrame:
        """The newest quote of each symbol, a row each, with the best prices of the book if subscribed to."""
        rows, books, received = [], [], []
        for symbol in self.symbols:
            quotes, book, previous_close, late = self.newest(symbol)
            rows.append(tables.quote_row(symbol, quotes, previous_close, late))
            books.append(tables.best_prices(book))
            times = [event.received for event in (*quotes.values(), book) if event is not None]
            received.append(max(times, default=None))
        stale = [self.state != LIVE] * len(rows)
        return tables.latest_quotes(rows, books if DEPTH in self.kinds else None, stale, received)


class OrderSubscription(Subscription):
    """Changes of the account's orders."""

    def __init__(self, engine: Engine, buffer: int) -> None:
        super().__init__(engine, (), (ORDER,), buffer)
        self._kept: list[Row] | None = None

    async def start(self) -> None:
        """Join the gateway."""
        await self._engine.orders.add(self)

    async def stop(self) -> None:
        """Leave the gateway."""
        await self._engine.orders.remove(self)

    def keep(self) -> None:
        """Keep the orders: the gateway forgets them with its last subscription."""
        self._kept = list(self._engine.orders.book.orders.values())

    def known(self) -> list[Event]:
        """Return nothing: an order's state of before is no event."""
        return []

    def gateway_changed(self) -> None:
        """Follow the gateway's state."""
        gateway = self._engine.orders
        if gateway.state == REFUSED and gateway.error is not None:
            self.refused(gateway.error)
        elif gateway.state != CLOSED:
            self.become(gateway.state, gateway.error)

    @property
    def latest(self) -> pd.DataFrame:
        """Every order known, today's and those that changed, in the columns of `today_orders`."""
        orders = self._engine.orders.book.orders.values() if self._kept is None else self._kept
        rows = [as_listed(order) for order in list(orders)]
        return tables.latest_orders(rows)


class CandleSubscription(QuoteSubscription):
    """Candles of one symbol, built from its pushes.

    A bar whose beginning was not heard (the first one, and the one after an interruption) is asked for once
    more when it is over, so that a confirmed bar is the market's.
    """

    KEPT = 1000

    def __init__(self, engine: Engine, symbol: str, period: int, sessions: int, buffer: int) -> None:
        super().__init__(engine, (symbol,), (CANDLESTICK,), buffer)
        self.wishes = frozenset({(symbol, QUOTE), (symbol, TRADES)})
        self._period, self._sessions = period, sessions
        self._symbol = symbol
        self._builder: candles.Builder | None = None
        self._quote: Mapping[str, Any] | None = None  # as it was when the bars so far came
        self._bars: deque[Row] = deque(maxlen=self.KEPT)
        self._held: deque[Event] | None = (
            deque()
        )  # events that wait for a reply; None: they are taken at once
        self._task: asyncio.Task[None] | None = None

    def known(self) -> list[Event]:
        """Return the bar in progress."""
        builder = self._builder
        if builder is None or builder.bar is None:
            return []
        return [self._made(builder.bar.row(self._symbol, confirmed=False), snapshot=True)]

    def look(self, *, waited: bool = False) -> None:
        """Do nothing: it is ready when the bars so far are read."""

    def confirmed(self) -> None:
        """Read the bars so far once the gateway sends us the trades."""
        if not self._confirmed:
            self._confirmed = True
            self._held = deque() if self._held is None else self._held
            self._restart(self._seed())

    def _restart(self, work: Any) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = asyncio.get_running_loop().create_task(work)

    async def stop(self) -> None:
        """Leave the gateway."""
        if self._task is not None:
            self._task.cancel()
        await super().stop()

    async def _seed(self, tries: int = 1) -> None:
        gateway = self._engine.quotes
        try:
            index = False
            if self._builder is None:
                known = await gateway.pull(10, {"symbol": [self._symbol]})
                index = any(row["board"] in candles.INDEX_BOARDS for row in known["secu_static_info"])
            rows = await self._pull(self.KEPT, self._pass_over)
        except Refusal as refusal:
            if not refusal.passing:
                self.refused(gateway.explained(refusal))
                return
            await asyncio.sleep(gateway.settings.backoff(tries))
            self._restart(self._seed(tries + 1))
            return
        except (LostError, ProtocolError):
            self._confirmed = False
            return
        if self._builder is None:
            extended = self._sessions != 0
            self._builder = candles.Builder(self._symbol, self._period, extended=extended, index=index)
        self._bars = deque(rows, maxlen=self.KEPT)
        self._builder.begin(rows, self._quote)
        if self._builder.bar is not None:
            super().deliver(
                self._made(self._builder.bar.row(self._symbol, confirmed=False), snapshot=True, source="pull")
            )
        self.become(LIVE)
        self._release()
        self.ready()

    def _pass_over(self) -> None:
        """Leave out what was pushed before the bars came: it is in them."""
        if self._held is not None:
            self._held.clear()
        quote = self._engine.quotes.latest.get((QUOTE, self._symbol, 0))
        self._quote = None if quote is None else quote.fields

    async def _pull(self, count: int, arrived: Callable[[], None] | None = None) -> list[Row]:
        asked = {
            "symbol": self._symbol,
            "period": self._period,
            "count": count,
            "adjust_type": 0,
            "trade_session": self._sessions,
        }
        reply = await self._engine.quotes.pull(c.CANDLESTICKS, asked, arrived=arrived)
        return list(reply["candlesticks"])

    def deliver(self, event: Event) -> None:
        """Take a push of the quote gateway."""
        if event.kind == CANDLESTICK:
            super().deliver(event)
        elif self._held is not None:
            if len(self._held) < self._size:
                self._held.append(event)
        else:
            self._take(event)

    def _take(self, event: Event) -> None:
        builder = self._builder
        if builder is None:
            return
        if event.kind == QUOTE:
            made = list(builder.quote(dict(event.fields)))
        else:
            made = [bar for row in event.fields["trade"] for bar in builder.trade(row)]
        for place, (bar, confirmed) in enumerate(made):
            if confirmed and not bar.whole and self._period != candles.DAY:
                rest = made[place + 1 :]
                self._held = deque()
                self._restart(self._mend(bar, rest))
                return
            self._give(bar.row(self._symbol, confirmed=confirmed))

    async def _mend(self, bar: candles.Bar, rest: list[tuple[candles.Bar, bool]]) -> None:
        """Ask for a bar that was not heard whole, give it as confirmed, and go on."""
        row = bar.row(self._symbol, confirmed=True)
        try:
            newest = max((made.timestamp for made, _ in rest), default=bar.timestamp)
            between = (newest - bar.timestamp) // (60 * self._period)
            rows = await self._pull(min(self.KEPT, 10 + between))
            for found in rows:
                if found["timestamp"] == bar.timestamp:
                    row = candles.Bar.of(found).row(self._symbol, confirmed=True)
        except (Refusal, LostError, ProtocolError):
            pass
        self._give(row)
        for made, confirmed in rest:
            self._give(made.row(self._symbol, confirmed=confirmed))
        self._release()

    def _release(self) -> None:
        held = self._held or deque()
        self._held = None
        while held and not self._holding:
            self._take(held.popleft())
        if self._holding:  # another bar is asked for
            self._hold(held)

    @property
    def _holding(self) -> bool:
        return self._held is not None

    def _hold(self, events: deque[Event]) -> None:
        if self._held is not None:
            self._held.extend(events)

    def _give(self, row: Row) -> None:
        bars = self._bars
        if bars and bars[-1]["timestamp"] == row["timestamp"]:
            bars[-1] = row
        elif bars and bars[-1]["timestamp"] > row["timestamp"]:
            for place in range(len(bars) - 1, -1, -1):
                if bars[place]["timestamp"] == row["timestamp"]:
                    bars[place] = row
        else:
            bars.append(row)
        super().deliver(self._made(row))

    def _made(self, row: Row, *, snapshot: bool = False, source: str = "push") -> Event:
        return Event(CANDLESTICK, row, time.time(), snapshot, source)

    def gateway_changed(self) -> None:
        """Follow the gateway's state."""
        super().gateway_changed()
        if not self._confirmed and self._held is None:
            self._held = deque()

    def bars(self) -> list[Row]:
        """Return the bars so far, the one in progress last, as the wire has them; no I/O, no frame."""
        names = ("close", "open", "low", "high", "volume", "turnover", "timestamp", "trade_session")
        return [{name: row[name] for name in names} for row in list(self._bars)]

    @property
    def latest(self) -> pd.DataFrame:
        """The bars so far, the one in progress last, in the columns of `candlesticks`."""
        return tables.latest_candles(self.bars(), self._symbol)
