"""A history's rows as an Arrow table of one fixed schema, made from the operation's description."""

from __future__ import annotations

import json
import warnings
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.frames import to_frame
from jupyter_openapi.frames.columns import effective_kind
from jupyter_openapi.pages.records import place_of, with_rows
from jupyter_openapi.portfolio.exact import exactly
from jupyter_openapi.portfolio.store import PRECISION, arrow
from jupyter_openapi.spec.model import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from jupyter_openapi.spec.model import Operation

SCALE = 10
EXTRA = "extra"
"""The column that holds, as JSON text, what is not described, and what does not fit its own column."""
_STEP = Decimal(1).scaleb(-SCALE)


def described(operation: Operation) -> dict[str, Kind]:
    """Return the operation's columns and their kinds, in order.

    Raises
    ------
    RequestRefused
        Its rows are not described, so there is no fixed schema.
    """
    if not operation.tables or operation.tables[0].path.count("[]") != 1:
        raise RequestRefused(f"{operation.name} has no fixed columns, so it can't be kept on disk.")
    return {one.name: effective_kind(one) for one in operation.tables[0].fields}


def schema_of(operation: Operation) -> Any:
    """Return the Arrow schema of an operation's files: decimals are ``decimal128(38, 10)``, times in UTC."""
    pa = arrow()
    types = {
        Kind.DECIMAL: pa.decimal128(PRECISION, SCALE),
        Kind.INTEGER: pa.int64(),
        Kind.BOOLEAN: pa.bool_(),
        Kind.TIMESTAMP: pa.timestamp("us", tz="UTC"),
        Kind.MILLIS: pa.timestamp("us", tz="UTC"),
        Kind.DATE: pa.date32(),
    }
    columns = [(name, types.get(kind, pa.string())) for name, kind in described(operation).items()]
    return pa.schema([*columns, (EXTRA, pa.string())])


def table_of(operation: Operation, rows: Sequence[Mapping[str, Any]]) -> Any:
    """Return rows as the broker gave them as a table of `schema_of`, in their order.

    A value that does not fit its column, or has more than ten decimals, is null there and whole in ``extra``.
    """
    pa = arrow()
    schema = schema_of(operation)
    kinds = described(operation)
    extras = [{name: value for name, value in row.items() if name not in kinds} for row in rows]
    frame = _frame(operation, rows)
    columns = []
    for field in schema:
        if field.name == EXTRA:
            continue
        values: list[Any] = list(frame[field.name])
        odd: list[int] = []
        if field.name in frame.attrs["openapi"].get("as_text", ()):
            values, odd = _one_by_one(operation, rows, field.name)
        array, worse = _array(pa, field.type, kinds[field.name], values)
        odd += worse
        columns.append(array)
        for at in odd:
            extras[at][field.name] = rows[at].get(field.name)
    texts = [_json(extra) if extra else None for extra in extras]
    return pa.table([*columns, pa.array(texts, pa.string())], schema=schema)


def _one_by_one(
    operation: Operation, rows: Sequence[Mapping[str, Any]], name: str
) -> tuple[list[Any], list[int]]:
    """Return a column of which some value does not fit its kind, None for those; and where they are."""
    values: list[Any] = []
    odd = []
    for at, row in enumerate(rows):
        frame = _frame(operation, [row])
        fits = name not in frame.attrs["openapi"].get("as_text", ())
        values.append(frame[name].iloc[0] if fits else None)
        if not fits:
            odd.append(at)
    return values, odd


def _frame(operation: Operation, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what does not fit is kept in `extra`
        return to_frame(with_rows(place_of(operation), list(rows)), operation, decimals="decimal")


def _array(pa: Any, kind_type: Any, kind: Kind, found: Sequence[Any]) -> tuple[Any, list[int]]:
    """Return a column's array, and the rows whose value it can't hold."""
    values = [None if _is_none(value) else _plain(kind, value) for value in found]
    try:
        return pa.array(values, kind_type), []
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError, OverflowError):
        pass
    odd = []
    for at, value in enumerate(values):
        try:
            pa.array([value], kind_type)
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError, OverflowError):
            odd.append(at)
            values[at] = None
    return pa.array(values, kind_type), odd


def _is_none(value: Any) -> bool:
    import pandas as pd

    return not isinstance(value, (list, dict)) and bool(pd.isna(value))


def _plain(kind: Kind, value: Any) -> Any:
    if kind is Kind.DECIMAL:
        return _scaled(value)
    if kind in {Kind.OBJECT, Kind.ANY}:
        return _json(value)
    if kind is Kind.DATE and hasattr(value, "date"):
        return value.date()
    return value


def _scaled(value: Any) -> Any:
    """Return a decimal with ten places, if that takes no digit away from it."""
    if not isinstance(value, Decimal) or not value.is_finite():
        return value
    with exactly():
        rounded = value.quantize(_STEP, ROUND_HALF_EVEN)
    return rounded if rounded == value else str(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str)
