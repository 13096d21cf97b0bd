"""What kind of product a security is (share, fund, warrant, ...), which rules its price steps and fees.

A security that the project knows by heart says so itself; an option's symbol does; for others the exchange
board that `static_info` names and, in Hong Kong, the code tell. What nothing tells is not known, and then
neither are its steps and duties.

Source: HKEX stock code allocation (``data/products.json``, unconfirmed).
"""

from __future__ import annotations

from typing import Literal

from jupyter_openapi.market import facts
from jupyter_openapi.market.symbols import SECURITIES, contract, is_option, market_of

Product = Literal["stock", "reit", "etp", "warrant", "cbbc", "debt", "option", "index", ""]
"""The kinds; empty where it is not known. A callable bull/bear contract is ``cbbc``."""

_KINDS: dict[str, Product] = {"equity": "stock", "etf": "etp", "reit": "reit"}


def product_of(symbol: str, board: str = "") -> Product:
    """Return what a security is.

    Parameters
    ----------
    symbol
        ``700.HK``.
    board
        The exchange board that `static_info` names, ``HKWarrant`` say; empty where that was not read.
    """
    if is_option(symbol):
        return "option"
    security = SECURITIES.get(symbol)
    if security is not None:
        return _KINDS.get(security.kind, "")
    known = facts("products")
    by_board: Product = known["boards"].get(board, "")
    market = market_of(symbol)
    by_code = _by_code(symbol.rpartition(".")[0]) if market == "HK" else ""
    if by_board == "warrant" and by_code != "warrant":  # one board for warrants and bull/bear contracts
        return "cbbc" if by_code == "cbbc" else ""
    if by_board or market == "HK":
        return by_board or by_code
    return "stock" if market == "US" else ""


def _by_code(code: str) -> Product:
    if not code.isdecimal():
        return "index"
    number = int(code)
    ranges = facts("products")["HK"]
    found: Product = next((kind for kind, first, last in ranges if first <= number <= last), "")
    return found


def table_of(symbol: str, board: str = "") -> str | None:
    """Return the name of the table that a security's prices step by; None where that is not known."""
    security = SECURITIES.get(symbol)
    if security is not None:
        return security.spread_table
    known = facts("products")
    product = product_of(symbol, board)
    option = contract(symbol)
    if option is not None and option.root in known["penny_options"]:
        return "us_option_penny"
    table: str | None = known["tables"].get(market_of(symbol), {}).get(product)
    return table


def pays_stamp_duty(symbol: str, board: str = "") -> bool | None:
    """Tell whether Hong Kong's stamp duty is due on it; None where that is not known."""
    security = SECURITIES.get(symbol)
    if security is not None:
        return security.stamp_duty
    due: bool | None = facts("products")["stamp_duty"].get(product_of(symbol, board))
    return due
