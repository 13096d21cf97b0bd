"""Candlesticks of several symbols in one frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.frames import describe, seal
from jupyter_openapi.market.symbols import market_of, zone_of
from jupyter_openapi.messages import _

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
