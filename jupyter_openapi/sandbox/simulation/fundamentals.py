"""Invented but constant figures of a company: share count, earnings, book value, dividend.

They follow from the symbol alone, so that every reply that mentions them agrees. None is market data.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from jupyter_openapi.market.symbols import Security
from jupyter_openapi.sandbox.language import SPOKEN
from jupyter_openapi.sandbox.simulation.listing import LISTED

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Facts:
    """A company's figures; money per share in the security's currency, the yield in percent."""

    listed: str
    shares: int
    floating: int
    eps: Decimal
    eps_ttm: Decimal
    bps: Decimal
    dividend_yield: Decimal


def of(security: Security) -> Facts:
    """Return the figures of a security; an option has none."""
    if security.kind == "option":
        none = Decimal(0)
        return Facts("", 0, 0, none, none, none, none)
    return _facts(security.symbol)


def display_name(security: Security) -> str:
    """Return the name the broker shows in the language asked for.

    In English that is the exchange's short name in Hong Kong, and the full one in the US.
    """
    spoken = SPOKEN.get()
    if spoken != "en" and (name := security.name_cn if spoken == "zh-CN" else security.name_hk):
        return name
    return english_name(security)


def english_name(security: Security) -> str:
    """Return the English name the broker shows."""
    return security.short_name if security.market == "HK" else security.name_en


@cache
def _facts(symbol: str) -> Facts:
    security = LISTED[symbol]
    draw = Draws(symbol)
    price = security.ref_price
    millions = 500 + next(draw) % 18_000
    shares = millions * 1_000_000
    earnings = Decimal(8 + next(draw) % 30)  # a price of 8 to 37 years' earnings
    book = Decimal(80 + next(draw) % 900) / 100
    eps = (price / earnings).quantize(_CENT)
    growth = Decimal(95 + next(draw) % 16) / 100
    year, month, day = 1980 + next(draw) % 40, 1 + next(draw) % 12, 1 + next(draw) % 28
    return Facts(
        listed=f"{year:04d}{month:02d}{day:02d}",
        shares=shares,
        floating=shares * (70 + next(draw) % 31) // 100,
        eps=eps,
        eps_ttm=(eps * growth).quantize(_CENT),
        bps=(price / book).quantize(_CENT),
        dividend_yield=Decimal(next(draw) % 600) / 100,
    )


class Draws:
    """An endless sequence of whole numbers derived from a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._count = 0

    def __next__(self) -> int:
        self._count += 1
        digest = hashlib.blake2b(f"{self._text} {self._count}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big")
