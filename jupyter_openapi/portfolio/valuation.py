"""What every holding is worth now: read the account, value each row."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from jupyter_openapi.frames import describe
from jupyter_openapi.guard import guarded
from jupyter_openapi.portfolio.day import DayResult, closed_today, day_results, wanted_symbols
from jupyter_openapi.portfolio.exact import ZERO, exactly, minus, product
from jupyter_openapi.portfolio.fills import read_today
from jupyter_openapi.portfolio.holdings import read_balance, read_funds, read_stocks
from jupyter_openapi.portfolio.prices import is_option, read_prices
from jupyter_openapi.portfolio.rates import Rates, currency_code, read_rates
from jupyter_openapi.portfolio.reading import Reader, names, warn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from jupyter_openapi.portfolio.fills import Fill
    from jupyter_openapi.portfolio.holdings import Balance, Holding
    from jupyter_openapi.portfolio.prices import Price
    from jupyter_openapi.portfolio.reading import Source


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that was read for a valuation; `fills` is None where they could not be had."""

    holdings: Sequence[Holding]
    prices: Mapping[str, Price]
    fills: Sequence[Fill] | None
    rates: Rates
    balance: Balance


@dataclass(frozen=True, slots=True)
class Row:
    """One holding, valued; None where something that it takes is not known."""

    holding: Holding
    last: Decimal | None
    prev_close: Decimal | None
    market_value: Decimal | None
    cost_value: Decimal | None
    day: DayResult
    rate: Decimal | None

    @property
    def unrealized(self) -> Decimal | None:
        """Value less cost."""
        return minus(self.market_value, self.cost_value)

    @property
    def value_base(self) -> Decimal | None:
        """The value in the base currency."""
        return product(self.market_value, self.rate)


@guarded
def value(client: Source, base_currency: str = "HKD") -> pd.DataFrame:
    """Value every holding: one row for each stock, option and fund of each account channel.

    Parameters
    ----------
    client
        A connected `Client`. At most five reads of the account are made, one or two of quotes, and a few more
        of these where quotes are refused.
    base_currency
        The currency of the totals: ``HKD``, ``USD``, ``CNH``, or any other that the broker has a rate for.

    Returns
    -------
    pandas.DataFrame
        Numbers are ``float64``, multiplied exactly before, and NaN where not known:

        ===================================  ==========================================================
        account_channel, symbol,             as the broker names them; the market of a fund is ``FUND``
        symbol_name, market, currency
        quantity, available_quantity         shares, contracts or fund units
        cost_price, last_done, prev_close    per share or unit, in `currency`; a fund's last_done is its
                                             net asset value
        market_value                         quantity x last_done (x an option's multiplier)
        cost_value                           quantity x cost_price (x an option's multiplier)
        unrealized_pl                        market_value - cost_value, before fees
        unrealized_pl_pct                    of cost_value, in percent
        day_pl                               quantity at the open x (last_done - prev_close), and today's
                                             fills: (last_done - price) x quantity bought, the reverse for
                                             a sale; before fees
        day_pl_pct                           of the value at the previous close and what was put in today,
                                             in percent
        weight                               share of all holdings' value, 0 to 1; cash is not in it
        base_currency, market_value_base,    at today's rates of exchange: gains and losses of the
        unrealized_pl_base                   currencies themselves are not in them
        ===================================  ==========================================================

        ``cost_price`` is average or diluted by the account's own setting; the API does not show which. A cost
        of 0 counts as not known. A fund has no ``prev_close`` and so no ``day_pl``.

        ``attrs["openapi"]`` holds the definitions (``notes``), what could not be had (``missing``), the cash
        (``cash``), the rates used (``rates``), what was closed today (``closed_today``) and the broker's own
        totals (``broker``). `totals` adds up, `notes` says it in words.

    Raises
    ------
    RequestRefused
        `base_currency` is no currency's code.

    Warns
    -----
    IncompleteWarning
        Something could not be had: one line says what. What depends on it is NaN, never 0.
    """
    frame = valued(client, base_currency)
    warn(frame.attrs["openapi"]["missing"], "Not everything could be valued")
    return frame


def valued(client: Source, base_currency: str = "HKD") -> pd.DataFrame:
    """Return what `value` does, without the warning."""
    from jupyter_openapi.portfolio.table import facts_of, frame_of

    base = currency_code(base_currency)
    reader = Reader(client)
    with exactly():
        known = read_all(reader, base)
        rows = value_rows(reader, known, base)
        closed = closed_today(known.holdings, known.prices, known.fills)
        frame = frame_of(rows, base)
        facts = facts_of(known, rows, closed, base)
    return describe(frame, **reader.facts("portfolio"), **facts, missing=reader.missing)


def read_all(reader: Reader, base: str) -> Known:
    """Read the account: positions, cash, today's executions, prices, rates where several currencies meet."""
    holdings = [*read_stocks(reader), *read_funds(reader)]
    balance = read_balance(reader, base)
    fills = read_today(reader)
    prices = read_prices(reader, wanted_symbols(holdings, fills))
    currencies = {holding.currency for holding in holdings} | {cash.currency for cash in balance.cash}
    rates = read_rates(reader) if currencies - {base} else Rates()
    return Known(holdings, prices, fills, rates, balance)


def value_rows(reader: Reader, known: Known, base: str) -> list[Row]:
    """Value each holding, and say what could not be."""
    days = day_results(reader, known.holdings, known.prices, known.fills)
    rows = [
        _row(holding, known.prices.get(holding.symbol), day, known.rates.rate(holding.currency, base))
        for holding, day in zip(known.holdings, days, strict=True)
    ]
    _say_missing(reader, rows, known, base)
    return rows


def _row(holding: Holding, price: Price | None, day: DayResult, rate: Decimal | None) -> Row:
    times = price.multiplier if price else None
    if not is_option(holding.symbol):
        times = Decimal(1)
    last = holding.value_per_unit if holding.fund else (price.last if price else None)
    worth, paid = (product(holding.quantity, each, times) for each in (last, holding.cost))
    if holding.quantity == 0:
        worth = paid = ZERO  # nothing is worth nothing, whatever the price
    return Row(holding, last, price.prev_close if price else None, worth, paid, day, rate)


def _say_missing(reader: Reader, rows: Sequence[Row], known: Known, base: str) -> None:
    priced = [row for row in rows if row.holding.symbol in known.prices]
    for what, found in (
        ("no quantity for", [row for row in rows if row.holding.quantity is None]),
        ("no cost for", [row for row in rows if row.holding.cost is None]),
        ("no last price for", [row for row in priced if row.last is None]),
        ("no previous close for", [row for row in priced if row.last is not None and row.prev_close is None]),
        ("no net asset value for", [row for row in rows if row.holding.fund and row.last is None]),
        (
            "no contract multiplier for",
            [row for row in priced if known.prices[row.holding.symbol].multiplier is None],
        ),
    ):
        if found:
            reader.miss(f"{what} {names(row.holding.symbol for row in found)}")
    currencies = [row.holding.currency for row in rows] + [cash.currency for cash in known.balance.cash]
    unknown = [name for name in dict.fromkeys(currencies) if known.rates.rate(name, base) is None]
    if unknown:
        reader.miss(f"no rate for {names(name or 'an unnamed currency' for name in unknown)} into {base}")
