"""Price steps: which prices an exchange takes, by market, table and date.

Hong Kong changed its table for equities on 2025-08-04 and 2026-08-03, so every function takes the date.
A bound price such as HKD 10.00 belongs to the band below it: the step below it is the lower band's, the
step above it the upper band's.

Prices made by arithmetic (``600 * 1.001`` is 600.5999999999999, which no market takes) are refused with the
two valid ones next to them, or rounded to one of them where that was asked for.

Source: HKEX "Reduction of Minimum Spreads" and "New Spread Table for ETPs"; Regulation NMS Rule 612
(``data/ticks.json``).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import Any, Literal, get_args

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market import facts
from jupyter_openapi.market.money import amount, plain
from jupyter_openapi.market.symbols import market_of, table_of, today_in
from jupyter_openapi.messages import _, commas
from jupyter_openapi.spec.model import Operation


@dataclass(frozen=True, slots=True, eq=False)
class Ladder:
    """Every price one table allows, numbered from 0 (the lowest) upwards.

    `bands` holds (lowest price, first number, tick) of each band; `highest` is the last rung's price, or
    None where prices have no upper bound. `since` is the date the table came into force, None if long ago.
    """

    table: str
    version: str
    since: date | None
    upper_inclusive: bool
    uppers: tuple[Decimal, ...]
    bands: tuple[tuple[Decimal, int, Decimal], ...]
    lowest: Decimal
    highest: Decimal | None

    def _band(self, price: Decimal) -> tuple[Decimal, int, Decimal]:
        find = bisect_left if self.upper_inclusive else bisect_right
        return self.bands[min(find(self.uppers, price), len(self.bands) - 1)]

    def tick(self, price: Decimal) -> Decimal:
        """Return the step of the band that `price` is in."""
        return self._band(price)[2]

    def price(self, rung: int) -> Decimal:
        """Return the price of a rung; the lowest and highest stand in for rungs beyond them."""
        if rung <= 0:
            return self.lowest
        for start, first, tick in reversed(self.bands):
            if rung >= first:
                price = start + (rung - first) * tick
                return price if self.highest is None or price <= self.highest else self.highest
        return self.lowest

    def below(self, price: Decimal) -> int:
        """Return the number of the highest rung at or below `price` (0 where there is none)."""
        return self._rung(price, ROUND_FLOOR)

    def above(self, price: Decimal) -> int:
        """Return the number of the lowest rung at or above `price` (the last where there is none)."""
        return self._rung(price, ROUND_CEILING)

    def _rung(self, price: Decimal, rounding: str) -> int:
        price = max(price, self.lowest)
        if self.highest is not None:
            price = min(price, self.highest)
        start, first, tick = self._band(price)
        return first + int(((price - start) / tick).to_integral_value(rounding))

    def allows(self, price: Decimal) -> bool:
        """Tell whether `price` is on this ladder."""
        if price < self.lowest or (self.highest is not None and price > self.highest):
            return False
        start, _, tick = self._band(price)
        return (price - start) % tick == 0


@lru_cache(maxsize=1024)
def ladder(symbol_or_market: str, on: date, table: str | None = None) -> Ladder:
    """Return the ladder of a symbol, or of a market, in force on a date.

    Parameters
    ----------
    symbol_or_market
        ``700.HK`` or ``HK``. A symbol takes the table of what it is (`market.symbols.table_of`): options and
        funds have their own; a market takes that of its shares.
    on
        The trading date.
    table
        ``part_a`` (Hong Kong equities), ``part_d_etp`` (Hong Kong funds), ``us``, ``us_option``, ...; None to
        choose as above.

    Raises
    ------
    RequestRefused
        If no table is known for that market or product (warrants in Hong Kong), or none is called that.
    """
    known = facts("ticks")
    market = market_of(symbol_or_market) or symbol_or_market
    usual = table_of(symbol_or_market) if "." in symbol_or_market else known["default_table"].get(market)
    name = table or usual
    if name is None and market in known["default_table"]:
        raise RequestRefused(
            _("The price steps of {symbol} are not known: they are for shares, funds and US options.").format(
                symbol=symbol_or_market
            )
        )
    if name is None:
        raise RequestRefused(
            _("No price steps are known for {symbol_or_market}, only for HK and US.").format(
                symbol_or_market=symbol_or_market
            )
        )
    if name not in known["tables"]:
        raise RequestRefused(
            _("There is no spread table {name!r}, only {tables}.").format(
                name=name, tables=commas(known["tables"])
            )
        )
    if known["tables"][name]["market"] != market:
        name = known["default_table"].get(market) or name
    versions = known["tables"][name]["versions"]
    in_force = [v for v in versions if v["from"] is None or date.fromisoformat(v["from"]) <= on]
    return _ladder(name, (in_force or versions[:1])[-1]["id"])


@lru_cache(maxsize=64)
def _ladder(table: str, version: str) -> Ladder:
    facts_of_table: dict[str, Any] = facts("ticks")["tables"][table]
    chosen = next(v for v in facts_of_table["versions"] if v["id"] == version)
    lowest = Decimal(facts_of_table["lowest"])
    uppers: list[Decimal] = []
    bands: list[tuple[Decimal, int, Decimal]] = []
    start, rung, top = lowest, 0, None
    for upper_text, tick_text in chosen["bands"]:
        tick_size = Decimal(tick_text)
        bands.append((start, rung, tick_size))
        top = None if upper_text is None else Decimal(upper_text)
        if top is not None:
            uppers.append(top)
            rung += int((top - start) / tick_size)
            start = top
    since = None if chosen["from"] is None else date.fromisoformat(chosen["from"])
    inclusive = facts_of_table["upper_inclusive"]
    return Ladder(table, version, since, inclusive, tuple(uppers), tuple(bands), lowest, top)


def tick(symbol_or_market: str, price: Decimal, on: date, table: str | None = None) -> Decimal:
    """Return the step at `price`, in the market's currency; at a bound, the band's that the bound belongs to.

    Examples
    --------
    >>> tick("HK", Decimal("10"), date(2026, 11, 20))
    Decimal('0.005')
    """
    return ladder(symbol_or_market, on, table).tick(price)


def nearest(
    symbol_or_market: str, price: Decimal, on: date, table: str | None = None
) -> tuple[Decimal, Decimal]:
    """Return the valid prices next below and next above `price`: the same price twice if it is valid.

    Beyond the table's lowest or highest price both are that price.
    """
    rungs = ladder(symbol_or_market, on, table)
    return rungs.price(rungs.below(price)), rungs.price(rungs.above(price))


def step(symbol_or_market: str, price: Decimal, spreads: int, on: date, table: str | None = None) -> Decimal:
    """Return the price `spreads` steps above `price` (below it, if negative), each by its own band's tick.

    A price between two rungs is first taken to the rung behind it, so that one step up is the next valid
    price above. The result never leaves the table.
    """
    rungs = ladder(symbol_or_market, on, table)
    start = rungs.below(price) if spreads >= 0 else rungs.above(price)
    return rungs.price(start + spreads)


Band = tuple[Decimal | None, Decimal | None]


def band(  # noqa: PLR0917 - every argument is named in the docstring
    order_type: str,
    side: str,
    best_bid: Decimal | None,
    best_ask: Decimal | None,
    last: Decimal | None,
    prev_close: Decimal | None,
    on: date,
    table: str = "part_a",
) -> Band:
    """Return the lowest and highest price the exchange takes, both included; None where there is no limit.

    Parameters
    ----------
    order_type, side
        ``LO``, ``ELO`` and ``SLO`` are limited by the best prices; every priced type by nine times the
        nominal price.
    best_bid, best_ask
        The book's best prices; a missing side is replaced by the nominal price (unconfirmed).
    last, prev_close
        The nominal price is the last price, or else the previous close.
    on, table
        Pick the spread table: ``part_a``, ``part_d_etp``; ``us`` has no limits.

    Notes
    -----
    The limits are the exchange's for continuous trading, and lie on the ladder of prices.
    """
    if table == "us":
        return None, None
    rungs = ladder("HK", on, table)
    nominal = last or prev_close
    bid, ask = best_bid or nominal, best_ask or nominal
    low_rule, high_rule = facts("orders")["bands"]["exchange"].get(order_type, {}).get(side, (None, None))
    lows = [_limit(low_rule, bid, ask, rungs)]
    highs = [_limit(high_rule, bid, ask, rungs)]
    if nominal:
        low, high = _nine_times(nominal, rungs)
        lows.append(low)
        highs.append(high)
    return max(filter(None, lows), default=None), min(filter(None, highs), default=None)


def _limit(rule: str | None, bid: Decimal | None, ask: Decimal | None, rungs: Ladder) -> Decimal | None:
    if rule is None:
        return None
    price = bid if rule.startswith("bid") else ask
    spreads = int(rule[3:] or 0)
    if price is None:
        return None
    return rungs.price((rungs.below(price) if spreads >= 0 else rungs.above(price)) + spreads)


def _nine_times(nominal: Decimal, rungs: Ladder) -> Band:
    """Return the prices strictly inside a ninth and nine times the nominal price."""
    times = Decimal(facts("orders")["bands"]["times_rule"])
    low = rungs.below(nominal / times) + 1  # the first rung strictly above a ninth
    if rungs.lowest * times > nominal:
        low = 0
    high = rungs.above(nominal * times) - 1
    if rungs.highest is not None and rungs.highest < nominal * times:
        return rungs.price(low), rungs.highest
    return rungs.price(low), rungs.price(high)


Tick = Literal["nearest", "up", "down", "safe"]
TICKS: tuple[Tick, ...] = get_args(Tick)
PRICES = frozenset({"submitted_price", "price", "trigger_price", "monitor_price"})
PLACES = 6  # decimals of a float that can't be a price any more


def known_tick(value: object) -> Tick | None:
    """Return the way to round that `value` names, None for none; RequestRefused if there is no such way."""
    for each in TICKS:
        if value == each:
            return each
    if value in {None, "", "off"}:
        return None
    raise RequestRefused(
        _("There is no tick={value!r:.40}: use {ticks}. Nothing was sent.").format(
            value=value, ticks=commas(TICKS)
        )
    )


def needs_rounding(operation: Operation, arguments: Mapping[str, Any], tick: Tick | None) -> bool:
    """Tell whether a price among the arguments is to be rounded, or is one that arithmetic left unusable."""
    prices = [value for name, value in arguments.items() if operation.short.get(name, name) in PRICES]
    return any(value is not None and (tick is not None or _is_odd(value)) for value in prices)


def rounded(
    operation: Operation, arguments: Mapping[str, Any], symbol: str, side: str, tick: Tick | None
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the arguments with their prices on the ladder, and the lines that say which were rounded.

    Raises
    ------
    RequestRefused
        A float has more decimals than any price, and nothing says how to round it.
    """
    given, lines = dict(arguments), []
    for name, value in arguments.items():
        price = amount(repr(float(value)) if isinstance(value, float) else value)
        if operation.short.get(name, name) not in PRICES or price is None or price <= 0:
            continue
        if tick is None and not _is_odd(value):
            continue
        below: Decimal | None = None
        above: Decimal | None = None
        with suppress(RequestRefused):  # no ladder is known
            below, above = nearest(symbol, price, today_in(market_of(symbol)))
        if tick is None or below is None or above is None:
            raise _refusal(name, value, below, above)
        chosen = _choose(price, below, above, side, tick)
        if chosen != price:
            given[name] = plain(chosen)
            said = _("{name} {value} rounded to {chosen} (--tick {tick})")
            lines.append(
                ("tick", said.format(name=name, value=plain(price), chosen=plain(chosen), tick=tick))
            )
    return given, lines


def _choose(price: Decimal, below: Decimal, above: Decimal, side: str, tick: Tick) -> Decimal:
    """Return the rung for a price; safe is the one that pays less, or asks more, than was meant."""
    buys = side.lower() == "buy"
    if tick == "safe":
        return below if buys else above
    if tick == "nearest":
        return below if price - below <= above - price else above
    return above if tick == "up" else below


def _is_odd(value: object) -> bool:
    if not isinstance(value, float) or value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124
        return False
    exponent = Decimal(repr(float(value))).as_tuple().exponent
    return isinstance(exponent, int) and -exponent > PLACES


def _refusal(name: str, value: object, below: Decimal | None, above: Decimal | None) -> RequestRefused:
    said = _("{name}={value} is a float with more decimals than any price. Nothing was sent")
    if below is None or above is None:
        return RequestRefused(
            _("{said}: round it first, for example {name}={{round(x, 2)}}.").format(
                said=said.format(name=name, value=value), name=name
            )
        )
    return RequestRefused(
        _(
            "{said}: type {name}={below} or {name}={above}, or `--tick nearest` (up, down, safe) before the "
            "operation (in Python: tick='nearest')."
        ).format(said=said.format(name=name, value=value), name=name, below=plain(below), above=plain(above))
    )
