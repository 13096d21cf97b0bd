"""Ways to take a subscription's events: a loop, an asynchronous loop, a callback. Each has its own buffer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Protocol

from jupyter_openapi.stream.buffers import Buffer
from jupyter_openapi.stream.events import Event

log = logging.getLogger(__name__)

_GLANCE = 0.2  # seconds a waiting loop sleeps at most, so that Ctrl-C gets through on every platform

_BATCH = 32  # events a callback's thread takes at once; what it has taken can't be merged any more


class _Signal:
    """Wakes one waiting thread, and resets itself; cheaper and quicker than `threading.Event`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def set(self) -> None:
        with contextlib.suppress(RuntimeError):  # set already
            self._lock.release()

    def wait(self, timeout: float = -1) -> None:
        self._lock.acquire(timeout=timeout)


class Feed(Protocol):
    """What gives events to consumers: a subscription."""

    def attach(self, wake: Callable[[], None]) -> Buffer:
        """Return a new buffer that gets every event from now on, and the first values known already."""

    def detach(self, buffer: Buffer) -> None:
        """Stop filling a buffer."""

    def check(self) -> None:
        """Raise what a loop must raise: the refusal of the gateway."""


class Events:
    """Events one after the other, by ``for`` or ``async for``, until `seconds`, `count`, or the close."""

    def __init__(self, feed: Feed, seconds: float | None, count: int | None) -> None:
        self._feed = feed
        self._seconds = seconds
        self._count = count

    # The buffer is there from the moment the loop is made, not from its first turn on.

    def __iter__(self) -> Iterator[Event]:
        woken = _Signal()
        return self._take(self._feed.attach(woken.set), woken)

    def _take(self, buffer: Buffer, woken: _Signal) -> Iterator[Event]:
        try:
            deadline, given = self._deadline(), 0
            while self._count is None or given < self._count:
                if taken := buffer.take():
                    given += 1
                    yield taken[0]
                    continue
                self._feed.check()
                left = deadline - time.monotonic()
                if left <= 0 or buffer.ended:
                    return
                woken.wait(min(left, _GLANCE))
        finally:
            self._feed.detach(buffer)

    def __aiter__(self) -> AsyncIterator[Event]:
        loop, woken = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(woken.set)

        return self._take_async(self._feed.attach(wake), woken)

    async def _take_async(self, buffer: Buffer, woken: asyncio.Event) -> AsyncIterator[Event]:
        try:
            deadline, given = self._deadline(), 0
            while self._count is None or given < self._count:
                woken.clear()
                if taken := buffer.take():
                    given += 1
                    yield taken[0]
                    continue
                self._feed.check()
                left = deadline - time.monotonic()
                if left <= 0 or buffer.ended:
                    return
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(woken.wait(), None if left == float("inf") else left)
        finally:
            self._feed.detach(buffer)

    def _deadline(self) -> float:
        return float("inf") if self._seconds is None else time.monotonic() + self._seconds


class Callback:
    """Calls a function with each event, on a thread of its own; what it raises is told once."""

    def __init__(self, feed: Feed, function: Callable[[Event], object]) -> None:
        self._feed = feed
        self._function = function
        self._woken = _Signal()
        self._removed = False
        self._told = False
        self._buffer = feed.attach(self._woken.set)
        threading.Thread(target=self._work, name="jupyter-openapi callback", daemon=True).start()

    def remove(self) -> None:
        """Call it no more."""
        self._removed = True
        self._feed.detach(self._buffer)
        self._woken.set()

    def _work(self) -> None:
        function = self._function
        while True:
            self._woken.wait()
            while not self._removed and (taken := self._buffer.take(_BATCH)):
                for event in taken:
                    try:
                        if not self._removed:
                            function(event)
                    except Exception as failure:  # noqa: BLE001 (it must harm no other event)
                        self._tell(failure)
            if self._removed or self._buffer.ended:
                return

    def _tell(self, failure: Exception) -> None:
        if not self._told:
            self._told = True
            name = getattr(self._function, "__name__", repr(self._function))
            log.error(
                "The callback %s failed; it is still called, and further failures are not told",
                name,
                exc_info=failure,
            )
