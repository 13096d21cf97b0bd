from playwright.sync_api import expect
def test_dev(notebook, connected, page):
    msgs=[]
    page.on("console", lambda m: msgs.append(m.text)); page.on("pageerror", lambda m: msgs.append("ERR "+str(m)))
    try:
        nb = notebook(connected, "from jupyter_openapi.widgets import OrderForm, CredentialPanel\nOrderForm(symbol='700.HK')", "CredentialPanel()")
        form = nb.panel("order")
        expect(form).to_be_visible()
        form.get_by_label("Price", exact=True).fill("600.1")
        form.get_by_label("Quantity", exact=True).fill("100")
        page.wait_for_timeout(2500)
        page.screenshot(path="/tmp/w1.png")
        form.get_by_label("Price", exact=True).fill("600.5")
        form.get_by_role("button", name="Preview").click()
        expect(form.get_by_role("button", name="Send order")).to_be_enabled()
        page.screenshot(path="/tmp/w2.png")
        form.get_by_role("button", name="Send order").click()
        expect(form.get_by_text("FilledStatus", exact=True)).to_be_visible()
        page.screenshot(path="/tmp/w3.png")
        nb.execute("apputils:change-theme", {"theme": "JupyterLab Dark"})
        page.wait_for_timeout(1500)
        p=nb.panel("login"); p.get_by_role("button", name="Connect").click()
        page.wait_for_timeout(2500)
        page.screenshot(path="/tmp/w4.png")
    finally:
        page.screenshot(path="/tmp/w9.png")
        print("\n".join(msgs[-30:]))
