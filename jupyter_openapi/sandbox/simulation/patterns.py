"""Building blocks of the simulated market's minutes: short patterns of prices in ticks.

A minute has twenty prints, three seconds apart, of equal volume: a walk that also bounces between the bid and
the ask. A pattern is half an hour of them, and knows its own highs, lows, volumes and turnovers.
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import accumulate
from math import log
from operator import add, mul
from statistics import NormalDist
from typing import NamedTuple

from jupyter_openapi.market.ticks import Ladder

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_SPAN = 1024
"""Days between the fixed points of a long walk."""
_REACH = 16.0
"""How far the fixed points stray, in days' standard deviations; a free walk would stray 32."""

GAUSS = tuple(NormalDist().inv_cdf((i + 0.5) / 256) for i in range(256))
"""A standard normal value for every byte."""


def key(*parts: object) -> int:
    """Return a 64-bit number for these parts."""
    text = "/".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


def stream(number: int, size: int) -> bytes:
    """Return `size` random bytes for a number."""
    return hashlib.shake_128(number.to_bytes(8, "big")).digest(size)


def bits(number: int, n: int) -> int:
    """Return 64 random bits for a number and its `n`-th use (splitmix64)."""
    z = (number + n * _GOLDEN) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def uniform(number: int, n: int = 0) -> float:
    """Return a value in [0, 1)."""
    return bits(number, n) / 2**64


def gauss(number: int, n: int = 0) -> float:
    """Return a nearly normal value (mean 0, deviation 1, within 3.5)."""
    z = bits(number, n)
    total = (z & 0xFFFF) + (z >> 16 & 0xFFFF) + (z >> 32 & 0xFFFF) + (z >> 48)
    return (total - 131070) / 37837.2


def walk(number: int, n: int) -> float:
    """Return a random walk's value at step `n` (any integer): 0 at 0, deviation 1 a step.

    The walk is a Brownian bridge between fixed points every 1,024 steps, halved until it reaches `n`: a
    dozen hashes, however far away `n` is. The fixed points do not drift, so that prices stay in reach.
    """
    block, rest = divmod(n, _SPAN)
    low, high = _fixed(number, block), _fixed(number, block + 1)
    left, right = 0, _SPAN
    while rest not in {left, right}:
        middle = (left + right) // 2
        value = (low + high) / 2 + gauss(number, block * _SPAN + middle) * ((right - left) / 4) ** 0.5
        if rest < middle:
            right, high = middle, value
        else:
            left, low = middle, value
    return low if rest == left else high


def _fixed(number: int, block: int) -> float:
    return _REACH * gauss(number, block * _SPAN) if block else 0.0


UNIT = 10_000
"""Prices are whole numbers of 1/10,000 of the currency in here: every tick of every table is."""
BLOCK = 30
"""Minutes in a block, the length of a pattern."""
PRINTS = 20
"""Prints in a minute."""
EVERY = 60 // PRINTS
"""Seconds between two prints."""
_LULL = 5  # prints between two shifts of the quotes
_SHIFTS = (-1, 0, 0, 1)  # ticks
KINDS = 8
"""Different patterns of each length and intensity."""
MEAN_SIZE = 2.8
"""Of a pattern's print, in units of its block's volume."""
_LOUDER = 1.25  # the ratio of two neighbouring intensities
_LOG = log(_LOUDER)


class Bar(NamedTuple):
    """Sum of some trades: prices in units, volume in shares, turnover in units times shares."""

    start: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    turnover: int


def merge(bars: Sequence[Bar]) -> Bar:
    """Return the one bar that consecutive bars make."""
    if len(bars) == 1:
        return bars[0]
    starts, opens, highs, lows, closes, volumes, turnovers = zip(*bars, strict=True)
    return Bar(starts[0], opens[0], max(highs), min(lows), closes[-1], sum(volumes), sum(turnovers))


class Scale:
    """A ladder of prices in whole units."""

    def __init__(self, ladder: Ladder) -> None:
        self._bands = [(int(start * UNIT), first, int(tick * UNIT)) for start, first, tick in ladder.bands]
        self._starts = [start for start, _, _ in self._bands]
        self._firsts = [first for _, first, _ in self._bands]

    def rung(self, units: float) -> int:
        """Return the rung nearest to a price in units."""
        start, first, tick = self._bands[max(0, bisect_right(self._starts, units) - 1)]
        return max(0, first + round((units - start) / tick))

    def units(self, rung: int) -> int:
        """Return a rung's price in units; rungs below the lowest count as the lowest."""
        start, first, tick = self._bands[max(0, bisect_right(self._firsts, rung) - 1)]
        return start + max(0, rung - first) * tick

    def tick(self, rung: int) -> int:
        """Return the tick above a rung, in units."""
        return self._bands[max(0, bisect_right(self._firsts, rung) - 1)][2]

    def line(self, low: int, high: int) -> tuple[int, int] | None:
        """Return (zero, tick) such that a rung's price is zero + rung * tick from `low` to `high`.

        None where the tick changes in between.
        """
        band = bisect_right(self._firsts, low) - 1
        if band < 0 or bisect_right(self._firsts, max(low, high - 1)) - 1 != band:
            return None
        start, first, tick = self._bands[band]
        return start - first * tick, tick


class Pattern:
    """Some minutes of prices in ticks relative to the first, and what they add up to.

    `opens`, `highs`, `lows` and `closes` are ticks per minute, `sizes` the volume of each of a minute's
    prints. `top[i]`, `bottom[i]`, `volume[i]` and `value[i]` sum up the first `i` minutes (the extremes from
    index 1); `value` is in ticks times volume. The first print is at 0 and the last one at `net`.
    """

    def __init__(self, minutes: int, intensity: int, kind: int, net: int) -> None:
        count = minutes * PRINTS
        raw = stream(key("pattern", minutes, intensity, kind), 2 * count + 2 * minutes)
        swing = _LOUDER**intensity
        walk = list(accumulate(map(_steps(intensity).__getitem__, raw[: count - 1]), initial=0))
        if rest := net - walk[-1]:
            walk = list(map(add, walk, _slope(count, rest)))
        bounce = [byte & 1 for byte in raw[count : 2 * count]]
        for i in range(_LULL, count - _LULL, _LULL):  # the quotes themselves give way, and come back
            if shift := _SHIFTS[raw[count + i] >> 6]:
                bounce[i : i + _LULL] = [one + shift for one in bounce[i : i + _LULL]]
        bounce[0] = bounce[-1] = 0
        path = list(map(add, walk, bounce))
        self.minutes, self.net = minutes, net
        self._path = array("i", path)
        parts = [path[i : i + PRINTS] for i in range(0, count, PRINTS)]
        self.opens = [part[0] for part in parts]
        self.closes = [part[-1] for part in parts]
        self.highs, self.lows = list(map(max, parts)), list(map(min, parts))
        # Busy minutes are those that move.
        noisy = raw[2 * count : 2 * count + minutes]
        wide = [(high - low) / (swing + 1) for high, low in zip(self.highs, self.lows, strict=True)]
        self.sizes = [1 + int((1 + w) * (byte + 32) / 200) for w, byte in zip(wide, noisy, strict=True)]
        self._beats = raw[2 * count + minutes :]
        self.top = list(accumulate(self.highs, max, initial=self.highs[0]))
        self.bottom = list(accumulate(self.lows, min, initial=self.lows[0]))
        self.volume = list(accumulate(self.sizes, initial=0))
        self.value = list(accumulate(map(mul, self.sizes, map(sum, parts)), initial=0))

    def prints(self, minute: int) -> Sequence[int]:
        """Return a minute's prices in the order they were traded."""
        return self._path[minute * PRINTS : (minute + 1) * PRINTS]

    def second(self, minute: int) -> int:
        """Return at which second of the minute its first print is."""
        return self._beats[minute] % EVERY


@cache
def _steps(intensity: int) -> list[int]:
    """Return the step from one print to the next, in ticks, for every byte.

    Where the deviation of a step is under a tick, a few bytes step a whole one, so that the variance is kept.
    """
    deviation = _LOUDER**intensity / PRINTS**0.5
    if deviation > 0.6:
        return [round(value * deviation) for value in GAUSS]
    moving = round(128 * deviation**2)
    return [-1 if rank < moving else 1 if rank >= 256 - moving else 0 for rank in range(256)]


@lru_cache(maxsize=512)
def _slope(count: int, rise: int) -> list[int]:
    """Return `count` whole numbers that rise evenly from 0 to `rise`."""
    return [i * rise // (count - 1) for i in range(count)]


@lru_cache(maxsize=4096)
def pattern(minutes: int, intensity: int, kind: int, net: int) -> Pattern:
    """Return one of the stock, made when first asked for."""
    return Pattern(minutes, intensity, kind, net)


def intensity_of(log_swing: float) -> int:
    """Return the intensity whose minutes move by about so many ticks, given as a natural logarithm."""
    return max(-6, round(log_swing / _LOG))


@cache
def grid(intensity: int) -> int:
    """Return the ticks that the net moves of an intensity's patterns are multiples of.

    About a minute's move: it keeps the stock small, and can't be seen.
    """
    return max(1, round(_LOUDER**intensity))
