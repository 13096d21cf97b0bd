"""What waits for a consumer: bounded, merged where the newest value says it all."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from jupyter_openapi.stream.events import BROKERS, DEPTH, QUOTE, Event

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
        self._lock = threading.Lock()
        self._queue: deque[list[Event]] = deque()
        self._waiting: dict[Key, list[Event]] = {}
        self._owed: dict[Key, tuple[int, str]] = {}
        self._ended = False
        self.merged = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def ended(self) -> bool:
        """Whether no more events will come."""
        return self._ended

    def put(self, event: Event) -> None:
        """Add an event; never blocks."""
        with self._lock:
            if event.kind in _MERGED:
                key = _key(event)
                if self._owed and key in self._owed:
                    event = event.plus(*self._owed.pop(key))
                if len(self._queue) >= self._size and not self._make_room(key, event):
                    return
                entry = self._waiting[key] = [event]
            else:
                if len(self._queue) >= self._size:
                    self._drop()
                entry = [event]
            self._queue.append(entry)
        if self._wake is not None:
            self._wake()

    def _make_room(self, key: Key, event: Event) -> bool:
        """Merge an event into the one that waits, or drop the oldest; return whether it must be added."""
        waiting = self._waiting.get(key)
        if waiting is None:
            self._drop()
            return True
        self.merged += 1
        before = waiting[0]
        waiting[0] = event.plus(*_increase(before)) if event.kind == QUOTE else event
        return False

    def _drop(self) -> None:
        self.dropped += 1
        (event,) = entry = self._queue.popleft()
        if event.kind in _MERGED:
            key = _key(event)
            if self._waiting.get(key) is entry:
                del self._waiting[key]
            if event.kind == QUOTE:
                volume, turnover = _increase(event)
                nearest = self._waiting.get(key)
                if nearest is not None:
                    nearest[0] = nearest[0].plus(volume, turnover)
                elif volume:
                    self._owed[key] = (volume, turnover)

    def take(self) -> Event | None:
        """Return the oldest event, or None if there is none now."""
        with self._lock:
            if not self._queue:
                return None
            (event,) = entry = self._queue.popleft()
            if event.kind in _MERGED:
                key = _key(event)
                if self._waiting.get(key) is entry:
                    del self._waiting[key]
            return event

    def end(self) -> None:
        """Say that nothing more will come; what waits can still be taken."""
        self._ended = True
        if self._wake is not None:
            self._wake()


def _key(event: Event) -> Key:
    return event.kind, event.symbol, event.fields.get("trade_session", 0)


def _increase(event: Event) -> tuple[int, str]:
    return event.fields["current_volume"], event.fields["current_turnover"]
