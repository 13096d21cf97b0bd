"""Handlers of orders: submit, replace, cancel, lists and details."""

from __future__ import annotations

import json
from decimal import ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import Any

from jupyter_openapi.sandbox.dispatch import World, carries
from jupyter_openapi.sandbox.errors import bad
from jupyter_openapi.sandbox.exchange import rules
from jupyter_openapi.sandbox.exchange.account import charges
from jupyter_openapi.sandbox.exchange.hours import today
from jupyter_openapi.sandbox.exchange.model import ZERO, Order
from jupyter_openapi.sandbox.exchange.store import Row, order_of
from jupyter_openapi.sandbox.responses import CENT, number, offset_of, rounded, seconds
from jupyter_openapi.sandbox.simulation import derivatives as options_chain
from jupyter_openapi.sandbox.simulation.derivatives import Option
from jupyter_openapi.sandbox.simulation.securities import SPOKEN, display_name, listed, multiplier_of
from jupyter_openapi.sandbox.simulation.trading_days import midnight

MOST = 1000
WINDOW = 90 * 86400

Fields = dict[str, Any]


@carries("submit_order")
def submit_order(world: World, fields: Fields) -> Fields:
    """Take an order."""
    return {"order_id": world.exchange.submit(fields, world.now())}


@carries("replace_order")
def replace_order(world: World, fields: Fields) -> Fields:
    """Change an open order."""
    changes = {name: value for name, value in fields.items() if name != "order_id"}
    for name in ("attached_params", "delayed_until"):
        if changes.pop(name, None):
            raise bad(name, "can't be changed in the sandbox")
    world.exchange.replace(fields["order_id"], changes, world.now())
    return {}


@carries("cancel_order")
def cancel_order(world: World, fields: Fields) -> Fields:
    """Cancel an open order."""
    _no_attached(fields)
    world.exchange.cancel(fields["order_id"], world.now())
    return {}


@carries("order_detail")
def order_detail(world: World, fields: Fields) -> Fields:
    """Return one order with its history and charges."""
    _no_attached(fields)
    order = world.exchange.find(fields["order_id"])
    history = [
        {
            "price": number(event.price, "0"),
            "quantity": number(event.quantity),
            "status": event.status,
            "msg": event.msg,
            "time": seconds(event.at),
        }
        for event in world.store.events(order.order_id)
    ]
    nothing = {
        f"{name}_{field}": value
        for name, status in (("free", "None"), ("deductions", "NONE"), ("platform_deducted", "NONE"))
        for field, value in (("status", status), ("amount", ""), ("currency", ""))
    }
    return wire_order(order) | nothing | {"history": history, "charge_detail": _charge_detail(order)}


@carries("today_orders")
def today_orders(world: World, fields: Fields) -> Fields:
    """Return the orders submitted since midnight in their market."""
    _no_attached(fields)
    where, values = _conditions(fields)
    days, since = _since_midnight(world, "submitted_at", ">=")
    return _page(world, [*where, days], [*values, *since], fields)


def _since_midnight(world: World, column: str, comparison: str) -> tuple[str, list[Any]]:
    """Return the condition that a time was before (<) or since (>=) midnight, each market's own."""
    # With the pattern as a parameter SQLite would compile the query anew each time.
    parts = [f"(symbol like '%.{market}' and {column} {comparison} ?)" for market in ("HK", "US")]
    now = world.now()
    return f"({' or '.join(parts)})", [midnight(market, today(market, now)) for market in ("HK", "US")]


@carries("history_orders")
def history_orders(world: World, fields: Fields) -> Fields:
    """Return the orders submitted in a window of time, the last 90 days unless given; none of today's."""
    start, end = window(fields, world.now())
    where, values = _conditions(fields)
    where.append("submitted_at >= ? and submitted_at < ?")
    days, since = _since_midnight(world, "submitted_at", "<")
    return _page(world, [*where, days], [*values, start, end + 1, *since], fields)


@carries("estimate_max_purchase_quantity")
def estimate(world: World, fields: Fields) -> Fields:
    """Return how many shares the buying power affords, in whole lots; the sandbox lends nothing."""
    known = rules.instrument(fields["symbol"])
    if fields["side"] == "Sell":
        return {"cash_max_qty": "0", "margin_max_qty": "0"}
    now = world.now()
    price = fields.get("price") or world.exchange.market.last(known.symbol, now)
    if price <= 0:
        raise bad("price", "must be above 0")
    power = world.exchange.blotter.account.buying_power(known.currency)
    if fields.get("order_id"):
        order = world.exchange.find(fields["order_id"])
        if order.open and order.buy and order.currency == known.currency:
            power += world.exchange.blotter.account.held_for(order.order_id)
    lots = max(ZERO, power / (price * multiplier_of(known.symbol)) // known.lot_size)
    on = today(known.market, now)
    while lots and _cost(known.symbol, lots * known.lot_size, price, on) > power:
        lots -= max(Decimal(1), (lots / 1000).to_integral_value(ROUND_FLOOR))
    quantity = number(lots * known.lot_size)
    return {"cash_max_qty": quantity, "margin_max_qty": quantity}


def wire_order(order: Order) -> Fields:
    """Return an order as the broker's lists show it."""
    security = listed(order.symbol)
    return {
        "order_id": order.order_id,
        "status": order.status,
        "stock_name": display_name(security) if security else order.symbol,
        "quantity": number(order.quantity),
        "executed_quantity": number(order.executed_quantity),
        "price": number(order.price),
        "executed_price": rounded(order.executed_price, none="0"),
        "submitted_at": seconds(order.submitted_at),
        "side": order.side,
        "symbol": order.symbol,
        "order_type": order.order_type,
        "last_done": number(order.last_done),
        "trigger_price": number(order.trigger_price),
        "msg": order.msg,
        "tag": "Normal" if order.time_in_force == "Day" else "Gtc",
        "time_in_force": order.time_in_force,
        "expire_date": order.expire_date,
        "updated_at": seconds(order.updated_at),
        "trigger_at": seconds(order.trigger_at),
        "trailing_amount": number(order.trailing_amount),
        "trailing_percent": number(order.trailing_percent),
        "limit_offset": number(order.limit_offset),
        "trigger_status": order.trigger_status,
        "currency": order.currency,
        "outside_rth": order.outside_rth or "UnknownOutsideRth",
        "limit_depth_level": order.limit_depth_level,
        "trigger_count": order.trigger_count,
        "monitor_price": number(order.monitor_price),
        "remark": order.remark,
        "delayed_until": seconds(order.delayed_until, ""),
        "attached_orders": [],  # a paper account has none
        **({"multi_leg": json.loads(order.multi_leg)} if order.multi_leg else {}),
    }


def window(fields: Fields, now: float) -> tuple[float, float]:
    """Return the window of time that `start_at` and `end_at` mean: one alone spans 90 days."""
    start, end = fields.get("start_at"), fields.get("end_at")
    if end is None:
        end = now if start is None else start + WINDOW
    if start is None:
        start = end - WINDOW
    if start > end:
        raise bad("start_at", "is after end_at")
    return start, end


def _conditions(fields: Fields) -> tuple[list[str], list[Any]]:
    where, values = ["1"], []
    for name in ("symbol", "side", "order_id"):
        if fields.get(name):
            where.append(f"{name} = ?")
            values.append(fields[name])
    if fields.get("market"):
        where.append("symbol like ?")
        values.append(f"%.{fields['market']}")
    if fields.get("status"):
        where.append(f"status in ({', '.join('?' * len(fields['status']))})")
        values += fields["status"]
    return where, values


def _page(world: World, where: list[str], values: list[Any], fields: Fields) -> Fields:
    size = min(fields.get("size") or MOST, MOST)
    offset = offset_of(fields.get("page"), size)
    condition = f"{' and '.join(where)} order by order_id desc limit ? offset ?"
    rows = world.store.rows(condition, [*values, size + 1, offset])
    spoken = SPOKEN.get()
    return {"has_more": len(rows) > size, "orders": [_wire_row(row, spoken) for row in rows[:size]]}


@lru_cache(maxsize=512)  # the newest page is asked for again and again, and little of it changes
def _wire_row(row: Row, spoken: str) -> Fields:
    del spoken  # names are in this language
    return wire_order(order_of(row))


def _charge_detail(order: Order) -> Fields:
    rows = json.loads(order.charges)
    items = [
        {
            "code": code,
            "name": name,
            "fees": [
                {"code": fee, "name": title, "amount": amount, "currency": currency}
                for category, fee, title, amount, currency in rows
                if category == code
            ],
        }
        for code, name in (("BROKER_FEES", "Broker Fees"), ("THIRD_FEES", "Third-party Fees"))
    ]
    total = sum((Decimal(row[3]) for row in rows), ZERO)
    return {"items": items, "total_amount": rounded(total, CENT), "currency": order.currency}


def _cost(symbol: str, quantity: Decimal, price: Decimal, on: Any) -> Decimal:
    value = quantity * price * multiplier_of(symbol)
    return value + sum((Decimal(row[3]) for row in charges(symbol, "Buy", quantity, value, on)), ZERO)


def _no_attached(fields: Fields) -> None:
    if fields.get("is_attached"):
        raise bad("is_attached", "the sandbox has no attached orders")


REASON = "User authentication failed: a paper account has no options"


@carries("submit_multileg")
def submit_multileg(world: World, fields: Fields) -> Fields:
    """Take an order of several legs; it is rejected at once, as an account without option rights sees it."""
    day = today("US", world.now())
    legs = fields["legs"]
    if not 1 <= len(legs) <= 4:
        raise bad("legs", "between 1 and 4 are needed")
    options = [options_chain.find_option(leg["symbol"], day) for leg in legs]
    for leg, option in zip(legs, options, strict=True):
        if option is None and leg["symbol"] not in world.market.securities:
            raise bad("legs", f"{leg['symbol']:.40} is neither a share nor an option of the sandbox")
    if fields["order_type"] == "LO" and "submitted_price" not in fields:
        raise bad("submitted_price", "required for LO")
    strategy = fields["strategy"]
    info = {
        "strategy": strategy,
        "strategy_name": strategy,
        "multileg_id": "",
        "code": strategy,
        "legs": [_leg(leg, option) for leg, option in zip(legs, options, strict=True)],
    }
    order_id = world.exchange.submit_rejected(fields, legs[0]["symbol"], info, REASON, world.now())
    return {"order_id": order_id}


def _leg(leg: Fields, option: Option | None) -> Fields:
    return {
        "symbol": leg["symbol"],
        "side": leg.get("side") or "Buy",
        "position": leg.get("position") or "LONG",
        "ratio_quantity": number(leg["ratio_quantity"]),
        "strike_price": number(option.strike, "0") if option else "0",
        "expire_date": f"{option.expiry:%Y%m%d}" if option else "",
        "contract_direction": ("C" if option.call else "P") if option else "",
    }


@carries("today_executions")
def today_executions(world: World, fields: Fields) -> Fields:
    """Return the fills since midnight in their market."""
    where, values = _fill_conditions(fields)
    sides, dates = _since_midnight(world, "at", ">=")
    return _rows(world, [*where, sides], [*values, *dates], None)


@carries("history_executions")
def history_executions(world: World, fields: Fields) -> Fields:
    """Return the fills in a window of time; today's are not among them."""
    start, end = window(fields, world.now())
    where, values = _fill_conditions(fields)
    sides, dates = _since_midnight(world, "at", "<")
    where += ["at >= ? and at < ?", sides]
    return _rows(world, where, [*values, start, end + 1, *dates], fields.get("page") or 1)


@carries("all_executions")
def all_executions(world: World, fields: Fields) -> Fields:
    """Return the fills in a window of time, today's included."""
    where, values = _fill_conditions(fields)
    if fields.get("start_at") or fields.get("end_at"):
        start, end = window(fields, world.now())
        where.append("at >= ? and at < ?")
        values += [start, end + 1]
    return _rows(world, where, values, fields.get("page") or 1)


def _fill_conditions(fields: Fields) -> tuple[list[str], list[Any]]:
    given = [(name, fields[name]) for name in ("symbol", "order_id") if fields.get(name)]
    return ["1", *(f"{name} = ?" for name, _ in given)], [value for _, value in given]


def _rows(world: World, where: list[str], values: list[Any], page: int | None) -> Fields:
    limit = -1 if page is None else MOST + 1
    offset = offset_of(page, MOST)
    condition = f"{' and '.join(where)} order by seq desc limit ? offset ?"
    fills = world.store.executions(condition, [*values, limit, offset])
    shown = fills if page is None else fills[:MOST]
    trades = [
        {
            "order_id": fill.order_id,
            "trade_id": fill.trade_id,
            "symbol": fill.symbol,
            "trade_done_at": seconds(fill.at),
            "quantity": number(fill.quantity),
            "price": number(fill.price),
            "side": fill.side,
        }
        for fill in shown
    ]
    return {"trades": trades} if page is None else {"has_more": len(fills) > MOST, "trades": trades}
