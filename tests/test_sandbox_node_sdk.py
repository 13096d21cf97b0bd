"""The broker's SDK for Node, written by others in another language, as a client of the sandbox."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.node_sdk import PACKAGE, node
from support.sandbox import SandboxProcess, start_sandbox

DAY = 86_400
START = ("--limits", "off", "--clock", "manual", "--start", "2026-11-23T02:00:00Z")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("node")


def low_price(sandbox: SandboxProcess) -> str:
    """A whole price under the book."""
    bids = sandbox.client.post("/quote/depth", symbol="700.HK")["bid"]
    return str(int(Decimal(bids[-1]["price"])) - 5)


def test_it_is_the_version_that_is_published() -> None:
    assert json.loads((PACKAGE / "package.json").read_text("utf-8"))["version"] == "4.5.0"


def test_positions_balance_and_the_life_of_an_order(library: Path) -> None:
    with start_sandbox(*START) as sandbox:
        low = low_price(sandbox)
        seen = node(sandbox, "trading", library, low=low)
        ids = {order["order_id"] for order in sandbox.client.get("/v1/trade/order/today")["orders"]}
    assert set(seen["positions"]) == {"700.HK", "9988.HK", "5.HK", "AAPL.US", "TSLA.US"}
    assert seen["cash"] == {"HKD": "1000000", "USD": "100000"}
    assert (seen["filled"]["status"], seen["filled"]["executed"]) == ("Filled", "100")
    assert (seen["resting"]["status"], seen["resting"]["price"]) == ("New", low)
    replaced = seen["replaced"]
    assert (replaced["status"], replaced["quantity"], replaced["price"]) == (
        "Replaced",
        "300",
        str(int(low) - 1),
    )
    assert (seen["cancelled"]["status"], seen["cancelled"]["executed"]) == ("Canceled", "0")
    assert {order["order_id"] for order in seen["today"]} == ids
    assert len(ids) == 2
    assert seen["executions"] == [[seen["filled"]["order_id"], "100"]]
    assert int(seen["after"]["700.HK"]) == int(seen["positions"]["700.HK"]) + 100


def test_the_estimate_asks_for_one_option_before_anything_is_sent(library: Path) -> None:
    """``fractionalShares`` is no field of the reply: the package's own types demand it of the caller."""
    with start_sandbox(*START) as sandbox:
        seen = node(sandbox, "estimate", library)
        query = {"symbol": "700.HK", "order_type": "LO", "side": "Buy", "price": "600"}
        data = sandbox.client.get("/v1/trade/estimate/buy_limit", **query)
    assert seen["told"] == {"cash": data["cash_max_qty"], "margin": data["margin_max_qty"]}
    assert int(seen["told"]["cash"]) > 0
    assert seen["untold"] == {"error": "Missing field `fractionalShares`"}


@pytest.fixture(scope="module")
def surface(library: Path) -> dict[str, Any]:
    """Everything it read of a sandbox that has lived for ten days."""
    with start_sandbox(*START) as sandbox:
        client = sandbox.client
        client.submit(order_type="MO")
        client.post("/sandbox/clock", advance=10 * DAY)
        order_id = client.submit(order_type="MO")
        expiry = client.post("/quote/options/expiry-dates", symbol="AAPL.US")["expiry_date"][0]
        chain = client.post("/v1/quote/options/strikes", symbol="AAPL.US", expiry_date=expiry)["list"]
        facts = {"start": "2026-11-20T00:00:00Z", "end": "2026-12-20T00:00:00Z"}
        facts |= {"from": "2026-11-16", "to": "2026-11-20", "order_id": order_id}
        seen = node(sandbox, "surface", library, options=[chain[0]["symbol"]], **facts)
        seen["chain"] = chain
        return seen


def test_it_accepts_every_reply(surface: dict[str, Any]) -> None:
    failed = {name: value for name, value in surface.items() if isinstance(value, dict) and "failed" in value}
    assert failed == {}
    assert len(surface) == 67 + 1  # and the chain that REST gave


def content(value: Any) -> bool:
    """Whether anything but empty lists and counts of nothing is in it."""
    if isinstance(value, dict):
        return any(map(content, value.values()))
    return any(map(content, value)) if isinstance(value, list) else value not in {None, "", "0", False}


def test_it_reads_something_in_every_reply(surface: dict[str, Any]) -> None:
    empty = {name for name, value in surface.items() if not content(value)}
    assert empty == {
        # An account without a past has seen no dividend, split or repurchase.
        "fundamental.corpAction", "fundamental.dividend", "fundamental.dividendDetail", "fundamental.buyback",
        # There are none of these.
        "alert.list", "dca.list", "dca.stats", "sharelist.list", "sharelist.popular",
        "content.myTopics", "content.topics", "content.news", "agent.workspaces",
    }  # fmt: skip


def test_the_profit_is_that_of_the_account(surface: dict[str, Any]) -> None:
    told = surface["portfolio.profitAnalysis"]
    rows = {row["symbol"]: row for row in told["sublist"]["items"]}
    assert set(rows) == {"700.HK", "9988.HK", "5.HK", "AAPL.US", "TSLA.US"}
    hk = {row["code"]: row["profit"] for row in surface["portfolio.profitAnalysisByMarket"]["stockItems"]}
    assert hk == {
        name.removesuffix(".HK"): row["profit"] for name, row in rows.items() if row["market"] == "HK"
    }
    assert surface["portfolio.profitAnalysisDetail"]["profit"] == rows["700.HK"]["profit"]
    fills = {(row["quantity"], row["price"]) for row in surface["trade.historyExecutions"]}
    fills |= {(row["quantity"], row["price"]) for row in surface["trade.todayExecutions"]}
    flows = surface["portfolio.profitAnalysisFlows"]["flowsList"]
    assert {(row["executedQuantity"], row["executedPrice"]) for row in flows} == fills
    assert surface["fundamental.institutionRating"]["latest"]["industryName"] == "Communication Services"


def test_the_quote_level_names_what_is_served(surface: dict[str, Any]) -> None:
    assert surface["quote.quoteLevel"] == "LV2"
    assert {each["key"] for each in surface["quote.quotePackageDetails"]} == {"HK_LV2", "US_LV2"}


def test_strikes_come_by_the_socket_as_by_rest(surface: dict[str, Any]) -> None:
    calls = {row["strike_price"]: row["symbol"] for row in surface["chain"] if row["direction"] == "C"}
    read = {row["price"]: row["callSymbol"] for row in surface["quote.optionChainInfoByDate"]}
    assert read == calls
    assert all(row["standard"] for row in surface["quote.optionChainInfoByDate"])


def test_it_hears_prices_and_orders(library: Path) -> None:
    with start_sandbox("--limits", "off") as sandbox:
        seen = node(sandbox, "live", library)
    assert seen["quotes"] == ["700.HK"]
    assert seen["orders"] == [seen["order_id"]]


@pytest.mark.parametrize("counter", ["ST/HK/700", "ETF/HK/700"])
def test_a_security_may_be_named_by_its_counter(sandbox: SandboxProcess, counter: str) -> None:
    path, rest = "/v1/quote/short-positions/hk", {"last_timestamp": "1795876216", "count": "2"}
    assert sandbox.client.get(path, counter_id=counter, **rest) == sandbox.client.get(
        path, symbol="700.HK", **rest
    )


@pytest.mark.parametrize("counter", ["700.HK", "ST/HK", "st/hk/700", "ST/HK/700/1", "", "ST/HKEX/700"])
def test_a_counter_that_is_none_names_nothing(sandbox: SandboxProcess, counter: str) -> None:
    rest = {"last_timestamp": "1795876216", "count": "2"}
    reply = sandbox.client.call("GET", "/v1/quote/short-positions/hk", {"counter_id": counter, **rest})
    assert (reply.status, reply.code) == (400, 602001)
    assert "symbol" in reply.message
