"""Candles of every documented period, each added up from its trades.

Minute candles are counted from the session's start, over Hong Kong's lunch; a day is the sum of its regular
minutes, longer periods are the sums of their days. The last candle is the one still in progress.

Source: the periods' numbers are what the official SDK sends for its `Period` members; that a day's candle is
stamped with midnight in the market is the broker's own example. How the broker's longer minute candles lie
over Hong Kong's lunch is unconfirmed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from jupyter_openapi.sandbox.simulation.patterns import Bar, merge
from jupyter_openapi.sandbox.simulation.price_path import Moment, Stretch
from jupyter_openapi.sandbox.simulation.trading_days import Days, Mode, frame, local_day, midnight

MINUTES = (1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 120, 180, 240)
DAY, WEEK, MONTH, QUARTER, YEAR = 1000, 2000, 3000, 3500, 4000
PERIODS = (*MINUTES, DAY, WEEK, MONTH, QUARTER, YEAR)
"""The API's numbers of the periods; up to 240 they are minutes."""

_YEARS = 3
_DAY = timedelta(days=1)


class Candle(NamedTuple):
    """One candle; `timestamp` is its start: the first minute, or midnight of its first day in the market."""

    timestamp: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int
    turnover: Decimal
    trade_session: int = 0


class IntradayMinute(NamedTuple):
    """One minute of the intraday line; `avg_price` is the day's average so far."""

    price: Decimal
    timestamp: int
    volume: int
    turnover: Decimal
    avg_price: Decimal


@lru_cache(maxsize=1 << 15)
def price(units: int, market: str) -> Decimal:
    """Return a price in units as the market writes it: 3 decimals in Hong Kong, 2 or 4 in the US."""
    if market == "HK":
        return Decimal(units // 10).scaleb(-3)
    return Decimal(units).scaleb(-4) if units % 100 else Decimal(units // 100).scaleb(-2)


def money(turnover: int) -> Decimal:
    """Return a turnover in units times shares as an exact amount, without idle decimals."""
    places = next(n for n in (0, 2, 3, 4) if turnover % 10 ** (4 - n) == 0)
    return Decimal(turnover // 10 ** (4 - places)).scaleb(-places)


def merged(stretches: Iterable[Stretch], at: float) -> Bar | None:
    """Return what the stretches add up to until `at`; None before their first print."""
    bars = [stretch.bar(0, stretch.moment(at)) for stretch in stretches if stretch.start <= at]
    some = [bar for bar in bars if bar is not None]
    return merge(some) if some else None


def latest(
    days: Days,
    symbol: str,
    at: float,
    period: int,
    *,
    count: int,
    extended: bool,
    before: float | None = None,
) -> list[Candle]:
    """Return the last `count` candles that start at or before `before` (default: `at`), oldest first."""
    limit = at if before is None else min(at, before)
    market = days.securities[symbol].market
    found: list[Candle] = []
    if count < 1 or limit < midnight(market, oldest(market, at)):
        return found
    start = _group(local_day(market, limit) + _DAY, period, ending=True)
    for candle in _run(
        days, symbol, at, period, extended=extended, first=oldest(market, at), last=start, reverse=True
    ):
        if candle.timestamp <= limit:
            found.append(candle)
        if len(found) >= count:
            break
    return found[::-1]


def following(
    days: Days, symbol: str, at: float, period: int, *, count: int, extended: bool, after: float
) -> list[Candle]:
    """Return the first `count` candles that start at or after `after`, oldest first."""
    market = days.securities[symbol].market
    found: list[Candle] = []
    if count < 1 or after > at:
        return found
    after = max(after, midnight(market, oldest(market, at)))
    first, final = _group(local_day(market, after), period), local_day(market, at) + _DAY
    for candle in _run(days, symbol, at, period, extended=extended, first=first, last=final, reverse=False):
        if candle.timestamp >= after:
            found.append(candle)
        if len(found) >= count:
            break
    return found


def between(
    days: Days,
    symbol: str,
    at: float,
    period: int,
    *,
    start: date | None,
    end: date | None,
    count: int,
    extended: bool,
) -> list[Candle]:
    """Return up to `count` candles of the days from `start` to `end`, both included, oldest first.

    Where there are more, those nearest to `end`; or to `start` if only that is given. A longer period counts
    where its first trading day is inside.

    Source: the broker's documentation of historical candlesticks, `date_request`.
    """
    market = days.securities[symbol].market
    first = max(start or date.min, oldest(market, at))
    last = min(end or date.max, local_day(market, at) + _DAY)
    found: list[Candle] = []
    if count < 1 or first > last:
        return found
    newest_first = start is None or end is not None
    group_first, group_last = _group(first, period), _group(last, period, ending=True)
    for candle in _run(
        days, symbol, at, period, extended=extended, first=group_first, last=group_last, reverse=newest_first
    ):
        if first <= local_day(market, candle.timestamp) <= last:
            found.append(candle)
        if len(found) >= count:
            break
    return found[::-1] if newest_first else found


def oldest(market: str, at: float) -> date:
    """Return where history starts: three to four years back, on 1 January."""
    return date(local_day(market, at).year - _YEARS, 1, 1)


def lines(days: Days, symbol: str, day: date, at: float) -> list[IntradayMinute]:
    """Return a day's regular minutes so far."""
    market = days.securities[symbol].market
    found, volume, turnover = [], 0, 0
    for bar in _buckets([s for s in days.stretches(symbol, day) if s.session == 0], 1, at):
        volume, turnover = volume + bar.volume, turnover + bar.turnover
        average = Decimal(turnover // volume).scaleb(-4).quantize(Decimal("0.001"))
        found.append(
            IntradayMinute(price(bar.close, market), bar.start, bar.volume, money(bar.turnover), average)
        )
    return found


def _group(day: date, period: int, *, ending: bool = False) -> date:
    """Return the first (or last) day of the period that `day` is in."""
    if period == WEEK:
        monday = day - timedelta(days=day.weekday())
        return monday + timedelta(days=6) if ending else monday
    months = {MONTH: 1, QUARTER: 3, YEAR: 12}.get(period)
    if months is None:
        return day
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    if not ending:
        return first
    after = first.month - 1 + months
    return date(first.year + after // 12, after % 12 + 1, 1) - _DAY


def _run(
    days: Days, symbol: str, at: float, period: int, *, extended: bool, first: date, last: date, reverse: bool
) -> Iterator[Candle]:
    """Yield the candles of the days from `first` to `last`, newest first if `reverse`."""
    if period not in PERIODS:
        raise ValueError(f"No candles of period {period}: the periods are {PERIODS}.")
    market = days.securities[symbol].market
    span = range((last - first).days + 1)
    dates = (first + timedelta(days=n) for n in (reversed(span) if reverse else span))
    dates = (day for day in dates if any(start <= at for _, _, start, _ in frame(market, day, days.mode)))
    if period in MINUTES:
        for day in dates:
            found = list(_of_day(days, symbol, day, at, period, extended=extended))
            yield from reversed(found) if reverse else found
        return
    for _, group in groupby(dates, key=lambda day: _group(day, period)):
        members = sorted(group)
        bars = [bar for day in members if (bar := _day_bar(days, symbol, day, at))]
        if bars:
            yield _candle(merge(bars), market, 0, midnight(market, members[0]))


def _of_day(
    days: Days, symbol: str, day: date, at: float, period: int, *, extended: bool
) -> Iterator[Candle]:
    market = days.securities[symbol].market
    stretches = days.stretches(symbol, day)
    for session, group in groupby(stretches, key=lambda stretch: stretch.session):
        if extended or session == 0:
            for bar in _buckets(group, period, at):
                yield _candle(bar, market, session, bar.start)


def _day_bar(days: Days, symbol: str, day: date, at: float) -> Bar | None:
    return merged((s for s in days.stretches(symbol, day) if s.session == 0), at)


def _buckets(stretches: Iterable[Stretch], period: int, at: float) -> Iterator[Bar]:
    """Cut the minutes of consecutive stretches into bars of `period` minutes, the last as far as it is."""
    pending: list[Bar] = []
    missing = period
    for stretch in stretches:
        now = stretch.moment(at)
        begin = 0
        while begin < now.full or (begin == now.full and now.prints):
            stop = min(stretch.minutes, begin + missing)
            bar = stretch.bar(begin, Moment(stop, 0) if stop <= now.full else now)
            pending += [bar] if bar else []
            missing -= stop - begin
            begin = stop
            if not missing:
                yield merge(pending)
                pending, missing = [], period
    if pending:
        yield merge(pending)


def _candle(bar: Bar, market: str, session: int, stamp: int) -> Candle:
    low, high = price(bar.low, market), price(bar.high, market)
    start, end = price(bar.open, market), price(bar.close, market)
    return Candle(stamp, start, high, low, end, bar.volume, money(bar.turnover), session)


NAMES = ("pre", "post", "overnight")

_HOURS = {"pre": (4 * 60, 9 * 60 + 30), "post": (16 * 60, 20 * 60), "overnight": (-4 * 60, 3 * 60 + 50)}
_LONGEST_BREAK = 15  # days
_FIRST_PRINT = 15  # seconds within which a minute has one


class Extended(NamedTuple):
    """A US security's figures outside regular hours."""

    last: Decimal
    timestamp: int
    volume: int
    turnover: Decimal
    high: Decimal
    low: Decimal
    prev_close: Decimal


class Window(NamedTuple):
    """The hours of one trading day outside its regular session, in Unix seconds, the end excluded."""

    day: date
    start: int
    end: int


def latest_window(name: str, at: float, mode: Mode) -> Window:
    """Return the latest pre, post or overnight hours that had a print by a time."""
    day = local_day("US", at) + _DAY  # tomorrow's overnight session may have begun this evening
    for _ in range(_LONGEST_BREAK):
        window = _window(day, name, mode)
        if window and window.start + _FIRST_PRINT <= at:
            return window
        day -= _DAY
    raise AssertionError(name)


@lru_cache(maxsize=4096)
def _window(day: date, name: str, mode: Mode) -> Window | None:
    if mode == "always":
        start, end = (midnight("US", day, minutes) for minutes in _HOURS[name])
        return Window(day, start, end)
    spans = (span for span in frame("US", day, mode) if span[0] == name)
    return next((Window(day, start, start + 60 * minutes) for _, _, start, minutes in spans), None)


def figures(
    window: Window, at: float, between: Callable[[float, float], list[Stretch]], prev_close: Decimal
) -> Extended:
    """Return what the window's prints up to a time add up to.

    `between` gives the stretches that have minutes in an interval.
    """
    until = min(at, window.end - 1)
    stretches = between(window.start - 1, until)
    bar = merge([bar for stretch in stretches if (bar := stretch.between(window.start, until))])
    final = stretches[-1]
    return Extended(
        price(bar.close, "US"),
        final.stamp(final.moment(until)),
        bar.volume,
        money(bar.turnover),
        price(bar.high, "US"),
        price(bar.low, "US"),
        prev_close,
    )
