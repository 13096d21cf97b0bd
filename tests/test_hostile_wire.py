"""Servers that break HTTP: no answer is read as another's, none takes for ever, none fills the memory."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import select
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from support import soak
from support.hostile import HostileServer, Peer, Play, hostile
from support.wire import http as reply

from jupyter_openapi import ApiError, OutcomeUnknown, RequestRefused, TransportError
from jupyter_openapi.credentials import Credentials
from jupyter_openapi.errors import OpenAPIError, clean
from jupyter_openapi.spec.model import Effect
from jupyter_openapi.transport.hosts import resolve_host
from jupyter_openapi.transport.proxies import BUNDLES
from jupyter_openapi.transport.responses import Answer, Call
from jupyter_openapi.transport.transport import Budget, Transport
from jupyter_openapi.transport.wire import LARGEST

KEYS = Credentials("key-1234567890", "secret-abcdefgh", "token-ijklmnop")


def read(name: object) -> Call:
    return Call("GET", f"/v1/echo/{name}", name="echo")


def order(name: object) -> Call:
    return Call("POST", f"/v1/echo/{name}", body=b"{}", effect=Effect.TRADE, name="submit_order")


CALLS = {"reads": read, "orders": order}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jupyter_openapi.transport.transport.Budget", lambda: Budget(first=0.001))


@contextlib.contextmanager
def sender(url: str, timeout: tuple[float, float] = (1, 2)) -> Iterator[Transport]:
    made = Transport(KEYS, resolve_host(url), timeout=timeout)
    try:
        yield made
    finally:
        made.close()


def asked(request: bytes) -> str:
    return request.split(b" ", 2)[1].decode().rpartition("/")[2]


def echo(request: bytes, **more: Any) -> bytes:
    """Answer with what was asked for."""
    return reply(json.dumps({"code": 0, "message": "", "data": asked(request)}).encode(), **more)


STALE = reply(b'{"code":0,"message":"","data":"stale"}')
INTERIM = b"HTTP/1.1 %d Wait\r\nLink: </x>\r\n\r\n"


def glued(peer: Peer, request: bytes) -> None:
    peer.send(echo(request) + STALE)


def glued_and_cut(peer: Peer, request: bytes) -> None:
    """The second answer comes in two parts, of which the first one sticks to the true answer."""
    peer.send(echo(request) + STALE[:40])
    peer.later(0.02, STALE[40:])


def late_second(peer: Peer, request: bytes) -> None:
    peer.send(echo(request))
    peer.later(0.01, STALE)


def body_after(status: str) -> Play:
    def play(peer: Peer, request: bytes) -> None:
        if peer.number == 1 and asked(request) == "0":
            peer.send(f"HTTP/1.1 {status}\r\n\r\n".encode())
            peer.later(0.02, STALE)
        else:
            peer.send(echo(request))

    return play


def interim(*statuses: int) -> Play:
    def play(peer: Peer, request: bytes) -> None:
        peer.send(*(INTERIM % status for status in statuses), echo(request), pause=0.002)

    return play


def second_in_first_place(peer: Peer, request: bytes) -> None:
    """From the second request of a connection on, an answer to something else comes before its own."""
    peer.send((STALE if peer.number > 1 else b"") + echo(request))


DESYNC: dict[str, Play] = {
    "102": interim(102),
    "103": interim(103),
    "several": interim(100, 102, 103, 100, 199),
    "204 and a body": body_after("204 No Content"),
    "304 and a body": body_after("304 Not Modified"),
    "two answers in one": glued,
    "one answer and a half": glued_and_cut,
    "a late second answer": late_second,
    "another's answer first": second_in_first_place,
}


def await_late(server: HostileServer) -> None:
    assert server.sent_late.wait(60)
    server.sent_late.clear()
    time.sleep(0.002)


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize("name", DESYNC)
def test_no_answer_is_read_as_anothers(name: str, kind: str) -> None:
    right = wrong = unknown = 0
    with hostile(DESYNC[name]) as server, sender(server.url) as transport:
        for number in range(soak(200)):
            try:
                data = transport.send(CALLS[kind](number)).data
            except (TransportError, OutcomeUnknown):
                unknown += 1
            else:
                right += data == str(number)
                wrong += data != str(number)
            if "late" in name or "half" in name or ("body" in name and not number):
                await_late(server)
    print(f"{name}, {kind}: {right} right, {unknown} unknown, {wrong} answers of another request")
    assert wrong == 0
    assert unknown <= (right + 1 if "first" in name else 1)


def test_an_order_that_was_rejected_is_not_read_as_done() -> None:
    """The answer to a read, sent twice, must not stand for the one to the order after it."""
    rejected = reply(b'{"code":602001,"message":"rejected"}', "400 Bad Request")

    def play(peer: Peer, request: bytes) -> None:
        if request.startswith(b"GET"):
            peer.send(echo(request))
            time.sleep(0.01)  # the order is on its way by now
            peer.send(STALE)
        else:
            peer.send(rejected)

    with hostile(play) as server, sender(server.url) as transport:
        for number in range(soak(100)):
            transport.send(read(number))
            with pytest.raises(ApiError, match="rejected"):
                transport.send(order(number))


@pytest.mark.parametrize("kind", CALLS)
def test_nothing_is_sent_to_a_server_that_speaks_first(kind: str) -> None:
    with hostile(glued, greeting=STALE) as server, sender(server.url) as transport:
        time.sleep(0.05)
        with pytest.raises(TransportError, match="nothing was sent"):
            slowly(transport, CALLS[kind](1))
        assert server.requests == []


def slowly(transport: Transport, call: Call) -> Answer:
    """Send after the greeting has arrived, as it has over any real distance from a slower client."""
    connect = socket.create_connection

    def patient(*args: Any, socket_options: Any = (), **kwargs: Any) -> socket.socket:
        made = connect(*args, **kwargs)
        select.select([made], [], [], 5)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("urllib3.util.connection.create_connection", patient)
        return transport.send(call)


def test_a_clean_connection_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        hostile(lambda peer, request: peer.send(echo(request))) as server,
        sender(server.url) as transport,
    ):
        for number in range(50):
            assert transport.send(read(number)).data == str(number)
        assert server.connections == 1
        monkeypatch.setattr("jupyter_openapi.transport.wire.SETTLED", 0.05)
        for number in range(3):
            time.sleep(0.06)
            assert transport.send(order(number)).data == str(number)
        assert server.connections == 1
        transport.send(order("at once"))
        assert server.connections == 2


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    made, key = folder / "server.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    more = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(made)]
    subprocess.run([*command.split(), *more], check=True, capture_output=True)
    made.write_text(made.read_text(encoding="utf-8") + key.read_text(encoding="utf-8"), encoding="utf-8")
    return made


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.SystemTimeWarning")  # on a clock before 2025
@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize("name", ["clean", "two answers in one", "a late second answer", "204 and a body"])
def test_the_same_over_tls(name: str, kind: str, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TLS speaks by itself after the handshake; what it has unpacked already no look at the socket shows."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def large(peer: Peer, request: bytes) -> None:
        """One TLS record, so that the second answer is unpacked with the first."""
        peer.send(echo(request, headers=f"X: {'y' * 9000}\r\n") + (STALE if name != "clean" else b""))

    play = DESYNC[name] if name.startswith(("a late", "204")) else large
    wrong = 0
    with hostile(play, tls=context) as server, sender(server.url) as transport:
        for number in range(20):
            try:
                wrong += transport.send(CALLS[kind](number)).data != str(number)
            except (TransportError, OutcomeUnknown):
                assert name.startswith("204")
                assert number == 0
            if name.startswith("a late") or (name.startswith("204") and not number):
                await_late(server)
        assert wrong == 0
        if name == "clean" and kind == "reads":
            assert server.connections == 1


# --- one deadline --------------------------------------------------------------------------------------

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
ENDLESS: dict[str, Callable[[Peer], None]] = {
    "nothing": lambda peer: peer.wait(),
    "half a status line": lambda peer: (peer.send(b"HTTP/1.1 2"), peer.wait()),
    "a dripping status line": lambda peer: peer.for_ever(b"H"),
    "dripping headers": lambda peer: (peer.send(HEAD + b"X: "), peer.for_ever(b"y")),
    "endless headers": lambda peer: (peer.send(HEAD), peer.for_ever(b"X: y\r\n")),
    "endless 100": lambda peer: peer.for_ever(INTERIM % 100),
    "endless 103": lambda peer: peer.for_ever(INTERIM % 103),
    "a flood of 100": lambda peer: peer.for_ever(INTERIM % 100 * 100, pause=0),
    "a dripping body": lambda peer: (peer.send(HEAD + b"Content-Length: 999\r\n\r\n"), peer.for_ever(b" ")),
    "endless chunks": lambda peer: (peer.send(CHUNKED), peer.for_ever(b"1\r\n \r\n")),
    "a dripping chunk size": lambda peer: (peer.send(CHUNKED), peer.for_ever(b"0")),
    "endless trailers": lambda peer: (peer.send(CHUNKED + b"2\r\n{}\r\n0\r\n"), peer.for_ever(b"X: y\r\n")),
    "no end of a body": lambda peer: (peer.send(HEAD + b"\r\n"), peer.for_ever(b" ")),
}


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize("name", ENDLESS)
def test_every_reply_ends_at_the_deadline(name: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jupyter_openapi.transport.transport.Budget", lambda: Budget(tries=1))
    with (
        hostile(lambda peer, _: ENDLESS[name](peer)) as server,
        sender(server.url, (1, 0.3)) as transport,
    ):
        begun = time.monotonic()
        with pytest.raises(TransportError if kind == "reads" else OutcomeUnknown) as caught:
            transport.send(CALLS[kind](1))
        assert time.monotonic() - begun < 10
        assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("how", ["silent", "dripping"])
def test_a_proxy_that_hangs_at_connect_sent_nothing(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def play(peer: Peer, request: bytes) -> None:
        assert request.startswith(b"CONNECT openapi.longbridge.com:443")
        peer.wait() if how == "silent" else peer.for_ever(b"HTTP/1.1 200 OK\r\nX: y\r\n", 0.05)

    with hostile(play) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with sender("https://openapi.longbridge.com", (0.4, 60)) as transport:
            begun = time.monotonic()
            with pytest.raises(TransportError, match="nothing was sent"):
                transport.send(order(1))
            assert time.monotonic() - begun < 20
        assert all(b"token" not in each and b"secret" not in each for each in proxy.requests)


# --- one size ------------------------------------------------------------------------------------------

BOMB = """
import gzip, json, resource, sys
sys.path.insert(0, sys.argv[3])
from test_hostile_wire import KEYS, CALLS, sender
from jupyter_openapi.errors import OpenAPIError

with sender(sys.argv[1], (5, 60)) as transport:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        transport.send(CALLS[sys.argv[2]](1))
    except OpenAPIError as failure:
        print(type(failure).__name__, failure)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
LARGE = 1 << 28


def plain(peer: Peer, _: bytes) -> None:
    peer.send(HEAD + b"Content-Length: %d\r\n\r\n" % LARGE)
    for _number in range(LARGE >> 20):
        peer.send(b" " * (1 << 20))


def endless(peer: Peer, _: bytes) -> None:
    peer.send(CHUNKED)
    while not peer.server.closed:
        peer.send(b"100000\r\n" + b" " * (1 << 20) + b"\r\n")


@cache
def packed(name: str) -> Play:
    import zlib

    pack = zlib.compressobj(9, zlib.DEFLATED, 31 if name == "gzip" else 15)
    block = b" " * (1 << 24)
    content = b"".join([*(pack.compress(block) for _ in range(LARGE >> 24)), pack.flush()])

    def play(peer: Peer, _: bytes) -> None:
        head = f"Content-Encoding: {name}\r\nContent-Length: {len(content)}\r\n\r\n"
        peer.send(HEAD + head.encode() + content)

    return play


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize("name", ["plain", "endless", "gzip", "deflate"])
def test_a_reply_too_large_is_one_line_and_little_memory(name: str, kind: str) -> None:
    play = {"plain": plain, "endless": endless}.get(name) or packed(name)
    with hostile(play) as server:
        output = subprocess.run(
            [sys.executable, "-c", BOMB, server.url, kind, str(Path(__file__).parent)],
            capture_output=True, encoding="utf-8", check=True, timeout=100,
        ).stdout.splitlines()  # fmt: skip
    said, memory = output
    assert said.startswith("TransportError" if kind == "reads" else "OutcomeUnknown")
    assert "larger than is read" in said
    assert int(memory) * 1024 < 2.5 * LARGEST
    assert len(server.requests) == 1


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "x-gzip", "GZIP", "identity"])
def test_a_packed_reply_within_bounds_is_read(encoding: str) -> None:
    import zlib

    def play(peer: Peer, request: bytes) -> None:
        content = echo(request).partition(b"\r\n\r\n")[2]
        if encoding == "deflate":
            content = zlib.compress(content)
        elif encoding != "identity":
            content = gzip.compress(content)
        peer.send(reply(content, headers=f"Content-Encoding: {encoding}\r\n"))

    with hostile(play) as server, sender(server.url) as transport:
        assert transport.send(read("x")).data == "x"
        assert transport.send(read("y")).data == "y"


@pytest.mark.parametrize("change", ["cut", "broken", "unknown"])
def test_a_reply_packed_wrongly_is_no_answer(change: str) -> None:
    def play(peer: Peer, request: bytes) -> None:
        content = gzip.compress(echo(request).partition(b"\r\n\r\n")[2])
        content = {"cut": content[:-9], "broken": content[:12] + b"\xff" + content[13:]}.get(change, content)
        name = "br" if change == "unknown" else "gzip"
        peer.send(reply(content, headers=f"Content-Encoding: {name}\r\n"))

    with hostile(play) as server, sender(server.url) as transport:
        with pytest.raises(TransportError, match="not packed as it says"):
            transport.send(read("x"))
        with pytest.raises(OutcomeUnknown, match="not packed as it says"):
            transport.send(order("x"))


# --- what the server says ------------------------------------------------------------------------------

NASTY = {
    "colour": "\x1b[31mred\x1b[0m",
    "title": "\x1b]0;owned\x07x",
    "link": "\x1b]8;;http://x\x1b\\y\x1b]8;;\x1b\\",
    "c1": "\x9b31mx\x85y",
    "bell": "a\x07b\x00c\x7fd",
    "lines": "one\r\ntwo\u2028three\x0bfour",
    "bidi": "abc\u202egnp.exe\u2066x\u2069\u200f\u061c",
    "half": "a\ud800b\udfff",
    "bom": "\ufeffx",
}


@pytest.mark.parametrize("escaped", [True, False])
@pytest.mark.parametrize("name", NASTY)
def test_text_of_the_server_is_shown_without_what_deceives(name: str, escaped: bool) -> None:
    text = NASTY[name]
    body = json.dumps({"code": 602001, "message": text, "data": {}}, ensure_ascii=escaped)
    data = json.dumps({"code": 0, "message": text, "data": {"name": text, "n": 1.10, "m": "好 😀"}},
                      ensure_ascii=escaped)  # fmt: skip
    if not escaped:
        for raw in {each for each in text if ord(each) < 32}:
            data = data.replace(raw, json.dumps(raw)[1:-1])
            body = body.replace(raw, json.dumps(raw)[1:-1])
    trace = "X-Trace-Id: " + "".join(
        each for each in text if each not in "\r\n\x0b\u2028" and ord(each) < 256
    )

    def play(peer: Peer, request: bytes) -> None:
        content = (data if asked(request) == "good" else body).encode("utf-8", "surrogatepass")
        head = reply(content, "200 OK" if asked(request) == "good" else "400 Bad Request")
        peer.send(head.replace(b"\r\n\r\n", b"\r\n" + trace.encode("latin-1") + b"\r\n\r\n", 1))

    with hostile(play) as server, sender(server.url) as transport:
        with pytest.raises(ApiError) as caught:
            transport.send(read("bad"))
        answer = transport.send(read("good"))
    shown = [
        str(caught.value),
        caught.value.message,
        answer.message,
        answer.data["name"],
        str(answer.trace_id),
    ]
    for each in shown:
        each.encode()
        assert not [mark for mark in each if not (mark.isprintable() or mark in "\r\n\t\x0b")], ascii(each)
        assert not any(mark in each for mark in ("[31m", "[0m", "]0;", "]8;", "owned", "http://x"))
    assert "\n" not in str(caught.value)
    assert answer.data["m"] == "好 😀"
    assert b'"n": 1.1,' in answer.content


def test_clean_leaves_plain_text_alone() -> None:
    for text in ("", "plain", "700.HK 騰訊控股", "Größe 12 %", "😀", "a [31m b"):
        assert clean(text) == text


# --- what the environment says -------------------------------------------------------------------------


@pytest.mark.parametrize(("variables", "said"), [
    ({"ALL_PROXY": "socks5://127.0.0.1:1"}, r"ALL_PROXY names a SOCKS proxy.*PySocks"),
    ({"https_proxy": "socks5h://127.0.0.1:1"}, r"https_proxy names a SOCKS proxy.*PySocks"),
    ({"HTTPS_PROXY": "http://["}, r"HTTPS_PROXY names no proxy"),
    ({"HTTPS_PROXY": "http://host:port"}, r"HTTPS_PROXY names no proxy"),
    ({"https_proxy": "://"}, r"https_proxy names no proxy"),
    ({"https_proxy": "gopher://x"}, r"https_proxy names no proxy"),
    ({"REQUESTS_CA_BUNDLE": "/nowhere/at/all.pem"}, r"REQUESTS_CA_BUNDLE names cert.*/nowhere/at/all"),
    ({"CURL_CA_BUNDLE": "/nowhere"}, r"CURL_CA_BUNDLE names certificates"),
    ({"SSL_CERT_FILE": "/nowhere"}, r"SSL_CERT_FILE names certificates"),
    ({"SSL_CERT_FILE": __file__}, r"SSL_CERT_FILE names certificates"),
])  # fmt: skip
def test_a_setting_that_can_not_be_used_is_named(
    variables: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "socks", None)
    for name in BUNDLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(RequestRefused, match=said) as caught:
        Transport(KEYS, resolve_host("https://openapi.longbridge.com"))
    assert len(str(caught.value).splitlines()) == 1
    with hostile(lambda peer, request: peer.send(echo(request))) as server, sender(server.url) as transport:
        assert transport.send(read("x")).data == "x"  # this machine needs none of them


def test_ssl_cert_file_is_honoured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import certifi

    for name in BUNDLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())
    transport = Transport(KEYS, resolve_host("https://openapi.longbridge.com"))
    assert transport._pool.ca_certs == certifi.where()
    transport.close()


def test_debug_output_never_shows_the_token(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    with hostile(lambda peer, request: peer.send(echo(request))) as server, sender(server.url) as transport:
        transport.send(read("x"))
        transport.send(order("x"))
    shown = "".join(capfd.readouterr())
    for secret in (KEYS.access_token, KEYS.app_key, KEYS.app_secret):
        assert secret not in shown


# --- clocks --------------------------------------------------------------------------------------------

DAY = 86_400


class JumpingClock:
    """The server keeps time; it refuses stamps that are over a minute off, as the broker does."""

    def play(self, peer: Peer, request: bytes) -> None:
        stamp = next(line for line in request.split(b"\r\n") if line.lower().startswith(b"x-timestamp"))
        off = abs(float(stamp.split(b":")[1]) - self.now())
        date = f"Date: {formatdate(self.now(), usegmt=True)}\r\n"
        if off > 60:
            refused = b'{"code":403201,"message":"signature invalid"}'
            peer.send(reply(refused, "403 Forbidden", date))
        else:
            peer.send(echo(request, headers=date))

    now = staticmethod(time.time)


@pytest.mark.parametrize("seconds", [300, -300, 2 * DAY, -2 * DAY, 40 * DAY])
def test_a_clock_that_jumped_signs_again_and_is_named(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, jump, server_clock = time.time, [seconds], JumpingClock()
    monkeypatch.setattr(time, "time", lambda: real() + jump[0])
    server_clock.now = real  # type: ignore[method-assign]
    with hostile(server_clock.play) as server:
        keys = Credentials(f"key-{seconds}", "secret-abcdefgh", "token-ijklmnop")
        transport = Transport(keys, resolve_host(server.url))
        transport.clock._now = lambda: real() + jump[0]
        with pytest.raises(ApiError) as caught:
            transport.send(order("x"))
        assert "clock" in str(caught.value)
        assert "secret" not in str(caught.value)
        assert transport.send(order("y")).data == "y"
        jump[0] = 0.0  # and it is set right again
        assert transport.send(read("z")).data == "z"
        assert transport.send(order("z")).data == "z"
        transport.close()


def test_a_wrong_secret_is_still_called_one() -> None:
    date = f"Date: {formatdate(time.time(), usegmt=True)}\r\n"
    refused = reply(b'{"code":403201,"message":"signature invalid"}', "403 Forbidden", date)
    with hostile(lambda peer, _: peer.send(refused)) as server, sender(server.url) as transport:
        with pytest.raises(ApiError, match="app secret") as caught:
            transport.send(read("x"))
        assert "clock" not in str(caught.value)


def test_advice_for_an_expired_token_is_no_circle() -> None:
    expired = reply(b'{"code":401003,"message":"token expired"}', "401 Unauthorized")
    with (
        hostile(lambda peer, _: peer.send(expired)) as server,
        sender(server.url) as transport,
        pytest.raises(OpenAPIError) as caught,
    ):
        transport.send(read("x"))
    assert "developer website" in str(caught.value)
    assert "refresh" not in str(caught.value)


def test_a_large_upload_that_nobody_reads_ends_too() -> None:
    call = Call("POST", "/x", body=b" " * (64 << 20), effect=Effect.TRADE, name="upload")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with sender(url, (0.5, 0.5)) as transport, pytest.raises(OutcomeUnknown):
            transport.send(call)
        assert time.monotonic() - begun < 20
