"""From the form's fields to an offer: checked by the rules of the order types, then previewed by the desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market import orders
from jupyter_openapi.trading.limits import OVERRIDES
from jupyter_openapi.widgets.layout import PRICES, REPLACE_NAMES, STANDING_NAMES
from jupyter_openapi.widgets.reads import Caller
from jupyter_openapi.widgets.slot import Offer
from jupyter_openapi.widgets.words import by_label


class FieldsWrong(RequestRefused):
    """The rules find fault with the fields; `problems` says what, by field."""

    def __init__(self, found: Sequence[orders.Problem]) -> None:
        self.problems = {problem.field: by_label(problem.message) for problem in found}
        said = "; ".join(by_label(problem.message) for problem in found)
        super().__init__(f"{said}. Nothing was sent.")


def submit_offer(client: Caller, fields: Mapping[str, str], override: Sequence[str], version: str) -> Offer:
    """Return the offer of a new order.

    Raises
    ------
    FieldsWrong
        The fields break the rules of the order's type; no call was made.
    RequestRefused
        The desk refused.
    """
    if found := orders.check(fields):
        raise FieldsWrong(found)
    given: dict[str, Any] = dict(fields)
    preview = client.call("submit_order", override=list(override), **given)
    return Offer("submit", "Send order", preview.lines, sender(preview), client, version)


def replace_offer(
    client: Caller,
    order: Mapping[str, Any],
    fields: Mapping[str, str],
    override: Sequence[str],
    version: str,
) -> Offer:
    """Return the offer of a change: the new total, and the prices of the order's type.

    Raises
    ------
    FieldsWrong
        The fields break the rules of the order's type; no call was made.
    RequestRefused
        The desk refused.
    """
    kept = {"submitted_quantity", *PRICES}
    given: dict[str, Any] = {
        REPLACE_NAMES.get(name, name): text for name, text in fields.items() if name in kept
    }
    if found := orders.check_replace(order, given):
        raise FieldsWrong([orders.Problem(STANDING_NAMES.get(p.field, p.field), p.message) for p in found])
    preview = client.call("replace_order", override=list(override), order_id=str(order["order_id"]), **given)
    return Offer("replace", "Send replacement", preview.lines, sender(preview), client, version)


def cancel_offer(client: Caller, order_id: str, version: str = "") -> Offer:
    """Return the offer of a cancellation."""
    preview = client.call("cancel_order", order_id=order_id)
    return Offer("cancel", "Send cancellation", preview.lines, sender(preview), client, version)


def sender(preview: Any) -> Callable[[], Any]:
    """Return what sends a preview. A person's click is no Run All: the cell's earlier orders don't count."""
    return lambda: preview.send(again=True)


def overridable(refused: RequestRefused) -> str:
    """Return the limit that a refusal names as one that may be overridden; empty if it names none."""
    return next((name for name in OVERRIDES if f"--override {name}`" in str(refused)), "")
