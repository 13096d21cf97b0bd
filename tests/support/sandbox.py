"""Start the sandbox as users do, in a process of its own, and talk to it with nothing but the stdlib."""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from jupyter_openapi.signing import CONTENT_TYPE, sign

ROOT = Path(__file__).parents[2]


@dataclass
class Reply:
    """An answer: HTTP status, headers, body; `data`, `code` and `message` of its envelope."""

    status: int
    headers: http.client.HTTPMessage
    content: bytes

    @property
    def envelope(self) -> dict[str, Any]:
        return json.loads(self.content)

    @property
    def code(self) -> int:
        return self.envelope["code"]

    @property
    def message(self) -> str:
        return self.envelope["message"]

    @property
    def data(self) -> Any:
        assert self.code == 0, self.envelope
        return self.envelope["data"]


def free_port() -> int:
    """Return a free port that the system hands to nobody else: for a server that starts again on its port.

    Ports that the system chooses itself lie above 32767; one of those may go to another process meanwhile.
    """
    while True:
        with (
            contextlib.suppress(OSError),
            socket.create_server(("127.0.0.1", random.randrange(20_000, 32_000))) as found,
        ):
            return int(found.getsockname()[1])


class SandboxClient:
    """Signs and sends one request at a time over one connection."""

    def __init__(self, info: dict[str, Any]) -> None:
        self.info = dict(info)
        self._address = urlsplit(info["http_url"]).netloc
        self._last = 0
        self._connection = http.client.HTTPConnection(self._address, timeout=30)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def headers(
        self, method: str, path: str, query: str, body: bytes, stamp: str | None = None
    ) -> dict[str, str]:
        """Return the signed headers."""
        keys = {name: self.info[name] for name in ("app_key", "app_secret", "access_token")}
        stamp = stamp or self._stamp()
        return {
            "X-Api-Key": keys["app_key"],
            "Authorization": keys["access_token"],
            "X-Timestamp": stamp,
            "X-Api-Signature": sign(method, path, query, body, timestamp=stamp, **keys),
            "Content-Type": CONTENT_TYPE,
        }

    def _stamp(self) -> str:
        # Strictly increasing, for the sandbox refuses what it has seen.
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def send(self, method: str, path: str, query: str, body: bytes, headers: dict[str, str]) -> Reply:
        """Send exactly this."""
        target = f"{path}?{query}" if query else path
        try:
            self._connection.request(method, target, body or None, headers)
            answer = self._connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        except BaseException:
            self._connection.close()
            raise

    def call(
        self, method: str, path: str, params: dict[str, Any] | None = None, json_body: Any = None
    ) -> Reply:
        """Sign and send; `params` become the query, `json_body` the body."""
        query = urlencode(params or {}, doseq=True)
        body = b"" if json_body is None else json.dumps(json_body).encode()
        return self.send(method, path, query, body, self.headers(method, path, query, body))

    def get(self, path: str, **params: Any) -> Any:
        """Return the data of a GET."""
        return self.call("GET", path, params).data

    def post(self, path: str, **fields: Any) -> Any:
        """Return the data of a POST."""
        return self.call("POST", path, json_body=fields).data

    def submit(self, symbol: str = "700.HK", **fields: Any) -> str:
        """Place an order (a limit buy of one lot for the day unless told otherwise); return its id."""
        order = {"symbol": symbol, "order_type": "LO", "side": "Buy", "submitted_quantity": "100"}
        order |= {"time_in_force": "Day"} | fields
        return self.call("POST", "/v1/trade/order", json_body=order).data["order_id"]

    def order(self, order_id: str) -> dict[str, Any]:
        """Return an order's detail."""
        return self.get("/v1/trade/order", order_id=order_id)


class SandboxProcess:
    """A running sandbox: `info` its first line, `client` talks to it, `log` its stderr once it ended."""

    log = ""

    def __init__(self, *args: str) -> None:
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed with the process
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_openapi", "sandbox", *args],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            encoding="utf-8",
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the sandbox ended with {self._wait(10)}: {self.log}")
        self.info: dict[str, Any] = json.loads(line)
        self.client = SandboxClient(self.info)

    @property
    def url(self) -> str:
        return self.info["http_url"]

    @property
    def credentials(self) -> SimpleNamespace:
        """The keys, as an object with three attributes."""
        return SimpleNamespace(**{n: self.info[n] for n in ("app_key", "app_secret", "access_token")})

    def stop(self, timeout: float = 60) -> int:
        """End it politely and return its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        return self._wait(timeout)

    def kill(self) -> int:
        """End it as a crash does: SIGKILL."""
        self.process.kill()
        return self._wait(60)

    def hang_up(self, timeout: float = 60) -> int:
        """Close the pipe it was started with, as a dying kernel does."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self._wait(timeout)

    def _read_log(self) -> str:
        self._log.seek(0)
        return self._log.read()

    def _wait(self, timeout: float) -> int:
        try:
            return self.process.wait(timeout)
        finally:
            if hasattr(self, "client"):
                self.client.close()
            self.log = self._read_log()
            for stream in (self.process.stdin, self.process.stdout, self._log):
                if stream is not None:
                    stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()


def start_sandbox(*args: str) -> SandboxProcess:
    """Start a sandbox; use it as a context manager.

    Examples
    --------
    >>> with start_sandbox("--limits", "off") as sandbox:        # doctest: +SKIP
    ...     sandbox.client.get("/v1/asset/stock")
    """
    return SandboxProcess(*args)
