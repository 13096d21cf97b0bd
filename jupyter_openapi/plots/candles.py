"""Executions put on the candles they happened in."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.plots.data import Candles, Mark, needed
from jupyter_openapi.plots.text import account_line, amount_text, facts_of, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

COLUMNS = ("open", "high", "low", "close", "timestamp")
LATE = 1.5  # of the usual distance between candles: an execution later than that is not of the last one


def candles_of(candles: pd.DataFrame, fills: pd.DataFrame, symbol: str | None, *, privacy: bool) -> Candles:
    """Return the candles of a security with its executions on them.

    Raises
    ------
    RequestRefused
        A frame lacks columns, or the executions are of several securities and `symbol` does not say which.
    """
    import pandas as pd

    needed(candles, COLUMNS, "`%openapi candles`")
    needed(fills, ("symbol", "price", "quantity", "side", "trade_done_at"), "`%openapi executions`")
    chosen = _symbol(fills, symbol)
    bars = candles.dropna(subset=list(COLUMNS)).sort_values("timestamp")
    bars = bars.drop_duplicates("timestamp", keep="last")
    times = [pd.Timestamp(at) for at in bars["timestamp"]]
    mine = fills[fills["symbol"] == chosen].dropna(subset=["price", "trade_done_at"])
    marks, outside = _marks(mine, times, privacy=privacy)
    bought = sum(mark.buy for mark in marks)
    said = f"{bought} bought, {len(marks) - bought} sold" if marks else "no executions in this time"
    known = {**facts_of(candles), **facts_of(fills)}
    opens, highs, lows, closes = ([float(value) for value in bars[name]] for name in COLUMNS[:4])
    volumes = bars["volume"] if "volume" in bars else [0] * len(bars)
    return Candles(
        title=f"Executions in {printable(chosen)}" if chosen else "Executions",
        line=account_line(known, said),
        unit="price",
        times=times,
        opens=opens,
        highs=highs,
        lows=lows,
        closes=closes,
        volumes=[0.0 if pd.isna(value) else float(value) for value in volumes],
        marks=tuple(marks),
        labels=_labels(times),
        remark=f"{outside} executions lie outside these candles." if outside else "",
    )


def _symbol(fills: pd.DataFrame, symbol: str | None) -> str:
    if symbol is not None:
        return symbol
    found = [str(name) for name in fills["symbol"].dropna().unique()]
    if len(found) > 1:
        raise RequestRefused(f"These executions are of {', '.join(found[:6])}: pass symbol='{found[0]}'.")
    return found[0] if found else ""


def _marks(fills: pd.DataFrame, times: Sequence[Any], *, privacy: bool) -> tuple[list[Mark], int]:
    """Return a mark for each execution, on the candle that had begun then, and how many lie outside."""
    import pandas as pd

    gaps = sorted(after - before for before, after in pairwise(times))
    usual = gaps[len(gaps) // 2] if gaps else pd.Timedelta(days=1)
    marks, outside = [], 0
    for row in fills.to_dict("records"):
        done = pd.Timestamp(row["trade_done_at"])
        at = bisect_right(times, done) - 1
        if at < 0 or (at == len(times) - 1 and done - times[at] > usual * LATE):
            outside += 1
            continue
        buy = str(row["side"]).title() == "Buy"
        side = "Buy" if buy else "Sell"
        price = amount_text(float(row["price"]), places=2)
        text = (
            f"{side} at {price}"
            if privacy
            else f"{side} {amount_text(float(row['quantity']), places=0)} at {price}"
        )
        marks.append(Mark(at, float(row["price"]), buy, f"{text}, {done:%Y-%m-%d %H:%M}"))
    return marks, outside


def _labels(times: Sequence[Any]) -> list[str]:
    """Return what an axis says of each candle: its day, and its time where there are several a day."""
    days = [f"{at:%Y-%m-%d}" for at in times]
    if len(set(days)) == len(days):
        return days
    return [f"{at:%m-%d %H:%M}" for at in times]
