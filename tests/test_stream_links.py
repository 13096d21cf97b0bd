"""Links: lost, mute, half-open, refused, through a proxy, and gone when nobody needs them."""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import SOAK
from support.sandbox import ROOT, SandboxProcess, free_port, start_sandbox
from support.streaming import QUICK, client_of, links, until
from support.wire import http, recorder

from jupyter_openapi import ApiError, Client, TransportError
from jupyter_openapi.stream import Settings
from jupyter_openapi.stream.gateway import Gateway, proxy_for, socket_url, tls_context
from jupyter_openapi.stream.link import Link, LostError
from jupyter_openapi.transport.hosts import resolve_host

HK = "700.HK"
FULL = 1.0 if SOAK else QUICK
BUSY = 3  # seconds by which a busy machine may be late; waits shrink to a tenth, its delays do not


@pytest.fixture
def client(sandbox: SandboxProcess) -> Iterator[Client]:
    with client_of(sandbox) as made:
        yield made
    until(lambda: not links(sandbox))


@pytest.fixture
def full(sandbox: SandboxProcess) -> Iterator[Client]:
    """Give a client with the full times under ``make soak``."""
    with client_of(sandbox, FULL) as made:
        yield made
    until(lambda: not links(sandbox))


def report(client: Client) -> dict[str, Any]:
    return client.links()[0]


def test_a_lost_link_comes_back_with_everything_and_first_values(
    sandbox: SandboxProcess, client: Client
) -> None:
    sub = client.subscribe([HK, "AAPL.US"], "quote", "depth").wait()
    events: list[Any] = []
    sub.on(events.append)
    before = len(until(lambda: events if len(events) >= 4 else None))
    sandbox.client.post("/sandbox/sockets", drop="quote")
    until(lambda: len(sub.gaps) == 1 and sub.gaps[0].end)
    assert sub.state == "live"
    assert "lost" in sub.gaps[0].reason
    until(lambda: sum(event.snapshot for event in events[before:]) >= 4)
    assert links(sandbox)[0]["subscriptions"] == {HK: [1, 2], "AAPL.US": [1, 2]}
    assert report(client)["opens"] == 2
    assert (sub.gaps[0].end - sub.gaps[0].start).total_seconds() < 5  # at once


def asked_first(client: Client) -> bool:
    """Subscribe; tell whether this thread looked while the first symbols were asked for, unanswered."""
    sub = client.subscribe(HK)
    assert client.live is not None
    gateway = client.live._engine.quotes
    end = time.monotonic() + 5
    while not gateway._first:
        if sub.state == "live" or time.monotonic() > end:
            return False
    return True


def test_what_is_subscribed_to_while_the_link_opens_is_subscribed_to(sandbox: SandboxProcess) -> None:
    for _ in range(40):  # the moment is short, and a busy machine may miss it
        with client_of(sandbox, 1.0) as patient:  # the comparison that would mend it comes after a minute
            if not asked_first(patient):
                continue
            patient.subscribe([HK, "5.HK"], "trades")
            wanted = {HK: [1, 4], "5.HK": [4]}
            until(lambda: wanted in [link["subscriptions"] for link in links(sandbox)])  # noqa: B023
            assert report(patient)["repairs"] == 0
            break
    else:
        pytest.fail("the moment never came")
    until(lambda: not links(sandbox))


def test_latest_is_stale_while_interrupted(tmp_path: Path) -> None:
    with start_sandbox("--limits", "off") as gone:
        client = client_of(gone)
        sub = client.subscribe([HK]).wait()
        assert not sub.latest["stale"].any()
    until(lambda: sub.state == "interrupted")
    frame = sub.latest
    assert frame["stale"].all()
    assert frame["last_done"].notna().all()
    until(lambda: "can't be reached" in str(sub.error))
    client.close()


def test_a_link_that_forgot_us_is_mended_by_comparison(sandbox: SandboxProcess, full: Client) -> None:
    client = full
    sub = client.subscribe([HK], "quote", "trades").wait()
    orders = client.subscribe_orders().wait()
    sandbox.client.post("/sandbox/sockets", forget="all")
    events: list[Any] = []
    orders.on(events.append)
    order_id = sandbox.client.submit(order_type="MO")
    begun = time.monotonic()
    until(lambda: links(sandbox, "quote")[0]["subscriptions"] == {HK: [1, 4]}, 90 * FULL + BUSY)
    until(lambda: links(sandbox, "trade")[0]["subscriptions"], 90 * FULL + BUSY)
    until(lambda: [event for event in events if event.order_id == order_id and event.done])
    print(f"mended after {time.monotonic() - begun:.1f} s")
    assert time.monotonic() - begun < 90 * FULL + BUSY  # as promised
    until(lambda: [row["repairs"] for row in client.links()] == [1, 1])
    assert [row["opens"] for row in client.links()] == [1, 1]
    assert sub.state == "live"


def test_a_half_open_link_is_noticed_and_replaced(sandbox: SandboxProcess, full: Client) -> None:
    sub = full.subscribe([HK]).wait()
    sandbox.client.post("/sandbox/sockets", freeze="quote")
    begun = time.monotonic()
    until(lambda: len(sub.gaps) == 1 and sub.gaps[0].end, 65 * FULL + BUSY)
    print(f"replaced after {time.monotonic() - begun:.1f} s")
    assert time.monotonic() - begun < 60 * FULL + BUSY  # as promised
    until(lambda: len(links(sandbox, "quote")) == 1)


def test_a_link_that_dies_again_and_again_is_not_hammered() -> None:
    factor = 1 if SOAK else 0.2
    with start_sandbox("--limits", "off") as sandbox, client_of(sandbox, factor) as client:
        client.subscribe([HK]).wait()
        ends = time.monotonic() + 6 * factor
        while time.monotonic() < ends:
            sandbox.client.post("/sandbox/sockets", drop="all")
            time.sleep(0.1 * factor)
        print(report(client)["opens"], "opens")
        assert 2 <= report(client)["opens"] <= 20


def test_a_gateway_that_is_away_is_not_hammered() -> None:
    away, factor = (300, 1) if SOAK else (3, 0.01)
    with start_sandbox("--limits", "off") as sandbox:
        client = client_of(sandbox, factor)
        client.subscribe([HK]).wait()
    opens = report(client)["opens"]
    time.sleep(away)
    print(report(client)["opens"] - opens, "tries")
    assert 3 <= report(client)["opens"] - opens <= 20
    client.close()


def test_restarts_and_kills_of_the_gateway_end_in_a_live_link(tmp_path: Path) -> None:
    options = ["--limits", "off", "--db", str(tmp_path / "s.db")]
    port = str(free_port())
    sandbox = start_sandbox(*options, "--port", port)
    client = client_of(sandbox)
    try:
        sub = client.subscribe([HK]).wait()
        for way in ("stop", "kill"):
            getattr(sandbox, way)()
            until(lambda: sub.state == "interrupted")
            sandbox = start_sandbox(*options, "--port", port)
            until(lambda: sub.state == "live")
        assert len(sub.gaps) == 2
        assert all(gap.end for gap in sub.gaps)
    finally:
        client.close()
        sandbox.stop()


def test_a_link_that_every_other_push_drops_still_tells_the_truth() -> None:
    with start_sandbox("--limits", "off", "--fault", "ws_drop=0.3") as sandbox, client_of(sandbox) as client:
        sub = client.subscribe([HK], "quote", "depth")
        sandbox.client.post("/sandbox/faults", ws_drop=0.05)
        sub.wait(20)
        sandbox.client.post("/sandbox/faults", ws_drop=0)
        until(lambda: sub.state == "live")
        row = until(lambda: _same(sub, sandbox))
        assert row


def _same(sub: Any, sandbox: SandboxProcess) -> bool:
    rest = sandbox.client.post("/quote/quotes", symbol=[HK])["secu_quote"][0]
    return bool(sub.latest["volume"][0] == int(rest["volume"]))


def test_a_dead_token_is_refused_at_once_and_not_tried_again(sandbox: SandboxProcess) -> None:
    keys = {**sandbox.info, "access_token": "dead"}
    fake = type("Fake", (), {"info": keys, "url": sandbox.url})()
    client = client_of(fake)
    sub = client.subscribe([HK])
    with pytest.raises(ApiError, match="token invalid"):
        sub.wait()
    assert sub.state == "refused"
    time.sleep(1)
    assert client.links() == [] or report(client)["opens"] == 0
    client.close()


def test_a_password_asked_for_in_the_same_millisecond_as_another_kernel_is_asked_for_again() -> None:
    twice = http(b'{"code":403202,"message":"duplicate request","data":null}', "403 Forbidden")
    with recorder(lambda _: twice) as server:
        keys = {"app_key": "k" * 32, "app_secret": "s" * 64, "access_token": "t" * 64}
        client = client_of(type("Fake", (), {"info": keys, "url": server.url})())
        sub = client.subscribe([HK])
        until(lambda: len(server.requests) >= 3)
        assert sub.state == "opening"
        assert {request.path for request in server.requests} == {"/v1/socket/token"}
        client.close()


def test_three_clients_with_ten_subscriptions_each_are_three_links(sandbox: SandboxProcess) -> None:
    clients = [client_of(sandbox) for _ in range(3)]
    for client in clients:
        for _ in range(10):
            client.subscribe([HK])
            client.subscribe_orders()
    until(lambda: len(links(sandbox, "quote")) == len(links(sandbox, "trade")) == 3)
    time.sleep(0.3)
    assert len(links(sandbox)) == 6
    assert [row["online"] for row in clients[2].links()][-1] <= 6
    for client in clients:
        client.close()
    assert not links(sandbox)  # close() waits for the close frames


@pytest.mark.parametrize("first", ["quote", "trade"])
def test_the_links_are_counted_over_both_gateways_whichever_opens_first(
    sandbox: SandboxProcess, first: str
) -> None:
    until(lambda: not links(sandbox))
    with client_of(sandbox) as client:
        opens = [lambda: client.subscribe([HK]), client.subscribe_orders]
        for subscribe in opens if first == "quote" else reversed(opens):
            subscribe().wait(30)
        assert [(row["gateway"], row["online"]) for row in client.links()] == [("quote", 2), ("trade", 2)]


SCRIPT = """
import sys, time, os, signal
sys.path.insert(0, "tests")
from types import SimpleNamespace
from support.streaming import client_of
import json
info = json.loads(sys.argv[1])
client = client_of(SimpleNamespace(info=info, url=info["http_url"]))
sub = client.subscribe(["700.HK"]).wait()
orders = client.subscribe_orders().wait()
print("live", flush=True)
{end}
"""


@pytest.mark.parametrize(
    ("end", "number"),
    [
        ("pass", 0),
        ("sys.exit(3)", 0),
        ("for e in sub: pass", signal.SIGINT),
        ("time.sleep(60)", signal.SIGKILL),
    ],
)
def test_no_link_is_left_when_the_process_ends(sandbox: SandboxProcess, end: str, number: int) -> None:
    import json

    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.replace("{end}", end), json.dumps(sandbox.info)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "live\n"
    if number:
        time.sleep(0.3)
        process.send_signal(number)
    process.communicate(timeout=60)
    until(lambda: not links(sandbox))


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_fork_has_no_links_and_leaves_its_parents_alone(sandbox: SandboxProcess, client: Client) -> None:
    sub = client.subscribe([HK]).wait()
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            other = client.subscribe([HK]).wait()
            told = f"{sub.state} {other.state}"
            client.close()
        except BaseException as failure:  # noqa: BLE001 (told to the parent)
            told = repr(failure)
        os.write(writer, told.encode())
        os._exit(0)
    assert select.select([reader], [], [], 60)[0]
    told = os.read(reader, 1000).decode()
    os.waitpid(pid, 0)
    assert told == "closed live"
    assert sub.state == "live"
    assert len(list(sub.events(count=1))) == 1


# addresses and the way there


@pytest.mark.parametrize(
    ("host", "gateway", "url"),
    [
        ("https://openapi.longbridge.com", "quote", "wss://openapi-quote.longbridge.com/v2"),
        ("https://openapi.longbridge.cn", "trade", "wss://openapi-trade.longbridge.cn/v2"),
        ("https://openapi.longportapp.com", "trade", "wss://openapi-trade.longportapp.com/v2"),
        ("http://127.0.0.1:8080", "quote", "ws://127.0.0.1:8080/quote/v2"),
    ],
)
def test_where_the_sockets_are(host: str, gateway: str, url: str) -> None:
    assert socket_url(resolve_host(host), gateway) == f"{url}?version=1&codec=1&platform=9"
    assert (tls_context(resolve_host(host)) is None) == host.startswith("http:")


def test_the_proxy_is_the_one_of_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    broker, loopback = resolve_host("https://openapi.longbridge.com"), resolve_host("http://127.0.0.1:1")
    assert proxy_for(broker) is None
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    assert proxy_for(broker) == "http://127.0.0.1:3128"
    assert proxy_for(loopback) is None
    monkeypatch.setenv("NO_PROXY", "longbridge.com")
    assert proxy_for(broker) is None


class Proxy:
    """A CONNECT proxy on loopback that sends every tunnel to one port, and notes what was asked for."""

    def __init__(self, port: int) -> None:
        self.asked: list[str] = []
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._tunnel, args=(near,), daemon=True).start()

    def _tunnel(self, near: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += near.recv(4096)
        self.asked.append(head.split(b"\r\n")[0].decode())
        far = socket.create_connection(("127.0.0.1", self._target))
        near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with near, far:
            while True:
                ready, _, _ = select.select([near, far], [], [])
                for one in ready:
                    data = one.recv(65536)
                    if not data:
                        return
                    (far if one is near else near).sendall(data)

    def close(self) -> None:
        self._listener.close()


def test_a_link_goes_through_the_proxy_of_the_environment(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    from jupyter_openapi.protocol import message

    proxy = Proxy(int(sandbox.url.rpartition(":")[2]))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    broker = resolve_host("https://openapi.longbridge.com")
    password = sandbox.client.get("/v1/socket/token")["otp"]

    async def talk() -> bytes:
        link = Link(lambda *_: None, Settings())
        # Plain behind the tunnel, for the sandbox has no certificate of the broker's.
        await link.open("ws://openapi-quote.longbridge.com/quote/v2", {}, proxy_for(broker), None)
        try:
            body = message("AuthRequest").encode({"token": password})
            return await link.request(2, body)
        finally:
            await link.close()

    answer = message("AuthResponse").decode(asyncio.run(talk()))
    assert answer["session_id"]
    assert proxy.asked == ["CONNECT openapi-quote.longbridge.com:80 HTTP/1.1"]
    proxy.close()


def test_what_is_no_gateway_is_told_in_words(sandbox: SandboxProcess) -> None:
    import asyncio

    async def open_(url: str) -> None:
        link = Link(lambda *_: None, Settings())
        await link.open(url, {}, None, None)

    with pytest.raises(TransportError, match="HTTP 40"):
        asyncio.run(open_(sandbox.info["quote_ws_url"] + "x"))
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(TransportError, match="can't be reached"):
        asyncio.run(open_(f"ws://127.0.0.1:{port}/quote/v2"))


def test_a_request_without_an_answer_gives_the_link_up(sandbox: SandboxProcess) -> None:
    import asyncio

    async def talk() -> None:
        link = Link(lambda *_: None, Settings(answer=0.3))
        await link.open(sandbox.info["quote_ws_url"], {}, None, None)
        sandbox.client.post("/sandbox/sockets", freeze="all")
        with pytest.raises(LostError, match="was not answered"):
            await link.request(1, b"beat")
        assert link.lost.done()

    asyncio.run(talk())


def test_no_password_session_or_token_is_logged(
    sandbox: SandboxProcess,
    client: Client,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    ask, passwords = Gateway._password, []

    async def password(gateway: Gateway) -> str:
        passwords.append(await ask(gateway))
        return passwords[-1]

    monkeypatch.setattr(Gateway, "_password", password)
    sub = client.subscribe([HK]).wait()
    gateway = sub._engine.quotes
    client.subscribe_orders().wait()
    sandbox.client.post("/sandbox/sockets", drop="all")
    until(lambda: len(sub.gaps) == 1 and sub.gaps[0].end)
    assert passwords
    for secret in (*passwords, gateway._session, sandbox.info["access_token"], sandbox.info["app_secret"]):
        assert secret not in caplog.text
    assert caplog.text


def test_the_faults_of_the_command_line_befall_pushes() -> None:
    with (
        start_sandbox("--limits", "off", "--fault", "ws_halfopen=1") as sandbox,
        client_of(sandbox) as client,
    ):
        sub = client.subscribe([HK], "trades").wait()
        until(lambda: len(sub.gaps) == 1 and sub.gaps[0].end, 15)  # frozen by the first trade, and replaced
        assert sandbox.client.get("/sandbox/status")["faults"] == {"ws_halfopen": 1.0}
        sandbox.client.post("/sandbox/faults", ws_halfopen=0, ws_drop=1)
        until(lambda: "1006" in sub.gaps[-1].reason, 15)
    with pytest.raises(RuntimeError, match="there is no fault 'ws_none'"):
        start_sandbox("--fault", "ws_none=1")


def test_what_the_control_of_the_sockets_refuses(sandbox: SandboxProcess) -> None:
    reply = sandbox.client.call("POST", "/sandbox/sockets", json_body={"drop": "everything"})
    assert (reply.status, reply.code) == (400, 602001)
    assert "drop: everything is none of quote, trade, all" in reply.message
