"""The blotter in JupyterLab: open orders, live, without flicker; cancelled and replaced by previews."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from playwright.sync_api import expect
from support.sandbox import SandboxProcess

from browser.driver import OrderForm

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from browser.driver import Notebook

SHOW = "from jupyter_openapi.widgets import Blotter\nblotter = Blotter()\nblotter"
FORM = "from jupyter_openapi.widgets import OrderForm\nOrderForm()"
WATCH = """(table) => {
  window.__swapped = 0;
  const seen = (changes) => {
    for (const change of changes) {
      const rows = [...change.addedNodes, ...change.removedNodes];
      window.__swapped += rows.filter((node) => node.classList?.contains("jo-row")).length;
    }
  };
  new MutationObserver(seen).observe(table, { childList: true, subtree: true });
}"""


def row(panel: Locator, text: str) -> Locator:
    return panel.locator(".jo-row", has_text=text)


def press(where: Locator, name: str) -> None:
    where.get_by_role("button", name=name, exact=True).click()


def test_orders_are_shown_filtered_cancelled_and_replaced(
    notebook: Callable[..., Notebook], connected: str, sandbox: SandboxProcess
) -> None:
    first = sandbox.client.submit(submitted_price="550")
    second = sandbox.client.submit("5.HK", submitted_price="90", submitted_quantity="400")
    sandbox.client.submit("AAPL.US", submitted_price="250", submitted_quantity="7", time_in_force="GTC")
    panel = notebook(connected, SHOW).panel("blotter")
    expect(panel.locator(".jo-row")).to_have_count(3)
    expect(panel.locator(".jo-row").first).to_contain_text("AAPL.US")
    panel.get_by_label("Symbol", exact=True).first.fill("700")
    expect(panel.locator(".jo-row")).to_have_count(1)
    panel.get_by_label("Symbol", exact=True).first.fill("")
    expect(panel.locator(".jo-row")).to_have_count(3)

    press(row(panel, "5.HK"), "Cancel")
    expect(panel.locator(".jo-offer-buttons")).to_be_visible()
    expect(panel.get_by_text("total 400, 0 filled, 400 left")).to_be_visible()
    assert sandbox.client.order(second)["status"] == "NewStatus"
    panel.get_by_role("button", name="Send cancellation").click(click_count=3)
    expect(panel.locator(".jo-row")).to_have_count(2)
    assert sandbox.client.order(second)["status"] == "CanceledStatus"

    press(row(panel, "700.HK"), "Replace")
    form = OrderForm(panel.locator(".jo-order-form"))
    expect(form.field("Price")).to_have_value("550")
    expect(form.field("Symbol")).not_to_be_editable()
    form.field("Price").fill("555")
    form.field("Quantity").fill("300")
    form.button("Preview").click()
    expect(form.line("change")).to_contain_text("555")
    assert sandbox.client.order(first)["price"] == "550"
    form.button("Send replacement").click(click_count=2)
    expect(row(panel, "700.HK")).to_contain_text("555.00")
    expect(row(panel, "700.HK")).to_contain_text("0 / 300")
    assert sandbox.client.order(first)["quantity"] == "300"
    press(panel, "Close")
    expect(form.panel).to_be_hidden()

    press(panel, "Cancel all")
    expect(panel.get_by_role("button", name="Send 2 cancellations")).to_be_visible()
    press(panel, "Send 2 cancellations")
    expect(panel.get_by_text("2 of 2 cancellations sent")).to_be_visible()
    expect(panel.get_by_text("No open orders.")).to_be_visible()
    panel.get_by_label("Status").select_option("Cancelled")
    expect(panel.locator(".jo-row")).to_have_count(3)


def test_an_order_sent_elsewhere_appears_and_fills_without_flicker(
    notebook: Callable[..., Notebook], connected: str, sandbox: SandboxProcess
) -> None:
    opened = notebook(connected, SHOW, FORM)
    page, panel = opened.page, opened.panel("blotter")
    form = OrderForm(page.locator(".jo-order-form:visible"))
    expect(panel.get_by_text("No open orders.")).to_be_visible()
    form.fill("700.HK", "560", "200")
    form.preview()
    form.button("Send order").click()
    expect(panel.locator(".jo-row")).to_have_count(1)
    expect(row(panel, "700.HK")).to_contain_text("working")
    panel.evaluate(WATCH)
    # The row may be there before the form has its answer.
    expect(form.panel.locator(".jo-order-id")).to_have_text(re.compile(r"^\d+$"))
    order_id = form.panel.locator(".jo-order-id").text_content()
    change = {"order_id": order_id, "quantity": "200", "price": "565"}
    assert sandbox.client.call("PUT", "/v1/trade/order", json_body=change).code == 0
    # Nobody asks: it looks by itself, every 5 s while an order is open.
    expect(row(panel, "700.HK")).to_contain_text("565.00")
    press(panel, "Refresh")
    assert page.evaluate("() => window.__swapped") == 0
    press(row(panel, "700.HK"), "Cancel")
    press(panel, "Keep")
    expect(panel.get_by_role("button", name="Send cancellation")).to_have_count(0)
    expect(row(panel, "700.HK")).to_be_visible()


def test_a_server_that_goes_is_said_and_the_rows_stay(
    notebook: Callable[..., Notebook], connected: str, sandbox: SandboxProcess
) -> None:
    sandbox.client.submit(submitted_price="550")
    panel = notebook(connected, SHOW).panel("blotter")
    expect(panel.locator(".jo-row")).to_have_count(1)
    sandbox.kill()
    press(panel, "Refresh")
    expect(panel.get_by_role("alert")).to_contain_text("can't be reached", timeout=60_000)
    expect(panel.locator(".jo-row")).to_have_count(1)
