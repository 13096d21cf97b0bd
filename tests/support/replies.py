"""A reply for any operation, made from its tables: three records, the last one empty."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from jupyter_openapi.spec import Field, Kind, Operation, Table

_TEXTS: Mapping[Kind, tuple[Any, Any]] = {
    Kind.TEXT: ("Tencent 騰訊", ""),
    Kind.ID: ("693664675163312128", "007"),
    Kind.SYMBOL: ("700.HK", "AAPL.US"),
    Kind.DECIMAL: ("612.5", "-0.25"),
    Kind.INTEGER: (7, -1),
    Kind.BOOLEAN: (True, False),
    Kind.TIMESTAMP: ("1767605400", "0"),
    Kind.MILLIS: (1767605400123, 0),
    Kind.OBJECT: ([{"a": "1", "b": [1, None]}], {"x": {"y": [True, 2.5]}}),
    Kind.ANY: ("one", "two"),
}


def value_of(field: Field, turn: int) -> Any:
    """A value of the field's kind."""
    if field.kind is Kind.ENUM:
        values = field.values or ("X",)
        return values[turn % len(values)]
    if field.kind is Kind.DATE:
        return (date(2026, 1, 5).strftime(field.date_format), "")[turn]
    value = _TEXTS[field.kind][turn]
    if field.kind is Kind.DECIMAL and field.number:
        return float(value)
    return value


def record_of(table: Table, turn: int) -> Any:
    """A record with every field, inner objects where the table takes their fields from them."""
    if table.scalar:
        return value_of(table.fields[0], turn)
    record: dict[str, Any] = {}
    prefixes = sorted(table.flatten.items(), key=lambda pair: -len(pair[1]))
    for field in table.fields:
        inner = next(
            (key for key, prefix in prefixes if prefix and field.name.startswith(f"{prefix}_")), None
        )
        name = field.name if inner is None else field.name.removeprefix(f"{table.flatten[inner]}_")
        holder = record if inner is None else record.setdefault(inner, {})
        holder[name] = value_of(field, turn)
    return record


def reply_data(operation: Operation) -> Any:
    """The `data` of a reply with three records of the operation's first table."""
    table = operation.tables[0]
    *above, last = table.path.split(".") if table.path else [""]
    records = [record_of(table, 0), record_of(table, 1), None if table.scalar else {}]
    data: Any = records if last.endswith("[]") else records[0]
    if last.removesuffix("[]"):
        data = {last.removesuffix("[]"): data}
    for word in reversed(above):
        inside = [data] if word.endswith("[]") else data
        data = {word.removesuffix("[]"): inside} if word.removesuffix("[]") else inside
    for path, field in table.parents:
        put(data, path.split("."), value_of(field, 0))
    return data


def put(node: Any, words: list[str], value: Any) -> None:
    """Put a parent's value where its path leads."""
    first, *rest = words
    name = first.removesuffix("[]")
    if not rest:
        node[name] = value
        return
    below = node.setdefault(name, [{}] if first.endswith("[]") else {}) if name else node
    for each in below if first.endswith("[]") else [below]:
        put(each, rest, value)
