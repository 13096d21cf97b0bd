"""``buy`` and ``sell``: an order in one short line, ``buy 100 700.HK @ 600``.

The quantity and the symbol come in either order; ``@`` stands before the price, with or without spaces. A
line that is refused is answered with the whole line that was meant, as far as it can be made out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import InvalidOperation
from functools import partial
from typing import Any, cast

from jupyter_openapi.client import Client
from jupyter_openapi.errors import RequestRefused, short
from jupyter_openapi.magic.command import CommandSpec, Invocation, command, notify, parameter
from jupyter_openapi.magic.flags import Words
from jupyter_openapi.magic.lexer import in_braces, unquoted
from jupyter_openapi.magic.pasted import FULL_WIDTH
from jupyter_openapi.market.money import plain
from jupyter_openapi.market.symbols import suggest
from jupyter_openapi.messages import _, ended
from jupyter_openapi.reply import Reply
from jupyter_openapi.spec.model import Effect, Kind
from jupyter_openapi.spec.values import convert, number_of
from jupyter_openapi.trading.shorthand import (
    MARKET,
    PRICES,
    QUANTITIES,
    held_quantity,
    market_price,
    with_preview_lines,
    word_among,
)

_NUMBER = re.compile(r"[+-]?[\d.,]*\d[\d.,]*")
_LASTS = frozenset({"DAY", "GTC", "GTD"})
_MARKETS = frozenset({"mkt", "mo", "market"})


def _is_quantity(word: str) -> bool:
    """Tell whether a word is a number, or a part of what is held."""
    plain = unquoted(word) or word
    return plain.lower() in QUANTITIES or _NUMBER.fullmatch(plain) is not None


def _is_expression(word: str) -> bool:
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
        elif _is_expression(word):
            self._first(word)
        elif _is_quantity(word):
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


def _refused_order(
    command: str, words: Sequence[str], pairs: Sequence[Words], problem: str
) -> RequestRefused:
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
    return "" if _is_quantity(word) or _is_expression(word) else _symbol(word)


Lines = list[tuple[str, str]]


def named_words(command: str, items: Sequence[Words]) -> tuple[Words, ...]:
    """Return the items with each bare word under the name of what it stands for.

    Raises
    ------
    RequestRefused
        A word has no place, or it can't be told which one is the symbol.
    """
    words = typed = [part for name, text in items if name is None for part in _split_at(_mended(text))]
    pairs = [(name, text) for name, text in items if name is not None]
    price: list[str] = []
    given = {name for name, _text in pairs}

    def refused(problem: str) -> RequestRefused:
        return _refused_order(command, typed, pairs, problem)

    if "@" in words:
        at = words.index("@")
        words, price = words[:at], words[at + 1 :]
        if len(price) != 1:
            raise refused(_("One price goes after @"))
    if len(words) > 2:
        extra = _("{word} does not belong here").format(word=short(words[2], 40))
        raise refused(extra if price else _("{extra}; write @ before a price").format(extra=extra))
    if not words and not pairs:
        raise refused(_("Say what to {command}").format(command=command))
    if not price and not given & {"price", "type"}:
        raise refused(_("No price was given"))
    found = [*_quantity_and_symbol(words, refused), *(("price", word) for word in price)]
    return (*found, *pairs)


def _mended(word: str) -> str:
    return word if "{" in word else word.translate(FULL_WIDTH)


def _split_at(word: str) -> list[str]:
    """Split ``700.HK@600`` and ``@600`` at the mark; quotes and braces keep theirs."""
    if "@" not in word or word[0] in "'\"{":
        return [word]
    before, mark, after = word.partition("@")
    return [part for part in (before, mark, after) if part]


def _quantity_and_symbol(words: Sequence[str], refused: Callable[[str], RequestRefused]) -> list[Words]:
    if not words:
        return []
    if len(words) == 1:
        return [("quantity" if _is_quantity(words[0]) else "symbol", words[0])]
    first, second = words
    quantities = [_is_quantity(word) for word in words]
    if all(quantities):
        raise refused(_("{words} are two quantities: a symbol has its market").format(words=" ".join(words)))
    # Of a number and an expression the number is the quantity; of two expressions the first.
    if quantities[1] or (not quantities[0] and not _is_expression(first) and _is_expression(second)):
        first, second = second, first
    elif not quantities[0] and not _is_expression(first):
        raise refused(_("Neither {words} is a quantity").format(words=_(" nor ").join(words)))
    return [("quantity", first), ("symbol", second)]


def _order_command(name: str, summary: str, *examples: str) -> Callable[[Any], CommandSpec]:
    return command(
        name,
        summary,
        parameter("symbol", Kind.SYMBOL, "what to trade", required=True),
        parameter(
            "quantity", Kind.ANY, "in shares or contracts; a sale also takes all or half", required=True
        ),
        parameter("price", Kind.ANY, "after @: a number, market, bid, ask or last"),
        parameter("type", Kind.TEXT, "order type, as for submit; LO if a price is given"),
        parameter("tif", Kind.TEXT, "how long it lasts: Day (default), GTC or GTD"),
        parameter("expire_date", Kind.DATE, "the last day, with tif=GTD"),
        parameter("outside_rth", Kind.TEXT, "trading hours, as for submit"),
        parameter("remark", Kind.TEXT, "a note of your own, kept with the order", free_text=True),
        effect=Effect.TRADE,
        accepts=("execute", "again", "override", "raw", "tz"),
        examples=examples,
        words=partial(named_words, name),
    )


@_order_command(
    "buy",
    "Preview the purchase of a quantity of a symbol at a price.",
    "buy 100 700.HK @ 600",
    "buy 700.HK 1,000 @ market",
    "buy 10 AAPL.US @ bid tif=GTC",
)
def buy(invocation: Invocation) -> Any:
    """Return the preview; with ``--execute``, send it and return the reply."""
    return _order(invocation, "Buy")


@_order_command(
    "sell",
    "Preview the sale of a quantity of a symbol at a price.",
    "sell 100 700.HK @ 600",
    "sell all 700.HK @ bid",
    "sell half 700.HK @ market",
)
def sell(invocation: Invocation) -> Any:
    """Return the preview; with ``--execute``, send it and return the reply."""
    return _order(invocation, "Sell")


def _order(invocation: Invocation, side: str) -> Any:
    from jupyter_openapi.magic.present import present_change
    from jupyter_openapi.session import SESSION
    from jupyter_openapi.spec import catalog

    flags = invocation.command.flags
    client = SESSION.connected()
    client.tz = invocation.context.tz(invocation.command)
    _refuse_words(invocation.given)
    fields, lines = _filled(client, side, invocation.given)
    overrides = flags.get("override", ())
    with with_preview_lines(lines):
        preview = client.call(
            "submit_order", override=overrides if isinstance(overrides, tuple) else (), side=side, **fields
        )
    operation = catalog().named("submit_order")
    if flags.get("execute"):
        for label, text in lines:
            notify(invocation.command, ended(_("{label}: {text}").format(label=_(label), text=text)))
        return present_change(preview.send(again=bool(flags.get("again"))), operation, invocation.command)
    return present_change(preview, operation, invocation.command)


def _refuse_words(given: Mapping[str, Any]) -> None:
    """Refuse words that are no values, such as Chinese ones, by the names that these commands have."""
    from jupyter_openapi.spec import catalog

    submit = catalog().named("submit_order")
    for name in ("type", "tif", "outside_rth"):
        parameter, word = submit.parameter(name), str(given.get(name, ""))
        if parameter is not None and not word.isascii():
            convert(replace(parameter, name=name), word)


def _filled(client: Client, side: str, given: Mapping[str, Any]) -> tuple[dict[str, Any], Lines]:
    """Return the order's fields with each word read as a number, and what the preview says of those."""
    fields, lines = dict(given), Lines()
    symbol, kind = str(given["symbol"]), str(given.get("type", ""))

    def read(name: str, parameters: Mapping[str, Any]) -> Any:
        reply = cast("Reply", client.call(name, **parameters))
        return reply.data

    if word := word_among(QUANTITIES, given["quantity"]):
        if side == "Buy":
            raise RequestRefused(
                _(
                    "{word} is a part of what is held, to be sold: type the quantity to buy as a number, "
                    "such as %openapi buy 100 {symbol} @ bid."
                ).format(word=word, symbol=symbol)
            )
        part = held_quantity(read, symbol, word, kind)
        fields["quantity"] = plain(part.number)
        lines.append(("quantity", part.said))
    word = word_among(PRICES, given.get("price"))
    if word == MARKET:
        if kind and kind.upper() != "MO":
            raise RequestRefused(
                _("@ market is the type MO, not {kind}; leave out one of them.").format(kind=kind)
            )
        del fields["price"]
        fields["type"] = "MO"
    elif word:
        price = market_price(read, symbol, word, client.tz)
        fields["price"] = plain(price.number)
        lines.append(("price", price.said))
    elif not _is_number(given.get("price", 0)):
        raise RequestRefused(
            _(
                "@ {price} is not a price: type a number, such as %openapi {side} 100 {symbol} @ 600, or one "
                "of @ market, bid, ask, last."
            ).format(price=short(str(given["price"]), 40), side=side.lower(), symbol=symbol)
        )
    return fields, lines


def _is_number(value: Any) -> bool:
    try:
        return bool(number_of(value).is_finite())
    except InvalidOperation:
        return False
