"""Returns that begin with the broker's own profit analysis, and sectors, on a sandbox with a past."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pandas as pd
import pytest
from support.sandbox import start_sandbox

from jupyter_openapi import Client, Credentials, portfolio
from jupyter_openapi.portfolio.positions import IncompleteWarning

RATE = 7.785  # Hong Kong dollars for one of the US, as the sandbox's exchange rates state it
SECTORS = {
    "700.HK": "Communication Services",
    "9988.HK": "Consumer Discretionary",
    "5.HK": "Financials",
    "AAPL.US": "Information Technology",
    "TSLA.US": "Consumer Discretionary",
}


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with start_sandbox("--limits", "off", "--clock", "manual", "--history", "90") as sandbox:
        keys = sandbox.credentials
        made = Credentials(keys.app_key, keys.app_secret, keys.access_token)
        with Client(made, "sandbox", sandbox.url, limits=False) as opened:
            yield opened


@pytest.fixture(autouse=True)
def nothing_left_to_say() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def deposits(client: Client, after: pd.Timestamp) -> tuple[float, float]:
    """Paid in and paid out after a moment, in Hong Kong dollars."""
    moved = client.pages("cash_flow", start_time="-400d").frame()
    moved = moved[moved["business_time"] > after]
    amounts = moved["balance"] * moved["currency"].map({"HKD": 1.0, "USD": RATE})
    paid = {name: amounts[moved["transaction_flow_name"] == name].sum() for name in ("Deposit", "Withdrawal")}
    return paid["Deposit"], -paid["Withdrawal"]


def test_the_time_before_the_first_snapshot_is_the_brokers(client: Client, tmp_path: Path) -> None:
    portfolio.snapshot(client, folder=tmp_path)
    with pytest.warns(IncompleteWarning, match="a second day with a snapshot"):
        portfolio.returns(client, folder=tmp_path)
    frame = portfolio.returns(client, start="-400d", folder=tmp_path)
    assert frame["source"].tolist() == ["broker", "broker"]
    begun = client.call("portfolio_profit_analysis").data
    opened = pd.Timestamp(int(begun["start_time"]), unit="s", tz=UTC)
    paid_in, paid_out = deposits(client, opened)
    now = portfolio.totals(portfolio.value(client))["market_value"].iloc[-1]
    first = float(begun["initial_asset_value"])
    gain = (now - first - paid_in + paid_out) / (first + paid_in)
    assert frame["net_value"].tolist() == pytest.approx([first, now])
    assert frame["return_pct"].iloc[1] == pytest.approx(100 * gain, abs=1e-4)
    assert frame["index"].tolist() == pytest.approx([100, 100 + 100 * gain], abs=1e-4)
    assert any("the broker's own rate of profit" in line for line in frame.attrs["openapi"]["notes"])


def test_days_worked_out_later_go_on_from_the_brokers(client: Client, tmp_path: Path) -> None:
    portfolio.backfill(client, "-20d", folder=tmp_path)
    days = portfolio.returns(client, folder=tmp_path)
    assert set(days["source"]) == {"reconstructed"}
    frame = portfolio.returns(client, start="-400d", folder=tmp_path)
    assert frame["source"].tolist() == ["broker", "broker", *days["source"][1:]]
    assert frame["return_pct"].iloc[2:].tolist() == days["return_pct"].iloc[1:].tolist()
    curve = portfolio.equity_curve(client, folder=tmp_path)
    asked = client.call("portfolio_profit_analysis", end=int(curve.index[0].timestamp())).data
    gain = float(asked["sum_profit"]) / float(asked["invest_amount"])
    assert frame["return_pct"].iloc[1] == pytest.approx(100 * gain, abs=1e-4)
    assert float(asked["ending_asset_value"]) == pytest.approx(frame["net_value"].iloc[1], rel=0.01)
    assert frame["index"].iloc[-1] == pytest.approx(days["index"].iloc[-1] * (1 + gain), abs=1e-3)


def test_the_profit_analysis_covers_the_days_that_are_asked_for(client: Client) -> None:
    summary = client.call("portfolio_profit_analysis", start="-30d").frame()
    assert summary["sum_profit"].notna().all()
    rows = client.call("portfolio_profit_analysis_sublist", start="-30d").frame()
    told = rows["profit"] * rows["currency"].map({"HKD": 1.0, "USD": RATE})
    assert told.sum() == pytest.approx(summary["profits_stock"].iloc[0], abs=0.5)


def test_exposure_by_sector(client: Client) -> None:
    held = portfolio.value(client)
    frame = portfolio.exposure(client, "sector").set_index("sector")
    expected: dict[str, float] = {}
    for symbol, value in zip(held["symbol"], held["market_value_base"], strict=True):
        expected[SECTORS[symbol]] = expected.get(SECTORS[symbol], 0.0) + value
    assert frame["net"].to_dict() == pytest.approx(expected)
    assert frame["net"].sum() == pytest.approx(portfolio.exposure(client)["net"].sum())
    client.call("submit_order", symbol="2800.HK", side="Buy", type="MO", quantity=500, execute=True)
    with pytest.warns(IncompleteWarning, match=r"the sector of 2800\.HK"):
        frame = portfolio.exposure(client, "sector")
    assert frame.set_index("sector").loc["not known", "holdings"] == 1


def test_profit_and_loss_names_the_brokers_profit(client: Client) -> None:
    frame = portfolio.pnl(client, "-400d", fees=True)
    told = frame.attrs["openapi"]["broker_profit"]
    sold_out = frame[frame["counted"]].groupby("symbol")["net_pl"].sum()
    held = set(portfolio.value(client)["symbol"])
    compared = [symbol for symbol in sold_out.index if symbol not in held]
    assert len(compared) > 3
    for symbol in compared:
        assert float(told[symbol]["profit"]) == pytest.approx(sold_out[symbol], abs=0.011), symbol
