"""A long history on disk, by account and month: fetched once, then only what is new."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused, did_you_mean, sentence
from jupyter_openapi.guard import guarded
from jupyter_openapi.pages.plan import DAY, make_plan
from jupyter_openapi.portfolio.columns import schema_of
from jupyter_openapi.portfolio.disk import Disk
from jupyter_openapi.portfolio.owner import owner_of
from jupyter_openapi.portfolio.stretches import Archive, Run, Wanted
from jupyter_openapi.spec import catalog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from jupyter_openapi.pages import Progress
    from jupyter_openapi.pages.plan import Plan
    from jupyter_openapi.portfolio.reading import Source
    from jupyter_openapi.spec.model import Operation

VERSION = 1
LATE = {True: 1 * DAY, False: 3 * DAY}
"""How far back each run looks again, for rows with ids and without (cash is booked days after its date)."""


@guarded
def archive(
    client: Source,
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
        As for `jupyter_openapi.pages.fetch`.
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
    known = _operation(operation)
    schema_of(known)
    owner = owner_of(client)
    disk = Disk(root, known.name, owner)
    state = disk.state()
    begin = start if start is not None else state.get("start")
    plan = _plan(known, begin, filters, client.tz)
    wanted = {name: str(value) for name, value in plan.arguments.items() if name != plan.pages.size}
    if state and state.get("filters") != wanted:
        raise RequestRefused(
            f"{disk.folder} holds this history with other filters ({state.get('filters')}): "
            "choose another root."
        )
    run = Run(
        Wanted(client, known, filters, progress), disk, state or {"version": VERSION, "filters": wanted}
    )
    for first, last, forward in _stretches(plan, state):
        for begins, ends in _months(first, last, forward=forward):
            if not run.fetch(begins, ends, forward=forward, open_end=ends == plan.end and plan.open_end):
                return run.result(owner)
    return run.result(owner)


def _operation(name: str) -> Operation:
    known = catalog().find(name)
    if known is None or known.pages is None or known.pages.window is None or known.pages.time is None:
        fit = [one.name for one in catalog().operations.values() if one.pages and one.pages.window]
        raise RequestRefused(
            sentence(
                f"{name} has no history to keep.", did_you_mean(name, fit) or f"These have: {', '.join(fit)}."
            )
        )
    return known


def _plan(operation: Operation, start: Any, filters: Mapping[str, Any], tz: str) -> Plan:
    if start is None:
        raise RequestRefused(
            "The first run needs a start: archive(client, 'history_executions', start='2026-01-01')."
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
