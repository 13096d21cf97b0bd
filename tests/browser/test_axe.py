"""Every panel, in every state that matters, in both themes: no violation that axe-core finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from support.sandbox import SandboxProcess

from browser.driver import OrderForm
from browser.server import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from browser.driver import Notebook

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SHOW = "from jupyter_openapi.widgets import *\n"
THEMES = ("JupyterLab Light", "JupyterLab Dark")
RUN = "(node) => axe.run(node).then((found) => found.violations)"


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.exists():
        pytest.fail("axe-core is missing: type npm ci first, or make test.")
    return AXE.read_text(encoding="utf-8")


def found(panel: Locator) -> list[str]:
    """Return what axe finds in a panel, one line a fault."""
    violations: list[dict[str, Any]] = panel.evaluate(RUN)
    return [f"{one['id']}: {node['html'][:160]}" for one in violations for node in one["nodes"]]


def test_no_panel_has_a_violation(
    notebook: Callable[..., Notebook], connected: str, sandbox: SandboxProcess, axe: str
) -> None:
    sandbox.client.submit(submitted_price="550")
    sandbox.client.submit("AAPL.US", submitted_price="250", submitted_quantity="7", time_in_force="GTC")
    live = "display(Watch(['700.HK', 'AAPL.US']), Chart('700.HK', '5m', ma='20,60', fills=True))"
    opened = notebook(
        connected, f"{SHOW}OrderForm()", "CredentialPanel()", "Blotter()", "PortfolioView()", live
    )
    page, form = opened.page, OrderForm(opened.panel("order"))
    login, blotter, portfolio = (opened.panel(name) for name in ("login", "blotter", "portfolio"))
    page.evaluate(axe)

    def check(*panels: Locator) -> None:
        for theme in THEMES:
            opened.execute("apputils:change-theme", {"theme": theme})
            page.wait_for_function("(name) => document.body.dataset.jpThemeName === name", arg=theme)
            for panel in panels:
                assert found(panel) == [], theme

    expect(portfolio.locator("img.jo-picture")).to_be_visible()
    expect(blotter.locator(".jo-row")).to_have_count(2)
    watch, chart = opened.panel("watch"), opened.panel("chart")
    expect(watch.get_by_text("Live.", exact=True)).to_be_visible()
    expect(chart.get_by_text("1 open order")).to_be_visible()
    check(form.panel, login, blotter, portfolio, watch, chart)

    # What is wrong is said, a preview waits, an order is changed, a table is sorted.
    form.fill("700.HK", "700", "150", side="Sell")
    form.button("Preview").click()
    expect(form.panel.get_by_role("alert")).to_be_visible()
    login.get_by_label("App Key", exact=True).fill("k")
    login.get_by_role("button", name="Connect", exact=True).click()
    expect(login.get_by_text("App Secret is empty")).to_be_visible()
    blotter.get_by_role("button", name="Price", exact=True).click()
    blotter.get_by_role("button", name="Cancel", exact=True).first.click()
    expect(blotter.get_by_role("button", name="Send cancellation")).to_be_visible()
    blotter.get_by_role("button", name="Replace", exact=True).first.click()
    expect(blotter.get_by_text("Replace order", exact=True)).to_be_visible()
    portfolio.get_by_label("Hide amounts").click()
    expect(portfolio.locator(".jo-holdings tbody tr").first).to_contain_text("•••")
    check(form.panel, login, blotter, portfolio)

    form.fill("700.HK", "560", "100")
    form.preview()
    form.button("Send order").click()
    form.status("NewStatus")
    blotter.evaluate("(node) => { node.style.width = '420px'; }")
    form.panel.evaluate("(node) => { node.style.width = '420px'; }")
    for panel in (watch, chart):
        panel.get_by_role("button", name="Stop", exact=True).click()
        panel.evaluate("(node) => { node.style.width = '420px'; }")
    check(form.panel, blotter, watch, chart)
