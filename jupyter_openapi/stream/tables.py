"""Frames of what came: the columns and dtypes of the REST reply of the same name, and some of our own."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from jupyter_openapi.frames import to_frame
from jupyter_openapi.stream.events import SESSIONS, Event, decimal

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]

_QUOTE = (
    "symbol", "last_done", "prev_close", "open", "high", "low", "timestamp", "volume", "turnover",
    "trade_status",
)  # fmt: skip
_LATE = ("last_done", "timestamp", "volume", "turnover", "high", "low", "prev_close")
_BEST = ("bid", "bid_size", "ask", "ask_size")


def quote_row(
    symbol: str, events: Mapping[int, Event], prev_close: str, late: Mapping[int, Row] | None = None
) -> Row:
    """Return a security's quote as the REST reply has it.

    `events` are the newest by trading session, `late` the rows of other sessions as they were asked for.
    """
    regular = events.get(0)
    values = {} if regular is None else regular.fields
    row = {name: values.get(name, "") for name in _QUOTE} | {"symbol": symbol, "prev_close": prev_close}
    for session, name in SESSIONS.items():
        asked = (late or {}).get(session, {})
        if session in events:
            pushed = events[session].fields
            row[name] = {field: pushed.get(field) or asked.get(field, "") for field in _LATE}
        elif asked:
            row[name] = {field: asked.get(field, "") for field in _LATE}
    return row


def best_prices(event: Event | None) -> list[Any]:
    """Return bid, its size, ask, its size of a book; "" and None where there is none."""
    found: list[Any] = []
    for side in ("bid", "ask"):
        rows = [] if event is None else event.fields[side]
        found += [rows[0]["price"], rows[0]["volume"]] if rows else ["", None]
    return found


def latest_quotes(
    rows: list[Row], books: list[list[Any]] | None, stale: list[bool], received: list[float | None]
) -> pd.DataFrame:
    """Return the table of a subscription to quotes: `age` is the seconds since the newest push."""
    import pandas as pd

    frame = to_frame({"secu_quote": rows}, "quote")
    if books is not None:
        for place, name in enumerate(_BEST):
            values = [book[place] for book in books]
            if name in {"bid", "ask"}:
                prices = [float(decimal(value) or "nan") for value in values]
                frame[name] = pd.array(prices, dtype="float64")
            else:
                frame[name] = pd.array(values, dtype="Int64")
    frame["stale"] = pd.array(stale, dtype="bool")
    moment = time.time()
    ages = [float("nan") if at is None else moment - at for at in received]
    frame["age"] = pd.array(ages, dtype="float64")
    return frame


_OPERATIONS = {
    "quote": ("secu_quote", "quote"),
    "trades": ("trades", "trades"),
    "candlestick": ("candlesticks", "candlesticks"),
    "order": ("orders", "today_orders"),
}


def recorded(events: Iterable[Event], kind: str) -> pd.DataFrame:
    """Return events as a frame: the fields of the REST reply, and when each came."""
    import pandas as pd

    rows: list[Row] = []
    extra: list[tuple[float, bool, str]] = []
    for event in events:
        for row in _rows(event):
            rows.append(row)
            extra.append((event.received, event.snapshot, event.source))
    path, operation = _OPERATIONS.get(kind, ("rows", ""))
    frame = to_frame({path: rows}, operation or None)
    times = pd.to_datetime([row[0] for row in extra], unit="s", utc=True)
    frame["received"] = times
    frame["snapshot"] = pd.array([row[1] for row in extra], dtype="bool")
    frame["source"] = pd.Series([row[2] for row in extra], dtype="str" if extra else "object")
    return frame


def _rows(event: Event) -> list[Row]:
    values = dict(event.fields)
    values.pop("sequence", None)
    if event.kind == "trades":
        return [{"symbol": event.symbol, **row} for row in values["trade"]]
    if event.kind in {"depth", "brokers"}:
        return [
            {"symbol": event.symbol, "side": side, **row}
            for side in values
            if isinstance(values[side], list)
            for row in values[side]
        ]
    if event.kind == "order":
        values["quantity"], values["price"] = values.pop("submitted_quantity"), values.pop("submitted_price")
    if event.kind == "quote":
        values.pop("tag", None)
    return [values]


def latest_orders(rows: list[Row]) -> pd.DataFrame:
    """Return orders as the list of today's orders has them."""
    return to_frame({"orders": rows}, "today_orders")


def latest_candles(rows: list[Row], symbol: str) -> pd.DataFrame:
    """Return candles as the REST reply has them."""
    return to_frame({"symbol": symbol, "candlesticks": rows}, "candlesticks")
