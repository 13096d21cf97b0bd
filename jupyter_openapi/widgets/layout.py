"""The order form's fields for each order type and market, from the types' rules and the specification.

The page gets them once, so that fields change the moment a type is chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused, did_you_mean, sentence
from jupyter_openapi.market import symbols
from jupyter_openapi.market.orders import RULES, types_of
from jupyter_openapi.spec import catalog
from jupyter_openapi.trading.words import HOURS, LASTS
from jupyter_openapi.widgets.words import LABELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_openapi.market.rules import TypeRules
    from jupyter_openapi.spec.model import Operation

PRICES = ("submitted_price", "trigger_price", "trailing_amount", "trailing_percent", "limit_offset")
"""The fields a type may ask for that the form has."""
REPLACE_NAMES = {"submitted_price": "price", "submitted_quantity": "quantity"}
"""replace_order's names, where they differ from submit_order's."""
STANDING_NAMES = {wire: name for name, wire in REPLACE_NAMES.items()}


def setup() -> dict[str, Any]:
    """Return what the page needs to lay out the form: types by market, fields by type, values by field."""
    return {
        "markets": {market: list(types_of(market)) for market in symbols.TRADABLE},
        "types": {code: _type(rules) for code, rules in RULES.items()},
        "sides": _values("side"),
        "lasts": [[value, LASTS.get(value, "until a date")] for value in _values("time_in_force")],
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
            sentence(f"The order form has no field '{unknown[0]}'.", did_you_mean(unknown[0], known))
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
    raise RequestRefused(f"{LABELS[name]} can't be '{text}': choose {', '.join(_values(name))}.")


def standing_fields(order: Mapping[str, Any]) -> dict[str, str]:
    """Return an open order's fields by the form's names, to start a change from."""
    named = {STANDING_NAMES.get(name, name): value for name, value in order.items()}
    return {
        name: text for name, text in clean(named).items() if not (name in PRICES and text.strip("0.") == "")
    }
