"""What the words of a line of ``buy`` or ``sell`` stand for, and the whole line that a refused one meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from jupyter_openapi.errors import RequestRefused, short
from jupyter_openapi.magic.flags import Words
from jupyter_openapi.magic.lexer import in_braces, unquoted
from jupyter_openapi.market.symbols import suggest
from jupyter_openapi.messages import _
from jupyter_openapi.trading.shorthand import PRICES, QUANTITIES

_NUMBER = re.compile(r"[+-]?[\d.,]*\d[\d.,]*")
_LASTS = frozenset({"DAY", "GTC", "GTD"})
_MARKETS = frozenset({"mkt", "mo", "market"})


def is_quantity(word: str) -> bool:
    """Tell whether a word is a number, or a part of what is held."""
    plain = unquoted(word) or word
    return plain.lower() in QUANTITIES or _NUMBER.fullmatch(plain) is not None


def is_expression(word: str) -> bool:
    """Tell whether a word stands in braces."""
    return in_braces(unquoted(word) or word) is not None


@dataclass
class _Meant:
    """What was made out of a line: the rest stays as the example has it."""

    quantity: str = ""
    symbol: str = ""
    price: str = ""
    others: list[str] = field(default_factory=list)

    def take(self, word: str, *, price: bool) -> None:
        """Put a word where it belongs; one that belongs nowhere is left out."""
        small = word.lower().lstrip("$")
        if word.upper() in _LASTS:
            self.others.append(f"tif={word.upper()}")
        elif small in _MARKETS or small in PRICES:
            self.price = self.price or ("market" if small in _MARKETS else small)
        elif price:
            self.price = self.price or word.lstrip("$")
        elif is_expression(word):
            self._first(word)
        elif is_quantity(word):
            self._number(word)
        elif not self.symbol and (found := _symbol(word)):
            self.symbol = found

    def _first(self, word: str) -> None:
        for name in ("quantity", "symbol", "price"):
            if not getattr(self, name):
                setattr(self, name, word)
                return

    def _number(self, word: str) -> None:
        if not self.quantity:
            self.quantity = word
        elif not self.symbol and (found := suggest(word)):
            self.symbol = found
        else:
            self.price = self.price or word


def _symbol(word: str) -> str:
    """Return the symbol that a word is, or that it names beyond doubt, or ""."""
    from jupyter_openapi.market.names import NAMES

    plain = unquoted(word) or word
    found = suggest(plain) or ""
    named = found and ("." in plain or plain.isupper() or NAMES.of(found))
    return found if named else ""


def refused_order(command: str, words: Sequence[str], pairs: Sequence[Words], problem: str) -> RequestRefused:
    """Return the refusal of a short order, with the line that was meant as far as it can be made out."""
    meant, price = _Meant(), False
    # A word with a market in it is the symbol, so that a number beside it is none.
    meant.symbol = next((found for each in words if "." in each and (found := _dotted(each))), "")
    for word in words:
        if word == "@":
            price = True
        elif not (meant.symbol and _dotted(word) == meant.symbol):
            meant.take(word, price=price)
    others = [*(f"{name}={text}" for name, text in pairs), *meant.others]
    priced = any(name in {"price", "type"} for name, _text in pairs)
    at = [] if priced else ["@", meant.price or ("last" if meant.symbol else "600")]
    line = [command, meant.quantity or "100", meant.symbol or "700.HK", *at, *others]
    return RequestRefused(
        _("{problem}; type %openapi {line} (after @: a number, market, bid, ask or last).").format(
            problem=problem, line=" ".join(short(each, 40) for each in line)
        )
    )


def _dotted(word: str) -> str:
    return "" if is_quantity(word) or is_expression(word) else _symbol(word)
