"""A request is written as the standard library's HTTP client writes it, and never more than the one."""

from __future__ import annotations

import http.client
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hostile import Peer, hostile
from support.wire import http as reply

from jupyter_openapi.credentials import Credentials
from jupyter_openapi.spec.model import Effect
from jupyter_openapi.transport.hosts import resolve_host
from jupyter_openapi.transport.responses import Call
from jupyter_openapi.transport.transport import Transport
from jupyter_openapi.transport.wire import request_bytes

METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH"])
VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
TARGETS = st.text(VISIBLE, max_size=40).map("/".__add__)
NAMES = st.text(VISIBLE.replace(":", ""), min_size=1, max_size=20)
VALUES = st.text(f"\t {VISIBLE}é", max_size=40)


def by_the_library(method: str, target: str, headers: dict[str, str], body: bytes) -> bytes:
    """Return what `http.client` puts on a socket for the same request."""
    here, there = socket.socketpair()
    with here, there, there.makefile("rb") as arrived:
        link = http.client.HTTPConnection("127.0.0.1")
        link.sock = here
        link.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            link.putheader(name, value)
        if body or method in {"POST", "PUT", "PATCH"}:
            link.putheader("Content-Length", str(len(body)))
        link.endheaders(body or None)
        here.shutdown(socket.SHUT_WR)
        return arrived.read()


@given(METHODS, TARGETS, st.dictionaries(NAMES, VALUES, max_size=6), st.binary(max_size=300))
def test_it_is_what_the_library_writes(
    method: str, target: str, headers: dict[str, str], body: bytes
) -> None:
    written = request_bytes(method, target, headers, body)
    assert written == by_the_library(method, target, headers, body)


PARTS = {
    "method": lambda text: request_bytes(f"GE{text}T", "/", {}, b""),
    "target": lambda text: request_bytes("GET", f"/a{text}b", {}, b""),
    "name": lambda text: request_bytes("GET", "/", {f"X{text}Y": "1"}, b""),
    "value": lambda text: request_bytes("GET", "/", {"X": f"a{text}b"}, b""),
}


@pytest.mark.parametrize("part", PARTS)
@given(text=st.sampled_from(["\n", "\r", "\r\n", "\r\nX-Evil: 1", "\n X", "\0", "\x7f", "\x85", " ", "中"]))
def test_a_head_that_would_hold_another_line_is_refused(part: str, text: str) -> None:
    if (part, text) in {("value", " "), ("value", "\x85")}:  # one line all the same
        assert PARTS[part](text).count(b"\n") == 3
        return
    with pytest.raises(ValueError, match="head"):
        PARTS[part](text)


def test_each_field_is_sent_once_and_the_host_as_its_address_spells_it() -> None:
    seen: list[bytes] = []

    def play(peer: Peer, request: bytes) -> None:
        seen.append(request)
        peer.send(reply())

    keys = Credentials("key-1234567890", "secret-abcdefgh", "token-ijklmnop")
    with hostile(play) as server:
        sender = Transport(keys, resolve_host(server.url))
        sender.send(Call("POST", "/v1/a", "b=%20c", b'{"d":1}', effect=Effect.TRADE))
        sender.send(Call("DELETE", "/v1/a", effect=Effect.TRADE))
        sender.close()
    head, _, body = seen[0].partition(b"\r\n\r\n")
    line, *fields = head.decode().split("\r\n")
    assert line == "POST /v1/a?b=%20c HTTP/1.1"
    assert fields[0] == f"Host: {server.url.removeprefix('http://')}"
    assert fields[-1] == "Content-Length: 7"
    assert body == b'{"d":1}'
    assert len({field.partition(":")[0].lower() for field in fields}) == len(fields)
    assert b"Content-Length" not in seen[1]
