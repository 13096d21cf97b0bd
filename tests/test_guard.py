"""The border: what leaves it carries no frame, cause or context from inside."""

from __future__ import annotations

import traceback

import pytest

from jupyter_openapi.errors import Interrupted, RequestRefused, guarded

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
