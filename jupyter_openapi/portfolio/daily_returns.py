"""The daily series: time-weighted returns of days, from snapshots or from what the broker states. No I/O.

A day without a snapshot has no row. The return of the next day that has one is of all days since, and says
so: nothing is interpolated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from itertools import groupby, pairwise

from jupyter_openapi.market.money import HUNDRED, ZERO
from jupyter_openapi.messages import _, commas, ngettext
from jupyter_openapi.portfolio.equity import (
    Point,
    Row,
    Step,
    dietz,
    fallen,
    linked,
    onward,
    point_of,
    rates_of,
)

SNAPSHOTS, BROKER, RECONSTRUCTED = "snapshots", "broker", "reconstructed"
WEEKEND = 5  # the first day of it, Monday being 0
MOST_HOLES = 3  # that one line names


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the series.

    Attributes
    ----------
    day, at
        The day, and the moment of its last snapshot.
    net
        What the account was worth then; None where that is not known.
    flow
        Deposits less withdrawals since the day before in the series; None where not known.
    gain
        The return since the last day whose value is known, 0.01 for one percent; None where not known.
    weekdays
        How many weekdays that return is of: 1 where no weekday lacks a value. None for the first day.
    source
        ``snapshots``, ``reconstructed`` from a later time, or ``broker`` where the broker states it.
    """

    day: date
    at: datetime
    net: Decimal | None
    flow: Decimal | None
    gain: Decimal | None = None
    weekdays: int | None = None
    source: str = SNAPSHOTS


@dataclass(frozen=True, slots=True)
class Indexed:
    """A day with its place on the index (100 at the start), and how far that is below its highest."""

    day: Day
    index: Decimal
    below: Decimal


def weekdays(after: date, until: date) -> int:
    """Return how many days from Monday to Friday come after a day, up to another, which is included."""
    whole, rest = divmod((until - after).days, 7)
    tail = (after + timedelta(days=number + 1) for number in range(rest))
    return 5 * whole + sum(day.weekday() < WEEKEND for day in tail)


def _weekday_after(day: date) -> date:
    ahead = (day + timedelta(days=number) for number in range(1, 4))
    return next(each for each in ahead if each.weekday() < WEEKEND)


def local_steps(groups: Sequence[Sequence[Row]], base: str, stated: Mapping[str, bool]) -> list[Step]:
    """Chain returns as `linked` does, each at the rates of exchange of its start.

    What currencies gained or lost between two snapshots is then in no return.
    """
    steps: list[Step] = []
    start: tuple[Point, Sequence[Row]] | None = None
    between: list[Sequence[Row]] = []
    index, highest = HUNDRED, HUNDRED
    for rows in groups:
        point = point_of(rows, base, stated)
        between.append(rows)
        if point.net is None:
            steps.append(Step(point, None, None, None))
            continue
        gain = None
        if start is not None:
            frozen = rates_of(start[1])
            parts = [point_of(each, base, stated, frozen) for each in between]
            flows: list[tuple[datetime, Decimal]] | None = []
            for part in parts:
                flows = None if flows is None or part.flows is None else [*flows, *part.flows]
            gain = dietz(start[0], parts[-1], flows)
        index = onward(index, gain)
        highest = max(highest, index)
        steps.append(Step(point, gain, index, fallen(index, highest)))
        start, between = (point, rows), []
    return steps


def days_of(
    groups: Sequence[Sequence[Row]], base: str, stated: Mapping[str, bool], tz: tzinfo, *, local: bool
) -> list[Day]:
    """Return the days of the snapshots, oldest first; days are those of a zone."""
    steps = (
        local_steps(groups, base, stated)
        if local
        else linked([point_of(rows, base, stated) for rows in groups])
    )
    found: list[Day] = []
    before: date | None = None
    for day, mine in groupby(steps, key=lambda step: step.point.at.astimezone(tz).date()):
        parts = list(mine)
        gain, seen = _compounded(parts, known=before is not None)
        flows = [part.point.flows for part in parts]
        flow = None if None in flows else sum((sum((m for _, m in f), ZERO) for f in flows if f), ZERO)
        last = parts[-1].point
        whole = next((part.point for part in reversed(parts) if part.point.net is not None), last)
        span = weekdays(before, day) if before is not None and whole.net is not None else None
        found.append(Day(day, whole.at, whole.net, flow, gain, span))
        if seen:
            before = day
    return found


def _compounded(steps: Iterable[Step], *, known: bool) -> tuple[Decimal | None, bool]:
    """Return the return of a day's steps together, and whether a value is known in it.

    On the first day it is what came after its first snapshot. None where one of the steps' is not known.
    """
    gains = [step.gain for step in steps if step.point.net is not None]
    mine = gains if known else gains[1:]
    return (None if None in mine else compounded(mine)), bool(gains)


def with_broker(days: Sequence[Day], start: date, value: Decimal | None, gain: Decimal | None) -> list[Day]:
    """Put what the broker states of the time before the first snapshot in front of the series."""
    if not days or gain is None or start >= days[0].day:
        return list(days)
    at = days[0].at - timedelta(days=(days[0].day - start).days)
    opening = Day(start, at, value, ZERO, source=BROKER)
    first = replace(days[0], gain=gain, weekdays=weekdays(start, days[0].day), source=BROKER)
    return [opening, first, *days[1:]]


def window_of(days: Sequence[Day], start: date | None, end: date | None) -> list[Day]:
    """Return the days of a window, after the last known one before it, which they are measured from."""
    inside = [day for day in days if (start is None or day.day >= start) and (end is None or day.day <= end)]
    earlier = [day for day in days if start is not None and day.day < start and day.net is not None]
    if not earlier or not inside:
        return inside
    return [replace(earlier[-1], flow=ZERO, gain=None, weekdays=None), *inside]


def indexed(days: Iterable[Day]) -> list[Indexed]:
    """Return the days on an index that is 100 at the start; a return that is not known leaves it there."""
    index = highest = HUNDRED
    found = []
    for day in days:
        index = onward(index, day.gain)
        highest = max(highest, index)
        found.append(Indexed(day, index, fallen(index, highest)))
    return found


def compounded(gains: Iterable[Decimal | None]) -> Decimal | None:
    """Return several returns as one; of those that are known, None where none is."""
    known = [gain for gain in gains if gain is not None]
    whole = Decimal(1)
    for gain in known:
        whole = onward(whole, gain)
    return whole - 1 if known else None


def _few(days: Sequence[date]) -> str:
    return commas(str(day) for day in days[:MOST_HOLES]) + (", ..." if len(days) > MOST_HOLES else "")


def _without_return(days: Sequence[Day]) -> tuple[list[date], list[date]]:
    """Return the days whose return is not known: for want of the deposits, and of anything to earn on."""
    unmeasured: list[date] = []
    worthless: list[date] = []
    begun, unclear = False, False
    for day in days:
        unclear = unclear or day.flow is None
        if day.net is None:
            continue
        if begun and day.gain is None:
            (unmeasured if unclear else worthless).append(day.day)
        begun, unclear = True, False
    return unmeasured, worthless


def holes(days: Sequence[Day]) -> list[str]:
    """Return a line for the weekdays without a value, and for the returns that are not known, with why."""
    known = [day for day in days if day.net is not None]
    gaps = [
        (after, day.weekdays - 1)
        for after, day in pairwise(known)
        if day.weekdays is not None and day.weekdays > 1 and day.source == SNAPSHOTS
    ]
    lines = []
    if gaps:
        count = sum(missing for _day, missing in gaps)
        named = _few([_weekday_after(after.day) for after, _missing in gaps])
        lines.append(
            ngettext(
                "no value on {count:,} weekday (from {named}): the next return is of all days before it",
                "no value on {count:,} weekdays (from {named}): the next return is of all days before it",
                count,
            ).format(count=count, named=named)
        )
    unmeasured, worthless = _without_return(days)
    if unmeasured:
        shown = _few(unmeasured)
        lines.append(_("the return of {days}, for the deposits before it are not known").format(days=shown))
    if worthless:
        lines.append(_("the return of {days}, for there was nothing to earn on").format(days=_few(worthless)))
    lost = next((row.day for row in indexed(days) if row.index <= 0), None)
    if lost is not None and any(day.gain is not None for day in days if day.day > lost.day):
        lines.append(
            _("the index after {day}, when everything was lost: it stays where it was").format(day=lost.day)
        )
    if valueless := len(days) - len(known):
        lines.append(
            ngettext(
                "the value of {count:,} day with a snapshot",
                "the value of {count:,} days with snapshots",
                valueless,
            ).format(count=valueless)
        )
    return lines
