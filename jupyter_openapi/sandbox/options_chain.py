"""The options of the sandbox: weekly and monthly ones on every US security, made up but steady.

A chain is fixed by the underlying's reference price and the calendar; prices follow the underlying's. They
can be looked at, not traded: a paper account has no options.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from jupyter_openapi.market import sessions
from jupyter_openapi.market.securities import SECURITIES
from jupyter_openapi.sandbox import pricing
from jupyter_openapi.sandbox.fundamentals import Draws
from jupyter_openapi.sandbox.hours import midnight

if TYPE_CHECKING:
    from jupyter_openapi.sandbox.pricing import Value

WEEKS = 6
MONTHS = 9
SIDE = 12
MULTIPLIER = 100
_NAME = re.compile(r"([A-Z]{1,6})(\d{6})([CP])(\d{1,8})\.US")


@dataclass(frozen=True, slots=True)
class Option:
    """One contract. `weekly` is False for the monthly ones."""

    symbol: str
    underlying: str
    expiry: date
    strike: Decimal
    call: bool
    weekly: bool

    def volatility(self) -> float:
        """Return the implied volatility: the underlying's, higher away from the money."""
        away = float(self.strike / SECURITIES[self.underlying].ref_price) - 1
        return volatility(self.underlying) * (1 + 0.6 * away * away - 0.1 * away)

    def value(self, spot: Decimal, at: float) -> Value:
        """Price it at a spot price and time."""
        return pricing.value(
            float(spot), float(self.strike), self.years(at), self.volatility(), call=self.call
        )

    def years(self, at: float) -> float:
        """Return the time to expiry."""
        return (midnight("US", self.expiry) + 16 * 3600 - at) / pricing.YEAR

    def count(self, at: float, name: str, most: int) -> int:
        """Return a steady number for this contract, such as its open interest."""
        day = int(at // 86400) if name == "volume" else 0
        near = max(0.02, 1 - 4 * abs(float(self.strike / SECURITIES[self.underlying].ref_price) - 1))
        return int(next(Draws(f"{self.symbol} {name} {day}")) % most * near)


@cache
def volatility(symbol: str) -> float:
    """Return a security's volatility, between 18 and 60 percent a year."""
    return (18 + next(Draws(f"{symbol} volatility")) % 43) / 100


@lru_cache(maxsize=64)
def expiries(today: date) -> tuple[tuple[date, bool], ...]:
    """Return the coming expiry dates in order, and whether each is a weekly one."""
    first = today + timedelta(days=(4 - today.weekday()) % 7)
    fridays = [first + timedelta(weeks=week) for week in range(60)]
    monthly = [day for day in fridays if 15 <= day.day <= 21][:MONTHS]
    found = {}
    for day in sorted({*fridays[:WEEKS], *monthly}):
        ends = day
        while sessions.trading_day("US", ends) is None:  # a holiday on Friday moves it to Thursday
            ends -= timedelta(days=1)
        if ends >= today:
            found[ends] = day not in monthly
    return tuple(found.items())


@cache
def strikes(symbol: str) -> tuple[Decimal, ...]:
    """Return the strike prices of a security's chains, evenly spaced around its reference price."""
    price = SECURITIES[symbol].ref_price
    steps = ((25, "0.5"), (100, "1"), (200, "2.5"), (500, "5"), (100_000, "10"))
    step = next(Decimal(step) for below, step in steps if price < below)
    middle = (price / step).to_integral_value()
    return tuple((middle + n) * step for n in range(-SIDE, SIDE + 1) if middle + n > 0)


def chain(symbol: str, expiry: date, today: date) -> list[Option]:
    """Return every contract of one expiry date; none if nothing expires then."""
    weekly = dict(expiries(today)).get(expiry)
    if weekly is None:
        return []
    root = symbol.removesuffix(".US").replace(".", "")
    return [
        Option(f"{root}{expiry:%y%m%d}{letter}{int(strike * 1000)}.US", symbol, expiry, strike, call, weekly)
        for strike in strikes(symbol)
        for letter, call in (("C", True), ("P", False))
    ]


def find(name: str, today: date) -> Option | None:
    """Return the contract of that symbol, or None."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    underlying = _roots().get(match[1])
    try:
        expiry = date(2000 + int(match[2][:2]), int(match[2][2:4]), int(match[2][4:]))
    except ValueError:
        return None
    if underlying is None:
        return None
    return next((option for option in chain(underlying, expiry, today) if option.symbol == name), None)


@cache
def _roots() -> dict[str, str]:
    return {s.code.replace(".", ""): s.symbol for s in SECURITIES.values() if s.market == "US"}
