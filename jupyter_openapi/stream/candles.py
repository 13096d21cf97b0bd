"""Candles built from pushes, by the rules of the official SDK.

Bars of a day come from the quotes of the regular session, and so do longer ones. Shorter ones come from the
trades: which kinds of trade move the price and which only the volume depends on the market. A trade outside
the market's hours makes no bar, one older than the bar in progress is left out. Indexes have no trades: their
bars come from the quotes.

Two rules are not the SDK's, whose bars then differ from those of REST: a bar that REST lets run on over the
lunch break does so here, and a bar of a week or longer, which begins on its first day of trading, goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
_TOLD = 50  # bars that tell how the others begin
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


def bar_time(market: str, period: int, at: float, *, extended: bool, joined: bool = False) -> int | None:
    """Return when the bar of some minutes that a trade at `at` belongs to begins; None outside the hours.

    Bars are counted from the start of their stretch of trading; with `joined` from that of the day's first
    regular one, over the break between them.
    """
    zone, when = _zone(market), moment(at)
    if when is None:
        return None
    day = when.astimezone(zone).date()
    for trading_day in (day, day + timedelta(days=1)):  # the night before belongs to the next day
        regular = [span for span in spans(market, trading_day) if span.session == 0]
        for span in spans(market, trading_day):
            if span.start <= at < span.until and (extended or span.session == 0):
                inside = min(at, span.end - 1) - span.start
                if joined and span in regular:
                    return _over_breaks(regular, inside, span, 60 * period)
                return int(span.start + inside // (60 * period) * (60 * period))
    return None


def _over_breaks(regular: list[Span], inside: float, span: Span, length: int) -> int:
    """Return when a bar of `length` seconds begins, counted in seconds of trading since the first stretch."""
    left = sum(other.end - other.start for other in regular[: regular.index(span)]) + inside
    left = left // length * length
    for other in regular:
        if left < other.end - other.start:
            return int(other.start + left)
        left -= other.end - other.start
    return int(span.start)


def joined(market: str, stamps: Iterable[int]) -> bool:
    """Tell whether bars that began at `stamps` run on over a break: none begins with a later stretch."""
    found = False
    for at in stamps:
        day = datetime.fromtimestamp(at, _zone(market)).date()
        starts = [span.start for span in spans(market, day) if span.session == 0][1:]
        if at in starts:
            return False
        found = found or any(at > start for start in starts)
    return found


def day_of(market: str, at: float) -> date | None:
    """Return the market's date at a moment."""
    when = moment(at)
    return None if when is None else when.astimezone(_zone(market)).date()


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
        self.long = period >= DAY
        self.from_quotes = index or self.long
        self.bar: Bar | None = None
        self._joined = False
        self._before: Mapping[str, Any] | None = None

    def begin(self, rows: list[Row], quote: Mapping[str, Any] | None) -> None:
        """Go on from the bars so far, the last in progress, and the quote at the same moment."""
        self.bar = Bar.of(rows[-1]) if rows else None
        self._joined = not self.long and joined(self.market, (row["timestamp"] for row in rows[-_TOLD:]))
        self._before = quote

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
        if self.long:
            yield from self._day(values, price)
            return
        turnover = decimal(values["current_turnover"]) or Decimal(0)
        yield from self._add(values["timestamp"], price, values["current_volume"], turnover, 0)

    def _day(self, values: Row, price: Decimal) -> Iterator[tuple[Bar, bool]]:
        """Take the figures of the day so far into a bar of the day, or of the days of a longer period."""
        day, bar, before = day_of(self.market, values["timestamp"]), self.bar, self._before
        if day is None or (before is not None and values["timestamp"] < before["timestamp"]):
            return
        self._before = values
        first, high, low = (decimal(values[name]) or price for name in ("open", "high", "low"))
        turnover = decimal(values["turnover"]) or Decimal(0)
        period = _first_day(day, self.period)
        known = None if bar is None else _first_day(self._began(bar), self.period)
        if bar is None or known is None or period > known:
            if bar is not None:
                yield bar, True
            at = int(datetime.combine(day, time(), _zone(self.market)).timestamp())
            self.bar = Bar(at, first, high, low, price, values["volume"], turnover)
        elif period < known:
            return
        elif self.period == DAY:
            self.bar = Bar(bar.timestamp, first, high, low, price, values["volume"], turnover)
        else:
            volume, spent = self._since(before, day)
            bar.close, bar.high, bar.low = price, max(bar.high, high), min(bar.low, low)
            bar.volume += values["volume"] - volume
            bar.turnover += turnover - spent
        assert self.bar is not None
        yield self.bar, False

    def _began(self, bar: Bar) -> date:
        return datetime.fromtimestamp(bar.timestamp, _zone(self.market)).date()

    def _since(self, before: Mapping[str, Any] | None, day: date) -> tuple[int, Decimal]:
        """Return how much of a day's volume and turnover is in the bar already."""
        if before is None:  # the bars so far came with no quote: this one is in them
            before = self._before
        if before is None or day_of(self.market, before["timestamp"]) != day:
            return 0, Decimal(0)
        return before["volume"], decimal(before["turnover"]) or Decimal(0)

    def _add(
        self, at: int, price: Decimal | None, volume: int, turnover: Decimal, session: int
    ) -> Iterator[tuple[Bar, bool]]:
        begins = bar_time(self.market, self.period, at, extended=self.extended, joined=self._joined)
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
