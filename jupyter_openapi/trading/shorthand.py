"""Words that stand for a figure of an order: ``bid``, ``ask`` and ``last``; ``all`` and ``half``.

Each is read once and becomes a number, with a line for the preview that says what it was and how old.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from jupyter_openapi.errors import OpenAPIError, RequestRefused
from jupyter_openapi.market import symbols
from jupyter_openapi.market.money import ZERO, amount, money, plain
from jupyter_openapi.market.worth import Instruments, Read
from jupyter_openapi.messages import _
from jupyter_openapi.spec.dates import zone
from jupyter_openapi.trading.describe import available, last_price

NOTES: ContextVar[tuple[tuple[str, str], ...]] = ContextVar("notes", default=())
"""Lines for the next preview of an order, below the one that describes it."""
MARKET = "market"
PRICES = (MARKET, "bid", "ask", "last")
QUANTITIES = ("all", "half")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number for an order, and what the preview says of where it came from."""

    number: Decimal
    said: str


@contextmanager
def with_preview_lines(lines: Iterable[tuple[str, str]]) -> Iterator[None]:
    """Give these lines to the preview that is made inside."""
    token = NOTES.set(tuple(lines))
    try:
        yield
    finally:
        NOTES.reset(token)


def market_price(read: Read, symbol: str, word: str, tz: str) -> Figure:
    """Return the best bid, the best ask or the last price of a symbol, as it is now.

    Raises
    ------
    RequestRefused
        There is none, or it can't be read.
    """
    instrument = Instruments().one(read, symbol)
    if word == "last":
        last = last_price(read, symbol, instrument)
        if last.price is None:
            raise _no_price(symbol, word, last.said)
        return Figure(last.price, _("the last price: {said}").format(said=last.said))
    try:
        rows = read("depth", {"symbol": symbol})[word]
        price = next((found for row in rows if (found := amount(row.get("price")))), None)
    except OpenAPIError as failure:
        raise _no_price(symbol, word, str(failure)) from None
    except (KeyError, TypeError, AttributeError):
        price = None
    if price is None or price <= 0:
        raise _no_price(symbol, word, _("the order book has none now"))
    now = datetime.now(zone(tz))
    said = _("the best {word} when it was read at {now:%H:%M:%S %Z}: {price}").format(
        word=word, now=now, price=money(price, instrument.currency)
    )
    return Figure(price, said)


def _no_price(symbol: str, word: str, why: str) -> RequestRefused:
    return RequestRefused(
        _(
            "The {word} of {symbol} is not known ({why}). Type a price, such as @ 600. Nothing was sent."
        ).format(word=word, symbol=symbol, why=why.rstrip(".。"))
    )


def held_quantity(read: Read, symbol: str, word: str, order_type: str = "LO") -> Figure:
    """Return all of what is held and free to sell, or half of it, in whole lots; the odd lot for type ODD.

    Raises
    ------
    RequestRefused
        Nothing is left to sell in whole lots, or the holding or its lot can't be read.
    """
    free, lot = available(read, symbol), Instruments().one(read, symbol).lot_size or symbols.lot_size(symbol)
    if free is None or lot is None:
        what = _("quantity held") if free is None else _("lot")
        raise RequestRefused(
            _("The {what} of {symbol} could not be read; type the quantity as a number.").format(
                what=what, symbol=symbol
            )
        )
    if free <= 0:
        raise RequestRefused(
            _("No {symbol} is free to sell: none is held, or open orders hold it.").format(symbol=symbol)
        )
    odd = order_type.upper() == "ODD"
    part = free if word == "all" else free / 2
    whole = part % lot if odd else part // lot * lot
    if whole <= 0:
        raise _none_left(symbol, word, free, lot, odd=odd)
    return Figure(whole, _described(word, free, lot, whole))


def _none_left(symbol: str, word: str, free: Decimal, lot: int, *, odd: bool) -> RequestRefused:
    if odd:
        template = _("{free} {symbol} is whole lots of {lot}, with no odd lot beside them.")
    elif free < lot:
        template = _(
            "{free} {symbol} is less than a lot of {lot}; sell it as an odd lot: "
            "%openapi sell {free} {symbol} @ last type=ODD."
        )
    else:
        template = _("{word} of {free} {symbol} is less than a lot of {lot}; type the quantity as a number.")
    return RequestRefused(template.format(word=word, free=plain(free), symbol=symbol, lot=lot))


def _described(word: str, free: Decimal, lot: int, whole: Decimal) -> str:
    said = _("{word} of {free} free to sell").format(word=word, free=f"{free.normalize():,f}")
    rest = free - whole if word == "all" else ZERO
    if rest > 0:
        said += _("; {rest} left out of this order (lots of {lot})").format(rest=plain(rest), lot=lot)
    elif word == "half" and whole * 2 != free:
        said += _(", rounded down to lots of {lot}").format(lot=lot)
    return said


def word_among(words: tuple[str, ...], value: Any) -> str | None:
    """Return which of the words a value is, whatever its case, or None for any other value."""
    text = value.strip().lower() if isinstance(value, str) else ""
    return text if text in words else None
