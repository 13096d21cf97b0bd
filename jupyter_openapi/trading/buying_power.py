"""Whether the account can pay for a buy: what is available in its currency, beside what the order needs.

It warns and never refuses: margin, other currencies and the broker's own rules decide. The balance is kept
for a few seconds, and not read where the last calls are left to orders.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from jupyter_openapi.errors import OpenAPIError
from jupyter_openapi.market.money import amount, money
from jupyter_openapi.market.worth import Read
from jupyter_openapi.messages import _

KEPT = 10.0  # seconds a balance is good for
RESERVE = 8  # calls of the broker's 30 in 30 s that are left to orders


class BuyingPower:
    """What one account can pay with.

    Parameters
    ----------
    left
        Returns how many trade calls are left now.
    """

    def __init__(self, left: Callable[[], int]) -> None:
        self._left = left
        self._lock = threading.Lock()
        self._kept: tuple[float, Any] | None = None

    def forget(self) -> None:
        """Read the balance anew the next time: an order was sent."""
        with self._lock:
            self._kept = None

    def lines(self, read: Read, worth: Decimal | None, currency: str) -> list[tuple[str, str]]:
        """Return the line that says what a buy needs and what is available, where that is not enough."""
        if worth is None or not currency:
            return []
        try:
            data = self._balance(read)
        except OpenAPIError as failure:
            return [("buying power", _("not checked: {failure}").format(failure=failure))]
        if data is None:
            return [("buying power", _("not checked: the last calls are left for orders"))]
        available = available_in(data, currency)
        if available is None or worth <= available:
            return []
        said = _("needs {worth}, {available} available: the broker may reject it")
        return [("warning", said.format(worth=money(worth, currency), available=money(available, currency)))]

    def _balance(self, read: Read) -> Any:
        with self._lock:
            kept = self._kept
        if kept is not None and time.monotonic() - kept[0] < KEPT:
            return kept[1]
        if self._left() < RESERVE:
            return None
        data = read("account_balance", {})
        with self._lock:
            self._kept = time.monotonic(), data
        return data


def available_in(data: Any, currency: str) -> Decimal | None:
    """Return the most that can be paid in a currency, in cash or buying power; None where nothing says it."""
    rows = data.get("list") if isinstance(data, Mapping) else None
    found: list[Decimal] = []
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, Mapping):
            continue
        if row.get("currency") == currency:
            found += _decimals(row.get("buy_power"))
        infos = row.get("cash_infos")
        for info in infos if isinstance(infos, list) else ():
            if isinstance(info, Mapping) and info.get("currency") == currency:
                found += _decimals(info.get("available_cash"))
    return max(found, default=None)


def _decimals(value: object) -> list[Decimal]:
    number = amount(value)
    return [] if number is None else [number]
