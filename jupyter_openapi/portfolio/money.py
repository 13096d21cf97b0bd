"""In which currency a symbol is traded, and how many shares its unit stands for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from jupyter_openapi.errors import OpenAPIError
from jupyter_openapi.market.securities import SECURITIES
from jupyter_openapi.portfolio.exact import known_text
from jupyter_openapi.portfolio.prices import is_option, read_prices
from jupyter_openapi.trading.words import currency_of

if TYPE_CHECKING:
    from jupyter_openapi.portfolio.reading import Reader
    from jupyter_openapi.portfolio.window import Trades


@dataclass(frozen=True, slots=True)
class Money:
    """A symbol's market, currency and multiplier; None where an option's quote carries none."""

    market: str
    currency: str
    multiplier: Decimal | None


def read_money(reader: Reader, trades: Trades) -> dict[str, Money]:
    """Return the currency and multiplier of everything traded in the window.

    Currencies come from the positions, the securities known by heart, or `static_info`; where none tells, a
    symbol's is its market's.
    """
    symbols = trades.symbols
    known = {holding.symbol: holding.currency for holding in trades.holdings}
    known |= {symbol: SECURITIES[symbol].currency for symbol in symbols if symbol in SECURITIES}
    known |= _listed(
        reader, [symbol for symbol in symbols if not known.get(symbol) and not is_option(symbol)]
    )
    options = [symbol for symbol in symbols if is_option(symbol)]
    prices = read_prices(reader, options)
    for symbol in options:
        if symbol in prices and prices[symbol].multiplier is None:
            reader.miss(f"no contract multiplier for {symbol}")
    return {
        symbol: Money(
            symbol.rpartition(".")[2],
            known.get(symbol) or currency_of(symbol),
            (prices[symbol].multiplier if symbol in prices else None) if is_option(symbol) else Decimal(1),
        )
        for symbol in symbols
    }


def _listed(reader: Reader, symbols: list[str]) -> dict[str, str]:
    if not symbols:
        return {}
    try:
        rows = reader.ask("static_info", symbol=symbols).get("secu_static_info")
    except OpenAPIError:
        return {}
    return {
        known_text(row.get("symbol")): known_text(row.get("currency")).upper()
        for row in rows or ()
        if isinstance(row, dict)
    }
