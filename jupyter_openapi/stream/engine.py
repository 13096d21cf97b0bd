"""What carries a client's subscriptions: the thread, both gateways, and who still needs them."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import threading
import weakref
from collections.abc import Callable
from typing import Any

from jupyter_openapi.stream.consumers import News
from jupyter_openapi.stream.gateway import Source
from jupyter_openapi.stream.orders import OrderGateway
from jupyter_openapi.stream.quotes import QuoteGateway
from jupyter_openapi.stream.worker import Waiter, Worker

_GOODBYE = 2.0  # seconds the close frames may take at most

log = logging.getLogger(__name__)

_engines: weakref.WeakSet[Engine] = weakref.WeakSet()


class Engine:
    """Lives from a client's first subscription to its last."""

    def __init__(self, source: Source, news: News) -> None:
        self.source = source
        self.process = os.getpid()
        self.quotes = QuoteGateway(source, news)
        self.orders = OrderGateway(source, news)
        self.finished = False
        self._worker = Worker()
        self._lock = threading.Lock()
        self._users: set[Any] = set()
        _engines.add(self)

    @property
    def inside(self) -> bool:
        """Whether the caller runs on the stream's thread."""
        return self._worker.inside

    @property
    def running(self) -> bool:
        """Whether the stream's thread has not ended."""
        return self._worker.running

    def soon(self, function: Callable[..., object], *args: object) -> None:
        """Call a function on the loop."""
        self._worker.soon(function, *args)

    def waiter(self) -> Waiter:
        """Return what a thread waits with for what the loop brings."""
        return Waiter(self._worker)

    def later(self, seconds: float, function: Callable[[], object]) -> None:
        """Call a function on the loop after a while; only from the loop."""
        self._worker.loop.call_later(seconds, function)

    def take(self, subscription: Any) -> bool:
        """Carry a subscription; False when the engine is finishing and another one is needed."""
        with self._lock:
            if self.finished:
                return False
            self._users.add(subscription)
        self._worker.submit(subscription.start())
        return True

    def release(self, subscription: Any) -> None:
        """Let a subscription go; with the last one the links close and the thread ends."""
        with self._lock:
            if subscription not in self._users:
                return
            self._users.discard(subscription)
            if self.finished:
                return
            last = self.finished = not self._users
        self._worker.submit(self._finish() if last else subscription.stop())

    async def _finish(self) -> None:
        closing = (self.orders.close(), self.quotes.close())
        for failure in await asyncio.gather(*closing, return_exceptions=True):
            if failure is not None:
                log.error("closing a link failed", exc_info=failure)
        self._worker.stop()

    def close(self) -> None:
        """Close all subscriptions and wait until the links are closed."""
        if self.process != os.getpid():
            return
        for subscription in list(self._users):
            subscription.close()
        with self._lock:
            left, self.finished = not self.finished, True
        if left:  # nobody ever subscribed, or whoever did is just closing in another thread
            self._worker.submit(self._finish())
        self._worker.join(_GOODBYE)

    def subscriptions(self) -> list[Any]:
        """Return the subscriptions that it carries."""
        with self._lock:
            return list(self._users)

    def report(self) -> list[dict[str, Any]]:
        """Return each gateway's state, what it is asked for, and how many links the account has.

        The links of both gateways are counted together, so the count that was heard last holds for both.
        """
        newest = max(self.quotes, self.orders, key=lambda gateway: gateway.heard_at)
        return [
            {
                "gateway": gateway.name,
                "state": gateway.state,
                "online": newest.online,
                "limit": newest.limit,
                "opens": gateway.opens,
                "repairs": gateway.repairs,
                "error": str(gateway.error or ""),
            }
            for gateway in (self.quotes, self.orders)
            if gateway.wanted()
        ]


@atexit.register
def _close_all() -> None:
    for engine in list(_engines):
        engine.close()
