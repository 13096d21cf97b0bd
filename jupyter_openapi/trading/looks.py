"""Looks at orders for all who wait for one: one look serves every wait of a client.

Waiting is never in an order's way: it stands back while few of the broker's calls are left, and a look takes
no longer than the wait that asks for it.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused, TransportError
from jupyter_openapi.messages import _
from jupyter_openapi.ratelimit.rates import RESERVE
from jupyter_openapi.spec import catalog

if TYPE_CHECKING:
    from jupyter_openapi.connection import Reader

FRESH = 0.9  # seconds for which a look serves whoever else asks
SHORT = 0.05  # seconds in which no look can be had


class Looks:
    """Reads orders as they stand, for any number of waits at once; safe to use from several threads.

    Parameters
    ----------
    reader
        Reads for the account.
    left
        Returns how many calls are left.
    """

    def __init__(self, reader: Reader, left: Callable[[], Mapping[str, int]]) -> None:
        self._reader = reader
        self._left = left
        self._lock = threading.Lock()
        self._waiting: Counter[str] = Counter()
        # Each order as last read: when that reading began, when it ended.
        self._seen: dict[str, tuple[float, float, Mapping[str, Any]]] = {}
        self._news: dict[str, float] = {}

    @contextmanager
    def waiting(self, order_id: str) -> Iterator[None]:
        """Note that somebody waits for an order: of several, one look at all of today's is made."""
        with self._lock:
            self._waiting[order_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= Counter([order_id])
                if order_id not in self._waiting:
                    self._seen.pop(order_id, None)
                    self._news.pop(order_id, None)

    def forget(self, order_id: str) -> None:
        """Look anew the next time: there is news of the order, which a look under way may not show."""
        self._news[order_id] = time.monotonic()

    def look(self, order_id: str, seconds: float) -> Mapping[str, Any]:
        """Return an order as it stood within the last second; this takes about `seconds` at most.

        Raises
        ------
        TransportError
            It could not be looked at in that time.
        ApiError
            The broker knows no such order.
        """
        ends = time.monotonic() + seconds
        if not self._lock.acquire(timeout=max(0.0, seconds)):
            raise _no_room()
        try:
            began, at, order = self._seen.get(order_id, (0.0, 0.0, {}))
            if order and time.monotonic() - at < FRESH and began >= self._news.get(order_id, 0.0):
                return order
            left = ends - time.monotonic()
            if left < SHORT or self._left().get("trade", RESERVE + 1) <= RESERVE:
                raise _no_room()
            return self._read(order_id, left)
        finally:
            self._lock.release()

    def _read(self, order_id: str, seconds: float) -> Mapping[str, Any]:
        began = time.monotonic()
        try:
            if len(self._waiting) > 1:
                today = self._ask("today_orders", {}, seconds)
                found = today.get("orders") if isinstance(today, Mapping) else None
                now = time.monotonic()
                for order in found or ():
                    if str(order.get("order_id")) in self._waiting:
                        self._seen[str(order["order_id"])] = began, now, order
                if order_id in self._seen and self._seen[order_id][1] == now:
                    return self._seen[order_id][2]
            order = self._ask("order_detail", {"order_id": order_id}, seconds)
        except RequestRefused as refused:  # its turn is too far away
            raise _no_room() from refused
        if not isinstance(order, Mapping):
            raise TransportError(_("order_detail: the reply holds no order."))
        self._seen[order_id] = began, time.monotonic(), order
        return order

    def _ask(self, name: str, arguments: Mapping[str, Any], seconds: float) -> Any:
        return self._reader.read(catalog().named(name), arguments, turn=seconds).data


def _no_room() -> TransportError:
    return TransportError(
        _("The order was not looked at: the calls that the broker allows now are left for orders.")
    )
