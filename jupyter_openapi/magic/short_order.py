"""The words of ``buy`` and ``sell`` as named arguments: ``100 700.HK @ 600``.

The quantity and the symbol come in either order; ``@`` stands before the price, with or without spaces.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from jupyter_openapi.errors import RequestRefused, short
from jupyter_openapi.magic.flags import Words
from jupyter_openapi.magic.lexer import in_braces, unquoted
from jupyter_openapi.magic.pasted import FULL_WIDTH
from jupyter_openapi.messages import _
from jupyter_openapi.trading.shorthand import QUANTITIES

_QUANTITY = re.compile(r"[+-]?[\d.,]*\d[\d.,]*")


def named_words(command: str, items: Sequence[Words]) -> tuple[Words, ...]:
    """Return the items with each bare word under the name of what it stands for.

    Raises
    ------
    RequestRefused
        A word has no place, or it can't be told which one is the symbol.
    """
    words = [part for name, text in items if name is None for part in _split_at(_mended(text))]
    pairs = [(name, text) for name, text in items if name is not None]
    price: list[str] = []
    if "@" in words:
        at = words.index("@")
        words, price = words[:at], words[at + 1 :]
        if len(price) != 1:
            raise _refused(command, _("@ takes one price after it"))
    if len(words) > 2:
        extra = _("{word} has no place").format(word=short(words[2], 40))
        raise _refused(command, extra if price else _("{extra}: @ stands before a price").format(extra=extra))
    if not words and not pairs:
        raise _refused(command, _("It is not said what to {command}").format(command=command))
    given = {name for name, _text in pairs}
    if not price and not given & {"price", "type"}:
        raise _refused(command, _("It is not said at which price"))
    found = [*_quantity_and_symbol(command, words), *(("price", word) for word in price)]
    return (*found, *pairs)


def _mended(word: str) -> str:
    return word if "{" in word else word.translate(FULL_WIDTH)


def _split_at(word: str) -> list[str]:
    """Split ``700.HK@600`` and ``@600`` at the mark; quotes and braces keep theirs."""
    if "@" not in word or word[0] in "'\"{":
        return [word]
    before, mark, after = word.partition("@")
    return [part for part in (before, mark, after) if part]


def _quantity_and_symbol(command: str, words: Sequence[str]) -> list[Words]:
    if not words:
        return []
    if len(words) == 1:
        return [("quantity" if _is_quantity(words[0]) else "symbol", words[0])]
    first, second = words
    quantities = [_is_quantity(word) for word in words]
    if all(quantities):
        raise _refused(
            command, _("{words} are two quantities: a symbol has its market").format(words=" ".join(words))
        )
    # Of a number and an expression the number is the quantity; of two expressions the first.
    if quantities[1] or (not quantities[0] and not _is_expression(first) and _is_expression(second)):
        first, second = second, first
    elif not quantities[0] and not _is_expression(first):
        raise _refused(command, _("Neither {words} is a quantity").format(words=_(" nor ").join(words)))
    return [("quantity", first), ("symbol", second)]


def _is_quantity(word: str) -> bool:
    plain = unquoted(word) or word
    return plain.lower() in QUANTITIES or _QUANTITY.fullmatch(plain) is not None


def _is_expression(word: str) -> bool:
    return in_braces(unquoted(word) or word) is not None


def _refused(command: str, problem: str) -> RequestRefused:
    return RequestRefused(
        _("{problem}; type %openapi {command} 100 700.HK @ 600 (or @ market, bid, ask, last).").format(
            problem=problem, command=command
        )
    )
