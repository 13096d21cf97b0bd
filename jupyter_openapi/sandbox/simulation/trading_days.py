"""The simulated market's days: when each security trades, and the prices each stretch starts and ends at.

Closing prices are a walk of logarithms, half of it shared by the market, that meets the security's reference
price on the anchor date. Everything is a pure function of seed, symbol and date.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from math import exp
from typing import Literal, NamedTuple

from jupyter_openapi.market import sessions
from jupyter_openapi.market.symbols import Security
from jupyter_openapi.market.ticks import Ladder, ladder
from jupyter_openapi.sandbox.simulation import patterns as noise
from jupyter_openapi.sandbox.simulation.patterns import UNIT, Scale
from jupyter_openapi.sandbox.simulation.price_path import Plan, Stretch

ANCHOR = date(2026, 11, 20)
"""The day whose closing price is the reference price."""

Mode = Literal["always", "real"]

_DAY = timedelta(days=1)
_SHARED, _OWN = 0.6, 0.8  # of the market's walk and the security's own; the squares sum to 1

_FOLLOWERS = {"SPY.US": ("QQQ.US", 0.8), "TQQQ.US": ("QQQ.US", 3.0), "SQQQ.US": ("QQQ.US", -3.0)}
"""Index products: whose daily moves they follow, and how many times."""


class _Character(NamedTuple):
    """How a stretch behaves: its part of the day's deviation and volume, and its place in the U shape."""

    deviation: float
    volume: float
    left: float
    right: float


_CHARACTERS = {
    "always": _Character(1.0, 1.0, 0.0, 1.0),
    "regular": _Character(0.9, 1.0, 0.0, 1.0),
    "morning_continuous": _Character(0.65, 0.5, 0.0, 0.45),
    "afternoon_continuous": _Character(0.65, 0.5, 0.45, 1.0),
    "overnight": _Character(0.15, 0.01, 0.5, 0.5),
    "pre": _Character(0.25, 0.04, 0.5, 1.0),
    "post": _Character(0.2, 0.03, 0.0, 0.5),
}


@lru_cache(maxsize=4096)
def midnight(market: str, day: date, minutes: int = 0) -> int:
    """Return a day's start in the market's zone in Unix seconds, or so many minutes off by the clock."""
    moment = datetime.combine(day, time()) + timedelta(minutes=minutes)
    return int(moment.replace(tzinfo=sessions.zone(market)).timestamp())


def local_day(market: str, at: float) -> date:
    """Return the market's calendar day at a Unix time."""
    return datetime.fromtimestamp(at, UTC).astimezone(sessions.zone(market)).date()


@lru_cache(maxsize=4096)
def frame(market: str, day: date, mode: Mode) -> tuple[tuple[str, int, int, int], ...]:
    """Return a day's stretches in order, as (name, session, start, minutes); empty on a closed day."""
    if mode == "always":
        start = midnight(market, day)
        return (("always", 0, start, (midnight(market, day + _DAY) - start) // 60),)
    phases = [phase for phase in sessions.schedule(market, day, assume=True) if phase.trading]
    spans = [(p.name, p.trade_session, p.starts.timestamp(), p.ends.timestamp()) for p in phases]
    return tuple((name, session, int(start), int(end - start) // 60) for name, session, start, end in spans)


def previous(market: str, day: date, mode: Mode) -> date:
    """Return the trading day before `day`."""
    day -= _DAY
    while not frame(market, day, mode):
        day -= _DAY
    return day


class Days:
    """The days of every security for one seed.

    Parameters
    ----------
    seed
        Any integer; another seed is another market.
    securities
        What is listed, by symbol.
    mode
        ``always``: a day is the market's calendar day, every day, one stretch without a gap.
        ``real``: the exchanges' own sessions and holidays.
    """

    def __init__(self, seed: int, securities: Mapping[str, Security], mode: Mode) -> None:
        self.seed, self.securities, self.mode = seed, securities, mode
        self.close = lru_cache(maxsize=1 << 16)(self._close)
        self.stretches = lru_cache(maxsize=4096)(self._stretches)
        self.key = cache(lambda symbol, purpose: noise.key(seed, symbol, purpose))

    def scale(self, symbol: str, day: date) -> Scale:
        """Return the ladder of prices in force."""
        return _scale(symbol, day, self.securities[symbol].spread_table)

    def deviation(self, symbol: str) -> float:
        """Return a security's daily deviation, as a fraction of its price."""
        if symbol in _FOLLOWERS:
            leader, times = _FOLLOWERS[symbol]
            return abs(times) * self.deviation(leader)
        calm = self.securities[symbol].kind == "etf"
        return 0.007 if calm else 0.009 + 0.009 * noise.uniform(self.key(symbol, "deviation"))

    def shares(self, symbol: str) -> float:
        """Return how many shares of a security trade on an average day."""
        money = float(10 ** (9.0 + 1.2 * noise.uniform(self.key(symbol, "turnover"))))
        return money / float(self.securities[symbol].ref_price)

    def _close(self, symbol: str, day: date) -> int:
        price = float(self.securities[symbol].ref_price) * exp(self._change(symbol, day))
        return self.scale(symbol, day).rung(price * UNIT)

    def _change(self, symbol: str, day: date) -> float:
        """Return the logarithm of a day's closing price over the reference price."""
        if symbol in _FOLLOWERS:
            leader, times = _FOLLOWERS[symbol]
            return times * self._change(leader, day)
        n = (day - ANCHOR).days
        shared = noise.walk(noise.key(self.seed, self.securities[symbol].market, "market"), n)
        own = noise.walk(self.key(symbol, "walk"), n)
        return self.deviation(symbol) * (_SHARED * shared + _OWN * own)

    def _stretches(self, symbol: str, day: date) -> tuple[Stretch, ...]:
        """Weave a day's stretches, each from where the one before it ended."""
        market = self.securities[symbol].market
        spans = frame(market, day, self.mode)
        if not spans:
            return ()
        scale, lot = self.scale(symbol, day), self.securities[symbol].lot_size
        size, shares = self.deviation(symbol), self.shares(symbol)
        knots = self._knots(symbol, day, [name for name, *_ in spans])
        woven = []
        for i, (name, session, start, minutes) in enumerate(spans):
            character = _CHARACTERS[name]
            seed = noise.key(self.seed, symbol, self.mode, name, day)
            spread = scale.units(knots[i][0]) * size * character.deviation
            volume = (
                shares
                * character.volume
                * (0.6 + 0.8 * noise.uniform(self.key(symbol, "day"), day.toordinal()))
            )
            plan = Plan(
                seed,
                name,
                session,
                day,
                start,
                minutes,
                *knots[i],
                spread,
                volume,
                lot,
                character.left,
                character.right,
            )
            woven.append(Stretch(plan, scale))
        return tuple(woven)

    def _knots(self, symbol: str, day: date, names: list[str]) -> list[tuple[int, int]]:
        """Return each stretch's first and last rung."""
        scale, close = self.scale(symbol, day), self.close(symbol, day)
        before = previous(self.securities[symbol].market, day, self.mode)
        after_close = self.scale(symbol, before).units(self._night(symbol, before))
        size = self.deviation(symbol)
        ends: list[int] = []
        base, goal = after_close, scale.units(close)

        def towards(part: float, swing: float, n: int) -> int:
            chance = noise.gauss(self.key(symbol, "knots"), 8 * day.toordinal() + n)
            return scale.rung(base + (goal - base) * part + base * size * swing * chance)

        opening = towards(0.4, 0.25, 0)
        for name in names:
            if name == "overnight":
                ends.append(towards(0.1, 0.1, 1))
            elif name == "pre":
                ends.append(opening)
            elif name == "post":
                ends.append(self._night(symbol, day))
            elif name == "morning_continuous" and names[-1] != name:
                ends.append(towards(0.7, 0.4, 2))
            else:
                ends.append(close)
        gap = names[0] in {"morning_continuous", "regular"}
        first = opening if gap else scale.rung(after_close)
        return list(zip([first, *ends[:-1]], ends, strict=True))

    def _night(self, symbol: str, day: date) -> int:
        """Return the rung the day's last stretch ends at: after hours, where there are any."""
        close = self.close(symbol, day)
        spans = frame(self.securities[symbol].market, day, self.mode)
        if spans[-1][0] != "post":
            return close
        scale = self.scale(symbol, day)
        swing = 0.15 * self.deviation(symbol) * noise.gauss(self.key(symbol, "night"), day.toordinal())
        return scale.rung(scale.units(close) * (1 + swing))


def _scale(symbol: str, day: date, table: str) -> Scale:
    return _scale_of(ladder(symbol, day, table))


@lru_cache(maxsize=16)
def _scale_of(rungs: Ladder) -> Scale:
    return Scale(rungs)
