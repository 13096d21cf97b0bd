"""Frames of what came: the columns and dtypes of the REST reply of the same name, and some of our own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_openapi.frames import to_frame
from jupyter_openapi.frames.values import text_column
from jupyter_openapi.stream.events import SESSIONS, Event, decimal
from jupyter_openapi.stream.order_book import as_listed

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
                frame[name] = numbers(values)
            else:
                frame[name] = pd.array(values, dtype="Int64")
    frame["stale"] = pd.array(stale, dtype="bool")
    moment = time.time()
    ages = [float("nan") if at is None else moment - at for at in received]
    frame["age"] = pd.array(ages, dtype="float64")
    return frame


def numbers(values: Sequence[Any]) -> Any:
    """Return amounts of the wire as a column; NaN where there is none."""
    import pandas as pd

    found = [decimal(value) for value in values]
    return pd.array([float("nan") if value is None else float(value) for value in found], dtype="float64")


def _wholes(values: Sequence[Any]) -> Any:
    import pandas as pd

    return pd.array(list(values), dtype="Int64")


def _flags(values: Sequence[Any]) -> Any:
    import pandas as pd

    return pd.array(list(values), dtype="bool")


_Column = Callable[[Sequence[Any]], Any]


class _Kind(NamedTuple):
    """What a kind's events are as a frame: the operation whose reply they are like, and further columns.

    Its rows are the reply's list `path`; columns that the reply has, too, are overwritten in their places.
    """

    operation: str
    path: str
    columns: Mapping[str, _Column]


_SYMBOL: dict[str, _Column] = {"symbol": text_column}
_KINDS = {
    "quote": _Kind(
        "quote",
        "secu_quote",
        {"trade_session": _wholes, "current_volume": _wholes, "current_turnover": numbers},
    ),
    "depth": _Kind("depth", "ask", _SYMBOL | {"side": text_column}),
    "brokers": _Kind("brokers", "ask_brokers", _SYMBOL | {"side": text_column}),
    "trades": _Kind("trades", "trades", _SYMBOL),
    "candlestick": _Kind("candlesticks", "candlesticks", _SYMBOL | {"confirmed": _flags}),
    "order": _Kind(
        "today_orders", "orders", {"account_no": text_column, "last_share": numbers, "last_price": numbers}
    ),
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
    operation, path, columns = _KINDS[kind]
    kept = [{name: value for name, value in row.items() if name not in columns} for row in rows]
    frame = to_frame({path: kept}, operation)
    known = to_frame({path: []}, operation).columns  # a push has its fields in another order
    frame = frame[[*known, *frame.columns.difference(known, sort=False)]].copy()
    for name, column in columns.items():
        frame[name] = column([row.get(name) for row in rows])
    times = pd.to_datetime([1e9 * row[0] for row in extra], unit="ns", utc=True)
    frame["received"] = times.astype("datetime64[ns, UTC]")
    frame["snapshot"] = _flags([row[1] for row in extra])
    frame["source"] = text_column([row[2] for row in extra])
    return frame


def _rows(event: Event) -> list[Row]:
    values = dict(event.fields)
    values.pop("sequence", None)
    if event.kind == "trades":
        return [{"symbol": event.symbol, **row} for row in values["trade"]]
    if event.kind in {"depth", "brokers"}:
        return [
            {"symbol": event.symbol, "side": side.removesuffix("_brokers"), **row}
            for side in values
            if isinstance(values[side], list)
            for row in values[side]
        ]
    if event.kind == "order":
        return [as_listed(values)]
    if event.kind == "quote":
        values.pop("tag", None)
    return [values]


def latest_orders(rows: list[Row]) -> pd.DataFrame:
    """Return orders as the list of today's orders has them."""
    return to_frame({"orders": rows}, "today_orders")


def latest_candles(rows: list[Row], symbol: str) -> pd.DataFrame:
    """Return candles as the REST reply has them."""
    return to_frame({"symbol": symbol, "candlesticks": rows}, "candlesticks")
