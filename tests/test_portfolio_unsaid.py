"""What is not known is named, and no picture or sum shows it as 0: prices, rates, net assets, movements."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import soak
from support.accounts import FakeAccount, fill, quote, stock
from test_plots import bars
from test_plots_performance import slipped

from jupyter_openapi import plots, portfolio
from jupyter_openapi.plots.performance_charts import slippage_dots
from jupyter_openapi.portfolio import IncompleteWarning
from jupyter_openapi.portfolio.cash_income import kind_of

YEAR = datetime.now(UTC).year - 1
START, END = f"{YEAR}-11-01", f"{YEAR}-12-01"
T0 = int(datetime(YEAR, 11, 2, 2, tzinfo=UTC).timestamp())
OPTION = "AAPL270115C260000.US"
STATICS = {"700.HK": {"currency": "HKD"}, "9.HK": {"currency": "HKD"}, "AAPL.US": {"currency": "USD"}}


class Known(FakeAccount):
    """An account whose broker gives margin factors and deltas."""

    def _margin_ratio(self, _: Any) -> Any:
        return {"im_factor": "0.5"}

    def _calc_indexes(self, asked: Any) -> Any:
        return {"security_calc_index": [{"symbol": symbol, "delta": "0.4"} for symbol in asked["symbols"]]}


def account(*stocks: dict[str, Any], cash: str = "400000", **more: Any) -> Known:
    quotes = [quote("700.HK", "600", "590"), quote("AAPL.US", "250", "249"), quote("9.HK", "0", "10")]
    return Known(list(stocks), quotes=quotes, cash={"HKD": cash}, statics=STATICS, **more)


def loud(ask: Any, *args: Any, **more: Any) -> tuple[pd.DataFrame, str]:
    with pytest.warns(IncompleteWarning) as caught:
        frame = ask(*args, **more)
    assert len(caught) == 1
    return frame, str(caught[0].message)


def quiet(ask: Any, *args: Any, **more: Any) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return ask(*args, **more)


# Prices and rates


@pytest.mark.parametrize("price", [None, 10])
def test_an_order_in_what_has_not_traded_says_so(price: float | None) -> None:
    order = {"symbol": "9.HK", "side": "Buy", "quantity": 100, "price": price}
    frame, said = loud(portfolio.what_if, account(), [order])
    assert said == "Not everything is known or possible: no last price for 9.HK."
    assert frame.attrs["openapi"]["summary"]["net_assets"][1] is None
    held = account(stock("9.HK", "100", "10"))
    assert loud(portfolio.what_if, held, [order])[1].count("no last price for 9.HK") == 1


def test_an_order_in_a_currency_without_a_rate_says_so() -> None:
    order = {"symbol": "AAPL.US", "side": "Buy", "quantity": 3}
    _frame, said = loud(portfolio.what_if, account(rates=()), [order])
    assert said.count("no rate for USD into HKD") == 1
    held = account(stock("AAPL.US", "3", "200"), rates=())
    assert loud(portfolio.what_if, held, [order])[1].count("no rate for USD into HKD") == 1


def test_an_option_whose_share_has_not_traded_says_so() -> None:
    extend = {"contract_multiplier": "100", "implied_volatility": "0.3"}
    client = account(stock(OPTION, "-2", "5"))
    client.options = [quote(OPTION, "5", "4", option_extend=extend)]
    client.quotes = [quote("AAPL.US", "0", "250")]
    frame, said = loud(portfolio.exposure, client)
    assert frame["net"].isna().all()
    assert said == "Not everything is known: no last price for AAPL.US."
    client.stocks.append(stock("AAPL.US", "1", "5"))
    assert loud(portfolio.exposure, client)[1].count("no last price for AAPL.US") == 1


def test_a_lot_of_what_has_not_traded_says_so() -> None:
    client = account(stock("9.HK", "100", "10"), fills=[fill(1, "9.HK", "Buy", "100", "10", T0)])
    frame, said = loud(portfolio.lots, client, fees=False)
    assert frame["market_value"].isna().all()
    assert said == "Not everything is known: no last price for 9.HK."


# Shares of net assets


@pytest.mark.parametrize("cash", ["-90000", "-60000"])
def test_nothing_is_a_share_of_debts(cash: str) -> None:
    client = account(stock("700.HK", "100", "500"), cash=cash)
    frame = quiet(portfolio.exposure, client)
    known = frame.attrs["openapi"]
    assert frame[["gross_pct", "net_pct"]].isna().all().all()
    assert known["summary"]["leverage"] is None
    assert "Net assets are not above 0: shares of them say nothing." in known["notes"]
    frame = quiet(portfolio.what_if, client, [{"symbol": "700.HK", "side": "Sell", "quantity": 100}])
    assert frame[["weight", "weight_after"]].isna().all().all()
    plan = portfolio.rebalance_plan(client, {"700.HK": 0})
    assert plan[["weight", "weight_after"]].isna().all().all()


ORDERS = st.lists(
    st.tuples(
        st.sampled_from(["700.HK", "AAPL.US"]),
        st.sampled_from(["Buy", "Sell"]),
        st.integers(1, 900),
        st.one_of(st.none(), st.integers(1, 900)),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=soak(150), deadline=None)
@given(ORDERS, st.integers(-300, 300), st.integers(-300_000, 300_000))
def test_what_orders_leave_is_what_was_there_and_what_they_moved(
    orders: list[tuple[str, str, int, int | None]], held: int, cash: int
) -> None:
    client = account(*([stock("700.HK", str(held), "500")] if held else []), cash=str(cash))
    rows = [
        {"symbol": symbol, "side": side, "quantity": quantity} | ({} if price is None else {"price": price})
        for symbol, side, quantity, price in orders
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IncompleteWarning)
        frame = portfolio.what_if(client, rows)
    last, rate = {"700.HK": 600, "AAPL.US": 250}, {"700.HK": 1, "AAPL.US": 7.8}
    signs = {"Buy": 1, "Sell": -1}
    before = held * 600 + cash
    gained = sum(
        signs[side] * quantity * (last[symbol] - (price or last[symbol])) * rate[symbol]
        for symbol, side, quantity, price in orders
    )
    summary = frame.attrs["openapi"]["summary"]
    net = [float(worth) for worth in summary["net_assets"]]
    assert net[0] == pytest.approx(before, abs=1e-6)
    assert net[1] == pytest.approx(before + gained - float(summary["fees"]), abs=1e-6)
    for worth, end in zip(net, ("", "_after"), strict=True):
        weights = frame[f"weight{end}"]
        assert weights.sum() == pytest.approx(1, abs=1e-9) if worth > 0 else weights.isna().all()
    quantities = frame.set_index("symbol")["quantity_after"]
    for symbol in last:
        moved = sum(signs[side] * quantity for name, side, quantity, _ in orders if name == symbol)
        assert quantities.get(symbol, 0) == moved + (held if symbol == "700.HK" else 0)


# A picture's sums


def test_a_cost_that_is_not_known_is_in_no_mean() -> None:
    frame = slipped(0.05, -0.01, 0.02)
    frame["slippage_base"] = float("nan")
    chart = slippage_dots(frame, "last", privacy=False)
    assert len(chart.dots) == 3
    assert chart.mean is None
    assert "cost" not in chart.line
    assert chart.remark == "3 orders are in no sum, for no rate of exchange tells their cost."
    frame.loc[0, "slippage_base"] = 30.0
    chart = slippage_dots(frame, "last", privacy=False)
    assert chart.mean == pytest.approx(0.05)
    assert chart.remark.startswith("2 orders are in no sum")
    for interactive in (False, True):
        plots.slippage(frame.assign(slippage_base=float("nan")), interactive=interactive)
    still = slipped(0.0).assign(slippage_base=float("nan"))
    assert slippage_dots(still, "last", privacy=False).mean == 0


@pytest.mark.parametrize("interactive", [False, True])
def test_a_volume_that_is_not_known_is_no_bar(interactive: bool) -> None:
    frame = bars(5).astype({"volume": "float64"})
    frame.loc[2, "volume"] = float("nan")
    for one in (frame, frame.drop(columns="volume")):
        figure = plots.candles(one, interactive=interactive)
        drawn = (
            next(trace.y for trace in figure.data if trace.type == "bar")
            if interactive
            else [bar.get_height() for bar in figure.axes[1].patches]
        )
        missing = [number for number, height in enumerate(drawn) if np.isnan(height)]
        assert missing == ([2] if one is frame else [0, 1, 2, 3, 4])
        assert not interactive or figure.to_json()
        assert interactive or figure.png().startswith(b"\x89PNG")


def test_totals_of_debts_have_no_shares() -> None:
    client = account(stock("700.HK", "100", "500"), cash="-90000")
    assert portfolio.totals(quiet(portfolio.value, client))["share"].isna().all()


# Movements of cash


def flow(name: str, money: str, symbol: str = "") -> dict[str, Any]:
    return {
        "transaction_flow_name": name, "balance": money, "currency": "HKD", "business_time": str(T0 + 60),
        "symbol": symbol, "business_type": 1, "direction": 2, "description": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Cash in Lieu", "other"), ("CashInLieu", "other"), ("Return of Capital", "other"),
        ("碎股现金", "other"),
        ("Stock Loan Income", "other"), ("WHT on Dividend", "tax"), ("NRA Withholding", "tax"),
        ("Dividend Reversal", "dividend"), ("SEC Fee", None), ("TAF", None), ("SFC Transaction Levy", None),
        ("Sec Lending Fee", "fee"), ("ADR Fee", "fee"), ("OptionExpiry", None), ("Merger", None),
    ],
)  # fmt: skip
def test_a_securitys_movement_is_what_its_name_says(name: str, kind: str | None) -> None:
    assert kind_of(name, "AAPL.US") == kind


def test_what_a_name_does_not_tell_is_named_and_a_reversal_takes_its_dividend_back() -> None:
    client = account(stock("700.HK", "100", "500"))
    client.flows = [
        flow("Cash Dividend", "500", "700.HK"), flow("Dividend Reversal", "-500", "700.HK"),
        flow("Cash in Lieu", "7", "700.HK"), flow("Merger", "900", "700.HK"),
        flow("BuyContract-Stocks", "-60000", "700.HK"), flow("Deposit", "5"),
    ]  # fmt: skip
    said = "Cash movements of securities whose name does not say what they are are not in it: Merger."
    frame = quiet(portfolio.income, client, START, END, by="symbol")
    assert frame[["dividend", "other", "total"]].to_numpy().tolist() == [[0, 7, 7]]
    assert said in frame.attrs["openapi"]["notes"]
    whole = quiet(portfolio.total_return, client, START, END)
    assert whole[["dividend", "other", "total"]].to_numpy().tolist() == [[0, 7, 7 + 10_000]]
    assert said in whole.attrs["openapi"]["notes"]


# One account twice


def test_one_account_by_two_clients_is_said() -> None:
    one, again, other = account(), account(), account(owner="two")
    said = "a and b are the same account: what it holds is counted twice."
    notes = portfolio.notes(quiet(portfolio.value, {"a": one, "b": again, "c": other}))
    assert said in notes
    assert "same account" not in portfolio.notes(quiet(portfolio.value, {"a": one, "c": other}))
