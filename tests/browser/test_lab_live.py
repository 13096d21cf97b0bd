"""The watch table and the chart in JupyterLab: they move, while a cell runs too, and leave nothing behind."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from playwright.sync_api import expect
from support import SOAK
from support.streaming import links, until

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Locator, Page
    from support.sandbox import SandboxProcess

    from browser.driver import Notebook

LEAVE = 60 if SOAK else 8  # on a busy machine a page says less often that it is there
AWAY = 60 if SOAK else 12  # seconds a tab is closed
WATCH = f"""
from jupyter_openapi.widgets import Chart, Watch
from jupyter_openapi.widgets.flow import Pace
table = Watch(["700.HK", "AAPL.US"], pace=Pace(leave={LEAVE}))
table
"""
CHART = f'chart = Chart("700.HK", "1m", ma=[5, 20], fills=True, pace=Pace(leave={LEAVE}))\nchart'
# Runs code in the notebook's kernel as a cell does, and gives the values of expressions.
EXECUTE = """async ([code, expressions, wait]) => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const asked = kernel.requestExecute({ code, user_expressions: expressions, store_history: false });
  if (!wait) return null;
  const { content } = await asked.done;
  return Object.values(content.user_expressions).map((one) => one.data["text/plain"]);
}"""
# Counts nodes that were put in the place of others below a table's body.
OBSERVE = """(table) => {
  window.__made = 0;
  window.__set = 0;
  const seen = (records) => {
    for (const record of records) {
      if (record.type === "childList") window.__made += record.addedNodes.length;
      else window.__set += 1;
    }
  };
  const watched = { childList: true, characterData: true, subtree: true };
  new MutationObserver(seen).observe(table, watched);
}"""
# Notes in a page that is opened when each panel appears in it, and when it shows values of now.
REOPENED = """
window.__opened = { watch: {}, chart: {} };
const look = () => {
  for (const [name, seen] of Object.entries(window.__opened)) {
    const panel = document.querySelector(`.jo-${name}`);
    if (!panel) continue;
    seen.shown ??= performance.now();
    const live = panel.querySelector(".jo-status").textContent.startsWith("Live.");
    const value = panel.querySelector(name === "watch" ? 'td[data-label="Time"]' : ".jo-when")?.textContent;
    if (live && value && value !== BEFORE[name]) seen.current ??= performance.now();
  }
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
FIVE_PAGES = """(canvas) => {
  const pressed = { key: "PageUp", bubbles: true };
  for (let i = 0; i < 5; i++) canvas.dispatchEvent(new KeyboardEvent("keydown", pressed));
}"""
BUSY = """
import time
ends = time.monotonic() + 6
while time.monotonic() < ends:
    sum(range(1000))
"""


def execute(page: Page, code: str, *expressions: str, wait: bool = True) -> list[str]:
    """Run code in the kernel; return the values of expressions as text."""
    asked = {str(place): one for place, one in enumerate(expressions)}
    found: list[str] = page.evaluate(EXECUTE, [code, asked, wait])
    return found


def moves(panel: Locator, where: str) -> None:
    """Wait until a text of the panel is another one."""
    node = panel.locator(where).first
    expect(node).not_to_have_text("")
    expect(node).not_to_have_text(node.inner_text(), timeout=60_000)


@pytest.mark.timeout(300)
def test_the_table_and_the_chart_move_and_leave_nothing_behind(
    notebook: Callable[..., Notebook], connected: str, page: Page, sandbox: SandboxProcess
) -> None:
    opened = notebook(connected, WATCH, CHART)
    table, chart = opened.panel("watch"), opened.panel("chart")
    table_moves_in_place(table, page)
    it_moves_while_a_cell_runs(table, page)
    chart_shows_bars_that_move(chart, page, sandbox)
    own_orders_are_on_the_chart(chart, sandbox)
    earlier_bars_come_when_it_is_moved(chart, page)
    nothing_is_saved(opened, table)
    a_closed_tab_is_left_alone(opened, page, sandbox)
    stop_frees_everything(table, chart, sandbox)


def table_moves_in_place(table: Locator, page: Page) -> None:
    rows = table.locator(".jo-watch-table .jo-row")
    expect(rows).to_have_count(2)
    expect(table.get_by_text("Live.", exact=True)).to_be_visible()
    expect(rows.first).to_contain_text("700.HK")
    expect(rows.first.locator('td[data-label="Change"]')).to_have_text(re.compile(r"^[+\u2212]?\d"))
    expect(rows.first.locator('td[data-label="Time"]')).to_have_text(re.compile(r" HKT$"))
    # The chart beside it brings the panels' common styles once more: they must not win over the table's own.
    tops = rows.first.locator(".jo-text").evaluate_all(
        "(nodes) => nodes.map((node) => node.getBoundingClientRect().top)"
    )
    assert len(set(tops)) == 1, tops
    table.locator("tbody").evaluate(OBSERVE)
    for _ in range(2):
        moves(table, 'td[data-label="Time"]')
    made, done = page.evaluate("() => [window.__made, window.__set]")
    assert made == 0, "text nodes are set, not replaced"
    assert done >= 2


def it_moves_while_a_cell_runs(table: Locator, page: Page) -> None:
    execute(page, BUSY, wait=False)
    page.wait_for_timeout(300)  # the cell has begun
    times = table.locator('td[data-label="Time"]')
    before = times.all_inner_texts()
    until(lambda: times.all_inner_texts() != before, 5)
    busy, numbers = execute(page, "", "time.monotonic() < ends", "table._pump._flow.number")
    assert busy == "False"  # it ended only now
    assert int(numbers) > 3
    expect(table.locator(".jo-absent")).to_be_hidden()


def chart_shows_bars_that_move(chart: Locator, page: Page, sandbox: SandboxProcess) -> None:
    expect(chart).to_have_attribute("data-bars", re.compile(r"^50\d$"))
    expect(chart.locator("canvas").first).to_be_visible()
    expect(chart.locator("#tv-attr-logo")).to_be_visible()
    expect(chart.get_by_text(re.compile(r"^Live\."))).to_be_visible()
    page.mouse.move(1, 1)  # where the pointer happens to be on a bar, it is that bar's values that are shown
    moves(chart, ".jo-values >> text=Volume")
    expect(chart.locator(".jo-when")).to_have_text(re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d Asia/Hong_Kong$"))
    # The crosshair says the values of the bar it is on.
    last = chart.locator(".jo-when").inner_text()
    box = chart.locator(".jo-canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)
    expect(chart.locator(".jo-when")).not_to_have_text(last)
    averages_are_right(chart, page)
    page.mouse.move(0, 0)


def averages_are_right(chart: Locator, page: Page) -> None:
    """Compare the averages beside a bar with those of pandas, of the same bars."""
    said = chart.locator(".jo-values").inner_text()
    when = re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d", said)
    assert when is not None
    moment = int(pd.Timestamp(when[0], tz="UTC").timestamp())
    bars = execute(page, "", "[bar[:5:4] for key, bar in chart.state().items() if key[1:].isdigit()]")
    closes = pd.Series(dict(json.loads(bars[0]))).sort_index()
    closes = closes[closes.index <= moment]
    assert len(closes) > 400
    for length in (5, 20):
        shown = re.search(rf"MA{length}\s+([\d.,]+)", said)
        assert shown is not None, said
        assert float(shown[1].replace(",", "")) == round(float(closes.tail(length).mean()), 3)


def own_orders_are_on_the_chart(chart: Locator, sandbox: SandboxProcess) -> None:
    sandbox.client.submit("700.HK", submitted_price="550", submitted_quantity="100")
    sandbox.client.submit("700.HK", order_type="MO", submitted_price=None, submitted_quantity="100")
    expect(chart.get_by_text("1 fill of the last year, 1 open order")).to_be_visible()


def earlier_bars_come_when_it_is_moved(chart: Locator, page: Page) -> None:
    count = int(str(chart.get_attribute("data-bars")))
    chart.locator(".jo-canvas").focus()
    page.keyboard.press("PageUp")
    # Keys that come faster than frames, as a busy machine has them: each of them counts.
    chart.locator(".jo-canvas").evaluate(FIVE_PAGES)
    until(lambda: int(str(chart.get_attribute("data-bars"))) >= count + 400, 60)
    chart.get_by_label("Period").select_option("1d")
    expect(chart.locator(".jo-when")).to_have_text(re.compile(r"^\d{4}-\d\d-\d\d$"))
    expect(chart).to_have_attribute("data-bars", re.compile(r"^50\d$"))


def nothing_is_saved(opened: Notebook, table: Locator) -> None:
    volume = table.locator('td[data-label="Volume"]').first.inner_text()
    saved = opened.save()
    assert "jo-watch" in saved  # the scripts of the panels are there, for this server saves widgets
    for text in (volume, "HKT", '"following\\":', "its own keys)"):
        assert text not in saved, text
    assert re.findall(r'"b\d{10}\\*":', saved) == []  # the key of a bar


def a_closed_tab_is_left_alone(opened: Notebook, page: Page, sandbox: SandboxProcess) -> None:
    before = json.loads(execute(page, "", "[table._pump._flow.number, chart._pump._flow.number]")[0])
    texts = {"watch": opened.panel("watch").locator('td[data-label="Time"]').first.inner_text(), "chart": ""}
    url = page.url
    page.goto("about:blank")
    until(lambda: not links(sandbox), LEAVE + 20)
    page.wait_for_timeout(1000 * max(0, AWAY - LEAVE))
    page.add_init_script(f"const BEFORE = {json.dumps(texts)};{REOPENED}")
    page.goto(url)
    table = opened.panel("watch")
    expect(table.locator(".jo-watch-table .jo-row")).to_have_count(2, timeout=60_000)
    expect(table.get_by_text("Live.", exact=True)).to_be_visible()
    moves(table, 'td[data-label="Time"]')
    page.wait_for_function("() => Object.values(window.__opened).every((seen) => seen.current)")
    for name, seen in page.evaluate("() => window.__opened").items():
        late = (seen["current"] - seen["shown"]) / 1000
        print(f"{name} opened again: shown after {seen['shown'] / 1000:.2f} s, current {late:.2f} s later")
    after = json.loads(execute(page, "", "[table._pump._flow.number, chart._pump._flow.number]")[0])
    sent = [one - earlier for earlier, one in zip(before, after, strict=True)]
    print(f"messages of the table and the chart with the tab closed for {AWAY} s and opened again: {sent}")
    assert max(sent) <= 50


def stop_frees_everything(table: Locator, chart: Locator, sandbox: SandboxProcess) -> None:
    for panel in (table, chart):
        panel.get_by_role("button", name="Stop", exact=True).click()
        expect(panel.get_by_text(re.compile(r"^Stopped"))).to_be_visible()
        expect(panel.get_by_role("button", name="Start", exact=True)).to_be_visible()
    until(lambda: sandbox.client.get("/sandbox/status")["links"] == [])


MINUTES = float(os.environ.get("SOAK_MINUTES", "10"))
LIVELY = """
import threading, time
from jupyter_openapi.market.symbols import SECURITIES
from jupyter_openapi.stream import Event
from jupyter_openapi.widgets import Chart, Watch
class Lively(Watch):
    # Three rows change with every look at them.
    turn = 0
    def state(self):
        found = super().state()
        self.turn += 1
        for row in (self.turn * 3 % 40, self.turn * 5 % 40, self.turn * 7 % 40):
            for column in (1, 2, 3, 4, 5, 8, 9):
                _text, tone, sub = found[f"{row}.{column}"]
                found[f"{row}.{column}"] = [f"{100 + self.turn % 7 + column:.2f}", tone, sub]
        return found
def keep(step):
    # 20 times a second: more than is ever shown.
    for number in range(10**9):
        step(number)
        time.sleep(0.05)
def step(number):
    bars = chart.model_state.bars
    if bars:
        last = bars[max(bars)]
        close = str(round(last.close * (1.0005 if number % 2 else 1 / 1.0005), 2))
        row = {"timestamp": last.at, "open": str(last.open), "high": str(last.high), "low": str(last.low)}
        row |= {"close": close, "volume": number}
        chart.model_state._take(Event("candlestick", row, time.time()))
panels = []
"""
TABLE = """
table = Lively(list(SECURITIES)[:40])
panels.append(table)
threading.Thread(target=lambda: keep(lambda _number: table.touch()), daemon=True).start()
table
"""
CANDLES = """
chart = Chart("700.HK", "1m", ma=[5, 20])
panels.append(chart)
threading.Thread(target=lambda: keep(step), daemon=True).start()
chart
"""
SHOWN = {"table": [TABLE], "chart": [CANDLES], "both": [TABLE, CANDLES]}
# As many bars by plotly's own widget, the last of them changed ten times a second.
PEER = """
import threading, time
import plotly.graph_objects as go
figure = go.FigureWidget(go.Candlestick(
    x=[1000 + number for number in range(500)],
    open=[100 + number % 7 for number in range(500)], close=[100 + number % 5 for number in range(500)],
    high=[108 + number % 3 for number in range(500)], low=[98 - number % 3 for number in range(500)],
))
close, sent = list(figure.data[0].close), 0
def change():
    global sent
    for sent in range(10**9):
        figure.data[0].close = [*close[:-1], 100 + sent % 7]
        time.sleep(0.1)
threading.Thread(target=change, daemon=True).start()
figure
"""


def measured(session: CDPSession) -> dict[str, Any]:
    """Return the page's heap in MB after a collection, its nodes, the seconds its thread worked, and when."""
    session.send("HeapProfiler.collectGarbage")
    found = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return {
        "heap": found["JSHeapUsedSize"] / 1e6,
        "nodes": found["Nodes"],
        "work": found["TaskDuration"],
        "at": found["Timestamp"],
    }


if SOAK:

    @pytest.mark.timeout(1800)
    @pytest.mark.parametrize("shown", SHOWN)
    def test_ten_a_second_leave_the_page_as_it_was(
        notebook: Callable[..., Notebook], connected: str, page: Page, shown: str
    ) -> None:
        """Ten minutes of both; a minute of each alone, for what it costs."""
        opened = notebook(connected, LIVELY, *SHOWN[shown])
        if shown != "chart":
            expect(opened.panel("watch").locator(".jo-row")).to_have_count(40)
        if shown != "table":
            expect(opened.panel("chart")).to_have_attribute("data-bars", re.compile(r"^50\d$"))
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        session.send("HeapProfiler.enable")
        page.wait_for_timeout(60_000 if shown == "both" else 20_000)  # everything has been drawn many times
        numbers = "[panel._pump._flow.number for panel in panels]"
        found = []
        for minute in range(round(MINUTES) + 1 if shown == "both" else 2):
            page.wait_for_timeout(60_000 if minute else 0)
            sent = json.loads(execute(page, "", numbers)[0])
            found.append(measured(session) | {"sent": sent})
            print(f"{shown}, minute {minute + 1}: {found[-1]}")
        first, last = found[0], found[-1]
        seconds = last["at"] - first["at"]
        rates = [
            (after - before) / seconds for before, after in zip(first["sent"], last["sent"], strict=True)
        ]
        share = (last["work"] - first["work"]) / seconds
        print(f"{shown}: updates a second {rates}, share of a core {share:.3f}")
        assert all(rate <= 10.2 for rate in rates)
        assert last["heap"] <= first["heap"] * 1.1 + 2
        assert last["nodes"] <= first["nodes"] * 1.02 + 50
        for button in page.get_by_role("button", name="Stop", exact=True).all():
            button.click()

    def test_what_a_chart_of_plotly_costs_the_page(notebook: Callable[..., Notebook], page: Page) -> None:
        """The figure that the shares of a core above are to be read beside, on the machine at hand."""
        notebook(PEER)
        page.locator(".js-plotly-plot .cartesianlayer").first.wait_for()
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        session.send("HeapProfiler.enable")
        page.wait_for_timeout(20_000)
        found = []
        for wait in (0, 60_000):
            page.wait_for_timeout(wait)
            found.append(measured(session) | {"sent": json.loads(execute(page, "", "sent")[0])})
        first, last = found
        seconds = last["at"] - first["at"]
        rate, share = (last["sent"] - first["sent"]) / seconds, (last["work"] - first["work"]) / seconds
        print(f"plotly: updates a second {rate}, share of a core {share:.3f}")
        assert rate > 0
