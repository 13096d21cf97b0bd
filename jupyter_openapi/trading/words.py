"""An order in a person's words: what, how much, at what price, for how long."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPES = {
    "LO": "limit",
    "ELO": "enhanced limit",
    "MO": "market",
    "AO": "at auction",
    "ALO": "at-auction limit",
    "ODD": "odd lot",
    "SLO": "special limit",
    "LIT": "limit if touched",
    "MIT": "market if touched",
    "TSLPAMT": "trailing by amount, then limit",
    "TSLPPCT": "trailing by percent, then limit",
}
LASTS = {"Day": "today only", "GTC": "until cancelled"}
HOURS = {
    "RTH_ONLY": "regular hours only",
    "ANY_TIME": "also before and after hours",
    "OVERNIGHT": "overnight session",
    "OPTION_PRE_MARKET": "options before hours",
}
CURRENCIES = {"HK": "HKD", "US": "USD", "SH": "CNY", "SZ": "CNY", "SG": "SGD"}


def currency_of(symbol: str) -> str:
    """Return the currency a symbol trades in, by its market; empty when unknown."""
    return CURRENCIES.get(symbol.rpartition(".")[2].upper(), "")


def amount(value: object) -> Decimal | None:
    """Return a wire value as a decimal; None for the empty text, None and what is no number."""
    try:
        number = Decimal(str(value)) if value not in {None, ""} else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def money(value: Decimal, currency: str = "") -> str:
    """Return ``60,000.00 HKD``; prices keep the digits they have beyond two."""
    places = max(2, -int(value.normalize().as_tuple().exponent))
    return f"{value:,.{min(places, 6)}f} {currency}".strip()


def describe_order(fields: Mapping[str, Any]) -> str:
    """Return ``Buy 100 700.HK, limit (LO) at 600.00 HKD, today only`` from a submit's wire fields."""
    kind = str(fields.get("order_type", ""))
    currency = currency_of(str(fields.get("symbol", "")))
    parts = [
        f"{fields.get('side')} {fields.get('submitted_quantity')} {fields.get('symbol')}",
        f"{TYPES.get(kind, 'order')} ({kind})",
    ]
    if (price := amount(fields.get("submitted_price"))) is not None:
        parts[-1] += f" at {money(price, currency)}"
    parts += _conditions(fields, currency)
    until = str(fields.get("time_in_force", ""))
    parts.append(f"until {fields.get('expire_date')}" if until == "GTD" else LASTS.get(until, until))
    if hours := fields.get("outside_rth"):
        parts.append(HOURS.get(str(hours), str(hours)))
    return ", ".join(filter(None, parts))


def _conditions(fields: Mapping[str, Any], currency: str) -> list[str]:
    parts = []
    if (trigger := amount(fields.get("trigger_price"))) is not None:
        parts.append(f"once the price touches {money(trigger, currency)}")
    if (trail := amount(fields.get("trailing_amount"))) is not None:
        parts.append(f"trailing by {money(trail, currency)}")
    if (percent := amount(fields.get("trailing_percent"))) is not None:
        parts.append(f"trailing by {percent} percent (3 means 3%, not 300%)")
    if (offset := amount(fields.get("limit_offset"))) is not None:
        parts.append(f"limit {money(offset, currency)} from the trigger")
    if (monitor := amount(fields.get("monitor_price"))) is not None:
        parts.append(f"watching from {money(monitor, currency)}")
    return parts


def describe_standing(order: Mapping[str, Any]) -> str:
    """Return an order as it stands: ``Buy 700.HK: total 200, 100 filled, 100 left (NewStatus)``."""
    total, done = (
        amount(order.get("quantity")) or Decimal(0),
        amount(order.get("executed_quantity")) or Decimal(0),
    )
    price = amount(order.get("price"))
    at = f", at {money(price, str(order.get('currency') or ''))}" if price is not None else ""
    return (
        f"{order.get('side')} {order.get('symbol')}: total {plain(total)}, {plain(done)} filled, "
        f"{plain(total - done)} left{at} ({order.get('status')})"
    )


def plain(number: Decimal) -> str:
    """Return a number without trailing zeros or an exponent."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
