"""Synonyms: words that traders type, and the operations, parameters and values they mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from jupyter_openapi.errors import RequestRefused, nearest, sentence, short
from jupyter_openapi.messages import _, commas
from jupyter_openapi.spec.model import Operation
from jupyter_openapi.spec.request import METHODS

MEANT: Mapping[str, str] = {
    **dict.fromkeys(("holdings", "holding", "position", "stocks"), "positions"),
    **dict.fromkeys(("kline", "klines", "candle", "candlestick", "bars"), "candles"),
    **dict.fromkeys(("price", "prices", "ticker", "tickers", "last"), "quote"),
    **dict.fromkeys(("cash", "money", "buying_power"), "balance"),
    **dict.fromkeys(("fill", "fills", "deals"), "executions"),
    **dict.fromkeys(("book", "level2"), "depth"),
    **dict.fromkeys(("modify", "amend"), "replace"),
    "fx": "rates",
}
"""What a word stands for that can mean nothing else; none of them changes anything but ``replace``."""

TYPED: Mapping[str, str] = {
    "history": "history_orders start=-30d",
    "logout": "forget",
    "long": "buy 100 700.HK @ 600",
    "short": "--override short sell 100 700.HK @ 600",
    "chart": "candles 700.HK period=1d",
    "watch": "quote 700.HK AAPL.US",
    "hours": "market_status",
    "market": "market_status",
    "account": "status",
    "accounts": "status",
    "options": "option_chain_expiry_date_list AAPL.US",
    "chain": "option_chain_expiry_date_list AAPL.US",
    "undo": "orders",
    "trade": "buy 100 700.HK @ 600",
    "close": "sell all 700.HK @ market",
    "flatten": "sell all 700.HK @ market",
    "dividends": "endpoints dividend",
}
"""A line to type for a word that could mean several things, or stands for more than one word."""

FUNCTIONS = frozenset({"exposure", "income", "lots", "slippage", "total_return", "value"})
"""Functions of `jupyter_openapi.portfolio` that take a client and nothing else, and are no commands."""

_PARAMETERS = {
    "qty": "quantity",
    "shares": "quantity",
    "size": "quantity",
    "px": "price",
    "limit": "price",
    "order_type": "type",
    "sym": "symbol",
    "ticker": "symbol",
    "from": "start",
    "since": "start",
    "to": "end",
    "until": "end",
    "interval": "period",
    "timeframe": "period",
}
HELP = frozenset({"--help", "-h", "?", "-?"})


def meant(word: str) -> str:
    """Return the operation that a trader's word stands for, or the word itself."""
    return MEANT.get(word.lower(), word)


def refuse_unclear(word: str, commands: Iterable[str]) -> None:
    """Refuse a trader's word that could mean several things, with the line to type.

    Raises
    ------
    RequestRefused
        It is one.
    """
    if word.lower() in FUNCTIONS:
        raise RequestRefused(
            _(
                "{word} is a function: type `from jupyter_openapi import portfolio`, then "
                "`portfolio.{word}(client)`."
            ).format(word=word.lower())
        )
    line = TYPED.get(word.lower())
    if line is not None and word.lower() not in commands:
        template = (
            _(
                "{word} is not a command or operation. Type `%openapi {line}` for past orders, or "
                "`%openapi candles 700.HK period=1d`."
            )
            if word.lower() == "history"
            else _("{word} is not a command or operation. Type `%openapi {line}`.")
        )
        raise RequestRefused(template.format(word=short(word, 40), line=line))


def suggested(word: str, usual: Iterable[str], all_names: Iterable[str]) -> str:
    """Return ``Did you mean ...?``: usual names and traders' words first, others failing those."""
    names = list(all_names)
    slips = get_close_matches(word.lower(), names, n=1, cutoff=0.9)  # a name with one letter wrong
    found = [meant(name) for name in nearest(word, [*usual, *MEANT])] or nearest(word, names)
    close = list(dict.fromkeys([*slips, *found]))[:3]
    if not close:
        return ""
    return _("Did you mean {value}?").format(value=commas(close, _(" or ")))


def parameter_name(operation: Operation | None, typed: str) -> str:
    """Return a parameter's name whatever its case, and for a trader's word; others as they were typed."""
    if operation is None or operation.parameter(typed) is not None:
        return typed
    small = typed.lower()
    for name in (small, _PARAMETERS.get(small, "")):
        if name and operation.parameter(name) is not None:
            return name
    return typed


def help_line(words: list[str]) -> list[str]:
    """Return a line's words, as those of ``help`` where ``--help`` or ``?`` is among them."""
    if HELP.isdisjoint(words):
        return words
    rest = [word for word in words if word not in HELP and word[0] not in "-@"]
    count = 2 if rest and rest[0].upper() in METHODS else 1
    return ["help", *rest[:count]]


_OF_ORDERS = frozenset({"cancel_order", "replace_order", "order_detail"})  # `wait` says so itself


def refuse_word_for_order(operation: Operation, order_id: object) -> None:
    """Refuse a symbol or a word where an order's id belongs, with the line that was meant.

    Raises
    ------
    RequestRefused
        It is one.
    """
    from jupyter_openapi.market.symbols import parse

    text = str(order_id)
    if operation.name in _OF_ORDERS and text and not any(letter.isdigit() for letter in text):
        raise _no_order(operation, text)
    try:
        symbol = str(parse(text))
    except RequestRefused:
        return
    line = f"cancel_all {symbol}" if operation.name == "cancel_order" else f"orders symbol={symbol}"
    template = _("{symbol} is a symbol, and {operation} takes the id of an order. Type `%openapi {line}`.")
    raise RequestRefused(sentence(template.format(symbol=symbol, operation=operation.name, line=line)))


def _no_order(operation: Operation, word: str) -> RequestRefused:
    if operation.name == "cancel_order" and word.lower() in {"all", "everything", "*"}:
        return RequestRefused(_("To cancel every open order type `%openapi cancel_all`."))
    return RequestRefused(
        _("{order_id!r} is not an order id, which is all digits: `%openapi orders` lists them.").format(
            order_id=short(word, 40)
        )
    )
