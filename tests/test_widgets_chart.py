"""The chart: its bars, averages, marks and lines, older bars, other periods, and its life."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from browser.fakes import FakeClient, FakeSession, until
from hypothesis import given, settings
from hypothesis import strategies as st
from support import soak
from support.page import Painting
from support.sandbox import SandboxProcess, start_sandbox
from support.streaming import client_of, links

import jupyter_openapi
from jupyter_openapi import Client, RequestRefused, TransportError
from jupyter_openapi.plots.figures import lengths_of
from jupyter_openapi.stream.events import Event
from jupyter_openapi.stream.subscriptions import CandleSubscription
from jupyter_openapi.widgets import Chart
from jupyter_openapi.widgets import chart_model as model_module
from jupyter_openapi.widgets import polling as events
from jupyter_openapi.widgets.chart_model import (
    Fill,
    bar_of,
    fill_of,
    lines,
    market_zone,
    marks,
    period_number,
    places_of,
    wall,
)
from jupyter_openapi.widgets.flow import Pace
from jupyter_openapi.widgets.panel import static

OPEN = "2026-11-23T10:30:00+08:00"
NEAR = Pace(gap=0.01, beat=0.05)
QUICK = Pace(gap=0.01, beat=0.05, leave=0.6)
STATIC = Path(jupyter_openapi.__file__).parent / "widgets" / "static"
LIBRARY = STATIC / "lightweight-charts"
ROOT = Path(__file__).parents[1]
HK = ZoneInfo("Asia/Hong_Kong")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with start_sandbox("--limits", "off", "--clock", "manual", "--start", OPEN, "--seed", "7") as running:
        yield running


@pytest.fixture
def client(sandbox: SandboxProcess) -> Iterator[Client]:
    with client_of(sandbox) as made:
        yield made
    assert until(lambda: not links(sandbox))


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_module, "PAUSE", 0.05)


class Page(Painting):
    """The page of a chart."""

    @property
    def bars(self) -> list[list[float]]:
        return sorted(bar for key, bar in self.state.items() if re.fullmatch(r"b\d+", key))

    def wait(self, note: str = "Live.") -> None:
        assert until(lambda: str(self.state.get("note")).startswith(note)), self.state.get("note")


def opened(client: Client, period: str = "1d", *, pace: Pace = NEAR, **more: Any) -> Page:
    page = Page(Chart("700.HK", period, session=FakeSession(client), pace=pace, **more))
    page.tell("hello")
    assert page.ping(lambda: page.state.get("note", "").startswith("Live.")), page.state.get("note")
    return page


def asked(client: Client, period: str, count: int = 500) -> list[list[float]]:
    """Return bars by REST, as the page should have them: times by the market's clock."""
    reply = client.call(
        "candlesticks",
        symbol="700.HK",
        period=period,
        count=count,
        adjust_type="none",
        trade_session="intraday",
    )
    found = []
    for row in reply.data["candlesticks"]:
        at = datetime.fromtimestamp(int(row["timestamp"]), HK).replace(tzinfo=UTC).timestamp()
        prices = [float(row[name]) for name in ("open", "high", "low", "close", "volume")]
        found.append([int(at), *prices])
    return found


# The bars


@pytest.mark.parametrize("period", ["1d", "1m", "week"])
def test_it_shows_the_bars_of_the_market_in_its_own_time(client: Client, period: str) -> None:
    page = opened(client, period)
    assert page.bars == asked(client, period)
    assert page.state["zone"] == "Asia/Hong_Kong"
    assert page.state["intraday"] is (period == "1m")
    if period == "1m":
        last = datetime.fromtimestamp(page.bars[-1][0], UTC)
        assert (last.hour, last.minute) in {(10, 29), (10, 30)}
    page.panel.close()


def test_it_moves_with_the_market_and_only_what_changed_goes(client: Client, sandbox: SandboxProcess) -> None:
    page = opened(client, "1m")
    count = len(page.bars)
    for _ in range(3):
        sandbox.client.post("/sandbox/clock", advance=60)
        wanted = asked(client, "1m", 2)
        assert until(lambda wanted=wanted: page.bars[-2:] == wanted), (page.bars[-2:], wanted)
    assert len(page.bars) == count + 3
    assert all(len(update["set"]) < 20 for update in page.updates[-3:])
    page.panel.close()


def test_it_moves_where_quotes_come_and_make_no_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox trades outside the exchange's hours, too, in which no bar is made of a push."""
    monkeypatch.setattr(model_module, "LATE", 0.1)
    late = ("--clock", "manual", "--start", "2026-11-23T22:00:00+08:00")
    with start_sandbox("--limits", "off", *late) as running, client_of(running) as client:
        page = opened(client, "1m")
        for _ in range(2):
            running.client.post("/sandbox/clock", advance=60)
            wanted = asked(client, "1m", 2)
            assert until(lambda wanted=wanted: page.bars[-2:] == wanted), (page.bars[-2:], wanted)
        page.tell("stop")
        assert until(lambda: not page.panel.model_state._late_bars.running)
        page.panel.close()


class Quoted(CandleSubscription):
    """Candles whose quotes have come and made no bar."""

    state = "live"

    def __init__(self) -> None:
        self.quote = Event("quote", {"symbol": "700.HK"}, received=4e9)

    def newest(self, symbol: str) -> Any:
        return SimpleNamespace(quotes={0: self.quote}, symbol=symbol)


class Lent(Client):
    """A client that is never asked."""

    throttled = 0

    def __init__(self) -> None:
        pass


def test_bars_and_orders_that_can_t_be_read_are_looked_for_again_after_growing_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outcomes = iter([TransportError("no answer")] * 6 + [None] + [TransportError("no answer")] * 2)

    def read(*_: Any, **__: Any) -> list[Any]:
        if failure := next(outcomes):
            raise failure
        return []

    monkeypatch.setattr(model_module, "PAUSE", 2.0)
    model = model_module.ChartModel(FakeSession(Lent()), lambda: None, "700.HK", own=True)
    model._candles = Quoted()
    monkeypatch.setattr(model_module, "read_rows", read)
    waits = [model._read_late_bars() for _ in range(6)]
    assert waits == [6, 12, 24, 48, 60, 60]  # what failed is still to be read
    assert model._read_late_bars() == model_module.LATE
    model._bars_read_at = 0.0
    assert [model._read_late_bars() for _ in range(2)] == [6, 12]

    def fail(_client: Client) -> None:
        raise TransportError("no answer")

    monkeypatch.setattr(model, "_read_fills", fail)
    monkeypatch.setattr(model_module.TRAFFIC, "clear", lambda *_: True)
    model.bars = {1: object()}
    found = []
    for _ in range(3):
        model._read_at = -100.0
        found.append(model._read_own())
    assert found == [4, 8, 16]
    assert "no answer" in model.problem


def test_earlier_bars_are_read_when_the_page_asks_for_them(client: Client) -> None:
    page = opened(client, "1d")
    first = page.bars[0][0]
    page.tell("older", first=first)
    assert until(lambda: len(page.bars) > 500)
    wanted = asked(client, "1d", 1000)
    assert page.bars == wanted[-len(page.bars) :]
    assert page.bars[0][0] < first
    for _ in range(20):
        if page.state["ended"]:
            break
        before = len(page.bars)
        page.tell("older", first=page.bars[0][0])
        assert until(lambda before=before: len(page.bars) > before or page.state["ended"])
    assert page.state["ended"]
    page.panel.close()


def test_earlier_bars_of_the_period_before_are_not_read(client: Client) -> None:
    page = opened(client, "1d")
    model = page.panel.model_state
    first = page.bars[0][0]
    page.tell("period", period="5m")
    assert until(lambda: page.state["period"] == "5m" and len(page.bars) == 500)
    work: list[object] = []
    model._work = work.append
    for other in (first, None, "", str(page.bars[0][0])):
        page.tell("older", first=other)
    assert work == []
    page.tell("older", first=page.bars[0][0])
    assert len(work) == 1
    page.panel.close()


def test_another_period_takes_the_place_of_the_first(client: Client, sandbox: SandboxProcess) -> None:
    page = opened(client, "1d")
    page.tell("period", period="5m")
    assert until(lambda: page.state["period"] == "5m" and len(page.bars) == 500)
    page.wait()
    assert page.bars == asked(client, "5m")
    assert len(links(sandbox)) == 1
    page.tell("period", period="tomorrow")
    assert until(lambda: "period" in page.state["error"])
    page.panel.close()


def test_a_period_that_the_page_does_not_offer_is_offered_too(client: Client) -> None:
    page = opened(client, "2h")
    assert page.state["periods"][0] == ("2h", "2h")
    page.panel.close()
    page = opened(client, "60m")
    assert page.state["period"] == "1h"
    page.panel.close()


def test_an_interruption_leaves_no_hole(client: Client, sandbox: SandboxProcess) -> None:
    page = opened(client, "1m")
    sandbox.client.post("/sandbox/sockets", drop="all")
    sandbox.client.post("/sandbox/clock", advance=600)
    wanted = asked(client, "1m", 12)
    assert until(lambda: page.bars[-12:] == wanted, 20)
    page.panel.close()


def test_stop_frees_what_it_follows_and_closed_pages_do_too(client: Client, sandbox: SandboxProcess) -> None:
    page = opened(client, "1m", fills=True, pace=QUICK)
    assert page.ping(lambda: len(links(sandbox)) == 2)
    page.tell("stop")
    assert until(lambda: not links(sandbox))
    assert until(lambda: page.state["note"].startswith("Stopped"))
    page.tell("start")
    assert page.ping(lambda: page.state["note"].startswith("Live."))
    page.open = False
    assert until(lambda: not links(sandbox))
    again = Page(page.panel, "page-2")
    again.tell("hello")
    assert again.ping(lambda: again.state.get("note", "").startswith("Live."))
    assert again.bars == asked(client, "1m", len(again.bars))
    again.panel.close()


def test_an_account_without_pushes_shows_history_all_the_same(client: Client, monkeypatch: Any) -> None:
    def refused(*_: Any, **__: Any) -> Any:
        raise RequestRefused("No live data for this account.")

    monkeypatch.setattr(client, "subscribe_candlesticks", refused)
    page = Page(Chart("700.HK", session=FakeSession(client), pace=NEAR))
    page.tell("hello")
    assert until(lambda: len(page.bars) == 500 and "No live data" in page.state["error"])
    assert page.state["note"] == "History; no live bars yet."
    page.panel.close()


# Own fills and orders


def test_own_fills_are_marked_and_open_orders_drawn(client: Client, sandbox: SandboxProcess) -> None:
    page = opened(client, "1m", fills=True)
    assert page.state["marks"] == page.state["lines"] == []
    order = sandbox.client.submit("700.HK", submitted_price="550", submitted_quantity="200")
    assert until(lambda: page.state["lines"] == [[True, 550.0, "Buy 200"]])
    sandbox.client.submit("700.HK", order_type="MO", submitted_price=None, submitted_quantity="100")
    assert until(lambda: len(page.state["marks"]) == 1)
    ((at, buy, price, text),) = page.state["marks"]
    (fill,) = client.call("today_executions", symbol="700.HK").data["trades"]
    assert (buy, price) == (True, float(fill["price"]))
    assert text == f"Bought 100 at {Decimal(fill['price']):f}"
    done = wall(int(fill["trade_done_at"]), HK)
    assert at == max(bar[0] for bar in page.bars if bar[0] <= done)
    assert page.state["note"].endswith("1 fill of the last year, 1 open order.")
    sandbox.client.post("/sandbox/clock", advance=120)  # the market goes on, the fill stays in its minute
    assert until(lambda: page.bars[-1][0] > done)
    assert page.state["marks"][0][0] == max(bar[0] for bar in page.bars if bar[0] <= done)
    client.call("cancel_order", order_id=str(order), execute=True)
    assert until(lambda: page.state["lines"] == [])
    events.publish(page.panel._session, "account")  # what was another account's is not shown
    page.wait()
    page.panel.close()


def test_privacy_shows_no_quantities() -> None:
    fills = [Fill(100, True, Decimal(5), Decimal(300), "1")]
    assert marks(fills, [90, 150], privacy=True) == [[90, True, 5.0, "Bought at 5"]]
    orders = [{"symbol": "A.US", "side": "Sell", "price": "7", "quantity": "10", "executed_quantity": "4"}]
    assert lines(orders, "A.US", privacy=True) == [[False, 7.0, "Sell"]]
    assert lines(orders, "A.US", privacy=False) == [[False, 7.0, "Sell 6"]]
    assert lines(orders, "B.US", privacy=False) == []
    market = {"symbol": "A.US", "side": "Buy", "price": "", "trigger_price": "", "quantity": "1"}
    assert lines([market, {**market, "trigger_price": "9"}], "A.US", privacy=False) == [[True, 9.0, "Buy 1"]]


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=40, unique=True), st.integers(-1000, 400_000))
def test_a_fill_is_on_the_bar_that_had_begun(times: list[int], at: int) -> None:
    times = sorted(times)
    found = marks([Fill(at, False, Decimal(1), Decimal(1), "x")], times, privacy=False)
    begun = [time for time in times if time <= at]
    if not begun:
        assert found == []
    elif begun[-1] != times[-1] or at - begun[-1] <= 86_400:
        assert found == [[begun[-1], False, 1.0, "Sold 1 at 1"]]
    else:
        assert len(found) <= 1


def test_rows_that_are_not_whole_are_no_bars_and_no_fills() -> None:
    whole = {"timestamp": "5", "open": "1", "high": "2", "low": "0.5", "close": "1.25", "volume": "7"}
    bar = bar_of(whole)
    assert bar is not None
    assert tuple(bar) == (5, 1.0, 2.0, 0.5, 1.25, 7.0)
    assert places_of([whole]) == 2
    assert places_of([{**whole, "low": "0.1234567"}]) == 6
    for name in whole:
        assert bar_of({**whole, name: ""}) is None
    assert fill_of({"price": "1"}) is None
    assert fill_of({"trade_done_at": "1"}) is None


@settings(max_examples=soak(1000), deadline=None)
@given(
    st.integers(1_000_000_000, 2_000_000_000), st.sampled_from(["700.HK", "AAPL.US", "600519.SH", "D05.SG"])
)
def test_times_are_those_of_the_market_s_clock(at: int, symbol: str) -> None:
    zone = market_zone(symbol)
    clock = datetime.fromtimestamp(at, zone)
    assert datetime.fromtimestamp(wall(at, zone), UTC).replace(tzinfo=None) == clock.replace(tzinfo=None)


# What is asked for


def test_lengths_of_averages() -> None:
    assert lengths_of("20,60") == lengths_of([20, 60, 20]) == (20, 60)
    assert lengths_of("") == lengths_of(()) == ()
    for wrong in ("1", "20,", "x", "501", "-5", "2.5"):
        with pytest.raises(RequestRefused, match="--ma 20,60"):
            lengths_of(wrong)
    with pytest.raises(RequestRefused, match="at most 6"):
        lengths_of(range(2, 9))


def test_what_is_wrong_is_refused_before_anything_is_made(client: Client, sandbox: SandboxProcess) -> None:
    session = FakeSession(client)
    with pytest.raises(RequestRefused, match=r"type 700\.HK"):
        Chart("00700.HK", session=session)
    with pytest.raises(RequestRefused, match="period"):
        Chart("700.HK", "7m", session=session)
    with pytest.raises(RequestRefused, match="--ma"):
        Chart("700.HK", ma="1", session=session)
    with pytest.raises(RequestRefused, match="Not connected"):
        Chart("700.HK", session=FakeSession())
    with pytest.raises(RequestRefused, match="no candles"):
        Chart("700.HK", session=FakeSession(FakeClient()))
    assert links(sandbox) == []
    assert period_number("day") == 1000


def test_nothing_of_what_it_shows_is_in_a_trait(client: Client) -> None:
    page = opened(client)
    state = {name: value for name, value in page.panel.get_state().items() if name not in {"_esm", "_css"}}
    text = json.dumps(state, default=repr)
    assert "700.HK" not in text
    assert str(page.bars[-1][4]) not in text
    assert "%openapi chart --picture 700.HK" in page.panel._repr_mimebundle_()[0]["text/plain"]
    page.panel.close()


# The scripts


def node(script: str, given: Any) -> Any:
    """Run JavaScript that makes `result` of `given`, with the scripts of the chart, outside any page."""
    program = shutil.which("node")
    assert program, "Node is needed: type make test, or apt-get install nodejs."
    source = "\n".join(static(name) for name in ("averages.js", "bars.js"))
    code = f"{source}\nconst given = JSON.parse(require('fs').readFileSync(0));\n{script}"
    code += "\nconsole.log(JSON.stringify(result));"
    done = subprocess.run(
        [program, "-e", code], input=json.dumps(given), capture_output=True, encoding="utf-8", check=True
    )
    return json.loads(done.stdout)


def test_averages_are_those_of_pandas() -> None:
    picked = np.random.default_rng(7)
    cases = [
        (length, [round(float(price), 3) for price in picked.uniform(0.01, 900, size)])
        for length in (2, 5, 20, 60, 500)
        for size in (0, 1, 4, 61, 700)
    ]
    found = node("const result = given.map(([length, values]) => averages(values, length));", cases)
    for (length, values), mine in zip(cases, found, strict=True):
        wanted = pd.Series(values, dtype="float64").rolling(length).mean()
        assert np.allclose(np.array(mine, dtype="float64"), wanted, rtol=1e-12, equal_nan=True)


def test_bars_stay_in_order_whichever_way_they_come() -> None:
    picked = np.random.default_rng(11)
    steps = []
    known: dict[int, list[int]] = {}
    for _ in range(200):
        start = int(picked.integers(0, 500))
        batch = [
            [start + n, 1, 2, 0, int(picked.integers(1, 9)), 5] for n in range(int(picked.integers(1, 80)))
        ]
        steps.append(batch)
    script = """
const bars = new Bars();
const result = given.map((batch) => {
  const added = bars.take(batch);
  const placed = bars.list.every((bar, place) => bars.at(bar[0]) === place);
  return [added, bars.list.map((bar) => [...bar]), placed];
});"""
    newest = -1
    for batch, (added, held, placed) in zip(steps, node(script, steps), strict=True):
        known.update({bar[0]: bar for bar in batch})
        assert held == [known[time] for time in sorted(known)]
        assert placed
        if added is not None:  # drawn one by one: nothing before the newest may be among them
            assert added[0][0] >= newest
            assert added == batch
        newest = max(known)


def test_the_library_is_the_published_one_and_its_notice_is_kept() -> None:
    name = "lightweight-charts.standalone.production.js"
    published = ROOT / "node_modules" / "lightweight-charts"
    kept = (LIBRARY / name).read_bytes()
    version = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"][
        "lightweight-charts"
    ]
    assert f"TradingView Lightweight Charts™ v{version}".encode() in kept[:200]
    assert published.exists(), "npm ci has not been run"
    assert hashlib.sha256(kept).digest() == hashlib.sha256((published / "dist" / name).read_bytes()).digest()
    assert (LIBRARY / "LICENSE").read_text(encoding="utf-8") == (published / "LICENSE").read_text(
        encoding="utf-8"
    )
    notice = (LIBRARY / "NOTICE").read_text(encoding="utf-8")
    assert version in notice
    assert "https://www.tradingview.com/" in notice
    assert "attributionLogo: true" in static("chart.js")


def test_the_library_fetches_nothing() -> None:
    text = (LIBRARY / "lightweight-charts.standalone.production.js").read_text(encoding="utf-8")
    banned = r"\bfetch\(|XMLHttpRequest|WebSocket|sendBeacon|importScripts|import\(|eval\(|new Function"
    assert re.findall(banned, text) == []
    hosts = set(re.findall(r"https?://([\w.]+)", text))
    assert hosts <= {"www.tradingview.com", "www.apache.org", "www.w3.org"}
