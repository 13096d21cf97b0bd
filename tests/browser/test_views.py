"""Views of frames in Chromium, in narrow and wide pages, light and dark: the columns a trader looks for.

No Jupyter server is needed: a page holds the HTML that a frame is shown by.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from support.sandbox import start_sandbox

from jupyter_openapi import Client, Credentials, portfolio
from jupyter_openapi.colors import colors
from jupyter_openapi.frames.view import picture_of, view_of
from jupyter_openapi.magic.display import as_html

if TYPE_CHECKING:
    import pandas as pd
    from playwright.sync_api import Browser, Page

WIDTHS = (600, 900, 1280)
KEYS = {
    "quote": ("Symbol", "Name", "Last", "Change", "Change %", "Volume", "Time"),
    "positions": ("Symbol", "Name", "Quantity", "Available", "Cost", "Currency"),
    "portfolio": ("Symbol", "Quantity", "Cost", "Last", "Value", "P&L", "P&L %", "Day", "Weight"),
    "balance": ("Currency", "Net assets", "Cash", "Buying power"),
    "orders": ("Time", "Symbol", "Side", "Quantity", "Filled", "Price", "Average", "Type", "Status"),
    "executions": ("Time", "Symbol", "Side", "Quantity", "Price"),
    "depth": ("Bid size", "Price", "Ask size"),
    "candles": ("Date", "Open", "High", "Low", "Close", "Volume"),
    "candles_of_several": ("Symbol", "Date", "Open", "High", "Low", "Close", "Volume"),
    "pivot": ("Date", "700.HK Close", "AAPL.US Close"),
    "cash_flow": ("Time", "What", "Amount", "Currency"),
    "journal": ("Number", "Time", "What", "Side", "Symbol", "Quantity", "Price", "Request", "Order"),
    "reconcile": ("Number", "What", "Verdict", "Order"),
    "endpoints": ("Name", "What it does"),
}
MORE = {"quote": ("Open", "High", "Low"), "pivot": ("700.HK Volume",)}  # where there is room
THEMES = {"light": ("true", "#ffffff", "#111111"), "dark": ("false", "#111111", "#eeeeee")}
PAGE = """<!doctype html><html><head><meta charset="utf-8"><style>body{{margin:8px;background:{};color:{};
font:13px -apple-system,"Segoe UI",Helvetica,Arial,sans-serif}}</style></head>
<body data-jp-theme-light="{}">{}</body></html>"""


@pytest.fixture(scope="module")
def frames() -> Iterator[dict[str, pd.DataFrame]]:
    """The frames of one sandbox, by the name of what they hold."""
    with start_sandbox("--limits", "off", "--seed", "7") as sandbox:
        keys = sandbox.credentials
        credentials = Credentials(keys.app_key, keys.app_secret, keys.access_token)
        with Client(credentials, "sandbox", sandbox.url, limits=False) as client:
            order = {"symbol": "700.HK", "side": "Buy", "submitted_quantity": "100", "time_in_force": "Day"}
            client.call("submit_order", **order, order_type="LO", submitted_price="500", execute=True)
            client.call("submit_order", **order, order_type="MO", execute=True)
            yield {
                "quote": client.call("quote", symbol=["700.HK", "AAPL.US", "9988.HK"]).frame(),
                "positions": client.call("stock_positions").frame(),
                "portfolio": portfolio.value(client),
                "balance": client.call("account_balance").frame(),
                "orders": client.call("today_orders").frame(),
                "executions": client.call("today_executions").frame(),
                "depth": client.call("depth", symbol="700.HK").frame(),
                "candles": client.call("candlesticks", symbol="700.HK", period="day", count=20).frame(),
                "candles_of_several": client.candles(["700.HK", "AAPL.US"], count=5),
                "pivot": client.candles(["700.HK", "AAPL.US"], count=5, pivot=True),
                "cash_flow": client.call("cash_flow", start_time="-30d", end_time="today").frame(),
                **of_commands(),
            }


def of_commands() -> dict[str, pd.DataFrame]:
    """The frames of commands that show no reply of the broker."""
    import pandas as pd

    from jupyter_openapi.frames import describe, seal

    how = "it may still be on its way: type `%openapi reconcile` again in 97 s"
    rows = {
        "journal": {
            "id": 12, "created": pd.Timestamp("2026-09-21 03:04:05", tz="UTC"), "kind": "submit",
            "side": "Buy", "symbol": "700.HK", "quantity": "100", "price": "600.00", "state": "answered",
            "order_id": "179588660785431357", "took_effect": True, "message": None, "mode": "sandbox",
            "digits": "0363", "client_request_id": "jo-1",
        },
        "reconcile": {
            "intent": 12, "what": "submit_order Buy 100 700.HK 600.00", "verdict": "unknown", "how": how,
            "order_id": None, "candidates": "",
        },
        "endpoints": {
            "name": "fundamental_us_etf_dividend_info", "aliases": "", "effect": "read", "method": "GET",
            "path": "/v1/quote/us-etf-dividend-info", "summary": "Dividends of an ETF (US data centre)",
        },
    }  # fmt: skip
    return {name: seal(describe(pd.DataFrame([row]), operation=name)) for name, row in rows.items()}


def html_of(frame: pd.DataFrame) -> str:
    view = view_of(frame)
    assert view is not None
    return str(as_html(picture_of(frame, view)))


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    yield opened
    opened.close()


def opened(page: Page, frames: dict[str, pd.DataFrame], theme: str) -> None:
    """Show every frame in one page, each in a box of its name."""
    light, back, ink = THEMES[theme]
    boxes = "".join(f'<div id="{name}">{html_of(frame)}</div>' for name, frame in frames.items())
    page.set_content(PAGE.format(back, ink, light, boxes))


SEEN = """(name) => {
  const view = document.querySelector(`#${name} .jo-view`);
  const heads = [...view.querySelector("table").querySelectorAll("th")].filter((th) => th.offsetWidth > 0);
  const text = view.querySelector("table + p");
  const tight = text.querySelector(".jo-tight");
  const said = tight ? getComputedStyle(tight, "::before").content : "none";
  return {
    titles: heads.map((th) => th.textContent),
    right: Math.max(...heads.map((th) => th.getBoundingClientRect().right)),
    said: said === "none" || said === "normal" ? text.innerText : `${said} ${text.innerText}`,
    page: document.documentElement.scrollWidth,
  };
}"""


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_columns_a_trader_looks_for(
    page: Page, frames: dict[str, pd.DataFrame], width: int, theme: str
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    opened(page, frames, theme)
    for name, titles in KEYS.items():
        seen: dict[str, Any] = page.evaluate(SEEN, name)
        shown = [title for title in seen["titles"] if title in titles]
        assert shown == list(titles), (name, seen)
        assert seen["right"] <= width, (name, seen)
        assert seen["page"] <= width, name
        for title in MORE.get(name, ()):
            assert (title in seen["titles"]) == (width >= 900), (name, seen)
    quote = page.evaluate(SEEN, "quote")
    left = frames["quote"].shape[1] - len(quote["titles"])
    assert f"+{left} columns: `--wide`" in quote["said"]


@pytest.mark.parametrize("theme", THEMES)
def test_gains_and_losses_have_the_pair_of_colours_of_the_theme(
    page: Page, frames: dict[str, pd.DataFrame], theme: str
) -> None:
    opened(page, frames, theme)
    for selector, shade in ((".jo-up", colors().up), (".jo-down", colors().down)):
        wanted = shade.light if theme == "light" else shade.dark
        red, green, blue = (int(wanted[at : at + 2], 16) for at in (1, 3, 5))
        found = page.eval_on_selector_all(
            selector, "(nodes) => [...new Set(nodes.map((node) => getComputedStyle(node).color))]"
        )
        assert found == [f"rgb({red}, {green}, {blue})"]
