"""European option prices and their sensitivities, by Black and Scholes.

Floats: these are made-up quotes, rounded to a tick before anyone sees them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, exp, log, pi, sqrt

RATE = 0.035
YEAR = 365 * 86400.0
SOONEST = 3600.0 / YEAR


@dataclass(frozen=True, slots=True)
class Value:
    """A price and its sensitivities: theta a day, vega and rho a percentage point."""

    price: float
    delta: float
    gamma: float
    theta: float
    vega: float
    rho: float


def value(spot: float, strike: float, years: float, volatility: float, *, call: bool) -> Value:
    """Price one option on a share that pays nothing."""
    years = max(years, SOONEST)
    spread = volatility * sqrt(years)
    first = (log(spot / strike) + (RATE + volatility**2 / 2) * years) / spread
    second = first - spread
    discount = strike * exp(-RATE * years)
    sign = 1 if call else -1
    price = sign * (spot * normal(sign * first) - discount * normal(sign * second))
    density = exp(-(first**2) / 2) / sqrt(2 * pi)
    decay = -spot * density * volatility / (2 * sqrt(years)) - sign * RATE * discount * normal(sign * second)
    return Value(
        price=max(price, 0.0),
        delta=sign * normal(sign * first),
        gamma=density / (spot * spread),
        theta=decay / 365,
        vega=spot * density * sqrt(years) / 100,
        rho=sign * discount * years * normal(sign * second) / 100,
    )


def inside(spot: float, lower: float, upper: float, years: float, volatility: float) -> float:
    """Return the present value of 1 paid if the share ends between two prices."""
    years = max(years, SOONEST)
    spread = volatility * sqrt(years)
    drift = (RATE - volatility**2 / 2) * years
    chance = normal((log(spot / lower) + drift) / spread) - normal((log(spot / upper) + drift) / spread)
    return chance * exp(-RATE * years)


def normal(x: float) -> float:
    """Return the standard normal distribution at `x`."""
    return (1 + erf(x / sqrt(2))) / 2
