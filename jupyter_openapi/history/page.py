"""Read one window page by page: when it ends, and whether it is whole."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from jupyter_openapi.frames.records import find_list
from jupyter_openapi.messages import _
from jupyter_openapi.spec.model import Operation

if TYPE_CHECKING:
    from jupyter_openapi.history.plan import Plan

USUAL_SIZES = (20, 50)  # the page sizes the broker's documents name as defaults (limits: cashflow, my_topics)


def place_of(operation: Operation, data: Any = None) -> tuple[str, ...]:
    """Return the keys that lead from `data` to its list of rows: ``("orders",)``.

    Taken from the operation's first table; without one, or where `data` has other keys, from its shape.
    """
    described = _described_place(operation)
    if described is not None and (data is None or _leads(described, data)):
        return described
    name = find_list(data)[0]
    return (name,) if name else ()


def _described_place(operation: Operation) -> tuple[str, ...] | None:
    if not operation.tables:
        return None
    # Of list[].stock_info[] the pages hold the outer list.
    way = operation.tables[0].path.split("[]")[0]
    return tuple(way.split(".")) if way else ()


def _leads(place: tuple[str, ...], data: Any) -> bool:
    """Tell whether all the keys of a place are there; what a null on the way holds is nothing."""
    for word in place:
        if data is None:
            return True
        if not isinstance(data, dict) or word not in data:
            return False
        data = data[word]
    return True


def rows_of(operation: Operation, data: Any) -> list[Any]:
    """Return the rows of a reply's `data`, as they came; none if the list is absent or null."""
    described = _described_place(operation)
    if described is not None and _leads(described, data) and not isinstance(data, list):
        node = data
        for word in described:
            node = node.get(word) if isinstance(node, dict) else None
        return node if isinstance(node, list) else []
    rows = find_list(data)[1]
    # An object that holds no list is its own only row to a frame; to a pager it is a page without rows.
    return [] if len(rows) == 1 and rows[0] is data else rows


def with_rows(place: tuple[str, ...], rows: list[Any]) -> Any:
    """Return `rows` where the broker puts them: ``{"orders": rows}``."""
    data: Any = rows
    for word in reversed(place):
        data = {word: data}
    return data


def has_more(data: Any) -> bool | None:
    """Return what the reply says of further rows; None if it says nothing."""
    more = data.get("has_more") if isinstance(data, dict) else None
    return more if isinstance(more, bool) else None


def seconds_of(row: Any, name: str | None) -> int | None:
    """Return the Unix seconds in a row's field, or None where there are none."""
    value = row.get(name) if name and isinstance(row, dict) else None
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    try:
        return int(value) or None
    except ValueError:
        return None


def names_of(rows: Iterable[Any], key: str | None, seen: Counter[str] | None = None) -> list[Hashable]:
    """Return what tells each row from the others: its id, or its content and how often that came before.

    Parameters
    ----------
    rows
        Rows of one reading.
    key
        The field that holds the id, if the specification names one.
    seen
        How often each content came earlier in the same reading; brought up to date.
    """
    counts = Counter() if seen is None else seen
    names: list[Hashable] = []
    for row in rows:
        identity = row.get(key) if key and isinstance(row, dict) else None
        if identity is not None and identity != "":
            names.append(str(identity))
            continue
        content = json.dumps(row, sort_keys=True)
        counts[content] += 1
        names.append((content, counts[content]))
    return names


def cut(operation: Operation, data: Any, arguments: Mapping[str, Any] | None = None) -> str | None:
    """Return one line if a single reply does not hold everything, else None.

    Parameters
    ----------
    operation
        What was asked for.
    data
        The reply's `data`.
    arguments
        What it was asked with, by wire name: a page as long as the size asked for may have a next one.
    """
    pages = operation.pages
    count, more = len(rows_of(operation, data)), has_more(data)
    if pages is None:
        return _("{count:,} rows and there are more.").format(count=count) if more else None
    if pages.bars:
        return _cut_bars(count, pages.max_rows or 0, arguments or {})
    advice = _("add --all with a start") if pages.window else _("add --all")
    if more:
        return _("{count:,} rows and there are more; {advice}.").format(count=count, advice=advice)
    if more is False or not count:
        return None
    asked = (arguments or {}).get(pages.size or "", operation.defaults.get(pages.size or ""))
    if pages.size and asked is not None:
        full = count >= int(asked)
    elif pages.size:
        full = count in USUAL_SIZES
    else:
        full = pages.max_rows is not None and count >= pages.max_rows
    return (
        _("{count:,} rows, as many as one reply holds, so there may be more; {advice}.").format(
            count=count, advice=advice
        )
        if full
        else None
    )


def _cut_bars(count: int, most: int, arguments: Mapping[str, Any]) -> str | None:
    """Return the line for candles: those asked for by a count come whole, up to what a reply holds."""
    by_count = any(str(name).partition(".")[0] == "offset_request" for name in arguments)
    if by_count or not most or count < most:
        return None
    return _("{count:,} bars, as many as one reply holds; earlier ones are missing: add --all.").format(
        count=count
    )


LEAST_PAGE = 20  # no page the broker documents is shorter when full
MOST_PAGES = 10_000  # of one window; with more, the broker repeats its pages
MOST_TWINS = 20  # equal pages in a row, where rows have no ids and may be equal


class Verdict(Enum):
    """Whether the pages read so far make a whole window."""

    GO_ON = auto()  # ask for the next page
    WHOLE = auto()  # that was the last
    CUT = auto()  # the window has more rows than one reply holds, and there are no pages
    STUCK = auto()  # the broker says there are more, and gives none


@dataclass(frozen=True, slots=True)
class Page:
    """One reply: its rows, what tells them apart, what it says of further ones, and whether any was new."""

    rows: list[Any]
    names: list[Hashable]
    more: bool | None
    fresh: bool


class WindowReading:
    """The pages of one window, in one go from the first.

    Parameters
    ----------
    plan
        Of which history.
    first, last
        The window's first and last second.
    before
        The reading of the same window before this one, to compare with.
    """

    def __init__(self, plan: Plan, first: int, last: int, before: WindowReading | None = None) -> None:
        self.plan = plan
        self.first = first
        self.last = last
        self.before = before
        self.number: int = before.number + 1 if before else 1
        self.pages: list[Page] = []
        self._seen: set[Hashable] = set()
        self._contents: Counter[str] = Counter()

    def add(self, rows: list[Any], more: bool | None) -> None:  # noqa: FBT001 (what the reply says)
        """Take the next page."""
        names = names_of(rows, self._key, self._contents)
        if self._key is not None:
            fresh = not self._seen.issuperset(names)
        else:
            fresh = bool(rows) and not (self.pages and rows == self.pages[-1].rows)
        page = Page(rows, names, more, fresh)
        self._seen.update(names)
        self.pages.append(page)  # last, and in one step: Ctrl-C leaves no page half taken

    @property
    def _key(self) -> str | None:
        return self.plan.pages.key

    @property
    def rows(self) -> list[Any]:
        """Every row once, in the order it came; of equal ids the one read last."""
        pages = self.pages[: -self._twins] if self._twins else self.pages
        if self._key is None:
            return [row for page in pages for row in page.rows]
        return list(
            {name: row for page in pages for name, row in zip(page.names, page.rows, strict=True)}.values()
        )

    @property
    def names(self) -> list[Hashable]:
        """What tells the rows apart, in the order they came, repetitions included."""
        return [name for page in self.pages for name in page.names]

    @property
    def count(self) -> int:
        """Rows taken so far, repetitions included."""
        return sum(len(page.rows) for page in self.pages)

    @property
    def steady(self) -> bool:
        """Whether nothing moved while the pages were read.

        A single reply is a snapshot. Of several, a row that came in above pushes another onto the next page:
        an id comes twice. Without ids, only a second reading can tell: of a window it is the same to the
        letter, of a list whose rows live on (prices, profits) it has as many rows.
        """
        if sum(1 for page in self.pages if page.rows) <= 1:
            return True
        if self._key is not None and len(self._seen) == self.count:
            return True
        if self.before is None:
            return False
        if self.plan.pages.window is None:
            return self.before.count == self.count
        return self.before.names == self.names

    @property
    def _twins(self) -> int:
        """How many pages at the end say again what the page before them said.

        Without ids two full pages may be equal by right, unless there is no end of them; a short one is the
        broker repeating itself.
        """
        run = 0
        for page in reversed(self.pages):
            if page.fresh or not page.rows:
                break
            run += 1
        if self._key is not None or not run:
            return 0
        short = self.plan.size is None or len(self.pages[-1].rows) < self.plan.size
        return run if short or run >= MOST_TWINS else 0

    def verdict(self, longest: int) -> Verdict:
        """Tell whether to go on.

        Parameters
        ----------
        longest
            Rows of the longest page that any window of this history has given.
        """
        if not self.pages:
            return Verdict.GO_ON
        page, count = self.pages[-1], len(self.pages[-1].rows)
        most = self.plan.pages.max_rows
        if self.plan.pages.page is None:
            full = most is not None and count >= most
            return Verdict.CUT if page.more or full else Verdict.WHOLE
        if page.more is False:
            return Verdict.WHOLE
        if self._twins or len(self.pages) >= MOST_PAGES:
            return Verdict.STUCK
        if not page.rows or (self._key is not None and not page.fresh):
            return Verdict.STUCK if page.more else Verdict.WHOLE
        if page.more or (self.plan.size is not None and count >= self.plan.size):
            return Verdict.GO_ON
        # A page shorter than asked for is the last, unless the broker's own pages are shorter: then it is as
        # long as any so far, and the next one tells.
        return Verdict.GO_ON if count >= max(longest, LEAST_PAGE) else Verdict.WHOLE
