"""Check an order's fields before it is sent or booked, and complete those of a replace.

The desk, the order form and the sandbox ask here. Fields go by their names on the wire, values may be the
wire's text or `Decimal` and `int`; a value of None counts as not given. What a check finds is a list of
problems, each one clause, fit to be joined with semicolons.

Source: the broker's documentation of submit_order, replace_order and the order types
(``data/orders.json``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market import facts, symbols
from jupyter_openapi.market import order_rules as checks
from jupyter_openapi.market.money import amount
from jupyter_openapi.market.order_rules import (
    Problem,
    Problems,
    TypeRules,
    all_rules,
    status_meanings,
    statuses,
    types_of,
)
from jupyter_openapi.market.symbols import market_of, table_of
from jupyter_openapi.market.ticks import band, ladder
from jupyter_openapi.messages import _
from jupyter_openapi.spec.model import Operation

__all__ = [
    "CANCELLABLE",
    "FINAL",
    "OPEN",
    "REPLACEABLE",
    "RULES",
    "Problem",
    "TypeRules",
    "band",
    "check",
    "check_lot",
    "check_replace",
    "check_ticks",
    "complete_replace",
    "completed",
    "refuse_unread",
    "status_meanings",
    "trigger_direction",
    "types_of",
    "with_what_stays",
]

RULES: Mapping[str, TypeRules]
"""The rules of each order type that can be submitted."""
OPEN: frozenset[str]
"""States of an order that may still fill, change or be cancelled."""
FINAL: frozenset[str]
"""States that end an order."""
CANCELLABLE: frozenset[str]
"""States in which an order can be cancelled."""
REPLACEABLE: frozenset[str]
"""States in which an order can be changed, if its type can."""

_ALWAYS = ("symbol", "order_type", "side", "submitted_quantity", "time_in_force")
_SUBMIT_NAMES = {"price": "submitted_price", "quantity": "submitted_quantity"}
_REPLACE_NAMES = {submit: replace for replace, submit in _SUBMIT_NAMES.items()}


def __getattr__(name: str) -> Any:
    """Read the facts behind the constants above when first asked for, not at import."""
    if name == "RULES":
        return all_rules()
    if name in {"OPEN", "FINAL", "CANCELLABLE", "REPLACEABLE"}:
        return statuses(name.lower())
    raise AttributeError(_("module {module!r} has no attribute {name!r}").format(module=__name__, name=name))


def check(fields: Mapping[str, Any], *, on: date | None = None) -> list[Problem]:
    """Return what is wrong with the fields of a new order; an empty list if nothing is.

    Parameters
    ----------
    fields
        submit_order's body. Fields this module knows nothing of are left to others.
    on
        The market's date, to refuse an `expire_date` before it; None to skip that.

    Notes
    -----
    Ticks, lots and price bands need a date, a lot size or a book: see `check_ticks`, `check_lot`, `band`.

    Examples
    --------
    >>> order = {"symbol": "700.HK", "order_type": "MO", "side": "Buy", "submitted_quantity": "100"}
    >>> [str(problem) for problem in check(order)]
    ['time_in_force is missing']
    """
    given = checks.given_fields(fields)
    problems = Problems(
        Problem(name, _("{name} is missing").format(name=name)) for name in _ALWAYS if name not in given
    )
    market = checks.market_of(given, problems)
    rules = checks.type_rules(given, market, problems)
    checks.choice(given, "side", facts("orders")["sides"], problems)
    checks.quantity(given, "submitted_quantity", problems)
    checks.time_in_force(given, rules, market, problems)
    checks.expire_date(given, on, problems)
    checks.outside_rth(given, market, problems)
    if rules:
        checks.own_fields(given, {}, rules, problems)
    checks.values(given, problems)
    checks.remark(given, facts("orders")["limits"]["remark_submit"], problems)
    return problems


def check_replace(order: Mapping[str, Any], fields: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with a change of an open order.

    Parameters
    ----------
    order
        The order as order_detail or today_orders gives it (status, order_type, quantity, executed_quantity,
        and its own prices).
    fields
        replace_order's body. `quantity` is the new total, and must be given; a price that is not given
        stays as it is in `order` (see `complete_replace`).
    """
    status, code = str(order.get("status")), str(order.get("order_type"))
    if status not in statuses("replaceable"):
        words = status_meanings().get(status, status)
        return [
            Problem(
                "status",
                _("an order that is {status} ({words}) can't be changed").format(
                    status=status, words=_(words)
                ),
            )
        ]
    rules = all_rules().get(code)
    if rules is None or not rules.replaceable:
        return [
            Problem(
                "order_type",
                _("{code} orders can't be changed: cancel it and submit a new one").format(code=code),
            )
        ]
    given = checks.given_fields({_SUBMIT_NAMES.get(name, name): value for name, value in fields.items()})
    problems = Problems()
    if "submitted_quantity" not in given:
        problems.missing("submitted_quantity", _(": give the new total"))
    total = checks.quantity(given, "submitted_quantity", problems)
    filled = checks.number(order.get("executed_quantity") or 0) or Decimal(0)
    if total is not None and filled and total <= filled:
        problems.wrong(
            "submitted_quantity",
            total,
            _("must be more than the {filled:f} already filled").format(filled=filled),
        )
    checks.own_fields(given, _standing(order), rules, problems)
    checks.values(given, problems)
    checks.remark(given, facts("orders")["limits"]["remark_replace"], problems)
    return [_by_replace_name(problem) for problem in problems]


def complete_replace(order: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return replace_order's body with what its type needs and `fields` leave out, as it stands in `order`.

    The documentation calls those fields required; so a change of quantity alone keeps the prices.
    """
    body = checks.given_fields(fields)
    rules = all_rules().get(str(order.get("order_type")))
    standing = _standing(order)
    if "limit_depth_level" in body:  # a new way to set the limit replaces the old one
        standing.pop("limit_offset", None)
    elif "limit_offset" in body:
        standing["limit_depth_level"] = 0
    for name in rules.fields if rules else ():
        if name in standing:
            body.setdefault(_REPLACE_NAMES.get(name, name), standing[name])
    return body


def completed(order: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return replace_order's body with what was left out as it stands in `order`, the quantity too.

    The broker requires the quantity; a change of the price alone means the one that the order has.

    Raises
    ------
    RequestRefused
        The quantity is left out, and the order as it was read has none.
    """
    body = complete_replace(order, fields)
    if "quantity" not in body:
        stands = amount(order.get("quantity"))
        if stands is None or stands <= 0:
            raise _not_known()
        body["quantity"] = order["quantity"]
    return body


def with_what_stays(operation: Operation, given: Mapping[str, Any]) -> Operation:
    """Return a change of something else with parameters that may be left out where the order keeps them."""
    names = {operation.short.get(name, name) for name, value in given.items() if value is not None}
    if not operation.keeps or not names - {operation.main}:
        return operation
    parameters = (
        replace(each, required=False) if each.name in operation.keeps else each
        for each in operation.parameters
    )
    return replace(operation, parameters=tuple(parameters))


def refuse_unread(operation: Operation | None, fields: Mapping[str, Any] | None) -> None:
    """Refuse a request that lacks what only a look at the order would tell.

    Raises
    ------
    RequestRefused
        Its quantity is left out.
    """
    if operation is not None and set(operation.keeps) - set(fields or ()):
        raise _not_known()


def _not_known() -> RequestRefused:
    return RequestRefused(
        _("Nothing was sent: the quantity of this order is not known; type quantity=, too.")
    )


def check_lot(symbol: str, order_type: str, quantity: Decimal, lot_size: int) -> list[Problem]:
    """Return what is wrong with a number of shares, given the board lot.

    ODD takes fewer shares than a lot; every other type whole lots, in Hong Kong at most 3,000 of them.
    """
    name, problems = "submitted_quantity", Problems()
    lots, odd = divmod(quantity, lot_size)
    most = facts("securities")["max_order_lots"].get(market_of(symbol))
    if order_type == "ODD":
        if lots:
            problems.wrong(
                name,
                quantity,
                _("must be below {symbol}'s lot of {lot_size} for order_type ODD").format(
                    symbol=symbol, lot_size=lot_size
                ),
            )
    elif odd:
        near = (
            _(" or ").join((f"{lots * lot_size:f}", f"{(lots + 1) * lot_size:f}")) if lots else f"{lot_size}"
        )
        other = "" if lots or not symbol.endswith(".HK") else _(" (ODD takes fewer)")
        problems.wrong(
            name,
            quantity,
            _("must be a multiple of {symbol}'s lot of {lot_size}: {near}{other}").format(
                symbol=symbol, lot_size=lot_size, near=near, other=other
            ),
        )
    elif most is not None and lots > most:
        problems.wrong(
            name,
            quantity,
            _("must be at most {lots} lots of {symbol}: {quantity}").format(
                lots=most, symbol=symbol, quantity=most * lot_size
            ),
        )
    return problems


def check_ticks(
    fields: Mapping[str, Any], on: date, table: str | None = None, board: str = ""
) -> list[Problem]:
    """Return the prices that are not on the spread table in force on `on`, with the nearest that are.

    Looks at `submitted_price` and `trigger_price`; anything that is not a price, or has no table, is left
    to `check`. An option's trigger is a price of its own, too. `board` is the one that `static_info` names.
    """
    symbol = str(fields.get("symbol", ""))
    if market_of(symbol) not in symbols.TRADABLE:
        return []
    table = table or table_of(symbol, board)
    if table is None:
        return []
    rungs = ladder(symbol, on, table)
    problems = Problems()
    for name in ("submitted_price", "trigger_price"):
        price = checks.number(fields.get(name))
        if price is not None and price > 0 and not rungs.allows(price):
            below, over = rungs.price(rungs.below(price)), rungs.price(rungs.above(price))
            near = _(" or ").join(dict.fromkeys((f"{below:f}", f"{over:f}")))
            since = _(" (table of {since})").format(since=rungs.since) if rungs.since else ""
            problems.wrong(
                name,
                price,
                _("is not a price {symbol} trades at: the nearest is {near}{since}").format(
                    symbol=symbol, near=near, since=since
                ),
            )
    return problems


def trigger_direction(trigger_price: Decimal, last: Decimal) -> Literal["rise", "fall"] | None:
    """Return which way the last price must go to trigger LIT and MIT: None if it is there already.

    It is fixed when the order is submitted, and the same for both sides: above the last price the order
    triggers once the price rises to it, below once it falls to it. The broker refuses an equal price.
    """
    if trigger_price == last:
        return None
    return "rise" if trigger_price > last else "fall"


def _standing(order: Mapping[str, Any]) -> dict[str, Any]:
    """Return an order's own fields by submit_order's names, without the empty ones."""
    named = {_SUBMIT_NAMES.get(name, name): value for name, value in order.items()}
    return {
        name: named[name]
        for name in facts("orders")["fields_by_type"]
        if named.get(name) not in {None, ""} and not (name.endswith("price") and named[name] in {"0", 0})
    }


def _by_replace_name(problem: Problem) -> Problem:
    field, message = problem
    for submit, named in _REPLACE_NAMES.items():
        field, message = field.replace(submit, named), message.replace(submit, named)
    return Problem(field, message)
