"""Simple moving averages: which are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.messages import _

MOST_AVERAGES = 6
LONGEST_AVERAGE = 500


def lengths_of(text: str | Iterable[Any]) -> tuple[int, ...]:
    """Return the lengths of moving averages: ``20,60``.

    Raises
    ------
    RequestRefused
        One is no whole number from 2 to 500, or there are more than six.
    """
    if not text:
        return ()
    given = text.split(",") if isinstance(text, str) else list(text)
    found = []
    for one in given:
        word = str(one).strip()
        if not word.isascii() or not word.isdecimal() or not 2 <= int(word) <= LONGEST_AVERAGE:
            raise RequestRefused(
                _("A moving average is of 2 to {most} bars, such as --ma 20,60, not {word}.").format(
                    most=LONGEST_AVERAGE, word=word or _("nothing")
                )
            )
        found.append(int(word))
    if len(found) > MOST_AVERAGES:
        raise RequestRefused(
            _("{count} moving averages: at most {most} can be told apart.").format(
                count=len(found), most=MOST_AVERAGES
            )
        )
    return tuple(dict.fromkeys(found))
