"""Orders through a network that fails in every way: none doubled, none lost, nothing left unsaid."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support import SOAK, soak
from support.agreement import disagreements, exchange_orders
from support.faults import FAULTS, FaultProxy
from support.sandbox import SandboxProcess

from jupyter_openapi import (
    ApiError,
    Client,
    Credentials,
    OutcomeUnknown,
    Reply,
    RequestRefused,
    TransportError,
)
from jupyter_openapi.trading.journal import Journal
from jupyter_openapi.transport.transport import Budget

SYMBOL = "AAPL.US"
WAITS = (0.01, 0.03, 0.06, 0.1, 0.15, 0.2)
LATE = 2.5  # seconds after which the proxy has let go of everything
TRADERS = 8


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for home in ("delivery", "limits", "reconcile"):
        monkeypatch.setattr(f"jupyter_openapi.trading.{home}.LATE", LATE)
    monkeypatch.setattr("jupyter_openapi.transport.transport.Budget", partial(Budget, first=0.02))


def make(sandbox: SandboxProcess, url: str, folder: Path) -> Client:
    keys = sandbox.info
    client = Client(
        Credentials(keys["app_key"], keys["app_secret"], keys["access_token"]),
        "sandbox",
        url,
        limits=False,
        timeout=(1, 0.5),
    )
    client.__dict__["journal"] = Journal(folder / "journal.db")
    client._desk._delivery._waits = WAITS
    return client


class Trader(threading.Thread):
    """Submits, replaces and cancels its own orders through a proxy of its own, until told to stop."""

    def __init__(self, sandbox: SandboxProcess, folder: Path, seed: int, count: int) -> None:
        super().__init__(daemon=True)
        self.proxy = FaultProxy(sandbox.url, seed=seed)
        self.proxy.reads = 0.05
        self.client = make(sandbox, self.proxy.url, folder)
        self.outcomes: Counter[str] = Counter()
        self.problem: BaseException | None = None
        self._random = random.Random(seed)
        self._count = count
        self._orders: dict[str, tuple[int, int]] = {}

    def run(self) -> None:
        try:
            while sum(self.outcomes.values()) < self._count:
                self._step()
        except BaseException as problem:  # noqa: BLE001 (told by the test itself)
            self.problem = problem

    def close(self) -> None:
        self.client.close()
        self.proxy.close()

    def _step(self) -> None:
        kind = self._random.choices(["submit", "replace", "cancel"], [5, 4, 2])[0]
        chosen = self._random.choice(list(self._orders)) if self._orders else None
        if chosen is None or kind == "submit":
            kind, terms, arguments = "submit", self._terms(None), {}
            arguments = {"symbol": SYMBOL, "side": "buy", "remark": "soak"}
        else:
            terms, arguments = self._terms(self._orders[chosen]), {"order_id": chosen}
        if kind != "cancel":
            arguments |= {"quantity": terms[0], "price": terms[1]}
        self.proxy.rate = self._random.choice([0.3, 0.3, 0.6, 0.9, 1.0])
        outcome = self._send(kind, arguments, terms)
        if outcome is not None:
            self.outcomes[f"{kind} {outcome}"] += 1

    def _terms(self, now: tuple[int, int] | None) -> tuple[int, int]:
        """Return a quantity and a price, other than the present ones, far from the market."""
        while (terms := (self._random.randint(1, 3), self._random.randint(171, 191))) == now:
            pass
        return terms

    def _send(self, kind: str, arguments: dict[str, Any], terms: tuple[int, int]) -> str | None:
        try:
            preview = self.client.call(kind, **arguments)
        except RequestRefused as refused:
            # An earlier replace may still arrive, or is not settled: a person waits, a trader goes on.
            if "is finished:" in str(refused):
                del self._orders[arguments["order_id"]]
            elif "replace" not in str(refused):
                raise
            return None
        except TransportError:
            return None  # a preview's reads failed: nothing was sent
        try:
            reply = preview.send()
        except OutcomeUnknown:
            return "unknown"
        except ApiError as refusal:
            self._orders.pop(str(arguments.get("order_id")), None)
            return f"refused {refusal.code}"
        assert isinstance(reply, Reply)
        assert reply.order_id
        if kind == "cancel":
            del self._orders[reply.order_id]
        else:
            self._orders[reply.order_id] = terms
        return "done"


def test_a_thousand_changes_under_faults_are_none_doubled_and_none_lost(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    traders = [Trader(sandbox, tmp_path, seed, -(-soak(1000) // TRADERS)) for seed in range(TRADERS)]
    auditor = make(sandbox, sandbox.url, tmp_path)
    try:
        for trader in traders:
            trader.start()
        while any(trader.is_alive() for trader in traders):
            time.sleep(0.5)
            auditor.reconcile()  # as another kernel might at any moment
        for trader in traders:
            assert trader.problem is None, repr(trader.problem)
        traders[0].proxy.drain()
        time.sleep(LATE)
        settled = auditor.reconcile()
        outcomes = sum((trader.outcomes for trader in traders), Counter[str]())
        struck = Counter(passed.fault for trader in traders for passed in trader.proxy.changes)
        print(sum(outcomes.values()), "changes:", dict(outcomes))
        print(struck.total(), "requests:", dict(struck))
        rows = [row for row in auditor.journal.rows() if row["state"] == "settled"]
        print(len(rows), "settled:", dict(Counter(f"{row['kind']} by {row['how']}" for row in rows)))
        assert {row.verdict for row in settled} <= {"done", "not done"}
        assert disagreements(auditor.journal, sandbox.client) == []
        # A tenth of the changes is too few for each of the rarer faults.
        assert len(set(FAULTS) - set(struck)) <= (0 if SOAK else 3)
        assert {"submit done", "replace done", "cancel done"} <= set(outcomes)
    finally:
        auditor.close()
        for trader in traders:
            trader.close()


def test_an_order_of_legs_is_booked_once_too(sandbox: SandboxProcess, tmp_path: Path) -> None:
    legs = [
        {"symbol": "AAPL.US", "side": "Buy", "ratio_quantity": "1"},
        {"symbol": "TSLA.US", "side": "Sell", "ratio_quantity": "1"},
    ]
    with FaultProxy(sandbox.url) as proxy, make(sandbox, proxy.url, tmp_path) as client:
        known = exchange_orders(sandbox.client)
        proxy.planned.extend(["cut_before", "html502_after"])
        reply = client.call(
            "submit_multileg",
            side="Buy",
            order_type="LO",
            submitted_price="1",
            submitted_quantity="1",
            strategy="VerticalCallSpread",
            legs=legs,
            execute=True,
        )
        assert len(proxy.changes) == 2  # the second one was booked, and is found
        (order_id,) = exchange_orders(sandbox.client).keys() - known.keys()
        assert reply.data == {"order_id": order_id}
