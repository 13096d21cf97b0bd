"""The account's orders at the broker, read to find those that open intents made."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import Interrupted, TransportError
from jupyter_openapi.pages.fetch import fetch
from jupyter_openapi.spec import catalog
from jupyter_openapi.trading.words import amount

if TYPE_CHECKING:
    from jupyter_openapi.trading.intents import Intent

Order = Mapping[str, Any]

DAY = 86_400  # seconds before the oldest intent from which orders are read, whatever the clocks say
SKEW = 60.0  # seconds our clock may be off, and was perhaps when the intent was written down


class Book:
    """The orders since the oldest open intent, read once, when first asked for.

    Parameters
    ----------
    read
        Reads an operation and returns its `data`.
    journal
        The account's rows of the journal.
    intents
        The open ones.
    ahead
        Seconds that the broker's clock is ahead of ours.
    """

    def __init__(
        self,
        read: Callable[[str, Mapping[str, Any]], Any],
        journal: Iterable[Mapping[str, Any]],
        intents: Iterable[Intent],
        ahead: float,
    ) -> None:
        self.missing = ""  # why these may not be all, where that is so
        self._read = read
        self._ahead = ahead
        self._oldest = min(intent.created for intent in intents)
        # Only a submit makes an order; a cancel that names one does not.
        self._claimed = {row["order_id"] for row in journal if row["kind"] == "submit" and row["order_id"]}

    @cached_property
    def orders(self) -> Sequence[Order]:
        """Today's orders, and all since the day before the oldest intent."""
        operation = catalog().named("history_orders")
        start = int(self._oldest + min(0.0, self._ahead)) - DAY
        now = datetime.fromtimestamp(time.time() + max(0.0, self._ahead) + SKEW, UTC)
        history = fetch(self._read, operation, {"start_at": start}, now=now)
        if history.interrupted:
            raise Interrupted("Interrupted while reading orders; nothing was sent.", in_flight=False)
        if not history.complete:
            self.missing = history.why
        # Today's last: what came in meanwhile is there.
        today = self._read("today_orders", {})
        if not isinstance(today, Mapping):
            raise TransportError("today_orders: the reply holds no orders.")
        return list({str(order["order_id"]): order for order in [*history.rows, *today["orders"]]}.values())

    def order(self, order_id: str) -> Order:
        """Return one order as it stands now.

        Raises
        ------
        ApiError, TransportError
            It can't be read.
        """
        order = self._read("order_detail", {"order_id": order_id})
        if not isinstance(order, Mapping) or not order.get("status"):
            raise TransportError("what came is no order.")
        return order

    def claim(self, order: Order) -> None:
        """Note that an order is some intent's."""
        self._claimed.add(str(order["order_id"]))

    def tagged(self, intent: Intent) -> list[Order]:
        """Return the orders whose remark ends in the intent's tag."""
        tag = intent.tag
        return [o for o in self.orders if str(o.get("remark") or "").endswith(tag)] if tag else []

    def alike(self, intent: Intent) -> list[Order]:
        """Return the orders of nobody else that have the intent's fields and fit its time.

        The tag of one that has one would be there: an order with another remark is another order, unless the
        broker drops remarks.
        """
        return [
            order
            for order in self.orders
            if str(order["order_id"]) not in self._claimed
            and not (intent.tag and order.get("remark"))
            and self._fits(order, intent)
        ]

    def _fits(self, order: Order, intent: Intent) -> bool:
        at = amount(order.get("submitted_at"))
        return (
            order.get("symbol") == intent.symbol
            and order.get("side") == intent.side
            and amount(order.get("quantity")) == amount(intent.quantity)
            and (amount(order.get("price")) or None) == (amount(intent.price) or None)
            and at is not None
            and intent.created - SKEW <= float(at) - self._ahead <= intent.at + 2 * SKEW
        )
