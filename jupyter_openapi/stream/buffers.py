"""What waits for a consumer: bounded, merged where the newest value says it all."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from jupyter_openapi.stream.events import BROKERS, DEPTH, QUOTE, Event, total

_MERGED = frozenset({QUOTE, DEPTH, BROKERS})

Key = tuple[str, str, int]


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
