"""A market whose prices a test sets: the exchange can't tell it from the simulated one."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from jupyter_openapi.market import ticks
from jupyter_openapi.market.symbols import SECURITIES
from jupyter_openapi.sandbox.exchange.hours import today


@dataclass(frozen=True)
class Level:
    price: Decimal
    volume: int
    orders: int


@dataclass(frozen=True)
class Book:
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class StillMarket:
    """Prices stand still until `move`; the book has ten levels of `volume` around the last price."""

    def __init__(self, volume: int = 1000) -> None:
        self.volume = volume
        self.moves: dict[str, list[tuple[float, Decimal]]] = {}

    def move(self, symbol: str, at: float, price: Decimal | str) -> None:
        self.moves.setdefault(symbol, []).append((at, Decimal(price)))

    def last(self, symbol: str, at: float) -> Decimal:
        passed = [price for time, price in self.moves.get(symbol, []) if time <= at]
        return passed[-1] if passed else SECURITIES[symbol].ref_price

    def path(self, symbol: str, start: float, end: float) -> list[tuple[float, Decimal]]:
        return [(time, price) for time, price in self.moves.get(symbol, []) if start < time <= end]

    def book(self, symbol: str, at: float) -> Book:
        last = self.last(symbol, at)
        on = today(symbol.rpartition(".")[2], at)

        def side(step: int) -> tuple[Level, ...]:
            return tuple(Level(ticks.step(symbol, last, step * n, on), self.volume, 3) for n in range(1, 11))

        return Book(side(-1), side(1))
