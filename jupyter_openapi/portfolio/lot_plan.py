"""Which whole lots to sell and to buy, so that holdings come near their targets. No I/O, exact decimals.

Sales first, in whole lots rounded down. Then purchases in whole lots rounded down, all of them or, where the
money does not reach, the same part of each. Then a lot at a time to the largest shortfall, as long as the
money lasts and no more is spent than was short. Nothing ends more than a lot beyond its target, and each
currency pays with its own cash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal

from jupyter_openapi.market.money import ZERO

Fee = Callable[[str, Decimal], Decimal]
"""Returns what an order costs, given ``Buy`` or ``Sell`` and its quantity; 0 for nothing."""
PARTS = 2**20  # in which a purchase that is too large is measured


@dataclass(frozen=True, slots=True)
class Line:
    """A security, what is held of it, and what should be; all in its own currency.

    Attributes
    ----------
    price
        Of one share.
    lot
        The board lot.
    held, available
        Shares; `available` can be sold now.
    target
        The value it should have.
    fee
        What an order in it costs.
    """

    symbol: str
    currency: str
    price: Decimal
    lot: int
    held: Decimal
    available: Decimal
    target: Decimal
    fee: Fee

    def lots(self, units: Decimal) -> int:
        """Return how many whole lots are in some shares, rounded down; 0 for less than none."""
        return max(0, int((units / self.lot).to_integral_value(ROUND_FLOOR)))

    @property
    def wanted(self) -> Decimal:
        """How many shares it should have."""
        return self.target / self.price

    def cost(self, lots: int) -> Decimal:
        """Return what buying some lots takes, the fee included."""
        quantity = Decimal(lots * self.lot)
        return quantity * self.price + (self.fee("Buy", quantity) if lots else ZERO)


@dataclass(frozen=True, slots=True)
class Order:
    """An order of whole lots, and its fee."""

    symbol: str
    side: str
    quantity: Decimal
    price: Decimal
    fee: Decimal

    @property
    def cash(self) -> Decimal:
        """What it adds to the cash of its currency; negative for a purchase."""
        value = self.quantity * self.price
        return (value if self.side == "Sell" else -value) - self.fee


@dataclass
class Plan:
    """The orders, sales first, and the cash of each currency after them."""

    orders: list[Order] = field(default_factory=list)
    cash: dict[str, Decimal] = field(default_factory=dict)


def planned(lines: Sequence[Line], cash: Mapping[str, Decimal], reserve: Mapping[str, Decimal]) -> Plan:
    """Return the orders that bring holdings near their targets.

    Parameters
    ----------
    lines
        The securities with a target.
    cash
        What can be spent, by currency.
    reserve
        What must be left of it, by currency.
    """
    plan = Plan(cash=dict(cash))
    buys: list[Order] = []
    for currency in dict.fromkeys(line.currency for line in lines):
        mine = [line for line in lines if line.currency == currency]
        money = cash.get(currency, ZERO)
        for line in mine:
            sale = _sale(line)
            if sale is not None and sale.cash > 0:
                plan.orders.append(sale)
                money += sale.cash
        spent = _purchases(mine, money - reserve.get(currency, ZERO))
        buys += spent
        plan.cash[currency] = money + sum((order.cash for order in spent), ZERO)
    plan.orders += buys
    return plan


def _sale(line: Line) -> Order | None:
    lots = min(line.lots(line.held - line.wanted), line.lots(line.available))
    if not lots:
        return None
    quantity = Decimal(lots * line.lot)
    return Order(line.symbol, "Sell", quantity, line.price, line.fee("Sell", quantity))


def _purchases(lines: Sequence[Line], money: Decimal) -> list[Order]:
    short = [line for line in lines if line.wanted > line.held]
    want = [line.lots(line.wanted - line.held) for line in short]
    got = _affordable(short, want, money)
    left = money - _cost(short, got)
    gaps = [
        line.target - (line.held + count * line.lot) * line.price
        for line, count in zip(short, got, strict=True)
    ]
    meant = sum(gaps, ZERO)  # what was meant to be spent, and is not yet
    open_ = set(range(len(short)))
    while open_:
        at = max(open_, key=lambda number: (gaps[number], -number))
        line = short[at]
        value = line.lot * line.price
        more = line.cost(got[at] + 1) - line.cost(got[at])
        if gaps[at] <= 0 or more > left or value > meant:
            open_.discard(at)
            continue
        got[at] += 1
        gaps[at] -= value
        meant -= value
        left -= more
    return [
        Order(line.symbol, "Buy", quantity, line.price, line.fee("Buy", quantity))
        for line, count in zip(short, got, strict=True)
        if (quantity := Decimal(count * line.lot))
    ]


def _cost(lines: Sequence[Line], lots: Sequence[int]) -> Decimal:
    return sum((line.cost(count) for line, count in zip(lines, lots, strict=True)), ZERO)


def _affordable(lines: Sequence[Line], want: Sequence[int], money: Decimal) -> list[int]:
    """Return the lots that the money reaches for: all, or the same part of each, rounded down."""
    low, high = 0, PARTS

    def part(parts: int) -> list[int]:
        return [count * parts // PARTS for count in want]

    if _cost(lines, want) <= money:
        return list(want)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _cost(lines, part(middle)) <= money else (low, middle)
    return part(low)
