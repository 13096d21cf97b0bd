"""Handlers of the profit analysis: what the account and each security brought in a period.

Everything follows from the sandbox's own fills, movements of cash and prices:

* an account's value at a moment is its cash then and its holdings then at their last prices, in Hong Kong
  dollars at the sandbox's rates; its profit is the change of that value less deposits, plus withdrawals;
* a security's profit is the change of its value, plus what its sales, dividends and expiries brought, less
  what its purchases and fees cost, in its own currency. Options count with their share, as its derivatives.

So the profits of all securities and the interest add up to the account's. A period begins with the account
at the earliest; what the account opened with, or its first deposits, is its value at that moment. The rate of
profit is of the first value and the deposits since. What "invested" and the rate mean is read so here:
the broker does not describe them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Any

from jupyter_openapi.market.sessions import zone
from jupyter_openapi.market.symbols import contract, market_of
from jupyter_openapi.sandbox.dispatch import World, carries
from jupyter_openapi.sandbox.errors import bad
from jupyter_openapi.sandbox.exchange import past, rules
from jupyter_openapi.sandbox.exchange.model import ZERO, Execution, Flow
from jupyter_openapi.sandbox.handlers.account import RATES, convert
from jupyter_openapi.sandbox.handlers.markets import counter_of
from jupyter_openapi.sandbox.responses import CENT, number, offset_of, rounded
from jupyter_openapi.sandbox.simulation.securities import display_name, multiplier_of, underlying_of
from jupyter_openapi.sandbox.simulation.trading_days import midnight

Fields = dict[str, Any]

BASE = "HKD"
DAY = 86_400
MARKETS = ("HK", "US", "CN", "SG")
KINDS = ("all", "profit", "loss")
_RATE = Decimal("0.000001")
_FEES = "TradingFees"


@dataclass(slots=True)
class Part:
    """What one security, or the options on it, brought in a period; amounts in its currency."""

    first: Decimal = ZERO  # what was held at the start, at its price then
    last: Decimal = ZERO
    flows: list[Flow] = field(default_factory=list)

    @property
    def profit(self) -> Decimal:
        """The change of its value, and what came in less what went out."""
        return self.last - self.first + sum((flow.amount for flow in self.flows), ZERO)

    def paid(self, name: str) -> Decimal:
        """Return what flows whose name begins so moved, without a sign."""
        return sum((abs(flow.amount) for flow in self.flows if flow.name.startswith(name)), ZERO)


@dataclass(slots=True)
class Item:
    """A security with its derivatives."""

    own: Part = field(default_factory=Part)
    derived: Part = field(default_factory=Part)

    @property
    def profit(self) -> Decimal:
        """Of both."""
        return self.own.profit + self.derived.profit


class Period:
    """The account between two moments; both are held within its life.

    Parameters
    ----------
    world
        The sandbox.
    start, end
        Unix seconds, or None for the account's beginning and now.
    """

    def __init__(self, world: World, start: float | None, end: float | None) -> None:
        self._world = world
        self.now = world.now()
        opened = float(world.store.setting("opened"))
        if start is not None and end is not None and start > end:
            raise bad("start", "is after end")
        self.start = min(max(opened if start is None else start, opened), self.now)
        self.end = max(min(self.now if end is None else end, self.now), self.start)
        # What happened at the very moment of the opening came after it: a clock may stand still.
        self.since = opened - 1 if self.start == opened else self.start
        self._splits = past.splits(world.store)
        self.before_it_began = end is not None and end < opened

    @cached_property
    def flows(self) -> list[Flow]:
        """Every movement of cash after the start, up to the end; what it began with is none."""
        found = self._world.store.flows("at > ? and at <= ? order by seq", [self.since, self.end])
        return [flow for flow in found if not self._began_with(flow)]

    @cached_property
    def held_first(self) -> dict[str, Decimal]:
        """What was held at the start."""
        store = self._world.store
        return past.holdings(store, self.start) if self.since == self.start else past.opening(store)

    @cached_property
    def items(self) -> dict[str, Item]:
        """What each security brought, by symbol: those held at the start or at the end, or moved between."""
        items: dict[str, Item] = {}
        for symbol, quantity in self.held_first.items():
            self._part(items, symbol).first += self._worth(symbol, quantity, self.start)
        for symbol, quantity in past.holdings(self._world.store, self.end).items():
            self._part(items, symbol).last += self._worth(symbol, quantity, self.end)
        for flow in self.flows:
            if flow.symbol:
                self._part(items, flow.symbol).flows.append(flow)
        return items

    def first(self) -> Decimal:
        """Return what the account was worth at the start, in Hong Kong dollars."""
        flows = self._world.store.flows("at <= ?", [self.start])
        begun = [flow for flow in flows if self.since == self.start or self._began_with(flow)]
        return self._sum(begun, self.held_first, self.start)

    def value(self, at: float) -> Decimal:
        """Return what the account was worth at a moment, in Hong Kong dollars."""
        store = self._world.store
        return self._sum(store.flows("at <= ?", [at]), past.holdings(store, at), at)

    def _sum(self, flows: Iterable[Flow], held: Mapping[str, Decimal], at: float) -> Decimal:
        cash = sum((convert(flow.amount, flow.currency, BASE) for flow in flows), ZERO)
        worth = (in_base(symbol, self._worth(symbol, quantity, at)) for symbol, quantity in held.items())
        return sum(worth, cash)

    def _began_with(self, flow: Flow) -> bool:
        """Tell whether a flow is what the account was opened with, in a period that begins then."""
        return self.since < flow.at == self.start and flow.name == "Deposit"

    def transfers(self, *, out: bool) -> Decimal:
        """Return what was paid in or out between, in Hong Kong dollars, without a sign."""
        name = "Withdrawal" if out else "Deposit"
        moved = [flow for flow in self.flows if flow.name == name and not flow.symbol]
        return sum((convert(abs(flow.amount), flow.currency, BASE) for flow in moved), ZERO)

    def fills(self) -> list[Execution]:
        """Return the fills after the start, up to the end."""
        return self._world.store.executions("at > ? and at <= ? order by seq", [self.since, self.end])

    def head(self) -> Fields:
        """Return the period as the replies state it: seconds in text, days of Hong Kong."""
        return {
            "start": str(int(self.start)),
            "end": str(int(self.end)),
            "start_date": _day(self.start),
            "end_date": _day(self.end),
        }

    def updated(self) -> Fields:
        """Return when the figures are of."""
        return {"updated_at": str(int(self.now)), "updated_date": _day(self.now)}

    def _part(self, items: dict[str, Item], symbol: str) -> Part:
        share = _share_of(symbol)
        item = items.setdefault(share, Item())
        return item.own if share == symbol else item.derived

    def _worth(self, symbol: str, quantity: Decimal, at: float) -> Decimal:
        """Return what a holding was worth; before a split its price was that many times as high."""
        price = self._world.exchange.market.last(symbol, at)
        for split in self._splits:
            if split.symbol == symbol and split.at > at:
                price *= split.ratio
        return quantity * price * multiplier_of(symbol)


@carries("portfolio_profit_analysis")
def profit_analysis(world: World, fields: Fields) -> Fields:
    """Return the account's profit over a period, in Hong Kong dollars."""
    period = _period(world, fields)
    first, last = (ZERO, ZERO) if period.before_it_began else (period.first(), period.value(period.end))
    paid_in, paid_out = (period.transfers(out=out) for out in (False, True))
    profit, invested = last - first - paid_in + paid_out, first + paid_in
    fills = period.fills()
    return {
        "currency": BASE,
        "current_total_asset": rounded(period.value(period.now), CENT),
        "start_date": _day(period.start),
        "end_date": _day(period.end),
        "start_time": str(int(period.start)),
        "end_time": str(int(period.end)),
        "ending_asset_value": rounded(last, CENT),
        "initial_asset_value": rounded(first, CENT),
        "invest_amount": rounded(invested, CENT),
        "is_traded": bool(fills),
        "sum_profit": rounded(profit, CENT),
        "sum_profit_rate": rounded(profit / invested if invested else ZERO, _RATE),
        "profits": _breakdown(period, fills, profit),
    }


@carries("portfolio_profit_analysis_sublist")
def profit_analysis_sublist(world: World, fields: Fields) -> Fields:
    """Return what each security brought in a period, the best first; amounts in its currency."""
    kind = fields["profit_or_loss"]
    _check("profit_or_loss", kind, KINDS)
    period = _period(world, fields)
    rows = [
        _row(world, period, symbol, item)
        for symbol, item in _ranked(period)
        if kind == "all" or (item.profit > 0 if kind == "profit" else item.profit < 0)
    ]
    return {**period.head(), **period.updated(), "items": rows}


@carries("portfolio_profit_analysis_by_market")
def profit_analysis_by_market(world: World, fields: Fields) -> Fields:
    """Return what each security brought, all in one currency, in pages; `profit` is the page's total."""
    market, currency = fields.get("market"), fields.get("currency", BASE)
    _check("market", market or "HK", MARKETS)
    _check("currency", currency, RATES)
    period = _period(world, fields)
    ranked = [(s, item) for s, item in _ranked(period) if market in {None, market_of(s)}]
    size = fields["size"]
    skipped = offset_of(fields["page"], size)
    page = ranked[skipped : skipped + size]
    profits = [(symbol, convert(item.profit, _currency(symbol), currency)) for symbol, item in page]
    rows = [
        {
            "code": symbol.rpartition(".")[0],
            "name": display_name(rules.instrument(symbol)),
            "market": market_of(symbol),
            "profit": rounded(profit, CENT),
        }
        for symbol, profit in profits
    ]
    total = sum((profit for _, profit in profits), ZERO)
    return {
        "profit": rounded(total, CENT),
        "has_more": len(ranked) > skipped + size,
        "stock_items": rows,
    }


@carries("portfolio_profit_analysis_detail")
def profit_analysis_detail(world: World, fields: Fields) -> Fields:
    """Return how a security's profit came about, in its currency."""
    known = rules.security(fields["symbol"])
    period = _period(world, fields)
    item = period.items.get(known.symbol, Item())
    return {
        "profit": rounded(item.profit, CENT),
        "underlying_details": _details(item.own),
        "derivative_pnl_details": _details(item.derived),
        "name": display_name(known),
        "currency": known.currency,
        "default_tag": 0,
        **period.head(),
        **period.updated(),
    }


@carries("portfolio_profit_analysis_flows")
def profit_analysis_flows(world: World, fields: Fields) -> Fields:
    """Return the fills behind a security's profit, the latest first, in pages."""
    known = rules.security(fields["symbol"])
    days = [fields.get(name) for name in ("start", "end")]
    start, end = (None if day is None else midnight("HK", datetime.fromisoformat(day).date()) for day in days)
    period = Period(world, start, None if end is None else end + DAY - 1)
    fills = [
        fill
        for fill in reversed(period.fills())
        if _share_of(fill.symbol) == known.symbol and (fill.symbol != known.symbol) == fields["derivative"]
    ]
    size = fields["size"]
    skipped = offset_of(fields["page"], size)
    rows = [
        {
            "executed_date": _day(fill.at),
            "executed_timestamp": int(fill.at),
            "code": fill.symbol.rpartition(".")[0],
            "direction": fill.side.lower(),
            "executed_quantity": number(fill.quantity),
            "executed_price": number(fill.price),
            "executed_cost": number(fill.quantity * fill.price * multiplier_of(fill.symbol)),
            "describe": "",
        }
        for fill in fills[skipped : skipped + size]
    ]
    return {"flows_list": rows, "has_more": len(fills) > skipped + size}


def in_base(symbol: str, amount: Decimal) -> Decimal:
    """Return an amount of a security's currency in Hong Kong dollars."""
    return convert(amount, _currency(symbol), BASE)


def _check(name: str, given: str, known: Iterable[str]) -> None:
    if given not in known:
        raise bad(name, f"{given!r:.40} isn't one of {', '.join(known)}")


def _period(world: World, fields: Fields) -> Period:
    return Period(world, fields.get("start"), fields.get("end"))


def _ranked(period: Period) -> list[tuple[str, Item]]:
    return sorted(period.items.items(), key=lambda one: (-in_base(one[0], one[1].profit), one[0]))


def _breakdown(period: Period, fills: Iterable[Execution], profit: Decimal) -> Fields:
    """Return the account's profit by kind: the interest is in `other`."""
    ranked = _ranked(period)
    stock = sum((in_base(symbol, item.profit) for symbol, item in ranked), ZERO)
    value = [in_base(fill.symbol, fill.quantity * fill.price * multiplier_of(fill.symbol)) for fill in fills]
    best = ranked[0][0] if ranked and ranked[0][1].profit > 0 else ""
    worst = ranked[-1][0] if ranked and ranked[-1][1].profit < 0 else ""
    return {
        "stock": rounded(stock, CENT),
        "fund": "0",
        "crypto": "0",
        "mmf": "0",
        "ipo": "0",
        "other": rounded(profit - stock, CENT),
        "cumulative_transaction_amount": rounded(sum(value, ZERO), CENT),
        "trade_order_num": str(len({fill.order_id for fill in fills})),
        "trade_stock_num": str(len({fill.symbol for fill in fills})),
        "ipo_hit": 0,
        "ipo_subscription": 0,
        "summary_info": [
            {
                "asset_type": "stock",
                "profit_max": best,
                "profit_max_name": display_name(rules.instrument(best)) if best else "",
                "loss_max": worst,
                "loss_max_name": display_name(rules.instrument(worst)) if worst else "",
            }
        ],
    }


def _row(world: World, period: Period, symbol: str, item: Item) -> Fields:
    known = rules.instrument(symbol)
    cost = sum((part.first + part.paid("Buy") for part in (item.own, item.derived)), ZERO)
    held, closed = _held(world, period, symbol)
    return {
        "symbol": symbol,
        "counter_id": counter_of(known),
        "name": display_name(known),
        "market": known.market,
        "is_holding": bool(item.own.last),
        "profit": rounded(item.profit, CENT),
        "profit_rate": rounded(item.profit / cost if cost else ZERO, _RATE),
        "clearance_times": closed,
        "type": "stock",
        "currency": known.currency,
        "holding_period": f"{held} days",
        "security_code": known.code,
        "isin": "",
        "underlying_profit": rounded(item.own.profit, CENT),
        "derivatives_profit": rounded(item.derived.profit, CENT),
        "order_profit": rounded(item.profit, CENT),
    }


def _held(world: World, period: Period, symbol: str) -> tuple[int, int]:
    """Return for how many days of the period a security was held, and how often it was sold out."""
    steps = [(period.start, period.held_first.get(symbol, ZERO))]
    steps += [
        (change.at, change.quantity)
        for change in past.changes(world.store, period.end)
        if change.symbol == symbol and change.at > period.since
    ]
    closed = sum(1 for (_, before), (_, after) in pairwise(steps) if before and not after)
    steps.append((period.end, ZERO))
    held = sum(at - since for (since, quantity), (at, _) in pairwise(steps) if quantity)
    return int(held // DAY), closed


def _details(part: Part) -> Mapping[str, Any]:
    sold, earned, bought, fees = (part.paid(name) for name in ("Sell", "Dividend", "Buy", _FEES))
    ended = part.paid("OptionExpiry")
    credited = [("Sell", sold), ("Dividend", earned), ("Expiry", ended)]
    return {
        "holding_value": rounded(part.last, CENT),
        "profit": rounded(part.profit, CENT),
        "cumulative_credited_amount": rounded(sold + earned + ended, CENT),
        "credited_details": _entries(credited),
        "cumulative_debited_amount": rounded(bought, CENT),
        "debited_details": _entries([("Buy", bought)]),
        "cumulative_fee_amount": rounded(fees, CENT),
        "fee_details": _entries([("Trading fees", fees)]),
        "short_holding_value": "0",
        "long_holding_value": rounded(part.last, CENT),
        "holding_value_at_beginning": rounded(part.first, CENT),
        "holding_value_at_ending": rounded(part.last, CENT),
    }


def _entries(named: Iterable[tuple[str, Decimal]]) -> list[Fields]:
    return [{"describe": name, "amount": rounded(amount, CENT)} for name, amount in named if amount]


def _share_of(symbol: str) -> str:
    """Return the share that an option is on, or the symbol itself."""
    option = contract(symbol)
    share = None if option is None else underlying_of(option)
    return symbol if share is None else share.symbol


def _currency(symbol: str) -> str:
    return rules.instrument(symbol).currency


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, zone("HK")).date().isoformat()
