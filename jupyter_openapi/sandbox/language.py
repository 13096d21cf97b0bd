"""The language of names, as ``Accept-Language`` of a request or of a socket's upgrade asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

LANGUAGES = ("en", "zh-CN", "zh-HK")
SPOKEN: ContextVar[str] = ContextVar("spoken", default="en")
"""The language of the answer that is being made."""


def language_of(header: str | None) -> str:
    """Return the language that a header asks for first; English for any that is not spoken."""
    wanted = (header or "").partition(",")[0].partition(";")[0].strip().lower()
    return next((each for each in LANGUAGES if each.lower() == wanted), "en")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Answer in this language inside."""
    token = SPOKEN.set(language)
    try:
        yield
    finally:
        SPOKEN.reset(token)
