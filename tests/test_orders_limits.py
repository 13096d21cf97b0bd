"""Two and four processes on one account: the broker's limit is kept by its own clock, and no time is lost.

The sandbox counts as the broker does and refuses what is one call too many (429002). `Client` would repeat a
refused read, so the workers here try each once: a single call too many fails the test. On a busy machine the
sandbox may read two requests that left 25 ms apart within 20 ms, and refuses the second: that is no call too
many, and is repeated like any other 429002.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import SOAK
from support.sandbox import start_sandbox
from support.turns import most_within

CALLS = 120 if SOAK else 36  # one window and a bit, or five; each process makes one more to begin with
MOST, WINDOW, GAP = 22, 30.0, 0.020  # of the broker's 30 trade and asset calls: what reads may use

WORKER = """
import json, sys, time
from functools import partial
from jupyter_openapi import Client, Credentials, OpenAPIError, transport
from jupyter_openapi.transport.transport import Budget

transport.Budget = partial(Budget, tries=1)
job = json.loads(sys.argv[1])
client = Client(Credentials(*job["keys"]), "sandbox", job["url"], notify=lambda _: None)
print("ready", flush=True)
sys.stdin.readline()
answered, refused = [], []
for number in range(job["calls"]):
    try:
        client.call("account_balance" if number % 4 == 3 else "today_orders")
    except OpenAPIError as failure:
        refused.append(str(failure))
    answered.append(time.monotonic())
client.close()
print(json.dumps({"answered": answered, "refused": refused}))
"""


@dataclass
class Run:
    """When each call was answered, oldest first, by how many each worker had, and what was refused."""

    answered: list[float]
    refused: list[str]


def hammer(folder: Path, count: int) -> Run:
    """Let `count` processes make CALLS calls together, as fast as they may."""
    home = {name: str(folder / f"{count}") for name in ("XDG_STATE_HOME", "XDG_DATA_HOME")}
    with start_sandbox() as sandbox:
        keys = [sandbox.info[name] for name in ("app_key", "app_secret", "access_token")]
        job = json.dumps({"keys": keys, "url": sandbox.url, "calls": CALLS // count})
        workers = [
            subprocess.Popen(
                [sys.executable, "-c", WORKER, job],
                env={**os.environ, **home},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
            )
            for _ in range(count)
        ]
        try:
            for worker in workers:
                assert worker.stdout is not None
                assert worker.stdout.readline() == "ready\n"
            for worker in workers:
                assert worker.stdin is not None
                worker.stdin.write("\n")
                worker.stdin.flush()
            told = [json.loads(worker.communicate(timeout=10 * WINDOW)[0]) for worker in workers]
        finally:
            for worker in workers:
                worker.kill()
                worker.communicate()
        # The sandbox does count: without our limiter a call soon comes too soon.
        codes = {sandbox.client.call("GET", "/v1/trade/order/today").code for _ in range(2 * MOST)}
        assert 429002 in codes
    return Run(
        sorted(moment for each in told for moment in each["answered"]),
        [text for each in told for text in each["refused"]],
    )


@pytest.mark.timeout(900 if SOAK else 120)
def test_two_and_four_processes_keep_the_limit_and_lose_no_time(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:  # each with a sandbox and an account of its own
        runs = dict(zip((2, 4), pool.map(lambda count: hammer(tmp_path, count), (2, 4)), strict=True))
    least = (CALLS - 1) // MOST * WINDOW + (CALLS - 1) % MOST * GAP
    for count, run in runs.items():
        took = run.answered[-1] - run.answered[0]
        close = [text for text in run.refused if "ms apart" in text]
        print(
            f"{count} processes: {CALLS} calls in {took:.2f} s; the limit allows {least:.2f} s at best; "
            f"{len(close)} came too close"
        )
        assert run.refused == close
        # A busy machine notes an answer late, and its sandbox reads requests closer together than they left.
        late = 0 if SOAK else 8
        assert len(close) <= CALLS // (10 if SOAK else 2)
        assert len(run.answered) == CALLS
        assert most_within(run.answered, WINDOW - 0.5 - late) <= MOST
        assert took <= least * 1.1 + late  # another window would take 30 s more
