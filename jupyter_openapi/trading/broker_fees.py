"""Learn the broker's own fees from past orders: what `charge_detail` states, as a rule that fits them all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from jupyter_openapi.errors import OpenAPIError, RequestRefused
from jupyter_openapi.market.fees import BrokerFees
from jupyter_openapi.market.money import amount, total
from jupyter_openapi.market.symbols import market_of
from jupyter_openapi.market.worth import Instruments, Read
from jupyter_openapi.messages import _, commas

MOST = 12  # orders whose statements are read: each is a call of the 30 per 30 s
CENT = Decimal("0.01")
DIGITS = Decimal("0.0000001")
BROKERS = "BROKER_FEES"


class Charged(NamedTuple):
    """What the broker charged for one order of its own."""

    quantity: Decimal
    consideration: Decimal
    fee: Decimal


def learn(read: Read, instruments: Instruments, market: str | None = None) -> dict[str, BrokerFees]:
    """Return the broker's own fees by market, as the statements of past orders show them.

    Parameters
    ----------
    read
        Reads an operation: today's filled orders, those of 90 days, and then the last ones one by one.
    instruments
        What is known of securities: an option's worth counts its multiplier.
    market
        ``HK`` or ``US``; None for both.

    Raises
    ------
    RequestRefused
        No order states the broker's fees, or those that do fit no simple rule.
    """
    asked = {"status": ["FilledStatus"], **({"market": market} if market else {})}
    rows = [
        row for name in ("today_orders", "history_orders") for row in read(name, asked).get("orders") or ()
    ]
    by_id = {str(row.get("order_id")): row for row in rows if isinstance(row, Mapping)}
    orders = list(by_id.values())[:MOST]
    found: dict[str, list[Charged]] = {}
    for order in orders:
        charged = _charged(read, instruments, order)
        if charged is not None:
            found.setdefault(market_of(str(order.get("symbol"))), []).append(charged)
    if not found:
        raise RequestRefused(
            _("None of the last {count} filled orders states the broker's own fees.").format(
                count=len(orders)
            )
        )
    learnt = {name: rule_of(charges) for name, charges in found.items()}
    lost = [name for name, rule in learnt.items() if rule is None]
    if lost and len(lost) == len(learnt):
        raise RequestRefused(
            _(
                "The broker's fees of past orders in {markets} fit no simple rule: state them yourself."
            ).format(markets=commas(lost))
        )
    return {name: rule for name, rule in learnt.items() if rule is not None}


def _charged(read: Read, instruments: Instruments, order: Mapping[str, Any]) -> Charged | None:
    try:
        detail = read("order_detail", {"order_id": str(order.get("order_id"))})
    except OpenAPIError:
        return None
    quantity, price = amount(detail.get("executed_quantity")), amount(detail.get("executed_price"))
    worth = instruments.one(read, str(order.get("symbol"))).worth(quantity, price)
    items = (detail.get("charge_detail") or {}).get("items") or ()
    stated = [fee for item in items if item.get("code") == BROKERS for fee in item.get("fees") or ()]
    fee = total(amount(row.get("amount")) for row in stated)
    return None if not quantity or worth is None or fee is None else Charged(quantity, worth, fee)


def rule_of(charges: Sequence[Charged]) -> BrokerFees | None:
    """Return the rule that gives every one of these charges to the cent; None where no simple one does."""
    if not charges:
        return None
    for rule in _rules(charges):
        if all(abs(rule.charge(one.quantity, one.consideration) - one.fee) < CENT for one in charges):
            return rule
    return None


def _rules(charges: Sequence[Charged]) -> Iterable[BrokerFees]:
    """Yield what the rule may be: the same for each order, or by the share or the value with a minimum."""
    least = min(one.fee for one in charges)
    yield BrokerFees(per_order=least)
    largest = max(charges, key=lambda one: one.quantity)
    yield BrokerFees(per_share=(largest.fee / largest.quantity).quantize(DIGITS), minimum=least)
    largest = max(charges, key=lambda one: one.consideration)
    if largest.consideration:
        yield BrokerFees(rate=(largest.fee / largest.consideration).quantize(DIGITS), minimum=least)
