"""Trading days by year: the package's own table, and years read from the broker, which are kept on disk.

A year that neither has is not known: no day of it is taken for a full trading day.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market import facts
from jupyter_openapi.market.worth import Read
from jupyter_openapi.messages import _

FILE = "calendars.json"
MARKETS = ("HK", "US")
FEWEST, MOST = 235, 256  # trading days of a year: a calendar that is not finished has fewer, or all weekdays
_DAY = timedelta(days=1)


def year_of(market: str, year: int) -> Mapping[str, frozenset[str]] | None:
    """Return the ``holidays`` and ``half_days`` of a year as ``MM-DD``; None where they are not known."""
    own = facts("sessions")[market]
    name = f"{year:04d}"
    if name in own["holidays"]:
        return {part: frozenset(own[part].get(name, ())) for part in ("holidays", "half_days")}
    kept = _kept().get(market, {}).get(name)
    return None if kept is None else {part: frozenset(kept[part]) for part in ("holidays", "half_days")}


def read_year(read: Read, market: str, year: int) -> int:
    """Read a year of a market's calendar from the broker, keep it, and return its number of trading days.

    Parameters
    ----------
    read
        Reads an operation: `trading_days`, a month at a time.
    market, year
        Which.

    Raises
    ------
    RequestRefused
        There is no such market, or the broker's calendar of that year is not finished.
    """
    if market not in MARKETS:
        raise RequestRefused(
            _("Calendars are read for {markets}, not {market!r}.").format(
                markets=_(" and ").join(MARKETS), market=market
            )
        )
    full, half = set(), set()
    for month in range(1, 13):
        first = date(year, month, 1)
        last = date(year + month // 12, month % 12 + 1, 1) - _DAY
        data = read("trading_days", {"market": market, "beg_day": first, "end_day": last})
        full |= _days(data.get("trade_day"))
        half |= _days(data.get("half_trade_day"))
    keep(market, year, full - half, half)
    return len(full | half)


def keep(market: str, year: int, full: Iterable[date], half: Iterable[date]) -> None:
    """Keep a year's trading days on disk.

    Raises
    ------
    RequestRefused
        They are no whole year's.
    """
    halves = set(half)
    days = set(full) | halves
    odd = [day for day in days if day.year != year or day.weekday() >= 5]
    months = {day.month for day in days}
    if odd or len(months) < 12 or not FEWEST <= len(days) <= MOST:
        raise RequestRefused(
            _("The broker's calendar of {market} for {year} is not finished: {count} trading days.").format(
                market=market, year=year, count=len(days)
            )
        )
    every = [date(year, 1, 1) + n * _DAY for n in range(366)]
    weekdays = [day for day in every if day.year == year and day.weekday() < 5]
    content = {name: dict(years) for name, years in _kept().items()}
    content.setdefault(market, {})[f"{year:04d}"] = {
        "holidays": [f"{day:%m-%d}" for day in weekdays if day not in days],
        "half_days": [f"{day:%m-%d}" for day in sorted(halves)],
        "read_at": datetime.now(UTC).date().isoformat(),
    }
    _write(content)


def _write(content: Mapping[str, Any]) -> None:
    from jupyter_openapi.storage import private_folder, replacing

    private_folder(_path().parent)
    with replacing(_path()) as draft:
        draft.write_text(json.dumps(content, indent=1), encoding="utf-8")
    forget()


def forget() -> None:
    """Read the kept calendars again the next time."""
    _kept.cache_clear()


@cache
def _kept() -> dict[str, Any]:
    """Return what is on disk; nothing where that is no calendar."""
    try:
        content = json.loads(_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _path() -> Path:
    from jupyter_openapi.storage import data_folder

    return data_folder() / FILE


def _days(values: object) -> set[date]:
    found = values if isinstance(values, list) else []
    return {datetime.strptime(str(text), "%Y%m%d").replace(tzinfo=UTC).date() for text in found}
