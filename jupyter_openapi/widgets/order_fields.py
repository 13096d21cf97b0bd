"""The order form's fields for each order type and market, from the types' rules and the specification.

The page gets them once, so that fields change the moment a type is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jupyter_openapi.account import ClientLike
from jupyter_openapi.errors import RequestRefused, did_you_mean, sentence
from jupyter_openapi.market import orders, symbols
from jupyter_openapi.market.money import amount
from jupyter_openapi.market.order_rules import TypeRules
from jupyter_openapi.market.orders import RULES, types_of
from jupyter_openapi.messages import N_, _, commas
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.model import Operation
from jupyter_openapi.trading.describe import HOURS, LASTS
from jupyter_openapi.trading.limits import OVERRIDES
from jupyter_openapi.widgets.model import LABELS, PendingChange, by_label

PRICES = ("submitted_price", "trigger_price", "trailing_amount", "trailing_percent", "limit_offset")
"""The fields a type may ask for that the form has."""
REPLACE_NAMES = {"submitted_price": "price", "submitted_quantity": "quantity"}
"""replace_order's names, where they differ from submit_order's."""
BRACKET = {"take_profit": "profit_taker_price", "stop_loss": "stop_loss_price"}
"""The form's own fields for the orders attached to one, and attached_params' names."""
STANDING_NAMES = {wire: name for name, wire in REPLACE_NAMES.items()}


ENDED = (
    ("TSMAMT", N_("Trailing market by amount"), N_("the broker takes none any more")),
    ("TSMPCT", N_("Trailing market by percent"), N_("the broker takes none any more")),
)
"""Order types that a trader may look for and the broker no longer takes: shown, and not to be chosen."""


def setup() -> dict[str, Any]:
    """Return what the page needs to lay out the form: types by market, fields by type, values by field."""
    return {
        "markets": {market: list(types_of(market)) for market in symbols.TRADABLE},
        "types": {code: _type(rules) for code, rules in RULES.items()},
        "ended": [list(row) for row in ENDED],
        "sides": _values("side"),
        "lasts": [[value, LASTS.get(value, N_("until a date"))] for value in _values("time_in_force")],
        "hours": [[value, HOURS.get(value, value)] for value in _values("outside_rth")],
        "remark": _longest("submit_order"),
    }


def _type(rules: TypeRules) -> dict[str, Any]:
    needs = [name for name in PRICES if name in (*rules.needs, *rules.one_of)]
    return {
        "title": rules.title,
        "meaning": rules.meaning,
        "needs": needs,
        "lasts": {market: list(values) for market, values in rules.time_in_force.items()},
    }


def _values(name: str) -> list[str]:
    """Return the wire values of one of submit_order's fields, without their other spellings."""
    parameter = catalog().operations["submit_order"].parameter(name)
    values = parameter.values.values() if parameter else ()
    return [str(value) for value in dict.fromkeys(values)]


def _longest(operation: str) -> int:
    parameter = catalog().operations[operation].parameter("remark")
    return (parameter.max_length if parameter else None) or 64


def clean(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields that hold something, trimmed and else as they were typed."""
    texts = {str(name): str(value).strip() for name, value in fields.items() if value is not None}
    return {name: text for name, text in texts.items() if text and name in LABELS}


def first_fields(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields a form starts with by wire names, from short names (``price``) or wire names.

    Raises
    ------
    RequestRefused
        The form has no such field, or a choice has no such value.
    """
    operation = catalog().operations["submit_order"]
    wire = {operation.short.get(name, name): value for name, value in fields.items()}
    unknown = [name for name in wire if name not in LABELS]
    if unknown:
        known = [*operation.short, *LABELS]
        raise RequestRefused(
            sentence(
                _("The order form has no field '{unknown}'.").format(unknown=unknown[0]),
                did_you_mean(unknown[0], known),
            )
        )
    return {name: _chosen(operation, name, text) for name, text in clean(wire).items()}


def _chosen(operation: Operation, name: str, text: str) -> str:
    """Return the wire value that `text` means where a field is a choice, else `text` itself."""
    parameter = operation.parameter(name)
    if parameter is None or not parameter.values:
        return text
    for spelling, value in parameter.values.items():
        if spelling.lower() == text.lower():
            return str(value)
    raise RequestRefused(
        _("{name} can't be '{text}': choose {values}.").format(
            name=_(LABELS[name]), text=text, values=commas(_values(name))
        )
    )


def standing_fields(order: Mapping[str, Any]) -> dict[str, str]:
    """Return an open order's fields by the form's names, to start a change from."""
    named = {STANDING_NAMES.get(name, name): value for name, value in order.items()}
    return {
        name: text for name, text in clean(named).items() if not (name in PRICES and text.strip("0.") == "")
    }


class FieldsWrong(RequestRefused):
    """The rules find fault with the fields; `problems` says what, by field."""

    def __init__(self, found: Sequence[orders.Problem]) -> None:
        self.problems = {problem.field: by_label(problem.message) for problem in found}
        said = _("; ").join(by_label(problem.message) for problem in found)
        super().__init__(_("{said}. Nothing was sent.").format(said=said))


def wire_fields(fields: Mapping[str, str]) -> dict[str, Any]:
    """Return submit_order's parameters: a take profit and a stop loss become its attached orders."""
    given: dict[str, Any] = {name: text for name, text in fields.items() if name not in BRACKET}
    prices = {wire: fields[name] for name, wire in BRACKET.items() if name in fields}
    if prices:
        kinds = {"profit_taker_price": "PROFIT_TAKER", "stop_loss_price": "STOP_LOSS"}
        kind = "BRACKET" if len(prices) == len(kinds) else kinds[next(iter(prices))]
        given["attached_params"] = {"attached_order_type": kind, **prices}
    return given


def check_bracket(fields: Mapping[str, str]) -> list[orders.Problem]:
    """Return what is wrong with a take profit and a stop loss: they lie on either side of the price."""
    prices = {name: amount(fields[name]) for name in BRACKET if name in fields}
    problems = [
        orders.Problem(name, _("{name} must be a number above 0").format(name=name))
        for name, price in prices.items()
        if price is None or price <= 0
    ]
    price = amount(fields.get("submitted_price"))
    if problems or price is None:
        return problems
    rising = fields.get("side") != "Sell"
    for name, above in (("take_profit", rising), ("stop_loss", not rising)):
        bound = prices.get(name)
        if bound is not None and (bound <= price if above else bound >= price):
            template = (
                _("{name} must be above the price for a {side} order")
                if above
                else _("{name} must be below the price for a {side} order")
            )
            text = template.format(name=name, side=_("Buy") if rising else _("Sell"))
            problems.append(orders.Problem(name, text))
    return problems


def submit_offer(
    client: ClientLike, fields: Mapping[str, str], override: Sequence[str], version: str
) -> PendingChange:
    """Return the offer of a new order.

    Raises
    ------
    FieldsWrong
        The fields break the rules of the order's type; no call was made.
    RequestRefused
        The desk refused.
    """
    if found := [*orders.check(fields), *check_bracket(fields)]:
        raise FieldsWrong(found)
    preview = client.call("submit_order", override=list(override), **wire_fields(fields))
    return PendingChange("submit", N_("Send order"), preview.lines, sender(preview), client, version)


def replace_offer(
    client: ClientLike,
    order: Mapping[str, Any],
    fields: Mapping[str, str],
    override: Sequence[str],
    version: str,
) -> PendingChange:
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
    return PendingChange("replace", N_("Send replacement"), preview.lines, sender(preview), client, version)


def cancel_offer(client: ClientLike, order_id: str, version: str = "") -> PendingChange:
    """Return the offer of a cancellation."""
    preview = client.call("cancel_order", order_id=order_id)
    return PendingChange("cancel", N_("Send cancellation"), preview.lines, sender(preview), client, version)


def sender(preview: Any) -> Callable[[], Any]:
    """Return what sends a preview. A person's click is no Run All: the cell's earlier orders don't count."""
    return lambda: preview.send(again=True)


def overridable(refused: RequestRefused) -> str:
    """Return the limit that a refusal names as one that may be overridden; empty if it names none."""
    return next((name for name in OVERRIDES if f"--override {name}`" in str(refused)), "")
