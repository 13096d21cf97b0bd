"""The rows of a reply, what tells them apart, and whether the reply was cut."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from jupyter_openapi.frames.infer import find_list

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from jupyter_openapi.spec.model import Operation

USUAL_SIZES = (20, 50)  # the page sizes the broker's documents name as defaults (limits: cashflow, my_topics)


def place_of(operation: Operation, data: Any = None) -> tuple[str, ...]:
    """Return the keys that lead from `data` to its list of rows: ``("orders",)``.

    Taken from the operation's first table; without one, from the shape of `data`.
    """
    if operation.tables:
        # Of list[].stock_info[] the pages hold the outer list.
        way = operation.tables[0].path.split("[]")[0]
        return tuple(way.split(".")) if way else ()
    name = find_list(data)[0]
    return (name,) if name else ()


def rows_of(operation: Operation, data: Any) -> list[Any]:
    """Return the rows of a reply's `data`, as they came; none if the list is absent or null."""
    if operation.tables and not isinstance(data, list):
        node = data
        for word in place_of(operation):
            node = node.get(word) if isinstance(node, dict) else None
        return node if isinstance(node, list) else []
    rows = find_list(data)[1]
    # An object that holds no list is its own only row to a frame; to a pager it is a page without rows.
    return [] if len(rows) == 1 and rows[0] is data else rows


def with_rows(place: tuple[str, ...], rows: list[Any]) -> Any:
    """Return `rows` where the broker puts them: ``{"orders": rows}``."""
    data: Any = rows
    for word in reversed(place):
        data = {word: data}
    return data


def has_more(data: Any) -> bool | None:
    """Return what the reply says of further rows; None if it says nothing."""
    more = data.get("has_more") if isinstance(data, dict) else None
    return more if isinstance(more, bool) else None


def seconds_of(row: Any, name: str | None) -> int | None:
    """Return the Unix seconds in a row's field, or None where there are none."""
    value = row.get(name) if name and isinstance(row, dict) else None
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    try:
        return int(value) or None
    except ValueError:
        return None


def names_of(rows: Iterable[Any], key: str | None, seen: Counter[str] | None = None) -> list[Hashable]:
    """Return what tells each row from the others: its id, or its content and how often that came before.

    Parameters
    ----------
    rows
        Rows of one reading.
    key
        The field that holds the id, if the specification names one.
    seen
        How often each content came earlier in the same reading; brought up to date.
    """
    counts = Counter() if seen is None else seen
    names: list[Hashable] = []
    for row in rows:
        identity = row.get(key) if key and isinstance(row, dict) else None
        if identity is not None and identity != "":
            names.append(str(identity))
            continue
        content = json.dumps(row, sort_keys=True)
        counts[content] += 1
        names.append((content, counts[content]))
    return names


def cut(operation: Operation, data: Any, arguments: Mapping[str, Any] | None = None) -> str | None:
    """Return one line if a single reply does not hold everything, else None.

    Parameters
    ----------
    operation
        What was asked for.
    data
        The reply's `data`.
    arguments
        What it was asked with, by wire name: a page as long as the size asked for may have a next one.
    """
    pages = operation.pages
    count, more = len(rows_of(operation, data)), has_more(data)
    if pages is None:
        return f"{count:,} rows and there are more." if more else None
    advice = "add --all with a start" if pages.window else "add --all"
    if more:
        return f"{count:,} rows and there are more; {advice}."
    if more is False or not count:
        return None
    asked = (arguments or {}).get(pages.size or "", operation.defaults.get(pages.size or ""))
    if pages.size and asked is not None:
        full = count >= int(asked)
    elif pages.size:
        full = count in USUAL_SIZES
    else:
        full = pages.max_rows is not None and count >= pages.max_rows
    return f"{count:,} rows, as many as one reply holds, so there may be more; {advice}." if full else None
