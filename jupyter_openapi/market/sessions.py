"""Trading days and hours: which phase a market is in, what it accepts, and when it opens next.

All times returned are aware, in the market's own zone. The US overnight session that starts at 20:00 in
New York belongs to the next trading day.

Source: HKEX trading hours; the broker's US trading rules; holidays of 2024 to 2027 as data
(``data/sessions.json``). Other years are not known, unless they were read from the broker (`read_year`) and
are kept on disk: no day of them is taken for a full trading day. The sandbox takes their weekdays for trading
days.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market import facts
from jupyter_openapi.market.symbols import MARKET_ZONES
from jupyter_openapi.market.worth import Read
from jupyter_openapi.messages import _

if TYPE_CHECKING:  # costs a line that asks for no hours 10 ms
    from zoneinfo import ZoneInfo

CALENDARS_FILE = "calendars.json"
MARKETS = ("HK", "US")
FEWEST_DAYS, MOST_DAYS = 235, 256
"""Trading days of a year: a calendar that is not finished has fewer, or all weekdays."""
_DAY = timedelta(days=1)
_LONGEST_BREAK = 15  # days; no run of closed days is longer
DayKind = Literal["full", "half"]


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
        full |= _dates(data.get("trade_day"))
        half |= _dates(data.get("half_trade_day"))
    keep_year(market, year, full - half, half)
    return len(full | half)


def keep_year(market: str, year: int, full: Iterable[date], half: Iterable[date]) -> None:
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
    if odd or len(months) < 12 or not FEWEST_DAYS <= len(days) <= MOST_DAYS:
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
    _keep(content)


def _keep(content: Mapping[str, Any]) -> None:
    from jupyter_openapi.storage import private_folder, replacing

    private_folder(_kept_path().parent)
    with replacing(_kept_path()) as draft:
        draft.write_text(json.dumps(content, indent=1), encoding="utf-8")
    forget_kept()


def forget_kept() -> None:
    """Read the kept calendars again the next time."""
    _kept.cache_clear()


@cache
def _kept() -> dict[str, Any]:
    """Return what is on disk; nothing where that is no calendar."""
    try:
        content = json.loads(_kept_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _kept_path() -> Path:
    from jupyter_openapi.storage import data_folder

    return data_folder() / CALENDARS_FILE


def _dates(values: object) -> set[date]:
    found = values if isinstance(values, list) else []
    return {datetime.strptime(str(text), "%Y%m%d").replace(tzinfo=UTC).date() for text in found}


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a trading day, `starts` included, `ends` excluded.

    Attributes
    ----------
    name
        ``morning_continuous``, ``regular``, ``pre``, ``cas_order_input``, ..., or ``closed``.
    accepts
        The order types that can be live in it.
    trading
        True where orders match continuously.
    auction
        True where they match once, at one price, at a random moment.
    trade_session
        The API's number: 0 regular, 1 pre-market, 2 post-market, 3 overnight.
    amend_cancel
        Whether orders may be changed or cancelled.
    outside_rth
        The values of an order's `outside_rth` that let it be live in it; empty in Hong Kong.
    day
        The trading day it belongs to; None when closed.
    """

    name: str
    accepts: frozenset[str]
    trading: bool
    trade_session: int
    starts: datetime
    ends: datetime
    auction: bool = False
    amend_cancel: bool = False
    outside_rth: tuple[str, ...] = ()
    day: date | None = None

    @property
    def regular(self) -> bool:
        """Whether this is continuous trading in regular hours."""
        return self.trading and self.trade_session == 0


@cache
def zone(market: str) -> ZoneInfo:
    """Return the time zone of a market (HK or US)."""
    from zoneinfo import ZoneInfo

    _facts(market)  # refuses a market without trading hours
    return ZoneInfo(MARKET_ZONES[market])


def trading_day(market: str, day: date, *, assume: bool = False) -> DayKind | None:
    """Tell whether `day` is a full or a half trading day of `market`, or none (None).

    Parameters
    ----------
    market, day
        Which.
    assume
        Take the weekdays of a year that is not known for full trading days, as a simulation may.

    Raises
    ------
    RequestRefused
        The calendar of that year is not known.
    """
    _facts(market)
    if day.weekday() >= 5:
        return None
    known = year_of(market, day.year)
    if known is None and not assume:
        raise RequestRefused(
            _(
                "The trading days of {market} in {year} are not known; client.fetch_calendar({year}) reads "
                "them from the broker."
            ).format(market=market, year=day.year)
        )
    month_day = f"{day.month:02d}-{day.day:02d}"
    if known is None or month_day not in known["holidays"]:
        return "half" if known is not None and month_day in known["half_days"] else "full"
    return None


def schedule(market: str, day: date, *, assume: bool = False) -> tuple[Phase, ...]:
    """Return the phases of one trading day in order; empty where the market is closed all day.

    `assume` is as of `trading_day`, and so is what is raised.
    """
    kind = trading_day(market, day, assume=assume)
    return () if kind is None else _schedule(market, day, kind)


@lru_cache(maxsize=512)
def _schedule(market: str, day: date, kind: DayKind) -> tuple[Phase, ...]:
    known = _facts(market)
    times = known["half_times"] if kind == "half" else {}
    drops = known["half_drops"] if kind == "half" else ()
    return tuple(_phase(market, day, row, times) for row in known["full"] if row["name"] not in drops)


def phase(market: str, at: datetime, *, assume: bool = False) -> Phase:
    """Return the phase `market` is in at a moment.

    Parameters
    ----------
    market
        HK or US.
    at
        An aware datetime.
    assume
        As of `trading_day`.

    Returns
    -------
    Phase
        Named ``closed`` between the end of the phase before and the start of the one after.

    Raises
    ------
    RequestRefused
        If `at` has no time zone, no hours are known for the market, or a calendar is not known.
    """
    local = _local(market, at)
    today = local.date()
    for candidate in _phases(market, today, range(2), assume=assume):  # overnight starts the evening before
        if candidate.starts <= local < candidate.ends:
            return candidate
        if candidate.starts > local:
            break
    back = range(0, -_LONGEST_BREAK, -1)
    # When the phase before ended is of no consequence: a year that is not known counts by its weekdays.
    before = ([p.ends for p in _phases(market, today, [n], assume=True) if p.ends <= local] for n in back)
    starts = next(max(found) for found in before if found)
    later = _phases(market, today, range(_LONGEST_BREAK), assume=assume)
    ends = next(p.starts for p in later if p.starts > local)
    return Phase("closed", frozenset(), trading=False, trade_session=0, starts=starts, ends=ends)


def next_open(market: str, at: datetime, *, assume: bool = False) -> datetime:
    """Return when continuous trading in regular hours next starts after `at`.

    During trading that is the start of the next stretch, not now: ask `phase` first. In Hong Kong the
    afternoon is a stretch of its own.
    """
    local = _local(market, at)
    phases = _phases(market, local.date(), range(_LONGEST_BREAK), assume=assume)
    return next(p.starts for p in phases if p.regular and p.starts > local)


def next_accepting(
    market: str, at: datetime, order_type: str, outside_rth: str | None = None, *, assume: bool = False
) -> datetime | None:
    """Return when an order of that type can first be live: `at` itself if it can be now, None if never.

    `outside_rth` is the order's own (US); None counts as RTH_ONLY. Hong Kong has no such choice.
    """
    local = _local(market, at)
    wanted = outside_rth or "RTH_ONLY"
    for candidate in _phases(market, local.date(), range(_LONGEST_BREAK), assume=assume):
        fits = not candidate.outside_rth or wanted in candidate.outside_rth
        if fits and order_type in candidate.accepts and candidate.ends > local:
            return max(candidate.starts, local)
    return None


def api_hours(market: str) -> list[tuple[int, int, int]]:
    """Return the hours as the API's `trading_session` gives them: (start HHMM, end HHMM, trade_session)."""
    return [(start, end, session) for start, end, session in _facts(market)["api_hours"]]


def trading_days(
    market: str, start: date, end: date, *, assume: bool = False
) -> tuple[list[date], list[date]]:
    """Return the full and the half trading days from `start` to `end`, both included."""
    every = [start + n * _DAY for n in range((end - start).days + 1)]
    days = [(day, trading_day(market, day, assume=assume)) for day in every]
    return [day for day, kind in days if kind == "full"], [day for day, kind in days if kind == "half"]


def _facts(market: str) -> dict[str, Any]:
    known = facts("sessions")
    if market not in {"HK", "US"}:
        raise RequestRefused(
            _("No trading hours are known for {market!r}, only for HK and US.").format(market=market)
        )
    found: dict[str, Any] = known[market]
    return found


def _local(market: str, at: datetime) -> datetime:
    if at.tzinfo is None:
        raise RequestRefused(_("{at:%Y-%m-%d %H:%M} has no time zone: pass an aware datetime.").format(at=at))
    return at.astimezone(zone(market))


def _phases(market: str, day: date, away: Iterable[int], *, assume: bool) -> Iterator[Phase]:
    """Yield the phases of the days so many days away, in that order, looked up one by one."""
    return (found for n in away for found in schedule(market, day + n * _DAY, assume=assume))


def _phase(market: str, day: date, row: dict[str, Any], times: dict[str, list[str]]) -> Phase:
    start, end = times.get(row["name"], (row["start"], row["end"]))
    here = zone(market)
    return Phase(
        name=row["name"],
        accepts=frozenset(row["accepts"]),
        trading=row["match"] == "continuous",
        trade_session=row.get("session", 0),
        starts=datetime.combine(day + row.get("start_day", 0) * _DAY, time.fromisoformat(start), here),
        ends=datetime.combine(day, time.fromisoformat(end), here),
        auction=row["match"] == "auction",
        amend_cancel=row["amend_cancel"],
        outside_rth=tuple(row.get("outside_rth", ())),
        day=day,
    )
