"""The whole state after a push that holds only what changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Row = dict[str, Any]

RESET = {
    "sequence": 0,
    "trade_status": 0,
    "trade_session": 0,
    "current_volume": 0,
    "current_turnover": "",
    "tag": 0,
}
"""Fields of a quote whose zero is a value, although it is not on the wire."""

SIDES = {"depth": ("ask", "bid"), "brokers": ("ask_brokers", "bid_brokers")}
"""The lists by position of a book and of its brokers."""


def whole_quote(before: Mapping[str, Any], values: Row) -> Row:
    """Return a quote's state after a push."""
    return {**before, **{name: value for name, value in values.items() if value or name in RESET}}


def whole_sides(kind: str, before: Mapping[str, Any], values: Row) -> Row:
    """Put the positions that were pushed in the place of the old ones; a whole side replaces all of them."""
    merged = dict(values)
    for side in SIDES[kind]:
        rows = values[side]
        if len(rows) > 1 and [row["position"] for row in rows] == list(range(1, len(rows) + 1)):
            continue
        by_position = {row["position"]: row for row in before[side]}
        by_position.update({row["position"]: row for row in rows})
        merged[side] = [by_position[position] for position in sorted(by_position)]
    return merged
