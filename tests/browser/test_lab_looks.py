"""What the panels show at each width, sorted and coloured, and what is left of them without their kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from playwright.sync_api import expect
from support.sandbox import SandboxProcess

from browser.driver import RUN_ALL

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from browser.driver import Notebook
    from browser.server import Server

SHOW = "from jupyter_openapi.widgets import *\n"
# What sticks out of the panel, or has no room to be read: its text is wider than its box.
CLIPPED = """(panel) => [...panel.querySelectorAll("td, th, button, input, label, p, span")]
  .filter((node) => node.offsetParent !== null)
  .filter((node) => {
    const [own, all] = [node.getBoundingClientRect(), panel.getBoundingClientRect()];
    return own.right > all.right + 1 || own.left < all.left - 1
      || (node.tagName !== "INPUT" && node.scrollWidth > node.clientWidth + 1
        && getComputedStyle(node).overflow !== "visible");
  })
  .map((node) => `${node.tagName} ${node.textContent}`)"""

# What is said in English: three small words in a row, outside data.
ENGLISH = r"""(panel) => [...panel.querySelectorAll("label, button, th, p, dt, dd, h4, caption, option")]
  .map((node) => node.textContent)
  .filter((text) => /[a-z]{2,} [a-z]{2,} [a-z]{2,}/.test(text.replace(/`[^`]*`|\{.*\}/g, "")))"""


def column(panel: Locator, title: str) -> list[str]:
    """Return the texts of a column, from the top."""
    return panel.locator(f'td[data-label="{title}"] .jo-text').all_text_contents()


def test_nothing_is_hidden_at_any_width(
    notebook: Callable[..., Notebook], connected: str, sandbox: SandboxProcess
) -> None:
    sandbox.client.submit(submitted_price="550")
    sandbox.client.submit("AAPL.US", submitted_price="250", submitted_quantity="7", time_in_force="GTC")
    opened = notebook(connected, f"{SHOW}Blotter()", "PortfolioView()", "OrderForm()", "CredentialPanel()")
    blotter, portfolio = opened.panel("blotter"), opened.panel("portfolio")
    expect(blotter.locator(".jo-row")).to_have_count(2)
    expect(portfolio.locator("img.jo-picture")).to_be_visible()
    for width in (360, 600, 699, 820, 848):
        for name in ("blotter", "portfolio", "order", "login"):
            panel = opened.panel(name)
            panel.evaluate("(node, width) => { node.style.width = `${width}px`; }", width)
            opened.page.evaluate("() => new Promise(requestAnimationFrame)")
            assert panel.evaluate(CLIPPED) == [], f"{name} at {width} px"
        seen(blotter)


def test_nothing_is_hidden_in_chinese(
    notebook: Callable[..., Notebook], connected: str, sandbox: SandboxProcess
) -> None:
    sandbox.client.submit(submitted_price="550")
    sandbox.client.submit("AAPL.US", submitted_price="250", submitted_quantity="7", time_in_force="GTC")
    panels = ("Blotter", "PortfolioView", "OrderForm", "CredentialPanel")
    opened = notebook(connected, SHOW, *(f"{panel}(language='zh-CN')" for panel in panels))
    blotter, portfolio, form = (opened.panel(name) for name in ("blotter", "portfolio", "order"))
    expect(blotter.locator(".jo-row")).to_have_count(2)
    expect(blotter.get_by_role("button", name="全部撤单")).to_be_visible()
    expect(blotter.get_by_role("button", name="改单", exact=True).first).to_be_visible()
    expect(opened.panel("login").get_by_label("账户", exact=True)).to_contain_text("模拟账户")
    expect(portfolio.locator("img.jo-picture")).to_be_visible()
    form.get_by_label("代码", exact=True).fill("700.HK")
    form.get_by_label("价格", exact=True).fill("560")
    form.get_by_label("数量", exact=True).fill("100")
    form.get_by_role("button", name="预览", exact=True).click()
    expect(form.locator(".jo-offer")).to_contain_text("买入 100 700.HK")
    expect(form.get_by_role("button", name="发送订单")).to_be_visible()
    for name in ("blotter", "portfolio", "order", "login"):
        panel = opened.panel(name)
        panel.evaluate("(node) => { node.style.width = '600px'; }")
        opened.page.evaluate("() => new Promise(requestAnimationFrame)")
        assert panel.evaluate(CLIPPED) == [], name
        assert panel.evaluate(ENGLISH) == [], name


def seen(blotter: Locator) -> None:
    """Look at every cell and button of the rows."""
    for row in blotter.locator(".jo-row").all():
        for name in ("Replace", "Cancel"):
            expect(row.get_by_role("button", name=name, exact=True)).to_be_visible()
        for text in row.locator("td[data-label]").all():
            expect(text).to_be_visible()
    expect(blotter.locator(".jo-row").first).to_contain_text("Apple")


def test_columns_sort_up_down_and_back_in_the_colours_that_were_chosen(
    notebook: Callable[..., Notebook], connected: str, sandbox: SandboxProcess
) -> None:
    for price in ("550", "560", "90"):
        symbol, quantity = ("5.HK", "400") if price == "90" else ("700.HK", "100")
        sandbox.client.submit(symbol, submitted_price=price, submitted_quantity=quantity)
    choose = "from jupyter_openapi import colors\ncolors.choose('red-up')"
    opened = notebook(connected, choose, f"{SHOW}Blotter()", "PortfolioView()")
    opened.execute("apputils:change-theme", {"theme": "JupyterLab Light"})
    panel = opened.panel("blotter")
    expect(panel.locator(".jo-row")).to_have_count(3)
    newest = column(panel, "Price")
    head = panel.get_by_role("button", name="Price", exact=True)
    head.click()
    assert column(panel, "Price") == ["90.00", "550.00", "560.00"]
    expect(panel.get_by_role("columnheader", name="Price")).to_have_attribute("aria-sort", "ascending")
    head.click()
    assert column(panel, "Price") == ["560.00", "550.00", "90.00"]
    # A look of the kernel's keeps the order a person chose.
    panel.get_by_role("button", name="Refresh", exact=True).click()
    expect(panel.get_by_role("columnheader", name="Price")).to_have_attribute("aria-sort", "descending")
    head.click()
    assert column(panel, "Price") == newest
    expect(panel.locator('td[data-label="Last"]').first).not_to_have_text("")
    expect(panel.locator('td[data-label="Distance"]').first).to_contain_text("%")

    portfolio = opened.panel("portfolio")
    expect(portfolio.locator(".jo-holdings .jo-row")).to_have_count(5)
    portfolio.get_by_role("button", name="Symbol", exact=True).click()
    symbols = column(portfolio.locator(".jo-holdings"), "Symbol")
    assert symbols == sorted(symbols)
    rising = portfolio.locator('.jo-holdings td[data-tone="up"]').first
    expect(rising).to_have_css("color", "rgb(198, 40, 40)")
    expect(panel.locator('td[data-label="Side"]').first).to_have_css("color", "rgb(198, 40, 40)")


def test_a_notebook_without_its_kernel_shows_one_line_for_each_panel(
    notebook: Callable[..., Notebook], connected: str, page: Page, server: Server
) -> None:
    opened = notebook(connected, f"{SHOW}OrderForm()", "Blotter()", "PortfolioView()", "CredentialPanel()")
    expect(opened.panel("blotter").get_by_text("No open orders.")).to_be_visible()
    lines = page.get_by_text("run this cell to open it")
    for line in lines.all():
        expect(line).to_be_hidden()
    saved = opened.save()
    assert "700.HK" not in saved.replace("700.HK side=buy", "")
    page.goto("about:blank")
    server.end_sessions()
    page.goto(opened.address)
    expect(lines.filter(visible=True)).to_have_count(4, timeout=60_000)
    expect(lines.first).to_have_text("Order form: run this cell to open it.")
    expect(page.get_by_text("model not found").filter(visible=True)).to_have_count(0)
    page.evaluate(RUN_ALL)
    expect(opened.panel("blotter").get_by_text("No open orders.")).to_be_visible(timeout=60_000)
    expect(lines.filter(visible=True)).to_have_count(0)


def test_a_kernel_that_is_gone_is_said_by_the_tables_too(
    notebook: Callable[..., Notebook], connected: str, server: Server
) -> None:
    opened = notebook(connected, f"{SHOW}Blotter()", "PortfolioView()", "CredentialPanel()")
    panels = [opened.panel(name) for name in ("blotter", "portfolio", "login")]
    expect(panels[1].locator(".jo-holdings .jo-row")).to_have_count(5)
    server.end_sessions()
    for panel in panels:
        expect(panel.locator(".jo-absent").first).to_contain_text("No answer from the kernel", timeout=40_000)
    expect(panels[1].locator(".jo-holdings .jo-row")).to_have_count(5)
