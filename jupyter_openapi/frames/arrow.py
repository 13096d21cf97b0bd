"""Columns from Arrow arrays: the fast counterpart of `columns`, for the values it can read.

Everything here gives exactly what `columns.Maker.column` gives for the same JSON, or raises
`UnreadableError`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from jupyter_openapi.frames import columns as times
from jupyter_openapi.frames import values as numbers
from jupyter_openapi.frames.columns import TEXTUAL, Maker, effective_kind
from jupyter_openapi.frames.records import column_names, free_name
from jupyter_openapi.frames.values import UnreadableError, nested, objects, text_dtype
from jupyter_openapi.spec.model import Field, Kind, Table

if TYPE_CHECKING:
    import numpy as np


def arrow_column(array: Any, described: Field | None, count: int, name: str, maker: Maker) -> Any:
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
    if described.names and not maker.codes:
        return _names_of(array, described)
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
    return objects([nested(value) for value in array.to_pylist()])


def _must_be_text(array: Any) -> None:
    import pyarrow as pa

    if not pa.types.is_string(array.type):
        raise UnreadableError


def _names_of(array: Any, described: Field) -> Any:
    """Return the names of codes, each distinct one looked up once."""
    import pyarrow as pa

    if not (pa.types.is_int64(array.type) or pa.types.is_string(array.type)):
        raise UnreadableError
    coded = array.dictionary_encode(null_encoding="encode")
    spelled = times.name_texts(coded.dictionary.to_pylist(), described.names)
    return _pandas_text(pa.array(spelled, type=pa.string()).take(coded.indices))


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
        arrow_column = array.to_numpy(zero_copy_only=False)
        if array.null_count:
            arrow_column[~_valid(array)] = np.nan
        return arrow_column
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
    arrow_column = np.full(len(present), missing, dtype=values.dtype)
    arrow_column[present] = values
    return arrow_column


def _decimal(array: Any, described: Field, name: str, maker: Maker) -> Any:
    import numpy as np
    import pyarrow as pa

    if pa.types.is_float64(array.type):
        arrow_column = array.to_numpy(zero_copy_only=False).copy()
        if bool((np.abs(arrow_column) >= numbers.EXACT_INTEGERS).any()):
            raise UnreadableError
    else:
        _must_be_text(array)
        texts, present, lengths = _texts(array, numbers.PLAIN)
        arrow_column = _spread(texts.cast(pa.float64()), present, np.nan)
        long = texts.filter(pa.array(lengths > numbers.SAFE_DIGITS)).to_pylist()
        inexact = sum(not numbers.is_exact(text) for text in long)
        if inexact:
            maker.findings.inexact[name] = inexact
    if numbers.means_zero(described.nulls):
        arrow_column[arrow_column == 0] = np.nan
    return arrow_column


def _integers(array: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return int64 numbers and a mask that is true where one is missing."""
    import pyarrow as pa

    if pa.types.is_int64(array.type):
        return array.fill_null(0).to_numpy(zero_copy_only=False).copy(), ~_valid(array)
    _must_be_text(array)
    texts, present, _ = _texts(array, numbers.WHOLE)
    return _spread(texts.cast(pa.int64()), present, 0), ~present


LARGEST = 2**31 - 4096
"""Arrow counts the bytes of one block in 32 bits."""
HEAVY = 1 << 25
"""Bytes from which the memory that a frame takes on its way counts for more than 5% of its time."""
PEEK = 65_536
"""Bytes within which the first record must begin, and must end again."""
TRAVELS_AS_TEXT = (*TEXTUAL, Kind.DECIMAL, Kind.TIMESTAMP, Kind.MILLIS, Kind.DATE)


def read(content: bytes, table: Table, maker: Maker) -> dict[str, Any] | None:
    """Return the table's columns as pandas arrays in their order, or None where the usual way must be taken.

    Parameters
    ----------
    content
        A whole reply, ``{"code": ..., "data": {"orders": [...]}}``.
    table
        One list directly under `data`, its parents (if any) scalars beside it.
    maker
        Makes what Arrow does not; only its float64 decimals can be read this way.
    """
    if not _fits(table) or maker.decimals != "float64" or len(content) > LARGEST:
        return None
    try:
        import pyarrow as pa
        import pyarrow.json
    except ImportError:
        return None
    try:
        return _read(content, table, maker)
    except (pa.ArrowException, ValueError):  # UnreadableError is a ValueError
        maker.findings.inexact.clear()
        maker.findings.as_text.clear()
        return None


def _fits(table: Table) -> bool:
    key = table.path.removesuffix("[]")
    plain = key and table.path.endswith("[]") and "." not in key and "[" not in key
    return (
        bool(plain)
        and table.label is None
        and not table.scalar
        and not table.flatten
        and all("." not in path for path, _ in table.parents)
    )


def _read(content: bytes, table: Table, maker: Maker) -> dict[str, Any]:
    key = table.path.removesuffix("[]")
    known = {described.name: described for described in table.fields}
    first = first_record(content, key)
    data = _parse(content, key, _types(first, known))
    rows = data.field(key).flatten()
    if rows.null_count or not len(rows):
        raise UnreadableError
    rows.validate(full=True)  # Arrow's reader takes bytes that are no UTF-8
    arrays = dict(zip(_names(rows), rows.flatten(), strict=True))
    names = column_names([first, dict.fromkeys(arrays)], known)
    columns: dict[str, Any] = {}
    for path, described in table.parents:
        value = _beside(data, path)
        column = free_name(described.name, "", names)
        columns[column] = maker.column(column, described, [value] * len(rows))
    for name in names:
        columns[name] = arrow_column(arrays.get(name), known.get(name), len(rows), name, maker)
    return columns


def first_record(content: bytes, key: str) -> dict[str, Any]:
    """Return the first object of the list at ``data[key]``: its keys give the order, its values the types.

    Raises
    ------
    ValueError
        If the list is not found, is not under `data`, or does not begin with an object.
    """
    found = re.search(rb"%b\s*:\s*\[\s*(?=\{)" % re.escape(json.dumps(key).encode()), content[:PEEK])
    if found is None:
        raise UnreadableError
    # What stands before the key, closed again, parses only if the key stood in an object in an object.
    head = json.loads(content[: found.start()] + b'"":0}}')
    if not isinstance(head.get("data"), dict) or head["data"].get("") != 0:
        raise UnreadableError
    text = content[found.end() : found.end() + PEEK].decode("utf-8", "ignore")
    record: dict[str, Any] = json.JSONDecoder().raw_decode(text)[0]
    return record


def _types(first: dict[str, Any], known: dict[str, Field]) -> dict[str, Any]:
    """Choose each column's Arrow type by the first record's value, or by its kind where that says nothing.

    Columns without one are left to Arrow, which takes text that looks like a time for a time.
    """
    types: dict[str, Any] = {}
    for name in dict.fromkeys([*first, *known]):
        chosen = _type(first.get(name), known.get(name))
        if chosen is not None:
            types[name] = chosen
    return types


def _type(value: Any, described: Field | None) -> Any:
    import pyarrow as pa

    if isinstance(value, bool):
        return pa.bool_()
    if isinstance(value, str):
        return pa.string()
    if isinstance(value, float):
        return pa.float64()
    if isinstance(value, int):
        return pa.float64() if described and described.kind is Kind.DECIMAL else pa.int64()
    textual = described is not None and described.kind in TRAVELS_AS_TEXT and not described.number
    return pa.string() if value is None and textual else None


def _parse(content: bytes, key: str, types: dict[str, Any]) -> Any:
    """Return `data` as an Arrow struct array of length one."""
    import pyarrow as pa

    record = pa.struct([pa.field(name, kind) for name, kind in types.items()])
    schema = pa.schema([pa.field("data", pa.struct([pa.field(key, pa.list_(record))]))])
    table = pa.json.read_json(
        pa.BufferReader(content),
        read_options=pa.json.ReadOptions(block_size=len(content) + 64, use_threads=False),
        parse_options=pa.json.ParseOptions(
            explicit_schema=schema, newlines_in_values=True, unexpected_field_behavior="infer"
        ),
    )
    if table.num_rows != 1:
        raise UnreadableError
    if len(content) >= HEAVY:
        # What the reader needed besides goes back to the system, for the columns to be made in its place.
        pa.default_memory_pool().release_unused()
    return table.column("data").chunk(0)


def _names(struct: Any) -> list[str]:
    return [member.name for member in struct.type]


def _beside(data: Any, name: str) -> Any:
    """Return a scalar beside the list, None where it is absent; only text, whole numbers and booleans."""
    import pyarrow as pa

    if name not in _names(data):
        return None
    member = data.field(name)
    kind = member.type
    if not (pa.types.is_string(kind) or pa.types.is_int64(kind) or pa.types.is_boolean(kind)):
        raise UnreadableError
    return member[0].as_py()
