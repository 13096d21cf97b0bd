"""Realized profit and loss: round trips from executions, and what can't be matched beside them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import OpenAPIError, RequestRefused, guarded
from jupyter_openapi.frames import describe
from jupyter_openapi.market.money import ZERO, amount, exactly
from jupyter_openapi.messages import _, ngettext
from jupyter_openapi.portfolio.executions import Trades, read_fees, read_trades
from jupyter_openapi.portfolio.lot_ledger import (
    METHODS,
    LotLedger,
    Opening,
    Trip,
    fees_by_trade,
    play,
)
from jupyter_openapi.portfolio.pnl_frame import Account, read_analysis, read_money
from jupyter_openapi.portfolio.positions import Reader, brief, warn
from jupyter_openapi.portfolio.prices import Rates, currency_code, read_rates

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
    opening: Mapping[str, tuple[Any, Any]] | None = None,
    since: Any = None,
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
        What was held before the first execution, by symbol, as (quantity, price): gives unmatched sales their
        cost.
    since
        How far to look back for purchases, instead of as far as needed within a year.

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
        base_currency, realized_pl_base,       at today's rates, not those of the day
        net_pl_base
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
    frame = worked_out(client, start, end, base_currency, method, fees=fees, opening=opening, since=since)
    warn(frame.attrs["openapi"]["missing"], "Not everything is known")
    return frame


def worked_out(
    client: ClientLike,
    start: Any,
    end: Any = None,
    base_currency: str = "HKD",
    method: str = "fifo",
    *,
    fees: bool | None = None,
    opening: Mapping[str, tuple[Any, Any]] | None = None,
    since: Any = None,
) -> pd.DataFrame:
    """Return what `pnl` does, without the warning; where nothing answers, an empty frame that says so."""
    from jupyter_openapi.portfolio.pnl_frame import facts_of, frame_of

    base = currency_code(base_currency)
    if method not in METHODS:
        raise RequestRefused(
            _("method is {methods}, not {method!r}.").format(methods=" or ".join(METHODS), method=method)
        )
    given = _openings(opening)
    reader = Reader(client)
    with exactly():
        trades = _trades(reader, start, end, since)
        account = _account(reader, trades, base, method, given)
        _add_fees(reader, account, method, given, fees)
        frame = frame_of(account, base, method, client.tz)
        facts = facts_of(account, base, method, reader.asides)
    return describe(frame, **reader.facts("pnl"), **facts, missing=reader.missing)


def _trades(reader: Reader, start: Any, end: Any, since: Any) -> Trades:
    try:
        return read_trades(reader, start, end, since)
    except RequestRefused:
        raise
    except OpenAPIError as failure:
        reader.miss(f"executions ({brief(failure)})")
        return Trades(0, 0, 0)


def _account(reader: Reader, trades: Trades, base: str, method: str, given: Mapping[str, Opening]) -> Account:
    money = read_money(reader, trades)
    currencies = {one.currency for one in money.values()}
    rates = read_rates(reader) if currencies - {base} else Rates()
    for currency in sorted(currencies):
        if rates.rate(currency, base) is None:
            reader.miss(
                _("no rate for {currency} into {base}").format(
                    currency=currency or "an unnamed currency", base=base
                )
            )
    books = {symbol: _book(trades, symbol, method, given) for symbol in trades.symbols}
    analysis = read_analysis(reader, trades.start, trades.end) if books else {}
    return Account(trades, books, money, rates, analysis)


def _book(
    trades: Trades,
    symbol: str,
    method: str,
    given: Mapping[str, Opening],
    fees: Mapping[str, Decimal] | None = None,
) -> LotLedger:
    return play(trades.of(symbol), opening_of(trades, symbol, given), method, fees)


def opening_of(trades: Trades, symbol: str, given: Mapping[str, Opening]) -> Opening:
    """Return what of a symbol was there before the first execution; what went without a sale is no lot."""
    if symbol in given:
        return given[symbol]
    quantity = trades.quantity(symbol, 0)
    return Opening(quantity if quantity is None else max(quantity, ZERO))


def _openings(opening: Mapping[str, tuple[Any, Any]] | None) -> dict[str, Opening]:
    given = {}
    for symbol, pair in (opening or {}).items():
        try:
            quantity, price = (amount(part) for part in pair)
        except (TypeError, ValueError):
            quantity = price = None
        if quantity is None or price is None:
            raise RequestRefused(
                _(
                    "opening holds (quantity, price) for each symbol, such as {{'700.HK': (500, 480.6)}}; "
                    "not {pair!r} for {symbol}."
                ).format(pair=pair, symbol=symbol)
            )
        given[symbol] = Opening(quantity, price)
    return given


def _add_fees(
    reader: Reader,
    account: Account,
    method: str,
    given: Mapping[str, Opening],
    wanted: bool | None,  # noqa: FBT001 (tells three states)
) -> None:
    """Ask for the fees of the orders that matter, and play the books again with them."""
    orders = _orders(account)
    if wanted is False or not orders:
        return
    if wanted is None and len(orders) > MOST_FEES:
        reader.asides.append(
            _("Fees were not asked for: {count:,} orders take as many requests; fees=True asks.").format(
                count=len(orders)
            )
        )
        return
    account.fees = read_fees(reader, orders)
    if absent := len(orders) - len(account.fees):
        reader.miss(
            ngettext("fees of {count:,} order", "fees of {count:,} orders", absent).format(count=absent)
        )
    spread = fees_by_trade(account.trades.fills, account.fees)
    for symbol in account.books:
        account.books[symbol] = _book(account.trades, symbol, method, given, spread)


def _orders(account: Account) -> list[str]:
    """Return the orders whose fees are in the window's trips; at average cost all that built the pool."""
    wanted: dict[str, None] = {}
    for symbol, book in account.books.items():
        trips = [one for one in account.done(symbol) if isinstance(one, Trip)]
        if not trips:
            continue
        for trip in trips:
            wanted |= dict.fromkeys((trip.open_order_id, trip.close_order_id))
        if book.average:
            last = max(trip.closed_at for trip in trips)
            wanted |= dict.fromkeys(fill.order_id for fill in account.trades.of(symbol) if fill.at <= last)
    return [order for order in wanted if order]
