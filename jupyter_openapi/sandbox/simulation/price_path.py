"""Price paths of the simulated market: patterns joined into one session of one day.

A stretch adds up from a few dozen numbers, and every candle is exactly the sum of its prints.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from itertools import accumulate
from math import log
from typing import NamedTuple

from jupyter_openapi.sandbox.simulation import patterns as noise
from jupyter_openapi.sandbox.simulation.patterns import (
    BLOCK,
    EVERY,
    KINDS,
    MEAN_SIZE,
    PRINTS,
    Bar,
    Pattern,
    Scale,
    grid,
    intensity_of,
    merge,
    pattern,
)


class Moment(NamedTuple):
    """A place in a stretch: `full` minutes are over, and `prints` prints of the next one are out."""

    full: int
    prints: int


class Print(NamedTuple):
    """One print: Unix second, rung of its price, shares."""

    second: int
    rung: int
    shares: int


class _Block:
    """A pattern at its place: first minute, first rung, and the shares of one unit of its volume.

    The pattern is made when first looked at: the later ones of a day are seldom needed.
    """

    __slots__ = ("_intensity", "_kind", "_pattern", "minute", "minutes", "net", "rung", "shares")

    def __init__(  # noqa: PLR0917 - a place, then what the stock knows a pattern by
        self, minute: int, rung: int, shares: int, minutes: int, intensity: int, kind: int, net: int
    ) -> None:
        self.minute, self.rung, self.shares = minute, rung, shares
        self.minutes, self.net = minutes, net
        self._intensity, self._kind = intensity, kind
        self._pattern: Pattern | None = None

    @property
    def pattern(self) -> Pattern:
        """The pattern."""
        found = self._pattern
        if found is None:
            found = self._pattern = pattern(self.minutes, self._intensity, self._kind, self.net)
        return found


@dataclass(frozen=True, slots=True)
class Plan:
    """Plan of a price path: start and end, in time and price, and its volatility and volume.

    `seed` makes it the one it is; `first` and `last` are rungs; `deviation` is in units of price from start
    to end, `shares` the volume to expect, `lot` the smallest trade; `left` and `right` are its place in the
    day's U shape of activity (0 to 1; both 0.5 for a flat one).
    """

    seed: int
    name: str
    session: int
    day: date
    start: int
    minutes: int
    first: int
    last: int
    deviation: float
    shares: float
    lot: int
    left: float = 0.0
    right: float = 1.0


class Stretch:
    """Consecutive minutes of one trading day and session."""

    def __init__(self, plan: Plan, scale: Scale) -> None:
        self.name, self.session, self.day = plan.name, plan.session, plan.day
        self.start, self.minutes, self.lot = plan.start, plan.minutes, plan.lot
        self.end = plan.start + 60 * plan.minutes
        self.scale = scale
        self._blocks = _blocks(plan, scale)
        self._sums: list[Bar] = []

    def moment(self, at: float) -> Moment:
        """Return how far the stretch has come at a time."""
        minute, second = divmod(int(at // 1) - self.start, 60)
        if minute < 0:
            return Moment(0, 0)
        if minute >= self.minutes:
            return Moment(self.minutes, 0)
        prints = (second - self._second(minute)) // EVERY + 1
        return Moment(minute, min(PRINTS, max(0, prints)))

    def rung(self, moment: Moment) -> int:
        """Return the last price's rung at a moment after the first print."""
        full, prints = moment if moment.prints else Moment(moment.full - 1, PRINTS)
        block = self._blocks[full // BLOCK]
        return block.rung + block.pattern.prints(full - block.minute)[prints - 1]

    def units(self, rung: int) -> int:
        """Return a rung's price in units."""
        return self.scale.units(rung)

    def stamp(self, moment: Moment) -> int:
        """Return the time of the last print at a moment after the first, in Unix seconds."""
        full, prints = moment if moment.prints else Moment(moment.full - 1, PRINTS)
        return self.start + 60 * full + self._second(full) + EVERY * (prints - 1)

    def prints(self, minute: int) -> list[Print]:
        """Return a minute's prints in order."""
        block = self._blocks[minute // BLOCK]
        own = minute - block.minute
        first = self.start + 60 * minute + self._second(minute)
        shares = block.pattern.sizes[own] * block.shares
        ticks = enumerate(block.pattern.prints(own))
        return [Print(first + EVERY * i, block.rung + tick, shares) for i, tick in ticks]

    def outline(self) -> list[Print]:
        """Return the stretch in at most four prints: the first, its extremes, the last, in order."""
        high = max(self._blocks, key=lambda block: block.rung + block.pattern.top[-1])
        low = min(self._blocks, key=lambda block: block.rung + block.pattern.bottom[-1])
        top, bottom = high.rung + high.pattern.top[-1], low.rung + low.pattern.bottom[-1]
        peak = high.minute + high.pattern.highs.index(high.pattern.top[-1])
        trough = low.minute + low.pattern.lows.index(low.pattern.bottom[-1])
        points = [
            self.prints(0)[0],
            next(point for point in self.prints(peak) if point.rung == top),
            next(point for point in self.prints(trough) if point.rung == bottom),
            self.prints(self.minutes - 1)[-1],
        ]
        return sorted(set(points))

    def typical(self, moment: Moment) -> int:
        """Return the shares that usually change hands in a print around a moment."""
        block = self._blocks[min(moment.full, self.minutes - 1) // BLOCK]
        return round(block.shares * MEAN_SIZE)

    def bar(self, begin: int, moment: Moment) -> Bar | None:
        """Return what the prints from minute `begin` up to a moment add up to, or None if there are none."""
        if begin == 0 and moment.full == self.minutes:
            return self.whole
        parts = list(self._parts(begin, moment.full))
        if moment.prints:
            parts.append(self._part_of_minute(moment))
        return merge(parts) if parts else None

    def between(self, begin: float, until: float) -> Bar | None:
        """Return what the prints from a minute's start up to and including a time add up to."""
        return self.bar(max(0, int(begin - self.start) // 60), self.moment(until))

    @cached_property
    def whole(self) -> Bar:
        """What the whole stretch adds up to."""
        blocks = self._blocks
        top = max(block.rung + block.pattern.top[-1] for block in blocks)
        bottom = min(block.rung + block.pattern.bottom[-1] for block in blocks)
        line = self.scale.line(bottom, top)
        if line is None:
            return merge([self._slice(block, 0, block.minutes) for block in blocks])
        zero, tick = line
        volume = turnover = 0
        for block in blocks:
            found, shares = block.pattern, block.shares
            size = PRINTS * found.volume[-1]
            volume += size * shares
            turnover += (size * (zero + tick * block.rung) + tick * found.value[-1]) * shares
        opening, closing = blocks[0].rung, blocks[-1].rung + blocks[-1].net
        return _bar(
            self.start, [zero + tick * rung for rung in (opening, top, bottom, closing)], volume, turnover
        )

    def _sum(self, count: int) -> Bar:
        """Return the bar of the first blocks."""
        sums = self._sums
        for block in self._blocks[len(sums) : count]:
            bar = self._slice(block, 0, block.minutes)
            sums.append(merge((sums[-1], bar)) if sums else bar)
        return sums[count - 1]

    def _parts(self, begin: int, end: int) -> Iterator[Bar]:
        """Yield bars for the complete minutes from `begin` to before `end`."""
        if not begin and end >= BLOCK:  # the usual question: since the start
            yield self._sum(end // BLOCK)
            begin = end // BLOCK * BLOCK
        while begin < end:
            block = self._blocks[begin // BLOCK]
            stop = min(end, block.minute + block.minutes)
            yield self._slice(block, begin - block.minute, stop - block.minute)
            begin = stop

    def _slice(self, block: _Block, i: int, j: int) -> Bar:
        """Return the bar of a block's minutes from `i` to before `j`."""
        p, base = block.pattern, block.rung
        top = base + (max(p.highs[i:j]) if i else p.top[j])
        bottom = base + (min(p.lows[i:j]) if i else p.bottom[j])
        opening, closing = base + p.opens[i], base + p.closes[j - 1]
        size = p.volume[j] - p.volume[i]
        line = self.scale.line(bottom, top)
        if line:
            zero, tick = line
            value = PRINTS * size * (zero + tick * base) + tick * (p.value[j] - p.value[i])
            prices = [zero + tick * rung for rung in (opening, top, bottom, closing)]
        else:
            units = self.scale.units
            value = sum(p.sizes[m] * sum(units(base + tick) for tick in p.prints(m)) for m in range(i, j))
            prices = [units(rung) for rung in (opening, top, bottom, closing)]
        begin = self.start + 60 * (block.minute + i)
        return _bar(begin, prices, PRINTS * size * block.shares, value * block.shares)

    def _part_of_minute(self, moment: Moment) -> Bar:
        prints = self.prints(moment.full)[: moment.prints]
        prices = [self.units(point.rung) for point in prints]
        volume, turnover = (prints[0].shares * n for n in (len(prices), sum(prices)))
        begin = self.start + 60 * moment.full
        return Bar(begin, prices[0], max(prices), min(prices), prices[-1], volume, turnover)

    def _second(self, minute: int) -> int:
        """Return when a minute's first print is; a stretch's very first is at its start."""
        block = self._blocks[minute // BLOCK]
        return block.pattern.second(minute - block.minute) if minute else 0


def _bar(start: int, prices: list[int], volume: int, turnover: int) -> Bar:
    opening, high, low, closing = prices
    return Bar(start, opening, high, low, closing, volume, turnover)


class _Shape(NamedTuple):
    """How activity spreads over a stretch's blocks; variances and loads sum to 1."""

    lengths: list[int]
    swings: list[float]  # deviation of each block
    logs: list[float]  # logarithm of the deviation of each block's minutes
    variances: list[float]  # up to each block's end, from 0
    loads: list[float]  # part of the volume


@lru_cache(maxsize=64)
def _shape(minutes: int, left: float, right: float) -> _Shape:
    """Return a U: the day's ends are thrice as wild and four times as busy as its middle."""
    lengths = [BLOCK] * (minutes // BLOCK) + ([minutes % BLOCK] if minutes % BLOCK else [])
    width = (right - left) / len(lengths)
    bends = [(2 * (left + width * (i + 0.5)) - 1) ** 2 for i in range(len(lengths))]
    swings = [(0.5 + u) * length**0.5 for u, length in zip(bends, lengths, strict=True)]
    whole = sum(swing**2 for swing in swings) ** 0.5
    swings = [swing / whole for swing in swings]
    loads = [(0.5 + 1.5 * u) * length for u, length in zip(bends, lengths, strict=True)]
    total = sum(loads)
    variances = list(accumulate((swing**2 for swing in swings), initial=0.0))
    logs = [log(swing / length**0.5) for swing, length in zip(swings, lengths, strict=True)]
    return _Shape(lengths, swings, logs, variances, [load / total for load in loads])


def _blocks(plan: Plan, scale: Scale) -> list[_Block]:
    """Lay the plan's way from its first to its last rung out in blocks: a bridge of the shape's swings."""
    shape = _shape(plan.minutes, plan.left, plan.right)
    count = len(shape.lengths)
    chance = noise.stream(plan.seed, 3 * count)
    way = list(accumulate(s * noise.GAUSS[byte] for s, byte in zip(shape.swings, chance, strict=False)))
    start, end = scale.units(plan.first), scale.units(plan.last)
    drift = end - start - plan.deviation * way[-1]
    loud = log(plan.deviation / scale.tick(plan.first))
    blocks: list[_Block] = []
    rung = plan.first
    for i, length in enumerate(shape.lengths):
        intensity = intensity_of(loud + shape.logs[i])
        step = grid(intensity)
        if i < count - 1:
            aim = scale.rung(start + plan.deviation * way[i] + drift * shape.variances[i + 1])
            net = step * round((aim - rung) / step)
        else:  # meets its end exactly, by a small gap at its start
            net = step * round((plan.last - rung) / step)
            rung = plan.last - net if count > 1 else rung
            net = plan.last - rung
        lively = 0.6 + chance[2 * count + i] / 320
        lots = round(plan.shares * shape.loads[i] * lively / (PRINTS * length * MEAN_SIZE * plan.lot))
        kind, shares = chance[count + i] % KINDS, max(1, lots) * plan.lot
        blocks.append(_Block(i * BLOCK, rung, shares, length, intensity, kind, net))
        rung += net
    return blocks
