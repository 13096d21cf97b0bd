"""The portfolio view without a browser: what it reads, shows, hides and escapes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from browser.fakes import until
from support.accounts import FakeAccount, offline, quote, stock

from jupyter_openapi import portfolio
from jupyter_openapi.widgets import polling as events
from jupyter_openapi.widgets.portfolio_model import PICTURES, PortfolioModel
from jupyter_openapi.widgets.portfolio_view import PortfolioView, picture_html, table_html, totals_html

EVIL = '<img src=x onerror="alert(1)">&'


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


def shown(view: PortfolioView) -> str:
    """Return everything the page shows of a view."""
    return "".join(part.value for part in (view._head, view._said, view._totals, view._table, view._picture))


def opened(views: list[PortfolioView], client: FakeAccount | None, **more: Any) -> PortfolioView:
    view = PortfolioView(session=Session(client), **more)
    views.append(view)
    view.refresh()
    assert until(lambda: not view.worth.busy and (view.worth.picture or view.worth.error))
    view._update()  # as the outbox does within a tenth of a second
    return view


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
    view = opened(views, account())
    text = shown(view)
    assert 'data-mode="paper">PAPER<' in text
    assert "…4821" in text
    assert "100,000.00" in view._totals.value
    assert "+10,000.00" in view._table.value
    assert "\u22122,340.00" in view._totals.value
    assert 'alt="Allocation of the paper account, ' in view._picture.value
    assert "UTC" in view._head.value


def test_nothing_the_server_says_becomes_html(views: list[PortfolioView]) -> None:
    client = account(EVIL)
    client.stocks[0]["currency"] = EVIL
    client.stocks[1]["symbol"] = EVIL
    client.stocks[1]["market"] = EVIL
    view = opened(views, client)
    view.worth.error = EVIL
    view._update()
    text = shown(view)
    assert "onerror" in text
    assert "<img src=x" not in text
    assert text.count("<img ") == text.count('<img class="jo-picture"')
    assert "<script" not in text


def test_privacy_hides_amounts_and_ids_and_nothing_else(views: list[PortfolioView]) -> None:
    view = opened(views, account())
    before = view._picture.value
    view.privacy = True
    assert until(lambda: view._picture.value not in {before, ""} and "•••" in view._table.value)
    text = shown(view)
    for hidden in ("4821", "60,000", "100,000", "10,000", "2,340", "18,940", ">100<"):
        assert hidden not in text, hidden
    assert "+20.00%" in view._table.value
    assert "74.0%" in view._table.value
    assert view._hide.value
    view._hide.value = False
    assert until(lambda: "60,000.00" in view._table.value)


def test_it_starts_private_if_asked(views: list[PortfolioView]) -> None:
    view = opened(views, account(), privacy=True)
    assert "60,000" not in shown(view)
    assert "•••" in view._table.value


def test_what_is_not_known_is_said_and_is_not_zero(views: list[PortfolioView]) -> None:
    client = account()
    client.quotes.pop()
    view = opened(views, client)
    assert "Not known: no quote for AAPL.US." in view._said.value
    assert "n/a" in view._table.value


def test_an_empty_account(views: list[PortfolioView]) -> None:
    view = opened(views, FakeAccount(cash={"HKD": "5"}))
    assert "No positions." in view._table.value
    assert "5.00" in view._totals.value


def test_not_connected(views: list[PortfolioView]) -> None:
    view = opened(views, None)
    assert "Not connected" in view._said.value
    assert view._table.value == ""
    assert "jo-chip" not in view._head.value


def test_it_reads_when_it_is_shown_and_says_what_to_do_without_widgets(views: list[PortfolioView]) -> None:
    view = PortfolioView(session=Session(account()))
    views.append(view)
    bundle = view._repr_mimebundle_()
    assert "%openapi portfolio" in bundle["text/plain"]
    assert until(lambda: view.worth.frame is not None)


def test_clicks_do_what_they_say(views: list[PortfolioView]) -> None:
    view = opened(views, account())
    assert view._refresh.description == "Refresh"
    client = view._session.client
    assert isinstance(client, FakeAccount)
    before = len(client.calls)
    view._refresh.click()
    assert until(lambda: len(client.calls) > before and not view.worth.busy)
    view._base.value = "USD"
    assert until(lambda: "Value in USD" in view._totals.value)
    view._chosen.value = "Today"
    assert until(lambda: "Today of the paper account" in view._picture.value)


def test_the_tables_of_a_frame() -> None:
    frame = portfolio.value(account())
    table = table_html(frame, privacy=False)
    assert table.index("700.HK") < table.index("AAPL.US")
    assert table.count("<tr>") == 3
    assert 'data-mark="down">\u221210.00%' in table
    totals = totals_html(frame, privacy=False)
    assert ">Cash<" in totals
    assert ">All<" in totals
    assert picture_html(b"", "x") == ""
