"""The market's time: the wall clock's, or one that only ``POST /sandbox/clock`` moves.

The gate, the ``Date`` header and the ten minutes of `client_request_id` always keep wall time.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from jupyter_openapi.sandbox.refusal import bad

if TYPE_CHECKING:
    from jupyter_openapi.sandbox.store import Store

FURTHEST = 400 * 86400.0


class MarketClock:
    """Unix seconds of the market. A manual clock is kept in the database and never runs back.

    Parameters
    ----------
    store
        Where a manual clock's time survives a restart.
    manual
        True for ``--clock manual``.
    start
        Where a new manual clock begins; the wall clock's present second if None.
    """

    def __init__(self, store: Store, *, manual: bool, start: float | None = None) -> None:
        self._store = store
        self.manual = manual
        self._now = 0.0
        if manual:
            kept = store.setting("clock")
            self._now = float(kept if kept is not None else start if start is not None else int(time.time()))

    def now(self) -> float:
        """Return the market's time in Unix seconds."""
        return self._now if self.manual else time.time()

    def target(self, *, advance: float | None, to: float | None) -> float:
        """Return the time a request wants; refuse a step backwards or past all calendars."""
        if not self.manual:
            raise bad("clock", "it is the wall clock's; start the sandbox with --clock manual to move it")
        if (advance is None) == (to is None):
            raise bad("advance", 'send {"advance": seconds} or {"to": unix seconds}, one of the two')
        name, goal = ("to", to) if to is not None else ("advance", self._now + (advance or 0.0))
        if goal is None or goal < self._now:
            raise bad(name, f"time doesn't run back; the market is at {self._now:.3f}")
        if goal > self._now + FURTHEST:
            raise bad(name, "one step is at most 400 days")
        return goal

    def set(self, now: float) -> None:
        """Move a manual clock and keep its time."""
        self._store.set_setting("clock", now)
        self._now = now
