"""The sandbox's simulated market: last prices, quotes, books, trades and candles.

Every answer is a pure function of (seed, symbol, time): nothing runs in the background and nothing is kept,
so a restart, a jump of the clock or a second process sees the same market. The book is other people's
orders; what this account's own orders took from it is the exchange's affair.

Prices are `Decimal` on the tick in force that day, times are Unix seconds, volumes are shares.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache, partial
from itertools import pairwise
from typing import NamedTuple

from jupyter_openapi.market.symbols import Security
from jupyter_openapi.sandbox.simulation import candles as series
from jupyter_openapi.sandbox.simulation import patterns as noise
from jupyter_openapi.sandbox.simulation.candles import (
    NAMES,
    Candle,
    Extended,
    IntradayMinute,
    Window,
    figures,
    latest_window,
    money,
    price,
)
from jupyter_openapi.sandbox.simulation.price_path import Moment, Stretch
from jupyter_openapi.sandbox.simulation.securities import LISTED
from jupyter_openapi.sandbox.simulation.trading_days import Days, Mode, frame, local_day, previous

DEPTH = 10
_SPREAD = 0.00006  # usual part of the price between the best bid and ask, where a tick is finer than that
_DEEPER = 5  # what waits at a price, in usual prints


class Level(NamedTuple):
    """One price of the book, with the shares and the number of orders at it."""

    price: Decimal
    volume: int
    orders: int


class OrderBook(NamedTuple):
    """Ten prices a side, best first. It stands from `since` (Unix seconds) until the next trade."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    since: int


def order_book_at(key: int, market: str, stretch: Stretch, moment: Moment) -> OrderBook:
    """Return the book after the print at a moment: the last price is its best bid or its best ask.

    `key` makes the book the security's own. Next to the ladder's lowest price there are fewer bids.
    """
    since, rung = stretch.stamp(moment), stretch.rung(moment)
    chance = noise.stream(noise.bits(key, since), 2 + 4 * DEPTH)
    usual = stretch.units(rung) * _SPREAD / stretch.scale.tick(rung)
    spread = 1 + int(usual * chance[0] / 128) + (chance[0] < 24)
    bid = rung if chance[1] & 1 else rung - spread
    lots = _DEEPER * stretch.typical(moment) / stretch.lot

    def level(place: int, own: int, at: int) -> Level:
        size, crowd = chance[own], chance[own + 1]
        volume = 1 + int(lots * (0.6 + 0.4 * place) * (40 + size) / 96)
        orders = min(volume, 1 + place // 2 + crowd // 24)
        return Level(price(stretch.units(at), market), volume * stretch.lot, orders)

    places = range(DEPTH)
    bids = tuple(level(i, 2 + 2 * i, bid - i) for i in places if bid - i >= 0)
    asks = tuple(level(i, 2 + 2 * (DEPTH + i), bid + spread + i) for i in places)
    return OrderBook(bids, asks, since)


__all__ = ["Candle", "Extended", "IntradayMinute", "Level", "Market", "OrderBook", "Quote", "Tick"]

_LONG = 2 * 86_400  # a path over more than this is told in days
_DAY = timedelta(days=1)


class Tick(NamedTuple):
    """One trade. `direction` is 0 for neutral, 1 for down, 2 for up; `trade_session` as in the API."""

    price: Decimal
    volume: int
    timestamp: int
    direction: int
    trade_type: str
    trade_session: int


class Quote(NamedTuple):
    """A day's figures so far. `trade_status` is 0 (normal); the last three are None outside the US."""

    symbol: str
    last: Decimal
    prev_close: Decimal
    open: Decimal
    high: Decimal
    low: Decimal
    timestamp: int
    volume: int
    turnover: Decimal
    trade_status: int
    pre: Extended | None = None
    post: Extended | None = None
    overnight: Extended | None = None


class Market:
    """The market of one seed.

    Parameters
    ----------
    seed
        Any integer; another seed is another market. Closing prices meet each security's `ref_price` on
        2026-11-20 whatever the seed.
    securities
        What is listed, by symbol. Any other symbol raises `KeyError` in every method.
    sessions
        ``always`` (the default): prices move round the clock; a trading day is the market's calendar day,
        weekends and holidays included. ``real``: the exchanges' own sessions, half days and holidays; in
        between, the last price stands.

    Notes
    -----
    A minute has twenty prints, three seconds apart, that bounce between the bid and the ask.
    """

    def __init__(
        self, seed: int, *, securities: Mapping[str, Security] = LISTED, sessions: Mode = "always"
    ) -> None:
        self.seed, self.securities, self.sessions = seed, securities, sessions
        self._days = Days(seed, securities, sessions)
        self._book = lru_cache(maxsize=2048)(self._make_book)
        self._figures = lru_cache(maxsize=2048)(self._make_figures)
        # Everything in the market happens at whole seconds.
        self._quote = lru_cache(maxsize=1024)(self._make_quote)
        self._latest = lru_cache(maxsize=1024)(self._find_latest)
        self._last = lru_cache(maxsize=1024)(self._find_last)

    def day(self, symbol: str, at: float) -> date:
        """Return the trading day that a quote is about: the latest whose regular session had begun."""
        market = self.securities[symbol].market
        day = local_day(market, at)
        while not any(
            session == 0 and start <= at for _, session, start, _ in frame(market, day, self.sessions)
        ):
            day -= _DAY
        return day

    def last(self, symbol: str, at: float) -> Decimal:
        """Return the price of the last trade, whichever session it was in."""
        return self._last(symbol, int(at))

    def _find_last(self, symbol: str, at: int) -> Decimal:
        stretch, moment = self._now(symbol, at)
        return price(stretch.units(stretch.rung(moment)), self.securities[symbol].market)

    def prev_close(self, symbol: str, at: float) -> Decimal:
        """Return the closing price of the trading day before the one a quote is about."""
        return self._close_before(symbol, self.day(symbol, at))

    def quote(self, symbol: str, at: float) -> Quote:
        """Return the day's figures up to a time."""
        return self._quote(symbol, int(at))

    def _make_quote(self, symbol: str, at: int) -> Quote:
        market = self.securities[symbol].market
        day = self.day(symbol, at)
        regular = [s for s in self._days.stretches(symbol, day) if s.session == 0 and s.start <= at]
        bar = series.merged(regular, at)
        if bar is None:  # a started session has a print at its very start
            raise AssertionError(symbol)
        late = [self._late(symbol, name, at) for name in NAMES] if market == "US" else ()
        return Quote(
            symbol,
            price(bar.close, market),
            self._close_before(symbol, day),
            price(bar.open, market),
            price(bar.high, market),
            price(bar.low, market),
            regular[-1].stamp(regular[-1].moment(at)),
            bar.volume,
            money(bar.turnover),
            0,
            *late,
        )

    def book(self, symbol: str, at: float) -> OrderBook:
        """Return ten prices a side around the last trade: on tick, never crossed, best first.

        It stands until the next trade, and is then another one.
        """
        return self._book(symbol, *self._now(symbol, at))

    def trades(self, symbol: str, at: float, count: int) -> list[Tick]:
        """Return the last `count` trades, oldest first. A minute's trades add up to its candle."""
        market = self.securities[symbol].market
        found: list[Tick] = []
        prints = self._prints_back(symbol, at)
        stretch, second, rung, shares = next(prints)
        for before in prints:
            change = stretch.units(rung) - before[0].units(before[2])
            way = 2 if change > 0 else 1 if change < 0 else 0
            done = price(stretch.units(rung), market)
            pieces = self._pieces(symbol, second, shares, stretch.lot)
            found += [Tick(done, piece, second, way, "", stretch.session) for piece in pieces]
            if len(found) >= count:
                break
            stretch, second, rung, shares = before
        return found[:count][::-1]

    def path(self, symbol: str, start: float, end: float) -> Iterator[tuple[float, Decimal]]:
        """Yield (time, last price) for the trades after `start` up to and including `end`, in order.

        The last one yielded is `last` at `end`. Over more than two days a session that lies inside as a
        whole is told by its first, highest, lowest and last trade, in the order they happened, so that the
        number is bounded by some 58,000 and 16 for every day between.
        """
        market = self.securities[symbol].market
        if int(end // 1) <= int(start // 1):  # no whole second in between
            return
        for stretch in self._between(symbol, start, end):
            if end - start > _LONG and start < stretch.start and stretch.end <= end:
                points = stretch.outline()
            else:
                first = max(0, int(start - stretch.start) // 60)
                last = min(stretch.minutes, int(end - stretch.start) // 60 + 1)
                points = [point for minute in range(first, last) for point in stretch.prints(minute)]
            for second, rung, _ in points:
                if start < second <= end:
                    yield float(second), price(stretch.units(rung), market)

    def candles(
        self,
        symbol: str,
        at: float,
        period: int,
        count: int,
        *,
        extended: bool = False,
        before: float | None = None,
        after: float | None = None,
    ) -> list[Candle]:
        """Return up to `count` candles, oldest first, the one in progress included.

        Parameters
        ----------
        period
            The API's number, one of `candles.PERIODS`: minutes up to 240, 1000 day, 2000 week, 3000 month,
            3500 quarter, 4000 year.
        extended
            Whether to add the US sessions outside regular hours (minute candles, real sessions only).
        before, after
            Take the last candles that start at or before one time, or the first that start at or after the
            other, instead of the last of all. History starts three to four years back.
        """
        if after is not None:
            return series.following(
                self._days, symbol, at, period, count=count, extended=extended, after=after
            )
        return series.latest(self._days, symbol, at, period, count=count, extended=extended, before=before)

    def candles_between(
        self,
        symbol: str,
        at: float,
        period: int,
        start: date | None,
        end: date | None,
        *,
        count: int = 1000,
        extended: bool = False,
    ) -> list[Candle]:
        """Return up to `count` candles of the market's days from `start` to `end`, oldest first.

        Both days are included, None leaves that side open. Where there are more, those nearest to `end`, or
        to `start` if only that is given. A week or longer counts where its first trading day is inside.
        """
        return series.between(
            self._days, symbol, at, period, start=start, end=end, count=count, extended=extended
        )

    def intraday(self, symbol: str, at: float) -> list[IntradayMinute]:
        """Return the regular minutes so far of the day a quote is about."""
        return series.lines(self._days, symbol, self.day(symbol, at), at)

    def _now(self, symbol: str, at: float) -> tuple[Stretch, Moment]:
        """Return the latest stretch that has begun, and how far it has come."""
        return self._latest(symbol, int(at))

    def _find_latest(self, symbol: str, at: int) -> tuple[Stretch, Moment]:
        market = self.securities[symbol].market
        day = local_day(market, at) + _DAY  # its overnight session may have begun this evening
        while True:
            spans = frame(market, day, self.sessions)
            for i in range(len(spans) - 1, -1, -1):
                if spans[i][2] <= at:
                    stretch = self._days.stretches(symbol, day)[i]
                    return stretch, stretch.moment(at)
            day -= _DAY

    def _between(self, symbol: str, start: float, end: float) -> list[Stretch]:
        """Return the stretches that have minutes in (start, end], in order."""
        found: list[Stretch] = []
        market = self.securities[symbol].market
        day, last = local_day(market, start), local_day(market, end) + _DAY
        while day <= last:
            spans = frame(market, day, self.sessions)
            if any(begin <= end and begin + 60 * minutes > start for _, _, begin, minutes in spans):
                inside = self._days.stretches(symbol, day)
                found += (s for s in inside if s.start <= end and s.end > start)
            day += _DAY
        return found

    def _prints_back(self, symbol: str, at: float) -> Iterator[tuple[Stretch, int, int, int]]:
        """Yield (stretch, second, rung, shares) of every print up to `at`, newest first."""
        moment = at
        while True:
            stretch, (full, prints) = self._now(symbol, moment)
            if prints:
                yield from ((stretch, *p) for p in reversed(stretch.prints(full)[:prints]))
            for minute in range(full - 1, -1, -1):
                yield from ((stretch, *p) for p in reversed(stretch.prints(minute)))
            moment = stretch.start - 1

    def _pieces(self, symbol: str, second: int, shares: int, lot: int) -> list[int]:
        """Split a print's shares into one to three trades of whole lots."""
        lots, chance = shares // lot, noise.bits(noise.key(self.seed, symbol, "pieces"), second)
        cuts = sorted({1 + (chance >> 8) % lots, 1 + (chance >> 32) % lots, lots})
        return [(high - low) * lot for low, high in pairwise([0, *cuts])]

    def _close_before(self, symbol: str, day: date) -> Decimal:
        market = self.securities[symbol].market
        before = previous(market, day, self.sessions)
        return price(self._days.scale(symbol, before).units(self._days.close(symbol, before)), market)

    def _late(self, symbol: str, name: str, at: float) -> Extended:
        window = latest_window(name, at, self.sessions)
        return self._figures(symbol, name, window, min(at, window.end - 1))

    def _make_figures(self, symbol: str, name: str, window: Window, until: float) -> Extended:
        if name == "post":
            reference = self.last(symbol, window.start - 1)
        else:
            reference = self._close_before(symbol, window.day)
        return figures(window, until, partial(self._between, symbol), reference)

    def _make_book(self, symbol: str, stretch: Stretch, moment: Moment) -> OrderBook:
        key = noise.key(self.seed, symbol, "book")
        return order_book_at(key, self.securities[symbol].market, stretch, moment)
