"""Who gets what came: loops and callbacks, each with a buffer of its own, and panels that want news."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Protocol

from jupyter_openapi.stream.events import BROKERS, DEPTH, QUOTE, Event, total
from jupyter_openapi.stream.worker import Signal, Waiter

log = logging.getLogger(__name__)

_GLANCE = 0.2  # seconds a waiting loop sleeps at most, so that Ctrl-C gets through on every platform
_BATCH = 32  # events a callback's thread takes at once; what it has taken can't be merged any more
_MERGED = frozenset({QUOTE, DEPTH, BROKERS})

Key = tuple[str, str, int]
Wake = Callable[[], None]

ORDERS = "orders"
"""The subject of any order's change."""
LINK = "trade link"
"""The subject of a trade gateway that comes or goes."""


class Buffer:
    """The events one consumer has not taken yet, at most `size`.

    When it is full, a quote, book or broker queue takes the place of the one of the same symbol that still
    waits, and a quote's increases are added. Otherwise the oldest event falls out; the increases of a quote
    that does are added to its symbol's next one, so that no volume is lost.

    Attributes
    ----------
    merged, dropped
        How many events were merged into a newer one, and how many fell out.
    """

    def __init__(self, size: int, wake: Callable[[], None] | None = None) -> None:
        self._size = size
        self._wake = wake
        self._signalled = False
        self._lock = threading.Lock()
        self._queue: deque[Event] = deque()
        # From the moment the buffer is full until it is empty again: the same queue with replaceable places.
        self._places: deque[list[Event]] | None = None
        self._waiting: dict[Key, list[Event]] = {}
        self._owed: dict[Key, tuple[int, str]] = {}
        self._ended = False
        self.merged = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._queue if self._places is None else self._places)

    @property
    def ended(self) -> bool:
        """Whether no more events will come."""
        return self._ended

    def put(self, event: Event) -> None:
        """Add an event; never blocks. Only ever called on the stream's thread."""
        # No lock: nobody but this very thread makes places of the queue.
        if self._places is None and len(self._queue) < self._size:
            self._queue.append(event)
        else:
            with self._lock:
                self._squeeze_in(event)
        if not self._signalled:
            self._signalled = True
            if self._wake is not None:
                self._wake()

    def take(self, most: int = 1) -> list[Event]:
        """Return the oldest events, at most so many; none if there is none now."""
        # Cleared before looking: what is put from here on wakes the consumer again.
        self._signalled = False
        with self._lock:
            if self._places is None:
                queue = self._queue
                return [queue.popleft() for _ in range(min(most, len(queue)))]
            taken = [self._pop(self._places) for _ in range(min(most, len(self._places)))]
            if not self._places and not self._owed:
                self._places = None
            return taken

    def _squeeze_in(self, event: Event) -> None:
        places = self._places
        if places is None and len(self._queue) < self._size:  # the consumer was faster
            self._queue.append(event)
            return
        if places is None:
            places = self._places = deque([one] for one in self._queue)
            self._queue.clear()
            self._waiting = {_key(place[0]): place for place in places if place[0].kind in _MERGED}
        if event.kind not in _MERGED:
            if len(places) >= self._size:
                self._drop(places)
            places.append([event])
            return
        key = _key(event)
        if key in self._owed:
            event = event.plus(*self._owed.pop(key))
        waiting = self._waiting.get(key)
        if len(places) >= self._size and waiting is not None:
            self.merged += 1
            waiting[0] = event.plus(*_increase(waiting[0])) if event.kind == QUOTE else event
            return
        if len(places) >= self._size:
            self._drop(places)
        place = self._waiting[key] = [event]
        places.append(place)

    def _pop(self, places: deque[list[Event]]) -> Event:
        place = places.popleft()
        event = place[0]
        if event.kind in _MERGED and self._waiting.get(_key(event)) is place:
            del self._waiting[_key(event)]
        return event

    def _drop(self, places: deque[list[Event]]) -> None:
        self.dropped += 1
        event = self._pop(places)
        if event.kind != QUOTE:
            return
        key, (volume, turnover) = _key(event), _increase(event)
        nearest = self._waiting.get(key)
        if nearest is not None:
            nearest[0] = nearest[0].plus(volume, turnover)
        elif volume:
            had, spent = self._owed.get(key, (0, ""))
            self._owed[key] = (had + volume, total(spent, turnover))

    def end(self) -> None:
        """Say that nothing more will come; what waits can still be taken."""
        self._ended = True
        if self._wake is not None:
            self._wake()


def _key(event: Event) -> Key:
    return event.kind, event.fields["symbol"], event.fields.get("trade_session", 0)


def _increase(event: Event) -> tuple[int, str]:
    return event.fields["current_volume"], event.fields["current_turnover"]


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


class News:
    """Wakes whoever listens to a subject: a symbol, an order's id, `ORDERS` or `LINK`.

    It outlives links and subscriptions. A wake is called on the stream's thread and must only note that
    something is new; what is new is looked up by who was woken.
    """

    def __init__(self) -> None:
        self.wakes: dict[str, tuple[Wake, ...]] = {}  # looked at for every push: never changed in place
        self._lock = threading.Lock()

    def listen(self, subjects: Iterable[str], wake: Wake) -> Callable[[], None]:
        """Call `wake` whenever there is news of one of `subjects`; return a function that ends it."""
        wanted = frozenset(subjects)
        with self._lock:
            self.wakes = {
                **self.wakes,
                **{subject: (*self.wakes.get(subject, ()), wake) for subject in wanted},
            }

        def end() -> None:
            with self._lock:
                left = {
                    subject: _without(wakes, wake) if subject in wanted else wakes
                    for subject, wakes in self.wakes.items()
                }
                self.wakes = {subject: wakes for subject, wakes in left.items() if wakes}

        return end

    def tell(self, subject: str) -> None:
        """Wake all who listen to `subject`."""
        for wake in self.wakes.get(subject, ()):
            wake()


def _without(wakes: tuple[Wake, ...], wake: Wake) -> tuple[Wake, ...]:
    place = next((place for place, other in enumerate(wakes) if other is wake), None)
    return wakes if place is None else wakes[:place] + wakes[place + 1 :]
