"""The fast way from a large reply's bytes to its columns: Arrow reads the envelope as one JSON record.

Arrow reads less than Python does and a few things otherwise, so that whatever is unusual (unpaired
surrogates, a key named twice, numbers where text was, nested objects, an exponent in a decimal) is left to
the usual way: `read` then returns None. What it does return equals the usual way's columns; a test compares
both on generated replies.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from jupyter_openapi.frames import arrow
from jupyter_openapi.frames.columns import TEXTUAL
from jupyter_openapi.frames.records import column_names, free_name
from jupyter_openapi.frames.values import UnreadableError
from jupyter_openapi.spec.model import Kind

if TYPE_CHECKING:
    from jupyter_openapi.frames.columns import Maker
    from jupyter_openapi.spec.model import Field, Table

LARGEST = 2**31 - 4096
"""Arrow counts the bytes of one block in 32 bits."""
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
        columns[name] = arrow.column(arrays.get(name), known.get(name), len(rows), name, maker)
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
