"""Figures of returns worked out a second time, in exact fractions and plain Python: no package but math."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import fsum, sqrt

YEAR = 252


def chained(gains: Sequence[Fraction]) -> Fraction:
    """Several returns as one."""
    whole = Fraction(1)
    for gain in gains:
        whole *= 1 + gain
    return whole - 1


def deepest(gains: Sequence[Fraction]) -> tuple[Fraction, int, int, int | None]:
    """The deepest fall of an index: its depth, and where it began, was lowest, and was made good."""
    levels = [Fraction(1)]
    for gain in gains:
        levels.append(levels[-1] * (1 + gain))
    depth, best = Fraction(0), (0, 0)
    for low in range(len(levels)):
        peak = max(range(low + 1), key=lambda at: (levels[at], at))
        if levels[low] / levels[peak] - 1 < depth:
            depth, best = levels[low] / levels[peak] - 1, (peak, low)
    after = [at for at in range(best[1], len(levels)) if levels[at] >= levels[best[0]]]
    return depth, best[0], best[1], after[0] if after and depth else None


def mean(values: Sequence[float]) -> float:
    return fsum(values) / len(values)


def covariance(one: Sequence[float], other: Sequence[float]) -> float:
    a, b = mean(one), mean(other)
    return fsum((x - a) * (y - b) for x, y in zip(one, other, strict=True)) / (len(one) - 1)


def spread(values: Sequence[float]) -> float:
    return sqrt(covariance(values, values))


def volatility(values: Sequence[float]) -> float:
    return spread(values) * sqrt(YEAR)


def sharpe(values: Sequence[float], free: float) -> float:
    return (mean(values) - free) / spread(values) * sqrt(YEAR)


def sortino(values: Sequence[float], free: float) -> float:
    fell = [min(value - free, 0.0) ** 2 for value in values]
    return (mean(values) - free) * YEAR / (sqrt(mean(fell)) * sqrt(YEAR))


def beta(values: Sequence[float], market: Sequence[float]) -> float:
    return covariance(values, market) / covariance(market, market)


def alpha(values: Sequence[float], market: Sequence[float], free: float) -> float:
    slope = beta(values, market)
    rest = mean([(x - free) - slope * (y - free) for x, y in zip(values, market, strict=True)])
    return (1 + rest) ** YEAR - 1
