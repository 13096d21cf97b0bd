"""The prices that orders meet: shares as the market has them, options from their share's price.

An option's price is a function of its share's price and the time, on the option's own price steps; it moves
when the share trades. From its expiry on it is what exercising it brings.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from jupyter_openapi.market.symbols import contract
from jupyter_openapi.market.ticks import ladder
from jupyter_openapi.sandbox.simulation.derivatives import Option, option_of
from jupyter_openapi.sandbox.simulation.fundamentals import Draws
from jupyter_openapi.sandbox.simulation.market import DEPTH, Level, Market, OrderBook
from jupyter_openapi.sandbox.simulation.trading_days import local_day

_LEAST, _MORE = 4, 60  # contracts at a price of the book


def quoted(option: Option, spot: Decimal, at: float) -> Decimal:
    """Return an option's price a share: on its steps, and from its end on its intrinsic value."""
    if at >= option.ends_at:
        return option.intrinsic(spot)
    rungs = ladder(option.symbol, local_day("US", at))
    exact = Decimal(option.value(spot, at).price)
    below, above = rungs.price(rungs.below(exact)), rungs.price(rungs.above(exact))
    return below if exact - below <= above - exact else above


class OptionMarket:
    """A market's prices and books, with options among them.

    Parameters
    ----------
    market
        The market of the shares.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self._book = lru_cache(maxsize=512)(self._make_book)

    def last(self, symbol: str, at: float) -> Decimal:
        """Return the price of the last trade."""
        option = option_of(symbol)
        if option is None:
            return self._market.last(symbol, at)
        return quoted(option, self._market.last(option.underlying, at), at)

    def path(self, symbol: str, start: float, end: float) -> Iterator[tuple[float, Decimal]]:
        """Yield (time, last price) of the trades after `start` up to `end`; an option's where it moves."""
        option = option_of(symbol)
        if option is None:
            yield from self._market.path(symbol, start, end)
            return
        before = self.last(symbol, start)
        for at, spot in self._market.path(option.underlying, start, min(end, option.ends_at)):
            price = quoted(option, spot, at)
            if price != before:
                yield at, price
            before = price

    def book(self, symbol: str, at: float) -> OrderBook:
        """Return ten prices a side around the last trade; an option's book has no more bids than prices."""
        option = option_of(symbol)
        if option is None:
            return self._market.book(symbol, at)
        since = self._market.book(option.underlying, at).since
        return self._book(symbol, self.last(symbol, at), since)

    @staticmethod
    def _make_book(symbol: str, last: Decimal, since: int) -> OrderBook:
        rungs = ladder(symbol, local_day("US", since))
        draw = Draws(f"{symbol} book {since}")
        wide = max(1, int(last / 50 / rungs.tick(last)))  # about two percent
        bid = rungs.below(last) - next(draw) % (wide + 1)
        ask = bid + wide + (bid + wide <= rungs.below(last) - 1)

        def level(rung: int, place: int) -> Level:
            volume = _LEAST + next(draw) % _MORE + 10 * place
            return Level(rungs.price(rung), volume, 1 + place // 2 + next(draw) % 4)

        bids = tuple(level(bid - i, i) for i in range(DEPTH) if bid - i >= 0)
        asks = tuple(level(max(ask, 0) + i, i) for i in range(DEPTH))
        return OrderBook(bids, asks, since)


def has_ended(symbol: str, at: float) -> bool:
    """Tell whether a symbol is an option that has expired by a time."""
    option = option_of(symbol) if contract(symbol) is not None else None
    return option is not None and at >= option.ends_at
