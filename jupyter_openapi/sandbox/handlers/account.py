"""Handlers of the account: balances, holdings, movements of cash, exchange rates."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from jupyter_openapi.sandbox.dispatch import FILES, World, carries
from jupyter_openapi.sandbox.errors import Refused, bad
from jupyter_openapi.sandbox.exchange import rules
from jupyter_openapi.sandbox.exchange.hours import today
from jupyter_openapi.sandbox.exchange.model import ZERO, Position
from jupyter_openapi.sandbox.gate import CHANNEL
from jupyter_openapi.sandbox.responses import CENT, number, offset_of, rounded, seconds
from jupyter_openapi.sandbox.simulation.securities import RENMINBI, display_name, multiplier_of
from jupyter_openapi.sandbox.simulation.trading_days import midnight

Fields = dict[str, Any]

RATES = {"HKD": Decimal(1), "USD": Decimal("7.785"), "CNH": RENMINBI, "CNY": RENMINBI}
"""One unit in Hong Kong dollars. The sandbox's rates never move."""

SPREAD = Decimal("0.0006")


@carries("account_balance")
def account_balance(world: World, fields: Fields) -> Fields:
    """Return the account's money, stated in Hong Kong dollars or in the currency asked for."""
    account = world.exchange.blotter.account
    currency = fields.get("currency") or "HKD"
    cash = sum((convert(amount, own, currency) for own, amount in account.cash.items()), ZERO)
    held = sum((convert(amount, own, currency) for own, amount in account.held_cash.items()), ZERO)
    shares = holdings_value(world, currency)
    infos = [
        {
            "withdraw_cash": rounded(account.buying_power(own), CENT),
            "available_cash": rounded(account.buying_power(own), CENT),
            "frozen_cash": rounded(account.held_cash.get(own, ZERO), CENT),
            "settling_cash": "0",
            "currency": own,
        }
        for own in account.cash
    ]
    balance = {
        "total_cash": rounded(cash, CENT),
        "max_finance_amount": "0",
        "remaining_finance_amount": "0",
        "risk_level": "0",
        "margin_call": "0",
        "currency": currency,
        "net_assets": rounded(cash + shares, CENT),
        "init_margin": rounded(shares, CENT),
        "maintenance_margin": rounded(shares, CENT),
        "buy_power": rounded(cash - held, CENT),
        "cash_infos": infos,
        "frozen_transaction_fees": [
            {"currency": own, "frozen_transaction_fee": rounded(account.held_fees.get(own, ZERO), CENT)}
            for own in account.cash
        ],
    }
    return {"list": [balance]}


@carries("stock_positions")
def stock_positions(world: World, fields: Fields) -> Fields:
    """Return the holdings, all or those of the symbols asked for."""
    account = world.exchange.blotter.account
    wanted = fields.get("symbol")
    rows = []
    for position in account.positions.values():
        if wanted and position.symbol not in wanted:
            continue
        security = rules.instrument(position.symbol)
        rows.append(
            {
                "symbol": position.symbol,
                "symbol_name": display_name(security),
                "quantity": number(position.quantity),
                "available_quantity": number(account.available(position.symbol)),
                "currency": security.currency,
                "cost_price": rounded(position.average),
                "market": security.market,
                "init_quantity": number(_at_opening(position, security.market, world.now())),
            }
        )
    return {"list": [{"account_channel": CHANNEL, "stock_info": rows}]}


@carries("fund_positions")
def fund_positions(world: World, fields: Fields) -> Fields:
    """Return the fund holdings: the sandbox has no funds."""
    del world, fields
    return {"list": [{"account_channel": CHANNEL, "fund_info": []}]}


@carries("cash_flow")
def cash_flow(world: World, fields: Fields) -> Fields:
    """Return the movements of cash in a window of time, newest first."""
    start, end = fields["start_time"], fields["end_time"]
    if start > end:
        raise bad("start_time", "is after end_time")
    where, values = ["at >= ? and at < ?"], [start, end + 1]
    if fields.get("symbol"):
        where.append("symbol = ?")
        values.append(fields["symbol"])
    kind = fields.get("business_type")
    if kind is not None:
        where.append({1: "symbol = ''", 2: "symbol <> ''"}.get(kind, "0"))
    size = fields.get("size") or 50
    offset = offset_of(fields.get("page"), size)
    condition = f"{' and '.join(where)} order by seq desc limit ? offset ?"
    rows = [
        {
            "transaction_flow_name": flow.name,
            "direction": 1 if flow.amount < 0 else 2,
            "business_type": 2 if flow.symbol else 1,
            "balance": number(flow.amount),
            "currency": flow.currency,
            "business_time": seconds(flow.at),
            "symbol": flow.symbol,
            "description": flow.description,
        }
        for flow in world.store.flows(condition, [*values, size, offset])
    ]
    return {"list": rows}


@carries("margin_ratio")
def margin_ratio(world: World, fields: Fields) -> Fields:
    """Return the margin factors: 1, for the sandbox lends nothing."""
    del world
    rules.instrument(fields["symbol"])
    return {"im_factor": "1", "mm_factor": "1", "fm_factor": "1"}


@carries("exchange_rate")
def exchange_rate(world: World, fields: Fields) -> Fields:
    """Return the rates of exchange between every two currencies, as JSON numbers."""
    del world, fields
    rows = []
    for base in RATES:
        for other in RATES:
            if base != other:
                rate = convert(Decimal(1), base, other)
                rows.append(
                    {
                        "average_rate": _float(rate),
                        "base_currency": base,
                        "bid_rate": _float(rate * (1 - SPREAD)),
                        "offer_rate": _float(rate * (1 + SPREAD)),
                        "other_currency": other,
                    }
                )
    return {"exchanges": rows}


def convert(amount: Decimal, currency: str, into: str) -> Decimal:
    """Convert at the sandbox's own rates."""
    return amount if currency == into else amount * RATES[currency] / RATES[into]


def holdings_value(world: World, currency: str) -> Decimal:
    """Return what the shares are worth at their last prices."""
    now = world.now()
    return sum(
        (
            convert(
                position.quantity * world.exchange.market.last(symbol, now) * multiplier_of(symbol),
                rules.instrument(symbol).currency,
                currency,
            )
            for symbol, position in world.exchange.blotter.account.positions.items()
        ),
        ZERO,
    )


def _at_opening(position: Position, market: str, now: float) -> Decimal:
    """Return the shares held when the day began."""
    return position.opening if position.day == today(market, now).isoformat() else position.quantity


def _float(rate: Decimal) -> float:
    return float(round(rate, 6))


MONTHLY = 2
MOST = 500
_KEY = re.compile(r"(daily|monthly)-(\d{8})")


@carries("statements")
def statements(world: World, fields: Fields) -> Fields:
    """Return the statements, newest first; `start_date` is the page, as the official SDK sends it."""
    kind = "monthly" if fields["statement_type"] == MONTHLY else "daily"
    days = _days(world, kind)
    size = min(fields["limit"], MOST)
    first = (fields["start_date"] - 1) * size
    rows = [{"dt": int(f"{day:%Y%m%d}"), "file_key": f"{kind}-{day:%Y%m%d}"} for day in days]
    return {"list": rows[first : first + size]}


@carries("statement_download_url")
def statement_download_url(world: World, fields: Fields) -> Fields:
    """Return where one statement can be fetched."""
    key = fields["file_key"]
    _span(world, key)
    return {"url": f"{world.url}/sandbox/files/{key}.json?code={_code(world, key)}"}


def statement_file(world: World, name: str, code: str) -> Fields:
    """Return a statement's content, if the code is right."""
    key = name.removesuffix(".json")
    if not hmac.compare_digest(code.encode("utf-8", "replace"), _code(world, key).encode()):
        raise Refused("code: not this file's", code=403201, status=403)
    start, end = _span(world, key)
    flows = world.store.flows("at >= ? and at < ? order by seq", [start, end])
    fills = world.store.executions("at >= ? and at < ? order by seq", [start, end])
    return {
        "statement": key,
        "account": str(world.ring.keys.aaid),
        "cash_flows": [
            {
                "name": flow.name,
                "amount": number(flow.amount),
                "currency": flow.currency,
                "symbol": flow.symbol,
                "time": seconds(flow.at),
            }
            for flow in flows
        ],
        "executions": [
            {
                "trade_id": fill.trade_id,
                "symbol": fill.symbol,
                "side": fill.side,
                "quantity": number(fill.quantity),
                "price": number(fill.price),
                "time": seconds(fill.at),
            }
            for fill in fills
        ],
    }


FILES["/sandbox/files/"] = statement_file


def _days(world: World, kind: str) -> list[date]:
    """Return the last day of every period since the account opened that is over."""
    opened = today("HK", world.store.setting("opened"))
    day = today("HK", world.now()) - timedelta(days=1)
    found = []
    while day >= opened:
        if kind == "daily" or (day + timedelta(days=1)).day == 1:
            found.append(day)
        day -= timedelta(days=1)
    return found


def _span(world: World, key: str) -> tuple[float, float]:
    match = _KEY.fullmatch(key)
    try:
        day = datetime.strptime(match[2], "%Y%m%d").replace(tzinfo=UTC).date() if match else None
    except ValueError:
        day = None
    if match is None or day is None or day not in _days(world, match[1]):
        raise bad("file_key", f"there is no statement {key:.60}")
    first = day.replace(day=1) if match[1] == "monthly" else day
    return midnight("HK", first), midnight("HK", day + timedelta(days=1))


def _code(world: World, key: str) -> str:
    return hmac.new(world.ring.keys.app_secret.encode(), key.encode(), hashlib.sha256).hexdigest()
