"""Parse times and days as people and programs write them.

A moment may be Unix seconds, a `datetime` (naive ones are in the zone of the call), a `date`, ISO 8601 text,
``now``, ``today``, ``yesterday``, or a distance from now: ``-3h``, ``-30d``, ``-2w``, ``-6m``, ``-1y``.
Only ``now`` and hours are instants; everything else without a clock time is a whole day.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jupyter_openapi.errors import short
from jupyter_openapi.messages import N_, _

_DISTANCE = re.compile(r"([+-])(\d{1,5})([hdwmy])")
_FORMS = N_("write 2026-01-05, 2026-01-05T09:30, today or -30d")
_AS_A_DAY = N_("write it as 2026-01-05")
_DAYS = {"today": 0, "yesterday": -1, "tomorrow": 1}
_RANGE = N_("times run from 1970 to 5138")
_MILLISECONDS = 100_000_000_000  # the year 5138 in seconds, 1973 in milliseconds


def zone(name: str | tzinfo) -> tzinfo:
    """Return the time zone called `name` (``UTC``, ``Asia/Hong_Kong``).

    Raises
    ------
    ValueError
        If there is no such zone.
    """
    if isinstance(name, tzinfo):
        return name
    try:
        return UTC if name.upper() == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            _("there is no time zone {name!r}; write UTC or Asia/Hong_Kong").format(name=short(str(name), 40))
        ) from None


def to_seconds(value: Any, tz: tzinfo, *, end: bool = False, now: datetime | None = None) -> int:
    """Return `value` as whole Unix seconds, rounded down.

    Parameters
    ----------
    value
        See the module's text. A whole day stands for its first second, or its last if `end`.
    tz
        The zone of naive times and of days.
    end
        Whether a whole day means its end, 23:59:59.
    now
        The present moment, for tests.

    Raises
    ------
    ValueError
        With what to write instead.
    """
    found = _understand(value, tz, now)
    if isinstance(found, int):
        return found
    if not isinstance(found, datetime):
        found = datetime.combine(found, time(23, 59, 59) if end else time(), tz)
    seconds = _timestamp(found)
    if not 0 <= seconds < _MILLISECONDS:
        raise ValueError(_(_RANGE))
    return int(seconds)


def to_day(value: Any, tz: tzinfo, *, now: datetime | None = None) -> date:
    """Return `value` as a calendar day: of a moment, its day in `tz`.

    Raises
    ------
    ValueError
        With what to write instead.
    """
    if type(value) is int:  # 20260105 is a day here, never a moment
        value = str(value)
    if isinstance(value, str) and re.fullmatch(r"\d{8}", value.strip()):
        value = _day(value.strip())
    found = _understand(value, tz, now)
    if isinstance(found, datetime):
        return _in_zone(found, tz).date()
    if isinstance(found, date):
        return found
    raise ValueError(_(_AS_A_DAY))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(_(_AS_A_DAY)) from None


def _timestamp(moment: datetime) -> float:
    try:
        return moment.timestamp()
    except OverflowError:  # the first and the last day of the calendar, in some zones
        raise ValueError(_(_RANGE)) from None


def _in_zone(moment: datetime, tz: tzinfo) -> datetime:
    try:
        return moment.astimezone(tz)
    except OverflowError:
        raise ValueError(_(_RANGE)) from None


def _understand(value: Any, tz: tzinfo, now: datetime | None) -> int | datetime | date:
    """Return Unix seconds, an aware datetime, or a day."""
    if isinstance(value, datetime):
        if value != value:  # noqa: PLR0124  (pandas.NaT is a datetime unlike itself)
            raise ValueError(_("it is not a time (NaT)"))
        return value if value.tzinfo else value.replace(tzinfo=tz)
    if isinstance(value, date):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _seconds(value)
    if not isinstance(value, str):
        raise ValueError(_(_FORMS))  # noqa: TRY004  (one kind of error for every bad time)
    text = value.strip()
    return _word(text.lower(), tz, now) or _text(text, tz)


def _seconds(value: float) -> int:
    if not 0 <= value < float("inf"):
        raise ValueError(_(_RANGE))
    if value >= _MILLISECONDS:
        raise ValueError(_("it looks like milliseconds; Unix seconds have ten digits"))
    return int(value)


def _word(text: str, tz: tzinfo, now: datetime | None) -> datetime | date | None:
    present = (now or datetime.now(UTC)).astimezone(tz)
    if text == "now":
        return present
    if text in _DAYS:
        return present.date() + timedelta(days=_DAYS[text])
    if not (hit := _DISTANCE.fullmatch(text)):
        return None
    count = int(hit[1] + hit[2])
    try:
        return _away(present, count, hit[3])
    except (OverflowError, ValueError):
        raise ValueError(_("it is too far away")) from None


def _away(present: datetime, count: int, unit: str) -> datetime | date:
    day = present.date()
    if unit == "h":
        return present + timedelta(hours=count)
    if unit in "dw":
        return day + timedelta(days=count * (7 if unit == "w" else 1))
    months = day.year * 12 + day.month - 1 + count * (12 if unit == "y" else 1)
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _text(text: str, tz: tzinfo) -> int | datetime | date:
    if re.fullmatch(r"\d+(\.\d+)?", text) and not re.fullmatch(r"(19|20|21)\d\d[01]\d[0-3]\d", text):
        return _seconds(float(text) if "." in text else int(text))
    try:
        if len(text) <= 10 and ":" not in text:
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        raise ValueError(_(_FORMS)) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=tz)
