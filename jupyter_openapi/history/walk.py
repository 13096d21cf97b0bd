"""Walk over a history window by window, keeping what has been read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jupyter_openapi.history.page import (
    Verdict,
    WindowReading,
    has_more,
    names_of,
    place_of,
    rows_of,
    seconds_of,
)
from jupyter_openapi.history.plan import DAY, Plan
from jupyter_openapi.market.worth import Read
from jupyter_openapi.messages import _
from jupyter_openapi.spec import catalog

READINGS = 6  # of one window, before it counts as changing too fast to be read
DOUBTS = 200  # windows halved because there are more rows, although the reply was not full
TODAY_DAYS = (
    14  # a history that ended this long ago has none of today's rows, in any market's zone or holiday
)


@dataclass(frozen=True, slots=True)
class Part:
    """A span of time that has been read: first and last second, rows, and what is wrong with it."""

    first: int
    last: int
    rows: list[Any]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """How far a history is: the share of its time, rows and requests so far, and whether it is over."""

    share: float
    rows: int
    requests: int
    over: bool


Progress = Callable[[Step], None]


class Walk:
    """Progress of one history; may be interrupted after any request and continued.

    Every change of state is one assignment or one append, so that Ctrl-C leaves nothing half done.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.parts: list[Part] = []
        self.reading: WindowReading | None = None
        self.today: list[list[Any]] = []
        self.requests = 0
        self.place: tuple[str, ...] = place_of(plan.operation)
        self._ends: list[int] = []  # where halved windows end
        self._longest = 0
        self._doubts = 0

    @property
    def next(self) -> int:
        """The first second that has not been read."""
        return self.parts[-1].last + 1 if self.parts else self.plan.start

    @property
    def over(self) -> bool:
        """Whether everything has been read."""
        return self.next > self.plan.end

    @property
    def count(self) -> int:
        """Rows read so far; the few that came twice count twice."""
        return sum(len(part.rows) for part in self.parts) + (self.reading.count if self.reading else 0)

    def step(self, *, over: bool) -> Step:
        """Return how far it is; `over` when there is nothing more to come."""
        span = self.plan.end + 1 - self.plan.start
        return Step((self.next - self.plan.start) / span, self.count, self.requests, over)

    def go_on(self, plan: Plan) -> None:
        """Take up the same history later: what was read up to the earlier plan's present stays."""
        while self.parts and self.parts[-1].last >= self.plan.now:
            self.parts.pop()
        self.plan = plan

    def run(self, read: Read, progress: Progress | None) -> None:
        """Read all that is left. Whatever `read` raises goes through, and nothing read is lost."""
        # Today's first: if midnight passes in between, its rows come twice; otherwise they would be missed.
        self._read_today(read)
        while not self.over:
            self._read_page(read)
            if progress is not None and not self.over:
                progress(self.step(over=False))

    def _read_today(self, read: Read) -> None:
        name = self.plan.pages.today
        operation = catalog().find(name) if name else None
        if operation is None or self.plan.end < self.plan.now - TODAY_DAYS * DAY:
            return
        filters = {n: v for n, v in self.plan.arguments.items() if operation.parameter(n) is not None}
        rows = rows_of(operation, read(operation.name, filters))
        self.requests += 1
        self.today.append([row for row in rows if self._within(row, self.plan.start, self.plan.end)])

    def _within(self, row: Any, first: int, last: int) -> bool:
        seconds = seconds_of(row, self.plan.pages.time)
        return seconds is None or first <= seconds <= last

    def _read_page(self, read: Read) -> None:
        reading = self.reading
        if reading is None or reading.first != self.next:
            reading = self.reading = WindowReading(self.plan, self.next, self._window_end())
        if reading.verdict(self._longest) is Verdict.GO_ON:
            asked = self.plan.request(reading.first, reading.last, len(reading.pages) + 1)
            data = read(self.plan.operation.name, asked)
            self.requests += 1
            rows = rows_of(self.plan.operation, data)
            if rows:
                self.place = place_of(self.plan.operation, data)
            self._longest = max(self._longest, len(rows))
            reading.add(rows, has_more(data))
        verdict = reading.verdict(self._longest)
        if verdict is Verdict.CUT:
            self._narrow(reading)
        elif verdict is not Verdict.GO_ON:
            self._settle(reading, stuck=verdict is Verdict.STUCK)

    def _window_end(self) -> int:
        self._ends = [end for end in self._ends if end >= self.next]
        return min([*self._ends, self.plan.window_end(self.next)])

    def _narrow(self, reading: WindowReading) -> None:
        """Halve a window that was cut; a single second can't be halved."""
        page = reading.pages[-1]
        count, first, last = len(page.rows), reading.first, reading.last
        if first == last:
            template = (
                _("{moment} holds more than the {count:,} rows of it that the broker gives")
                if page.more
                else _("{moment} may hold more than the {count:,} rows of it that the broker gives")
            )
            why = template.format(moment=self.plan.stamp(first), count=count)
            self._commit(reading, why if page.more is not False else "")
            return
        if count < max(self._longest, 1):
            self._doubts += 1
            if self._doubts > DOUBTS:
                self._commit(
                    reading,
                    _("the broker says of {span} that there are more rows, and gives none").format(
                        span=self._span(reading)
                    ),
                )
                return
        self._ends = [*self._ends, first + (last - first) // 2]
        self.reading = None

    def _settle(self, reading: WindowReading, *, stuck: bool) -> None:
        """Keep what a reading gave, or read the window again if something moved meanwhile."""
        if not reading.steady:
            if reading.number < READINGS:
                reading.before = None
                self.reading = WindowReading(self.plan, reading.first, reading.last, before=reading)
            else:
                self._commit(
                    reading,
                    _("rows of {span} kept moving while they were read").format(span=self._span(reading)),
                )
            return
        self._commit(reading, self._endless(reading) if stuck else self._astray(reading))

    def _endless(self, reading: WindowReading) -> str:
        return _(
            "page {number} of {span} gives nothing new, and the broker does not say that it is the last"
        ).format(number=len(reading.pages), span=self._span(reading))

    def _astray(self, reading: WindowReading) -> str:
        """Say if rows without ids lie where another window brings them, too."""
        if self.plan.pages.key is not None or self.plan.pages.window is None:
            return ""
        count = sum(
            self._within(row, self.plan.start, self.plan.end)
            and not self._within(row, reading.first, reading.last)
            for row in reading.rows
        )
        if not count:
            return ""
        return _("rows outside {span} came with it ({count:,}), and may be here twice").format(
            span=self._span(reading), count=count
        )

    def _commit(self, reading: WindowReading, why: str = "") -> None:
        self.parts.append(Part(reading.first, reading.last, reading.rows, why))
        self.reading = None

    def _span(self, reading: WindowReading) -> str:
        if self.plan.pages.window is None:
            return _("the list")
        return _("{first} to {last}").format(
            first=self.plan.stamp(reading.first), last=self.plan.stamp(reading.last)
        )

    def rows(self) -> list[Any]:
        """Return every row read, once, by time; those of one second in the order they came about.

        A broker that lists the newest first is read backwards. Rows without a time come last.
        """
        chunks = [*self.today, *(part.rows for part in self.parts), *self._unfinished()]
        if self._newest_first(chunks):
            chunks = [chunk[::-1] for chunk in chunks]
        rows = [row for chunk in chunks for row in chunk]
        key, field = self.plan.pages.key, self.plan.pages.time
        if key is not None:
            names = [name for chunk in chunks for name in names_of(chunk, key)]
            rows = list(dict(zip(names, rows, strict=True)).values())
        times = [seconds_of(row, field) for row in rows]
        order = sorted(range(len(rows)), key=lambda at: (times[at] is None, times[at] or 0))
        return [rows[at] for at in order]

    def _unfinished(self) -> list[list[Any]]:
        """Return the rows of the window that was being read; of two readings the longer one."""
        reading = self.reading
        if reading is None or reading.first != self.next:
            return []
        before = reading.before
        return [(before if before and before.count > reading.count else reading).rows]

    def _newest_first(self, chunks: list[list[Any]]) -> bool:
        field, votes = self.plan.pages.time, 0
        for chunk in chunks:
            first, last = (seconds_of(chunk[at], field) or 0 for at in (0, -1)) if chunk else (0, 0)
            votes += (first > last) - (first < last)
        return votes > 0
