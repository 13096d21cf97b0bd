"""Describe an order for its preview: amount, fees, last price, market hours, the order it changes.

Each fact costs a read; one that can't be read is said so and stops nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from jupyter_openapi.errors import OpenAPIError, RequestRefused, TransportError
from jupyter_openapi.market import fees, sessions
from jupyter_openapi.market.fees import BrokerFees
from jupyter_openapi.market.money import amount, minus, money, plain
from jupyter_openapi.market.orders import FINAL, status_meanings
from jupyter_openapi.market.symbols import is_option, market_of, today_in
from jupyter_openapi.market.worth import Instrument, Read, assumed
from jupyter_openapi.messages import N_, _, pgettext

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
LASTS = {"Day": N_("today only"), "GTC": N_("until cancelled")}
HOURS = {
    "RTH_ONLY": N_("regular hours only"),
    "ANY_TIME": N_("also before and after hours"),
    "OVERNIGHT": N_("in the overnight session"),
    "OPTION_PRE_MARKET": N_("also before hours, for options"),
}


def describe_order(fields: Mapping[str, Any], instrument: Instrument | None = None) -> str:
    """Return ``Buy 100 700.HK, limit (LO) at 600.00 HKD, today only`` from a submit's wire fields."""
    kind = str(fields.get("order_type", ""))
    currency = (instrument or assumed(str(fields.get("symbol", "")))).currency
    parts = [
        _("{side} {quantity} {symbol}").format(
            side=_(str(fields.get("side"))),
            quantity=fields.get("submitted_quantity"),
            symbol=fields.get("symbol"),
        ),
        _("{title} ({code})").format(title=pgettext("order type", TYPES.get(kind, "order")), code=kind),
    ]
    if (price := amount(fields.get("submitted_price"))) is not None:
        parts[-1] += _(" at {price}").format(price=money(price, currency))
    parts += _conditions(fields, currency)
    until = str(fields.get("time_in_force", ""))
    parts.append(
        _("until {day}").format(day=fields.get("expire_date"))
        if until == "GTD"
        else _(LASTS.get(until, until))
    )
    if hours := fields.get("outside_rth"):
        parts.append(_(HOURS.get(str(hours), str(hours))))
    parts += _delay(fields) + _attached(fields.get("attached_params"), currency)
    return _(", ").join(filter(None, parts))


def _delay(fields: Mapping[str, Any]) -> list[str]:
    """Say when a delayed order is submitted."""
    at = amount(fields.get("delayed_until"))
    if not at:
        return []
    return [
        _("submitted only at {at:%Y-%m-%d %H:%M:%S} UTC").format(at=datetime.fromtimestamp(float(at), UTC))
    ]


LEGS = (
    ("profit_taker_price", "profit_taker_submit_price", N_("take profit at {price}")),
    ("stop_loss_price", "stop_loss_submit_price", N_("stop loss at {price}")),
)


def _attached(params: object, currency: str) -> list[str]:
    """Say which take-profit and stop-loss orders follow once this one has filled."""
    if not isinstance(params, Mapping) or not params:
        return []
    parts = []
    for name, limit_name, template in LEGS:
        price, limit = amount(params.get(name)), amount(params.get(limit_name))
        if price is None:
            continue
        said = _(template).format(price=money(price, currency))
        parts.append(f"{said} ({_('limit {price}').format(price=money(limit, currency))})" if limit else said)
    until = str(params.get("time_in_force") or "")
    expires = amount(params.get("expire_time"))
    if until == "GTD" and expires:
        parts.append(
            _("these until {at:%Y-%m-%d %H:%M} UTC").format(at=datetime.fromtimestamp(float(expires), UTC))
        )
    elif until:
        parts.append(_("these {until}").format(until=_(LASTS.get(until, until))))
    if hours := params.get("activate_rth"):
        parts.append(_("these {hours}").format(hours=_(HOURS.get(str(hours), str(hours)))))
    if not parts:
        parts = [_("with attached {kind}").format(kind=params.get("attached_order_type") or _("orders"))]
    return [_("once filled: {parts}").format(parts=_("; ").join(parts))]


def _conditions(fields: Mapping[str, Any], currency: str) -> list[str]:
    parts = []
    if (trigger := amount(fields.get("trigger_price"))) is not None:
        parts.append(_("once the price touches {trigger}").format(trigger=money(trigger, currency)))
    parts += _turn(fields, currency)
    if count := fields.get("trigger_count"):
        parts.append(_("touched {count} times within a minute").format(count=count))
    if (offset := amount(fields.get("limit_offset"))) is not None:
        parts.append(
            _("then with a limit {offset} away from that price").format(offset=money(offset, currency))
        )
    if depth := fields.get("limit_depth_level"):
        parts.append(
            _("then with a limit from level {depth} of the {side}").format(
                depth=abs(int(depth)),
                side=pgettext("order book", "asks") if int(depth) > 0 else pgettext("order book", "bids"),
            )
        )
    return parts


def _known(number: Decimal | None) -> str:
    """Return a number, and never 0 for one that is not known."""
    return "?" if number is None else plain(number)


def _turn(fields: Mapping[str, Any], currency: str) -> list[str]:
    """Say from when on a trailing order watches the price, and how far that must turn."""
    distance, percent = amount(fields.get("trailing_amount")), amount(fields.get("trailing_percent"))
    parts = []
    if (monitor := amount(fields.get("monitor_price"))) is not None:
        parts.append(_("watched once the price reaches {monitor}").format(monitor=money(monitor, currency)))
    turns = [f"{plain(percent)}%"] if percent is not None else []
    turns += [money(distance, currency)] if distance is not None else []
    said = (
        _("once the price is {turn} above its lowest")
        if fields.get("side") == "Buy"
        else _("once the price is {turn} below its highest")
    )
    return [*parts, *(said.format(turn=turn) for turn in turns)]


def describe_standing(order: Mapping[str, Any]) -> str:
    """Return an order as it stands, to change or cancel.

    ``Buy 700.HK: total 200, 100 filled, 100 left, filled at 592.00 HKD on average, limit 593.00 HKD (...)``
    """
    total, done = amount(order.get("quantity")), amount(order.get("executed_quantity"))
    currency, status = str(order.get("currency") or ""), str(order.get("status"))
    average, limit = amount(order.get("executed_price")) or None, amount(order.get("price")) or None
    prices = []
    if done and average is not None:
        prices.append(_(", filled at {price} on average").format(price=money(average, currency)))
    if limit is not None:
        prices.append(_(", limit {price}").format(price=money(limit, currency)))
    if trigger := amount(order.get("trigger_price")):
        prices.append(_(", trigger {price}").format(price=money(trigger, currency)))
    if percent := amount(order.get("trailing_percent")):
        prices.append(_(", trailing {turn}").format(turn=f"{plain(percent)}%"))
    elif distance := amount(order.get("trailing_amount")):
        prices.append(_(", trailing {turn}").format(turn=money(distance, currency)))
    return _("{side} {symbol}: total {total}, {done} filled, {left} left{prices} ({status})").format(
        side=_(str(order.get("side"))),
        symbol=order.get("symbol"),
        total=_known(total),
        done=_known(done),
        left=_known(minus(total, done)),
        prices="".join(prices),
        status=_(status_meanings().get(status, status)),
    )


Lines = list[tuple[str, str]]


class LastPrice(NamedTuple):
    """The last price and what to say of it."""

    price: Decimal | None
    said: str


def last_price(read: Read, symbol: str, instrument: Instrument | None = None) -> LastPrice:
    """Return the last price of a symbol, with its age; an option's is in a quote of its own."""
    try:
        rows = read("option_quote" if is_option(symbol) else "quote", {"symbol": [symbol]})["secu_quote"]
        quote = next((row for row in rows if row.get("symbol") == symbol), None)
    except OpenAPIError as failure:
        return LastPrice(None, _("not available: {failure}").format(failure=failure))
    except (KeyError, TypeError, AttributeError):
        return LastPrice(None, _("not available: the reply holds no quotes"))
    price = amount(quote.get("last_done")) if quote else None
    if quote is None or not price:
        return LastPrice(None, _("no quote for {symbol}").format(symbol=symbol))
    at, currency = amount(quote.get("timestamp")), (instrument or assumed(symbol)).currency
    age = _ago(max(0.0, time.time() - float(at))) if at else _("its time is not known")
    return LastPrice(price, _(", ").join((money(price, currency), age)))


def _ago(seconds: float) -> str:
    for size, words in (
        (86400, _("{count:.0f} days old")),
        (3600, _("{count:.0f} hours old")),
        (60, _("{count:.0f} minutes old")),
    ):
        if seconds >= 2 * size:
            return words.format(count=seconds / size)
    return _("{count:.0f} s old").format(count=seconds)


def expected_price(fields: Mapping[str, Any], last: LastPrice) -> tuple[Decimal | None, str]:
    """Return the price an order is reckoned at, and what to say before the amount.

    That is its limit, else the price it is triggered at, else the last price.
    """
    for name, said in (("submitted_price", ""), ("trigger_price", _("at the trigger about "))):
        price = amount(fields.get(name))
        if price is not None:
            return price, said
    return last.price, _("at the last price about ")


def about_price(
    fields: Mapping[str, Any],
    last: LastPrice,
    instrument: Instrument | None = None,
    own: BrokerFees | None = None,
) -> Lines:
    """Return the estimated amount and fees, and the last price beside the limit.

    Parameters
    ----------
    fields
        A submit's, or those of a replace by the same names.
    last
        The last price.
    instrument
        What was read of the security.
    own
        The broker's own fees, where the user stated them.
    """
    instrument = instrument or assumed(str(fields["symbol"]))
    limit = amount(fields.get("submitted_price"))
    price, about = expected_price(fields, last)
    quantity = amount(fields.get("submitted_quantity"))
    lines = []
    worth = instrument.worth(quantity, price)
    if price is not None and quantity is not None:
        if worth is None:
            total = _("not known, for the multiplier of {symbol} is not").format(symbol=instrument.symbol)
        else:
            total = f"{about}{money(worth, instrument.currency)}"
        lines.append(("amount", _("; ").join((total, fees_words(fields, quantity, worth, instrument, own)))))
    said = last.said
    if limit is not None and last.price:
        away = (limit - last.price) / last.price * 100
        if round(away, 2):
            template = (
                _("{price}; your limit is {away:.2f}% above it")
                if away > 0
                else _("{price}; your limit is {away:.2f}% below it")
            )
            said = template.format(price=said, away=abs(away))
    return [*lines, ("last price", said)]


def fees_words(
    fields: Mapping[str, Any],
    quantity: Decimal,
    worth: Decimal | None,
    instrument: Instrument,
    own: BrokerFees | None = None,
) -> str:
    """Say what an order costs: the authorities' fees, and the broker's own where the user stated them."""
    if worth is None:
        return _("fees not known for it")
    try:
        charged = fees.charges(
            instrument.symbol,
            str(fields.get("side")),
            quantity,
            worth,
            today_in(instrument.market),
            instrument,
        )
    except (RequestRefused, LookupError):
        return _("fees not known for it")
    duties = fees.total(fees.regulatory(charged))
    if own is not None:
        mine = own.charge(quantity, worth)
        return _("fees about {total}, {own} of it the broker's own as you stated them").format(
            total=money(duties + mine, instrument.currency), own=money(mine)
        )
    if not duties:
        return _("no duties or levies; the broker's own fees are not known")
    return _("fees about {duties} without the broker's own, which are not known").format(
        duties=money(duties, instrument.currency)
    )


_TRADING = {"HK": frozenset({105}), "US": frozenset({202})}
_CLOSED = {"HK": frozenset({108, 121, 122}), "US": frozenset({204, 205})}
"""The broker's numbers of a market's states: trading; closed, closed for half a day, not opened, halted."""


def reported_open(read: Read, market: str) -> bool | None:
    """Tell whether the broker reports a market as trading or as closed; None where it says neither."""
    try:
        rows = read("market_status", {})["market_time"]
        status = next((row.get("trade_status") for row in rows if row.get("market") == market), None)
    except (OpenAPIError, KeyError, TypeError, AttributeError):
        return None
    if status in _TRADING.get(market, ()):
        return True
    return False if status in _CLOSED.get(market, ()) else None


def about_hours(fields: Mapping[str, Any], read: Read | None = None) -> Lines:
    """Return when the order would be live, if that is not now.

    What the broker reports wins over the table of hours: a typhoon closes Hong Kong on a trading day, and a
    calendar may be out of date.
    """
    market, now = market_of(str(fields["symbol"])), datetime.now(UTC)
    reported = None if read is None else reported_open(read, market)
    try:
        starts = sessions.next_accepting(
            market, now, str(fields["order_type"]), str(fields.get("outside_rth") or "") or None
        )
        # Conditional orders are watched in trading hours, whatever the exchange itself accepts.
        phase = sessions.phase(market, now)
        starts = starts or (None if phase.trading else sessions.next_open(market, now))
    except (RequestRefused, LookupError, ValueError) as unknown:
        said = _("hours of {market} not known: {why}").format(market=market, why=unknown)
        if reported is not None:
            now_words = (
                _("The broker reports it as trading.") if reported else _("The broker reports it as closed.")
            )
            said = f"{said} {now_words}"
        return [("market", said)]
    if starts is not None and starts > now:
        if reported:
            return []
        return [
            ("market", _("closed for this order; live from {starts:%Y-%m-%d %H:%M %Z}").format(starts=starts))
        ]
    if reported is False and phase.regular:
        said = _("the broker reports {market} as closed, although these are its hours (a typhoon, say)")
        return [("market", said.format(market=market))]
    return []


def available(read: Read, symbol: str) -> Decimal | None:
    """Return how much of a symbol can be sold now: 0 when none is held, None when that can't be read."""
    try:
        rows = read("stock_positions", {"symbol": [symbol]})["list"]
        held = [row for channel in rows for row in channel.get("stock_info") or () if row["symbol"] == symbol]
        return sum((amount(row.get("available_quantity")) or Decimal(0) for row in held), Decimal(0))
    except (OpenAPIError, KeyError, TypeError):
        return None


def only_reduces(read: Read, fields: Mapping[str, Any]) -> bool:
    """Tell whether an order only reduces what is held: a sale of it, or a purchase against a short sale."""
    quantity, symbol = amount(fields.get("submitted_quantity")), str(fields.get("symbol"))
    try:
        rows = read("stock_positions", {"symbol": [symbol]})["list"]
        found = [
            row for channel in rows for row in channel.get("stock_info") or () if row["symbol"] == symbol
        ]
        held = sum((amount(row.get("quantity")) or Decimal(0) for row in found), Decimal(0))
    except (OpenAPIError, KeyError, TypeError):
        return False
    if quantity is None:
        return False
    return held >= quantity if fields.get("side") == "Sell" else -held >= quantity


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
            _("Nothing was sent: order {order_id} was asked for, and the reply is not an order.").format(
                order_id=order_id
            )
        )
    if order["status"] in FINAL:
        raise RequestRefused(
            _("Nothing was sent: order {order_id} is finished: {standing}.").format(
                order_id=order_id, standing=describe_standing(order)
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
        changes.append(
            _("{name} stays {new}").format(name=name, new=new)
            if same
            else f"{name} {old or _('none')} -> {new}"
        )
    return [("change", _(", ").join(changes))]
