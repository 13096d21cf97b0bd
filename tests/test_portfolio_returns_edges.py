"""Returns at their edges: nothing to earn on, all lost, days without a value, equal returns, two points."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import soak
from test_portfolio_returns import account, cash, day_frame, row, trading_days

from jupyter_openapi import portfolio
from jupyter_openapi.market.money import exactly
from jupyter_openapi.portfolio import IncompleteWarning
from jupyter_openapi.portfolio.daily_returns import days_of, holes, window_of
from jupyter_openapi.portfolio.equity import equity_curve
from jupyter_openapi.portfolio.prices import Benchmark
from jupyter_openapi.portfolio.risk_statistics import reckoned

Rows = list[dict[str, Any]]


def said(groups: list[Rows]) -> list[str]:
    with exactly():
        return holes(days_of(groups, "HKD", {}, UTC, local=False))


def series(values: list[str], start: int = 0) -> list[Rows]:
    days = trading_days(start + len(values))[start:]
    return [cash(at, value) for at, value in zip(days, values, strict=True)]


# Nothing to earn on


def test_an_account_that_was_emptied_and_filled_again_has_no_return_for_that_day() -> None:
    one, two, three, four = trading_days(4)
    groups = [
        cash(one, "100"),
        cash(two, "0", (one, "-100")),  # taken out at once: nothing was there to earn
        cash(three, "50", (three, "50")),  # and put in at the very end
        cash(four, "55"),
    ]
    frame = day_frame(groups)
    assert frame["return_pct"].isna().tolist() == [True, True, True, False]
    assert frame["index"].tolist() == pytest.approx([100, 100, 100, 110])
    assert said(groups) == ["the return of 2026-01-06, 2026-01-07, for there was nothing to earn on"]


def test_the_reason_of_each_return_that_is_not_known_is_its_own() -> None:
    one, two, three, four = trading_days(4)
    groups = [
        cash(one, "100"),
        [*cash(two, "150"), row("gap", two)],
        cash(three, "0", (two, "-150")),
        [row("cash", four, currency="XXX", amount=Decimal(5)), row("gap", four)],
    ]
    assert said(groups) == [
        "the return of 2026-01-06, for the deposits before it are not known",
        "the return of 2026-01-07, for there was nothing to earn on",
        "the value of 1 day with a snapshot",
    ]
    groups = [groups[0], groups[3], cash(four + timedelta(days=1), "120")]
    assert any("the deposits before it are not known" in line for line in said(groups))  # before the gap


def test_after_everything_was_lost_no_return_moves_the_index() -> None:
    groups = series(["100", "-50", "20", "22"])
    groups[2] = cash(trading_days(3)[2], "20", (trading_days(3)[2] - timedelta(hours=1), "100"))
    frame = day_frame(groups)
    assert frame["return_pct"].iloc[[1, 3]].tolist() == pytest.approx([-150, 10])
    assert frame["index"].tolist() == pytest.approx([100, -50, -50, -50])
    assert frame["drawdown_pct"].tolist() == pytest.approx([0, -150, -150, -150])
    assert said(groups)[-1] == "the index after 2026-01-06, when everything was lost: it stays where it was"
    by_month = day_frame(groups, by="month")
    assert by_month["index"].tolist() == pytest.approx([-50])
    table = reckoned(frame)
    assert table.loc["total_return_pct", "portfolio"] == pytest.approx(-150)
    assert math.isnan(table.loc["annual_return_pct", "portfolio"])
    assert said(series(["100", "0", "0"])) == ["the return of 2026-01-07, for there was nothing to earn on"]


def test_a_whole_return_without_a_part_says_so(tmp_path: Path) -> None:
    client = account(tmp_path, {"2026-01-05": "0", "2026-01-06": "0", "2026-01-07": "100"})
    line = "2 returns, which the return of the whole time is then without"
    assert f"Not known: {line}." in equity_curve(client, folder=tmp_path).attrs["openapi"]["notes"]
    with pytest.warns(IncompleteWarning, match="nothing to earn on"):
        frame = portfolio.returns(client, folder=tmp_path)
    with pytest.warns(IncompleteWarning, match=line):
        portfolio.statistics(frame)


# Back at the highest


@settings(max_examples=soak(500))
@given(st.integers(1, 10**6), st.lists(st.integers(1, 10**6), min_size=1, max_size=6))
def test_back_at_the_highest_nothing_is_below_it(high: int, lows: list[int]) -> None:
    values = [high]
    for low in lows:
        values += [min(low, high), high]
    frame = day_frame(series([str(value) for value in values]))
    back = frame.iloc[::2]
    assert back["drawdown_pct"].tolist() == [0] * len(back)
    assert (frame["drawdown_pct"] <= 0).all()
    depths = [float(100 * (Fraction(min(low, high), high) - 1)) for low in lows]
    assert frame["drawdown_pct"].iloc[1::2].tolist() == pytest.approx(depths, rel=1e-12, abs=1e-12)
    fall = reckoned(frame).loc["max_drawdown_pct"]
    assert fall["portfolio"] == pytest.approx(min(*depths, 0), rel=1e-9, abs=1e-9)
    if min(depths) < 0:
        first = 2 * depths.index(min(depths))
        assert (fall["start"], fall["end"]) == (frame["date"].iloc[first], frame["date"].iloc[first + 1])
        assert fall["remark"] == f"recovered on {frame['date'].iloc[first + 2]:%Y-%m-%d}"


# Equal returns


def steady(pct: float, count: int, benchmark: list[float]) -> pd.DataFrame:
    days = pd.bdate_range("2026-01-05", periods=count + 1)
    levels = list(accumulate([pct] * count, lambda level, gain: level * (1 + gain / 100), initial=100.0))
    nothing = float("nan")
    return pd.DataFrame(
        {
            "date": days,
            "net_value": levels,
            "return_pct": [nothing] + [pct] * count,
            "index": levels,
            "weekdays": pd.array([None] + [1] * count, dtype="Int64"),
            "source": "snapshots",
            "benchmark_pct": [nothing, *benchmark],
            "benchmark_index": (1 + pd.Series([0.0, *benchmark]) / 100).cumprod() * 100,
        }
    )


@settings(max_examples=soak(400), deadline=None)
@given(st.floats(-3, 3), st.integers(2, 60), st.data(), st.sampled_from([0, 3.5, -1]))
def test_returns_that_are_all_alike_have_no_risk(
    pct: float, count: int, data: st.DataObject, free: float
) -> None:
    others = data.draw(st.lists(st.floats(-3, 3), min_size=count, max_size=count))
    table = reckoned(steady(pct, count, [0.25] * count), free)
    for name in ("portfolio", "benchmark"):
        assert table.loc["volatility_pct", name] == 0
        assert math.isnan(table.loc["sharpe", name])
    assert table["portfolio"].loc[["beta", "alpha_pct"]].isna().all()
    assert table["portfolio"].loc["tracking_error_pct"] == 0
    least = 100 * ((1 + free / 100) ** (1 / 252) - 1)
    if pct > least + 1e-9:
        assert math.isnan(table.loc["sortino", "portfolio"])
    elif pct < least - 1e-9:
        assert table.loc["sortino", "portfolio"] == pytest.approx(-math.sqrt(252), rel=1e-6)
    # A benchmark that moves, an account that does not: beta is 0, and what it is ahead is all its own.
    table = reckoned(steady(0.0, count, others))
    if max(others) - min(others) > 1e-9:
        assert table.loc["beta", "portfolio"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_series_of_few_points_has_what_can_be_known(count: int) -> None:
    table = reckoned(steady(1.0, count, [0.5] * count))["portfolio"]
    assert table.notna().sum() == {0: 0, 1: 6, 2: 8}[count], table
    odd = steady(1.0, 3, [0.5] * 3)
    odd.loc[2, "return_pct"] = float("inf")
    assert reckoned(odd).attrs["openapi"]["returns"] == 2


# Months


def test_a_month_with_a_return_that_is_not_known_is_not_known_by_day_either() -> None:
    days = trading_days(45)  # January to March
    groups = [cash(at, str(1000 + n)) for n, at in enumerate(days)]
    groups[25] = [*groups[25], row("gap", days[25])]
    month = days[25].month
    table, same = (portfolio.months(day_frame(groups, by=by)) for by in ("day", "month"))
    assert table.loc[2026, month] != table.loc[2026, month]
    for each in range(1, 13):
        ours, right = table.loc[2026, each], same.loc[2026, each]
        assert ours == pytest.approx(right, rel=1e-9) or (math.isnan(ours) and math.isnan(right))
    # A day without a value is in the return of the next one: its month is known.
    groups[25] = [row("cash", days[25], currency="XXX", amount=Decimal(1))]
    assert portfolio.months(day_frame(groups)).loc[2026, month] == pytest.approx(
        day_frame(groups, by="month").set_index("month").loc[f"2026-{month:02}", "return_pct"], rel=1e-9
    )


# Beside a benchmark


def closes(*values: tuple[datetime, str]) -> Benchmark:
    return Benchmark("SPY.US", tuple(at for at, _ in values), tuple(Decimal(close) for _, close in values))


def test_a_weekend_without_a_value_keeps_the_benchmark_beside_the_account() -> None:
    friday = datetime(2026, 1, 9, 9, tzinfo=UTC)
    saturday, monday = friday + timedelta(days=1), friday + timedelta(days=3)
    benchmark = closes(
        (friday - timedelta(hours=12), "100"), (friday + timedelta(hours=12), "110"), (monday, "121")
    )
    valueless = [row("cash", saturday, currency="XXX", amount=Decimal(1))]
    whole = [cash(friday, "100"), cash(saturday, "110"), cash(monday, "121")]
    for groups in (whole, [whole[0], valueless, whole[2]], [whole[0], whole[2]]):
        table = reckoned(day_frame(groups, benchmark))
        assert table.attrs["openapi"]["returns"] == 1
        assert table.loc["best_day_pct"].tolist()[:2] == pytest.approx([21, 21])


def test_the_benchmark_is_measured_from_the_first_value_to_the_last() -> None:
    days = trading_days(5)
    unknown = [[row("cash", at, currency="XXX", amount=Decimal(1))] for at in days]
    benchmark = closes(
        *((at, close) for at, close in zip(days, ("50", "100", "110", "121", "242"), strict=True))
    )
    groups = [
        unknown[0],
        *(cash(at, value) for at, value in zip(days[1:4], ("10", "11", "13"), strict=True)),
        unknown[4],
    ]
    frame = day_frame(groups, benchmark)
    assert frame["benchmark_index"].iloc[1:4].tolist() == pytest.approx([100, 110, 121])
    assert frame["benchmark_index"].isna().tolist() == [True, False, False, False, False]
    table = reckoned(frame)
    assert table.loc["total_return_pct"].tolist()[:2] == pytest.approx([30, 21])
    assert table.loc["excess_return_pct", "portfolio"] == pytest.approx(9)
    assert portfolio.months(frame, "benchmark_pct").loc[2026, 1] == pytest.approx(142)  # to the last day
    lacking = frame.assign(benchmark_pct=frame["benchmark_pct"].where(frame.index != 2))
    assert portfolio.months(lacking, "benchmark_pct").loc[2026].isna().all()


# The window


def test_what_was_deposited_before_a_window_is_not_in_it() -> None:
    one, two, three = trading_days(3)
    groups = [cash(one, "100"), cash(two, "200", (two, "100")), cash(three, "220")]
    with exactly():
        days = window_of(days_of(groups, "HKD", {}, UTC, local=False), date(2026, 1, 7), None)
    assert [(day.day.day, day.flow) for day in days] == [(6, 0), (7, 0)]
