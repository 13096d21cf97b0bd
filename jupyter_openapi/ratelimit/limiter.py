"""Wait until a request may go, so that all kernels of a user together keep the broker's limits.

Turns go to those who have waited longest, in whatever kernel or thread. While it waits, a kernel holds no
lock, only a number; it locks the gate when it is its turn, and opens it for the next as soon as its request
is written.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from jupyter_openapi.errors import Interrupted, RequestRefused
from jupyter_openapi.messages import _
from jupyter_openapi.ratelimit.rates import SIGN, LimitsUnavailable, Urgency

if TYPE_CHECKING:
    from jupyter_openapi.ratelimit.rates import Kind, LimitStore, Lock

POLL = 0.002  # seconds between two tries when only another's request is in the way
SHOWN = 1.0  # a wait over this many seconds is shown

log = logging.getLogger(__name__)


class Turn:
    """Permission for one request. `waited` is how many seconds it took."""

    def __init__(self, waited: float = 0.0, written: Callable[[], None] | None = None) -> None:
        self.waited = waited
        self._written = written

    def written(self) -> None:
        """Say that the request has been written: the next may come. At the latest the turn's end says it.

        Never raises: the request is on its way, and its answer must be read.
        """
        done, self._written = self._written, None
        if done is not None:
            done()


class Limiter:
    """The broker's limits for one account and one app key; safe to use from several threads and processes.

    Parameters
    ----------
    stores
        The shared memory of each kind of limit.
    notify
        Called with one sentence when a wait is longer than a second.
    patience
        Seconds that a turn may take at most; what would take longer is refused at once.
    later
        Makes the shared memory of those that are seldom needed.
    """

    def __init__(
        self,
        stores: Mapping[Kind, LimitStore],
        notify: Callable[[str], None] | None = None,
        patience: float = 120.0,
        *,
        later: Mapping[Kind, Callable[[], LimitStore]] | None = None,
    ) -> None:
        self._stores: dict[str, LimitStore] = {str(kind): store for kind, store in stores.items()}
        self._later: dict[str, Callable[[], LimitStore]] = {
            str(kind): make for kind, make in (later or {}).items()
        }
        self._opening = threading.Lock()
        self._notify = notify
        self._patience = patience

    @contextmanager
    def turn(
        self,
        kind: str,
        *,
        also: Sequence[Kind] = (),
        urgency: Urgency = Urgency.ORDER,
        patience: float | None = None,
        stop: threading.Event | None = None,
    ) -> Iterator[Turn]:
        """Wait until a request of this kind may go, and hold its place until it is written and answered.

        Parameters
        ----------
        kind
            ``trade``, ``quote`` or ``none``.
        also
            Other limits that it must keep, as far as they are kept here.
        urgency
            Who goes first.
        patience
            Seconds that it may take at most, if less than the limiter's.
        stop
            Ends the wait when it is set (for threads, which Ctrl-C does not reach).

        Raises
        ------
        RequestRefused
            The wait would be longer than the patience; nothing was sent.
        LimitsUnavailable
            The shared memory can't be used; nothing was sent.
        Interrupted
            `stop` was set; nothing was sent.

        Examples
        --------
        >>> with limiter.turn("trade") as turn:  # doctest: +SKIP
        ...     connection.send(request)
        ...     turn.written()
        ...     answer = connection.receive()
        """
        names = [name for name in also if self._kept(name)] + [kind] * (kind != "none")
        if not names:
            yield Turn()
            return
        if kind != "none" and not self._kept(kind):
            raise ValueError(_("no limit is called {kind!r}").format(kind=kind))
        begun = time.monotonic()
        longest = self._patience if patience is None else min(patience, self._patience)
        waits: list[_Wait] = []
        try:
            for name in names:
                wait = _Wait(
                    self._store(name),
                    notify=self._notify,
                    patience=longest,
                    stop=stop,
                    urgency=urgency,
                    begun=begun,
                )
                waits.append(wait)
                wait.for_turn()
            turn = Turn(waits[-1].seconds, partial(_all_written, waits))
            try:
                yield turn
            finally:
                turn.written()
        finally:
            for wait in waits:
                wait.end()

    def _kept(self, name: str) -> bool:
        return name in self._stores or name in self._later

    def _store(self, name: str) -> LimitStore:
        """Return the shared memory of a limit, opened now if it never was."""
        with self._opening:
            if name not in self._stores:
                self._stores[name] = self._later[name]()
            return self._stores[name]

    def left(self) -> dict[str, int]:
        """Return how many requests of each kind, ``trade`` and ``quote``, may go at once now.

        Raises
        ------
        LimitsUnavailable
            The shared memory can't be used.
        """
        return {
            kind: max(0, store.rate.calls - store.used())
            for kind, store in list(self._stores.items())
            if kind in {"trade", "quote"}
        }

    def left_for_reads(self) -> int | None:
        """Return how many of the ``trade`` requests may be reads that no order needs; None if none are kept.

        Raises
        ------
        LimitsUnavailable
            The shared memory can't be used.
        """
        store = self._stores.get("read")
        if store is None:
            return None
        return max(0, min(store.rate.calls - store.used(), self.left().get("trade", store.rate.calls)))

    def close(self) -> None:
        """Close the shared memory's files or connections; what they hold stays for the other kernels."""
        for store in list(self._stores.values()):
            store.close()


def _all_written(waits: Sequence[_Wait]) -> None:
    for wait in waits:
        wait.written()


class _Wait:
    """One request waiting: its place in the queue, the rate, the slots at once."""

    def __init__(
        self,
        store: LimitStore,
        *,
        notify: Callable[[str], None] | None,
        patience: float,
        stop: threading.Event | None,
        urgency: Urgency,
        begun: float,
    ) -> None:
        self._store = store
        self._urgency = urgency
        self._notify = notify
        self._stop = stop
        self._began = begun
        self._patience = patience
        self._ticket: int | None = None
        self._entry: int | None = None
        # Made before they are taken, so that `end` can release them whatever happens in between.
        self._gate: Lock = store.gate()
        self._slot: Lock | None = store.slot() if store.rate.at_once else None

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self._began

    def for_turn(self) -> None:
        """Return when the request may be written; the gate is then held."""
        store = self._store
        tries = 0
        while self._entry is None:
            look = store.look(self._ticket, self._urgency)
            self._ticket = look.ticket
            wait = store.rate.due(look.ages, look.ahead)
            if wait <= 0:
                if not look.ahead and self._gate.take():
                    wait = self._enter(look.ticket)
                else:  # somebody's request is being written; those further back look less often
                    tries += 1
                    wait = min(POLL * max(1, look.ahead, tries // 25), 0.02)
            self._pause(wait, look.ahead)

    def _enter(self, ticket: int) -> float:
        """Behind the gate: take a slot and enter the request, or open the gate; return the wait."""
        while self._slot is not None and not self._slot.take():
            self._pause(POLL, 0)
        while True:
            self._entry, wait = self._store.begin(ticket)
            if self._entry is not None:
                self._ticket = None
                return 0.0
            if wait > SIGN:  # a clock was set back: that is no reason to wait
                self._release()
                return wait
            self._pause(wait, 0)

    def _pause(self, seconds: float, ahead: int) -> None:
        """Sleep, for a sign's time at most; refuse what would take too long, and show what takes long."""
        if seconds <= 0:
            return
        expected = self.seconds + seconds
        if expected > self._patience:
            raise RequestRefused(
                _(
                    "Nothing was sent: its turn under the broker's limit ({words}) is more than "
                    "{patience:.0f} s away ({ahead} requests of yours are ahead). Try again later."
                ).format(words=_(self._store.rate.words), patience=self._patience, ahead=ahead)
            )
        if expected > SHOWN and self._notify is not None:
            notify, self._notify = self._notify, None
            queue = _(", {ahead} of your requests ahead").format(ahead=ahead) if ahead else ""
            limit = _(self._store.rate.words)
            notify(
                _("Waiting {seconds:.0f} s for the broker's limit ({limit}){queue}.").format(
                    seconds=max(seconds, SHOWN), limit=limit, queue=queue
                )
            )
        nap = min(seconds, SIGN)
        if self._stop is None:
            time.sleep(nap)
        elif self._stop.wait(nap):
            raise Interrupted(
                _("Stopped while waiting for the broker's limit; nothing was sent."), in_flight=False
            )

    def written(self) -> None:
        """Note that the request was written, and open the gate."""
        try:
            if self._entry is not None:
                self._store.settle(self._entry)
        except LimitsUnavailable as problem:
            # The entry stays open, and the next request counts it as written at that moment.
            log.warning("A request was sent, but not noted: %s", problem)
        finally:
            self._gate.release()

    def end(self) -> None:
        """Leave nothing behind, however the turn ended."""
        try:
            if self._ticket is not None:
                self._store.leave(self._ticket)
        except LimitsUnavailable:
            log.debug("A place in the line was not given up; it lapses by itself.")
        finally:
            self._release()

    def _release(self) -> None:
        try:
            self._gate.release()
        finally:
            if self._slot is not None:
                self._slot.release()
