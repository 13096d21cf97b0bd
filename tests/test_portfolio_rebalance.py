"""Rebalancing: laws that hold for any account, hand-worked plans, and the way through the sandbox."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import soak
from support.accounts import FakeAccount, offline, quote, stock
from support.sandbox import start_sandbox

from jupyter_openapi import Client, Credentials, portfolio
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market.fees import BrokerFees
from jupyter_openapi.market.money import ZERO, exactly
from jupyter_openapi.portfolio import IncompleteWarning
from jupyter_openapi.portfolio.lot_plan import Line, Plan, planned


class Fees:
    """What an order costs: a minimum, and a part of its value; sales cost more."""

    def __init__(self, price: Decimal, least: Decimal, rate: Decimal) -> None:
        self.price, self.least, self.rate = price, least, rate

    def __call__(self, side: str, quantity: Decimal) -> Decimal:
        if not quantity:
            return ZERO
        rate = self.rate * (2 if side == "Sell" else 1)
        return max(self.least, (quantity * self.price * rate).quantize(Decimal("0.01")))


@st.composite
def lines(draw: st.DrawFn) -> list[Line]:
    found = []
    for number in range(draw(st.integers(1, 6))):
        price = draw(st.decimals("0.01", "2000", places=2))
        lot = draw(st.sampled_from([1, 100, 400, 1000]))
        held = Decimal(draw(st.integers(0, 20_000)))
        fee = Fees(price, draw(st.decimals("0", "30", places=2)), draw(st.decimals("0", "0.005", places=4)))
        found.append(
            Line(
                f"{number}.HK",
                draw(st.sampled_from(["HKD", "USD"])),
                price,
                lot,
                held,
                held * draw(st.integers(0, 10)) // 10,
                draw(st.decimals("0", "3000000", places=2)),
                fee,
            )
        )
    return found


MONEY = st.fixed_dictionaries(
    {"HKD": st.decimals("0", "3000000", places=2), "USD": st.decimals("0", "300000", places=2)}
)
RESERVES = st.fixed_dictionaries(
    {}, optional={"HKD": st.decimals("0", "100000", places=2), "USD": st.decimals("0", "10000", places=2)}
)


def held_after(line: Line, plan: Plan) -> Decimal:
    signs = {"Buy": 1, "Sell": -1}
    return line.held + sum(
        (signs[order.side] * order.quantity for order in plan.orders if order.symbol == line.symbol), ZERO
    )


@settings(max_examples=soak(3000))
@given(lines(), MONEY, RESERVES)
def test_no_plan_breaks_a_law(
    some: list[Line], cash: dict[str, Decimal], reserve: dict[str, Decimal]
) -> None:
    with exactly():
        plan = planned(some, cash, reserve)
        by_symbol = {line.symbol: line for line in some}
        sides = [order.side for order in plan.orders]
        assert sides == sorted(sides, reverse=True)  # sales first
        assert len({order.symbol for order in plan.orders}) == len(plan.orders)
        for order in plan.orders:
            line = by_symbol[order.symbol]
            assert order.quantity > 0
            assert order.quantity % line.lot == 0
            assert order.fee == line.fee(order.side, order.quantity)
            if order.side == "Sell":
                assert order.quantity <= line.available
                assert held_after(line, plan) >= line.wanted
        for line in some:
            after = held_after(line, plan)
            # Never more than a lot beyond its target, but for what can't be sold, or is not worth its fee.
            if after > line.held:
                assert after * line.price <= line.target + line.lot * line.price
        for currency, money in cash.items():
            mine = [order for order in plan.orders if by_symbol[order.symbol].currency == currency]
            assert plan.cash[currency] == money + sum((order.cash for order in mine), ZERO)
            assert plan.cash[currency] >= 0
            if any(order.side == "Buy" for order in mine):
                assert plan.cash[currency] >= reserve.get(currency, ZERO)


@settings(max_examples=soak(1000))
@given(lines(), MONEY)
def test_what_is_left_buys_no_whole_lot_that_is_missing(some: list[Line], cash: dict[str, Decimal]) -> None:
    with exactly():
        plan = planned(some, cash, {})
        bought = {order.symbol: order.quantity for order in plan.orders if order.side == "Buy"}
        for line in some:
            if line.lots(line.wanted - held_after(line, plan)):
                count = int(bought.get(line.symbol, ZERO)) // line.lot
                assert line.cost(count + 1) - line.cost(count) > plan.cash[line.currency]


@settings(max_examples=soak(500))
@given(lines())
def test_with_money_for_all_each_target_is_less_than_a_lot_away(some: list[Line]) -> None:
    with exactly():
        plan = planned(some, {"HKD": Decimal(10**9), "USD": Decimal(10**9)}, {})
        for line in some:
            if line.wanted > line.held:
                assert abs(held_after(line, plan) - line.wanted) <= line.lot


def free(_side: str, _quantity: Decimal) -> Decimal:
    return ZERO


def test_the_last_lot_goes_to_the_largest_shortfall() -> None:
    one = Line("1.HK", "HKD", Decimal(10), 100, ZERO, ZERO, Decimal(2900), free)  # 2 lots, 900 short
    two = Line("2.HK", "HKD", Decimal(10), 100, ZERO, ZERO, Decimal(2400), free)  # 2 lots, 400 short
    plan = planned([one, two], {"HKD": Decimal(10_000)}, {})
    assert [(order.symbol, order.quantity) for order in plan.orders] == [("1.HK", 300), ("2.HK", 200)]
    # A shortfall alone is less than a lot: nothing is bought beyond what the weights ask for.
    plan = planned([one], {"HKD": Decimal(10_000)}, {})
    assert [order.quantity for order in plan.orders] == [200]


# From an account


def account(**more: Any) -> FakeAccount:
    """HKD 60,000 in 700.HK, 40,000 in cash: net assets 100,000; and USD where asked for."""
    client = FakeAccount(
        [stock("700.HK", "100", "500", "100")],
        quotes=[quote("700.HK", "600", "590"), quote("5.HK", "100", "100"), quote("AAPL.US", "250", "250")],
        cash={"HKD": "40000"},
        statics={
            symbol: {"currency": "USD" if symbol.endswith("US") else "HKD"}
            for symbol in ("700.HK", "5.HK", "AAPL.US")
        },
        **more,
    )
    client.fees = {  # type: ignore[attr-defined]
        "HK": BrokerFees(per_order=Decimal(15)), "US": BrokerFees(per_order=Decimal(1))
    }  # fmt: skip
    return client


def test_a_plan_by_hand() -> None:
    frame = portfolio.rebalance_plan(account(), {"5.HK": 0.3, "700.HK": 0.6})
    rows = frame.set_index("symbol")
    assert rows.loc["700.HK", ["side", "quantity"]].tolist() == ["", 0]
    # 30,000 of it: 300 shares would be 300; its lot is 400, and 40,000 with the fees is more than the cash.
    assert rows.loc["5.HK", ["side", "quantity", "lot_size"]].tolist() == ["", 0, 400]
    rows = portfolio.rebalance_plan(account(), {"700.HK": 0}, reserve=5000).set_index("symbol")
    sale = rows.loc["700.HK"]
    assert (sale.side, sale.quantity, sale.after, sale.weight_after) == ("Sell", 100, 0, 0)
    known = portfolio.rebalance_plan(account(), {"700.HK": 0}).attrs["openapi"]
    assert float(known["cash_after"]["HKD"]) == pytest.approx(100_000 - sale.fees)
    assert sale.fees > 15 + 60  # the broker's as stated, and the stamp duty


def test_each_currency_pays_with_its_own_cash() -> None:
    client = account()
    client.cash["USD"] = "3000"
    frame = portfolio.rebalance_plan(client, {"AAPL.US": 0.5})
    row = frame.iloc[0]
    assert (row.side, row.quantity) == ("Buy", 11)  # 11 x 250 and fees of less than 250
    assert frame.attrs["openapi"]["left_alone"] == ["700.HK"]
    assert frame.attrs["openapi"]["missing"] == ["too little cash of its currency for AAPL.US"]
    frame = portfolio.rebalance_plan(client, {"AAPL.US": 0.5}, reserve={"USD": 1000})
    assert frame["quantity"].tolist() == [7]


@pytest.mark.parametrize(
    ("weights", "more", "words"),
    [
        ({}, {}, "weights are symbols and shares"),
        ({"700.HK": 1.2}, {}, r"The weight of 700\.HK is a number from 0 to 1, not 1\.2"),
        ({"700.HK": "much"}, {}, "not 'much'"),
        ({"700.HK": 0.6, "5.HK": 0.6}, {}, r"The weights are 1\.2000 in all"),
        ({"700": 0.6}, {}, r"type 700\.HK"),
        ({"AAPL270115C260000.US": 0.1}, {}, "is an option: weights are of shares"),
        ({"700.HK": 0.6}, {"reserve": -5}, "reserve is an amount of 0 or more"),
        ({"700.HK": 0.6}, {"reserve": {"HKDX": 5}}, "is a code such as HKD"),
        ({"9988.HK": 0.6}, {}, r"Not known for 9988\.HK: its last price"),
        ({"700.HK": 0.6}, {"base_currency": "JPY"}, "net assets are not known: no rate for HKD into JPY"),
    ],
)
def test_what_can_not_be_planned_is_refused(weights: Any, more: dict[str, Any], words: str) -> None:
    with pytest.raises(RequestRefused, match=words):
        portfolio.rebalance_plan(account(), weights, **more)


def test_half_an_account_is_not_rebalanced() -> None:
    for name in ("account_balance", "stock_positions"):
        with pytest.raises(RequestRefused, match="net assets are not known"):
            portfolio.rebalance_plan(account(fails={name: offline(name)}), {"700.HK": 0.5})


def test_nothing_to_trade_is_said() -> None:
    with pytest.raises(RequestRefused, match="There is nothing to trade"):
        portfolio.rebalance(account(), {"700.HK": 0.6})
    with pytest.raises(RequestRefused, match="order_type is LO or MO"):
        portfolio.rebalance(account(), {"700.HK": 0.6}, order_type="ELO")


# In the sandbox


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with start_sandbox("--limits", "off", "--start", "2026-11-18T10:30:00+08:00") as sandbox:
        keys = sandbox.credentials
        made = Credentials(keys.app_key, keys.app_secret, keys.access_token)
        with Client(made, "sandbox", sandbox.url, limits=False) as opened:
            yield opened


def orders(client: Client) -> int:
    reply: Any = client.call("today_orders")
    return len(reply.data["orders"])


def test_the_basket_is_a_preview_with_sales_first(client: Client) -> None:
    weights = {"700.HK": 0.05, "9988.HK": 0.3, "AAPL.US": 0.05}
    before = orders(client)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IncompleteWarning)
        basket = portfolio.rebalance(client, weights)
    assert orders(client) == before
    assert not basket.sent
    rows = basket.frame()
    sides = rows["side"].tolist()
    assert sides == sorted(sides, reverse=True)
    assert set(rows["symbol"]) <= set(weights)
    assert "PREVIEW: nothing was sent" in str(basket)
    outcome = basket.send()
    assert outcome["outcome"].tolist() == ["sent"] * len(rows)
    assert orders(client) == before + len(rows)


def test_its_plan_is_what_the_orders_do(client: Client) -> None:
    plan = portfolio.rebalance_plan(client, {"5.HK": 0.2, "TSLA.US": 0.02}, reserve=1000)
    known = plan.attrs["openapi"]
    assert float(known["cash_after"]["HKD"]) >= 1000
    assert (plan["after"] % plan["lot_size"]).eq(0).all()
    signed = plan["quantity"].where(plan["side"] == "Buy", -plan["quantity"])
    assert (plan["held"] + signed).tolist() == plan["after"].tolist()
