"""What a preview tells besides the request: estimated amount and fees, the last price, the order it touches.

Each fact costs a read; one that can't be had is said so and stops nothing.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import OpenAPIError, RequestRefused
from jupyter_openapi.market import fees
from jupyter_openapi.trading.words import amount, currency_of, describe_order, describe_standing, money

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    Read = Callable[[str, Mapping[str, Any]], Any]
    Lines = list[tuple[str, str]]


def about_submit(read: Read, fields: Mapping[str, Any]) -> Lines:
    """Return the lines of a submit's preview."""
    symbol = str(fields["symbol"])
    currency = currency_of(symbol)
    lines = [("order", describe_order(fields))]
    price, limit = amount(fields.get("submitted_price")), True
    last, said = _last_price(read, symbol, currency)
    if price is None:
        price, limit = last, False
    quantity = amount(fields.get("submitted_quantity"))
    if price is not None and quantity is not None:
        lines.append(("amount", _amount(fields, quantity, price, currency, exact=limit)))
    if limit and last and price is not None:
        away = (price - last) / last * 100
        said += f"; your limit is {abs(away):.2f}% {'above' if away > 0 else 'below'}" if away else ""
    lines.append(("last price", said))
    return lines


def _amount(
    fields: Mapping[str, Any], quantity: Decimal, price: Decimal, currency: str, *, exact: bool
) -> str:
    total = money(quantity * price, currency)
    if not exact:
        total = f"about {total} at the last price"
    try:
        charged = fees.estimate(
            str(fields["symbol"]), str(fields["side"]), quantity, price, datetime.now(UTC).date()
        )
    except (RequestRefused, LookupError):
        return f"{total}; fees not known for this market"
    return f"{total}; fees about {money(sum((fee.amount for fee in charged), quantity * 0), currency)}"


def _last_price(read: Read, symbol: str, currency: str) -> tuple[Decimal | None, str]:
    try:
        rows = read("quote", {"symbol": [symbol]})["secu_quote"]
    except (OpenAPIError, KeyError, TypeError) as failure:
        return None, f"not to be had: {failure}"
    quote = next((row for row in rows if row.get("symbol") == symbol), None)
    last = amount(quote.get("last_done")) if quote else None
    if quote is None or not last:
        return None, f"no quote for {symbol}"
    age = max(0.0, time.time() - float(quote.get("timestamp") or 0))
    return last, f"{money(last, currency)}, {_ago(age)}"


def _ago(seconds: float) -> str:
    for size, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name} old"
    return f"{seconds:.0f} s old"


def about_standing(read: Read, order_id: str) -> tuple[Mapping[str, Any], Lines]:
    """Return the order that a replace or cancel touches, and the line that shows it as it stands."""
    order: Mapping[str, Any] = read("order_detail", {"order_id": order_id})
    return order, [("as it stands", describe_standing(order))]


def about_replace(fields: Mapping[str, Any], order: Mapping[str, Any]) -> Lines:
    """Return what a replace changes, old beside new."""
    changes = []
    for name, new in fields.items():
        if name == "order_id":
            continue
        old = order.get(name)
        changes.append(
            f"{name} {old or 'none'} -> {new}" if str(old) != str(new) else f"{name} {new} (as it is)"
        )
    return [("change", ", ".join(changes))]
