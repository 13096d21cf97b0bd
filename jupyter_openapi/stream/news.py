"""Who wants to hear that something is new: panels and waits, whichever subscription and link told of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

ORDERS = "orders"
"""The subject of any order's change."""
LINK = "trade link"
"""The subject of a trade gateway that comes or goes."""

Wake = Callable[[], None]


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
