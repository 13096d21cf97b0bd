"""Fetch a history, and keep what an interruption or error left of it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any

from jupyter_openapi import frames
from jupyter_openapi.errors import ApiError, OpenAPIError, sentence
from jupyter_openapi.history.candles import BarWalk, make_walk, why_incomplete
from jupyter_openapi.history.page import with_rows
from jupyter_openapi.history.plan import Plan, make_plan
from jupyter_openapi.history.walk import Progress, Step, Walk
from jupyter_openapi.market.worth import Read
from jupyter_openapi.messages import _, commas, ngettext
from jupyter_openapi.spec.model import Operation

if TYPE_CHECKING:
    import pandas as pd


class ProgressBar:
    """Shows the progress of a history from its second request on.

    tqdm's bar if it is installed, otherwise one line on stderr that is written over.

    Parameters
    ----------
    name
        What is fetched.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._shown: Any = None

    def __call__(self, step: Step) -> None:
        """Show a step; the last one takes the bar away."""
        if step.over:
            if self._shown is not None:
                self._shown.close()
                self._shown = None
        elif step.requests > 1:
            if self._shown is None:
                self._shown = _tqdm(self._name) or _Line(self._name)
            self._shown.update(int(100 * step.share) - self._shown.n)
            self._shown.set_postfix_str(
                _("{rows:,} rows, {requests} requests").format(rows=step.rows, requests=step.requests)
            )


def _tqdm(name: str) -> Any:
    try:
        tqdm = import_module("tqdm.auto").tqdm
    except ImportError:
        return None
    return tqdm(total=100, desc=name, unit="%", leave=False)


class _Line:
    """A progress line for when tqdm is not installed."""

    def __init__(self, name: str) -> None:
        self.n = 0
        self._name = name
        self._width = 0

    def update(self, more: int) -> None:
        self.n += more

    def set_postfix_str(self, text: str) -> None:
        self._write(f"{self._name}: {self.n}%, {text}")

    def close(self) -> None:
        self._write("")
        self._write("")

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError, AttributeError):  # closed, or None: the rows still come
            sys.stderr.write(f"\r{text.ljust(self._width)}")
            sys.stderr.flush()
        self._width = len(text)


@dataclass(frozen=True)
class History:
    """The rows of a history.

    Attributes
    ----------
    operation
        What was asked for.
    rows
        The broker's rows as they came (decimals are text), oldest first; those of one second in the order
        they came about, as far as the broker's own order tells.
    complete
        Whether these are all the rows there were when it was asked for.
    why
        What is missing and why, if it is not complete.
    start, end
        First and last moment of the window, both inclusive; None for an operation without one.
    pages
        Requests made.
    interrupted
        Whether Ctrl-C broke it off.
    beside
        What a reply holds beside its rows, such as a candle's symbol.
    daily
        Whether these are candles of a day or longer, which have a date.
    """

    operation: Operation
    rows: list[Any] = field(repr=False)
    complete: bool
    why: str
    start: datetime | None
    end: datetime | None
    pages: int
    interrupted: bool = False
    place: tuple[str, ...] = field(default=("list",), repr=False)
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)
    beside: Mapping[str, Any] = field(default_factory=dict, repr=False)
    daily: bool = False

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def __repr__(self) -> str:
        return f"<History of {self.operation.name}: {self.summary()}>"

    @property
    def data(self) -> Any:
        """The rows as one reply would hold them: ``{"orders": [...]}``."""
        data = with_rows(self.place, self.rows)
        return {**self.beside, **data} if self.beside else data

    def frame(
        self,
        *,
        decimals: str = "float64",
        tz: str = "UTC",
        table: str | None = None,
        codes: bool = False,
    ) -> pd.DataFrame:
        """Return the rows as a typed frame, as `Reply.frame` does for one reply.

        Parameters
        ----------
        decimals
            ``float64``, or ``decimal`` or ``string`` to keep every digit.
        tz
            The time zone of its timestamps.
        table, codes
            Another table than that of the rows, and codes instead of their names: see `Reply.frame`.
        """
        frame = frames.to_frame(self.data, self.operation, decimals=decimals, tz=tz, table=table, codes=codes)
        if self.daily:
            frames.add_trade_date(frame, str(self.beside.get("symbol")))
        window = [moment.isoformat() for moment in (self.start, self.end) if moment is not None]
        return frames.describe(
            frame, **self.facts, window=window or None, complete=self.complete, pages=self.pages
        )

    def summary(self) -> str:
        """Return one line: ``1,204 rows, 2026-11-01 to 2026-11-30, complete``."""
        count = len(self.rows)
        rows = ngettext("{count:,} row", "{count:,} rows", count).format(count=count)
        window = ""
        if self.start and self.end:
            window = _("{start:%Y-%m-%d} to {end:%Y-%m-%d}").format(start=self.start, end=self.end)
        state = _("complete") if self.complete else _("incomplete: {why}").format(why=self.why)
        return commas(filter(None, [rows, window, state]))


DAY_BARS = 1000  # the number of the period of a day; longer ones have higher numbers
KEPT = 4  # histories broken off that are kept
FRESH = 3600  # seconds after which one is too old to go on from: orders may have changed meanwhile


class Unfinished:
    """Interrupted histories of one account, to continue. Safe to use from several threads."""

    def __init__(self) -> None:
        self._walks: dict[str, Walk] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._walks)

    def take(self, plan: Plan) -> Walk | None:
        """Return the walk of the same operation, arguments and window, if it was broken off lately."""
        with self._lock:
            walk = self._walks.pop(plan.key, None)
        if walk is None or not 0 <= plan.now - walk.plan.now <= FRESH:
            return None
        walk.go_on(plan)
        return walk

    def keep(self, walk: Walk) -> None:
        """Keep a walk; only the last few are."""
        with self._lock:
            self._walks.pop(walk.plan.key, None)
            self._walks[walk.plan.key] = walk
            while len(self._walks) > KEPT:
                del self._walks[next(iter(self._walks))]


def fetch(
    read: Read,
    operation: Operation,
    arguments: Mapping[str, Any],
    *,
    tz: str = "UTC",
    now: datetime | None = None,
    progress: Progress | None = None,
    resume: Unfinished | None = None,
    facts: Mapping[str, Any] | None = None,
) -> History:
    """Return the whole history that `operation` holds.

    Parameters
    ----------
    read
        Called with an operation's name and its arguments; gives the reply's `data`.
    operation, arguments
        As for a single call, with a start; without an end up to the present. No page: every one is read.
    tz, now
        The zone of naive times and of days; the present moment.
    progress
        Called after every request, and once more, ``over``, when nothing more comes, for whatever reason.
    resume
        Where a history that is broken off is kept, and where the same call finds it.
    facts
        What its frames say of themselves beside their window.

    Returns
    -------
    History
        After Ctrl-C too: incomplete then, with what has been read.

    Raises
    ------
    RequestRefused
        There is no start, or an argument does not fit; nothing was sent.
    ApiError, TransportError
        A request failed for good; what was read before is in `resume`, as the error says.
    """
    if operation.pages is not None and operation.pages.bars:
        walked = make_walk(operation, arguments, tz=tz, now=now or datetime.now(UTC))
        return _fetch_bars(walked, read, progress, facts)
    plan = make_plan(operation, arguments, tz=tz, now=now or datetime.now(UTC))
    walk = (resume.take(plan) if resume is not None else None) or Walk(plan)
    why = ""
    try:
        walk.run(read, progress)
    except KeyboardInterrupt:
        if not walk.over:
            why = _("interrupted, {reached}{kept}").format(reached=_reached(walk), kept=_keep(walk, resume))
    except Exception as error:
        kept = _keep(walk, resume)
        if kept:
            _add_sentence(
                error,
                _("{count:,} rows, {reached}, are kept{kept}.").format(
                    count=walk.count, reached=_reached(walk), kept=kept
                ),
            )
        raise
    finally:
        if progress is not None:
            progress(walk.step(over=True))
    return _history(walk, why, facts)


def _fetch_bars(
    walk: BarWalk, read: Read, progress: Progress | None, facts: Mapping[str, Any] | None
) -> History:
    """Return a whole history of candles; one that is broken off keeps what was read, and says why."""
    failed: BaseException | None = None
    try:
        walk.run(read, progress)
    except (OpenAPIError, KeyboardInterrupt) as failure:
        if not walk.bars:
            raise
        failed = failure
    finally:
        if progress is not None:
            progress(Step(1.0, len(walk.bars), walk.requests, over=True))
    rows, why = walk.rows(), why_incomplete(walk, failed)
    ends = [
        datetime.fromtimestamp(int(row["timestamp"]), UTC).astimezone(walk.zone)
        for row in rows[:1] + rows[-1:]
    ]
    return History(
        walk.operation,
        rows,
        complete=not why,
        why=why,
        start=ends[0] if ends else None,
        end=ends[-1] if ends else None,
        pages=walk.requests,
        interrupted=isinstance(failed, KeyboardInterrupt),
        place=("candlesticks",),
        facts=dict(facts or {}),
        beside={"symbol": walk.arguments["symbol"]},
        daily=int(walk.arguments["period"]) >= DAY_BARS,
    )


def _reached(walk: Walk) -> str:
    """Say how far a walk that was broken off has got."""
    if walk.parts and walk.plan.pages.window:
        return _("read up to {stamp}").format(stamp=walk.plan.stamp(walk.parts[-1].last))
    count = walk.requests
    return ngettext("read with {count} request", "read with {count} requests", count).format(count=count)


def _keep(walk: Walk, resume: Unfinished | None) -> str:
    """Keep a walk that was broken off, if there is where to and anything was read; say so."""
    if resume is None or not walk.requests:
        return ""
    resume.keep(walk)
    return _("; the same call goes on from there")


def _add_sentence(error: Exception, text: str) -> None:
    """Add a sentence to an error's one line."""
    if isinstance(error, ApiError):
        error.advice = sentence(error.advice, text)
    elif isinstance(error, OpenAPIError):
        error.args = (sentence(str(error), text),)


def _history(walk: Walk, why: str, facts: Mapping[str, Any] | None) -> History:
    plan = walk.plan
    reasons = [part.why for part in walk.parts if part.why]
    if len(reasons) > 1:
        more = len(reasons) - 1
        template = ngettext(
            "{reason} (and {more:,} more such window)", "{reason} (and {more:,} more such windows)", more
        )
        reasons = [template.format(reason=reasons[0], more=more)]
    whole = bool(plan.pages.window)
    return History(
        plan.operation,
        walk.rows(),
        walk.over and not reasons,
        _("; ").join(filter(None, [why, *reasons])),
        plan.moment(plan.start) if whole else None,
        plan.moment(plan.last) if whole else None,
        walk.requests,
        bool(why),
        walk.place,
        dict(facts or {}),
    )
