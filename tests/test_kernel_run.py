"""`run` in a cell whose loop is running: the kernel lives on, whatever waits in the loop."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from support import soak
from support.kernel import Kernel

LOOKS = """
import asyncio
from contextlib import nullcontext
from jupyter_openapi import run
from jupyter_openapi.trading.order_state import wait

class Looks:
    def __init__(self, status):
        self.status = status
    def waiting(self, order_id):
        return nullcontext()
    def look(self, order_id, seconds):
        return {"order_id": order_id, "status": self.status}

"""
OWN = f"""{LOOKS}
print(run(wait(Looks("FilledStatus"), "1", 5)).done)
await asyncio.sleep(0.02)
"""
FOREIGN = """
from jupyter_openapi import run
import asyncio
event = asyncio.Event()
asyncio.get_running_loop().call_later(0.02, event.set)
print(run(event.wait()))  # it belongs to the notebook's loop
await asyncio.sleep(0.02)
"""
# With many callbacks due at one moment, a loop that is nested takes some that the outer one has counted.
BUSY = """
from jupyter_openapi import run
import asyncio
loop = asyncio.get_running_loop()
for number in range(300):
    loop.call_later(0.001 * number, lambda: None)
tasks = [asyncio.create_task(asyncio.sleep(0.01 * number)) for number in range(20)]
await asyncio.sleep(0)
run(asyncio.sleep(0.2))
await asyncio.sleep(0.02)
print(True)
"""


@pytest.mark.parametrize("code", [OWN, FOREIGN, BUSY], ids=["own", "foreign", "busy"])
def test_await_after_run_in_one_cell(tmp_path: Path, code: str) -> None:
    for number in range(soak(20)):
        home = tmp_path / str(number)
        home.mkdir()
        with Kernel(home) as kernel:
            for _ in range(2):
                done = kernel.run(code)
                assert (done.error, done.text) == ([], "True\n")
            assert kernel.run("1 + 1").result == "2"


def test_ctrl_c_ends_it(tmp_path: Path) -> None:
    with Kernel(tmp_path) as kernel:
        code = f"{LOOKS}\nrun(wait(Looks('NewStatus'), '1', 60))"
        request = kernel.begin(code)
        time.sleep(1.0)
        kernel.interrupt()
        done = kernel.finish(request)
        assert "KeyboardInterrupt" in " ".join(done.error)
        assert kernel.run("1 + 1").result == "2"
