"""The account's limits of requests over a socket, as its profile tells them."""

from __future__ import annotations

import asyncio
import time


class Bucket:
    """A limit of the account: `burst` requests at once, `rate` more each second."""

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
