"""Print for a person, on whatever stream: nothing fails for want of a character or of a reader.

Light, for `%load_ext` imports it.
"""

from __future__ import annotations

import codecs
import io
import logging
import sys

log = logging.getLogger(__name__)


def say(text: str, *, warning: bool = False) -> None:
    """Print a line for a person; a line that can't be printed is no failure of what it tells of.

    The order is sent, and the file saved, before it is said. A reader that is gone (``| head``), a full disk
    behind ``>`` or a closed stream must not make it look undone, for then it would be done twice.
    """
    stream = sys.stderr if warning else sys.stdout
    try:
        try:
            print(text, file=stream)
        except UnicodeEncodeError:  # another's stream, which `print_legibly` could not set
            print(text.encode("ascii", LEGIBLY).decode(), file=stream)
    except (OSError, ValueError) as failure:
        log.debug("%s could not be printed: %s", text, failure)


def print_legibly() -> None:
    """Let what is printed pass a terminal that has no character for it, instead of failing in the middle."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in _UNREADABLE:
            stream.reconfigure(errors=LEGIBLY)


LEGIBLY = "jupyter_openapi.legibly"
_UNREADABLE = frozenset({"strict", "backslashreplace", "surrogateescape"})  # of the C locale: the last
_PLAIN = {"\u2026": "...", "\u00b7": "-", "\u2022": "*", "\u2500": "-", "\u251c": "|", "\u2514": "`"}


def _legibly(failure: UnicodeError) -> tuple[str, int]:
    """Stand in for characters that a stream can't encode."""
    if not isinstance(failure, UnicodeEncodeError):
        raise failure
    found = failure.object[failure.start : failure.end]
    plain = [_PLAIN.get(each) or each.encode("ascii", "backslashreplace").decode() for each in found]
    return "".join(plain), failure.end


codecs.register_error(LEGIBLY, _legibly)
