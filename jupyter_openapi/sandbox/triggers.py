"""Conditional orders: when they go off, and as what.

LIT and MIT wait for the last price to rise to, or fall to, their trigger; which way is fixed when they are
submitted. Trailing orders follow the best price since they began (since `monitor_price` was reached, if
given) and go off when the last price comes back by the amount or the percent; they then become limit orders
`limit_offset` behind the trigger, or at a level of the book. A `trigger_count` of 2 or 3 asks for that many
prices at or beyond the trigger within a minute.

Source: the broker's documentation of the order types; the formula of the trailing limit is inferred from it.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

from jupyter_openapi.market.orders import trigger_direction
from jupyter_openapi.sandbox.model import TRAILING
from jupyter_openapi.sandbox.refusal import bad

if TYPE_CHECKING:
    from jupyter_openapi.sandbox.model import Order

MINUTE = 60.0


def begin(order: Order, last: Decimal) -> None:
    """Fix which way the trigger lies, and where trailing starts."""
    if order.order_type in TRAILING:
        if order.monitor_price is None:
            order.reference = last
        else:
            order.rising = order.monitor_price > last
            order.reference = last if order.monitor_price == last else None
    elif order.trigger_price is not None:
        order.rising = order.trigger_price > last


def check(order: Order, last: Decimal) -> None:
    """Refuse a trigger price that is the last price already, as the broker does."""
    trigger = order.trigger_price
    if order.order_type not in TRAILING and trigger is not None and trigger_direction(trigger, last) is None:
        raise bad("trigger_price", f"{trigger:f} is the last price already")


def observe(order: Order, price: Decimal, at: float) -> bool:
    """Show a waiting order one last price; return whether it goes off."""
    trigger = _trailing(order, price) if order.order_type in TRAILING else order.trigger_price
    if trigger is None:
        return False
    beyond = price >= trigger if _upwards(order) else price <= trigger
    return beyond and _counted(order, at)


def trigger_of(order: Order) -> Decimal | None:
    """Return the price at which a waiting order would go off now; None while it doesn't watch yet."""
    if order.order_type not in TRAILING:
        return order.trigger_price
    if order.reference is None:
        return None
    if order.trailing_percent is not None:
        distance = order.reference * order.trailing_percent / 100
    else:
        distance = order.trailing_amount or Decimal(0)
    return order.reference + distance if order.buy else order.reference - distance


def _upwards(order: Order) -> bool:
    return order.buy if order.order_type in TRAILING else order.rising


def _trailing(order: Order, price: Decimal) -> Decimal | None:
    if order.reference is None:
        if order.monitor_price is None:
            return None
        reached = price >= order.monitor_price if order.rising else price <= order.monitor_price
        if not reached:
            return None
        order.reference = price
    order.reference = min(order.reference, price) if order.buy else max(order.reference, price)
    return trigger_of(order)


def _counted(order: Order, at: float) -> bool:
    if order.trigger_count < 2:
        return True
    touches = [time for time in json.loads(order.touches or "[]") if time > at - MINUTE]
    touches.append(at)
    order.touches = json.dumps(touches)
    return len(touches) >= order.trigger_count
