"""The portfolio view in JupyterLab: totals, table and pictures of the account; amounts can be hidden."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from browser.driver import Notebook

SHOW = "from jupyter_openapi.widgets.portfolio_view import PortfolioView\nview = PortfolioView()\nview"


def test_it_shows_the_account_draws_it_and_hides_amounts(
    notebook: Callable[..., Notebook], connected: str
) -> None:
    panel = notebook(connected, SHOW).page.locator(".jo-portfolio").first
    holdings = panel.locator(".jo-holdings tbody tr")
    expect(holdings).to_have_count(5)
    expect(panel.locator(".jo-sums-table tbody tr").last).to_contain_text("All")
    expect(panel.locator(".jo-chip")).to_have_text("SANDBOX")
    picture = panel.locator("img.jo-picture")
    expect(picture).to_have_attribute("alt", re.compile("Allocation of the sandbox account"))
    first = str(picture.get_attribute("src"))

    panel.get_by_role("button", name="Profit and loss").click()
    expect(picture).to_have_attribute("alt", re.compile("Profit and loss of the sandbox account"))
    expect(picture).not_to_have_attribute("src", first)

    panel.get_by_label("Hide amounts").click()
    expect(holdings.first).to_contain_text("•••")
    expect(panel.locator(".jo-title")).not_to_contain_text("…")
    panel.get_by_label("Base currency").select_option("USD")
    expect(panel.locator(".jo-sums-table th").nth(3)).to_have_text("Value in USD")
    panel.get_by_label("Hide amounts").click()
    expect(holdings.first).not_to_contain_text("•••")
