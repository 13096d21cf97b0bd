"""Help while a line is typed, in JupyterLab: Shift+Tab shows what the line is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from browser.driver import Notebook


def test_shift_tab_shows_help_on_a_line(notebook: Callable[..., Notebook]) -> None:
    page = notebook("%load_ext jupyter_openapi").page
    cell = page.locator(".jp-Notebook .jp-CodeCell .cm-content").first
    tooltip = page.locator(".jp-Tooltip")
    for line, says in {
        "%openapi quote 700.HK": "Latest quotes of securities.",
        "%openapi submit side=buy": "Buy or Sell",
    }.items():
        cell.click()
        page.keyboard.press("Control+A")
        page.keyboard.type(line)
        expect(cell).to_have_text(line)
        page.keyboard.press("Shift+Tab")
        expect(tooltip).to_contain_text(says)
        page.keyboard.press("Escape")
        expect(tooltip).to_have_count(0)
