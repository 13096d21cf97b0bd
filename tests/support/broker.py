"""A broker in miniature that loses requests and answers as told; its orders are a dictionary by their ids."""

from __future__ import annotations

import json
import time
from collections import deque
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from jupyter_openapi import Client, Credentials
from jupyter_openapi.trading.journal import Journal
from support.wire import Received, http

NOW = time.time  # the real one, whatever a test makes of this machine's clock
QUOTES = {"secu_quote": [{"symbol": "700.HK", "last_done": "600", "timestamp": "1767605400"}]}
LOTS = {"secu_static_info": [{"symbol": "700.HK", "lot_size": 100}]}

AFTER = {
    "seen": http(b'{"code":403202,"message":"duplicate request"}', "403 Forbidden"),
    "nameless": http(b'{"code":0,"message":"success","data":null}'),
    "html502": http(b"<html><title>502 Bad Gateway</title></html>", "502 Bad Gateway"),
}


@dataclass
class Broker:
    """Books orders; `faults` says what becomes of the next changes.

    ``lost`` (before the booking), ``silent`` (after it), ``e500``, ``html502``, ``limited``, ``refused``,
    ``seen`` (after it: the answer to a copy), ``nameless`` (after it: an answer without the order's id).
    """

    faults: deque[str] = field(default_factory=deque)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)  # client_request_id -> order id
    changes: list[Received] = field(default_factory=list)
    channel: str = "lb_papertrading"
    holds: str = "500"
    reads: list[str] = field(default_factory=list)  # the paths that were read
    unlisted: bool = False  # whether today's orders can't be read
    ahead: float | None = 0.0  # seconds its clock is ahead of ours; None where it tells no time

    def __call__(self, request: Received) -> bytes | None:
        if request.path == "/v1/trade/order" and request.method != "GET":
            self.changes.append(request)
            return self._change(request)
        self.reads.append(request.path)
        if self.unlisted and request.path.endswith("/today"):
            return None
        return self._answer(self._read(request))

    def _answer(self, data: Any) -> bytes:
        content = json.dumps({"code": 0, "message": "success", "data": data}).encode()
        date = "" if self.ahead is None else f"Date: {formatdate(self._now(), usegmt=True)}\r\n"
        return http(content, headers=date)

    def _now(self) -> float:
        return NOW() + (self.ahead or 0.0)

    def _read(self, request: Received) -> Any:
        if request.path == "/quote/quotes":
            return QUOTES
        if request.path == "/quote/static-info":
            return LOTS
        if request.path == "/v1/asset/stock":
            row = {"symbol": "700.HK", "quantity": self.holds, "available_quantity": self.holds}
            return {"list": [{"account_channel": self.channel, "stock_info": [row]}]}
        if request.path == "/v1/trade/order":
            return self.orders[parse_qs(request.query)["order_id"][0]]
        return {"orders": list(self.orders.values())}

    def _change(self, request: Received) -> bytes | None:
        fault = self.faults.popleft() if self.faults else "ok"
        if fault == "lost":
            return None
        if fault == "e500":
            return http(b'{"code":500000,"message":"internal error"}', "500 Internal Server Error")
        if fault == "limited":
            return http(b'{"code":429002,"message":"api request is limited"}', "429 Too Many Requests")
        if fault == "refused":
            return http(b'{"code":602001,"message":"bad request"}', "400 Bad Request")
        data = self._book(request)
        if fault == "silent":
            return None
        return AFTER[fault] if fault in AFTER else self._answer(data)

    def _book(self, request: Received) -> Any:
        if request.method == "DELETE":
            self.orders[parse_qs(request.query)["order_id"][0]]["status"] = "CanceledStatus"
            return {}
        body = json.loads(request.body)
        if request.method == "PUT":
            self.orders[body["order_id"]].update(quantity=body["quantity"], price=body.get("price", ""))
            return {}
        known = self.seen.get(body.get("client_request_id"))
        if known is not None:
            return {"order_id": known}
        order_id = str(693664675163312128 + len(self.orders))
        self.seen[body.get("client_request_id")] = order_id
        self.orders[order_id] = {
            "order_id": order_id,
            "status": "NewStatus",
            "symbol": body["symbol"],
            "side": body["side"],
            "order_type": body["order_type"],
            "quantity": body["submitted_quantity"],
            "executed_quantity": "0",
            "executed_price": "0",
            "price": body.get("submitted_price", ""),
            "currency": "HKD",
            "remark": body.get("remark", ""),
            "submitted_at": str(int(self._now())),
        }
        return {"order_id": order_id}


def client_of(url: str, folder: Path, mode: str = "paper", **options: Any) -> Client:
    """Return a client with a journal of its own, short waits and no limits."""
    options = {"limits": False, "timeout": (10, 10), **options}
    client = Client(Credentials("key-1", "secret-1", "token-1"), mode, url, **options)
    client.__dict__["journal"] = Journal(folder / "journal.db")
    client._desk._delivery._waits = (0.01,) * 6
    return client
