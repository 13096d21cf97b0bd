"""The portfolio view without a browser: what it reads, shows, hides and escapes."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from browser.fakes import until
from support.accounts import FakeAccount, offline, quote, stock
from support.page import Told

from jupyter_openapi import portfolio
from jupyter_openapi.widgets import polling as events
from jupyter_openapi.widgets.portfolio_model import PICTURES, PortfolioModel
from jupyter_openapi.widgets.portfolio_view import PortfolioView


@dataclass(eq=False)
class Session:
    client: FakeAccount | None


def account(name: str = "TENCENT") -> FakeAccount:
    return FakeAccount(
        [stock("700.HK", "100", "500", "100", name=name), stock("AAPL.US", "10", "300", "10", name="Apple")],
        quotes=[quote("700.HK", "600", "590"), quote("AAPL.US", "270", "271")],
        cash={"HKD": "18940"},
    )


def looked(client: FakeAccount | None, **more: Any) -> PortfolioModel:
    one = PortfolioModel(Session(client), lambda: None, run=lambda work: work(), **more)
    one.refresh()
    return one


@pytest.fixture
def views() -> Iterator[list[PortfolioView]]:
    made: list[PortfolioView] = []
    yield made
    for view in made:
        view.close()


def opened(views: list[PortfolioView], client: FakeAccount | None, **more: Any) -> Told:
    view = PortfolioView(session=Session(client), **more)
    views.append(view)
    told = Told(view)
    told.tell("hello")
    if client is None:
        told.tell("refresh")
    assert until(lambda: not view.worth.busy and (view.worth.picture or view.worth.error))
    assert until(lambda: told.view["picture"] or told.view["error"])
    return told


def picture(told: Told) -> str:
    """Return the data of the picture that the page shows."""
    sent = [view["picture"]["data"] for view in told.views if view["picture"]]
    return next((data for data in reversed(sent) if data), "")


def cells(table: Mapping[str, Any], title: str) -> list[dict[str, Any]]:
    place = [one["title"] for one in table["columns"]].index(title)
    return [row["cells"][place] for row in table["rows"]]


def column(table: Mapping[str, Any], title: str) -> list[str]:
    return [cell["text"] for cell in cells(table, title)]


def sorts(table: Mapping[str, Any], title: str) -> list[Any]:
    return [cell["sort"] for cell in cells(table, title)]


def tones(table: Mapping[str, Any], title: str) -> list[str]:
    return [cell["tone"] for cell in cells(table, title)]


def test_it_reads_and_draws() -> None:
    one = looked(account())
    assert one.frame is not None
    assert len(one.frame) == 2
    assert one.picture.startswith(b"\x89PNG")
    assert (one.busy, one.error) == ("", "")


def test_every_picture_is_drawn_without_reading_again() -> None:
    client = account()
    one = looked(client)
    calls, drawn = len(client.calls), set()
    for name in PICTURES[:3]:
        one.show(name)
        assert one.error == ""
        drawn.add(one.picture)
    one.show(privacy=True)
    drawn.add(one.picture)
    assert len(drawn) == 4
    assert len(client.calls) == calls


def test_the_equity_comes_from_the_snapshots(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    client = account()
    portfolio.snapshot(client)
    one = looked(client)
    one.show("Equity")
    assert one.picture.startswith(b"\x89PNG")


def test_another_currency_is_read_anew() -> None:
    one = looked(account())
    one.refresh("USD")
    assert one.frame is not None
    assert set(one.frame.base_currency) == {"USD"}


def test_what_goes_wrong_is_said_inside() -> None:
    assert "Not connected" in looked(None).error
    client = account()
    client.fails = {"stock_positions": offline("stock_positions")}
    one = looked(client)
    assert one.error == ""
    assert one.frame is not None
    assert "stock positions" in one.frame.attrs["openapi"]["missing"][0]


def test_an_account_that_was_connected_since_leaves_nothing_of_the_one_before() -> None:
    session, gate = Session(account()), threading.Event()
    assert session.client is not None
    session.client.before = lambda _: gate.wait(5)  # type: ignore[assignment]
    changes: list[None] = []
    one = PortfolioModel(session, lambda: changes.append(None))
    one.refresh()
    assert until(lambda: bool(session.client and session.client.calls))
    session.client = account()
    events.publish(session, "account")
    gate.set()
    assert not until(lambda: one.frame is not None, 0.3)
    assert one.picture == b""


def test_an_order_that_was_sent_makes_it_stale() -> None:
    session = Session(account())
    one = PortfolioModel(session, lambda: None, run=lambda work: work())
    one.refresh()
    events.publish(session, "orders")
    assert one.stale
    one.refresh()
    assert not one.stale


def test_the_panel_shows_totals_table_and_picture(views: list[PortfolioView]) -> None:
    told = opened(views, account())
    view = told.view
    assert view["mode"] == "paper"
    assert "…4821" in view["title"]
    assert "100,000.00" in column(view["totals"], "Value in HKD")
    assert column(view["totals"], "Market")[-1] == "All"
    assert "+10,000.00" in column(view["holdings"], "Unrealized")
    assert "\u22122,340.00" in column(view["totals"], "Unrealized")
    assert column(view["holdings"], "Symbol") == ["700.HK", "AAPL.US"]  # largest first
    assert tones(view["holdings"], "Unrealized %") == ["up", "down"]
    assert view["picture"]["about"].startswith("Allocation of the paper account, ")
    assert base64.b64decode(picture(told)).startswith(b"\x89PNG")
    assert view["time"].endswith("UTC")


def test_the_picture_s_data_is_sent_once(views: list[PortfolioView]) -> None:
    told = opened(views, account())
    first = picture(told)
    sent = len(told.views)
    told.tell("ping")
    assert until(lambda: len(told.views) > sent)
    assert told.view["picture"]["data"] == ""
    told.tell("hello")  # another page, or this one loaded again
    assert until(lambda: told.view["picture"]["data"] == first)


def test_the_time_follows_the_zone_of_the_account(views: list[PortfolioView]) -> None:
    client = account()
    client.tz = "Asia/Hong_Kong"
    told = opened(views, client)
    assert told.view["time"].endswith("HKT")
    assert "HKT" in told.view["picture"]["about"]


def test_rows_are_sorted_by_numbers_not_by_their_texts(views: list[PortfolioView]) -> None:
    told = opened(views, account())
    assert sorts(told.view["holdings"], "Value") == [60000.0, 2700.0]
    assert sorts(told.view["holdings"], "Symbol") == ["700.HK", "AAPL.US"]


def test_privacy_hides_amounts_and_ids_and_nothing_else(views: list[PortfolioView]) -> None:
    told = opened(views, account())
    before = picture(told)
    told.tell("privacy", privacy=True)
    assert until(lambda: told.view["privacy"] and picture(told) != before)
    sent = len(told.views)
    told.tell("ping")
    assert until(lambda: len(told.views) > sent)
    text = json.dumps({**told.view, "picture": None}, ensure_ascii=False)
    for hidden in ("4821", "60,000", "60000", "100,000", "10,000", "10000", "2,340", "18,940", '"100"'):
        assert hidden not in text, hidden
    assert "+20.00%" in column(told.view["holdings"], "Unrealized %")
    assert "74.0%" in column(told.view["holdings"], "Weight")
    assert sorts(told.view["holdings"], "Value") == [1.0, 0.0]  # places, not amounts
    told.tell("privacy", privacy=False)
    assert until(lambda: "60,000.00" in column(told.view["holdings"], "Value"))


def test_it_starts_private_if_asked(views: list[PortfolioView]) -> None:
    told = opened(views, account(), privacy=True)
    assert set(column(told.view["holdings"], "Value")) == {"•••"}
    assert "60,000" not in json.dumps(told.views)


def test_nothing_of_the_account_is_in_a_trait(views: list[PortfolioView]) -> None:
    told = opened(views, account())
    state = json.dumps(told.panel.get_state(), default=repr)
    for text in ("700.HK", "4821", "60,000"):
        assert text not in state


def test_what_is_not_known_is_said_and_is_not_zero(views: list[PortfolioView]) -> None:
    client = account()
    client.quotes.pop()
    told = opened(views, client)
    assert told.view["missing"] == "Not known: no quote for AAPL.US."
    assert "n/a" in column(told.view["holdings"], "Value")
    assert None in sorts(told.view["holdings"], "Value")


def test_an_empty_account(views: list[PortfolioView]) -> None:
    told = opened(views, FakeAccount(cash={"HKD": "5"}))
    assert told.view["holdings"]["rows"] == []
    assert "5.00" in column(told.view["totals"], "Value")


def test_not_connected(views: list[PortfolioView]) -> None:
    told = opened(views, None)
    assert "Not connected" in told.view["error"]
    assert told.view["holdings"] is told.view["totals"] is told.view["picture"] is None
    assert told.view["mode"] == "none"


def test_it_reads_when_a_page_opens_it(views: list[PortfolioView]) -> None:
    view = PortfolioView(session=Session(account()))
    views.append(view)
    data, _ = view._repr_mimebundle_()
    assert "%openapi portfolio" in data["text/plain"]
    assert view.worth.frame is None
    Told(view).tell("hello")
    assert until(lambda: view.worth.frame is not None)


def test_messages_do_what_they_say(views: list[PortfolioView]) -> None:
    client = account()
    told = opened(views, client)
    before = len(client.calls)
    told.tell("refresh")
    assert until(lambda: len(client.calls) > before and not told.panel.worth.busy)
    told.tell("base", base="USD")
    assert until(lambda: any(one["title"] == "Value in USD" for one in told.view["totals"]["columns"]))
    told.tell("picture", picture="Today")
    assert until(lambda: told.view["picture"]["about"].startswith("Today of the paper account"))


def test_connecting_again_keeps_it_filled(views: list[PortfolioView]) -> None:
    told = opened(views, account())
    session = told.panel._session
    session.client = account("TENCENT TWO")
    events.publish(session, "account")
    assert until(lambda: told.view["holdings"] and "TENCENT TWO" in column(told.view["holdings"], "Name"))
    session.client = None
    events.publish(session, "account")
    assert until(lambda: told.view["holdings"] is None)
    assert told.view["note"] == "Not connected."


def test_an_account_that_changes_while_it_is_read_leaves_nothing_reading_for_ever() -> None:
    works: list[Any] = []
    session = Session(account())
    one = PortfolioModel(session, lambda: None, run=works.append)
    one.refresh()
    assert one.busy
    session.client = account()
    events.publish(session, "account")
    for work in works:
        work()
    assert one.busy == ""


@pytest.mark.parametrize("operation", ["stock_positions", "account_balance", "quote", "exchange_rate"])
@pytest.mark.parametrize(
    "failure", [KeyError("list"), TypeError("'NoneType' object is not iterable")], ids=repr
)
def test_a_reply_of_another_form_leaves_nothing_reading_for_ever(operation: str, failure: Exception) -> None:
    client = account()
    client.fails = {operation: failure}
    one = looked(client)
    assert one.busy == ""
    assert one.error or one.frame is not None
