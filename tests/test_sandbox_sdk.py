"""The official SDK as a client of the sandbox, in a process of its own: what it accepts is the truth."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.sandbox import SandboxProcess, start_sandbox

SESSION = Path(__file__).parent / "support" / "sdk_session.py"
DAY = 86_400


def sdk(sandbox: SandboxProcess, part: str, **facts: Any) -> dict[str, Any]:
    clean = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    done = subprocess.run(
        [sys.executable, str(SESSION), part],
        input=json.dumps(sandbox.info | facts),
        capture_output=True,
        encoding="utf-8",
        env=clean | {"TZ": "UTC"},
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def low_price(sandbox: SandboxProcess) -> str:
    """A whole price so far under the book that the market does not come there while the SDK works."""
    bids = sandbox.client.post("/quote/depth", symbol="700.HK")["bid"]
    return str(int(Decimal(bids[-1]["price"]) * 19 / 20))


@pytest.fixture
def sandbox() -> Iterator[SandboxProcess]:
    with start_sandbox("--limits", "off", "--seed", "3") as running:
        yield running


def test_positions_balance_and_the_life_of_an_order(sandbox: SandboxProcess) -> None:
    low = low_price(sandbox)
    seen = sdk(sandbox, "trading", low=low)
    assert set(seen["positions"]) == {"700.HK", "9988.HK", "5.HK", "AAPL.US", "TSLA.US"}
    assert seen["cash"] == {"HKD": "1000000", "USD": "100000"}
    assert Decimal(seen["net_assets"]) > 1_000_000
    assert seen["filled"]["status"] == "Filled"
    assert seen["filled"]["executed"] == "100"
    assert seen["history"] == ["Filled", "New"]
    assert (seen["resting"]["status"], seen["resting"]["price"]) == ("New", low)
    assert (seen["replaced"]["quantity"], seen["replaced"]["price"]) == ("300", str(int(low) - 1))
    assert seen["cancelled"]["status"] == "Canceled"
    ids = [order["order_id"] for order in seen["today"]]
    assert ids == sorted(ids, reverse=True)
    assert seen["history_orders"] == []  # a history ends before today
    assert [row[0] for row in seen["executions"]] == [seen["filled"]["order_id"]]
    assert [row[1] for row in seen["executions"]] == seen["all"]
    assert Decimal(seen["after"]["700.HK"]) == Decimal(seen["positions"]["700.HK"][0]) + 100
    assert int(seen["estimate"]) > 0
    assert seen["margin"] == "1"


def test_quotes_depth_and_candles(sandbox: SandboxProcess) -> None:
    seen = sdk(sandbox, "quotes")
    assert set(seen["quote"]) == {"700.HK", "AAPL.US"}
    assert seen["static"]["700.HK"] == [100, "HKD"]
    assert len(seen["bids"]) == len(seen["asks"]) == 10
    assert Decimal(seen["bids"][0][0]) < Decimal(seen["asks"][0][0])
    assert len(seen["candles"]) == 5
    for low, opened, closed, high in (map(Decimal, row) for row in seen["candles"]):
        assert low <= opened <= high
        assert low <= closed <= high
    assert seen["trades"] == 20
    assert seen["intraday"] > 0
    assert seen["sessions"] == 2


@pytest.fixture(scope="module")
def surface() -> dict[str, Any]:
    """Everything the SDK saw of a sandbox that has lived for ten days."""
    with start_sandbox("--limits", "off", "--clock", "manual", "--start", "2026-11-23T02:00:00Z") as running:
        client = running.client
        client.submit(order_type="MO")
        client.post("/sandbox/clock", advance=10 * DAY)
        expiry = client.post("/quote/options/expiry-dates", symbol="AAPL.US")["expiry_date"][0]
        chain = client.post("/v1/quote/options/strikes", symbol="AAPL.US", expiry_date=expiry)["list"]
        facts = {"start": "2026-11-20T00:00:00", "end": "2026-12-20T00:00:00", "low": low_price(running)}
        return sdk(running, "surface", legs=[chain[0]["symbol"], chain[2]["symbol"]], **facts)


def test_the_sdk_accepts_every_reply(surface: dict[str, Any]) -> None:
    failed = {
        method: value for method, value in surface.items() if isinstance(value, dict) and "failed" in value
    }
    assert failed == {}
    assert len(surface) == 56 + 2  # the watchlist is read three times


NOTHING_TO_SAY = {
    "replace_order", "cancel_order", "update_watchlist_group", "update_pinned", "delete_watchlist_group"
}  # fmt: skip


def test_the_sdk_reads_something_in_every_reply(surface: dict[str, Any]) -> None:
    empty = {method for method, value in surface.items() if value in (None, [], {}, "")}
    assert empty == NOTHING_TO_SAY
    assert surface["fund_positions"] == {
        "channels": [{"account_channel": "lb_papertrading", "positions": []}]
    }


def test_the_sdk_knows_every_enum_value(surface: dict[str, Any]) -> None:
    # The SDK turns what it doesn't know into Unknown, silently.
    assert "Unknown" not in json.dumps(surface)


def test_statements_are_listed_and_addressed(surface: dict[str, Any]) -> None:
    assert surface["statements"]["list"][0]["dt"] == 20261202
    assert surface["statement_download_url"]["url"].startswith("http://127.0.0.1:")


def test_a_strategy_is_taken_and_rejected_with_its_legs(surface: dict[str, Any]) -> None:
    order_id = surface["submit_multileg"]["order_id"]
    order = next(row for row in surface["today_orders"] if row["order_id"] == order_id)
    assert order["status"] == "Rejected"
    assert [leg["contract_direction"] for leg in order["multi_leg"]["legs"]] == ["Call", "Call"]
    assert "no options" in order["msg"]


def test_an_order_of_yesterday_is_history(surface: dict[str, Any]) -> None:
    old = {row["order_id"] for row in surface["history_orders"]}
    assert len(old) == 1
    assert not old & {row["order_id"] for row in surface["today_orders"]}
    assert [row["order_id"] for row in surface["history_executions"]] == list(old)
    assert len(surface["all_executions"]["trades"]) == 2
    (tencent,) = (
        p for p in surface["stock_positions"]["channels"][0]["positions"] if p["symbol"] == "700.HK"
    )
    assert (tencent["quantity"], tencent["init_quantity"]) == ("700", "600")


def test_the_watchlist_keeps_what_the_sdk_puts_there(surface: dict[str, Any]) -> None:
    full = {group["name"]: group for group in surface["watchlist_full"]}
    assert [s["symbol"] for s in full["t2"]["securities"]] == ["5.HK"]  # the SDK's own mode is replace
    assert {s["symbol"] for s in full["all"]["securities"]} == {"5.HK", "700.HK", "AAPL.US"}
    assert full["t2"]["securities"][0]["is_pinned"] is True
    assert [group["name"] for group in surface["watchlist_after"]] == ["all"]


def test_options_and_warrants_agree_with_the_calculated_indexes(surface: dict[str, Any]) -> None:
    indexes = {row["symbol"]: row for row in surface["calc_indexes"]}
    (option,) = surface["option_quote"]
    assert indexes[option["symbol"]]["last_done"] == option["last_done"]
    assert indexes[option["symbol"]]["strike_price"] == option["strike_price"]
    warrant = surface["warrant_list"][0]
    assert indexes[warrant["symbol"]]["last_done"] == warrant["last_done"]
    shares = {row["symbol"]: row for row in surface["quote"]}
    assert indexes["700.HK"]["last_done"] == shares["700.HK"]["last_done"]
