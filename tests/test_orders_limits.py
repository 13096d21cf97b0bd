"""Two and four processes on one account: the broker's limit is kept by its own clock, and no time is lost.

The sandbox counts as the broker does and refuses what is one call too many (429002). `Client` would repeat a
refused read, so the workers here let it try once only: one refusal ends the test.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from support import SOAK
from support.sandbox import start_sandbox

if TYPE_CHECKING:
    from pathlib import Path

CALLS = 160 if SOAK else 48  # five whole windows, or one and a bit
WINDOW, MOST, GAP = 30.0, 30, 0.02

WORKER = """
import json, sys, time
from functools import partial
from jupyter_openapi import ApiError, Client, Credentials, transport
from jupyter_openapi.retries import Budget

transport.Budget = partial(Budget, tries=1)
job = json.loads(sys.argv[1])
client = Client(Credentials(*job["keys"]), "sandbox", job["url"], notify=lambda _: None)
print("ready", flush=True)
sys.stdin.readline()
for number in range(job["calls"]):
    try:
        if number % 4 == 3:
            client.call("account_balance")
        else:
            client.call("today_orders")
    except ApiError as refusal:
        print(f"refused {refusal.code} {refusal}")
        sys.exit(1)
client.close()
"""


def hammer(folder: Path, count: int) -> tuple[float, list[str], dict[str, int]]:
    """Let `count` processes make CALLS calls; return the seconds it took, what was refused, and each share."""
    state = folder / f"of{count}"
    with start_sandbox() as sandbox:
        keys = [sandbox.info[name] for name in ("app_key", "app_secret", "access_token")]
        job = json.dumps({"keys": keys, "url": sandbox.url, "calls": CALLS // count})
        workers = [
            subprocess.Popen(
                [sys.executable, "-c", WORKER, job],
                env={**os.environ, "XDG_STATE_HOME": str(state), "XDG_DATA_HOME": str(state)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(count)
        ]
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
        begun = time.monotonic()
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("\n")
            worker.stdin.flush()
        refused = [worker.communicate(timeout=600)[0] for worker in workers]
        took = time.monotonic() - begun
        sandbox.stop()
    return took, [text for text in refused if text], {"status": max(worker.returncode for worker in workers)}
