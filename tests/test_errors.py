"""The border: what leaves it carries no frame, cause or context from inside."""

from __future__ import annotations

import asyncio
import re
import traceback

import pytest

from jupyter_openapi.errors import ApiError, Interrupted, RequestRefused, guarded
from jupyter_openapi.signing import string_to_sign

SECRET = "secret-value-in-a-local"


@guarded
def fails(how: type[BaseException]) -> None:
    local = {"token": SECRET}
    try:
        {}[local["token"]]
    except KeyError as cause:
        raise how("plain words") from cause


def frames_of(error: BaseException) -> list[str]:
    return [
        str(frame.f_locals)
        for frame, _ in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_name != frames_of.__name__
    ]


@pytest.mark.parametrize("how", [RequestRefused, KeyError, KeyboardInterrupt])
def test_no_frame_below_the_border(how: type[BaseException]) -> None:
    with pytest.raises(BaseException) as caught:  # noqa: PT011 (three kinds)
        fails(how)
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    assert not any(SECRET in text for text in frames_of(error))
    assert isinstance(error, Interrupted if how is KeyboardInterrupt else how)


def test_interrupted_is_no_ordinary_exception() -> None:
    with pytest.raises(KeyboardInterrupt) as caught:
        fails(KeyboardInterrupt)
    assert not isinstance(caught.value, Exception)
    assert caught.value.in_flight is False


@guarded
async def fails_later(how: type[BaseException]) -> None:
    local = {"token": SECRET}
    await asyncio.sleep(0)
    raise how(f"{len(local)} plain words")


@pytest.mark.parametrize("how", [RequestRefused, ValueError, asyncio.CancelledError])
def test_no_frame_leaves_a_coroutine(how: type[BaseException]) -> None:
    with pytest.raises(how) as caught:
        asyncio.run(fails_later(how))
    assert not any(SECRET in text for text in frames_of(caught.value))


@guarded
def outer() -> None:
    inner()


@guarded
def inner() -> None:
    secret = {"token": SECRET}
    re.compile("(" * len(secret))


def test_an_error_that_is_not_ours_keeps_its_place() -> None:
    with pytest.raises(re.error) as caught:
        outer()
    [note] = caught.value.__notes__
    assert re.fullmatch(r"Raised in re/_parser.py, line \d+, \w+", note)
    assert SECRET not in note


def test_the_place_names_our_own_line_too() -> None:
    with pytest.raises(AttributeError) as caught:
        guarded(string_to_sign)(object())
    [note] = caught.value.__notes__
    assert re.fullmatch(r"Raised in jupyter_openapi/signing.py, line \d+, \w+", note)


@pytest.mark.parametrize("how", [RequestRefused, KeyboardInterrupt])
def test_our_own_errors_need_no_place(how: type[BaseException]) -> None:
    with pytest.raises(BaseException) as caught:  # noqa: PT011 (two kinds)
        fails(how)
    assert not hasattr(caught.value, "__notes__")


def test_the_name_of_what_was_asked_stands_once() -> None:
    """The sandbox's message of a path that it does not carry begins with the path, as the name does."""
    twice = ApiError("GET /: not carried", code=404000, http_status=404, operation="GET /")
    assert str(twice).startswith("GET /: not carried (")
    assert str(twice).count("GET /") == 1
    once = ApiError("GET /x: not carried", operation="GET /")
    assert str(once).startswith("GET /: GET /x: not carried")
