"""A closed client refuses what is asked of it, and says how to get a new one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.broker import Broker, client_of
from support.wire import Received, Recorder

from jupyter_openapi import Client, RequestRefused, portfolio, run
from jupyter_openapi.session import Session

BUY: dict[str, Any] = {"symbol": "700.HK", "side": "buy", "type": "MO", "quantity": 100}
CALLS: dict[str, Callable[[Client], Any]] = {
    "a read": lambda client: client.stock_positions(),
    "a path": lambda client: client.request("GET", "/v1/asset/stock"),
    "an order": lambda client: client.submit_order(**BUY),
    "an unknown change": lambda client: client.request("POST", "/v1/unknown"),
    "a basket": lambda client: client.basket([BUY]),
    "cancel_all": lambda client: client.cancel_all(),
    "a history": lambda client: client.pages("cash_flow", start_time="-3d"),
    "a wait": lambda client: run(client.wait("1", timeout=1)),
    "a subscription": lambda client: client.subscribe("700.HK"),
    "orders live": lambda client: client.subscribe_orders(),
    "candles live": lambda client: client.subscribe_candlesticks("700.HK"),
    "a download": lambda client: client.download("https://example.com/file"),
    "a refresh": lambda client: client.refresh(),
    "a portfolio": portfolio.value,
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_refused(client: Client, server: Recorder, name: str) -> None:
    client.close()
    with pytest.raises(
        RequestRefused, match=r"^Nothing was sent: this client is closed\. Make a new one with"
    ):
        CALLS[name](client)
    assert server.requests == []


def test_a_preview_made_before_is_not_sent(client: Client, server: Recorder) -> None:
    preview = client.submit_order(**BUY)
    client.close()
    before = len(server.requests)
    with pytest.raises(RequestRefused, match="this client is closed"):
        preview.send()
    assert len(server.requests) == before
    assert not preview.sent


def test_with_opens_it_again(client: Client) -> None:
    client.close()
    with client:
        assert client.stock_positions().code == 0
    with pytest.raises(RequestRefused, match="this client is closed"):
        client.stock_positions()


def test_an_order_that_is_being_sent_is_seen_to_its_end(
    client: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answer is lost while another thread closes the client: it is repeated all the same."""
    preview, answer = client.submit_order(**BUY), broker._change
    broker.faults.append("silent")

    def closing(request: Received) -> bytes | None:
        client.close()
        return answer(request)

    monkeypatch.setattr(broker, "_change", closing)
    assert preview.send().order_id in broker.orders
    assert len(broker.orders) == 1
    with pytest.raises(RequestRefused, match="this client is closed"):
        client.stock_positions()


@pytest.fixture
def session() -> Iterator[Session]:
    made = Session()
    made.notify = lambda _text: None
    yield made
    made.close()


def test_a_client_that_was_given_up_still_reads(session: Session, url: str, tmp_path: Path) -> None:
    with client_of(url, tmp_path) as client:
        session.client = client
        session.release("")
        assert client.stock_positions().code == 0
        client.close()
        session.client = client
        with pytest.raises(RequestRefused, match="this client is closed"):
            session.connected()
