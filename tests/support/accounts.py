"""An account made of plain replies, for valuations: what it holds, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from jupyter_openapi.account import Account
from jupyter_openapi.errors import ApiError, OpenAPIError, TransportError
from jupyter_openapi.market.symbols import MARKET_ZONES

TODAY = datetime(2026, 11, 20, 15, tzinfo=UTC)
RATES = (("USD", "HKD", 7.8), ("HKD", "USD", 0.1282), ("CNH", "HKD", 1.1))


def offline(operation: str) -> TransportError:
    return TransportError(
        f"{operation}: no answer from https://openapi.longbridge.com (the name does not resolve)."
    )


def refused(message: str, code: int, http_status: int = 400) -> ApiError:
    return ApiError(message, code=code, http_status=http_status, trace_id="t")


def stock(
    symbol: str, quantity: str, cost: str | None, opening: str | None = None, **more: str
) -> dict[str, Any]:
    market = symbol.rpartition(".")[2]
    row = {
        "symbol": symbol,
        "symbol_name": more.pop("name", symbol.partition(".")[0]),
        "quantity": quantity,
        "available_quantity": quantity,
        "currency": {"HK": "HKD", "US": "USD", "SG": "SGD", "SH": "CNY"}[market],
        "cost_price": cost,
        "market": {"SH": "CN"}.get(market, market),
        "init_quantity": opening,
        **more,
    }
    return {name: value for name, value in row.items() if value is not None}


def fund(symbol: str, units: str, cost: str, value: str, currency: str = "HKD") -> dict[str, Any]:
    return {
        "symbol": symbol,
        "symbol_name": f"Fund {symbol}",
        "currency": currency,
        "holding_units": units,
        "current_net_asset_value": value,
        "cost_net_asset_value": cost,
        "net_asset_value_day": "1795132800",
    }


def quote(symbol: str, last: str, previous: str, at: datetime | None = None, **more: Any) -> dict[str, Any]:
    stamp = str(int((at or datetime.now(UTC)).timestamp()))
    return {"symbol": symbol, "last_done": last, "prev_close": previous, "timestamp": stamp, **more}


def fill(  # noqa: PLR0917 (a row, as it reads)
    number: int, symbol: str, side: str | None, quantity: str, price: str, at: int, order: str | None = None
) -> dict[str, Any]:
    row = {
        "order_id": order or f"o{number}",
        "trade_id": f"t{number}",
        "symbol": symbol,
        "quantity": quantity,
        "price": price,
        "trade_done_at": str(at),
    }
    return row if side is None else {**row, "side": side}


@dataclass
class FakeAccount:
    """Answers reads from its lists. `fails` maps an operation to the error it gives instead."""

    stocks: list[dict[str, Any]] = field(default_factory=list)
    funds: list[dict[str, Any]] = field(default_factory=list)
    quotes: list[dict[str, Any]] = field(default_factory=list)
    options: list[dict[str, Any]] = field(default_factory=list)
    cash: dict[str, str] = field(default_factory=dict)
    rates: tuple[tuple[str, str, float], ...] = RATES
    today: list[dict[str, Any]] = field(default_factory=list)
    fills: list[dict[str, Any]] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    details: dict[str, dict[str, Any]] = field(default_factory=dict)
    analysis: list[dict[str, Any]] | None = None
    flows: list[dict[str, Any]] = field(default_factory=list)
    actions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    closes: dict[tuple[str, str], str] = field(default_factory=dict)
    statics: dict[str, dict[str, Any]] = field(default_factory=dict)
    balances: list[dict[str, Any]] | None = None
    net_assets: str = ""
    fails: dict[str, OpenAPIError] = field(default_factory=dict)
    refuses: Callable[[list[str]], OpenAPIError | None] = lambda _: None
    before: Callable[[str], None] = lambda _: None
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    tz: str = "UTC"
    live: Any = None
    owner: str = "one"
    account: Account = field(
        default_factory=lambda: Account(
            "paper", True, "profile 'main'", "4821", "https://openapi.longbridge.com", True
        )
    )

    def call(self, operation: str, /, **parameters: Any) -> Any:
        self.calls.append((operation, parameters))
        self.before(operation)
        if operation in self.fails:
            raise self.fails[operation]
        return SimpleNamespace(data=getattr(self, f"_{operation}")(parameters))

    @property
    def connection(self) -> SimpleNamespace:
        return SimpleNamespace(owner=self.owner)

    def names(self) -> list[str]:
        return [name for name, _ in self.calls]

    @property
    def throttled(self) -> int:
        return 0

    def limits_left(self) -> dict[str, int]:
        return {}

    token_renews = False

    def token_days_left(self) -> float | None:
        return None

    def _stock_positions(self, _: Any) -> Any:
        return {"list": [{"account_channel": "lb", "stock_info": self.stocks}]}

    def _fund_positions(self, _: Any) -> Any:
        return {"list": [{"account_channel": "lb", "fund_info": self.funds}]}

    def _account_balance(self, asked: Any) -> Any:
        if self.balances is not None:
            return {"list": self.balances}
        infos = [
            {"currency": name, "available_cash": part, "frozen_cash": "0", "settling_cash": "0"}
            for name, part in self.cash.items()
        ]
        entry = {"currency": asked.get("currency", "HKD"), "net_assets": self.net_assets, "cash_infos": infos}
        return {"list": [entry]}

    def _exchange_rate(self, _: Any) -> Any:
        return {
            "exchanges": [
                {"base_currency": base, "other_currency": other, "average_rate": rate}
                for base, other, rate in self.rates
            ]
        }

    def _us_exchange_rates(self, _: Any) -> Any:
        raise refused("wrong region", 403001)

    def _quotes_of(self, known: list[dict[str, Any]], asked: list[str]) -> Any:
        failure = self.refuses(asked)
        if failure is not None:
            raise failure
        return {"secu_quote": [row for row in known if row["symbol"] in asked]}

    def _quote(self, asked: Any) -> Any:
        return self._quotes_of(self.quotes, asked["symbol"])

    def _option_quote(self, asked: Any) -> Any:
        return self._quotes_of(self.options, asked["symbol"])

    def _static_info(self, asked: Any) -> Any:
        usual = {"currency": "CNY"}
        return {
            "secu_static_info": [
                {"symbol": symbol, **self.statics.get(symbol, usual)} for symbol in asked["symbol"]
            ]
        }

    def _fundamental_corp_action(self, asked: Any) -> Any:
        return {"items": self.actions.get(asked["symbol"], [])}

    def _history_candlesticks(self, asked: Any) -> Any:
        """Daily closes, by symbol and day."""
        zone = MARKET_ZONES[asked["symbol"].rpartition(".")[2]]
        rows = [
            {"timestamp": str(int(datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).timestamp()))}
            | {"close": close}
            for (symbol, day), close in self.closes.items()
            if symbol == asked["symbol"] and str(asked["start_date"]) <= day <= str(asked["end_date"])
        ]
        return {"symbol": asked["symbol"], "candlesticks": rows}

    def _today_executions(self, _: Any) -> Any:
        return {"trades": self.today}

    def _history_executions(self, asked: Any) -> Any:
        return {"trades": _window(self.fills, "trade_done_at", asked), "has_more": False}

    def _today_orders(self, _: Any) -> Any:
        return {"orders": []}

    def _history_orders(self, asked: Any) -> Any:
        return {"orders": _window(self.orders, "submitted_at", asked), "has_more": False}

    def _order_detail(self, asked: Any) -> Any:
        if asked["order_id"] not in self.details:
            raise refused("order not found", 602001)
        return self.details[asked["order_id"]]

    def _portfolio_profit_analysis_sublist(self, _: Any) -> Any:
        if self.analysis is None:
            raise refused("not carried", 404000, 404)
        return {"items": self.analysis}

    def _cash_flow(self, asked: Any) -> Any:
        first, last = int(asked["start_time"]), int(asked["end_time"])
        rows = [row for row in self.flows if first <= int(row["business_time"]) <= last]
        return {"list": rows if int(asked.get("page") or 1) == 1 else []}


def _window(rows: list[dict[str, Any]], name: str, asked: Any) -> list[dict[str, Any]]:
    return [row for row in rows if int(asked["start_at"]) <= int(row[name]) <= int(asked["end_at"])]
