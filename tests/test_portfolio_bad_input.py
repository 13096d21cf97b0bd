"""Too little, holes, no quotes, no rates: a frame with what is known, and one line."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support.sandbox import start_sandbox

from jupyter_openapi import Client, Credentials, plots, portfolio
from jupyter_openapi.errors import RequestRefused

NO_RATE = "no rate for (HKD, USD|USD, HKD) into SGD"


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with start_sandbox("--limits", "off", "--history", "40") as sandbox:
        keys = sandbox.credentials
        made = Credentials(keys.app_key, keys.app_secret, keys.access_token)
        with Client(made, "sandbox", sandbox.url, limits=False) as opened:
            yield opened


@pytest.fixture(scope="module")
def short(client: Client, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a week or two of days."""
    folder = tmp_path_factory.mktemp("short")
    portfolio.backfill(client, "-12d", folder=folder)
    return folder


def said(work: Callable[[], Any]) -> tuple[Any, str]:
    """What it gives, and the one line of warning, or none."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = work()
    # What another test left to the garbage collector is none of ours.
    lines = [str(one.message) for one in caught if one.category is not ResourceWarning]
    assert len(lines) <= 1, lines
    assert not any("\n" in line for line in lines)
    return found, "".join(lines)


def drawn(frame: pd.DataFrame) -> None:
    """Every picture and table of a frame of returns can be made, whatever is missing."""
    table, _line = said(lambda: portfolio.statistics(frame))
    months, line = said(lambda: portfolio.months(frame))
    assert line == ""
    for picture in (plots.equity(frame), plots.drawdown(frame), plots.months(months)):
        assert picture.png().startswith(b"\x89PNG")
    assert table.index.name == "statistic"


def test_no_snapshot(client: Client, tmp_path: Path) -> None:
    for by in ("day", "month", "year"):
        frame, line = said(lambda by=by: portfolio.returns(client, by, folder=tmp_path))
        assert frame.empty
        assert "there are no snapshots yet" in line
    curve, line = said(lambda: portfolio.equity_curve(client, folder=tmp_path))
    assert curve.empty
    assert "there are no snapshots yet" in line
    drawn(portfolio_frame(client, tmp_path))


def portfolio_frame(client: Client, folder: Path, **more: Any) -> pd.DataFrame:
    return said(lambda: portfolio.returns(client, folder=folder, **more))[0]


def test_one_snapshot(client: Client, tmp_path: Path) -> None:
    portfolio.snapshot(client, folder=tmp_path)
    frame, line = said(lambda: portfolio.returns(client, folder=tmp_path, benchmark="2800.HK"))
    assert "a second day with a snapshot is needed" in line
    assert frame["net_value"].notna().tolist() == [True]
    assert frame["return_pct"].isna().all()
    table, line = said(lambda: portfolio.statistics(frame))
    assert table[["portfolio", "benchmark"]].isna().all().all()
    assert "there are 0 returns of one day" in line
    drawn(frame)


def test_too_short_a_series(client: Client, short: Path) -> None:
    frame, line = said(lambda: portfolio.returns(client, folder=short))
    assert line == ""
    assert frame["return_pct"].notna().sum() == len(frame) - 1 >= 6
    table, line = said(lambda: portfolio.statistics(frame))
    assert f"there are {len(frame) - 1} returns of one day: figures of a year say little" in line
    assert table["portfolio"].loc["total_return_pct"] == pytest.approx(frame["index"].iloc[-1] - 100)
    drawn(frame)


@pytest.mark.parametrize("symbol", ["9999.US", "99999.HK"])
def test_no_quotes_of_the_benchmark(client: Client, short: Path, symbol: str) -> None:
    frame, line = said(lambda: portfolio.returns(client, folder=short, benchmark=symbol))
    assert f"the closes of {symbol}" in line
    assert frame[["benchmark_pct", "benchmark_index"]].isna().all().all()
    assert frame["return_pct"].notna().sum() == len(frame) - 1
    table, line = said(lambda: portfolio.statistics(frame))
    assert "no day has a return of both the account and its benchmark" in line
    assert table["benchmark"].isna().all()
    assert table["portfolio"].loc[["beta", "alpha_pct", "tracking_error_pct"]].isna().all()
    assert table["portfolio"].loc[["volatility_pct", "sharpe"]].notna().all()
    drawn(frame)


def test_holes(client: Client, tmp_path: Path) -> None:
    portfolio.backfill(client, "-14d", folder=tmp_path)
    whole = portfolio.returns(client, folder=tmp_path)
    files = sorted(tmp_path.rglob("*.parquet"))
    for file in files[2:5]:
        file.unlink()
    frame, line = said(lambda: portfolio.returns(client, folder=tmp_path))
    gone = [f"{day:%Y-%m-%d}" for day in whole["date"].iloc[2:5]]
    assert f"no value on 3 weekdays (from {gone[0]}): the next return is of all days before it" in line
    assert len(frame) == len(whole) - 3
    assert frame["weekdays"].tolist()[1:4] == [1, 4, 1]
    assert frame["index"].iloc[-1] == pytest.approx(whole["index"].iloc[-1])
    drawn(frame)


def test_a_base_currency_without_a_rate(client: Client, short: Path) -> None:
    frame, line = said(lambda: portfolio.returns(client, folder=short, base_currency="SGD"))
    assert re.search(NO_RATE, line)
    assert frame[["net_value", "return_pct", "index"]].isna().all().all()
    assert len(frame) >= 6
    drawn(frame)
    curve, line = said(lambda: portfolio.equity_curve(client, "SGD", short))
    assert re.search(NO_RATE, line)
    assert curve["net_value"].isna().all()
    for work, columns in (
        (lambda: portfolio.value(client, base_currency="SGD"), ["market_value_base"]),
        (lambda: portfolio.exposure(client, "currency", "SGD"), ["net", "gross"]),
        (lambda: portfolio.pnl(client, "-40d", base_currency="SGD"), ["realized_pl_base"]),
        (lambda: portfolio.income(client, "-40d", base_currency="SGD"), ["amount_base"]),
        (lambda: portfolio.total_return(client, "-40d", base_currency="SGD"), ["total"]),
        (lambda: portfolio.trade_stats(client, "-40d", base_currency="SGD"), ["net_pl"]),
    ):
        frame, line = said(work)
        assert "into SGD" in line
        assert len(frame)
        assert frame[columns].isna().all().all()
    with pytest.raises(RequestRefused, match=f"Nothing is rebalanced.*{NO_RATE}"):
        portfolio.rebalance(client, {"700.HK": 0.1}, base_currency="SGD")


def test_a_window_without_a_day_and_one_that_ends_before_it_starts(client: Client, short: Path) -> None:
    frame, line = said(lambda: portfolio.returns(client, folder=short, end="1990-01-01"))
    assert frame.empty
    assert "any value in HKD in this time" in line
    with pytest.raises(RequestRefused, match=r"start \(2026-11-20\) is after end \(2026-11-10\)"):
        portfolio.returns(client, folder=short, start="2026-11-20", end="2026-11-10")
