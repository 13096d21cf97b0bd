"""Parts of a broker's reply as they should be; what is something else is as good as not there."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from jupyter_openapi.market.money import ZERO, amount

MOST = Decimal(10) ** 24
"""No price, quantity or sum of money is as large."""
LEAST = 1 / MOST
"""What is smaller is nothing."""
LAST = 9_223_372_036
"""Unix seconds of the year 2262, the last that frames' times reach; milliseconds are above it."""


def figure(value: object) -> Decimal | None:
    """Return a number; None for what is none, or too large to be of money or shares."""
    found = None if isinstance(value, bool) else amount(value)
    if found is None or abs(found) >= MOST:
        return None
    return found if abs(found) > LEAST else ZERO


def seconds(value: object) -> Decimal | None:
    """Return a time in Unix seconds; None for 0, and for what can't be one."""
    found = figure(value)
    return found if found is not None and 0 < found <= LAST else None


def objects(value: object) -> list[Mapping[str, Any]]:
    """Return the objects of a list, without what is none; nothing where it is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
