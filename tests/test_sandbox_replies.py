"""What the replies say: every documented field is there, and replies about the same thing agree."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from support.sandbox import SandboxClient, SandboxProcess, start_sandbox
from support.sdk_types import bare, calls, lacking

D = Decimal
START = 1_795_399_200  # Monday 2026-11-23, 10:00 in Hong Kong
DAY = 86_400
SHAPES = {
    shape["sdk"].partition(".")[2]: shape
    for shape in (
        json.loads(path.read_text("utf-8"))
        for path in Path(__file__).parent.joinpath("data", "responses").glob("*.json")
    )
}


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxProcess]:
    """A sandbox that has lived for forty days and traded a little."""
    with start_sandbox(
        "--limits", "off", "--clock", "manual", "--start", "2026-11-23T10:00:00+08:00"
    ) as sandbox:
        client = sandbox.client
        client.submit(order_type="MO", remark="old")
        client.submit(symbol="AAPL.US", order_type="MO", side="Sell", submitted_quantity="20")
        client.post("/sandbox/clock", advance=40 * DAY)
        expiry = client.post("/quote/options/expiry-dates", symbol="AAPL.US")["expiry_date"][0]
        chain = client.post("/v1/quote/options/strikes", symbol="AAPL.US", expiry_date=expiry)["list"]
        legs = [{"symbol": chain[place]["symbol"], "ratio_quantity": "1"} for place in (0, 2)]
        strategy = {
            "side": "Buy",
            "order_type": "LO",
            "submitted_price": "3",
            "strategy": "VerticalCallSpread",
        }
        client.post("/v1/trade/order/multileg", **strategy, submitted_quantity="1", legs=legs)
        client.submit(order_type="MO", remark="new")
        client.submit(submitted_price="300", order_type="LO")
        yield sandbox


@pytest.fixture
def client(running: SandboxProcess) -> SandboxClient:
    return running.client


def replies(client: SandboxClient) -> dict[str, Any]:
    """Return the data of every method, by the SDK's name."""
    now = int(client.get("/sandbox/status")["now"])
    hk, us = {"symbol": "700.HK"}, {"symbol": "AAPL.US"}
    both = {"symbol": ["700.HK", "AAPL.US"]}
    post, get = client.post, client.get
    expiry = post("/quote/options/expiry-dates", **us)
    chain = post("/v1/quote/options/strikes", **us, expiry_date=expiry["expiry_date"][1])
    option = chain["list"][20]["symbol"]
    filters = {"sort_by": 0, "sort_order": 0, "sort_offset": 0, "sort_count": 0}
    warrants = post("/quote/warrants", **hk, language=1, filter_config=filters)
    warrant = warrants["warrant_list"][0]["symbol"]
    candles = {"period": 1000, "adjust_type": 0, "trade_session": 0}
    offset = {"direction": 0, "date": "", "minute": "", "count": 2}
    window = {"start_at": now - 90 * DAY, "end_at": now}
    order = get("/v1/trade/order/today")["orders"][1]
    group = post("/v1/watchlist/groups", name="tech", securities=["700.HK"])
    statements = get("/v1/statement/list", statement_type=1, start_date=1, limit=20)
    return {
        "account_balance": get("/v1/asset/account"),
        "all_executions": get("/v3/trade/execution/all"),
        "cash_flow": get("/v1/asset/cashflow", start_time=now - 90 * DAY, end_time=now),
        "estimate_max_purchase_quantity": get(
            "/v1/trade/estimate/buy_limit", **hk, order_type="LO", side="Buy"
        ),
        "exchange_rate": get("/v1/asset/exchange_rates"),
        "history_executions": get("/v1/trade/execution/history", **window),
        "history_orders": get("/v1/trade/order/history", **window),
        "margin_ratio": get("/v1/risk/margin-ratio", **hk),
        "order_detail": get("/v1/trade/order", order_id=order["order_id"]),
        "statement_download_url": get("/v1/statement/download", file_key=statements["list"][0]["file_key"]),
        "statements": statements,
        "stock_positions": get("/v1/asset/stock"),
        "today_executions": get("/v1/trade/execution/today"),
        "today_orders": get("/v1/trade/order/today"),
        "market_status": get("/v1/quote/market-status"),
        "brokers": post("/quote/brokers", **hk),
        "calc_indexes": post(
            "/quote/calc-indexes", symbols=["700.HK", option, warrant], calc_index=list(range(1, 41))
        ),
        "candlesticks": post("/quote/candlesticks", **hk, **candles, count=5),
        "capital_distribution": post("/quote/capital-distribution", **hk),
        "capital_flow": post("/quote/capital-flow", **hk),
        "create_watchlist_group": group,
        "depth": post("/quote/depth", **hk),
        "filings": get("/v1/quote/filings", **us),
        "history_candlesticks_by_date": post(
            "/quote/history-candlesticks",
            **hk, **candles, query_type=2, date_request={"start_date": "20261123", "end_date": "20261231"},
        ),
        "history_candlesticks_by_offset": post(
            "/quote/history-candlesticks", **hk, **candles, query_type=1, offset_request=offset
        ),
        "history_market_temperature": get(
            "/v1/quote/history_market_temperature", market="US", start_date="20261101", end_date="20261130"
        ),
        "intraday": post("/quote/intraday", **hk, trade_session=0),
        "market_temperature": get("/v1/quote/market_temperature", market="US"),
        "option_chain_expiry_date_list": expiry,
        "option_chain_info_by_date": chain,
        "option_quote": post("/quote/options/quotes", symbol=[option]),
        "option_volume": get("/v1/quote/option-volume-stats", **us),
        "option_volume_daily": get(
            "/v1/quote/option-volume-stats/daily", **us, timestamp=0, line_num=5, direction=1
        ),
        "participants": post("/quote/participants"),
        "quote": post("/quote/quotes", **both),
        "security_list": get("/v1/quote/get_security_list", market="US", category="Overnight"),
        "short_positions": get("/v1/quote/short-positions/hk", **hk, last_timestamp=now, count=3),
        "short_positions_us": get("/v1/quote/short-positions/us", **us, last_timestamp=now, count=3),
        "short_trades": get("/v1/quote/short-trades/hk", **hk, last_timestamp=now, page_size=3),
        "short_trades_us": get("/v1/quote/short-trades/us", **us, last_timestamp=now, page_size=3),
        "static_info": post("/quote/static-info", **both),
        "trades": post("/quote/trades", **hk, count=5),
        "trading_days": post(
            "/quote/markets/trading-days", market="HK", beg_day="20261201", end_day="20261231"
        ),
        "trading_session": post("/quote/markets/trading-sessions"),
        "warrant_issuers": post("/quote/warrants/issuers"),
        "warrant_list": warrants,
        "warrant_quote": post("/quote/warrants/quotes", symbol=[warrant]),
        "watchlist": get("/v1/watchlist/groups"),
    }  # fmt: skip


def fields(value: Any, path: str = "") -> set[str]:
    """Return the paths of all keys in a JSON value."""
    if isinstance(value, list):
        return {found for item in value for found in fields(item, f"{path}[]")}
    if not isinstance(value, dict):
        return set()
    return {
        found for key, item in value.items() for found in {f"{path}.{key}", *fields(item, f"{path}.{key}")}
    }


NOT_CARRIED = ("attached_orders",)  # a paper account has none
RENAMED = {".timestamp": ".updated_at"}  # both are read; the documentation says updated_at


@pytest.fixture(scope="module")
def everything(running: SandboxProcess) -> dict[str, Any]:
    return replies(running.client)


def test_every_field_of_every_shape_is_there(everything: dict[str, Any]) -> None:
    missing = {}
    for method, data in everything.items():
        wanted = {f for f in fields(SHAPES[method]["data"]) if not any(word in f for word in NOT_CARRIED)}
        if method in {"order_detail", "history_orders"}:  # the order of several legs is of today
            wanted = {field for field in wanted if "multi_leg" not in field}
        if method == "market_temperature":
            wanted = {RENAMED.get(field, field) for field in wanted}
        if lost := wanted - fields(data):
            missing[method] = sorted(lost)
    assert missing == {}


def names(value: Any) -> set[str]:
    """Return the names of all keys in a JSON value, as they are compared with the SDKs'."""
    return {bare(path.rpartition(".")[2].removesuffix("[]")) for path in fields(value)}


LOOKED_AT_ELSEWHERE = {
    "submit_order", "replace_order", "cancel_order", "submit_multileg", "fund_positions",
    "update_watchlist_group", "delete_watchlist_group", "update_pinned",
}  # fmt: skip
SENT = SHAPES.keys() - LOOKED_AT_ELSEWHERE


@pytest.mark.parametrize(("sdk", "method"), [each for each in calls() if each[1].split(".")[1] in SENT])
def test_every_field_an_sdk_reads_is_sent(everything: dict[str, Any], sdk: str, method: str) -> None:
    lost = lacking(sdk, method, names(everything[method.partition(".")[2]]))
    if method.endswith((".order_detail", ".history_orders")):  # the order of several legs is of today
        lost = [name for name in lost if not name.startswith("MultiLeg") and "multi_leg" not in name]
    nested = [name for name in lost if name.startswith("AttachedOrder")]  # a paper account has none
    assert [name for name in lost if name not in nested] == []


def test_every_method_of_the_shapes_was_looked_at(everything: dict[str, Any]) -> None:
    assert set(SHAPES) - set(everything) == LOOKED_AT_ELSEWHERE


def test_decimals_times_and_ids_are_text(everything: dict[str, Any]) -> None:
    def check(shape: Any, data: Any, path: str) -> None:
        if isinstance(shape, dict) and isinstance(data, dict):
            for key in shape.keys() & data.keys():
                check(shape[key], data[key], f"{path}.{key}")
        elif isinstance(shape, list) and isinstance(data, list) and shape and data:
            for item in data:
                check(shape[0], item, f"{path}[]")
        elif path != "warrant_issuers.issuer_info[].id":  # a number or text, the SDK takes both
            assert type(shape) is type(data), (path, shape, data)

    for method, data in everything.items():
        check(SHAPES[method]["data"], data, method)


# Replies about the same thing agree


def test_quotes_candles_depth_and_trades_agree(everything: dict[str, Any]) -> None:
    quote = everything["quote"]["secu_quote"][0]
    candle = everything["candlesticks"]["candlesticks"][-1]
    assert [candle[key] for key in ("close", "open", "high", "low", "volume", "turnover")] == [
        quote[key] for key in ("last_done", "open", "high", "low", "volume", "turnover")
    ]
    assert everything["trades"]["trades"][-1]["price"] == quote["last_done"]
    assert everything["intraday"]["lines"][-1]["price"] == quote["last_done"]
    assert everything["candlesticks"]["candlesticks"][-2]["close"] == quote["prev_close"]
    asks, bids = everything["depth"]["ask"], everything["depth"]["bid"]
    assert D(bids[0]["price"]) <= D(quote["last_done"]) <= D(asks[0]["price"])
    assert [level["position"] for level in asks] == list(range(1, 11))
    assert all(D(a["price"]) < D(b["price"]) for a, b in pairwise(asks))
    assert all(D(a["price"]) > D(b["price"]) for a, b in pairwise(bids))


def test_the_indexes_agree_with_quotes_and_static_info(everything: dict[str, Any]) -> None:
    share = everything["calc_indexes"]["security_calc_index"][0]
    quote, static = everything["quote"]["secu_quote"][0], everything["static_info"]["secu_static_info"][0]
    assert share["last_done"] == quote["last_done"]
    assert D(share["change_val"]) == D(quote["last_done"]) - D(quote["prev_close"])
    assert D(share["total_market_value"]) == D(quote["last_done"]) * int(static["total_shares"])
    assert abs(D(share["pe_ttm_ratio"]) - D(quote["last_done"]) / D(static["eps_ttm"])) < D("0.01")
    assert share["capital_flow"] == everything["capital_flow"]["capital_flow_lines"][-1]["inflow"]


def test_the_balance_is_cash_and_shares_at_their_prices(client: SandboxClient) -> None:
    (balance,) = client.get("/v1/asset/account")["list"]
    rates = {
        (row["base_currency"], row["other_currency"]): row
        for row in client.get("/v1/asset/exchange_rates")["exchanges"]
    }
    usd = D(str(rates["USD", "HKD"]["average_rate"]))
    cash = {info["currency"]: info for info in balance["cash_infos"]}
    total = sum(
        (D(cash[c]["available_cash"]) + D(cash[c]["frozen_cash"])) * rate
        for c, rate in (("HKD", 1), ("USD", usd))
    )
    assert abs(total - D(balance["total_cash"])) < D("0.02")
    rows = client.get("/v1/asset/stock")["list"][0]["stock_info"]
    quotes = client.post("/quote/quotes", symbol=[row["symbol"] for row in rows])["secu_quote"]
    value = sum(
        D(row["quantity"]) * D(quote["last_done"]) * (usd if row["currency"] == "USD" else 1)
        for row, quote in zip(rows, quotes, strict=True)
    )
    assert abs(D(balance["net_assets"]) - total - value) < D("0.05")
    in_dollars = client.get("/v1/asset/account", currency="USD")["list"][0]
    assert abs(D(in_dollars["net_assets"]) * usd - D(balance["net_assets"])) < 1
    for row in rates.values():
        assert row["bid_rate"] < row["average_rate"] < row["offer_rate"]


def test_the_estimate_is_what_the_account_can_buy(client: SandboxClient) -> None:
    asked = {"symbol": "5.HK", "order_type": "LO", "side": "Buy", "price": "100"}
    most = int(client.get("/v1/trade/estimate/buy_limit", **asked)["cash_max_qty"])
    assert most > 0
    assert most % 400 == 0
    power = D(client.get("/v1/asset/account")["list"][0]["cash_infos"][0]["available_cash"])
    assert most * 100 < power < (most + 400) * 101
    assert client.get("/v1/trade/estimate/buy_limit", **asked | {"side": "Sell"})["cash_max_qty"] == "0"
    assert client.get("/v1/trade/estimate/buy_limit", **asked | {"price": "100000000"})["cash_max_qty"] == "0"


def test_an_order_in_detail(client: SandboxClient) -> None:
    (order,) = (o for o in client.get("/v1/trade/order/history")["orders"] if o["remark"] == "old")
    detail = client.order(order["order_id"])
    assert order.items() <= detail.items()
    assert [event["status"] for event in detail["history"]] == ["FilledStatus", "NewStatus"]
    charges = detail["charge_detail"]
    fees = [fee for item in charges["items"] for fee in item["fees"]]
    assert sum(D(fee["amount"]) for fee in fees) == D(charges["total_amount"]) > 0
    assert [item["code"] for item in charges["items"]] == ["BROKER_FEES", "THIRD_FEES"]
    flows = client.get("/v1/asset/cashflow", start_time=START - 10, end_time=START + 10)["list"]
    own = [flow for flow in flows if flow["description"] == order["order_id"]]
    assert {flow["transaction_flow_name"]: D(flow["balance"]) for flow in own} == {
        "TradingFees": -D(charges["total_amount"]),
        "BuyContract-Stocks": -D(order["executed_price"]) * 100,
    }


def test_lists_of_orders_are_filtered(client: SandboxClient) -> None:
    def ids(path: str, **params: Any) -> list[str]:
        return [row["remark"] or row["status"] for row in client.get(path, **params)["orders"]]

    today, history = "/v1/trade/order/today", "/v1/trade/order/history"
    assert ids(today) == ["NewStatus", "new", "RejectedStatus"]
    assert ids(today, status=["NewStatus", "FilledStatus"]) == ["NewStatus", "new"]
    assert ids(today, market="HK") == ["NewStatus", "new"]
    assert ids(today, symbol="700.HK", side="Sell") == []
    assert ids(history, market="US") == ["FilledStatus"]  # today's are not in it
    assert ids(history, start_at=START - 5, end_at=START) == ["FilledStatus", "old"]
    assert ids(history, end_at=START - 1) == []
    assert ids(history, size=1, page=2) == ["old"]
    assert client.get(history, size=1)["has_more"] is True
    wrong = client.call("GET", today, {"status": ["Filled"]})
    assert (wrong.status, "status" in wrong.message) == (400, True)


def test_executions_of_today_and_before(client: SandboxClient) -> None:
    today = client.get("/v1/trade/execution/today")["trades"]
    before = client.get("/v1/trade/execution/history")["trades"]
    every = client.get("/v3/trade/execution/all")["trades"]
    assert today + before == every
    assert {row["symbol"] for row in before} == {"700.HK", "AAPL.US"}
    assert client.get("/v1/trade/execution/history", symbol="AAPL.US")["trades"] == [
        row for row in before if row["symbol"] == "AAPL.US"
    ]
    assert client.get("/v1/trade/execution/history", page=2) == {"has_more": False, "trades": []}
    wrong = client.call("GET", "/v1/trade/execution/history", {"start_at": 5, "end_at": 4})
    assert (wrong.status, "start_at" in wrong.message) == (400, True)


def test_a_statement_can_be_fetched_without_credentials(client: SandboxClient) -> None:
    monthly = client.get("/v1/statement/list", statement_type=2, start_date=1, limit=5)["list"]
    assert [row["dt"] for row in monthly] == [20261231, 20261130]
    daily = client.get("/v1/statement/list", statement_type=1, start_date=2, limit=10)["list"]
    assert len(daily) == 10
    url = client.get("/v1/statement/download", file_key=monthly[1]["file_key"])["url"]
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url) as answer:
        statement = json.load(answer)
    assert [row["symbol"] for row in statement["executions"]] == ["700.HK", "AAPL.US"]
    forged = url.replace("20261130", "20261231").removeprefix(client.info["http_url"])
    path, _, query = forged.partition("?")
    assert client.send("GET", path, query, b"", {}).status == 403


def test_option_prices_obey_their_bounds(client: SandboxClient) -> None:
    expiries = client.post("/quote/options/expiry-dates", symbol="AAPL.US")["expiry_date"]
    assert expiries == sorted(set(expiries))
    chain = client.post("/v1/quote/options/strikes", symbol="AAPL.US", expiry_date=expiries[3])["list"]
    quotes = client.post("/quote/options/quotes", symbol=[row["symbol"] for row in chain])["secu_quote"]
    spot = D(client.post("/quote/quotes", symbol=["AAPL.US"])["secu_quote"][0]["last_done"])
    prices = {
        (row["option_extend"]["direction"], D(row["option_extend"]["strike_price"])): row for row in quotes
    }
    for (direction, strike), row in prices.items():
        intrinsic = spot - strike if direction == "C" else strike - spot
        assert D(row["last_done"]) >= intrinsic - strike * D("0.01")
        assert D(row["low"]) <= min(D(row["open"]), D(row["last_done"]))
        assert D(row["high"]) >= max(D(row["open"]), D(row["last_done"]))
    calls = [D(row["last_done"]) for (direction, _), row in sorted(prices.items()) if direction == "C"]
    puts = [D(row["last_done"]) for (direction, _), row in sorted(prices.items()) if direction == "P"]
    assert calls == sorted(calls, reverse=True)
    assert puts == sorted(puts)
    assert client.post("/quote/options/expiry-dates", symbol="700.HK")["expiry_date"] == []
    assert client.post("/v1/quote/options/strikes", symbol="AAPL.US", expiry_date="20260101")["list"] == []


@pytest.mark.parametrize(
    ("wanted", "law"),
    [
        ({"type": [2]}, lambda row: row["type"] == 2 and row["call_price"] != ""),
        ({"type": [0, 1]}, lambda row: row["type"] in {0, 1} and row["call_price"] == ""),
        ({"type": [4]}, lambda row: row["lower_strike_price"] != "" and row["strike_price"] == ""),
        ({"price_type": [2]}, lambda row: row["itm_otm"].startswith("-")),
        ({"issuer": [3]}, lambda row: True),
        ({"expiry_date": [1]}, lambda row: row["expiry_date"] <= "20270405"),
    ],
)
def test_warrants_are_filtered(client: SandboxClient, wanted: dict[str, Any], law: Any) -> None:
    filters = {"sort_by": 5, "sort_order": 1, "sort_offset": 0, "sort_count": 0} | wanted
    asked = {"symbol": "700.HK", "language": 1}
    rows = client.post("/quote/warrants", **asked, filter_config=filters)["warrant_list"]
    every = client.post("/quote/warrants", **asked, filter_config=filters | {name: [] for name in wanted})
    assert 0 < len(rows) < every["total_count"] == 25
    assert all(law(row) for row in rows)
    listed = client.post("/quote/warrants", **asked, filter_config=filters | {"status": [3]})
    assert listed == {"warrant_list": [], "total_count": 0}
    dates = [row["expiry_date"] for row in rows]
    assert dates == sorted(dates, reverse=True)
    part = client.post(
        "/quote/warrants", **asked, filter_config=filters | {"sort_offset": 1, "sort_count": 2}
    )
    assert part["warrant_list"] == rows[1:3]


def test_the_watchlist(client: SandboxClient) -> None:
    path = "/v1/watchlist/groups"

    def groups() -> dict[str, list[str]]:
        found = client.get(path)["groups"]
        return {group["name"]: [security["symbol"] for security in group["securities"]] for group in found}

    key = client.post(path, name="banks", securities=["5.HK", "2388.HK"])["id"]
    assert groups()["banks"] == ["5.HK", "2388.HK"]
    assert {"5.HK", "2388.HK"} <= set(groups()["all"])
    change = {"id": int(key), "securities": ["3988.HK"]}
    client.call("PUT", path, json_body=change | {"mode": "add"})
    assert groups()["banks"] == ["5.HK", "2388.HK", "3988.HK"]
    client.call("PUT", path, json_body=change | {"mode": "remove", "name": "lenders"})
    assert groups()["lenders"] == ["5.HK", "2388.HK"]
    client.post("/v1/watchlist/pinned", mode="add", securities=["2388.HK"])
    assert groups()["lenders"] == ["2388.HK", "5.HK"]
    client.call("PUT", path, json_body=change | {"mode": "replace"})
    assert groups()["lenders"] == ["3988.HK"]
    for wrong in ({"id": 1}, change | {"securities": ["99999.HK"]}, {"id": "x"}, {}):
        assert client.call("PUT", path, json_body=wrong).status == 400
    assert client.call("DELETE", path, {"id": key, "purge": "true"}).data == {}
    assert "lenders" not in groups()
    assert "3988.HK" not in groups()["all"]
    assert "5.HK" in groups()["all"]


def test_the_documented_calendar(client: SandboxClient) -> None:
    days = client.post("/quote/markets/trading-days", market="HK", beg_day="20261220", end_day="20261231")
    assert days == {
        "trade_day": ["20261221", "20261222", "20261223", "20261228", "20261229", "20261230"],
        "half_trade_day": ["20261224", "20261231"],
    }
    asked = {"market": "HK", "beg_day": "20261201", "end_day": "20270301"}
    assert client.call("POST", "/quote/markets/trading-days", json_body=asked).status == 400


def test_history_candles_by_offset_look_both_ways(client: SandboxClient) -> None:
    def candles(direction: int) -> list[int]:
        offset = {"direction": direction, "date": "20261210", "minute": "0000", "count": 3}
        asked = {"symbol": "700.HK", "period": 1000, "adjust_type": 0, "trade_session": 0, "query_type": 1}
        found = client.post("/quote/history-candlesticks", **asked, offset_request=offset)
        return [int(candle["timestamp"]) for candle in found["candlesticks"]]

    moment = 1_796_832_000  # midnight in Hong Kong
    before, after = candles(0), candles(1)
    assert max(before) <= moment <= min(after)
    assert len(before) == len(after) == 3
    assert before == sorted(before)
    assert after == sorted(after)


def test_a_fresh_account_is_empty_where_it_can_be() -> None:
    with start_sandbox("--limits", "off") as fresh:
        client = fresh.client
        for path in ("/v1/trade/order/today", "/v1/trade/order/history"):
            assert client.get(path) == {"has_more": False, "orders": []}
        assert client.get("/v1/trade/execution/today") == {"trades": []}
        assert client.get("/v3/trade/execution/all") == {"has_more": False, "trades": []}
        assert client.get("/v1/asset/fund")["list"][0]["fund_info"] == []
        assert client.get("/v1/asset/stock", symbol="MSFT.US")["list"][0]["stock_info"] == []
        assert client.get("/v1/statement/list", statement_type=1, start_date=1, limit=20) == {"list": []}
        flows = client.get("/v1/asset/cashflow", start_time=0, end_time=9_999_999_999)["list"]
        assert {(flow["transaction_flow_name"], flow["balance"]) for flow in flows} == {
            ("Deposit", "1000000"), ("Deposit", "100000")
        }  # fmt: skip
        assert (
            client.get("/v1/asset/cashflow", start_time=0, end_time=9_999_999_999, business_type=2)["list"]
            == []
        )


def test_a_page_beyond_counting_is_empty(client: SandboxClient) -> None:
    far = {"page": 13_749_082_626_850_222}
    assert client.get("/v1/trade/order/history", **far, size=31_357)["orders"] == []
    assert client.get("/v1/trade/execution/history", **far)["trades"] == []
    assert client.get("/v1/asset/cashflow", **far, start_time=1, end_time=1_795_000_000)["list"] == []
