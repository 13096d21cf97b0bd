"""The public Python API with arguments of the wrong kind: one sentence, never a traceback of our insides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support.broker import Broker, client_of
from support.wire import Received, recorder

from jupyter_openapi import Client, OpenAPIError, RequestRefused, portfolio, run
from jupyter_openapi.frames import to_frame

ORDER: dict[str, Any] = {
    "symbol": "700.HK", "side": "buy", "type": "LO", "price": 600, "quantity": 100,
}  # fmt: skip
ODD: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "nan": lambda: float("nan"),
    "Decimal NaN": lambda: Decimal("NaN"),
    "Decimal sNaN": lambda: Decimal("sNaN"),
    "NA": lambda: pd.NA,
    "NaT": lambda: pd.NaT,
    "float64": lambda: np.float64(3),
    "int64": lambda: np.int64(3),
    "a naive moment": lambda: dt.datetime(2026, 1, 5, 9, 30),  # noqa: DTZ001 (what people give)
    "empty": list,
    "generator": lambda: (each for each in [1]),
    "bytes": lambda: b"700.HK",
    "object": object,
    "dict": lambda: {"a": 1},
    "True": lambda: True,
    "array": lambda: np.array([[1.0]]),
    "Series": lambda: pd.Series([1]),
    "DataFrame": lambda: pd.DataFrame({"a": [1]}),
    "huge": lambda: 10**400,
    "-1": lambda: -1,
    "a list with None": lambda: ["700.HK", None],
    "nested": lambda: [["700.HK"]],
    "timedelta": lambda: dt.timedelta(days=1),
    "half a pair": lambda: "\ud800",
    "long": lambda: "x" * 5000,
}
CALLS: dict[str, Callable[[Client, Any], Any]] = {
    "operation": lambda client, odd: client.call(odd),
    "symbol": lambda client, odd: client.call("quote", symbol=odd),
    "method": lambda client, odd: client.request(odd, "/v1/asset/stock"),
    "path": lambda client, odd: client.request("GET", odd),
    "params": lambda client, odd: client.request("GET", "/v1/asset/stock", params=odd),
    "override": lambda client, odd: client.call("submit_order", **ORDER, override=odd),
    "price": lambda client, odd: client.call("submit_order", **{**ORDER, "price": odd}),
    "quantity": lambda client, odd: client.call("submit_order", **{**ORDER, "quantity": odd}),
    "remark": lambda client, odd: client.call("submit_order", **ORDER, remark=odd),
    "client_request_id": lambda client, odd: client.call("submit_order", **ORDER, client_request_id=odd),
    "orders": lambda client, odd: client.call("submit_order", orders=odd),
    "order_id": lambda client, odd: client.call("cancel_order", order_id=odd),
    "cancel_all": lambda client, odd: client.cancel_all(odd),
    "settle": lambda client, odd: client.settle(odd, done=True),
    "download": lambda client, odd: client.download(odd),
    "candles": lambda client, odd: client.candles(odd),
    "subscribe": lambda client, odd: client.subscribe(odd).close(),
    "kind": lambda client, odd: client.subscribe(["700.HK"], odd).close(),
    "base_currency": lambda client, odd: portfolio.value(client, base_currency=odd),
    "table": lambda _client, odd: to_frame({}, "quote", table=odd),
    "decimals": lambda _client, odd: to_frame({}, "quote", decimals=odd),
    "codes": lambda _client, odd: to_frame({}, "quote", codes=odd),
    "described by": lambda _client, odd: to_frame({}, odd),
}


class NoOrders(Broker):
    """A broker that has none of the orders it is asked for."""

    def _read(self, request: Received) -> Any:
        return {} if request.path == "/v1/trade/order" else super()._read(request)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with recorder(NoOrders()) as server, client_of(server.url, tmp_path_factory.mktemp("given")) as made:
        yield made


@pytest.mark.parametrize("call", CALLS)
def test_an_odd_argument_is_one_sentence(client: Client, call: str) -> None:
    for name, odd in ODD.items():
        try:
            CALLS[call](client, odd())
        except OpenAPIError as said:
            text = str(said)
            assert "\n" not in text, (call, name)
            assert len(text) < 900, (call, name, text)


@pytest.mark.parametrize("odd", ["no", "False", 0, 1, None, np.int64(1), [], "yes", np.nan])
def test_only_true_sends(client: Client, odd: Any) -> None:
    """What is true in Python is not what a person meant by "no"."""
    for call in (
        lambda: client.call("submit_order", **ORDER, execute=odd),
        lambda: client.request("POST", "/v1/x", json={}, execute=odd),
        lambda: client.call("submit_order", **ORDER, execute=False, again=odd),
        lambda: client.call("submit_order", **ORDER).send(again=odd),
        lambda: client.call("submit_order", orders=[ORDER]).send(again=odd),
        lambda: client.settle(1, done=odd),
    ):
        with pytest.raises(RequestRefused, match="takes True or False, not a value of type"):
            call()
    assert client.journal.rows() == []


@pytest.mark.parametrize("odd", ["", " ", "x" * 65, "two words", "a\tb-12345", "é" * 10])
def test_an_order_s_own_id_is_one_that_the_broker_can_keep(client: Client, odd: str) -> None:
    """An empty id would make a repeat a second order."""
    with pytest.raises(RequestRefused, match="can't tell this order from others"):
        client.call("submit_order", **ORDER, client_request_id=odd)
    made = client.call("submit_order", **ORDER, client_request_id="mine-2026.01:7")
    assert made.client_request_id == "mine-2026.01:7"


@pytest.mark.parametrize("odd", [None, float("nan"), Decimal("NaN"), "soon", b"1", True, -1, float("-inf")])
def test_a_wait_takes_a_number_of_seconds(client: Client, odd: Any) -> None:
    with pytest.raises(RequestRefused, match="timeout takes a number of seconds, such as 30"):
        run(client.wait("1", timeout=odd))


def test_what_is_right_still_passes(client: Client) -> None:
    for override in ((), "distance", ["distance"], {"distance"}, (each for each in ["distance"])):
        assert client.call("submit_order", **ORDER, override=override).order_id is None
    for remark in ("x", 3, np.int64(3), dt.date(2026, 1, 5), Decimal("2.50"), np.str_("y")):
        assert str(remark) in client.call("submit_order", **ORDER, remark=remark).fields["remark"]
    assert client.call("submit_order", **ORDER, execute=np.bool_(False)).sent is False
    assert len(to_frame({}, "quote", codes=np.bool_(True))) == 0
    assert client.journal.rows() == []
