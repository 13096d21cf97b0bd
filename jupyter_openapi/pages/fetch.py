"""Fetch a history, and keep what an interruption or error left of it."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import ApiError, OpenAPIError, sentence
from jupyter_openapi.pages.history import History
from jupyter_openapi.pages.plan import Plan, make_plan
from jupyter_openapi.pages.walk import Progress, Read, Walk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_openapi.spec.model import Operation

KEPT = 4  # histories broken off that are kept
FRESH = 3600  # seconds after which one is too old to go on from: orders may have changed meanwhile


class Unfinished:
    """Histories of one account that were broken off, to go on from. Safe to use from several threads."""

    def __init__(self) -> None:
        self._walks: dict[str, Walk] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._walks)

    def take(self, plan: Plan) -> Walk | None:
        """Return the walk of the same operation, arguments and window, if it was broken off lately."""
        with self._lock:
            walk = self._walks.pop(plan.key, None)
        if walk is None or not 0 <= plan.now - walk.plan.now <= FRESH:
            return None
        walk.go_on(plan)
        return walk

    def keep(self, walk: Walk) -> None:
        """Keep a walk; only the last few are."""
        with self._lock:
            self._walks.pop(walk.plan.key, None)
            self._walks[walk.plan.key] = walk
            while len(self._walks) > KEPT:
                del self._walks[next(iter(self._walks))]


def fetch(
    read: Read,
    operation: Operation,
    arguments: Mapping[str, Any],
    *,
    tz: str = "UTC",
    now: datetime | None = None,
    progress: Progress | None = None,
    resume: Unfinished | None = None,
    facts: Mapping[str, Any] | None = None,
) -> History:
    """Return the whole history that `operation` holds.

    Parameters
    ----------
    read
        Called with an operation's name and its arguments; gives the reply's `data`.
    operation, arguments
        As for a single call, with a start; without an end up to the present. No page: every one is read.
    tz, now
        The zone of naive times and of days; the present moment.
    progress
        Called after every request, and once more, ``over``, when nothing more comes, for whatever reason.
    resume
        Where a history that is broken off is kept, and where the same call finds it.
    facts
        What its frames say of themselves beside their window.

    Returns
    -------
    History
        After Ctrl-C too: incomplete then, with what has been read.

    Raises
    ------
    RequestRefused
        There is no start, or an argument does not fit; nothing was sent.
    ApiError, TransportError
        A request failed for good; what was read before is in `resume`, as the error says.
    """
    plan = make_plan(operation, arguments, tz=tz, now=now or datetime.now(UTC))
    walk = (resume.take(plan) if resume is not None else None) or Walk(plan)
    why = ""
    try:
        walk.run(read, progress)
    except KeyboardInterrupt:
        if not walk.over:
            why = f"interrupted, {_reached(walk)}{_keep(walk, resume)}"
    except Exception as error:
        kept = _keep(walk, resume)
        if kept:
            _tell(error, f"{walk.count:,} rows, {_reached(walk)}, are kept{kept}.")
        raise
    finally:
        if progress is not None:
            progress(walk.step(over=True))
    return _history(walk, why, facts)


def _reached(walk: Walk) -> str:
    """Say how far a walk that was broken off has got."""
    if walk.parts and walk.plan.pages.window:
        return f"read up to {walk.plan.stamp(walk.parts[-1].last)}"
    return f"read with {walk.requests} request{'' if walk.requests == 1 else 's'}"


def _keep(walk: Walk, resume: Unfinished | None) -> str:
    """Keep a walk that was broken off, if there is where to and anything was read; say so."""
    if resume is None or not walk.requests:
        return ""
    resume.keep(walk)
    return "; the same call goes on from there"


def _tell(error: Exception, text: str) -> None:
    """Add a sentence to an error's one line."""
    if isinstance(error, ApiError):
        error.advice = sentence(error.advice, text)
    elif isinstance(error, OpenAPIError):
        error.args = (sentence(str(error), text),)


def _history(walk: Walk, why: str, facts: Mapping[str, Any] | None) -> History:
    plan = walk.plan
    reasons = [part.why for part in walk.parts if part.why]
    if len(reasons) > 1:
        reasons = [
            f"{reasons[0]} (and {len(reasons) - 1:,} more such window{'s' if len(reasons) > 2 else ''})"
        ]
    whole = bool(plan.pages.window)
    return History(
        plan.operation,
        walk.rows(),
        walk.over and not reasons,
        "; ".join(filter(None, [why, *reasons])),
        plan.moment(plan.start) if whole else None,
        plan.moment(plan.last) if whole else None,
        walk.requests,
        bool(why),
        walk.place,
        dict(facts or {}),
    )
