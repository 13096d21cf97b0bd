"""How long the stream waits for what (tests use a tenth), and how often an account may ask over a socket."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, fields

from jupyter_openapi.kernel import CHANCE


@dataclass(frozen=True, slots=True)
class Settings:
    """Times in seconds.

    Attributes
    ----------
    open, answer
        The longest a connection may take to open, and a request to be answered.
    ping
        Between two pings; a link whose pong does not come within the same time is dead.
    compare
        Between two comparisons of what the gateway sends with what we want.
    first, longest
        The wait before the second try to connect again, which doubles each time, and the longest.
    settled
        A link that lived so long starts the waits anew.
    silent
        After so long without a first push, the first values are asked for.
    """

    open: float = 10.0
    answer: float = 15.0
    ping: float = 20.0
    compare: float = 60.0
    first: float = 1.0
    longest: float = 30.0
    settled: float = 10.0
    silent: float = 2.0

    def scaled(self, factor: float) -> Settings:
        """Return the same with every time multiplied."""
        return Settings(**{field.name: getattr(self, field.name) * factor for field in fields(self)})

    def backoff(self, failures: int) -> float:
        """Return the wait before a try: none before the first, then doubling, with a fifth left to chance."""
        if failures == 0:
            return 0.0
        delay = min(self.longest, self.first * 2.0 ** min(failures - 1, 30))
        return delay * CHANCE.uniform(0.8, 1.2)


class Bucket:
    """A limit of the account, from its profile: `burst` requests at once, `rate` more each second."""

    def __init__(self, rate: int, burst: int) -> None:
        self._rate, self._burst = max(1, rate), max(1, burst)
        self._left, self._at = float(self._burst), time.monotonic()

    async def take(self) -> None:
        """Wait until one more request is allowed."""
        at = time.monotonic()
        self._left = min(float(self._burst), self._left + (at - self._at) * self._rate) - 1
        self._at = at
        if self._left < 0:
            await asyncio.sleep(-self._left / self._rate)
