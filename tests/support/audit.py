"""An audit of a sandbox's database, by arithmetic of its own."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from jupyter_openapi.sandbox.exchange.account import OPENING_CASH, OPENING_POSITIONS
from jupyter_openapi.sandbox.exchange.model import Execution
from jupyter_openapi.sandbox.exchange.store import Store

D = Decimal


def audit(store: Store) -> None:
    """Check that cash, shares at cost and fees add up, and that every order is what its fills say."""
    fills = store.executions("1 order by seq")
    audit_cash(store, fills)
    audit_shares(store, fills)
    audit_orders(store, fills)


def audit_cash(store: Store, fills: list[Execution]) -> None:
    flows, cash = store.flows("1"), store.cash()
    moved = dict.fromkeys(OPENING_CASH, D(0))
    fees = dict.fromkeys(OPENING_CASH, D(0))
    for flow in flows:
        moved[flow.currency] += flow.amount
        if flow.name == "TradingFees":
            assert flow.amount < 0
            fees[flow.currency] -= flow.amount
    assert moved == cash
    traded = dict.fromkeys(OPENING_CASH, D(0))
    for fill in fills:
        value = fill.price * fill.quantity
        traded["HKD" if fill.symbol.endswith("HK") else "USD"] += -value if fill.side == "Buy" else value
    for currency, opening in OPENING_CASH.items():
        assert cash[currency] == opening + traded[currency] - fees[currency]
        assert cash[currency] >= 0


def audit_shares(store: Store, fills: list[Execution]) -> None:
    # Every fill replayed by average cost.
    shares = {symbol: [quantity, quantity * cost] for symbol, (quantity, cost) in OPENING_POSITIONS.items()}
    for fill in fills:
        held = shares.setdefault(fill.symbol, [D(0), D(0)])
        if fill.side == "Buy":
            held[0] += fill.quantity
            held[1] += fill.price * fill.quantity
        else:
            assert held[0] >= fill.quantity
            held[1] -= held[1] * fill.quantity / held[0]
            held[0] -= fill.quantity
    positions = store.positions()
    assert {s: q for s, (q, _) in shares.items() if q} == {s: p.quantity for s, p in positions.items()}
    for symbol, position in positions.items():
        assert abs(position.cost - shares[symbol][1]) < D("0.01")


def audit_orders(store: Store, fills: list[Execution]) -> None:
    by_order: dict[str, list[Execution]] = {}
    for fill in fills:
        by_order.setdefault(fill.order_id, []).append(fill)
    orders = store.orders("1 order by order_id")
    for order in orders:
        own = by_order.pop(order.order_id, [])
        filled = sum((fill.quantity for fill in own), D(0))
        assert filled == order.executed_quantity <= order.quantity
        assert sum((fill.quantity * fill.price for fill in own), D(0)) == order.executed_amount
        assert (order.status == "FilledStatus") == (filled == order.quantity)
        if order.status in {"RejectedStatus", "CanceledStatus", "ExpiredStatus"}:
            assert not own
        history = store.events(order.order_id)
        assert sum(event.msg.startswith("Execution of ") for event in history) == len(own)
        assert history[0].status == order.status or history[0].status == "ReplacedStatus"
    assert by_order == {}
    assert all(first.order_id < second.order_id for first, second in pairwise(orders))
    assert len({fill.trade_id for fill in fills}) == len(fills)
