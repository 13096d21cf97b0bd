"""Run by tests in a process of its own: the official SDK as a client of the sandbox.

The SDK's synchronous calls hold the interpreter lock, so it can't share a process with anything that must
answer it. Reads the sandbox's facts as JSON from stdin, writes what it saw as JSON to stdout.
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal
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


def trading(info: dict[str, Any]) -> dict[str, Any]:
    """Positions, balance, an order's life, executions."""
    trade = lb.TradeContext(config(info))
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


def quotes(info: dict[str, Any]) -> dict[str, Any]:
    """Quotes, the book, candles, what a security is."""
    quote = lb.QuoteContext(config(info))
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


if __name__ == "__main__":
    request = json.load(sys.stdin)
    run = {"trading": trading, "quotes": quotes}[sys.argv[1]]
    json.dump(run(request), sys.stdout)
