"""Estimate the duties, levies and fees of an order.

An estimate for previews, and the sandbox's own charges. The broker's real charges are in `order_detail`.

Source: HKEX transaction fees, SEC and FINRA rates, each with its dates (``data/fees.json``); the broker's
own platform fee is unconfirmed and marked so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market import facts, symbols
from jupyter_openapi.market.symbols import SECURITIES
from jupyter_openapi.messages import _

_CENT = Decimal("0.01")
_ROUNDING = {
    "cent": (_CENT, ROUND_HALF_UP),
    "cent_up": (_CENT, ROUND_CEILING),
    "whole_up": (Decimal(1), ROUND_CEILING),
}


@dataclass(frozen=True, slots=True)
class Fee:
    """One charge. `category` is BROKER_FEES or THIRD_FEES; `confirmed` is False if the rate has no source."""

    code: str
    name: str
    amount: Decimal
    currency: str
    category: str = "THIRD_FEES"
    confirmed: bool = True


def estimate(symbol: str, side: str, quantity: Decimal, price: Decimal, on: date) -> list[Fee]:
    """Return the charges of one order of `quantity` shares, all filled at `price`.

    Parameters
    ----------
    symbol
        ``700.HK``; a security the project does not know counts as subject to stamp duty.
    side
        ``Buy`` or ``Sell``.
    quantity, price
        Shares, and money per share in the market's currency.
    on
        The trading date, which picks the rates in force.

    Returns
    -------
    list of Fee
        Amounts in the market's currency, rounded as each charge is; charges of zero are left out.
    """
    return charges(symbol, side, quantity, quantity * price, on)


def charges(symbol: str, side: str, quantity: Decimal, consideration: Decimal, on: date) -> list[Fee]:
    """Return the charges of an order that filled `quantity` shares for `consideration` in all.

    An order that fills in parts is charged as a whole: after each fill, charge this minus what was charged
    before.
    """
    market = symbols.parse(symbol).market
    known = facts("fees").get(market)
    if known is None:
        raise RequestRefused(
            _("No fees are known for {symbol}: only HK and US have them here.").format(symbol=symbol)
        )
    if quantity <= 0:
        return []
    security = SECURITIES.get(symbol)
    fees = []
    for item in known["items"]:
        exempt = item.get("only") == "stamp_duty" and security is not None and not security.stamp_duty
        if exempt or item.get("side", side) != side:
            continue
        amount = _amount(item, quantity, consideration, on)
        if amount:
            sure = not item.get("unconfirmed", False)
            fees.append(Fee(item["code"], item["name"], amount, known["currency"], item["category"], sure))
    return fees


def total(fees: list[Fee]) -> Decimal:
    """Return the sum of the amounts; they share one currency."""
    return sum((fee.amount for fee in fees), Decimal(0))


def _amount(item: dict[str, Any], quantity: Decimal, consideration: Decimal, on: date) -> Decimal:
    version = next((v for v in item["versions"] if _in_force(v, on)), None)
    if version is None:
        return Decimal(0)
    raw = (
        Decimal(version.get("amount", "0"))
        + Decimal(version.get("rate", "0")) * consideration
        + Decimal(version.get("per_share", "0")) * quantity
    )
    unit, rounding = _ROUNDING[item["rounding"]]
    amount = (raw / unit).to_integral_value(rounding) * unit
    amount = max(amount, Decimal(version.get("min", "0")))
    amount = min(amount, Decimal(version.get("max", amount)))
    return amount.quantize(_CENT)


def _in_force(version: dict[str, Any], on: date) -> bool:
    day = on.isoformat()
    return bool(version.get("from", day) <= day <= version.get("to", day))
