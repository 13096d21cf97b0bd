"""Executions of a window and those before it that matter, and what else changes a holding: splits, expiries.

A split is read from the broker's list of corporate actions, which states it in words (``10-for-1``,
``1拆10``); where its ratio or day can't be read, nothing is guessed. Whether an option expired worthless
follows from the underlying's closing price on its last day.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import OpenAPIError
from jupyter_openapi.history.plan import DAY
from jupyter_openapi.market.money import ZERO, known_text, plain
from jupyter_openapi.market.replies import figure, objects, seconds
from jupyter_openapi.market.symbols import MARKET_ZONES, Contract, contract, is_option, market_of
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio.arguments import plain_time, whole_day, window
from jupyter_openapi.portfolio.arguments import since as first_of
from jupyter_openapi.portfolio.executions import Fill, read_window
from jupyter_openapi.portfolio.lot_ledger import Expiry, Split
from jupyter_openapi.portfolio.positions import Holding, brief, names, read_stocks
from jupyter_openapi.portfolio.prices import market_zone
from jupyter_openapi.spec.dates import to_seconds, zone

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


STRETCH = 90  # days of one look further back: a window of the broker's, so one request
LOOKS = 4  # of them: a year
JUMP = Decimal("1.3")  # of two prices, one to the other: the smallest usual split is three for two
MARGIN = 120  # seconds that the clocks may be apart
OPTION_LIFE = 45  # days before the window that are read in any case, for options that ended in it unsold


@dataclass
class Trades:
    """Executions of an account from `since` until now, with what is held.

    Attributes
    ----------
    start, end
        First and last second of the window asked for, in the zone of the one who asks.
    since
        The first second that was read.
    windows
        First and last second of the window by market: a day is a day of the market traded on, whatever the
        zone of the one who asks.
    fills
        Oldest first.
    held
        What is held now, by symbol; None where that can't be read.
    holdings
        The positions it was taken from.
    splits
        The splits of the symbols they were asked for; None for those whose can't be read.
    now
        When this was read, in Unix seconds.
    """

    start: int
    end: int
    since: int
    windows: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    held: dict[str, Decimal] | None = None
    holdings: list[Holding] = field(default_factory=list)
    splits: dict[str, list[Split] | None] = field(default_factory=dict)
    now: int = 0

    @property
    def symbols(self) -> list[str]:
        """What was traded in the window, in the order of its first trade, and what ended in it."""
        traded = dict.fromkeys(fill.symbol for fill in self.fills if self.inside(fill.symbol, fill.at))
        ended = [
            fill.symbol
            for fill in self.fills
            if (at := self.ended(fill.symbol)) is not None and self.inside(fill.symbol, at)
        ]
        return list(traded | dict.fromkeys(ended))

    def inside(self, symbol: str, at: int) -> bool:
        """Tell whether a moment is in the window of a symbol's market."""
        start, end = self.windows.get(market_of(symbol), (self.start, self.end))
        return start <= at <= end

    def of(self, symbol: str) -> list[Fill]:
        """Return the executions in one security."""
        return [fill for fill in self.fills if fill.symbol == symbol]

    def ended(self, symbol: str) -> int | None:
        """Return when an option ended, None while it has not, and for everything else."""
        option = contract(symbol)
        if option is None or (self.held or {}).get(symbol):
            return None
        at = expires_at(option)
        return at if at < self.now else None

    def quantity(self, symbol: str, before: int) -> Decimal | None:
        """Return what was held just before a moment: what is held now less what was traded since.

        None where the positions, or the side of an execution, are not known. Splits that are known are taken
        back; what else moved without an execution (a transfer) counts as if it had been there all along. An
        option that has ended was opened by its first execution.
        """
        fills = [fill for fill in self.fills if fill.symbol == symbol]
        if self.ended(symbol) is not None and all(fill.sign for fill in fills):
            return sum((fill.signed for fill in fills if fill.at < before), ZERO)
        later = [fill for fill in fills if fill.at >= before]
        if self.held is None or any(not fill.sign for fill in later):
            return None
        splits = [split for split in self.splits.get(symbol) or () if before <= split.at <= self.now]
        held = self.held.get(symbol, ZERO)
        for fill in reversed(later):
            while splits and splits[-1].at > fill.at:
                held = splits.pop().backward(held)
            held -= fill.signed
        for split in reversed(splits):
            held = split.backward(held)
        return held

    def cost(self, symbol: str) -> Decimal | None:
        """Return the cost of a unit held now, on average over the channels; None where it is not known."""
        mine = [holding for holding in self.holdings if holding.symbol == symbol and holding.quantity]
        if not mine or any(holding.cost is None for holding in mine):
            return None
        whole = sum((holding.quantity or ZERO for holding in mine), ZERO)
        paid = sum(((holding.quantity or ZERO) * (holding.cost or ZERO) for holding in mine), ZERO)
        return paid / whole if whole else None

    def unresolved(self) -> list[str]:
        """Return the symbols of which something was closed in the window that was held before `since`."""
        found = []
        for symbol in self.symbols:
            held = self.quantity(symbol, self.since)
            if held and any(
                fill.signed * held < 0 and self.inside(symbol, fill.at) for fill in self.of(symbol)
            ):
                found.append(symbol)
        return found

    @property
    def options(self) -> bool:
        """Whether options are held or were traded, so that older ones may have ended in the window."""
        symbols = {fill.symbol for fill in self.fills} | {holding.symbol for holding in self.holdings}
        return any(is_option(symbol) for symbol in symbols)


def read_trades(reader: AccountReader, start: Any, end: Any, since: Any = None) -> Trades:
    """Read the executions of a window and, where something older was sold in it, of the time before.

    Parameters
    ----------
    reader
        Reads the account.
    start, end
        The window, as a person writes it; both included.
    since
        How far to look back for purchases. By default as far as the first request reaches, and then up to a
        year, 90 days at a time, until nothing that was sold is left unexplained.

    Raises
    ------
    RequestRefused
        The window is none.
    OpenAPIError
        The executions of the window can't be read.
    """
    now = int(datetime.now(UTC).timestamp())
    start, end = plain_time(start), plain_time(end)
    first, given = window(start, end, reader.source.tz)
    last = now if given is None else given
    windows = {market: _day_window(start, end, name, (first, last)) for market, name in MARKET_ZONES.items()}
    earliest = min(first, *(one for one, _last in windows.values()))
    limit = None if since is None else first_of(since, reader.source.tz)
    trades = Trades(first, last, _begin(earliest, limit, now), windows, now=now)
    trades.fills = read_window(reader, trades.since)
    positions = len(reader.missing)
    trades.holdings = read_stocks(reader)
    if len(reader.missing) == positions:
        trades.held = {}
        for holding in trades.holdings:
            trades.held[holding.symbol] = trades.held.get(holding.symbol, ZERO) + (holding.quantity or ZERO)
    _add_splits(reader, trades)
    if limit is None:
        _look_back(reader, trades)
    return trades


def _begin(earliest: int, limit: int | None, now: int) -> int:
    """Return where to begin reading: as early as the requests that the window takes reach anyway.

    An option that expires leaves no trace in the window: only its opening shows that it was there.
    """
    if limit is not None:
        return min(earliest, limit)
    stretch = STRETCH * DAY
    requests = max(1, -(-(now + MARGIN - earliest + OPTION_LIFE * DAY) // stretch))
    return max(0, min(earliest, now + MARGIN - requests * stretch))


def _add_splits(reader: AccountReader, trades: Trades, also: Iterable[str] = ()) -> None:
    """Read the splits of the shares whose executions do not lead to what is held, or whose prices jump."""
    wanted = [
        symbol
        for symbol in dict.fromkeys([*trades.symbols, *also])
        if symbol not in trades.splits
        and not is_option(symbol)
        and (trades.quantity(symbol, trades.since) or _jumps(trades.of(symbol)))
    ]
    trades.splits |= read_splits(reader, wanted)


def _jumps(fills: Sequence[Fill]) -> bool:
    """Tell whether prices of consecutive executions are as far apart as a split sets them."""
    return any(
        max(one.price, other.price) >= JUMP * min(one.price, other.price) for one, other in pairwise(fills)
    )


def read_until_explained(reader: AccountReader, trades: Trades, symbols: Iterable[str]) -> None:
    """Read executions further back until they explain all that is held of some symbols; at most a year."""
    wanted = tuple(symbols)
    _add_splits(reader, trades, wanted)
    _look_back(reader, trades, lambda: any(trades.quantity(symbol, trades.since) for symbol in wanted))
    _add_splits(reader, trades, wanted)


def _look_back(reader: AccountReader, trades: Trades, wanting: Callable[[], bool] | None = None) -> None:
    for _attempt in range(LOOKS):
        if not (wanting() if wanting is not None else trades.unresolved() or trades.options):
            return
        earlier = max(0, trades.since - STRETCH * DAY)
        try:
            older = read_window(reader, earlier, trades.since - 1)
        except OpenAPIError as failure:
            reader.miss(
                _("executions before {since:%Y-%m-%d} ({brief})").format(
                    since=datetime.fromtimestamp(trades.since, UTC), brief=brief(failure)
                )
            )
            return
        trades.fills = [*older, *trades.fills]
        trades.since = earlier
        _add_splits(reader, trades)


def _day_window(start: Any, end: Any, name: str, asked: tuple[int, int]) -> tuple[int, int]:
    """Return the window whose days are those of a zone; moments stay as they were asked for."""
    there = zone(name)
    first, last = asked
    if whole_day(start):
        first = to_seconds(start, there)
    if end is not None and whole_day(end):
        last = to_seconds(end, there, end=True)
    return first, last
