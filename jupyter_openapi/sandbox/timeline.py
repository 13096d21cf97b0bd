"""What the passing of time does: prices reach orders; orders are sent, meet their auction, expire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openapi.sandbox import triggers
from jupyter_openapi.sandbox.hours import AUCTION
from jupyter_openapi.sandbox.model import EXPIRED, NEW, UNSENT, WAITING, WITHDRAWN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyter_openapi.sandbox.blotter import Blotter
    from jupyter_openapi.sandbox.hours import Hours
    from jupyter_openapi.sandbox.matching import Matching
    from jupyter_openapi.sandbox.model import Order
    from jupyter_openapi.sandbox.prices import Market
    from jupyter_openapi.sandbox.queue import Queue


class Timeline:
    """Applies the market's path to the open orders, symbol by symbol, in order of time."""

    def __init__(self, blotter: Blotter, matching: Matching, market: Market, hours: Hours) -> None:
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
        live = self._hours.filter(symbol.rpartition(".")[2], at)
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
        times.update(self._hours.moments(symbol.rpartition(".")[2], start, until))
        times.add((until, False))
        return sorted(times)

    def _walk(self, symbol: str, start: float, end: float) -> None:
        market = symbol.rpartition(".")[2]
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
