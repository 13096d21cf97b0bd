"""Match orders with the market: on arrival, and resting ones as prices change.

An order that arrives sweeps the simulated book within its limit, at the book's prices, as far as its type
may (HKEX: an LO to the best price queue on its own limit, ELO and SLO ten queues, MO ten and no limit). What
rests fills at its own price once the last price reaches it. The account's own orders never trade with each
other, nor do they cross: an order that would meet one of them is rejected.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice

from jupyter_openapi.market import ticks
from jupyter_openapi.market import ticks as bands
from jupyter_openapi.market.orders import trigger_direction
from jupyter_openapi.sandbox.errors import bad
from jupyter_openapi.sandbox.exchange.account import shortfall
from jupyter_openapi.sandbox.exchange.blotter import Blotter
from jupyter_openapi.sandbox.exchange.hours import Hours, today
from jupyter_openapi.sandbox.exchange.model import (
    CANCELLED,
    NEW,
    REJECTED,
    TRAILING,
    WAITING,
    WITHDRAWN,
    ZERO,
    Order,
)
from jupyter_openapi.sandbox.simulation.derivatives import OptionMarket
from jupyter_openapi.sandbox.simulation.market import Level, OrderBook
from jupyter_openapi.sandbox.simulation.securities import LISTED

MINUTE = 60.0


def begin(order: Order, last: Decimal) -> None:
    """Fix which way the trigger lies, and where trailing starts."""
    if order.order_type in TRAILING:
        if order.monitor_price is None:
            order.reference = last
        else:
            order.rising = order.monitor_price > last
            order.reference = last if order.monitor_price == last else None
    elif order.trigger_price is not None:
        order.rising = order.trigger_price > last


def check(order: Order, last: Decimal) -> None:
    """Refuse a trigger price that is the last price already, as the broker does."""
    trigger = order.trigger_price
    if order.order_type not in TRAILING and trigger is not None and trigger_direction(trigger, last) is None:
        raise bad("trigger_price", f"{trigger:f} is the last price already")


def observe(order: Order, price: Decimal, at: float) -> bool:
    """Show a waiting order one last price; return whether it goes off."""
    trigger = _trailing(order, price) if order.order_type in TRAILING else order.trigger_price
    if trigger is None:
        return False
    beyond = price >= trigger if _upwards(order) else price <= trigger
    return beyond and _counted(order, at)


def trigger_of(order: Order) -> Decimal | None:
    """Return the price at which a waiting order would go off now; None while it doesn't watch yet."""
    if order.order_type not in TRAILING:
        return order.trigger_price
    if order.reference is None:
        return None
    if order.trailing_percent is not None:
        distance = order.reference * order.trailing_percent / 100
    else:
        distance = order.trailing_amount or Decimal(0)
    return order.reference + distance if order.buy else order.reference - distance


def _upwards(order: Order) -> bool:
    return order.buy if order.order_type in TRAILING else order.rising


def _trailing(order: Order, price: Decimal) -> Decimal | None:
    if order.reference is None:
        if order.monitor_price is None:
            return None
        reached = price >= order.monitor_price if order.rising else price <= order.monitor_price
        if not reached:
            return None
        order.reference = price
    order.reference = min(order.reference, price) if order.buy else max(order.reference, price)
    return trigger_of(order)


def _counted(order: Order, at: float) -> bool:
    if order.trigger_count < 2:
        return True
    touches = [time for time in json.loads(order.touches or "[]") if time > at - MINUTE]
    touches.append(at)
    order.touches = json.dumps(touches)
    return len(touches) >= order.trigger_count


TEN = 10


@dataclass(slots=True)
class _Taken:
    """One symbol's book as last seen, and the volume taken from each of its prices."""

    book: OrderBook
    volumes: dict[Decimal, Decimal] = field(default_factory=dict)


class Liquidity:
    """What can be bought and sold right now."""

    def __init__(self, market: OptionMarket) -> None:
        self._market = market
        self._taken: dict[str, _Taken] = {}

    def levels(self, symbol: str, at: float, *, asks: bool) -> list[tuple[Decimal, Decimal, int]]:
        """Return one side as (price, volume left, orders), best first; exhausted prices are left out."""
        return list(self._levels(symbol, at, asks=asks))

    def _levels(self, symbol: str, at: float, *, asks: bool) -> Iterator[tuple[Decimal, Decimal, int]]:
        taken = self._current(symbol, at)
        side: tuple[Level, ...] = taken.book.asks if asks else taken.book.bids
        for level in side:
            volume = Decimal(level.volume) - taken.volumes.get(level.price, ZERO)
            if volume > 0:
                yield level.price, volume, level.orders

    def best(self, symbol: str, at: float, *, asks: bool) -> Decimal | None:
        """Return the best price of a side, or None when it is exhausted."""
        return next((price for price, _, _ in self._levels(symbol, at, asks=asks)), None)

    def offer(
        self, symbol: str, at: float, *, buy: bool, limit: Decimal | None, quantity: Decimal, depth: int = TEN
    ) -> list[tuple[Decimal, Decimal]]:
        """Return the fills (price, shares) that an order would find now, best price first.

        Parameters
        ----------
        limit
            The worst price it accepts; None for any.
        depth
            How many prices it may sweep.
        """
        fills = []
        for price, volume, _ in islice(self._levels(symbol, at, asks=buy), depth):
            if limit is not None and (price > limit if buy else price < limit):
                break
            part = min(volume, quantity)
            fills.append((price, part))
            quantity -= part
            if not quantity:
                break
        return fills

    def take(self, symbol: str, at: float, price: Decimal, quantity: Decimal) -> None:
        """Remove what an order found."""
        taken = self._current(symbol, at)
        taken.volumes[price] = taken.volumes.get(price, ZERO) + quantity

    def _current(self, symbol: str, at: float) -> _Taken:
        book = self._market.book(symbol, at)
        taken = self._taken.get(symbol)
        if taken is None or taken.book != book:
            taken = self._taken[symbol] = _Taken(book)
        return taken


FLEETING = frozenset({"MO", "SLO", "AO"})
"""Types whose remainder is cancelled, never rests."""

Fills = Sequence[tuple[Decimal, Decimal]]


class Matching:
    """Fills orders; belongs inside a change of the blotter."""

    def __init__(self, blotter: Blotter, liquidity: Liquidity, market: OptionMarket, hours: Hours) -> None:
        self._hours = hours
        self._blotter = blotter
        self._liquidity = liquidity
        self._market = market

    def offer(self, order: Order, at: float) -> Fills:
        """Return what the order would find now."""
        kind = live_type(order)
        symbol, buy, left = order.symbol, order.buy, order.left
        last = self._market.last(symbol, at)
        if kind == "AO":
            return [(last, left)]
        if kind == "ALO":
            return [(last, left)] if _within(order, last) else []
        if kind == "ODD":
            return self._odd(order, at)
        limit = None if kind == "MO" else order.price
        return self._liquidity.offer(symbol, at, buy=buy, limit=limit, quantity=left)

    def arrive(self, order: Order, at: float) -> None:
        """Match a working order against the book; cancel the remainder of a type that doesn't rest."""
        kind = live_type(order)
        from_book = kind not in {"AO", "ALO", "ODD"}
        for price, quantity in self.offer(order, at):
            if from_book:
                self._liquidity.take(order.symbol, at, price, quantity)
            self._blotter.fill(order, price, quantity, at)
        if order.open and kind in FLEETING:
            status = WITHDRAWN if order.executed_quantity else CANCELLED
            self._blotter.set_status(order, status, at, f"{order.left:f} found no counterparty")

    def price(self, symbol: str, last: Decimal, at: float, live: Callable[[Order], bool]) -> None:
        """Show one last price to a symbol's orders: first the resting ones, then the conditional ones.

        `live` tells which orders take part in the session the price comes from.
        """
        queue = self._blotter.queues.get(symbol)
        if queue is None:
            return
        for order in queue.reached(last):
            if order.price is not None and live(order):
                self._blotter.fill(order, order.price, order.left, at)
        for order in list(queue.waiting.values()):
            if live(order) and observe(order, last, at):
                self.release(order, at)

    def sweep(self, symbol: str, at: float, live: Callable[[Order], bool]) -> None:
        """Fill what rests from the book as it is now, where the market has moved into it, at its price."""
        queue = self._blotter.queues.get(symbol)
        if queue is None:
            return
        for asks in (True, False):
            best = self._liquidity.best(symbol, at, asks=asks)
            for order in [] if best is None else queue.crossed(best, bids=asks):
                if not live(order) or order.price is None:
                    continue
                fills = self._liquidity.offer(
                    symbol, at, buy=order.buy, limit=order.price, quantity=order.left
                )
                for price, quantity in fills:
                    self._liquidity.take(symbol, at, price, quantity)
                    self._blotter.fill(order, order.price, quantity, at)

    def release(self, order: Order, at: float) -> None:
        """Send a triggered order: as a limit order, or as a market order for MIT."""
        blotter = self._blotter
        if order.order_type in TRAILING:
            order.trigger_price = trigger_of(order)
            order.price = self._trailing_limit(order, at)
        order.trigger_status = "RELEASED"
        order.trigger_at = at
        order.priority = blotter.next_priority()
        self.send(order, at, "triggered")

    def send(self, order: Order, at: float, msg: str = "") -> None:
        """Send an order that was held until now; the account and the exchange look at it once more."""
        self._blotter.account.release(order)
        reason = self.objection(order, at)
        if reason:
            self._blotter.set_status(order, REJECTED, at, reason)
            return
        self._blotter.set_status(order, NEW, at, msg)
        if not self._hours.waits_for_auction(order):
            self.arrive(order, at)

    def objection(self, order: Order, at: float) -> str:
        """Return why the account can't carry an order or the exchange won't take it now, or ""."""
        on, last = today(order.market, at), self._market.last(order.symbol, at)
        fills = self.offer(order, at) if order.status != WAITING or order.trigger_at else []
        return (
            shortfall(order, self._blotter.account, on, fills, last)
            or self._outside(order, at, last)
            or self.crossing(order, fills)
        )

    def crossing(self, order: Order, fills: Fills) -> str:
        """Return which of the account's own orders this one would trade with, or "".

        `fills` is what it would find now: a market order crosses what comes before its last price.
        """
        queue = self._blotter.queues.get(order.symbol)
        waits = order.status == WAITING and not order.trigger_at
        if queue is None or waits or live_type(order) in {"AO", "ALO", "ODD"}:
            return ""
        opposite = queue.asks if order.buy else queue.bids
        if not opposite:
            return ""
        best = min(opposite) if order.buy else max(opposite)
        reach = order.price if live_type(order) != "MO" else (fills[-1][0] if fills else None)
        if reach is None or (reach < best if order.buy else reach > best):
            return ""
        other = next(iter(opposite[best]))
        return f"It would trade with your own order {other} at {best:f}"

    def _outside(self, order: Order, at: float, last: Decimal) -> str:
        if order.market != "HK" or order.price is None:
            return ""
        symbol = order.symbol
        live = order.status != WAITING or bool(order.trigger_at)
        quoted = live_type(order) if live and self._hours.continuous("HK", at) else ""
        bid = self._liquidity.best(symbol, at, asks=False) if quoted else None  # else no rule asks for it
        ask = self._liquidity.best(symbol, at, asks=True) if quoted else None
        on, table = today("HK", at), LISTED[symbol].spread_table
        low, high = bands.band(quoted, order.side, bid, ask, last, last, on, table)
        if (low is None or order.price >= low) and (high is None or order.price <= high):
            return ""
        return f"Price {order.price:f} is outside the exchange's limits, {low or 0:f} to {high or 0:f}"

    def _trailing_limit(self, order: Order, at: float) -> Decimal:
        level = order.limit_depth_level
        trigger = order.trigger_price or ZERO
        if level:
            side = self._liquidity.levels(order.symbol, at, asks=level > 0)
            return side[min(abs(level), len(side)) - 1][0] if side else self._market.last(order.symbol, at)
        offset = order.limit_offset or ZERO
        price = trigger + offset if order.buy else trigger - offset
        below, above = ticks.nearest(order.symbol, price, today(order.market, at))
        return above if order.buy else below

    def _odd(self, order: Order, at: float) -> Fills:
        # The odd-lot market is thin: one step worse than the book's best price.
        best = self._liquidity.best(order.symbol, at, asks=order.buy)
        if best is None:
            return []
        on = today(order.market, at)
        price = ticks.step(order.symbol, best, 1 if order.buy else -1, on)
        return [(price, order.left)] if _within(order, price) else []


def live_type(order: Order) -> str:
    """Return the type an order is matched as: a conditional one becomes a limit or a market order.

    In Hong Kong that limit order is an enhanced one, for a plain one may not cross the best price.
    """
    if order.order_type == "MIT":
        return "MO"
    if order.conditional:
        return "ELO" if order.market == "HK" else "LO"
    return order.order_type


def _within(order: Order, price: Decimal) -> bool:
    if order.price is None:
        return True
    return order.price >= price if order.buy else order.price <= price
