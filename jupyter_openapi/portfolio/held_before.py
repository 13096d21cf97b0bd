"""What a user says was held before the first execution: `opening` of the profit and lot functions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market.money import amount
from jupyter_openapi.market.symbols import mended, parse
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio.executions import moment
from jupyter_openapi.portfolio.given_arguments import mapping, told
from jupyter_openapi.portfolio.lot_ledger import Opening
from jupyter_openapi.portfolio.prices import market_zone
from jupyter_openapi.portfolio.time_windows import day as given_day
from jupyter_openapi.portfolio.time_windows import refuse_future
from jupyter_openapi.portfolio.trades import Trades


def openings(opening: Mapping[str, tuple[Any, ...]] | None) -> dict[str, Opening]:
    """Return what a user says was held before the first execution, by symbol.

    Raises
    ------
    RequestRefused
        It is no quantity and price, or its day is none that has been.
    """
    given = {}
    for name, pair in mapping("opening", opening, "{'700.HK': (500, 480.6)}").items():
        symbol = mended(str(name))
        on: list[Any] = []
        try:
            quantity, price, *on = [] if isinstance(pair, str) else pair
            quantity, price = (None if isinstance(part, bool) else amount(part) for part in (quantity, price))
        except (TypeError, ValueError):
            quantity = price = None
        if quantity is None or price is None or len(on) > 1:
            raise RequestRefused(
                _(
                    "opening holds (quantity, price) for each symbol, such as {{'700.HK': (500, 480.6)}}, or "
                    "(quantity, price, day); not {pair} for {symbol}."
                ).format(pair=told(pair), symbol=told(name))
            )
        parse(symbol)
        given[symbol] = Opening(quantity, price, at=_opened_at(symbol, *on))
    return given


def _opened_at(symbol: str, day: Any = None) -> int | None:
    """Return the first second of a day, in a symbol's market, that has been; None for none."""
    if day is None:
        return None
    there = market_zone(symbol)
    at = int(datetime.combine(given_day("opening", day, there), time(), there).timestamp())
    refuse_future(at, there, "opening")
    return at


def refuse_later(given: Mapping[str, Opening], trades: Trades) -> None:
    """Refuse what is said to have been held before the first execution since a day after it."""
    for symbol, opening in given.items():
        first = next((fill.at for fill in trades.fills if fill.symbol == symbol), None)
        if first is not None and opening.at is not None and opening.at > first:
            there = market_zone(symbol)
            raise RequestRefused(
                _(
                    "opening is what was held before the first execution: {symbol} was traded on {first}, "
                    "before {day}."
                ).format(
                    symbol=symbol,
                    first=moment(first).astimezone(there).date(),
                    day=moment(opening.at).astimezone(there).date(),
                )
            )
