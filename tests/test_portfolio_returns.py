"""Returns from snapshots, and their statistics, against figures worked out in exact fractions."""

from __future__ import annotations

import random
import warnings
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support import figures, soak
from support.accounts import FakeAccount, offline

from jupyter_openapi import portfolio
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market.money import exactly
from jupyter_openapi.portfolio import IncompleteWarning
from jupyter_openapi.portfolio import snapshot_store as store
from jupyter_openapi.portfolio.daily_returns import days_of, indexed, weekdays
from jupyter_openapi.portfolio.performance import Series, frame_of, measured
from jupyter_openapi.portfolio.positions import owner_of
from jupyter_openapi.portfolio.prices import Benchmark
from jupyter_openapi.portfolio.risk_statistics import reckoned, sentences
from jupyter_openapi.portfolio.snapshot_store import SnapshotRow

START = datetime(2026, 1, 5, 9, tzinfo=UTC)  # a Monday
Rows = list[dict[str, Any]]


def row(kind: str, at: datetime, **more: Any) -> dict[str, Any]:
    names = ("symbol", "name", "market", "currency", "into", "quantity", "last_done", "multiplier", "amount")
    return {**dict.fromkeys(names), "kind": kind, "at": None, "taken_at": at, "snapshot": str(at), **more}


def cash(at: datetime, amount: str, *flows: tuple[datetime, str], currency: str = "HKD") -> Rows:
    """A snapshot of nothing but cash, and deposits since the one before."""
    return [
        row("cash", at, currency=currency, amount=Decimal(amount)),
        *(
            row("flow", at, name="Deposit", currency="HKD", amount=Decimal(money)) | {"at": when}
            for when, money in flows
        ),
    ]


def trading_days(count: int) -> list[datetime]:
    found, at = [], START
    while len(found) < count:
        if at.weekday() < 5:
            found.append(at)
        at += timedelta(days=1)
    return found


def day_frame(groups: list[Rows], benchmark: Benchmark | None = None, **more: Any) -> pd.DataFrame:
    with exactly():
        days = days_of(groups, "HKD", {}, UTC, local=more.get("local", False))
        return frame_of(Series("HKD", days, benchmark), more.get("by", "day"))


def kept(folder: Path, rows: dict[datetime, list[SnapshotRow]], client: FakeAccount) -> None:
    for at, lines in rows.items():
        store.write(folder, owner_of(client), at, lines)


def account(folder: Path, values: dict[str, str], **more: Any) -> FakeAccount:
    """An account with a snapshot of cash at 09:00 UTC of each day."""
    client = FakeAccount(**more)
    rows = {
        datetime.fromisoformat(f"{day}T09:00+00:00"): [
            SnapshotRow("account", currency="HKD"),
            SnapshotRow("cash", currency="HKD", amount=Decimal(value)),
        ]
        for day, value in values.items()
    }
    kept(folder, rows, client)
    return client


def quiet(client: Any, **more: Any) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return portfolio.returns(client, **more)


def told(client: Any, **more: Any) -> tuple[pd.DataFrame, str]:
    with pytest.warns(IncompleteWarning) as caught:
        frame = portfolio.returns(client, **more)
    assert len(caught) == 1
    return frame, str(caught[0].message)


# The series


def random_groups(dice: random.Random) -> tuple[list[Rows], list[Fraction], list[date]]:
    """Snapshots, one to three a day, with deposits between; and the exact return of each day."""
    groups, gains, days = [], [], []
    value = Fraction(dice.randint(50_000, 500_000))
    before: tuple[datetime, Fraction] | None = None
    for at in trading_days(dice.randint(3, 12)):
        whole = Fraction(1)
        for number in range(dice.randint(1, 3)):
            moment = at + timedelta(hours=number)
            flows = []
            if before is not None and dice.random() < 0.4:
                span = int((moment - before[0]).total_seconds())
                flows.append(
                    (before[0] + timedelta(seconds=dice.randint(1, span)), dice.randint(-9000, 30_000))
                )
            moved = sum(money for _, money in flows)
            value += Fraction(dice.randint(-5_000, 6_000)) + moved
            groups.append(cash(moment, str(int(value)), *((when, str(money)) for when, money in flows)))
            if before is not None:
                span = Fraction(int((moment - before[0]).total_seconds()))
                worked = before[1]
                for when, money in flows:
                    worked += money * Fraction(int((moment - when).total_seconds())) / span
                whole *= 1 + (value - before[1] - moved) / worked
            before = (moment, value)
        gains.append(whole - 1)
        days.append(at.date())
    return groups, gains, days


def test_random_series_are_the_exact_time_weighted_returns() -> None:
    dice = random.Random(17)
    for _ in range(soak(400)):
        groups, gains, days = random_groups(dice)
        frame = day_frame(groups)
        assert [each.date() for each in frame["date"]] == days
        first = frame["return_pct"].iloc[0]
        assert first == pytest.approx(float(100 * gains[0]), rel=1e-12, abs=1e-12) or gains[0] == 0
        for ours, right in zip(frame["return_pct"].iloc[1:], gains[1:], strict=True):
            assert ours == pytest.approx(float(100 * right), rel=1e-12, abs=1e-12)
        assert frame["index"].iloc[-1] == pytest.approx(float(100 * (1 + figures.chained(gains))), rel=1e-12)
        assert frame["weekdays"].iloc[1:].tolist() == [1] * (len(days) - 1)


def test_months_and_years_are_the_days_together() -> None:
    groups = [cash(at, str(100_000 + 37 * n * (-1) ** n)) for n, at in enumerate(trading_days(80))]
    daily = day_frame(groups)
    monthly, yearly = day_frame(groups, by="month"), day_frame(groups, by="year")
    assert monthly["month"].tolist() == ["2026-01", "2026-02", "2026-03", "2026-04"]
    by_month = (1 + daily["return_pct"] / 100).groupby(daily["date"].dt.strftime("%Y-%m")).prod()
    assert monthly["return_pct"].tolist() == pytest.approx((100 * by_month - 100).tolist(), rel=1e-9)
    assert monthly["index"].tolist()[-1] == daily["index"].iloc[-1] == yearly["index"].iloc[0]
    assert monthly["weekdays"].sum() == 79
    daily.attrs["openapi"] = {"base_currency": "HKD"}
    table = portfolio.months(daily)
    assert "Amounts are in HKD." in portfolio.notes(daily)
    assert "Amounts" not in portfolio.notes(table)  # percent
    assert table.loc[2026, [1, 2, 3, 4]].tolist() == pytest.approx(monthly["return_pct"].tolist(), rel=1e-9)
    assert table.loc[2026, list(range(5, 13))].isna().all()
    assert table.loc[2026, "year"] == pytest.approx(yearly["return_pct"].iloc[0], rel=1e-9)
    assert portfolio.months(monthly).equals(portfolio.months(monthly.copy()))


def test_local_returns_leave_the_currency_out() -> None:
    def dollars(at: datetime, amount: str, rate: str) -> Rows:
        return [
            *cash(at, amount, currency="USD"),
            row("rate", at, currency="USD", into="HKD", amount=Decimal(rate)),
        ]

    one, two = trading_days(2)
    groups = [dollars(one, "1000", "7.8"), dollars(two, "1010", "7.7")]
    assert day_frame(groups)["return_pct"].iloc[1] == pytest.approx(100 * (1010 * 7.7 / 7800 - 1))
    assert day_frame(groups, local=True)["return_pct"].iloc[1] == pytest.approx(1.0, rel=1e-12)


def test_weekdays_are_counted_as_a_calendar_does() -> None:
    for first in range(14):
        for more in range(30):
            start = date(2026, 1, 5) + timedelta(days=first)
            days = [start + timedelta(days=n) for n in range(1, more + 1)]
            assert weekdays(start, start + timedelta(days=more)) == sum(day.weekday() < 5 for day in days)


def test_a_hole_is_said_and_the_return_after_it_is_of_several_days(tmp_path: Path) -> None:
    values = {"2026-01-05": "100", "2026-01-06": "110", "2026-01-09": "121", "2026-01-12": "121"}
    frame, said = told(account(tmp_path, values), folder=tmp_path)
    assert frame["weekdays"].tolist()[1:] == [1, 3, 1]
    assert frame["return_pct"].tolist()[1:] == pytest.approx([10, 10, 0])
    assert "no value on 2 weekdays (from 2026-01-07)" in said
    assert reckoned(frame).attrs["openapi"]["returns"] == 2


def test_a_hole_after_a_friday_begins_on_the_monday(tmp_path: Path) -> None:
    values = {"2026-01-08": "100", "2026-01-09": "110", "2026-01-14": "121"}
    _frame, said = told(account(tmp_path, values), folder=tmp_path)
    assert "no value on 2 weekdays (from 2026-01-12)" in said


def test_a_weekend_belongs_to_the_monday_after_it() -> None:
    at = datetime(2026, 1, 9, 9, tzinfo=UTC)  # a Friday
    groups = [cash(at + timedelta(days=days), value) for days, value in ((0, "100"), (1, "110"), (3, "99"))]
    frame = day_frame(groups)
    assert frame["weekdays"].tolist()[1:] == [0, 1]
    table = reckoned(frame)
    assert table.attrs["openapi"]["returns"] == 1
    assert table.loc["worst_day_pct", "portfolio"] == pytest.approx(-1)


def test_deposits_that_are_not_known_leave_the_return_unknown() -> None:
    one, two, three = trading_days(3)
    groups = [cash(one, "100"), [*cash(two, "150"), row("gap", two)], cash(three, "165")]
    frame = day_frame(groups)
    assert frame["return_pct"].isna().tolist() == [True, True, False]
    assert frame["index"].tolist() == pytest.approx([100, 100, 110])
    assert day_frame(groups, by="month")["return_pct"].isna().all()


# The benchmark


def test_the_benchmarks_return_is_between_the_closes_before_the_snapshots(tmp_path: Path) -> None:
    closes = {
        ("2800.HK", "2026-01-02"): "20",
        ("2800.HK", "2026-01-05"): "21",
        ("2800.HK", "2026-01-06"): "22",
    }
    values = {"2026-01-05": "100", "2026-01-06": "101", "2026-01-07": "102"}
    client = account(tmp_path, values, closes=closes)
    frame = quiet(client, folder=tmp_path, benchmark="2800.hk")
    # 09:00 UTC is 17:00 in Hong Kong: its close of the day is known.
    assert frame["benchmark_pct"].tolist()[1:] == pytest.approx([100 * (22 / 21 - 1), 0])
    assert frame["benchmark_index"].tolist() == pytest.approx([100, 100 * 22 / 21, 100 * 22 / 21])
    assert any("no new close on 1 of the days" in line for line in frame.attrs["openapi"]["notes"])
    american = {("SPY.US", day): close for (_, day), close in closes.items()}
    there = tmp_path / "us"
    frame = quiet(account(there, values, closes=american), folder=there, benchmark="SPY.US")
    # New York has not opened then: the close of the day before counts, and the first day has one.
    assert frame["benchmark_pct"].tolist()[1:] == pytest.approx([5, 100 * (22 / 21 - 1)])


def test_without_quotes_of_the_benchmark_the_rest_is_there(tmp_path: Path) -> None:
    values = {"2026-01-05": "100", "2026-01-06": "101"}
    for more, why in (
        ({}, "there are none"),
        ({"fails": {"history_candlesticks": offline("x")}}, "no answer"),
    ):
        client = account(tmp_path / why[:5], values, **more)
        frame, said = told(client, folder=tmp_path / why[:5], benchmark="2800.HK")
        assert "the closes of 2800.HK" in said
        assert why in said
        assert frame["return_pct"].iloc[1] == pytest.approx(1)
        assert frame["benchmark_pct"].isna().all()
        with pytest.warns(IncompleteWarning, match="no day has a return of both"):
            table = portfolio.statistics(frame)
        assert table["benchmark"].isna().all()


# Too little


def test_one_snapshot_or_none_is_a_frame_and_a_line(tmp_path: Path) -> None:
    client = FakeAccount()
    frame, said = told(client, folder=tmp_path)
    assert frame.empty
    assert list(frame.columns[:4]) == ["date", "net_value", "flow", "return_pct"]
    assert "there are no snapshots yet" in said
    client = account(tmp_path, {"2026-01-05": "100"})
    frame, said = told(client, folder=tmp_path)
    assert frame["net_value"].tolist() == [100]
    assert frame["return_pct"].isna().all()
    assert "a second day with a snapshot is needed after 2026-01-05" in said
    with pytest.warns(IncompleteWarning, match="there are 0 returns of one day"):
        assert portfolio.statistics(frame)["portfolio"].isna().all()


def test_a_base_currency_without_a_rate_is_said(tmp_path: Path) -> None:
    client = account(tmp_path, {"2026-01-05": "100", "2026-01-06": "101"})
    frame, said = told(client, folder=tmp_path, base_currency="JPY")
    assert frame["net_value"].isna().all()
    assert frame["return_pct"].isna().all()
    assert "any value in JPY" in said


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"by": "week"}, "by is day, month, year, not 'week'"),
        ({"currency": "USD"}, "currency is base or local"),
        ({"benchmark": "700"}, "type 700.HK"),
        ({"start": "soon"}, "start='soon' is not a time: write 2026-01-05"),
        ({"base_currency": "DOLLAR"}, "base_currency is a code"),
    ],
)
def test_bad_arguments_are_refused(more: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(RequestRefused, match=words):
        portfolio.returns(FakeAccount(), folder=tmp_path, **more)


def test_a_benchmark_needs_a_client(tmp_path: Path) -> None:
    account(tmp_path, {"2026-01-05": "100"})
    with pytest.raises(RequestRefused, match="read by a client"):
        portfolio.returns(None, benchmark="2800.HK", folder=tmp_path)


# The window, and what the broker states of the time before


@pytest.mark.usefixtures("november")
def test_a_window_is_measured_from_the_value_before_it(tmp_path: Path) -> None:
    values = {"2026-01-05": "100", "2026-01-06": "110", "2026-01-07": "99", "2026-01-08": "99"}
    client = account(tmp_path, values)
    frame = quiet(client, folder=tmp_path, start="2026-01-07", end="2026-01-07")
    assert [f"{day:%d}" for day in frame["date"]] == ["06", "07"]
    assert frame["return_pct"].iloc[1] == pytest.approx(-10)
    assert frame["index"].tolist() == pytest.approx([100, 90])


class Analysed(FakeAccount):
    """An account whose broker serves a profit analysis."""

    summary: dict[str, Any]

    def _portfolio_profit_analysis(self, _: Any) -> Any:
        return self.summary


@pytest.mark.usefixtures("november")
@pytest.mark.parametrize(("rate", "gain"), [("0.25", 25.0), ("25", 25.0), ("3", None), ("", None)])
def test_the_time_before_the_first_snapshot_is_the_brokers(
    rate: str, gain: float | None, tmp_path: Path
) -> None:
    values = {"2026-01-05": "100", "2026-01-06": "110"}
    account(tmp_path, values)
    client = Analysed()
    client.summary = {
        "currency": "HKD", "initial_asset_value": "80", "sum_profit": "20", "sum_profit_rate": rate,
    }  # fmt: skip
    if gain is None:
        frame, said = told(client, folder=tmp_path, start="2025-12-01")
        assert "the return before 2026-01-05: the broker states none" in said
        assert frame["source"].tolist() == ["snapshots"] * 2
        return
    frame = quiet(client, folder=tmp_path, start="2025-12-01")
    assert frame["source"].tolist() == ["broker", "broker", "snapshots"]
    assert frame["return_pct"].tolist()[1:] == pytest.approx([gain, 10])
    assert frame["index"].iloc[-1] == pytest.approx(137.5)
    assert frame["net_value"].iloc[0] == 80
    assert reckoned(frame).attrs["openapi"]["returns"] == 1  # the broker's is no return of a day
    assert any("the broker's own rate of profit" in line for line in frame.attrs["openapi"]["notes"])


# Statistics


def random_frame(dice: random.Random, count: int) -> tuple[pd.DataFrame, list[Fraction], list[Fraction]]:
    days = trading_days(count + 1)
    values = [Fraction(1_000_000)]
    closes = [Fraction(100_000)]
    for _ in range(count):
        values.append(Fraction(round(values[-1] * Fraction(100_000 + dice.randint(-3000, 3100), 100_000))))
        closes.append(Fraction(round(closes[-1] * Fraction(100_000 + dice.randint(-2500, 2500), 100_000))))
    moments = tuple(day - timedelta(hours=1) for day in days)
    benchmark = Benchmark("2800.HK", moments, tuple(Decimal(int(close)) for close in closes))
    frame = day_frame([cash(day, str(int(v))) for day, v in zip(days, values, strict=True)], benchmark)
    ours, theirs = ([after / before - 1 for before, after in pairwise(levels)] for levels in (values, closes))
    return frame, ours, theirs


@pytest.mark.parametrize("free_pct", [0.0, 3.5])
def test_every_statistic_is_that_of_an_independent_computation(free_pct: float) -> None:
    dice = random.Random(7)
    for _ in range(soak(60)):
        count = dice.randint(2, 300)
        frame, ours, theirs = random_frame(dice, count)
        table = reckoned(frame, free_pct)
        free = (1 + free_pct / 100) ** (1 / 252) - 1
        mine, market = [float(gain) for gain in ours], [float(gain) for gain in theirs]
        whole = figures.chained(ours)
        right = {
            "total_return_pct": 100 * float(whole),
            "annual_return_pct": 100 * (float(1 + whole) ** (252 / count) - 1),
            "volatility_pct": 100 * figures.volatility(mine),
            "sharpe": figures.sharpe(mine, free),
            "max_drawdown_pct": 100 * float(figures.deepest(ours)[0]),
            "best_day_pct": 100 * float(max(ours)),
            "worst_day_pct": 100 * float(min(ours)),
            "beta": figures.beta(mine, market),
            "alpha_pct": 100 * figures.alpha(mine, market, free),
            "tracking_error_pct": 100
            * figures.volatility([x - y for x, y in zip(mine, market, strict=True)]),
            "excess_return_pct": 100 * float(whole - figures.chained(theirs)),
        }
        if any(gain < free for gain in mine):
            right["sortino"] = figures.sortino(mine, free)
        for name, value in right.items():
            assert table.loc[name, "portfolio"] == pytest.approx(value, rel=1e-12, abs=1e-11), name
        for name in ("total_return_pct", "volatility_pct", "sharpe"):
            series = {"total_return_pct": 100 * float(figures.chained(theirs))} | {
                "volatility_pct": 100 * figures.volatility(market), "sharpe": figures.sharpe(market, free),
            }  # fmt: skip
            assert table.loc[name, "benchmark"] == pytest.approx(series[name], rel=1e-12, abs=1e-11)


def test_drawdowns_have_their_dates() -> None:
    dice = random.Random(3)
    for _ in range(soak(100)):
        count = dice.randint(2, 60)
        frame, ours, _theirs = random_frame(dice, count)
        depth, peak, low, again = figures.deepest(ours)
        days = [day.date() for day in trading_days(count + 1)]
        fall = reckoned(frame).loc["max_drawdown_pct"]
        assert fall["portfolio"] == pytest.approx(100 * float(depth), rel=1e-12, abs=1e-12)
        if not depth:
            continue
        assert fall["start"].date() == days[peak]
        assert fall["end"].date() == days[low]
        expected = f"recovered on {days[again]}" if again is not None else "not recovered"
        assert fall["remark"] == expected
        with exactly():
            lines = sentences(reckoned(frame))
        assert any(f"from {days[peak]} to {days[low]}" in line for line in lines)


def test_the_index_never_depends_on_floats() -> None:
    groups = [cash(at, str(1 + n)) for n, at in enumerate(trading_days(30))]
    with exactly():
        last = indexed(days_of(groups, "HKD", {}, UTC, local=False))[-1]
    assert abs(last.index - 3000) < Decimal("1e-45")


@pytest.mark.parametrize("value", ["much", -100, None])
def test_a_rate_without_risk_is_a_number(value: Any) -> None:
    frame, _ours, _theirs = random_frame(random.Random(1), 5)
    with pytest.raises(RequestRefused, match="risk_free_pct is percent a year"):
        portfolio.statistics(frame, value)


def test_another_frame_is_refused() -> None:
    for ask in (portfolio.statistics, portfolio.months):
        with pytest.raises(RequestRefused, match=r"portfolio\.returns\(client\)"):
            ask(pd.DataFrame({"a": [1]}))


def test_what_the_magic_reads_is_the_same(tmp_path: Path) -> None:
    client = account(tmp_path, {"2026-01-05": "100", "2026-01-06": "101"})
    assert measured(client, folder=tmp_path)["return_pct"].iloc[1] == pytest.approx(1)
