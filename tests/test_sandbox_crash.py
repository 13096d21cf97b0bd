"""SIGKILL at any moment, under load: no acknowledged order is lost, no fill is half applied."""

from __future__ import annotations

import http.client
import random
import sqlite3
import threading
import time
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support import soak
from support.audit import audit
from support.sandbox import SandboxClient, SandboxProcess, start_sandbox

from jupyter_openapi.sandbox.exchange.model import Order
from jupyter_openapi.sandbox.exchange.store import Store

BROKEN = (http.client.HTTPException, ConnectionError, TimeoutError)


class Trader(threading.Thread):
    """Submits, changes and cancels as fast as it is answered, and remembers what was acknowledged."""

    def __init__(self, sandbox: SandboxProcess, seed: str) -> None:
        super().__init__(daemon=True)
        self.placed: dict[str, str] = {}
        self.cancelled: set[str] = set()
        self.replaced: dict[str, str] = {}
        self._client = SandboxClient(sandbox.info)
        self._random = random.Random(seed)

    def run(self) -> None:
        with self._client:
            try:
                while True:
                    self._step()
            except BROKEN:
                return

    def _step(self) -> None:
        draw = self._random
        if self.placed and draw.random() < 0.3:
            order_id = draw.choice(list(self.placed)[-20:])
            if draw.random() < 0.5:
                if self._client.call("DELETE", "/v1/trade/order", {"order_id": order_id}).status == 200:
                    self.cancelled.add(order_id)
            else:
                body = {"order_id": order_id, "quantity": "200", "price": "400"}
                if self._client.call("PUT", "/v1/trade/order", json_body=body).status == 200:
                    self.replaced[order_id] = "200"
            return
        order: dict[str, Any] = {
            "symbol": "700.HK",
            "side": draw.choice(["Buy", "Sell"]),
            "order_type": draw.choice(["MO", "LO"]),
            "submitted_quantity": "100",
            "time_in_force": "GTC",
            "remark": f"{draw.random()}",
        }
        if order["order_type"] == "LO":
            order["submitted_price"] = draw.choice(["400", "650"])
        reply = self._client.call("POST", "/v1/trade/order", json_body=order)
        if reply.status == 200:
            self.placed[reply.data["order_id"]] = order["remark"]


@pytest.mark.timeout(900)
def test_killed_again_and_again_the_books_add_up(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    draw = random.Random(7)
    placed: dict[str, str] = {}
    kills = soak(100)
    for number in range(kills):
        sandbox = start_sandbox("--db", str(path), "--limits", "off")
        traders = [Trader(sandbox, f"{number} {place}") for place in range(3)]
        for trader in traders:
            trader.start()
        time.sleep(draw.uniform(0.05, 0.6))
        sandbox.kill()
        for trader in traders:
            trader.join(10)
        store = Store(path)
        try:
            audit(store)
            known = {order.order_id: order for order in store.orders("1")}
        finally:
            store.close()
        for trader in traders:
            placed |= trader.placed
            assert all(
                known[order_id].status in {"CanceledStatus", "PartialWithdrawal"}
                for order_id in trader.cancelled
            )
            assert all(known[order_id].quantity == 200 for order_id in trader.replaced)
        assert {order_id: known[order_id].remark for order_id in placed} == placed
    assert len(placed) > kills


def test_an_order_acknowledged_right_before_the_kill_is_there(tmp_path: Path) -> None:
    path = str(tmp_path / "sandbox.db")
    ids = []
    for _ in range(3):
        sandbox = start_sandbox("--db", path, "--limits", "off")
        ids.append(sandbox.client.submit(order_type="MO"))
        sandbox.kill()
    with start_sandbox("--db", path, "--limits", "off") as sandbox:
        assert [sandbox.client.order(order_id)["status"] for order_id in ids] == ["FilledStatus"] * 3
        (tencent,) = (
            row
            for row in sandbox.client.get("/v1/asset/stock")["list"][0]["stock_info"]
            if row["symbol"] == "700.HK"
        )
        assert tencent["quantity"] == "800"


def test_a_file_of_other_pages_is_read_on_and_a_changed_order_stays_in_its_place(tmp_path: Path) -> None:
    pages = {}
    for name in ("old.db", "new.db"):
        path = tmp_path / name
        if name == "old.db":  # as files were made before
            with closing(sqlite3.connect(path)) as old:
                old.execute("pragma page_size=4096")
                old.execute(
                    "create table settings (name text primary key, value text not null) without rowid"
                )
        for place in range(3):
            store = Store(path)
            with closing(store):
                if not place:
                    for number in range(3):
                        store.save_order(order_of(number))
                else:
                    first = store.orders("1")[0]
                    first.status, first.executed_quantity = "FilledStatus", Decimal(place)
                    store.save_order(first)
                assert [order.order_id for order in store.orders("1")] == ["0", "1", "2"]
        store = Store(path)
        with closing(store):
            found = store.order("0")
            assert found is not None
            assert (found.status, found.executed_quantity) == ("FilledStatus", 2)
        with closing(sqlite3.connect(path)) as file:
            pages[name] = file.execute("pragma page_size").fetchone()[0]
    assert pages == {"old.db": 4096, "new.db": 1024}


def order_of(number: int) -> Order:
    prices = Decimal(100), Decimal(600), "HKD"
    return Order(str(number), "700.HK", "Buy", "LO", "Day", *prices, "NewStatus", 1.0, 1.0, number)
