"""Live data in a real kernel: cells stream while another computes, and no link outlives the kernel."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import SOAK
from support.kernel import Kernel
from support.sandbox import SandboxProcess, start_sandbox
from support.streaming import links, until

BUSY = 10 if SOAK else 2


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with start_sandbox("--limits", "off") as running:
        yield running


SETUP = """
import asyncio, json, sys, time
from jupyter_openapi import Client, Credentials
info = json.loads('''{info}''')
keys = Credentials(info["app_key"], info["app_secret"], info["access_token"])
client = Client(keys, "sandbox", info["http_url"], limits=False)
"""


@pytest.fixture
def kernel(sandbox: SandboxProcess, tmp_path: Path) -> Iterator[Kernel]:
    with Kernel(tmp_path) as found:
        out = found.run(SETUP.replace("{info}", json.dumps(sandbox.info)))
        assert out.ok, out.error
        yield found
    until(lambda: not links(sandbox), 5)


def test_two_cells_stream_while_a_third_computes_and_asyncio_is_as_it_was(kernel: Kernel) -> None:
    for cell in (
        """
seen = []
sub = client.subscribe(["700.HK", "AAPL.US"], "quote", "depth").wait()
stop = sub.on(lambda e: seen.append(time.monotonic()))
""",
        """
heard = []
async def listen():
    async for e in client.subscribe(["9988.HK"], "quote", "trades"):
        heard.append(time.monotonic())
task = asyncio.ensure_future(listen())
await asyncio.sleep(0.5)
""",
        f"""
begun = time.monotonic()
known = len(seen)
while (now := time.monotonic()) < begun + {BUSY} or (len(seen) < known + {BUSY} and now < begun + 60):
    sum(n * n for n in range(1000))
ended = time.monotonic()
""",
    ):
        out = kernel.run(cell)
        assert out.ok, out.error
    during = kernel.run("print(sum(begun < at < ended for at in seen))")
    assert int(during.text) >= BUSY
    after = kernel.run(
        "for _ in range(300):\n    if not heard: await asyncio.sleep(0.1)\n"
        "print(len(heard), task.done(), 'nest_asyncio' in sys.modules, 'nest_asyncio2' in sys.modules, "
        "asyncio.run.__module__, type(asyncio.get_running_loop()).run_until_complete.__module__)"
    )
    count, done, old, new, run, loop = after.text.split()
    assert int(count) >= 1
    assert (done, old, new) == ("False", "False", "False")
    assert (run, loop) == ("asyncio.runners", "asyncio.base_events")


def test_top_level_await_and_a_plain_loop_in_one_kernel(kernel: Kernel) -> None:
    out = kernel.run(
        "async with client.subscribe('700.HK') as sub:\n"
        "    async for e in sub.events(count=1): print(e.symbol, e.snapshot)"
    )
    assert out.text == "700.HK True\n", out.error
    out = kernel.run(
        "with client.subscribe('700.HK') as sub:\n    for e in sub.events(count=1): print(e.last_done)"
    )
    assert float(out.text) > 0
    out = kernel.run("df = client.subscribe('700.HK').record(seconds=0.5); print(len(df))")
    assert int(out.text) >= 1


def test_an_interrupted_loop_leaves_no_link_and_a_killed_kernel_none_either(
    kernel: Kernel, sandbox: SandboxProcess
) -> None:
    threading.Timer(2, os.kill, [kernel.pid, signal.SIGINT]).start()
    out = kernel.run("with client.subscribe('700.HK') as sub:\n    for e in sub: pass")
    assert out.error
    until(lambda: not links(sandbox), 5)
    assert kernel.run("sub = client.subscribe('700.HK').wait()").ok
    assert len(links(sandbox)) == 1
    kernel.restart()
    until(lambda: not links(sandbox), 5)
    assert kernel.run(SETUP.replace("{info}", json.dumps(sandbox.info))).ok
    assert kernel.run("sub = client.subscribe('700.HK').wait()").ok
    assert len(links(sandbox)) == 1
    kernel.kill()
    until(lambda: not links(sandbox), 5)


def test_three_kernels_with_ten_subscriptions_each_hold_three_links_a_gateway(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    kernels: list[Kernel] = []
    try:
        for number in range(3):
            home = tmp_path / str(number)
            home.mkdir()
            kernels.append(Kernel(home))
        cell = SETUP.replace("{info}", json.dumps(sandbox.info)) + (
            "quotes = [client.subscribe('700.HK') for _ in range(10)]\n"
            "orders = [client.subscribe_orders() for _ in range(10)]\n"
            "for sub in (*quotes, *orders): sub.wait()\n"
            "print(len(client.links()))"
        )
        requests = [kernel.begin(cell) for kernel in kernels]
        told = [kernel.finish(request) for kernel, request in zip(kernels, requests, strict=True)]
        assert [out.text for out in told] == ["2\n"] * 3, [out.error for out in told]
        assert [len(links(sandbox, name)) for name in ("quote", "trade")] == [3, 3]
        for kernel in kernels:
            kernel.quit()
        until(lambda: not links(sandbox), 5)
    finally:
        for kernel in kernels:
            kernel.close()
