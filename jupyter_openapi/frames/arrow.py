"""Columns from Arrow arrays: the counterpart of `columns`, for the values that the fast way can read.

Everything here gives exactly what `columns.Maker.column` gives for the same JSON, or raises
`UnreadableError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_openapi.frames import numbers, times
from jupyter_openapi.frames.columns import effective_kind
from jupyter_openapi.frames.values import UnreadableError, objects, text_dtype
from jupyter_openapi.spec.model import Kind

if TYPE_CHECKING:
    import numpy as np

    from jupyter_openapi.frames.columns import Maker
    from jupyter_openapi.spec.model import Field


def column(array: Any, described: Field | None, count: int, name: str, maker: Maker) -> Any:
    """Return a pandas array of the field's dtype.

    Parameters
    ----------
    array
        An Arrow array of `count` values, or None where the reply has no such column.
    described
        What the specification says of it; None for a column it does not know.
    name, maker
        For what is noticed, and for what Arrow need not make.

    Raises
    ------
    UnreadableError
        If the values are anything but the plain case.
    """
    import pyarrow as pa

    if array is None or pa.types.is_null(array.type):
        return maker.column(name, described, [None] * count)
    kind = Kind.ANY if described is None else effective_kind(described)
    if described is None or kind is Kind.ANY:
        return _undescribed(array)
    array = _without(array, described.nulls)
    if kind is Kind.OBJECT:
        return _empty_lists(array)
    if kind is Kind.TEXT:
        _must_be_text(array)
        return _pandas_text(array)
    if kind is Kind.DECIMAL:
        return _decimal(array, described, name, maker)
    if kind is Kind.BOOLEAN:
        return _boolean(array)
    return _counted(array, described, kind, maker)


def _counted(array: Any, described: Field, kind: Kind, maker: Maker) -> Any:
    if kind is Kind.DATE:
        return _date(array, described)
    if kind is Kind.INTEGER:
        return numbers.integer_column(*_integers(array), described.nulls)
    return times.instant_column(*_integers(array), millis=kind is Kind.MILLIS, tz=maker.tz)


def _undescribed(array: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_string(array.type):
        return _pandas_text(array)
    if pa.types.is_int64(array.type):
        return numbers.integer_column(*_integers(array), ())
    if pa.types.is_boolean(array.type):
        return _boolean(array)
    raise UnreadableError


def _empty_lists(array: Any) -> Any:
    """Read a nested column only where all its lists are empty."""
    import pyarrow as pa

    if not (pa.types.is_list(array.type) and pa.types.is_null(array.type.value_type)):
        raise UnreadableError
    return objects(array.to_pylist())


def _must_be_text(array: Any) -> None:
    import pyarrow as pa

    if not pa.types.is_string(array.type):
        raise UnreadableError


def _without(array: Any, nulls: tuple[Any, ...]) -> Any:
    """Return the array with null for the texts that mean "none"; zero is each kind of number's business."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = [null for null in nulls if isinstance(null, str)]
    if any(isinstance(null, bool) or null not in {None, 0} for null in nulls if not isinstance(null, str)):
        raise UnreadableError
    if not texts or not pa.types.is_string(array.type):
        return array
    none = pc.is_in(array, value_set=pa.array(texts, type=pa.string()))
    return pc.if_else(none, pa.scalar(None, pa.string()), array)


def _pandas_text(array: Any) -> Any:
    import numpy as np
    from pandas.api.types import is_object_dtype

    dtype = text_dtype()
    if is_object_dtype(dtype):
        column = array.to_numpy(zero_copy_only=False)
        if array.null_count:
            column[~_valid(array)] = np.nan
        return column
    return dtype.__from_arrow__(array)


def _valid(array: Any) -> np.ndarray[Any, Any]:
    mask: np.ndarray[Any, Any] = array.is_valid().to_numpy(zero_copy_only=False)
    return mask


def _boolean(array: Any) -> Any:
    import pandas as pd
    import pyarrow as pa

    if not pa.types.is_boolean(array.type):
        raise UnreadableError
    truth = array.fill_null(False).to_numpy(zero_copy_only=False)  # noqa: FBT003
    return pd.arrays.BooleanArray(truth, ~_valid(array))


def _date(array: Any, described: Field) -> Any:
    """Parse each distinct text once, as a reply spans few days."""
    import numpy as np

    _must_be_text(array)
    coded = array.dictionary_encode(null_encoding="encode")
    words = coded.dictionary.to_pylist()
    days = np.array([times.parse_date(word, described.date_format) for word in words], dtype="M8[D]")
    return times.midnights(days[coded.indices.to_numpy(zero_copy_only=False)])


def _texts(array: Any, allowed: bytes) -> tuple[Any, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the texts that are neither null nor empty, where they stand, and their lengths.

    Raises
    ------
    UnreadableError
        If any has a character that is not among those allowed.
    """
    import numpy as np
    import pyarrow as pa

    offsets = np.frombuffer(array.buffers()[1], dtype=np.int32)[array.offset : array.offset + len(array) + 1]
    joined = array.buffers()[2]
    if joined is not None and joined[int(offsets[0]) : int(offsets[-1])].to_pybytes().translate(
        None, allowed
    ):
        raise UnreadableError
    lengths = np.diff(offsets)
    present = lengths > 0
    if present.all():
        return array, present, lengths
    return array.filter(pa.array(present)), present, lengths[present]


def _spread(found: Any, present: np.ndarray[Any, Any], missing: float) -> np.ndarray[Any, Any]:
    """Return a NumPy array of its own with what was found where it is present, and `missing` elsewhere."""
    import numpy as np

    values: np.ndarray[Any, Any] = found.to_numpy(zero_copy_only=False)
    column = np.full(len(present), missing, dtype=values.dtype)
    column[present] = values
    return column


def _decimal(array: Any, described: Field, name: str, maker: Maker) -> Any:
    import numpy as np
    import pyarrow as pa

    if pa.types.is_float64(array.type):
        column = array.to_numpy(zero_copy_only=False).copy()
        if bool((np.abs(column) >= numbers.EXACT_INTEGERS).any()):
            raise UnreadableError
    else:
        _must_be_text(array)
        texts, present, lengths = _texts(array, numbers.PLAIN)
        column = _spread(texts.cast(pa.float64()), present, np.nan)
        long = texts.filter(pa.array(lengths > numbers.SAFE_DIGITS)).to_pylist()
        inexact = sum(not numbers.is_exact(text) for text in long)
        if inexact:
            maker.findings.inexact[name] = inexact
    if numbers.means_zero(described.nulls):
        column[column == 0] = np.nan
    return column


def _integers(array: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return int64 numbers and a mask that is true where one is missing."""
    import pyarrow as pa

    if pa.types.is_int64(array.type):
        return array.fill_null(0).to_numpy(zero_copy_only=False).copy(), ~_valid(array)
    _must_be_text(array)
    texts, present, _ = _texts(array, numbers.WHOLE)
    return _spread(texts.cast(pa.int64()), present, 0), ~present
