"""Repeating a read: what may be repeated, how long to wait, and the end of the budget."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_openapi.transport.transport import Budget, may_repeat, retry_after


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (None, None, True),
        (503, None, True),
        (429, None, True),
        (404, None, False),
        (302, None, False),
        (429, 429002, True),
        (500, 500000, True),
        (403, 403201, False),
        (400, 602001, False),
        (503, 602001, False),
    ],
)
def test_what_may_be_repeated(status: int | None, code: int | None, expected: bool) -> None:
    assert may_repeat(status, code) is expected


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 37.0),
        ("soon", None),
        ("", None),
        (None, None),
        ("-1", None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, now=784111740.0) == seconds


@given(st.integers(1, 8), st.floats(0, 20), st.lists(st.none() | st.floats(0, 30), max_size=12))
def test_the_budget_bounds_tries_and_time(tries: int, seconds: float, asked: list[float | None]) -> None:
    budget = Budget(tries=tries, seconds=seconds, first=0.2)
    waits = []
    for wish in asked:
        wait = budget.wait(wish)
        if wait is None:
            break
        assert wait >= (wish or 0)
        waits.append(wait)
    assert len(waits) <= tries - 1
    assert sum(waits) <= seconds + 1e-9
