"""The sums of a `pnl` frame: by symbol beside the broker's own numbers, and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.frames import describe
from jupyter_openapi.frames.values import text_column
from jupyter_openapi.portfolio.exact import exactly, floats, from_float, minus, shown, total
from jupyter_openapi.portfolio.trips import COLUMNS, Cells
from jupyter_openapi.trading.words import amount

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd


def trip_lines(frame: pd.DataFrame, *, privacy: bool) -> list[str]:
    """Return what a frame of `pnl` comes to: its window, the sums in the base currency, what is unmatched."""
    known: Mapping[str, Any] = frame.attrs["openapi"]
    trips = frame[frame["kind"] == "trip"]
    base = known["base_currency"]
    words = [f"{len(trips):,} round trip{'' if len(trips) == 1 else 's'}"]
    if len(trips) and not privacy:
        gross, net = (
            total(from_float(each) for each in trips[f"{name}_base"]) for name in ("realized_pl", "net_pl")
        )
        whole = not bool(trips["net_pl_base"].isna().any())
        words.append(f"realized {shown(gross)} {base} before fees")
        words.append(f"{shown(net)} after" if whole else "after fees not known for all")
    if unmatched := list(dict.fromkeys(frame.loc[frame["kind"] == "unmatched", "symbol"])):
        words.append(f"unmatched quantities of {', '.join(map(str, unmatched))}")
    start, end = (str(at)[:10] for at in known.get("window") or ("", ""))
    return [f"{start} to {end}: {'; '.join(words)}." if start else f"{'; '.join(words)}."]


def by_symbol(frame: pd.DataFrame) -> pd.DataFrame:
    """Sum a frame of `pnl` by symbol, the broker's own analysis beside it.

    Parameters
    ----------
    frame
        What `pnl` gave.

    Returns
    -------
    pandas.DataFrame
        ``trips``, ``quantity`` closed, ``realized_pl``, ``fees``, ``net_pl`` (NaN where any fee is not
        known), ``realized_pl_base``, ``unmatched`` (quantity sold or left without a match), ``broker_pl`` and
        ``difference`` (ours - the broker's: of net_pl, or of realized_pl where fees are not known), and
        ``comparable``: whether nothing was held at the start and at the end. Only then both mean the same,
        for the broker's number includes what open positions gained, and fees.

    Raises
    ------
    RequestRefused
        It is no frame of `pnl`.
    """
    known: Mapping[str, Any] = frame.attrs.get("openapi", {})
    if "flat" not in known or not set(COLUMNS) <= set(frame.columns):
        raise RequestRefused("by_symbol(frame) takes the frame that portfolio.pnl(...) gave.")
    with exactly():
        rows = [_summed(str(symbol), mine, known) for symbol, mine in frame.groupby("symbol", sort=False)]
    kept = {name: known.get(name) for name in ("mode", "source", "requested_at", "base_currency", "window")}
    return describe(_summary_frame(rows), operation="pnl by symbol", **kept)


def _summed(symbol: str, rows: pd.DataFrame, known: Mapping[str, Any]) -> Cells:
    trips = rows[rows["kind"] == "trip"]
    sums = {
        name: total(from_float(number) for number in trips[name])
        for name in ("quantity", "realized_pl", "fees", "net_pl", "realized_pl_base")
    }
    for name in ("fees", "net_pl"):
        if bool(trips[name].isna().any()):
            sums[name] = None
    broker = known.get("broker_profit", {}).get(symbol)
    currency = str(rows["currency"].iloc[0])
    theirs = amount(broker["profit"]) if broker and broker["currency"] in {"", currency} else None
    ours = sums["net_pl"] if sums["net_pl"] is not None else sums["realized_pl"]
    return {
        "symbol": symbol,
        "currency": currency,
        "trips": len(trips),
        **sums,
        "unmatched": total(
            from_float(number) for number in rows.loc[rows["kind"] == "unmatched", "quantity"]
        ),
        "broker_pl": theirs,
        "difference": minus(ours, theirs),
        "comparable": bool(known["flat"].get(symbol)),
    }


def _summary_frame(rows: Sequence[Cells]) -> pd.DataFrame:
    import pandas as pd

    made: dict[str, Any] = {name: text_column([row[name] for row in rows]) for name in ("symbol", "currency")}
    made["trips"] = pd.array([row["trips"] for row in rows], dtype="Int64")
    for name in (
        "quantity",
        "realized_pl",
        "fees",
        "net_pl",
        "realized_pl_base",
        "unmatched",
        "broker_pl",
        "difference",
    ):
        made[name] = floats([row[name] for row in rows])
    made["comparable"] = pd.array([row["comparable"] for row in rows], dtype="boolean")
    return pd.DataFrame(made, copy=False)
