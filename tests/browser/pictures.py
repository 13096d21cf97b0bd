"""Takes the pictures of the panels for the documentation: ``python -m browser.pictures`` in ``tests/``.

They are taken from the real panels in JupyterLab, against a sandbox, in a light and in a dark theme.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect, sync_playwright
from support.sandbox import SandboxProcess, start_sandbox

from browser.conftest import FLAGS, chromium_path, connecting
from browser.driver import PRINT_READY, Notebook, OrderForm, write_notebook
from browser.server import ROOT, Server

if TYPE_CHECKING:
    from playwright.sync_api import Page

IMAGES = ROOT / "docs" / "images"
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
CELLS = (
    # Not the machine the pictures are taken on.
    "import getpass, platform\ngetpass.getuser = lambda: 'ada'\nplatform.node = lambda: 'workstation'",
    "from jupyter_openapi.session import Session\nfrom jupyter_openapi.widgets import *",
    "CredentialPanel(session=Session())",
    "OrderForm()",
    "Blotter()",
    "PortfolioView()",
)


def orders(sandbox: SandboxProcess) -> None:
    """Put a few orders into the book."""
    submit = sandbox.client.submit
    submit(submitted_price="560", submitted_quantity="300")
    submit("AAPL.US", submitted_price="250.5", submitted_quantity="20", time_in_force="GTC")
    submit("9988.HK", order_type="LIT", trigger_price="130", submitted_price="130.5", time_in_force="GTC")
    submit("5.HK", side="Sell", submitted_price="112.5", submitted_quantity="400")
    submit(
        "TSLA.US",
        order_type="TSLPPCT",
        side="Sell",
        submitted_quantity="5",
        trailing_percent="3",
        limit_offset="1",
    )


def prepare(notebook: Notebook) -> None:
    """Bring the panels into the state that a picture shows best."""
    login = notebook.panel("login")
    form = OrderForm(notebook.page.locator(".jo-order-form:visible"))
    form.fill("700.HK", "598", "200")
    expect(form.panel.locator(".jo-sums")).to_contain_text("with cash")
    form.preview()
    login.get_by_role("button", name="Connect", exact=True).click()
    expect(login.get_by_text("Connected", exact=True)).to_be_visible()
    expect(login.get_by_role("button", name="Connect", exact=True)).to_be_enabled()
    expect(notebook.panel("blotter").locator(".jo-row")).to_have_count(5)
    expect(notebook.panel("portfolio").locator("img.jo-picture")).to_be_visible()


def take(page: Page, theme: str) -> None:
    """Save a picture of every panel."""
    names = {
        "order-form": ".jo-order-form:visible",
        "blotter": ".jo-blotter",
        "credential-panel": ".jo-credential-panel",
        "portfolio-view": ".jo-portfolio",
    }
    for name, selector in names.items():
        page.locator(selector).first.screenshot(path=IMAGES / f"{name}-{theme}.png", animations="disabled")


def main() -> None:
    """Take all of them."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, start_sandbox("--limits", "off", "--seed", "7") as sandbox:
        server = Server(Path(folder) / "server")
        server.start()
        try:
            orders(sandbox)
            path = write_notebook(
                server.notebooks / "panels.ipynb", [connecting(sandbox), *CELLS, PRINT_READY]
            )
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
                page = browser.new_page(viewport={"width": 1280, "height": 3200}, device_scale_factor=1.5)
                notebook = Notebook(server, page, path, "lab")
                notebook.open()
                for theme, name in THEMES.items():
                    notebook.execute("apputils:change-theme", {"theme": name})
                    page.wait_for_function("(name) => document.body.dataset.jpThemeName === name", arg=name)
                    prepare(notebook)
                    page.mouse.move(0, 0)
                    take(page, theme)
                browser.close()
        finally:
            server.stop()


if __name__ == "__main__":
    main()
