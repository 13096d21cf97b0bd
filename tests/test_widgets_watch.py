"""The watch table: its rows, its life, and what it never says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from browser.fakes import FakeClient, FakeSession, until
from support.page import Painting
from support.sandbox import SandboxProcess, start_sandbox
from support.streaming import client_of, links

from jupyter_openapi import Client, RequestRefused
from jupyter_openapi.stream import Event
from jupyter_openapi.stream.subscriptions import Newest
from jupyter_openapi.widgets import Watch
from jupyter_openapi.widgets import polling as events
from jupyter_openapi.widgets.flow import Pace
from jupyter_openapi.widgets.watch_rows import NONE, columns, price, row

OPEN = "2026-11-23T10:30:00+08:00"
QUICK = Pace(gap=0.01, beat=0.05, leave=0.6)
NEAR = Pace(gap=0.01, beat=0.05)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with start_sandbox("--limits", "off", "--clock", "manual", "--start", OPEN, "--seed", "7") as running:
        yield running


@pytest.fixture
def client(sandbox: SandboxProcess) -> Iterator[Client]:
    with client_of(sandbox) as made:
        yield made
    assert until(lambda: not links(sandbox))


class Page(Painting):
    """The page of a table."""

    def cell(self, place: int, title: str) -> list[str]:
        names = [name for name, _end in self.state["columns"]]
        return self.state[f"{place}.{names.index(title)}"]

    def wait(self, place: int, title: str, text: str) -> None:
        assert until(lambda: self.state.get("columns") and self.cell(place, title)[0] == text), self.state


def opened(client: Client, *symbols: str, pace: Pace = NEAR) -> Page:
    page = Page(Watch(symbols, session=FakeSession(client), pace=pace))
    page.tell("hello")
    return page


def event(kind: str = "quote", **fields: Any) -> Event:
    base = {"symbol": "700.HK", "last_done": "", "timestamp": 0, "volume": 0, "trade_session": 0}
    return Event(kind, {**base, **fields}, 0.0)


def shown(newest: Newest, now: datetime | None = None) -> dict[str, tuple[str, str, str]]:
    names = [title for title, _end in columns()]
    return dict(zip(names, (tuple(cell) for cell in row("700.HK", newest, now)), strict=True))


def test_a_row_says_what_the_quote_and_the_book_say() -> None:
    at = datetime(2026, 11, 23, 2, 30, 5, tzinfo=UTC)
    quote = event(last_done="512.5", high="515", low="509.8", volume=1234567, timestamp=int(at.timestamp()))
    book = event("depth", bid=[{"price": "512", "volume": 300}], ask=[{"price": "512.6", "volume": 1200}])
    cells = shown(Newest({0: quote}, book, "500"), at)
    assert cells["Last"] == ("512.50", "up", "")
    assert cells["Change"] == ("+12.50", "up", "")
    assert cells["Change %"] == ("+2.50%", "up", "")
    assert cells["Bid"] == ("512.00", "", "300")
    assert cells["Ask"] == ("512.60", "", "1,200")
    assert (cells["High"][0], cells["Low"][0], cells["Volume"][0]) == ("515.00", "509.80", "1,234,567")
    assert cells["Time"][0] == "10:30:05 HKT"


@pytest.mark.parametrize(
    ("last", "before", "change", "percent", "tone"),
    [
        ("99", "100", "\u22121.00", "\u22121.00%", "down"),
        ("100", "100", "0.00", "0.00%", ""),
        ("0.255", "0.25", "+0.005", "+2.00%", "up"),
        ("100", "", NONE, NONE, ""),
        ("", "100", NONE, NONE, ""),
    ],
)
def test_a_change_has_a_sign_and_a_colour(
    last: str, before: str, change: str, percent: str, tone: str
) -> None:
    cells = shown(Newest({0: event(last_done=last)}, None, before))
    assert cells["Change"] == (change, tone, "")
    assert cells["Change %"] == (percent, tone, "")


def test_what_is_not_known_is_a_dash_and_another_day_is_said() -> None:
    assert {cell[0] for name, cell in shown(Newest({}, None, "")).items() if name != "Symbol"} == {NONE}
    empty = event("depth", bid=[], ask=[{"price": "", "volume": 0}])
    at = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
    cells = shown(Newest({0: event(timestamp=1795663800)}, empty, ""), at)
    assert cells["Bid"][0] == cells["Ask"][0] == NONE
    assert cells["Time"][0] == "11-26 11:30:00 HKT"


def test_outside_regular_hours_the_newest_session_counts_against_the_regular_close() -> None:
    regular = event(last_done="200", timestamp=100, volume=5)
    late = event(last_done="210", timestamp=200, volume=1, trade_session=2)
    cells = shown(Newest({0: regular, 2: late}, None, "190"))
    assert cells["Symbol"] == ("700.HK", "", "post-market")
    assert cells["Last"][0] == "210.00"
    assert cells["Change"][0] == "+10.00"
    assert (
        shown(Newest({0: regular, 2: event(last_done="9", trade_session=2)}, None, "190"))["Last"][0]
        == "200.00"
    )


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("600", "600.00"),
        ("0.2550", "0.255"),
        ("-3.5", "\u22123.50"),
        ("1e3", "1,000.00"),
        ("nan", NONE),
        ("x", NONE),
    ],
)
def test_a_price_keeps_the_decimals_it_has(text: str, wanted: str) -> None:
    assert price(text) == wanted


def test_it_shows_what_the_market_says_and_moves_with_it(client: Client, sandbox: SandboxProcess) -> None:
    page = opened(client, "700.HK", "AAPL.US")
    last = client.call("quote", symbol=["700.HK"]).data["secu_quote"][0]["last_done"]
    page.wait(0, "Last", price(last))
    assert page.cell(1, "Symbol")[0] == "AAPL.US"
    assert until(lambda: page.state["note"] == "Live.")
    assert links(sandbox) == [{"gateway": "quote", "subscriptions": {"700.HK": [1, 2], "AAPL.US": [1, 2]}}]
    for _ in range(3):
        sandbox.client.post("/sandbox/clock", advance=60)
        now = client.call("quote", symbol=["700.HK"]).data["secu_quote"][0]
        page.wait(0, "Last", price(now["last_done"]))
        page.wait(0, "Volume", f"{int(now['volume']):,}")
    # Updates after the first hold cells that changed, and no more than that.
    for before, after in zip(page.updates, page.updates[1:], strict=False):
        assert after["base"] == before["number"]
    assert all("columns" not in update["set"] for update in page.updates[1:])
    page.panel.close()


def test_stop_frees_the_subscription_and_start_takes_it_again(
    client: Client, sandbox: SandboxProcess
) -> None:
    page = opened(client, "700.HK")
    assert until(lambda: page.state.get("note") == "Live.")
    before = page.cell(0, "Last")
    page.tell("stop")
    assert until(lambda: not links(sandbox))
    assert until(lambda: page.state["following"] is False)
    assert page.state["note"] == "Stopped: these are the last values."
    assert page.cell(0, "Last") == before
    seen = len(page.updates)
    page.tell("ping")  # a sign of life starts nothing that a person stopped
    page.tell("hello")
    assert until(lambda: len(page.updates) > seen)
    assert links(sandbox) == []
    page.tell("start")
    assert until(lambda: page.state["note"] == "Live.")
    assert len(links(sandbox)) == 1
    page.panel.close()


def test_a_page_that_is_gone_frees_it_and_one_that_comes_starts_it(
    client: Client, sandbox: SandboxProcess
) -> None:
    page = opened(client, "700.HK", pace=QUICK)
    assert until(lambda: page.state.get("note") == "Live.")
    page.open = False  # a closed tab says nothing any more
    sent = len(page.views)
    assert until(lambda: not links(sandbox))
    assert until(lambda: not page.panel._pump.running)
    assert len(page.views) - sent <= 3
    again = Page(page.panel, "page-2")
    again.tell("hello")
    assert again.ping(lambda: again.state.get("note") == "Live.")
    assert again.updates[0]["base"] == 0
    again.panel.close()


def test_who_leaves_looks_once_more_whether_a_page_has_come(client: Client, sandbox: SandboxProcess) -> None:
    """A panel once left a page that had just said hello, which then waited for its next sign of life."""
    page = opened(client, "700.HK", pace=QUICK)
    assert until(lambda: page.state.get("note") == "Live.")
    page.open = False
    assert until(lambda: not links(sandbox))
    begun: list[bool] = []
    follow = page.panel.follow
    page.panel.follow = lambda: (begun.append(page.panel._pump.watched), follow())
    page.tell("hello")
    assert begun == [True]  # what starts it has been heard before
    page.panel._leave()
    assert page.panel.following
    assert until(lambda: not links(sandbox))
    page.panel.close()


def test_a_closed_panel_follows_no_other_account(client: Client, sandbox: SandboxProcess) -> None:
    from jupyter_openapi.widgets import Chart
    from jupyter_openapi.widgets.polling import publish

    session = FakeSession(client)
    panels = [Watch("700.HK", session=session, pace=NEAR), Chart("700.HK", session=session, pace=NEAR)]
    assert until(lambda: links(sandbox))
    for panel in panels:
        panel.close()
    assert until(lambda: not links(sandbox))
    publish(session, "account")
    assert [panel.following for panel in panels] == [False, False]
    assert client.live is None or client.live.subscriptions() == []


def test_a_client_is_enough_where_there_is_no_session(client: Client) -> None:
    page = Page(Watch("700.HK", client=client, pace=NEAR))
    page.tell("hello")
    assert until(lambda: page.state.get("note") == "Live.")
    page.panel.close()


def test_a_table_that_no_page_ever_showed_is_freed_too(client: Client, sandbox: SandboxProcess) -> None:
    table = Watch("700.HK", session=FakeSession(client), pace=QUICK)
    assert until(lambda: links(sandbox))
    assert table.following
    assert until(lambda: not links(sandbox))
    assert not table.following
    table.close()


def test_another_account_is_followed_with_its_own_client(client: Client, sandbox: SandboxProcess) -> None:
    page = opened(client, "700.HK")
    assert until(lambda: page.state.get("note") == "Live.")
    first = page.panel.subscription
    with client_of(sandbox) as other:
        page.panel._session.client = other
        events.publish(page.panel._session, "account")
        assert until(lambda: other.live is not None and other.live.subscriptions())
        assert first.state == "closed"
        page.panel._session.client = None
        page.tell("ping")
        assert until(lambda: "Not connected" in page.state["error"])
        page.panel.close()


def test_what_is_wrong_is_refused_at_once_and_leaves_nothing(client: Client, sandbox: SandboxProcess) -> None:
    with pytest.raises(RequestRefused, match=r"type 700\.HK"):
        Watch("0700.HK", session=FakeSession(client))
    with pytest.raises(RequestRefused, match="Not connected"):
        Watch("700.HK", session=FakeSession())
    with pytest.raises(RequestRefused, match="no live data"):
        Watch("700.HK", session=FakeSession(FakeClient()))
    assert links(sandbox) == []


def test_a_refusal_of_the_gateway_is_said_inside() -> None:
    with start_sandbox("--limits", "off") as running, client_of(running) as client:
        page = opened(client, "700.HK")
        assert until(lambda: page.state.get("note") == "Live.")
        running.client.post("/sandbox/sockets", drop="all")
        running.kill()
        assert until(lambda: page.state["note"].startswith("Interrupted"))
        assert "gateway" in page.state["error"]
        page.panel.close()


def test_nothing_of_what_it_shows_is_in_a_trait(client: Client) -> None:
    page = opened(client, "700.HK")
    assert until(lambda: page.state.get("note") == "Live.")
    state = json.dumps(page.panel.get_state(), default=repr)
    for text in (page.cell(0, "Last")[0], page.cell(0, "Volume")[0], "700.HK"):
        assert text not in state
    page.panel.close()


def test_messages_of_another_form_do_nothing(client: Client) -> None:
    page = opened(client, "700.HK")
    assert until(lambda: page.state.get("note") == "Live.")
    for content in (
        None,
        {},
        {"kind": "painted"},
        {"kind": "painted", "page": "x", "update": "9"},
        {"page": 3},
    ):
        page.panel._handle_custom_msg(content, [])
    page.tell("nonsense")
    assert page.panel.following
    page.panel.close()


def test_without_widgets_it_says_what_to_type(client: Client) -> None:
    table = Watch(["700.HK", "AAPL.US"], session=FakeSession(client))
    assert "%openapi watch --seconds 30 700.HK AAPL.US" in table._repr_mimebundle_()[0]["text/plain"]
    table.close()
