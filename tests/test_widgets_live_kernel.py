"""A live panel in a real kernel, whose page speaks on the shell channel: not heard while a cell runs."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from support.kernel import Kernel
from support.sandbox import SandboxProcess
from support.streaming import links, until

SETUP = """
import json, time
from jupyter_openapi import Client, Credentials
from jupyter_openapi.session import SESSION
info = json.loads('''{info}''')
keys = Credentials(info["app_key"], info["app_secret"], info["access_token"])
SESSION.client = Client(keys, "sandbox", info["http_url"], limits=False)
"""
SYMBOLS = "700.HK 9988.HK 5.HK AAPL.US TSLA.US"
BUSY = 5
COMPUTE = f"""
ends = time.monotonic() + {BUSY}
while time.monotonic() < ends:
    sum(range(1000))
"""


@pytest.fixture
def kernel(sandbox: SandboxProcess, tmp_path: Path) -> Iterator[Kernel]:
    with Kernel(tmp_path) as found:
        out = found.run(SETUP.replace("{info}", json.dumps(sandbox.info)))
        assert out.ok, out.error
        yield found
    until(lambda: not links(sandbox), 5)


class Page:
    """The page of the panel that a cell has made, at the other end of a real connection."""

    def __init__(self, kernel: Kernel, name: str) -> None:
        self._client = kernel._client
        self._number = 0
        out = kernel.run(f"print({name}.comm.comm_id)")
        self._comm = out.text.strip()

    def tell(self, kind: str, **content: Any) -> None:
        if kind != "painted":
            self._number += 1
            content["number"] = self._number
        message = {"kind": kind, "page": "p", **content}
        data = {"comm_id": self._comm, "data": {"method": "custom", "content": message}}
        self._client.shell_channel.send(self._client.session.msg("comm_msg", data))

    def hear(self, seconds: float, *, paint: bool, until_idle: str = "") -> list[dict[str, Any]]:
        """Return what is sent in a while, or until a request is over; each said to be painted if asked to."""
        found: list[dict[str, Any]] = []
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                message = self._client.get_iopub_msg(timeout=left)
            except Empty:
                break
            content = message["content"]
            if message["msg_type"] == "comm_msg" and content["comm_id"] == self._comm:
                update = content["data"]["content"]
                found.append(update)
                if paint:
                    self.tell("painted", update=update["number"])
            over = message["msg_type"] == "status" and content["execution_state"] == "idle"
            if over and message["parent_header"].get("msg_id") == until_idle:
                break
        return found


def test_a_busy_kernel_sends_two_a_second_and_nothing_more_when_nobody_answers(
    kernel: Kernel, sandbox: SandboxProcess
) -> None:
    out = kernel.run(f"table = %openapi watch {SYMBOLS}\ntable")
    assert out.ok, out.error
    assert f"%openapi watch --seconds 30 {SYMBOLS}" in out.result
    page = Page(kernel, "table")
    page.tell("hello")
    before = page.hear(4, paint=True)
    assert before[0]["base"] == 0
    assert len(before) >= 2
    assert {"columns", "0.1", "4.9"} <= before[0]["set"].keys()

    begun = time.monotonic()
    request = kernel.begin(COMPUTE)
    during = page.hear(60, paint=True, until_idle=request)
    took = time.monotonic() - begun
    # Its prices move although what the page says waits behind the cell.
    assert 2 <= len(during) <= took / 0.5 + 2
    assert len({update["base"] for update in during[1:]}) <= 1

    # Heard again, it is as quick as before; unheard, it waits.
    assert len(page.hear(4, paint=True)) >= 2
    assert len(page.hear(6, paint=False)) <= 2
    page.tell("hello")
    assert page.hear(2, paint=True)[0]["base"] == 0


def test_the_lines_of_the_magic_in_a_kernel(kernel: Kernel, sandbox: SandboxProcess) -> None:
    out = kernel.run("df = %openapi watch --seconds 2 700.HK AAPL.US\nprint(len(df) >= 2, set(df.symbol))")
    assert out.ok, out.error
    assert out.text.startswith("True ")
    until(lambda: not links(sandbox))
    out = kernel.run("%openapi chart 700.HK period=1m --ma 20,60 --fills")
    assert out.ok, out.error
    assert "%openapi chart --picture 700.HK period=1m" in out.result
    until(lambda: {link["gateway"] for link in links(sandbox)} == {"quote", "trade"})
    # Which link opens first is left to chance, and with it how many the gateway then counted.
    live = "link to the quote gateway: live; [12] of 10 links online"
    for said in (live, "candlestick of 700.HK: live", "order of this account: live"):
        until(lambda said=said: re.search(said, kernel.run("%openapi watch").result))
