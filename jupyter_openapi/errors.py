"""Errors of this package, and what each one says is known.

::

    OpenAPIError
    ├── RequestRefused    we refused; nothing was sent
    ├── ApiError          the broker answered with a code that is not 0
    ├── TransportError    no usable answer to a read, or nothing left this machine
    └── OutcomeUnknown    a write or trade was sent and its fate is not known

    KeyboardInterrupt
    └── Interrupted       Ctrl-C; says whether a request was in flight

`Interrupted` is not an `OpenAPIError`, so that ``except Exception`` in a trading loop does not trade on.
Every one shows itself in IPython as a single line, without a traceback.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable, Iterable
from functools import wraps
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from jupyter_openapi.messages import _, commas


def short(text: str, limit: int = 80) -> str:
    """Return `text` on one line, cut to `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


# Escape sequences of terminals (ANSI and OSC), control characters, those that turn the direction of writing,
# and halves of surrogate pairs, which no output can encode. Patterns are compiled when they are first used.
_SEQUENCES = (
    r"\x1b\][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x9d[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?"
)
_UNSHOWN = (
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"
)
_BREAKS = r"\s*\n\s*"
_SPACES = "[\t\n\x0b\x0c\r\x85\u2028\u2029]"


def clean(text: str, keep: str = "") -> str:
    """Return a text of the server's without what could deceive or break an output.

    Line ends and tabs become spaces, unless they are among `keep`.
    """
    if text.isascii() and text.isprintable():
        return text
    text = re.sub(_UNSHOWN, "", re.sub(_SEQUENCES, "", text))
    return re.sub(_SPACES, lambda found: found[0] if found[0] in keep else " ", text)


class OneLine:
    """Mixin: IPython shows the error as one line instead of a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


class OpenAPIError(OneLine, Exception):
    """Base of every error this package raises.

    `trace_id` is what the broker's support asks for; None where no answer of a server came.
    """

    trace_id: str | None = None


class RequestRefused(OpenAPIError):
    """We refused the request before anything was sent; said on one line, whatever was given."""

    def __init__(self, message: str) -> None:
        super().__init__(re.sub(_BREAKS, " ", message) if "\n" in message else message)


class ApiError(OpenAPIError):
    """The broker answered with an error.

    Parameters
    ----------
    message
        The broker's own text.
    code
        The envelope's business code; None if the answer was no envelope.
    http_status, trace_id, operation
        Where it happened; `trace_id` is what the broker's support asks for.
    advice
        What to do next, one sentence.

    Source: the broker's common error codes (401003, 403201, 429002, 602001, ...).
    """

    def __init__(
        self,
        message: str,
        *,
        code: int | None = None,
        http_status: int | None = None,
        trace_id: str | None = None,
        operation: str | None = None,
        advice: str = "",
    ) -> None:
        self.message = message
        self.code = code
        self.http_status = http_status
        self.trace_id = trace_id
        self.operation = operation
        self.advice = advice
        super().__init__(message)

    def __str__(self) -> str:
        facts = [
            _("code {code}").format(code=self.code) if self.code is not None else "",
            f"HTTP {self.http_status}" if self.http_status is not None else "",
            _("trace id {trace_id}").format(trace_id=self.trace_id) if self.trace_id else "",
        ]
        # A message may begin with the name itself, as the sandbox's do for paths that it does not carry.
        named = not self.operation or self.message.startswith(f"{self.operation}: ")
        where = "" if named else f"{self.operation}: "
        known = _("({facts}).").format(facts=_(", ").join(filter(None, facts)))
        return sentence(f"{where}{self.message}", known, self.advice)


class TransportError(OpenAPIError):
    """No usable answer to a read, or nothing left this machine.

    `http_status` and `trace_id` are set when something answered that was no envelope (a proxy's page, say).
    """

    def __init__(self, message: str, *, http_status: int | None = None, trace_id: str | None = None) -> None:
        self.http_status = http_status
        self.trace_id = trace_id
        super().__init__(message)


class OutcomeUnknown(OpenAPIError):
    """A write or trade was sent and no usable answer came: it may or may not have happened.

    `client_request_id` or `order_id` name what to look for.
    """

    def __init__(
        self,
        message: str,
        *,
        client_request_id: str | None = None,
        order_id: str | None = None,
        http_status: int | None = None,
        trace_id: str | None = None,
    ) -> None:
        self.client_request_id = client_request_id
        self.order_id = order_id
        self.http_status = http_status
        self.trace_id = trace_id
        super().__init__(message)


class Interrupted(OneLine, KeyboardInterrupt):
    """Ctrl-C. `in_flight` tells whether a request had left and was not yet answered."""

    trace_id: str | None = None

    def __init__(self, message: str, *, in_flight: bool) -> None:
        self.in_flight = in_flight
        super().__init__(message)


_UNSPACED = "(?<=[\u3002\uff1f\uff1b\uff1a\uff0c\uff09])\\s+|\\s+(?=\uff08)"  # Chinese . ? ; : , ) and (


def sentence(*parts: str) -> str:
    """Join the parts that are not empty with single spaces, on one line; Chinese marks need none."""
    joined = " ".join(" ".join(part.split()) for part in parts if part)
    return joined if joined.isascii() else re.sub(_UNSPACED, "", joined)


def nearest(word: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return up to `count` known names that look like `word`, best first; prefixes count as alike."""
    from difflib import SequenceMatcher, get_close_matches

    names = list(dict.fromkeys(known))
    close = get_close_matches(word.lower(), names, n=count, cutoff=0.6)
    likeness = {name: SequenceMatcher(None, name, word.lower()).ratio() for name in close}
    # Beside one that is nearly the word, those that merely resemble it mislead.
    close = [name for name in close if likeness[name] > likeness[close[0]] - 0.25]
    starts = [name for name in names if len(word) > 1 and name.startswith(word.lower())]
    return list(dict.fromkeys([*close, *starts]))[:count]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``Did you mean a, b or c?`` for the names that look like `word`, or an empty string."""
    close = nearest(word, known)
    if not close:
        return ""
    return _("Did you mean {value}?").format(value=commas(close, _(" or ")))


P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger(__name__)
_PACKAGE = Path(__file__).resolve().parent


def guarded(function: Callable[P, R]) -> Callable[P, R]:
    """Make a public function re-raise errors without the frames that hold secrets.

    An error that is none of ours keeps the place where it was raised, as a note. Coroutine functions too.
    """
    if iscoroutinefunction(function):

        @wraps(function)
        async def awaited(*args: P.args, **kwargs: P.kwargs) -> Any:
            try:
                return await function(*args, **kwargs)
            except BaseException as failure:  # noqa: BLE001 (raised again below, without its frames)
                problem = _without_frames(failure)
            del args, kwargs  # this frame stays in the traceback
            raise problem.with_traceback(None)

        return cast("Callable[P, R]", awaited)

    @wraps(function)
    def border(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except BaseException as failure:  # noqa: BLE001 (raised again below, without its frames)
            problem = _without_frames(failure)
        del args, kwargs  # this frame stays in the traceback
        raise problem.with_traceback(None)

    return border


def _without_frames(failure: BaseException) -> BaseException:
    problem = failure
    if not isinstance(failure, OneLine):
        # Where it happened, as source lines; the values stay behind.
        log.debug("%s", "".join(traceback.format_tb(failure.__traceback__)))
        if isinstance(failure, KeyboardInterrupt):
            problem = Interrupted(_("Interrupted; no request was in flight."), in_flight=False)
        elif isinstance(failure, Exception):
            _note_place(failure)
    problem.__cause__ = problem.__context__ = None
    return problem


def _note_place(failure: Exception) -> None:
    """Add a note with the file, line and function where an error was raised, unless it has one."""
    start = _("Raised in {place}").partition("{")[0]
    if any(note.startswith(start) for note in getattr(failure, "__notes__", ())):
        return
    places = [
        (Path(frame.f_code.co_filename), line, frame.f_code.co_qualname)
        for frame, line in traceback.walk_tb(failure.__traceback__)
        if frame.f_code.co_name not in {"border", "awaited"}
    ]
    ours = [place for place in places if _PACKAGE in place[0].parents]
    # The last of our own lines, and the library's line below it, if it was one that raised.
    shown = dict.fromkeys([*ours[-1:], *places[-1:]])
    if shown:
        failure.add_note(
            _("Raised in {place}").format(place=_(", called from ").join(map(_place, reversed(shown))))
        )


def _place(place: tuple[Path, int, str]) -> str:
    path, line, function = place
    name = path.relative_to(_PACKAGE.parent) if _PACKAGE in path.parents else Path(*path.parts[-2:])
    return f"{name.as_posix()}, line {line}, {function}"
