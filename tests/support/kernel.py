"""A real ipykernel in a process of its own, driven as a notebook front end drives it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from typing import TYPE_CHECKING, Any, Self

from jupyter_client.manager import KernelManager

if TYPE_CHECKING:
    from jupyter_client.blocking.client import BlockingKernelClient

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


@dataclass
class Output:
    """What one cell gave: its printed text, its result's plain text, and the lines of its error."""

    text: str = ""
    result: str = ""
    error: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.error


class Kernel:
    """A kernel whose journal and limits live under `home`; use it as a context manager.

    Parameters
    ----------
    home
        A folder of its own.
    variables
        Added to its environment.
    """

    def __init__(self, home: Path, variables: Mapping[str, str] | None = None) -> None:
        keep = {name: value for name, value in os.environ.items() if not name.startswith("LONG")}
        places = {
            name: str(home / name.lower()) for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "IPYTHONDIR")
        }
        self._environment = {**keep, **places, "PYTHONPATH": str(ROOT), **(variables or {})}
        self._manager = KernelManager(
            kernel_name="python3", connection_file=str(home / f"kernel-{time.time_ns()}.json")
        )
        self._manager.start_kernel(env=self._environment, cwd=str(home))
        self._client: BlockingKernelClient = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=PATIENCE)
        self.run("%load_ext jupyter_openapi")

    @property
    def pid(self) -> int:
        provisioner: Any = self._manager.provisioner
        return int(provisioner.pid)

    def begin(self, code: str, cell: str | None = None) -> str:
        """Send a cell without waiting for it; return the request's id."""
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        content |= {"user_expressions": {}, "stop_on_error": True}
        metadata = {"cellId": cell} if cell else {}
        message = self._client.session.msg("execute_request", content, metadata=metadata)
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def finish(self, request: str, within: float = PATIENCE) -> Output:
        """Collect what a cell gives until it is over."""
        output = Output()
        deadline = time.monotonic() + within
        while True:
            try:
                message = self._client.get_iopub_msg(timeout=max(0.01, deadline - time.monotonic()))
            except Empty:
                raise AssertionError(f"the cell did not end: {output}") from None
            if message["parent_header"].get("msg_id") != request:
                continue
            content = message["content"]
            match message["msg_type"]:
                case "stream":
                    output.text += content["text"]
                case "execute_result" | "display_data":
                    output.result += content["data"].get("text/plain", "")
                case "error":
                    output.error = content["traceback"]
                case "status" if content["execution_state"] == "idle":
                    return output

    def run(self, code: str, cell: str | None = None) -> Output:
        """Run a cell as a front end does, with the cell's id if one is given."""
        return self.finish(self.begin(code, cell))

    def inspect(self, code: str, cursor: int) -> dict[str, Any]:
        """Ask as Shift+Tab does; return the content of the reply."""
        reply = self._client.inspect(code, cursor, reply=True, timeout=PATIENCE)
        content: dict[str, Any] = reply["content"]
        return content

    def interrupt(self) -> None:
        """Send SIGINT, as the stop button does."""
        self._manager.interrupt_kernel()

    def restart(self) -> None:
        """Start it anew, as the restart button does."""
        self._manager.restart_kernel(env=self._environment)
        self._client.wait_for_ready(timeout=PATIENCE)

    def quit(self) -> None:
        """Let it end by itself, as a closed notebook does."""
        self._manager.shutdown_kernel(now=False)

    def kill(self) -> None:
        """End it as the out-of-memory killer does."""
        os.kill(self.pid, signal.SIGKILL)
        self._manager.shutdown_kernel(now=True)

    def close(self) -> None:
        if self._manager.has_kernel:
            self._manager.shutdown_kernel(now=True)
        self._client.stop_channels()
        self._manager.cleanup_resources()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
