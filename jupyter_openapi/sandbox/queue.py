"""The account's own open orders in one symbol, ranked as an exchange ranks them: price, then time."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from jupyter_openapi.sandbox.model import UNSENT, WAITING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from jupyter_openapi.sandbox.model import Order

    Levels = dict[Decimal, dict[str, Order]]


class Queue:
    """Open orders of one symbol.

    `bids` and `asks` hold what rests in the book, by price and, within a price, in order of arrival.
    `waiting` holds conditional orders not yet triggered, `unsent` what waits for its time. Before `soonest`
    no order is sent or expires.
    """

    def __init__(self) -> None:
        self.bids: Levels = {}
        self.asks: Levels = {}
        self.waiting: dict[str, Order] = {}
        self.unsent: dict[str, Order] = {}
        self.soonest = inf

    def __bool__(self) -> bool:
        return bool(self.bids or self.asks or self.waiting or self.unsent)

    def __iter__(self) -> Iterator[Order]:
        for levels in (self.bids, self.asks):
            for level in levels.values():
                yield from level.values()
        yield from self.waiting.values()
        yield from self.unsent.values()

    @property
    def watching(self) -> bool:
        """Whether any order minds what the last price is."""
        return bool(self.bids or self.asks or self.waiting)

    def moments(self, after: float) -> Iterator[float]:
        """Yield when orders are sent or expire after a time; remember the soonest."""
        self.soonest = inf
        for order in self:
            for at in (order.sends_at, order.expires_at):
                if at > after:
                    self.soonest = min(self.soonest, at)
                    yield at

    def add(self, order: Order) -> None:
        """Put an order where its status says; the last at its price."""
        if order.expires_at:
            self.soonest = min(self.soonest, order.expires_at)
        if order.status in UNSENT:
            self.soonest = min(self.soonest, order.sends_at)
        if order.status == WAITING:
            self.waiting[order.order_id] = order
        elif order.status in UNSENT or order.price is None:
            self.unsent[order.order_id] = order
        else:
            levels = self.bids if order.buy else self.asks
            levels.setdefault(order.price, {})[order.order_id] = order

    def remove(self, order: Order) -> None:
        """Take an order out, wherever it is; before its price changes."""
        self.waiting.pop(order.order_id, None)
        self.unsent.pop(order.order_id, None)
        levels = self.bids if order.buy else self.asks
        level = levels.get(order.price) if order.price is not None else None
        if order.price is not None and level is not None:
            level.pop(order.order_id, None)
            if not level:
                del levels[order.price]

    def reached(self, price: Decimal) -> list[Order]:
        """Return the resting orders that a trade at `price` reaches, best first."""
        return [*self.crossed(price, bids=True), *self.crossed(price, bids=False)]

    def crossed(self, price: Decimal, *, bids: bool) -> list[Order]:
        """Return one side's resting orders at `price` or better for the market, best first."""
        if bids:
            limits = sorted((limit for limit in self.bids if limit >= price), reverse=True)
            return [order for limit in limits for order in self.bids[limit].values()]
        limits = sorted(limit for limit in self.asks if limit <= price)
        return [order for limit in limits for order in self.asks[limit].values()]
