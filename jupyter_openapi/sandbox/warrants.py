"""The warrants of the sandbox: on every Hong Kong share, five kinds, expiring at the quarters' ends.

Their terms are fixed by the share's reference price and the calendar; prices follow the share's. They can be
looked at, not traded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache
from math import floor, log10
from typing import TYPE_CHECKING

from jupyter_openapi.market import ticks
from jupyter_openapi.market.securities import SECURITIES
from jupyter_openapi.sandbox import pricing
from jupyter_openapi.sandbox.fundamentals import Draws
from jupyter_openapi.sandbox.hours import midnight
from jupyter_openapi.sandbox.options_chain import volatility

if TYPE_CHECKING:
    from collections.abc import Iterator

CALL, PUT, BULL, BEAR, INLINE = range(5)
CATEGORIES = ("Call", "Put", "Bull", "Bear", "Inline")
LETTERS = ("C", "P", "RC", "RP", "IW")
SERIES = 5
ISSUED = 100_000_000
NORMAL, SUSPENDED = 4, 2
_FIRST_CODE = (13_000, 18_000, 54_000, 58_000, 47_000)
_THOUSANDTH = Decimal("0.001")

ISSUERS = (
    (3, "Alder Bank", "桤木银行", "榿木銀行"),
    (7, "Birch Securities", "白桦证券", "白樺證券"),
    (12, "Cedar Markets", "雪松市场", "雪松市場"),
    (17, "Elm Derivatives", "榆木衍生品", "榆木衍生品"),
    (21, "Hazel Capital", "榛木资本", "榛木資本"),
)
"""Number, English, simplified and traditional name. None is a real issuer."""


@dataclass(frozen=True, slots=True)
class Warrant:
    """One warrant. `call_price` is where a bull or bear contract is called; inline ones have two strikes."""

    symbol: str
    underlying: str
    kind: int
    expiry: date
    issuer: int
    strike: Decimal | None
    call_price: Decimal | None
    lower: Decimal | None
    upper: Decimal | None
    ratio: int

    def price(self, spot: Decimal, at: float) -> Decimal:
        """Return its price at a spot price and time, at least a cent."""
        raw = self._raw(float(spot), at)
        return max(Decimal("0.010"), Decimal(raw).quantize(_THOUSANDTH, ROUND_HALF_UP))

    def delta(self, spot: Decimal, at: float) -> float:
        """Return how its price follows the share's, before the conversion ratio."""
        step = float(spot) * 0.001
        return (
            (self._raw(float(spot) + step, at) - self._raw(float(spot) - step, at)) / (2 * step) * self.ratio
        )

    def status(self, spot: Decimal) -> int:
        """Return 4 while it trades, 2 once it has been called."""
        if self.call_price is None:
            return NORMAL
        called = spot <= self.call_price if self.kind == BULL else spot >= self.call_price
        return SUSPENDED if called else NORMAL

    def years(self, at: float) -> float:
        """Return the time to expiry."""
        return (midnight("HK", self.expiry) + 16 * 3600 - at) / pricing.YEAR

    def name(self, language: int) -> str:
        """Return its name: 0 simplified Chinese, 1 English, 2 traditional Chinese."""
        security = SECURITIES[self.underlying]
        issuer = next(row for row in ISSUERS if row[0] == self.issuer)
        share = (security.name_cn, security.short_name, security.name_hk)[language]
        house = (issuer[2][:2], issuer[1].split()[0].upper()[:2], issuer[3][:2])[language]
        return f"{house}{share}{LETTERS[self.kind]}{self.expiry:%y%m}"

    def draw(self, name: str, at: float, most: int) -> int:
        """Return a number that is steady for this warrant and day."""
        return next(Draws(f"{self.symbol} {self.expiry} {name} {int(at // 86400)}")) % most

    def _raw(self, spot: float, at: float) -> float:
        years, swing = self.years(at), volatility(self.underlying)
        if self.kind == INLINE:
            return pricing.inside(spot, float(self.lower or 1), float(self.upper or 1), years, swing)
        strike = float(self.strike or 1)
        if self.kind in {BULL, BEAR}:
            return max(spot - strike if self.kind == BULL else strike - spot, 0.0) / self.ratio
        return pricing.value(spot, strike, years, swing, call=self.kind == CALL).price / self.ratio


@lru_cache(maxsize=256)
def of(underlying: str, today: date) -> tuple[Warrant, ...]:
    """Return the live warrants on a share; none where it isn't a Hong Kong equity."""
    security = SECURITIES.get(underlying)
    if security is None or security.market != "HK" or security.kind != "equity":
        return ()
    return tuple(_series(underlying, kind, quarter) for kind in range(5) for quarter in _quarters(today))


def find(symbol: str, today: date) -> Warrant | None:
    """Return the live warrant of that symbol, or None."""
    return next((w for share in _underlyings() for w in of(share, today) if w.symbol == symbol), None)


def _quarters(today: date) -> Iterator[int]:
    now = today.year * 4 + (today.month - 1) // 3
    first = now if _end(now) > today else now + 1
    return iter(range(first, first + SERIES))


def _end(quarter: int) -> date:
    year, number = divmod(quarter, 4)
    following = date(year + (number == 3), (number * 3 + 3) % 12 + 1, 1)
    day = following - timedelta(days=1)
    while day.weekday() >= 5:
        day -= timedelta(days=1)
    return day


def _series(underlying: str, kind: int, quarter: int) -> Warrant:
    price = SECURITIES[underlying].ref_price
    code = _FIRST_CODE[kind] + _underlyings().index(underlying) * 8 + quarter % 8
    strikes = {CALL: "1.08", PUT: "0.92", BULL: "0.80", BEAR: "1.20"}
    calls = {BULL: "0.84", BEAR: "1.16"}
    on = _end(quarter)

    def near(times: str | None) -> Decimal | None:
        return None if times is None else ticks.nearest(underlying, price * Decimal(times), on)[0]

    inline = kind == INLINE
    return Warrant(
        symbol=f"{code}.HK",
        underlying=underlying,
        kind=kind,
        expiry=on,
        issuer=ISSUERS[(quarter + kind + code) % len(ISSUERS)][0],
        strike=near(strikes.get(kind)),
        call_price=near(calls.get(kind)),
        lower=near("0.85") if inline else None,
        upper=near("1.15") if inline else None,
        ratio=1 if inline else 10 ** max(0, floor(log10(float(price)))),
    )


@cache
def _underlyings() -> tuple[str, ...]:
    return tuple(s.symbol for s in SECURITIES.values() if s.market == "HK" and s.kind == "equity")
