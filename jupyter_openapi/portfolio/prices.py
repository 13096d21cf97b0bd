"""Last prices, option multipliers, exchange rates, and the daily closes of a benchmark."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jupyter_openapi.errors import ApiError, OpenAPIError, RequestRefused
from jupyter_openapi.market.money import known_text
from jupyter_openapi.market.replies import figure, objects, seconds
from jupyter_openapi.market.symbols import MARKET_ZONES, is_option, market_of, mended, parse
from jupyter_openapi.market.worth import assumed, quoted_multiplier
from jupyter_openapi.messages import _, bracketed
from jupyter_openapi.portfolio.arguments import told
from jupyter_openapi.portfolio.positions import brief, names

if TYPE_CHECKING:
    from jupyter_openapi.portfolio.positions import AccountReader

BATCH = 500  # symbols the broker takes in one request
MOST_CALLS = 12  # quote requests one valuation makes at most
OLD = 5  # days after which a last price counts as old
_LASTING = frozenset({301604, 602002})  # no permission: asking for fewer symbols would not help


@dataclass(frozen=True, slots=True)
class Price:
    """Where a security trades.

    Attributes
    ----------
    last, prev_close
        Per share; None where the quote has none (0 counts as none).
    at
        When it last traded.
    multiplier
        Shares a unit of the position stands for: 1 for stocks, an option's own where its quote carries it,
        else what is usual, which is said; None where nothing is.
    session
        Which session `last` is of: ``regular``, ``pre``, ``post`` or ``overnight``.
    """

    last: Decimal | None
    prev_close: Decimal | None
    at: datetime | None
    multiplier: Decimal | None
    session: str = "regular"

    def day(self, symbol: str) -> date | None:
        """Return the calendar day, in its market's zone, of the last trade."""
        return None if self.at is None else self.at.astimezone(market_zone(symbol)).date()


def market_zone(symbol: str) -> ZoneInfo:
    """Return the zone in which the days of a symbol's market are counted."""
    return ZoneInfo(MARKET_ZONES.get(market_of(symbol), "UTC"))


def read_prices(reader: AccountReader, symbols: Iterable[str], session: str = "regular") -> dict[str, Price]:
    """Return the prices of those symbols that have one; say which have none.

    With `session` ``latest`` a price is that of the last trade of any session.
    """
    wanted = list(dict.fromkeys(symbols))
    asker = _Asker(reader)
    rows: dict[str, Mapping[str, Any]] = {}
    for operation, chosen in (
        ("quote", [symbol for symbol in wanted if not is_option(symbol)]),
        ("option_quote", [symbol for symbol in wanted if is_option(symbol)]),
    ):
        for start in range(0, len(chosen), BATCH):
            rows |= asker.ask(operation, chosen[start : start + BATCH])
    asker.explain(wanted, rows)
    for symbol in rows:
        if is_option(symbol) and quoted_multiplier(rows[symbol]) is None:
            for said in assumed(symbol).assumptions[-1:]:
                reader.miss(said)
    found = {symbol: _price(symbol, rows[symbol]) for symbol in wanted if symbol in rows}
    if session == "latest":
        found = {symbol: _latest(price, rows[symbol]) for symbol, price in found.items()}
    return found


def say_priceless(reader: AccountReader, prices: Mapping[str, Price], symbols: Iterable[str]) -> None:
    """Say which of these symbols have a quote and no last price in it, as before a first trade."""
    lost = [symbol for symbol in symbols if symbol in prices and prices[symbol].last is None]
    if lost:
        reader.miss(_("no last price for {symbols}").format(symbols=names(lost)))


def say_rateless(reader: AccountReader, rates: Rates, currencies: Iterable[str], base: str) -> None:
    """Say which of these currencies have no rate into the base currency."""
    lost = sorted(currency for currency in set(currencies) if rates.rate(currency, base) is None)
    if lost:
        reader.miss(
            _("no rate for {names} into {base}").format(
                names=names(currency or _("an unnamed currency") for currency in lost), base=base
            )
        )


LATE = {"pre": "pre_market_quote", "post": "post_market_quote", "overnight": "over_night_quote"}


def _latest(price: Price, row: Mapping[str, Any]) -> Price:
    """Return the price of the last trade of any session.

    What trades before the open or overnight belongs to the day that comes: it is measured against the close
    before it, which its own quote gives. What trades after the close belongs to the day that was.
    """
    newest = price
    for session, name in LATE.items():
        late = row.get(name)
        if not isinstance(late, dict):
            continue
        last, at = _paid(late.get("last_done")), _moment(late)
        if last is None or at is None or (newest.at is not None and at <= newest.at):
            continue
        before = price.prev_close if session == "post" else _paid(late.get("prev_close"))
        newest = Price(last, before, at, price.multiplier, session)
    return newest


def _paid(value: object) -> Decimal | None:
    """Return a price; None for what is not above 0, which is none."""
    found = figure(value)
    return found if found is not None and found > 0 else None


def _moment(row: Mapping[str, Any]) -> datetime | None:
    stamp = seconds(row.get("timestamp"))
    return datetime.fromtimestamp(float(stamp), UTC) if stamp else None


def _price(symbol: str, row: Mapping[str, Any]) -> Price:
    return Price(
        _paid(row.get("last_done")),
        _paid(row.get("prev_close")),
        _moment(row),
        quoted_multiplier(row) or assumed(symbol).multiplier if is_option(symbol) else Decimal(1),
    )


class _Asker:
    """Asks for quotes; a refusal of many is split until the symbol it is about stands alone."""

    def __init__(self, reader: AccountReader) -> None:
        self._reader = reader
        self._calls = 0
        self._why: dict[str, str] = {}

    def ask(self, operation: str, symbols: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        if not symbols:
            return {}
        if self._calls >= MOST_CALLS:
            return self._fail(symbols, _("too many refusals to go on asking"))
        self._calls += 1
        try:
            data = self._reader.ask(operation, symbol=list(symbols))
        except OpenAPIError as failure:
            parts = _parts(symbols, failure)
            if not parts:
                return self._fail(symbols, "" if self._reader.over else brief(failure))
            return {symbol: row for part in parts for symbol, row in self.ask(operation, part).items()}
        return {known_text(row.get("symbol")): row for row in objects(data.get("secu_quote"))}

    def _fail(self, symbols: Sequence[str], why: str) -> dict[str, Mapping[str, Any]]:
        self._why |= dict.fromkeys(symbols, why)
        return {}

    def explain(self, wanted: Sequence[str], rows: Mapping[str, Mapping[str, Any]]) -> None:
        """Say which symbols have no quote, and why, a sentence for each reason."""
        reasons: dict[str, list[str]] = {}
        for symbol in wanted:
            if symbol not in rows:
                reasons.setdefault(self._why.get(symbol, ""), []).append(symbol)
        for why, symbols in reasons.items():
            self._reader.miss(
                _("no quote for {names}{value}").format(names=names(symbols), value=bracketed(why))
            )


def _parts(symbols: Sequence[str], failure: OpenAPIError) -> list[Sequence[str]]:
    """Return how to split a refused request: by market, then in halves; not at all if that can't help."""
    if len(symbols) == 1 or not isinstance(failure, ApiError) or failure.http_status in {401, 403, 429}:
        return []
    markets: dict[str, list[str]] = {}
    for symbol in symbols:
        markets.setdefault(market_of(symbol), []).append(symbol)
    if len(markets) > 1:
        return list(markets.values())
    if failure.code in _LASTING:
        return []
    middle = len(symbols) // 2
    return [symbols[:middle], symbols[middle:]]


def late_prices(prices: Mapping[str, Price]) -> list[str]:
    """Return a sentence that says which prices are not of regular hours."""
    late = [
        f"{symbol} {price.session} {price.at.astimezone(market_zone(symbol)):%Y-%m-%d %H:%M}"
        for symbol, price in prices.items()
        if price.session != "regular" and price.at is not None
    ]
    return [
        _("Valued at the last trade of any session{late}.").format(late=f": {names(late)}" if late else "")
    ]


def old_prices(prices: Mapping[str, Price], now: datetime) -> list[str]:
    """Return a sentence for each market whose last prices are not today's, and for prices that are old."""
    said, old = [], []
    days: dict[str, set[date]] = {}
    for symbol, price in prices.items():
        day = price.day(symbol)
        if day is None or price.last is None:
            continue
        today = now.astimezone(market_zone(symbol)).date()
        if (today - day).days > OLD:
            old.append(f"{symbol} of {day}")
        elif day != today:
            days.setdefault(market_of(symbol), set()).add(day)
    for market, found in days.items():
        latest = _(" and ").join(str(day) for day in sorted(found))
        said.append(
            _(
                "{market} has not traded today: last prices, and the day's profit and loss, are of {latest}."
            ).format(market=market, latest=latest)
        )
    if old:
        said.append(_("Old last prices: {names}.").format(names=names(old)))
    return said


_YUAN = {"CNY": "CNH", "CNH": "CNY"}
"""Onshore and offshore renminbi: a rate of either serves both, for the broker gives only one."""
_CODE_LENGTH = 3


def currency_code(text: object, name: str = "base_currency") -> str:
    """Return a currency's code in capitals; `name` is the argument that it is of.

    Raises
    ------
    RequestRefused
        It is no code of three letters.
    """
    code = text.strip().upper() if isinstance(text, str) else ""
    if len(code) != _CODE_LENGTH or not code.isalpha():
        raise RequestRefused(
            _("{name} is a code such as HKD or USD, not {text}.").format(name=name, text=told(text))
        )
    return code


class Rates:
    """How much of one currency one unit of another is worth.

    Parameters
    ----------
    pairs
        (from, into) to rate. The other direction, and ways over one other currency, follow from them.
    """

    def __init__(self, pairs: Mapping[tuple[str, str], Decimal] | None = None) -> None:
        # A snapshot keeps twelve places of a rate: one that was smaller is 0 there.
        self.pairs = {pair: rate for pair, rate in (pairs or {}).items() if rate}
        self._found: dict[tuple[str, str], Decimal | None] = {}

    @classmethod
    def of_rows(cls, rows: Iterable[Mapping[str, Any]]) -> Rates:
        """Read ``exchange_rate``: one `base_currency` is worth `average_rate` of `other_currency`."""
        pairs = {}
        for row in rows:
            base, other = (known_text(row.get(name)).upper() for name in ("base_currency", "other_currency"))
            rate = figure(row.get("average_rate")) or _middle(row)
            if base and other and rate is not None and rate > 0:
                pairs[base, other] = rate
        return cls(pairs)

    def rate(self, currency: str, into: str) -> Decimal | None:
        """Return what one unit of `currency` is worth in `into`, or None where no rate tells."""
        if currency == into:
            return Decimal(1)
        key = (currency, into)
        if key not in self._found:
            self._found[key] = self._search(currency, into)
        return self._found[key]

    def _search(self, currency: str, into: str) -> Decimal | None:
        ways = [(one, other) for one in _alike(currency) for other in _alike(into)]
        for one, other in ways:
            found = Decimal(1) if one == other else self._direct(one, other)
            if found is not None:
                return found
        for one, other in ways:
            for between in sorted({name for pair in self.pairs for name in pair}):
                first, second = self._direct(one, between), self._direct(between, other)
                if first is not None and second is not None:
                    return first * second
        return None

    def _direct(self, currency: str, into: str) -> Decimal | None:
        rate = self.pairs.get((currency, into))
        if rate is not None:
            return rate
        other_way = self.pairs.get((into, currency))
        return None if other_way is None else 1 / other_way

    def into(self, base: str, currencies: Iterable[str]) -> dict[str, str]:
        """Return the rates of these currencies as text, those that are known."""
        known = {currency: self.rate(currency, base) for currency in sorted(set(currencies))}
        return {currency: f"{rate:f}" for currency, rate in known.items() if rate is not None}


def _alike(currency: str) -> tuple[str, ...]:
    return (currency, _YUAN[currency]) if currency in _YUAN else (currency,)


def _middle(row: Mapping[str, Any]) -> Decimal | None:
    bid, offer = figure(row.get("bid_rate")), figure(row.get("offer_rate"))
    return (bid + offer) / 2 if bid and offer else None


def read_rates(reader: AccountReader) -> Rates:
    """Ask for the rates of exchange; accounts in the US have an operation of their own."""
    try:
        data = reader.ask("exchange_rate")
    except OpenAPIError as failure:
        try:
            data = reader.ask("us_exchange_rates")
        except OpenAPIError:
            reader.miss(_("rates of exchange ({brief})").format(brief=brief(failure)))
            return Rates()
    return Rates.of_rows(objects(data.get("exchanges")))


CLOSES = {"HK": time(16), "US": time(16), "SG": time(17), "SH": time(15), "SZ": time(15)}
STRETCH = 900  # days of one request: a reply holds 1,000 bars
BEFORE = 14  # days before the first, so that it has a close that is not its own
OLD_CLOSE = timedelta(days=11)  # after which a last close says nothing of a day: longer than any holiday


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A security's closes, oldest first, at the moments when its market closed."""

    symbol: str
    moments: tuple[datetime, ...]
    closes: tuple[Decimal, ...]

    def at(self, moment: datetime) -> Decimal | None:
        """Return the last close before a moment; None where there is none of the days before it."""
        place = bisect_right(self.moments, moment) - 1
        if place < 0 or moment - self.moments[place] > OLD_CLOSE:
            return None
        return self.closes[place]

    def gains(self, moments: Sequence[datetime]) -> list[Decimal | None]:
        """Return the return between each moment and the one before it; None for the first."""
        closes = [self.at(moment) for moment in moments]
        steps = [
            None if before is None or after is None else after / before - 1
            for before, after in pairwise(closes)
        ]
        return [None, *steps] if closes else []


def benchmark_symbol(text: object) -> str:
    """Return the symbol of a benchmark as the broker spells it.

    Raises
    ------
    RequestRefused
        It is none; the message gives the spelling to type.
    """
    if not isinstance(text, str):
        raise RequestRefused(
            _("benchmark takes a symbol such as 2800.HK or SPY.US, not {given}.").format(given=told(text))
        )
    symbol = mended(text)
    parse(symbol)
    return symbol


def read_benchmark(
    reader: AccountReader, symbol: str, first: date, last: date, adjust: str = "forward"
) -> Benchmark:
    """Read daily closes, by default adjusted for dividends and splits; say if they can't be read."""
    rows: dict[date, Decimal] = {}
    start = first - timedelta(days=BEFORE)
    while start <= last:
        end = min(last, start + timedelta(days=STRETCH))
        try:
            data = reader.ask(
                "history_candlesticks",
                symbol=symbol,
                period="day",
                adjust_type=adjust,
                start_date=start,
                end_date=end,
            )
        except (OpenAPIError, RequestRefused) as failure:
            reader.miss(_("the closes of {symbol} ({why})").format(symbol=symbol, why=brief(failure)))
            return Benchmark(symbol, (), ())
        for row in objects(data.get("candlesticks")):
            stamp, close = seconds(row.get("timestamp")), figure(row.get("close"))
            if stamp and close and close > 0:
                day = datetime.fromtimestamp(float(stamp), UTC).astimezone(market_zone(symbol)).date()
                rows[day] = close
        start = end + timedelta(days=1)
    if not rows:
        reader.miss(_("the closes of {symbol} (there are none)").format(symbol=symbol))
    days = sorted(rows)
    close_at = CLOSES.get(market_of(symbol), time(16))
    zone = market_zone(symbol)
    moments = tuple(datetime.combine(day, close_at, zone).astimezone(UTC) for day in days)
    return Benchmark(symbol, moments, tuple(rows[day] for day in days))
