"""Plan of a history: the operation, its filters, and the window in whole Unix seconds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from jupyter_openapi.errors import RequestRefused, sentence
from jupyter_openapi.messages import _
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.check import check, nest
from jupyter_openapi.spec.dates import to_seconds, zone
from jupyter_openapi.spec.model import Operation, Pages

DAY = 86_400
WINDOW_DAYS = 90  # the broker's own default for its histories; used where an operation names none
PAGE_ROWS = 1000  # asked for where the page's size is ours to choose
SLACK = 5  # seconds the broker's clock may be ahead of ours


@dataclass(frozen=True, slots=True)
class Plan:
    """One history to fetch.

    Attributes
    ----------
    operation, pages
        The operation, and how it is paged.
    arguments
        Its other arguments, by wire name in wire form.
    start, end
        First and last second, both inclusive. An operation without a window has 0 and 0.
    open_end
        Whether the end is the present; `end` is then a little after `now`.
    now
        The present moment when the plan was made.
    size
        Rows a full page has, or None if that is not known.
    tz
        The zone in which moments are shown.
    """

    operation: Operation
    pages: Pages
    arguments: Mapping[str, Any]
    start: int
    end: int
    open_end: bool
    now: int
    size: int | None
    tz: str

    @property
    def key(self) -> str:
        """What makes two plans the same history, whenever they were made."""
        end = None if self.open_end else self.end
        return json.dumps([self.operation.name, self.arguments, self.start, end], sort_keys=True, default=str)

    @property
    def last(self) -> int:
        """The end as a person means it: the present, where it is open."""
        return self.now if self.open_end else self.end

    def window_end(self, first: int) -> int:
        """Return the last second of the window that starts at `first`; what lies ahead is one window."""
        if first > self.now:
            return self.end
        return min(first + (self.pages.days or WINDOW_DAYS) * DAY - 1, self.end)

    def request(self, first: int, last: int, page: int) -> dict[str, Any]:
        """Return the arguments that ask for one page of one window."""
        asked = dict(self.arguments)
        if self.pages.window:
            asked |= dict(zip(self.pages.window, (first, last), strict=True))
        if self.pages.page:
            asked[self.pages.page] = page
        return asked

    def moment(self, seconds: int) -> datetime:
        """Return Unix seconds as a moment in the plan's zone."""
        return _moment(seconds, zone(self.tz))

    def stamp(self, seconds: int) -> str:
        """Return Unix seconds as text: ``2026-11-22 09:30:00``."""
        return f"{self.moment(seconds):%Y-%m-%d %H:%M:%S}"


def make_plan(operation: Operation, arguments: Mapping[str, Any], *, tz: str, now: datetime) -> Plan:
    """Return the plan for an operation and its arguments as a person gave them.

    Raises
    ------
    RequestRefused
        The operation has no pages or history, there is no start, the window is empty, a page was asked for,
        or an argument does not pass the operation's own checks.
    """
    pages = operation.pages
    if pages is None:
        raise RequestRefused(
            sentence(
                _("{name} comes whole in one reply; leave --all out.").format(name=operation.name),
                _instead(operation),
            )
        )
    given = nest(operation, arguments)
    _refuse_pages(pages, given)
    present = int(now.timestamp())
    if pages.window is None:
        checked = check(operation, given, tz=tz, now=now)
        start = end = 0
        open_end = False
    else:
        checked = check(operation, _with_window(operation, pages.window, given), tz=tz, now=now)
        start, end = (to_seconds(checked[name], UTC) for name in pages.window)
        # "now" is an open end too, and so is none.
        open_end = end == present
        if start > end:
            raise _no_window(pages.window, given, (start, end), zone(tz), open_end=open_end)
    size = _size(operation, pages, checked)
    if pages.size and size is not None:
        checked[pages.size] = size
    others = {
        name: value for name, value in checked.items() if name not in (*(pages.window or ()), pages.page)
    }
    return Plan(
        operation,
        pages,
        others,
        start,
        end + SLACK if open_end else end,
        open_end,
        present,
        size or pages.max_rows,
        tz,
    )


def _instead(operation: Operation) -> str:
    """Name the history of an operation that gives today's rows."""
    name = "history_" + operation.name.removeprefix("today_")
    found = catalog().operations.get(name)
    if found is None or found.pages is None or found.pages.window is None:
        return ""
    return _("For earlier days: {name} {window}=-30d.").format(name=name, window=found.pages.window[0])


def _refuse_pages(pages: Pages, given: Mapping[str, Any]) -> None:
    for name in (pages.page or "page", "page", *(() if pages.size else ("size",))):
        if name in given:
            raise RequestRefused(
                _("{name} does not go with --all, which reads every page; leave it out.").format(name=name)
            )


def _with_window(operation: Operation, window: tuple[str, str], given: dict[str, Any]) -> dict[str, Any]:
    start, end = window
    if start not in given:
        raise RequestRefused(
            _("A history needs a start: add {start}=2026-01-01, or {start}=-1y, to {name}.").format(
                start=start, name=operation.name
            )
        )
    return {**given, end: given.get(end, "now")}


def _no_window(
    window: tuple[str, str],
    given: Mapping[str, Any],
    span: tuple[int, int],
    tz: tzinfo,
    *,
    open_end: bool,
) -> RequestRefused:
    first, last = window
    start = _as_given(given[first], span[0], tz)
    if open_end:
        return RequestRefused(
            _(
                "{first}={start} is in the future, and a history starts in the past: it is {now}. Give a day "
                "that has been, such as {first}=-30d."
            ).format(first=first, start=start, now=f"{_moment(span[1], tz):%Y-%m-%d %H:%M}")
        )
    end = _as_given(given[last], span[1], tz)
    return RequestRefused(
        _("{first}={start} is after {last}={end}; swap them.").format(
            first=first, start=start, last=last, end=end
        )
    )


def _as_given(value: Any, seconds: int, tz: tzinfo) -> str:
    """Return a time as it was written; one that no person writes so, such as Unix seconds, as a date."""
    if isinstance(value, str) and not value.strip().replace(".", "").isdigit():
        return value
    at = _moment(seconds, tz)
    return f"{at:%Y-%m-%d}" if f"{at:%H%M%S}" in {"000000", "235959"} else f"{at:%Y-%m-%dT%H:%M}"


def _moment(seconds: int, tz: tzinfo) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).astimezone(tz)


def _size(operation: Operation, pages: Pages, checked: Mapping[str, Any]) -> int | None:
    """Return the rows to ask for: as given or by the operation's default, else the most that is sensible."""
    if pages.size is None:
        return None
    if pages.size in checked:
        return int(checked[pages.size])
    parameter = operation.parameter(pages.size)
    most = parameter.maximum if parameter else None
    return None if most is None else min(PAGE_ROWS, int(most))
