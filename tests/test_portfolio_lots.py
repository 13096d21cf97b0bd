"""Open tax lots against the oracle, hand-worked ones, and the tax year's Excel file."""

from __future__ import annotations

import random
import warnings
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from support import oracle, soak
from support.accounts import FakeAccount, fill, offline, quote, stock
from test_portfolio_oracle import account_of

from jupyter_openapi import portfolio
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.portfolio import IncompleteWarning
from jupyter_openapi.portfolio.tax_export import save_sheets
from jupyter_openapi.portfolio.tax_lots import a_year_after, term_of

DAY = 86_400
NOW = datetime.now(UTC)
FIRST = (NOW - timedelta(days=30)).replace(hour=8, minute=0, second=0, microsecond=0)
T0 = int(FIRST.timestamp())
LAST_YEAR = NOW.year - 1
NOVEMBER = int(datetime(LAST_YEAR, 11, 1, 8, tzinfo=UTC).timestamp())


def quiet(client: Any, **more: Any) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return portfolio.lots(client, **more)


def any_lots(client: Any, **more: Any) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IncompleteWarning)
        return portfolio.lots(client, **more)


# Against the oracle


def disagreements(seed: int, now: datetime) -> list[str]:
    known = replace(oracle.portfolio(seed, now), average=seed % 2 == 1)
    client = account_of(known)
    client.quotes = [quote(one.symbol, "7", "7") for one in known.securities]
    frame = any_lots(
        client, method="average" if known.average else "fifo", base_currency=known.base, fees=True
    )
    found = []
    for one in known.securities:
        mine = frame[frame["symbol"] == one.symbol]
        held = one.held()
        if abs(mine["quantity"].sum() - float(held)) > 1e-9:
            if one.told:
                found.append(f"{seed} {one.symbol}: {mine['quantity'].tolist()} of {float(held)}")
            continue
        if not held or not one.told:
            continue
        fees = known.fee(one)
        _closed, right = oracle.followed(one, fees, average=known.average)
        if len(right) != len(mine):
            found.append(f"{seed} {one.symbol}: {len(mine)} lots, not {len(right)}")
            continue
        for (_, row), lot in zip(mine.iterrows(), right, strict=True):
            sign = row.quantity == pytest.approx(float(lot.quantity), rel=1e-11)
            day = None if pd.isna(row.opened_on) else row.opened_on.date()
            cost = float(lot.quantity * lot.price) * one.multiplier
            same = row.estimated or row.cost == pytest.approx(cost, rel=1e-11, abs=1e-7)
            if not (sign and day == lot.day and same):
                found.append(f"{seed} {one.symbol}: {row.to_dict()} is {lot}")
            if not row.estimated and (lot.fee is None) != bool(pd.isna(row.fees)):
                found.append(f"{seed} {one.symbol}: fees {row.fees} are {lot.fee}")
            elif (
                lot.fee is not None
                and not row.estimated
                and row.fees != pytest.approx(float(lot.fee), abs=1e-7)
            ):
                found.append(f"{seed} {one.symbol}: fees {row.fees} are {float(lot.fee)}")
    return found


@pytest.mark.timeout(300)
def test_random_accounts_agree_with_the_oracle() -> None:
    now = datetime.now(UTC)
    found = [line for seed in range(soak(500)) for line in disagreements(seed, now)]
    assert found == []


# By hand


def traded(
    *fills: tuple[str, str, str], held: str, cost: str | None = "1", first: int = T0, **more: Any
) -> FakeAccount:
    """An account that traded 700.HK, a fill a day: (side, quantity, price)."""
    rows = [
        fill(n, "700.HK", side, quantity, price, first + n * DAY)
        for n, (side, quantity, price) in enumerate(fills)
    ]
    details = {
        row["order_id"]: {
            "executed_quantity": row["quantity"],
            "charge_detail": {"total_amount": "3", "items": []},
        }
        for row in rows
    }
    return FakeAccount(
        [stock("700.HK", held, cost, held)],
        fills=rows,
        details=details,
        quotes=[quote("700.HK", "20", "19")],
        **more,
    )


def test_what_is_left_of_a_purchase_keeps_its_date_and_its_part_of_the_fee() -> None:
    frame = quiet(traded(("Buy", "100", "10"), ("Buy", "100", "12"), ("Sell", "150", "15"), held="50"))
    assert len(frame) == 1
    row = frame.iloc[0]
    assert (row.quantity, row.cost_price, row.cost, row.fees) == (50, 12, 600, 1.5)
    assert row.opened_on.date() == (FIRST + timedelta(days=1)).date()
    assert (row.market_value, row.unrealized_pl) == (1000, 400)
    assert row.unrealized_pl_pct == pytest.approx(200 / 3)
    assert row.term == "short"
    assert row.age_days in {28, 29, 30}  # midnight in Hong Kong may have come meanwhile
    assert (
        quiet(traded(("Buy", "100", "10"), ("Buy", "100", "12"), held="200"), method="average").cost[0]
        == 2200
    )


def test_what_was_there_before_takes_the_cost_that_the_others_leave() -> None:
    # The position's 150 cost 11 each: 1,650; the 100 known ones 1,200; 450 is left for 50.
    client = traded(("Buy", "100", "12"), held="150", cost="11")
    with pytest.warns(IncompleteWarning, match=r"when 700\.HK was bought"):
        frame = portfolio.lots(client)
    assert frame["quantity"].tolist() == [50, 100]
    assert frame["cost"].tolist() == [450, 1200]
    assert frame["estimated"].tolist() == [True, False]
    assert frame["remark"].iloc[0].startswith("bought before ")
    # The executions of a year do not have it: it is held for longer.
    assert frame["term"].tolist() == ["long", "short"]
    given = any_lots(client, opening={"700.HK": (50, "9.5")})
    assert given["cost"].tolist() == [475, 1200]
    assert given["estimated"].tolist() == [False, False]


def test_without_a_cost_a_quote_or_executions_it_is_missing_and_said() -> None:
    client = traded(("Buy", "100", "12"), held="150", cost=None)
    with pytest.warns(IncompleteWarning, match=r"the cost of 700\.HK"):
        frame = portfolio.lots(client)
    assert frame["cost"].isna().tolist() == [True, False]
    client.quotes = []
    with pytest.warns(IncompleteWarning, match=r"no quote for 700\.HK"):
        frame = portfolio.lots(client)
    assert frame[["market_value", "unrealized_pl"]].isna().all().all()
    client.fails = {"history_executions": offline("history_executions")}
    with pytest.warns(IncompleteWarning, match="executions"):
        frame = portfolio.lots(client)
    assert frame["term"].tolist() in ([], [""])


def test_nothing_held_is_an_empty_frame_with_its_columns() -> None:
    frame = quiet(FakeAccount())
    assert frame.empty
    assert frame["opened_on"].dtype.kind == "M"
    assert frame["quantity"].dtype == "float64"


@pytest.mark.parametrize(
    ("opened", "today", "term"),
    [
        (date(2025, 3, 1), date(2026, 3, 1), "short"),
        (date(2025, 3, 1), date(2026, 3, 2), "long"),
        (date(2024, 2, 29), date(2025, 2, 28), "short"),
        (date(2024, 2, 29), date(2025, 3, 1), "long"),
        (None, date(2025, 3, 1), ""),
    ],
)
def test_long_is_more_than_a_year(opened: date | None, today: date, term: str) -> None:
    assert term_of(opened, today) == term
    assert a_year_after(date(2024, 2, 29)) == date(2025, 2, 28)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"method": "lifo"}, "method is fifo or average, not 'lifo'"),
        ({"base_currency": "EURO"}, "base_currency is a code"),
        ({"opening": {"700.HK": 5}}, "opening holds"),
    ],
)
def test_bad_arguments_are_refused(more: dict[str, Any], words: str) -> None:
    with pytest.raises(RequestRefused, match=words):
        portfolio.lots(FakeAccount(), **more)


# The tax year


def test_a_tax_year_is_the_round_trips_of_the_oracle(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    dice = random.Random(5)
    for seed in dice.sample(range(10_000), max(3, soak(40))):
        made = oracle.portfolio(seed, now)
        known = replace(
            made, start=date(now.year, 1, 1), end=min(date(now.year, 12, 31), now.date()), zone="UTC"
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", IncompleteWarning)
            frame = portfolio.tax_year(
                account_of(known), now.year, None, known.base, "average" if known.average else "fifo"
            )
        for symbol, pair in known.expected().items():
            mine = frame[frame["symbol"] == symbol]
            if pair is None:
                assert mine.empty
                continue
            assert (mine["proceeds"] - mine["cost"]).sum() == pytest.approx(
                float(pair[0]), rel=1e-11, abs=1e-6
            )
            if pair[1] is not None:
                assert mine["gain"].sum() == pytest.approx(float(pair[1]), rel=1e-11, abs=1e-6)
                rate = float(oracle.RATES[mine["currency"].iloc[0]] / oracle.RATES[known.base])
                assert mine["gain_base"].sum() == pytest.approx(float(pair[1]) * rate, rel=1e-9, abs=1e-6)


def test_the_excel_file_names_the_method_and_holds_no_formula(tmp_path: Path) -> None:
    client = traded(
        ("Buy", "100", "10"), ("Buy", "100", "12"), ("Sell", "150", "15"), held="50", first=NOVEMBER
    )
    path = tmp_path / "tax.xlsx"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = portfolio.tax_year(client, LAST_YEAR, path)
    assert frame["gain"].tolist() == [495, 147.5]
    assert frame["fees"].tolist() == [5, 2.5]
    assert frame["term"].tolist() == ["short", "short"]
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Trips", "Sums", "Unmatched", "About"]
    about = [row[0] for row in book["About"].iter_rows(values_only=True)]
    assert "Method: First in, first out: a sale closes the oldest lot first." in about
    rows = list(book["Trips"].iter_rows(values_only=True))
    assert rows[0][:9] == (
        "symbol", "market", "currency", "direction", "quantity", "opened_on", "closed_on", "term", "proceeds",
    )  # fmt: skip
    assert [row[8] for row in rows[1:]] == [1500, 750]
    sums = {row[0]: row[1:] for row in book["Sums"].iter_rows(values_only=True)}
    assert sums["all"][0] == 2
    assert sums["all"][1:] == (2250, 1600, 7.5, 642.5, 0)
    client.stocks[0]["symbol_name"] = "=1+1"
    portfolio.tax_year(client, LAST_YEAR, path)
    assert all(
        cell.data_type != "f" for sheet in openpyxl.load_workbook(path) for row in sheet for cell in row
    )


def test_sheets_that_are_too_long_are_refused_and_leave_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "tax.xlsx"
    save_sheets(path, {"Trips": pd.DataFrame({"a": [1]})})
    before = path.read_bytes()
    with pytest.raises(RequestRefused, match="1,048,576 rows do not fit an Excel sheet"):
        save_sheets(path, {"Trips": pd.DataFrame(index=range(1_048_576))})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_tax_year_may_begin_on_another_day(tmp_path: Path) -> None:
    client = traded(("Buy", "100", "10"), ("Sell", "100", "15"), held="0", first=NOVEMBER)
    client.stocks = []
    assert len(portfolio.tax_year(client, LAST_YEAR, first_day="04-01")) == 1
    assert portfolio.tax_year(client, LAST_YEAR, first_day="11-20").empty
    for year, day, path, words in (
        (2026, "13-01", None, "not '2026-13-01'"),
        ("last", "01-01", None, "A tax year is a year such as 2026"),
        (2026, "01-01", tmp_path / "tax.csv", "ends in .xlsx, not tax.csv"),
    ):
        with pytest.raises(RequestRefused, match=words):
            portfolio.tax_year(client, year, path, first_day=day)  # type: ignore[arg-type]
