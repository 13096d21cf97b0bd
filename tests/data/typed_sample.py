"""What a type checker knows of a client: `make lint` runs mypy and Pyright on it, and the tests run it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import assert_type

import pandas as pd
import polars as pl

from jupyter_openapi import Client, Preview, Reply
from jupyter_openapi.trading import Basket


def reads(client: Client, name: str) -> None:
    """Reads give replies."""
    assert_type(client.stock_positions(symbol=["700.HK"]), Reply)
    assert_type(client.stock_positions("700.HK"), Reply)
    assert_type(client.quote(["700.HK", "AAPL.US"]).frame(), pd.DataFrame)
    assert_type(client.quote("700.HK").frame(kind="polars"), pl.DataFrame)
    assert_type(client.candlesticks("700.HK", period="day", count=10), Reply)
    assert_type(client.history_orders(start=date(2026, 1, 5), side="Buy"), Reply)
    assert_type(client.call("stock_positions"), Reply)
    assert_type(client.call("positions", symbol=["700.HK"]).frame(), pd.DataFrame)
    assert_type(client.call("today_orders").frame(tz="Asia/Hong_Kong", codes=True), pd.DataFrame)
    assert_type(client.call(name), Reply | Preview | Basket | pd.DataFrame)
    assert_type(client.call("quote", symbol="700.HK").order_id, str | None)


def changes(client: Client, *, sure: bool) -> None:
    """A change gives its preview, or the reply when it was sent."""
    preview = client.submit_order("700.HK", side="Buy", type="LO", price=Decimal("500.5"), quantity=100)
    assert_type(preview, Preview)
    assert_type(preview.send(), Reply)
    assert_type(client.submit_order("700.HK", side="Sell", type="MO", quantity=100, execute=True), Reply)
    assert_type(client.cancel_order("693664675163312128", execute=sure), Reply | Preview)
    assert_type(client.call("cancel", order_id="693664675163312128"), Preview)
    assert_type(client.call("cancel_order", order_id="693664675163312128").send(), Reply)
    assert_type(client.call("cancel_order", order_id="693664675163312128", execute=True), Reply)
    assert_type(client.call("create_watchlist_group", name="mine"), Preview)


def baskets(client: Client, orders: pd.DataFrame) -> None:
    """Many orders give a basket, or the frame of their outcomes."""
    assert_type(client.submit_order(orders=orders), Basket)
    assert_type(client.submit_order(orders=[{"symbol": "700.HK"}], execute=True), pd.DataFrame)
    assert_type(client.call("submit_order", orders=orders), Basket)
    assert_type(client.call("submit_order", orders=orders).send(), pd.DataFrame)
    assert_type(client.call("submit_order", orders=orders, execute=True), pd.DataFrame)


def mistakes(client: Client) -> None:
    """What a checker refuses; an ignore that is not needed is an error too."""
    client.quote(symbol=700)  # type: ignore[arg-type]
    client.quotes("700.HK")  # type: ignore[attr-defined]
    client.candlesticks("700.HK", period="fortnight")  # type: ignore[arg-type]
    client.submit_order("700.HK", side="Hold", type="LO")  # type: ignore[call-overload]
    client.cancel_order("1").frame()  # type: ignore[attr-defined]
    client.quote("700.HK").frame(kind="dask")  # type: ignore[call-overload]
