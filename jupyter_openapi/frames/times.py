"""Columns of times and dates, and the trading day of a bar."""

from __future__ import annotations

from datetime import datetime, tzinfo
from functools import cache
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.frames.values import UnreadableError, as_text, distinct

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd

MARKET_ZONES = {
    "HK": "Asia/Hong_Kong",
    "US": "America/New_York",
    "SH": "Asia/Shanghai",
    "SZ": "Asia/Shanghai",
    "SG": "Asia/Singapore",
}
"""The zone in which a market's trading day is counted, by the region that ends a symbol."""

PER_SECOND = {"us": 1_000_000, "ns": 1_000_000_000}
FIRST_AND_LAST_DAY = {"us": ("0001-01-01", "9999-12-31"), "ns": ("1677-09-22", "2262-04-10")}
NO_DATES = ("", "0")


@cache
def unit() -> str:
    """Return the resolution pandas itself gives to times: ``us`` on pandas 3, ``ns`` on pandas 2."""
    import pandas as pd

    return "us" if int(pd.__version__.partition(".")[0]) >= 3 else "ns"


def check_zone(zone: str | tzinfo) -> str | tzinfo:
    """Return `zone` if it is a `datetime.tzinfo` or the name of a time zone.

    Raises
    ------
    RequestRefused
        Otherwise.
    """
    if isinstance(zone, tzinfo):
        return zone
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, TypeError, OSError):
        raise RequestRefused(
            f"{zone!r} is not a time zone: pass a name such as tz='UTC' or tz='Asia/Hong_Kong'."
        ) from None
    return zone


def instant_column(
    numbers: np.ndarray[Any, Any], missing: np.ndarray[Any, Any], *, millis: bool, tz: str | tzinfo
) -> Any:
    """Return counts since 1970 (int64 seconds, or milliseconds) as aware times in `tz`; 0 is NaT.

    Raises
    ------
    UnreadableError
        If a count is outside the years 1 to 9999, or outside what the resolution holds.
    """
    import numpy as np
    import pandas as pd

    factor = PER_SECOND[unit()] // (1000 if millis else 1)
    low, high = _bounds(factor)
    absent = missing | (numbers == 0)
    if bool(((numbers < low) | (numbers > high))[~absent].any()):
        raise UnreadableError
    counts = np.where(absent, 0, numbers) * np.int64(factor)
    counts[absent] = np.iinfo(np.int64).min  # which is NaT
    times = counts.view(f"M8[{unit()}]")
    return pd.DatetimeIndex(times).tz_localize("UTC").tz_convert(tz).array


def _bounds(factor: int) -> tuple[int, int]:
    """Return the least and greatest count that `datetime` and int64 hold, with a day's margin for zones."""
    per_second = PER_SECOND[unit()] // factor
    day = 86_400
    low = max(-62_135_596_800 + day, -(2**63) // PER_SECOND[unit()] + day)
    high = min(253_402_300_799 - day, 2**63 // PER_SECOND[unit()] - day)
    return low * per_second, high * per_second


def date_column(values: Sequence[Any], date_format: str) -> Any:
    """Return calendar dates as naive midnights; None, the empty string and "0" are NaT. No zone shifts them.

    Raises
    ------
    UnreadableError
        If a value is no date in `date_format`, or pandas cannot hold it.
    """
    import numpy as np

    found = distinct(values, as_text)
    days = np.array([parse_date(text, date_format) for text in found.texts], dtype="M8[D]")
    return midnights(found.spread(days))


def parse_date(text: str | None, date_format: str) -> np.datetime64:
    """Return one calendar date as a NumPy day, NaT for none."""
    import numpy as np

    if text is None or text in NO_DATES:
        return np.datetime64("NaT", "D")
    try:
        return np.datetime64(datetime.strptime(text, date_format).date(), "D")  # noqa: DTZ007  (a date has no zone)
    except ValueError:
        raise UnreadableError from None


def midnights(days: np.ndarray[Any, Any]) -> Any:
    """Return NumPy days as a naive pandas array in the resolution of `unit`.

    Raises
    ------
    UnreadableError
        If a day is outside what that resolution holds.
    """
    import numpy as np
    import pandas as pd

    first, last = (np.datetime64(day, "D") for day in FIRST_AND_LAST_DAY[unit()])
    if bool(((days < first) | (days > last)).any()):
        raise UnreadableError
    return pd.DatetimeIndex(days.astype(f"M8[{unit()}]")).array


def add_trade_date(frame: pd.DataFrame, symbol: str, column: str = "timestamp") -> pd.DataFrame:
    """Insert `trade_date` after `column`: the calendar day of each bar in its market's own zone.

    For bars of a day or longer, whose times stand for a whole trading day. The dates are naive midnights.

    Parameters
    ----------
    frame
        Changed in place and returned. Left as it is if it has no such column of aware times.
    symbol
        The bars' symbol, such as ``700.HK``; its region chooses the zone. An unknown region adds no column.
    """
    import pandas as pd

    zone = MARKET_ZONES.get(symbol.rpartition(".")[2].upper())
    if zone is None or column not in frame.columns or "trade_date" in frame.columns:
        return frame
    times = frame[column]
    if not isinstance(times.dtype, pd.DatetimeTZDtype):
        return frame
    days = times.dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()
    frame.insert(list(frame.columns).index(column) + 1, "trade_date", days)
    return frame
