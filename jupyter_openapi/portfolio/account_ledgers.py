"""Ledgers of everything traded in a window, what was held before it, and symbols that do not add up.

What was held before the first execution is what the user says: `opening` of the profit and lot functions. A
symbol is left out of every sum where part of what was closed in the window was opened by nothing that is
known: its profit is not known then, and a part of it would be wrong as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market.money import ZERO, amount, plain
from jupyter_openapi.market.symbols import contract, mended, parse
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio.arguments import day as given_day
from jupyter_openapi.portfolio.arguments import mapping, refuse_future, told
from jupyter_openapi.portfolio.executions import Charged, moment
from jupyter_openapi.portfolio.lot_ledger import (
    SIDE_UNKNOWN,
    Expiry,
    LotLedger,
    Opening,
    Split,
    Trip,
    Unmatched,
    fees_by_trade,
    play,
)
from jupyter_openapi.portfolio.prices import Rates, market_zone
from jupyter_openapi.portfolio.rates_of_days import PastRates
from jupyter_openapi.portfolio.trades import Trades, read_expiry

if TYPE_CHECKING:
    from jupyter_openapi.market.worth import Instrument
    from jupyter_openapi.portfolio.positions import AccountReader


def openings(opening: Mapping[str, tuple[Any, ...]] | None) -> dict[str, Opening]:
    """Return what a user says was held before the first execution, by symbol.

    Raises
    ------
    RequestRefused
        It is no quantity and price, or its day is none that has been.
    """
    given = {}
    for name, pair in mapping("opening", opening, "{'700.HK': (500, 480.6)}").items():
        symbol = mended(str(name))
        on: list[Any] = []
        try:
            quantity, price, *on = [] if isinstance(pair, str) else pair
            quantity, price = (None if isinstance(part, bool) else amount(part) for part in (quantity, price))
        except (TypeError, ValueError):
            quantity = price = None
        if quantity is None or price is None or len(on) > 1:
            raise RequestRefused(
                _(
                    "opening holds (quantity, price) for each symbol, such as {{'700.HK': (500, 480.6)}}, or "
                    "(quantity, price, day); not {pair} for {symbol}."
                ).format(pair=told(pair), symbol=told(name))
            )
        parse(symbol)
        given[symbol] = Opening(quantity, price, at=_opened_at(symbol, *on))
    return given


def _opened_at(symbol: str, day: Any = None) -> int | None:
    """Return the first second of a day, in a symbol's market, that has been; None for none."""
    if day is None:
        return None
    there = market_zone(symbol)
    at = int(datetime.combine(given_day("opening", day, there), time(), there).timestamp())
    refuse_future(at, there, "opening")
    return at


def refuse_later(given: Mapping[str, Opening], trades: Trades) -> None:
    """Refuse what is said to have been held before the first execution since a day after it."""
    for symbol, opening in given.items():
        first = next((fill.at for fill in trades.fills if fill.symbol == symbol), None)
        if first is not None and opening.at is not None and opening.at > first:
            there = market_zone(symbol)
            raise RequestRefused(
                _(
                    "opening is what was held before the first execution: {symbol} was traded on {first}, "
                    "before {day}."
                ).format(
                    symbol=symbol,
                    first=moment(first).astimezone(there).date(),
                    day=moment(opening.at).astimezone(there).date(),
                )
            )


@dataclass
class Account:
    """The inputs of a profit calculation, and the ledgers made from them.

    Attributes
    ----------
    trades
        The executions.
    base, method
        The currency of the sums, and how sales meet purchases.
    given
        What was held before the first execution, as the user says.
    also
        Symbols that have a ledger though nothing of them was traded in the window: what is held.
    money
        Currency and multiplier of each symbol.
    rates
        Today's rates of exchange.
    past
        The rates for what was closed: of its own day where one is known.
    fees
        Order id to fees, in the currency of its security, and the quantity filled.
    charged
        The same as the broker states it, in the currency it was charged in.
    expiries
        How the options that have ended did.
    ledgers
        One for each symbol traded in the window.
    begun
        What each of them began with.
    gone
        What went without a sale, by symbol.
    left_out
        The symbols that are in no sum, and why.
    """

    trades: Trades
    base: str
    method: str = "fifo"
    given: Mapping[str, Opening] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    money: Mapping[str, Instrument] = field(default_factory=dict)
    rates: Rates = field(default_factory=Rates)
    past: PastRates | None = None
    fees: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    charged: dict[str, Charged] = field(default_factory=dict)
    expiries: dict[str, Expiry] = field(default_factory=dict)
    ledgers: dict[str, LotLedger] = field(default_factory=dict)
    begun: dict[str, Opening] = field(default_factory=dict)
    gone: dict[str, Decimal] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def done(self, symbol: str) -> list[Trip | Unmatched]:
        """Return what of a symbol was closed in the window, or could not be matched there."""
        return self.inside(symbol, self.ledgers[symbol])

    def inside(self, symbol: str, ledger: LotLedger) -> list[Trip | Unmatched]:
        """Return what of a symbol a ledger of its own closed in the window."""
        return [one for one in ledger.done if self.trades.inside(symbol, _closed(one))]

    def rate(self, symbol: str, at: int | None) -> tuple[Decimal | None, date | None]:
        """Return the rate into the base currency for what was closed at a moment, and of which day it is."""
        currency = self.money[symbol].currency
        if self.past is None:
            return self.rates.rate(currency, self.base), None
        return self.past.rate(currency, at, symbol)

    def without_rate(self) -> set[str]:
        """Return the currencies of which something was closed in the window and has no rate.

        Without anything closed those that have none today.
        """
        found = set()
        for symbol in self.ledgers:
            trips = [one for one in self.done(symbol) if isinstance(one, Trip)]
            known = [self.known_rate(symbol, one.closed_at) for one in trips] or [
                self.known_rate(symbol, None)
            ]
            if not all(known):
                found.add(self.money[symbol].currency)
        return found

    def known_rate(self, symbol: str, at: int | None) -> bool:
        """Tell whether there is a rate into the base currency for a moment."""
        currency = self.money[symbol].currency
        if self.past is None:
            return self.rates.rate(currency, self.base) is not None
        return self.past.knows(currency, at, symbol)

    def flat(self, symbol: str) -> bool:
        """Tell whether nothing of a symbol was held at the window's start and at its end."""
        start, end = self.trades.windows.get(self.money[symbol].market, (self.trades.start, self.trades.end))
        return self.trades.quantity(symbol, start) == ZERO == self.trades.quantity(symbol, end + 1)

    def read_expiries(self, reader: AccountReader) -> None:
        """Read how the options ended that were still open then; `play` comes before and after."""
        for symbol, ledger in self.ledgers.items():
            option = contract(symbol)
            if option is not None and ledger.lots and self.trades.ended(symbol) is not None:
                self.expiries[symbol] = read_expiry(reader, option)

    def play(self) -> None:
        """Fill the ledgers, and find out which symbols do not add up."""
        spread = fees_by_trade(self.trades.fills, self.fees)
        self.gone.clear()
        symbols = dict.fromkeys([*self.trades.symbols, *self.also])
        self.ledgers = {symbol: self._ledger(symbol, spread) for symbol in symbols}
        reasons = {symbol: self._why_left_out(symbol) for symbol in self.ledgers}
        self.left_out = {symbol: why for symbol, why in reasons.items() if why}

    def _ledger(self, symbol: str, spread: Mapping[str, Decimal]) -> LotLedger:
        opening = self.given.get(symbol) or self._opening(symbol)
        ledger = self._play(symbol, opening, spread)
        short = opening.quantity is not None and opening.quantity < 0 and opening.price is None
        if not short or not any(isinstance(one, Unmatched) for one in self.inside(symbol, ledger)):
            return ledger
        # Purchases of the window would close a short sale that nothing shows: more likely what they bought
        # went without a sale.
        self.gone[symbol] = -(opening.quantity or ZERO)
        return self._play(symbol, Opening(), spread)

    def _play(self, symbol: str, opening: Opening, spread: Mapping[str, Decimal]) -> LotLedger:
        self.begun[symbol] = opening
        return play(self.trades.of(symbol), opening, self.method, spread, self.events(symbol))

    def events(self, symbol: str) -> list[Split | Expiry]:
        """Return what else than executions changed the lots of a symbol.

        What a user says was held is of its own day, or of just before the first execution: an older split has
        happened to it already.
        """
        since = -1
        if (given := self.given.get(symbol)) is not None:
            fills = self.trades.of(symbol)
            since = given.at if given.at is not None else fills[0].at if fills else self.trades.now
        found: list[Split | Expiry] = [one for one in self.trades.splits.get(symbol) or () if one.at > since]
        if symbol in self.expiries:
            found.append(self.expiries[symbol])
        return found

    def _opening(self, symbol: str) -> Opening:
        """Return what was there before the first execution, at the position's cost where it is held still."""
        quantity = self.trades.quantity(symbol, 0)
        held = (self.trades.held or {}).get(symbol, ZERO)
        cost = self.trades.cost(symbol)
        if not quantity or cost is None or quantity * held <= 0:
            return Opening(quantity)
        for split in self.trades.splits.get(symbol) or ():
            cost = split.forward(cost)  # a share of before is worth as many of today's as it became
        return Opening(quantity, cost, estimated=True)

    def _why_left_out(self, symbol: str) -> str:
        done = self.done(symbol)
        unmatched = [one for one in done if isinstance(one, Unmatched)]
        expiry = self.expiries.get(symbol)
        if expiry is not None and any(one.why == expiry.why for one in unmatched):
            return expiry.why
        if any(one.why == SIDE_UNKNOWN for one in unmatched):
            return _(SIDE_UNKNOWN)
        trips = [one for one in done if isinstance(one, Trip)]
        if unmatched or symbol in self.gone or self._mixed(symbol, trips):
            return self._counts(symbol)
        if trips and self.money[symbol].multiplier is None:
            return _("its multiplier is not known")
        return ""

    def _mixed(self, symbol: str, trips: Iterable[Trip]) -> bool:
        """Tell whether executions were closed behind an estimate that a split, not read, may have made."""
        splits_known = self.trades.splits.get(symbol, ()) is not None
        return not splits_known and len({trip.estimated for trip in trips}) > 1

    def _counts(self, symbol: str) -> str:
        """Return ``100 sold, 10 bought``: the executions that are known, up to the end of the window."""
        end = self.trades.windows.get(self.money[symbol].market, (0, self.trades.end))[1]
        known = [fill for fill in self.trades.of(symbol) if fill.at <= end]
        bought, sold = (sum((fill.quantity for fill in known if fill.sign == sign), ZERO) for sign in (1, -1))
        return _("{sold} sold, {bought} bought").format(sold=plain(sold), bought=plain(bought))


def _closed(one: Trip | Unmatched) -> int:
    return one.closed_at if isinstance(one, Trip) else one.at
