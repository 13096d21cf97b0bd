"""Packets: every packet comes back as it went, any bytes give one or one error, and gzip is bounded."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jupyter_openapi.protocol import Packet, ProtocolError, pack, unpack
from jupyter_openapi.protocol.packets import LARGEST_BODY, PUSH, REQUEST, RESPONSE

BODIES = st.binary(max_size=300)
NUMBERS = st.integers(0, (1 << 32) - 1)
COMMANDS = st.integers(0, 255)
PACKETS = st.one_of(
    st.tuples(st.just(REQUEST), COMMANDS, BODIES, NUMBERS, st.just(0), st.integers(0, 65535)),
    st.tuples(st.just(RESPONSE), COMMANDS, BODIES, NUMBERS, st.integers(0, 255), st.just(0)),
    st.tuples(st.just(PUSH), COMMANDS, BODIES),
).map(lambda parts: Packet(*parts))


@given(PACKETS, st.booleans())
def test_a_packet_comes_back_as_it_went(packet: Packet, compress: bool) -> None:
    assert unpack(pack(packet, compress=compress)) == packet


def test_the_bytes_of_each_kind() -> None:
    assert pack(Packet(REQUEST, 2, b"ab", 1, timeout=5000)) == bytes.fromhex(
        "01 02 00000001 1388 000002 6162"
    )
    assert pack(Packet(RESPONSE, 2, b"ab", 1, status=7)) == bytes.fromhex("02 02 00000001 07 000002 6162")
    assert pack(Packet(PUSH, 101, b"ab")) == bytes.fromhex("03 65 000002 6162")


def test_a_verified_packet_is_read_without_its_verification() -> None:
    assert unpack(b"\x13\x65\x00\x00\x02ab" + bytes(24)) == Packet(PUSH, 101, b"ab")
    with pytest.raises(ProtocolError):
        unpack(b"\x13\x65\x00\x00\x02ab" + bytes(23))


@given(st.binary(max_size=80) | st.builds(lambda p, cut: pack(p)[:cut], PACKETS, st.integers(0, 40)))
@example(b"")
@example(b"\x03")
@example(b"\x43\x65\x00\x00\x00")
@example(b"\x23\x65\x00\x00\x00")
@example(b"\x03\x65\x00\x00\x00\x00")
def test_any_bytes_give_a_packet_or_the_one_error(data: bytes) -> None:
    try:
        packet = unpack(data)
    except ProtocolError:
        return
    assert pack(packet)[1:] == data[1:] or data[0] & 0x30


def _push(body: bytes) -> bytes:
    return b"\x23\x65" + len(body).to_bytes(3) + body


def test_a_small_packet_never_unpacks_to_a_large_body() -> None:
    bomb = zlib.compressobj(9, wbits=31)
    packed = b"".join(bomb.compress(bytes(1 << 20)) for _ in range(1024)) + bomb.flush()
    tracemalloc.start()
    with pytest.raises(ProtocolError, match="too large"):
        unpack(_push(packed))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * LARGEST_BODY


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no gzip",
        gzip.compress(b"cut off", mtime=0)[:-4],
        2 * gzip.compress(b"two", mtime=0),
        gzip.compress(b"x", mtime=0) + b"y",
    ],
)
def test_a_body_that_is_not_one_gzip_stream_is_refused(body: bytes) -> None:
    with pytest.raises(ProtocolError, match="gzip"):
        unpack(_push(body))


def test_a_body_too_large_is_not_packed() -> None:
    with pytest.raises(ProtocolError, match="too large"):
        pack(Packet(PUSH, 101, bytes(LARGEST_BODY)))
