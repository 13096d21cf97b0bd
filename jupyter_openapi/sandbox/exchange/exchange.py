"""The paper exchange: takes, changes and cancels orders, and applies the passing of time.

Time only enters through arguments: every method gets the market's time, and `advance` applies all prices
between the last look and now. Nothing here knows of HTTP.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.market.symbols import market_of
from jupyter_openapi.sandbox.errors import ORDER_NOT_FOUND, Refused, bad
from jupyter_openapi.sandbox.exchange import matching as triggers
from jupyter_openapi.sandbox.exchange import rules
from jupyter_openapi.sandbox.exchange.account import new_order, shortfall
from jupyter_openapi.sandbox.exchange.blotter import Blotter, Queue
from jupyter_openapi.sandbox.exchange.hours import AUCTION, Hours, today
from jupyter_openapi.sandbox.exchange.matching import Liquidity, Matching
from jupyter_openapi.sandbox.exchange.model import (
    CANCELLED,
    DELAYED,
    EXPIRED,
    HELD,
    HELD_REPLACED,
    NEW,
    PARTIAL,
    REJECTED,
    REPLACED,
    UNSENT,
    WAITING,
    WITHDRAWN,
    ZERO,
    Event,
    Order,
)
from jupyter_openapi.sandbox.simulation.derivatives import OptionMarket, has_ended, option_of

if TYPE_CHECKING:
    from jupyter_openapi.sandbox.exchange.store import Store


class Timeline:
    """Applies the market's path to the open orders, symbol by symbol, in order of time."""

    def __init__(self, blotter: Blotter, matching: Matching, market: OptionMarket, hours: Hours) -> None:
        self._blotter = blotter
        self._matching = matching
        self._market = market
        self._hours = hours

    def examine(self, symbols: Iterable[str], at: float) -> None:
        """Bring the orders of these symbols up to `at`, in one transaction."""
        known = self._blotter
        due = [s for s in symbols if s in known.queues and self._has_news(s, at)]
        if not due:
            return
        with known.change(at):
            for symbol in due:
                self._examine(symbol, at)

    def _has_news(self, symbol: str, at: float) -> bool:
        """Tell whether anything at all happened since the last look; if not, note the look."""
        start, queue = self._blotter.examined.get(symbol, at), self._blotter.queues[symbol]
        if start >= at:
            return False
        if self._hours.real or at >= queue.soonest or any(True for _ in self._market.path(symbol, start, at)):
            return True
        self._blotter.examined[symbol] = at  # no trade, so the same book: nothing reached an order
        return False

    def open(self, at: float) -> None:
        """Catch up with a market that went on while the program was down.

        What the account had taken from the book is forgotten by then, so what rests meets a whole book.
        """
        self.examine(list(self._blotter.queues), at)
        with self._blotter.change(at):
            for symbol in list(self._blotter.queues):
                self._sweep(symbol, at)

    def _sweep(self, symbol: str, at: float) -> None:
        live = self._hours.filter(market_of(symbol), at)
        if live is not None:
            self._matching.sweep(symbol, at, live)

    def _examine(self, symbol: str, until: float) -> None:
        known = self._blotter
        start, written = known.examined[symbol], known.store.changes()
        for moment, auction in self._moments(symbol, start, until):
            self._walk(symbol, start, moment)
            if auction:
                self._uncross(symbol, moment)
            self._due(symbol, moment)
            start = moment
        self._sweep(symbol, until)
        known.examined[symbol] = until
        if known.store.changes() != written:
            known.keep_examined(symbol, until)

    def _moments(self, symbol: str, start: float, until: float) -> list[tuple[float, bool]]:
        """Return when something other than a price happens, and the end; True marks an auction."""
        queue = self._blotter.queues[symbol]
        times = (
            {(at, False) for at in queue.moments(start) if at <= until} if queue.soonest <= until else set()
        )
        times.update(self._hours.moments(market_of(symbol), start, until))
        times.add((until, False))
        return sorted(times)

    def _walk(self, symbol: str, start: float, end: float) -> None:
        market = market_of(symbol)
        queue = self._blotter.queues.get(symbol)
        live = self._hours.filter(market, start)
        if queue is None or live is None or not queue.watching:
            return
        for at, last in self._market.path(symbol, start, end):
            self._matching.price(symbol, last, at, live)
            if symbol not in self._blotter.queues:
                return

    def _uncross(self, symbol: str, at: float) -> None:
        queue = self._blotter.queues.get(symbol)
        waiting = [] if queue is None else [order for order in queue if order.order_type in AUCTION]
        for order in sorted(waiting, key=lambda order: (order.order_type == "ALO", order.priority)):
            if order.status == NEW:
                self._matching.arrive(order, at)

    def _due(self, symbol: str, at: float) -> None:
        queue: Queue | None = self._blotter.queues.get(symbol)
        if queue is None or at < queue.soonest:
            return
        for order in list(queue):
            if 0 < order.expires_at <= at:
                self._expire(order, at)
            elif order.status in UNSENT and order.sends_at <= at:
                self._send(order, at)

    def _send(self, order: Order, at: float) -> None:
        if order.conditional:
            triggers.begin(order, self._market.last(order.symbol, at))
            order.trigger_status = "ACTIVE"
            self._blotter.set_status(order, WAITING, at)
            return
        self._matching.send(order, at)

    def _expire(self, order: Order, at: float) -> None:
        if order.status == WAITING:
            order.trigger_status = "DEACTIVE"
        status = WITHDRAWN if order.executed_quantity else EXPIRED
        self._blotter.set_status(order, status, at, "the order's time has run out")


REMEMBERED = 600.0
"""How long a client_request_id stands for the order it made, in seconds of wall time."""


class Exchange:
    """One account on one exchange.

    Parameters
    ----------
    store
        Where it lives.
    market
        Where prices and the others' orders come from.
    hours
        The timetable.
    wall
        The wall clock, for the ten minutes of a client_request_id.
    past
        Writes an account's past, where it is to have one; returns when it began.
    """

    def __init__(
        self,
        store: Store,
        market: OptionMarket,
        hours: Hours,
        at: float,
        wall: Callable[[], float] = time.time,
        *,
        past: Callable[[float], float] | None = None,
    ) -> None:
        self.store = store
        self.market = market
        self.hours = hours
        self.liquidity = Liquidity(market)
        self.blotter = Blotter(store, past)
        self._wall = wall
        self._matching = Matching(self.blotter, self.liquidity, market, hours)
        self._timeline = Timeline(self.blotter, self._matching, market, hours)
        self.blotter.load(at)
        self._timeline.open(at)
        self._settle(at)

    def submit(self, fields: Mapping[str, Any], at: float) -> str:
        """Take an order and return its id.

        Parameters
        ----------
        fields
            submit_order's parameters as read.
        at
            The market's time.

        Raises
        ------
        Refused
            If a field is wrong, or the shares to sell aren't held at all. An order the account can't
            afford is taken and rejected, with the reason in its `msg`.
        """
        request, wall = fields.get("client_request_id"), self._wall()
        if request:
            known = self.store.request(request, wall - REMEMBERED)
            if known:
                return known
        security = rules.instrument(fields["symbol"])
        rules.check_new(fields, security, today(security.market, at), at)
        if fields["side"] == "Sell" and security.symbol not in self.blotter.account.positions:
            raise rules.short_sale(security.symbol)
        self._timeline.examine([security.symbol], at)
        with self.blotter.change(at):
            order = new_order(fields, security, self.blotter.new_id(at), self.blotter.next_priority(), at)
            self._take(order, at)
            if request:
                self.store.remember_request(request, order.order_id, wall, wall - REMEMBERED)
        return order.order_id

    def submit_rejected(
        self, fields: Mapping[str, Any], symbol: str, legs: Mapping[str, Any], reason: str, at: float
    ) -> str:
        """Take an order of several legs that is rejected whatever the account holds; return its id."""
        request, wall = fields.get("client_request_id"), self._wall()
        known = self.store.request(request, wall - REMEMBERED) if request else None
        if known:
            return known
        with self.blotter.change(at):
            order = Order(
                order_id=self.blotter.new_id(at),
                symbol=symbol,
                side=fields["side"],
                order_type=fields["order_type"],
                time_in_force="Day",
                quantity=fields["submitted_quantity"],
                price=fields.get("submitted_price"),
                currency="USD",
                status=REJECTED,
                submitted_at=at,
                updated_at=at,
                priority=self.blotter.next_priority(),
                remark=fields.get("remark", ""),
                msg=reason,
                multi_leg=json.dumps(legs),
            )
            self.blotter.enter(order, at, reason)
            if request:
                self.store.remember_request(request, order.order_id, wall, wall - REMEMBERED)
        return order.order_id

    def replace(self, order_id: str, fields: Mapping[str, Any], at: float) -> None:
        """Change an open order's quantity or prices.

        Raises
        ------
        Refused
            If there is no such order, it can't be changed, or the account can't carry the change.
        """
        order = self._open_order(order_id, at)
        complete = rules.check_change(order, fields, today(order.market, at))
        values = {name: complete[name] for name in _CHANGEABLE if complete.get(name) not in {None, ""}}
        for name in values.keys() & _DECIMAL:
            values[name] = Decimal(values[name])
        changed = replace(order, **values)
        self._check_carries(order, changed, at)
        if order.status == WAITING:
            triggers.check(changed, self.market.last(order.symbol, at))
        same_price = changed.price == order.price and order.status != WAITING
        with self.blotter.change(at):
            status = _after_change(order.status)
            keeps = same_price and changed.quantity <= order.quantity
            self.blotter.amend(order, values, status, at, keeps_place=keeps)
            if status == WAITING:
                triggers.begin(order, self.market.last(order.symbol, at))
            self.blotter.record(order, Event(REPLACED, order.price, order.quantity, "", at))
            live = self.hours.filter(order.market, at)
            if status in WORKING and live is not None and live(order):
                self._matching.arrive(order, at)

    def cancel(self, order_id: str, at: float) -> None:
        """Cancel an open order; what is filled stays filled."""
        order = self._open_order(order_id, at)
        with self.blotter.change(at):
            status = WITHDRAWN if order.executed_quantity else CANCELLED
            self.blotter.set_status(order, status, at)

    def find(self, order_id: str) -> Order:
        """Return an order, open or final."""
        order = self.blotter.orders.get(order_id) or self.store.order(order_id)
        if order is None:
            raise Refused(f"order_id: there is no order {order_id:.40}", code=ORDER_NOT_FOUND)
        return order

    def depth(self, symbol: str, at: float, *, asks: bool) -> list[tuple[Decimal, Decimal, int]]:
        """Return ten levels of one side as (price, shares, orders), the account's own orders among them."""
        rows = {
            price: (shares, count) for price, shares, count in self.liquidity.levels(symbol, at, asks=asks)
        }
        queue = self.blotter.queues.get(symbol)
        own = {} if queue is None else queue.asks if asks else queue.bids
        for price, level in own.items():
            shares, count = rows.get(price, (ZERO, 0))
            rows[price] = (shares + sum((order.left for order in level.values()), ZERO), count + len(level))
        ranked = sorted(rows.items(), reverse=not asks)
        return [(price, shares, count) for price, (shares, count) in ranked[:10]]

    def advance(self, at: float) -> None:
        """Apply everything that happened in the market up to `at`."""
        self._timeline.examine(list(self.blotter.queues), at)
        self._settle(at)

    def _settle(self, at: float) -> None:
        """Pay out the options that have expired, at what exercising them brings."""
        account = self.blotter.account
        ended = [symbol for symbol in account.positions if has_ended(symbol, at)]
        if not ended:
            return
        with self.blotter.change(at):
            for symbol in ended:
                option = option_of(symbol)
                if option is not None:
                    spot = self.market.last(option.underlying, option.ends_at)
                    account.expire(symbol, option.intrinsic(spot), option.ends_at)

    def reset(self, at: float) -> None:
        """Forget all orders and start from the opening account."""
        with self.store.transaction():
            self.store.clear()
        self.blotter.load(at)

    def _open_order(self, order_id: str, at: float) -> Order:
        order = self.find(order_id)
        self._timeline.examine([order.symbol], at)
        if not order.open:
            raise bad("order_id", f"order {order_id} is {order.status} and can't be changed any more")
        phase = self.hours.frozen(order, at)
        if phase:
            raise bad("order_id", f"nothing can be changed or cancelled in the {phase.replace('_', ' ')}")
        return order

    def _take(self, order: Order, at: float) -> None:
        goes_out = max(at, order.delayed_until)
        order.expires_at, order.expire_date = self.hours.ends(order, goes_out)
        option = option_of(order.symbol)
        if option is not None:
            order.expires_at = min(order.expires_at or option.ends_at, option.ends_at)
        last = self.market.last(order.symbol, at)
        triggers.check(order, last)
        order.sends_at = self.hours.live_from(order, goes_out)
        if order.conditional:
            triggers.begin(order, last)
            order.status, order.trigger_status = WAITING, "ACTIVE"
        elif order.price is None:
            order.reference = last
        reason = self._matching.objection(order, at)
        if reason:
            order.status = REJECTED
            order.msg = reason
            self.blotter.enter(order, at, reason)
            return
        if order.delayed_until > at:
            order.status, order.trigger_status = DELAYED, "NOT_USED"
        elif order.status == NEW and order.sends_at > at:
            order.status = HELD
        self.blotter.enter(order, at)
        if order.status == NEW and not self.hours.waits_for_auction(order):
            self._matching.arrive(order, at)

    def _check_carries(self, order: Order, changed: Order, at: float) -> None:
        account = self.blotter.account
        account.release(order)
        try:
            on = today(order.market, at)
            reason = shortfall(changed, account, on, (), self.market.last(order.symbol, at))
            if not reason and order.status in WORKING:
                reason = self._matching.crossing(changed, ())
        finally:
            self.blotter.hold(order, at)
        if reason:
            raise bad("quantity", reason)


def _after_change(status: str) -> str:
    if status in {WAITING, PARTIAL, DELAYED}:
        return status
    return HELD_REPLACED if status in UNSENT else REPLACED


WORKING = frozenset({NEW, PARTIAL, REPLACED})
"""States in which an order stands in the book."""

_DECIMAL = {
    "quantity",
    "price",
    "trigger_price",
    "trailing_amount",
    "trailing_percent",
    "limit_offset",
    "monitor_price",
}
_CHANGEABLE = (*sorted(_DECIMAL), "limit_depth_level", "trigger_count", "remark")
