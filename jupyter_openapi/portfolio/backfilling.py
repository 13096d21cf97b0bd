"""Snapshots of days that went by: worked out backwards from what is held now, exactly, or not written."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused, TransportError, guarded
from jupyter_openapi.market.money import ZERO, exactly, known_text, plain
from jupyter_openapi.market.replies import figure, seconds
from jupyter_openapi.market.symbols import is_option, market_of
from jupyter_openapi.messages import _, ngettext
from jupyter_openapi.portfolio import snapshot_store as store
from jupyter_openapi.portfolio.arguments import day, refuse_future
from jupyter_openapi.portfolio.daily_returns import WEEKEND
from jupyter_openapi.portfolio.executions import history_rows
from jupyter_openapi.portfolio.parquet import arrow
from jupyter_openapi.portfolio.positions import FUND, AccountReader, names, owner_of, warn
from jupyter_openapi.portfolio.prices import Benchmark, read_benchmark, read_rates
from jupyter_openapi.portfolio.snapshot_store import SnapshotRow, read_together
from jupyter_openapi.portfolio.trades import MOST_SYMBOLS, Trades, read_splits, read_trades
from jupyter_openapi.spec.dates import zone

if TYPE_CHECKING:
    from jupyter_openapi.account import ClientLike
    from jupyter_openapi.market.worth import Instrument
    from jupyter_openapi.portfolio.lot_ledger import Split
    from jupyter_openapi.portfolio.positions import Holding

EVENING = time(23)
"""When in the client's time zone a day is valued."""
CONTRACT = re.compile(r"(Buy|Sell)Contract", re.IGNORECASE)
"""Cash for executions. Source: the broker's example of ``cash_flow`` (``BuyContract-Stocks``)."""


@dataclass(frozen=True)
class Backfill:
    """Days that were written by `backfill`.

    Attributes
    ----------
    days
        The days, oldest first.
    missing
        What is not known of them.
    """

    days: tuple[date, ...]
    missing: tuple[str, ...] = field(default=())

    def __repr__(self) -> str:
        if not self.days:
            return _("<Backfill: every day was there already>")
        count = len(self.days)
        span = ngettext("{count:,} day", "{count:,} days", count).format(count=count)
        gaps = _("; not known: {missing}").format(missing=_("; ").join(self.missing)) if self.missing else ""
        return f"<Backfill: {span}, {self.days[0]} to {self.days[-1]}{gaps}>"


@dataclass
class _Past:
    """All that the days are worked out from: what is there now, and what changed since."""

    trades: Trades
    cash: Mapping[str, Decimal]
    rates: Sequence[SnapshotRow]
    flows: Sequence[SnapshotRow]
    """Every movement of cash, oldest first; those for executions at the moment of the execution."""
    money: Mapping[str, Instrument] = field(default_factory=dict)
    closes: dict[str, Benchmark] = field(default_factory=dict)
    of: dict[str, Trades] = field(default_factory=dict)
    funds: Sequence[Holding] = ()

    def quantity(self, symbol: str, moment: datetime) -> Decimal | None:
        """Return what was held after all that happened up to a moment; None where that is not known."""
        if not is_option(symbol) and self.trades.splits.get(symbol) is None:
            return None
        found = self.of[symbol].quantity(symbol, int(moment.timestamp()) + 1)
        # Sold short, or bought by nothing that is known: which of them it was is not known.
        return None if found is not None and found < 0 else found

    def price(self, symbol: str, moment: datetime) -> Decimal | None:
        """Return the last close before a moment, a share of that moment: after the splits since the close."""
        closes = self.closes.get(symbol)
        last = None if closes is None else closes.at(moment)
        if closes is None or last is None:
            return None
        closed = closes.moments[bisect_right(closes.moments, moment) - 1].timestamp()
        splits: Sequence[Split] = self.trades.splits.get(symbol) or ()
        for split in splits:
            if closed < split.at <= moment.timestamp():
                last = split.backward(last)
        return last

    def cash_at(self, moment: datetime) -> dict[str, Decimal]:
        """Return the cash of every currency at a moment: what is there now, less what came since."""
        found = dict(self.cash)
        for one in reversed(self.flows):
            if one.at is None or one.at <= moment:
                break
            currency = one.currency or ""
            found[currency] = found.get(currency, ZERO) - (one.amount or ZERO)
        return found


@guarded
def backfill(client: ClientLike, start: Any, folder: str | Path | None = None) -> Backfill:
    """Write a snapshot of each past weekday, worked out from executions, cash flow, splits and closes.

    What is held now is taken back through all executions and splits, and the cash through all its movements,
    to 23:00 of each weekday in the client's time zone; shares are valued at their last close before that. The
    days are marked as reconstructed, end before the first snapshot that is there already, and are otherwise
    like other snapshots. A second call writes nothing twice.

    It is exact but for three things: rates of exchange are today's, for the broker serves none of the past
    (`returns` says so); shares that were transferred count as if they had been there all along; options and
    funds have no closes, so a day on which one was held has no value.

    Parameters
    ----------
    client
        A connected `Client`. One read for each 90 days of executions and of orders, some for the cash flow,
        and two for each security that was held.
    start
        The first day, as a person writes it: ``"2026-01-05"``, ``"-365d"``.
    folder
        Where the snapshots are kept; by default in this package's data folder.

    Returns
    -------
    Backfill
        The days that were written.

    Raises
    ------
    RequestRefused
        The start is no day; pyarrow is not installed; or the cash that was booked for executions is not what
        these come to, so that no day would be exact: nothing is written then.
    ApiError, TransportError
        Positions, cash, executions or the cash flow can't be read: nothing is written.

    Warns
    -----
    IncompleteWarning
        A security's splits or closes are not known: days that it was held have no value.
    """
    arrow()
    reader = AccountReader(client)
    tz = zone(client.tz)
    first = day("start", start, tz)
    refuse_future(int(datetime.combine(first, time(), tz).timestamp()), tz)
    owner = owner_of(client)
    there = _first(folder, owner)
    moments = _moments(first, there or datetime.now(UTC), tz)
    if not moments:
        return Backfill(())
    with exactly():
        past = _read(reader, moments[0])
        _add_prices(reader, past, moments)
        written = _write(past, folder, client, moments)
        if written and there is not None:
            # It carries the cash that moved until then, which the first snapshot of a store does not have.
            last = there.replace(microsecond=0) - timedelta(seconds=1)
            _keep(past, folder, client, last, _lines(past, last, written[-1]))
            written.append(last)
    warn(reader.missing, "Not everything is known")
    return Backfill(tuple(at.astimezone(tz).date() for at in written), tuple(reader.missing))


def _first(folder: str | Path | None, owner: str) -> datetime | None:
    """Return when the first snapshot that is there was taken; None where there is none."""
    there = store.files(folder, owner)[:1]
    if not there:
        return None
    at: datetime = store.read(there).column("taken_at")[0].as_py()
    return at


def _moments(first: date, end: datetime, tz: Any) -> list[datetime]:
    """Return when the weekdays before a moment are valued."""
    found = []
    day = first
    while (at := datetime.combine(day, EVENING, tz).astimezone(UTC)) < end - timedelta(seconds=1):
        if day.weekday() < WEEKEND:
            found.append(at)
        day += timedelta(days=1)
    return found


def _read(reader: AccountReader, first: datetime) -> _Past:
    """Read what is there now and what changed since a moment.

    Raises
    ------
    OpenAPIError
        Some of it can't be read.
    RequestRefused
        Executions and cash flow contradict each other.
    """
    holdings, balance, taken_at = read_together(reader)
    since = first.replace(microsecond=0)
    trades = read_trades(reader, since, None, since)
    flows = _flows(reader, since, taken_at)
    if reader.missing:
        raise TransportError(
            _("Nothing was written, for {missing} is not known.").format(missing=_("; ").join(reader.missing))
        )
    if _quantities(holdings) != {symbol: held for symbol, held in (trades.held or {}).items() if held}:
        raise TransportError(_("Trades went on while the account was read: try again."))
    trades.fills = [fill for fill in trades.fills if fill.at <= taken_at.timestamp()]
    symbols = list(dict.fromkeys([*(fill.symbol for fill in trades.fills), *(trades.held or {})]))
    currencies = {one.symbol: one.currency for one in holdings}
    money = reader.instruments.of(reader.read, symbols, currencies)
    cash = {part.currency: part.amount for part in balance.cash}
    rates = [
        SnapshotRow("rate", currency=pair[0], into=pair[1], amount=rate)
        for pair, rate in read_rates(reader).pairs.items()
    ]
    past = _Past(trades, cash, rates, _at_their_executions(trades, money, flows), money)
    past.funds = [one for one in holdings if one.fund and one.quantity]
    if past.funds:
        reader.miss(
            _("past values of funds ({names})").format(names=names([one.symbol for one in past.funds]))
        )
    past.of = {symbol: replace(trades, fills=trades.of(symbol)) for symbol in symbols}
    return past


def _quantities(holdings: Sequence[Holding]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for one in holdings:
        if not one.fund:
            found[one.symbol] = found.get(one.symbol, ZERO) + (one.quantity or ZERO)
    return {symbol: quantity for symbol, quantity in found.items() if quantity}


def _flows(reader: AccountReader, since: datetime, until: datetime) -> list[SnapshotRow]:
    rows = history_rows(reader, "cash_flow", start_time=since, end_time=until.replace(microsecond=0))
    found = []
    for row in rows:
        stamp, moved = seconds(row.get("business_time")), figure(row.get("balance"))
        if not stamp or moved is None:
            reader.miss(_("the time or amount of a movement of cash"))
            continue
        found.append(
            SnapshotRow(
                "flow",
                symbol=known_text(row.get("symbol")) or None,
                name=known_text(row.get("transaction_flow_name")),
                currency=known_text(row.get("currency")).upper(),
                amount=moved,
                at=datetime.fromtimestamp(int(stamp), UTC),
            )
        )
    return found


def _at_their_executions(
    trades: Trades, money: Mapping[str, Instrument], flows: Sequence[SnapshotRow]
) -> list[SnapshotRow]:
    """Return the movements of cash with what executions cost at their moment, where both agree in all."""
    booked: dict[str, Decimal] = {}
    for one in flows:
        if CONTRACT.match(one.name or ""):
            booked[one.currency or ""] = booked.get(one.currency or "", ZERO) + (one.amount or ZERO)
    made, worked_out = [], dict.fromkeys(booked, ZERO)
    for fill in trades.fills:
        known = money[fill.symbol]
        if not fill.sign or known.multiplier is None:
            raise RequestRefused(
                _("Nothing was written: what the execution of {symbol} cost is not known.").format(
                    symbol=fill.symbol
                )
            )
        paid = -fill.signed * fill.price * known.multiplier
        worked_out[known.currency] = worked_out.get(known.currency, ZERO) + paid
        at = datetime.fromtimestamp(fill.at, UTC)
        made.append(SnapshotRow("flow", symbol=fill.symbol, currency=known.currency, amount=paid, at=at))
    for currency, whole in worked_out.items():
        if booked.get(currency, ZERO) != whole:
            raise RequestRefused(
                _(
                    "Nothing was written: {booked} {currency} were booked for executions since the start, "
                    "and they come to {whole}. Choose another start."
                ).format(booked=plain(booked.get(currency, ZERO)), currency=currency, whole=plain(whole))
            )
    others = [one for one in flows if not CONTRACT.match(one.name or "")]
    return sorted([*others, *made], key=lambda one: one.at or datetime.min.replace(tzinfo=UTC))


def _add_prices(reader: AccountReader, past: _Past, moments: Sequence[datetime]) -> None:
    """Read splits and closes of all that was held; say of what they are not known."""
    shares = [symbol for symbol in past.of if not is_option(symbol)]
    past.trades.splits = {}
    for place in range(0, len(shares), MOST_SYMBOLS):
        past.trades.splits |= read_splits(reader, shares[place : place + MOST_SYMBOLS])
    for symbol, mine in past.of.items():
        mine.splits = {symbol: past.trades.splits.get(symbol)}
    unknown = [symbol for symbol in shares if past.trades.splits.get(symbol) is None]
    if unknown:
        reader.miss(_("the splits of {names}").format(names=names(unknown)))
    if options := [symbol for symbol in past.of if is_option(symbol)]:
        reader.miss(_("past closes of options ({names})").format(names=names(options)))
    past.closes = {}
    for symbol in shares:
        held = [] if symbol in unknown else [at for at in moments if past.quantity(symbol, at)]
        if held:  # a close is asked for the days it was held only
            first, last = held[0].date() - timedelta(days=1), held[-1].date() + timedelta(days=1)
            past.closes[symbol] = read_benchmark(reader, symbol, first, last, adjust="none")


def _write(
    past: _Past, folder: str | Path | None, client: ClientLike, moments: Sequence[datetime]
) -> list[datetime]:
    """Write the days from the first on which there was anything."""
    written: list[datetime] = []
    for at in moments:
        lines = _lines(past, at, written[-1] if written else None)
        if written or any(one.amount or one.kind == "holding" for one in lines):
            _keep(past, folder, client, at, lines)
            written.append(at)
    return written


def _keep(
    past: _Past, folder: str | Path | None, client: ClientLike, at: datetime, lines: Sequence[SnapshotRow]
) -> None:
    head = SnapshotRow("account", name=client.account.mode)
    store.write(folder, owner_of(client), at, [head, SnapshotRow(store.RECONSTRUCTED), *lines, *past.rates])


def _lines(past: _Past, at: datetime, before: datetime | None) -> list[SnapshotRow]:
    """Return the rows of one day: holdings with their closes, cash, and what moved since the day before."""
    lines = []
    for symbol in past.of:
        quantity = past.quantity(symbol, at)
        if quantity == ZERO:
            continue
        known = past.money[symbol]
        lines += [
            SnapshotRow(
                "holding",
                symbol=symbol,
                market=market_of(symbol),
                currency=known.currency,
                quantity=quantity,
            ),
            SnapshotRow(
                "quote", symbol=symbol, last_done=past.price(symbol, at), multiplier=known.multiplier
            ),
        ]
    lines += [
        SnapshotRow("holding", symbol=one.symbol, market=FUND, currency=one.currency, quantity=one.quantity)
        for one in past.funds
    ]
    lines += [
        SnapshotRow("cash", currency=currency, amount=money) for currency, money in past.cash_at(at).items()
    ]
    if before is not None:
        lines += [
            replace(one, symbol=None)
            for one in past.flows
            if not one.symbol and one.at is not None and before < one.at <= at
        ]
    return lines
