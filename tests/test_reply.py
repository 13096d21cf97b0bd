"""A reply as data and as a frame: small and large, whole and broken, bars of a day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from support.wire import Received, http, recorder

from jupyter_openapi import Client, Credentials, TransportError

BARS = [
    {
        "close": "608",
        "open": "601",
        "low": "599.5",
        "high": "609",
        "volume": "81",
        "turnover": "4",
        "timestamp": stamp,
    }
    for stamp in ("1795276800", "1795363200")
]


def rows(count: int) -> bytes:
    trade = {"order_id": "693664675163312128", "symbol": "700.HK", "trade_done_at": "1767605405"}
    trades = [{**trade, "trade_id": f"T{n}", "quantity": "100", "price": "612.4"} for n in range(count)]
    return json.dumps({"code": 0, "message": "success", "data": {"trades": trades}}).encode()


def answer(request: Received) -> bytes:
    if request.path == "/quote/candlesticks":
        data: Any = {"symbol": "700.HK", "candlesticks": BARS}
        return http(json.dumps({"code": 0, "message": "", "data": data}).encode())
    if "symbol=5.HK" in request.query:
        return http(rows(2000)[:-40] + b'"}]}}')
    return http(rows(2000 if "symbol" in request.query else 3))


@pytest.fixture
def client() -> Iterator[Client]:
    with (
        recorder(answer) as server,
        Client(Credentials("key-1", "secret-1", "token-1"), "sandbox", server.url, limits=False) as made,
    ):
        yield made


def test_small_and_large_replies_give_the_same_columns(client: Client) -> None:
    small, large = client.call("executions"), client.call("executions", symbol="700.HK")
    frame = large.frame()
    assert len(frame) == 2000
    assert frame.dtypes.equals(small.frame().dtypes)
    assert frame["order_id"].iloc[0] == "693664675163312128"
    assert len(large.data["trades"]) == 2000
    assert large.frame().equals(frame)
    facts = frame.attrs["openapi"]
    assert (facts["operation"], facts["mode"]) == ("today_executions", "sandbox")
    assert "secret" not in json.dumps(facts)


def test_a_large_broken_reply_is_one_line(client: Client) -> None:
    reply = client.call("executions", symbol="5.HK")
    for ask in (reply.frame, lambda: reply.data):
        with pytest.raises(TransportError, match="broken JSON; ask again"):
            ask()


def test_bars_of_a_day_carry_their_date_in_the_market_s_zone(client: Client) -> None:
    daily = client.call("candlesticks", symbol="700.HK", period="day", count=2).frame()
    assert list(daily["trade_date"]) == [pd.Timestamp("2026-11-22"), pd.Timestamp("2026-11-23")]
    minutes = client.call("candlesticks", symbol="700.HK", period=1, count=2).frame()
    assert "trade_date" not in minutes
