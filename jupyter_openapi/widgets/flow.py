"""Flow of a live panel's updates: never faster than the pages paint, and none when nobody answers.

The state of a panel is a flat dictionary; an update holds what differs from the state that every page is
known to have. The next one goes when the pages have said that they painted the last. A page that keeps up
says in advance that a few more may be on their way, and then speaks once a second: each word of a page costs
a front end more than an update does. While a cell runs whose kernel can't hear the pages, a few go all the
same; a page that can be heard in it is waited for as ever.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

State = Mapping[str, Any]

MOST_AHEAD = 15  # updates that a page can have let come before it says that it painted them

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """Times in seconds.

    Attributes
    ----------
    gap
        Between two updates, at least.
    deaf
        The same while a cell runs whose kernel can't hear the pages.
    patience
        A page that has not painted an update for so long is not waited for: others must not be a second
        behind.
    alive
        A page that was heard so long ago, or before a cell began whose kernel can't hear, is taken for open.
    beat
        Between two looks at a state that changes without telling.
    leave
        Without a page for so long, nobody looks any more.
    """

    gap: float = 0.1
    deaf: float = 0.5
    patience: float = 0.8
    alive: float = 15.0
    beat: float = 1.0
    leave: float = 60.0


class Update(NamedTuple):
    """What goes to the pages: `base` is the number of the update that it adds to, 0 for a whole state."""

    number: int
    base: int
    changed: dict[str, Any]


@dataclass
class _Page:
    heard: float
    painted: int = -1  # the number of the last update it painted
    slow: bool = False  # it was waited for in vain, and has not been heard since
    ahead: int = 0  # how many updates it lets come after the last that it painted


@dataclass
class Flow:
    """Decides when the next update goes, and what is in it. All times are of one monotonic clock.

    Parameters
    ----------
    pace
        Times.
    began
        Tells when the running cell began; None between cells.
    opened
        When the panel was made: its page may not have said anything yet.
    """

    pace: Pace
    began: Callable[[], float | None]
    opened: float
    number: int = 0
    _pages: dict[str, _Page] = field(default_factory=dict)
    _dirty: bool = True
    _asked: bool = False
    _sent: float = float("-inf")
    _shown: tuple[int, State] | None = None  # what every page is known to show
    _waiting: dict[int, State] = field(default_factory=dict)
    _heard: float = float("-inf")
    _deaf_at: float = float("-inf")
    _gone: bool = False  # every page that there was said goodbye

    def touch(self) -> bool:
        """Note that the state may have changed; tell whether that is news since the last update."""
        known, self._dirty = self._dirty, True
        return not known

    def heard(self, now: float) -> None:
        """Note a sign of life: the panel was started, or a page says something."""
        self._heard = max(self._heard, now)

    def asked(self, page: str, now: float, *, whole: bool) -> None:
        """Note that a page waits for an answer; `whole`: it shows nothing yet."""
        known = self._pages.setdefault(page, _Page(now))
        known.heard = self._heard = now
        known.slow = False
        self._asked, self._gone = True, False
        if whole:
            known.painted, known.ahead = -1, 0
            self._shown = None

    def painted(self, page: str, number: int, now: float, ahead: int = 0) -> None:
        """Note that a page shows an update, and how many more it lets come before it speaks again."""
        known = self._pages.setdefault(page, _Page(now))
        known.heard = self._heard = now
        known.slow = False
        known.ahead = max(0, min(ahead, MOST_AHEAD))
        known.painted = max(known.painted, min(number, self.number))
        self._gone = False
        least = min(each.painted for each in self._pages.values() if self._minds(each, now))
        if least in self._waiting:
            self._shown = (least, self._waiting[least])
            self._waiting = {n: state for n, state in self._waiting.items() if n > least}

    def gone(self, page: str, now: float) -> None:
        """Note that a page was closed."""
        self._pages.pop(page, None)
        self._heard = max(self._heard, now)
        self._gone = not self._pages

    def _ready(self, page: _Page) -> bool:
        """Tell whether the next update may go to a page: it painted the last, or said that it would."""
        return page.painted >= 0 and self.number - page.painted <= page.ahead

    def _minds(self, page: _Page, now: float) -> bool:
        """Tell whether a page is waited for: it is up to date, or may still paint."""
        if self._ready(page):
            return True
        if page.slow or now - page.heard >= self.pace.alive:
            return False  # it was closed without a word, or it is hidden, and asks anew when it is seen
        return now - self._sent < self.pace.patience

    def deaf(self) -> bool:
        """Tell whether a cell runs whose kernel may not hear the pages there are."""
        began = self.began()
        if began is None or self._gone or self._heard >= began:
            return False
        if self._deaf_at >= began - self.pace.deaf - self.pace.patience:
            return True  # the cell before it was one, too, and no page could say a word in between
        last = self._heard if self._pages else self.opened
        return last >= began - self.pace.alive

    def due(self, now: float) -> float | None:
        """Return how long the next update has to wait; None while nobody would see it."""
        earliest = self._sent + self.pace.gap - now
        if self._asked:
            return max(0.0, earliest)
        if not self._dirty:
            return None
        ready = [self._ready(page) for page in self._pages.values()]
        if self.deaf() and not (ready and all(ready)):
            self._deaf_at = now
            return max(0.0, self._sent + self.pace.deaf - now)
        late = [
            self._sent + self.pace.patience - now
            for page in self._pages.values()
            if not self._ready(page) and self._minds(page, now)
        ]
        if late:
            return max(min(late), 0.01)  # a page that paints ends the wait
        return max(0.0, earliest) if any(ready) else None

    def left(self, now: float) -> float:
        """Return in how many seconds the panel counts as left; 0 or less when it is."""
        if self.deaf():
            self._deaf_at = now
        return max(self._heard, self.opened, self._deaf_at) + self.pace.leave - now

    def take(self, state: State, now: float) -> Update | None:
        """Return the update that brings the pages to `state`; None if they show it, and none has asked."""
        asked, self._asked, self._dirty = self._asked, False, False
        last = self._waiting.get(self.number, self._shown[1] if self._shown else None)
        if not asked and last == state:
            return None
        base, before = self._shown or (0, {})
        if base and last is not None and not self.deaf():
            base, before = self.number, last  # a page that missed it asks for the whole, and is heard
        if base and not before.keys() <= state.keys():
            base, before = 0, {}
        changed = {key: value for key, value in state.items() if key not in before or before[key] != value}
        for page in self._pages.values():
            page.slow = page.slow or (not self._ready(page) and page.heard <= self._sent)
        self.number += 1
        self._sent = now
        self._waiting[self.number] = state
        while len(self._waiting) > 20:  # pages that don't answer are sent what differs from what they did
            del self._waiting[min(self._waiting)]
        return Update(self.number, base, changed)


class Pump:
    """Carries updates to the pages in a thread of its own, while there is anything to look at.

    Parameters
    ----------
    flow
        Decides.
    state
        Makes the present state.
    send
        Sends an update.
    leave
        Called once when nobody looks any more.
    """

    def __init__(
        self,
        flow: Flow,
        state: Callable[[], State],
        send: Callable[[Update], None],
        leave: Callable[[], None],
    ) -> None:
        self._flow, self._state, self._send, self._leave = flow, state, send, leave
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._left = self._closed = False

    @property
    def running(self) -> bool:
        """Whether its thread lives."""
        return self._thread is not None

    @property
    def watched(self) -> bool:
        """Whether there was a sign of life not too long ago."""
        with self._changed:
            return self._flow.left(time.monotonic()) > 0

    def touch(self) -> None:
        """Note that the state may have changed."""
        with self._changed:
            if self._flow.touch():  # quotes come far more often than updates go
                self._changed.notify()

    def heard(self) -> None:
        """Note a sign of life."""
        with self._changed:
            self._flow.heard(time.monotonic())

    def asked(self, page: str, *, whole: bool) -> None:
        """Note that a page waits for an answer."""
        with self._changed:
            self._flow.asked(page, time.monotonic(), whole=whole)
            self._wake()

    def painted(self, page: str, number: int, ahead: int = 0) -> None:
        """Note that a page shows an update, and how many more it lets come before it speaks again."""
        with self._changed:
            self._flow.painted(page, number, time.monotonic(), ahead)
            self._wake()

    def gone(self, page: str) -> None:
        """Note that a page was closed."""
        with self._changed:
            self._flow.gone(page, time.monotonic())
            self._changed.notify()

    def start(self) -> None:
        """Begin to look."""
        with self._changed:
            self._wake()

    def close(self) -> None:
        """End for good."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _wake(self) -> None:
        self._left = False
        self._changed.notify()
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._run, name="openapi-live", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while self._turn():
            pass

    def _turn(self) -> bool:
        """Wait for what comes next and do it; tell whether to go on."""
        with self._changed:
            now = time.monotonic()
            wait, left = self._flow.due(now), self._flow.left(now)
            if self._closed or left <= 0:
                self._thread = None
                leaving = not (self._closed or self._left)
                self._left = True
            elif wait is None or wait > 0:
                beat = self._flow.pace.beat
                if not self._changed.wait(min(left, beat if wait is None else min(wait, beat))):
                    self._flow.touch()
                return True
        if self._closed or left <= 0:
            if leaving:
                self._safely(self._leave)
            return False
        self._safely(self._update)
        return True

    def _update(self) -> None:
        state = self._state()
        with self._changed:
            update = None if self._closed else self._flow.take(state, time.monotonic())
        if update is not None:
            self._send(update)

    def _safely(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as failure:  # noqa: BLE001 (a page that is gone must not stop the kernel's work)
            log.debug("A live panel's update failed: %s: %s", type(failure).__name__, failure)
