"""The watch table and the chart in JupyterLab: they move, also while a cell runs, and leave nothing behind."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect
from support.sandbox import SandboxProcess
from support.streaming import links, until

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from browser.driver import Notebook

WATCH = """
from jupyter_openapi.widgets import Chart, Watch
from jupyter_openapi.widgets.flow import Pace
table = Watch(["700.HK", "AAPL.US"], pace=Pace(leave=3))
table
"""
CHART = 'chart = Chart("700.HK", "1m", ma=[5, 20], fills=True, pace=Pace(leave=3))\nchart'


def test_x(notebook: Callable[..., Notebook], connected: str, page: Page, sandbox: SandboxProcess) -> None:
    sandbox.client.submit("700.HK", order_type="MO", submitted_price=None, submitted_quantity="100")
    sandbox.client.submit("700.HK", submitted_price="590", submitted_quantity="100")
    opened = notebook(connected, WATCH, CHART)
    page.set_viewport_size({"width": 1280, "height": 1500})
    page.wait_for_timeout(3000)
    opened.panel("watch").screenshot(path="/tmp/try/w.png")
    opened.panel("chart").screenshot(path="/tmp/try/ch.png")
    opened.execute("apputils:change-theme", {"theme": "JupyterLab Dark"})
    page.wait_for_timeout(1000)
    opened.panel("chart").screenshot(path="/tmp/try/chd.png")
    opened.execute("apputils:change-theme", {"theme": "JupyterLab Light"})
    opened.panel("chart").get_by_label("Period").select_option("1d")
    page.wait_for_timeout(1500)
    opened.panel("chart").screenshot(path="/tmp/try/chday.png")
    page.wait_for_timeout(200)
