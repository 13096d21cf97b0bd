"""A broker that holds a history and gives it in pieces, as the real one does or worse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.model import Operation

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PRESENT = int(NOW.timestamp())
DAY = 86_400
LISTS = {"history_orders": "orders", "cash_flow": "list", "fund_orders": "items"}


def operation(name: str, **pages: Any) -> Operation:
    """Return an operation of the specification, its paging scaled down; orders without today's."""
    pages = {"today": None, **pages} if name == "history_orders" else pages
    known = catalog().operations[name]
    assert known.pages is not None
    return replace(known, pages=replace(known.pages, **pages))


def order(number: int, at: int) -> dict[str, Any]:
    return {"order_id": str(10**17 + number), "symbol": "700.HK", "submitted_at": str(at)}


def execution(number: int, at: int) -> dict[str, Any]:
    return {
        "trade_id": f"t-{number}",
        "order_id": "1",
        "symbol": "700.HK",
        "price": "612.5",
        "quantity": "100",
        "trade_done_at": str(at),
    }


def flow(number: int, at: int) -> dict[str, Any]:
    """A row without an id; every third is equal to every other third of its second."""
    return {
        "transaction_flow_name": "Fee",
        "direction": 1,
        "business_type": 1,
        "balance": f"-{number % 3}",
        "currency": "HKD",
        "business_time": str(at),
        "symbol": "",
        "description": "",
    }


@dataclass
class Broker:
    """Answers `read(name, arguments)` for one operation and, if it has one, for today's.

    `cap` is the most rows of a reply. `today_from` is where today begins for the broker, which its history
    then leaves out. `before` is called before each request with its number, from 1.
    """

    operation: Operation
    rows: list[dict[str, Any]]
    cap: int = 1000
    newest_first: bool = True
    says_more: bool = True
    today_from: int | None = None
    before: Callable[[int], None] = lambda _: None
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    most: int = 4000

    @property
    def list_name(self) -> str:
        return LISTS.get(self.operation.name, "trades")

    def at(self, row: Mapping[str, Any]) -> int:
        pages = self.operation.pages
        return int(row[pages.time]) if pages and pages.time else 0

    def __call__(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self.requests.append((name, dict(arguments)))
        assert len(self.requests) <= self.most, "the walk does not end"
        self.before(len(self.requests))
        pages = self.operation.pages
        assert pages is not None
        if name == pages.today:
            since = self.today_from
            return {self.list_name: [row for row in self.rows if since is not None and self.at(row) >= since]}
        assert name == self.operation.name
        found = self._window(arguments)
        size = min(int(arguments.get(pages.size or "", self.cap)), self.cap)
        first = (int(arguments[pages.page]) - 1) * size if pages.page else 0
        data: dict[str, Any] = {self.list_name: found[first : first + size]}
        if self.says_more:
            data["has_more"] = len(found) > first + size
        return data

    def _window(self, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
        window = self.operation.pages.window if self.operation.pages else None
        found = self.rows
        if window:
            first, last = (int(arguments[name]) for name in window)
            assert first <= last
            ruled = self.today_from or last + 1
            found = [row for row in self.rows if first <= self.at(row) <= last and self.at(row) < ruled]
        return sorted(found, key=self.at, reverse=self.newest_first)
