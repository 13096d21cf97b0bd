"""Trade statistics, slippage and income: against plain computations, and hand-worked ones."""

from __future__ import annotations

import math
import random
import warnings
from datetime import UTC, datetime
from decimal import Decimal
from statistics import fmean
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from support import oracle, soak
from support.accounts import FakeAccount, fill, offline, quote, refused, stock
from test_portfolio_oracle import account_of

from jupyter_openapi import portfolio
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.portfolio import IncompleteWarning
from jupyter_openapi.portfolio.cash_income import kind_of
from jupyter_openapi.portfolio.execution_costs import Minute, price_at
from jupyter_openapi.portfolio.trade_figures import figures, sentences

DAY = 86_400
YEAR = datetime.now(UTC).year - 1
START, END = f"{YEAR}-11-01", f"{YEAR}-12-01"
T0 = int(datetime(YEAR, 11, 2, 2, tzinfo=UTC).timestamp())  # 10:00 in Hong Kong


def quiet(ask: Any, *args: Any, **more: Any) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return ask(*args, **more)


def loud(ask: Any, *args: Any, **more: Any) -> tuple[pd.DataFrame, str]:
    with pytest.warns(IncompleteWarning) as caught:
        frame = ask(*args, **more)
    assert len(caught) == 1
    return frame, str(caught[0].message)


# Trades


def traded(*fills: tuple[str, str, str, int], symbol: str = "700.HK", fee: str = "0") -> FakeAccount:
    """Executions of an order each: (side, quantity, price, hours after 10:00 on 2 November)."""
    rows = [
        fill(n, symbol, side, quantity, price, T0 + 3600 * hours)
        for n, (side, quantity, price, hours) in enumerate(fills)
    ]
    details = {
        row["order_id"]: {
            "executed_quantity": row["quantity"],
            "charge_detail": {"total_amount": fee, "items": []},
        }
        for row in rows
    }
    return FakeAccount(fills=rows, details=details)


ROUNDS = (
    ("Buy", "100", "10", 0), ("Sell", "100", "12", 24),  # 200 in a day
    ("Buy", "100", "10", 25), ("Sell", "100", "9", 29),  # -100 in four hours
    ("Buy", "50", "10", 30), ("Buy", "50", "20", 30), ("Sell", "100", "15", 31),  # nothing, one order
)  # fmt: skip


def test_statistics_by_hand() -> None:
    frame = quiet(portfolio.trade_stats, traded(*ROUNDS), START, END)
    row = frame.iloc[0]
    assert (row.trades, row.wins, row.losses) == (3, 1, 1)
    assert row.win_rate_pct == pytest.approx(100 / 3)
    assert (row.net_pl, row.average_win, row.average_loss, row.payoff, row.profit_factor) == (
        100,
        200,
        -100,
        2,
        2,
    )
    assert row.expectancy == pytest.approx(100 / 3)
    assert (row.best, row.worst) == (200, -100)
    assert row.days_held == pytest.approx((24 + 4 + 1) / 24 / 3)
    assert row.median_days_held == pytest.approx(4 / 24)
    assert row.best_trade == row.worst_trade == f"700.HK {YEAR}-11-03"
    assert (
        "3 trades, 33.3% won: 100.00 HKD after fees, 33.33 a trade; profit factor 2.00."
        in sentences(frame)[0]
    )
    by_hour = quiet(portfolio.trade_stats, traded(*ROUNDS), START, END, by="hour")
    assert by_hour["hour"].tolist() == ["10:00", "15:00", "17:00"]
    assert by_hour["net_pl"].tolist() == [200, -100, 0]


def test_fees_are_off_where_all_are_known() -> None:
    frame = quiet(portfolio.trade_stats, traded(*ROUNDS, fee="5"), START, END)
    assert frame["net_pl"].iloc[0] == 100 - 7 * 5
    client = traded(*ROUNDS, fee="5")
    del client.details["o3"]
    frame, said = loud(portfolio.trade_stats, client, START, END)
    assert frame["net_pl"].iloc[0] == 100
    assert frame.attrs["openapi"]["after_fees"] is False
    assert "fees of 1 order" in said
    assert "before fees" in sentences(frame)[0]


def test_nothing_to_divide_by_is_missing_and_not_zero() -> None:
    row = quiet(portfolio.trade_stats, traded(*ROUNDS[:2]), START, END).iloc[0]
    assert row.profit_factor != row.profit_factor
    assert row.average_loss != row.average_loss
    empty = quiet(portfolio.trade_stats, FakeAccount(), START, END)
    assert empty.empty
    assert sentences(empty) == []
    with pytest.raises(RequestRefused, match="by is all, symbol, month, hour, side, not 'day'"):
        portfolio.trade_stats(FakeAccount(), by="day")


def test_random_accounts_add_up_group_by_group() -> None:
    now = datetime.now(UTC)
    dice = random.Random(11)
    for seed in dice.sample(range(100_000), soak(150)):
        known = oracle.portfolio(seed, now)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", IncompleteWarning)
            raw = portfolio.pnl(
                account_of(known), known.start.isoformat(), known.end.isoformat(), known.base,
                "average" if known.average else "fifo", fees=True,
            )  # fmt: skip
        trips = raw[raw["counted"]]
        whole = figures(raw)
        if trips.empty:
            assert whole.empty
            continue
        column = "net_pl_base" if whole.attrs["openapi"]["after_fees"] else "realized_pl_base"
        trades = trips.groupby(
            [
                "symbol",
                "direction",
                trips["close_order_id"].where(trips["close_order_id"] != "", trips["closed_at"]),
            ]
        )[column].sum(min_count=1)
        gains = [float(gain) for gain in trades if not math.isnan(gain)]
        row = whole.iloc[0]
        assert row.trades == len(trades)
        # Sums of floats: what is exactly nothing may be a crumb there.
        wins = [gain for gain in gains if gain > 1e-9]
        losses = [gain for gain in gains if gain < -1e-9]
        assert row.wins >= len(wins)
        assert row.losses >= len(losses)
        if gains:
            assert row.net_pl == pytest.approx(math.fsum(gains), rel=1e-12, abs=1e-7)
            assert row.expectancy == pytest.approx(fmean(gains), rel=1e-12, abs=1e-7)
            assert (row.best, row.worst) == pytest.approx((max(gains), min(gains)), rel=1e-12, abs=1e-7)
        if losses:
            assert row.profit_factor == pytest.approx(
                math.fsum(wins) / -math.fsum(losses), rel=1e-9, abs=1e-9
            )
        for by in ("symbol", "month", "hour", "side"):
            parts = figures(raw, by)
            assert parts["trades"].sum() == row.trades
            assert parts["wins"].sum() == row.wins
            assert parts["net_pl"].sum() == pytest.approx(row.net_pl, rel=1e-12, abs=1e-6)


# Slippage


class Broker(FakeAccount):
    """An account with orders, a journal of their last prices, and minute candles."""

    minutes: list[tuple[int, str, str]]
    last: dict[str, str]

    @property
    def journal(self) -> Any:
        rows = [{"kind": "submit", "order_id": key, "last_price": price} for key, price in self.last.items()]
        return SimpleNamespace(path=SimpleNamespace(exists=lambda: True), rows=lambda **_: rows)

    def _history_candlesticks(self, asked: Any) -> Any:
        assert asked["period"] == "1m"
        return {
            "candlesticks": [
                {"timestamp": str(at), "open": first, "close": last} for at, first, last in self.minutes
            ]
        }


def order(  # noqa: PLR0917 (a row, as it reads)
    number: int, side: str, quantity: str, price: str, at: int, symbol: str = "700.HK"
) -> dict[str, Any]:
    return {
        "order_id": f"o{number}", "symbol": symbol, "side": side, "executed_quantity": quantity,
        "executed_price": price, "submitted_at": str(at), "status": "FilledStatus",
    }  # fmt: skip


def test_slippage_is_what_was_lost_against_both_prices() -> None:
    client = Broker(
        orders=[
            order(1, "Buy", "100", "601", T0 + 90),
            order(2, "Sell", "200", "598.5", T0 + 200),
            order(3, "Buy", "0", "", T0 + 300),
        ],
        statics={"700.HK": {"currency": "HKD"}},
    )
    client.minutes = [(T0, "599", "600"), (T0 + 60, "600", "602"), (T0 + 120, "602", "599")]
    client.last = {"o1": "600.5"}
    frame = quiet(portfolio.slippage, client, START, END)
    assert frame["order_id"].tolist() == ["o1", "o2"]
    assert frame["last_price"].tolist()[0] == 600.5
    assert frame["slippage"].tolist()[0] == 50
    assert frame["slippage_pct"].tolist()[0] == pytest.approx(100 * 0.5 / 600.5)
    assert frame["slippage"].isna().tolist() == [False, True]
    assert frame["arrival_price"].tolist() == [600, 599]
    assert frame["arrival_slippage"].tolist() == [100, 100]
    assert frame["arrival_slippage_base"].tolist() == [100, 100]
    assert any("1 order is not in this machine's journal" in line for line in frame.attrs["openapi"]["notes"])


def test_an_order_before_the_open_arrives_at_the_first_price() -> None:
    bars = [Minute(100 * 60, Decimal(5), Decimal(6)), Minute(101 * 60, Decimal(6), Decimal(7))]
    assert price_at(bars, 60) == 5
    assert price_at(bars, 101 * 60 - 1) == 5
    assert price_at(bars, 101 * 60) == 6
    assert price_at(bars, 10**9) == 7
    assert price_at([], 60) is None


def test_slippage_without_candles_orders_or_a_window() -> None:
    client = Broker(orders=[order(1, "Buy", "100", "601", T0)], fails={"history_candlesticks": offline("x")})
    client.last = {}
    frame = quiet(portfolio.slippage, client, START, END)
    assert frame[["last_price", "arrival_price", "slippage"]].isna().all().all()
    assert any("not known of 1 order" in line for line in frame.attrs["openapi"]["notes"])
    assert quiet(portfolio.slippage, FakeAccount(), START, END).empty
    with pytest.raises(RequestRefused, match="start='last week' is not a time: write"):
        portfolio.slippage(client, "last week")


# Income


def flow(name: str, money: str, at: int, symbol: str = "", currency: str = "HKD") -> dict[str, Any]:
    return {
        "transaction_flow_name": name, "balance": money, "currency": currency, "business_time": str(at),
        "symbol": symbol, "business_type": 1, "direction": 2, "description": "",
    }  # fmt: skip


FLOWS = [
    flow("Deposit", "100000", T0),
    flow("BuyContract-Stocks", "-60000", T0 + 1, "700.HK"),
    flow("TradingFees", "-60", T0 + 1, "700.HK"),
    flow("Cash Dividend", "500", T0 + 10, "700.HK"),
    flow("Dividend Withholding Tax", "-50", T0 + 10, "700.HK"),
    flow("Cash Dividend", "10", T0 + 40 * DAY, "AAPL.US", "USD"),
    flow("Deposit Interest", "3", T0 + 41 * DAY),
    flow("Custody Fee", "-7", T0 + 41 * DAY),
    flow("Campaign Reward", "88", T0 + 41 * DAY),
]


@pytest.mark.parametrize(
    ("name", "symbol", "kind"),
    [
        ("Cash Dividend", "700.HK", "dividend"), ("派息", "5.HK", "dividend"),
        ("Margin Interest", "", "interest"),
        ("Dividend Handling Fee", "700.HK", "fee"), ("股息稅", "5.HK", "tax"), ("StampDuty", "700.HK", None),
        ("Withdrawal", "", None), ("SellContract-Stocks", "700.HK", None), ("Reward", "", "other"),
        ("OptionExpiry", "AAPL261218C260000.US", None), ("入金", "", None),
    ],
)  # fmt: skip
def test_a_movement_is_what_its_name_says(name: str, symbol: str, kind: str | None) -> None:
    assert kind_of(name, symbol) == kind


def test_income_by_movement_symbol_and_month() -> None:
    client = FakeAccount([stock("700.HK", "100", "600")], flows=FLOWS)
    client.actions = {
        "700.HK": [
            {"date": f"{YEAR}1110", "act_desc": "2-for-1 split"},
            {"date": "20200110", "act_desc": "2-for-1 split"},
        ]
    }
    frame = quiet(portfolio.income, client, START, f"{YEAR}-12-31")
    assert frame["kind"].tolist() == ["dividend", "tax", "split", "dividend", "interest", "fee", "other"]
    assert frame["ratio"].tolist()[2] == "2 for 1"
    assert frame["amount_base"].isna().tolist() == [False, False, True, False, False, False, False]
    assert frame["amount_base"].tolist()[3] == pytest.approx(78)
    by_symbol = quiet(portfolio.income, client, START, f"{YEAR}-12-31", by="symbol").set_index("symbol")
    assert by_symbol.loc["700.HK", ["dividend", "tax", "total"]].tolist() == [500, -50, 450]
    assert by_symbol.loc["", "total"] == 3 - 7 + 88
    by_month = quiet(portfolio.income, client, START, f"{YEAR}-12-31", by="month")
    assert by_month["month"].tolist() == [f"{YEAR}-11", f"{YEAR}-12"]
    assert by_month["total"].tolist() == pytest.approx([450, 78 + 84])
    assert by_month["total"].sum() == pytest.approx(frame["amount_base"].sum())


def test_income_without_a_rate_or_a_reply() -> None:
    client = FakeAccount(flows=[flow("Cash Dividend", "10", T0, "D05.SG", "SGD")], rates=())
    frame, said = loud(portfolio.income, client, START, END)
    assert frame["amount"].tolist() == [10]
    assert frame["amount_base"].isna().all()
    assert "no rate for SGD into HKD" in said
    assert loud(portfolio.income, client, START, END, by="kind")[0]["total"].isna().all()
    assert quiet(portfolio.income, FakeAccount(), START, END).empty
    with pytest.raises(RequestRefused, match="by is none, symbol, month, kind"):
        portfolio.income(client, by="year")


def test_total_return_is_the_sum_of_its_parts() -> None:
    client = traded(("Buy", "100", "10", 0), ("Buy", "100", "12", 1), ("Sell", "100", "15", 2), fee="5")
    client.stocks = [stock("700.HK", "100", "12", "100")]
    client.quotes = [quote("700.HK", "14", "13")]
    client.flows = [flow("Cash Dividend", "30", T0 + DAY, "700.HK"), flow("Interest", "2", T0 + DAY)]
    frame = quiet(portfolio.total_return, client, START, END).set_index("symbol")
    row = frame.loc["700.HK"]
    assert (row.realized_pl, row.unrealized_pl, row.dividend, row.trade_fees) == (500, 200, 30, -10)
    assert row.total == 720
    assert row.total_pct == 60
    assert frame.loc["", "total"] == 2
    client.fails = {"cash_flow": refused("not served", 404000, 404)}
    frame, said = loud(portfolio.total_return, client, START, END)
    assert "cash movements" in said
    assert frame["dividend"].isna().all()
    assert frame["total"].isna().all()
