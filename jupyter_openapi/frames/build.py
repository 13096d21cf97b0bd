"""Build the typed frame from a reply's `data` or from its bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, tzinfo
from enum import Enum
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused, short
from jupyter_openapi.frames.columns import Maker
from jupyter_openapi.frames.records import (
    MisfitError,
    Records,
    by_shape,
    by_table,
    by_tables,
    find_path,
    free_name,
    records_at,
)
from jupyter_openapi.frames.values import clean
from jupyter_openapi.market.names import FIELDS, NAMED, NAMES
from jupyter_openapi.market.symbols import MARKET_ZONES, market_of
from jupyter_openapi.messages import _, commas
from jupyter_openapi.spec.check import text
from jupyter_openapi.spec.model import Operation, Table

if TYPE_CHECKING:
    import pandas as pd


FAST_FROM = 65_536
"""Bytes from which Arrow is worth its start-up."""
NAMED_ROWS = 500  # rows of a frame whose names are remembered
ATTRIBUTE = "openapi"
MARK = "openapi_columns"  # the attribute that tells whether a frame's columns are those it was made with
LIST = "security_list"  # whose every row is: that is what it is for


def to_frame(
    data: Any,
    operation: Operation | str | None = None,
    *,
    decimals: str = "float64",
    tz: str | tzinfo = "UTC",
    table: str | None = None,
    codes: bool = False,
) -> pd.DataFrame:
    """Return a reply's `data` as a frame with the API's names and fixed dtypes.

    Parameters
    ----------
    data
        What the reply's envelope holds under ``data``: any parsed JSON.
    operation
        The operation, its name or an alias. With None, or a name the specification does not know, rows and
        dtypes are inferred (see `jupyter_openapi.frames.records`).
    decimals
        ``"float64"``; or ``"decimal"`` (`decimal.Decimal`, pandas.NA where there is none) or ``"string"``,
        which keep every digit.
    tz
        The zone in which instants appear. Calendar dates are never shifted.
    table
        Another list of the reply than the usual one: its key (``"cash_infos"``) or its whole path.
    codes
        True keeps the broker's codes (``0``) where their names are shown otherwise (``Normal``).

    Returns
    -------
    pandas.DataFrame
        ``attrs["openapi"]`` names the operation and what was noticed: ``inexact`` (column -> count),
        ``as_text`` (columns kept as text), and for inferred frames ``beside`` (scalars beside the list) and
        ``left_out`` (other lists and objects there).

    Raises
    ------
    RequestRefused
        If `decimals`, `tz` or `table` is nothing that can be used. No `data` raises.

    Warns
    -----
    InexactWarning
        If float64 cannot hold every digit of some decimal; names the columns and counts.
    UnreadableWarning
        If a column holds values its kind does not allow; it is then text, and nothing is lost.
    """
    return _frame(data, resolve(operation), Maker(decimals, tz, codes), table)


def frame_from_bytes(
    content: bytes,
    operation: Operation | str | None = None,
    *,
    decimals: str = "float64",
    tz: str | tzinfo = "UTC",
    table: str | None = None,
    codes: bool = False,
) -> pd.DataFrame:
    """Return the frame of a whole reply, still in the bytes of its envelope.

    Equal to ``to_frame(json.loads(content)["data"], ...)``. With pyarrow, replies of many rows take a
    fraction of the time and memory; whatever Arrow would read otherwise than Python goes the usual way.

    Parameters
    ----------
    content
        ``{"code": 0, "message": ..., "data": ...}`` in UTF-8. The code is not looked at.
    operation, decimals, tz, table, codes
        As for `to_frame`.

    Raises
    ------
    RequestRefused
        If `decimals`, `tz` or `table` is nothing that can be used.
    ValueError
        If `content` is not JSON.
    """
    found = resolve(operation)
    maker = Maker(decimals, tz, codes)
    if table is None and found is not None and found.tables and len(content) >= FAST_FROM:
        frame = fast_frame(content, found, maker)
        if frame is not None:
            return frame
        maker = Maker(decimals, tz, codes)
    envelope = json.loads(content)
    data = envelope.get("data") if isinstance(envelope, dict) else envelope
    return _frame(data, found, maker, table)


def fast_frame(content: bytes, operation: Operation, maker: Maker) -> pd.DataFrame | None:
    """Return the frame by way of Arrow, or None where the usual way must be taken."""
    from jupyter_openapi.frames import arrow as fast

    columns = fast.read(content, operation.tables[0], maker)
    return None if columns is None else _finish(columns, maker, operation=operation.name)


def resolve(operation: Operation | str | None) -> Operation | None:
    """Return the operation meant by a name or alias, or None if the specification knows none."""
    if operation is None or isinstance(operation, Operation):
        return operation
    from jupyter_openapi.spec import catalog

    return catalog().find(text("operation", operation))


def _frame(data: Any, operation: Operation | None, maker: Maker, table: str | None) -> pd.DataFrame:
    records = _records(data, operation, table)
    columns = {
        name: maker.column(name, records.fields.get(name), values) for name, values in records.columns.items()
    }
    facts: dict[str, Any] = {"operation": operation.name if operation else None}
    facts |= {"beside": records.beside or None, "left_out": records.left_out or None}
    return _finish(columns, maker, rows=records.count, **facts)


def _finish(columns: Mapping[str, Any], maker: Maker, rows: int | None = None, **facts: Any) -> pd.DataFrame:
    import pandas as pd

    index = None if rows is None else pd.RangeIndex(rows)
    named: dict[str, Any] = {}
    for name, column in columns.items():
        # Nearly every name is ASCII and new; only the others need a look.
        new = name.isascii() and name not in named
        named[name if new else free_name(clean(name), "", named)] = column
    frame = pd.DataFrame(named, index=index, copy=False)
    maker.findings.warn(stacklevel=4)
    frame = describe(frame, **facts, **maker.findings.facts())
    if not facts.get("operation"):
        return frame
    if "symbol" in named:
        note_names(frame, facts["operation"])
    return seal(frame)


def note_names(frame: pd.DataFrame, operation: str) -> None:
    """Remember what an operation's frame calls its symbols."""
    columns = {name: language for name, language in FIELDS.items() if name in frame.columns}
    if operation in NAMED and "name" in frame.columns:
        columns["name"] = ""
    rows = NAMED_ROWS if operation != LIST else len(frame)
    symbols = frame["symbol"].head(rows).tolist() if columns else []
    for name, language in columns.items():
        for symbol, called in zip(symbols, frame[name].head(rows).tolist(), strict=True):
            NAMES.note(symbol, called, language)


def _records(data: Any, operation: Operation | None, table: str | None) -> Records:
    if hasattr(data, "to_dict"):
        raise RequestRefused(
            _("data is a reply's parsed JSON, such as reply.data, and not a {kind}.").format(
                kind=type(data).__name__
            )
        )
    tables = operation.tables if operation else ()
    if table is not None:
        return _other_table(data, tables, text("table", table))
    if not tables:
        return by_shape(data)
    try:
        return by_tables(data, tables)
    except MisfitError:
        return _typed_by_name(by_shape(data), tables[0])


def _typed_by_name(records: Records, table: Table) -> Records:
    """Describe inferred columns by the table's fields of the same names, and add the missing fields."""
    known = {described.name: described for described in table.fields}
    absent = {name: [None] * records.count for name in known if name not in records.columns}
    records.columns |= absent
    records.fields = known
    return records


def _other_table(data: Any, tables: Sequence[Table], wanted: str) -> Records:
    described = next((table for table in tables if wanted in {table.path, key_of(table.path)}), None)
    try:
        if described is not None:
            return by_table(data, described)
        path = find_path(data, wanted)
        if path is not None:
            return records_at(data, path)
    except MisfitError:
        pass
    names = commas(dict.fromkeys(key_of(table.path) or _("the first") for table in tables)) or _(
        "those in the reply"
    )
    raise RequestRefused(
        _("This reply has no table {wanted!r}; its tables are {names}.").format(
            wanted=short(wanted, 40), names=names
        )
    )


def key_of(path: str) -> str:
    """Return the last key of a path: ``list[].cash_infos[]`` -> ``cash_infos``."""
    return path.removesuffix("[]").rpartition(".")[2]


def describe(frame: pd.DataFrame, **facts: Any) -> pd.DataFrame:
    """Add facts to ``frame.attrs["openapi"]`` and return the same frame.

    Parameters
    ----------
    frame
        Changed in place; facts it already carries stay unless named again.
    **facts
        Such as ``operation``, ``mode``, ``profile``, ``requested_at``, ``trace_id``, ``window``. They are
        stored as JSON-safe values: times and dates as ISO text, decimals and anything unknown as text,
        enums by their value. None leaves a fact out. Never pass a secret: attributes travel with copies and
        into files.
    """
    known = frame.attrs.get(ATTRIBUTE, {})
    added = {name: json_safe(value) for name, value in facts.items() if value is not None}
    frame.attrs[ATTRIBUTE] = {**known, **added}
    return frame


def seal(frame: pd.DataFrame) -> pd.DataFrame:
    """Note in ``frame.attrs`` which columns the frame was made with, and return the same frame."""
    frame.attrs[MARK] = mark_of(frame.columns)
    return frame


def mark_of(columns: Iterable[Any]) -> str:
    """Return a short mark that other columns, or the same in another order, do not have."""
    text = "\0".join(map(str, columns))
    return blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()


def json_safe(value: Any) -> Any:
    """Return `value` as something `json.dumps` takes without help, and that is equal after a round trip."""
    if isinstance(value, Enum):
        return json_safe(value.value)
    if isinstance(value, float):
        return float(value) if value - value == 0 else str(value)
    if isinstance(value, str):
        return str(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): json_safe(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [json_safe(item) for item in value]
    return str(value)


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

    zone = MARKET_ZONES.get(market_of(symbol).upper())
    if zone is None or column not in frame.columns or "trade_date" in frame.columns:
        return frame
    times = frame[column]
    if not isinstance(times.dtype, pd.DatetimeTZDtype):
        return frame
    days = times.dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()
    frame.insert(list(frame.columns).index(column) + 1, "trade_date", days)
    return seal(frame)
