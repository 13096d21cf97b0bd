"""Messages: both ways equal to the official runtime, and any bytes give a message or the one error."""

from __future__ import annotations

import time
import tracemalloc
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from hypothesis import example, given
from hypothesis import strategies as st
from support import soak
from support.referee import build, plain

from jupyter_openapi.protocol import Message, ProtocolError, codec, message

REFEREE = build()
NAMES = sorted(codec.names())
WITH_MAPS = {"AuthRequest", "ReconnectRequest", "UserQuoteLevelDetail", "UserQuoteProfileResponse"}
RANGES = {
    "int32": (-(1 << 31), (1 << 31) - 1),
    "enum": (-(1 << 31), (1 << 31) - 1),
    "uint32": (0, (1 << 32) - 1),
    "int64": (-(1 << 63), (1 << 63) - 1),
    "uint64": (0, (1 << 64) - 1),
}


def scalar(kind: str) -> st.SearchStrategy[Any]:
    if kind == "string":
        return st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
    if kind == "bytes":
        return st.binary(max_size=200)
    if kind == "bool":
        return st.booleans()
    low, high = RANGES[kind]
    return st.integers(low, high) | st.sampled_from([low, high, 0])


def values(name: str) -> st.SearchStrategy[dict[str, Any]]:
    parts = {}
    for field in message(name).fields:
        one = values(field.type) if field.inner else scalar(field.type)
        if field.mapped:
            one = st.dictionaries(
                st.text(st.characters(exclude_categories=["Cs"]), max_size=5), one, max_size=3
            )
        elif field.repeated:
            one = st.lists(one, max_size=4)
        elif field.inner:
            one = st.none() | one
        parts[field.name] = one
    return st.fixed_dictionaries(parts)


def test_every_message_is_known_to_the_referee() -> None:
    assert len(NAMES) == 80
    for name in NAMES:
        assert message(name).decode(b"") == plain(REFEREE[name]())


@pytest.mark.parametrize("name", NAMES)
def test_both_ways_equal_to_the_referee(name: str) -> None:
    ours, theirs = message(name), REFEREE[name]

    @given(values(name))
    @example({})
    def law(fields: dict[str, Any]) -> None:
        encoded = ours.encode(fields)
        read = theirs()
        read.ParseFromString(encoded)
        written = read.SerializeToString(deterministic=True)
        # The order of a map's entries is nobody's promise.
        assert written == encoded or (name in WITH_MAPS and sorted(written) == sorted(encoded))
        assert ours.decode(encoded) == plain(read) == {**ours.decode(b""), **fields}

    law_settings(law)


def law_settings(law: Any, examples: int = 500) -> None:
    from hypothesis import settings

    settings(max_examples=soak(examples, 20), database=None)(law)()


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    """Real messages with bytes changed, cut, doubled or joined; and bytes of no origin."""
    name = draw(st.sampled_from(NAMES))
    if draw(st.integers(0, 3)) == 0:
        return name, draw(st.binary(max_size=60))
    data = bytearray(message(name).encode(draw(values(name))))
    if draw(st.booleans()):
        data += message(name).encode(draw(values(name)))
    for _ in range(draw(st.integers(0, 4))):
        if data:
            at = draw(st.integers(0, len(data) - 1))
            data[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=3))
    return name, bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


def test_any_bytes_mean_what_the_referee_reads_or_are_refused_as_by_it() -> None:
    @given(damaged())
    @example(("PushQuote", b"\x10" + b"\xff" * 9 + b"\x01"))
    @example(("PushQuote", b"\x10" + b"\xff" * 10 + b"\x01"))
    @example(("PushQuote", b"\x12\x00"))  # a known number of another wire type
    @example(("PushQuote", b"\x0b\x0b\x0c\x0c"))  # groups inside each other
    @example(("PushQuote", b"\x0b" * 5000))
    @example(("PushQuote", b"\x0c"))
    @example(("PushQuote", b"\x00\x00"))
    @example(("PushQuote", b"\x0a\x81\x00\x41"))  # a length in more bytes than it needs
    @example(("Depth", b"\x08\xff\xff\xff\xff\x1f"))  # a number of 33 bits where 32 belong
    @example(("UnsubscribeRequest", b"\x18\x80\x01"))
    @example(("SecurityQuote", b"\x5a\x02\x18\x05\x5a\x03\x0a\x01\x31"))  # one message in two pieces
    def law(case: tuple[str, bytes]) -> None:
        name, data = case
        read = REFEREE[name]()
        try:
            read.ParseFromString(data)
        except DecodeError:
            with pytest.raises(ProtocolError):
                message(name).decode(data)
        else:
            assert message(name).decode(data) == plain(read)

    law_settings(law, 6_000)


LONG_PIECE = b"\x5a\x88\x80\x80\x01\x0a\x83\x80\x80\x01" + b"x" * 2_097_155
"""A message inside, in pieces: the first has two megabytes."""


def test_numbers_may_be_text_as_json_has_them() -> None:
    assert message("Depth").encode({"position": "1", "volume": "1200"}) == message("Depth").encode(
        {"position": 1, "volume": 1200}
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"volume": "many"},
        {"volume": 1.5},
        {"volume": 1 << 63},
        {"position": 1 << 31},
        {"price": 388.2},
        {"price": "\ud800"},
        {"colour": "red"},
    ],
)
def test_what_cannot_be_encoded_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError, match="Depth"):
        message("Depth").encode(fields)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("SecurityCalcQuoteResponse", b"\x0a\x00" * 4_000_000),
        ("MultiSecurityRequest", b"\x0a\x00" * 4_000_000),
        ("SubscribeRequest", b"\x12\x80\x92\xf4\x01" + b"\x01" * 4_000_000),
        ("SubscribeRequest", b"\x10\x01" * 4_000_000),
        ("UserQuoteLevelDetail", b"\x12\x00" * 4_000_000),
        ("SecurityQuote", b"\x5a\x00" * 4_000_000),
        (
            "SecurityQuote",
            b"\x5a\x88\x80\x80\x01\x0a\x83\x80\x80\x01" + b"x" * 2_097_155 + b"\x5a\x00" * 70_000,
        ),
        ("PushQuote", b"\x10" + b"\xff" * 8_000_000),
        ("PushQuote", b"\x0a" + b"\xff" * 8_000_000),
        ("PushQuote", b"\x0b" * 8_000_000),
    ],
)
def test_a_hostile_message_takes_neither_long_nor_much(name: str, data: bytes) -> None:
    tracemalloc.start()
    begun = time.process_time()
    with pytest.raises(ProtocolError):
        message(name).decode(data)
    taken, peak = time.process_time() - begun, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken < 5
    assert peak < 200 << 20


def test_a_message_says_which_it_is() -> None:
    assert isinstance(message("PushQuote"), Message)
    assert repr(message("PushQuote")) == "<Message PushQuote>"
