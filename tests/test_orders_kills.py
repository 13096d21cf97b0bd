"""A kernel killed at any instant loses track of nothing: the next one settles what it left."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import soak
from support.agreement import disagreements, exchange_orders
from support.faults import FaultProxy
from support.kernel import Kernel
from support.sandbox import SandboxProcess

from jupyter_openapi import Client, Credentials
from jupyter_openapi.trading.journal import Journal

LATE = 0.5  # nothing intercepts these clients and the sandbox

WORKER = """
import json, sys
from jupyter_openapi import Client, Credentials, OpenAPIError

job = json.loads(sys.argv[1])
client = Client(Credentials(*job["keys"]), "sandbox", job["url"], limits=False)
number = 0
while True:
    number += 1
    terms = {"price": job["lowest"] + number % 10, "quantity": 1}
    order = client.call("submit", symbol="AAPL.US", side="buy", execute=True, **terms).order_id
    print(order, flush=True)
    if number % 3 == 0:
        client.call("replace", order_id=order, quantity=2, price=job["lowest"] + 10, execute=True)
    if number % 8:  # so that the money lasts
        client.call("cancel", order_id=order, execute=True)
"""


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for home in ("delivery", "limits", "reconcile"):
        monkeypatch.setattr(f"jupyter_openapi.trading.{home}.LATE", LATE)


def keys(sandbox: SandboxProcess) -> tuple[str, str, str]:
    return sandbox.info["app_key"], sandbox.info["app_secret"], sandbox.info["access_token"]


def next_client(sandbox: SandboxProcess, home: Path) -> Client:
    client = Client(Credentials(*keys(sandbox)), "sandbox", sandbox.url, limits=False)
    client.__dict__["journal"] = Journal(home / "jupyter-openapi" / "journal.db")
    return client


def start_worker(sandbox: SandboxProcess, url: str, home: Path, lowest: int = 169) -> subprocess.Popen[str]:
    """Start what sends orders; those of two that run at once must differ, or the second refuses its own."""
    job = {"keys": keys(sandbox), "url": url, "lowest": lowest}
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, json.dumps(job)],
        env={**os.environ, "XDG_DATA_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def kill(worker: subprocess.Popen[str]) -> None:
    worker.send_signal(signal.SIGKILL)
    _, complaint = worker.communicate(timeout=60)
    assert worker.returncode == -signal.SIGKILL, complaint


def test_killed_at_random_instants_journal_and_exchange_agree(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    chance = random.Random(5)
    kills, left_open, changes = soak(50), 0, 0
    following = start_worker(sandbox, sandbox.url, tmp_path, lowest=181)
    try:
        for number in range(kills):
            worker = following
            if number + 1 < kills:
                # It needs a second to begin.
                following = start_worker(sandbox, sandbox.url, tmp_path, lowest=181 if number % 2 else 169)
            assert worker.stdout is not None
            assert worker.stdout.readline()
            time.sleep(chance.uniform(0, 0.3))
            kill(worker)
            time.sleep(LATE)
            with next_client(sandbox, tmp_path) as client:
                # The other worker may be at it by now: what is its own business stays open.
                left_open += len([row for row in client.reconcile() if row.verdict != "unknown"])
        kill(following) if following.poll() is None else None
        time.sleep(LATE)
        with next_client(sandbox, tmp_path) as client:
            client.reconcile()
            changes = len(client.journal.rows())
            print(f"{kills} kills in {changes} changes left {left_open} open intents, all settled")
            assert disagreements(client.journal, sandbox.client) == []
        assert left_open > 0 or kills < 50  # a few can all miss an order on its way
    finally:
        if following.poll() is None:
            kill(following)


@pytest.mark.parametrize(("fault", "verdict", "how"), [
    ("hang_after", "done", "tag"),
    ("hang_before", "not done", "not found"),
])  # fmt: skip
def test_killed_in_flight_it_is_settled_by_what_the_exchange_has(
    sandbox: SandboxProcess, tmp_path: Path, fault: str, verdict: str, how: str
) -> None:
    with FaultProxy(sandbox.url) as proxy, next_client(sandbox, tmp_path) as client:
        proxy.planned.append(fault)
        worker = start_worker(sandbox, proxy.url, tmp_path)
        deadline = time.monotonic() + 90
        while not proxy.changes or (fault == "hang_after" and not proxy.changes[0].reached):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(0.2)  # the exchange books it
        assert client.unsettled() == 1
        (early,) = client.reconcile()
        assert early.verdict == ("done" if verdict == "done" else "unknown")
        kill(worker)
        time.sleep(LATE)
        rows = [early, *client.reconcile()]
        assert (rows[-1].verdict, rows[-1].how) == (verdict, how)
        assert client.unsettled() == 0
        assert (rows[-1].order_id in exchange_orders(sandbox.client)) == (verdict == "done")


def test_a_killed_kernel_is_reported_by_the_next_and_settled(sandbox: SandboxProcess, tmp_path: Path) -> None:
    names = ("LONGBRIDGE_APP_KEY", "LONGBRIDGE_APP_SECRET", "LONGBRIDGE_ACCESS_TOKEN")
    order = "%openapi --execute submit AAPL.US side=buy price=180 quantity=1"
    with FaultProxy(sandbox.url) as proxy:
        variables = {**dict(zip(names, keys(sandbox), strict=True)), "LONGBRIDGE_HTTP_URL": proxy.url}
        with Kernel(tmp_path, variables) as kernel:
            assert "not settled" not in kernel.run("%openapi connect paper").text
            proxy.planned.append("hang_after")
            kernel.begin(order, cell="c1")
            deadline = time.monotonic() + 90
            while not (proxy.changes and proxy.changes[0].reached):
                assert time.monotonic() < deadline
                time.sleep(0.02)
            time.sleep(0.2)
            kernel.kill()
        with Kernel(tmp_path, variables) as kernel:
            said = kernel.run("%openapi connect paper").text
            assert "1 order of this account is not settled: `%openapi reconcile`" in said
            # Run All in the new kernel: the order that may have been placed is not placed again.
            refused = kernel.run(order, cell="c1")
            assert "it is not known what became of an order like this one" in refused.error[0]
            shown = kernel.run("f = %openapi reconcile\nprint(f.verdict[0], f.how[0], f.order_id[0])").text
            verdict, how, order_id = shown.split()[-3:]
            assert (verdict, how) == ("done", "tag")
            assert exchange_orders(sandbox.client)[order_id]["symbol"] == "AAPL.US"
            assert "not settled" not in kernel.run("%openapi connect paper").text
        assert len(proxy.changes) == 1
