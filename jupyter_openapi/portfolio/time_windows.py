"""Windows of time as people and programs give them: `start` and `end` of the analysis functions.

What is given is understood as `jupyter_openapi.spec.dates` says, and before that:

- a midnight without a zone, of pandas or numpy, is a whole day: so our own frames' columns of days give days;
- a whole number of eight digits that is a day (20260105) is that day, never Unix seconds of 1970.

What can't be meant is refused before anything is read, with days in the client's zone and what to type.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market.symbols import MARKET_ZONES
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio.given_arguments import told
from jupyter_openapi.spec.dates import to_day, to_seconds, zone

AHEAD = 5
"""How many seconds a clock may be ahead: a start that was the present a moment ago is none of the future."""
_DAY = re.compile(r"(?:19|20|21)\d\d[01]\d[0-3]\d")
_NANOSECONDS = re.compile(r"\.\d+")


def plain(value: Any) -> Any:
    """Return a time of numpy or pandas, or a day written as a whole number, as Python's own."""
    kind, module = type(value).__name__, type(value).__module__
    if module == "numpy" and kind == "datetime64":
        return _of_numpy(str(value))
    if module == "numpy" and kind in {"str_", "bool_", "bool"}:
        return value.item()
    if module == "numpy" and getattr(value, "ndim", 1) == 0 and kind.lstrip("u").startswith("int"):
        value = int(value)
    if type(value) is int and _DAY.fullmatch(str(value)):
        return str(value)
    if kind == "Timestamp" and value.tzinfo is None and value == value.normalize():
        return value.date()
    return value


def _of_numpy(text: str) -> Any:
    if text == "NaT":
        return float("nan")
    day, _mark, clock = text.partition("T")
    clock = _NANOSECONDS.sub("", clock)
    if not clock.strip("0:"):
        return day
    return f"{day}T{clock}"


def window(start: Any, end: Any, tz: str) -> tuple[int, int | None]:
    """Return the first and the last second of a window of the past; None is the present.

    Parameters
    ----------
    start, end
        As given; both included.
    tz
        The zone of days and of times without one.

    Raises
    ------
    RequestRefused
        It is no window.
    """
    here = zone(tz)
    first = _seconds("start", start, here)
    last = None if end is None else _seconds("end", end, here)
    if last is not None and first > last:
        raise _turned(_moment(first, here), _moment(last, here))
    if first > datetime.now(UTC).timestamp() and whole_day(plain(start)):
        # A day that has not come in the client's zone may have begun in a market.
        begun = min(_seconds("start", start, zone(name)) for name in MARKET_ZONES.values())
        refuse_future(begun, here, shown=_moment(first, here))
        return begun, last
    refuse_future(first, here)
    return first, last


def whole_day(value: Any) -> bool:
    """Tell whether this is a day, rather than a moment."""
    return to_seconds(value, UTC) != to_seconds(value, UTC, end=True)


def since(value: Any, tz: str) -> int:
    """Return the first second of how far to look back.

    Raises
    ------
    RequestRefused
        It is no time, or in the future.
    """
    here = zone(tz)
    first = _seconds("since", value, here)
    refuse_future(first, here, "since")
    return first


def days(start: Any, end: Any, tz: str) -> tuple[date | None, date | None]:
    """Return the first and the last day of a window of the past; None where none is given.

    Raises
    ------
    RequestRefused
        One is no day, they are the wrong way round, or the first has come neither here nor in a market.
    """
    here = zone(tz)
    first, last = (
        None if given is None else day(name, given, here) for name, given in (("start", start), ("end", end))
    )
    if first is not None and last is not None and first > last:
        raise _turned(str(first), str(last))
    if first is not None:
        zones = (here, *(zone(name) for name in MARKET_ZONES.values()))
        begun = min(int(datetime.combine(first, time(), each).timestamp()) for each in zones)
        refuse_future(begun, here, shown=str(first))
    return first, last


def day(name: str, value: Any, here: tzinfo) -> date:
    """Return a day.

    Raises
    ------
    RequestRefused
        It is none.
    """
    try:
        return to_day(_given(name, value), here)
    except ValueError as reason:
        raise _no_time(name, value, reason) from None


def refuse_future(first: int, here: tzinfo, name: str = "start", shown: str = "") -> None:
    """Refuse a first moment, in Unix seconds, that has not come; `shown` is how it was given.

    Raises
    ------
    RequestRefused
        It has not.
    """
    now = datetime.now(UTC)
    if first > now.timestamp() + AHEAD:
        raise RequestRefused(
            _(
                "{name} ({day}) is in the future: today is {today} ({zone}). Give a day that has been, such "
                "as -30d."
            ).format(
                name=name,
                day=shown or _moment(first, here),
                today=now.astimezone(here).date(),
                zone=here,
            )
        )


def _seconds(name: str, value: Any, here: tzinfo) -> int:
    try:
        return to_seconds(_given(name, value), here, end=name == "end")
    except ValueError as reason:
        raise _no_time(name, value, reason) from None


def _given(name: str, value: Any) -> Any:
    if value is None:
        raise RequestRefused(
            _("{name} is missing: give a day, such as 2026-01-05, or -30d for 30 days ago.").format(name=name)
        )
    found = plain(value)
    if isinstance(found, float) and found != found:  # noqa: PLR0124 (NaN)
        raise ValueError(_("it is not a time (NaT)"))
    return found


def _no_time(name: str, value: Any, reason: ValueError) -> RequestRefused:
    return RequestRefused(
        _("{name}={value} is not a time: {reason}.").format(name=name, value=told(value), reason=reason)
    )


def _turned(first: str, last: str) -> RequestRefused:
    return RequestRefused(_("start ({start}) is after end ({end}): swap them.").format(start=first, end=last))


def _moment(seconds: int, here: tzinfo) -> str:
    """Return a moment as its day, and its time where it is not the day's first or last second."""
    at = datetime.fromtimestamp(seconds, UTC).astimezone(here)
    return f"{at:%Y-%m-%d}" if f"{at:%H%M%S}" in {"000000", "235959"} else f"{at:%Y-%m-%d %H:%M}"
