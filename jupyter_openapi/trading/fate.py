"""What became of an order, read from the order itself.

After a replace or cancel that got no answer the order is read before anything is sent again.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from jupyter_openapi.market.orders import FINAL
from jupyter_openapi.trading.words import amount

if TYPE_CHECKING:
    from collections.abc import Mapping

ENDED_BY_CANCEL = frozenset({"CanceledStatus", "PartialWithdrawal"})
CANCELLING = frozenset({"WaitToCancel", "PendingCancelStatus"})
REPLACING = frozenset({"WaitToReplace", "PendingReplaceStatus"})


class Fate(Enum):
    """Whether a change took effect."""

    DONE = "done"
    NOT_YET = "not yet"  # the order is as it was
    MOVING = "moving"  # the broker is at it
    TOO_LATE = "too late"  # the order ended in another way


def of_cancel(order: Mapping[str, Any]) -> Fate:
    """Tell what became of a cancel, from the order as it stands."""
    status = str(order.get("status"))
    if status in ENDED_BY_CANCEL:
        return Fate.DONE
    if status in CANCELLING:
        return Fate.MOVING
    return Fate.TOO_LATE if status in FINAL else Fate.NOT_YET


def of_replace(order: Mapping[str, Any], wanted: Mapping[str, Any]) -> Fate:
    """Tell what became of a replace, from the order as it stands and the body that was sent."""
    status = str(order.get("status"))
    if status in REPLACING:
        return Fate.MOVING
    compared = [name for name in wanted if name in order and name not in {"order_id", "remark"}]
    if compared and all(_same(order[name], wanted[name]) for name in compared):
        return Fate.DONE
    return Fate.TOO_LATE if status in FINAL else Fate.NOT_YET


def _same(stands: object, wanted: object) -> bool:
    have, want = amount(stands), amount(wanted)
    return have == want if want is not None else str(stands) == str(wanted)
