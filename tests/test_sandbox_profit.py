"""What the sandbox says that the account earned, against sums over its own statements, prices and orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.sandbox import SandboxClient, SandboxProcess, start_sandbox

D = Decimal
CENT = D("0.01")
USD = D("7.785")  # as the sandbox's exchange rates state it
DAY = 86_400
MOMENT = "2026-11-23T10:00:00+08:00"
NOW = int(datetime.fromisoformat(MOMENT).timestamp())
ARGUMENTS = ("--limits", "off", "--clock", "manual", "--start", MOMENT)
ROOT = "/v1/portfolio/profit-analysis"
SPLIT, RATIO = "NVDA.US", 4
OPENING = {"700.HK": 500, "9988.HK": 1000, "5.HK": 2000, "AAPL.US": 120, "TSLA.US": 50}


def currency(symbol: str) -> str:
    return "USD" if symbol.endswith(".US") else "HKD"


def hkd(amount: Decimal, symbol_or_currency: str) -> Decimal:
    return amount * (USD if symbol_or_currency.endswith(("USD", ".US")) else 1)


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


@dataclass
class Books:
    """The account as its cash flows, executions and candles tell it, added up from the first day."""

    client: SandboxClient
    opening: Mapping[str, int] = field(default_factory=dict)
    flows: list[dict[str, Any]] = field(default_factory=list)
    fills: list[tuple[int, str, Decimal]] = field(default_factory=list)
    split_at: int = 0

    def __post_init__(self) -> None:
        now = int(self.client.get("/sandbox/status")["now"])
        found = {}
        for begin in range(now - 400 * DAY, now + 1, 20 * DAY):
            window = {"start_at": begin, "end_at": min(begin + 20 * DAY, now)}
            found |= {
                r["trade_id"]: r for r in self.client.get("/v1/trade/execution/history", **window)["trades"]
            }
        found |= {r["trade_id"]: r for r in self.client.get("/v1/trade/execution/today")["trades"]}
        for row in found.values():
            sign = 1 if self.client.order(row["order_id"])["side"] == "Buy" else -1
            self.fills.append((int(row["trade_done_at"]), row["symbol"], sign * D(row["quantity"])))
        page, rows = 0, [{}] * 100
        while len(rows) == 100:
            page += 1
            asked = {"start_time": 0, "end_time": now, "page": page, "size": 100}
            rows = self.client.get("/v1/asset/cashflow", **asked)["list"]
            self.flows += rows
        for row in self.client.get("/v1/quote/company-act", symbol=SPLIT, req_type=1, version=3)["items"]:
            if row["action"] == "split":
                self.split_at = int(
                    datetime.strptime(row["date"], "%Y%m%d").replace(tzinfo=zone(SPLIT)).timestamp()
                )

    def held(self, at: int) -> dict[str, Decimal]:
        """Shares at a moment, in shares of today."""
        shares: dict[str, Decimal] = defaultdict(Decimal, {s: D(q) for s, q in self.opening.items()})
        for done, symbol, quantity in self.fills:
            if done <= at:
                shares[symbol] += quantity * (RATIO if symbol == SPLIT and done < self.split_at else 1)
        return {symbol: quantity for symbol, quantity in shares.items() if quantity}

    def worth(self, at: int) -> dict[str, Decimal]:
        """What each holding was worth, in its currency."""
        return {
            symbol: quantity * close(self.client, symbol, at) for symbol, quantity in self.held(at).items()
        }

    def moved(self, start: int, end: int, symbol: str | None = None, *names: str) -> Decimal:
        """What flows moved between, in their currency; of all symbols in Hong Kong dollars."""
        return sum(
            (
                D(flow["balance"]) if symbol is not None else hkd(D(flow["balance"]), flow["currency"])
                for flow in self.flows
                if start < int(flow["business_time"]) <= end
                and symbol in {None, flow["symbol"]}
                and (not names or flow["transaction_flow_name"].startswith(names))
            ),
            D(0),
        )

    def value(self, at: int) -> Decimal:
        return self.moved(0, at) + sum((hkd(a, symbol) for symbol, a in self.worth(at).items()), D(0))


def zone(symbol: str) -> ZoneInfo:
    return ZoneInfo("America/New_York" if symbol.endswith(".US") else "Asia/Hong_Kong")


@cache
def close(client: SandboxClient, symbol: str, at: int) -> Decimal:
    """The close, adjusted for splits, of the minute that ends a second after `at`."""
    moment = datetime.fromtimestamp(at, zone(symbol))
    assert moment.second == 59
    offset = {"direction": 0, "date": f"{moment:%Y%m%d}", "minute": f"{moment:%H%M}", "count": 1}
    asked = {"symbol": symbol, "period": 1, "adjust_type": 1, "trade_session": 0, "query_type": 1}
    reply = client.post("/quote/history-candlesticks", **asked, offset_request=offset)
    (candle,) = reply["candlesticks"]
    assert int(candle["timestamp"]) == at - 59
    return D(candle["close"])


@pytest.fixture(scope="module")
def past() -> Iterator[SandboxProcess]:
    with start_sandbox(*ARGUMENTS, "--history", "365") as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def books(past: SandboxProcess) -> Books:
    return Books(past.client)


def window(first: int, last: int) -> dict[str, int]:
    """Moments that so many days ago ended a minute."""
    return {"start": NOW - first * DAY - 1, "end": NOW - last * DAY - 1}


WINDOWS = [window(300, 200), window(200, 100), window(300, 0), window(31, 3), window(190, 180), window(2, 2)]


@pytest.mark.parametrize("asked", WINDOWS)
def test_the_accounts_profit_is_the_change_of_its_value_less_deposits(
    past: SandboxProcess, books: Books, asked: dict[str, int]
) -> None:
    start, end = asked["start"], asked["end"]
    data = past.client.get(f"{ROOT}-summary", **asked)
    first, last = books.value(start), books.value(end)
    paid_in, paid_out = books.moved(start, end, None, "Deposit"), -books.moved(start, end, None, "Withdrawal")
    profit = last - first - paid_in + paid_out
    assert D(data["initial_asset_value"]) == cents(first)
    assert D(data["ending_asset_value"]) == cents(last)
    assert D(data["sum_profit"]) == cents(profit)
    assert D(data["invest_amount"]) == cents(first + paid_in)
    assert D(data["sum_profit_rate"]) == pytest.approx(profit / (first + paid_in), abs=D("1e-6"))
    assert D(data["current_total_asset"]) == D(past.client.get("/v1/asset/account")["list"][0]["net_assets"])
    parts = data["profits"]
    assert D(parts["other"]) == cents(books.moved(start, end, None, "Interest"))
    assert D(parts["stock"]) == cents(profit - books.moved(start, end, None, "Interest"))
    fills = [fill for fill in books.fills if start < fill[0] <= end]
    assert int(parts["trade_stock_num"]) == len({symbol for _, symbol, _ in fills})
    assert data["is_traded"] is bool(fills)


def test_over_all_its_time_it_begins_with_the_first_deposits(past: SandboxProcess, books: Books) -> None:
    data = past.client.get(f"{ROOT}-summary")
    begun = min(int(flow["business_time"]) for flow in books.flows)
    assert data["start_time"] == str(begun)
    first = books.moved(begun - 1, begun)
    assert D(data["initial_asset_value"]) == cents(first) > 0
    later = books.moved(begun, NOW, None, "Deposit", "Withdrawal")
    net = D(past.client.get("/v1/asset/account")["list"][0]["net_assets"])
    assert D(data["sum_profit"]) == net - cents(first) - later
    assert past.client.get(f"{ROOT}-summary", start=0, end=2 * NOW) == data
    before = past.client.get(f"{ROOT}-summary", start=1, end=begun - 1)
    assert {before[name] for name in ("initial_asset_value", "ending_asset_value", "sum_profit")} == {"0"}
    assert before["sum_profit_rate"] == "0"


@pytest.mark.parametrize("asked", WINDOWS[:4])
def test_a_securitys_profit_is_the_change_of_its_value_and_what_it_moved(
    past: SandboxProcess, books: Books, asked: dict[str, int]
) -> None:
    start, end = asked["start"], asked["end"]
    first, last = books.worth(start), books.worth(end)
    data = past.client.get(f"{ROOT}-sublist", profit_or_loss="all", **asked)
    rows = {row["symbol"]: row for row in data["items"]}
    moved = {f["symbol"] for f in books.flows if start < int(f["business_time"]) <= end and f["symbol"]}
    assert rows.keys() == first.keys() | last.keys() | moved
    total = D(0)
    for symbol, row in rows.items():
        profit = last.get(symbol, D(0)) - first.get(symbol, D(0)) + books.moved(start, end, symbol)
        cost = first.get(symbol, D(0)) - books.moved(start, end, symbol, "Buy")
        assert D(row["profit"]) == D(row["underlying_profit"]) == cents(profit), symbol
        assert D(row["profit_rate"]) == pytest.approx(profit / cost, abs=D("1e-6"))
        assert row["is_holding"] is (symbol in last)
        assert (row["currency"], row["derivatives_profit"]) == (currency(symbol), "0")
        total += hkd(profit, symbol)
    summary = past.client.get(f"{ROOT}-summary", **asked)
    assert D(summary["profits"]["stock"]) == cents(total)
    assert summary["profits"]["summary_info"][0]["profit_max"] == data["items"][0]["symbol"]
    assert summary["profits"]["summary_info"][0]["loss_max"] == data["items"][-1]["symbol"]
    winners, losers = (
        past.client.get(f"{ROOT}-sublist", profit_or_loss=kind, **asked)["items"]
        for kind in ("profit", "loss")
    )
    assert winners + losers == [row for row in data["items"] if D(row["profit"])]


def test_how_often_and_how_long_it_was_held(past: SandboxProcess, books: Books) -> None:
    rows = past.client.get(f"{ROOT}-sublist", profit_or_loss="all")["items"]
    for row in rows:
        mine = sorted(fill for fill in books.fills if fill[1] == row["symbol"])
        held, closed, seconds, since = D(0), 0, 0, 0
        for at, symbol, quantity in mine:
            today = quantity * (RATIO if symbol == SPLIT and at < books.split_at else 1)
            seconds += (at - since) if held else 0
            closed += held + today == 0
            held, since = held + today, at
        seconds += (NOW - since) if held else 0
        assert row["clearance_times"] == closed, row["symbol"]
        assert row["holding_period"] in {f"{(seconds + near) // DAY} days" for near in (-30, 0, 30)}


def test_markets_in_pages_and_currencies(past: SandboxProcess) -> None:
    rows = past.client.get(f"{ROOT}-sublist", profit_or_loss="all")["items"]
    profits = {row["symbol"]: hkd(D(row["profit"]), row["symbol"]) for row in rows}
    for market in ("HK", "US", "CN"):
        wanted = {symbol: amount for symbol, amount in profits.items() if symbol.endswith(market)}
        found: dict[str, Decimal] = {}
        page, more = 0, True
        while more:
            page += 1
            data = past.client.get(f"{ROOT}/by-market", page=page, size=3, market=market, currency="HKD")
            part = {f"{row['code']}.{row['market']}": D(row["profit"]) for row in data["stock_items"]}
            assert sum(part.values()) == pytest.approx(D(data["profit"]), abs=D("0.02"))
            found |= part
            more = data["has_more"]
        assert page == max(1, -(-len(wanted) // 3))
        assert found == pytest.approx(wanted, abs=D("0.05"))
    dollars = past.client.get(f"{ROOT}/by-market", page=1, size=50, currency="USD")
    assert D(dollars["profit"]) == pytest.approx(sum(profits.values()) / USD, abs=D("0.1"))
    assert past.client.get(f"{ROOT}/by-market", page=9, size=50)["stock_items"] == []


@pytest.mark.parametrize("symbol", ["NVDA.US", "AAPL.US", "5.HK", "MSFT.US", "2800.HK"])
def test_the_detail_adds_up(past: SandboxProcess, books: Books, symbol: str) -> None:
    asked = window(300, 100)
    data = past.client.get(f"{ROOT}/detail", symbol=symbol, **asked)
    own = {name: D(value) for name, value in data["underlying_details"].items() if isinstance(value, str)}
    flows = [books.moved(asked["start"], asked["end"], symbol, name) for name in ("Buy", "Trading", "Sell")]
    dividends = books.moved(asked["start"], asked["end"], symbol, "Dividend")
    bought, fees, sold = flows
    assert (own["cumulative_debited_amount"], own["cumulative_fee_amount"]) == (-bought, -fees)
    assert own["cumulative_credited_amount"] == sold + dividends
    assert own["holding_value_at_beginning"] == books.worth(asked["start"]).get(symbol, 0)
    assert own["holding_value_at_ending"] == books.worth(asked["end"]).get(symbol, 0)
    change = own["holding_value_at_ending"] - own["holding_value_at_beginning"]
    assert own["profit"] == cents(change + bought + fees + sold + dividends) == D(data["profit"])
    derived = data["derivative_pnl_details"].values()
    assert {value for value in derived if isinstance(value, str)} == {"0"}


def test_the_trades_behind_it_are_the_executions(past: SandboxProcess, books: Books) -> None:
    day = datetime.fromtimestamp(NOW - 100 * DAY, zone(".HK")).date()
    found, page, more = [], 0, True
    while more:
        page += 1
        asked = {"symbol": "MSFT.US", "page": page, "size": 2, "derivative": "false", "end": day.isoformat()}
        data = past.client.get(f"{ROOT}/flows", **asked)
        found += data["flows_list"]
        more = data["has_more"]
    limit = int(datetime(day.year, day.month, day.day, tzinfo=zone(".HK")).timestamp()) + DAY
    mine = sorted((fill for fill in books.fills if fill[1] == "MSFT.US" and fill[0] < limit), reverse=True)
    assert [(row["executed_timestamp"], row["direction"], D(row["executed_quantity"])) for row in found] == [
        (at, "buy" if quantity > 0 else "sell", abs(quantity)) for at, _, quantity in mine
    ]
    for row in found:
        assert D(row["executed_cost"]) == D(row["executed_quantity"]) * D(row["executed_price"])
        there = datetime.fromtimestamp(row["executed_timestamp"], zone(".HK"))
        assert (row["executed_date"], row["code"]) == (f"{there:%Y-%m-%d}", "MSFT")
    derived = past.client.get(f"{ROOT}/flows", symbol="MSFT.US", page=1, size=9, derivative="true")
    assert derived == {"flows_list": [], "has_more": False}


def test_a_fresh_account_with_an_option_that_expires() -> None:
    with start_sandbox(*ARGUMENTS) as sandbox:
        client = sandbox.client
        opened = client.get(f"{ROOT}-summary")
        net = client.get("/v1/asset/account")["list"][0]["net_assets"]
        assert opened["initial_asset_value"] == opened["ending_asset_value"] == net
        assert (opened["sum_profit"], opened["is_traded"]) == ("0", False)
        expiry = client.post("/quote/options/expiry-dates", symbol="AAPL.US")["expiry_date"][0]
        chain = client.post("/v1/quote/options/strikes", symbol="AAPL.US", expiry_date=expiry)["list"]
        option = next(row["symbol"] for row in chain if row["direction"] == "C")
        client.submit(symbol=option, order_type="MO", submitted_quantity="2")
        client.submit(symbol="AAPL.US", order_type="MO", side="Sell", submitted_quantity="20")
        client.submit(symbol="5.HK", order_type="MO", side="Sell", submitted_quantity="2000")
        client.post("/sandbox/clock", advance=60)
        held = {row["symbol"]: row for row in client.get("/v1/asset/stock")["list"][0]["stock_info"]}
        assert option in held
        assert "5.HK" not in held
        rows = {r["symbol"]: r for r in client.get(f"{ROOT}-sublist", profit_or_loss="all")["items"]}
        assert rows.keys() == OPENING.keys()  # the option counts with its share
        assert (rows["5.HK"]["is_holding"], rows["5.HK"]["clearance_times"]) == (False, 1)
        client.post("/sandbox/clock", advance=30 * DAY)
        assert option not in {r["symbol"] for r in client.get("/v1/asset/stock")["list"][0]["stock_info"]}
        summary = client.get(f"{ROOT}-summary")
        after = D(client.get("/v1/asset/account")["list"][0]["net_assets"])
        assert D(summary["ending_asset_value"]) == after
        assert D(summary["sum_profit"]) == after - D(net)
        detail = client.get(f"{ROOT}/detail", symbol="AAPL.US")
        flows = client.get("/v1/asset/cashflow", start_time=0, end_time=2 * NOW, symbol=option, size=100)[
            "list"
        ]
        assert D(detail["derivative_pnl_details"]["profit"]) == sum(D(flow["balance"]) for flow in flows)
        assert D(detail["derivative_pnl_details"]["holding_value"]) == 0
        parts = [D(detail[name]["profit"]) for name in ("underlying_details", "derivative_pnl_details")]
        assert D(detail["profit"]) == pytest.approx(sum(parts), abs=CENT)
        derived = client.get(f"{ROOT}/flows", symbol="AAPL.US", page=1, size=9, derivative="true")[
            "flows_list"
        ]
        assert {f"{row['code']}.US" for row in derived} == {option}
        client.post("/sandbox/reset")
        assert client.get(f"{ROOT}-summary")["sum_profit"] == "0"


@pytest.mark.parametrize(
    ("path", "more", "name"),
    [
        ("-summary", {"start": 2, "end": 1}, "start"),
        ("-summary", {"start": "yesterday"}, "start"),
        ("-sublist", {}, "profit_or_loss"),
        ("-sublist", {"profit_or_loss": "winners"}, "profit_or_loss"),
        ("/by-market", {"page": 1}, "size"),
        ("/by-market", {"page": 0, "size": 1}, "page"),
        ("/by-market", {"page": 1, "size": 1, "market": "MARS"}, "market"),
        ("/by-market", {"page": 1, "size": 1, "currency": "XAU"}, "currency"),
        ("/detail", {}, "symbol"),
        ("/detail", {"symbol": "NONE.HK"}, "symbol"),
        ("/flows", {"symbol": "700.HK", "page": 1, "size": 1}, "derivative"),
        ("/flows", {"symbol": "700.HK", "page": 1, "size": 1, "derivative": "no"}, "derivative"),
        ("/flows", {"symbol": "700.HK", "page": 1, "size": 1, "derivative": "false", "start": "1"}, "start"),
    ],
)
def test_a_wrong_parameter_is_named(past: SandboxProcess, path: str, more: dict[str, Any], name: str) -> None:
    reply = past.client.call("GET", ROOT + path, more)
    assert (reply.status, reply.code) == (400, 602001)
    assert name in reply.message
