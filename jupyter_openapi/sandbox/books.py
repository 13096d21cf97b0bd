"""The simulated order book: ten prices a side around the last trade.

It is other people's orders. A book stands from one print to the next, and is then another one.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from jupyter_openapi.sandbox import noise
from jupyter_openapi.sandbox.candles import price
from jupyter_openapi.sandbox.paths import Moment, Stretch

DEPTH = 10
_SPREAD = 0.00006  # usual part of the price between the best bid and ask, where a tick is finer than that
_DEEPER = 5  # what waits at a price, in usual prints


class Level(NamedTuple):
    """One price of the book, with the shares and the number of orders at it."""

    price: Decimal
    volume: int
    orders: int


class Book(NamedTuple):
    """Ten prices a side, best first. It stands from `since` (Unix seconds) until the next trade."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    since: int


def book_at(key: int, market: str, stretch: Stretch, moment: Moment) -> Book:
    """Return the book after the print at a moment: the last price is its best bid or its best ask.

    `key` makes the book the security's own. Next to the ladder's lowest price there are fewer bids.
    """
    since, rung = stretch.stamp(moment), stretch.rung(moment)
    chance = noise.stream(noise.bits(key, since), 2 + 4 * DEPTH)
    usual = stretch.units(rung) * _SPREAD / stretch.scale.tick(rung)
    spread = 1 + int(usual * chance[0] / 128) + (chance[0] < 24)
    bid = rung if chance[1] & 1 else rung - spread
    lots = _DEEPER * stretch.typical(moment) / stretch.lot

    def level(place: int, own: int, at: int) -> Level:
        size, crowd = chance[own], chance[own + 1]
        volume = 1 + int(lots * (0.6 + 0.4 * place) * (40 + size) / 96)
        orders = min(volume, 1 + place // 2 + crowd // 24)
        return Level(price(stretch.units(at), market), volume * stretch.lot, orders)

    places = range(DEPTH)
    bids = tuple(level(i, 2 + 2 * i, bid - i) for i in places if bid - i >= 0)
    asks = tuple(level(i, 2 + 2 * (DEPTH + i), bid + spread + i) for i in places)
    return Book(bids, asks, since)
