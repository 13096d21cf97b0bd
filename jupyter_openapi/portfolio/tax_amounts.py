"""Round trips in a base currency as a tax office counts them: each side at the rate of its own day.

The same executions are booked a second time, in the base currency: each price and each fee is converted at
the rate of the day of its execution before it goes into a lot. That ledger closes what the first one closes,
so what was bought on several days, split or sold short has the cost of the days on which it was paid. A rate
that is not known makes what it converts a NaN, and so what that goes into.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from jupyter_openapi.market.money import ZERO, minus, product, total
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio.account_ledgers import Account
from jupyter_openapi.portfolio.executions import moment
from jupyter_openapi.portfolio.lot_ledger import Expiry, LotLedger, Split, Trip, fees_by_trade, play
from jupyter_openapi.portfolio.positions import names
from jupyter_openapi.portfolio.prices import market_zone
from jupyter_openapi.portfolio.rates_of_days import PastRates

NOT_KNOWN = Decimal("NaN")


@dataclass(frozen=True, slots=True)
class Rated:
    """What one unit of a trip's currency was worth on one side of it, None where not known.

    `day` is of the rate: None for a rate of 1 or of all days, and for the average of several days.
    """

    rate: Decimal | None
    day: date | None


@dataclass(frozen=True, slots=True)
class BaseTrip:
    """A trip in the base currency, None where not known; `trip` is the same in its own currency.

    `net` is its gain there, after fees and with the multiplier.
    """

    trip: Trip
    net: Decimal | None
    cost: Decimal | None
    proceeds: Decimal | None
    fees: Decimal | None
    opened: Rated
    closed: Rated

    @property
    def cost_rated(self) -> Rated:
        """The rate of the cost: of a short sale that of closing."""
        return self.opened if self.trip.direction == "long" else self.closed

    @property
    def proceeds_rated(self) -> Rated:
        """The rate of the proceeds: of a short sale that of opening."""
        return self.closed if self.trip.direction == "long" else self.opened

    @property
    def gain(self) -> Decimal | None:
        """What is left of the proceeds after cost and fees."""
        return minus(minus(self.proceeds, self.cost), self.fees)

    @property
    def fx_gain(self) -> Decimal | None:
        """The part of the gain that is the currency's: what is beyond the gain at the rate of closing."""
        return minus(self.gain, product(self.net, self.closed.rate))


@dataclass
class BaseTrips:
    """The trips of an account that are in its sums, in its base currency.

    Attributes
    ----------
    trips
        By ``id`` of the ledger's trip.
    without
        The days by currency that have no rate although something of them was to be converted.
    undated
        The symbols of which something was opened on a day that is not known, so that its rate is not either.
    foreign
        Whether fees were charged in another currency than the trade's.
    """

    trips: dict[int, BaseTrip] = field(default_factory=dict)
    without: dict[str, set[date]] = field(default_factory=dict)
    undated: dict[str, None] = field(default_factory=dict)
    foreign: bool = False

    @classmethod
    def of(cls, account: Account) -> BaseTrips:
        """Convert the trips; the account's rates count afresh what they convert, each side as one amount."""
        made = cls()
        past = account.past or PastRates(account.base, account.rates)
        past.by_today = past.by_day = 0
        for symbol in account.ledgers:
            if symbol not in account.left_out:
                book = _Book(account, past, symbol, made)
                made.trips |= {id(one.trip): one for one in book.trips()}
                made.foreign = made.foreign or book.foreign
        return made

    def missing(self, base: str) -> list[str]:
        """Return a few words for what is not known of the rates."""
        found = [
            _("no rate for {currency} into {base} on {days}").format(
                currency=currency or _("an unnamed currency"),
                base=base,
                days=names(day.isoformat() for day in sorted(days)),
            )
            for currency, days in sorted(self.without.items())
        ]
        if self.undated:
            found.append(
                _("the rate of exchange of the day on which {names} was opened").format(
                    names=names(self.undated)
                )
            )
        return found


@dataclass(frozen=True, slots=True)
class _Mark:
    """The rate at a moment, None for an unknown one, and the day in the market that it is for."""

    at: int | None
    day: date | None
    rated: Rated
    late: bool

    def same(self, other: _Mark) -> bool:
        """Tell whether nothing that matters changed from another moment to this one."""
        return (self.day, self.rated, self.late) == (other.day, other.rated, other.late)


class _Book:
    """One security's executions in the base currency."""

    def __init__(self, account: Account, past: PastRates, symbol: str, found: BaseTrips) -> None:
        self._account = account
        self._past = past
        self._symbol = symbol
        self._found = found
        self._zone = market_zone(symbol)
        self._currency = account.money[symbol].currency
        self.foreign = False  # whether fees were charged in another currency
        self._marks = {sign: list(self._changes(sign)) for sign in (1, -1)}

    def trips(self) -> Iterator[BaseTrip]:
        """Give each trip of the window, with what is not known of its rates noted."""
        own, base = (
            [one for one in done if isinstance(one, Trip)]
            for done in (
                self._account.done(self._symbol),
                self._account.inside(self._symbol, self._ledger()),
            )
        )
        for trip, same in zip(own, base, strict=True):
            opening, closing = self._opening(trip), self._mark(trip.closed_at)
            long = trip.direction == "long"
            paid, received = (trip.cost, trip.proceeds) if long else (trip.proceeds, trip.cost)
            if paid or trip.open_fee:
                self._note(opening)
            if received or trip.close_fee:
                self._note([closing])
            worth = _known(same.cost if long else same.proceeds)
            fees = _known(same.fee)
            opened = _rated(opening, paid, worth)
            if len({one.rated for one in opening}) == 1:  # to the last digit what the amounts shown give
                worth = _times(paid, opened.rate)
                if not self.foreign:
                    parts = _times(trip.open_fee, opened.rate), _times(trip.close_fee, closing.rated.rate)
                    fees = None if None in parts else total(parts)
            yield self._trip(trip, (worth, _times(received, closing.rated.rate)), fees, opened, closing.rated)

    def _trip(
        self,
        trip: Trip,
        sides: tuple[Decimal | None, Decimal | None],
        fees: Decimal | None,
        opened: Rated,
        closed: Rated,
    ) -> BaseTrip:
        """Return a trip in the base currency, of what opened and what closed it before the multiplier."""
        multiplier = self._account.money[self._symbol].multiplier
        net = minus(product(trip.realized, multiplier), trip.fee)
        cost, proceeds = sides if trip.direction == "long" else sides[::-1]
        return BaseTrip(
            trip, net, product(cost, multiplier), product(proceeds, multiplier), fees, opened, closed
        )

    def _ledger(self) -> LotLedger:
        """Book the executions, what was there before them and an option's expiry in the base currency."""
        account = self._account
        fills = account.trades.of(self._symbol)
        begun = account.begun[self._symbol]
        price = None if begun.price is None else self._worth(begun.price, begun.at)
        events: list[Split | Expiry] = [
            replace(one, price=self._worth(one.price, one.at))
            if isinstance(one, Expiry) and one.price is not None
            else one
            for one in account.events(self._symbol)
        ]
        booked = [replace(one, price=self._worth(one.price, one.at)) for one in fills]
        return play(booked, replace(begun, price=price), account.method, self._fees(), events)

    def _fees(self) -> dict[str, Decimal]:
        """Return the fees of each execution, from the currency they were charged in."""
        fills = self._account.trades.of(self._symbol)
        orders = dict.fromkeys(one.order_id for one in fills)
        charged = {order: one for order, one in self._account.charged.items() if order in orders}
        shares = fees_by_trade(fills, {order: (one.fee, one.filled) for order, one in charged.items()})
        fees = {}
        for fill in fills:
            if fill.trade_id not in shares:
                continue
            currency = charged[fill.order_id].currency or self._currency
            self.foreign = self.foreign or currency != self._currency
            fees[fill.trade_id] = self._worth(shares[fill.trade_id], fill.at, currency)
            told = fill.order_id not in self._account.fees  # that no rate converts it at all
            if currency != self._currency and fees[fill.trade_id].is_nan() and not told:
                self._without(currency, self._day(fill.at))
        return fees

    def _worth(self, amount: Decimal, at: int | None, currency: str | None = None) -> Decimal:
        """Return an amount in the base currency, a NaN where it is not known."""
        own = self._currency if currency is None else currency
        worth = _times(amount, self._past.found(own, at, self._symbol)[0])
        return NOT_KNOWN if worth is None else worth

    def _opening(self, trip: Trip) -> list[_Mark]:
        """Return the rates of what opened a trip: several where it is of a pool that several days built."""
        if trip.opened_at == trip.last_at:
            return [self._mark(trip.opened_at)]
        marks = self._marks[1 if trip.direction == "long" else -1]
        moments = [one.at or 0 for one in marks]
        first = 0 if trip.opened_at is None else bisect_right(moments, trip.opened_at) - 1
        mine = marks[first : bisect_right(moments, trip.last_at or 0)]
        return [self._mark(None), *mine] if trip.opened_at is None else mine

    def _changes(self, sign: int) -> Iterator[_Mark]:
        """Give the rate of each execution of one side that has another one than the execution before."""
        last = None
        for fill in self._account.trades.of(self._symbol):
            if fill.sign == sign:
                mark = self._mark(fill.at)
                if last is None or not mark.same(last):
                    yield mark
                last = mark

    def _mark(self, at: int | None) -> _Mark:
        rate, day = self._past.found(self._currency, at, self._symbol)
        late = self._currency != self._past.base and self._past.too_late(at, day)
        return _Mark(at, None if at is None else self._day(at), Rated(rate, day), late)

    def _day(self, at: int) -> date:
        return moment(at).astimezone(self._zone).date()

    def _note(self, marks: list[_Mark]) -> None:
        """Count the rates of an amount, and keep of which days there is none."""
        if self._currency == self._past.base:
            return
        for one in marks:
            if one.at is None and (one.rated.rate is None or one.rated.day is not None):
                self._found.undated[self._symbol] = None
            elif one.rated.rate is None and one.day is not None:
                self._without(self._currency, one.day)
        if all(one.rated.rate is not None for one in marks):
            self._past.count([(one.at, one.rated.day) for one in marks])

    def _without(self, currency: str, day: date) -> None:
        self._found.without.setdefault(currency, set()).add(day)


def _rated(marks: list[_Mark], amount: Decimal, worth: Decimal | None) -> Rated:
    """Return the rate of what opened a trip: that of its day, or the average of the days it is of."""
    rates = {one.rated for one in marks}
    if len(rates) == 1:
        return rates.pop()
    return Rated(None if worth is None or not amount else worth / amount, None)


def _times(amount: Decimal | None, rate: Decimal | None) -> Decimal | None:
    """Return an amount at a rate: nothing is nothing at any."""
    return ZERO if amount is not None and not amount else product(amount, rate)


def _known(value: Decimal | None) -> Decimal | None:
    return None if value is None or value.is_nan() else value
