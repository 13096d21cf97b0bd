"""US figures outside regular hours: pre-market, post-market and overnight.

On the always-open timetable the hours are the clock's, and the figures a part of the one session's.

Source: the broker's US trading hours.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from jupyter_openapi.sandbox.candles import money, price
from jupyter_openapi.sandbox.days import Mode, frame, local_day, midnight
from jupyter_openapi.sandbox.paths import Stretch
from jupyter_openapi.sandbox.patterns import merge

NAMES = ("pre", "post", "overnight")

_HOURS = {"pre": (4 * 60, 9 * 60 + 30), "post": (16 * 60, 20 * 60), "overnight": (-4 * 60, 3 * 60 + 50)}
_LONGEST_BREAK = 15  # days
_FIRST_PRINT = 15  # seconds within which a minute has one
_DAY = timedelta(days=1)


class Extended(NamedTuple):
    """A US security's figures outside regular hours."""

    last: Decimal
    timestamp: int
    volume: int
    turnover: Decimal
    high: Decimal
    low: Decimal
    prev_close: Decimal


class Window(NamedTuple):
    """The hours of one trading day outside its regular session, in Unix seconds, the end excluded."""

    day: date
    start: int
    end: int


def latest_window(name: str, at: float, mode: Mode) -> Window:
    """Return the latest pre, post or overnight hours that had a print by a time."""
    day = local_day("US", at) + _DAY  # tomorrow's overnight session may have begun this evening
    for _ in range(_LONGEST_BREAK):
        window = _window(day, name, mode)
        if window and window.start + _FIRST_PRINT <= at:
            return window
        day -= _DAY
    raise AssertionError(name)


@lru_cache(maxsize=4096)
def _window(day: date, name: str, mode: Mode) -> Window | None:
    if mode == "always":
        start, end = (midnight("US", day, minutes) for minutes in _HOURS[name])
        return Window(day, start, end)
    spans = (span for span in frame("US", day, mode) if span[0] == name)
    return next((Window(day, start, start + 60 * minutes) for _, _, start, minutes in spans), None)


def figures(
    window: Window, at: float, between: Callable[[float, float], list[Stretch]], prev_close: Decimal
) -> Extended:
    """Return what the window's prints up to a time add up to.

    `between` gives the stretches that have minutes in an interval.
    """
    until = min(at, window.end - 1)
    stretches = between(window.start - 1, until)
    bar = merge([bar for stretch in stretches if (bar := stretch.between(window.start, until))])
    final = stretches[-1]
    return Extended(
        price(bar.close, "US"),
        final.stamp(final.moment(until)),
        bar.volume,
        money(bar.turnover),
        price(bar.high, "US"),
        price(bar.low, "US"),
        prev_close,
    )
