"""Whether journal and exchange agree to the order."""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby
from typing import Any

from jupyter_openapi.trading.journal import Journal
from support.sandbox import SandboxClient

Row = dict[str, Any]


def exchange_orders(exchange: SandboxClient) -> dict[str, Row]:
    """Return every order at the exchange by its id: those of earlier days and today's."""
    orders: dict[str, Row] = {}
    for path in ("/v1/trade/order/history", "/v1/trade/order/today"):  # a history ends before today
        page, more = 1, True
        while more:
            data = exchange.get(path, page=page, size=500)
            orders |= {order["order_id"]: order for order in data["orders"]}
            page, more = page + 1, data["has_more"]
    return orders


def disagreements(journal: Journal, exchange: SandboxClient) -> list[str]:
    """Return in words where journal and exchange differ; an intent that is still open is a difference."""
    intents = journal.rows()
    orders = exchange_orders(exchange)
    found = [
        f"intent {row['id']} ({row['operation']}) is open: {row['state']}"
        for row in intents
        if row["state"] in {"intended", "sent", "unknown"}
    ]
    found += _submits([row for row in intents if row["kind"] == "submit"], orders)
    for order_id in sorted({row["target"] for row in intents if row["target"]}):
        changes = [row for row in intents if row["target"] == order_id]
        found += _replaces(order_id, changes, exchange)
        found += _cancels(order_id, changes, orders)
    return found


def _submits(submits: list[Row], orders: dict[str, Row]) -> list[str]:
    found = []
    of: dict[str, list[str]] = {}
    for order in orders.values():
        of.setdefault(order["remark"].rpartition(" ")[2], []).append(order["order_id"])
    for row in submits:
        placed = of.pop(row["tag"], [])
        told = [row["order_id"]] if row["took_effect"] else []
        if placed != told:
            found.append(f"intent {row['id']} is {row['state']} as {told}, and at the exchange {placed}")
    return found + [f"orders {ids} are in no journal" for ids in of.values()]


def _replaces(order_id: str, changes: list[Row], exchange: SandboxClient) -> list[str]:
    told = [
        (Decimal(row["quantity"]), Decimal(row["price"]))
        for row in changes
        if row["kind"] == "replace" and row["took_effect"]
    ]
    history = exchange.order(order_id)["history"]
    done = [
        (Decimal(event["quantity"]), Decimal(event["price"]))
        for event in reversed(history)
        if event["status"] == "ReplacedStatus"
    ]
    # The same replace twice in a row leaves the order as once.
    if _once(done) == _once(told):
        return []
    return [f"order {order_id} was replaced {_once(done)}, and the journal says {_once(told)}"]


def _once(steps: list[tuple[Decimal, Decimal]]) -> list[tuple[Decimal, Decimal]]:
    return [step for step, _ in groupby(steps)]


def _cancels(order_id: str, changes: list[Row], orders: dict[str, Row]) -> list[str]:
    told = any(row["kind"] == "cancel" and row["took_effect"] for row in changes)
    status = orders[order_id]["status"]
    if told == (status == "CanceledStatus"):
        return []
    return [f"order {order_id} is {status}, and the journal says cancelled: {told}"]
