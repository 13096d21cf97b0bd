"""One test of many cases: every case runs, those that fail are named, and nothing is passed over."""

from __future__ import annotations

import inspect

import pytest
from support.each import SHOWN, each


def test_every_case_runs_and_those_that_fail_are_named_with_their_tracebacks() -> None:
    seen = []

    @each("number", range(5), lambda number: f"number {number}")
    def odd(number: int) -> None:
        seen.append(number)
        assert number % 2, number
        if number == 3:
            pytest.fail("three")

    with pytest.raises(ExceptionGroup, match="4 of 5 cases fail") as caught:
        odd()
    assert seen == [0, 1, 2, 3, 4]
    assert [failure.__notes__[-1] for failure in caught.value.exceptions] == [
        f"The case: number {number}" for number in (0, 2, 3, 4)
    ]
    assert all(failure.__traceback__ is not None for failure in caught.value.exceptions[:2])


def test_many_that_fail_are_counted_and_some_shown() -> None:
    @each("number", range(100))
    def never(number: int) -> None:
        raise ValueError(number)

    with pytest.raises(ExceptionGroup, match="100 of 100 cases fail") as caught:
        never()
    assert len(caught.value.exceptions) == SHOWN


def test_no_case_or_one_that_is_skipped_is_an_error() -> None:
    with pytest.raises(AssertionError, match="no case"):
        each("number", [])

    @each("number", [1])
    def skipped(number: int) -> None:
        pytest.skip("not today")

    with pytest.raises(AssertionError, match="cannot be skipped"):
        skipped()


@each("first, second", [(1, 2), (2, 3)])
def test_fixtures_stand_beside_the_case(first: int, second: int, tmp_path: object) -> None:
    assert second == first + 1
    assert tmp_path is not None


def test_a_runner_sees_the_fixtures_only() -> None:
    assert list(inspect.signature(test_fixtures_stand_beside_the_case).parameters) == ["tmp_path"]
    with pytest.raises(AssertionError):
        each("third", [1])(test_fixtures_stand_beside_the_case)
