"""The order form in JupyterLab: previewed, sent once, followed; what was typed is what was sent."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from support import SOAK, soak
from support.sandbox import SandboxProcess

from browser.driver import OrderForm

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from browser.driver import Notebook

SHOW = "from jupyter_openapi.widgets import OrderForm\nOrderForm()"
ROUNDS = soak(400) if SOAK else 10
RESTART = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
FOCUS = """() => {
  const node = document.activeElement;
  return node.labels?.[0]?.textContent ?? node.textContent;
}"""


def orders(sandbox: SandboxProcess) -> list[dict[str, str]]:
    """Return today's orders as the exchange has them."""
    return sandbox.client.get("/v1/trade/order/today")["orders"]


@pytest.fixture
def form(notebook: Callable[..., Notebook], connected: str) -> OrderForm:
    return OrderForm(notebook(connected, SHOW).panel("order"))


def test_an_order_is_previewed_sent_and_seen_to_fill(form: OrderForm, sandbox: SandboxProcess) -> None:
    form.fill("700.HK", "610", "100")
    expect(form.panel.locator(".jo-sums")).to_contain_text("61,000.00 HKD")
    expect(form.panel.locator(".jo-sums")).to_contain_text("with cash")
    form.preview()
    assert orders(sandbox) == []
    expect(form.line("order")).to_have_text("Buy 100 700.HK, limit (LO) at 610.00 HKD, today only")
    form.button("Send order").click()
    form.status("FilledStatus")
    (order,) = orders(sandbox)
    expect(form.panel.locator(".jo-order-id")).to_have_text(order["order_id"])
    assert (order["quantity"], order["status"]) == ("100", "FilledStatus")
    expect(form.button("Cancel")).to_be_hidden()


def test_many_clicks_send_one_order_and_it_is_cancelled_from_the_form(
    form: OrderForm, sandbox: SandboxProcess
) -> None:
    form.fill("700.HK", "560", "100")
    form.preview()
    form.button("Send order").dblclick()
    form.status("NewStatus")
    assert len(orders(sandbox)) == 1
    form.field("Quantity").fill("200")
    form.preview()
    form.button("Send order").click(click_count=3)
    expect(form.line("order")).to_have_count(0)
    # The order's id is another one now; only then may its Cancel be meant.
    first = orders(sandbox)[-1]["order_id"]
    expect(form.panel.locator(".jo-order-id")).not_to_have_text(first)
    form.status("NewStatus")
    assert sorted(order["quantity"] for order in orders(sandbox)) == ["100", "200"]
    form.button("Cancel").click()
    expect(form.line("as it stands")).to_contain_text("total 200, 0 filled, 200 left")
    form.button("Send cancellation").click(click_count=3)
    form.status("CanceledStatus")
    left = [order["quantity"] for order in orders(sandbox) if order["status"] == "NewStatus"]
    assert left == ["100"]


def test_an_edit_asks_for_a_new_preview(form: OrderForm, sandbox: SandboxProcess) -> None:
    form.fill("700.HK", "560", "100")
    form.preview()
    form.field("Quantity").press("End")
    form.field("Quantity").press_sequentially("0")
    expect(form.button("Send order")).to_be_disabled()
    expect(form.panel.get_by_text("You changed the order: preview it again.")).to_be_visible()
    form.button("Send order").click(force=True)
    form.preview()
    expect(form.line("order")).to_contain_text("Buy 1000 700.HK")
    assert orders(sandbox) == []


def test_what_was_typed_last_is_what_the_kernel_received(form: OrderForm) -> None:
    """Type and click at once, many times over: no value of the round before is ever previewed."""
    picked = random.Random(7)
    form.fill("700.HK", "600", "100")
    for number in range(ROUNDS):
        quantity, price = picked.randrange(100, 1000, 100), 570 + picked.randrange(0, 120) / 2
        for label, text in (("Quantity", str(quantity)), ("Price", f"{price:g}")):
            form.field(label).press("Control+a")
            form.field(label).press_sequentially(text)
        form.button("Preview").click()
        wanted = f"Buy {quantity} 700.HK, limit (LO) at {price:.2f} HKD, today only"
        expect(form.line("order"), f"round {number}").to_have_text(wanted)


def test_the_keyboard_is_enough(form: OrderForm, sandbox: SandboxProcess) -> None:
    page = form.panel.page

    def tab_to(name: str) -> None:
        for _ in range(16):
            page.keyboard.press("Tab")
            if page.evaluate(FOCUS) == name:
                return
        raise AssertionError(f"Tab never came to {name}")

    cells = page.locator(".jp-Cell").count()
    expect(form.button("Preview")).to_be_enabled()
    form.field("Symbol").focus()
    page.keyboard.type("700.HK")
    expect(form.panel.locator(".jo-price").nth(1)).to_have_text(re.compile(r"[0-9]"))
    tab_to("Side")
    page.keyboard.press("ArrowDown")
    expect(form.field("Side")).to_have_value("Sell")
    page.keyboard.press("ArrowUp")
    expect(form.field("Side")).to_have_value("Buy")
    tab_to("Price")
    page.keyboard.type("580")
    page.keyboard.press("ArrowUp")
    expect(form.field("Price")).to_have_value("580.5")
    page.keyboard.press("ArrowDown")
    expect(form.field("Price")).to_have_value("580")
    tab_to("Quantity")
    page.keyboard.press("ArrowUp")
    expect(form.field("Quantity")).to_have_value("100")
    page.keyboard.press("Enter")
    expect(form.line("order")).to_contain_text("Buy 100 700.HK, limit (LO) at 580.00")
    assert orders(sandbox) == []
    expect(form.button("Send order")).to_be_enabled()
    tab_to("Send order")
    for _ in range(3):
        page.keyboard.press("Enter")
    form.status("NewStatus")
    assert len(orders(sandbox)) == 1
    expect(form.button("Cancel")).to_be_enabled()
    tab_to("Cancel")
    page.keyboard.press("Space")
    expect(form.button("Send cancellation")).to_be_enabled()
    # None of these keys was taken for a command on the notebook's cells.
    assert page.locator(".jp-Cell").count() == cells


def test_the_fields_follow_the_type_and_the_market(form: OrderForm) -> None:
    wanted = {
        "LO": {"Price"},
        "MO": set(),
        "LIT": {"Price", "Trigger price"},
        "MIT": {"Trigger price"},
        "TSLPAMT": {"Trailing amount", "Limit offset"},
        "TSLPPCT": {"Trailing percent", "Limit offset"},
    }
    every = set.union(*wanted.values())
    expect(form.button("Preview")).to_be_enabled()
    form.field("Symbol").fill("AAPL.US")
    expect(form.field("Outside RTH")).to_be_visible()
    for code, labels in wanted.items():
        form.field("Type").select_option(code)
        seen = {label for label in every if form.field(label).is_visible()}
        assert seen == labels, code
    assert form.field("Type").locator("option[value=ELO]").count() == 0
    for code in ("TSMAMT", "TSMPCT"):  # shown, for a trader looks for them; and not to be chosen
        option = form.field("Type").locator(f"option[value={code}]")
        expect(option).to_be_disabled()
        expect(option).to_contain_text("takes none any more")
    form.field("Symbol").fill("700.HK")
    expect(form.field("Outside RTH")).to_be_hidden()
    assert form.field("Type").locator("option[value=ELO]").count() == 1
    form.field("Time in force").select_option("GTD")
    expect(form.field("Expire date")).to_be_visible()
    expect(form.field("Quantity")).to_have_attribute("step", "100")


def test_what_is_wrong_is_said_beside_the_field_and_aloud(form: OrderForm, sandbox: SandboxProcess) -> None:
    form.fill("700.HK", "", "100")
    form.button("Preview").click()
    expect(form.panel.get_by_role("alert")).to_have_text("Price is missing: LO needs it. Nothing was sent.")
    expect(form.field("Price")).to_have_attribute("aria-invalid", "true")
    form.field("Price").fill("600.1")
    expect(form.field("Price")).to_have_attribute("aria-invalid", "false")
    expect(form.panel.get_by_text("the nearest is 600.0 or 600.5")).to_be_visible()
    form.field("Price").fill("700")
    form.button("Preview").click()
    expect(form.panel.get_by_role("alert")).to_contain_text("above the last price")
    form.panel.get_by_label("I mean it").check()
    form.preview()
    expect(form.line("overridden")).to_contain_text("distance")
    assert orders(sandbox) == []


def test_a_server_that_goes_mid_way(form: OrderForm, sandbox: SandboxProcess) -> None:
    form.fill("700.HK", "580", "100")
    form.preview()
    sandbox.kill()
    form.button("Send order").click()
    alert = form.panel.get_by_role("alert")
    expect(alert).to_contain_text("can't be reached", timeout=60_000)
    expect(form.field("Quantity")).to_have_value("100")
    expect(form.button("Send order")).to_be_disabled()


def test_a_kernel_that_restarts_under_the_form(form: OrderForm, sandbox: SandboxProcess) -> None:
    form.fill("700.HK", "580", "100")
    form.preview()
    form.panel.page.evaluate(RESTART)
    expect(form.panel.locator(".jo-absent")).to_contain_text("run this cell again")
    expect(form.button("Send order")).to_be_disabled()
    expect(form.field("Price")).to_have_value("580")
    assert orders(sandbox) == []


def test_a_kernel_that_restarts_while_an_order_is_on_its_way(notebook: Callable[..., Notebook]) -> None:
    stuck = (
        "import threading\nfrom browser.fakes import FakeClient, FakeSession\n"
        "from jupyter_openapi.widgets import OrderForm\n"
        "OrderForm(session=FakeSession(FakeClient(gate=threading.Event())))"
    )
    form = OrderForm(notebook(stuck).panel("order"))
    form.fill("700.HK", "600", "100")
    form.preview()
    form.button("Send order").click()
    expect(form.panel.get_by_role("status").last).to_have_text("Sending…")
    form.panel.page.evaluate(RESTART)
    expect(form.panel.locator(".jo-absent")).to_contain_text("it may have been placed")
    expect(form.button("Send order")).to_be_disabled()


def test_a_page_that_is_loaded_again_shows_the_fields_and_the_order_as_they_are(
    notebook: Callable[..., Notebook], connected: str, sandbox: SandboxProcess, page: Page
) -> None:
    opened = notebook(connected, SHOW)
    form = OrderForm(opened.panel("order"))
    form.fill("700.HK", "560", "100")
    form.preview()
    form.button("Send order").click()
    form.status("NewStatus")
    form.field("Quantity").fill("300")
    form.preview()
    opened.save()
    page.reload()
    expect(form.field("Quantity")).to_have_value("300")
    expect(form.field("Price")).to_have_value("560")
    form.status("NewStatus")
    # What was previewed in the page that is gone must be previewed again.
    expect(form.button("Send order")).to_be_disabled()
    form.preview()
    assert len(orders(sandbox)) == 1


def test_what_helps_to_fill_the_form_in(form: OrderForm) -> None:
    buy_and_sell_can_be_told_apart_at_a_glance(form)
    all_half_and_max_fill_in_whole_lots(form)
    the_quantity_is_cleared_when_another_symbol_is_chosen(form)
    an_unknown_symbol_is_said_in_place_of_prices(form)
    a_price_of_the_book_is_taken_by_a_click(form)


def buy_and_sell_can_be_told_apart_at_a_glance(form: OrderForm) -> None:
    form.fill("700.HK", "560", "100")
    strip = form.panel.locator(".jo-side")
    expect(strip).to_have_text("BUY 700.HK")
    buying = strip.evaluate("(node) => getComputedStyle(node).backgroundColor")
    form.field("Side").select_option("Sell")
    expect(strip).to_have_text("SELL 700.HK")
    expect(strip).not_to_have_css("background-color", buying)


def all_half_and_max_fill_in_whole_lots(form: OrderForm) -> None:
    form.fill("700.HK", "560", "", side="Sell")
    form.button("All").click()
    expect(form.field("Quantity")).to_have_value("500")
    form.button("Half").click()
    expect(form.field("Quantity")).to_have_value("200")
    expect(form.button("Max")).to_be_disabled()
    form.field("Side").select_option("Buy")
    expect(form.button("All")).to_be_disabled()
    form.button("Max").click()
    most = int(form.field("Quantity").input_value())
    assert most % 100 == 0
    assert 0 < most * 560 <= 1_000_000
    form.preview()


def the_quantity_is_cleared_when_another_symbol_is_chosen(form: OrderForm) -> None:
    form.fill("", "560", "100")
    form.field("Symbol").fill("00700")
    form.button("Did you mean 700.HK?").click()
    expect(form.field("Symbol")).to_have_value("700.HK")
    expect(form.field("Quantity")).to_have_value("100")  # it was meant for this one
    form.field("Symbol").fill("9988.HK")
    expect(form.field("Quantity")).to_have_value("")
    told = form.panel.get_by_text("The quantity was for 700.HK.")
    expect(told).to_be_visible()
    expect(form.button("Max")).to_be_enabled()  # what may be bought of the other one is known by now
    expect(told).to_be_visible()
    form.field("Quantity").fill("100")
    expect(told).to_be_hidden()


def an_unknown_symbol_is_said_in_place_of_prices(form: OrderForm) -> None:
    form.field("Symbol").fill("99999.HK")
    expect(form.panel.locator(".jo-unknown")).to_contain_text("99999.HK: check the symbol")
    expect(form.panel.locator(".jo-tape")).to_be_hidden()
    form.field("Symbol").fill("700.HK")
    expect(form.panel.locator(".jo-unknown")).to_be_hidden()
    expect(form.panel.locator(".jo-price").nth(1)).to_contain_text(re.compile(r"\d"))


def a_price_of_the_book_is_taken_by_a_click(form: OrderForm) -> None:
    levels = form.panel.locator(".jo-level")
    expect(levels).to_have_count(10)
    # In one go: the book moves.
    price = levels.nth(2).evaluate("(node) => { node.click(); return node.textContent; }")
    expect(form.field("Price")).to_have_value(str(price))


def test_an_order_that_fills_is_announced_if_asked(form: OrderForm, page: Page) -> None:
    page.evaluate(
        """() => {
          window.__announced = [];
          window.Notification = function (title, { body }) { window.__announced.push(`${title}: ${body}`); };
          window.Notification.permission = "granted";
        }"""
    )
    form.fill("700.HK", "620", "100")
    form.preview()
    form.button("Send order").click()
    form.status("FilledStatus")
    assert page.evaluate("() => window.__announced") == []  # off until it is asked for
    form.panel.get_by_label("Notify me when it fills").check()
    form.field("Price").fill("621")
    form.preview()
    form.button("Send order").click()
    page.wait_for_function("() => window.__announced.length === 1")
    assert "Order filled: Buy 700.HK" in page.evaluate("() => window.__announced[0]")


def test_a_bracket_goes_out_with_the_order(notebook: Callable[..., Notebook]) -> None:
    made = (
        "from browser.fakes import FakeClient, FakeSession\nfrom jupyter_openapi.widgets import OrderForm\n"
        "client = FakeClient()\nOrderForm(session=FakeSession(client))"
    )
    form = OrderForm(notebook(made).panel("order"))
    form.fill("700.HK", "600", "100")
    form.field("Take profit").fill("650")
    form.field("Stop loss").fill("570")
    expect(form.panel.get_by_text("Paper accounts take no attached orders.").first).to_be_visible()
    form.preview()
    expect(form.line("sends")).to_contain_text("BRACKET")
    expect(form.line("sends")).to_contain_text("650")
