"""A subscription: a wish that outlives links, and everything a user does with it."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING, Any, Self

from jupyter_openapi.errors import OpenAPIError, RequestRefused, TransportError, guarded
from jupyter_openapi.messages import _, commas
from jupyter_openapi.spec.check import seconds as seconds_of
from jupyter_openapi.spec.check import whole as number_of
from jupyter_openapi.stream.consumers import Buffer, Callback, Events
from jupyter_openapi.stream.events import Event
from jupyter_openapi.stream.gateway import CLOSED, INTERRUPTED, LIVE, OPENING, REFUSED, Gap, now
from jupyter_openapi.stream.tables import recorded
from jupyter_openapi.stream.worker import Waiter

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.stream.engine import Engine

_GLANCE = 0.2  # seconds between two looks whether the stream's thread has ended
TOLD_AFTER = 1.0  # seconds in which somebody may hear of a refusal by waiting

log = logging.getLogger(__name__)


class Subscription(ABC):
    """Live events of some symbols, or of the account's orders.

    It is there until `close`, whatever becomes of the link. Every loop and every callback gets all events,
    each at its own speed.

    Attributes
    ----------
    symbols, kinds
        What was subscribed to.
    error
        Why it is not live, or None.
    gaps
        The interruptions so far: start, end (None while it lasts) and reason.
    stale
        How many order events came late or twice, and were left out.
    """

    def __init__(self, engine: Engine, symbols: tuple[str, ...], kinds: tuple[str, ...], buffer: int) -> None:
        if isinstance(buffer, bool) or not isinstance(buffer, int) or buffer < 1:
            raise RequestRefused(_("buffer must be a whole number of at least 1."))
        self.symbols = symbols
        self.kinds = kinds
        self.error: OpenAPIError | None = None
        self.gaps: list[Gap] = []
        self.stale = 0
        self._engine = engine
        self._size = buffer
        self._process = os.getpid()
        self._state = OPENING
        self._ready: Future[None] = Future()
        self._lock = threading.Lock()
        self._buffers: tuple[Buffer, ...] = ()
        self._past = [0, 0]  # merged and dropped of consumers that are gone
        self._heard = False
        self._confirmed = False

    def __repr__(self) -> str:
        what = commas(self.symbols[:5]) + (", ..." if len(self.symbols) > 5 else "")
        return f"<Subscription to {', '.join(self.kinds)} of {what or 'the account'}: {self.state}>"

    # for users

    @property
    def state(self) -> str:
        """``opening``, ``live``, ``interrupted``, ``refused`` or ``closed``."""
        return self._state if self._process == os.getpid() else CLOSED  # a fork has no links

    @property
    def merged(self) -> int:
        """How many events a slow consumer got merged into a newer one."""
        return self._past[0] + sum(buffer.merged for buffer in self._buffers)

    @property
    def dropped(self) -> int:
        """How many events fell out of the buffer of a slow consumer."""
        return self._past[1] + sum(buffer.dropped for buffer in self._buffers)

    @guarded
    def wait(self, timeout: float = 10) -> Self:
        """Wait until the gateway has confirmed and the first values are there, also after an interruption.

        Raises
        ------
        ApiError
            The gateway refused.
        TransportError
            `timeout` seconds have passed; the subscription goes on trying.
        RequestRefused
            The subscription is closed, or `timeout` is no number of seconds.
        """
        longest = seconds_of("timeout", timeout)
        self._heard = True
        self._not_inside()
        self._check_open()
        try:
            self._ready.result(longest)
        except (FutureTimeoutError, TimeoutError):
            raise self._too_late(longest) from None
        except OpenAPIError:
            pass  # raised below, unless the gateway has had us since
        self._check_open()
        return self

    def __await__(self) -> Generator[Any, None, Self]:
        return self._await_ready(10).__await__()

    async def _await_ready(self, seconds: float) -> Self:
        self._heard = True
        self._check_open()
        loop, woken = asyncio.get_running_loop(), asyncio.Event()

        def wake(_: Future[None]) -> None:
            with contextlib.suppress(RuntimeError):  # whoever waited is gone, and its loop has ended
                loop.call_soon_threadsafe(woken.set)

        self._ready.add_done_callback(wake)
        try:
            async with asyncio.timeout(seconds):
                await woken.wait()
        except TimeoutError:
            raise self._too_late(seconds) from None
        self._check_open()
        return self

    def __enter__(self) -> Self:
        try:
            return self.wait()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        try:
            return await self
        except BaseException:
            self.close()
            raise

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def events(self, *, seconds: float | None = None, count: int | None = None) -> Events:
        """Return the events, for ``for`` and ``async for``: the values known now, then all that come.

        Parameters
        ----------
        seconds, count
            End after so many; without either, at `close`.

        Raises
        ------
        RequestRefused
            `seconds` is no number of seconds, or `count` no whole number.
        """
        longest = None if seconds is None else seconds_of("seconds", seconds)
        if count is not None:
            count = number_of("count", count)
        self._heard = True
        return Events(self, longest, count)

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events())

    def __aiter__(self) -> AsyncIterator[Event]:
        return aiter(self.events())

    def on(self, callback: Callable[[Event], object]) -> Callable[[], None]:
        """Call `callback` with every event, on a thread of its own; return a function that removes it.

        Raises
        ------
        RequestRefused
            It is no plain function, or the subscription is closed.
        """
        if not callable(callback):
            raise RequestRefused(_("on() takes a function of one event, such as sub.on(print)."))
        if inspect.iscoroutinefunction(callback):
            raise RequestRefused(
                _("on() takes a plain function, and nobody would await this one: use async for event in sub.")
            )
        self._refuse_closed()
        return Callback(self, callback).remove

    @guarded
    def record(self, seconds: float, kind: str = "") -> pd.DataFrame:
        """Wait, and return what came as a frame, a row an event.

        Parameters
        ----------
        seconds
            How long.
        kind
            Which events: ``quote``, ``depth``, ``trades``, ...; the subscription's first kind if not given.
        """
        longest = seconds_of("seconds", seconds)
        self._refuse_closed()
        wanted = kind or ("quote" if "quote" in self.kinds else self.kinds[0])
        if wanted not in self.kinds:
            raise RequestRefused(
                _("This subscription has no {kind} events; it has {kinds}.").format(
                    kind=wanted, kinds=commas(self.kinds)
                )
            )
        return recorded([event for event in self.events(seconds=longest) if event.kind == wanted], wanted)

    @property
    @abstractmethod
    def latest(self) -> pd.DataFrame:
        """The newest values, a row each; needs no link and never waits."""

    def close(self) -> None:
        """End the subscription; loops over it end. The link closes when it was the last one."""
        with self._lock:
            if self._state == CLOSED:
                return
            self.keep()
            self._state = CLOSED
            buffers = self._buffers
        if self._settle(RequestRefused(_("The subscription is closed."))):
            self._heard = True
        for buffer in buffers:
            buffer.end()
        if self._process == os.getpid():
            self._engine.release(self)

    # for consumers

    def attach(self, wake: Callable[[], None]) -> Buffer:
        """Return a buffer that holds the first values known and gets every event from now on."""
        buffer = Buffer(self._size, wake)
        if self.state == CLOSED:
            buffer.end()
            return buffer
        done = threading.Event()

        def join() -> None:
            # On the loop, so that no event falls between the values known and those to come.
            for event in self.known():
                buffer.put(event)
            with self._lock:
                self._buffers = (*self._buffers, buffer)
                if self._state in {CLOSED, REFUSED}:
                    buffer.end()
            done.set()

        if self._engine.inside:
            join()
        else:
            self._engine.soon(join)
            while not done.wait(_GLANCE):
                if not self._engine.running:  # closed meanwhile
                    buffer.end()
                    break
        return buffer

    def waiter(self) -> Waiter:
        """Return what a thread waits for events with."""
        return self._engine.waiter()

    def detach(self, buffer: Buffer) -> None:
        """Stop filling a buffer."""
        with self._lock:
            if buffer in self._buffers:
                self._buffers = tuple(other for other in self._buffers if other is not buffer)
                self._past[0] += buffer.merged
                self._past[1] += buffer.dropped
        buffer.end()

    def check(self) -> None:
        """Raise the refusal, if there was one."""
        if self._state == REFUSED and self.error is not None:
            self._heard = True
            raise self.error.with_traceback(None)

    # for the gateway, on its loop

    @abstractmethod
    def keep(self) -> None:
        """Keep the newest values for `latest`: the subscription is about to be closed."""

    @abstractmethod
    def known(self) -> list[Event]:
        """Return the first values that are there already."""

    def deliver(self, event: Event) -> None:
        """Give an event to every consumer."""
        for buffer in self._buffers:
            buffer.put(event)

    def become(self, state: str, error: OpenAPIError | None = None) -> None:
        """Note another state, unless the subscription is closed; an interruption begins or ends a gap."""
        with self._lock:
            if self._state == CLOSED:
                return
            before, self._state, self.error = self._state, state, error
            if state != LIVE and before in {LIVE, REFUSED} and self._ready.done():
                self._ready = Future()  # to wait is to wait for the next link
        if state == INTERRUPTED and before == LIVE:
            self.gaps.append(Gap(now(), None, str(error or "")))
        elif state == LIVE and self.gaps and self.gaps[-1].end is None:
            self.gaps[-1] = self.gaps[-1]._replace(end=now())
        if state == REFUSED and error is not None:
            self._settle(error)
            for buffer in self._buffers:
                buffer.end()
            self._engine.later(TOLD_AFTER, self._tell_refusal)

    def refused(self, error: OpenAPIError) -> None:
        """Note that the gateway will not have it."""
        self.become(REFUSED, error)

    def ready(self) -> None:
        """Note that the first values are there."""
        self._settle()

    def _settle(self, failure: OpenAPIError | None = None) -> bool:
        """Let those go on who wait; False if they were let go on before, by this thread or another."""
        try:
            if failure is None:
                self._ready.set_result(None)
            else:
                self._ready.set_exception(failure)
        except InvalidStateError:
            return False
        return True

    def _tell_refusal(self) -> None:
        if not self._heard:
            self._heard = True
            log.warning("%s", self.error)

    def _too_late(self, seconds: float) -> TransportError:
        why = f" {self.error}" if self.error is not None else ""
        return TransportError(
            _("Not live after {seconds:g} s; it goes on trying.{why}").format(seconds=seconds, why=why)
        )

    def _refuse_closed(self) -> None:
        if self.state == CLOSED:
            raise RequestRefused(_("The subscription is closed."))

    def _check_open(self) -> None:
        self._refuse_closed()
        self.check()

    def _not_inside(self) -> None:
        if self._engine.inside:
            raise RequestRefused(_("Do not wait inside the stream's own thread."))
