"""`Subscriber`: the methods of a client that subscribe to live data.

It imports nothing of the stream before the first subscription.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import guarded

if TYPE_CHECKING:
    from jupyter_openapi.stream.gateway import Source
    from jupyter_openapi.stream.live import Live
    from jupyter_openapi.stream.settings import Settings
    from jupyter_openapi.stream.subscription import Subscription


class Subscriber(ABC):
    """Base of `Client`: live quotes, orders and candles."""

    @abstractmethod
    def stream_source(self) -> Source:
        """Return what subscriptions need of the client."""

    @abstractmethod
    def refuse_closed(self) -> None:
        """Refuse to subscribe once the client is closed."""

    @property
    def live(self) -> Live | None:
        """The streams of this client; None before the first subscription."""
        return self._live if "_live" in self.__dict__ else None

    def close_subscriptions(self) -> None:
        """Close every subscription."""
        if self.live is not None:
            self.live.close()

    @cached_property
    def _live(self) -> Live:
        from jupyter_openapi.stream.live import Live

        return Live(self.stream_source())

    @cached_property
    def stream_settings(self) -> Settings:
        """How long live subscriptions wait for what; may be set before the first one."""
        from jupyter_openapi.stream.settings import Settings

        return Settings()

    @guarded
    def subscribe(self, symbols: str | Iterable[str], *kinds: str, buffer: int = 10_000) -> Subscription:
        """Subscribe to live data of some symbols; returns at once.

        Parameters
        ----------
        symbols
            Such as ``"700.HK"`` or ``["700.HK", "AAPL.US"]``.
        kinds
            ``quote`` (the default), ``depth``, ``brokers``, ``trades``.
        buffer
            How many events may wait for a slow consumer.

        Returns
        -------
        Subscription, which stays until its `close()`, whatever becomes of the link.

        Raises
        ------
        RequestRefused
            A wrong symbol or kind; nothing was sent.

        Examples
        --------
        >>> with client.subscribe(["700.HK"]) as sub:            # doctest: +SKIP
        ...     for e in sub.events(seconds=10):
        ...         print(e.symbol, e.last_done)
        """
        self.refuse_closed()
        return self._live.subscribe(symbols, kinds, buffer)

    @guarded
    def subscribe_orders(self, *, buffer: int = 10_000) -> Subscription:
        """Subscribe to the changes of this account's orders, whoever made them; returns at once.

        Per order the state never goes back and a final state comes once. After an interruption today's orders
        are read again, and what changed comes as events whose `source` is ``reread``.
        """
        self.refuse_closed()
        return self._live.subscribe_orders(buffer)

    @guarded
    def subscribe_candlesticks(
        self, symbol: str, period: str = "1m", *, sessions: str = "intraday"
    ) -> Subscription:
        """Subscribe to the candles of a symbol, built from its trades; returns at once.

        Parameters
        ----------
        symbol
            Such as ``"700.HK"``.
        period
            As `candlesticks` takes it: ``1m``, ``5m``, ``60m``, ``day``, ...
        sessions
            ``intraday``, or ``all`` with the US sessions outside regular hours.

        Returns
        -------
        Subscription; an event's `confirmed` says that the bar is over.
        """
        self.refuse_closed()
        return self._live.subscribe_candlesticks(symbol, period, sessions)

    def links(self) -> list[dict[str, Any]]:
        """Return the state of each socket in use, with the number of links the account has and may have."""
        return self._live.report() if "_live" in self.__dict__ else []
