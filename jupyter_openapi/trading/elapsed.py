"""How long something has been going on, by the clock that has moved further.

The monotonic clock stands still while a laptop sleeps, and the wall clock may be set back: an order must
neither leave after a night's sleep nor be repeated after the broker has forgotten its id.
"""

from __future__ import annotations

import time


class Since:
    """A moment, the present one when it is made."""

    __slots__ = ("_monotonic", "_wall")

    def __init__(self) -> None:
        self._monotonic, self._wall = time.monotonic(), time.time()

    @property
    def seconds(self) -> float:
        """Seconds since then; too many rather than too few."""
        return max(time.monotonic() - self._monotonic, time.time() - self._wall)
