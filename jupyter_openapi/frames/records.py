"""Find the rows in a reply's `data`, by the path its operation describes or by inference.

A path such as ``list[].stock_info[]`` is walked from `data` down. Every record keeps the objects it stood in,
so that a parent's fields (``list[].account_channel``) become columns before its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from typing import Any

from jupyter_openapi.spec.model import Field, Kind, Table

SCALAR = "value"
"""The column of records that are no objects."""
BLOCK = 256
"""Rows turned into columns at a time."""


class MisfitError(Exception):
    """The data does not have the shape that the path describes."""


@dataclass(slots=True)
class Records:
    """Columns before they have dtypes: a list of JSON values each, all `count` long, None for absent.

    `fields` describes some of the columns. `beside` holds scalars that stood beside the list, `left_out` the
    names of other lists and objects there.
    """

    columns: dict[str, Sequence[Any]]
    count: int
    fields: dict[str, Field] = field(default_factory=dict)
    beside: dict[str, Any] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def steps(path: str) -> list[tuple[str, bool]]:
    """Split a path into (key, is it a list) steps: ``list[].stock_info[]``, ``""`` or ``[]``."""
    return [(part.removesuffix("[]"), part.endswith("[]")) for part in path.split(".")] if path else []


def walk(data: Any, path: str) -> list[tuple[Any, ...]]:
    """Return every record at `path` with its ancestors: (data, ..., parent, record).

    Raises
    ------
    MisfitError
        If something on the way is neither null nor what the path says.
    """
    chains: list[tuple[Any, ...]] = [(data,)] if data is not None else []
    for key, many in steps(path):
        below: list[tuple[Any, ...]] = []
        for ancestors in chains:
            child = _child(ancestors[-1], key)
            if many:
                below.extend((*ancestors, item) for item in _as_list(child))
            elif child is not None:
                below.append((*ancestors, child))
        chains = below
    return chains


def leaves(data: Any, path: str) -> list[Any]:
    """Return every record at `path` without its ancestors; as `walk` otherwise."""
    *above, (key, many) = [("", False), *steps(path)]
    if not above:
        return [] if data is None else [data]
    way = ".".join(name + "[]" * is_list for name, is_list in above[1:])
    holders = leaves(data, way)
    children = [_child(holder, key) for holder in holders]
    if many:
        return list(chain.from_iterable(map(_as_list, children)))
    return [child for child in children if child is not None]


def _child(node: Any, key: str) -> Any:
    if not key:
        return node
    if node is not None and not isinstance(node, dict):
        raise MisfitError
    return node.get(key) if node else None


def _as_list(child: Any) -> list[Any]:
    if child is None:
        return []
    if not isinstance(child, list):
        raise MisfitError
    return child


def by_table(data: Any, table: Table) -> Records:
    """Return the records of `data` as `table` describes them.

    Columns are the parents, the label, the described fields in the order of the first record, those it lacks
    in the table's order, and last what the table does not know.

    Raises
    ------
    MisfitError
        If `data` does not have that shape.
    """
    chains = walk(data, table.path) if table.parents else []
    items = [ancestors[-1] for ancestors in chains] if table.parents else leaves(data, table.path)
    known = {described.name: described for described in table.fields}
    scalar = table.fields[0].name if table.scalar else SCALAR
    rows = as_objects([] if not table.path and items == [{}] else items, scalar=scalar)
    if table.flatten:
        rows = [flattened(row, table.flatten) for row in rows]
    columns = columns_of(rows, known)
    records = Records({}, len(rows))
    for path, described in table.parents:
        column = free_name(described.name, _holder(path), columns)
        records.columns[column] = parent_values(chains, table.path, path)
        records.fields[column] = described
    if table.label is not None:
        label = free_name(table.label[0], "table", columns)
        records.columns[label] = [table.label[1]] * len(rows)
        records.fields[label] = Field(label, Kind.TEXT)
    records.columns |= columns
    records.fields |= known
    return records


def by_tables(data: Any, tables: Sequence[Table]) -> Records:
    """Return the records of the first table, and of those that share its label's column, one below the other.

    Raises
    ------
    MisfitError
        If `data` does not have that shape, or has its records where no table expects them.
    """
    _expect(data, tables)
    label = tables[0].label
    shown = [table for table in tables if label and table.label and table.label[0] == label[0]] or tables[:1]
    return stack([by_table(data, table) for table in shown])


def stack(parts: Sequence[Records]) -> Records:
    """Put records below each other; a column that a part lacks is None there."""
    if len(parts) == 1:
        return parts[0]
    whole = Records({}, sum(part.count for part in parts))
    for part in parts:
        whole.fields |= part.fields
    for name in dict.fromkeys(chain.from_iterable(part.columns for part in parts)):
        columns = [part.columns.get(name) or [None] * part.count for part in parts]
        whole.columns[name] = list(chain.from_iterable(columns))
    return whole


def _expect(data: Any, tables: Sequence[Table]) -> None:
    """Refuse a list for one record, and an object that holds its records under keys no table knows."""
    path = tables[0].path
    if not path and isinstance(data, list):
        raise MisfitError
    keys = {steps(table.path)[0] for table in tables if table.path}
    if not path or not isinstance(data, dict) or any(key in data for key, _ in keys):
        return
    others = {key: value for key, value in data.items() if not isinstance(value, bool)}
    one_record = tables[0].label is None and not any(many for _, many in keys)
    if any(map(holds_objects, others.values())) or (others and one_record):
        raise MisfitError


def holds_objects(value: Any) -> bool:
    """Tell whether `value` is a list with at least one object in it."""
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def as_objects(items: Iterable[Any], *, scalar: str = SCALAR) -> list[dict[str, Any]]:
    """Return every item as an object: null as an empty one, anything else as the value of `scalar`."""
    return [item if isinstance(item, dict) else {} if item is None else {scalar: item} for item in items]


def flattened(row: dict[str, Any], flatten: Mapping[str, str]) -> dict[str, Any]:
    """Return a record with its inner objects' fields in their place, by the prefixes of `Table.flatten`.

    What is not an object keeps its name, and so does what would take another field's.
    """
    flat: dict[str, Any] = {}
    for key, value in row.items():
        if key not in flatten or not (value is None or isinstance(value, dict)):
            flat[key] = value
            continue
        for inner, each in (value or {}).items():
            name = f"{flatten[key]}_{inner}" if flatten[key] else inner
            flat[f"{key}_{inner}" if name in row else name] = each
    return flat


def column_names(rows: Sequence[Mapping[str, Any]], known: Iterable[str] = ()) -> list[str]:
    """Order the columns: known ones as in the first row, the other known ones, then unknown ones."""
    first = rows[0] if rows else {}
    told = dict.fromkeys(known)
    present = [name for name in first if name in told]
    return list(dict.fromkeys(chain(present, told, chain.from_iterable(rows))))


def columns_of(rows: Sequence[Mapping[str, Any]], known: Iterable[str] = ()) -> dict[str, list[Any]]:
    """Turn rows into columns, in the order of `column_names`; None where a row lacks the key.

    Goes through the rows in small blocks, which stay in the processor's cache.
    """
    alike = _columns_of_alike(rows)
    names = column_names(rows[:1] if alike else rows, known)
    if alike:
        return {name: alike.get(name) or [None] * len(rows) for name in names}
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        for name, column in columns.items():
            column.extend([row.get(name) for row in block])
    return columns


def _columns_of_alike(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]] | None:
    """Turn rows into columns if all have the same keys, and more than one; otherwise return None."""
    names = list(rows[0]) if rows else []
    if len(names) < 2 or sum(map(len, rows)) != len(names) * len(rows):
        return None
    columns: dict[str, list[Any]] = {name: [] for name in names}
    pick = itemgetter(*names)
    try:
        for start in range(0, len(rows), BLOCK):
            block = zip(*map(pick, rows[start : start + BLOCK]), strict=True)
            for column, values in zip(columns.values(), block, strict=True):
                column.extend(values)
    except KeyError:
        return None
    return columns


def parent_values(chains: Sequence[tuple[Any, ...]], path: str, parent: str) -> list[Any]:
    """Return a parent's value for every record; `parent` is its own path relative to `data`."""
    *holders, (leaf, _) = steps(parent)
    way = steps(path)
    depth = 0
    while depth < min(len(holders), len(way)) and holders[depth] == way[depth]:
        depth += 1
    below = [key for key, _ in holders[depth:]]
    return [_dig(ancestors[depth], [*below, leaf]) for ancestors in chains]


def _dig(node: Any, keys: Sequence[str]) -> Any:
    for key in keys:
        if not isinstance(node, dict):
            return None
        node = node.get(key)
    return node


def _holder(path: str) -> str:
    """Name what holds the leaf of a parent's path: ``groups[].name`` -> ``groups``."""
    parts = steps(path)
    return parts[-2][0] if len(parts) > 1 else ""


def free_name(name: str, prefix: str, taken: Iterable[str]) -> str:
    """Return `name`, prefixed by what it belongs to as often as it takes to differ from the names taken."""
    used = set(taken)
    while name in used:
        name = f"{prefix or 'parent'}_{name}"
    return name


def find_path(data: Any, wanted: str) -> str | None:
    """Find the path of a list or object by its key (``cash_infos``) or whole path, the shallowest first."""
    level: list[tuple[str, Any]] = [("", data)]
    while level:
        below: list[tuple[str, Any]] = []
        for path, node in level:
            if isinstance(node, list):
                below.extend((path, item) for item in node if isinstance(item, (dict, list)))
                continue
            for key, value in node.items() if isinstance(node, dict) else ():
                if not isinstance(value, (list, dict)):
                    continue
                found = f"{path}.{key}".lstrip(".") + ("[]" if isinstance(value, list) else "")
                if wanted in {key, found, found.removesuffix("[]")}:
                    return found
                below.append((found, value))
        level = below
    return None


def records_at(data: Any, path: str) -> Records:
    """Return the records at a path that nothing describes.

    Raises
    ------
    MisfitError
        If `data` does not have that shape everywhere.
    """
    rows = as_objects(leaves(data, path))
    return Records(dict(columns_of(rows)), len(rows))


SECRET = re.compile(r"token|secret|password|otp|signature", re.IGNORECASE)
"""Names of scalars that are kept out of a frame's attributes."""

Chains = list[tuple[dict[str, Any], ...]]


def by_shape(data: Any) -> Records:
    """Return the rows of `data` as its shape suggests; see the module's own text for how.

    Never fails, and no element of the list that becomes the table goes missing.
    """
    name, items, beside, left_out = find_list(data)
    plain = not any(isinstance(item, dict) for item in items)
    records = _explode(as_objects(items, scalar=(plain and name) or SCALAR), name)
    records.beside, records.left_out = beside, left_out
    return records


def find_list(data: Any) -> tuple[str, list[Any], dict[str, Any], list[str]]:
    """Find the list that is the table: its name, its items, the scalars beside it, and what else was there.

    The name is that of the list's key, if it has one. An object without a list of objects is a list of one.
    """
    if data is None or data == {}:
        return "", [], {}, []
    if not isinstance(data, dict):
        return "", data if isinstance(data, list) else [data], {}, []
    beside: dict[str, Any] = {}
    left_out: list[str] = []
    node, path = data, ""
    while True:
        key = _table_key(node)
        if key is None and (key := _wrapped(node)) is None:
            return "", [data], {}, []
        beside |= {path + name: value for name, value in node.items() if _may_be_noted(name, value)}
        left_out += [
            path + name for name, value in node.items() if isinstance(value, (list, dict)) and name != key
        ]
        if isinstance(node[key], list):
            return key, node[key], beside, left_out
        node, path = node[key], f"{path}{key}."


def _may_be_noted(name: str, value: Any) -> bool:
    """Tell whether a scalar may travel with the frame; what is named like a secret may not."""
    return not isinstance(value, (list, dict)) and not SECRET.search(name)


def _table_key(node: dict[str, Any]) -> str | None:
    """Return the key of the longest list of objects; or of the only list, beside only counts and flags."""
    tables = [key for key, value in node.items() if holds_objects(value)]
    if tables:
        return max(tables, key=lambda key: len(node[key]))
    lists = [key for key, value in node.items() if isinstance(value, list)]
    others = [value for value in node.values() if not isinstance(value, list)]
    if len(lists) == 1 and all(value is None or isinstance(value, (bool, int)) for value in others):
        return lists[0]
    return None


def _wrapped(node: dict[str, Any]) -> str | None:
    """Return the key of the only object inside, if a list of objects is found down that way."""
    inner = [key for key, value in node.items() if isinstance(value, dict)]
    if len(inner) != 1:
        return None
    below = node[inner[0]]
    while isinstance(below, dict):
        if any(map(holds_objects, below.values())):
            return inner[0]
        objects = [value for value in below.values() if isinstance(value, dict)]
        below = objects[0] if len(objects) == 1 else None
    return None


def _explode(rows: list[dict[str, Any]], name: str) -> Records:
    """Follow the only nested list of objects down, level by level, carrying the parents along."""
    chains: Chains = [(row,) for row in rows]
    names = [name]
    exploded: list[str] = []
    while (key := _nested(chains)) is not None:
        below: Chains = []
        for ancestors in chains:
            found = ancestors[-1].get(key)
            items = found if isinstance(found, list) else [] if found is None else [found]
            below.extend((*ancestors, item) for item in as_objects(items) or [{}])
        chains = below
        exploded.append(key)
        names.append(key)
    return _columns(chains, names, exploded)


def _nested(chains: Chains) -> str | None:
    keys = {key for ancestors in chains for key, value in ancestors[-1].items() if holds_objects(value)}
    return keys.pop() if len(keys) == 1 else None


def _columns(chains: Chains, names: list[str], exploded: list[str]) -> Records:
    """Lay the levels side by side, outermost first; of equal names the inner one stays as it is."""
    taken: set[str] = set()
    found: list[dict[str, list[Any]]] = []
    for depth in reversed(range(len(names))):
        columns: dict[str, list[Any]] = {}
        for key, values in columns_of([ancestors[depth] for ancestors in chains]).items():
            if depth < len(exploded) and key == exploded[depth]:
                continue
            columns[free_name(key, names[depth], taken | columns.keys())] = values
        taken |= columns.keys()
        found.append(columns)
    merged: dict[str, Any] = {}
    for columns in reversed(found):
        merged |= columns
    return Records(merged, len(chains))
