"""What the form shows while it is filled in: quotes, amounts, fees, the most one may buy, ticks and lots."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from browser.fakes import FakeClient, FakeSession, until

from jupyter_openapi.errors import ApiError, TransportError
from jupyter_openapi.widgets import live_quote as tape
from jupyter_openapi.widgets import queries as reads
from jupyter_openapi.widgets.live_quote import LiveQuote
from jupyter_openapi.widgets.polling import Backoff
from jupyter_openapi.widgets.queries import Most, Sizes

BUY = {"symbol": "700.HK", "side": "Buy", "order_type": "LO", "submitted_price": "600.5"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tape, "MOST_GAP", 0.0)


def follow(client: FakeClient, fields: dict[str, str], **more: Any) -> LiveQuote:
    one = LiveQuote(FakeSession(client), lambda: None, **{"watched": lambda: True, **more})
    one.look_at(fields)
    return one


def test_it_shows_the_quote_the_amount_and_the_most() -> None:
    one = follow(FakeClient(), {**BUY, "submitted_quantity": "200"})
    assert until(lambda: one.most() and one.seen().quote)
    view = one.view(privacy=False)
    one.stop()
    assert view["quote"]["last"] == "600"
    assert view["quote"]["bid"] == "599.5"
    assert view["quote"]["change"] == "+1.69%"
    assert view["security"]["lot"] == 100
    assert view["security"]["bands"][0] == ["0.01", "0.001"]
    assert view["amount"] == "120,100.00 HKD"
    assert view["fees"].startswith("about ")
    assert view["most"] == "1,600 with cash, 3,200 with margin"
    assert view["hints"] == {}


def test_one_failure_while_the_market_is_closed_is_no_reason_to_wait_as_long_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = FakeClient()
    monkeypatch.setattr(reads, "is_trading", lambda *_: False)
    one = LiveQuote(FakeSession(client), lambda: None, watched=lambda: True)
    one._fields, one._pace = dict(BUY), Backoff(5.0)
    assert one._look() == tape.CLOSED == 30
    client.failures["quote"] = TransportError("no answer")
    assert [one._look() for _ in range(3)] == [10, 20, 40]
    client.failures.clear()
    assert one._look() == 30
    one.stop()


@pytest.mark.parametrize(
    "now", ["2028-07-05T02:00+00:00", "2028-07-05T21:00+00:00", "2027-12-31T21:00+00:00"]
)
def test_in_a_year_whose_holidays_are_not_known_prices_come_all_the_same(
    now: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime.fromisoformat(now)
    monkeypatch.setattr(
        reads, "datetime", SimpleNamespace(now=lambda _zone: moment, fromtimestamp=datetime.fromtimestamp)
    )
    one = LiveQuote(FakeSession(FakeClient()), lambda: None, watched=lambda: True)
    one._fields = dict(BUY)
    assert one._look() > 0
    seen = one.seen()
    one.stop()
    assert seen.problem == ""
    assert seen.quote is not None
    assert seen.hours == ""
    assert reads.is_trading(FakeClient(), "700.HK") is (moment.hour == 2)


def test_privacy_hides_amounts_and_keeps_prices() -> None:
    one = follow(FakeClient(), {**BUY, "submitted_quantity": "200"})
    assert until(lambda: one.most() and one.seen().quote)
    view = one.view(privacy=True)
    one.stop()
    assert view["amount"] == view["fees"] == view["most"] == "•••"
    assert view["quote"]["last"] == "600"


def test_a_sale_shows_what_is_held() -> None:
    one = follow(FakeClient(), {**BUY, "side": "Sell"})
    assert until(one.most)
    one.stop()
    assert one.most() == "300 held and free to sell"


def test_ticks_and_lots_are_hinted_at_by_the_label() -> None:
    one = follow(FakeClient(), {**BUY, "submitted_price": "600.1", "submitted_quantity": "150"})
    assert until(lambda: one.seen().security)
    hints = one.hints()
    one.stop()
    assert hints["submitted_price"].startswith("Price 600.1 is not a price 700.HK trades at")
    assert "600.0 or 600.5" in hints["submitted_price"]
    assert hints["submitted_quantity"].endswith("100 or 200")


def test_an_order_at_market_is_estimated_at_the_last_price() -> None:
    fields = {"symbol": "700.HK", "side": "Buy", "order_type": "MO", "submitted_quantity": "100"}
    one = follow(FakeClient(), fields)
    assert until(lambda: one.seen().quote)
    one.stop()
    assert one.estimate()[0] == "about 60,000.00 HKD"


def test_what_can_t_be_had_is_said_and_the_last_price_stays() -> None:
    client = FakeClient()
    one = follow(client, BUY)
    assert until(lambda: one.seen().quote)
    client.failures["quote"] = TransportError("no answer from the broker")
    one.look_at({**BUY, "submitted_price": "601"})
    assert until(lambda: one.seen().problem)
    one.stop()
    assert one.seen().problem == "no answer from the broker"
    assert one.seen().quote is not None


def test_a_symbol_the_broker_does_not_know_is_said() -> None:
    client = FakeClient()
    client.failures["static_info"] = TransportError("no such security")
    one = follow(client, {**BUY, "symbol": "99999.HK"})
    assert until(lambda: one.seen().problem)
    one.stop()
    assert one.view(privacy=False)["security"] is None


def test_half_a_symbol_asks_nothing() -> None:
    client = FakeClient()
    one = follow(client, {"symbol": "700."})
    assert until(lambda: one.choices and not one._poller.running)
    assert client.names("quote") == []


def test_a_symbol_that_is_spelt_otherwise_is_guessed() -> None:
    one = follow(FakeClient(), {"symbol": "00700"})
    one.stop()
    assert one.hints() == {"symbol": "Did you mean 700.HK?"}


def test_nobody_looks_so_nothing_is_asked() -> None:
    client = FakeClient()
    one = follow(client, BUY, watched=lambda: False)
    assert until(lambda: not one._poller.running)
    assert client.calls == []


def test_the_last_calls_are_left_for_orders() -> None:
    client = FakeClient(left=2)
    one = follow(client, BUY)
    assert until(lambda: one.view(privacy=False)["problem"].startswith("Waiting: the calls"))
    one.stop()
    assert client.calls == []


def test_symbols_are_offered_from_holdings_then_the_watchlist_then_known_ones() -> None:
    client = FakeClient()
    names = [symbol for symbol, _ in reads.suggestions(client)]
    assert names[:2] == ["700.HK", "AAPL.US"]
    assert len(names) > 50
    client.failures["watchlist"] = TransportError("not today")
    assert reads.suggestions(client)[0] == ("700.HK", "TENCENT (held)")


def test_the_book_is_shown_with_the_share_of_each_level() -> None:
    one = follow(FakeClient(), BUY)
    assert until(lambda: one.seen().quote)
    one.stop()
    depth = one.view(privacy=False)["depth"]
    assert depth["bid"] == [["599.5", "300", 0.25], ["599", "1,200", 1.0]]
    assert depth["ask"] == [["600", "600", 0.5]]


def test_a_symbol_of_no_market_is_said_instead_of_dashes() -> None:
    one = follow(FakeClient(), {"symbol": "NOSUCHTHING"})
    one.stop()
    view = one.view(privacy=False)
    assert view["suggest"] == ""
    assert "'NOSUCHTHING' is not a symbol of a market where orders are taken" in view["problem"]


@pytest.mark.parametrize("code", [None, 301600, 602001])
def test_a_symbol_that_the_broker_does_not_know_is_said(code: int | None) -> None:
    client = FakeClient()
    client.odd["static_info"] = {"secu_static_info": []}
    if code:
        client.failures["static_info"] = ApiError("invalid request", code=code, http_status=400)
    one = follow(client, {"symbol": "99999.HK"})
    assert until(lambda: one.view(privacy=False)["problem"])
    one.stop()
    assert one.view(privacy=False)["problem"] == "The broker knows no 99999.HK: check the symbol."


@pytest.mark.parametrize("typed", ["00700", "tencent", "TENCENT", "腾讯"])
def test_a_suggestion_can_be_taken(typed: str) -> None:
    one = follow(FakeClient(), {"symbol": typed})
    one.stop()
    assert one.view(privacy=False)["suggest"] == "700.HK"


@pytest.mark.parametrize(
    ("most", "lot", "kind", "sizes"),
    [
        (
            Most(free=Decimal(350)),
            100,
            "LO",
            Sizes("300", "100", "", "50 outside whole lots of 100 left out."),
        ),
        (Most(free=Decimal(350)), 100, "ODD", Sizes("50")),
        (Most(free=Decimal(100)), 100, "LO", Sizes("100", "")),
        (Most(free=Decimal(0)), 100, "LO", Sizes()),
        (Most(cash=Decimal(1600), margin=Decimal(3200)), 100, "LO", Sizes("", "800", "1600")),
        (Most(cash=Decimal(7)), None, "LO", Sizes("", "3", "7")),
        (Most(), 100, "LO", Sizes()),
    ],
    ids=repr,
)
def test_sizes_are_whole_lots(most: Most, lot: int | None, kind: str, sizes: Sizes) -> None:
    assert most.sizes(lot, kind) == sizes


def test_what_is_held_is_known_before_a_price_is_typed() -> None:
    one = follow(FakeClient(), {"symbol": "700.HK", "side": "Sell", "order_type": "LO"})
    assert until(lambda: one.sizes().all == "300")
    one.stop()
    sizes = one.view(privacy=False)["sizes"]
    assert (sizes["symbol"], sizes["side"], sizes["half"]) == ("700.HK", "Sell", "100")
    assert one.view(privacy=True)["sizes"]["all"] == ""


ODD = [None, [], "html", 7, {"secu_quote": None}, {"secu_quote": "x"}, {"secu_quote": [None]}]


@pytest.mark.parametrize("data", ODD, ids=repr)
@pytest.mark.parametrize("operation", ["quote", "depth", "static_info", "stock_positions", "watchlist"])
def test_odd_replies_are_said_and_stop_nothing(operation: str, data: object) -> None:
    client = FakeClient()
    client.odd[operation] = data
    one = follow(client, {"symbol": "99999.HK", "side": "Sell", "order_type": "LO"})
    assert until(lambda: one.seen().quote or one.view(privacy=False)["problem"])
    one.stop()
    assert one.choices


@pytest.mark.parametrize("stamp", ["1767605400000000", "1e30", ["1"], "soon"])
def test_a_time_of_a_quote_that_can_t_be_read_is_said_beside_the_price(stamp: object) -> None:
    client = FakeClient()
    client.odd["quote"] = {"secu_quote": [{"symbol": "700.HK", "last_done": "600", "timestamp": stamp}]}
    one = follow(client, BUY)
    assert until(lambda: one.seen().quote)
    one.stop()
    view = one.view(privacy=False)
    assert "The time of the quote could not be read" in view["problem"]
    assert (view["quote"]["last"], view["quote"]["age"]) == ("600", None)
