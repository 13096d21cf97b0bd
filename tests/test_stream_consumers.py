"""The buffer of a consumer: bounded, in order, and no volume is ever lost."""

from __future__ import annotations

import pickle
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_openapi.stream.consumers import Buffer
from jupyter_openapi.stream.events import Event, Level

SYMBOLS = ("1.HK", "2.HK", "3.HK")


def event(kind: str, symbol: str, number: int) -> Event:
    fields: dict[str, Any] = {"symbol": symbol, "sequence": number, "last_done": str(number)}
    if kind == "quote":
        fields |= {"trade_session": 0, "current_volume": number, "current_turnover": f"{number}.5"}
    return Event(kind, fields, float(number))


STEPS = st.lists(
    st.integers(1, 3)
    | st.tuples(st.sampled_from(["quote", "depth", "trades", "order"]), st.sampled_from(SYMBOLS)),
    max_size=60,
)  # a number takes so many


@given(st.integers(1, 8), STEPS)
def test_the_laws_of_a_buffer(size: int, steps: list[tuple[str, str] | int]) -> None:
    buffer = Buffer(size)
    put: list[Event] = []
    taken: list[Event] = []
    for number, step in enumerate(steps, start=1):
        if isinstance(step, int):
            taken += buffer.take(step)
        else:
            put.append(event(*step, number))
            buffer.put(put[-1])
        assert len(buffer) <= size
    while found := buffer.take():
        taken += found
    assert len(put) == len(taken) + buffer.merged + buffer.dropped
    for symbol in SYMBOLS:
        for kind in ("quote", "depth"):
            mine = [one for one in put if (one.kind, one.symbol) == (kind, symbol)]
            got = [one for one in taken if (one.kind, one.symbol) == (kind, symbol)]
            numbers = [one.sequence for one in got]
            assert numbers == sorted(numbers)
            if mine and not buffer.dropped:
                assert got[-1].sequence == mine[-1].sequence  # the newest value arrives
            if kind == "quote" and got and got[-1].sequence == mine[-1].sequence:
                assert sum(one.current_volume for one in got) == sum(one.current_volume for one in mine)
                total = sum((one.current_turnover for one in mine), Decimal(0))
                assert sum((one.current_turnover for one in got), Decimal(0)) == total
    if buffer.merged + buffer.dropped == 0:
        assert taken == put


def test_trades_and_orders_are_never_merged_the_oldest_fall_out() -> None:
    buffer = Buffer(2)
    for number in range(5):
        buffer.put(event("trades", "1.HK", number))
    assert [one.sequence for one in buffer.take(5)] == [3, 4]
    assert (buffer.merged, buffer.dropped) == (0, 3)


def test_nothing_is_merged_while_there_is_room() -> None:
    buffer = Buffer(10)
    for number in range(10):
        buffer.put(event("quote", "1.HK", number))
    assert (len(buffer), buffer.merged) == (10, 0)


def test_an_event_shows_decimals_times_and_levels_and_says_what_it_has() -> None:
    rows = [
        {"position": 1, "price": "388.20", "volume": 100, "order_num": 2},
        {"position": 2, "price": "", "volume": 0, "order_num": 0},
    ]
    book = Event("depth", {"symbol": "700.HK", "ask": rows, "bid": []}, 1.0)
    assert book.ask == (Level(1, Decimal("388.20"), 100, 2), Level(2, None, 0, 0))
    assert book.bid == ()
    quote = Event("quote", {"last_done": "", "timestamp": 0}, 1.0)
    assert quote.last_done is None
    assert quote.timestamp is None
    with pytest.raises(AttributeError, match="has no colour; it has last_done"):
        _ = quote.colour
    assert pickle.loads(pickle.dumps(book)).ask == book.ask
