"""The open orders and the account; every change of either is stored as it happens.

The database is the truth; what is kept here is its mirror, so that matching needs no queries. `change` is
the only way in: it is one transaction, and if anything in it fails, the mirror is read back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from jupyter_openapi.sandbox.exchange.account import Account
from jupyter_openapi.sandbox.exchange.hours import today
from jupyter_openapi.sandbox.exchange.model import FILLED, PARTIAL, UNSENT, WAITING, Event, Execution, Order

if TYPE_CHECKING:
    from jupyter_openapi.sandbox.exchange.store import Store

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


class Booked(NamedTuple):
    """An order as it stood after one change, and the shares and price if the change was a fill."""

    order: Order
    shares: Decimal | None = None
    price: Decimal | None = None


class Blotter:
    """Open orders by id and by symbol, the account, and the numbers given out.

    `past` writes an account's past into an empty database and returns when it began.
    `on_booked` is told of the changes of orders, in their order, once they are kept.
    `examined` holds up to when each symbol's prices have been applied to its orders.
    """

    def __init__(self, store: Store, past: Callable[[float], float] | None = None) -> None:
        self.store = store
        self.account = Account(store)
        self._past = past
        self.orders: dict[str, Order] = {}
        self.queues: dict[str, Queue] = {}
        self.examined: dict[str, float] = {}
        self.on_booked: Callable[[list[Booked]], None] = lambda _: None
        self._dirty: dict[str, Order] = {}
        self._changes: list[Booked] = []
        self._last_id = 0
        self._last_stamp = 0
        self._priority = 0

    def load(self, at: float) -> None:
        """Read everything back from the database; open the account if there is none."""
        store = self.store
        if store.setting("opened") is None:
            with store.transaction():
                opened = at
                if self._past is None:
                    self.account.open(at)
                else:
                    opened = self._past(at)
                store.set_setting("opened", opened)
        self._dirty.clear()
        self._changes.clear()
        self.orders = {order.order_id: order for order in store.open_orders()}
        self.queues = {}
        for order in self.orders.values():
            self.queues.setdefault(order.symbol, Queue()).add(order)
        self.examined = store.examined()
        self._last_id = store.last_order_id()
        self._last_stamp = store.last_trade_stamp()
        self._priority = store.last_priority()
        self.account.load()
        for order in self.orders.values():
            self.hold(order, order.updated_at)

    @contextmanager
    def change(self, at: float) -> Iterator[None]:
        """Make everything inside one transaction; read the mirror back if it fails."""
        try:
            with self.store.transaction():
                yield
                for order in self._dirty.values():
                    self.store.save_order(order)
            self._dirty.clear()
        except BaseException:
            self.load(at)
            raise
        changes, self._changes = self._changes, []
        if changes:
            self.on_booked(changes)

    def new_id(self, at: float) -> str:
        """Return a new order id: 18 digits, greater than all before, odd (so that no float holds it)."""
        self._last_id = max(self._last_id + 2, int(at * 1000) * 100_000 + 31_357)
        return str(self._last_id)

    def next_priority(self) -> int:
        """Return the next time priority; lower ones go first."""
        self._priority += 1
        return self._priority

    def enter(self, order: Order, at: float, msg: str = "") -> None:
        """Take a new order in, with the status it has; an open one joins its queue."""
        self.record(order, Event(order.status, order.price, order.quantity, msg, at))
        if order.open:
            self.orders[order.order_id] = order
            self.queues.setdefault(order.symbol, Queue()).add(order)
            self.hold(order, at)
            self.keep_examined(order.symbol, at)

    def set_status(self, order: Order, status: str, at: float, msg: str = "") -> None:
        """Move an order to another state; a final one leaves its queue and lets go of what it held."""
        queue = self.queues[order.symbol]
        moves = (order.status == WAITING) != (status == WAITING) or order.order_id in queue.unsent
        if moves:
            queue.remove(order)
        order.status = status
        order.msg = msg
        order.updated_at = at
        if order.open and moves:
            queue.add(order)
        self.record(order, Event(status, order.price, order.quantity, msg, at))
        if not order.open:
            self._leave(order)
        self.hold(order, at)

    def amend(
        self, order: Order, values: dict[str, object], status: str, at: float, *, keeps_place: bool
    ) -> None:
        """Change an order's terms; it loses its place in the queue unless `keeps_place`."""
        queue = self.queues[order.symbol]
        if not keeps_place:
            queue.remove(order)
            order.priority = self.next_priority()
        for name, value in values.items():
            setattr(order, name, value)
        order.updated_at = at
        order.status = status
        if not keeps_place:
            queue.add(order)
        self.hold(order, at)

    def fill(self, order: Order, price: Decimal, quantity: Decimal, at: float) -> None:
        """Book one execution: the order, the account, the history."""
        order.executed_quantity += quantity
        order.executed_amount += price * quantity
        order.last_done = price
        order.updated_at = at
        self._last_stamp = max(self._last_stamp + 1, int(at * 1_000_000) * 1000)
        trade_id = f"{order.order_id}-{self._last_stamp}"
        self.store.add_execution(
            Execution(trade_id, order.order_id, order.symbol, order.side, quantity, price, at)
        )
        self.account.fill(order, quantity, price, at, today(order.market, at))
        order.status = PARTIAL if order.left else FILLED
        self.record(order, Event(order.status, price, quantity, f"Execution of {quantity:f}", at), quantity)
        if not order.open:
            self._leave(order)
        self.hold(order, at)

    def touch(self, order: Order) -> None:
        """Write an order down at the end of this change."""
        self._dirty[order.order_id] = order

    def hold(self, order: Order, at: float) -> None:
        """Hold back what the order may still need; a conditional one needs nothing before it is triggered."""
        if order.status == WAITING:
            self.account.release(order)
        else:
            self.account.hold(order, today(order.market, at))

    def keep_examined(self, symbol: str, at: float) -> None:
        """Note, also on disk, up to when a symbol's prices have been applied, and what waiting orders saw."""
        self.examined[symbol] = at
        self.store.save_examined(symbol, at)
        queue = self.queues.get(symbol)
        for order in [] if queue is None else queue.waiting.values():
            self.touch(order)

    def record(self, order: Order, event: Event, shares: Decimal | None = None) -> None:
        """Write a change of an order down; `shares` if it was a fill, at the event's price."""
        self.store.add_event(order.order_id, event)
        self.touch(order)
        self._changes.append(Booked(order.copy(), shares, None if shares is None else event.price))

    def _leave(self, order: Order) -> None:
        self.orders.pop(order.order_id, None)
        queue = self.queues.get(order.symbol)
        if queue is not None:
            queue.remove(order)
            if not queue:
                del self.queues[order.symbol]
