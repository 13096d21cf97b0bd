"""Repeating a read: may it be repeated, how long to wait, is there budget left.

Only reads come here. Orders have rules of their own, in `trading`. Each repeat is signed anew.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

RETRY_STATUSES = frozenset({429, 500, 502, 503, 504})
RETRY_CODES = frozenset({403202, 429001, 429002, 429303, 500000})


def may_repeat(status: int | None, code: int | None) -> bool:
    """Tell whether a read answered so, or not answered at all (both None), can succeed if sent again."""
    if code is not None:
        return code in RETRY_CODES
    return status is None or status in RETRY_STATUSES


def retry_after(header: str | None, now: float) -> float | None:
    """Return the seconds a ``Retry-After`` header asks for, from its number or its date."""
    if not header:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - now)
    except (TypeError, ValueError):
        return None


@dataclass
class Budget:
    """How often and how long one read may be repeated.

    `seconds` bounds the sum of the waits; each wait doubles, with up to half of it left to chance so that
    several kernels do not return at the same instant.
    """

    tries: int = 5
    seconds: float = 12.0
    first: float = 0.2
    _used: int = field(default=1, init=False)

    def wait(self, asked: float | None = None) -> float | None:
        """Return how long to wait before the next try, or None when the budget is spent."""
        if self._used >= self.tries:
            return None
        delay = self.first * 2.0 ** (self._used - 1) * random.uniform(0.5, 1.0)  # noqa: S311 (no secret)
        delay = max(delay, asked or 0.0)
        if delay > self.seconds:
            return None
        self._used += 1
        self.seconds -= delay
        return delay

    def sleep(self, asked: float | None = None) -> bool:
        """Wait for the next try; False when the budget is spent."""
        delay = self.wait(asked)
        if delay is None:
            return False
        time.sleep(delay)
        return True
