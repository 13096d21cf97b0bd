"""What holds for any trades: money and quantities are neither made nor lost, to the last digit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import soak

from jupyter_openapi.market.money import HUNDRED, ZERO, exactly
from jupyter_openapi.portfolio.equity import Point, dietz, linked
from jupyter_openapi.portfolio.executions import Fill
from jupyter_openapi.portfolio.lot_ledger import Opening, Trip, Unmatched, fees_by_trade, play
from jupyter_openapi.portfolio.prices import Price, Rates
from jupyter_openapi.portfolio.valuation import day_result

METHODS = st.sampled_from(["fifo", "average"])
QUANTITIES = st.decimals("0.001", "100000", places=3)
PRICES = st.decimals("0.0001", "10000", places=4)
START = datetime(2026, 11, 2, tzinfo=UTC)


@st.composite
def trades(draw: st.DrawFn, most: int = 12) -> list[Fill]:
    rows = draw(
        st.lists(
            st.tuples(st.sampled_from(["Buy", "Sell"]), QUANTITIES, PRICES, st.integers(0, 4)), max_size=most
        )
    )
    return [
        Fill(f"t{n}", f"o{order}", "700.HK", 1000 + n, quantity, price, side)
        for n, (side, quantity, price, order) in enumerate(rows)
    ]


def cash(fills: list[Fill]) -> Decimal:
    return -sum((fill.signed * fill.price for fill in fills), ZERO)


def realized(done: list[Trip | Unmatched]) -> Decimal:
    return sum((one.realized for one in done if isinstance(one, Trip)), ZERO)


@settings(max_examples=soak(2000))
@given(trades(), METHODS)
def test_realized_is_the_cash_that_flowed_and_the_cost_of_what_is_open(
    fills: list[Fill], method: str
) -> None:
    with exactly():
        book = play(fills, method=method)
        open_cost = sum((lot.cost or ZERO for lot in book.lots), ZERO)
        assert all(isinstance(one, Trip) for one in book.done)
        assert realized(book.done) == cash(fills) + open_cost
        assert book.quantity == sum((fill.signed for fill in fills), ZERO)


@settings(max_examples=soak(1000))
@given(trades())
def test_once_everything_is_closed_both_methods_agree(fills: list[Fill]) -> None:
    with exactly():
        left = sum((fill.signed for fill in fills), ZERO)
        if left:
            side = "Sell" if left > 0 else "Buy"
            fills = [*fills, Fill("last", "last", "700.HK", 9999, abs(left), Decimal("12.34"), side)]
        books = [play(fills, method=method) for method in ("fifo", "average")]
        assert all(not book.lots for book in books)
        assert realized(books[0].done) == realized(books[1].done) == cash(fills)


@settings(max_examples=soak(1000))
@given(trades(), st.data())
def test_a_fill_in_two_parts_earns_what_it_does_in_one(fills: list[Fill], data: st.DataObject) -> None:
    if not fills:
        return
    at = data.draw(st.integers(0, len(fills) - 1))
    whole = fills[at]
    part = (whole.quantity * data.draw(st.sampled_from([Decimal("0.25"), Decimal("0.5")]))).quantize(
        Decimal("1e-6")
    )
    halves = [
        Fill("a", whole.order_id, whole.symbol, whole.at, quantity, whole.price, whole.side)
        for quantity in (part, whole.quantity - part)
        if quantity
    ]
    with exactly():
        one, two = play(fills), play([*fills[:at], *halves, *fills[at + 1 :]])
        assert realized(one.done) == realized(two.done)
        assert one.quantity == two.quantity


@settings(max_examples=soak(1000))
@given(trades(), METHODS, st.decimals("0", "100000", places=3), st.booleans())
def test_no_quantity_is_lost_where_something_is_not_known(
    fills: list[Fill], method: str, before: Decimal, known: bool
) -> None:
    opening = Opening(before if known else None)
    with exactly():
        book = play(fills, opening, method)
        unmatched = [one for one in book.done if isinstance(one, Unmatched)]
        held = (before if known else ZERO) + sum((fill.signed for fill in fills), ZERO)
        # With a known opening quantity, unmatched sales come out of it; without, they are outside the book.
        outside = ZERO if known else sum((one.quantity for one in unmatched), ZERO)
        assert book.quantity + outside == held
        assert known or all(lot.quantity > 0 for lot in book.lots)
        if method == "fifo":
            assert not known or -sum((one.quantity for one in unmatched), ZERO) <= before
            open_cost = sum((lot.cost or ZERO for lot in book.lots), ZERO)
            proceeds = sum((-one.quantity * one.price for one in unmatched), ZERO)
            assert realized(book.done) == cash(fills) - proceeds + open_cost


@settings(max_examples=soak(1000))
@given(trades(), METHODS, st.lists(st.decimals("0", "500", places=2), min_size=5, max_size=5))
def test_fees_add_up_to_the_orders_to_the_last_digit(
    fills: list[Fill], method: str, fees: list[Decimal]
) -> None:
    filled = {f"o{n}": sum((f.quantity for f in fills if f.order_id == f"o{n}"), ZERO) for n in range(5)}
    charged = {order: (fees[n], total) for n, (order, total) in enumerate(filled.items()) if total}
    with exactly():
        spread = fees_by_trade(fills, charged)
        book = play(fills, method=method, fees=spread)
        closed = sum((one.fee or ZERO for one in book.done), ZERO)
        still = sum((lot.fee or ZERO for lot in book.lots), ZERO)
        assert closed + still == sum((fee for fee, _ in charged.values()), ZERO)


@settings(max_examples=soak(1000))
@given(trades(), QUANTITIES, PRICES, PRICES)
def test_the_days_profit_is_the_change_of_value_less_what_was_put_in(
    fills: list[Fill], opening: Decimal, last: Decimal, previous: Decimal
) -> None:
    with exactly():
        now = opening + sum((fill.signed for fill in fills), ZERO)
        day = day_result(opening, now, fills, Price(last, previous, None, Decimal(1)))
        assert day.amount == now * last - opening * previous + cash(fills)


@settings(max_examples=soak(500))
@given(st.lists(st.decimals("1", "1000000", places=2), min_size=2, max_size=12))
def test_without_deposits_the_index_follows_the_value(values: list[Decimal]) -> None:
    points = [Point(START + timedelta(days=n), value, ZERO, ()) for n, value in enumerate(values)]
    with exactly():
        steps = linked(points)
    for step, value in zip(steps, values, strict=True):
        assert step.index is not None
        assert float(step.index) == pytest.approx(float(HUNDRED * value / values[0]))
        assert step.below is not None
        assert step.below <= 0
    assert max(step.below for step in steps if step.below is not None) == 0


@settings(max_examples=soak(500))
@given(
    st.lists(
        st.tuples(st.decimals("-0.05", "0.05", places=4), st.decimals("-1000", "100000", places=2)),
        max_size=8,
    )
)
def test_deposits_at_the_end_of_a_day_do_not_move_the_index(days: list[tuple[Decimal, Decimal]]) -> None:
    value, index = Decimal(1_000_000), HUNDRED
    points = [Point(START, value, ZERO, ())]
    for n, (gain, deposit) in enumerate(days, 1):
        at = START + timedelta(days=n)
        value, index = value * (1 + gain) + deposit, index * (1 + gain)
        points.append(Point(at, value, ZERO, ((at, deposit),)))
    with exactly():
        last = linked(points)[-1].index
    assert last is not None
    assert float(last) == pytest.approx(float(index))


def test_a_deposit_counts_for_the_time_it_was_there() -> None:
    # 100 all along, 100 more for half the time, 15 earned: 15 on 150.
    start = Point(START, Decimal(100), ZERO, ())
    end = Point(START + timedelta(days=2), Decimal(215), ZERO, ())
    flows = [(START + timedelta(days=1), Decimal(100))]
    assert dietz(start, end, flows) == Decimal("0.1")
    assert dietz(start, end, None) is None
    assert dietz(start, start, flows) is None


@settings(max_examples=soak(500))
@given(st.lists(st.decimals("0.01", "100", places=4), min_size=2, max_size=5))
def test_any_two_currencies_that_share_a_third_have_a_rate_and_its_inverse(rates: list[Decimal]) -> None:
    names = ["HKD", *(f"C{n:02d}" for n in range(len(rates)))]
    known = Rates({(name, "HKD"): rate for name, rate in zip(names[1:], rates, strict=True)})
    for one, other in pairwise(names):
        there, back = known.rate(one, other), known.rate(other, one)
        assert there is not None
        assert back is not None
        assert float(there * back) == pytest.approx(1)
    assert known.rate("HKD", "SGD") is None
