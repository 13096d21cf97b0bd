"""A reply as a pyarrow table or a polars frame: the pandas frame's columns, names and meanings.

==================  ==============================================
column of pandas    column of Arrow
==================  ==============================================
text                ``string``
``float64``         ``double``, null where it is NaN
``decimal.Decimal`` ``decimal128(38, 12)``, more where it takes more
``Int64``           ``int64``
``boolean``         ``bool``
aware times         ``timestamp[us, tz=...]``
calendar dates      ``date32``
nested objects      ``string``: compact JSON
==================  ==============================================

The schema is the same for every reply of an operation. A long reply goes from its bytes through Arrow's own
reader (see `jupyter_openapi.frames.arrow`) and back without a Python object for each cell, where pandas keeps
its text in Arrow (pandas 3); a cell of text costs one Python string on pandas 2.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.frames.build import ATTRIBUTE
from jupyter_openapi.frames.values import as_text, shape
from jupyter_openapi.messages import _

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


def arrow_table(frame: pd.DataFrame, decimals: Collection[str] = ()) -> Any:
    """Return a frame that `to_frame` made as a `pyarrow.Table`.

    Parameters
    ----------
    frame
        Its attributes become the schema's metadata: ``{"openapi": JSON}``.
    decimals
        The columns that hold `decimal.Decimal`, also where they are empty.

    Raises
    ------
    RequestRefused
        pyarrow is not installed.
    """
    try:
        import pyarrow as pa
    except ImportError:
        raise RequestRefused(
            _("This needs pyarrow, which is not installed: type `%pip install 'jupyter-openapi[parquet]'`.")
        ) from None
    columns = {str(name): _column(frame[name], exact=name in decimals) for name in frame.columns}
    table = pa.table(columns) if columns else pa.table({})
    facts = frame.attrs.get(ATTRIBUTE, {})
    return table.replace_schema_metadata({ATTRIBUTE: json.dumps(facts, ensure_ascii=False)})


def polars_frame(table: Any) -> pl.DataFrame:
    """Return an Arrow table as a polars frame.

    Raises
    ------
    RequestRefused
        polars is not installed.
    """
    try:
        import polars as pl
    except ImportError:
        raise RequestRefused(
            _(
                'kind="polars" needs polars, which is not installed: type '
                "`%pip install 'jupyter-openapi[polars]'`."
            )
        ) from None
    made = pl.from_arrow(table)
    return made if isinstance(made, pl.DataFrame) else made.to_frame()


def _column(column: pd.Series[Any], *, exact: bool) -> Any:
    """Return one column as an Arrow array."""
    import pandas as pd
    import pyarrow as pa
    from pandas.api import types

    dtype = column.dtype
    if isinstance(dtype, pd.DatetimeTZDtype):
        return _array(column).cast(pa.timestamp("us", _array(column).type.tz), safe=False)
    if types.is_datetime64_any_dtype(dtype):
        return _array(column).cast(pa.timestamp("us"), safe=False).cast(pa.date32())
    if not types.is_object_dtype(dtype):
        array = _array(column)
        return array.cast(pa.string()) if pa.types.is_large_string(array.type) else array
    kind = shape(column.to_numpy())
    if exact and kind in {"decimal", "empty"}:
        return _decimals(column)
    if kind in {"string", "empty"}:
        return pa.array(column, type=pa.string(), from_pandas=True)
    return pa.array([None if _is_none(value) else as_text(value) for value in column], type=pa.string())


def _array(column: pd.Series[Any]) -> Any:
    """Return what pandas itself makes of a column, in one piece."""
    import pyarrow as pa

    made = pa.array(column, from_pandas=True)
    return made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made


def _decimals(column: pd.Series[Any]) -> Any:
    import pyarrow as pa

    values = [None if _is_none(value) else value for value in column]
    for kind in (pa.decimal128(38, 12), pa.decimal128(38, 24), pa.decimal256(76, 38)):
        try:
            return pa.array(values, type=kind)
        except pa.ArrowInvalid:  # more digits than it holds
            continue
    return pa.array([None if value is None else f"{value:f}" for value in values], type=pa.string())


def _is_none(value: Any) -> bool:
    """Tell whether a cell is empty: None, NaN or NA."""
    import pandas as pd

    return value is None or value is pd.NA or (isinstance(value, float) and value != value)  # noqa: PLR0124
