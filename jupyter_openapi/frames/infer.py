"""Rows of a reply's `data` that nothing describes, from its shape alone.

- The one list of objects in `data` is the table. Of several, it is the longest (of equals the first).
- An object that only wraps another is looked into.
- If exactly one field of those objects holds lists of objects in turn, the rows are those, with the other
  fields of their parent before their own, and so on down. A parent with none keeps one row.
- A name that parent and child share is prefixed with the parent's own name: ``groups_name`` beside ``name``.
- Without any list of objects: an object is one row, a list of scalars one column, a scalar one cell.
- An empty list or object, null, and an object that holds one empty list and otherwise only counts and flags,
  are an empty frame.
"""

from __future__ import annotations

import re
from typing import Any

from jupyter_openapi.frames.records import (
    SCALAR,
    Records,
    as_objects,
    columns_of,
    free_name,
    holds_objects,
)

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
