"""Settings shared by every test."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from support.broker import Broker
    from support.sandbox import SandboxProcess
    from support.shell import Shell

    from jupyter_openapi import Client

# Proxies of the machine must not stand between a test and its own loopback server.
for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
    os.environ.pop(name, None)

os.environ.pop("LONGBRIDGE_LANGUAGE", None)  # the tests read English, but for those of Chinese

# The journal and the shared limits of the tests are not the user's.
_home = tempfile.TemporaryDirectory(prefix="jupyter-openapi-tests-")
for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"):
    os.environ[name] = os.path.join(_home.name, name.lower())  # noqa: PTH118 (before pathlib is needed)

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    """A sandbox without limits, shared by the tests of a module."""
    from support.sandbox import start_sandbox

    with start_sandbox("--limits", "off") as process:
        yield process


@pytest.fixture
def fresh_sandbox() -> Iterator[SandboxProcess]:
    """A sandbox without limits, for one test alone."""
    from support.sandbox import start_sandbox

    with start_sandbox("--limits", "off") as process:
        yield process


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    """IPython with the extension loaded, shared by the tests of a module."""
    from support.shell import loaded_shell

    with loaded_shell() as loaded:
        yield loaded


@pytest.fixture
def broker() -> Broker:
    """A scripted broker."""
    from support.broker import Broker

    return Broker()


@pytest.fixture
def url(broker: Broker) -> Iterator[str]:
    """The address of the scripted broker."""
    from support.wire import recorder

    with recorder(broker) as server:
        yield server.url


@pytest.fixture
def client(url: str, tmp_path: Path) -> Iterator[Client]:
    """A client of the scripted broker, with a journal of its own, short waits and no limits."""
    from support.broker import client_of

    with client_of(url, tmp_path) as made:
        yield made
