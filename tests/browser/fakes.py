"""A broker that lives in the kernel: reads and changes, with texts and failures as a test wants them."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Event
from types import SimpleNamespace
from typing import Any

from jupyter_openapi.account import Account
from jupyter_openapi.errors import RequestRefused

PAPER = Account("paper", True, "profile 'main'", "4821", "https://openapi.longbridge.com", True, "paper")
QUOTE = {"last_done": "600", "prev_close": "590", "open": "591", "high": "601", "low": "589"}


@dataclass(frozen=True)
class FakePreview:
    """A preview as the desk makes it; `send` counts."""

    lines: tuple[tuple[str, str], ...]
    deliver: Callable[[], Any]

    def send(self, *, again: bool = False) -> Any:
        assert again, "a panel's click is no Run All"
        return self.deliver()


@dataclass
class FakeClient:
    """Answers as a broker; `mark` is put behind every text the server controls."""

    account: Account = PAPER
    mark: str = ""
    tz: str = "UTC"
    left: int = 30
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    older: dict[str, dict[str, Any]] = field(default_factory=dict)
    failures: dict[str, Exception] = field(default_factory=dict)
    odd: dict[str, Any] = field(default_factory=dict)  # the data of a reply, whatever was asked
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    gate: Event | None = None  # holds what is sent until it is set
    throttled: int = 0
    live: Any = None
    closed: bool = False

    def __post_init__(self) -> None:
        self._numbers = itertools.count(701_000_000_000_000_001)

    def limits_left(self) -> dict[str, int]:
        return {"trade": self.left, "quote": 10}

    token_renews = False

    def token_days_left(self) -> float | None:
        return 83.0

    def clock_offset(self) -> float:
        return 0.0

    def close(self) -> None:
        self.closed = True

    def names(self, operation: str) -> list[dict[str, Any]]:
        """Return the arguments of every call of an operation."""
        return [arguments for name, arguments in self.calls if name == operation]

    def order(self, symbol: str = "700.HK", **fields: Any) -> str:
        """Book an open order."""
        order_id = str(next(self._numbers))
        self.orders[order_id] = {
            "order_id": order_id,
            "status": "NewStatus",
            "stock_name": f"TENCENT{self.mark}",
            "symbol": symbol,
            "side": "Buy",
            "order_type": "LO",
            "quantity": "200",
            "executed_quantity": "0",
            "price": "600",
            "executed_price": "0",
            "submitted_at": str(int(time.time())),
            "time_in_force": "Day",
            "currency": f"HKD{self.mark}",
            "remark": f"mine{self.mark}",
            "msg": f"taken{self.mark}",
            **fields,
        }
        return order_id

    def call(self, operation: str, /, *, execute: bool = False, again: bool = False, **arguments: Any) -> Any:
        self.calls.append((operation, arguments))
        if failure := self.failures.get(operation):
            raise failure
        if operation in self.odd:
            return SimpleNamespace(data=self.odd[operation], elapsed=0.012, order_id=None)
        change = getattr(self, f"_{operation}", None)
        if change is None:
            return SimpleNamespace(data=self._read(operation, arguments), elapsed=0.012, order_id=None)
        preview = change(**arguments)
        return preview.send(again=again) if execute else preview

    def _read(self, operation: str, arguments: dict[str, Any]) -> Any:
        mark, symbols = self.mark, arguments.get("symbol", [])
        rows = symbols if isinstance(symbols, list) else [symbols]
        stamp = str(int(time.time()))
        held = {"symbol": "700.HK", "symbol_name": f"TENCENT{mark}", "available_quantity": "300"}
        watched = {"symbol": "AAPL.US", "name": f"Apple{mark}"}
        info = {"name_en": f"A name{mark}", "currency": "HKD", "lot_size": 100}
        answers: dict[str, Any] = {
            "quote": {"secu_quote": [{"symbol": one, "timestamp": stamp, **QUOTE} for one in rows]},
            "depth": {
                "bid": [{"price": "599.5", "volume": 300}, {"price": "599", "volume": 1200}],
                "ask": [{"price": "600", "volume": 600}],
            },
            "static_info": {"secu_static_info": [{"symbol": one, **info} for one in rows]},
            "stock_positions": {
                "list": [{"account_channel": f"lb_papertrading{mark}", "stock_info": [held]}]
            },
            "account_balance": {"list": []},
            "watchlist": {"groups": [{"name": f"mine{mark}", "securities": [watched]}]},
            "estimate_max_purchase_quantity": {"cash_max_qty": "1600", "margin_max_qty": "3200"},
            "today_orders": {"orders": list(self.orders.values())},
            "history_orders": {"orders": list(self.older.values())},
        }
        if operation == "order_detail":
            return self._known(arguments["order_id"])
        return answers[operation]

    def _known(self, order_id: str) -> dict[str, Any]:
        known = self.orders.get(order_id) or self.older.get(order_id)
        if known is None:
            raise RequestRefused(f"There is no order {order_id}{self.mark}.")
        return known

    def _submit_order(self, override: list[str], **fields: Any) -> FakePreview:
        def deliver() -> Any:
            self._send("submit_order", fields)
            book = {"quantity": fields["submitted_quantity"], "price": fields.get("submitted_price", "0")}
            names = ("symbol", "side", "order_type", "time_in_force")
            return SimpleNamespace(order_id=self.order(**book, **{name: fields[name] for name in names}))

        order = f"{fields['side']} {fields['submitted_quantity']} {fields['symbol']}{self.mark}"
        lines = (("order", order), ("overridden", ",".join(override)), ("sends", f"{fields}{self.mark}"))
        return FakePreview((self._title(), *lines), deliver)

    def _replace_order(self, override: list[str], order_id: str, **fields: Any) -> FakePreview:
        def deliver() -> Any:
            self._send("replace_order", {"order_id": order_id, **fields})
            self._known(order_id).update(fields, status="ReplacedStatus")
            return SimpleNamespace(order_id=order_id)

        del override
        return FakePreview((self._title(), ("change", f"{fields}{self.mark}")), deliver)

    def _cancel_order(self, order_id: str) -> FakePreview:
        def deliver() -> Any:
            self._send("cancel_order", {"order_id": order_id})
            self._known(order_id)["status"] = "CanceledStatus"
            return SimpleNamespace(order_id=order_id)

        lines = (("as it stands", f"{self._known(order_id)['symbol']}{self.mark}"), ("sends", order_id))
        return FakePreview((self._title(), *lines), deliver)

    def _title(self) -> tuple[str, str]:
        return "account", self.account.title

    def _send(self, operation: str, fields: dict[str, Any]) -> None:
        if failure := self.failures.get(f"send {operation}"):
            raise failure
        if self.gate is not None:
            assert self.gate.wait(60)
        self.sent.append((operation, fields))


class FakeSession:
    """Holds a client, as `jupyter_openapi.session.Session` does."""

    def __init__(self, client: FakeClient | None = None) -> None:
        self.client = client
        self.preview = self.entered = self.found = self.sandbox = None
        self.notify: Callable[[str], None] = print


def live(**changes: Any) -> FakeClient:
    """Return a client of an armed real-money account."""
    return FakeClient(replace(PAPER, mode="live", claim="live", **changes))


def until(condition: Callable[[], object], seconds: float = 30.0) -> bool:
    """Wait for a condition; False when it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True
