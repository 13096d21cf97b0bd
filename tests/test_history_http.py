"""A whole history over real requests: signed, paged, retried by nobody but the transport."""

from __future__ import annotations

import gc
import json
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from support.histories import DAY, NOW, PRESENT, Broker, execution, operation, order
from support.wire import Received, http, recorder

from jupyter_openapi.client import Client
from jupyter_openapi.credentials import Credentials
from jupyter_openapi.history import Unfinished, fetch

NAMES = {
    "/v1/trade/execution/today": "today_executions",
    "/v1/trade/execution/history": "history_executions",
    "/v1/trade/order/history": "history_orders",
}


def answering(broker: Broker) -> Callable[[Received], bytes]:
    def answer(request: Received) -> bytes:
        asked = {name: values[0] for name, values in parse_qs(request.query).items()}
        data = broker(NAMES[request.path], asked)
        return http(json.dumps({"code": 0, "message": "success", "data": data}).encode())

    return answer


def client(url: str) -> Client:
    return Client(Credentials("key-1234567890", "secret", "token"), "sandbox", url, limits=False)


def test_executions_over_the_wire() -> None:
    executions = operation("history_executions")
    rows = [execution(number, PRESENT - 200 * DAY + number * 6000) for number in range(2880)]
    broker = Broker(executions, rows, today_from=PRESENT - DAY)
    with recorder(answering(broker)) as server, client(server.url) as face:
        history = fetch(face._reader.data, executions, {"start_at": "-200d"}, now=NOW)
    assert history.summary() == "2,880 rows, 2026-05-06 to 2026-11-22, complete"
    assert [row["trade_id"] for row in history.rows] == [row["trade_id"] for row in rows]
    # Today's, then two windows of two pages and one of one.
    assert [(request.path, parse_qs(request.query).get("page")) for request in server.requests] == [
        ("/v1/trade/execution/today", None),
        *(("/v1/trade/execution/history", [page]) for page in ("1", "2", "1", "2", "1")),
    ]
    assert all("x-api-signature" in request.headers for request in server.requests)


def test_a_broken_reply_is_asked_for_again_and_nothing_is_doubled() -> None:
    orders = operation("history_orders", max_rows=50)
    rows = [order(number, PRESENT - 3600 + number) for number in range(120)]
    broker = Broker(orders, rows, cap=50)
    whole = answering(broker)
    count = 0

    def answer(request: Received) -> bytes | None:
        nonlocal count
        count += 1
        return None if count % 5 == 2 else whole(request)

    with recorder(answer) as server, client(server.url) as face:
        history = fetch(face._reader.data, orders, {"start_at": NOW - timedelta(hours=2)}, now=NOW)
    assert history.complete
    assert [row["order_id"] for row in history.rows] == [row["order_id"] for row in rows]
    assert len(server.requests) > history.pages


@pytest.fixture
def no_collection() -> Iterator[None]:
    """Hold the garbage collector: Ctrl-C in one of its callbacks is lost, and a large heap has many."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collection")
def test_a_real_ctrl_c_loses_nothing() -> None:
    executions = operation("history_executions")
    rows = [execution(number, PRESENT - 300 * DAY + number * 7000) for number in range(3600)]
    broker = Broker(executions, rows, today_from=PRESENT - DAY)
    whole = answering(broker)

    def answer(request: Received) -> bytes:
        if len(server.requests) == 5:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            stopped.wait(30)
        return whole(request)

    stopped = threading.Event()
    shelf = Unfinished()
    with recorder(answer) as server, client(server.url) as face:
        partial = fetch(face._reader.data, executions, {"start_at": "-300d"}, now=NOW, resume=shelf)
        asked = len(server.requests)
        stopped.set()
        rest = fetch(face._reader.data, executions, {"start_at": "-300d"}, now=NOW, resume=shelf)
    assert asked == 5
    assert partial.why.startswith("interrupted, read up to 2026-04-")
    assert 1000 < len(partial) < 3600
    assert rest.complete
    assert [row["trade_id"] for row in rest.rows] == [row["trade_id"] for row in rows]
    # Today's again, and what was not answered; the two pages of the first window are not asked for again.
    assert [parse_qs(request.query).get("page") for request in server.requests[5:7]] == [None, ["2"]]
