"""Round trips and open lots of executions on disk or in a frame, in one pass: only open lots are in memory.

A pass goes through an archive month by month, a batch of rows at a time, and keeps a ledger of what is open
for each account and security. What it needs grows with the open lots, not with the history.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused, guarded
from jupyter_openapi.frames.values import text_column
from jupyter_openapi.market.money import ZERO, amount, exactly, floats, from_float, minus, product, ratio
from jupyter_openapi.market.symbols import mended, parse
from jupyter_openapi.market.worth import assumed
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio.archive_files import (
    Booked,
    Month,
    accounts_of,
    batches,
    booked,
    columns_of,
    in_order,
)
from jupyter_openapi.portfolio.archive_money import DayRates, FeeTable
from jupyter_openapi.portfolio.arguments import choice, frame_with, mapping, told
from jupyter_openapi.portfolio.lot_ledger import METHODS, Lot, LotLedger, Opening, Split, Trip, Unmatched
from jupyter_openapi.portfolio.pnl_frame import instants
from jupyter_openapi.portfolio.prices import market_zone
from jupyter_openapi.spec.dates import to_day

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.market.worth import Instrument

BATCH = 5_000
"""Rows that are in memory at a time."""
TEXTS = (
    "account", "symbol", "currency", "kind", "direction", "base_currency", "open_order_id", "close_order_id",
    "remark",
)  # fmt: skip
TIMES = ("opened_at", "closed_at")
TRIPS = (
    "account",
    "symbol",
    "currency",
    "kind",
    "direction",
    "quantity",
    "opened_at",
    "closed_at",
    "cost",
    "proceeds",
    "realized_pl",
    "fees",
    "net_pl",
    "base_currency",
    "realized_pl_base",
    "net_pl_base",
    "open_order_id",
    "close_order_id",
    "remark",
)
LOTS = (
    "account", "symbol", "currency", "opened_at", "quantity", "cost", "fees", "base_currency", "cost_base",
    "open_order_id",
)  # fmt: skip
SUMS = ("cost", "realized_pl", "fees", "net_pl", "realized_pl_base", "net_pl_base")
Key = tuple[str, str]
Splits = Mapping[str, Iterable[tuple[Any, Any, Any]]]
Cells = dict[str, Any]


@dataclass
class _Books:
    """The ledgers of every account and security; `take` books fills, oldest first."""

    method: str
    splits: Mapping[str, Sequence[Split]]
    fees: FeeTable
    rates: DayRates
    ledgers: dict[Key, LotLedger] = field(default_factory=dict)
    due: dict[Key, list[Split]] = field(default_factory=dict)
    known: dict[str, Instrument] = field(default_factory=dict)

    def take(self, fills: Iterable[Booked]) -> list[Cells]:
        """Book fills and return a row for each round trip, and each quantity that could not be matched."""
        rows: list[Cells] = []
        with exactly():
            for one in fills:
                fill = one.fill
                key = one.account, fill.symbol
                ledger = self.ledgers.get(key)
                if ledger is None:
                    # What was held before is not known: a sale of more than was bought is no short sale.
                    ledger = self.ledgers[key] = LotLedger(Opening(None), self.method)
                    self.due[key] = list(self.splits.get(fill.symbol, ()))
                self._split(key, fill.at)
                ledger.take(fill, self.fees.fee(one, self._instrument(fill.symbol)))
                if ledger.done:
                    rows += [self._closed(key, done) for done in ledger.done]
                    ledger.done.clear()
        return rows

    def lots(self) -> list[Cells]:
        """Return a row for each open lot, after all splits until now."""
        rows = []
        now = int(datetime.now(UTC).timestamp())
        with exactly():
            for key, ledger in self.ledgers.items():
                self._split(key, now)
                rows += [self._open(key, lot) for lot in ledger.lots]
        return rows

    def _split(self, key: Key, until: int) -> None:
        """Apply the splits up to a moment."""
        due = self.due[key]
        while due and due[0].at <= until:
            self.ledgers[key].split(due.pop(0))

    def _instrument(self, symbol: str) -> Instrument:
        if symbol not in self.known:
            self.known[symbol] = assumed(symbol)
        return self.known[symbol]

    def _closed(self, key: Key, one: Trip | Unmatched) -> Cells:
        known = self._instrument(key[1])
        row: Cells = {"account": key[0], "symbol": key[1], "currency": known.currency, "fees": one.fee}
        row["base_currency"] = self.rates.base
        if isinstance(one, Unmatched):
            return row | {
                "kind": "unmatched",
                "quantity": one.quantity,
                "closed_at": one.at,
                "close_order_id": one.order_id,
                "remark": one.why,
            }
        cost, proceeds = product(one.cost, known.multiplier), product(one.proceeds, known.multiplier)
        realized = minus(proceeds, cost)
        net = minus(realized, one.fee)
        rate = self.rates.rate(known.currency, one.closed_at, key[1])
        return row | {
            "kind": "trip",
            "direction": one.direction,
            "quantity": one.quantity,
            "opened_at": one.opened_at,
            "closed_at": one.closed_at,
            "cost": cost,
            "proceeds": proceeds,
            "realized_pl": realized,
            "net_pl": net,
            "realized_pl_base": product(realized, rate),
            "net_pl_base": product(net, rate),
            "open_order_id": one.open_order_id,
            "close_order_id": one.close_order_id,
            "remark": one.why,
        }

    def _open(self, key: Key, lot: Lot) -> Cells:
        known = self._instrument(key[1])
        cost = product(lot.cost, known.multiplier)
        return {
            "account": key[0],
            "symbol": key[1],
            "currency": known.currency,
            "opened_at": lot.at,
            "quantity": lot.quantity,
            "cost": cost,
            "fees": lot.fee,
            "base_currency": self.rates.base,
            "cost_base": product(cost, self.rates.rate(known.currency, lot.at, key[1])),
            "open_order_id": lot.order_id,
        }


def _books(
    method: str, splits: Splits | None, fees: Mapping[str, object] | None, base: str | None, rates: Any
) -> _Books:
    method = choice("method", method, METHODS, _(" or "))
    stated = mapping("splits", splits, "{'NVDA.US': [('2024-06-10', 10, 1)]}")
    own = mapping("fees", fees, "{'US': {'per_share': '0.005'}}")
    known: dict[str, list[Split]] = {}
    for name, rows in stated.items():
        symbol = mended(name) if isinstance(name, str) else told(name)
        try:
            parse(symbol)
        except RequestRefused as refused:
            raise RequestRefused(_("splits are by symbol: {reason}").format(reason=refused)) from None
        known[symbol] = sorted([*known.get(symbol, ()), *_stated(symbol, rows)], key=lambda split: split.at)
    return _Books(method, known, FeeTable.of(own), DayRates(base, rates))


def _stated(symbol: str, rows: Iterable[tuple[Any, Any, Any]]) -> list[Split]:
    """Return the splits that a user states."""
    tz = market_zone(symbol)
    found = []
    for row in rows if isinstance(rows, (list, tuple)) else [rows]:
        try:
            day, new, old = row
            ratio = [number for number in (amount(new), amount(old)) if number is not None and number > 0]
            at = int(datetime.combine(to_day(day, tz), time(), tz).timestamp())
        except (TypeError, ValueError):
            ratio = []
        if len(ratio) < 2:
            raise RequestRefused(
                _(
                    "splits holds (day, new, old) of each, such as {{'NVDA.US': [('2024-06-10', 10, 1)]}}; "
                    "not {row} for {symbol}."
                ).format(row=told(row), symbol=told(symbol))
            )
        found.append(Split(at, ratio[0], ratio[1]))
    return found


@guarded
def trips_of(
    executions: pd.DataFrame,
    method: str = "fifo",
    splits: Splits | None = None,
    *,
    fees: Mapping[str, object] | None = None,
    base_currency: str | None = None,
    rates: Mapping[str, Any] | pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the round trips of a frame of executions, of one account or several.

    Nothing is asked of the broker. It fits the partitions of a Dask frame, each with whole accounts::

        none = pd.DataFrame(columns=frame.columns)
        frame.shuffle("account").map_partitions(portfolio.trips_of, meta=portfolio.trips_of(none))

    Parameters
    ----------
    executions
        ``trade_id``, ``order_id``, ``symbol``, ``side``, ``quantity``, ``price``, ``trade_done_at``, and
        ``account`` where there are several accounts; in any order.
    method
        ``fifo`` or ``average``.
    splits
        Symbol to splits as (day, new, old): an archive of executions does not hold them.
    fees
        The broker's own fees by market, as ``client.fees`` has them: ``{"HK": 15, "US": {"per_share":
        "0.005"}}``, 0 for none. The duties, levies and exchange fees of the day are added from this package's
        table, an order of one day as a whole. Where the executions have a column ``fees`` (or ``fee``), what
        it says of an execution counts. Without either they are not known.
    base_currency, rates
        A currency that profits are stated in as well, and what one unit of the others is worth in it: for all
        days, ``{"USD": 7.8}``, or a frame by day, ``portfolio.archived_rates(client)``. The rate is of the
        day of the closing, or the last one of the week before; without one it is not known.

    Returns
    -------
    pandas.DataFrame
        One row a round trip or unmatched quantity, oldest first: ``account``, ``symbol``, ``currency``,
        ``kind``, ``direction``, ``quantity``, ``opened_at``, ``closed_at`` (UTC), ``cost``, ``proceeds``,
        ``realized_pl`` (before fees), ``fees``, ``net_pl`` (after them), ``base_currency``,
        ``realized_pl_base``, ``net_pl_base``, ``open_order_id``, ``close_order_id``, ``remark``; NaN where
        not known. A sale of more than was bought is unmatched, for what was held before is not known.

    Raises
    ------
    RequestRefused
        A column is missing, or the method, a split, a fee or a rate is none.
    """
    books = _books(method, splits, fees, base_currency, rates)
    return _frame(books.take(in_order(booked(columns_of(executions)))), TRIPS)


@guarded
def lots_of(
    executions: pd.DataFrame,
    method: str = "fifo",
    splits: Splits | None = None,
    *,
    fees: Mapping[str, object] | None = None,
    base_currency: str | None = None,
    rates: Mapping[str, Any] | pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return what a frame of executions leaves open: one row a lot.

    Parameters, errors and use with Dask are those of `trips_of`.

    Returns
    -------
    pandas.DataFrame
        ``account``, ``symbol``, ``currency``, ``opened_at`` (UTC), ``quantity``, ``cost`` (before fees),
        ``fees`` (what opening it cost), ``base_currency``, ``cost_base`` (at the rate of the day it was
        opened), ``open_order_id``; by account and security, oldest first.
    """
    books = _books(method, splits, fees, base_currency, rates)
    books.take(in_order(booked(columns_of(executions))))
    return _lots_frame(books)


@guarded
def archived_trips(
    path: str | Path,
    method: str = "fifo",
    splits: Splits | None = None,
    *,
    account: str | None = None,
    fees: Mapping[str, object] | None = None,
    base_currency: str | None = None,
    rates: Mapping[str, Any] | pd.DataFrame | None = None,
) -> Iterator[pd.DataFrame]:
    """Yield the round trips of an archive of executions as frames of `trips_of`, one after the other.

    It reads a batch of rows at a time, so that the largest archive takes little memory: use each frame, or
    put its sums together, before the next. Concatenated they are what `trips_of` gives, by account.

    Parameters
    ----------
    path
        An archive of executions: ``portfolio.archive(client, "history_executions").path``, a folder or a URL
        that fsspec understands (``s3://...``, with the package that it needs); from a URL a month is read at
        a time.
    method, splits, fees, base_currency, rates
        As `trips_of`.
    account
        One account's name in the archive (``archive.account``); by default all, one after the other.

    Raises
    ------
    RequestRefused
        It is no archive of executions, a side is not known, or the method, a split, a fee or a rate is none.
    """
    books = _books(method, splits, fees, base_currency, rates)
    return _walk(books, accounts_of(path, account))


@guarded
def archived_lots(
    path: str | Path,
    method: str = "fifo",
    splits: Splits | None = None,
    *,
    account: str | None = None,
    fees: Mapping[str, object] | None = None,
    base_currency: str | None = None,
    rates: Mapping[str, Any] | pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the open lots of an archive of executions, as `lots_of`, in little memory.

    Parameters and errors are those of `archived_trips`.
    """
    books = _books(method, splits, fees, base_currency, rates)
    for owner, months in accounts_of(path, account).items():
        for batch in batches(owner, months, BATCH):
            books.take(batch)
    return _lots_frame(books)


@guarded
def closed_by_day(trips: pd.DataFrame | Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return what the round trips closed on each day brought, by account and currency.

    It is the return of what was closed, on what it had cost; the return of an account is `returns`, which
    needs what it was worth.

    Parameters
    ----------
    trips
        A frame of `trips_of`, or several one after the other: ``archived_trips(path)``, which then are not
        all in memory at once.

    Returns
    -------
    pandas.DataFrame
        ``account``, ``currency``, ``date`` (of the market), ``trips``, ``cost``, ``realized_pl``, ``fees``,
        ``net_pl``, ``return_pct`` (of the cost, before fees), ``base_currency``, ``realized_pl_base``,
        ``net_pl_base``; unmatched quantities are not in it, and a sum with a part that is not known is NaN.
        Sums are exact, so that they are the same however the frames were cut.
    """
    import pandas as pd

    said = _("trips is a frame that portfolio.trips_of(...) gave, or several.")
    if isinstance(trips, (str, Mapping)) or not isinstance(trips, Iterable):
        raise RequestRefused(said)
    sums: dict[tuple[str, str, Any], _Day] = {}
    with exactly():
        for frame in [trips] if isinstance(trips, pd.DataFrame) else trips:
            mine = frame_with(frame, TRIPS, said)
            mine = mine[mine["kind"] == "trip"]
            for symbol, part in mine.groupby("symbol", sort=False):
                days = part["closed_at"].dt.tz_convert(market_zone(str(symbol))).dt.date
                whose = zip(part["account"], part["currency"], days, strict=True)
                values = zip(*(part[name].tolist() for name in SUMS), strict=True)
                for key, base, row in zip(whose, part["base_currency"], values, strict=True):
                    sums.setdefault(key, _Day(base)).add(row)
        keys = sorted(sums)
        found = [sums[key] for key in keys]
        made = {name: floats([one.sums[place] for one in found]) for place, name in enumerate(SUMS)}
        return pd.DataFrame(
            {
                "account": text_column([key[0] for key in keys]),
                "currency": text_column([key[1] for key in keys]),
                "date": pd.to_datetime([key[2] for key in keys]).as_unit("ns"),
                "trips": pd.array([one.trips for one in found], dtype="int64"),
                **{name: made[name] for name in SUMS[:4]},
                "return_pct": floats([ratio(one.sums[1], one.sums[0]) for one in found]),
                "base_currency": text_column([one.base for one in found]),
                **{name: made[name] for name in SUMS[4:]},
            }
        )


@dataclass(slots=True)
class _Day:
    """What the round trips of one day come to; None where a part is not known."""

    base: str
    trips: int = 0
    sums: list[Decimal | None] = field(default_factory=lambda: [ZERO] * len(SUMS))

    def add(self, row: Sequence[float]) -> None:
        """Add one round trip."""
        self.trips += 1
        for place, value in enumerate(row):
            known, before = from_float(value), self.sums[place]
            self.sums[place] = None if known is None or before is None else before + known


def _walk(books: _Books, accounts: Mapping[str, Sequence[Month]]) -> Iterator[pd.DataFrame]:
    for owner, months in accounts.items():
        for batch in batches(owner, months, BATCH):
            rows = books.take(batch)
            if rows:
                yield _frame(rows, TRIPS)


def _lots_frame(books: _Books) -> pd.DataFrame:
    rows = books.lots()
    rows.sort(key=lambda row: (row["account"], row["symbol"]))
    return _frame(rows, LOTS)


def _frame(rows: Sequence[Cells], columns: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    made: dict[str, Any] = {}
    for name in columns:
        values = [row.get(name) for row in rows]
        if name in TEXTS:
            made[name] = text_column([value or "" for value in values])
        else:
            made[name] = instants(values, "UTC") if name in TIMES else floats(values)
    return pd.DataFrame(made, index=pd.RangeIndex(len(rows)), copy=False)
