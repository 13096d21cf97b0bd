"""What is said of an order that was sent: account, id and status; a rejection never reads as success."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from support.broker import client_of
from support.shell import Shell, loaded_shell
from support.wire import Received, Recorder, http

from jupyter_openapi import ApiError, Client, run
from jupyter_openapi.session import SESSION
from jupyter_openapi.trading.order_state import OrderState, describe_progress

ORDER: dict[str, Any] = {"symbol": "700.HK", "side": "buy", "type": "LO", "price": 593, "quantity": 100}
STANDING: dict[str, Any] = {
    "order_id": "71",
    "symbol": "700.HK",
    "side": "Buy",
    "status": "NewStatus",
    "quantity": "100",
    "executed_quantity": "0",
    "price": "593",
    "currency": "HKD",
    "order_type": "LO",
    "msg": "",
}
MISSING = http(b'{"code":603001,"message":"order not found"}', "400 Bad Request")


class Exchange:
    """Books every submit; `standing` is how its orders stand, for `unknown` looks it knows none."""

    def __init__(self) -> None:
        self.standing: dict[str, Any] = dict(STANDING)
        self.unknown = 0
        self.count = 70

    def __call__(self, request: Received) -> bytes:
        data: Any = {}
        if request.path == "/quote/quotes":
            data = {"secu_quote": [{"symbol": "700.HK", "last_done": "593", "timestamp": "1767605400"}]}
        elif request.path == "/v1/trade/order" and request.method == "POST":
            self.count += 1
            data = {"order_id": str(self.count)}
        elif request.path == "/v1/trade/order" and request.method == "GET":
            if self.unknown:
                self.unknown -= 1
                return MISSING
            data = {**self.standing, "order_id": parse_qs(request.query)["order_id"][0]}
        elif request.path.startswith("/v1/trade/order/today"):
            rows = [{**self.standing, "order_id": str(number)} for number in range(71, self.count + 1)]
            data = {"orders": rows}
        elif request.path == "/v1/asset/stock":
            held = {"symbol": "700.HK", "available_quantity": "5000", "quantity": "5000"}
            data = {"list": [{"account_channel": "lb_papertrading", "stock_info": [held]}]}
        return http(json.dumps({"code": 0, "message": "success", "data": data}).encode())


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


@pytest.fixture
def shell(client: Client) -> Iterator[Shell]:
    with loaded_shell() as loaded:
        SESSION.client = client
        yield loaded
        SESSION.client = None


def trade_calls(server: Recorder) -> list[Received]:
    """Return the calls that the limit on trade and asset requests counts."""
    return [seen for seen in server.requests if seen.path.startswith("/v1/")]


SUBMIT = "submit 700.HK side=buy price=593 quantity=100"


# --- words ---------------------------------------------------------------------------------------------


def test_send_answers_in_words(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    shell.run("%openapi submit 700.HK side=buy price=593 quantity=100")
    shell.run("%openapi send")
    said = capsys.readouterr().out
    assert "Sent to the SANDBOX account (given in Python): Buy 100 700.HK, limit (LO) at 593.00 HKD" in said
    assert "Order 71: accepted by the broker, not filled yet." in said


def test_execute_and_python_answer_in_words(shell: Shell, client: Client) -> None:
    shown = repr(shell.run("%openapi --execute submit 700.HK side=buy price=593 quantity=100"))
    assert "Order 71: accepted by the broker, not filled yet." in shown
    assert "Order 72: accepted" in repr(client.call("submit_order", **ORDER, execute=True))
    changed = client.call("replace_order", order_id="71", price=592, quantity=100, execute=True)
    assert repr(changed).startswith("Change sent to the SANDBOX account")
    cancelled = client.call("cancel_order", order_id="71", execute=True)
    assert repr(cancelled).startswith("Cancellation sent to the SANDBOX account")
    assert "Order 71" in repr(cancelled)


NOT_DISPLAYED = {
    "assigned": f"x = %openapi --execute {SUBMIT}",
    "into a variable": f"%openapi --execute x << {SUBMIT}",
    "not the last line": f"%openapi --execute {SUBMIT}\nx = 1",
    "in a loop": f"for _ in range(1):\n    %openapi --execute {SUBMIT}",
    "in a function": f"def f():\n    %openapi --execute {SUBMIT}\nf()",
    "raw": f"x = %openapi --execute --raw {SUBMIT}",
    "raw into a variable": f"%openapi --execute --raw x << {SUBMIT}",
    "send": f"%openapi {SUBMIT}\nx = %openapi send",
    "send again": f"%openapi {SUBMIT}\nx = %openapi --again send",
    "the short form": "x = %openapi --execute buy 100 700.HK @ 593",
    "cancel": "x = %openapi --execute cancel 71",
    "replace": "x = %openapi --execute replace 71 price=592 quantity=100",
}


@pytest.mark.parametrize("way", NOT_DISPLAYED)
def test_what_became_of_an_order_is_said_where_it_is_not_displayed(
    shell: Shell, capsys: pytest.CaptureFixture[str], way: str
) -> None:
    shell.run(NOT_DISPLAYED[way])
    said = capsys.readouterr().out
    assert said.count("Order 71: ") == 1, said
    assert "to the SANDBOX account" in said
    shell.run(f"x = %openapi --execute {SUBMIT};")
    assert capsys.readouterr().out == ""  # it was asked to say nothing


def test_it_is_said_once_where_it_is_displayed(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    shell.run(f"%openapi --execute {SUBMIT}")
    assert capsys.readouterr().out.count("Order 71: ") == 1
    shell.run("%openapi --execute replace 71 price=592 quantity=100")
    said = capsys.readouterr().out
    assert "Change sent to the SANDBOX account (given in Python): Buy 700.HK: " in said
    assert "price 593 -> 592" in said


def test_what_became_of_a_basket_is_said_in_numbers(
    shell: Shell, exchange: Exchange, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.ip.user_ns["rows"] = [ORDER, {**ORDER, "quantity": 200}]
    for cell in (
        "x = %openapi --execute submit orders={rows}",
        "%openapi --execute x << submit orders={rows}",
    ):
        shell.run(cell)
        assert "2 rows: 2 sent." in capsys.readouterr().out
    exchange.standing["status"] = "RejectedStatus"
    shell.run("x = %openapi --execute submit orders={rows}")
    assert "2 rows: 2 rejected." in capsys.readouterr().out


def test_a_preview_that_nobody_saw_is_not_taken_for_an_order(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run(f"x = %openapi {SUBMIT}")
    assert capsys.readouterr().out.splitlines() == [
        "A preview was made; nothing was sent: `%openapi send` shows it first."
    ]
    shell.run(f"for _ in range(3):\n    x = %openapi {SUBMIT}")
    assert capsys.readouterr().out.splitlines() == [
        "3 previews were made; nothing was sent: `%openapi send 3` shows the last of them first."
    ]
    assert shell.run("%openapi send 1") is None
    assert "Type `%openapi send 1` again to send it" in capsys.readouterr().out
    for cell in ("x = %openapi {}\nx", "x = %openapi {}\nx.send()", "x = %openapi {};"):
        shell.run(cell.format(SUBMIT))
        assert "A preview was made" not in capsys.readouterr().out


def test_a_rejection_that_is_there_is_shown_as_one(shell: Shell, exchange: Exchange) -> None:
    exchange.standing |= {"status": "RejectedStatus", "msg": "insufficient buying power"}
    reply = shell.run("%openapi --execute submit 700.HK side=buy price=593 quantity=100")
    assert repr(reply).startswith("REJECTED by the broker. Sent to the SANDBOX account")
    assert "REJECTED by the broker: insufficient buying power" in repr(reply)
    assert reply.state.rejected
    assert reply.state.reason == "insufficient buying power"
    shell.run("%openapi order_detail 71;")
    assert "insufficient buying power" in repr(SESSION.client.call("order_detail", order_id="71"))
    exchange.standing["msg"] = ""
    assert "it gave no reason" in repr(shell.run("%openapi wait 71"))
    assert shell.run("%openapi --raw --execute submit 700.HK side=buy price=593 quantity=100") == {
        "order_id": "72"
    }


def test_a_look_that_fails_is_said(client: Client, exchange: Exchange) -> None:
    exchange.unknown = 1
    reply = client.call("submit_order", **ORDER, execute=True)
    assert "accepted by the broker; its state was not read" in repr(reply)
    assert reply.state is None
    assert exchange.unknown == 0


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_an_order_costs_at_most_three_trade_calls(client: Client, server: Recorder, side: str) -> None:
    client.call("submit_order", **{**ORDER, "side": side}, execute=True)
    assert len(trade_calls(server)) <= 3


# --- the average price ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (
            {"status": "FilledStatus", "executed_quantity": "100", "executed_price": "592"},
            "Buy 700.HK: 100 of 100 filled at 592.00 HKD on average (limit 593.00), filled",
        ),
        (
            {"status": "FilledStatus", "executed_quantity": "100", "executed_price": "592.4", "price": ""},
            "Buy 700.HK: 100 of 100 filled at 592.40 HKD on average, filled",
        ),
        (
            {"status": "PartialFilledStatus", "executed_quantity": "40", "executed_price": "592.5"},
            "Buy 700.HK: 40 of 100 filled at 592.50 HKD on average (limit 593.00), partly filled, working",
        ),
        ({}, "Buy 700.HK: 0 of 100 filled (limit 593.00), accepted by the broker, not filled yet"),
        (
            {"status": "CanceledStatus", "msg": "by user"},
            "Buy 700.HK: 0 of 100 filled (limit 593.00), cancelled: by user",
        ),
        (
            {"status": "VarietiesNotReported"},
            (
                "Buy 700.HK: 0 of 100 filled (limit 593.00), accepted by the broker, not filled yet: "
                "waiting for its trigger"
            ),
        ),
    ],
)
def test_the_price_beside_filled_is_the_average(order: dict[str, Any], said: str) -> None:
    assert describe_progress({**STANDING, **order}) == said
    assert str(OrderState.of({**STANDING, **order})) == said


def test_a_preview_names_both_prices(client: Client, exchange: Exchange) -> None:
    exchange.standing |= {
        "executed_quantity": "40",
        "executed_price": "592.5",
        "status": "PartialFilledStatus",
    }
    made = str(client.call("cancel_order", order_id="71"))
    assert "total 100, 40 filled, 60 left, filled at 592.50 HKD on average, limit 593.00 HKD" in made


# --- wait ----------------------------------------------------------------------------------------------


def test_wait_goes_on_while_the_broker_does_not_know_the_order(client: Client, exchange: Exchange) -> None:
    exchange.unknown = 2
    exchange.standing["status"] = "FilledStatus"
    assert run(client.wait("71", timeout=20)).done


def test_wait_ends_with_the_error_if_it_never_comes(
    client: Client, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange.unknown = 1000
    monkeypatch.setattr("jupyter_openapi.trading.order_state.NOT_YET", 1.5)
    begun = time.monotonic()
    with pytest.raises(ApiError, match="order not found"):
        run(client.wait("99", timeout=20))
    assert 1 < time.monotonic() - begun < 15
    with pytest.raises(ApiError, match="order not found"):
        run(client.wait("99", timeout=0.2))


def test_an_order_that_was_seen_is_the_last_known_state(client: Client, exchange: Exchange) -> None:
    async def seen_then_lost() -> OrderState:
        task = asyncio.create_task(client.wait("71", timeout=2.5))
        await asyncio.sleep(0.5)
        exchange.unknown = 1000
        return await task

    state = asyncio.run(seen_then_lost())
    assert (state.status, state.done) == ("NewStatus", False)
