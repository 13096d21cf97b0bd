"""Profit and loss worked out a second time, in exact fractions: nothing here is imported from the package.

A `Security` lives a life of trades, splits and perhaps an expiry; `realized` follows it lot by lot and says
what each closing earned, and on which day of its market. `portfolio` makes a random account of such lives,
and the replies by which a broker would show it.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

ZONES = {
    "HK": "Asia/Hong_Kong",
    "US": "America/New_York",
    "SG": "Asia/Singapore",
    "SH": "Asia/Shanghai",
}
SHARES = (
    ("700.HK", "HKD"),
    ("80700.HK", "CNY"),
    ("9988.HK", "HKD"),
    ("AAPL.US", "USD"),
    ("NVDA.US", "USD"),
    ("BRK.B.US", "USD"),
    ("D05.SG", "SGD"),
    ("600519.SH", "CNY"),
)
RATES = {"HKD": Fraction(1), "USD": Fraction("7.8"), "CNY": Fraction("1.1"), "SGD": Fraction("5.75")}
"""What one unit is worth in Hong Kong dollars."""
DAYS = 300  # of history, which a look back of a year reaches


@dataclass(frozen=True)
class Trade:
    at: int
    side: int
    quantity: Fraction
    price: Fraction
    number: int


@dataclass(frozen=True)
class Split:
    day: date
    new: int
    old: int


@dataclass(frozen=True)
class Closing:
    """A closed quantity: what it earned in its own currency, and the fees of both sides."""

    symbol: str
    day: date
    quantity: Fraction
    earned: Fraction
    fees: Fraction | None
    estimated: bool = False


@dataclass
class Security:
    """One security's life. `opening` was there before the first trade; `told` are the splits one can read."""

    symbol: str
    currency: str
    multiplier: int = 1
    trades: list[Trade] = field(default_factory=list)
    splits: list[Split] = field(default_factory=list)
    told: bool = True
    opening: Fraction = Fraction(0)
    cost: Fraction | None = None
    expiry: date | None = None
    exercised: bool = False

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(ZONES[self.symbol.rpartition(".")[2]])

    def midnight(self, day: date, at: time = time()) -> int:
        return int(datetime.combine(day, at, self.zone).timestamp())

    def day(self, at: int) -> date:
        return datetime.fromtimestamp(at, UTC).astimezone(self.zone).date()

    def steps(self) -> list[tuple[int, int, Trade | Split | None]]:
        """Trades, splits (before the trades of their day), and the expiry (None)."""
        found: list[tuple[int, int, Trade | Split | None]] = [(one.at, 1, one) for one in self.trades]
        found += [(self.midnight(one.day), 0, one) for one in self.splits]
        if self.expiry is not None:
            found.append((self.midnight(self.expiry, time(16)), 2, None))
        return sorted(found, key=lambda step: step[:2])

    def held(self) -> Fraction:
        quantity = self.opening
        for _, _, step in self.steps():
            if isinstance(step, Trade):
                quantity += step.side * step.quantity
            elif isinstance(step, Split):
                quantity = quantity * step.new / step.old
            else:
                quantity = Fraction(0)
        return quantity


@dataclass
class _Lot:
    quantity: Fraction  # negative when sold short
    price: Fraction
    fee: Fraction | None
    estimated: bool = False
    at: int | None = None


def realized(one: Security, fees: dict[int, Fraction | None], *, average: bool = False) -> list[Closing]:
    """Follow a security's life and return its closings, oldest first."""
    return followed(one, fees, average=average)[0]


@dataclass(frozen=True)
class Open:
    """What is open at the end; `day` is None for what was there before the first trade."""

    quantity: Fraction
    price: Fraction
    fee: Fraction | None
    day: date | None


def followed(
    one: Security, fees: dict[int, Fraction | None], *, average: bool = False
) -> tuple[list[Closing], list[Open]]:
    """Follow a security's life and return its closings and what is open at its end, oldest first."""
    lots: deque[_Lot] = deque()
    closings: list[Closing] = []
    if one.opening:
        price = one.cost or Fraction(0)
        for split in one.splits:
            price = price * split.new / split.old
        lots.append(_Lot(one.opening, price, Fraction(0), estimated=True))
    for at, _, step in one.steps():
        if isinstance(step, Split):
            for lot in lots:
                lot.quantity = lot.quantity * step.new / step.old
                lot.price = lot.price * step.old / step.new
        elif step is None:
            for lot in lots:
                close(one, lot, at, abs(lot.quantity), Fraction(0), Fraction(0), closings)
            lots.clear()
        else:
            take(one, lots, step, fees.get(step.number), closings, average=average)
    left = [
        Open(lot.quantity, lot.price, lot.fee, None if lot.at is None else one.day(lot.at)) for lot in lots
    ]
    return closings, left


def take(
    one: Security,
    lots: deque[_Lot],
    trade: Trade,
    fee: Fraction | None,
    closings: list[Closing],
    *,
    average: bool,
) -> None:
    left = trade.quantity
    each = None if fee is None else fee / trade.quantity
    while left and lots and lots[0].quantity * trade.side < 0:
        part = min(left, abs(lots[0].quantity))
        close(one, lots[0], trade.at, part, trade.price, None if each is None else each * part, closings)
        left -= part
        if not lots[0].quantity:
            lots.popleft()
    if not left:
        return
    new = _Lot(left * trade.side, trade.price, None if each is None else each * left, at=trade.at)
    if average and lots:
        pool = lots[0]
        whole = pool.quantity + new.quantity
        pool.price = (pool.quantity * pool.price + new.quantity * new.price) / whole
        pool.fee = None if pool.fee is None or new.fee is None else pool.fee + new.fee
        pool.quantity = whole
    else:
        lots.append(new)


def close(  # noqa: PLR0917 (as a booking reads)
    one: Security,
    lot: _Lot,
    at: int,
    part: Fraction,
    price: Fraction,
    fee: Fraction | None,
    closings: list[Closing],
) -> None:
    sign = 1 if lot.quantity > 0 else -1
    share = part / abs(lot.quantity)
    opened = None if lot.fee is None else lot.fee * share
    fees = None if opened is None or fee is None else opened + fee
    earned = sign * (price - lot.price) * part * one.multiplier
    closings.append(Closing(one.symbol, one.day(at), part, earned, fees, lot.estimated))
    lot.quantity -= sign * part
    lot.fee = None if lot.fee is None else lot.fee - (opened or 0)


@dataclass
class Portfolio:
    """A random account, the question that is asked of it, and what is right."""

    securities: list[Security]
    start: date
    end: date
    zone: str
    base: str
    average: bool
    fees: dict[int, tuple[Fraction, str]]
    now: datetime

    def fee(self, one: Security) -> dict[int, Fraction | None]:
        """The fees of each trade in the security's own currency; None where no rate converts them."""
        found: dict[int, Fraction | None] = {}
        for trade in one.trades:
            amount, currency = self.fees[trade.number]
            if currency == one.currency or not amount:
                found[trade.number] = amount
            elif currency in RATES:
                found[trade.number] = amount * RATES[currency] / RATES[one.currency]
            else:
                found[trade.number] = None
        return found

    def closings(self, one: Security) -> list[Closing]:
        found = realized(one, self.fee(one), average=self.average)
        return [closing for closing in found if self.start <= closing.day <= self.end]

    def left_out(self, one: Security) -> bool:
        """Whether what was closed in the window can't be known from what the broker shows."""
        return bool(self.closings(one)) and (not one.told or one.exercised)

    def expected(self) -> dict[str, tuple[Fraction, Fraction | None] | None]:
        """(realized, net) of each symbol with a closing in the window; None for what is in no sum."""
        found: dict[str, tuple[Fraction, Fraction | None] | None] = {}
        for one in self.securities:
            closings = self.closings(one)
            if not closings:
                continue
            if self.left_out(one):
                found[one.symbol] = None
                continue
            earned = sum((closing.earned for closing in closings), Fraction(0))
            fees = [closing.fees for closing in closings]
            known = [fee for fee in fees if fee is not None]
            net = earned - sum(known, Fraction(0)) if len(known) == len(fees) else None
            found[one.symbol] = earned, net
        return found

    def total(self) -> Fraction:
        """The sum of what is realized, in the base currency."""
        rate = {one.symbol: RATES[one.currency] / RATES[self.base] for one in self.securities}
        return sum((pair[0] * rate[s] for s, pair in self.expected().items() if pair), Fraction(0))

    def months(self) -> dict[str, Fraction]:
        """The same by the month of the market traded on."""
        found: dict[str, Fraction] = {}
        for one in self.securities:
            for closing in [] if self.left_out(one) else self.closings(one):
                month = f"{closing.day:%Y-%m}"
                value = closing.earned * RATES[one.currency] / RATES[self.base]
                found[month] = found.get(month, Fraction(0)) + value
        return found


def portfolio(seed: int, now: datetime) -> Portfolio:
    """Make a random account."""
    dice = random.Random(seed)
    numbers = iter(range(10_000))
    chosen = dice.sample(SHARES, dice.randint(1, 4))
    securities = [share(dice, symbol, currency, numbers, now) for symbol, currency in chosen]
    for _ in range(dice.randint(0, 2)):
        one = option(dice, numbers, now)
        if one.expiry not in {other.expiry for other in securities}:  # the share closes once a day
            securities.append(one)
    end = now.date() - timedelta(days=dice.randint(0, 60))
    start = end - timedelta(days=dice.randint(0, 200))
    fees = {}
    for one in securities:
        for trade in one.trades:
            currency = dice.choices([one.currency, "HKD", "JPY"], [8, 2, 1])[0]
            fees[trade.number] = (Fraction(dice.randint(0, 5000), 100), currency)
    zone = dice.choice(["UTC", "Asia/Hong_Kong", "America/New_York", "Europe/London"])
    base = dice.choice(["HKD", "USD"])
    return Portfolio(securities, start, end, zone, base, dice.random() < 0.4, fees, now)


def moments(dice: random.Random, one: Security, count: int, now: datetime) -> list[int]:
    """Times of trades, oldest first: a second apart at least, and many near midnight somewhere."""
    found = set()
    while len(found) < count:
        day = now.date() - timedelta(days=dice.randint(2, DAYS))
        clock = dice.choice(
            [time(9, 31), time(12), time(15, 59, 59), time(0, 0, 1), time(19, 30), time(23, 59)]
        )
        found.add(one.midnight(day, clock) + dice.randint(0, 30))
    return sorted(found)


def share(dice: random.Random, symbol: str, currency: str, numbers: Any, now: datetime) -> Security:
    one = Security(symbol, currency)
    kind = dice.choices(["plain", "split", "untold", "old"], [5, 3, 1, 2])[0]
    times = moments(dice, one, dice.randint(2, 9), now)
    if kind == "untold":
        untold(dice, one, times, numbers)
        return one
    if kind == "split":
        between = sorted(dice.sample(range(DAYS), dice.randint(1, 2)))
        pairs = [(2, 1), (10, 1), (3, 2), (1, 10), (1, 2)]
        one.splits = [
            Split(now.date() - timedelta(days=2 + ago), *dice.choice(pairs)) for ago in reversed(between)
        ]
    if kind == "old":
        one.opening = Fraction(60 * dice.randint(1, 20))
        one.cost = money(dice)
    held = one.opening
    queue = sorted(
        [(at, None) for at in times] + [(one.midnight(s.day), s) for s in one.splits], key=lambda p: p[0]
    )
    for at, split in queue:
        if split is not None:
            held = held * split.new / split.old
            continue
        side = dice.choice([1, -1])
        quantity = Fraction(60 * dice.randint(1, 12))
        if held and dice.random() < 0.3:  # flat again
            side, quantity = (-1 if held > 0 else 1), abs(held)
        if kind == "old" and held - quantity <= 0:
            side = 1  # held all along, so that the broker shows a cost
        held += side * quantity
        one.trades.append(Trade(at, side, quantity, money(dice), next(numbers)))
    if one.cost is None:
        one.cost = money(dice)
    return one


def untold(dice: random.Random, one: Security, times: list[int], numbers: Any) -> None:
    """Bought, split without a word of it, all sold: the executions do not add up."""
    quantity = Fraction(dice.randint(1, 30))
    one.told = False
    first, last = times[0], times[-1]
    middle = one.day(first) + timedelta(days=1)
    if one.midnight(middle) > last:  # all on one day: nothing comes between
        last = one.midnight(middle, time(12))
    one.splits = [Split(middle, 10, 1)]
    one.trades.append(Trade(first, 1, quantity, money(dice), next(numbers)))
    one.trades.append(Trade(last, -1, quantity * 10, money(dice), next(numbers)))


def option(dice: random.Random, numbers: Any, now: datetime) -> Security:
    """A contract on AAPL that was closed, expired worthless, or was exercised."""
    expiry = now.date() - timedelta(days=dice.randint(3, 250))
    strike = dice.randint(100, 300)
    letter = dice.choice("CP")
    one = Security(f"AAPL{expiry:%y%m%d}{letter}{strike * 1000}.US", "USD", 100)
    one.expiry = expiry
    last = one.midnight(expiry, time(12))
    first = last - dice.randint(1, 40) * 86_400
    side = dice.choice([1, -1])
    quantity = Fraction(dice.randint(1, 20))
    one.trades.append(Trade(first, side, quantity, money(dice, 20), next(numbers)))
    closed = dice.choice([Fraction(0), quantity, quantity / 2, quantity + 3])
    if closed:
        one.trades.append(Trade(last, -side, closed, money(dice, 20), next(numbers)))
    one.exercised = closed != quantity and dice.random() < 0.3
    return one


def close_of(one: Security) -> str:
    """Return the underlying's close on an option's last day: in the money where it was exercised."""
    letter, strike = one.symbol[10], int(one.symbol[11:].partition(".")[0]) // 1000
    inside = (letter == "C") == one.exercised
    return str(strike + 5 if inside else strike - 5)


def money(dice: random.Random, most: int = 600) -> Fraction:
    return Fraction(dice.randint(1, most * 1000), 1000)
