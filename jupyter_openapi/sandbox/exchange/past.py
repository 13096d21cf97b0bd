"""The account's past: what it went through before it opened (``--history DAYS``), and what it held when.

Deposits, trades, dividends, interest and a split come from the seed. The past ends with the opening account:
the same holdings and the same cash as without a past, the holdings at what they cost on the way. The first
deposit is what makes the cash come out. What was held at an earlier moment comes from the account's own
fills, splits and expiries, gone through again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

from jupyter_openapi.market.sessions import trading_day, zone
from jupyter_openapi.market.symbols import market_of
from jupyter_openapi.sandbox.exchange.account import OPENING_CASH, OPENING_POSITIONS, Account, new_order
from jupyter_openapi.sandbox.exchange.model import CANCELLED, FILLED, NEW, ZERO, Event, Execution, Flow
from jupyter_openapi.sandbox.exchange.rules import security
from jupyter_openapi.sandbox.exchange.store import Store
from jupyter_openapi.sandbox.simulation.market import Market

ACTIONS = "corporate actions"  # the setting that keeps splits and dividends
SPLIT_SYMBOL, SPLIT = "NVDA.US", 4
TRADED = {
    "3690.HK": 200, "1810.HK": 1000, "388.HK": 100, "2318.HK": 500,
    "MSFT.US": 15, "GOOGL.US": 25, "AMZN.US": 20, "AMD.US": 30,
}  # fmt: skip
"""What is bought and sold again on the way, and how many shares at a time."""
DIVIDENDS = {
    "5.HK": (Decimal("0.78"), 91),
    "AAPL.US": (Decimal("0.26"), 91),
    "700.HK": (Decimal("4.50"), 364),
}
"""Symbol to (dividend a share, days between two)."""
INTEREST = {"HKD": Decimal("118.40"), "USD": Decimal("23.75")}
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Trade:
    """An order of the past, at the price of its moment; one without a fill was cancelled."""

    at: float
    symbol: str
    side: str
    quantity: Decimal
    price: Decimal
    filled: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """What happens without an order: a flow of cash, or a split of shares by `ratio`."""

    at: float
    flow: Flow | None = None
    symbol: str = ""
    ratio: int = 0
    per_share: Decimal = ZERO


@dataclass
class Plan:
    """What the account went through, and the corporate actions behind it."""

    opened: float
    steps: list[Trade | Change] = field(default_factory=list)
    actions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def write_past(store: Store, market: Market, seed: int, days: int, at: float) -> float:
    """Write an account's past into an empty database and return when it began; belongs in a transaction."""
    plan = make_plan(market, seed, days, at)
    with closing(Store(None)) as rehearsed:
        spent = _live(plan, rehearsed, {})
    first = {currency: amount - spent.get(currency, ZERO) for currency, amount in OPENING_CASH.items()}
    _live(plan, store, first)
    store.set_setting(ACTIONS, plan.actions)
    return plan.opened


def make_plan(market: Market, seed: int, days: int, at: float) -> Plan:
    """Return what happened in the `days` before a moment: the same for the same arguments."""
    chance = Random(f"past {seed} {days}")  # noqa: S311 (made-up trades)
    first = datetime.fromtimestamp(at, zone("HK")).date() - timedelta(days=days)
    calendar = [first + timedelta(days=number) for number in range(1, days)]
    plan = Plan(_moment("HK", first, 9, 0))
    planner = _Planner(market, chance, calendar, plan)
    planner.build_holdings()
    planner.trade_on_the_way()
    planner.split()
    planner.cash()
    plan.steps.sort(key=lambda step: step.at)
    return plan


class _Planner:
    """Fills a plan, one kind of event after the other."""

    def __init__(self, market: Market, chance: Random, calendar: list[date], plan: Plan) -> None:
        self._market, self._chance, self._calendar, self._plan = market, chance, calendar, plan

    def build_holdings(self) -> None:
        """Buy what the opening account holds, in two or three parts."""
        for symbol, (quantity, _) in OPENING_POSITIONS.items():
            lot = Decimal(security(symbol).lot_size)
            half, quarter = quantity // 2 // lot * lot, quantity // 4 // lot * lot
            for number, part in enumerate(filter(None, (half, quarter, quantity - half - quarter))):
                self._trade(symbol, "Buy", part, share=0.05 + 0.25 * number)

    def trade_on_the_way(self) -> None:
        """Buy and sell again: about a round trip in nine days, some sold in two parts, some never filled."""
        for number in range(len(self._calendar) // 9):
            symbol, lots = self._chance.choice(list(TRADED.items()))
            quantity = Decimal(lots * self._chance.choice((1, 2)))
            begun = 0.02 + 0.9 * self._chance.random()
            held = min(0.97 - begun, (2 + 40 * self._chance.random()) / len(self._calendar))
            if held <= 0:
                continue
            self._trade(symbol, "Buy", quantity, share=begun)
            if number % 8 == 5:
                self._trade(symbol, "Buy", quantity, share=begun, away=Decimal("0.93"))
            parts = [quantity / 2] * 2 if number % 3 == 0 and quantity > lots else [quantity]
            for place, part in enumerate(parts, 1):
                self._trade(symbol, "Sell", part, share=begun + held * place / len(parts))

    def split(self) -> None:
        """Hold a share through its split; a past under 60 days has none."""
        if len(self._calendar) < 60:
            return
        day = self._calendar[len(self._calendar) // 2]
        at = _moment("US", day, 0, 0)
        self._trade(SPLIT_SYMBOL, "Buy", Decimal(30), share=0.2, scale=SPLIT)
        for share in (0.7, 0.85):
            self._trade(SPLIT_SYMBOL, "Sell", Decimal(30 * SPLIT // 2), share=share)
        self._plan.steps.append(Change(at, symbol=SPLIT_SYMBOL, ratio=SPLIT))
        self._act(SPLIT_SYMBOL, day, "split", f"{SPLIT}-for-1 stock split")

    def cash(self) -> None:
        """Deposit, withdraw, and receive dividends and interest."""
        moves = ((0.25, "Deposit", 50_000), (0.5, "Deposit", 50_000), (0.6, "Withdrawal", -30_000))
        for share, name, amount in moves:
            at = self._at("HK", share)
            self._plan.steps.append(Change(at, Flow(name, Decimal(amount), "HKD", "", "Bank transfer", at)))
        for day in self._calendar:
            if day.day == 21:
                at = _moment("HK", day, 18, 0)
                for currency, interest in INTEREST.items():
                    self._plan.steps.append(
                        Change(at, Flow("Interest", interest, currency, "", "Credit", at))
                    )
        for symbol, (dividend, gap) in DIVIDENDS.items():
            for day in self._calendar[gap // 2 :: gap]:
                at = _moment(market_of(symbol), day, 8, 0)
                self._plan.steps.append(Change(at, symbol=symbol, per_share=dividend))
                self._act(symbol, day, "dividend", f"Cash dividend {dividend} a share")

    def _act(self, symbol: str, day: date, kind: str, words: str) -> None:
        listed = self._plan.actions.setdefault(symbol, [])
        listed.append({"id": str(len(listed) + 1), "day": day.isoformat(), "kind": kind, "words": words})

    def _trade(
        self,
        symbol: str,
        side: str,
        quantity: Decimal,
        *,
        share: float,
        scale: int = 1,
        away: Decimal | None = None,
    ) -> None:
        at = self._at(market_of(symbol), share)
        price = self._market.last(symbol, at) * scale
        if away is not None:
            price = (price * away).quantize(Decimal(1), ROUND_HALF_UP)
        self._plan.steps.append(Trade(at, symbol, side, quantity, price, filled=away is None))

    def _at(self, market: str, share: float) -> float:
        """Return a moment of a trading day, so far into the past."""
        place = min(len(self._calendar) - 1, int(share * len(self._calendar)))
        days = [*self._calendar[place:], *reversed(self._calendar[:place])]
        day = next((day for day in days if trading_day(market, day, assume=True)), self._calendar[place])
        return _moment(market, day, self._chance.choice((10, 11, 14)), self._chance.randrange(60))


def _live(plan: Plan, store: Store, first: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Go through a plan, booking into `store`; return the cash at its end."""
    account = Account(store)
    numbers = _numbers()
    for currency in OPENING_CASH:
        amount = first.get(currency, ZERO)
        account.pay(Flow("Deposit", amount, currency, "", "Bank transfer", plan.opened))
    for step in plan.steps:
        if isinstance(step, Trade):
            _book(account, store, step, next(numbers))
        elif step.flow is not None:
            account.pay(step.flow)
        elif step.ratio:
            account.split(step.symbol, step.ratio)
        elif step.symbol in account.positions:
            amount = (account.positions[step.symbol].quantity * step.per_share).quantize(CENT, ROUND_HALF_UP)
            known = security(step.symbol)
            account.pay(Flow("Dividend", amount, known.currency, step.symbol, "Cash dividend", step.at))
    return account.cash


def _numbers() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


def _book(account: Account, store: Store, trade: Trade, number: int) -> None:
    """Write one order of the past down, with its history and its fill."""
    fields = {
        "side": trade.side,
        "order_type": "LO",
        "time_in_force": "Day",
        "submitted_quantity": trade.quantity,
        "submitted_price": trade.price,
    }
    order_id = str(int(trade.at * 1000) * 100_000 + 10_001 + 2 * number)
    order = new_order(fields, security(trade.symbol), order_id, number, trade.at)
    store.add_event(order_id, Event(NEW, trade.price, trade.quantity, "", trade.at))
    if trade.filled:
        done = trade.at + 2
        order.executed_quantity, order.executed_amount = trade.quantity, trade.quantity * trade.price
        order.last_done, order.status, order.updated_at = trade.price, FILLED, done
        trade_id = f"{order_id}-{int(done * 1_000_000) * 1000 + number}"
        execution = Execution(trade_id, order_id, trade.symbol, trade.side, trade.quantity, trade.price, done)
        store.add_execution(execution)
        day = datetime.fromtimestamp(done, zone(market_of(trade.symbol))).date()
        account.fill(order, trade.quantity, trade.price, done, day)
        event = Event(FILLED, trade.price, trade.quantity, f"Execution of {trade.quantity:f}", done)
    else:
        order = replace(order, status=CANCELLED, updated_at=trade.at + 3600)
        event = Event(CANCELLED, trade.price, trade.quantity, "", trade.at + 3600)
    store.add_event(order_id, event)
    store.save_order(order)


def _moment(market: str, day: date, hour: int, minute: int) -> float:
    return datetime.combine(day, time(hour, minute), zone(market)).timestamp()


EXPIRY = "OptionExpiry"  # the name of the flow that ends a holding in an option
_SPLIT, _FILL, _END = range(3)


@dataclass(frozen=True, slots=True)
class Split:
    """Each share became `ratio` shares."""

    symbol: str
    at: float
    ratio: int


@dataclass(frozen=True, slots=True)
class HoldingChange:
    """The shares of a symbol after something happened to them; `fill` where that was a trade."""

    symbol: str
    at: float
    quantity: Decimal
    fill: Execution | None = None


def splits(store: Store) -> list[Split]:
    """Return the account's splits, the earliest first."""
    kept: dict[str, list[dict[str, Any]]] = store.setting(ACTIONS) or {}
    found = [
        Split(symbol, _midnight(symbol, row["day"]), int(row["words"].partition("-")[0]))
        for symbol, rows in kept.items()
        for row in rows
        if row["kind"] == "split"
    ]
    return sorted(found, key=lambda split: split.at)


def opening(store: Store) -> dict[str, Decimal]:
    """Return what the account opened with: nothing where its past begins with a deposit."""
    if store.setting(ACTIONS) is not None:
        return {}
    return {symbol: quantity for symbol, (quantity, _) in OPENING_POSITIONS.items()}


def changes(store: Store, until: float) -> Iterator[HoldingChange]:
    """Yield everything that changed a holding up to a moment, in the order it happened."""
    held = opening(store)
    happened: list[tuple[float, int, int, Any]] = [
        (split.at, _SPLIT, 0, split) for split in splits(store) if split.at <= until
    ]
    fills = store.executions("at <= ? order by seq", [until])
    happened += [(fill.at, _FILL, place, fill) for place, fill in enumerate(fills)]
    ends = store.flows("name = ? and at <= ? order by seq", [EXPIRY, until])
    happened += [(flow.at, _END, place, flow) for place, flow in enumerate(ends)]
    for at, kind, _, what in sorted(happened, key=lambda one: one[:3]):
        before = held.get(what.symbol, ZERO)
        if kind == _SPLIT:
            after = before * what.ratio
        elif kind == _FILL:
            after = before + (what.quantity if what.side == "Buy" else -what.quantity)
        else:
            after = ZERO
        held[what.symbol] = after
        yield HoldingChange(what.symbol, at, after, what if kind == _FILL else None)


def holdings(store: Store, at: float) -> dict[str, Decimal]:
    """Return the shares held at a moment, by symbol; what was sold is not in it."""
    held = opening(store)
    for change in changes(store, at):
        held[change.symbol] = change.quantity
    return {symbol: quantity for symbol, quantity in held.items() if quantity}


def _midnight(symbol: str, day: str) -> float:
    return datetime.combine(date.fromisoformat(day), time(), zone(market_of(symbol))).timestamp()
