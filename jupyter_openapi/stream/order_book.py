"""What is known of the account's orders: each one's newest state, which never goes back."""

from __future__ import annotations

import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from jupyter_openapi.market.orders import FINAL
from jupyter_openapi.stream.events import decimal

MOST_ORDERS = 10_000
"""Orders remembered; the oldest that are at their end are forgotten first."""

_RANKS = {
    "NotReported": 0, "ReplacedNotReported": 0, "ProtectedNotReported": 0, "VarietiesNotReported": 0,
    "DelayedNotReported": 0, "WaitToNew": 0, "NewStatus": 1, "PartialFilledStatus": 2, "WaitToReplace": 3,
    "PendingReplaceStatus": 3, "ReplacedStatus": 4, "WaitToCancel": 5, "PendingCancelStatus": 5,
}  # fmt: skip
"""Which of two states of one second, with as much executed, is the later one.

An order is partly filled first by the push that tells of the fill, so any other state with as much executed
came after it. A final state is later than any.
"""

_LONGEST = 20  # digits of a time
_FACTS = (
    "status", "submitted_quantity", "submitted_price", "executed_quantity", "executed_price", "trigger_price",
    "trigger_status", "msg", "remark",
)  # fmt: skip

_RENAMED = {"quantity": "submitted_quantity", "price": "submitted_price"}
_LISTED = {pushed: listed for listed, pushed in _RENAMED.items()}

Row = dict[str, Any]


def as_pushed(row: Mapping[str, Any]) -> Row:
    """Return an order of a list with the names a push has; a push may also come with the list's names."""
    return {_RENAMED.get(name, name): value for name, value in row.items()}


def as_listed(row: Mapping[str, Any]) -> Row:
    """Return a pushed order with the names that a list of orders and `order_detail` have.

    A push says "0" for the price of an order that has none; a list says nothing.
    """
    found = {_LISTED.get(name, name): value for name, value in row.items()}
    return {**found, "price": ""} if decimal(found.get("price")) == 0 else found


class OrderBook:
    """The newest state of each order, by its id, in the order they were first heard of."""

    def __init__(self) -> None:
        self.orders: dict[str, Row] = {}
        self.heard: dict[str, float] = {}  # when each last changed, by this machine's monotonic clock

    def accept(self, row: Row) -> bool:
        """Take a state if it is newer than what is known; return whether it was.

        A final state comes once and nothing comes after it. Before it, what is executed never shrinks, and of
        two states with the same executed quantity the one with the later time is newer, or, within one
        second, the one that comes later in an order's life.
        """
        order_id = str(row.get("order_id") or "")
        if not order_id or not isinstance(row.get("status", ""), str):
            return False
        known = self.orders.get(order_id)
        if known is not None and not newer(row, known):
            return False
        self.orders[order_id] = row if known is None else {**known, **row}
        self.heard[order_id] = time.monotonic()
        if len(self.orders) > MOST_ORDERS:
            self._shrink()
        return True

    def open(self) -> list[str]:
        """Return the ids of the orders that are not at their end."""
        return [order_id for order_id, row in self.orders.items() if row.get("status") not in FINAL]

    def _shrink(self) -> None:
        done = next((key for key, row in self.orders.items() if row.get("status") in FINAL), None)
        gone = done if done is not None else next(iter(self.orders))
        del self.orders[gone], self.heard[gone]


def newer(row: Row, known: Row) -> bool:
    """Tell whether a state of an order is newer than another, by the names of a push."""
    if known.get("status") in FINAL:
        return False
    executed, before = _executed(row), _executed(known)
    if executed != before:
        return executed > before
    if row.get("status") in FINAL:
        return True
    at, was = _seconds(row), _seconds(known)
    if at != was:
        return at > was
    rank, had = _RANKS.get(str(row.get("status")), 4), _RANKS.get(str(known.get("status")), 4)
    if rank != had:
        return rank > had
    return any(row.get(name) != known.get(name) for name in _FACTS if name in row)


def _executed(row: Row) -> Decimal:
    return decimal(row.get("executed_quantity")) or Decimal(0)


def _seconds(row: Row) -> int:
    text = str(row.get("updated_at") or "0")
    return int(text) if text.isdecimal() and len(text) < _LONGEST else 0
