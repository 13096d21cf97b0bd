"""Days worked out backwards, against the sandbox's books played forwards in exact fractions."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.accounts import FakeAccount
from support.sandbox import SandboxProcess, start_sandbox

from jupyter_openapi import Client, Credentials, portfolio
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.portfolio import IncompleteWarning
from jupyter_openapi.sandbox.exchange.past import SPLIT, SPLIT_SYMBOL, make_plan
from jupyter_openapi.sandbox.simulation.market import Market

SEED, DAYS = 11, 70
HK, US = ZoneInfo("Asia/Hong_Kong"), ZoneInfo("America/New_York")
RATE = Fraction("7.785")
Books = tuple[dict[str, Fraction], dict[str, Fraction]]


@pytest.fixture(scope="module")
def past() -> Iterator[SandboxProcess]:
    with start_sandbox(
        "--limits", "off", "--seed", str(SEED), "--history", str(DAYS), "--sessions", "real"
    ) as started:
        yield started


@pytest.fixture(scope="module")
def trader(past: SandboxProcess) -> Iterator[Client]:
    keys = past.credentials
    own = Credentials(keys.app_key, keys.app_secret, keys.access_token)
    with Client(own, "sandbox", past.url, limits=False) as client:
        yield client


def pages(past: SandboxProcess, path: str, key: str) -> list[dict[str, Any]]:
    now = int(datetime.now(UTC).timestamp())
    found = {}
    for begin in range(now - (DAYS + 5) * 86_400, now, 10 * 86_400):
        data = past.client.get(path, start_at=begin, end_at=min(begin + 10 * 86_400, now))
        assert not data.get("has_more")
        found |= {row.get("trade_id") or row["order_id"]: row for row in data[key]}
    return list(found.values())


def movements(past: SandboxProcess) -> list[dict[str, Any]]:
    now, found, page = int(datetime.now(UTC).timestamp()), [], 1
    while True:
        rows = past.client.get(
            "/v1/asset/cashflow", start_time=now - 100 * 86_400, end_time=now + 1, page=page, size=100
        )["list"]
        found += rows
        if len(rows) < 100:
            return found
        page += 1


def splits() -> list[float]:
    """When the plan of this very past splits its share."""
    plan = make_plan(Market(SEED), SEED, DAYS, datetime.now(UTC).timestamp())
    return [step.at for step in plan.steps if getattr(step, "ratio", 0)]


def played(past: SandboxProcess, moments: list[datetime]) -> list[Books]:
    """Shares and cash at each moment: everything booked from the very first deposit on."""
    sides = {row["order_id"]: row["side"] for row in pages(past, "/v1/trade/order/history", "orders")}
    events: list[tuple[float, str, Any]] = [(at, "split", None) for at in splits()]
    events += [
        (float(row["trade_done_at"]), "fill", row)
        for row in pages(past, "/v1/trade/execution/history", "trades")
    ]
    events += [(float(row["business_time"]), "cash", row) for row in movements(past)]
    events.sort(key=lambda event: (event[0], event[1]))
    shares: dict[str, Fraction] = defaultdict(Fraction)
    cash: dict[str, Fraction] = defaultdict(Fraction)
    found = []
    for moment in moments:
        while events and events[0][0] <= moment.timestamp():
            _at, kind, row = events.pop(0)
            if kind == "split":
                shares[SPLIT_SYMBOL] *= SPLIT
            elif kind == "cash":
                cash[row["currency"]] += Fraction(row["balance"])
            else:
                sign = 1 if sides[row["order_id"]] == "Buy" else -1
                shares[row["symbol"]] += sign * Fraction(row["quantity"])
        found.append((dict(shares), dict(cash)))
    return found


def closes_of(past: SandboxProcess, symbol: str) -> dict[date, Fraction]:
    """The closes of each day, as they were on it."""
    today = datetime.now(UTC).date()
    asked = {"start_date": f"{today - timedelta(days=120):%Y%m%d}", "end_date": f"{today:%Y%m%d}"}
    data = past.client.post(
        "/quote/history-candlesticks",
        symbol=symbol,
        period=1000,
        adjust_type=0,
        query_type=2,
        trade_session=0,
        date_request=asked,
    )
    zone = HK if symbol.endswith("HK") else US
    return {
        datetime.fromtimestamp(int(row["timestamp"]), zone).date(): Fraction(row["close"])
        for row in data["candlesticks"]
    }


def value_of(books: Books, day: date, closes: dict[str, dict[date, Fraction]], split: date) -> Fraction:
    """What an account is worth after the closes of a day, in HKD at the sandbox's one rate."""
    shares, cash = books
    worth = cash.get("HKD", Fraction(0)) + RATE * cash.get("USD", Fraction(0))
    for symbol, quantity in shares.items():
        last = max(one for one in closes[symbol] if one <= day)
        price = closes[symbol][last] / (SPLIT if symbol == SPLIT_SYMBOL and last < split <= day else 1)
        worth += quantity * price * (RATE if symbol.endswith("US") else 1)
    return worth


def test_every_day_is_what_the_books_played_forwards_come_to(
    past: SandboxProcess, trader: Client, tmp_path: Path
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = portfolio.backfill(trader, f"-{DAYS + 5}d", tmp_path)
        frame = portfolio.returns(trader, folder=tmp_path)
    moments = [datetime.combine(day, time(23), UTC) for day in made.days]
    books = played(past, moments)
    held = {symbol for shares, _cash in books for symbol in shares}
    closes = {symbol: closes_of(past, symbol) for symbol in held}
    (split,) = splits()
    day_of_split = datetime.fromtimestamp(split, US).date()
    expected = [value_of(book, day, closes, day_of_split) for book, day in zip(books, made.days, strict=True)]
    assert len(made.days) >= 45
    assert made.days[0].weekday() < 5
    assert list(frame.net_value) == [float(value) for value in expected]
    assert set(frame.source) == {"reconstructed"}
    assert SPLIT_SYMBOL in held
    assert any(SPLIT_SYMBOL in shares and shares[SPLIT_SYMBOL] == 30 for shares, _cash in books)
    # Deposits and withdrawals are no return.
    rows = portfolio.snapshots(trader, tmp_path)
    moved = rows[(rows.kind == "flow") & rows.name.isin(["Deposit", "Withdrawal"])]
    assert sum(moved.amount) == frame.flow.sum() == 70_000
    assert portfolio.backfill(trader, f"-{DAYS + 5}d", tmp_path).days == ()


def test_it_ends_where_snapshots_begin_and_no_cash_is_lost_between_them(
    past: SandboxProcess, trader: Client, tmp_path: Path
) -> None:
    first = portfolio.snapshot(trader, tmp_path)
    made = portfolio.backfill(trader, "-30d", tmp_path)
    frame = portfolio.returns(trader, folder=tmp_path)
    rows = portfolio.snapshots(trader, tmp_path)
    assert made.days[-1] == first.taken_at.date()
    assert frame.source.iloc[-1] == "snapshots"
    assert rows.taken_at.max() == first.taken_at
    kept = rows[(rows.kind == "flow")].amount.sum()
    since = datetime.combine(made.days[0], time(23), UTC).timestamp()
    own = [row for row in movements(past) if int(row["business_time"]) > since and not row["symbol"]]
    assert kept == sum(Decimal(row["balance"]) for row in own)


def broker(**more: Any) -> FakeAccount:
    """An account that bought 100 shares a week ago."""
    week = datetime.now(UTC).replace(microsecond=0) - timedelta(days=7)
    at = str(int(week.timestamp()))
    stock = {"symbol": "700.HK", "symbol_name": "", "currency": "HKD", "quantity": "100", "cost_price": "500"}
    fill = {"trade_id": "t", "order_id": "1", "symbol": "700.HK", "price": "500", "quantity": "100"}
    flow = {"transaction_flow_name": "BuyContract-Stocks", "balance": "-50000", "currency": "HKD"}
    known: dict[str, Any] = {
        "stocks": [stock | {"market": "HK"}],
        "cash": {"HKD": "10000"},
        "fills": [fill | {"side": "Buy", "trade_done_at": at}],
        "flows": [flow | {"business_time": at, "symbol": "700.HK"}],
    }
    return FakeAccount(**{**known, **more})


def test_nothing_is_written_where_cash_and_executions_contradict_each_other(tmp_path: Path) -> None:
    with pytest.raises(RequestRefused, match=r"0 HKD were booked .* come to -50000\. Choose another start"):
        portfolio.backfill(broker(flows=[]), "-10d", tmp_path)
    assert list(tmp_path.rglob("*.parquet")) == []


def test_a_day_without_a_close_or_with_splits_unknown_has_no_value(tmp_path: Path) -> None:
    with pytest.warns(IncompleteWarning, match=r"700\.HK"):
        made = portfolio.backfill(broker(), "-20d", tmp_path)
    with pytest.warns(IncompleteWarning):
        frame = portfolio.returns(broker(), folder=tmp_path)
    assert made.missing
    assert frame.net_value.isna().any()
    assert frame.net_value.iloc[0] == 60_000


def test_closes_are_read_of_the_days_that_a_security_was_held(tmp_path: Path) -> None:
    client = broker()
    at = int(client.fills[0]["trade_done_at"])
    for number, (side, sign) in enumerate((("Buy", -1), ("Sell", 1))):  # in and out again within a second
        row = {"trade_id": f"d{number}", "order_id": f"d{number}", "symbol": "5.HK", "price": "60"}
        row |= {"quantity": "400", "side": side, "trade_done_at": str(at)}
        client.fills.append(row)
        flow = {"transaction_flow_name": f"{side}Contract-Stocks", "balance": str(sign * 24_000)}
        client.flows.append(flow | {"currency": "HKD", "symbol": "5.HK", "business_time": str(at)})
    with pytest.warns(IncompleteWarning):
        portfolio.backfill(client, "-40d", tmp_path)
    asked = [parameters for name, parameters in client.calls if name == "history_candlesticks"]
    assert {one["symbol"] for one in asked} == {"700.HK"}
    bought = datetime.fromtimestamp(at, UTC).date()
    # From some days before the first evening, for what trades on no day of a holiday.
    assert min(one["start_date"] for one in asked) >= bought - timedelta(days=15)


def test_what_is_no_day_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestRefused, match="start"):
        portfolio.backfill(broker(), "someday", tmp_path)
