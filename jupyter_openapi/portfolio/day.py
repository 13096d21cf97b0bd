"""The day's profit and loss of each holding: what was held at the open, and what was traded since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_openapi.portfolio.exact import ZERO, minus, product, total
from jupyter_openapi.portfolio.reading import names
from jupyter_openapi.trading.words import currency_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from jupyter_openapi.portfolio.fills import Fill
    from jupyter_openapi.portfolio.holdings import Holding
    from jupyter_openapi.portfolio.prices import Price
    from jupyter_openapi.portfolio.reading import Reader


@dataclass(frozen=True, slots=True)
class DayResult:
    """The day's profit, and the money it is measured against; None where not known."""

    amount: Decimal | None = None
    put_in: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """What was held or bought today and is held no more."""

    symbol: str
    market: str
    currency: str
    day: DayResult


def day_results(
    reader: Reader,
    holdings: Sequence[Holding],
    prices: Mapping[str, Price],
    fills: Sequence[Fill] | None,
) -> list[DayResult]:
    """Return the day's result of each holding, in their order, and say where it is not certain.

    Parameters
    ----------
    reader
        Takes what there is to say.
    holdings, prices
        What is held, and its prices by symbol.
    fills
        Today's executions; None if they could not be had, and nothing of the day is then known.
    """
    results, odd, several = [], [], []
    for holding in holdings:
        if holding.fund or fills is None or holding.quantity is None:
            results.append(DayResult())
            continue
        mine = [fill for fill in fills if fill.symbol == holding.symbol]
        if mine and sum(other.symbol == holding.symbol for other in holdings) > 1:
            several.append(holding.symbol)
            results.append(DayResult())
            continue
        opening, adds_up = quantity_at_open(holding, mine)
        if not adds_up:
            odd.append(holding.symbol)
        results.append(day_result(opening, holding.quantity, mine, prices.get(holding.symbol)))
    if odd:
        reader.miss(f"what else than today's fills changed the quantity of {names(odd)} since the open")
    if several:
        reader.miss(f"in which account channel today's fills of {names(several)} were")
    return results


def quantity_at_open(holding: Holding, fills: Sequence[Fill]) -> tuple[Decimal, bool]:
    """Return what was held at the open, and whether today's fills lead from it to what is held now.

    The broker's own number counts, unless it is missing, or 0 against all fills.
    """
    derived = (holding.quantity or ZERO) - sum((fill.signed for fill in fills), ZERO)
    if not holding.opening:
        return derived, True
    return holding.opening, holding.opening == derived


def day_result(opening: Decimal, now: Decimal, fills: Sequence[Fill], price: Price | None) -> DayResult:
    """Return the day's result of one security.

    Parameters
    ----------
    opening, now
        Quantity held at the open, and now.
    fills
        Today's executions in it.
    price
        Its prices; None if there is no quote.
    """
    if price is None or price.multiplier is None or any(not fill.sign for fill in fills):
        return DayResult()
    last = price.last
    traded = sum((fill.signed for fill in fills), ZERO)
    if last is None and not opening + traded:
        last = ZERO  # nothing is left of it: its last price cancels out
    held = product(opening, minus(last, price.prev_close)) if opening else ZERO
    parts = [product(fill.signed, minus(last, fill.price)) for fill in fills]
    if held is None or None in parts:
        return DayResult()
    way = 1 if (now or opening or (fills[0].signed if fills else ZERO)) >= 0 else -1
    put_in = [product(abs(opening), price.prev_close) if opening else ZERO]
    put_in += [fill.quantity * fill.price for fill in fills if fill.sign == way]
    return DayResult(
        product(total([held, *parts]), price.multiplier), product(total(put_in), price.multiplier)
    )


def closed_today(
    holdings: Sequence[Holding], prices: Mapping[str, Price], fills: Sequence[Fill] | None
) -> list[Closed]:
    """Return what today's fills ended: the broker no longer lists it among the positions."""
    held = {holding.symbol for holding in holdings}
    gone: dict[str, list[Fill]] = {}
    for fill in fills or ():
        if fill.symbol not in held:
            gone.setdefault(fill.symbol, []).append(fill)
    found = []
    for symbol, mine in gone.items():
        opening = -sum((fill.signed for fill in mine), ZERO)
        day = day_result(opening, ZERO, mine, prices.get(symbol))
        found.append(Closed(symbol, symbol.rpartition(".")[2], currency_of(symbol), day))
    return found


def wanted_symbols(holdings: Sequence[Holding], fills: Sequence[Fill] | None) -> list[str]:
    """Return the symbols whose prices a valuation takes: what is held, and what was traded today."""
    held = [holding.symbol for holding in holdings if not holding.fund]
    return list(dict.fromkeys([*held, *(fill.symbol for fill in fills or ())]))
