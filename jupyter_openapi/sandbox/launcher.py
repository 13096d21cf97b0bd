"""Start the sandbox as a child process that ends when this process ends."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from jupyter_openapi.errors import TransportError, short
from jupyter_openapi.messages import _
from jupyter_openapi.sandbox.options import PARENT

STARTED_WITHIN = 20.0


def _environment() -> dict[str, str]:
    """Return the child's variables: none of a real account's, and whose child it is."""
    real = ("LONGBRIDGE_", "LONGPORT_")
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(real)}
    return {**kept, PARENT: str(os.getpid())}


def _launched(words: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 (our own interpreter, our own module)
        [sys.executable, "-m", "jupyter_openapi", "sandbox", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environment(),
        # Ctrl-C in a terminal is for the user's own work, not for the exchange behind it.
        start_new_session=sys.platform != "win32",
    )


_ahead: list[subprocess.Popen[bytes]] = []


def start_ahead() -> None:
    """Launch a sandbox without arguments now; the next `SandboxProcess` without any will be that one."""
    if not _ahead:
        _ahead.append(_launched(()))


def drop_ahead() -> None:
    """Stop what `start_ahead` launched, unless it was taken."""
    while _ahead:
        child = _ahead.pop()
        _stop(child)
        if child.stderr is not None:  # nobody reads it yet
            child.stderr.close()


def _stop(child: subprocess.Popen[bytes]) -> None:
    """End a child, whose standard input is ours, and wait until it has ended."""
    for pipe in (child.stdin, child.stdout):  # the log's is closed by the thread that reads it
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


class SandboxProcess:
    """A running sandbox; it ends when this process ends, which holds its standard input and is its parent."""

    def __init__(self, arguments: Sequence[str] = ()) -> None:
        words = list(arguments)
        self.limits = ("--limits", "off") not in pairwise(words)
        self._child = _ahead.pop() if _ahead and not words else _launched(words)
        self._log = deque[str](maxlen=1)
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        self._facts = self._read_facts()

    def __repr__(self) -> str:
        return f"<Sandbox at {self.http_url}, process {self._child.pid}>"

    def _read_facts(self) -> dict[str, Any]:
        watchdog = threading.Timer(STARTED_WITHIN, self._child.kill)
        watchdog.start()
        try:
            line = self._child.stdout.readline() if self._child.stdout else b""
        finally:
            watchdog.cancel()
        try:
            facts: dict[str, Any] = json.loads(line)
        except ValueError:
            self.stop()
            raise TransportError(self._why_not()) from None
        return facts

    def _read_log(self) -> None:
        """Read what it logs, so that it never waits for that, and keep the last line."""
        if self._child.stderr is not None:
            with self._child.stderr as log:
                self._log.extend(line.decode(errors="replace").strip() for line in log)

    def _why_not(self) -> str:
        """Say why it did not start, by the last line that it logged."""
        self._reader.join(1)
        _before, found, reason = (self._log[-1] if self._log else "").partition("ERROR ")
        if not found:
            return _("The sandbox did not start; run `python -m jupyter_openapi sandbox` to see why.")
        return _("The sandbox did not start: {reason}.").format(reason=short(reason.rstrip("."), 200))

    @property
    def http_url(self) -> str:
        """Where it listens."""
        return str(self._facts["http_url"])

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._child.poll() is None

    def keys(self) -> tuple[str, str, str]:
        """Return its app key, app secret and access token."""
        return self._facts["app_key"], self._facts["app_secret"], self._facts["access_token"]

    def stop(self) -> None:
        """End it and wait until it has ended; safe to call twice."""
        _stop(self._child)
