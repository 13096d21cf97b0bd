"""Options in the sandbox, over HTTP: chain, quotes, orders, positions, and what becomes of them at expiry."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.sandbox import SandboxProcess, start_sandbox

from jupyter_openapi import Client, Credentials, Preview, RequestRefused, portfolio

NEW_YORK = ZoneInfo("America/New_York")
# A Wednesday: the same one, unless this machine's clock stands before it, for a history starts in the past.
START = datetime(2026, 11, 18, 11, tzinfo=NEW_YORK)
if datetime.now(NEW_YORK) < START:
    START = datetime(2024, 2, 7, 11, tzinfo=NEW_YORK)
D = Decimal


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with start_sandbox("--limits", "off", "--clock", "manual", "--start", START.isoformat()) as running:
        yield running


@pytest.fixture
def client(sandbox: SandboxProcess) -> Iterator[Client]:
    keys = sandbox.credentials
    made = Credentials(keys.app_key, keys.app_secret, keys.access_token)
    sandbox.client.post("/sandbox/reset")
    with Client(made, "sandbox", sandbox.url, limits=False) as known:
        yield known


def chain(client: Client, nth: int = 0) -> list[dict[str, Any]]:
    """The contracts of the nth coming expiry that is not today."""
    days: Any = client.call("option_chain_expiry_date_list", symbol="AAPL.US").data["expiry_date"]
    rows: Any = client.call("option_chain_info_by_date", symbol="AAPL.US", expiry_date=days[nth]).data
    return rows["list"]


def contract(client: Client, direction: str, *, inside: bool, nth: int = 0) -> str:
    """A contract that is far in the money, or far out of it."""
    rows = sorted(
        (row for row in chain(client, nth) if row["direction"] == direction),
        key=lambda row: D(row["strike_price"]),
    )
    low = (direction == "C") == inside
    return str(rows[0 if low else -1]["symbol"])


def quote(client: Client, symbol: str) -> dict[str, Any]:
    rows: Any = client.call("option_quote", symbol=[symbol]).data["secu_quote"]
    return rows[0]


def cash(client: Client, currency: str = "USD") -> Decimal:
    entry: Any = client.call("account_balance").data["list"][0]
    return next(D(row["available_cash"]) for row in entry["cash_infos"] if row["currency"] == currency)


def held(client: Client, symbol: str) -> dict[str, Any] | None:
    channels: Any = client.call("stock_positions").data["list"]
    return next((row for row in channels[0]["stock_info"] if row["symbol"] == symbol), None)


def order(client: Client, symbol: str, side: str, quantity: int, **fields: Any) -> dict[str, Any]:
    asked = {"order_type": "MO", "override": ["distance", "max_value"], **fields}
    sent: Any = client.call(
        "submit_order", execute=True, symbol=symbol, side=side, submitted_quantity=quantity, **asked
    )
    detail: Any = client.call("order_detail", order_id=sent.order_id)
    return detail.data


def test_buying_and_selling_moves_money_by_the_multiplier(client: Client) -> None:
    symbol = contract(client, "C", inside=True, nth=2)
    before = cash(client)
    bought = order(client, symbol, "Buy", 3)
    assert bought["status"] == "FilledStatus"
    assert bought["currency"] == "USD"
    price = D(bought["executed_price"])
    fees = D(bought["charge_detail"]["total_amount"])
    assert fees == D("0.08")  # 3 contracts x 0.025
    assert cash(client) == pytest.approx(before - 3 * 100 * price - fees, abs=D("0.01"))
    row = held(client, symbol)
    assert row is not None
    assert (row["quantity"], row["currency"], row["market"]) == ("3", "USD", "US")
    assert D(row["cost_price"]) == pytest.approx(price, abs=D("0.001"))
    frame = portfolio.value(client, "USD").set_index("symbol")
    last = D(quote(client, symbol)["last_done"])
    assert frame.loc[symbol, "market_value"] == pytest.approx(float(last * 300))
    assert frame.loc[symbol, "cost_value"] == pytest.approx(float(price * 300), abs=0.5)
    own = portfolio.totals(portfolio.value(client)).attrs["openapi"]["broker"]
    assert abs(float(own["difference"])) < 1  # the sandbox's own net assets count the multiplier, too
    sold = order(client, symbol, "Sell", 3)
    assert sold["status"] == "FilledStatus"
    assert held(client, symbol) is None
    profit = portfolio.pnl(client, START.date(), base_currency="USD", fees=False)
    earned = profit[profit.symbol == symbol].realized_pl.sum()
    assert earned == pytest.approx(float((D(sold["executed_price"]) - price) * 300), abs=0.5)


def test_the_preview_shows_what_it_is_worth(client: Client) -> None:
    symbol = contract(client, "C", inside=False, nth=3)
    made = client.call(
        "submit_order",
        symbol=symbol,
        side="Buy",
        order_type="LO",
        submitted_price="12.50",
        submitted_quantity=200,
        override=["max_value", "distance"],
    )
    assert isinstance(made, Preview)
    assert dict(made.lines)["amount"].startswith("250,000.00 USD; fees about 5.00 USD")
    with pytest.raises(RequestRefused, match=r"worth 250,000\.00 USD, more than the maximum"):
        client.call(
            "submit_order",
            symbol=symbol,
            side="Buy",
            order_type="LO",
            submitted_price="12.50",
            submitted_quantity=200,
            override=["distance"],
        )


def test_prices_and_books_are_on_the_options_own_steps(client: Client, sandbox: SandboxProcess) -> None:
    for row in chain(client, 1):
        last = D(quote(client, row["symbol"])["last_done"])
        assert last > 0
        assert last % (D("0.05") if last >= 3 else D("0.01")) == 0
    symbol = contract(client, "P", inside=True, nth=1)
    book: Any = client.call("depth", symbol=symbol).data
    bids, asks = ([D(level["price"]) for level in book[side]] for side in ("bid", "ask"))
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert bids[0] < asks[0]
    refused = sandbox.client.call(
        "POST",
        "/v1/trade/order",
        json_body={
            "symbol": symbol,
            "order_type": "LO",
            "side": "Buy",
            "submitted_price": f"{asks[0] + D('0.01')}",
            "submitted_quantity": "1",
            "time_in_force": "Day",
        },
    )
    assert refused.code == 602001
    assert "submitted_price" in refused.message


def test_a_limit_order_rests_and_fills_as_the_share_moves(client: Client, sandbox: SandboxProcess) -> None:
    symbol = contract(client, "C", inside=True, nth=3)
    last = D(quote(client, symbol)["last_done"])
    step = D("0.05") if last >= 3 else D("0.01")
    limit = (last * D("0.97") // step) * step
    waiting = order(
        client, symbol, "Buy", 1, order_type="LO", submitted_price=str(limit), time_in_force="GTC"
    )
    assert waiting["status"] == "NewStatus"
    for _ in range(20):
        sandbox.client.post("/sandbox/clock", advance=3600)
        detail: Any = client.call("order_detail", order_id=waiting["order_id"])
        if detail.data["status"] == "FilledStatus":
            break
    assert detail.data["status"] == "FilledStatus"
    assert D(detail.data["executed_price"]) <= limit


def test_what_is_not_held_is_not_sold_and_what_has_ended_is_not_bought(
    client: Client, sandbox: SandboxProcess
) -> None:
    symbol = contract(client, "C", inside=True, nth=1)
    body = {"symbol": symbol, "order_type": "MO", "side": "Sell", "submitted_quantity": "1"}
    body |= {"time_in_force": "Day"}
    answer = sandbox.client.call("POST", "/v1/trade/order", json_body=body)
    assert "isn't held" in answer.message
    gone = {**body, "symbol": "AAPL260116C260000.US", "side": "Buy"}
    assert (
        "no option that trades now" in sandbox.client.call("POST", "/v1/trade/order", json_body=gone).message
    )


def test_at_expiry_it_is_settled_at_its_intrinsic_value(client: Client, sandbox: SandboxProcess) -> None:
    inside, outside = (contract(client, "C", inside=inside) for inside in (True, False))
    expiry = datetime.strptime(inside[4:10], "%y%m%d").replace(hour=16, tzinfo=NEW_YORK)
    order(client, inside, "Buy", 2)
    order(client, outside, "Buy", 5)
    resting = order(client, outside, "Buy", 1, order_type="LO", submitted_price="0.01", time_in_force="GTC")
    before = cash(client)
    sandbox.client.post("/sandbox/clock", to=expiry.timestamp())
    close = D(client.call("quote", symbol=["AAPL.US"]).data["secu_quote"][0]["last_done"])
    strike = D(inside[11:].removesuffix(".US")) / 1000
    assert close > strike
    assert held(client, inside) is None
    assert held(client, outside) is None
    frozen = D("0.01") * 100 + D("0.03")  # the resting order lets go of what it held
    assert cash(client) == before + 2 * 100 * (close - strike) + (
        frozen if resting["status"] != "FilledStatus" else 0
    )
    flows: Any = client.call(
        "cash_flow", start_time=int(expiry.timestamp()) - 60, end_time=int(expiry.timestamp()) + 60
    ).data["list"]
    paid = {
        row["symbol"]: D(row["balance"]) for row in flows if row["transaction_flow_name"] == "OptionExpiry"
    }
    assert paid == {inside: 200 * (close - strike), outside: 0}
    detail: Any = client.call("order_detail", order_id=resting["order_id"]).data
    assert detail["status"] in {"ExpiredStatus", "FilledStatus"}


def test_profit_after_expiry(client: Client, sandbox: SandboxProcess) -> None:
    outside = contract(client, "P", inside=False, nth=1)
    inside = contract(client, "P", inside=True, nth=1)
    bought = order(client, outside, "Buy", 4)
    order(client, inside, "Buy", 1)
    expiry = datetime.strptime(outside[4:10], "%y%m%d").replace(hour=16, tzinfo=NEW_YORK)
    sandbox.client.post("/sandbox/clock", to=(expiry + timedelta(days=3)).timestamp())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one multiplier is assumed: the contract has no quote any more
        frame = portfolio.pnl(client, START.date(), base_currency="USD", fees=False)
    mine = frame[frame.symbol == outside]
    assert mine.realized_pl.tolist() == [pytest.approx(-float(D(bought["executed_price"])) * 400, abs=0.5)]
    assert "expired worthless" in mine.remark.iloc[0]
    assert f"{inside} left out: exercised on {expiry:%Y-%m-%d}" in portfolio.notes(frame)


def test_the_renminbi_counter_trades_in_renminbi(client: Client) -> None:
    row: Any = client.call("static_info", symbol=["80700.HK"]).data["secu_static_info"][0]
    assert (row["currency"], row["lot_size"]) == ("CNY", 100)
    last = D(client.call("quote", symbol=["80700.HK"]).data["secu_quote"][0]["last_done"])
    made = client.call("submit_order", symbol="80700.HK", side="Buy", order_type="MO", submitted_quantity=100)
    assert isinstance(made, Preview)
    assert dict(made.lines)["amount"].startswith(f"at the last price about {last * 100:,.2f} CNY")
    assert "HKD" not in dict(made.lines)["amount"]
