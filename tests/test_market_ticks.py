"""Price steps: the tables' boundaries, their dates, and the laws of a ladder."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import soak
from support.values import on_tick

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market import ticks
from jupyter_openapi.market.orders import check_ticks
from jupyter_openapi.market.symbols import SECURITIES, pays_stamp_duty, product_of, table_of

D = Decimal

CLASSIC, PHASE1, PHASE2 = date(2025, 8, 3), date(2025, 8, 4), date(2026, 8, 3)
TODAY = date(2026, 11, 20)

# Upper bound of each band (inclusive in Hong Kong) and its tick, as HKEX prints them.
PART_A = {
    CLASSIC: "0.25:0.001 0.5:0.005 10:0.01 20:0.02 100:0.05 200:0.1 500:0.2 1000:0.5 2000:1 5000:2 9995:5",
    PHASE1: "0.25:0.001 0.5:0.005 20:0.01 50:0.02 100:0.05 200:0.1 500:0.2 1000:0.5 2000:1 5000:2 9995:5",
    PHASE2: "0.25:0.001 10:0.005 20:0.01 50:0.02 100:0.05 200:0.1 500:0.2 1000:0.5 2000:1 5000:2 9995:5",
}
PART_D = "1:0.001 5:0.002 10:0.005 20:0.01 100:0.02 200:0.05 500:0.1 1000:0.2 2000:0.5 5000:1 9999:1"


def bands(text: str) -> list[tuple[D, D]]:
    return [(D(upper), D(tick)) for upper, tick in (pair.split(":") for pair in text.split())]


@pytest.mark.parametrize(("on", "table"), [*PART_A.items(), (date(2026, 8, 2), PART_A[PHASE1])])
def test_part_a_by_date_and_boundary(on: date, table: str) -> None:
    rows = bands(table)
    for (upper, tick), (_, above) in zip(rows, [*rows[1:], (None, None)], strict=True):
        # The bound belongs to the band below it.
        assert ticks.tick("HK", upper, on) == tick
        assert on_tick("HK", upper, on)
        assert ticks.step("HK", upper, -1, on) == upper - tick
        assert not on_tick("HK", upper - tick / 2, on)
        if above is None:
            assert not on_tick("HK", upper + tick, on)
            assert ticks.step("HK", upper, 1, on) == upper
        else:
            assert ticks.tick("HK", upper + above, on) == above
            assert ticks.step("HK", upper, 1, on) == upper + above
            assert ticks.step("HK", upper, 2, on) == upper + 2 * above
            assert not on_tick("HK", upper + above / 2, on)


def test_part_d_for_funds() -> None:
    rows = bands(PART_D)
    for upper, tick in rows:
        assert ticks.tick("2800.HK", upper, TODAY) == tick
        assert on_tick("HK", upper, TODAY, table="part_d_etp")
    assert ticks.tick("2800.HK", D("26"), TODAY) == D("0.02")
    assert ticks.tick("HK", D("26"), TODAY, table="part_d_etp") == D("0.02")
    assert ticks.tick("2800.HK", D("60"), TODAY) == D("0.02")
    assert ticks.tick("700.HK", D("60"), TODAY) == D("0.05")


def test_the_versions_change_what_is_valid() -> None:
    cases = {"15.01": (False, True, True), "30.02": (False, True, True), "5.005": (False, False, True)}
    for price, expected in cases.items():
        found = tuple(on_tick("5.HK", D(price), on) for on in (CLASSIC, PHASE1, PHASE2))
        assert found == expected, price


def test_table_date() -> None:
    assert ticks.ladder("HK", CLASSIC).since is None
    assert ticks.ladder("HK", PHASE1).since == PHASE1
    assert ticks.ladder("HK", date(2026, 8, 2)).since == PHASE1
    assert ticks.ladder("700.HK", TODAY).since == PHASE2
    assert ticks.ladder("US", TODAY).since is None
    assert ticks.ladder("2800.HK", TODAY).since == date(2020, 6, 1)
    assert ticks.ladder("2800.HK", date(2019, 1, 1)).since == date(2020, 6, 1)


def test_us_prices_below_and_from_one_dollar() -> None:
    assert ticks.tick("US", D("0.9999"), TODAY) == D("0.0001")
    assert ticks.tick("AAPL.US", D("1"), TODAY) == D("0.01")
    assert on_tick("US", D("0.9999"), TODAY)
    assert not on_tick("US", D("1.0001"), TODAY)
    assert ticks.step("US", D("1"), -1, TODAY) == D("0.9999")
    assert ticks.step("US", D("0.9999"), 1, TODAY) == D("1")
    assert ticks.nearest("US", D("270.123"), TODAY) == (D("270.12"), D("270.13"))
    assert on_tick("US", D("123456789.01"), TODAY)
    assert ticks.tick("AAPL.US", D("270"), TODAY, table="part_a") == D("0.01")  # a foreign table is not used


def test_nearest_prices() -> None:
    assert ticks.nearest("700.HK", D("600.3"), TODAY) == (D("600"), D("600.5"))
    assert ticks.nearest("700.HK", D("600.5"), TODAY) == (D("600.5"), D("600.5"))
    assert ticks.nearest("HK", D("0.2503"), TODAY) == (D("0.25"), D("0.255"))
    assert ticks.nearest("HK", D("0.004"), TODAY) == (D("0.01"), D("0.01"))
    assert ticks.nearest("HK", D("12000"), TODAY) == (D("9995"), D("9995"))


def test_every_reference_price_is_valid_today() -> None:
    for symbol, security in SECURITIES.items():
        assert on_tick(symbol, security.ref_price, TODAY), symbol


@pytest.mark.parametrize("market", ["SH", "SG", "600519.SH", "nowhere"])
def test_other_markets_have_no_table(market: str) -> None:
    with pytest.raises(RequestRefused, match="only for HK and US"):
        ticks.tick(market, D(10), TODAY)


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(RequestRefused, match="part_a, part_d_etp, us"):
        ticks.tick("HK", D(10), TODAY, table="part_c")


ladders = st.sampled_from(
    [ticks.ladder("HK", on, table) for on in (CLASSIC, PHASE1, PHASE2) for table in ("part_a", "part_d_etp")]
    + [ticks.ladder("US", TODAY)]
)
prices = st.decimals("0.0001", "9999", places=4, allow_nan=False, allow_infinity=False)


@given(ladders, prices)
@settings(max_examples=soak(2000))
def test_a_ladders_laws(ladder: ticks.Ladder, price: D) -> None:
    below, above = ladder.price(ladder.below(price)), ladder.price(ladder.above(price))
    assert ladder.allows(below)
    assert ladder.allows(above)
    assert ladder.allows(price) == (below == price == above)
    if ladder.lowest <= price <= (ladder.highest or price):
        assert below <= price <= above
        assert above - below in {0, ladder.tick(above), ladder.tick(below)}


@given(ladders, st.integers(0, 20_000))
@settings(max_examples=soak(2000))
def test_rungs_and_prices_are_one_to_one(ladder: ticks.Ladder, rung: int) -> None:
    price = ladder.price(rung)
    assert ladder.allows(price)
    if ladder.highest is None or price < ladder.highest:
        assert ladder.below(price) == ladder.above(price) == rung
        assert ladder.price(rung + 1) > price


@given(st.integers(0, 6000), st.integers(-300, 300), st.integers(-300, 300))
@settings(max_examples=soak(1000))
def test_steps_add_up(rung: int, one: int, other: int) -> None:
    price = ticks.ladder("HK", TODAY).price(rung)
    there = ticks.step("HK", price, one, TODAY)
    if rung + one > 0 and there < 9995:
        assert ticks.step("HK", there, other, TODAY) == ticks.step("HK", price, one + other, TODAY)


def test_steps_from_between_two_prices() -> None:
    assert ticks.step("HK", D("600.3"), 1, TODAY) == D("600.5")
    assert ticks.step("HK", D("600.3"), -1, TODAY) == D("600")
    assert ticks.step("HK", D("600.3"), 0, TODAY) == D("600")


@pytest.mark.parametrize(
    ("price", "allowed"),
    [("0.01", True), ("2.99", True), ("3", True), ("3.01", False), ("12.5", True), ("12.52", False)],
)
def test_options_have_steps_of_their_own(price: str, allowed: bool) -> None:
    on = date(2026, 11, 20)
    assert ticks.ladder("AAPL270115C260000.US", on).allows(D(price)) is allowed
    assert ticks.ladder("SPY270115C600000.US", on).allows(D(price))
    coarse = ticks.ladder("AAPL270115C260000.US", on, "us_option_nickel")
    assert coarse.tick(D("2.95")) == D("0.05")
    assert coarse.tick(D(3)) == D("0.1")


@pytest.mark.parametrize(
    ("symbol", "board", "product", "table", "duty"),
    [
        ("700.HK", "HKEquity", "stock", "part_a", True),
        ("823.HK", "", "reit", "part_a", False),
        ("2823.HK", "HKEquity", "etp", "part_d_etp", False),
        ("7500.HK", "HKEquity", "etp", "part_d_etp", False),
        ("80700.HK", "HKEquity", "stock", "part_a", True),
        ("82800.HK", "HKEquity", "etp", "part_d_etp", False),
        ("13579.HK", "HKWarrant", "warrant", None, False),
        ("13579.HK", "", "warrant", None, False),
        ("55555.HK", "HKWarrant", "cbbc", None, False),
        ("4246.HK", "", "debt", None, None),
        ("1101.HK", "HKWarrant", "", None, None),
        ("HSI.HK", "HKHS", "index", None, None),
        ("AAPL.US", "USMain", "stock", "us", False),
        ("SPY.US", "USMain", "etp", "us", False),
        ("AAPL270115C260000.US", "USOption", "option", "us_option", None),
        ("600519.SH", "", "", None, None),
    ],
)
def test_what_a_security_is_rules_its_steps_and_its_duty(
    symbol: str, board: str, product: str, table: str | None, duty: bool | None
) -> None:
    assert product_of(symbol, board) == product
    assert table_of(symbol, board) == table
    assert pays_stamp_duty(symbol, board) is duty
    fields = {"symbol": symbol, "submitted_price": "0.0333"}
    assert bool(check_ticks(fields, date(2026, 11, 20), board=board)) is (table is not None and table != "us")


def test_steps_that_are_not_known_are_said_so() -> None:
    with pytest.raises(RequestRefused, match=r"price steps of 13579\.HK are not known"):
        ticks.ladder("13579.HK", date(2026, 11, 20))
