"""The program and its HTTP: what it says first, how it ends, bad input, failures on purpose."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from support.sandbox import ROOT, SandboxClient, SandboxProcess, start_sandbox

from jupyter_openapi import Client, Credentials
from jupyter_openapi.errors import ApiError

ORDER = {
    "symbol": "700.HK",
    "order_type": "MO",
    "side": "Buy",
    "submitted_quantity": "100",
    "time_in_force": "Day",
}


@pytest.fixture
def client(sandbox: SandboxProcess) -> SandboxClient:
    return sandbox.client


# The program


def test_verbose_logs_requests_without_secrets() -> None:
    with start_sandbox("--verbose") as sandbox:
        sandbox.client.get("/v1/asset/stock", symbol="700.HK")
    assert "GET /v1/asset/stock: 200" in sandbox.log
    for secret in ("app_key", "app_secret", "access_token"):
        assert sandbox.info[secret] not in sandbox.log


def test_an_error_inside_is_500_and_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    # In this process: nothing from outside makes the program fail.
    from types import SimpleNamespace

    from jupyter_openapi.sandbox.dispatch import HANDLERS, Dispatcher
    from jupyter_openapi.sandbox.gate import Limits, Request
    from jupyter_openapi.sandbox.handlers import load_handlers
    from jupyter_openapi.sandbox.responses import Faults

    def fail(*_: object) -> None:
        raise ZeroDivisionError("secret of the house")

    load_handlers()
    monkeypatch.setitem(HANDLERS, "fund_positions", fail)
    limits = Limits()
    gate = SimpleNamespace(admit=lambda call, *, read: None)
    world = SimpleNamespace(gate=gate, limits=limits, faults=Faults({}, 1), refresh=lambda: None)
    answer = Dispatcher(world).answer(Request("GET", "/v1/asset/fund", "", {}))
    assert answer.status == 500
    assert json.loads(answer.body) == {"code": 500000, "message": "internal error", "data": None}
    assert limits._windows["trade"].busy == 0


def test_the_first_line_says_where_and_who() -> None:
    with start_sandbox() as sandbox:
        assert set(sandbox.info) == {
            "http_url", "quote_ws_url", "trade_ws_url", "app_key", "app_secret", "access_token", "pid"
        }  # fmt: skip
        assert sandbox.info["pid"] == sandbox.process.pid
        assert sandbox.url.startswith("http://127.0.0.1:")
        assert sandbox.client.get("/v1/asset/stock")["list"]
    assert sandbox.process.returncode == 0
    assert sandbox.log == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_status_0(number: signal.Signals) -> None:
    with start_sandbox() as sandbox:
        sandbox.process.send_signal(number)
        assert sandbox.stop() == 0


def test_the_end_of_its_stdin_ends_it() -> None:
    with start_sandbox() as sandbox:
        assert sandbox.hang_up() == 0


def test_no_stdin_is_no_reason_to_end() -> None:
    command = [sys.executable, "-m", "jupyter_openapi", "sandbox"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        info = json.loads(process.stdout.readline())
        time.sleep(0.3)
        with SandboxClient(info) as client:
            assert client.get("/sandbox/status")["open_orders"] == 0
        process.terminate()
        assert process.wait(60) == 0


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--port", "x"], "no port"),
        (["--fault", "fire=1"], "there is no fault 'fire'"),
        (["--fault", "delay=2"], "between 0 and 1"),
        (["--start", "noon"], "ISO 8601"),
        (["--clock", "sundial"], "invalid choice"),
    ],
)
def test_a_wrong_flag_is_one_line_and_status_2(args: list[str], words: str) -> None:
    command = [sys.executable, "-m", "jupyter_openapi", "sandbox", *args]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=30, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert words in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_one_line(sandbox: SandboxProcess) -> None:
    port = sandbox.url.rpartition(":")[2]
    with pytest.raises(RuntimeError, match=f"ended with 1: .*port {port} can't be used"):
        start_sandbox("--port", port)


def test_a_database_has_one_sandbox(tmp_path: Path) -> None:
    path = str(tmp_path / "a.db")
    with start_sandbox("--db", path), pytest.raises(RuntimeError, match="in use by another sandbox"):
        start_sandbox("--db", path)


def test_keys_orders_and_seed_survive_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "a.db")
    with start_sandbox("--db", path, "--limits", "off", "--seed", "9") as first:
        market = first.client.submit(order_type="MO")
        resting = first.client.submit(submitted_price="300")
        before = [first.client.order(order) for order in (market, resting)]
        cash = first.client.get("/sandbox/status")["cash"]
    with start_sandbox("--db", path, "--limits", "off") as second:
        keys = ("app_key", "app_secret", "access_token")
        assert [second.info[key] for key in keys] == [first.info[key] for key in keys]
        assert [second.client.order(order) for order in (market, resting)] == before
        status = second.client.get("/sandbox/status")
        assert (status["seed"], status["cash"], status["open_orders"]) == (9, cash, 1)
        assert int(second.client.submit(submitted_price="300")) > int(resting)


def test_without_a_database_nothing_is_kept() -> None:
    with start_sandbox() as first, start_sandbox() as second:
        assert first.info["app_key"] != second.info["app_key"]


def test_it_listens_on_loopback_only(sandbox: SandboxProcess) -> None:
    port = int(sandbox.url.rpartition(":")[2])
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as other:
        assert other.connect_ex(("::1", port)) != 0


# HTTP


def test_the_envelope_and_its_headers(client: SandboxClient) -> None:
    reply = client.call("GET", "/v1/asset/stock")
    assert reply.envelope.keys() == {"code", "message", "data"}
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8"
    assert len(reply.headers["X-Trace-Id"]) == 32
    assert "GMT" in reply.headers["Date"]
    assert "Content-Encoding" not in reply.headers
    assert client.call("GET", "/v1/asset/stock").headers["X-Trace-Id"] != reply.headers["X-Trace-Id"]


def test_nothing_is_compressed_even_on_request(client: SandboxClient) -> None:
    headers = client.headers("GET", "/v1/asset/stock", "", b"") | {"Accept-Encoding": "gzip, deflate, br"}
    reply = client.send("GET", "/v1/asset/stock", "", b"", headers)
    assert reply.data["list"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/ipo/orders"), ("PATCH", "/v1/trade/order")])
def test_what_it_does_not_carry_is_404_in_an_envelope(client: SandboxClient, method: str, path: str) -> None:
    reply = client.call(method, path)
    assert (reply.status, reply.code) == (404, 404000)
    assert "the sandbox doesn't carry this operation" in reply.message
    assert reply.envelope["data"] is None


def test_an_unsigned_stranger_learns_nothing(client: SandboxClient) -> None:
    for path in ("/v1/asset/stock", "/nowhere", "/sandbox/status", "/sandbox/files/daily-20261122.json"):
        reply = client.send("GET", path, "", b"", {})
        assert reply.status == 403
        assert reply.envelope["data"] is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"symbol": "700.HK",}', "body: not JSON: "),
        (b'{"symbol": "700.HK"\n "a"}', "line 2, column 2"),
        (b"\xff\xfe", "body: not UTF-8 at byte 0"),
        (b"[1]", "body: a JSON object is needed, not a list"),
        (b"null", "body: a JSON object is needed, not null"),
        (b"{}", "symbol, order_type, side, submitted_quantity, time_in_force: required"),
        (b"[" * 100_000, "body: not JSON"),
        (b'{"symbol": ' + b"9" * 5000 + b"}", "body: not JSON"),
    ],
)
def test_a_bad_body_is_400_with_the_reason(client: SandboxClient, body: bytes, words: str) -> None:
    path = "/v1/trade/order"
    reply = client.send("POST", path, "", body, client.headers("POST", path, "", body))
    assert (reply.status, reply.code) == (400, 602001)
    assert words in reply.message


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"symbol": "700"}, "symbol"),
        ({"symbol": "123456.HK"}, "symbol"),
        ({"symbol": "600000.SH"}, "symbol"),
        ({"symbol": "0700.HK"}, "symbol"),
        ({"attached_params": {"attached_order_type": "STOP_LOSS"}}, "attached_params"),
        ({"symbol": 700}, "symbol"),
        ({"symbol": None}, "symbol"),
        ({"side": "buy"}, "side"),
        ({"order_type": "FOK"}, "order_type"),
        ({"submitted_quantity": 100}, "submitted_quantity"),
        ({"submitted_quantity": "1e2"}, "submitted_quantity"),
        ({"submitted_quantity": "NaN"}, "submitted_quantity"),
        ({"submitted_quantity": "-100"}, "submitted_quantity"),
        ({"submitted_quantity": "150"}, "submitted_quantity"),
        ({"submitted_quantity": "9" * 40}, "submitted_quantity"),
        ({"time_in_force": "GTD"}, "expire_date"),
        ({"time_in_force": "GTD", "expire_date": "2026-02-30"}, "expire_date"),
        ({"order_type": "LO"}, "submitted_price"),
        ({"order_type": "LO", "submitted_price": "600.3"}, "submitted_price"),
        ({"order_type": "LO", "submitted_price": "0"}, "submitted_price"),
        ({"order_type": "LIT", "submitted_price": "600"}, "trigger_price"),
        ({"trigger_count": 9}, "trigger_count"),
        ({"remark": "x" * 256}, "remark"),
        ({"remark": "\ud800"}, "remark"),
        ({"remark": 5}, "remark"),
        ({"delayed_until": 5}, "delayed_until"),
    ],
)
def test_a_wrong_field_is_400_naming_it(client: SandboxClient, change: dict[str, Any], field: str) -> None:
    before = client.get("/v1/trade/order/today")
    reply = client.call("POST", "/v1/trade/order", json_body=ORDER | change)
    assert (reply.status, reply.code) == (400, 602001)
    assert field in reply.message
    assert client.get("/v1/trade/order/today") == before


def test_unknown_orders(client: SandboxClient) -> None:
    reply = client.call("GET", "/v1/trade/order", {"order_id": "1"})
    assert (reply.status, reply.code) == (400, 602023)
    assert "there is no order 1" in reply.message


def test_unknown_symbols_are_left_out_of_a_list_but_not_of_an_empty_one(client: SandboxClient) -> None:
    both = client.post("/quote/quotes", symbol=["700.HK", "99999.HK"])["secu_quote"]
    assert [row["symbol"] for row in both] == ["700.HK"]
    none = client.call("POST", "/quote/quotes", json_body={"symbol": ["99999.HK"]})
    assert (none.status, none.code) == (400, 602001)
    assert "99999.HK" in none.message
    wrong = client.call("POST", "/quote/quotes", json_body={"symbol": "700.HK"})
    assert (wrong.status, wrong.code) == (400, 602001)


def raw(sandbox: SandboxProcess, *pieces: bytes, pause: float = 0.0, timeout: float = 15) -> bytes:
    """Send bytes as they are; return everything that comes back until the server closes."""
    host, port = sandbox.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=timeout) as wire:
        for piece in pieces:
            wire.sendall(piece)
            time.sleep(pause)
        found = b""
        while chunk := wire.recv(65536):
            found += chunk
        return found


def test_a_body_over_a_mebibyte_is_413(sandbox: SandboxProcess, client: SandboxClient) -> None:
    body = b"x" * (1 << 20) + b"y"
    headers = client.headers("POST", "/v1/trade/order", "", body)
    reply = client.send("POST", "/v1/trade/order", "", body, headers)
    assert (reply.status, reply.code) == (413, 602001)
    assert "1 MiB" in reply.message
    assert reply.headers["Connection"] == "close"
    assert client.call("GET", "/v1/asset/stock").status == 200


def test_a_body_of_exactly_a_mebibyte_is_read(client: SandboxClient) -> None:
    body = json.dumps(ORDER | {"padding": ""}).encode()
    body = body.replace(b'""', b'"' + b"x" * ((1 << 20) - len(body)) + b'"')
    assert len(body) == 1 << 20
    headers = client.headers("POST", "/v1/trade/order", "", body)
    assert client.send("POST", "/v1/trade/order", "", body, headers).data["order_id"]


def test_an_announced_gigabyte_is_refused_before_it_is_sent(sandbox: SandboxProcess) -> None:
    head = b"POST /v1/trade/order HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n\r\n"
    assert raw(sandbox, head).startswith(b"HTTP/1.1 413 ")


def test_an_endless_chunked_body_is_413(sandbox: SandboxProcess) -> None:
    head = b"POST /v1/trade/order HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b"z" * 65536 + b"\r\n"
    assert raw(sandbox, head, chunk * 17, b"0\r\n\r\n").startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "noise",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20_000 + b"\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ],
)
def test_noise_is_refused_and_others_are_served(
    sandbox: SandboxProcess, client: SandboxClient, noise: bytes
) -> None:
    answer = raw(sandbox, noise)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert client.call("GET", "/v1/asset/stock").status == 200


def test_clients_that_leave_are_no_trouble(sandbox: SandboxProcess, client: SandboxClient) -> None:
    host, port = sandbox.url.removeprefix("http://").split(":")
    body = json.dumps(ORDER).encode()
    for cut in (10, 200, -1, None):
        headers = client.headers("POST", "/v1/trade/order", "", body)
        lines = [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join(
            ["POST /v1/trade/order HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *lines]
        )
        whole = head.encode() + b"\r\n\r\n" + body
        with socket.create_connection((host, int(port))) as wire:
            wire.sendall(whole[:cut])
    assert client.call("GET", "/v1/asset/stock").status == 200
    assert client.get("/sandbox/status")["open_orders"] == 0


def test_many_slow_clients_do_not_stop_the_others(sandbox: SandboxProcess, client: SandboxClient) -> None:
    host, port = sandbox.url.removeprefix("http://").split(":")
    wires = [socket.create_connection((host, int(port))) for _ in range(50)]
    try:
        for wire in wires:
            wire.sendall(b"POST /v1/trade/order HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        started = time.monotonic()
        assert client.call("GET", "/v1/asset/stock").status == 200
        assert time.monotonic() - started < 5
    finally:
        for wire in wires:
            wire.close()


def test_each_answer_about_the_same_order_is_in_its_own_language(
    sandbox: SandboxProcess, client: SandboxClient
) -> None:
    path = "/v1/trade/order/today"
    order_id = client.submit(submitted_price="400")
    for status in ("NewStatus", "CanceledStatus"):
        told = []
        for language in ("en", "zh-CN", "zh-HK", "en"):
            headers = client.headers("GET", path, "", b"") | {"Accept-Language": language}
            rows = client.send("GET", path, "", b"", headers).data["orders"]
            (row,) = (row for row in rows if row["order_id"] == order_id)
            assert row["status"] == status
            told.append(row["stock_name"])
        assert told[0] == told[3]
        assert len(set(told)) == 3
        if status == "NewStatus":
            client.call("DELETE", "/v1/trade/order", {"order_id": order_id})


# Rate limits and faults


def test_the_limits_are_on_unless_told_otherwise() -> None:
    with start_sandbox() as sandbox:
        client = sandbox.client
        replies = [client.call("GET", "/v1/asset/stock") for _ in range(40)]
        passed = [reply for reply in replies if reply.status == 200]
        limited = next(reply for reply in replies if reply.status == 429)
        assert 1 <= len(passed) <= 30
        assert limited.code == 429002
        assert limited.envelope["data"] is None
        assert {client.call("GET", "/sandbox/status").status for _ in range(5)} == {200}
        started = time.monotonic()
        quotes = [client.call("POST", "/quote/quotes", json_body={"symbol": ["700.HK"]}) for _ in range(30)]
        seconds = int(time.monotonic() - started)
        assert 10 <= sum(reply.status == 200 for reply in quotes) <= 10 * (seconds + 1)


FAULTS_BEFORE = {
    "error500": (500, b'{"code":500000,'),
    "http429": (429, b"Too Many Requests"),
    "html502": (502, b"<html>"),
    "drop_before": None,
}
FAULTS_AFTER = {"garbage": (200, b'{"code": 0, '), "drop_after": None}


def answered(client: SandboxClient) -> tuple[int, bytes] | None:
    try:
        reply = client.call("POST", "/v1/trade/order", json_body=ORDER)
    except (http.client.HTTPException, ConnectionError):
        return None
    return reply.status, reply.content


@pytest.mark.parametrize("name", [*FAULTS_BEFORE, *FAULTS_AFTER])
def test_a_fault_fires_before_or_after_the_booking(sandbox: SandboxProcess, name: str) -> None:
    client = sandbox.client
    before = len(client.get("/v1/trade/order/today")["orders"])
    client.post("/sandbox/faults", **{name: 1})
    try:
        answer = answered(client)
    finally:
        client.post("/sandbox/faults", **{name: 0})
    expected = (FAULTS_BEFORE | FAULTS_AFTER)[name]
    if expected is None:
        assert answer is None
    else:
        assert answer is not None
        assert (answer[0], answer[1].startswith(expected[1])) == (expected[0], True)
    booked = len(client.get("/v1/trade/order/today")["orders"]) - before
    assert booked == (name in FAULTS_AFTER)


@pytest.mark.parametrize("name", ["delay", "slow_body"])
def test_a_slow_fault_is_slow_and_complete(name: str) -> None:
    with start_sandbox("--limits", "off", "--fault", f"{name}=1:0.4") as sandbox:
        started = time.monotonic()
        assert sandbox.client.get("/v1/asset/stock")["list"]
        assert 0.35 < time.monotonic() - started < 20


def test_garbage_is_no_envelope(sandbox: SandboxProcess) -> None:
    sandbox.client.post("/sandbox/faults", garbage=1)
    try:
        reply = sandbox.client.call("GET", "/v1/asset/stock")
    finally:
        sandbox.client.post("/sandbox/faults", garbage=0)
    with pytest.raises(ValueError, match=r"utf-8|JSON|Expecting|decode"):
        json.loads(reply.content)


def test_faults_follow_the_seed() -> None:
    runs = []
    for seed in ("1", "1", "2"):
        with start_sandbox("--limits", "off", "--seed", seed, "--fault", "error500=0.5") as sandbox:
            runs.append([sandbox.client.call("GET", "/v1/asset/stock").status for _ in range(20)])
    assert runs[0] == runs[1] != runs[2]
    assert {200, 500} == set(runs[0])


def test_a_dropped_request_gives_its_place_back() -> None:
    with start_sandbox("--fault", "drop_before=1") as sandbox:
        client = sandbox.client
        for _ in range(7):
            with pytest.raises((http.client.HTTPException, ConnectionError)):
                client.call("POST", "/quote/quotes", json_body={"symbol": ["700.HK"]})
        client.post("/sandbox/faults", drop_before=0)
        assert client.post("/quote/quotes", symbol=["700.HK"])[
            "secu_quote"
        ]  # five at once were not left busy


# The sandbox's own operations


def test_the_real_clock_cannot_be_moved(client: SandboxClient) -> None:
    reply = client.call("POST", "/sandbox/clock", json_body={"advance": 5})
    assert (reply.status, reply.code) == (400, 602001)
    assert "--clock manual" in reply.message


def test_a_manual_clock_moves_the_market_only() -> None:
    with start_sandbox(
        "--limits", "off", "--clock", "manual", "--start", "2026-11-23T10:00:00+08:00"
    ) as sandbox:
        client = sandbox.client
        start = client.get("/sandbox/status")["now"]
        assert start == 1_795_399_200
        first = client.post("/quote/quotes", symbol=["700.HK"])
        assert client.post("/quote/quotes", symbol=["700.HK"]) == first
        assert client.post("/sandbox/clock", advance=3600)["now"] == start + 3600
        assert client.post("/quote/quotes", symbol=["700.HK"]) != first
        assert client.post("/sandbox/clock", to=start + 7200.5)["now"] == start + 7200.5
        for wrong in ({"to": start}, {"advance": -1}, {}, {"advance": 1, "to": start}, {"advance": 1e12}):
            assert client.call("POST", "/sandbox/clock", json_body=wrong).status == 400
        date = client.call("GET", "/sandbox/status").headers["Date"]
        assert abs(http_time(date) - time.time()) < 5


def test_real_sessions_hold_an_order_over_the_weekend() -> None:
    arguments = ("--limits", "off", "--clock", "manual", "--start", "2026-11-21T12:00:00+08:00")
    with start_sandbox(*arguments, "--sessions", "real") as sandbox:
        client = sandbox.client
        market, priced = client.submit(order_type="MO"), client.submit(submitted_price="590")
        assert {client.order(order)["status"] for order in (market, priced)} == {"NotReported"}
        closed = {row["trade_status"] for row in client.get("/v1/quote/market-status")["market_time"]}
        client.post("/sandbox/clock", to=1_795_397_460)  # Monday, 9:31
        assert client.order(market)["status"] == "FilledStatus"
        assert client.order(market)["updated_at"] == "1795397400"
        assert client.order(priced)["status"] in {"NewStatus", "FilledStatus"}
        opened = {row["trade_status"] for row in client.get("/v1/quote/market-status")["market_time"]}
        assert closed != opened


def http_time(text: str) -> float:
    from email.utils import parsedate_to_datetime

    return parsedate_to_datetime(text).timestamp()


def test_two_runs_of_one_seed_and_clock_are_the_same() -> None:
    def run() -> list[Any]:
        seen = []
        arguments = (
            "--limits",
            "off",
            "--clock",
            "manual",
            "--start",
            "2026-11-23T10:00:00+08:00",
            "--seed",
            "4",
        )
        with start_sandbox(*arguments) as sandbox:
            client = sandbox.client
            for step in range(3):
                seen.append(client.order(client.submit(order_type="MO")))
                bid = client.post("/quote/depth", symbol="700.HK")["bid"][step]["price"]
                client.submit(submitted_price=bid)
                client.post("/sandbox/clock", advance=600)
                seen.append(client.post("/quote/depth", symbol="700.HK"))
                seen.append(client.get("/v1/trade/order/today"))
        return seen

    assert run() == run()


def test_reset_starts_from_the_opening_account() -> None:
    with start_sandbox("--limits", "off") as sandbox:
        client = sandbox.client
        opening = client.get("/v1/asset/stock"), client.get("/sandbox/status")["cash"]
        client.submit(order_type="MO")
        client.submit(submitted_price="300")
        client.post("/sandbox/reset")
        assert (client.get("/v1/asset/stock"), client.get("/sandbox/status")["cash"]) == opening
        assert client.get("/v1/trade/order/today")["orders"] == []
        assert client.get("/v1/trade/execution/today")["trades"] == []
        assert client.order(client.submit(order_type="MO"))["status"] == "FilledStatus"


def test_a_refreshed_token_replaces_the_old_one() -> None:
    with start_sandbox("--limits", "off") as sandbox:
        client = sandbox.client
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 5))
        data = client.get("/v1/token/refresh", expired_at=soon)
        assert data["account_info"]["account_channel"] == "lb_papertrading"
        assert client.call("GET", "/v1/asset/stock").code == 401004
        client.info["access_token"] = data["token"]
        assert client.call("GET", "/v1/asset/stock").code == 0
        time.sleep(5.1)
        late = client.call("GET", "/v1/asset/stock")
        assert (late.status, late.code) == (401, 401003)


@pytest.mark.parametrize("wrong", ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "soon", ""])
def test_a_token_is_not_refreshed_to_nonsense(client: SandboxClient, wrong: str) -> None:
    reply = client.call("GET", "/v1/token/refresh", {"expired_at": wrong})
    assert (reply.status, reply.code) == (400, 602001)
    assert "expired_at" in reply.message
    assert client.call("GET", "/v1/asset/stock").code == 0


def test_the_document_needs_no_signature_and_is_valid(client: SandboxClient) -> None:
    from openapi_spec_validator import validate

    reply = client.send("GET", "/openapi.json", "", b"", {})
    document = json.loads(reply.content)
    validate(document)
    assert reply.status == 200
    names = {op["operationId"] for methods in document["paths"].values() for op in methods.values()}
    assert {"submit_order", "stock_positions", "quote", "watchlist"} <= names
    assert "common.json" not in reply.content.decode()


def test_a_body_that_does_not_arrive_is_408() -> None:
    # In this process, so that the patience can be a tenth of a second.
    import asyncio

    from tornado.netutil import bind_sockets

    from jupyter_openapi.sandbox.responses import success
    from jupyter_openapi.sandbox.server import Service

    async def run() -> bytes:
        service = Service(lambda call: success({}), lambda limit: None, lambda *_: False, patience=0.1)
        sockets = bind_sockets(0, "127.0.0.1")
        server = service.server()
        server.add_sockets(sockets)
        port = sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /v1/trade/order HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        await writer.wait_closed()
        server.stop()
        await server.close_all_connections()
        return answer

    answer = asyncio.run(run())
    assert answer.startswith(b"HTTP/1.1 408 ")
    envelope = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert envelope["data"] is None
    assert "0.1 s" in envelope["message"]


@pytest.mark.parametrize("path", ["/", "/v1/nothing", "/v1/ipo/orders"])
def test_a_client_is_told_once_which_path_is_not_carried(sandbox: SandboxProcess, path: str) -> None:
    keys = sandbox.credentials
    made = Credentials(keys.app_key, keys.app_secret, keys.access_token)
    with Client(made, "sandbox", sandbox.url, limits=False) as client, pytest.raises(ApiError) as failed:
        client.request("GET", path)
    assert str(failed.value).count("GET ") == 1
    assert f"GET {path}: the sandbox doesn't carry this operation" in str(failed.value)
