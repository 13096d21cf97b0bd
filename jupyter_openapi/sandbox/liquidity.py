"""The simulated market's side of the book, less what this account has already taken from it.

What is taken stays taken until the market's book changes, so that a fast loop can't buy the same shares
twice; a new book brings new shares.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from jupyter_openapi.sandbox.model import ZERO

if TYPE_CHECKING:
    from jupyter_openapi.sandbox.prices import Book, Level, Market

TEN = 10


@dataclass(slots=True)
class _Taken:
    """One symbol's book as last seen, and the volume taken from each of its prices."""

    book: Book
    volumes: dict[Decimal, Decimal] = field(default_factory=dict)


class Liquidity:
    """What can be bought and sold right now."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._taken: dict[str, _Taken] = {}

    def levels(self, symbol: str, at: float, *, asks: bool) -> list[tuple[Decimal, Decimal, int]]:
        """Return one side as (price, volume left, orders), best first; exhausted prices are left out."""
        taken = self._current(symbol, at)
        side: tuple[Level, ...] = taken.book.asks if asks else taken.book.bids
        rows = (
            (level.price, level.volume - taken.volumes.get(level.price, ZERO), level.orders) for level in side
        )
        return [(price, Decimal(volume), orders) for price, volume, orders in rows if volume > 0]

    def best(self, symbol: str, at: float, *, asks: bool) -> Decimal | None:
        """Return the best price of a side, or None when it is exhausted."""
        side = self.levels(symbol, at, asks=asks)
        return side[0][0] if side else None

    def offer(
        self, symbol: str, at: float, *, buy: bool, limit: Decimal | None, quantity: Decimal, depth: int = TEN
    ) -> list[tuple[Decimal, Decimal]]:
        """Return the fills (price, shares) that an order would find now, best price first.

        Parameters
        ----------
        limit
            The worst price it accepts; None for any.
        depth
            How many prices it may sweep.
        """
        fills = []
        for price, volume, _ in self.levels(symbol, at, asks=buy)[:depth]:
            if limit is not None and (price > limit if buy else price < limit):
                break
            part = min(volume, quantity)
            fills.append((price, part))
            quantity -= part
            if not quantity:
                break
        return fills

    def take(self, symbol: str, at: float, price: Decimal, quantity: Decimal) -> None:
        """Remove what an order found."""
        taken = self._current(symbol, at)
        taken.volumes[price] = taken.volumes.get(price, ZERO) + quantity

    def _current(self, symbol: str, at: float) -> _Taken:
        book = self._market.book(symbol, at)
        taken = self._taken.get(symbol)
        if taken is None or taken.book != book:
            taken = self._taken[symbol] = _Taken(book)
        return taken
