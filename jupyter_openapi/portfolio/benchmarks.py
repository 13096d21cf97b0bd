"""Daily closes of a benchmark, beside the days of an account."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise

from jupyter_openapi.errors import OpenAPIError, RequestRefused
from jupyter_openapi.market.replies import figure, objects, seconds
from jupyter_openapi.market.symbols import market_of, mended, parse
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio.given_arguments import told
from jupyter_openapi.portfolio.positions import AccountReader, brief
from jupyter_openapi.portfolio.prices import market_zone

CLOSES = {"HK": time(16), "US": time(16), "SG": time(17), "SH": time(15), "SZ": time(15)}
STRETCH = 900  # days of one request: a reply holds 1,000 bars
BEFORE = 14  # days before the first, so that it has a close that is not its own
OLD = timedelta(days=11)  # after which a last close says nothing of a day: longer than any holiday


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A security's closes, oldest first, at the moments when its market closed."""

    symbol: str
    moments: tuple[datetime, ...]
    closes: tuple[Decimal, ...]

    def at(self, moment: datetime) -> Decimal | None:
        """Return the last close before a moment; None where there is none of the days before it."""
        place = bisect_right(self.moments, moment) - 1
        if place < 0 or moment - self.moments[place] > OLD:
            return None
        return self.closes[place]

    def gains(self, moments: Sequence[datetime]) -> list[Decimal | None]:
        """Return the return between each moment and the one before it; None for the first."""
        closes = [self.at(moment) for moment in moments]
        steps = [
            None if before is None or after is None else after / before - 1
            for before, after in pairwise(closes)
        ]
        return [None, *steps] if closes else []


def benchmark_symbol(text: object) -> str:
    """Return the symbol of a benchmark as the broker spells it.

    Raises
    ------
    RequestRefused
        It is none; the message gives the spelling to type.
    """
    if not isinstance(text, str):
        raise RequestRefused(
            _("benchmark takes a symbol such as 2800.HK or SPY.US, not {given}.").format(given=told(text))
        )
    symbol = mended(text)
    parse(symbol)
    return symbol


def read_benchmark(
    reader: AccountReader, symbol: str, first: date, last: date, adjust: str = "forward"
) -> Benchmark:
    """Read daily closes, by default adjusted for dividends and splits; say if they can't be read."""
    rows: dict[date, Decimal] = {}
    start = first - timedelta(days=BEFORE)
    while start <= last:
        end = min(last, start + timedelta(days=STRETCH))
        try:
            data = reader.ask(
                "history_candlesticks",
                symbol=symbol,
                period="day",
                adjust_type=adjust,
                start_date=start,
                end_date=end,
            )
        except (OpenAPIError, RequestRefused) as failure:
            reader.miss(_("the closes of {symbol} ({why})").format(symbol=symbol, why=brief(failure)))
            return Benchmark(symbol, (), ())
        for row in objects(data.get("candlesticks")):
            stamp, close = seconds(row.get("timestamp")), figure(row.get("close"))
            if stamp and close and close > 0:
                day = datetime.fromtimestamp(float(stamp), UTC).astimezone(market_zone(symbol)).date()
                rows[day] = close
        start = end + timedelta(days=1)
    if not rows:
        reader.miss(_("the closes of {symbol} (there are none)").format(symbol=symbol))
    days = sorted(rows)
    close_at = CLOSES.get(market_of(symbol), time(16))
    zone = market_zone(symbol)
    moments = tuple(datetime.combine(day, close_at, zone).astimezone(UTC) for day in days)
    return Benchmark(symbol, moments, tuple(rows[day] for day in days))
