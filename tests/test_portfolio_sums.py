"""What is in a sum and what is left out of it: shorts, splits, expiries, estimates, fees, days, cash."""

from __future__ import annotations

import warnings
from typing import Any

import pandas as pd
import pytest
from support.accounts import FakeAccount, fill, quote, refused, stock

from jupyter_openapi import plots, portfolio
from jupyter_openapi.portfolio.trades import splits_of

pytestmark = pytest.mark.usefixtures("november")
DAY = 86_400
T0 = 1_793_520_000  # 2026-11-01 08:00 UTC
START, END = "2026-11-01", "2026-11-20"
EXPIRED = "AAPL261016C260000.US"  # ended on 2026-10-16


def work(client: FakeAccount, start: Any = START, end: Any = END, **more: Any) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return portfolio.pnl(client, start, end, **{"fees": False, **more})


def days(symbol: str, *fills: tuple[int, str, str, str]) -> list[dict[str, Any]]:
    """Executions: (days from 1 November, side, quantity, price)."""
    return [
        fill(n, symbol, side, quantity, price, T0 + day * DAY, f"{symbol}-{n}")
        | {"trade_id": f"{symbol}-{n}"}
        for n, (day, side, quantity, price) in enumerate(fills)
    ]


SHORT = (
    (-150, "Sell", "100", "50"),
    (-10, "Buy", "100", "40"),
    (-5, "Buy", "100", "45"),
    (3, "Sell", "100", "46"),
)


def test_a_short_sale_from_before_what_was_read_is_a_lot_of_its_own() -> None:
    # The sale of 150 days ago is beyond what one request reads; the purchase of day -10 closed it.
    frame = work(FakeAccount(fills=days("AAPL.US", *SHORT)), base_currency="USD")
    assert frame.realized_pl.tolist() == [100]
    assert frame.open_price.tolist() == [45]
    assert "1 round trip; realized 100.00 USD before fees" in portfolio.notes(frame)


def test_a_symbol_that_does_not_add_up_is_in_no_sum_and_the_sum_says_so() -> None:
    rows = days("NVDA.US", (1, "Buy", "10", "1200"), (3, "Sell", "100", "130"))
    rows += days("AAPL.US", (1, "Buy", "10", "200"), (2, "Sell", "10", "210"))
    frame = work(FakeAccount(fills=rows), base_currency="USD")
    said = portfolio.notes(frame)
    assert "realized 100.00 USD" in said
    assert "; NVDA.US left out: 100 sold, 10 bought." in said
    assert frame.loc[frame["counted"], "realized_pl"].tolist() == [100]
    summed = portfolio.by_symbol(frame).set_index("symbol")
    assert pd.isna(summed.loc["NVDA.US", "realized_pl"])
    assert summed.loc["NVDA.US", "left_out"] == "100 sold, 10 bought"
    assert summed.loc["AAPL.US", "realized_pl"] == 100
    hidden = portfolio.notes(frame, privacy=True)
    assert "NVDA.US left out" in hidden
    assert "100 sold" not in hidden


def test_every_function_says_so_in_the_same_words() -> None:
    rows = days("NVDA.US", (1, "Buy", "10", "1200"), (3, "Sell", "100", "130"))
    client = FakeAccount(fills=rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frames = {
            "pnl": portfolio.pnl(client, START, END, base_currency="USD"),
            "trade_stats": portfolio.trade_stats(client, START, END, base_currency="USD"),
            "total_return": portfolio.total_return(client, START, END, base_currency="USD"),
            "tax_year": portfolio.tax_year(client, 2026, base_currency="USD"),
        }
    for name, frame in frames.items():
        assert "NVDA.US left out: 100 sold, 10 bought" in portfolio.notes(frame), name
        hidden = portfolio.notes(frame, privacy=True)
        assert "NVDA.US left out" in hidden, name
        assert "100 sold" not in hidden, name


def test_a_split_that_can_be_read_makes_it_add_up() -> None:
    rows = days("NVDA.US", (1, "Buy", "10", "1200"), (3, "Sell", "60", "130"), (4, "Sell", "40", "140"))
    client = FakeAccount(fills=rows)
    client.actions["NVDA.US"] = [
        {"date": "20261103", "act_type": "Split", "act_desc": "10-for-1 stock split"}
    ]
    frame = work(client, base_currency="USD")
    assert frame.realized_pl.tolist() == [60 * 10, 40 * 20]
    assert frame.open_price.tolist() == [120, 120]
    assert frame["counted"].all()


def test_a_reverse_split_of_a_short_sale() -> None:
    rows = days("NOK.US", (1, "Sell", "1000", "2"), (5, "Buy", "100", "15"))
    client = FakeAccount(fills=rows)
    client.actions["NOK.US"] = [{"date": "20261104", "act_type": "合股", "act_desc": "10合1"}]
    assert work(client).realized_pl.tolist() == [500]


@pytest.mark.parametrize(
    ("words", "new", "old"),
    [
        ("10-for-1 stock split", 10, 1),
        ("4 for 1 Split", 4, 1),
        ("3-for-2 split", 3, 2),
        ("1-for-10 reverse split", 1, 10),
        ("10-for-1 reverse stock split", 1, 10),
        ("1-for-25 split", 1, 25),
        ("Stock split 1:5", 5, 1),
        ("Subdivision of every 1 share into 5 subdivided shares", 5, 1),
        ("Share consolidation: every 10 shares into 1 share", 1, 10),
        ("1拆10", 10, 1),
        ("每1股拆分为5股", 5, 1),
        ("10合1", 1, 10),
        ("每10股合并为1股", 1, 10),
    ],
)
def test_the_ratio_of_a_split_as_it_is_worded(words: str, new: int, old: int) -> None:
    rows = [{"date": "20261104", "act_type": "Split/Consolidation", "act_desc": words}]
    found = splits_of("AAPL.US", rows)
    assert found is not None
    assert [(split.new, split.old) for split in found] == [(new, old)]
    assert found[0].at == 1_793_768_400  # midnight in New York


def test_a_split_that_cant_be_read_is_not_guessed() -> None:
    assert splits_of("AAPL.US", [{"date": "20261104", "act_type": "Split", "act_desc": "see notice"}]) is None
    assert splits_of("AAPL.US", [{"date": "20261104", "act_type": "Dividend", "act_desc": "USD 0.25"}]) == []


@pytest.mark.parametrize(("side", "earned"), [("Buy", -1000), ("Sell", 1000)])
def test_an_option_that_expired_worthless_closes_at_its_expiry(side: str, earned: int) -> None:
    client = FakeAccount(fills=days(EXPIRED, (-20, side, "2", "5")))
    client.closes["AAPL.US", "2026-10-16"] = "255"
    frame = work(client, "2026-10-01", "2026-10-31", base_currency="USD")
    assert frame.realized_pl.tolist() == [earned]
    assert frame.direction.tolist() == ["long" if side == "Buy" else "short"]
    assert frame.trade_date.tolist() == [pd.Timestamp("2026-10-16")]
    assert "expired worthless on 2026-10-16" in frame.remark.iloc[0]
    assert len(work(client)) == 0  # it ended before November


def test_an_option_that_was_exercised_is_named_and_in_no_sum() -> None:
    client = FakeAccount(fills=days(EXPIRED, (-20, "Buy", "2", "5")))
    client.closes["AAPL.US", "2026-10-16"] = "262.5"
    frame = work(client, "2026-10-01", "2026-10-31", base_currency="USD")
    assert frame.kind.tolist() == ["unmatched"]
    said = portfolio.notes(frame)
    assert (
        f"{EXPIRED} left out: exercised on 2026-10-16: AAPL.US closed at 262.5, the strike was 260." in said
    )
    client.closes.clear()
    assert "is not known: the close of AAPL.US could not be read" in portfolio.notes(
        work(client, "2026-10-01", "2026-10-31")
    )


def test_a_sale_of_what_was_held_all_along_takes_the_positions_cost_as_an_estimate() -> None:
    client = FakeAccount(
        [stock("700.HK", "400", "480.6", "400")], fills=days("700.HK", (3, "Sell", "100", "600"))
    )
    frame = work(client)
    assert frame.kind.tolist() == ["trip"]
    assert frame["estimated"].tolist() == [True]
    assert frame.realized_pl.tolist() == [pytest.approx(100 * (600 - 480.6), abs=1e-9)]
    assert frame.opened_at.isna().all()
    assert "(11,940.00 of it at an estimated cost)" in portfolio.notes(frame)
    assert portfolio.by_symbol(frame)["estimated"].tolist() == [True]


def test_behind_an_estimate_nothing_is_counted_where_splits_cant_be_read() -> None:
    # Bought 10, split ten for one, sold 95: the lot of 10 is not what it was, and nothing says so.
    rows = days("NVDA.US", (1, "Buy", "10", "1200"), (5, "Sell", "95", "130"))
    client = FakeAccount([stock("NVDA.US", "5", "120", "5")], fills=rows)
    client.fails["fundamental_corp_action"] = refused("no permission", 403001)
    frame = work(client)
    assert frame["estimated"].tolist() == [True, False]
    assert not frame["counted"].any()
    assert "NVDA.US left out: 95 sold, 10 bought" in portfolio.notes(frame)


def charged(client: FakeAccount, total: str, currency: str) -> None:
    for row in client.fills:
        charge = {"total_amount": total, "currency": currency, "items": []}
        client.details[row["order_id"]] = {"executed_quantity": row["quantity"], "charge_detail": charge}


def test_fees_in_another_currency_are_converted_or_named() -> None:
    client = FakeAccount(fills=days("AAPL.US", (1, "Buy", "10", "200"), (2, "Sell", "10", "210")))
    charged(client, "7.8", "HKD")
    frame = work(client, fees=True, base_currency="USD")
    assert frame.fees.tolist() == [pytest.approx(2, rel=1e-3)]
    assert any("HKD into USD" in note for note in frame.attrs["openapi"]["notes"])
    charged(client, "100", "JPY")
    frame = work(client, fees=True, base_currency="USD")
    assert frame[["fees", "net_pl"]].isna().all().all()
    assert frame.realized_pl.tolist() == [100]
    assert any("100 JPY, and no rate into USD" in one for one in frame.attrs["openapi"]["missing"])


@pytest.mark.parametrize("tz", ["UTC", "Asia/Hong_Kong", "America/New_York"])
def test_a_days_end_is_the_markets_whatever_the_zone_of_the_one_who_asks(tz: str) -> None:
    # 31 October 19:30 in New York is 1 November in Hong Kong, and in UTC.
    sold = 1_793_489_400
    rows = [fill(1, "AAPL.US", "Buy", "10", "200", sold - DAY), fill(2, "AAPL.US", "Sell", "10", "210", sold)]
    client = FakeAccount(fills=rows, tz=tz)
    october = work(client, "2026-10-01", "2026-10-31")
    assert october.realized_pl.tolist() == [100]
    assert october.trade_date.tolist() == [pd.Timestamp("2026-10-31")]
    assert str(october.closed_at.dt.tz) == tz
    assert len(work(client, "2026-11-01", "2026-11-20")) == 0
    assert portfolio.notes(october).startswith("2026-10-01 to 2026-10-31: ")
    # A moment is a moment in every market.
    assert len(work(client, "2026-10-31T19:00:00-04:00", "2026-10-31T20:00:00-04:00")) == 1


def statement(currency: str, *cash: tuple[str, str]) -> dict[str, Any]:
    infos = [
        {"currency": name, "available_cash": part, "frozen_cash": "0", "settling_cash": "0"}
        for name, part in cash
    ]
    return {"currency": currency, "net_assets": "1", "cash_infos": infos}


@pytest.mark.parametrize(
    "balances",
    [
        [statement("HKD", ("HKD", "100"), ("USD", "50"))],
        [statement("HKD", ("HKD", "100"), ("USD", "50")), statement("USD", ("USD", "50"), ("HKD", "100"))],
        [statement("HKD", ("HKD", "100")), statement("USD", ("USD", "50"))],
        [statement("USD", ("USD", "50")), statement("HKD", ("HKD", "100"), ("USD", "50.00"))],
        [statement("HKD", ("HKD", "60"), ("USD", "50")), statement("HKD", ("HKD", "40"))],
    ],
)
def test_statements_of_one_account_are_merged_by_currency(balances: list[dict[str, Any]]) -> None:
    frame = portfolio.value(FakeAccount(balances=balances))
    cash = {part["currency"]: float(part["amount"]) for part in frame.attrs["openapi"]["cash"]}
    assert cash == {"HKD": 100, "USD": 50}


def partly_known() -> pd.DataFrame:
    client = FakeAccount(
        [
            stock("700.HK", "100", "500", "100"),
            stock("5.HK", "100", "", "100"),
            stock("D05.SG", "10", "30", "10"),
        ],
        quotes=[quote("700.HK", "600", "590"), quote("5.HK", "100", "99"), quote("D05.SG", "40", "39")],
        cash={"HKD": "10", "SGD": "5"},
    )
    client.today = [fill(1, "9988.HK", "Sell", "10", "150", T0)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return portfolio.value(client)


def test_totals_name_what_is_in_no_sum() -> None:
    frame = partly_known()
    summed = portfolio.totals(frame).set_index(["market", "currency"])
    assert (
        summed.loc[("HK", "HKD"), "left_out"]
        == "cost_value: 5.HK; unrealized_pl: 5.HK; unrealized_pl_base: 5.HK"
    )
    assert summed.loc[("TOTAL", "HKD"), "left_out"] == (
        "market_value: D05.SG, cash SGD; unrealized_pl: 5.HK, D05.SG; day_pl: D05.SG, 9988.HK"
    )
    said = portfolio.notes(frame)
    assert "Total 70,010.00 HKD (D05.SG, cash SGD left out)" in said
    assert "unrealized 10,000.00 (5.HK, D05.SG left out)" in said


def test_pictures_name_what_is_not_in_them() -> None:
    frame = partly_known()
    texts = [text.get_text() for text in plots.allocation(frame).texts]
    assert any("D05.SG, cash SGD" in text for text in texts)
    texts = [text.get_text() for text in plots.profit(frame, "day").texts]
    assert any("D05.SG, 9988.HK" in text for text in texts)
