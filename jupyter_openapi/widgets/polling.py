"""News of the panels, polled or pushed: pollers that stop and back off, updates that coalesce, live data.

A poller's thread exists only while there is something to see. Pollers stand back while an order is on its way
and leave the last calls of the broker's limit to orders. Live subscriptions wake the panels too, without a
link of their own, and what is pushed needs no asking for.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, Literal

from jupyter_openapi.account import Account, ClientLike, Pushes
from jupyter_openapi.market.money import amount
from jupyter_openapi.messages import N_
from jupyter_openapi.ratelimit.rates import RESERVE
from jupyter_openapi.stream.order_book import as_pushed, newer

PATIENCE = 10.0  # seconds a poller stands back for an order on its way
GAP = 0.1  # seconds between two updates of a page: at most 10 a second
FIRST = 1.0  # seconds: twice as long a poller waits after a look that broke down, and doubles it each time
LONGEST = 60.0  # seconds between two looks, however often they failed

log = logging.getLogger(__name__)


class Poller:
    """Polls in a thread of its own, for as long as there is something to see.

    Parameters
    ----------
    look
        Looks once; returns the seconds until the next look, or None to stop until `wake`.
    name
        The thread's.
    """

    def __init__(self, look: Callable[[], float | None], name: str) -> None:
        self._look = look
        self._name = name
        self._lock = threading.Lock()
        self._due = threading.Event()
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._pace = Backoff(FIRST)

    @property
    def running(self) -> bool:
        """Whether it is looking, or waiting to look again."""
        return self._thread is not None

    def wake(self) -> None:
        """Poll now; starts the thread if there is none."""
        with self._lock:
            if self._stopped:
                return
            self._due.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Stop for good."""
        with self._lock:
            self._stopped = True
            self._due.set()

    def _run(self) -> None:
        while True:
            self._due.clear()
            delay = None if self._stopped else self._safely()
            with self._lock:
                if self._stopped or (delay is None and not self._due.is_set()):
                    self._thread = None
                    return
            self._due.wait(delay)

    def _safely(self) -> float | None:
        try:
            delay = self._look()
        except Exception as failure:  # noqa: BLE001 (a look that fails must not end the looking)
            log.debug("A look failed: %s: %s", type(failure).__name__, failure)
            return self._pace.after(None, failure)
        self._pace.after(None)
        return delay


class Backoff:
    """Seconds between two polls: `every`, doubled for each failure and each 429 in a row."""

    def __init__(self, every: float) -> None:
        self.every = every
        self._delay = every
        self._throttled = 0

    def after(self, client: ClientLike | None, failure: Exception | None = None) -> float:
        """Return the wait after a look that went well, or failed with `failure`.

        A 429 that a repeat has hidden counts too, where the client tells of it.
        """
        seen = 0 if client is None else client.throttled
        trouble = failure is not None or seen > self._throttled
        self._throttled = seen
        self._delay = min(self._delay * 2, LONGEST) if trouble else self.every
        return self._delay


class OrderPriority:
    """Counts the orders this kernel is sending; pollers wait for them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._orders = 0

    @contextmanager
    def order(self) -> Iterator[None]:
        """Hold while an order is being sent."""
        with self._changed:
            self._orders += 1
        try:
            yield
        finally:
            with self._changed:
                self._orders -= 1
                self._changed.notify_all()

    def clear(self, client: ClientLike, patience: float = PATIENCE) -> bool:
        """Wait until no order is on its way; tell whether a poll may go now."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._orders == 0, patience):
                return False
        left = client.limits_left()
        return left.get("trade", RESERVE) >= RESERVE and left.get("read", 1) > 0


TRAFFIC = OrderPriority()
WAITING = N_("Waiting: the calls that the broker allows now are left for orders.")


class Throttle:
    """Tells a page of changes, at most every `GAP` seconds; the last state wins.

    Parameters
    ----------
    deliver
        Makes the present state and sends it. Called from any thread, one call at a time.
    """

    def __init__(self, deliver: Callable[[], None]) -> None:
        self._deliver = deliver
        self._lock = threading.Lock()
        self._delivering = threading.Lock()
        self._timer: threading.Timer | None = None
        self._dirty = False
        self._last = 0.0
        self._closed = False

    def touch(self) -> None:
        """Note that the state has changed."""
        with self._lock:
            self._dirty = not self._closed
            if self._timer is not None or self._closed:
                return
            wait = self._last + GAP - time.monotonic()
            if wait > 0:
                self._timer = threading.Timer(wait, self._flush)
                self._timer.daemon = True
                self._timer.start()
                return
            self._last = time.monotonic()
        self._flush()

    def close(self) -> None:
        """Deliver nothing more."""
        with self._lock:
            self._closed, self._dirty = True, False
            if self._timer is not None:
                self._timer.cancel()

    def _flush(self) -> None:
        with self._delivering:
            with self._lock:
                dirty, self._dirty, self._timer = self._dirty, False, None
                self._last = time.monotonic()
            if not dirty:
                return
            try:
                self._deliver()
            except Exception as failure:  # noqa: BLE001 (a page that is gone must not stop the kernel's work)
                log.debug("A page did not take its update: %s: %s", type(failure).__name__, failure)


Event = Literal["account", "orders"]

_LOCK = threading.Lock()
LISTENERS: weakref.WeakKeyDictionary[object, list[weakref.WeakMethod[Callable[[Event], None]]]] = (
    weakref.WeakKeyDictionary()
)


def listen(session: object, callback: Callable[[Event], None]) -> None:
    """Call the bound method `callback` with each event of `session`, for as long as its object lives."""
    with _LOCK:
        LISTENERS.setdefault(session, []).append(weakref.WeakMethod(callback))


def unlisten(session: object, callback: Callable[[Event], None]) -> None:
    """Call the bound method `callback` no more."""
    with _LOCK:
        known = LISTENERS.get(session, [])
        known[:] = [reference for reference in known if reference() != callback]


def publish(session: object, event: Event) -> None:
    """Tell every listener of `session`; one that fails does not stop the others."""
    with _LOCK:
        known = LISTENERS.get(session, [])
        alive = [callback for reference in known if (callback := reference()) is not None]
        known[:] = [reference for reference in known if reference() is not None]
    for callback in alive:
        try:
            callback(event)
        except Exception as failure:  # noqa: BLE001 (an order was sent all the same)
            log.debug("A panel did not take the event %s: %s", event, type(failure).__name__)


CHECK = 30.0  # seconds after which orders that are pushed are read all the same


class Ear:
    """Wakes a panel when there is news of what it shows.

    Parameters
    ----------
    wake
        A bound method that only notes that there is news; called on the stream's thread.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = weakref.WeakMethod(wake)  # a panel that is forgotten is not kept by its client
        self._lock = threading.Lock()
        self._to: tuple[Pushes | None, frozenset[str]] = (None, frozenset())
        self._end: Callable[[], None] = lambda: None

    def listen(self, client: ClientLike, *subjects: str) -> None:
        """Listen to these from now on: symbols, ids of orders, `ORDERS`, `LINK`."""
        live, wanted = client.live, frozenset(filter(None, subjects))
        with self._lock:
            if self._to == (live, wanted):
                return
            self._end()
            self._to = live, wanted
            self._end = live.listen(wanted, self._told) if live is not None else lambda: None

    def stop(self) -> None:
        """Listen to nothing."""
        with self._lock:
            self._end()
            self._to, self._end = (None, frozenset()), lambda: None

    def _told(self) -> None:
        wake = self._wake()
        if wake is not None:
            wake()


def newest(known: Mapping[str, Any] | None, pushed: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the newer of an order as it was read and as it was pushed, with all that is known of it."""
    if known is None:
        return pushed
    return {**known, **pushed} if newer(as_pushed(pushed), as_pushed(known)) else known


def pushed_prices(client: ClientLike, symbols: Iterable[str]) -> dict[str, Decimal]:
    """Return the last prices of those symbols whose quotes are pushed now."""
    live = client.live
    quotes = {} if live is None else {symbol: live.quote(symbol) for symbol in symbols}
    found = {symbol: amount(quote[0].get("last_done")) for symbol, quote in quotes.items() if quote}
    return {symbol: price for symbol, price in found.items() if price}


class Remembered:
    """A client that repeats what it was told before, with the quotes that were pushed since; asks nothing.

    What was asked of `client` through it the first time is remembered, failures too.
    """

    def __init__(self, client: ClientLike) -> None:
        self._client = client
        self._told: dict[str, Any] = {}
        self.tz = client.tz
        self.instruments = getattr(client, "instruments", None)

    @property
    def account(self) -> Account:
        """The client's account."""
        return self._client.account

    @property
    def live(self) -> Pushes | None:
        """The client's live data."""
        return self._client.live

    @property
    def throttled(self) -> int:
        """How often the broker has told the client that it was too much."""
        return self._client.throttled

    def limits_left(self) -> dict[str, int]:
        """Return how many calls the client has left."""
        return self._client.limits_left()

    def call(self, operation: str, /, *, execute: bool = False, **parameters: Any) -> Any:
        """Answer a read: as before, with the pushed quotes; the first time, ask."""
        del execute  # it never changes anything
        key = f"{operation} {sorted(parameters.items())!r}"
        if key not in self._told:
            try:
                self._told[key] = self._client.call(operation, **parameters).data
            except Exception as failure:
                self._told[key] = failure
                raise
        told = self._told[key]
        if isinstance(told, Exception):
            raise told.with_traceback(None)
        return SimpleNamespace(data=self._fresh(told) if operation == "quote" else told)

    def _fresh(self, told: Any) -> Any:
        rows = told.get("secu_quote") if isinstance(told, Mapping) else None
        if not isinstance(rows, list) or self.live is None:
            return told
        return {**told, "secu_quote": [self._fresh_row(row) for row in rows]}

    def _fresh_row(self, row: Any) -> Any:
        found = self.live.quote(str(row.get("symbol"))) if self.live and isinstance(row, Mapping) else None
        if found is None or (amount(found[0].get("timestamp")) or 0) < (amount(row.get("timestamp")) or 0):
            return row
        pushed = {name: value for name, value in found[0].items() if value != ""}
        return {**row, **pushed}
