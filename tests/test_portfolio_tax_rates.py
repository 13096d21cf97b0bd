"""A tax year's amounts in the base currency: each side of a round trip at the rate of its own day.

The oracle at the end works them out from the trades themselves, in fractions: an open lot is the list of what
it was bought as, unconverted, and is converted only when it closes.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import oracle, soak
from support.accounts import FakeAccount, fill, refused, stock
from test_portfolio_oracle import account_of
from test_portfolio_rates import keep

from jupyter_openapi import portfolio
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.portfolio import IncompleteWarning
from jupyter_openapi.portfolio import snapshot_store as store
from jupyter_openapi.portfolio.positions import owner_of

YEAR = datetime.now(UTC).year - 1
DAY = 86_400
T0 = int(datetime(YEAR, 11, 2, 15, tzinfo=UTC).timestamp())  # 10:00 in New York
OPTION = f"AAPL{YEAR % 100}1204C300000.US"


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def account(*fills: tuple[int, str, str, str, str], symbol: str = "AAPL.US", paid: str = "") -> FakeAccount:
    """An account that traded one security: (days after the first, side, quantity, price, fees)."""
    rows, details = [], {}
    for number, (after, side, quantity, price, fees) in enumerate(fills):
        rows.append(fill(number, symbol, side, quantity, price, T0 + after * DAY))
        charge = {"total_amount": fees, "currency": paid, "items": []}
        details[f"o{number}"] = {"executed_quantity": quantity, "charge_detail": charge}
    currency = "HKD" if symbol.endswith(".HK") else "USD"
    statics = {symbol: {"currency": currency}, "AAPL.US": {"currency": "USD"}}
    options = [{"symbol": OPTION, "option_extend": {"contract_multiplier": "100"}}]
    left = sum(int(quantity) * (1 if side == "Buy" else -1) for _, side, quantity, _, _ in fills)
    held = [stock(symbol, str(left), "1")] if left > 0 else []
    return FakeAccount(held, fills=rows, details=details, statics=statics, options=options)


def by_day(rates: Mapping[int, float], currency: str = "USD") -> pd.DataFrame:
    """Rates by the days after the first."""
    days = [(datetime.fromtimestamp(T0, UTC) + timedelta(days=after)).date() for after in rates]
    return pd.DataFrame({currency: list(rates.values())}, index=pd.DatetimeIndex(days))


def on(after: int) -> pd.Timestamp:
    return pd.Timestamp(datetime.fromtimestamp(T0, UTC).date() + timedelta(days=after))


def quiet(client: FakeAccount, *given: Any, **more: Any) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return portfolio.tax_year(client, YEAR, *given, **more)


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-13, abs=1e-9)


RATES = by_day({0: 7.7, 2: 7.75, 4: 7.9, 30: 8.0})


# By hand


def test_a_purchase_is_at_the_rate_of_its_day_and_the_sale_at_that_of_its_own() -> None:
    client = account((0, "Buy", "100", "10", "1"), (4, "Sell", "100", "12", "2"))
    [row] = quiet(client, rates=RATES).itertuples()
    assert (row.proceeds, row.cost, row.open_fees, row.close_fees, row.fees) == (1200, 1000, 1, 2, 3)
    assert row.gain == 197
    assert (row.cost_rate, row.cost_rate_date) == (7.7, on(0))
    assert (row.proceeds_rate, row.proceeds_rate_date) == (7.9, on(4))
    assert row.cost_base == near(7700)
    assert row.proceeds_base == near(9480)
    assert row.fees_base == near(7.7 + 2 * 7.9)
    assert row.gain_base == near(9480 - 7700 - 23.5)
    # The dollars paid, 1,000 and 1 of fees, were worth 0.2 more when they came back.
    assert row.fx_gain_base == near(1001 * 0.2)


def test_the_same_price_gains_or_loses_by_the_currency_alone() -> None:
    client = account((0, "Buy", "10", "100", "0"), (4, "Sell", "10", "100", "0"))
    [row] = quiet(client, rates=RATES).itertuples()
    assert row.gain == 0
    assert row.gain_base == row.fx_gain_base == near(1000 * 0.2)


def test_a_short_sale_has_its_proceeds_of_the_first_day_and_its_cost_of_the_last() -> None:
    client = account((0, "Sell", "100", "12", "1"), (4, "Buy", "100", "10", "2"))
    [row] = quiet(client, rates=RATES).itertuples()
    assert row.direction == "short"
    assert (row.open_fees, row.close_fees) == (1, 2)
    assert (row.proceeds_rate, row.proceeds_rate_date) == (7.7, on(0))
    assert (row.cost_rate, row.cost_rate_date) == (7.9, on(4))
    assert row.proceeds_base == near(1200 * 7.7)
    assert row.cost_base == near(1000 * 7.9)
    assert row.fees_base == near(7.7 + 2 * 7.9)
    assert row.gain_base == near(9240 - 7900 - 23.5)
    assert row.fx_gain_base == near((1200 - 1) * -0.2)


BOUGHT_TWICE = (
    (0, "Buy", "100", "10", "1"),
    (2, "Buy", "100", "20", "4"),
    (4, "Sell", "150", "30", "3"),
)


def test_each_lot_has_a_day_of_its_own() -> None:
    frame = quiet(account(*BOUGHT_TWICE), rates=RATES)
    assert frame["quantity"].tolist() == [100, 50]
    assert frame["cost_rate"].tolist() == [7.7, 7.75]
    assert frame["cost_rate_date"].tolist() == [on(0), on(2)]
    assert frame["cost_base"].tolist() == [near(1000 * 7.7), near(1000 * 7.75)]
    assert frame["proceeds_base"].tolist() == [near(3000 * 7.9), near(1500 * 7.9)]
    assert frame["open_fees"].tolist() == [1, 2]
    assert frame["close_fees"].tolist() == [2, 1]
    assert frame["fees_base"].tolist() == [near(7.7 + 2 * 7.9), near(2 * 7.75 + 7.9)]


def test_at_average_cost_the_rate_is_the_average_of_what_was_paid() -> None:
    [row] = quiet(account(*BOUGHT_TWICE), method="average", rates=RATES).itertuples()
    paid = (1000 * 7.7 + 2000 * 7.75) * 150 / 200
    assert row.cost == 2250
    assert row.cost_base == near(paid)
    assert row.cost_rate == near(paid / 2250)
    assert pd.isna(row.cost_rate_date)
    assert row.proceeds_rate_date == on(4)
    assert row.fees_base == near((7.7 + 4 * 7.75) * 0.75 + 3 * 7.9)
    # A pool of one day, or of days with one rate, has that.
    [row] = quiet(account(*BOUGHT_TWICE), method="average", rates=by_day({0: 7.7, 4: 7.9})).itertuples()
    assert (row.cost_rate, row.cost_rate_date) == (7.7, on(0))
    about = quiet(account(*BOUGHT_TWICE), method="average", rates=RATES).attrs["openapi"]["notes"]
    said = "At average cost, what several days opened is at the average of their rates, by what was paid."
    assert said in about
    assert said not in quiet(account(*BOUGHT_TWICE), rates=RATES).attrs["openapi"]["notes"]


def test_a_pool_has_the_days_of_what_was_bought_so_far() -> None:
    client = account(
        (0, "Buy", "50", "10", "0"),
        (1, "Buy", "50", "10", "0"),  # still at the rate of the day before
        (2, "Sell", "50", "10", "0"),
        (4, "Buy", "50", "10", "0"),
        (30, "Sell", "100", "10", "0"),
    )
    early, late = quiet(client, method="average", rates=RATES).itertuples()
    assert (early.cost_rate, early.cost_rate_date) == (7.7, on(0))
    assert late.cost_rate == near((7.7 + 7.9) / 2)
    assert pd.isna(late.cost_rate_date)


def test_a_pool_that_was_empty_begins_anew() -> None:
    client = account(
        (0, "Buy", "10", "10", "0"),
        (0, "Sell", "10", "10", "0"),
        (2, "Buy", "10", "10", "0"),
        (4, "Sell", "20", "10", "0"),  # ten more than were held: sold short
        (30, "Buy", "10", "10", "0"),
    )
    frame = quiet(client, method="average", rates=RATES)
    assert frame["direction"].tolist() == ["long", "long", "short"]
    assert frame["cost_rate"].tolist() == [7.7, 7.75, 8.0]
    assert frame["cost_rate_date"].tolist() == [on(0), on(2), on(30)]
    assert frame["proceeds_rate"].tolist() == [7.7, 7.9, 7.9]


def test_an_option_counts_with_its_multiplier_and_ends_worth_nothing() -> None:
    client = account((0, "Sell", "2", "5", "1"), (4, "Buy", "1", "3", "2"), symbol=OPTION)
    client.closes["AAPL.US", f"{YEAR}-12-04"] = "290"
    # No rate of December is needed: what expires worthless is worth nothing in any currency.
    bought, expired = quiet(client, rates=by_day({0: 7.7, 4: 7.9})).itertuples()
    assert bought.proceeds_base == near(500 * 7.7)
    assert bought.cost_base == near(300 * 7.9)
    assert bought.gain_base == near(3850 - 2370 - 0.5 * 7.7 - 2 * 7.9)
    assert (expired.cost_base, expired.close_fees) == (0, 0)
    assert expired.gain_base == near(500 * 7.7 - 0.5 * 7.7)
    assert pd.isna(expired.cost_rate)
    assert pd.isna(expired.fx_gain_base)


def test_a_split_keeps_the_cost_and_the_day() -> None:
    client = account((0, "Buy", "10", "100", "0"), (4, "Sell", "20", "11", "0"))
    client.stocks = [stock("AAPL.US", "80", "10")]
    client.actions["AAPL.US"] = [
        {"date": f"{on(2):%Y%m%d}", "act_type": "Split", "act_desc": "10-for-1 split"}
    ]
    [row] = quiet(client, rates=RATES).itertuples()
    assert (row.quantity, row.cost) == (20, 200)
    assert row.cost_base == near(200 * 7.7)
    assert row.proceeds_base == near(220 * 7.9)


def test_in_its_own_currency_nothing_is_converted_and_no_day_is_told() -> None:
    for client, base in (
        (account(*BOUGHT_TWICE, symbol="700.HK"), "HKD"),
        (account(*BOUGHT_TWICE), "USD"),
    ):
        frame = quiet(client, base_currency=base)
        for name in ("proceeds", "cost", "fees", "gain"):
            assert frame[f"{name}_base"].tolist() == frame[name].tolist()
        assert frame[["proceeds_rate", "cost_rate"]].eq(1).all(axis=None)
        assert frame[["proceeds_rate_date", "cost_rate_date"]].isna().all(axis=None)
        assert frame["fx_gain_base"].eq(0).all()
        assert not any("Amounts in" in line for line in frame.attrs["openapi"]["notes"])


def test_one_rate_for_all_days_converts_all_and_has_no_day() -> None:
    [row] = quiet(
        account((0, "Buy", "100", "10", "1"), (4, "Sell", "100", "12", "2")), rates={"USD": "7.5"}
    ).itertuples()
    assert (row.cost_rate, row.proceeds_rate) == (7.5, 7.5)
    assert row.gain_base == near(197 * 7.5)
    assert row.fx_gain_base == 0
    assert pd.isna(row.cost_rate_date)


@pytest.mark.parametrize("method", ["fifo", "average"])
@pytest.mark.parametrize("rates", [{"USD": "7.83"}, by_day({0: 7.83, 5: 7.83})])
def test_a_currency_that_did_not_move_gained_nothing(method: str, rates: Any) -> None:
    """To the last digit, where a third of an amount is none that ends."""
    fills = [(0, "Buy", "7", "10.01", "1"), (4, "Sell", "3", "11", "1"), (5, "Sell", "4", "11", "1")]
    frame = quiet(account(*fills), rates=rates, method=method)
    assert frame["fx_gain_base"].tolist() == [0, 0]
    assert frame["cost_base"].sum() == near(70.07 * 7.83)


def test_fees_are_converted_from_the_currency_they_were_charged_in() -> None:
    """Hong Kong dollars into Hong Kong dollars: whatever the dollar was worth, 10 and 20."""
    client = account((0, "Buy", "100", "10", "10"), (4, "Sell", "100", "12", "20"), paid="HKD")
    frame = quiet(client, rates=RATES)
    [row] = frame.itertuples()
    said = "fees_base is of the fees as they were charged, from that currency at the rate of the day."
    assert said in frame.attrs["openapi"]["notes"]
    assert said not in quiet(account(*BOUGHT_TWICE), rates=RATES).attrs["openapi"]["notes"]
    assert row.fees_base == near(30)
    assert row.gain_base == near(9480 - 7700 - 30)
    client = account((0, "Buy", "1", "10", "10"), (4, "Sell", "1", "12", "20"), symbol="700.HK", paid="USD")
    [row] = quiet(client, rates=RATES).itertuples()
    assert row.fees_base == near(77 + 20 * 7.9)
    client = account((0, "Buy", "1", "10", "10"), (4, "Sell", "1", "12", "20"), symbol="700.HK", paid="USD")
    keep(client, T0, "7.6")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IncompleteWarning)
        [row] = portfolio.tax_year(client, YEAR).itertuples()
    assert row.fees_base == near(76 + 20 * 7.6)


# Rates that are not known


def test_a_day_without_a_rate_has_no_amount_and_is_named() -> None:
    client = account(*BOUGHT_TWICE)
    with pytest.warns(IncompleteWarning, match=f"no rate for USD into HKD on {on(0):%Y-%m-%d}") as said:
        frame = portfolio.tax_year(client, YEAR, rates=by_day({2: 7.75, 4: 7.9}))
    assert len(said) == 1
    assert f"{on(2):%Y-%m-%d}" not in str(said[0].message)
    assert frame["cost_base"].isna().tolist() == [True, False]
    assert frame["cost_rate"].isna().tolist() == [True, False]
    assert frame["fees_base"].isna().tolist() == [True, False]
    assert frame["gain_base"].isna().tolist() == [True, False]
    assert frame["fx_gain_base"].isna().tolist() == [True, False]
    assert frame["proceeds_base"].tolist() == [near(3000 * 7.9), near(1500 * 7.9)]
    with pytest.warns(IncompleteWarning, match=f"no rate for USD into HKD on {on(0):%Y-%m-%d}") as said:
        [row] = portfolio.tax_year(
            client, YEAR, method="average", rates=by_day({2: 7.75, 4: 7.9})
        ).itertuples()
    assert f"{on(2):%Y-%m-%d}" not in str(said[0].message)
    assert pd.isna(row.cost_base)
    assert pd.isna(row.cost_rate)
    assert row.proceeds_base == near(4500 * 7.9)


def test_without_a_kept_rate_todays_is_taken_and_said() -> None:
    client = account(*BOUGHT_TWICE)
    keep(client, T0 + 2 * DAY, "7.75")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = portfolio.tax_year(client, YEAR)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert frame["cost_rate"].tolist() == [7.8, 7.75]
    assert [f"{day:%Y-%m-%d}" for day in frame["cost_rate_date"]] == [today, f"{on(2):%Y-%m-%d}"]
    assert frame["proceeds_rate"].tolist() == [7.75, 7.75]
    [said] = [line for line in frame.attrs["openapi"]["notes"] if line.startswith("Amounts in HKD")]
    assert said == (
        "Amounts in HKD: 3 at a rate that a snapshot kept in the week before, 1 at the rates of exchange of "
        f"{today}, for no other is known: see proceeds_rate_date, cost_rate_date."
    )
    [said] = [
        line
        for line in quiet(client, method="average").attrs["openapi"]["notes"]
        if line.startswith("Amounts in HKD")
    ]
    assert "1 at a rate that a snapshot kept in the week before, 1 at the rates of exchange" in said


def test_rates_of_days_before_the_tax_year_are_read_as_well() -> None:
    client = account((-200, "Buy", "100", "10", "0"), (4, "Sell", "100", "12", "0"))
    keep(client, T0 - 201 * DAY, "7.1")
    keep(client, T0 + 4 * DAY, "7.9")
    [row] = quiet(client, first_day="07-01").itertuples()
    assert (row.cost_rate, row.cost_rate_date) == (7.1, on(-201))
    assert row.cost_base == near(7100)
    assert row.gain_base == near(1200 * 7.9 - 7100)


def test_what_was_opened_on_an_unknown_day_is_named() -> None:
    client = account((4, "Sell", "100", "12", "0"))
    client.stocks = [stock("AAPL.US", "50", "10", "50")]
    keep(client, T0 + 4 * DAY, "7.9")
    words = r"the rate of exchange of the day on which AAPL\.US was opened"
    with pytest.warns(IncompleteWarning, match=words):
        [row] = portfolio.tax_year(client, YEAR).itertuples()
    assert row.estimated
    assert (row.cost_rate, f"{row.cost_rate_date:%Y-%m-%d}") == (7.8, f"{datetime.now(UTC):%Y-%m-%d}")
    assert (row.proceeds_rate, row.proceeds_rate_date) == (7.9, on(4))
    with pytest.warns(IncompleteWarning, match=words):
        [row] = portfolio.tax_year(client, YEAR, rates=RATES).itertuples()
    assert pd.isna(row.cost_base)
    assert pd.isna(row.gain_base)
    assert row.proceeds_base == near(9480)
    [row] = quiet(client, rates={"USD": 7.8}).itertuples()
    assert row.cost_base == near(7800)


def test_a_day_given_for_what_was_held_before_dates_its_rate_and_its_term() -> None:
    client = account((4, "Sell", "100", "12", "0"))
    client.stocks = [stock("AAPL.US", "50", "10", "50")]
    rates = by_day({-1000: 7.1, 4: 7.9})
    for day in (on(-999), f"{on(-999):%Y-%m-%d}", on(-999).date()):
        [row] = quiet(client, opening={"AAPL.US": (150, "9", day)}, rates=rates).itertuples()
        assert (row.opened_on, row.term, row.estimated) == (on(-999), "long", False)
        assert (row.cost_rate, row.cost_rate_date) == (7.1, on(-1000))
        assert row.cost_base == near(900 * 7.1)
        assert row.gain_base == near(1200 * 7.9 - 900 * 7.1)
    keep(client, T0 - 1000 * DAY, "7.2")
    keep(client, T0 + 4 * DAY, "7.9")
    [row] = quiet(client, opening={"AAPL.US": (150, "9", on(-999))}).itertuples()
    assert (row.cost_rate, row.cost_rate_date) == (7.2, on(-1000))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IncompleteWarning)
        lots = portfolio.lots(client, opening={"AAPL.US": (150, "9", on(-999))})
    assert lots["opened_on"].tolist() == [on(-999)]
    assert (lots["term"].tolist(), lots["cost"].tolist()) == (["long"], [450])
    with pytest.warns(IncompleteWarning, match="the day on which"):
        portfolio.tax_year(client, YEAR, opening={"AAPL.US": (150, "9", None)})


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ((150, "9", "soon"), "opening='soon' is not a time"),
        ((150, "9", "2999-01-01"), "opening .2999-01-01. is in the future"),
        ((150, "9", f"{YEAR}-11-20"), f"AAPL.US was traded on {YEAR}-11-06, before {YEAR}-11-20"),
        ((150, "9", "2020-01-01", 1), "or .quantity, price, day.; not .150"),
        ((150,), "opening holds"),
        ((True, 9), "opening holds"),
        ("15", "opening holds"),
        (15, "opening holds"),
    ],
)
def test_what_is_no_opening_is_refused(told: Any, words: str) -> None:
    client = account((4, "Sell", "100", "12", "0"))
    for ask in (
        lambda: portfolio.tax_year(client, YEAR, opening={"AAPL.US": told}),
        lambda: portfolio.pnl(client, f"{YEAR}-11-01", opening={"AAPL.US": told}),
        lambda: portfolio.lots(client, since=f"{YEAR}-11-01", opening={"AAPL.US": told}),
    ):
        with pytest.raises(RequestRefused, match=words):
            ask()


def test_a_split_of_before_has_happened_to_what_was_held() -> None:
    """100 shares before the first execution are 100, though the share was split years ago."""
    client = account((4, "Sell", "60", "12", "0"))
    client.stocks = [stock("AAPL.US", "40", "10", "40")]
    client.actions["AAPL.US"] = [
        {"date": f"{on(after):%Y%m%d}", "act_type": "Split", "act_desc": "4-for-1 split"}
        for after in (-1500, -700)
    ]
    for told, cost in (
        ((100, "9"), 540),
        ((100, "9", on(-600)), 540),
        ((25, "36", on(-1000)), 540),  # 25 of then are 100 of now
        ((25, "36", on(-701)), 540),
        ((100, "9", on(-700)), 540),  # bought on the morning of the split
    ):
        opening = {"AAPL.US": told}
        [row] = quiet(client, opening=opening, rates={"USD": 7}).itertuples()
        assert (row.quantity, row.cost, row.cost_base) == (60, cost, near(7 * cost))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", IncompleteWarning)
            [trip] = portfolio.pnl(client, f"{YEAR}-11-01", f"{YEAR}-12-01", opening=opening).itertuples()
            [lot] = portfolio.lots(client, opening=opening).itertuples()
        assert trip.realized_pl == 720 - cost
        assert (lot.quantity, lot.cost) == (40, 360)


def test_without_any_rate_nothing_is_converted() -> None:
    client = account(*BOUGHT_TWICE)
    client.fails = {name: refused("no", 403001) for name in ("exchange_rate", "us_exchange_rates")}
    with pytest.warns(IncompleteWarning, match="no rate for USD into HKD on"):
        frame = portfolio.tax_year(client, YEAR)
    assert frame.filter(like="_base").drop(columns="base_currency", errors="ignore").isna().all(axis=None)
    assert frame["gain"].notna().all()


def test_pnl_keeps_one_rate_that_of_closing() -> None:
    client = account((0, "Buy", "100", "10", "1"), (4, "Sell", "100", "12", "2"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        [row] = portfolio.pnl(client, f"{YEAR}-11-01", f"{YEAR}-12-01", rates=RATES).itertuples()
    assert (row.rate, row.rate_date) == (7.9, on(4))
    assert row.net_pl_base == near(197 * 7.9)
    [taxed] = quiet(client, rates=RATES).itertuples()
    assert taxed.gain_base - taxed.fx_gain_base == near(row.net_pl_base)


def test_the_file_has_rates_sums_and_what_they_mean(tmp_path: Path) -> None:
    path = tmp_path / "tax.xlsx"
    frame = quiet(account(*BOUGHT_TWICE), path, rates=RATES)
    book = openpyxl.load_workbook(path)
    head, *rows = book["Trips"].iter_rows(values_only=True)
    assert list(head) == list(frame.columns)
    first = dict(zip(head, rows[0], strict=True))
    assert first["cost_rate"] == 7.7
    assert first["cost_rate_date"].date() == on(0).date()
    assert first["proceeds_rate_date"].date() == on(4).date()
    assert first["fx_gain_base"] == near(1001 * 0.2)
    head, *rows = book["Sums"].iter_rows(values_only=True)
    whole = dict(zip(head, rows[-1], strict=True))
    assert whole["gain_base"] == near(frame["gain_base"].sum())
    assert whole["fx_gain_base"] == near(frame["fx_gain_base"].sum())
    about = [row[0] for row in book["About"].iter_rows(values_only=True)]
    assert (
        "What opened a trip is at the rate of exchange of the day it was opened, its fees included." in about
    )
    assert "Amounts in HKD are at the rates of exchange that were given." in about
    assert not any("converts both sides" in line or "`rate`" in line for line in about)
    [head] = book["Unmatched"].iter_rows(values_only=True)
    assert "net_pl" in head
    assert not {"rate", "rate_date", "net_pl_base"} & set(head)


# Against an oracle of its own

Dated = tuple[Fraction | None, date | None]
Rate = Callable[[str, int | None, oracle.Security], Dated]


@dataclass(frozen=True)
class Piece:
    """A part of what is open, as it was traded: nothing of it is converted."""

    quantity: Fraction  # negative when sold short
    price: Fraction
    fee: Fraction | None
    paid_in: str
    at: int | None

    def part(self, share: Fraction) -> Piece:
        fee = None if self.fee is None else self.fee * share
        return replace(self, quantity=self.quantity * share, fee=fee)


@dataclass(frozen=True)
class Taxed:
    """A round trip in the base currency, and the rates and moments of both sides."""

    day: date
    cost: Fraction | None
    proceeds: Fraction | None
    fees: Fraction | None
    opened: Dated
    closed: Dated


def both(*parts: Fraction | None) -> Fraction | None:
    return None if None in parts else sum((one for one in parts if one is not None), Fraction(0))


def times(amount: Fraction | None, rate: Fraction | None) -> Fraction | None:
    """Nothing is nothing at any rate."""
    return Fraction(0) if amount == 0 else None if amount is None or rate is None else amount * rate


def taxed(known: oracle.Portfolio, one: oracle.Security, rate: Rate) -> list[Taxed]:
    """Follow a security's life; what is open is a list of lots, each a list of pieces."""
    lots: list[list[Piece]] = []
    found: list[Taxed] = []
    if one.opening:
        price = one.cost or Fraction(0)
        for split in one.splits:
            price = price * split.new / split.old
        lots.append([Piece(one.opening, price, Fraction(0), one.currency, None)])
    for at, _, step in one.steps():
        if isinstance(step, oracle.Split):
            change = Fraction(step.new, step.old)
            lots = [
                [replace(p, quantity=p.quantity * change, price=p.price / change) for p in lot]
                for lot in lots
            ]
            continue
        if step is None:
            ended = Piece(-sum_of(lots), Fraction(0), Fraction(0), one.currency, at)
        else:
            fee, paid_in = known.fees[step.number]
            ended = Piece(step.side * step.quantity, step.price, fee, paid_in, at)
        left = ended
        while left.quantity and lots and sum_of(lots[:1]) * left.quantity < 0:
            whole = sum_of(lots[:1])
            size = min(abs(whole), abs(left.quantity))
            share = size / abs(whole)
            mine = [piece.part(share) for piece in lots[0]]
            lots[0] = [piece.part(1 - share) for piece in lots[0]]
            if share == 1:
                lots.pop(0)
            taken = size / abs(left.quantity)
            found.append(converted(one, mine, left.part(taken), rate))
            left = left.part(1 - taken)
        if left.quantity and known.average and lots:
            lots[0].append(left)
        elif left.quantity:
            lots.append([left])
    return found


def sum_of(lots: Iterable[Iterable[Piece]]) -> Fraction:
    return sum((piece.quantity for lot in lots for piece in lot), Fraction(0))


def converted(one: oracle.Security, mine: list[Piece], other: Piece, rate: Rate) -> Taxed:
    def worth(piece: Piece) -> Fraction | None:
        money = abs(piece.quantity) * piece.price * one.multiplier
        return times(money, rate(one.currency, piece.at, one)[0])

    def paid(piece: Piece) -> Fraction | None:
        return times(piece.fee, rate(piece.paid_in or one.currency, piece.at, one)[0])

    opening, closing = both(*map(worth, mine)), worth(other)
    long = other.quantity < 0
    at = other.at or 0
    own = sum((abs(piece.quantity) * piece.price * one.multiplier for piece in mine), Fraction(0))
    rates = {rate(one.currency, piece.at, one) for piece in mine}
    return Taxed(
        one.day(at),
        opening if long else closing,
        closing if long else opening,
        both(*map(paid, [*mine, other])),
        rates.pop() if len(rates) == 1 else (None if opening is None else opening / own, None),
        rate(one.currency, at, one),
    )


Table = dict[str, dict[date, Fraction]]


def table_of(dice: Random, base: str, now: datetime) -> Table:
    """Rates of most days of a year and a bit, with holes of up to a fortnight."""
    made: Table = {}
    for currency in sorted({*oracle.RATES, "JPY"} - {base}):
        about = oracle.RATES.get(currency, Fraction("0.05")) / oracle.RATES[base]
        days: dict[date, Fraction] = {}
        day = now.date() - timedelta(days=oracle.DAYS + 20)
        while day <= now.date():
            days[day] = Fraction(round(about * dice.randint(80, 120) * 1000), 100_000)
            day += timedelta(days=dice.choice([1, 1, 1, 1, 3, 5, dice.choice([1, 14])]))
        made[currency] = days
    return made


def looked_up(table: Table, base: str, fallback: Callable[[str], Dated]) -> Rate:
    """The last rate up to the day of the market, none older than a week; else of the day in UTC."""

    def rate(currency: str, at: int | None, one: oracle.Security) -> Dated:
        if currency == base:
            return Fraction(1), None
        if at is not None:
            for day in (one.day(at), datetime.fromtimestamp(at, UTC).date()):
                for ago in range(8):
                    found = table.get(currency, {}).get(day - timedelta(days=ago))
                    if found is not None:
                        return found, day - timedelta(days=ago)
        return fallback(currency)

    return rate


def asked(known: oracle.Portfolio, rates: pd.DataFrame | None) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IncompleteWarning)
        return portfolio.tax_year(
            account_of(known),
            known.start.year,
            None,
            known.base,
            "average" if known.average else "fifo",
            first_day=f"{known.start:%m-%d}",
            rates=rates,
        )


def wrong(known: oracle.Portfolio, frame: pd.DataFrame, rate: Rate) -> list[str]:
    found = []
    for one in known.securities:
        rows = list(frame[frame["symbol"] == one.symbol].itertuples())
        right = [] if known.left_out(one) else taxed(known, one, rate)
        right = [trip for trip in right if known.start <= trip.day <= known.end]
        if len(rows) != len(right):
            found.append(f"{one.symbol}: {len(rows)} trips, not {len(right)}")
            continue
        for row, trip in zip(rows, right, strict=True):
            gain = both(trip.proceeds, times(trip.cost, Fraction(-1)), times(trip.fees, Fraction(-1)))
            sides = (row.cost_rate, row.cost_rate_date), (row.proceeds_rate, row.proceeds_rate_date)
            opened, closed = sides if row.direction == "long" else sides[::-1]
            for (_ours, day), (_exact, right_day) in ((opened, trip.opened), (closed, trip.closed)):
                if (None if pd.isna(day) else day.date()) != right_day:
                    found.append(f"{one.symbol}: a rate of {day}, {trip}")
            pairs = {
                "cost": (row.cost_base, trip.cost),
                "proceeds": (row.proceeds_base, trip.proceeds),
                "fees": (row.fees_base, trip.fees),
                "gain": (row.gain_base, gain),
                "opening rate": (opened[0], trip.opened[0]),
                "closing rate": (closed[0], trip.closed[0]),
            }
            found += [
                f"{one.symbol} {name}: {ours} is {None if exact is None else float(exact)}, {trip}"
                for name, (ours, exact) in pairs.items()
                if not (
                    pd.isna(ours)
                    if exact is None
                    else ours == pytest.approx(float(exact), rel=1e-11, abs=1e-7)
                )
            ]
    return found


def accounts(seed: int) -> tuple[oracle.Portfolio, Table, datetime]:
    now = datetime.now(UTC)
    dice = Random(seed)
    begin = (now.date() - timedelta(days=dice.randint(0, 250))).replace(day=1)
    known = replace(
        oracle.portfolio(seed, now), start=begin, end=now.date(), zone="UTC", average=dice.random() < 0.5
    )
    return known, table_of(dice, known.base, now), now


@settings(max_examples=soak(2000), deadline=None)
@given(st.integers(0, 10**9))
def test_any_account_at_given_rates_agrees_with_the_oracle(seed: int) -> None:
    known, table, _now = accounts(seed)
    columns = {
        currency: pd.Series({day: float(rate) for day, rate in days.items()})
        for currency, days in table.items()
    }
    made = pd.DataFrame(columns).sort_index()
    made.index = pd.DatetimeIndex(made.index)
    frame = asked(known, made)
    assert wrong(known, frame, looked_up(table, known.base, lambda _currency: (None, None))) == []


@pytest.mark.parametrize("seed", range(soak(30)))
def test_any_account_at_kept_rates_or_todays_agrees_with_the_oracle(seed: int) -> None:
    known, table, now = accounts(seed)
    client = account_of(known)
    kept: Table = {currency: {} for currency in table}
    dice = Random(-seed - 1)
    for day in sorted(dice.sample(sorted(set().union(*table.values())), 12)):
        for currency, days in table.items():
            if day in days and currency != "JPY":
                kept[currency][day] = days[day]
        rows = [
            store.SnapshotRow("rate", currency=c, into=known.base, amount=Decimal(str(float(of[day]))))
            for c, of in kept.items()
            if day in of
        ]
        at = min(datetime(day.year, day.month, day.day, 12, tzinfo=UTC), now)
        store.write(None, owner_of(client), at, rows)

    def today(currency: str) -> Dated:
        worth = oracle.RATES.get(currency)
        return (None, None) if worth is None else (worth / oracle.RATES[known.base], asked_on)

    asked_on = datetime.now(UTC).date()
    frame = asked(known, None)
    if datetime.now(UTC).date() != asked_on:
        pytest.skip("midnight came while it was worked out")
    assert wrong(known, frame, looked_up(kept, known.base, today)) == []
