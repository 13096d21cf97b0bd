"""One request: what leaves, what is repeated, and what each ugly answer becomes."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any

import pytest
from support.wire import OK, http, recorder

from jupyter_openapi.credentials import Credentials
from jupyter_openapi.errors import ApiError, OpenAPIError, OutcomeUnknown, TransportError
from jupyter_openapi.signing import sign
from jupyter_openapi.spec.model import Effect
from jupyter_openapi.transport.hosts import resolve_host
from jupyter_openapi.transport.responses import Call
from jupyter_openapi.transport.transport import Budget, Transport

KEYS = Credentials("key-1234567890", "secret-abcdefgh", "token-ijklmnop")
READ = Call("GET", "/v1/asset/stock", "symbol=700.HK", name="stock_positions")
TRADE = Call("POST", "/v1/trade/order", body=b'{"a":1}', effect=Effect.TRADE, name="submit_order")


def transport(url: str, **options: Any) -> Transport:
    return Transport(KEYS, resolve_host(url), **options)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jupyter_openapi.transport.transport.Budget", lambda: Budget(first=0.001))


def answers(*replies: bytes | None) -> Any:
    left = list(replies)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def test_what_leaves_is_signed_and_kept_alive() -> None:
    with recorder() as server:
        sender = transport(server.url, paper=True)
        answer = sender.send(READ)
        sender.send(TRADE)
        sender.close()
    assert (answer.code, answer.status, answer.data) == (0, 200, {})
    first, second = server.requests
    for seen in (first, second):
        assert seen.headers["x-api-signature"] == sign(
            seen.method,
            seen.path,
            seen.query,
            seen.body,
            app_key=KEYS.app_key,
            app_secret=KEYS.app_secret,
            access_token=KEYS.access_token,
            timestamp=seen.headers["x-timestamp"],
        )
        assert seen.headers["x-papertrading"] == "true"
        assert seen.headers["x-dc-region"] == "ap"
        assert seen.headers["accept-language"] == "en"
        assert "accept-encoding" not in seen.headers or seen.headers["accept-encoding"] == "identity"
    assert second.body == b'{"a":1}'
    assert float(second.headers["x-timestamp"]) > float(first.headers["x-timestamp"])


def test_the_log_says_what_came_back_and_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    with recorder() as server, caplog.at_level("DEBUG", "jupyter_openapi"):
        sender = transport(server.url)
        sender.send(READ)
        sender.close()
    said = [each.getMessage() for each in caplog.records if each.name.endswith("transport.transport")]
    assert len(said) == 1
    assert re.match(r"GET /v1/asset/stock: HTTP 200, code 0, \d+ ms, trace id ", said[0])
    for secret in (KEYS.access_token, KEYS.app_secret):
        assert secret not in caplog.text


def test_one_connection_serves_many_calls() -> None:
    with recorder() as server:
        sender = transport(server.url)
        for _ in range(20):
            sender.send(READ)
        sender.close()
    assert (len(server.requests), server.connections) == (20, 1)


UGLY = {
    "html": (
        http(b"<html><head><title>502 Bad Gateway</title></head></html>", "502 Bad Gateway"),
        "502 Bad Gateway",
    ),
    "text": (http(b"no such thing\nsecond line", "404 Not Found"), "no such thing"),
    "empty": (http(b"", "200 OK"), "an empty body"),
    "json without a code": (http(b'{"data": 1}'), "not an answer of the broker"),
    "code as text": (http(b'{"code": "0", "message": ""}'), "not an answer of the broker"),
    "broken json": (http(b'{"code": 0, "mess'), "not an answer of the broker"),
    "redirect": (
        http(b"", "302 Found", "Location: http://127.0.0.1:1/\r\n"),
        "redirect, which is never followed",
    ),
    "bare 429": (http(b"slow down", "429 Too Many Requests"), "slow down"),
    "not utf-8": (http(b"\xff\xfe\x00", "200 OK"), "not an answer of the broker"),
}


@pytest.mark.parametrize("kind", UGLY)
def test_an_ugly_answer_is_one_line(kind: str) -> None:
    reply, said = UGLY[kind]
    with recorder(lambda _: reply) as server:
        sender = transport(server.url)
        with pytest.raises(TransportError) as read:
            sender.send(READ)
        with pytest.raises(OutcomeUnknown) as trade:
            sender.send(TRADE)
        sender.close()
    for caught in (read, trade):
        text = str(caught.value)
        assert said in text
        assert "HTTP" in text
        assert "\n" not in text
    assert len([seen for seen in server.requests if seen.method == "POST"]) == 1


def test_a_read_is_repeated_each_time_signed_anew() -> None:
    busy = http(b'{"code":429002,"message":"api request is limited"}', "429 Too Many Requests")
    with recorder(answers(busy, http(b"oops", "503 Unavailable"), None, http())) as server:
        sender = transport(server.url)
        assert sender.send(READ).code == 0
        sender.close()
    stamps = [seen.headers["x-timestamp"] for seen in server.requests]
    signatures = {seen.headers["x-api-signature"] for seen in server.requests}
    assert len(stamps) == len(set(stamps)) == len(signatures) == 4


def test_a_trade_is_sent_once_whatever_comes() -> None:
    for reply in (
        None,
        http(b"", "503 Unavailable"),
        http(b'{"code":500000,"message":"internal error"}', "500 E"),
    ):
        with recorder(lambda _, reply=reply: reply) as server:
            sender = transport(server.url)
            with pytest.raises(OutcomeUnknown):
                sender.send(TRADE)
            sender.close()
        assert len(server.requests) == 1


def test_a_read_gives_up() -> None:
    with recorder(lambda _: http(b"", "503 Unavailable")) as server:
        sender = transport(server.url)
        with pytest.raises(TransportError, match="HTTP 503"):
            sender.send(READ)
        sender.close()
    assert 2 <= len(server.requests) <= 6


def test_a_final_error_is_not_repeated() -> None:
    refusal = http(b'{"code":403201,"message":"signature invalid"}', "403 Forbidden", "X-Trace-Id: t-1\r\n")
    with recorder(lambda _: refusal) as server:
        sender = transport(server.url)
        with pytest.raises(ApiError) as caught:
            sender.send(READ)
        sender.close()
    assert len(server.requests) == 1
    error = caught.value
    assert (error.code, error.http_status, error.trace_id, error.operation) == (
        403201,
        403,
        "t-1",
        "stock_positions",
    )
    assert "signature invalid" in str(error)
    assert "app secret" in str(error)
    assert error._render_traceback_() == [f"ApiError: {error}"]


def test_the_envelope_counts_whatever_the_status() -> None:
    with recorder(lambda _: http(OK, "500 Internal Server Error")) as server:
        sender = transport(server.url)
        assert sender.send(TRADE).status == 500
        sender.close()


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    sender = transport(f"http://127.0.0.1:{port}")
    with pytest.raises(TransportError, match="nothing was sent") as caught:
        sender.send(TRADE)
    assert "%openapi connect sandbox" in str(caught.value)
    sender.close()


def test_a_silent_server_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sender = transport(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=(1, 0.2))
        with pytest.raises(OutcomeUnknown, match="timed out"):
            sender.send(TRADE)
        sender.close()


def drip(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(400):
        try:
            connection.sendall(b" ")
        except OSError:
            return
        time.sleep(0.05)


def test_a_dripping_server_is_cut_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sender = transport(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=(1, 0.3))

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                drip(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        begun = time.monotonic()
        with pytest.raises(OutcomeUnknown, match="timed out"):
            sender.send(TRADE)
        assert time.monotonic() - begun < 10
        sender.close()
        thread.join(5)


def test_proxies_are_resolved_once_and_used(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def look(url: str) -> dict[str, str]:
        looked.append(url)
        return {"https": proxy.url}

    with recorder(lambda _: http(b"", "403 Forbidden")) as proxy:
        monkeypatch.setattr("jupyter_openapi.transport.proxies.get_environ_proxies", look)
        sender = transport("https://openapi.longbridge.com")
        for _ in range(3):
            with pytest.raises(TransportError, match="the proxy refused"):
                sender.send(READ)
        sender.close()
    assert looked == ["https://openapi.longbridge.com"]
    assert {seen.method for seen in proxy.requests} == {"CONNECT"}
    assert all("authorization" not in seen.headers for seen in proxy.requests)


def test_loopback_never_goes_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with recorder() as server:
        sender = transport(server.url)
        assert sender.send(READ).code == 0
        sender.close()


def test_the_clock_follows_a_server_that_is_far_off() -> None:
    date = f"Date: {formatdate(time.time() - 600, usegmt=True)}\r\n"
    with recorder(lambda _: http(headers=date)) as server:
        sender = transport(server.url)
        sender.send(READ)
        assert abs(sender.clock.now() - (time.time() - 600)) < 3
        sender.close()


@pytest.fixture
def broken() -> Iterator[Transport]:
    with recorder(lambda _: None) as server:
        sender = transport(server.url)
        yield sender
        sender.close()


def test_no_secret_in_an_error(broken: Transport) -> None:
    for call in (READ, TRADE):
        with pytest.raises(OpenAPIError) as caught:
            broken.send(call)
        for secret in (KEYS.app_secret, KEYS.access_token, KEYS.app_key):
            assert secret not in str(caught.value)
            assert secret not in repr(caught.value)
