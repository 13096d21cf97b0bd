"""Candles built from pushes, by the rules of the official SDK.

Bars of a day come from the quotes of the regular session. Shorter and longer ones come from the trades: which
kinds of trade move the price and which only the volume depends on the market. A trade outside the market's
hours makes no bar, one older than the bar in progress is left out. Indexes have no trades: their bars come
from the quotes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_openapi.market import sessions
from jupyter_openapi.market.symbols import MARKET_ZONES, market_of
from jupyter_openapi.stream.events import decimal, moment

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

DAY, WEEK, MONTH, QUARTER, YEAR = 1000, 2000, 3000, 3500, 4000

INDEX_BOARDS = frozenset(
    {"USDJI", "USNSDQ", "USSector", "HKHS", "HKSector", "CNIX", "CNSector", "STI", "SGSector"}
)

Row = dict[str, Any]

_PRICED = {"HK": frozenset({"", "U"}), "US": frozenset({"", *"ABDEFKSX1"})}
_COUNTED = {"HK": frozenset("DMPXY"), "US": frozenset("CGHVWI")}
_LATE_PRICED = "I"  # in the US it moves the price too, before and after hours
_AUCTION = timedelta(minutes=10)  # the closing auction's trades belong to the last minute
_OTHERS = {
    "SH": ((930, 1130), (1300, 1500)),
    "SZ": ((930, 1130), (1300, 1500)),
    "SG": ((900, 1200), (1300, 1700)),
}


class Span(NamedTuple):
    """A stretch of trading: its start, the end of its bars, until when its trades come, and its number."""

    start: float
    end: float
    until: float
    session: int


def effect(market: str, kind: str, session: int) -> tuple[bool, bool]:
    """Tell whether a trade of a kind moves the price, and whether it counts in the volume."""
    if market not in _PRICED:
        return True, True
    priced = kind in _PRICED[market] or (market == "US" and kind == _LATE_PRICED and session != 0)
    return priced, priced or kind in _COUNTED[market]


@lru_cache(maxsize=64)
def spans(market: str, day: date) -> tuple[Span, ...]:
    """Return the stretches of a trading day; one that is none has those of an ordinary day, as in the SDK."""
    if market in _OTHERS:
        zone = _zone(market)
        found = []
        for hours in _OTHERS[market]:
            start, end = (datetime.combine(day, time(*divmod(h, 100)), zone).timestamp() for h in hours)
            found.append(Span(start, end, end, 0))
        return tuple(found)
    known = day
    while not sessions.schedule(market, known, assume=True):
        known -= timedelta(days=1)
    found = [
        _span(phase, day - known, market)
        for phase in sessions.schedule(market, known, assume=True)
        if phase.trading
    ]
    if market == "HK":
        found[-1] = found[-1]._replace(until=found[-1].end + _AUCTION.total_seconds())
    return tuple(found)


def _span(phase: sessions.Phase, shift: timedelta, market: str) -> Span:
    zone = sessions.zone(market)
    start, end = (
        datetime.combine(moment.date() + shift, moment.time(), zone).timestamp()
        for moment in (phase.starts, phase.ends)
    )
    return Span(start, end, end, phase.trade_session)


@cache
def _zone(market: str) -> ZoneInfo:
    from zoneinfo import ZoneInfo

    return ZoneInfo(MARKET_ZONES[market])


def bar_time(market: str, period: int, at: float, *, extended: bool) -> int | None:
    """Return when the bar that a trade at `at` belongs to begins; None outside the hours.

    Minute bars are counted from the start of their stretch of trading.
    """
    zone, when = _zone(market), moment(at)
    if when is None:
        return None
    day = when.astimezone(zone).date()
    for trading_day in (day, day + timedelta(days=1)):  # the night before belongs to the next day
        for span in spans(market, trading_day):
            if span.start <= at < span.until and (extended or span.session == 0):
                if period >= DAY:
                    first = _first_day(trading_day, period)
                    return int(datetime.combine(first, time(), zone).timestamp())
                inside = min(at, span.end - 1) - span.start
                return int(span.start + inside // (60 * period) * (60 * period))
    return None


def _first_day(day: date, period: int) -> date:
    if period == WEEK:
        return day - timedelta(days=day.weekday())
    if period == MONTH:
        return day.replace(day=1)
    if period == QUARTER:
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1) if period == YEAR else day


@dataclass
class Bar:
    """A bar in progress; prices as the wire has them."""

    timestamp: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int
    turnover: Decimal
    trade_session: int = 0
    whole: bool = True

    @classmethod
    def of(cls, row: Row) -> Bar:
        """Read a bar of a reply; what was traded since is not known to be all that we hear."""
        names = ("open", "high", "low", "close", "turnover")
        first, high, low, close, turnover = (decimal(row[name]) or Decimal(0) for name in names)
        bar = cls(int(row["timestamp"]), first, high, low, close, int(row["volume"]), turnover)
        bar.trade_session, bar.whole = row["trade_session"], False
        return bar

    def row(self, symbol: str, *, confirmed: bool) -> Row:
        """Return the bar as an event has it."""
        return {
            "symbol": symbol,
            "open": _text(self.open),
            "high": _text(self.high),
            "low": _text(self.low),
            "close": _text(self.close),
            "volume": self.volume,
            "turnover": _text(self.turnover),
            "timestamp": self.timestamp,
            "trade_session": self.trade_session,
            "confirmed": confirmed,
        }


class Builder:
    """Makes the bars of one symbol and period.

    Attributes
    ----------
    bar
        The bar in progress, or None.
    """

    def __init__(self, symbol: str, period: int, *, extended: bool = False, index: bool = False) -> None:
        self.symbol = symbol
        self.market = market_of(symbol)
        self.period = period
        self.extended = extended
        self.from_quotes = index or period == DAY
        self._index = index
        self.bar: Bar | None = None

    def trade(self, row: Row) -> Iterator[tuple[Bar, bool]]:
        """Take a trade of a push; yield the bars it made: (bar, confirmed)."""
        if self.from_quotes:
            return
        session = row["trade_session"]
        priced, counted = effect(self.market, row["trade_type"], session)
        price = decimal(row["price"])
        if not counted or price is None:
            return
        factor = 100 if self.market in {"SH", "SZ"} else 1
        turnover = price * row["volume"] * factor
        yield from self._add(row["timestamp"], price if priced else None, row["volume"], turnover, session)

    def quote(self, values: Row) -> Iterator[tuple[Bar, bool]]:
        """Take the state after a quote of a push; yield the bars it made: (bar, confirmed)."""
        if not self.from_quotes or values["trade_session"] != 0:
            return
        price = decimal(values["last_done"])
        if price is None:
            return
        if self._index and self.period != DAY:
            turnover = decimal(values["current_turnover"]) or Decimal(0)
            yield from self._add(values["timestamp"], price, values["current_volume"], turnover, 0)
            return
        at = bar_time(self.market, DAY, values["timestamp"], extended=True)
        if at is None or (self.bar is not None and at < self.bar.timestamp):
            return
        if self.bar is not None and at > self.bar.timestamp:
            yield self.bar, True
        first, high, low = (decimal(values[name]) or price for name in ("open", "high", "low"))
        turnover = decimal(values["turnover"]) or Decimal(0)
        self.bar = Bar(at, first, high, low, price, values["volume"], turnover)
        yield self.bar, False

    def _add(
        self, at: int, price: Decimal | None, volume: int, turnover: Decimal, session: int
    ) -> Iterator[tuple[Bar, bool]]:
        begins = bar_time(self.market, self.period, at, extended=self.extended)
        bar = self.bar
        if begins is None or (bar is not None and begins < bar.timestamp):
            return
        if bar is None or begins > bar.timestamp:
            if price is None:
                return
            if bar is not None:
                yield bar, True
            bar = self.bar = Bar(begins, price, price, price, price, 0, Decimal(0), session)
        if price is not None:
            bar.close = price
            bar.high, bar.low = max(bar.high, price), min(bar.low, price)
        bar.volume += volume
        bar.turnover += turnover
        yield bar, False


def _text(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
