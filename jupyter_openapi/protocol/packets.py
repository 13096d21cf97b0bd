"""Packets: what one binary WebSocket message holds, version 1, big-endian.

========  ==========  ==========================================================  ======
packet    byte 0      then                                                        header
========  ==========  ==========================================================  ======
request   1           command, u32 request id, u16 time-out (ms), u24 body size   11
response  2           command, u32 request id, u8 status, u24 body size           10
push      3           command, u24 body size                                      5
========  ==========  ==========================================================  ======

In byte 0, 0x10 says that a nonce and a signature of 24 bytes in all follow the body (nobody sends them), 0x20
that the body is compressed with gzip.
"""

from __future__ import annotations

import gzip
import zlib
from typing import NamedTuple

REQUEST, RESPONSE, PUSH = 1, 2, 3
LARGEST_BODY = 1 << 24
"""The largest body, packed or unpacked, in bytes."""

_HEADERS = {REQUEST: 11, RESPONSE: 10, PUSH: 5}
_KIND, _VERIFIED, _GZIP, _UNUSED = 0x0F, 0x10, 0x20, 0xC0
_VERIFICATION = 24


class ProtocolError(ValueError):
    """Bytes that are no packet or message, or values that can't be made into one."""


class Packet(NamedTuple):
    """One packet. A push has no `request_id`; only a response has a `status`, only a request a `timeout`."""

    kind: int
    command: int
    body: bytes = b""
    request_id: int = 0
    status: int = 0
    timeout: int = 0


def pack(packet: Packet, *, compress: bool = False) -> bytes:
    """Return the bytes of a packet."""
    body = gzip.compress(packet.body, mtime=0) if compress else packet.body
    if len(body) >= LARGEST_BODY:
        raise ProtocolError(f"a body of {len(body)} bytes is too large")
    head = bytes((packet.kind | (_GZIP if compress else 0), packet.command))
    size = len(body).to_bytes(3)
    if packet.kind == PUSH:
        return head + size + body
    number = packet.request_id.to_bytes(4)
    if packet.kind == REQUEST:
        return head + number + packet.timeout.to_bytes(2) + size + body
    return head + number + bytes((packet.status,)) + size + body


def unpack(data: bytes) -> Packet:
    """Return the packet in `data`.

    Raises
    ------
    ProtocolError
        It is none: of an unknown kind, cut off, too long, or with a body that can't be unpacked.
    """
    first = data[0] if data else 0
    kind = first & _KIND
    start = _HEADERS.get(kind, 0)
    if not start or len(data) < start or first & _UNUSED:
        raise ProtocolError("these bytes are no packet")
    size = int.from_bytes(data[start - 3 : start])
    if len(data) != start + size + (_VERIFICATION if first & _VERIFIED else 0):
        raise ProtocolError("a packet's length is not the one it gives")
    body = data[start : start + size]
    if first & _GZIP:
        body = _unzipped(body)
    if kind == PUSH:
        return Packet(PUSH, data[1], body)
    number = int.from_bytes(data[2:6])
    if kind == RESPONSE:
        return Packet(RESPONSE, data[1], body, number, data[6])
    return Packet(REQUEST, data[1], body, number, 0, int.from_bytes(data[6:8]))


def _unzipped(body: bytes) -> bytes:
    unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        # Never more than the limit is unpacked, whatever a small body says it holds.
        found = unzip.decompress(body, LARGEST_BODY)
    except zlib.error:
        raise ProtocolError("a packet's body is not gzip") from None
    if not unzip.eof or unzip.unused_data:
        raise ProtocolError("a packet's body is not one whole gzip stream, or too large")
    return found
