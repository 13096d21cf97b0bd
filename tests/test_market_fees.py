"""Fees against numbers worked by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import soak

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market import fees
from jupyter_openapi.market.fees import BrokerFees
from jupyter_openapi.market.worth import Instrument

D = Decimal
TODAY = date(2026, 11, 20)


def amounts(symbol: str, side: str, quantity: str, price: str, on: date = TODAY) -> dict[str, str]:
    return {fee.code: f"{fee.amount}" for fee in fees.estimate(symbol, side, D(quantity), D(price), on)}


def test_a_lot_of_tencent() -> None:
    # HKD 60,000: 0.1%, 0.0027%, 0.00015%, 0.00565%, 0.0042%, and the platform's 15.
    expected = {
        "STAMP_DUTY": "60.00",
        "SFC_LEVY": "1.62",
        "AFRC_LEVY": "0.09",
        "TRADING_FEE": "3.39",
        "SETTLEMENT_FEE": "2.52",
        "PLATFORM_FEE": "15.00",
    }
    assert amounts("700.HK", "Buy", "100", "600") == expected
    assert amounts("700.HK", "Sell", "100", "600") == expected
    found = fees.estimate("700.HK", "Buy", D(100), D(600), TODAY)
    assert fees.total(found) == D("82.62")
    assert {fee.currency for fee in found} == {"HKD"}
    assert [fee.code for fee in found if not fee.confirmed] == ["PLATFORM_FEE"]
    assert {fee.code: fee.category for fee in found}["PLATFORM_FEE"] == "BROKER_FEES"
    assert {fee.category for fee in found[:-1]} == {"THIRD_FEES"}


def test_stamp_duty_goes_up_to_the_next_dollar() -> None:
    assert amounts("5.HK", "Buy", "400", "110.1")["STAMP_DUTY"] == "45.00"  # 44.04
    assert amounts("5.HK", "Buy", "400", "110")["STAMP_DUTY"] == "44.00"


def test_levies_go_to_the_nearest_cent() -> None:
    # 200 at 42.02 is 8,404: x 0.000027 = 0.2269; x 0.0000015 = 0.0126; x 0.0000565 = 0.4748;
    # x 0.000042 = 0.3530
    found = amounts("1810.HK", "Buy", "200", "42.02")
    assert found["SFC_LEVY"] == "0.23"
    assert found["AFRC_LEVY"] == "0.01"
    assert found["TRADING_FEE"] == "0.47"
    assert found["SETTLEMENT_FEE"] == "0.35"


@pytest.mark.parametrize("symbol", ["2800.HK", "823.HK"])
def test_funds_and_reits_pay_no_stamp_duty(symbol: str) -> None:
    assert "STAMP_DUTY" not in amounts(symbol, "Buy", "500", "26")


def test_an_unknown_security_counts_as_subject_to_stamp_duty() -> None:
    assert amounts("1234.HK", "Buy", "1000", "1")["STAMP_DUTY"] == "1.00"


def test_the_settlement_fee_changed_in_june_2025() -> None:
    before, after = date(2025, 6, 29), date(2025, 6, 30)
    assert amounts("700.HK", "Buy", "100", "600", before)["SETTLEMENT_FEE"] == "2.00"  # 1.20, at least 2
    assert amounts("700.HK", "Buy", "10000", "600", before)["SETTLEMENT_FEE"] == "100.00"  # 120, at most 100
    assert amounts("700.HK", "Buy", "2000", "600", before)["SETTLEMENT_FEE"] == "24.00"
    assert amounts("700.HK", "Buy", "100", "600", after)["SETTLEMENT_FEE"] == "2.52"


def test_us_purchases_are_free_and_sales_are_not() -> None:
    assert amounts("AAPL.US", "Buy", "100", "270") == {}
    # 27,000 x 20.60 per million = 0.5562, up to 0.56; 100 x 0.000195 = 0.0195, up to 0.02
    assert amounts("AAPL.US", "Sell", "100", "270") == {"SEC_FEE": "0.56", "TAF": "0.02"}
    [sec, _] = fees.estimate("AAPL.US", "Sell", D(100), D(270), TODAY)
    assert sec.currency == "USD"


@pytest.mark.parametrize(
    ("on", "sec"),
    [
        (date(2025, 5, 13), "27.80"),
        (date(2025, 5, 14), None),
        (date(2026, 4, 3), None),
        (date(2026, 4, 4), "20.60"),
    ],
)
def test_the_sec_fee_by_date(on: date, sec: str | None) -> None:
    assert amounts("AAPL.US", "Sell", "10000", "100", on).get("SEC_FEE") == sec


@pytest.mark.parametrize(
    ("on", "taf", "most"),
    [
        (date(2025, 12, 31), "1.66", "8.30"),
        (date(2026, 1, 1), "1.95", "9.79"),
        (date(2027, 6, 1), "2.32", "11.61"),
        (date(2028, 1, 1), "2.40", "12.05"),
    ],
)
def test_the_taf_by_date_and_its_cap(on: date, taf: str, most: str) -> None:
    assert amounts("AAPL.US", "Sell", "10000", "100", on)["TAF"] == taf
    assert amounts("AAPL.US", "Sell", "1000000", "100", on)["TAF"] == most


def test_nothing_filled_costs_nothing() -> None:
    assert fees.charges("700.HK", "Buy", D(0), D(0), TODAY) == []


def test_other_markets_have_no_fees() -> None:
    with pytest.raises(RequestRefused, match="only HK and US"):
        fees.estimate("600519.SH", "Buy", D(100), D(1500), TODAY)


@given(
    st.sampled_from(["700.HK", "2800.HK", "AAPL.US"]),
    st.sampled_from(["Buy", "Sell"]),
    st.integers(1, 10**6),
    st.decimals("0.01", "9000", places=2),
    st.dates(date(2024, 1, 1), date(2028, 12, 31)),
)
@settings(max_examples=soak(1000))
def test_fees_are_money_and_grow_with_the_order(
    symbol: str, side: str, quantity: int, price: D, on: date
) -> None:
    small = fees.estimate(symbol, side, D(quantity), price, on)
    assert all(fee.amount > 0 and fee.amount == fee.amount.quantize(D("0.01")) for fee in small)
    assert fees.total(small) <= fees.total(fees.estimate(symbol, side, D(2 * quantity), price, on))
    assert small == fees.charges(symbol, side, D(quantity), quantity * price, on)


def test_warrants_and_bull_bear_contracts_pay_no_stamp_duty_but_the_levies() -> None:
    for symbol in ("13579.HK", "55555.HK"):
        found = fees.regulatory(fees.estimate(symbol, "Buy", D(100_000), D("0.6"), TODAY))
        assert {fee.code: str(fee.amount) for fee in found} == {
            "SFC_LEVY": "1.62",
            "AFRC_LEVY": "0.09",
            "TRADING_FEE": "3.39",
            "SETTLEMENT_FEE": "2.52",
        }


def test_an_options_fees_are_by_contract_and_its_worth_by_the_multiplier() -> None:
    # 200 contracts at 12.50 are worth 250,000: x 20.60 per million = 5.15; 200 x 0.00329 = 0.658, up to 0.66;
    # 200 x 0.025 = 5.00.
    assert amounts("AAPL270115C260000.US", "Sell", "200", "12.5") == {
        "SEC_FEE": "5.15",
        "TAF": "0.66",
        "OCC_FEE": "5.00",
    }
    assert amounts("AAPL270115C260000.US", "Buy", "5000", "12.5") == {"OCC_FEE": "55.00"}


@pytest.mark.parametrize("symbol", ["4246.HK", "HSI.HK", "AAPL1270115C260000.US"])
def test_fees_of_what_is_not_known_are_not_known(symbol: str) -> None:
    with pytest.raises(RequestRefused, match="are not known"):
        fees.estimate(symbol, "Buy", D(1000), D(1), TODAY)


def test_the_currency_of_fees_is_the_securitys() -> None:
    found = fees.estimate("80700.HK", "Buy", D(100), D(550), TODAY, Instrument("80700.HK", "CNY"))
    assert {fee.currency for fee in found} == {"CNY"}


def test_the_brokers_own_fees_as_the_user_states_them() -> None:
    own = BrokerFees.of("US", {"per_share": "0.005", "minimum": 1, "per_order": "0.50"})
    assert own.charge(D(10), D(2700)) == D("1.00")
    assert own.charge(D(1000), D(270_000)) == D("5.50")
    assert BrokerFees.of("HK", 15).charge(D(100), D(60_000)) == D("15.00")
    assert BrokerFees.of("HK", {"rate": "0.0003"}).charge(D(100), D(60_000)) == D("18.00")
    for wrong in ({"commission": 1}, {"rate": -1}, "many", True):
        with pytest.raises(RequestRefused, match=r"fees\['HK'\] takes per_order"):
            BrokerFees.of("HK", wrong)
