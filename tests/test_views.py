"""Views: what a person sees first of a frame, in a terminal and in a page; the frame itself stays."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from support.sandbox import start_sandbox
from traitlets.config import Config

from jupyter_openapi import Client, Credentials, portfolio
from jupyter_openapi.frames import describe, seal, to_frame
from jupyter_openapi.frames.view import compact, picture_of, view_of
from jupyter_openapi.magic.display import FrameDisplay, as_html, as_text
from jupyter_openapi.messages import speaking, text_width
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.loader import frame_views
from jupyter_openapi.trading.reconcile import Settlement

QUOTES = {
    "secu_quote": [
        {
            "symbol": "700.HK",
            "last_done": "610.500",
            "prev_close": "600.000",
            "open": "601.000",
            "high": "1612.000",
            "low": "599.500",
            "timestamp": 1790000000,
            "volume": 12345678,
            "turnover": "7500000000.00",
            "trade_status": 0,
        },
        {
            "symbol": "AAPL.US",
            "last_done": "99.00",
            "prev_close": "100.00",
            "open": "100.00",
            "high": "",
            "low": "98.50",
            "timestamp": 1790000060,
            "volume": 999,
            "turnover": "0",
            "trade_status": 0,
        },
    ]
}


def text_of(frame: pd.DataFrame, room: int = 80) -> str:
    view = view_of(frame)
    assert view is not None
    return as_text(picture_of(frame, view), room)


def html_of(frame: pd.DataFrame) -> str:
    view = view_of(frame)
    assert view is not None
    return str(as_html(picture_of(frame, view)))


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with start_sandbox("--limits", "off", "--seed", "7") as sandbox:
        keys = sandbox.credentials
        credentials = Credentials(keys.app_key, keys.app_secret, keys.access_token)
        with Client(credentials, "sandbox", sandbox.url, limits=False) as connected:
            yield connected


def test_a_quote_is_shown_with_its_price_and_change() -> None:
    frame = to_frame(QUOTES, "quote")
    head, first, second, *below = text_of(frame).splitlines()
    assert head.split() == [
        "Symbol",
        "Name",
        "Last",
        "Change",
        "Change",
        "%",
        "Open",
        "Volume",
        "Time",
    ]
    assert first.split() == [
        "700.HK", "TENCENT", "610.50", "+10.50", "+1.75%", "601.00", "12.3M", "14:13:20",
    ]  # fmt: skip
    assert second.split() == [
        "AAPL.US", "Apple", "Inc.", "99.00", "-1.00", "-1.00%", "100.00", "999", "14:14:20",
    ]  # fmt: skip
    assert "--wide" in below[0]
    assert below[1] == "Times: 2026-09-21 UTC."
    assert all(text_width(line) <= 80 for line in (head, first, second, *below))
    head, first, second, *below = text_of(frame, 120).splitlines()
    assert re.search(r"Open +High +Low +Volume +Turnover +Status +Time$", head)
    assert re.search(r"601\.00 +1,612\.00 +599\.50 +12\.3M", first)
    assert re.search(r"100\.00 +- +98\.50", second)
    assert all(text_width(line) <= 120 for line in (head, first, second, *below))


def test_the_page_colours_gains_and_losses_and_escapes_what_the_server_wrote() -> None:
    quotes = json.loads(json.dumps(QUOTES))
    quotes["secu_quote"][0]["symbol"] = "<b>700</b>.HK"
    page = html_of(to_frame(quotes, "quote"))
    assert "&lt;b&gt;700&lt;/b&gt;.HK" in page
    assert "<b>" not in page
    assert re.search(r'class="jo-number jo-up">\+10.50<', page)
    assert re.search(r'class="jo-number jo-down">-1.00%<', page)


def test_a_frame_with_other_columns_is_shown_by_pandas() -> None:
    frame = to_frame(QUOTES, "quote")
    assert view_of(frame) is not None
    assert view_of(frame.head(1)) is not None
    assert view_of(frame[["symbol", "last_done"]]) is None
    assert view_of(frame.assign(mine=1)) is None
    assert view_of(frame[frame.columns[::-1]]) is None
    assert view_of(pd.DataFrame({"a": [1]})) is None
    assert type(frame) is pd.DataFrame
    assert len(frame.columns) > 9


def test_every_view_names_columns_that_its_frame_has() -> None:
    """An empty reply has every column of the schema, so each view can show it."""
    seen = 0
    for name, operation in catalog().operations.items():
        if operation.view is None:
            continue
        frame = to_frame({}, operation)
        assert view_of(frame) is not None, name
        picture = picture_of(frame, operation.view)
        assert all(text_width(line) <= 80 for line in as_text(picture, 80).splitlines()), name
        seen += 1
    assert seen > 150


LINES = {
    "stock_positions": ({}, ("Symbol", "Name", "Quantity", "Available", "Cost", "Currency")),
    "account_balance": ({}, ("Currency", "Net assets", "Cash", "Buying power")),
    "depth": ({"symbol": "700.HK"}, ("Bid size", "Price", "Ask size")),
    "candlesticks": (
        {"symbol": "700.HK", "period": "day", "count": 100},
        ("Date", "Open", "High", "Low", "Close", "Volume"),
    ),
    "today_orders": (
        {},
        ("Time", "Symbol", "Side", "Quantity", "Filled", "Price", "Average", "Type", "Status"),
    ),
    "today_executions": ({}, ("Time", "Symbol", "Side", "Quantity", "Price")),
    "cash_flow": ({"start_time": "-30d", "end_time": "today"}, ("Time", "What", "Amount", "Currency")),
}


@pytest.mark.parametrize("name", LINES)
def test_the_columns_a_trader_wants_fit_80_characters(client: Client, name: str) -> None:
    arguments, titles = LINES[name]
    if name == "today_orders":
        client.call(
            "submit_order",
            symbol="700.HK", side="Buy", order_type="LO", submitted_price="400", submitted_quantity="100",
            time_in_force="Day", execute=True,
        )  # fmt: skip
    frame = client.call(name, **arguments).frame(tz="Asia/Hong_Kong")
    for room in (80, 120):
        shown = text_of(frame, room).splitlines()
        assert all(text_width(line) <= room for line in shown)
        at = 0
        for title in titles:  # in this order
            assert title in shown[0][at:], (title, shown[0])
            at = shown[0].index(title, at) + len(title)
    assert "~" not in text_of(frame)


WIDER = {"quote": ("Open", "High", "Low", "Volume", "Turnover"), "candles": ("Turnover", "Session")}


def test_candles_of_several_symbols_and_their_pivot_table(client: Client) -> None:
    rows = client.candles(["700.HK", "AAPL.US"], period="day", count=4)
    assert type(rows) is pd.DataFrame
    head, *lines = text_of(rows).splitlines()
    assert head.split()[:7] == ["Symbol", "Date", "Open", "High", "Low", "Close", "Volume"]
    assert [line.split()[0] for line in lines[:8]] == ["700.HK"] * 4 + ["AAPL.US"] * 4
    assert view_of(rows[["symbol", "close"]]) is None
    minutes = text_of(client.candles(["700.HK", "AAPL.US"], period="min_5", count=2)).splitlines()
    assert minutes[0].split()[:2] == ["Symbol", "Time"]
    assert re.match(r"700\.HK +(\d{4}-\d\d-\d\d )?\d\d:\d\d", minutes[1])
    table = client.candles(["700.HK", "AAPL.US"], period="day", count=4, pivot=True)
    assert view_of(table) is not None
    head, *lines = text_of(table).splitlines()
    assert re.match(r"Date +700\.HK Close +AAPL\.US Close", head)
    assert re.match(r"\d{4}-\d\d-\d\d +([\d,.]+|-) +([\d,.]+|-)", lines[0])
    assert all(text_width(line) <= 80 for line in (head, *lines))
    assert view_of(table["close"]) is None
    assert view_of(table.T) is None


def test_more_is_shown_where_a_terminal_is_wider(client: Client) -> None:
    frames = {
        "quote": client.call("quote", symbol=["700.HK", "AAPL.US"]).frame(),
        "candles": client.candles(["700.HK", "AAPL.US"], count=3),
    }
    for name, titles in WIDER.items():
        head, *lines = text_of(frames[name], 120).splitlines()
        assert all(title in head for title in titles), head
        assert all(text_width(line) <= 120 for line in (head, *lines))


def test_the_balance_shows_the_cash_of_each_currency(client: Client) -> None:
    shown = text_of(client.call("account_balance").frame())
    assert re.search(r"^USD +[\d,.]+", shown, re.MULTILINE)
    assert re.search(r"^HKD +[\d,.]+ +[\d,.]+", shown, re.MULTILINE)


def test_a_ladder_has_asks_above_bids(client: Client) -> None:
    head, *rows = text_of(client.call("depth", symbol="700.HK").frame()).splitlines()
    rows = [row for row in rows if re.search(r"\d", row) and "column" not in row]
    place = head.index("Bid size") + len("Bid size")
    asks = [row for row in rows if row[:place].strip() == ""]
    assert rows[: len(asks)] == asks
    assert len(rows) == 20
    assert len(asks) == 10


def test_the_portfolio_shows_profit_in_per_cent(client: Client) -> None:
    frame = portfolio.value(client)
    shown = text_of(frame)
    head, *rows = shown.splitlines()
    for title in ("Symbol", "Quantity", "Cost", "Last", "Value", "P&L", "P&L %", "Day", "Weight"):
        assert title in head
    tencent = next(row for row in rows if row.startswith("700.HK"))
    percent = frame.loc[frame["symbol"] == "700.HK", "unrealized_pl_pct"].iloc[0]
    assert f"{percent:+.2f}%" in tencent


def test_a_missing_whole_number_is_a_dash() -> None:
    quotes = {"secu_quote": [{**QUOTES["secu_quote"][0], "volume": None}]}
    frame = to_frame(quotes, "quote")
    assert frame["volume"].isna().all()
    head, row, *_ = text_of(frame).splitlines()
    assert row[head.index("Volume") :].split()[0] == "-"


def test_long_frames_show_their_ends_and_count_the_rest() -> None:
    rows = [{**QUOTES["secu_quote"][0], "symbol": f"{number}.HK"} for number in range(1, 101)]
    shown = text_of(to_frame({"secu_quote": rows}, "quote")).splitlines()
    assert [line.split()[0] for line in shown[1:12]] == [
        "1.HK", "2.HK", "3.HK", "4.HK", "5.HK", "...", "96.HK", "97.HK", "98.HK", "99.HK", "100.HK",
    ]  # fmt: skip
    assert shown[12].startswith("100 rows. +")


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**13), max_value=10**13))
def test_a_compact_number_is_within_half_a_per_cent(number: Any) -> None:
    shown = compact(number)
    unit = {"K": 10**3, "M": 10**6, "B": 10**9}.get(shown[-1], 1)
    value = float(shown.rstrip("KMB").replace(",", "")) * unit
    assert abs(value - float(number)) <= max(abs(float(number)) * 0.006, 0.006)
    assert len(shown.lstrip("-").partition(".")[0]) <= 6 or shown.endswith("B")


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    # Not the one of other tests, which must not lose it.
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    yield shell
    shell.restore_sys_module_state()


def test_the_formatter_is_chained_and_taken_away_again(shell: InteractiveShell) -> None:
    def mine(frame: pd.DataFrame) -> str:
        return f"mine {len(frame)}"

    pages = shell.display_formatter.formatters["text/html"]
    pages.for_type(pd.DataFrame, mine)
    on = [True]
    display = FrameDisplay(shell, lambda: on[0])
    display.install()
    display.install()
    quote, other = to_frame(QUOTES, "quote"), pd.DataFrame({"a": [1]})
    data, _ = shell.display_formatter.format(quote)
    assert "Change %" in data["text/plain"]
    assert "Change %" in data["text/html"]
    data, _ = shell.display_formatter.format(other)
    assert data["text/html"] == "mine 1"
    assert data["text/plain"] == repr(other)
    on[0] = False
    data, _ = shell.display_formatter.format(quote)
    assert data["text/html"] == "mine 2"
    assert data["text/plain"] == repr(quote)
    on[0] = True
    display.uninstall()
    data, _ = shell.display_formatter.format(quote)
    assert data["text/html"] == "mine 2"
    assert data["text/plain"] == repr(quote)


def test_views_of_frames_that_no_operation_gives() -> None:
    own = {"portfolio", "pnl", "candles", "candles_pivot", "search", "journal", "reconcile", "endpoints"}
    assert own <= set(frame_views())


def test_a_text_that_no_cell_holds_is_said_below() -> None:
    """What reconcile says to type next must not end in an ellipsis."""
    how = "it may still be on its way: type `%openapi reconcile` again in 97 s; or look yourself"
    rows = [Settlement(1, "submit_order Buy 100 700.HK 600", "unknown", how, None, ("1", "2"))]
    rows += [Settlement(2, "cancel_order 693", "done", "id", "693")]
    frame = pd.DataFrame([{**asdict(row), "candidates": ", ".join(row.candidates)} for row in rows])
    seal(describe(frame, operation="reconcile"))
    head, first, second, *below = text_of(frame, 120).splitlines()
    assert head.split()[:4] == ["Number", "What", "Verdict", "Order"]
    assert re.search(r"^ +1 +submit_order Buy 100 700.HK 600 +unknown +- ", first)
    assert re.search(r"^ +2 +cancel_order 693 +done +693 +id", second)
    assert f"1: {how}" in below
    assert not any(line.startswith("2: ") for line in below)
    assert how in html_of(frame)


@pytest.mark.parametrize("language", ["zh-CN", "zh-HK"])
def test_views_of_commands_have_titles_in_chinese(language: str) -> None:
    with speaking(language):
        for name in ("journal", "reconcile", "endpoints"):
            columns = [column.field for column in frame_views()[name].columns]
            frame = seal(describe(pd.DataFrame(columns=columns), operation=name))
            view = view_of(frame)
            assert view is not None
            titles = [column.title for column in picture_of(frame, view).columns]
            assert all(not title.isascii() for title in titles), titles
