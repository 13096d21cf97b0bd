"""Realized profit and loss: round trips from executions, and what can't be matched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import OpenAPIError, RequestRefused, guarded
from jupyter_openapi.frames import describe, seal
from jupyter_openapi.market.money import exactly, plain, product
from jupyter_openapi.messages import _, commas, ngettext
from jupyter_openapi.portfolio.account_ledgers import Account, openings, refuse_later
from jupyter_openapi.portfolio.arguments import choice, window, yes_or_no
from jupyter_openapi.portfolio.executions import Charged, read_fees
from jupyter_openapi.portfolio.lot_ledger import METHODS, Trip
from jupyter_openapi.portfolio.pnl_frame import facts_of, frame_of, read_analysis, rows_of
from jupyter_openapi.portfolio.positions import AccountReader, brief, warn
from jupyter_openapi.portfolio.prices import currency_code, read_rates
from jupyter_openapi.portfolio.rates_of_days import complete, past_rates
from jupyter_openapi.portfolio.trades import Trades, read_trades
from jupyter_openapi.spec.dates import zone

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.account import ClientLike

MOST_FEES = (
    15  # orders whose fees are asked for without being told to: half of the broker's 30 calls per 30 s
)


@guarded
def pnl(
    client: ClientLike,
    start: Any,
    end: Any = None,
    base_currency: str = "HKD",
    method: str = "fifo",
    *,
    fees: bool | None = None,
    opening: Mapping[str, tuple[Any, ...]] | None = None,
    since: Any = None,
    rates: Any = None,
) -> pd.DataFrame:
    """Work out realized profit and loss: one row for each round trip closed in a window.

    A round trip is a quantity that was opened by one execution and closed by another. What a sale closed is
    searched for in the executions of the window and, if it was held before, in those of up to a year
    earlier. Today's positions tell what was held at any time: a quantity that no execution explains is the
    oldest there is, its cost is not known, and its sale is a row of its own (``kind`` is ``unmatched``). So
    is a quantity that went without a sale. Transfers, splits, and purchases older than `since` look like
    that.

    Parameters
    ----------
    client
        A connected `Client`. One read for each 90 days, one of the positions, one of the broker's analysis,
        one of the rates where currencies differ, one for each order whose fees are asked for.
    start, end
        The window, both included: ``"2026-11-01"``, ``"-30d"``, a date, ...; no end is now.
    base_currency
        The currency of the ``_base`` columns.
    method
        ``fifo``: a sale closes the oldest lot first; ``average``: at the average cost of all open lots.
    fees
        Whether to ask for fees, one request an order. By default for up to 15 orders.
    opening
        What was held before the first execution, by symbol, as (quantity, price) or (quantity, price, day of
        the purchase): gives unmatched sales their cost. Splits since that day, or since the first execution,
        happen to it.
    since
        How far to look back for purchases, instead of as far as needed within a year.
    rates
        What one unit of each currency is worth in the base currency: ``{"USD": 7.8}`` for all days, or a
        frame with a row a day and a column a currency. By default the rates that this account's snapshots
        kept on the day of closing, or in the week before, and where there are none those of today.

    Returns
    -------
    pandas.DataFrame
        =====================================  ========================================================
        kind                                   ``trip`` or ``unmatched``
        symbol, market, currency
        direction                              ``long``, or ``short`` where the sale came first
        quantity                               closed; of unmatched rows negative for what was sold or left
        opened_at, open_price                  of the purchase (the average for ``average``)
        closed_at, close_price                 of the sale
        cost, proceeds                         paid and received, before fees, x an option's multiplier
        realized_pl                            proceeds - cost
        realized_pl_pct                        of what opening it took, in percent
        fees                                   of both sides; NaN where not known
        net_pl                                 realized_pl - fees; NaN where fees are not known
        days                                   from opening to closing
        base_currency, rate, rate_date         the rate of exchange used, and of which day it is: the broker
                                               serves today's, and none of the past
        realized_pl_base, net_pl_base          at that rate
        method, open_order_id,                 how it was matched, and the orders of both sides; `remark`
        close_order_id, remark                 tells why a row is unmatched
        =====================================  ========================================================

        ``attrs["openapi"]`` holds the window, the definitions (``notes``), what could not be read
        (``missing``) and, for `by_symbol`, the broker's own numbers.

    Raises
    ------
    RequestRefused
        The window, the method, the currency or an opening quantity is none.

    Warns
    -----
    IncompleteWarning
        Something else could not be read: one line says what.
    """
    frame = worked_out(
        client, start, end, base_currency, method, fees=fees, opening=opening, since=since, rates=rates
    )
    warn(frame.attrs["openapi"]["missing"], _("Not everything is known"))
    return frame


def worked_out(
    client: ClientLike,
    start: Any,
    end: Any = None,
    base_currency: str = "HKD",
    method: str = "fifo",
    *,
    fees: bool | None = None,
    opening: Mapping[str, tuple[Any, ...]] | None = None,
    since: Any = None,
    rates: Any = None,
) -> pd.DataFrame:
    """Return what `pnl` does, without the warning; where nothing answers, an empty frame that says so."""
    reader, account = read_account(
        client, start, end, base_currency, method, fees=fees, opening=opening, since=since, rates=rates
    )
    for currency in sorted(account.without_rate()):
        reader.miss(
            _("no rate for {currency} into {base}").format(
                currency=currency or _("an unnamed currency"), base=account.base
            )
        )
    with exactly():
        frame = frame_of(rows_of(account), client.tz)
        analysis = read_analysis(reader, account.trades.start, account.trades.end) if account.ledgers else {}
        facts = facts_of(account, analysis, reader.asides, client.tz)
    return seal(describe(frame, **reader.facts("pnl"), **facts, missing=reader.missing))


def read_account(
    client: ClientLike,
    start: Any,
    end: Any,
    base_currency: str,
    method: str,
    *,
    fees: bool | None,
    opening: Mapping[str, tuple[Any, ...]] | None,
    since: Any = None,
    rates: Any = None,
    all_days: bool = False,
) -> tuple[AccountReader, Account]:
    """Read what `pnl` does, and fill the ledgers with it.

    `all_days` reads the rates of the days on which something was opened, too, not of the window alone.
    """
    base = currency_code(base_currency)
    method = choice("method", method, METHODS, _(" or "))
    fees = yes_or_no("fees", fees, or_none=True)
    given = openings(opening)
    past = past_rates(base, rates)
    reader = AccountReader(client)
    window(start, end, reader.source.tz)
    with exactly():
        account = Account(_trades(reader, start, end, since), base, method, given, past=past)
        refuse_later(given, account.trades)
        _read(reader, account, all_days=all_days)
        add_fees(reader, account, fees, _orders(account))
        if all_days:
            _complete(
                reader, account, {one.currency for one in account.charged.values()} - {""}, all_days=True
            )
    return reader, account


def _trades(reader: AccountReader, start: Any, end: Any, since: Any) -> Trades:
    try:
        return read_trades(reader, start, end, since)
    except RequestRefused:
        raise
    except OpenAPIError as failure:
        reader.miss(_("executions ({why})").format(why=brief(failure)))
        return Trades(0, 0, 0)


def _read(reader: AccountReader, account: Account, *, all_days: bool) -> None:
    """Read what the executions are worth, and how options ended; fill the ledgers."""
    trades = account.trades
    held = {holding.symbol: holding.currency for holding in trades.holdings}
    account.money = reader.instruments.of(reader.read, trades.symbols, held)
    for one in account.money.values():
        for said in one.assumptions:
            reader.miss(said)
    _complete(reader, account, {one.currency for one in account.money.values()}, all_days=all_days)
    account.play()
    account.read_expiries(reader)
    if account.expiries:
        account.play()


def _complete(reader: AccountReader, account: Account, currencies: set[str], *, all_days: bool) -> None:
    """Read the rates of today and of past days, once, where one of these currencies needs them."""
    if account.past is None or not currencies - {account.base} or account.past.on != date.min:
        return
    add_rates(reader, account, currencies)
    days = [account.trades.start]
    if all_days:
        days += [fill.at for fill in account.trades.fills[:1]]
        days += [one.at for one in account.given.values() if one.at is not None]
    complete(account.past, reader, account.rates, max(0, min(days)))


def add_rates(reader: AccountReader, account: Account, currencies: set[str]) -> None:
    """Read the rates of exchange where several currencies meet, once."""
    if currencies - {account.base} and not account.rates.pairs:
        account.rates = read_rates(reader)


def add_fees(
    reader: AccountReader,
    account: Account,
    wanted: bool | None,  # noqa: FBT001 (tells three states)
    orders: Sequence[str],
) -> None:
    """Ask for the fees of the orders that matter, and fill the ledgers again with them."""
    if wanted is False or not orders:
        return
    if wanted is None and len(orders) > MOST_FEES:
        reader.asides.append(
            _("Fees were not asked for: {count:,} orders take as many requests; fees=True asks.").format(
                count=len(orders)
            )
        )
        return
    charged = read_fees(reader, orders)
    if absent := len(orders) - len(charged):
        reader.miss(
            ngettext("fees of {count:,} order", "fees of {count:,} orders", absent).format(count=absent)
        )
    account.charged = charged
    account.fees = _in_own_currency(reader, account, charged)
    account.play()


def _in_own_currency(
    reader: AccountReader, account: Account, charged: Mapping[str, Charged]
) -> dict[str, tuple[Decimal, Decimal]]:
    """Return each order's fees in its security's currency; name those that no rate can convert."""
    symbols = {fill.order_id: fill.symbol for fill in account.trades.fills}
    fees: dict[str, tuple[Decimal, Decimal]] = {}
    converted: set[str] = set()
    for order_id, one in charged.items():
        instrument = account.money.get(symbols.get(order_id, ""))
        own = instrument.currency if instrument is not None else ""
        if one.currency in {"", own} or not one.fee:
            fees[order_id] = (one.fee, one.filled)
            continue
        add_rates(reader, account, {own, one.currency})
        fee = product(one.fee, account.rates.rate(one.currency, own))
        if fee is None:
            reader.miss(
                _("fees of order {order_id}: {fee} {currency}, and no rate into {own}").format(
                    order_id=order_id, fee=plain(one.fee), currency=one.currency, own=own
                )
            )
        else:
            fees[order_id] = (fee, one.filled)
            converted.add(_("{one} into {other}").format(one=one.currency, other=own))
    if converted:
        reader.asides.append(
            _("Fees were converted at the rates of exchange of {day}: {converted}.").format(
                day=datetime.now(zone(reader.source.tz)).date(), converted=commas(sorted(converted))
            )
        )
    return fees


def _orders(account: Account) -> list[str]:
    """Return the orders whose fees are in the window's trips; at average cost all that built the pool."""
    wanted: dict[str, None] = {}
    for symbol, ledger in account.ledgers.items():
        trips = [one for one in account.done(symbol) if isinstance(one, Trip)]
        if not trips:
            continue
        for trip in trips:
            wanted |= dict.fromkeys((trip.open_order_id, trip.close_order_id))
        if ledger.average:
            last = max(trip.closed_at for trip in trips)
            wanted |= dict.fromkeys(fill.order_id for fill in account.trades.of(symbol) if fill.at <= last)
    return [order for order in wanted if order]
