"""The broker's checks of an order before it is booked.

A wrong field is refused at once (HTTP 400, 602001); what only the account or the exchange can know (money,
shares, price bands) makes a rejected order instead, see `exchange`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market import orders, symbols
from jupyter_openapi.market.orders import Problem
from jupyter_openapi.market.symbols import Security, is_option
from jupyter_openapi.sandbox.errors import NOT_REPLACEABLE, SHORT_SALE, Refused, bad
from jupyter_openapi.sandbox.exchange.model import Order
from jupyter_openapi.sandbox.simulation.derivatives import find_option, has_ended
from jupyter_openapi.sandbox.simulation.securities import LISTED, listed

SENT = (
    ("price", "submitted_price"),
    ("trigger_price", "trigger_price"),
    ("trailing_amount", "trailing_amount"),
    ("trailing_percent", "trailing_percent"),
    ("limit_offset", "limit_offset"),
    ("monitor_price", "monitor_price"),
)
"""An order's price fields and their names in submit_order; replace_order calls the first `price`."""

LONGEST_DELAY = 90 * 86400


def instrument(symbol: str) -> Security:
    """Return what an order or a position may be for: a share, a fund, or an option of any date.

    Raises
    ------
    Refused
        As `security`.
    """
    return listed(symbol) or security(symbol)


def security(symbol: str, field: str = "symbol") -> Security:
    """Return a share or fund the sandbox lists, or refuse the symbol.

    Raises
    ------
    Refused
        With the spelling to type, or that the sandbox doesn't carry it.
    """
    found = LISTED.get(symbol)
    if found is not None:
        return found
    try:
        symbols.parse(symbol)
    except RequestRefused as refused:
        raise bad(field, str(refused)) from None
    raise bad(field, f"{symbol:.40} isn't among the {len(LISTED)} securities of the sandbox")


def check_new(fields: Mapping[str, Any], known: Security, on: date, now: float) -> None:
    """Check a new order's fields, lot and ticks.

    Parameters
    ----------
    fields
        submit_order's parameters as read.
    known
        The security of its symbol.
    on
        The market's date, for the ticks in force.
    now
        The market's time, for `delayed_until`.
    """
    if fields.get("attached_params"):
        raise bad("attached_params", "a paper account takes no attached orders")
    refuse(orders.check(fields, on=on))
    if is_option(known.symbol) and (find_option(known.symbol, on) is None or has_ended(known.symbol, now)):
        raise bad("symbol", f"{known.symbol} is no option that trades now; see option_chain_info_by_date")
    refuse(orders.check_lot(known.symbol, fields["order_type"], fields["submitted_quantity"], known.lot_size))
    refuse(orders.check_ticks(fields, on))
    until = fields.get("delayed_until")
    if until is not None and not now < until <= now + LONGEST_DELAY:
        raise bad("delayed_until", "must be in the future, at most 90 days")


def check_change(order: Order, fields: Mapping[str, Any], on: date) -> dict[str, Any]:
    """Check a change of an order; return it with what it leaves out, as the order stands.

    Raises
    ------
    Refused
        602012 for a type that can't be changed, 602001 for anything else.
    """
    rules = orders.RULES.get(order.order_type)
    if order.open and (rules is None or not rules.replaceable):
        raise Refused("Order amendment is not supported for this order type", code=NOT_REPLACEABLE)
    standing = standing_fields(order)
    refuse(orders.check_replace(standing, fields))
    complete = orders.complete_replace(standing, fields)
    known = instrument(order.symbol)
    quantity = Decimal(complete["quantity"])
    refuse(orders.check_lot(order.symbol, order.order_type, quantity, known.lot_size), on_replace=True)
    priced = {"symbol": order.symbol, "submitted_price": fields.get("price")}
    refuse(orders.check_ticks(priced | {"trigger_price": fields.get("trigger_price")}, on), on_replace=True)
    return complete


def standing_fields(order: Order) -> dict[str, Any]:
    """Return an order's fields by the names order_detail gives them, without those it doesn't have."""
    fields: dict[str, Any] = {
        "status": order.status,
        "order_type": order.order_type,
        "quantity": order.quantity,
        "executed_quantity": order.executed_quantity,
    }
    for name, _ in SENT:
        value = getattr(order, name)
        if value is not None:
            fields[name] = value
    if order.conditional:
        fields["trigger_count"] = order.trigger_count
    if order.limit_depth_level:
        fields["limit_depth_level"] = order.limit_depth_level
    return fields


def refuse(problems: Sequence[Problem], *, on_replace: bool = False) -> None:
    """Refuse if there are problems, all in one message that starts with the first one's field."""
    if problems:
        text = "; ".join(str(problem) for problem in problems)
        field = problems[0].field
        if on_replace:
            field = {"submitted_price": "price", "submitted_quantity": "quantity"}.get(field, field)
            text = text.replace("submitted_price", "price").replace("submitted_quantity", "quantity")
        raise bad(field, text)


def short_sale(symbol: str) -> Refused:
    """Return the refusal of a sale of shares the account doesn't hold at all."""
    if symbol.endswith(".HK"):
        message = f"symbol: {symbol} isn't held, and short sales aren't taken without a lending agreement"
        return Refused(message, code=SHORT_SALE)
    return bad("symbol", f"{symbol} isn't held, and the sandbox takes no short sales")
