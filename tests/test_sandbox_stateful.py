"""Laws of the exchange, whatever is done to it in whatever order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule
from support import soak
from support.audit import audit
from support.still_market import StillMarket

from jupyter_openapi.market import ticks
from jupyter_openapi.sandbox.errors import Refused
from jupyter_openapi.sandbox.exchange.account import OPENING_CASH
from jupyter_openapi.sandbox.exchange.exchange import Exchange
from jupyter_openapi.sandbox.exchange.hours import Hours, today
from jupyter_openapi.sandbox.exchange.model import FINAL, WAITING
from jupyter_openapi.sandbox.exchange.store import Store

D = Decimal
START = 1_795_400_000.0
LOTS = {"700.HK": 100, "9988.HK": 100, "AAPL.US": 1, "MSFT.US": 1}
OPENING = {"700.HK": D(600), "9988.HK": D(155), "AAPL.US": D(270), "MSFT.US": D(500)}
STEPS = st.integers(-12, 12)


class ExchangeMachine(RuleBasedStateMachine):
    """Submits, changes, cancels, moves prices and time, and restarts; the books must add up throughout."""

    orders: Bundle[str] = Bundle("orders")

    @initialize(volume=st.sampled_from([200, 1000]))
    def open(self, volume: int) -> None:
        self.now = START
        self.market = StillMarket(volume)
        self.store = Store(None)
        self.exchange = Exchange(self.store, self.market, Hours(), self.now)

    def _price(self, symbol: str, steps: int) -> Decimal:
        on = today(symbol.rpartition(".")[2], self.now)
        return ticks.step(symbol, self.market.last(symbol, self.now), steps, on)

    @rule(
        target=orders,
        symbol=st.sampled_from(sorted(LOTS)),
        side=st.sampled_from(["Buy", "Sell"]),
        kind=st.sampled_from(
            ["LO", "LO", "LO", "MO", "ELO", "SLO", "AO", "ALO", "LIT", "MIT", "TSLPAMT", "TSLPPCT"]
        ),
        lots=st.integers(1, 30),
        steps=STEPS,
        trigger=STEPS.filter(bool),
        tif=st.sampled_from(["Day", "GTC"]),
        count=st.integers(0, 3),
    )
    def submit(self, symbol: str, side: str, kind: str, lots: int, steps: int, **other: Any) -> str:
        if symbol.endswith("US") and kind in {"ELO", "SLO", "AO", "ALO"}:
            kind = "LO"
        fields: dict[str, Any] = {
            "symbol": symbol,
            "side": side,
            "order_type": kind,
            "submitted_quantity": D(lots * LOTS[symbol]),
            "time_in_force": "Day" if kind == "MO" else other["tif"],
        }
        if kind in {"LO", "ELO", "SLO", "ALO", "LIT"}:
            fields["submitted_price"] = self._price(symbol, steps)
        if kind in {"LIT", "MIT"}:
            fields |= {
                "trigger_price": self._price(symbol, other["trigger"]),
                "trigger_count": other["count"],
            }
        if kind.startswith("TSL"):
            name = "trailing_amount" if kind == "TSLPAMT" else "trailing_percent"
            fields |= {name: D(abs(other["trigger"])), "limit_offset": D(1)}
        try:
            return self.exchange.submit(fields, self.now)
        except Refused:
            return "none"

    @rule(order=orders, lots=st.integers(1, 30), steps=STEPS)
    def replace(self, order: str, lots: int, steps: int) -> None:
        if order == "none":
            return
        known = self.exchange.find(order)
        fields: dict[str, Any] = {"quantity": D(lots * LOTS[known.symbol])}
        if known.order_type in {"LO", "ELO", "ALO", "LIT"}:
            fields["price"] = self._price(known.symbol, steps)
        before = (known.quantity, known.price, known.status)
        try:
            self.exchange.replace(order, fields, self.now)
        except Refused:
            after = self.exchange.find(order)
            assert (after.quantity, after.price, after.status) == before

    @rule(order=consumes(orders))
    def cancel(self, order: str) -> None:
        if order == "none":
            return
        was_open = self.exchange.find(order).open
        try:
            self.exchange.cancel(order, self.now)
        except Refused:
            assert not was_open
        assert not self.exchange.find(order).open

    @rule(symbol=st.sampled_from(sorted(LOTS)), steps=st.lists(STEPS, min_size=1, max_size=4))
    def move(self, symbol: str, steps: list[int]) -> None:
        price = self.market.last(symbol, self.now)
        for place, step in enumerate(steps, start=1):
            on = today(symbol.rpartition(".")[2], self.now)
            price = ticks.step(symbol, price, step, on)
            price = min(max(price, OPENING[symbol] * D("0.7")), OPENING[symbol] * D("1.3"))
            price = ticks.nearest(symbol, price, on)[0]
            self.market.move(symbol, self.now + place, price)
        self.now += len(steps) + 1
        self.exchange.advance(self.now)

    @rule(hours=st.integers(1, 30))
    def wait(self, hours: int) -> None:
        self.now += hours * 3600
        self.exchange.advance(self.now)

    @rule()
    def restart(self) -> None:
        self.exchange = Exchange(self.store, self.market, Hours(), self.now)

    @invariant()
    def the_books_add_up(self) -> None:
        audit(self.store)
        account = self.exchange.blotter.account
        assert account.cash == self.store.cash()
        assert account.positions == self.store.positions()

    @invariant()
    def nothing_is_spent_twice(self) -> None:
        account = self.exchange.blotter.account
        for currency in OPENING_CASH:
            assert account.cash[currency] >= 0
            assert account.buying_power(currency) >= 0
        for symbol in LOTS:
            assert account.available(symbol) >= 0

    @invariant()
    def an_order_is_open_or_final(self) -> None:
        in_memory = self.exchange.blotter.orders
        for order in self.store.orders("1"):
            assert (order.order_id in in_memory) == (order.status not in FINAL)
            if order.order_id in in_memory and order.status != WAITING:
                assert in_memory[order.order_id] == order

    @invariant()
    def no_fill_is_worse_than_a_limit_the_order_had(self) -> None:
        for fill in self.store.executions("1"):
            order = self.exchange.find(fill.order_id)
            if order.order_type in {"LO", "ELO", "SLO", "ALO", "LIT"}:
                events = self.store.events(fill.order_id)
                limits = [
                    e.price for e in events if not e.msg.startswith("Execution of ") and e.price is not None
                ]
                assert fill.price <= max(limits) if order.buy else fill.price >= min(limits)

    @invariant()
    def the_book_is_never_crossed(self) -> None:
        for symbol in LOTS:
            bids = self.exchange.depth(symbol, self.now, asks=False)
            asks = self.exchange.depth(symbol, self.now, asks=True)
            if bids and asks:
                assert bids[0][0] < asks[0][0] or self._own(symbol, bids[0][0], asks[0][0])

    def _own(self, symbol: str, bid: Decimal, ask: Decimal) -> bool:
        # The account's own orders never trade with each other, so they alone may overlap.
        queue = self.exchange.blotter.queues.get(symbol)
        return queue is not None and bid in queue.bids and ask in queue.asks

    @invariant()
    def better_and_earlier_orders_fill_first(self) -> None:
        for queue in self.exchange.blotter.queues.values():
            for levels in (queue.bids, queue.asks):
                for level in levels.values():
                    priorities = [order.priority for order in level.values()]
                    assert priorities == sorted(priorities)

    @invariant()
    def what_waits_holds_nothing(self) -> None:
        account = self.exchange.blotter.account
        held = [order for order in self.exchange.blotter.orders.values() if order.status != WAITING]
        for symbol in LOTS:
            shares = sum((o.left for o in held if o.symbol == symbol and not o.buy), D(0))
            assert account.held_shares.get(symbol, D(0)) == shares


TestExchange = ExchangeMachine.TestCase
TestExchange.settings = settings(max_examples=soak(300), stateful_step_count=30, deadline=None)
TestExchange = pytest.mark.timeout(600)(TestExchange)
