"""Candles: whole histories of one symbol, read from one end to the other, and several symbols in one frame.

A reply holds 1,000. By date the walk goes backwards from the last day; by offset it goes the way that was
asked for. Each request starts where the one before it ended, and a bar that comes twice counts once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.frames import describe, seal
from jupyter_openapi.history.page import rows_of, seconds_of
from jupyter_openapi.history.walk import Progress, Step
from jupyter_openapi.market.symbols import MARKET_ZONES, market_of, zone_of
from jupyter_openapi.market.worth import Read
from jupyter_openapi.messages import _
from jupyter_openapi.spec.check import check, nest
from jupyter_openapi.spec.model import Operation

if TYPE_CHECKING:
    import pandas as pd

FIRST = ("symbol", "timestamp", "trade_date", "open", "high", "low", "close", "volume", "turnover")
VIEW, INTRADAY, PIVOT = "candles", "candles_intraday", "candles_pivot"  # the views of such frames
FIELDS = ("open", "high", "low", "close", "volume", "turnover")


def candles_of(
    symbols: Sequence[str], frame_of: Callable[[str], pd.DataFrame], *, pivot: bool = False
) -> pd.DataFrame:
    """Return the candlesticks of several symbols, one row each, `symbol` first.

    Parameters
    ----------
    symbols
        Each once; a repeated one is asked for once.
    frame_of
        Reads the candlesticks of one symbol.
    pivot
        Give one row a time instead, with columns of field and symbol; bars of a day meet on their trade date,
        since days begin at another moment in each market.

    Raises
    ------
    RequestRefused
        No symbol is given.
    """
    import pandas as pd

    wanted = list(dict.fromkeys(symbols))
    if not wanted:
        raise RequestRefused(_("Candles need a symbol; type %openapi candles 700.HK AAPL.US period=1d."))
    frames = [_dated(frame_of(symbol), symbol) for symbol in wanted]
    daily = all("trade_date" in frame.columns for frame in frames)
    frames = [_with_day(frame, symbol) for frame, symbol in zip(frames, wanted, strict=True)]
    rows = pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)
    order = [name for name in FIRST if name in rows.columns]
    rows = rows[[*order, *(name for name in rows.columns if name not in order)]]
    if not pivot:
        return seal(describe(rows, operation=VIEW if daily else INTRADAY))
    fields = [name for name in FIELDS if name in rows.columns]
    table = rows.pivot_table(
        index="trade_date" if daily else "timestamp", columns="symbol", values=fields, aggfunc="last"
    )[fields]
    return seal(describe(table, operation=PIVOT))


def _dated(frame: pd.DataFrame, symbol: str) -> pd.DataFrame:
    """Return a copy without what its view and its columns' description say of one symbol."""
    frame = frame.copy()
    frame.attrs = {}
    frame["symbol"] = symbol
    return frame


def _with_day(frame: pd.DataFrame, symbol: str) -> pd.DataFrame:
    """Return the frame with the trade date of each bar, in the zone of its market."""
    if "trade_date" in frame.columns or "timestamp" not in frame.columns:
        return frame
    zone = zone_of(market_of(symbol))
    moments = frame["timestamp"] if zone is None else frame["timestamp"].dt.tz_convert(zone)
    return frame.assign(trade_date=moments.dt.tz_localize(None).dt.normalize())


MOST = 1000  # bars of one reply
MINUTE = 60
DATE, OFFSET = "date_request", "offset_request"
_LONGEST = 10_000  # requests; with more, the broker repeats its replies


@dataclass
class BarWalk:
    """What has been read of one history of candles.

    Attributes
    ----------
    operation, arguments
        What is asked for, without its window.
    zone
        The market's, in which days and minutes are counted.
    first, last
        The days of the window; None leaves that side open.
    wanted
        How many bars to read, or None for all of the window.
    forward
        Whether the walk goes towards the present.
    """

    operation: Operation
    arguments: Mapping[str, Any]
    zone: ZoneInfo
    first: date | None
    last: date | None
    wanted: int | None
    forward: bool
    anchor: tuple[str, str] | None
    bars: dict[tuple[int, Any], Any] = field(default_factory=dict)
    requests: int = 0
    over: bool = False
    why: str = ""

    def run(self, read: Read, progress: Progress | None) -> None:
        """Read all that is left; whatever `read` raises goes through, and nothing read is lost."""
        while not self.over:
            self._step(read)
            if progress is not None and not self.over:
                progress(Step(self._share(), len(self.bars), self.requests, over=False))

    def _step(self, read: Read) -> None:
        place = {} if self.anchor is None else dict(zip(("date", "minute"), self.anchor, strict=True))
        way = "forward" if self.forward else "backward"
        asked = {
            **self.arguments,
            "query_type": "by_offset",
            OFFSET: {"direction": way, "count": self._missing(), **place},
        }
        rows = rows_of(self.operation, read(self.operation.name, asked))
        self.requests += 1
        times = [time for row in rows if (time := seconds_of(row, "timestamp")) is not None]
        before = len(self.bars)
        for row, time in zip(rows, times, strict=False):
            self.bars[time, row.get("trade_session")] = row
        if len(times) < len(rows):
            self.why = _("{count:,} bars came without a time").format(count=len(rows) - len(times))
        if not times or len(self.bars) == before:
            self.over = True
            return
        if self.requests >= _LONGEST:
            self.over, self.why = True, _("the broker keeps giving more bars")
            return
        edge = max(times) if self.forward else min(times)
        self.anchor = self._place(edge + (MINUTE if self.forward else -MINUTE))
        self.over = self._reached(edge)

    def _missing(self) -> int:
        return MOST if self.wanted is None else max(1, min(MOST, self.wanted - len(self.bars)))

    def _place(self, seconds: int) -> tuple[str, str]:
        moment = datetime.fromtimestamp(seconds, UTC).astimezone(self.zone)
        return f"{moment:%Y%m%d}", f"{moment:%H%M}"

    def _day(self, seconds: int) -> date:
        return datetime.fromtimestamp(seconds, UTC).astimezone(self.zone).date()

    def _reached(self, edge: int) -> bool:
        """Tell whether the bar at the edge is past the window, or as many came as were wanted."""
        if self.wanted is not None and len(self.bars) >= self.wanted:
            return True
        return not self.forward and self.first is not None and self._day(edge) < self.first

    def _share(self) -> float:
        if self.wanted is not None:
            return min(1.0, len(self.bars) / self.wanted)
        if self.first is None or not self.bars:
            return 0.0
        end = self.last or datetime.now(self.zone).date()
        oldest = self._day(min(time for time, _session in self.bars))
        return min(1.0, max(0.0, (end - oldest) / max(end - self.first, timedelta(days=1))))

    def rows(self) -> list[Any]:
        """Return the bars of the window, oldest first."""
        inside = [
            (time, row)
            for (time, _session), row in self.bars.items()
            if (self.first is None or self._day(time) >= self.first)
            and (self.last is None or self._day(time) <= self.last)
        ]
        ordered = [row for _time, row in sorted(inside, key=lambda pair: pair[0])]
        if self.wanted is None:
            return ordered
        return ordered[: self.wanted] if self.forward else ordered[-self.wanted :]


def make_walk(operation: Operation, arguments: Mapping[str, Any], *, tz: str, now: datetime) -> BarWalk:
    """Return the walk for candles as a person asked for them.

    Raises
    ------
    RequestRefused
        Neither a first day nor a count is given, or an argument does not pass the operation's own checks.
    """
    given = nest(operation, arguments)
    dates, offset = given.pop(DATE, None) or {}, given.pop(OFFSET, None) or {}
    if bool(dates.get("start_date")) == bool(offset):
        raise RequestRefused(
            _(
                "A whole history of candles needs a first day, or a count: add start=2025-01-01, or "
                "count=5000 direction=backward, to {name}."
            ).format(name=operation.name)
        )
    wanted, count = None, dict(offset)
    if offset:
        wanted = _whole(offset.get("count", MOST))
        count["count"] = min(wanted, MOST)
        checked = check(operation, {**given, "query_type": "by_offset", OFFSET: count}, tz=tz, now=now)
    else:
        checked = check(operation, {**given, "query_type": "by_date", DATE: dates}, tz=tz, now=now)
    window, start = checked.pop(DATE, {}), checked.pop(OFFSET, {})
    checked.pop("query_type", None)
    zone = ZoneInfo(MARKET_ZONES.get(market_of(str(checked["symbol"])), "UTC"))
    first, last = _date(window.get("start_date")), _date(window.get("end_date"))
    if first and last and first > last:
        raise RequestRefused(
            _("start={first} lies after end={last}; exchange them.").format(first=first, last=last)
        )
    anchor = (f"{last:%Y%m%d}", "2359") if last else None
    if start.get("date"):
        anchor = (str(start["date"]).replace("-", ""), str(start.get("minute") or "2359"))
    forward = bool(start) and str(start.get("direction")).lower() in {"1", "forward"}
    if forward and not start.get("date"):
        raise RequestRefused(_("direction=forward needs a first day: add date=2025-01-01."))
    return BarWalk(operation, checked, zone, first, last, wanted, forward, anchor)


def _whole(count: Any) -> int:
    text = str(count).replace(",", "")
    if not text.isdecimal() or int(text) < 1:
        raise RequestRefused(_("count must be a whole number above 0, not {count}.").format(count=text))
    return int(text)


def _date(value: Any) -> date | None:
    text = str(value or "").replace("-", "")
    return date(int(text[:4]), int(text[4:6]), int(text[6:8])) if len(text) == 8 else None


def why_incomplete(walk: BarWalk, failure: BaseException | None) -> str:
    """Return what is missing of a walk that was broken off by Ctrl-C or an error; empty for a whole one."""
    if failure is None:
        return walk.why
    if isinstance(failure, KeyboardInterrupt):
        return _("interrupted after {count:,} bars").format(count=len(walk.bars))
    return _("{failure} {count:,} bars were read before").format(failure=failure, count=len(walk.bars))
