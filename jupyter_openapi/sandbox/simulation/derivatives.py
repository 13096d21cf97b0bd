"""Simulated warrants on every Hong Kong share, options on US shares, their prices, and the options' market.

Their terms are fixed by the share's reference price and the calendar; prices follow the share's. Warrants can
be looked at, options also traded. An option's price is a function of its share's price and the time, on the
option's own price steps; it moves when the share trades. From its expiry on it is what exercising it brings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache
from math import erf, exp, floor, log, log10, pi, sqrt

from jupyter_openapi.market import sessions, ticks
from jupyter_openapi.market.symbols import SECURITIES, contract
from jupyter_openapi.market.ticks import ladder
from jupyter_openapi.sandbox.simulation.market import DEPTH, Level, Market, OrderBook
from jupyter_openapi.sandbox.simulation.securities import Draws, underlying_of
from jupyter_openapi.sandbox.simulation.trading_days import local_day, midnight

RATE = 0.035
YEAR = 365 * 86400.0
SOONEST = 3600.0 / YEAR


@dataclass(frozen=True, slots=True)
class Value:
    """A price and its sensitivities: theta a day, vega and rho a percentage point."""

    price: float
    delta: float
    gamma: float
    theta: float
    vega: float
    rho: float


def value(spot: float, strike: float, years: float, volatility: float, *, call: bool) -> Value:
    """Price one option on a share that pays nothing."""
    years = max(years, SOONEST)
    spread = volatility * sqrt(years)
    first = (log(spot / strike) + (RATE + volatility**2 / 2) * years) / spread
    second = first - spread
    discount = strike * exp(-RATE * years)
    sign = 1 if call else -1
    price = sign * (spot * normal(sign * first) - discount * normal(sign * second))
    density = exp(-(first**2) / 2) / sqrt(2 * pi)
    decay = -spot * density * volatility / (2 * sqrt(years)) - sign * RATE * discount * normal(sign * second)
    return Value(
        price=max(price, 0.0),
        delta=sign * normal(sign * first),
        gamma=density / (spot * spread),
        theta=decay / 365,
        vega=spot * density * sqrt(years) / 100,
        rho=sign * discount * years * normal(sign * second) / 100,
    )


def inside(spot: float, lower: float, upper: float, years: float, volatility: float) -> float:
    """Return the present value of 1 paid if the share ends between two prices."""
    years = max(years, SOONEST)
    spread = volatility * sqrt(years)
    drift = (RATE - volatility**2 / 2) * years
    chance = normal((log(spot / lower) + drift) / spread) - normal((log(spot / upper) + drift) / spread)
    return chance * exp(-RATE * years)


def normal(x: float) -> float:
    """Return the standard normal distribution at `x`."""
    return (1 + erf(x / sqrt(2))) / 2


WEEKS = 6
MONTHS = 9
SIDE = 12


@dataclass(frozen=True, slots=True)
class Option:
    """One contract. `weekly` is False for the monthly ones."""

    symbol: str
    underlying: str
    expiry: date
    strike: Decimal
    call: bool
    weekly: bool

    @property
    def ends_at(self) -> int:
        """When it expires: the close of its last day, in Unix seconds."""
        return midnight("US", self.expiry, 16 * 60)

    def intrinsic(self, spot: Decimal) -> Decimal:
        """Return what exercising it brings a share."""
        return max(spot - self.strike if self.call else self.strike - spot, Decimal(0))

    def volatility(self) -> float:
        """Return the implied volatility: the underlying's, higher away from the money."""
        away = float(self.strike / SECURITIES[self.underlying].ref_price) - 1
        return volatility(self.underlying) * (1 + 0.6 * away * away - 0.1 * away)

    def value(self, spot: Decimal, at: float) -> Value:
        """Price it at a spot price and time."""
        return value(float(spot), float(self.strike), self.years(at), self.volatility(), call=self.call)

    def years(self, at: float) -> float:
        """Return the time to expiry."""
        return (self.ends_at - at) / YEAR

    def count(self, at: float, name: str, most: int) -> int:
        """Return a steady number for this contract, such as its open interest."""
        day = int(at // 86400) if name == "volume" else 0
        near = max(0.02, 1 - 4 * abs(float(self.strike / SECURITIES[self.underlying].ref_price) - 1))
        return int(next(Draws(f"{self.symbol} {name} {day}")) % most * near)


@cache
def volatility(symbol: str) -> float:
    """Return a security's volatility, between 18 and 60 percent a year."""
    return (18 + next(Draws(f"{symbol} volatility")) % 43) / 100


@lru_cache(maxsize=64)
def expiries(today: date) -> tuple[tuple[date, bool], ...]:
    """Return the coming expiry dates in order, and whether each is a weekly one."""
    first = today + timedelta(days=(4 - today.weekday()) % 7)
    fridays = [first + timedelta(weeks=week) for week in range(60)]
    monthly = [day for day in fridays if 15 <= day.day <= 21][:MONTHS]
    found = {}
    for day in sorted({*fridays[:WEEKS], *monthly}):
        ends = day
        while (
            sessions.trading_day("US", ends, assume=True) is None
        ):  # a holiday on Friday moves it to Thursday
            ends -= timedelta(days=1)
        if ends >= today:
            found[ends] = day not in monthly
    return tuple(found.items())


@cache
def strikes(symbol: str) -> tuple[Decimal, ...]:
    """Return the strike prices of a security's chains, evenly spaced around its reference price."""
    price = SECURITIES[symbol].ref_price
    steps = ((25, "0.5"), (100, "1"), (200, "2.5"), (500, "5"), (100_000, "10"))
    step = next(Decimal(step) for below, step in steps if price < below)
    middle = (price / step).to_integral_value()
    return tuple((middle + n) * step for n in range(-SIDE, SIDE + 1) if middle + n > 0)


def chain(symbol: str, expiry: date, today: date) -> list[Option]:
    """Return every contract of one expiry date; none if nothing expires then."""
    weekly = dict(expiries(today)).get(expiry)
    if weekly is None:
        return []
    root = symbol.removesuffix(".US").replace(".", "")
    return [
        Option(f"{root}{expiry:%y%m%d}{letter}{int(strike * 1000)}.US", symbol, expiry, strike, call, weekly)
        for strike in strikes(symbol)
        for letter, call in (("C", True), ("P", False))
    ]


def find_option(name: str, today: date) -> Option | None:
    """Return the contract of that symbol that is listed on a day, or None."""
    found = option_of(name)
    if found is None:
        return None
    return next((one for one in chain(found.underlying, found.expiry, today) if one.symbol == name), None)


@lru_cache(maxsize=4096)
def option_of(name: str) -> Option | None:
    """Return the contract that a symbol names, listed or expired; None for everything else."""
    known = contract(name)
    share = None if known is None else underlying_of(known)
    if known is None or share is None:
        return None
    return Option(name, share.symbol, known.expiry, known.strike, known.call, weekly=False)


CALL, PUT, BULL, BEAR, INLINE = range(5)
CATEGORIES = ("Call", "Put", "Bull", "Bear", "Inline")
LETTERS = ("C", "P", "RC", "RP", "IW")
SERIES = 5
ISSUED = 100_000_000
NORMAL, SUSPENDED = 4, 2
_FIRST_CODE = (13_000, 18_000, 54_000, 58_000, 47_000)
_THOUSANDTH = Decimal("0.001")

ISSUERS = (
    (3, "Alder Bank", "桤木银行", "榿木銀行"),
    (7, "Birch Securities", "白桦证券", "白樺證券"),
    (12, "Cedar Markets", "雪松市场", "雪松市場"),
    (17, "Elm Derivatives", "榆木衍生品", "榆木衍生品"),
    (21, "Hazel Capital", "榛木资本", "榛木資本"),
)
"""Number, English, simplified and traditional name. None is a real issuer."""


@dataclass(frozen=True, slots=True)
class Warrant:
    """One warrant. `call_price` is where a bull or bear contract is called; inline ones have two strikes."""

    symbol: str
    underlying: str
    kind: int
    expiry: date
    issuer: int
    strike: Decimal | None
    call_price: Decimal | None
    lower: Decimal | None
    upper: Decimal | None
    ratio: int

    def price(self, spot: Decimal, at: float) -> Decimal:
        """Return its price at a spot price and time, at least a cent."""
        raw = self._raw(float(spot), at)
        return max(Decimal("0.010"), Decimal(raw).quantize(_THOUSANDTH, ROUND_HALF_UP))

    def delta(self, spot: Decimal, at: float) -> float:
        """Return how its price follows the share's, before the conversion ratio."""
        step = float(spot) * 0.001
        return (
            (self._raw(float(spot) + step, at) - self._raw(float(spot) - step, at)) / (2 * step) * self.ratio
        )

    def status(self, spot: Decimal) -> int:
        """Return 4 while it trades, 2 once it has been called."""
        if self.call_price is None:
            return NORMAL
        called = spot <= self.call_price if self.kind == BULL else spot >= self.call_price
        return SUSPENDED if called else NORMAL

    def years(self, at: float) -> float:
        """Return the time to expiry."""
        return (midnight("HK", self.expiry) + 16 * 3600 - at) / YEAR

    def name(self, language: int) -> str:
        """Return its name: 0 simplified Chinese, 1 English, 2 traditional Chinese."""
        security = SECURITIES[self.underlying]
        issuer = next(row for row in ISSUERS if row[0] == self.issuer)
        share = (security.name_cn, security.short_name, security.name_hk)[language]
        house = (issuer[2][:2], issuer[1].split()[0].upper()[:2], issuer[3][:2])[language]
        return f"{house}{share}{LETTERS[self.kind]}{self.expiry:%y%m}"

    def draw(self, name: str, at: float, most: int) -> int:
        """Return a number that is steady for this warrant and day."""
        return next(Draws(f"{self.symbol} {self.expiry} {name} {int(at // 86400)}")) % most

    def _raw(self, spot: float, at: float) -> float:
        years, swing = self.years(at), volatility(self.underlying)
        if self.kind == INLINE:
            return inside(spot, float(self.lower or 1), float(self.upper or 1), years, swing)
        strike = float(self.strike or 1)
        if self.kind in {BULL, BEAR}:
            return max(spot - strike if self.kind == BULL else strike - spot, 0.0) / self.ratio
        return value(spot, strike, years, swing, call=self.kind == CALL).price / self.ratio


@lru_cache(maxsize=256)
def of(underlying: str, today: date) -> tuple[Warrant, ...]:
    """Return the live warrants on a share; none where it isn't a Hong Kong equity."""
    security = SECURITIES.get(underlying)
    if security is None or security.market != "HK" or security.kind != "equity":
        return ()
    return tuple(_series(underlying, kind, quarter) for kind in range(5) for quarter in _quarters(today))


def find_warrant(symbol: str, today: date) -> Warrant | None:
    """Return the live warrant of that symbol, or None."""
    return next((w for share in _underlyings() for w in of(share, today) if w.symbol == symbol), None)


def _quarters(today: date) -> Iterator[int]:
    now = today.year * 4 + (today.month - 1) // 3
    first = now if _end(now) > today else now + 1
    return iter(range(first, first + SERIES))


def _end(quarter: int) -> date:
    year, number = divmod(quarter, 4)
    following = date(year + (number == 3), (number * 3 + 3) % 12 + 1, 1)
    day = following - timedelta(days=1)
    while day.weekday() >= 5:
        day -= timedelta(days=1)
    return day


def _series(underlying: str, kind: int, quarter: int) -> Warrant:
    price = SECURITIES[underlying].ref_price
    # A series that is listed takes the code of the one that has expired.
    code = _FIRST_CODE[kind] + _underlyings().index(underlying) * 8 + quarter % SERIES
    strikes = {CALL: "1.08", PUT: "0.92", BULL: "0.80", BEAR: "1.20"}
    calls = {BULL: "0.84", BEAR: "1.16"}
    on = _end(quarter)

    def near(times: str | None) -> Decimal | None:
        return None if times is None else ticks.nearest(underlying, price * Decimal(times), on)[0]

    inline = kind == INLINE
    return Warrant(
        symbol=f"{code}.HK",
        underlying=underlying,
        kind=kind,
        expiry=on,
        issuer=ISSUERS[(quarter + kind + code) % len(ISSUERS)][0],
        strike=near(strikes.get(kind)),
        call_price=near(calls.get(kind)),
        lower=near("0.85") if inline else None,
        upper=near("1.15") if inline else None,
        ratio=1 if inline else 10 ** max(0, floor(log10(float(price)))),
    )


@cache
def _underlyings() -> tuple[str, ...]:
    return tuple(s.symbol for s in SECURITIES.values() if s.market == "HK" and s.kind == "equity")


_LEAST, _MORE = 4, 60  # contracts at a price of the book


def quoted(option: Option, spot: Decimal, at: float) -> Decimal:
    """Return an option's price a share: on its steps, and from its end on its intrinsic value."""
    if at >= option.ends_at:
        return option.intrinsic(spot)
    rungs = ladder(option.symbol, local_day("US", at))
    exact = Decimal(option.value(spot, at).price)
    below, above = rungs.price(rungs.below(exact)), rungs.price(rungs.above(exact))
    return below if exact - below <= above - exact else above


class OptionMarket:
    """A market's prices and books, with options among them.

    Parameters
    ----------
    market
        The market of the shares.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self._book = lru_cache(maxsize=512)(self._make_book)

    def last(self, symbol: str, at: float) -> Decimal:
        """Return the price of the last trade."""
        option = option_of(symbol)
        if option is None:
            return self._market.last(symbol, at)
        return quoted(option, self._market.last(option.underlying, at), at)

    def path(self, symbol: str, start: float, end: float) -> Iterator[tuple[float, Decimal]]:
        """Yield (time, last price) of the trades after `start` up to `end`; an option's where it moves."""
        option = option_of(symbol)
        if option is None:
            yield from self._market.path(symbol, start, end)
            return
        before = self.last(symbol, start)
        for at, spot in self._market.path(option.underlying, start, min(end, option.ends_at)):
            price = quoted(option, spot, at)
            if price != before:
                yield at, price
            before = price

    def book(self, symbol: str, at: float) -> OrderBook:
        """Return ten prices a side around the last trade; an option's book has no more bids than prices."""
        option = option_of(symbol)
        if option is None:
            return self._market.book(symbol, at)
        since = self._market.book(option.underlying, at).since
        return self._book(symbol, self.last(symbol, at), since)

    @staticmethod
    def _make_book(symbol: str, last: Decimal, since: int) -> OrderBook:
        rungs = ladder(symbol, local_day("US", since))
        draw = Draws(f"{symbol} book {since}")
        wide = max(1, int(last / 50 / rungs.tick(last)))  # about two percent
        bid = rungs.below(last) - next(draw) % (wide + 1)
        ask = bid + wide + (bid + wide <= rungs.below(last) - 1)

        def level(rung: int, place: int) -> Level:
            volume = _LEAST + next(draw) % _MORE + 10 * place
            return Level(rungs.price(rung), volume, 1 + place // 2 + next(draw) % 4)

        bids = tuple(level(bid - i, i) for i in range(DEPTH) if bid - i >= 0)
        asks = tuple(level(max(ask, 0) + i, i) for i in range(DEPTH))
        return OrderBook(bids, asks, since)


def has_ended(symbol: str, at: float) -> bool:
    """Tell whether a symbol is an option that has expired by a time."""
    option = option_of(symbol) if contract(symbol) is not None else None
    return option is not None and at >= option.ends_at
