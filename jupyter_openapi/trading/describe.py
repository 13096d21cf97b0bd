"""Describe an order for its preview: amount, fees, last price, market hours, the order it changes.

Each fact costs a read; one that can't be read is said so and stops nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from jupyter_openapi.account import Read
from jupyter_openapi.errors import OpenAPIError, RequestRefused, TransportError
from jupyter_openapi.market import fees, sessions
from jupyter_openapi.market.money import amount, money, plain
from jupyter_openapi.market.orders import FINAL
from jupyter_openapi.market.symbols import currency_of, market_of
from jupyter_openapi.messages import _

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
        parts.append(_("once the price touches {trigger}").format(trigger=money(trigger, currency)))
    if (trail := amount(fields.get("trailing_amount"))) is not None:
        parts.append(_("trailing by {trail}").format(trail=money(trail, currency)))
    if (percent := amount(fields.get("trailing_percent"))) is not None:
        parts.append(_("trailing by {percent} percent (3 means 3%, not 300%)").format(percent=percent))
    if (offset := amount(fields.get("limit_offset"))) is not None:
        parts.append(_("limit {offset} from the trigger").format(offset=money(offset, currency)))
    if (monitor := amount(fields.get("monitor_price"))) is not None:
        parts.append(_("watching from {monitor}").format(monitor=money(monitor, currency)))
    return parts


def describe_standing(order: Mapping[str, Any]) -> str:
    """Return an order as it stands, to change or cancel.

    ``Buy 700.HK: total 200, 100 filled, 100 left, filled at 592.00 HKD on average, limit 593.00 HKD (...)``
    """
    total, done = (
        amount(order.get("quantity")) or Decimal(0),
        amount(order.get("executed_quantity")) or Decimal(0),
    )
    currency = str(order.get("currency") or "")
    average, limit = amount(order.get("executed_price")) or None, amount(order.get("price")) or None
    prices = []
    if done and average is not None:
        prices.append(_(", filled at {price} on average").format(price=money(average, currency)))
    if limit is not None:
        prices.append(_(", limit {price}").format(price=money(limit, currency)))
    return _("{side} {symbol}: total {total}, {done} filled, {left} left{prices} ({status})").format(
        side=order.get("side"),
        symbol=order.get("symbol"),
        total=plain(total),
        done=plain(done),
        left=plain(total - done),
        prices="".join(prices),
        status=order.get("status"),
    )


Lines = list[tuple[str, str]]


class LastPrice(NamedTuple):
    """The last price and what to say of it."""

    price: Decimal | None
    said: str


def last_price(read: Read, symbol: str) -> LastPrice:
    """Return the last price of a symbol, with its age."""
    try:
        rows = read("quote", {"symbol": [symbol]})["secu_quote"]
        quote = next((row for row in rows if row.get("symbol") == symbol), None)
    except OpenAPIError as failure:
        return LastPrice(None, _("not available: {failure}").format(failure=failure))
    except (KeyError, TypeError, AttributeError):
        return LastPrice(None, "not available: the reply holds no quotes")
    price = amount(quote.get("last_done")) if quote else None
    if quote is None or not price:
        return LastPrice(None, _("no quote for {symbol}").format(symbol=symbol))
    age = max(0.0, time.time() - float(amount(quote.get("timestamp")) or 0))
    return LastPrice(price, f"{money(price, currency_of(symbol))}, {_ago(age)}")


def _ago(seconds: float) -> str:
    for size, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name} old"
    return f"{seconds:.0f} s old"


def about_price(fields: Mapping[str, Any], last: LastPrice) -> Lines:
    """Return the estimated amount and fees, and the last price beside the limit."""
    limit = amount(fields.get("submitted_price"))
    price, quantity = limit if limit is not None else last.price, amount(fields.get("submitted_quantity"))
    lines = []
    if price is not None and quantity is not None:
        about = "" if limit is not None else "at the last price about "
        total = money(quantity * price, currency_of(str(fields["symbol"])))
        lines.append(("amount", f"{about}{total}; {_fees(fields, quantity, price)}"))
    said = last.said
    if limit is not None and last.price:
        away = (limit - last.price) / last.price * 100
        if away:
            template = (
                _("{price}; your limit is {away:.2f}% above it")
                if away > 0
                else _("{price}; your limit is {away:.2f}% below it")
            )
            said = template.format(price=said, away=abs(away))
    return [*lines, ("last price", said)]


def _fees(fields: Mapping[str, Any], quantity: Decimal, price: Decimal) -> str:
    symbol = str(fields["symbol"])
    try:
        charged = fees.estimate(symbol, str(fields["side"]), quantity, price, datetime.now(UTC).date())
    except (RequestRefused, LookupError):
        return "fees not known for this market"
    return _("fees about {total}").format(total=money(fees.total(charged), currency_of(symbol)))


def about_hours(fields: Mapping[str, Any]) -> Lines:
    """Return when the order would be live, if that is not now."""
    market, now = market_of(str(fields["symbol"])), datetime.now(UTC)
    try:
        starts = sessions.next_accepting(
            market, now, str(fields["order_type"]), str(fields.get("outside_rth") or "") or None
        )
        # Conditional orders are watched in trading hours, whatever the exchange itself accepts.
        starts = starts or (None if sessions.phase(market, now).trading else sessions.next_open(market, now))
    except (RequestRefused, LookupError, ValueError):
        return [("market", _("hours of {market} not known").format(market=market))]
    if starts is None or starts <= now:
        return []
    return [
        ("market", _("closed for this order; live from {starts:%Y-%m-%d %H:%M %Z}").format(starts=starts))
    ]


def available(read: Read, symbol: str) -> Decimal | None:
    """Return how much of a symbol can be sold now: 0 when none is held, None when that can't be read."""
    try:
        rows = read("stock_positions", {"symbol": [symbol]})["list"]
        held = [row for channel in rows for row in channel.get("stock_info") or () if row["symbol"] == symbol]
        return sum((amount(row.get("available_quantity")) or Decimal(0) for row in held), Decimal(0))
    except (OpenAPIError, KeyError, TypeError):
        return None


def lot_size(read: Read, symbol: str) -> int | None:
    """Return the broker's own lot of a symbol, or None when that can't be read."""
    try:
        rows = read("static_info", {"symbol": [symbol]})["secu_static_info"]
        return next((int(row["lot_size"]) for row in rows if row["symbol"] == symbol), None)
    except (OpenAPIError, KeyError, TypeError, ValueError):
        return None


def standing(read: Read, order_id: str) -> tuple[Mapping[str, Any], Lines]:
    """Return the order that a replace or cancel touches, and the line that shows it as it stands.

    Raises
    ------
    RequestRefused
        It is at its end: filled meanwhile, say.
    """
    order = read("order_detail", {"order_id": order_id})
    if not isinstance(order, Mapping) or not order.get("status"):
        raise TransportError(
            _("Nothing was sent: order {order_id} was asked for, and what came is no order.").format(
                order_id=order_id
            )
        )
    if order["status"] in FINAL:
        raise RequestRefused(
            _("Nothing was sent: order {order_id} is at its end, {describe_standing}.").format(
                order_id=order_id, describe_standing=describe_standing(order)
            )
        )
    return order, [("as it stands", describe_standing(order))]


def about_replace(fields: Mapping[str, Any], order: Mapping[str, Any]) -> Lines:
    """Return what a replace changes, old beside new."""
    changes = []
    for name, new in fields.items():
        if name == "order_id":
            continue
        old = order.get(name)
        same = amount(old) == amount(new) if amount(new) is not None else str(old) == str(new)
        changes.append(f"{name} stays {new}" if same else f"{name} {old or 'none'} -> {new}")
    return [("change", ", ".join(changes))]
