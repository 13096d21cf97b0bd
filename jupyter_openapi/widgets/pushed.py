"""What live subscriptions tell the panels: no link of their own, and what is pushed needs no asking for."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from jupyter_openapi.account import Account, ClientLike, Pushes
from jupyter_openapi.market.money import amount
from jupyter_openapi.stream.news import LINK, ORDERS
from jupyter_openapi.stream.order_book import as_pushed, newer

__all__ = ["CHECK", "LINK", "ORDERS", "Ear", "Remembered", "newest", "pushed_prices"]

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
