"""Open tax lots: what is held, purchase by purchase, with its age and what it gained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import OpenAPIError, RequestRefused, guarded
from jupyter_openapi.frames import describe, seal
from jupyter_openapi.frames.values import text_column
from jupyter_openapi.market.money import ZERO, exactly, floats, minus, product, ratio, total
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio.account_ledgers import Account, openings, refuse_later
from jupyter_openapi.portfolio.arguments import choice, yes_or_no
from jupyter_openapi.portfolio.arguments import since as first_of
from jupyter_openapi.portfolio.executions import moment
from jupyter_openapi.portfolio.lot_ledger import METHODS, Lot
from jupyter_openapi.portfolio.pnl_frame import instants
from jupyter_openapi.portfolio.positions import AccountReader, Holding, brief, names, read_stocks, warn
from jupyter_openapi.portfolio.prices import Price, currency_code, market_zone, read_prices, say_priceless
from jupyter_openapi.portfolio.realized_pnl import add_fees, add_rates
from jupyter_openapi.portfolio.trades import Trades, read_trades, read_until_explained
from jupyter_openapi.spec.dates import zone

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.account import ClientLike

TEXTS = (
    "symbol",
    "symbol_name",
    "market",
    "currency",
    "term",
    "base_currency",
    "method",
    "order_id",
    "remark",
)
NUMBERS = (
    "quantity",
    "cost_price",
    "cost",
    "fees",
    "last_done",
    "market_value",
    "unrealized_pl",
    "unrealized_pl_pct",
    "market_value_base",
    "unrealized_pl_base",
)
COLUMNS = (
    "symbol",
    "symbol_name",
    "market",
    "currency",
    "opened_at",
    "opened_on",
    "age_days",
    "term",
    "quantity",
    "cost_price",
    "cost",
    "fees",
    "last_done",
    "market_value",
    "unrealized_pl",
    "unrealized_pl_pct",
    "base_currency",
    "market_value_base",
    "unrealized_pl_base",
    "method",
    "order_id",
    "estimated",
    "remark",
)
DEFINITIONS = (
    "A lot is what one execution opened and no later one closed; quantity is negative where sold short.",
    "Funds have no executions, and are not in it.",
    "What no execution explains was there before the first one; its cost is an estimate (`estimated`).",
    "That estimate is what the known lots leave of the position's cost.",
    "cost = quantity x cost_price (x an option's multiplier), before fees; splits keep it and the date.",
    "term is long where it is held for more than a year, counted in days of its market; else short.",
)
LONG, SHORT = "long", "short"
Cells = dict[str, Any]


@guarded
def lots(
    client: ClientLike,
    method: str = "fifo",
    base_currency: str = "HKD",
    *,
    fees: bool | None = None,
    opening: Mapping[str, tuple[Any, ...]] | None = None,
    since: Any = None,
) -> pd.DataFrame:
    """Return the open tax lots: one row for each purchase, or short sale, of which something is held.

    Parameters
    ----------
    client
        A connected `Client`. One read of the positions, one or two of quotes, one for each 90 days of
        executions until they explain all that is held, at most a year.
    method
        ``fifo``: a sale closes the oldest lot first; ``average``: all lots of a security are one.
    base_currency
        The currency of the ``_base`` columns.
    fees
        Whether to ask for the fees of the orders that opened the lots, one request an order; by default for
        up to 15 orders.
    opening
        What was held before the first execution, by symbol, as (quantity, price) or (quantity, price, day).
    since
        How far to look back for purchases, instead of as far as needed within a year.

    Returns
    -------
    pandas.DataFrame
        ``symbol``, ``symbol_name``, ``market``, ``currency``, ``opened_at`` and ``opened_on`` (NaT where it
        was there before the first execution that is known), ``age_days``, ``term`` (``long`` after more than
        a year, ``short``, empty where not known), ``quantity``, ``cost_price``, ``cost``, ``fees``,
        ``last_done``, ``market_value``, ``unrealized_pl`` (before fees), ``unrealized_pl_pct``,
        ``base_currency``, ``market_value_base``, ``unrealized_pl_base``, ``method``, ``order_id``,
        ``estimated``, ``remark``. NaN where not known. The quantities of a symbol add up to what is held.

    Raises
    ------
    RequestRefused
        The method, the currency, `since` or an opening quantity is none.

    Warns
    -----
    IncompleteWarning
        Something could not be read: one line says what.
    """
    base = currency_code(base_currency)
    method = choice("method", method, METHODS, _(" or "))
    fees = yes_or_no("fees", fees, or_none=True)
    given = openings(opening)
    reader = AccountReader(client)
    if since is not None:
        first_of(since, reader.source.tz)
    with exactly():
        trades = _history(reader, since)
        refuse_later(given, trades)
        held = _held(trades)
        account = Account(trades, base, method, given, also=tuple(held))
        currencies = {symbol: one.currency for symbol, one in held.items()}
        account.money = reader.instruments.of(
            reader.read, dict.fromkeys([*trades.symbols, *held]), currencies
        )
        add_rates(reader, account, {account.money[symbol].currency for symbol in held})
        account.play()
        add_fees(reader, account, fees, _orders(account, held))
        _estimate(account, held)
        prices = read_prices(reader, held)
        say_priceless(reader, prices, held)
        rows = [row for symbol in held for row in _rows(account, held[symbol], prices.get(symbol))]
        _say(reader, account, rows, held)
        frame = _frame(rows, client.tz)
    described = describe(
        frame,
        **reader.facts("lots"),
        base_currency=base,
        method=method,
        read_from=moment(trades.since).isoformat() if trades.since else None,
        missing=reader.missing,
        notes=[*DEFINITIONS, *_rate_note(account, rows, client.tz), *reader.asides],
    )
    warn(reader.missing, _("Not everything is known"))
    return seal(described)


def _rate_note(account: Account, rows: Sequence[Cells], tz: str) -> list[str]:
    """Say of which day the rates are, where there are any."""
    if not {row["currency"] for row in rows if row["rate"] is not None} - {account.base}:
        return []
    day = moment(account.trades.now).astimezone(zone(tz)).date()
    return [_("What is held is at the rates of exchange of {day}.").format(day=day)]


def _history(reader: AccountReader, since: Any) -> Trades:
    """Read the executions until they explain what is held; without them, what is held alone."""
    try:
        trades = read_trades(reader, since if since is not None else "-1d", None, since)
        if since is None:
            read_until_explained(reader, trades, _held(trades))
    except RequestRefused:
        raise
    except OpenAPIError as failure:
        reader.miss(_("executions ({brief})").format(brief=brief(failure)))
        trades = Trades(0, 0, 0, now=int(datetime.now(UTC).timestamp()))
        trades.holdings = read_stocks(reader)
        trades.held = {one.symbol: one.quantity for one in _held(trades).values() if one.quantity}
    return trades


def _held(trades: Trades) -> dict[str, Holding]:
    """Return what is held by symbol, the channels of an account together."""
    found: dict[str, Holding] = {}
    for one in trades.holdings:
        if one.quantity:
            found.setdefault(one.symbol, one)
    return found


def _orders(account: Account, held: Mapping[str, Holding]) -> list[str]:
    """Return the orders that opened what is held; at average cost all that built the pool."""
    wanted: dict[str, None] = {}
    for symbol in held:
        wanted |= dict.fromkeys(lot.order_id for lot in account.ledgers[symbol].lots)
        if account.method == "average":
            wanted |= dict.fromkeys(fill.order_id for fill in account.trades.of(symbol))
    return [order for order in wanted if order]


def _estimate(account: Account, held: Mapping[str, Holding]) -> None:
    """Give each estimated lot the cost that the known lots leave of the position's, where that is above 0."""
    for symbol in held:
        lots_ = account.ledgers[symbol].lots
        guessed = [number for number, lot in enumerate(lots_) if lot.estimated]
        price = account.trades.cost(symbol)
        known = [lot.cost for lot in lots_ if not lot.estimated]
        if len(guessed) != 1 or price is None or None in known or account.method == "average":
            continue
        lot = lots_[guessed[0]]
        left = price * account.ledgers[symbol].quantity - sum((cost or ZERO for cost in known), ZERO)
        if left * lot.quantity > 0:
            lots_[guessed[0]] = replace(lot, cost=left)


def _rows(account: Account, holding: Holding, price: Price | None) -> list[Cells]:
    money = account.money[holding.symbol]
    rate = account.rates.rate(money.currency, account.base)
    last = None if price is None else price.last
    return [
        _cells(account, lot, holding, last)
        | {
            "symbol": holding.symbol,
            "symbol_name": holding.name,
            "market": money.market,
            "currency": money.currency,
            "base_currency": account.base,
            "method": account.method,
            "rate": rate,
        }
        for lot in account.ledgers[holding.symbol].lots
    ]


def _cells(account: Account, lot: Lot, holding: Holding, last: Decimal | None) -> Cells:
    multiplier = account.money[holding.symbol].multiplier
    rate = account.rates.rate(account.money[holding.symbol].currency, account.base)
    cost = product(lot.cost, multiplier)
    worth = product(lot.quantity, last, multiplier)
    gained = minus(worth, cost)
    opened = None if lot.at is None else moment(lot.at).astimezone(market_zone(holding.symbol)).date()
    today = moment(account.trades.now).astimezone(market_zone(holding.symbol)).date()
    return {
        "opened_at": lot.at,
        "opened_on": opened,
        "age_days": None if opened is None else (today - opened).days,
        "term": term_of(opened, today) or _term_before(account, holding.symbol, today),
        "quantity": lot.quantity,
        "cost_price": None if lot.cost is None else lot.cost / lot.quantity,
        "cost": cost,
        "fees": lot.fee,
        "last_done": last,
        "market_value": worth,
        "unrealized_pl": gained,
        "unrealized_pl_pct": ratio(gained, cost),
        "market_value_base": product(worth, rate),
        "unrealized_pl_base": product(gained, rate),
        "order_id": lot.order_id,
        "estimated": lot.estimated,
        "remark": "" if lot.at is not None else _before(account),
    }


def _before(account: Account) -> str:
    if not account.trades.since:
        return _("its purchase is not known")
    return _("bought before {since:%Y-%m-%d}").format(since=moment(account.trades.since))


def term_of(opened: date | None, today: date) -> str:
    """Return ``long`` for what is held for more than a year, else ``short``; empty where not known."""
    return "" if opened is None else LONG if today > a_year_after(opened) else SHORT


def a_year_after(day: date) -> date:
    """Return the same day of the next year; of 29 February the 28th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def _term_before(account: Account, symbol: str, today: date) -> str:
    """Return the term of what was there before the first execution: long if that is over a year ago."""
    if not account.trades.since:
        return ""
    since = moment(account.trades.since).astimezone(market_zone(symbol)).date()
    return LONG if today > a_year_after(since) else ""


def _say(reader: AccountReader, account: Account, rows: Sequence[Cells], held: Mapping[str, Holding]) -> None:
    """Say of which symbols something of the lots is not known, or does not add up."""
    unknown = [row["symbol"] for row in rows if row["opened_at"] is None]
    if unknown:
        reader.miss(_("when {names} was bought").format(names=names(unknown)))
    costless = [row["symbol"] for row in rows if row["cost"] is None]
    if costless:
        reader.miss(_("the cost of {names}").format(names=names(costless)))
    for symbol in held:
        whole = (account.trades.held or {}).get(symbol)
        mine = total(row["quantity"] for row in rows if row["symbol"] == symbol)
        if whole != mine:
            reader.miss(_("the lots of {symbol}: they do not add up to what is held").format(symbol=symbol))
    currencies = {row["currency"] for row in rows if row["rate"] is None}
    for currency in sorted(currencies):
        reader.miss(
            _("no rate for {currency} into {base}").format(
                currency=currency or _("an unnamed currency"), base=account.base
            )
        )


def _frame(rows: Sequence[Cells], tz: str) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    made: dict[str, Any] = {}
    for name in COLUMNS:
        values = [row[name] for row in rows]
        if name in NUMBERS:
            made[name] = floats(values)
        elif name in TEXTS:
            made[name] = text_column(values)
        elif name == "opened_at":
            made[name] = instants(values, tz)
        elif name == "opened_on":
            made[name] = np.array([str(day or "NaT") for day in values], dtype="datetime64[ns]")
        elif name == "age_days":
            made[name] = pd.array(values, dtype="Int64")
        else:
            made[name] = np.array(values, dtype=bool)
    return pd.DataFrame(made, index=pd.RangeIndex(len(rows)), copy=False)
