"""Wait until an order is done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from jupyter_openapi.errors import ApiError, TransportError
from jupyter_openapi.market.money import amount
from jupyter_openapi.market.orders import FINAL
from jupyter_openapi.trading.describe import describe_standing

QUIET = 10.0  # seconds without news after which a stream is not relied on
POLL = 1.0  # seconds: 30 calls per 30 s is all there is


@dataclass(frozen=True)
class OrderState:
    """An order as last seen.

    Attributes
    ----------
    order_id, status
        The broker's id and status (``NewStatus``, ``FilledStatus``, ...).
    done
        Whether it is at its end: filled, cancelled, rejected or expired. False after a time-out.
    quantity, executed_quantity, executed_price
        As decimals; the price is None while nothing has filled.
    """

    order_id: str
    status: str
    done: bool
    quantity: Decimal
    executed_quantity: Decimal
    executed_price: Decimal | None
    order: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, order: Mapping[str, Any]) -> OrderState:
        """Read the broker's `order_detail`."""
        status = str(order.get("status") or "")
        price = amount(order.get("executed_price"))
        return cls(
            str(order.get("order_id")),
            status,
            status in FINAL,
            amount(order.get("quantity")) or Decimal(0),
            amount(order.get("executed_quantity")) or Decimal(0),
            price or None,
            order,
        )

    def __str__(self) -> str:
        return f"{describe_standing(self.order)}{'' if self.done else ', still working'}"


async def wait(
    detail: Callable[[str], Mapping[str, Any]],
    order_id: str,
    timeout: float,  # noqa: ASYNC109 (pinned name)
    *,
    changed: Callable[[str, float], Awaitable[bool]] | None = None,
) -> OrderState:
    """Look at an order about once a second until it is done or `timeout` seconds have passed.

    `changed` waits for news of an order, at most so many seconds, and returns False at once when it can hear
    of none. With it, an order is looked at when there is news, and every `QUIET` seconds.

    A look that fails is tried again while there is time; the last failure is raised only if no look ever
    succeeded.
    """
    deadline = time.monotonic() + timeout
    state: OrderState | None = None
    while True:
        failure: ApiError | TransportError | None = None
        try:
            state = OrderState.of(await asyncio.to_thread(detail, order_id))
        except TransportError as problem:
            failure = problem
        left = deadline - time.monotonic()
        if state is not None and (state.done or left <= 0):
            return state
        if left <= 0 and failure is not None:
            raise failure
        if changed is not None and await changed(order_id, min(QUIET, max(left, 0.01))):
            continue
        await asyncio.sleep(min(POLL, max(left, 0.01)))
