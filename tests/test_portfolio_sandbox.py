"""The whole way through the sandbox: value, profit, snapshot, history on disk, pictures, the magic."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support.sandbox import start_sandbox
from support.shell import loaded_shell

from jupyter_openapi import Client, Credentials, plots, portfolio


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """An account that bought 30 NVDA.US in two orders and sold 25, and sold 100 of its 500 700.HK."""
    with start_sandbox("--limits", "off") as sandbox:
        keys = sandbox.credentials
        made = Credentials(keys.app_key, keys.app_secret, keys.access_token)
        with Client(made, "sandbox", sandbox.url, limits=False) as client:
            for symbol, side, quantity in (
                ("NVDA.US", "Buy", 10),
                ("NVDA.US", "Buy", 20),
                ("NVDA.US", "Sell", 25),
                ("700.HK", "Sell", 100),
            ):
                trade(client, symbol, side, quantity)
            yield client


def trade(client: Client, symbol: str, side: str, quantity: int) -> None:
    order = {"symbol": symbol, "side": side, "order_type": "MO", "submitted_quantity": quantity}
    sent: Any = client.call("submit_order", execute=True, time_in_force="Day", **order)
    for _ in range(100):
        detail: Any = client.call("order_detail", order_id=sent.order_id)
        if detail.data["status"] == "FilledStatus":
            return
        time.sleep(0.1)
    raise AssertionError(detail.data)


@pytest.fixture(autouse=True)
def no_warning() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def rows(client: Client, operation: str) -> pd.DataFrame:
    reply: Any = client.call(operation)
    return reply.frame()


def test_the_value_agrees_with_the_brokers_own(client: Client) -> None:
    frame = portfolio.value(client)
    assert set(frame.symbol) == {"700.HK", "9988.HK", "5.HK", "AAPL.US", "TSLA.US", "NVDA.US"}
    assert frame.notna().all().all()
    broker = portfolio.totals(frame).attrs["openapi"]["broker"]
    # Prices move between the two readings, a little.
    assert abs(float(broker["difference"])) < 0.005 * float(broker["net_assets"])
    trades = rows(client, "today_executions")
    sold = trades[trades.symbol == "700.HK"]
    tencent = frame.set_index("symbol").loc["700.HK"]
    expected = 500 * (tencent.last_done - tencent.prev_close)
    expected -= ((tencent.last_done - sold.price) * sold.quantity).sum()
    assert tencent.day_pl == pytest.approx(expected)


def test_the_profit_is_that_of_the_executions(client: Client) -> None:
    frame = portfolio.pnl(client, "-7d")
    trades = rows(client, "today_executions")
    mine = trades[trades.symbol == "NVDA.US"]
    # The ids are as the exchange counts them: the first order, the second, the sale.
    units = [
        price
        for order in sorted(set(mine[mine.side == "Buy"].order_id))
        for price, count in mine.loc[mine.order_id == order, ["price", "quantity"]].to_numpy().tolist()
        for _ in range(int(count))
    ]
    sold = mine[mine.side == "Sell"]
    trips = frame[(frame.symbol == "NVDA.US") & (frame.kind == "trip")]
    assert set(trips.direction) == {"long"}
    assert trips.quantity.sum() == 25
    assert trips.proceeds.sum() == pytest.approx((sold.price * sold.quantity).sum())
    assert trips.cost.sum() == pytest.approx(sum(units[:25]))
    assert trips.fees.notna().all()
    # What was held all along is sold at the position's cost, as an estimate.
    guessed = frame[frame["estimated"]]
    assert set(guessed.symbol) == {"700.HK"}
    assert guessed.quantity.sum() == 100
    assert guessed.realized_pl.sum() == pytest.approx(guessed.proceeds.sum() - 48_060)
    given = portfolio.pnl(client, "-7d", opening={"700.HK": (500, "480.6")})
    tencent = given[given.symbol == "700.HK"]
    assert tencent.realized_pl.sum() == pytest.approx(tencent.proceeds.sum() - 48_060)


def test_snapshots_make_a_curve(client: Client, tmp_path: Path) -> None:
    for _ in range(2):
        kept = portfolio.snapshot(client, tmp_path)
        assert kept.missing == ()
    curve = portfolio.equity_curve(client, folder=tmp_path)
    assert curve[["net_value", "index"]].notna().all().all()
    assert curve.net_value.iloc[0] == pytest.approx(
        portfolio.totals(portfolio.value(client))["market_value"].iloc[-1], rel=0.01
    )


@pytest.mark.parametrize(
    ("operation", "least"), [("history_executions", 4), ("history_orders", 4), ("cash_flow", 4)]
)
def test_histories_go_to_disk_whole(client: Client, tmp_path: Path, operation: str, least: int) -> None:
    made = portfolio.archive(client, operation, tmp_path, "-40d")
    again = portfolio.archive(client, operation, tmp_path)
    found = pd.read_parquet(made.path)
    assert made.complete
    assert len(found) == made.rows >= least
    assert again.rows == 0
    assert found.extra.isna().all()


def test_its_pictures(client: Client) -> None:
    held = portfolio.value(client)
    bars: Any = client.call(
        "candlesticks", symbol="700.HK", period="day", count=60, adjust_type="none", trade_session="intraday"
    )
    fills = rows(client, "today_executions")
    for figure in (
        plots.allocation(held),
        plots.profit(held),
        plots.executions(bars.frame(), fills, "700.HK"),
    ):
        assert figure.png().startswith(b"\x89PNG")


def test_the_magics_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with loaded_shell() as shell:
        shell.run("client = %openapi connect sandbox")
        held = shell.run(f"%openapi --out {tmp_path}/held.csv portfolio USD")
        assert len(held) == 5
        said = capsys.readouterr().out
        assert "Total " in said
        assert " USD; of it cash " in said
        assert "quantity at the open" not in said
        assert "%openapi help portfolio" in said
        assert (tmp_path / "held.csv").is_file()
        shell.run("%openapi help portfolio")
        assert "quantity at the open" in capsys.readouterr().out
        assert shell.run("trips = %openapi pnl --month 2023-10\nlen(trips)") == 0
        assert "2023-10-01 to 2023-10-31: 0 round trips." in capsys.readouterr().out
        assert shell.run("trips = %openapi pnl start=-3d method=average\nlen(trips)") == 0
        assert shell.run("trips = %openapi pnl\nlen(trips)") == 0
        kept = repr(shell.run("%openapi snapshot"))
        assert "5 positions, kept as" in kept
        assert "--month is written as" in shell.fail("%openapi pnl --month 2026-13")
        assert "leave start and end out" in shell.fail("%openapi pnl start=-3d --month 2026-10")
        assert "pnl needs a start" in shell.fail("%openapi pnl end=2026-10-01")
        assert "base_currency is a code" in shell.fail("%openapi portfolio EURO")
