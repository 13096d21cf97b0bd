"""Text the server controls never runs, wherever it is shown; and it can be read in both themes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from browser.driver import OrderForm

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from browser.driver import Notebook

PAYLOAD = "<img src=x onerror=\"window.__ran='yes'\">"
BROKER = f"""
from browser.fakes import FakeClient, FakeSession
from jupyter_openapi.errors import ApiError
from jupyter_openapi.widgets import Blotter, CredentialPanel, OrderForm
MARK = {PAYLOAD!r}
client = FakeClient(mark=MARK)
client.order(status='PartialFilledStatus' + MARK)
client.order(order_id='123' + MARK)
session = FakeSession(client)
"""
LOGIN = """
panel = CredentialPanel(session=session)
login = panel.login
login.report = [('Kind' + MARK, 'lb' + MARK, 'good')]
login.notes, login.profiles = ['seen' + MARK], ['main' + MARK]
login.error, login.note = 'failed' + MARK, 'Connected' + MARK
panel
"""
OUTPUTS = """
from jupyter_openapi.frames import to_frame
print(client.call('submit_order', override=[], symbol='700.HK', side='Buy', submitted_quantity='1'))
get_ipython().showtraceback((ApiError, ApiError('refused' + MARK, code=1), None))
to_frame({'orders': [{'remark' + MARK: 'mine' + MARK}]})
"""
# The contrast of every text with what is behind it, as WCAG counts it; the lowest, with the text.
CONTRAST = """(root) => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const part = (v) => ((v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const color = rgba(getComputedStyle(node).backgroundColor);
      if (color[3] > 250) return color;
    }
    return [255, 255, 255, 255];
  };
  let worst = [99, ""];
  for (const node of root.querySelectorAll("*")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    const off = node.closest('[aria-disabled="true"], :disabled');
    if (!own || off || node.offsetParent === null || node.tagName === "OPTION") continue;
    const [a, b] = [light(rgba(getComputedStyle(node).color)), light(behind(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst[0]) worst = [ratio, node.textContent];
  }
  return worst;
}"""


def test_text_from_the_server_is_shown_and_never_runs(notebook: Callable[..., Notebook], page: Page) -> None:
    opened = notebook(
        BROKER, "OrderForm(session=session)", LOGIN, "blotter = Blotter(session=session)\nblotter", OUTPUTS
    )
    form = OrderForm(opened.panel("order"))
    form.fill("99999.HK", "600", "100")
    expect(form.panel.locator(".jo-security")).to_contain_text(f"A name{PAYLOAD}")
    form.preview()
    expect(form.line("order")).to_contain_text(PAYLOAD)
    form.button("Send order").click()
    form.status("NewStatus")
    expect(form.panel.locator(".jo-order-words")).to_contain_text(f"taken{PAYLOAD}")
    form.button("Cancel").click()
    expect(form.line("as it stands")).to_contain_text(PAYLOAD)
    login = opened.panel("login")
    expect(login.get_by_role("alert")).to_contain_text(f"failed{PAYLOAD}")
    expect(login.locator(".jo-report")).to_contain_text(f"lb{PAYLOAD}")
    blotter = opened.panel("blotter")
    blotter.get_by_label("Status").select_option("All of today")
    expect(blotter.locator(".jo-row")).to_have_count(3)
    blotter.get_by_role("button", name="Cancel all", exact=True).click()
    expect(blotter.locator('dd[data-about="cancel"]').first).to_be_visible()
    blotter.get_by_role("button", name="Cancel", exact=True).first.click()
    expect(blotter.locator('dd[data-about="as it stands"]').first).to_contain_text(PAYLOAD)
    expect(page.locator(".jp-OutputArea table.dataframe")).to_contain_text(PAYLOAD)
    expect(page.get_by_text("ApiError: refused")).to_be_visible()
    assert page.evaluate("() => window.__ran") is None
    assert page.locator(".jp-OutputArea img, .jo-panel img").count() == 0
    # The payload is a live one: put in as HTML it does run.
    page.evaluate("(text) => { document.createElement('div').innerHTML = text; }", PAYLOAD)
    page.wait_for_function("() => window.__ran === 'yes'")


def test_every_text_can_be_read_in_both_themes(notebook: Callable[..., Notebook], connected: str) -> None:
    show = "from jupyter_openapi.widgets import *\nfrom IPython.display import display\n"
    opened = notebook(connected, f"{show}display(OrderForm(), CredentialPanel())", "Blotter()")
    form, login = OrderForm(opened.panel("order")), opened.panel("login")
    form.fill("700.HK", "700", "150", side="Sell")
    form.button("Preview").click()
    expect(form.panel.get_by_role("alert")).to_be_visible()
    login.get_by_role("button", name="Connect", exact=True).click()
    expect(login.locator(".jo-report")).to_be_visible()
    form.field("Price").fill("605")
    form.field("Quantity").fill("100")
    form.preview()
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        opened.execute("apputils:change-theme", {"theme": theme})
        opened.page.wait_for_function("(name) => document.body.dataset.jpThemeName === name", arg=theme)
        for panel in (form.panel, login, opened.panel("blotter")):
            ratio, text = panel.evaluate(CONTRAST)
            assert ratio >= 4.5, f"{text!r} has a contrast of {ratio:.2f} in {theme}"
