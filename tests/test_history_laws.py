"""The pager against a broker of random rows: nothing dropped, nothing doubled, and it always ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from support import soak
from support.histories import DAY, NOW, PRESENT, Broker, execution, flow, operation, order

from jupyter_openapi.errors import TransportError
from jupyter_openapi.history import History, Unfinished, fetch
from jupyter_openapi.history import page as reading
from jupyter_openapi.history.walk import READINGS
from jupyter_openapi.spec.model import Operation

START = PRESENT - 5 * DAY


@dataclass(frozen=True)
class Kind:
    """One of the three ways a history is paged."""

    name: str
    row: Callable[[int, int], dict[str, Any]]
    window: tuple[str, str]

    def operation(self, cap: int) -> Operation:
        capped = {} if self.name == "cash_flow" else {"max_rows": cap}
        return operation(self.name, days=1, **capped)


ORDERS = Kind("history_orders", order, ("start_at", "end_at"))
EXECUTIONS = Kind("history_executions", execution, ("start_at", "end_at"))
ALL = Kind("all_executions", execution, ("start_at", "end_at"))
FLOWS = Kind("cash_flow", flow, ("start_time", "end_time"))

# Seconds from the start: borders of the one-day windows, a few crowded seconds, anything else.
BORDERS = st.builds(lambda day, off: day * DAY + off, st.integers(0, 5), st.integers(-2, 1))
MOMENTS = st.one_of(BORDERS, st.sampled_from([7, 7 + DAY, 3 * DAY]), st.integers(0, 5 * DAY))
CROWDS = st.lists(st.tuples(MOMENTS, st.integers(1, 9)), max_size=12)


def rows_of(kind: Kind, crowds: list[tuple[int, int]]) -> list[dict[str, Any]]:
    moments = [START + at for at, count in crowds for _ in range(count) if 0 <= at <= 5 * DAY]
    return [kind.row(number, at) for number, at in enumerate(moments)]


def texts(rows: list[dict[str, Any]]) -> Counter[str]:
    return Counter(repr(sorted(row.items())) for row in rows)


def get(broker: Broker, kind: Kind, later: int = 0, **options: Any) -> History:
    start = kind.window[0]
    more = {"size": broker.cap} if kind is FLOWS else {}
    now = NOW + timedelta(seconds=later)
    return fetch(
        broker, broker.operation, {start: START, **more, **options.pop("arguments", {})}, now=now, **options
    )


def in_order(broker: Broker, history: History) -> bool:
    times = [broker.at(row) for row in history.rows]
    return times == sorted(times)


@given(
    st.sampled_from([ORDERS, EXECUTIONS, ALL, FLOWS]),
    CROWDS,
    st.integers(1, 6),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=soak(2000))
def test_a_history_at_rest_comes_whole(
    kind: Kind,
    crowds: list[tuple[int, int]],
    cap: int,
    newest_first: bool,
    says_more: bool,
) -> None:
    rows = rows_of(kind, crowds)
    broker = Broker(
        kind.operation(cap),
        rows,
        cap,
        newest_first,
        says_more and kind is not FLOWS,
        today_from=PRESENT - DAY // 2 if kind is EXECUTIONS else None,
    )
    # Without pages, a second with more rows than a reply holds can't be read whole; where nothing says that
    # there are more, one with as many can't be told from it.
    seconds = Counter(map(broker.at, rows))
    limit = cap if says_more else cap - 1
    crowded = {at for at, count in seconds.items() if count > limit} if kind is ORDERS else set()
    history = get(broker, kind)
    assert in_order(broker, history)
    assert history.pages == len(broker.requests)
    for at in seconds:
        expected = texts([row for row in rows if broker.at(row) == at])
        found = texts([row for row in history.rows if broker.at(row) == at])
        if at in crowded:
            assert found.total() == cap
            assert not found - expected
        else:
            assert found == expected
    assert history.complete == (not crowded)
    if crowded:
        assert ("holds more than" if says_more else "may hold more than") in history.why
        return
    assert len(history.rows) == len(rows)
    assert history.summary() == (
        f"{len(rows):,} row{'' if len(rows) == 1 else 's'}, 2026-11-17 to 2026-11-22, complete"
    )


@given(
    st.sampled_from([EXECUTIONS, ALL, FLOWS, ORDERS]),
    CROWDS,
    st.integers(2, 6),
    st.booleans(),
    st.dictionaries(st.integers(1, 40), st.tuples(MOMENTS, st.integers(1, 4)), max_size=3),
)
@example(FLOWS, [(7, 5)], 3, False, {2: (0, 1), 8: (0, 1), 14: (0, 1)})
@settings(max_examples=soak(2000))
def test_rows_that_arrive_meanwhile_move_nothing(
    kind: Kind,
    crowds: list[tuple[int, int]],
    cap: int,
    newest_first: bool,
    arrivals: dict[int, tuple[int, int]],
) -> None:
    """What was there is there once; what came in meanwhile is there once or not yet."""
    rows = rows_of(kind, crowds)
    late: list[dict[str, Any]] = []

    def arrive(request: int) -> None:
        at, count = arrivals.get(request, (0, 0))
        new = [kind.row(10_000 + 10 * request + each, START + max(0, at)) for each in range(count)]
        late.extend(new)
        broker.rows = [*broker.rows, *new]

    broker = Broker(
        kind.operation(cap),
        rows,
        cap,
        newest_first,
        kind is not FLOWS,
        today_from=PRESENT + 60 if kind is EXECUTIONS else None,
        before=arrive,
    )
    history = get(broker, kind)
    got = texts(history.rows)
    assert in_order(broker, history)
    if kind is ORDERS and not history.complete:
        assert "holds more than" in history.why
        return
    # Each arrival may spoil two readings: the one that it meets, and the next, which is compared with that.
    if 2 * len(arrivals) >= READINGS and not history.complete:
        assert "kept moving" in history.why
        return
    assert history.complete, history.why
    assert not texts(rows) - got, "dropped"
    assert not got - texts([*rows, *late]), "doubled"


@given(
    st.sampled_from([EXECUTIONS, FLOWS, ORDERS]),
    CROWDS,
    st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=6),
    st.booleans(),
)
@settings(max_examples=soak(1000))
def test_a_history_broken_off_goes_on(
    kind: Kind, crowds: list[tuple[int, int]], breaks: list[tuple[int, bool]], newest_first: bool
) -> None:
    """Interrupted or failing any number of times, with new rows in between: the last call has them all."""
    rows = rows_of(kind, crowds)
    assume(kind is not ORDERS or max(Counter(row["submitted_at"] for row in rows).values(), default=0) <= 10)
    left = 0
    stop = True

    def fail(_: int) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise KeyboardInterrupt if stop else TransportError("history: no answer.")

    broker = Broker(
        kind.operation(10),
        rows,
        10,
        newest_first,
        kind is not FLOWS,
        today_from=PRESENT - DAY if kind is EXECUTIONS else None,
        before=fail,
    )
    shelf = Unfinished()
    total = 0
    for turn, (requests, interrupt) in enumerate(breaks, start=1):
        left, stop = requests, interrupt
        before = len(broker.requests)
        try:
            history = get(broker, kind, later=60 * turn, resume=shelf)
        except TransportError as error:
            assert requests == 1 or "the same call goes on from there" in str(error)  # noqa: PT017
        else:
            assert history.complete == (left > 0)
            assert not texts(history.rows) - texts(broker.rows)
        total += len(broker.requests) - before
        broker.rows = [*broker.rows, kind.row(10_000 + turn, PRESENT + 60 * turn + 30)]
    left = 0
    history = get(broker, kind, later=60 * (len(breaks) + 1), resume=shelf)
    assert history.complete, history.why
    assert texts(history.rows) == texts(broker.rows)
    assert in_order(broker, history)
    assert len(shelf) == 0


@given(CROWDS, st.integers(1, 5), st.integers(6, 50))
@settings(max_examples=soak(500))
def test_pages_shorter_than_asked_for_lose_nothing(
    crowds: list[tuple[int, int]], cap: int, asked: int
) -> None:
    rows = rows_of(FLOWS, crowds)
    # Rows told apart: equal short pages would be, rightly, suspected of repetition.
    rows = [{**row, "description": str(number)} for number, row in enumerate(rows)]
    broker = Broker(FLOWS.operation(cap), rows, cap, says_more=False)
    with patch.object(reading, "LEAST_PAGE", 1):
        history = get(broker, FLOWS, arguments={"size": asked})
    assert history.complete
    assert texts(history.rows) == texts(rows)


@given(
    st.sampled_from([EXECUTIONS, ALL, FLOWS, ORDERS]),
    CROWDS,
    st.integers(1, 4),
    st.sampled_from(["same", "empty", "always"]),
)
@settings(max_examples=soak(500))
def test_a_broker_that_never_says_enough_ends(
    kind: Kind, crowds: list[tuple[int, int]], cap: int, how: str
) -> None:
    """The walk ends, says that it cannot vouch for the rows, and has doubled none."""
    rows = rows_of(kind, crowds)
    broker = Broker(kind.operation(cap), rows, cap, today_from=PRESENT + 60)

    def lying(name: str, arguments: Any) -> dict[str, Any]:
        data = broker(name, {**arguments, "page": 1} if how == "same" and kind is not ORDERS else arguments)
        if name == "today_executions":
            return data
        if how == "empty":
            data[broker.list_name] = []
        return {**data, "has_more": True}

    arguments = {kind.window[0]: START, **({"size": cap} if kind is FLOWS else {})}
    history = fetch(lying, broker.operation, arguments, now=NOW)
    assert not history.complete
    assert history.why
    assert not texts(history.rows) - texts(rows)
