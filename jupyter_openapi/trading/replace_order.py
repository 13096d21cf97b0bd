"""What a change of an order may leave out: it stays as the order stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market import orders
from jupyter_openapi.market.money import amount
from jupyter_openapi.messages import _
from jupyter_openapi.spec.model import Operation


def with_what_stays(operation: Operation, given: Mapping[str, Any]) -> Operation:
    """Return a replace that changes something else with a quantity that may be left out."""
    names = {operation.short.get(name, name) for name, value in given.items() if value is not None}
    if operation.name != "replace_order" or not names - {"order_id"}:
        return operation
    parameters = (
        replace(each, required=False) if each.name == "quantity" else each for each in operation.parameters
    )
    return replace(operation, parameters=tuple(parameters))


def completed(order: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return replace_order's body with what was left out as it stands in `order`, the quantity too.

    The broker requires the quantity; a change of the price alone means the one that the order has.

    Raises
    ------
    RequestRefused
        The quantity is left out, and the order as it was read has none.
    """
    body = orders.complete_replace(order, fields)
    if "quantity" not in body:
        stands = amount(order.get("quantity"))
        if stands is None or stands <= 0:
            raise RequestRefused(
                _("Nothing was sent: the quantity of this order is not known; type quantity=, too.")
            )
        body["quantity"] = order["quantity"]
    return body
