"""A year of simulated trading: what was earned is what is there less what was put in."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pandas as pd
import pytest
from support.sandbox import start_sandbox

from jupyter_openapi import Client, Credentials, portfolio


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with start_sandbox("--limits", "off", "--history", "365", "--clock", "manual") as sandbox:
        keys = sandbox.credentials
        made = Credentials(keys.app_key, keys.app_secret, keys.access_token)
        with Client(made, "sandbox", sandbox.url, limits=False) as opened:
            yield opened


@pytest.fixture(autouse=True)
def nothing_left_to_say() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def flows(client: Client) -> pd.DataFrame:
    return client.pages("cash_flow", start_time="-400d").frame()


def test_what_was_earned_is_what_is_there_less_what_was_put_in(client: Client) -> None:
    held = portfolio.value(client)
    rates = {name: float(rate) for name, rate in held.attrs["openapi"]["rates"].items()}
    moved = flows(client)
    deposits = moved[moved["transaction_flow_name"].isin(["Deposit", "Withdrawal"])]
    put_in = (deposits["balance"] * deposits["currency"].map(rates)).sum()
    there = portfolio.totals(held)["market_value"].iloc[-1]
    earned = portfolio.total_return(client, "-400d", fees=True)["total"].sum()
    open_lots = portfolio.lots(client, fees=True)
    paid = (open_lots["fees"] * open_lots["currency"].map(rates)).sum()
    assert earned - paid == pytest.approx(there - put_in, abs=0.01)


def test_the_lots_are_all_of_what_is_held(client: Client) -> None:
    lots = portfolio.lots(client, fees=True)
    held = portfolio.value(client).set_index("symbol")
    assert not lots["estimated"].any()
    assert lots["opened_on"].notna().all()
    assert lots.groupby("symbol")["quantity"].sum().to_dict() == held["quantity"].to_dict()


def test_the_months_of_trades_are_those_of_the_profit(client: Client) -> None:
    trips = portfolio.pnl(client, "-400d", fees=True)
    stats = portfolio.trade_stats(client, "-400d", by="month", fees=True)
    by_month = trips.groupby(trips["trade_date"].dt.strftime("%Y-%m"))["net_pl_base"].sum()
    assert stats["month"].tolist() == by_month.index.tolist()
    assert stats["net_pl"].tolist() == pytest.approx(by_month.tolist())
    assert stats["trades"].sum() == trips["close_order_id"].nunique()


def test_income_is_what_was_booked(client: Client) -> None:
    moved = flows(client)
    income = portfolio.income(client, "-400d")
    for kind, name in (("dividend", "Dividend"), ("interest", "Interest")):
        booked = moved.loc[moved["transaction_flow_name"] == name, "balance"].sum()
        assert income.loc[income["kind"] == kind, "amount"].sum() == pytest.approx(booked)
    assert "split" in set(income["kind"])


def test_slippage_covers_every_order_that_filled(client: Client) -> None:
    costs = portfolio.slippage(client, "-400d", arrival=False)
    fills = client.pages("history_executions", start_at="-400d").frame()
    assert set(costs["order_id"]) == set(fills["order_id"])
    whole = (fills["price"] * fills["quantity"]).sum()
    assert (costs["price"] * costs["quantity"]).sum() == pytest.approx(whole, rel=1e-6)
