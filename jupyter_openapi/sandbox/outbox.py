"""What waits to be written: the frames of one turn of the loop leave together, one write for each link.

A push to many links is one list entry for each of them; the system is called once a link and turn, however
many pushes a turn has. After `SHARE` seconds of writing the loop gets its turn, so that requests are answered
in between.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Protocol

SHARE = 0.001
"""Seconds of one turn of the loop that pushes may take before requests are looked at again."""


class Writer(Protocol):
    """A link with frames that wait."""

    def flush(self) -> None:
        """Write them."""


class Outbox:
    """The links that have frames to write, in the order in which they got the first."""

    def __init__(self) -> None:
        self._due: deque[Writer] = deque()
        self._called = False

    def add(self, writer: Writer) -> None:
        """Schedule a link's frames to be written at the loop's next turn."""
        self._due.append(writer)
        if not self._called:
            self._called = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        due, ends = self._due, time.monotonic() + SHARE
        while due:
            due.popleft().flush()
            if due and time.monotonic() > ends:
                asyncio.get_running_loop().call_soon(self._flush)
                return
        self._called = False
