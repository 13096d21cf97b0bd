"""Archive a history in monthly files: fetch what is missing, merge, note how far it got."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jupyter_openapi.account import ClientLike
from jupyter_openapi.errors import Interrupted, RequestRefused, did_you_mean, guarded, sentence
from jupyter_openapi.history import Progress, fetch
from jupyter_openapi.history.fetcher import History
from jupyter_openapi.history.page import seconds_of
from jupyter_openapi.history.plan import DAY, Plan, make_plan
from jupyter_openapi.market.money import known_text
from jupyter_openapi.market.orders import FINAL
from jupyter_openapi.messages import _, commas
from jupyter_openapi.portfolio.arguments import one_client, plain_time, told, window
from jupyter_openapi.portfolio.parquet import ParquetStore, schema_of, table_of
from jupyter_openapi.portfolio.positions import owner_of
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.model import Operation


@dataclass(frozen=True)
class Archive:
    """State of an archive on disk after a run.

    Attributes
    ----------
    path
        The folder to open: ``pandas.read_parquet(path)``, ``dask.dataframe.read_parquet(path)``, or in DuckDB
        ``SELECT * FROM read_parquet('<path>/**/*.parquet', hive_partitioning = true)``.
    operation, account
        What it holds, and the name of the account's folder in it.
    start, through
        The first and last moment that are in it.
    rows
        Rows this run added.
    months
        The months it wrote.
    requests
        Requests it made.
    complete
        Whether everything up to `through` is in it.
    why
        What is not, if anything.
    """

    path: str
    operation: str
    account: str
    start: datetime
    through: datetime
    rows: int = 0
    months: tuple[str, ...] = field(default=())
    requests: int = 0
    complete: bool = True
    why: str = ""

    def __repr__(self) -> str:
        state = "complete" if self.complete else f"incomplete: {self.why}"
        span = _("{start:%Y-%m-%d} to {through:%Y-%m-%d %H:%M} UTC").format(
            start=self.start, through=self.through
        )
        return (
            f"<Archive of {self.operation}, {span}, {state}; {self.rows:,} new rows, "
            f"{self.requests:,} requests. Open it with pandas.read_parquet({self.path!r})>"
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an archive keeps: an operation's rows that fit the filters, asked of a client."""

    client: ClientLike
    operation: Operation
    filters: Mapping[str, Any]
    progress: Progress | None = None


class ArchiveRun:
    """One run of an archive: fetches month after month and writes each before the next.

    Parameters
    ----------
    wanted
        What is kept.
    disk
        Where.
    state
        What is there already: ``start``, ``through``, ``open_from`` in Unix seconds, ``filters``. Changed and
        kept after each stretch.
    """

    def __init__(self, wanted: Wanted, disk: ParquetStore, state: dict[str, Any]) -> None:
        self._client = wanted.client
        self._operation = wanted.operation
        self._filters = wanted.filters
        self._progress = wanted.progress
        self._disk = disk
        self._state = state
        self._done = Archive(
            disk.dataset,
            self._operation.name,
            "",
            datetime.fromtimestamp(0, UTC),
            datetime.fromtimestamp(0, UTC),
        )

    def fetch(self, first: int, last: int, *, forward: bool, open_end: bool) -> bool:
        """Fetch a stretch within one month and write it; tell whether it is whole."""
        found = self._read(first, None if open_end else last)
        rows = [row for row in found.rows if isinstance(row, dict)]
        self._write(rows, first, last)
        self._done = replace(self._done, requests=self._done.requests + found.pages)
        if not found.complete:
            self._done = replace(self._done, complete=False, why=found.why)
            return False
        reached = min(last, int(datetime.now(UTC).timestamp()))
        if forward:
            self._state["through"] = max(self._state.get("through", 0), reached)
            self._state.setdefault("start", first)
        else:
            self._state["start"] = first
        self._note_open(rows, first)
        self._disk.keep_state(self._state)
        return True

    def _read(self, first: int, last: int | None) -> History:
        window = (self._operation.pages.window if self._operation.pages else None) or ("", "")
        asked = {**self._filters, window[0]: first, **({} if last is None else {window[1]: last})}
        found = fetch(
            lambda name, arguments: self._client.call(name, **arguments).data,
            self._operation,
            asked,
            tz=self._client.tz,
            progress=self._progress,
        )
        if found.why.startswith("interrupted"):
            raise Interrupted(
                _(
                    "Interrupted while reading {name}; what was written stays, and the same call goes on "
                    "from there."
                ).format(name=self._operation.name),
                in_flight=False,
            )
        return found

    def _write(self, rows: Sequence[Mapping[str, Any]], first: int, last: int) -> None:
        """Put rows into the files of their months, in place of what these say of the same stretch."""
        pages = self._operation.pages
        groups: dict[str, list[Mapping[str, Any]]] = {month_of(first): []}
        for row in rows:
            at = seconds_of(row, pages.time if pages else None)
            groups.setdefault(month_of(first if at is None else at), []).append(row)
        schema = schema_of(self._operation)
        for month, mine in groups.items():
            found = self._disk.month(month, schema)
            before = schema.empty_table() if found is None else found
            after = merged(self._operation, before, table_of(self._operation, mine), first, last)
            # The present month has a file even without rows, so that an empty history opens, too.
            empty = found is None and (
                after.num_rows or month == month_of(int(datetime.now(UTC).timestamp()))
            )
            if empty or not after.equals(before):
                self._disk.keep_month(month, after)
                months = tuple(dict.fromkeys([*self._done.months, month]))
                added = self._done.rows + after.num_rows - before.num_rows
                self._done = replace(self._done, months=months, rows=added)

    def _note_open(self, rows: Sequence[Mapping[str, Any]], first: int) -> None:
        """Remember since when there are orders that may still change."""
        pages = self._operation.pages
        if "status" not in schema_of(self._operation).names or pages is None:
            return
        times = [
            at
            for row in rows
            if known_text(row.get("status")) not in FINAL and (at := seconds_of(row, pages.time)) is not None
        ]
        earlier = self._state.get("open_from")
        kept = [earlier] if earlier is not None and earlier < first else []
        self._state["open_from"] = min([*kept, *times], default=None)

    def result(self, owner: str) -> Archive:
        """Return what is on disk now."""
        start, through = (self._state.get(name) or 0 for name in ("start", "through"))
        return replace(
            self._done,
            account=owner,
            start=datetime.fromtimestamp(start, UTC),
            through=datetime.fromtimestamp(through, UTC),
        )


def month_of(seconds: int) -> str:
    """Return the month, in UTC, of Unix seconds: ``2026-11``."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m}"


def merged(operation: Operation, before: Any, fetched: Any, first: int, last: int) -> Any:
    """Return a month's rows after a fetch, oldest first.

    Of rows with an id the fetched ones count; of rows without one, what was there about the stretch that was
    fetched is replaced.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    pages = operation.pages
    time, key = (pages.time, pages.key) if pages else (None, None)
    keep = before
    if key is not None:
        keep = before.filter(pc.invert(pc.is_in(before[key], value_set=fetched[key].combine_chunks())))
    elif time is not None:
        stamp = before.schema.field(time).type
        low, high = (pa.scalar(datetime.fromtimestamp(at, UTC), stamp) for at in (first, last))
        inside = pc.and_(pc.greater_equal(before[time], low), pc.less_equal(before[time], high))
        keep = before.filter(pc.invert(pc.fill_null(inside, fill_value=True)))
    both = pa.concat_tables([keep, fetched])
    if time is None:
        return both
    order = pc.sort_indices(both, sort_keys=[(time, "ascending")])
    return both.take(order).combine_chunks()


VERSION = 1
LATE = {True: 1 * DAY, False: 3 * DAY}
"""How far back each run looks again, for rows with ids and without (cash is booked days after its date)."""


@guarded
def archive(
    client: ClientLike,
    operation: str,
    root: str | Path | None = None,
    start: Any = None,
    *,
    progress: Progress | None = None,
    **filters: Any,
) -> Archive:
    """Bring a history on disk up to date.

    The first run fetches everything since `start`; each later one only what is new: from a day before the
    last run on (three days for cash, which is booked late), and for orders from the oldest one that was
    still open. A run that is broken off loses nothing that was written, and the next one goes on from there.

    Parameters
    ----------
    client
        A connected `Client`.
    operation
        One that has a history and described rows: ``history_executions``, ``history_orders``, ``cash_flow``.
    root
        A folder, or a URL that fsspec understands; by default ``history`` in this package's data folder.
        Files are ``<root>/<operation>/account=<name>/month=2026-11/data.parquet``, months of UTC.
    start
        Where the history begins: needed once. An earlier one than before fetches what lies between.
    progress
        As for `jupyter_openapi.history.fetch`.
    filters
        The operation's other parameters (``symbol="700.HK"``); the same in every run.

    Returns
    -------
    Archive
        Where it is and how to open it.

    Raises
    ------
    RequestRefused
        pyarrow or fsspec is not installed, the operation has no history, there is no start, or the folder
        holds the history of other filters.
    ApiError, TransportError
        A request failed for good.
    Interrupted
        Ctrl-C.

    Notes
    -----
    Every file of an operation has one schema: decimals are ``decimal128(38, 10)``, times microseconds in UTC,
    nested values JSON text; what does not fit is in the column ``extra``.
    """
    one_client(client)
    if progress is not None and not callable(progress):
        raise RequestRefused(_("progress takes a function, not {given}.").format(given=told(progress)))
    known = _operation(operation)
    schema_of(known)
    owner = owner_of(client)
    if start is not None:
        window(start, None, client.tz)
    disk = ParquetStore(root, known.name, owner)
    state = disk.state()
    begin = plain_time(start) if start is not None else state.get("start")
    plan = _plan(known, begin, filters, client.tz)
    wanted = {name: str(value) for name, value in plan.arguments.items() if name != plan.pages.size}
    if state and state.get("filters") != wanted:
        raise RequestRefused(
            _("{folder} holds this history with other filters ({state}): choose another root.").format(
                folder=disk.folder, state=state.get("filters")
            )
        )
    run = ArchiveRun(
        Wanted(client, known, filters, progress), disk, state or {"version": VERSION, "filters": wanted}
    )
    for first, last, forward in _stretches(plan, state):
        for begins, ends in _months(first, last, forward=forward):
            if not run.fetch(begins, ends, forward=forward, open_end=ends == plan.end and plan.open_end):
                return run.result(owner)
    return run.result(owner)


def _operation(name: object) -> Operation:
    word = name if isinstance(name, str) else ""
    known = catalog().find(word)
    if known is None or known.pages is None or known.pages.window is None or known.pages.time is None:
        fit = [one.name for one in catalog().operations.values() if one.pages and one.pages.window]
        raise RequestRefused(
            sentence(
                _("operation: {name} has no history to keep.").format(name=word or told(name)),
                did_you_mean(word, fit) or _("These have: {fit}.").format(fit=commas(fit)),
            )
        )
    return known


def _plan(operation: Operation, start: Any, filters: Mapping[str, Any], tz: str) -> Plan:
    if start is None:
        raise RequestRefused(
            _("The first run needs a start: archive(client, 'history_executions', start='2026-01-01').")
        )
    window = operation.pages.window if operation.pages else None
    given = {**filters, **({window[0]: start} if window else {})}
    return make_plan(operation, given, tz=tz, now=datetime.now(UTC))


def _stretches(plan: Plan, state: Mapping[str, Any]) -> Iterator[tuple[int, int, bool]]:
    """Yield what is to be fetched as (first, last, whether forward): what lies before, then what is new."""
    if not state.get("through"):
        yield plan.start, plan.end, True
        return
    if plan.start < state["start"]:
        yield plan.start, state["start"] - 1, False
    late = LATE[plan.pages.key is not None]
    again = min(state["through"] - late, state.get("open_from") or state["through"])
    yield max(again, min(state["start"], plan.start)), plan.end, True


def _months(first: int, last: int, *, forward: bool) -> list[tuple[int, int]]:
    """Cut a stretch at the ends of months (UTC); backwards the latest comes first."""
    parts, begins = [], first
    while begins <= last:
        day = datetime.fromtimestamp(begins, UTC)
        year, month = (day.year, day.month + 1) if day.month < 12 else (day.year + 1, 1)
        ends = min(last, int(datetime(year, month, 1, tzinfo=UTC).timestamp()) - 1)
        parts.append((begins, ends))
        begins = ends + 1
    return parts if forward else parts[::-1]
