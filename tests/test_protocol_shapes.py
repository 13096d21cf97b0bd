"""The quicker decoder gives what the ordinary one gives, whatever it has learnt from what came before."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import soak

from jupyter_openapi.protocol import Message, ProtocolError, message, shapes
from jupyter_openapi.protocol.shapes import LONGEST, SAME_LENGTH, Shaped, shape_of

QUOTE = message("PushQuote")
DECIMALS = st.integers(0, 10**7).map(lambda cents: f"{cents / 100:.2f}")
PUSHES = st.fixed_dictionaries(
    {"symbol": st.sampled_from(["700.HK", "5.HK", "AAPL.US", "腾讯"])},
    optional={
        "sequence": st.integers(0, (1 << 63) - 1) | st.integers(-3, 20_000),
        "last_done": DECIMALS,
        "open": DECIMALS | st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
        "timestamp": st.integers(1_795_000_000, 1_795_000_300),
        "volume": st.integers(0, 1 << 40) | st.integers(0, 300),
        "turnover": DECIMALS,
        "trade_status": st.integers(-1, 300),
        "trade_session": st.integers(0, 3),
        "current_volume": st.integers(0, 20_000),
        "current_turnover": DECIMALS,
        "tag": st.integers(0, 1),
    },
)


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every message that fits no shape is learnt from."""
    monkeypatch.setattr(shapes, "_SOON", 1)
    monkeypatch.setattr(shapes, "_LATER", 1)


def outcome(decoder: Message | Shaped, data: bytes, before: dict[str, Any] | None) -> Any:
    try:
        return decoder.decode(data, None if before is None else dict(before))
    except ProtocolError:
        return ProtocolError


def learnt(*rows: dict[str, Any]) -> Shaped:
    shaped = Shaped(QUOTE)
    for row in rows:
        shaped.decode(QUOTE.encode(row))
    return shaped


@settings(max_examples=soak(400), deadline=None)
@given(st.lists(PUSHES, min_size=1, max_size=8), st.booleans())
def test_pushes_come_out_alike(rows: list[dict[str, Any]], onto: bool) -> None:
    shaped, before = Shaped(QUOTE), {**QUOTE.decode(b""), "open": "1", "volume": 7} if onto else None
    for row in rows * 2:
        data = QUOTE.encode(row)
        assert outcome(shaped, data, before) == outcome(QUOTE, data, before)


@settings(max_examples=soak(400), deadline=None)
@given(PUSHES, st.integers(0, 200), st.integers(0, 255), st.binary(max_size=4))
def test_bytes_that_are_nearly_of_a_known_shape_come_out_alike(
    row: dict[str, Any], at: int, byte: int, more: bytes
) -> None:
    data = QUOTE.encode(row)
    shaped = learnt(row)
    changed = bytearray(data)
    changed[at % len(data)] = byte
    for odd in (bytes(changed), data[: at % len(data)], data + more, more + data):
        assert outcome(shaped, odd, None) == outcome(QUOTE, odd, None)


ROW = {"symbol": "700.HK", "sequence": 160_808_750_000_000, "last_done": "388.20", "volume": 129, "tag": 1}


def test_a_shape_serves_messages_that_differ_in_values_only(monkeypatch: pytest.MonkeyPatch) -> None:
    shaped = learnt(ROW)
    monkeypatch.setattr(Message, "fill", None)  # the ordinary decoder is not asked
    monkeypatch.setattr(shaped.message, "decode", lambda _: {})
    other = {
        "symbol": "939.HK",
        "sequence": 160_808_759_876_543,
        "last_done": "  1.05",
        "volume": 16_383,
        "tag": 0,
    }
    data = bytearray(message("PushQuote").encode({**other, "tag": 1}))
    data[-1] = 0
    assert shaped.decode(bytes(data)) == other


@pytest.mark.parametrize(
    "row",
    [
        {"last_done": "1.0"},
        {"symbol": "腾讯"},
        {"symbol": "A", "trade_status": 200},
        {"symbol": "A", "sequence": -1},
        {"symbol": "A" * LONGEST},
        {"symbol": "A" * 128},
    ],
)
def test_what_is_unusual_has_no_shape(row: dict[str, Any]) -> None:
    data = QUOTE.encode(row)
    assert (shape_of(QUOTE, data) is None) == (row != {"last_done": "1.0"})
    assert shape_of(QUOTE, data + data) is None  # a field twice
    assert shape_of(QUOTE, data + b"\xa0\x06\x01") is None  # a field that is not known
    shaped = learnt(row)
    assert shaped.decode(data) == QUOTE.decode(data)


def test_lists_and_messages_inside_have_no_shape() -> None:
    depth = message("PushDepth")
    assert shape_of(depth, depth.encode({"symbol": "A", "ask": [{"position": 1}]})) is None


def test_what_is_remembered_is_bounded() -> None:
    shaped = Shaped(QUOTE)
    names = ("open", "high", "low", "last_done", "turnover", "current_turnover")
    for first in names:
        for second in names:
            if first != second:
                shaped.decode(QUOTE.encode({"symbol": "A", first: "1", second: "22"}))
    assert [len(known) for known in shaped._shapes.values()] == [SAME_LENGTH]
    for number in range(shapes.MOST_PIECES + 500):
        shaped.decode(QUOTE.encode({"symbol": "A", "sequence": number << 14 | 1 << 50}))
    assert len(shapes._HIGH) <= shapes.MOST_PIECES


def test_shapes_are_made_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    made: list[bytes] = []
    monkeypatch.setattr(shapes, "shape_of", lambda _message, data: made.append(data))
    shaped = Shaped(QUOTE)
    for number in range(2401):
        shaped.decode(QUOTE.encode({"symbol": "腾讯", "volume": number}))
    assert len(made) == 9  # eight of them within the first 400
