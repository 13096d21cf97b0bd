"""From a kernel that has just started to the first frame of the sandbox, and to the first pictures."""

from __future__ import annotations

import subprocess
import time
from typing import Any

import psutil
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager

from benchmarks.figures import environment, show

ROUNDS = 5
CELLS = {
    "load": "%load_ext jupyter_openapi",
    "connect": "client = %openapi connect sandbox",
    "frame": "%openapi positions",
}
FLOOR = {"pandas": "import pandas\npandas.DataFrame({'symbol': ['700.HK'], 'quantity': [100]})"}
PICTURE = {
    "bars": "bars = %openapi candles 700.HK count=100",
    "picture": "from jupyter_openapi import plots\nplots.candles(bars, interactive=True)",
}


def run(cells: dict[str, str]) -> dict[str, float]:
    """Run cells in a kernel of its own; return the seconds of each, of all, and processor time of all."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env=environment(), stderr=subprocess.DEVNULL)
    client: BlockingKernelClient = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        kernel = psutil.Process(manager.provisioner.pid)
        before = processor_time(kernel)
        seconds = {name: execute(client, code) for name, code in cells.items()}
        return {**seconds, "all": sum(seconds.values()), "cpu": processor_time(kernel) - before}
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def processor_time(process: psutil.Process) -> float:
    """Return what a process and its children have used, in seconds."""
    times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))


def execute(client: BlockingKernelClient, code: str) -> float:
    """Run a cell and return how long it took until its output was there."""
    outputs: list[Any] = []
    begun = time.perf_counter()
    reply = client.execute_interactive(code, timeout=60, output_hook=outputs.append)
    seconds = time.perf_counter() - begun
    if reply["content"]["status"] != "ok":
        raise RuntimeError("\n".join(reply["content"]["traceback"]))
    return seconds


def main() -> None:
    picture = run({**CELLS, **PICTURE})  # compiles what it imports
    ours, floors = [], []
    for _ in range(ROUNDS):
        ours.append(run(CELLS))
        floors.append(run(FLOOR))
    floor = sorted(each["all"] for each in floors)[ROUNDS // 2]
    show(
        "kernel ready -> first frame of the sandbox",
        [each["all"] for each in ours],
        "s",
        most=0.6,
        floor=f"import pandas {floor:.2f} s",
        held_by="imports: pandas and pyarrow take two thirds, requests and our own modules one third; "
        "the sandbox starts beside them",
    )
    show("first picture by plotly, of 100 candles", [picture["picture"]], "s")
    for name, words in (("connect", "  of which connect"), ("frame", "  of which the frame")):
        show(words, [each[name] for each in ours], "s")
    show(
        "  processor time, kernel and sandbox",
        [each["cpu"] for each in ours],
        "s",
        floor=f"import pandas {sorted(each['cpu'] for each in floors)[ROUNDS // 2]:.2f} s",
    )


if __name__ == "__main__":
    main()
