"""Orders in words, as their previews say them: every order type, how long it lasts and in which hours."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from jupyter_openapi.market.order_rules import all_rules
from jupyter_openapi.market.orders import check
from jupyter_openapi.trading.describe import (
    LastPrice,
    about_price,
    describe_order,
    describe_standing,
    last_price,
)
from jupyter_openapi.trading.order_state import describe_progress

VALUES = {
    "submitted_price": "600", "trigger_price": "590", "trailing_amount": "5", "trailing_percent": "3",
    "limit_offset": "0.5", "limit_depth_level": -2, "monitor_price": "595", "trigger_count": 2,
}  # fmt: skip
LASTS = {
    "today only": {"time_in_force": "Day"},
    "until cancelled": {"time_in_force": "GTC"},
    "until 2026-12-31": {"time_in_force": "GTD", "expire_date": "2026-12-31"},
}
HOURS = {
    "": {},
    "regular hours only": {"outside_rth": "RTH_ONLY"},
    "also before and after hours": {"outside_rth": "ANY_TIME"},
    "in the overnight session": {"outside_rth": "OVERNIGHT"},
}
SAID = {
    "submitted_price": r" at 600\.00 (HKD|USD)",
    "trigger_price": r"once the price touches 590\.00 (HKD|USD)",
    "trailing_amount": r"once the price is 5\.00 (HKD|USD) (above its lowest|below its highest)",
    "trailing_percent": r"once the price is 3% (above its lowest|below its highest)",
    "limit_offset": r"then with a limit 0\.50 (HKD|USD) away from that price",
    "limit_depth_level": r"then with a limit from level 2 of the bids",
    "monitor_price": r"watched once the price reaches 595\.00 (HKD|USD)",
    "trigger_count": r"touched 2 times within a minute",
}


@pytest.mark.parametrize("side", ["Buy", "Sell"])
@pytest.mark.parametrize(("code", "market"), [(c, m) for c, r in all_rules().items() for m in r.markets])
def test_every_order_is_said_whole_and_in_words(code: str, market: str, side: str) -> None:
    rules, seen = all_rules()[code], 0
    symbol = "700.HK" if market == "HK" else "AAPL.US"
    own = [name for name in rules.fields if name != "limit_depth_level"]
    for limit in set(rules.one_of) or {""}:
        names = [name for name in own if name not in rules.one_of] + [limit] * bool(limit)
        for lasting, time in LASTS.items():
            for hours, outside in HOURS.items():
                fields: dict[str, Any] = {"symbol": symbol, "order_type": code, "side": side}
                fields |= {"submitted_quantity": "100", **{name: VALUES[name] for name in names}}
                fields |= {**time, **outside}
                if check(fields):
                    continue  # the market does not take it so
                said = describe_order(fields)
                assert said.startswith(f"{side} 100 {symbol}, ")
                assert said.count(f"({code})") == 1
                assert f", {lasting}" in said
                assert said.endswith(f", {hours}" if hours else f", {lasting}")
                for name in names:
                    assert re.search(SAID[name], said), (name, said)
                assert not re.search(r"_|None|\bpercent \(|\{|\}|, ,|\. ", said), said
                seen += 1
    assert seen >= len(LASTS) if market == "HK" else seen > 0


@pytest.mark.parametrize(("side", "turn"), [("Buy", "above its lowest"), ("Sell", "below its highest")])
def test_a_trailing_order_says_which_way_the_price_must_turn(side: str, turn: str) -> None:
    order = {"symbol": "700.HK", "side": side, "order_type": "TSLPPCT", "submitted_quantity": "100"}
    said = describe_order({**order, "trailing_percent": "0.50", "limit_offset": "1", "time_in_force": "GTC"})
    assert said == (
        f"{side} 100 700.HK, trailing by percent, then limit (TSLPPCT), once the price is 0.5% {turn}, "
        "then with a limit 1.00 HKD away from that price, until cancelled"
    )


def test_an_order_that_waits_is_told_with_what_it_waits_for() -> None:
    order = {"symbol": "700.HK", "side": "Sell", "quantity": "200", "executed_quantity": "0", "price": "0"}
    order |= {"currency": "HKD", "status": "VarietiesNotReported"}
    start = "Sell 700.HK: total 200, 0 filled, 200 left"
    waits = "(waiting for its trigger)"
    assert describe_standing({**order, "trigger_price": "590"}) == f"{start}, trigger 590.00 HKD {waits}"
    assert describe_standing({**order, "trailing_percent": "3"}) == f"{start}, trailing 3% {waits}"
    assert describe_standing({**order, "trailing_amount": "2.5"}) == f"{start}, trailing 2.50 HKD {waits}"
    assert describe_standing({**order, "status": "Newest"}) == f"{start} (Newest)"


@pytest.mark.parametrize("odd", [None, "", "n/a", "NaN"])
def test_a_number_that_is_not_known_is_not_shown_as_0(odd: str | None) -> None:
    order = {"symbol": "700.HK", "side": "Buy", "quantity": "200", "executed_quantity": odd, "status": "x"}
    assert describe_standing(order) == "Buy 700.HK: total 200, ? filled, ? left (x)"
    assert describe_progress(order).startswith("Buy 700.HK: ? of 200 filled")
    order |= {"quantity": odd, "executed_quantity": "100"}
    assert describe_standing(order) == "Buy 700.HK: total ?, 100 filled, ? left (x)"

    def read(_name: str, _arguments: object) -> Any:
        return {"secu_quote": [{"symbol": "700.HK", "last_done": "600", "timestamp": odd}]}

    assert last_price(read, "700.HK").said == "600.00 HKD, its time is not known"


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ("101", "1.00% above it"),
        ("99.5", "0.50% below it"),
        ("100.006", "0.01% above it"),
        ("100.001", ""),  # no "0.00% above"
        ("100", ""),
    ],
)
def test_a_limit_is_compared_with_the_last_price(limit: str, said: str) -> None:
    order = {"symbol": "AAPL.US", "submitted_price": limit, "submitted_quantity": "1", "side": "Buy"}
    line = dict(about_price(order, LastPrice(Decimal(100), "100.00 USD")))["last price"]
    assert line == (f"100.00 USD; your limit is {said}" if said else "100.00 USD")
