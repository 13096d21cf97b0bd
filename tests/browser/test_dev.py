from playwright.sync_api import expect


def test_dev(notebook, connected, page, sandbox):
    sandbox.client.submit(submitted_price="500")
    sandbox.client.submit(submitted_price="550", submitted_quantity="200")
    sandbox.client.submit("AAPL.US", submitted_price="150", submitted_quantity="20", time_in_force="GTC")
    sandbox.client.submit(
        "700.HK",
        order_type="LIT",
        trigger_price="500",
        submitted_price="500",
        submitted_quantity="200",
        time_in_force="GTC",
    )
    msgs = []
    page.on("console", lambda m: msgs.append(m.text))
    page.on("pageerror", lambda m: msgs.append("ERR " + str(m)))
    try:
        nb = notebook(
            connected,
            "from jupyter_openapi.widgets import OrderForm, Blotter\nOrderForm(symbol='700.HK')",
            "Blotter()",
        )
        form = nb.panel("order")
        expect(form).to_be_visible()
        form.get_by_label("Price", exact=True).fill("660.5")
        form.get_by_label("Quantity", exact=True).fill("100")
        form.get_by_role("button", name="Preview").click()
        page.wait_for_timeout(2500)
        page.screenshot(path="/tmp/w1.png")
        print(
            page.evaluate(
                "() => {const n=document.querySelector('.jo-sums'); const c=getComputedStyle(n); const d=getComputedStyle(n.querySelector('dt')); return [c.display,c.gridTemplateColumns,d.display,d.gridColumn,d.width, d.float, c.position, n.outerHTML.slice(0,200)]}"
            )
        )
        form.get_by_label("I mean it").check()
        form.get_by_role("button", name="Preview").click()
        expect(form.get_by_role("button", name="Send order")).to_be_enabled()
        page.screenshot(path="/tmp/w2.png")
        form.get_by_role("button", name="Send order").click()
        expect(form.get_by_text("FilledStatus", exact=True)).to_be_visible()
        page.screenshot(path="/tmp/w3.png")
        b = nb.panel("blotter")
        b.scroll_into_view_if_needed()
        page.screenshot(path="/tmp/w4.png")
        b.get_by_role("button", name="Cancel", exact=True).first.click()
        expect(b.get_by_role("button", name="Send cancellation")).to_be_visible()
        page.screenshot(path="/tmp/w5.png")
        b.get_by_role("button", name="Send cancellation").click()
        b.get_by_role("button", name="Replace", exact=True).first.click()
        page.wait_for_timeout(1500)
        b.locator(".jo-order-form").scroll_into_view_if_needed()
        page.screenshot(path="/tmp/w6.png")
    finally:
        page.screenshot(path="/tmp/w9.png")
        print("\n".join(msgs[-30:]))
