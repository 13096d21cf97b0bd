"""The broker's rate limits.

30 calls in 30 s, 20 ms apart, for trade and asset; 10 a second and 5 at once for quotes.

Source: the broker's documentation, "Rate limit".
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from jupyter_openapi.sandbox.refusal import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

TOO_MANY = 429002


class Window:
    """At most `calls` in any `seconds`, at least `gap` seconds apart, `width` at once."""

    def __init__(self, calls: int, seconds: float, *, gap: float = 0.0, width: int | None = None) -> None:
        self.calls = calls
        self.seconds = seconds
        self.gap = gap
        self.width = width
        self.busy = 0
        self._times: deque[float] = deque()

    def refusal(self, now: float) -> str | None:
        """Say why a call at `now` is one too many, or None when it may pass."""
        times = self._times
        while times and times[0] <= now - self.seconds:
            times.popleft()
        if self.width is not None and self.busy >= self.width:
            return f"more than {self.width} calls at once"
        if len(times) >= self.calls:
            return f"more than {self.calls} calls in {self.seconds:g} s"
        if times and now - times[-1] < self.gap:
            return f"calls less than {self.gap * 1000:g} ms apart"
        return None

    def count(self, now: float) -> None:
        """Count a call that passed; one that was refused doesn't count."""
        self._times.append(now)
        self.busy += 1


class Limits:
    """The account's limits, by the name the specification gives each operation: trade, quote or none."""

    def __init__(self, *, on: bool = True, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._windows = {"trade": Window(30, 30.0, gap=0.02), "quote": Window(10, 1.0, width=5)} if on else {}

    def enter(self, name: str) -> None:
        """Let a call in, or refuse it with HTTP 429 and 429002."""
        window = self._windows.get(name)
        if window is None:
            return
        now = self._now()
        reason = window.refusal(now)
        if reason:
            raise Refused(f"api request is limited: {reason}", code=TOO_MANY, status=429)
        window.count(now)

    def leave(self, name: str) -> None:
        """Note that a call which entered has been answered."""
        window = self._windows.get(name)
        if window is not None:
            window.busy -= 1
