"""The account's cash and shares: balances, holdings, what open orders reserve, effects of a fill.

Amounts are exact: a fill takes shares out at cost rounded to a millionth, and the last share takes what is
left, so cash + holdings at cost - realised gains + fees never drifts. Trades settle at once; the sandbox
keeps no settlement dates. Shares are never sold short.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jupyter_openapi.market import fees
from jupyter_openapi.market.symbols import Security, is_option
from jupyter_openapi.sandbox.exchange.model import NEW, ZERO, Flow, Order, Position
from jupyter_openapi.sandbox.exchange.rules import SENT, instrument
from jupyter_openapi.sandbox.simulation.securities import multiplier_of

if TYPE_CHECKING:
    from jupyter_openapi.sandbox.exchange.store import Store

OPENING_CASH = {"HKD": Decimal(1_000_000), "USD": Decimal(100_000)}
OPENING_POSITIONS = {
    "700.HK": (Decimal(500), Decimal("480.60")),
    "9988.HK": (Decimal(1000), Decimal("121.35")),
    "5.HK": (Decimal(2000), Decimal("92.48")),
    "AAPL.US": (Decimal(120), Decimal("228.15")),
    "TSLA.US": (Decimal(50), Decimal("341.70")),
}
"""Symbol to (shares, average cost)."""

_MILLIONTH = Decimal("0.000001")


class Account:
    """The account of the sandbox.

    `cash` and `positions` are the truth; `held_cash` and `held_shares` are what open orders keep back of
    it, so that two orders can't spend the same dollar.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.cash: dict[str, Decimal] = {}
        self.positions: dict[str, Position] = {}
        self.held_cash: dict[str, Decimal] = {}
        self.held_fees: dict[str, Decimal] = {}
        self.held_shares: dict[str, Decimal] = {}
        self._holds: dict[str, tuple[Decimal, Decimal, Decimal]] = {}

    def open(self, at: float) -> None:
        """Put the opening account into an empty database; belongs inside a transaction."""
        for currency, amount in OPENING_CASH.items():
            self._store.save_cash(currency, amount)
            self._store.add_flow(Flow("Deposit", amount, currency, "", "Opening balance", at))
        for symbol, (quantity, cost) in OPENING_POSITIONS.items():
            self._store.save_position(Position(symbol, quantity, quantity * cost, quantity, ""))

    def load(self) -> None:
        """Read everything back from the database; nothing is held yet."""
        self.cash = self._store.cash()
        self.positions = self._store.positions()
        self.held_cash = dict.fromkeys(self.cash, ZERO)
        self.held_fees = dict.fromkeys(self.cash, ZERO)
        self.held_shares = {}
        self._holds = {}

    def buying_power(self, currency: str) -> Decimal:
        """Return the cash no open order holds."""
        return self.cash.get(currency, ZERO) - self.held_cash.get(currency, ZERO)

    def available(self, symbol: str) -> Decimal:
        """Return the shares no open order holds."""
        position = self.positions.get(symbol)
        return (position.quantity if position else ZERO) - self.held_shares.get(symbol, ZERO)

    def hold(self, order: Order, on: date) -> None:
        """Reserve what an open order may still need, or release what a final one reserved.

        A buy holds its remaining value and fees, a sale its remaining shares.
        """
        self.release(order)
        if not order.open:
            return
        if order.buy:
            value, charge = need(order, on)
            hold = (value, charge, ZERO)
        else:
            hold = (ZERO, ZERO, order.left)
        self._holds[order.order_id] = hold
        self._add(order, hold, 1)

    def held_for(self, order_id: str) -> Decimal:
        """Return the cash one order holds back."""
        value, charge, _ = self._holds.get(order_id, (ZERO, ZERO, ZERO))
        return value + charge

    def release(self, order: Order) -> None:
        """Release what an order reserved."""
        hold = self._holds.pop(order.order_id, None)
        if hold:
            self._add(order, hold, -1)

    def fill(self, order: Order, quantity: Decimal, price: Decimal, at: float, on: date) -> None:
        """Book one fill: shares, cash and the fees that grew with it; the order itself counts it first.

        The fees of an order are those of its fills taken together, as on a contract note, so each fill
        adds the difference.
        """
        value = quantity * price * multiplier_of(order.symbol)
        self._move_shares(order, quantity, quantity * price, on)
        kind = "Options" if is_option(order.symbol) else "Stocks"
        name = f"{'Buy' if order.buy else 'Sell'}Contract-{kind}"
        self.pay(Flow(name, -value if order.buy else value, order.currency, order.symbol, order.order_id, at))
        done = order.executed_amount * multiplier_of(order.symbol)
        now = charges(order.symbol, order.side, order.executed_quantity, done, on)
        grown = total(now) - total(json.loads(order.charges))
        order.charges = json.dumps(now)
        if grown:
            self.pay(Flow("TradingFees", -grown, order.currency, order.symbol, order.order_id, at))

    def expire(self, symbol: str, price: Decimal, at: float) -> None:
        """Take an expired option out, and pay what it is worth at its end, a share."""
        position = self.positions.pop(symbol)
        currency = instrument(symbol).currency
        value = position.quantity * price * multiplier_of(symbol)
        position.quantity = position.cost = ZERO
        self._store.save_position(position)
        what = "exercised, settled in cash" if value else "expired worthless"
        self.pay(Flow("OptionExpiry", value, currency, symbol, what, at))

    def split(self, symbol: str, ratio: int) -> None:
        """Make each share of a holding `ratio` shares; what they cost in all stays."""
        position = self.positions.get(symbol)
        if position is not None:
            position.quantity *= ratio
            position.opening *= ratio
            self._store.save_position(position)

    def _move_shares(self, order: Order, quantity: Decimal, value: Decimal, on: date) -> None:
        position = self.positions.setdefault(order.symbol, Position(order.symbol, ZERO, ZERO, ZERO, ""))
        if position.day != on.isoformat():
            position.opening, position.day = position.quantity, on.isoformat()
        if order.buy:
            position.quantity += quantity
            position.cost += value
        else:
            part = position.cost * quantity / position.quantity
            whole = quantity == position.quantity
            position.cost -= position.cost if whole else part.quantize(_MILLIONTH, ROUND_HALF_UP)
            position.quantity -= quantity
        self._store.save_position(position)
        if not position.quantity:
            del self.positions[order.symbol]

    def pay(self, flow: Flow) -> None:
        """Book a movement of cash."""
        self.cash[flow.currency] = self.cash.get(flow.currency, ZERO) + flow.amount
        self._store.save_cash(flow.currency, self.cash[flow.currency])
        self._store.add_flow(flow)

    def _add(self, order: Order, hold: tuple[Decimal, Decimal, Decimal], sign: int) -> None:
        value, charge, shares = hold
        currency, symbol = order.currency, order.symbol
        self.held_cash[currency] = self.held_cash.get(currency, ZERO) + sign * (value + charge)
        self.held_fees[currency] = self.held_fees.get(currency, ZERO) + sign * charge
        held = self.held_shares.get(symbol, ZERO) + sign * shares
        if held:
            self.held_shares[symbol] = held
        else:
            self.held_shares.pop(symbol, None)


def need(order: Order, on: date, price: Decimal | None = None) -> tuple[Decimal, Decimal]:
    """Return the value and the fees of what is left of an order, at `price` if it has none of its own."""
    value = order.left * (order.price or price or order.reference or ZERO) * multiplier_of(order.symbol)
    return value, total(charges(order.symbol, order.side, order.left, value, on))


def charges(
    symbol: str, side: str, quantity: Decimal, value: Decimal, on: date
) -> list[tuple[str, str, str, str, str]]:
    """Return the fees of a trade of that value as (category, code, name, amount, currency), JSON-safe."""
    return list(_charges(symbol, side, quantity, value, on)) if quantity else []


@lru_cache(maxsize=256)  # an order is reckoned when it is looked at, when it is held and when it fills
def _charges(
    symbol: str, side: str, quantity: Decimal, value: Decimal, on: date
) -> tuple[tuple[str, str, str, str, str], ...]:
    return tuple(
        (fee.category, fee.code, fee.name, format(fee.amount, "f"), fee.currency)
        for fee in fees.charges(symbol, side, quantity, value, on)
    )


def total(items: Iterable[Sequence[str]]) -> Decimal:
    """Return the sum of fees laid out by `charges`."""
    return sum((Decimal(item[3]) for item in items), ZERO)


def new_order(fields: Mapping[str, Any], known: Security, order_id: str, priority: int, at: float) -> Order:
    """Return the order that the fields describe, with the status of a working one."""
    prices: dict[str, Any] = {own: fields.get(sent) for own, sent in SENT}
    return Order(
        order_id=order_id,
        symbol=known.symbol,
        side=fields["side"],
        order_type=fields["order_type"],
        time_in_force=fields["time_in_force"],
        quantity=fields["submitted_quantity"],
        price=prices.pop("price"),
        currency=known.currency,
        status=NEW,
        submitted_at=at,
        updated_at=at,
        priority=priority,
        expire_date=fields.get("expire_date", ""),
        delayed_until=float(fields.get("delayed_until") or 0),
        outside_rth=_session(fields, known),
        remark=fields.get("remark", ""),
        limit_depth_level=fields.get("limit_depth_level", 0),
        trigger_count=fields.get("trigger_count", 0),
        **prices,
    )


def _session(fields: Mapping[str, Any], known: Security) -> str:
    """Return an order's session; the broker sets an option's to regular hours, whatever was asked for."""
    usual = "RTH_ONLY" if known.market == "US" else ""
    return usual if is_option(known.symbol) else fields.get("outside_rth") or usual


def shortfall(
    order: Order,
    account: Account,
    on: date,
    fills: Sequence[tuple[Decimal, Decimal]] = (),
    last: Decimal = ZERO,
) -> str:
    """Return why the account can't carry the order, or an empty string.

    Parameters
    ----------
    order
        Not yet holding anything.
    fills
        What an order without a price would find in the book now, to reckon its cost.
    last
        The last price, where the book says nothing.
    """
    if not order.buy:
        available = account.available(order.symbol)
        if order.left > available:
            return f"Insufficient Qty - {available:f}: {order.left:f} to sell, {available:f} available"
        return ""
    price = order.price
    if price is None:
        shares = sum((quantity for _, quantity in fills), ZERO)
        price = sum((p * q for p, q in fills), ZERO) / shares if shares else last
    value, charge = need(order, on, price)
    power = account.buying_power(order.currency)
    if value + charge <= power:
        return ""
    amount = f"{value + charge:.2f} {order.currency}"
    return f"Insufficient buying power: {amount} needed with fees, {power:.2f} available"
