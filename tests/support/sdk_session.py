"""Run by tests in a process of its own: the official SDK as a client of the sandbox.

The SDK's synchronous calls hold the interpreter lock, so it can't share a process with anything that must
answer it. Reads the sandbox's facts as JSON from stdin, writes what it saw as JSON to stdout.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property
from typing import Any

from longbridge import openapi as lb


def config(info: dict[str, Any]) -> lb.Config:
    return lb.Config.from_apikey(
        info["app_key"],
        info["app_secret"],
        info["access_token"],
        http_url=info["http_url"],
        quote_ws_url=info["quote_ws_url"],
        trade_ws_url=info["trade_ws_url"],
        enable_print_quote_packages=False,
        enable_papertrading=True,
        quote_transport=lb.QuoteTransport.Http,
    )


class Contexts:
    """One context of each kind, all of them open until the process ends.

    When a context is dropped and another of its kind follows, the SDK may close the new one's connection.
    """

    def __init__(self, info: dict[str, Any]) -> None:
        self._config = config(info)

    @cached_property
    def trade(self) -> lb.TradeContext:
        return lb.TradeContext(self._config)

    @cached_property
    def quote(self) -> lb.QuoteContext:
        return lb.QuoteContext(self._config)

    @cached_property
    def market(self) -> lb.MarketContext:
        return lb.MarketContext(self._config)

    @cached_property
    def asset(self) -> lb.AssetContext:
        return lb.AssetContext(self._config)

    @cached_property
    def portfolio(self) -> lb.PortfolioContext:
        return lb.PortfolioContext(self._config)


def name(value: Any) -> str:
    return str(value).rpartition(".")[2]


def state(order: Any) -> dict[str, str]:
    return {
        "order_id": order.order_id,
        "status": name(order.status),
        "quantity": str(order.quantity),
        "price": str(order.price),
        "executed": str(order.executed_quantity),
        "executed_price": str(order.executed_price),
        "symbol": order.symbol,
    }


def trading(info: dict[str, Any], contexts: Contexts) -> dict[str, Any]:
    """Positions, balance, an order's life, executions."""
    trade = contexts.trade
    seen: dict[str, Any] = {}
    seen["positions"] = {
        p.symbol: [str(p.quantity), str(p.cost_price), p.currency]
        for channel in trade.stock_positions().channels
        for p in channel.positions
    }
    (balance,) = trade.account_balance()
    seen["cash"] = {info.currency: str(info.available_cash) for info in balance.cash_infos}
    seen["net_assets"] = str(balance.net_assets)
    filled = trade.submit_order(
        "700.HK",
        lb.OrderType.MO,
        lb.OrderSide.Buy,
        Decimal(100),
        lb.TimeInForceType.Day,
        remark="from the SDK",
    )
    seen["filled"] = state(trade.order_detail(filled.order_id))
    seen["history"] = [name(event.status) for event in trade.order_detail(filled.order_id).history]
    low = Decimal(info["low"])
    resting = trade.submit_order(
        "700.HK", lb.OrderType.LO, lb.OrderSide.Buy, Decimal(200), lb.TimeInForceType.GoodTilCanceled,
        submitted_price=low,
    )  # fmt: skip
    seen["resting"] = state(trade.order_detail(resting.order_id))
    trade.replace_order(resting.order_id, Decimal(300), price=low - 1)
    seen["replaced"] = state(trade.order_detail(resting.order_id))
    trade.cancel_order(resting.order_id)
    seen["cancelled"] = state(trade.order_detail(resting.order_id))
    seen["today"] = [state(order) for order in trade.today_orders()]
    seen["history_orders"] = [order.order_id for order in trade.history_orders(symbol="700.HK")]
    seen["executions"] = [
        [e.order_id, e.trade_id, str(e.quantity), str(e.price)] for e in trade.today_executions()
    ]
    seen["all"] = [e.trade_id for e in trade.all_executions().trades]
    seen["after"] = {
        p.symbol: str(p.quantity) for channel in trade.stock_positions().channels for p in channel.positions
    }
    estimate = trade.estimate_max_purchase_quantity(
        "700.HK", lb.OrderType.LO, lb.OrderSide.Buy, price=Decimal(600)
    )
    seen["estimate"] = str(estimate.cash_max_qty)
    seen["margin"] = str(trade.margin_ratio("700.HK").im_factor)
    return seen


def quotes(_: dict[str, Any], contexts: Contexts) -> dict[str, Any]:
    """Quotes, the book, candles, what a security is."""
    quote = contexts.quote
    seen: dict[str, Any] = {}
    seen["quote"] = {q.symbol: str(q.last_done) for q in quote.quote(["700.HK", "AAPL.US"])}
    seen["static"] = {s.symbol: [s.lot_size, s.currency] for s in quote.static_info(["700.HK", "AAPL.US"])}
    depth = quote.depth("700.HK")
    seen["bids"] = [[str(level.price), level.volume] for level in depth.bids]
    seen["asks"] = [[str(level.price), level.volume] for level in depth.asks]
    candles = quote.candlesticks("700.HK", lb.Period.Day, 5, lb.AdjustType.NoAdjust)
    seen["candles"] = [[str(c.low), str(c.open), str(c.close), str(c.high)] for c in candles]
    seen["trades"] = len(quote.trades("700.HK", 20))
    seen["intraday"] = len(quote.intraday("700.HK"))
    seen["sessions"] = len(quote.trading_session())
    return seen


class Notes:
    """Calls methods and writes down what came back, as JSON, or how it failed."""

    def __init__(self) -> None:
        self.seen: dict[str, Any] = {}

    def __call__(self, method: str, call: Callable[..., Any], *args: Any, **named: Any) -> Any:
        try:
            value = call(*args, **named)
        except lb.OpenApiException as error:
            self.seen[method] = {"failed": str(error)}
            return None
        self.seen[method] = plain(value)
        return value


def plain(value: Any) -> Any:
    """Return an SDK object as JSON: its public attributes, one level after the other."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal | datetime | date | time):
        return str(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    names = [word for word in dir(value) if not word.startswith("_")]
    found = {word: getattr(value, word) for word in names}
    if any(isinstance(item, type(value)) for item in found.values()):
        return name(value)  # an enum: its members are its attributes
    return {word: plain(item) for word, item in found.items() if not callable(item)}


def trade_surface(info: dict[str, Any], contexts: Contexts, note: Notes) -> None:
    trade, asset, portfolio = contexts.trade, contexts.asset, contexts.portfolio
    start, end = (datetime.fromisoformat(info[word]) for word in ("start", "end"))
    buy, day, limit, lot = lb.OrderSide.Buy, lb.TimeInForceType.Day, lb.OrderType.LO, Decimal(100)
    placed = note("submit_order", trade.submit_order, "700.HK", lb.OrderType.MO, buy, lot, day)
    low = Decimal(info["low"])
    resting = trade.submit_order("700.HK", limit, buy, lot, day, submitted_price=low).order_id
    note("replace_order", trade.replace_order, resting, Decimal(200), price=low)
    note("cancel_order", trade.cancel_order, resting)
    note("order_detail", trade.order_detail, placed.order_id)
    legs = [(symbol, Decimal(1)) for symbol in info["legs"]]
    strategy = lb.MultiLegStrategy.VerticalCallSpread
    note("submit_multileg", trade.submit_multileg, buy, limit, Decimal(1), strategy, legs, Decimal(3))
    for word in ("today_orders", "history_orders", "today_executions", "account_balance", "stock_positions"):
        note(word, getattr(trade, word))
    note("history_executions", trade.history_executions, start_at=start, end_at=end)
    note("all_executions", trade.all_executions)
    note("fund_positions", trade.fund_positions)
    note("cash_flow", trade.cash_flow, start, end)
    note("margin_ratio", trade.margin_ratio, "700.HK")
    estimate = trade.estimate_max_purchase_quantity
    note("estimate_max_purchase_quantity", estimate, "AAPL.US", limit, buy, price=Decimal(270))
    note("exchange_rate", portfolio.exchange_rate)
    listed = note("statements", asset.statements, lb.StatementType.Daily)
    note("statement_download_url", asset.statement_download_url, listed.list[0].file_key)


def quote_surface(info: dict[str, Any], contexts: Contexts, note: Notes) -> None:
    quote, market = contexts.quote, contexts.market
    start, end = (datetime.fromisoformat(info[word]) for word in ("start", "end"))
    hk, us, plainly = "700.HK", "AAPL.US", lb.AdjustType.NoAdjust
    for word in ("quote", "static_info"):
        note(word, getattr(quote, word), [hk, us])
    for word in ("depth", "brokers", "intraday", "capital_flow", "capital_distribution", "filings"):
        note(word, getattr(quote, word), hk)
    note("trades", quote.trades, us, 30)
    for word in ("participants", "trading_session", "warrant_issuers", "watchlist"):
        note(word, getattr(quote, word))
    note("candlesticks", quote.candlesticks, us, lb.Period.Min_5, 10, plainly, lb.TradeSessions.All)
    offset, dates = quote.history_candlesticks_by_offset, quote.history_candlesticks_by_date
    note("history_candlesticks_by_offset", offset, hk, lb.Period.Day, plainly, False, 5, end)
    note("history_candlesticks_by_date", dates, hk, lb.Period.Week, plainly, start.date(), end.date())
    note("trading_days", quote.trading_days, lb.Market.HK, date(2026, 12, 1), date(2026, 12, 31))
    note("security_list", quote.security_list, lb.Market.US, lb.SecurityListCategory.Overnight)
    note("market_temperature", quote.market_temperature, lb.Market.US)
    history = quote.history_market_temperature
    note("history_market_temperature", history, lb.Market.HK, date(2026, 11, 1), date(2026, 11, 20))
    note("market_status", market.market_status)
    for word in ("short_positions", "short_trades"):
        note(word, getattr(quote, word), hk)
        note(f"{word}_us", getattr(quote, word), us)


def derivative_surface(_: dict[str, Any], contexts: Contexts, note: Notes) -> None:
    quote = contexts.quote
    hk, us = "700.HK", "AAPL.US"
    note("option_volume", quote.option_volume, us)
    note("option_volume_daily", quote.option_volume_daily, us)
    expiries = note("option_chain_expiry_date_list", quote.option_chain_expiry_date_list, us)
    chain = note("option_chain_info_by_date", quote.option_chain_info_by_date, us, expiries[1])
    contract = chain[20].symbol
    note("option_quote", quote.option_quote, [contract])
    descending = lb.SortOrderType.Descending
    warrants = note("warrant_list", quote.warrant_list, hk, lb.WarrantSortBy.Volume, descending)
    note("warrant_quote", quote.warrant_quote, [warrant.symbol for warrant in warrants])
    codes = [getattr(lb.CalcIndex, word) for word in dir(lb.CalcIndex) if word[0].isupper()]
    note("calc_indexes", quote.calc_indexes, [hk, us, contract, warrants[0].symbol], codes)


def watchlist_surface(_: dict[str, Any], contexts: Contexts, note: Notes) -> None:
    quote = contexts.quote
    group = note("create_watchlist_group", quote.create_watchlist_group, "tech", ["700.HK", "AAPL.US"])
    note("update_watchlist_group", quote.update_watchlist_group, group, name="t2", securities=["5.HK"])
    note("update_pinned", quote.update_pinned, lb.PinnedMode.Add, ["5.HK"])
    note("watchlist_full", quote.watchlist)
    note("delete_watchlist_group", quote.delete_watchlist_group, group, True)
    note("watchlist_after", quote.watchlist)


def surface(info: dict[str, Any], contexts: Contexts) -> dict[str, Any]:
    """Call every method the sandbox carries; say what came back, and what failed."""
    note = Notes()
    for part in (trade_surface, quote_surface, derivative_surface, watchlist_surface):
        part(info, contexts, note)
    return note.seen


if __name__ == "__main__":
    request = json.load(sys.stdin)
    run = {"trading": trading, "quotes": quotes, "surface": surface}[sys.argv[1]]
    json.dump(run(request, Contexts(request)), sys.stdout)
