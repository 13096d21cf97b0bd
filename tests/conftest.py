"""Settings shared by every test."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from support.broker import Broker
    from support.sandbox import SandboxProcess
    from support.schedule import ByFile
    from support.shell import Shell
    from support.wire import Recorder
    from xdist.remote import Producer

    from jupyter_openapi import Client

# Proxies of the machine must not stand between a test and its own loopback server.
for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
    os.environ.pop(name, None)

os.environ.pop("LONGBRIDGE_LANGUAGE", None)  # the tests read English, but for those of Chinese

# Else jsonschema builds 38 grammars in every process of the suite, for formats that no test asks for.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]

HERE = Path(__file__).parent

# The journal and the shared limits of the tests are not the user's.
_home = tempfile.TemporaryDirectory(prefix="jupyter-openapi-tests-")
for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"):
    os.environ[name] = os.path.join(_home.name, name.lower())  # noqa: PTH118 (before pathlib is needed)

# What takes longest begins first where several processes share the work: see support/schedule.py.
LONGEST = (
    "browser/",
    "test_docs.py",
    "test_notebooks.py",
    "test_orders_limits.py",
    "test_portfolio_arguments.py",
    "test_setups.py",
    "test_ratelimit_processes.py",
    "test_hostile_sending.py",
    "test_hostile_wire.py",
    "test_stream_links.py",
)

# While everything is imported there is nothing to collect, and looking for it takes half of the time.
gc.disable()

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    """Under `make test-lowest`, let old libraries use what Python has deprecated since; we may not."""
    if os.environ.get("OLD_LIBRARIES") == "1":
        for line in (
            "default::DeprecationWarning",
            "error::DeprecationWarning:jupyter_openapi",
            "ignore:Unclosed context:ResourceWarning",  # left to the collector by jupyter_client 8.6
        ):
            config.addinivalue_line("filterwarnings", line)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """Give a file to a process, and all of the browser's to the same."""
    from support.schedule import ByFile

    return ByFile(config, log)


class Rotated(pytest.Dir):
    """A folder whose files each process begins with another of.

    The processes start together: in one order, each would compile every file of a fresh checkout itself.
    """

    def collect(self) -> list[pytest.Item | pytest.Collector]:
        """Return the files from this process's own on."""
        found = list(super().collect())
        processes = int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
        first = len(found) * int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw")) // processes
        return found[first:] + found[:first]


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Dir | None:
    """Let processes that share the work share the compiling, too."""
    here = "PYTEST_XDIST_WORKER" in os.environ and path == HERE
    return Rotated.from_parent(parent, path=path) if here else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several processes share the work, what takes longest comes first, in the same order in each."""
    if "PYTEST_XDIST_WORKER" in os.environ:

        def place(item: pytest.Item) -> tuple[int, str]:
            rank = next((n for n, name in enumerate(LONGEST) if name in item.nodeid), len(LONGEST))
            return rank, item.nodeid.partition("::")[0]

        items.sort(key=place)


def pytest_collection_finish() -> None:
    """What was imported stays until the end: the collector need not look through it again and again."""
    gc.enable()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def _no_panel_outlives_its_module() -> Iterator[None]:
    """Panels that a test left open would look at the accounts of the next module's tests."""
    yield
    if (widgets := sys.modules.get("ipywidgets")) is not None:
        widgets.Widget.close_all()


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


@pytest.fixture
def november(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock that a portfolio reads stands in November 2026, when the facts of its tests happened."""
    from support.clock import stop_clock

    stop_clock(monkeypatch)


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
def server(broker: Broker) -> Iterator[Recorder]:
    """The scripted broker as a server, which records what it is asked."""
    from support.wire import recorder

    with recorder(broker) as listening:
        yield listening


@pytest.fixture
def url(server: Recorder) -> str:
    """The address of the scripted broker."""
    return server.url


@pytest.fixture
def client(url: str, tmp_path: Path) -> Iterator[Client]:
    """A client of the scripted broker, with a journal of its own, short waits and no limits."""
    from support.broker import client_of

    with client_of(url, tmp_path) as made:
        yield made
