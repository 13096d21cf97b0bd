"""``--history DAYS``: an account with a past, whose books agree and whose end is the opening account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.sandbox import SandboxProcess, start_sandbox

from jupyter_openapi.sandbox.exchange.account import OPENING_CASH, OPENING_POSITIONS
from jupyter_openapi.sandbox.exchange.past import SPLIT, SPLIT_SYMBOL, make_plan
from jupyter_openapi.sandbox.simulation.market import Market

START = "2026-11-23T10:00:00+08:00"
ARGUMENTS = ("--limits", "off", "--clock", "manual", "--start", START)
AT = datetime.fromisoformat(START).timestamp()
SINCE = int(AT) - 400 * 86_400


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with start_sandbox(*ARGUMENTS, "--history", "365") as started:
        yield started


def pages(sandbox: SandboxProcess, path: str, key: str, **fields: Any) -> list[dict[str, Any]]:
    """Return the rows of every page of a history, by windows of time that no page can overflow."""
    found = {}
    for begin in range(SINCE, int(AT), 20 * 86_400):
        span = {"start_at": begin, "end_at": min(begin + 20 * 86_400, int(AT)), **fields}
        data = sandbox.client.get(path, **span)
        assert not data.get("has_more")
        found |= {row.get("trade_id") or row["order_id"]: row for row in data[key]}
    return list(found.values())


def flows(sandbox: SandboxProcess) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for page in range(1, 20):
        data = sandbox.client.get(
            "/v1/asset/cashflow", start_time=SINCE, end_time=int(AT) + 1, page=page, size=100
        )
        found += data["list"]
        if len(data["list"]) < 100:
            break
    return found


def held(sandbox: SandboxProcess) -> dict[str, Decimal]:
    (channel,) = sandbox.client.get("/v1/asset/stock")["list"]
    return {row["symbol"]: Decimal(row["quantity"]) for row in channel["stock_info"]}


def cash(sandbox: SandboxProcess) -> dict[str, Decimal]:
    (account,) = sandbox.client.get("/v1/asset/account")["list"]
    return {row["currency"]: Decimal(row["available_cash"]) for row in account["cash_infos"]}


def test_it_ends_with_the_opening_account(sandbox: SandboxProcess) -> None:
    assert held(sandbox) == {symbol: quantity for symbol, (quantity, _) in OPENING_POSITIONS.items()}
    assert cash(sandbox) == OPENING_CASH


def test_the_flows_add_up_to_the_cash_and_never_fall_below_nothing(sandbox: SandboxProcess) -> None:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    rows = flows(sandbox)
    for row in sorted(rows, key=lambda row: int(row["business_time"])):
        sums[row["currency"]] += Decimal(row["balance"])
    assert dict(sums) == OPENING_CASH
    for currency in OPENING_CASH:
        level = Decimal(0)
        days: dict[int, Decimal] = defaultdict(Decimal)
        for row in rows:
            if row["currency"] == currency:
                days[int(row["business_time"])] += Decimal(row["balance"])
        for at in sorted(days):
            level += days[at]
            assert level >= 0, (currency, datetime.fromtimestamp(at, UTC))
    names = {row["transaction_flow_name"] for row in rows}
    assert {"Deposit", "Withdrawal", "Dividend", "Interest", "TradingFees"} <= names


def test_fills_and_the_split_make_the_holdings(sandbox: SandboxProcess) -> None:
    fills = pages(sandbox, "/v1/trade/execution/history", "trades")
    (split,) = [
        row
        for row in sandbox.client.get("/v1/quote/company-act", symbol=SPLIT_SYMBOL, req_type=1, version=3)[
            "items"
        ]
        if row["act_type"] == "split"
    ]
    day = datetime.strptime(split["date"], "%Y%m%d").replace(tzinfo=UTC).timestamp()
    orders = {row["order_id"]: row for row in pages(sandbox, "/v1/trade/order/history", "orders")}
    books: dict[str, Decimal] = defaultdict(Decimal)
    for fill in fills:
        scale = SPLIT if fill["symbol"] == SPLIT_SYMBOL and int(fill["trade_done_at"]) < day else 1
        sign = 1 if orders[fill["order_id"]]["side"] == "Buy" else -1
        books[fill["symbol"]] += sign * scale * Decimal(fill["quantity"])
    assert {symbol: left for symbol, left in books.items() if left} == held(sandbox)
    assert len(fills) > 80
    statuses = {row["status"] for row in orders.values()}
    assert statuses == {"FilledStatus", "CanceledStatus"}


def test_candles_before_a_split_are_those_of_their_day_unless_adjusted(sandbox: SandboxProcess) -> None:
    def closes(adjust: int) -> dict[str, Decimal]:
        data = sandbox.client.post(
            "/quote/history-candlesticks",
            symbol=SPLIT_SYMBOL,
            period=1000,
            adjust_type=adjust,
            query_type=2,
            trade_session=0,
            date_request={"start_date": "20260401", "end_date": "20260901"},
        )
        return {row["timestamp"]: Decimal(row["close"]) for row in data["candlesticks"]}

    as_traded, adjusted = closes(0), closes(1)
    ratios = [as_traded[at] / adjusted[at] for at in sorted(adjusted, key=int)]
    assert set(ratios) == {Decimal(1), Decimal(SPLIT)}
    assert ratios == sorted(ratios, reverse=True)


def test_the_same_seed_has_the_same_past_and_another_another() -> None:
    market = Market(7)
    assert make_plan(market, 7, 90, AT) == make_plan(Market(7), 7, 90, AT)
    assert make_plan(market, 7, 90, AT).steps != make_plan(market, 8, 90, AT).steps


def test_a_short_past_has_no_split() -> None:
    plan = make_plan(Market(1), 1, 30, AT)
    assert SPLIT_SYMBOL not in plan.actions
    assert all(step.at < AT for step in plan.steps)


def test_a_past_survives_a_restart_and_a_reset_writes_it_anew(tmp_path: Path) -> None:
    db = str(tmp_path / "account.db")
    with start_sandbox(*ARGUMENTS, "--db", db, "--history", "40") as first:
        before = flows(first)
        first.client.submit("700.HK", submitted_price="500")
    with start_sandbox(*ARGUMENTS, "--db", db) as second:
        assert flows(second) == before
        assert cash(second)["HKD"] < OPENING_CASH["HKD"]  # the order holds some
    with start_sandbox(*ARGUMENTS, "--db", db, "--history", "40") as third:
        third.client.post("/sandbox/reset")
        assert flows(third) == before
        assert cash(third) == OPENING_CASH


@pytest.mark.parametrize("days", ["0", "1", "-5", "1001", "a year", "3.5"])
def test_a_past_that_can_not_be_is_refused(days: str, capsys: pytest.CaptureFixture[str]) -> None:
    from jupyter_openapi.sandbox.options import parse

    with pytest.raises(SystemExit) as ended:
        parse(["--history", days])
    assert ended.value.code == 2
    assert "a past has 2 to 1000 days" in capsys.readouterr().err
