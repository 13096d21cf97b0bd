"""The panels in marimo, which has no IPython: the example notebook, served and driven in a real browser."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from support.sandbox import free_port

from browser.driver import OrderForm
from browser.server import QUIET

if TYPE_CHECKING:
    from playwright.sync_api import Browser

EXAMPLE = Path(__file__).parents[2] / "notebooks" / "marimo_trading.py"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Serve the example and give its address."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(QUIET)}
    environ |= {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("DATA", "STATE", "CONFIG", "CACHE")}
    port = free_port()
    options = ("--headless", "--no-token", "--host", "127.0.0.1", "--port", str(port))
    started = subprocess.Popen(
        [sys.executable, "-m", "marimo", "run", str(EXAMPLE), *options],
        cwd=tmp_path,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(url, timeout=5).close()
                break
            except OSError:
                time.sleep(0.2)
        yield url
    finally:
        started.terminate()
        started.wait(30)


def test_an_order_is_previewed_sent_and_cancelled_in_marimo(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 1800})
    page.goto(address)
    form = OrderForm(page.locator(".jo-order-form:visible").first)
    expect(form.panel).to_contain_text("SANDBOX", timeout=60_000)
    form.fill("700.HK", "560", "100")
    form.preview()
    expect(form.line("order")).to_contain_text("Buy 100 700.HK, limit (LO) at 560.00 HKD")
    form.button("Send order").dblclick()
    form.status("NewStatus")
    rows = page.locator(".jo-blotter .jo-row")
    expect(rows).to_have_count(1)
    page.locator(".jo-blotter").get_by_role("button", name="Cancel", exact=True).click()
    page.locator(".jo-blotter").get_by_role("button", name="Send cancellation").click()
    form.status("CanceledStatus")
    page.close()
