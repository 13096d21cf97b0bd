"""From submit_order's fields to an order, and whether the account can afford it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.sandbox.account import need
from jupyter_openapi.sandbox.model import NEW, ZERO, Order
from jupyter_openapi.sandbox.rules import SENT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from jupyter_openapi.market.securities import Security
    from jupyter_openapi.sandbox.account import Account


def new_order(fields: Mapping[str, Any], known: Security, order_id: str, priority: int, at: float) -> Order:
    """Return the order that the fields describe, with the status of a working one."""
    prices: dict[str, Any] = {own: fields.get(sent) for own, sent in SENT}
    return Order(
        order_id=order_id,
        symbol=known.symbol,
        side=fields["side"],
        order_type=fields["order_type"],
        time_in_force=fields["time_in_force"],
        quantity=fields["submitted_quantity"],
        price=prices.pop("price"),
        currency=known.currency,
        status=NEW,
        submitted_at=at,
        updated_at=at,
        priority=priority,
        expire_date=fields.get("expire_date", ""),
        delayed_until=float(fields.get("delayed_until") or 0),
        outside_rth=fields.get("outside_rth") or ("RTH_ONLY" if known.market == "US" else ""),
        remark=fields.get("remark", ""),
        limit_depth_level=fields.get("limit_depth_level", 0),
        trigger_count=fields.get("trigger_count", 0),
        **prices,
    )


def shortfall(
    order: Order,
    account: Account,
    on: date,
    fills: Sequence[tuple[Decimal, Decimal]] = (),
    last: Decimal = ZERO,
) -> str:
    """Return why the account can't carry the order, or an empty string.

    Parameters
    ----------
    order
        Not yet holding anything.
    fills
        What an order without a price would find in the book now, to reckon its cost.
    last
        The last price, where the book says nothing.
    """
    if not order.buy:
        available = account.available(order.symbol)
        if order.left > available:
            return f"Insufficient Qty - {available:f}: {order.left:f} to sell, {available:f} available"
        return ""
    price = order.price
    if price is None:
        shares = sum((quantity for _, quantity in fills), ZERO)
        price = sum((p * q for p, q in fills), ZERO) / shares if shares else last
    value, charge = need(order, on, price)
    power = account.buying_power(order.currency)
    if value + charge <= power:
        return ""
    amount = f"{value + charge:.2f} {order.currency}"
    return f"Insufficient buying power: {amount} needed with fees, {power:.2f} available"
