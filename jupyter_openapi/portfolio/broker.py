"""The broker's own analysis of profit, by symbol, to stand beside ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import OpenAPIError
from jupyter_openapi.portfolio.exact import known_text
from jupyter_openapi.portfolio.reading import brief
from jupyter_openapi.trading.words import amount

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from jupyter_openapi.portfolio.reading import Reader


@dataclass(frozen=True, slots=True)
class Analysed:
    """What the broker says that one security brought in a period."""

    symbol: str
    profit: Decimal
    currency: str
    holding: bool


def read_analysis(reader: Reader, start: int, end: int) -> dict[str, Analysed]:
    """Return the broker's profit of each security in a period, by symbol; note if it can't be had.

    Source: the official SDK's ``PortfolioContext.profit_analysis`` (its items' names); undocumented
    otherwise.
    """
    try:
        data = reader.ask("portfolio_profit_analysis_sublist", start=start, end=end)
    except OpenAPIError as failure:
        reader.asides.append(f"The broker's own profit analysis could not be had ({brief(failure)}).")
        return {}
    items = data.get("items")
    rows = [row for row in items if isinstance(row, dict)] if isinstance(items, list) else []
    found = [_analysed(row) for row in rows]
    return {one.symbol: one for one in found if one is not None}


def _analysed(row: Mapping[str, Any]) -> Analysed | None:
    currency = known_text(row.get("currency")).upper()
    profit = amount(row.get("order_profit"))
    if profit is None:
        profit = amount(row.get("profit"))
    symbol = symbol_of(row)
    return (
        None
        if profit is None or not symbol
        else Analysed(symbol, profit, currency, row.get("is_holding") is True)
    )


def symbol_of(row: Mapping[str, Any]) -> str:
    """Return the symbol an item is about: given, or from ``ST/US/AAPL``, from code and market, the ISIN."""
    for name in ("symbol", "counter_id"):
        parts = known_text(row.get(name)).split("/")
        if len(parts) == 3:
            return f"{_code(parts[2], parts[1])}.{parts[1]}"
        if parts[0]:
            return parts[0]
    code, market = known_text(row.get("security_code")), known_text(row.get("market"))
    if code and code != "-":
        return f"{_code(code, market)}.{market}" if market and "." not in code else code
    isin = known_text(row.get("isin"))
    return "" if isin == "-" else isin


def _code(code: str, market: str) -> str:
    """Return a code as symbols write it: Hong Kong's without leading zeros."""
    return code.lstrip("0") if market == "HK" and code.isdigit() else code
