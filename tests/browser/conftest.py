"""Fixtures of the browser tests: a Jupyter server, Debian's Chromium, a sandbox, notebooks."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error, expect, sync_playwright
from support.sandbox import SandboxProcess, start_sandbox

from browser.driver import CLOSE, PRINT_READY, Notebook, write_notebook
from browser.server import SAVE_STATE, Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")

expect.set_options(timeout=20_000)


def chromium_path() -> str | None:
    """Return the machine's Chromium; None leaves the choice to Playwright, which may have its own."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    try:
        started = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
    except Error as failure:
        advice = "apt-get install chromium, or playwright install chromium"
        pytest.fail(f"The browser tests need Chromium ({advice}).\n{failure}")
    yield started
    started.close()


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose JupyterLab saves the state of widgets into notebooks."""
    started = Server(tmp_path_factory.mktemp("jupyter") / "server", SAVE_STATE)
    started.start()
    yield started
    started.stop()


@pytest.fixture(scope="package")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One for all tests: the front end's scripts are loaded once and then come from its cache."""
    made = browser.new_context(viewport={"width": 1280, "height": 1000})
    yield made
    made.close()


class Lab:
    """A page with JupyterLab, in which tests open a notebook each: JupyterLab starts once for all of them."""

    def __init__(self, context: BrowserContext, server: Server) -> None:
        self._context, self._server = context, server
        self._page: Page | None = None

    @property
    def page(self) -> Page:
        if self._page is None:
            self._page = self._context.new_page()
            self._page.goto(f"{self._server.url}/lab?reset")
            self._page.wait_for_function("() => window.jupyterapp?.restored.then(() => true)")
        return self._page

    def tidy(self) -> None:
        """Close what a test opened; the page too, if something of it stays."""
        if self._page is not None:
            try:
                left = not self._page.evaluate(CLOSE)
            except Error:
                left = True
            if left:
                self._page.close()
                self._page = None


@pytest.fixture(scope="package")
def lab(context: BrowserContext, server: Server) -> Lab:
    return Lab(context, server)


@pytest.fixture
def page(context: BrowserContext, server: Server) -> Iterator[Page]:
    """A page of the test's own, for one that goes to other addresses or changes the page itself."""
    opened = context.new_page()
    yield opened
    opened.close()
    server.end_sessions()


@pytest.fixture
def sandbox() -> Iterator[SandboxProcess]:
    with start_sandbox("--limits", "off") as started:
        yield started


@pytest.fixture
def notebook(server: Server, lab: Lab, request: pytest.FixtureRequest) -> Iterator[Callable[..., Notebook]]:
    """Write and open a notebook: ``notebook("code", ..., front="lab")``.

    It stands in the test's own page if the test asks for one, otherwise in the JupyterLab of all tests.
    """
    own: Page | None = request.getfixturevalue("page") if "page" in request.fixturenames else None
    numbers = itertools.count()

    def opened(*cells: str, front: str = "lab", on: Page | None = None) -> Notebook:
        name = f"{request.node.name.replace('[', '-').strip(']')}-{next(numbers)}.ipynb"
        path: Path = write_notebook(server.notebooks / name, [*cells, PRINT_READY])
        made = Notebook(server, on or own or lab.page, path, front)
        made.open()
        return made

    yield opened
    lab.tidy()
    server.end_sessions()


def connecting(sandbox: SandboxProcess) -> str:
    """Return the code of a cell that connects a kernel to a sandbox."""
    return (
        "from jupyter_openapi import Client, Credentials\n"
        "from jupyter_openapi.session import SESSION\n"
        f"SESSION.client = Client(Credentials{tuple(vars(sandbox.credentials).values())!r}, 'sandbox', "
        f"{sandbox.url!r}, source='its own keys', limits=False)"
    )


@pytest.fixture
def connected(sandbox: SandboxProcess) -> str:
    """The code of a cell that connects a kernel to this test's sandbox."""
    return connecting(sandbox)
