"""Symbols: a code and a market, such as ``700.HK`` or ``BRK.B.US``.

Source: the broker's documentation, "Symbol" (ticker.region); regions HK, US, SH, SZ, SG.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from jupyter_openapi.errors import RequestRefused

MARKETS = ("HK", "US", "SH", "SZ", "SG")
TRADABLE = ("HK", "US")
"""The markets in which the API takes stock orders."""

_CODE = re.compile(r"\.?[A-Z0-9][A-Z0-9.\-]*")


@dataclass(frozen=True, slots=True)
class Symbol:
    """A security's code and the market it trades in."""

    code: str
    market: str

    def __str__(self) -> str:
        return f"{self.code}.{self.market}"


def parse(symbol: str) -> Symbol:
    """Split ``700.HK`` into its code and market.

    Parameters
    ----------
    symbol
        As the broker spells it: upper case, no leading zeros in Hong Kong, the market after the last dot.

    Raises
    ------
    RequestRefused
        If it is spelt otherwise; the message gives the spelling to type.
    """
    if not isinstance(symbol, str):
        raise RequestRefused(f"A symbol is text such as 700.HK or AAPL.US, not {symbol!r}.")
    return _parse(symbol)


@lru_cache(maxsize=4096)
def _parse(symbol: str) -> Symbol:
    code, dot, market = symbol.rpartition(".")
    if not (dot and market in MARKETS and _CODE.fullmatch(code)) or _spelling(code, market) != symbol:
        guess = suggest(symbol)
        advice = f"type {guess}" if guess else "type a code and a market, such as 700.HK or AAPL.US"
        raise RequestRefused(f"{symbol[:40]!r} is not a symbol: {advice}.")
    return Symbol(code, market)


def suggest(text: str) -> str | None:
    """Return the symbol that `text` most likely means, or None.

    Understands lower case, leading zeros, a missing market and other programs' order (``HK.00700``).
    """
    word = text.strip().upper()
    first, _, rest = word.partition(".")
    if first in MARKETS and rest and not rest.endswith(tuple(f".{market}" for market in MARKETS)):
        word = f"{rest}.{first}"
    code, _, market = word.rpartition(".")
    if market == "SS":  # Shanghai at other data vendors
        market = "SH"
    if market not in MARKETS or not code:
        code, market = word, _likely_market(word)
    if not market or not _CODE.fullmatch(code):
        return None
    return _spelling(code, market)


def _spelling(code: str, market: str) -> str:
    if market == "HK" and code.isdigit():
        code = code.lstrip("0") or "0"
    if market in {"SH", "SZ"} and code.isdigit():
        code = code.zfill(6)
    return f"{code}.{market}"


def _likely_market(code: str) -> str:
    if code.isdigit():
        if len(code) == 6:
            return "SH" if code[0] in "569" else "SZ"
        return "HK" if len(code) <= 5 else ""
    return "US" if re.fullmatch(r"\.?[A-Z]{1,5}([.\-][A-Z])?", code) else ""
