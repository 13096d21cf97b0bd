"""The preview says what a careful trader would ask."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.broker import client_of
from support.shell import loaded_shell
from support.wire import Received, Recorder, http

from jupyter_openapi import Client, Credentials, RequestRefused
from jupyter_openapi.session import SESSION

BUY: dict[str, Any] = {"symbol": "700.HK", "side": "buy", "type": "LO", "price": "600", "quantity": 100}
LAST = {"700.HK": "600", "AAPL.US": "200"}
CASH = {"HKD": "100000", "USD": "100000"}


class Exchange:
    """Quotes, a balance and orders; `rejects` are the quantities it rejects."""

    rejects: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.orders: list[dict[str, Any]] = []

    def __call__(self, request: Received) -> bytes:
        return http(json.dumps({"code": 0, "message": "success", "data": self.data(request)}).encode())

    def data(self, request: Received) -> Any:
        if request.path == "/quote/quotes":
            wanted = json.loads(request.body)["symbol"]
            rows = [{"symbol": each, "last_done": LAST[each], "timestamp": "1767605400"} for each in wanted]
            return {"secu_quote": rows}
        if request.path == "/v1/asset/account":
            infos = [{"currency": currency, "available_cash": cash} for currency, cash in CASH.items()]
            return {"list": [{"currency": "HKD", "buy_power": "50000", "cash_infos": infos}]}
        if request.path == "/v1/asset/stock":
            held = {"symbol": "AAPL.US", "available_quantity": "1000", "quantity": "1000"}
            return {"list": [{"account_channel": "lb_papertrading", "stock_info": [held]}]}
        if request.path == "/v1/trade/order" and request.method == "POST":
            order = json.loads(request.body)
            number, quantity = str(70 + len(self.orders)), order["submitted_quantity"]
            status = "RejectedStatus" if quantity in self.rejects else "NewStatus"
            self.orders.append(
                {"order_id": number, "status": status, "msg": "no money", "quantity": quantity}
            )
            return {"order_id": number}
        if request.path.startswith("/v1/trade/order/"):
            return {"orders": self.orders}
        return {}


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
def broker(exchange: Exchange) -> Exchange:
    return exchange


@pytest.fixture
def client(url: str, tmp_path: Path) -> Iterator[Client]:
    with client_of(url, tmp_path, "sandbox", timeout=(5, 30)) as made:
        yield made


def paths(server: Recorder, path: str) -> int:
    return sum(seen.path == path for seen in server.requests)


# --- what it says --------------------------------------------------------------------------------------


def test_a_bracket_and_a_delay_are_in_words(client: Client) -> None:
    at = int(time.time()) + 86_400
    bracket = {
        "attached_order_type": "BRACKET",
        "profit_taker_price": "650",
        "profit_taker_submit_price": "649",
        "stop_loss_price": "550",
        "time_in_force": "GTC",
    }
    said = str(client.call("submit_order", **BUY, attached_params=bracket, delayed_until=at))
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at))
    assert f"submitted only at {moment} UTC" in said
    assert "once filled: take profit at 650.00 HKD (limit 649.00 HKD); stop loss at 550.00 HKD" in said
    assert "these until cancelled" in said


def test_a_buy_beyond_the_cash_is_warned_of(client: Client, server: Recorder) -> None:
    said = str(client.call("submit_order", **{**BUY, "quantity": 300}))
    assert "needs 180,000.00 HKD, 100,000.00 HKD available" in said
    assert "available" not in str(client.call("submit_order", **BUY))
    usd = {"symbol": "AAPL.US", "side": "buy", "type": "LO", "price": "200", "quantity": 600}
    assert "needs 120,000.00 USD, 100,000.00 USD available" in str(client.call("submit_order", **usd))
    assert paths(server, "/v1/asset/account") == 1  # kept for a few seconds
    client.call("submit_order", **BUY, execute=True)
    client.call("submit_order", **BUY)
    assert paths(server, "/v1/asset/account") == 2  # an order was sent


def test_the_last_calls_are_left_to_orders(
    client: Client, server: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    client._desk.calls_left = lambda: {"trade": 7}
    assert "not checked: the last calls are left for orders" in str(client.call("submit_order", **BUY))
    assert paths(server, "/v1/asset/account") == 0


def test_a_read_only_account_says_so_first(server: Recorder, tmp_path: Path) -> None:
    with Client(Credentials("k", "s", "t"), "live", server.url) as live:
        first = str(live.call("submit_order", **BUY)).splitlines()[0]
    assert "read-only; arm it with `%openapi connect live --trade`" in first
    assert "nothing was sent" in first


def test_how_to_send_it(client: Client) -> None:
    assert "`preview.send()`" in str(client.call("submit_order", **BUY)).splitlines()[0]


# --- triggers ------------------------------------------------------------------------------------------


def test_a_trigger_order_is_valued_at_its_trigger(client: Client) -> None:
    order = {"symbol": "AAPL.US", "side": "buy", "type": "MIT", "trigger_price": "2000", "quantity": 400}
    with pytest.raises(RequestRefused, match=r"worth 800,000\.00 USD"):
        client.call("submit_order", **order)


def test_a_plain_stop_loss_needs_no_override(client: Client) -> None:
    stop = {"symbol": "AAPL.US", "side": "sell", "type": "LIT", "quantity": 10, "trigger_price": "168"}
    client.call("submit_order", **stop, price="167.5")
    with pytest.raises(RequestRefused, match=r"25\.6% below the trigger 168"):
        client.call("submit_order", **stop, price="125")


# --- prices made by arithmetic -------------------------------------------------------------------------


def test_a_price_of_arithmetic_is_refused_with_the_nearest_two(client: Client) -> None:
    with pytest.raises(RequestRefused) as caught:
        client.call("submit_order", **{**BUY, "price": 600 * 1.001})
    said = str(caught.value)
    assert "price=600.5999999999999 is a float with more decimals than any price" in said
    assert "type price=600.5 or price=601" in said
    assert "`--tick nearest`" in said
    assert "above 0" not in said


def test_a_price_of_numpy_is_a_price(client: Client) -> None:
    """A frame's column gives numpy's floats, whose repr is no number."""
    preview = client.call(
        "submit_order",
        symbol="700.HK", side="Buy", order_type="LO", submitted_price=np.float64(590.5),
        submitted_quantity=100, time_in_force="Day",
    )  # fmt: skip
    assert preview.fields["submitted_price"] == "590.5"


@pytest.mark.parametrize(
    ("tick", "side", "price", "sent"),
    [
        ("nearest", "buy", 600 * 1.001, "600.5"),
        ("up", "buy", 600 * 1.001, "601"),
        ("down", "buy", 600 * 1.001, "600.5"),
        ("safe", "buy", "600.7", "600.5"),
        ("safe", "sell", "600.7", "601"),
        ("nearest", "buy", "600.5", "600.5"),
    ],
)
def test_tick_rounds_by_the_ladder_and_says_so(
    client: Client, tick: str, side: str, price: Any, sent: str
) -> None:
    order = {**BUY, "side": side, "price": price, "override": ["short"]}
    made = client.call("submit_order", **order, tick=tick)
    assert made.fields["submitted_price"] == sent
    assert (f"rounded to {sent} (--tick {tick})" in str(made)) == (str(price) != sent)


def test_tick_on_a_line_and_as_a_setting(client: Client) -> None:
    with loaded_shell() as shell:
        SESSION.client = client
        line = "submit 700.HK side=buy quantity=100 price={600 * 1.001}"
        assert "more decimals" in shell.fail(f"%openapi {line}")
        assert shell.run(f"%openapi --tick safe {line}").fields["submitted_price"] == "600.5"
        shell.run("%config OpenAPIMagics.tick = 'up'")
        try:
            assert shell.run(f"%openapi {line}").fields["submitted_price"] == "601"
        finally:
            shell.run("%config OpenAPIMagics.tick = 'off'")
            del shell.ip.config["OpenAPIMagics"]
        assert "--tick" in shell.fail("%openapi --tick safe positions")
        SESSION.client = None
    with pytest.raises(RequestRefused, match="no tick="):
        client.call("submit_order", **BUY, tick="sideways")


# --- baskets -------------------------------------------------------------------------------------------


def test_a_basket_reads_once_and_shows_rejections(
    client: Client, server: Recorder, exchange: Exchange
) -> None:
    exchange.rejects = frozenset({"200"})
    rows = [{**BUY, "quantity": quantity} for quantity in (100, 200, 300)]
    basket = client.basket(rows)
    assert "needs 180,000.00 HKD" in str(basket)
    sent = basket.send()
    assert list(sent["outcome"]) == ["sent", "rejected", "sent"]
    assert sent["message"][1] == "REJECTED by the broker: no money"
    assert paths(server, "/v1/asset/account") == 1
    assert [seen.path for seen in server.requests if seen.path.startswith("/v1/trade/order/")] == [
        "/v1/trade/order/today"
    ]
    assert not [seen for seen in server.requests if seen.target.startswith("/v1/trade/order?")]
