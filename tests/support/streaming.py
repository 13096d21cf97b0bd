"""A client whose stream waits a tenth of the usual times, and a look at the sandbox's links."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jupyter_openapi.stream.live  # noqa: F401 (its import is no part of what the tests time)
from jupyter_openapi import Client, Credentials
from jupyter_openapi.stream import Settings
from support.sandbox import SandboxProcess

QUICK = 0.1


def client_of(sandbox: SandboxProcess, factor: float = QUICK, **options: Any) -> Client:
    """Return a client of a sandbox."""
    keys = Credentials(*(sandbox.info[name] for name in ("app_key", "app_secret", "access_token")))
    client = Client(keys, "sandbox", sandbox.url, limits=False, **options)
    usual = Settings()
    # What a busy machine's answers take does not shrink with the waits.
    client.stream_settings = replace(usual.scaled(factor), open=usual.open, answer=usual.answer)
    return client


def links(sandbox: SandboxProcess, gateway: str = "") -> list[dict[str, Any]]:
    """Return the sandbox's links."""
    found = sandbox.client.get("/sandbox/status")["links"]
    return [link for link in found if gateway in {"", link["gateway"]}]


def until(true: Callable[[], Any], seconds: float = 30) -> Any:
    """Wait until something is true, and return it."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)
    return found
