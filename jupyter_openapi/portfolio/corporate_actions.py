"""Changes of a holding without an execution: splits of shares, expiry of options.

A split is read from the broker's list of corporate actions, which states it in words (``10-for-1``,
``1拆10``); where its ratio or day can't be read, nothing is guessed. Whether an option expired worthless
follows from the underlying's closing price on its last day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import OpenAPIError
from jupyter_openapi.market.money import ZERO, known_text, plain
from jupyter_openapi.market.replies import figure, objects, seconds
from jupyter_openapi.market.symbols import Contract
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio.lot_ledger import Expiry, Split
from jupyter_openapi.portfolio.positions import brief, names
from jupyter_openapi.portfolio.prices import market_zone

if TYPE_CHECKING:
    from jupyter_openapi.portfolio.positions import AccountReader

MOST_SYMBOLS = 40  # whose corporate actions one valuation asks for
CLOSE = time(16)
MOST_SHARES = 1_000_000  # that one can become

_REVERSE = re.compile(
    r"revers|consolidat|share combination|\d\s*股?\s*(?:合|并|併)|合股|合并|合併|并股|併股|缩股|縮股",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"split|subdivi|拆", re.IGNORECASE)
_EITHER = re.compile(r"拆\s*(?:合|并|併)股?|split[s]?\s*(?:/|and|or)\s*(?:revers|consolid)\w*", re.IGNORECASE)
"""The name of the whole category, which does not say which of the two it was."""
_NUMBER = r"(\d+(?:\.\d+)?)"
_SHARES = r"\s*(?:(?:new|old|existing|ordinary|consolidated|subdivided|shares?|股)\s*)*"
_FOR = re.compile(rf"{_NUMBER}{_SHARES}-?\s*for\s*-?{_SHARES}(?:every\s*)?{_NUMBER}", re.IGNORECASE)
_INTO = re.compile(
    rf"{_NUMBER}{_SHARES}-?\s*(?:into|to|拆分?|合并?|合併|并|併)[成为為]?\s*-?{_SHARES}{_NUMBER}",
    re.IGNORECASE,
)
_PAIR = re.compile(rf"{_NUMBER}\s*[:/\uff1a]\s*{_NUMBER}")


def read_splits(reader: AccountReader, symbols: Iterable[str]) -> dict[str, list[Split] | None]:
    """Return the splits of each symbol until now, oldest first; None where its actions can't be read.

    The broker lists a split once it is announced: one that has not come yet changed no holding.
    """
    found: dict[str, list[Split] | None] = {}
    wanted, now = list(dict.fromkeys(symbols)), datetime.now(UTC).timestamp()
    if rest := wanted[MOST_SYMBOLS:]:
        found |= dict.fromkeys(rest)
        reader.asides.append(
            _("Splits were asked for of {most} securities, not of {names}.").format(
                most=MOST_SYMBOLS, names=names(rest)
            )
        )
    for symbol in wanted[:MOST_SYMBOLS]:
        try:
            items = reader.ask("fundamental_corp_action", symbol=symbol).get("items")
        except OpenAPIError as failure:
            reader.asides.append(
                _("Splits of {symbol} could not be read ({brief}).").format(
                    symbol=symbol, brief=brief(failure)
                )
            )
            found[symbol] = None
            continue
        splits = splits_of(symbol, objects(items))
        found[symbol] = None if splits is None else [split for split in splits if split.at <= now]
    return found


def splits_of(symbol: str, rows: Iterable[Mapping[str, Any]]) -> list[Split] | None:
    """Return the splits among corporate actions; None where one is there and can't be read."""
    zone = market_zone(symbol)
    found: dict[int, Split] = {}
    for row in rows:
        words = _EITHER.sub(
            " ", " ".join(known_text(row.get(name)) for name in ("act_desc", "action", "act_type"))
        )
        if not (_SPLIT.search(words) or _REVERSE.search(words)):
            continue
        ratio, day = _ratio(words), _day(row.get("date"))
        if ratio is None or day is None:
            return None
        at = int(datetime.combine(day, time(), zone).timestamp())
        found[at] = Split(at, *ratio)
    return [found[at] for at in sorted(found)]


def _ratio(words: str) -> tuple[Decimal, Decimal] | None:
    """Return (new, old) from a description such as ``1-for-10 reverse split``, ``1拆10`` or ``10:1 split``.

    A consolidation is what is called so, however its numbers stand: ``10-for-1 reverse split`` is common.
    """
    new = old = None
    if pair := _FOR.search(words):
        new, old = (Decimal(text) for text in pair.groups())
    elif pair := _INTO.search(words):
        old, new = (Decimal(text) for text in pair.groups())
    elif pair := _PAIR.search(words):
        old, new = sorted(Decimal(text) for text in pair.groups())
    if not new or not old or max(new, old) > MOST_SHARES:
        return None
    return (min(new, old), max(new, old)) if _REVERSE.search(words) else (new, old)


def _day(value: object) -> date | None:
    text = known_text(value)
    if text.isdigit() and len(text) > 8:
        stamp = seconds(text)
        return None if stamp is None else datetime.fromtimestamp(int(stamp), UTC).date()
    try:
        return datetime.strptime(text.replace("-", "").replace(".", ""), "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def expires_at(option: Contract) -> int:
    """Return when an option ends: the close of its last day in its market, in Unix seconds."""
    return int(datetime.combine(option.expiry, CLOSE, market_zone(option.symbol)).timestamp())


def read_expiry(reader: AccountReader, option: Contract) -> Expiry:
    """Return how an option ended, from the underlying's close on its last day.

    Worthless at or out of the money. In the money it was exercised or assigned: its premium belongs to the
    price of the shares then, so that it has no profit of its own.
    """
    at = expires_at(option)
    close = _close(reader, option)
    if close is None:
        why = _("whether it expired worthless on {day} is not known: the close of {share} could not be read")
        return Expiry(at, None, why.format(day=option.expiry, share=option.underlying))
    inside = close > option.strike if option.call else close < option.strike
    if not inside:
        return Expiry(at, ZERO, _("expired worthless on {day}").format(day=option.expiry))
    why = _("exercised on {day}: {share} closed at {close}, the strike was {strike}")
    return Expiry(
        at,
        None,
        why.format(
            day=option.expiry, share=option.underlying, close=plain(close), strike=plain(option.strike)
        ),
    )


def _close(reader: AccountReader, option: Contract) -> Decimal | None:
    """Return the unadjusted close of the underlying on an option's last day."""
    try:
        data = reader.ask(
            "history_candlesticks",
            symbol=option.underlying,
            period="day",
            adjust_type="none",
            start_date=option.expiry,
            end_date=option.expiry,
        )
    except OpenAPIError:
        return None
    rows = data.get("candlesticks")
    zone = market_zone(option.symbol)
    for row in objects(rows):
        stamp = seconds(row.get("timestamp"))
        if stamp and datetime.fromtimestamp(float(stamp), UTC).astimezone(zone).date() == option.expiry:
            return figure(row.get("close"))
    return None
