"""Names of securities: what a symbol is called, and which symbols a word names.

The broker's API has no search by name. What is known comes from the project's own list of securities and from
names that replies carried; both are facts of the market and no secret. In memory, bounded.
"""

from __future__ import annotations

import threading
import time
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from jupyter_openapi.market.symbols import SECURITIES, is_option, suggest

MOST = 20_000  # symbols kept; the oldest go
LONGEST = 120  # characters of a name
DAY = 86_400.0
FIELDS = {"name_en": "en", "name_cn": "cn", "name_hk": "hk", "symbol_name": "", "stock_name": ""}
"""Columns of replies that hold a security's name, and its language where that is certain."""
NAMED = frozenset({"watchlist", "market_constituent", "warrant_list", "screener_search"})
"""Operations whose column ``name`` is a security's; in others it is something else's."""


class Match(NamedTuple):
    """A symbol that a text names, and what it is called."""

    symbol: str
    name: str


class Names:
    """What symbols are called.

    Parameters
    ----------
    clock
        Gives the present in Unix seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[str, dict[str, str]] = {}
        self._texts: dict[str, str] = {}  # what is looked at in a search; made when first wanted
        self._asked: dict[str, float] = {}

    def note(self, symbol: object, name: object, language: str = "") -> None:
        """Remember what a reply calls a symbol; whatever is no text is left out."""
        if not isinstance(symbol, str) or not isinstance(name, str) or "." not in symbol:
            return
        name = " ".join(name.split())
        if not name or len(name) > LONGEST or len(symbol) > LONGEST or name == symbol:
            return
        with self._lock:
            known = self._seen.setdefault(symbol, {})
            if known.get(language) != name:
                known[language] = name
                self._texts.pop(symbol, None)
            while len(self._seen) > MOST:
                oldest = next(iter(self._seen))
                del self._seen[oldest]
                self._texts.pop(oldest, None)

    def of(self, symbol: str, language: str = "en") -> str:
        """Return what a symbol is called, or nothing where that is not known; it is never made up.

        Parameters
        ----------
        symbol
            As the broker spells it.
        language
            ``en``, ``cn`` or ``hk``, preferred where the name is known in several.
        """
        seen = self._seen.get(symbol, {})
        own = SECURITIES.get(symbol)
        short = ""
        if own is not None:
            english = own.short_name if own.market == "HK" else own.name_en
            short = {"cn": own.name_cn, "hk": own.name_hk}.get(language, english)
        return seen.get(language) or short or next(iter(seen.values()), "")

    def find(self, text: str, most: int = 20) -> list[Match]:
        """Return the symbols that a code or a part of a name stands for, the nearest first.

        A code's beginning counts before a name's, and both before letters inside. Several words must all be
        found. Full-width letters and capitals make no difference.
        """
        wanted = folded(text)
        if not wanted:
            return []
        right = suggest(text.strip())
        ranked = []
        for place, symbol in enumerate(self._symbols()):
            rank = 0 if symbol == right else _rank(symbol, self._text(symbol), wanted)
            if rank is not None:
                ranked.append((rank, place, symbol))
        ranked.sort()
        return [Match(symbol, self.of(symbol)) for _rank_of, _place, symbol in ranked[:most]]

    def named(self, text: str) -> str:
        """Return the symbol that a word most likely names, or nothing: for ``Did you mean ...?``."""
        wanted = folded(text)
        if len(wanted) < (3 if wanted.isascii() else 1):
            return ""
        for match in self.find(text, most=3):
            if _rank("", self._text(match.symbol), wanted) is not None:
                return match.symbol
        return ""

    def unknown(self, symbols: Iterable[object]) -> list[str]:
        """Return those shares among the symbols that have no name and were not asked for today."""
        now, found = self._clock(), dict[str, None]()
        for symbol in symbols:
            if not isinstance(symbol, str) or self.of(symbol) or is_option(symbol):
                continue
            if now - self._asked.get(symbol, -DAY) >= DAY:
                found[symbol] = None
        return list(found)

    def asked(self, symbols: Collection[str]) -> None:
        """Ask for these no more today, whatever the answer was."""
        now = self._clock()
        with self._lock:
            self._asked.update(dict.fromkeys(symbols, now))
            while len(self._asked) > MOST:
                del self._asked[next(iter(self._asked))]

    def clear(self) -> None:
        """Forget what replies said."""
        with self._lock:
            self._seen, self._texts, self._asked = {}, {}, {}

    def __contains__(self, symbol: object) -> bool:
        return symbol in self._seen

    def _symbols(self) -> Iterator[str]:
        with self._lock:
            seen = list(self._seen)
        yield from dict.fromkeys([*seen, *SECURITIES])

    def _text(self, symbol: str) -> str:
        """Return all names of a symbol for a search, one a line."""
        kept = self._texts.get(symbol)
        if kept is not None:
            return kept
        names = list(self._seen.get(symbol, {}).values())
        own = SECURITIES.get(symbol)
        if own is not None:
            names += [own.short_name, own.name_en, own.name_cn, own.name_hk]
        text = "\n".join(dict.fromkeys(folded(name) for name in names))
        self._texts[symbol] = text
        return text


def folded(text: str) -> str:
    """Return a text without what makes no difference in a search: width, case, repeated spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _rank(symbol: str, names: str, wanted: str) -> int | None:
    """Return how near a symbol and its names are to what is wanted, 1 first; None where they are not."""
    code = symbol.casefold()
    if code.startswith(wanted):
        return 1
    if names.startswith(wanted) or f"\n{wanted}" in names:
        return 2
    if f" {wanted}" in names:
        return 3
    words = wanted.split()
    if len(wanted) > 1 and all(word in names for word in words):
        return 4
    return None


NAMES = Names()
"""The names that this process knows."""
