"""Ways to take a subscription's events: a loop, an asynchronous loop, a callback. Each has its own buffer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Protocol

from jupyter_openapi.stream.buffers import Buffer
from jupyter_openapi.stream.events import Event
from jupyter_openapi.stream.worker import Signal, Waiter

log = logging.getLogger(__name__)

_GLANCE = 0.2  # seconds a waiting loop sleeps at most, so that Ctrl-C gets through on every platform

_BATCH = 32  # events a callback's thread takes at once; what it has taken can't be merged any more


class Feed(Protocol):
    """What gives events to consumers: a subscription."""

    def attach(self, wake: Callable[[], None]) -> Buffer:
        """Return a new buffer that gets every event from now on, and the first values known already."""

    def detach(self, buffer: Buffer) -> None:
        """Stop filling a buffer."""

    def check(self) -> None:
        """Raise what a loop must raise: the refusal of the gateway."""

    def waiter(self) -> Waiter:
        """Return what a thread waits with."""


class Events:
    """Events one after the other, by ``for`` or ``async for``, until `seconds`, `count`, or the close."""

    def __init__(self, feed: Feed, seconds: float | None, count: int | None) -> None:
        self._feed = feed
        self._seconds = seconds
        self._count = count

    # The buffer is there from the moment the loop is made, not from its first turn on.

    def __iter__(self) -> Iterator[Event]:
        woken = Signal()
        return _Loop(self._feed, woken.set, woken.wait, self._seconds, self._count)

    def __aiter__(self) -> AsyncIterator[Event]:
        loop, woken = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(woken.set)

        return _AsyncLoop(self._feed, wake, woken, self._seconds, self._count)


class _Turns:
    """What both kinds of loop have: a buffer of their own, which is given up with them, finished or not."""

    def __init__(
        self, feed: Feed, wake: Callable[[], None], seconds: float | None, count: int | None
    ) -> None:
        self._feed = feed
        self._buffer = feed.attach(wake)
        self._left = float("inf") if count is None else count
        self._seconds = float("inf") if seconds is None else seconds
        self._deadline: float | None = None
        self._give_up = weakref.finalize(self, feed.detach, self._buffer)
        self._give_up.atexit = False

    def _turn(self) -> Event | float | None:
        """Return an event that is there, or how long to wait for one; None at the end."""
        if self._deadline is None:  # from the first turn on
            self._deadline = time.monotonic() + self._seconds
        if self._left <= 0:
            return None
        if taken := self._buffer.take():
            self._left -= 1
            return taken[0]
        self._feed.check()
        left = self._deadline - time.monotonic()
        return None if left <= 0 or self._buffer.ended else left


class _Loop(_Turns, Iterator[Event]):
    """The turns of a ``for``."""

    def __init__(
        self,
        feed: Feed,
        wake: Callable[[], None],
        wait: Callable[[float], None],
        seconds: float | None,
        count: int | None,
    ) -> None:
        super().__init__(feed, wake, seconds, count)
        self._wait = wait

    def __next__(self) -> Event:
        if not self._give_up.alive:
            raise StopIteration
        try:
            while (found := self._turn()) is not None and not isinstance(found, Event):
                self._wait(min(found, _GLANCE))
        except BaseException:
            self._give_up()
            raise
        if found is None:
            self._give_up()
            raise StopIteration
        return found

    def close(self) -> None:
        """End the loop, as a generator's."""
        self._give_up()


class _AsyncLoop(_Turns, AsyncIterator[Event]):
    """The turns of an ``async for``."""

    def __init__(
        self,
        feed: Feed,
        wake: Callable[[], None],
        woken: asyncio.Event,
        seconds: float | None,
        count: int | None,
    ) -> None:
        super().__init__(feed, wake, seconds, count)
        self._woken = woken

    async def __anext__(self) -> Event:
        if not self._give_up.alive:
            raise StopAsyncIteration
        try:
            while (found := self._turn_again()) is not None and not isinstance(found, Event):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), None if found == float("inf") else found)
        except Exception:  # no cancellation: whoever gave up waiting may wait for the same event again
            self._give_up()
            raise
        if found is None:
            self._give_up()
            raise StopAsyncIteration
        return found

    def _turn_again(self) -> Event | float | None:
        self._woken.clear()
        return self._turn()

    async def aclose(self) -> None:
        """End the loop, as an asynchronous generator's."""
        self._give_up()


class Callback:
    """Calls a function with each event, on a thread of its own; what it raises is told once."""

    def __init__(self, feed: Feed, function: Callable[[Event], object]) -> None:
        self._feed = feed
        self._function = function
        self._waiter = feed.waiter()
        self._removed = False
        self._told = False
        self._buffer = feed.attach(self._waiter.wake)
        threading.Thread(target=self._work, name="jupyter-openapi callback", daemon=True).start()

    def remove(self) -> None:
        """Call it no more."""
        self._removed = True
        self._feed.detach(self._buffer)
        self._waiter.wake()

    def _work(self) -> None:
        try:
            while not self._removed:
                self._waiter.wait()
                while not self._removed and (taken := self._buffer.take(_BATCH)):
                    self._call(taken)
                if self._buffer.ended:
                    return
        finally:
            self._waiter.end()

    def _call(self, events: list[Event]) -> None:
        function = self._function
        for event in events:
            try:
                if not self._removed:
                    function(event)
            except BaseException as failure:  # noqa: BLE001 (it must harm no other event)
                self._tell(failure)

    def _tell(self, failure: BaseException) -> None:
        if not self._told:
            self._told = True
            name = getattr(self._function, "__name__", repr(self._function))
            log.error(
                "The callback %s failed; it is still called, and further failures are not told",
                name,
                exc_info=failure,
            )
