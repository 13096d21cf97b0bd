"""Round trips and open lots of executions on disk or in a frame, in one pass: only open lots are in memory.

A pass goes through an archive month by month, a batch of rows at a time, and keeps a ledger of what is open
for each account and security. What it needs grows with the open lots, not with the history.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused, guarded
from jupyter_openapi.frames.values import text_column
from jupyter_openapi.market.money import (
    ZERO,
    amount,
    exactly,
    floats,
    from_float,
    known_text,
    minus,
    product,
    ratio,
)
from jupyter_openapi.market.worth import assumed
from jupyter_openapi.messages import _, commas
from jupyter_openapi.portfolio.checksums import Damaged, verify_file
from jupyter_openapi.portfolio.executions import SIDES, Fill
from jupyter_openapi.portfolio.lot_ledger import METHODS, Lot, LotLedger, Opening, Split, Trip, Unmatched
from jupyter_openapi.portfolio.pnl_frame import instants
from jupyter_openapi.portfolio.prices import market_zone
from jupyter_openapi.portfolio.snapshot_store import arrow
from jupyter_openapi.spec.dates import to_day

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.market.worth import Instrument

BATCH = 5_000
"""Rows that are in memory at a time."""
NEEDED = ("trade_id", "order_id", "symbol", "side", "quantity", "price", "trade_done_at")
TEXTS = ("account", "symbol", "currency", "kind", "direction", "open_order_id", "close_order_id", "remark")
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
    "open_order_id",
    "close_order_id",
    "remark",
)
LOTS = ("account", "symbol", "currency", "opened_at", "quantity", "cost", "open_order_id")
Key = tuple[str, str]
Splits = Mapping[str, Iterable[tuple[Any, Any, Any]]]
Cells = dict[str, Any]


@dataclass
class _Books:
    """The ledgers of every account and security; `take` books fills, oldest first."""

    method: str
    splits: Mapping[str, Sequence[Split]]
    ledgers: dict[Key, LotLedger] = field(default_factory=dict)
    due: dict[Key, list[Split]] = field(default_factory=dict)
    known: dict[str, Instrument] = field(default_factory=dict)

    def take(self, fills: Iterable[tuple[str, Fill]]) -> list[Cells]:
        """Book fills and return a row for each round trip, and each quantity that could not be matched."""
        rows: list[Cells] = []
        with exactly():
            for account, fill in fills:
                key = account, fill.symbol
                ledger = self.ledgers.get(key)
                if ledger is None:
                    # What was held before is not known: a sale of more than was bought is no short sale.
                    ledger = self.ledgers[key] = LotLedger(Opening(None), self.method)
                    self.due[key] = list(self.splits.get(fill.symbol, ()))
                self._split(key, fill.at)
                ledger.take(fill)
                if ledger.done:
                    rows += [self._closed(key, one) for one in ledger.done]
                    ledger.done.clear()
        return rows

    def lots(self) -> list[Cells]:
        """Return a row for each open lot, after all splits."""
        rows = []
        with exactly():
            for key, ledger in self.ledgers.items():
                self._split(key, None)
                rows += [self._open(key, lot) for lot in ledger.lots]
        return rows

    def _split(self, key: Key, until: int | None) -> None:
        """Apply the splits up to a moment; None is all."""
        due = self.due[key]
        while due and (until is None or due[0].at <= until):
            self.ledgers[key].split(due.pop(0))

    def _instrument(self, symbol: str) -> Instrument:
        if symbol not in self.known:
            self.known[symbol] = assumed(symbol)
        return self.known[symbol]

    def _closed(self, key: Key, one: Trip | Unmatched) -> Cells:
        known = self._instrument(key[1])
        row: Cells = {"account": key[0], "symbol": key[1], "currency": known.currency}
        if isinstance(one, Unmatched):
            return row | {
                "kind": "unmatched",
                "quantity": one.quantity,
                "closed_at": one.at,
                "close_order_id": one.order_id,
                "remark": one.why,
            }
        cost, proceeds = product(one.cost, known.multiplier), product(one.proceeds, known.multiplier)
        return row | {
            "kind": "trip",
            "direction": one.direction,
            "quantity": one.quantity,
            "opened_at": one.opened_at,
            "closed_at": one.closed_at,
            "cost": cost,
            "proceeds": proceeds,
            "realized_pl": minus(proceeds, cost),
            "open_order_id": one.open_order_id,
            "close_order_id": one.close_order_id,
            "remark": one.why,
        }

    def _open(self, key: Key, lot: Lot) -> Cells:
        known = self._instrument(key[1])
        return {
            "account": key[0],
            "symbol": key[1],
            "currency": known.currency,
            "opened_at": lot.at,
            "quantity": lot.quantity,
            "cost": product(lot.cost, known.multiplier),
            "open_order_id": lot.order_id,
        }


def _books(method: str, splits: Splits | None) -> _Books:
    if method not in METHODS:
        raise RequestRefused(
            _("method is {methods}, not {method!r}.").format(methods=_(" or ").join(METHODS), method=method)
        )
    return _Books(method, {symbol: _stated(symbol, rows) for symbol, rows in (splits or {}).items()})


def _stated(symbol: str, rows: Iterable[tuple[Any, Any, Any]]) -> list[Split]:
    """Return the splits that a user states, oldest first."""
    tz = market_zone(symbol)
    found = []
    for row in rows:
        try:
            day, new, old = row
            ratio = amount(new), amount(old)
            at = int(datetime.combine(to_day(day, tz), time(), tz).timestamp())
        except (TypeError, ValueError):
            ratio = None, None
        if not ratio[0] or not ratio[1]:
            raise RequestRefused(
                _(
                    "splits holds (day, new, old) of each, such as {{'NVDA.US': [('2024-06-10', 10, 1)]}}; "
                    "not {row!r} for {symbol}."
                ).format(row=row, symbol=symbol)
            )
        found.append(Split(at, ratio[0], ratio[1]))
    return sorted(found, key=lambda split: split.at)


@guarded
def trips_of(executions: pd.DataFrame, method: str = "fifo", splits: Splits | None = None) -> pd.DataFrame:
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

    Returns
    -------
    pandas.DataFrame
        One row a round trip or unmatched quantity, oldest first: ``account``, ``symbol``, ``currency``,
        ``kind``, ``direction``, ``quantity``, ``opened_at``, ``closed_at`` (UTC), ``cost``, ``proceeds``,
        ``realized_pl`` (before fees), ``open_order_id``, ``close_order_id``, ``remark``. A sale of more than
        was bought is unmatched, for what was held before is not known.

    Raises
    ------
    RequestRefused
        A column is missing, or the method or a split is none.
    """
    books = _books(method, splits)
    return _frame(books.take(_sorted(_fills(_columns_of(executions)))), TRIPS)


@guarded
def lots_of(executions: pd.DataFrame, method: str = "fifo", splits: Splits | None = None) -> pd.DataFrame:
    """Return what a frame of executions leaves open: one row a lot.

    Parameters, errors and use with Dask are those of `trips_of`.

    Returns
    -------
    pandas.DataFrame
        ``account``, ``symbol``, ``currency``, ``opened_at`` (UTC), ``quantity``, ``cost`` (before fees),
        ``open_order_id``; by account and security, oldest first.
    """
    books = _books(method, splits)
    books.take(_sorted(_fills(_columns_of(executions))))
    return _lots_frame(books)


@guarded
def archived_trips(
    path: str | Path, method: str = "fifo", splits: Splits | None = None, *, account: str | None = None
) -> Iterator[pd.DataFrame]:
    """Yield the round trips of an archive of executions as frames of `trips_of`, one after the other.

    It reads a batch of rows at a time, so that the largest archive takes little memory: use each frame, or
    put its sums together, before the next. Concatenated they are what `trips_of` gives, by account.

    Parameters
    ----------
    path
        The folder of an archive of executions: ``portfolio.archive(client, "history_executions").path``.
    method, splits
        As `trips_of`.
    account
        One account's name in the archive (``archive.account``); by default all, one after the other.

    Raises
    ------
    RequestRefused
        It is no archive of executions, a side is not known, or the method or a split is none.
    """
    books = _books(method, splits)
    return _walk(books, _accounts(path, account))


@guarded
def archived_lots(
    path: str | Path, method: str = "fifo", splits: Splits | None = None, *, account: str | None = None
) -> pd.DataFrame:
    """Return the open lots of an archive of executions, as `lots_of`, in little memory.

    Parameters and errors are those of `archived_trips`.
    """
    books = _books(method, splits)
    found = _accounts(path, account)
    for owner, months in found.items():
        for batch in _batches(owner, months):
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
        ``account``, ``currency``, ``date`` (of the market), ``trips``, ``cost``, ``realized_pl``,
        ``return_pct`` (of the cost); unmatched quantities are not in it. Sums are exact, so that they are
        the same however the frames were cut.
    """
    import pandas as pd

    sums: dict[tuple[str, str, Any], list[Any]] = {}
    with exactly():
        for frame in [trips] if isinstance(trips, pd.DataFrame) else trips:
            mine = frame[frame["kind"] == "trip"]
            for symbol, part in mine.groupby("symbol", sort=False):
                days = part["closed_at"].dt.tz_convert(market_zone(str(symbol))).dt.date
                for account, currency, day, cost, gain in zip(
                    part["account"], part["currency"], days, part["cost"], part["realized_pl"], strict=True
                ):
                    one = sums.setdefault((account, currency, day), [0, ZERO, ZERO])
                    paid, earned = from_float(cost), from_float(gain)
                    one[0] += 1
                    one[1] = None if one[1] is None or paid is None else one[1] + paid
                    one[2] = None if one[2] is None or earned is None else one[2] + earned
        keys = sorted(sums)
        values = [sums[key] for key in keys]
        return pd.DataFrame(
            {
                "account": text_column([key[0] for key in keys]),
                "currency": text_column([key[1] for key in keys]),
                "date": pd.to_datetime([key[2] for key in keys]).as_unit("ns"),
                "trips": pd.array([value[0] for value in values], dtype="int64"),
                "cost": floats([value[1] for value in values]),
                "realized_pl": floats([value[2] for value in values]),
                "return_pct": floats([ratio(value[2], value[1]) for value in values]),
            }
        )


def _walk(books: _Books, accounts: Mapping[str, Sequence[Path]]) -> Iterator[pd.DataFrame]:
    for owner, months in accounts.items():
        for batch in _batches(owner, months):
            rows = books.take(batch)
            if rows:
                yield _frame(rows, TRIPS)


def _accounts(path: str | Path, account: str | None) -> dict[str, list[Path]]:
    """Return the files of each account, months in order."""
    arrow()
    root = Path(path).expanduser()
    found = {
        place.name.partition("=")[2]: sorted(place.glob("month=*/data.parquet"))
        for place in sorted(root.glob("account=*"))
    }
    if not found:
        raise RequestRefused(
            _(
                "{path} holds no archive of executions: give the path of "
                "portfolio.archive(client, 'history_executions', ...)."
            ).format(path=path)
        )
    if account is None:
        return found
    if account not in found:
        raise RequestRefused(
            _("The archive has no account {account}; it has {found}.").format(
                account=account, found=commas(found)
            )
        )
    return {account: found[account]}


def _batches(owner: str, months: Iterable[Path]) -> Iterator[list[tuple[str, Fill]]]:
    """Yield an account's fills in batches, oldest first; those of one second stay together."""
    import pyarrow.parquet as pq

    kept: list[tuple[str, Fill]] = []
    for month in months:
        _verify(month)
        with pq.ParquetFile(month) as file:
            if missing := [name for name in NEEDED if name not in file.schema_arrow.names]:
                raise RequestRefused(
                    _("{path} is no file of executions: it lacks {missing}.").format(
                        path=month, missing=commas(missing)
                    )
                )
            for batch in file.iter_batches(BATCH, columns=list(NEEDED)):
                columns = {name: batch.column(name).to_pylist() for name in NEEDED if name != "trade_done_at"}
                columns["trade_done_at"] = _seconds(batch.column("trade_done_at"))
                columns["account"] = [owner] * batch.num_rows
                kept = _sorted([*kept, *_fills(columns)])
                if not kept:
                    continue
                last = kept[-1][1].at
                place = next((n for n in range(len(kept), 0, -1) if kept[n - 1][1].at != last), 0)
                yield kept[:place]
                kept = kept[place:]
    yield kept


def _verify(month: Path) -> None:
    try:
        verify_file(month)
    except (OSError, Damaged) as problem:
        raise RequestRefused(
            _("{path} is damaged ({problem}): move it away and fetch the history again.").format(
                path=month, problem=problem
            )
        ) from None


def _seconds(column: Any) -> list[int | None]:
    import pyarrow as pa

    found: list[int | None] = (
        column.cast(pa.timestamp("s", tz="UTC"), safe=False).cast(pa.int64()).to_pylist()
    )
    return found


def _columns_of(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """Return the columns of a frame of executions as lists, times in Unix seconds."""
    import pandas as pd

    if missing := [name for name in NEEDED if name not in frame.columns]:
        raise RequestRefused(_("The executions lack {missing}.").format(missing=commas(missing)))
    found = {name: frame[name].tolist() for name in NEEDED if name != "trade_done_at"}
    times = pd.to_datetime(frame["trade_done_at"], utc=True)
    found["trade_done_at"] = [
        None if gap else int(at.timestamp()) for at, gap in zip(times, times.isna(), strict=True)
    ]
    found["account"] = (
        frame["account"].astype(str).tolist() if "account" in frame.columns else [""] * len(frame)
    )
    return found


def _fills(columns: Mapping[str, Sequence[Any]]) -> list[tuple[str, Fill]]:
    """Return rows as fills, with their account.

    Raises
    ------
    RequestRefused
        A quantity, price, time or side is not known: what follows would be wrong as a whole.
    """
    found = []
    names = ("account", *NEEDED)
    for owner, trade, order, symbol, side, quantity, price, at in zip(
        *(columns[name] for name in names), strict=True
    ):
        number, each = _exact(quantity), _exact(price)
        if number is None or each is None or number <= 0 or at is None or side not in SIDES:
            raise RequestRefused(
                _("The execution {trade} of {symbol} lacks a quantity, price, time or side.").format(
                    trade=trade, symbol=symbol
                )
            )
        found.append((owner, Fill(known_text(trade), known_text(order), symbol, at, number, each, side)))
    return found


def _exact(value: Any) -> Decimal | None:
    return value if isinstance(value, Decimal) and value.is_finite() else from_float(value)


def _sorted(fills: list[tuple[str, Fill]]) -> list[tuple[str, Fill]]:
    return sorted(fills, key=lambda pair: (pair[0], pair[1].moment))


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
