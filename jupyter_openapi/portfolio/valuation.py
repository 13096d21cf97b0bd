"""Value every holding now: read the account, value each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.frames import describe, seal
from jupyter_openapi.frames.values import text_column
from jupyter_openapi.market.money import ZERO, exactly, floats, minus, product, ratio, total
from jupyter_openapi.market.symbols import is_option, market_of
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio.arguments import choice
from jupyter_openapi.portfolio.executions import read_today
from jupyter_openapi.portfolio.positions import (
    AccountReader,
    names,
    read_balance,
    read_funds,
    read_stocks,
)
from jupyter_openapi.portfolio.prices import (
    Rates,
    currency_code,
    late_prices,
    old_prices,
    read_prices,
    read_rates,
)

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.account import ClientLike
    from jupyter_openapi.portfolio.executions import Fill
    from jupyter_openapi.portfolio.positions import Balance, Holding
    from jupyter_openapi.portfolio.prices import Price


SESSIONS = ("regular", "latest")


@dataclass(frozen=True, slots=True)
class DayResult:
    """The day's profit, and the money it is measured against; None where not known."""

    amount: Decimal | None = None
    put_in: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """What was held or bought today and is held no more."""

    symbol: str
    market: str
    currency: str
    day: DayResult


def day_results(
    reader: AccountReader,
    holdings: Sequence[Holding],
    prices: Mapping[str, Price],
    fills: Sequence[Fill] | None,
) -> list[DayResult]:
    """Return the day's result of each holding, in their order, and say where it is not certain.

    Parameters
    ----------
    reader
        Takes what there is to say.
    holdings, prices
        What is held, and its prices by symbol.
    fills
        Today's executions; None if they could not be read, and nothing of the day is then known.
    """
    results, odd, several = [], [], []
    for holding in holdings:
        if holding.fund or fills is None or holding.quantity is None:
            results.append(DayResult())
            continue
        mine = [fill for fill in fills if fill.symbol == holding.symbol]
        if mine and sum(other.symbol == holding.symbol for other in holdings) > 1:
            several.append(holding.symbol)
            results.append(DayResult())
            continue
        opening, adds_up = quantity_at_open(holding, mine)
        if not adds_up:
            odd.append(holding.symbol)
        results.append(day_result(opening, holding.quantity, mine, prices.get(holding.symbol)))
    if odd:
        reader.miss(
            _("what besides today's fills changed the quantity of {names} since the open").format(
                names=names(odd)
            )
        )
    if several:
        reader.miss(_("in which account channel today's fills of {names} were").format(names=names(several)))
    return results


def quantity_at_open(holding: Holding, fills: Sequence[Fill]) -> tuple[Decimal, bool]:
    """Return what was held at the open, and whether today's fills lead from it to what is held now.

    The broker's own number counts, unless it is missing, or 0 against all fills.
    """
    derived = (holding.quantity or ZERO) - sum((fill.signed for fill in fills), ZERO)
    if not holding.opening:
        return derived, True
    return holding.opening, holding.opening == derived


def day_result(opening: Decimal, now: Decimal, fills: Sequence[Fill], price: Price | None) -> DayResult:
    """Return the day's result of one security.

    Parameters
    ----------
    opening, now
        Quantity held at the open, and now.
    fills
        Today's executions in it.
    price
        Its prices; None if there is no quote.
    """
    if price is None or price.multiplier is None or any(not fill.sign for fill in fills):
        return DayResult()
    last = price.last
    traded = sum((fill.signed for fill in fills), ZERO)
    if last is None and not opening + traded:
        last = ZERO  # nothing is left of it: its last price cancels out
    held = product(opening, minus(last, price.prev_close)) if opening else ZERO
    parts = [product(fill.signed, minus(last, fill.price)) for fill in fills]
    if held is None or None in parts:
        return DayResult()
    way = 1 if (now or opening or (fills[0].signed if fills else ZERO)) >= 0 else -1
    put_in = [product(abs(opening), price.prev_close) if opening else ZERO]
    put_in += [fill.quantity * fill.price for fill in fills if fill.sign == way]
    return DayResult(
        product(total([held, *parts]), price.multiplier), product(total(put_in), price.multiplier)
    )


def closed_today(
    reader: AccountReader,
    holdings: Sequence[Holding],
    prices: Mapping[str, Price],
    fills: Sequence[Fill] | None,
) -> list[Closed]:
    """Return what today's fills ended: the broker no longer lists it among the positions."""
    held = {holding.symbol for holding in holdings}
    gone: dict[str, list[Fill]] = {}
    for fill in fills or ():
        if fill.symbol not in held:
            gone.setdefault(fill.symbol, []).append(fill)
    found = []
    instruments = reader.instruments.of(reader.read, gone)
    for one in instruments.values():
        for said in one.assumptions:
            reader.miss(said)
    for symbol, mine in gone.items():
        opening = -sum((fill.signed for fill in mine), ZERO)
        day = day_result(opening, ZERO, mine, prices.get(symbol))
        found.append(Closed(symbol, market_of(symbol), instruments[symbol].currency, day))
    return found


def wanted_symbols(holdings: Sequence[Holding], fills: Sequence[Fill] | None) -> list[str]:
    """Return the symbols whose prices a valuation takes: what is held, and what was traded today."""
    held = [holding.symbol for holding in holdings if not holding.fund]
    return list(dict.fromkeys([*held, *(fill.symbol for fill in fills or ())]))


@dataclass(frozen=True, slots=True)
class ValuationInputs:
    """Inputs of a valuation; `fills` is None where executions could not be read."""

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

    def priced(self, known: ValuationInputs) -> bool:
        """Tell whether its last price is a quote's."""
        return self.holding.symbol in known.prices

    @property
    def unrealized(self) -> Decimal | None:
        """Value less cost."""
        return minus(self.market_value, self.cost_value)

    @property
    def value_base(self) -> Decimal | None:
        """The value in the base currency."""
        return product(self.market_value, self.rate)


def valued(client: ClientLike, base_currency: str = "HKD", session: str = "regular") -> pd.DataFrame:
    """Return what `value` does of one account, without the warning."""
    base = currency_code(base_currency)
    session = choice("session", session, SESSIONS, _(" or "))
    reader = AccountReader(client)
    with exactly():
        known = read_all(reader, base, session)
        rows = value_rows(reader, known, base)
        closed = closed_today(reader, known.holdings, known.prices, known.fills)
        frame = frame_of(rows, base)
        facts = facts_of(known, rows, closed, base)
    if session == "latest":
        sessions = [known.prices[row.holding.symbol].session if row.priced(known) else "" for row in rows]
        frame["price_session"] = text_column(sessions)
        facts["notes"] = [*facts["notes"], *late_prices(known.prices)]
    return seal(
        describe(
            frame, **reader.facts("portfolio"), **facts, missing=reader.missing, unread=sorted(reader.unread)
        )
    )


def read_all(reader: AccountReader, base: str, session: str = "regular") -> ValuationInputs:
    """Read the account: positions, cash, today's executions, prices, rates where several currencies meet."""
    holdings = [*read_stocks(reader), *read_funds(reader)]
    balance = read_balance(reader, base)
    fills = read_today(reader)
    prices = read_prices(reader, wanted_symbols(holdings, fills), session)
    currencies = {holding.currency for holding in holdings} | {cash.currency for cash in balance.cash}
    rates = read_rates(reader) if currencies - {base} else Rates()
    return ValuationInputs(holdings, prices, fills, rates, balance)


def value_rows(reader: AccountReader, known: ValuationInputs, base: str) -> list[Row]:
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
        worth = paid = ZERO  # a quantity of 0 is worth 0, whatever the price
    return Row(holding, last, price.prev_close if price else None, worth, paid, day, rate)


def _say_missing(reader: AccountReader, rows: Sequence[Row], known: ValuationInputs, base: str) -> None:
    priced = [row for row in rows if row.holding.symbol in known.prices]
    for what, found in (
        (_("no quantity for {symbols}"), [row for row in rows if row.holding.quantity is None]),
        (_("no cost for {symbols}"), [row for row in rows if row.holding.cost is None]),
        (_("no last price for {symbols}"), [row for row in priced if row.last is None]),
        (
            _("no previous close for {symbols}"),
            [row for row in priced if row.last is not None and row.prev_close is None],
        ),
        (
            _("no net asset value for {symbols}"),
            [row for row in rows if row.holding.fund and row.last is None],
        ),
        (
            _("no contract multiplier for {symbols}"),
            [row for row in priced if known.prices[row.holding.symbol].multiplier is None],
        ),
    ):
        if found:
            reader.miss(what.format(symbols=names(row.holding.symbol for row in found)))
    currencies = [row.holding.currency for row in rows] + [cash.currency for cash in known.balance.cash]
    unknown = [name for name in dict.fromkeys(currencies) if known.rates.rate(name, base) is None]
    if unknown:
        reader.miss(
            _("no rate for {names} into {base}").format(
                names=names(name or _("an unnamed currency") for name in unknown), base=base
            )
        )


TEXTS = frozenset({"account_channel", "symbol", "symbol_name", "market", "currency", "base_currency"})
COLUMNS = (
    "account_channel",
    "symbol",
    "symbol_name",
    "market",
    "currency",
    "quantity",
    "available_quantity",
    "cost_price",
    "last_done",
    "prev_close",
    "market_value",
    "cost_value",
    "unrealized_pl",
    "unrealized_pl_pct",
    "day_pl",
    "day_pl_pct",
    "weight",
    "base_currency",
    "market_value_base",
    "unrealized_pl_base",
)
DEFINITIONS = (
    "market_value = quantity x last_done (x an option's multiplier); of a fund, its net asset value.",
    "unrealized_pl = market_value - cost_value, before fees; unrealized_pl_pct is in percent of cost_value.",
    "cost_price is average or diluted by the account's own setting; the API does not show which.",
    "day_pl = quantity at the open x (last_done - prev_close) + today's fills, before fees.",
    "A fill adds (last_done - price) x quantity bought, or takes that off for a sale.",
    "day_pl_pct is in percent of the value at the previous close and what was put in today.",
    "weight is the share of all holdings' value (short ones by their size); cash is not in it.",
    "The _base columns are at today's rates: gains and losses of the currencies themselves are not in them.",
)


def frame_of(rows: Sequence[Row], base: str) -> pd.DataFrame:
    """Return the valued rows as a frame of `COLUMNS`; without rows it has their dtypes all the same."""
    import pandas as pd

    whole = total(abs(row.value_base) for row in rows if row.value_base is not None)
    held = [row.holding for row in rows]
    columns: dict[str, Sequence[Any]] = {
        "account_channel": [holding.account_channel for holding in held],
        "symbol": [holding.symbol for holding in held],
        "symbol_name": [holding.name for holding in held],
        "market": [holding.market for holding in held],
        "currency": [holding.currency for holding in held],
        "quantity": [holding.quantity for holding in held],
        "available_quantity": [holding.available for holding in held],
        "cost_price": [holding.cost for holding in held],
        "last_done": [row.last for row in rows],
        "prev_close": [row.prev_close for row in rows],
        "market_value": [row.market_value for row in rows],
        "cost_value": [row.cost_value for row in rows],
        "unrealized_pl": [row.unrealized for row in rows],
        "unrealized_pl_pct": [ratio(row.unrealized, row.cost_value) for row in rows],
        "day_pl": [row.day.amount for row in rows],
        "day_pl_pct": [ratio(row.day.amount, row.day.put_in) for row in rows],
        "weight": [ratio(row.value_base, whole, Decimal(1)) for row in rows],
        "base_currency": [base] * len(rows),
        "market_value_base": [row.value_base for row in rows],
        "unrealized_pl_base": [product(row.unrealized, row.rate) for row in rows],
    }
    return pd.DataFrame(made_columns(columns, COLUMNS, TEXTS), index=pd.RangeIndex(len(rows)), copy=False)


def made_columns(
    columns: Mapping[str, Sequence[Any]], names: Sequence[str], texts: frozenset[str]
) -> dict[str, Any]:
    """Return arrays in the order of `names`: text for those among `texts`, ``float64`` for the others."""
    return {name: text_column(columns[name]) if name in texts else floats(columns[name]) for name in names}


def facts_of(
    known: ValuationInputs, rows: Sequence[Row], closed: Sequence[Closed], base: str
) -> dict[str, Any]:
    """Return what the frame says of itself; money is text there, so that no digit is lost."""
    rates, balance = known.rates, known.balance
    currencies = {row.holding.currency for row in rows} | {part.currency for part in balance.cash}
    currencies |= {gone.currency for gone in closed}
    cash = [
        {
            "currency": part.currency,
            "amount": text(part.amount),
            "amount_base": text(product(part.amount, rates.rate(part.currency, base))),
        }
        for part in balance.cash
    ]
    broker = {
        "currency": balance.currency,
        "net_assets": text(balance.net_assets),
        "total_cash": text(balance.total_cash),
    }
    gone = [
        {
            "symbol": one.symbol,
            "market": one.market,
            "currency": one.currency,
            "day_pl": text(one.day.amount),
            "day_pl_base": text(product(one.day.amount, rates.rate(one.currency, base))),
        }
        for one in closed
    ]
    yuan = ["Onshore and offshore renminbi share one rate."] if "CNY" in {*currencies, base} else []
    return {
        "base_currency": base,
        "cash": cash,
        "rates": {name: text(rates.rate(name, base)) for name in sorted(currencies)},
        "broker": broker if balance.net_assets is not None else None,
        "closed_today": gone,
        "notes": [*DEFINITIONS, *yuan, *old_prices(known.prices, datetime.now(UTC))],
    }


def text(number: Decimal | None) -> str | None:
    """Return an amount with all its digits, for a frame's attributes."""
    return None if number is None else f"{number:f}"
