"""The portfolio view in JupyterLab: totals, table and pictures of the account; amounts can be hidden."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.sandbox import SandboxProcess

    from browser.driver import Notebook

SHOW = "from jupyter_openapi.widgets.portfolio_view import PortfolioView\nview = PortfolioView()\nview"


def test_it_shows_the_account_draws_it_and_hides_amounts(
    notebook: Callable[..., Notebook], connected: str, sandbox: SandboxProcess
) -> None:
    panel = notebook(connected, SHOW).page.locator(".jo-portfolio").first
    holdings = panel.locator(".jo-holdings tbody tr")
    expect(holdings).to_have_count(5)
    expect(panel.locator(".jo-sums-table tbody tr").last).to_contain_text("All")
    expect(panel.locator(".jo-chip")).to_have_text("SANDBOX")
    picture = panel.locator("img.jo-picture")
    expect(picture).to_have_attribute("alt", re.compile("Allocation of the sandbox account"))
    panel.page.wait_for_timeout(1500)
    panel.screenshot(path="/tmp/view1.png")
    first = picture.get_attribute("src")

    panel.get_by_role("radio", name="Profit and loss").or_(
        panel.get_by_role("button", name="Profit and loss")
    ).first.click()
    expect(picture).not_to_have_attribute("src", str(first))
    panel.get_by_label("Hide amounts").check()
    expect(holdings.first).to_contain_text("•••")
    panel.page.wait_for_timeout(1500)
    panel.screenshot(path="/tmp/view2.png")
    assert sandbox.info
