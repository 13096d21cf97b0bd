"""What a person sees first of a frame: the columns, titles and formats of its view, as cells of text.

The frame itself is never changed. A frame is shown by its view while its columns are those it was made with;
one with other columns was made by the user, and is shown by pandas.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import clean
from jupyter_openapi.frames.build import ATTRIBUTE, MARK, mark_of
from jupyter_openapi.market.names import NAMES
from jupyter_openapi.messages import _, language, pgettext, text_width
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.loader import frame_views
from jupyter_openapi.spec.model import View, ViewColumn

if TYPE_CHECKING:
    import pandas as pd

MISSING = "-"
NAME = 20  # characters of a name beside its symbol
NAME_LANGUAGES = {"zh-CN": "cn", "zh-HK": "hk"}
"""As `NAMES` calls the languages of names; English for any other."""
LONGEST = 28  # characters of a text in a cell; what is cut ends in an ellipsis
SENTENCE = 46  # the same of a sentence
TOLD = 10  # rows whose longer texts are said in full below
_NUMBERS = frozenset({"price", "quantity", "money", "compact", "number", "integer", "ratio", "percent"})
_SIGNED = frozenset({"signed", "signed_ratio", "signed_percent"})
_TIMES = frozenset({"time", "date"})


@dataclass(frozen=True, slots=True)
class Cell:
    """One value as text; `sign` is 1 or -1 where it is coloured as a gain or a loss."""

    text: str
    sign: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """A column as it is shown: its title, its cells, whether it is a number, and whether it comes first.

    Texts are cut at `most` characters.
    """

    title: str
    cells: tuple[Cell, ...]
    number: bool
    key: bool
    most: int = LONGEST


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame as it is shown.

    Attributes
    ----------
    columns
        In order.
    rows, shown
        How many rows the frame has, and the positions of those that are shown.
    frame_columns
        How many columns the frame has.
    notes
        Lines below the table, such as the day and zone of its times.
    below
        Tables inside the frame's cells that are shown after it, such as the cash of each currency.
    """

    columns: tuple[Column, ...]
    rows: int
    shown: tuple[int, ...]
    frame_columns: int
    notes: tuple[str, ...] = ()
    below: tuple[Picture, ...] = ()


def view_of(frame: pd.DataFrame) -> View | None:
    """Return the view of a frame, or None where pandas shows it: unknown, changed, or asked for in full."""
    facts = frame.attrs.get(ATTRIBUTE)
    if not isinstance(facts, Mapping) or facts.get("view") == "full" or facts.get("table"):
        return None
    if frame.attrs.get(MARK) != mark_of(frame.columns):
        return None
    name = str(facts.get("operation"))
    found = frame_views().get(name)
    if found is None:
        operation = catalog().find(name)
        found = operation.view if operation is not None else None
    if found is None or not all(name in frame.columns for each in found.columns for name in each.fields):
        return None
    return found


def picture_of(frame: pd.DataFrame, view: View, *, most: int = 60, fewest: int = 10) -> Picture:
    """Return how a frame is shown; of more than `most` rows the first and last, `fewest` together."""
    if view.layout == "ladder":
        return _ladder(frame)
    if view.layout == "pivot":
        return _pivot(frame, view, most, fewest)
    count = len(frame)
    shown = _ends(count, most, fewest)
    part = frame.iloc[list(shown)]
    notes: list[str] = []
    columns = tuple(_column(part, each, notes) for each in _told(part, view.columns))
    below = [_inner(part[name]) for name in view.below if name in part.columns]
    notes += _in_full(part, view)
    if currency := base_currency_of(frame):
        notes.append(_("Amounts: {currency}").format(currency=currency) + _("."))
    return Picture(
        columns,
        rows=count,
        shown=shown,
        frame_columns=len(frame.columns),
        notes=tuple(dict.fromkeys(notes)),
        below=tuple(picture for picture in below if picture is not None),
    )


def base_currency_of(frame: pd.DataFrame) -> str:
    """Return the currency of all amounts of a frame, or "" where its rows tell theirs or nothing does."""
    facts, names = frame.attrs.get(ATTRIBUTE), list(frame.columns)
    if not isinstance(facts, Mapping) or "base_currency" in names or "currency" in names[1:]:
        return ""
    return str(facts.get("base_currency") or "")


def _in_full(frame: pd.DataFrame, view: View) -> Iterator[str]:
    """Yield the texts that no cell can hold, each after its row's first value, of the last rows."""
    first, last = view.columns[0].field, frame.iloc[-TOLD:]
    for at in range(len(last)):
        for name in view.notes:
            text = last[name].iloc[at]
            if not _absent(text) and text_width(str(text)) > LONGEST:
                yield f"{last[first].iloc[at]}: {clean(str(text))}"


def _ends(count: int, most: int, fewest: int) -> tuple[int, ...]:
    """Return the positions of the rows that are shown: all of them, or the first and the last."""
    half = max(1, fewest // 2)
    return tuple(range(count)) if count <= most else (*range(half), *range(count - half, count))


def _pivot(frame: pd.DataFrame, view: View, most: int, fewest: int) -> Picture:
    """Return a table whose index is a time, and each field of each symbol a column."""
    shown = _ends(len(frame), most, fewest)
    part = frame.iloc[list(shown)]
    notes: list[str] = []
    moments = [None if _absent(value) else value for value in part.index]
    first = _("Date") if frame.index.name == "trade_date" else _("Time")
    columns = [Column(first, tuple(map(Cell, _times(moments, notes))), number=False, key=True)]
    for each in view.columns:
        for symbol in part[each.field].columns if each.field in part.columns else ():
            values = [None if _absent(value) else value for value in part[each.field, symbol]]
            cells = tuple(_cells(values, each.format))
            title = f"{clean(str(symbol))} {pgettext('column', each.title)}"
            columns.append(Column(title, cells, number=True, key=each.key))
    return Picture(tuple(columns), len(frame), shown, len(frame.columns) + 1, tuple(notes))  # and the index


def _told(frame: pd.DataFrame, columns: Sequence[ViewColumn]) -> list[ViewColumn]:
    """Return a view's columns without a name that is not known for any row."""
    return [
        each for each in columns if each.format != "name" or any(NAMES.of(str(s)) for s in frame[each.field])
    ]


def _inner(cells: Iterable[Any]) -> Picture | None:
    """Return the objects in a column's lists as a table of their own, or None where there are none."""
    rows = [
        row for cell in cells if isinstance(cell, (list, tuple)) for row in cell if isinstance(row, Mapping)
    ]
    names = list(dict.fromkeys(name for row in rows for name in row))
    if not rows:
        return None
    names.sort(key=lambda name: name != "currency")  # what tells the rows apart comes first
    columns = []
    for name in names:
        values = [None if _absent(row.get(name)) else row.get(name) for row in rows]
        number = any(_decimal(value) is not None for value in values)
        cells_of = tuple(_cells(values, "money" if number else "text"))
        title = pgettext("column", name.replace("_", " ").capitalize())
        columns.append(Column(title, cells_of, number, key=True))
    return Picture(tuple(columns), len(rows), tuple(range(len(rows))), len(columns))


def _column(frame: pd.DataFrame, column: ViewColumn, notes: list[str]) -> Column:
    values = _values(frame, column)
    if column.format == "time" and column.field == "timestamp" and _counts_days(frame):
        days = tuple(Cell(_day(None if _absent(day) else day)) for day in frame["trade_date"])
        return Column(_("Date"), days, number=False, key=True)
    if column.format in _TIMES:
        texts = _times(values, notes) if column.format == "time" else [_day(value) for value in values]
        return Column(pgettext("column", column.title), tuple(map(Cell, texts)), number=False, key=column.key)
    if column.words:
        values = [pgettext(column.field, each) if each in column.words else each for each in values]
    cells = tuple(_cells(values, column.format))
    number = column.format in _NUMBERS or column.format in _SIGNED
    most = SENTENCE if column.format == "words" else LONGEST
    return Column(pgettext("column", column.title), cells, number, column.key, most)


def _counts_days(frame: pd.DataFrame) -> bool:
    """Tell whether bars belong to a date: several symbols' bars of minutes have one beside their time."""
    facts = frame.attrs.get(ATTRIBUTE)
    intraday = isinstance(facts, Mapping) and facts.get("operation") == "candles_intraday"
    return "trade_date" in frame.columns and not intraday


def _values(frame: pd.DataFrame, column: ViewColumn) -> list[Any]:
    """Return the column's values with None for whatever is missing, computed where a formula says so."""
    taken = [[None if _absent(value) else value for value in frame[name]] for name in column.fields]
    if column.formula is None:
        return taken[0]
    return [_computed(column.formula, *map(_decimal, pair)) for pair in zip(*taken, strict=True)]


def _absent(value: Any) -> bool:
    if value is None:
        return True
    if isinstance(value, (list, tuple, dict)):
        return False
    try:
        return bool(value == "" or value != value)  # noqa: PLR0124 (NaN and NaT)
    except TypeError:
        return True  # NA is neither equal nor unequal to anything


def _decimal(value: Any) -> Decimal | None:
    if value is None:
        return None
    try:
        found = Decimal(str(value))
    except ArithmeticError:
        return None
    return found if found.is_finite() else None


def _computed(formula: str, first: Decimal | None, second: Decimal | None) -> Decimal | None:
    if first is None or second is None:
        return None
    if formula == "difference":
        return first - second
    if formula == "product":
        return first * second
    return (first - second) / second if second else None


def _cells(values: Sequence[Any], form: str) -> Iterable[Cell]:
    if form in _NUMBERS or form in _SIGNED:
        numbers = [_decimal(value) for value in values]
        digits = _digits(numbers, form)
        for value, number in zip(values, numbers, strict=True):
            if number is None:
                yield Cell(MISSING if value is None else clean(str(value)))
            else:
                yield _number(number, form, digits)
        return
    for value in values:
        if value is None:
            yield Cell(MISSING)
        elif form == "code":
            yield Cell(clean(str(value).removesuffix("Status") or str(value)))
        elif form == "name":
            name = clean(NAMES.of(str(value), NAME_LANGUAGES.get(language(), "en"))) or MISSING
            yield Cell(name if len(name) <= NAME else f"{name[: NAME - 1].rstrip(' ,.')}…")
        elif form == "boolean":
            yield Cell(_("yes") if str(value).lower() in {"true", "1", "yes"} else _("no"))
        else:
            yield Cell(clean(str(value)))


def _digits(numbers: Sequence[Decimal | None], form: str) -> int:
    """Return how many decimals a column's numbers have: the same for all, so that the points align."""
    if form in {"money", "ratio", "percent", "signed_ratio", "signed_percent"}:
        return 2
    if form == "integer":
        return 0
    known = [number for number in numbers if number is not None]
    largest = max(map(abs, known), default=Decimal(0))
    # An average over many fills has more digits than anybody reads.
    finest = 6 if form == "quantity" else 2 if largest >= 1000 else 3 if largest >= 100 else 4
    most = 0
    for number in known:
        exponent = round(number, finest).normalize().as_tuple().exponent
        most = max(most, -exponent if isinstance(exponent, int) else 0)
    return most if form in {"quantity", "compact"} else max(2, most)


def _number(number: Decimal, form: str, digits: int) -> Cell:
    if form == "compact":
        return Cell(compact(number))
    if form in {"ratio", "signed_ratio"}:
        number *= 100
    rounded = round(number, digits)
    sign = (rounded > 0) - (rounded < 0) if form in _SIGNED else 0
    percent = "%" if form in {"ratio", "percent", "signed_ratio", "signed_percent"} else ""
    text = f"{'+' if sign > 0 else ''}{rounded:,.{digits}f}{percent}"
    return Cell(text if rounded else text.replace("-", ""), sign)


def compact(number: Decimal) -> str:
    """Return a large number in few digits: ``1.23K``, ``45.6M``, ``7.89B``."""
    size = abs(number)
    for limit, unit in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
        # What rounds to 1,000 of a unit is 1 of the next.
        if size >= limit * Decimal("0.9995" if limit > 1000 else 1):
            scaled = number / limit
            return f"{scaled:,.{_places(scaled)}f}{unit}"
    return f"{number:,.0f}" if number == number.to_integral_value() else f"{number:,.{_places(number)}f}"


def _places(number: Decimal) -> int:
    return 2 if abs(number) < 10 else 1 if abs(number) < 100 else 0


def _times(values: Sequence[Any], notes: list[str]) -> list[str]:
    """Return moments without fractions of a second; the day and zone that all share are noted once."""
    known = [value for value in values if value is not None]
    if not known or not hasattr(known[0], "strftime"):
        return [MISSING if value is None else clean(str(value)) for value in values]
    zone = str(known[0].tzinfo) if known[0].tzinfo is not None else ""
    days = {value.date() for value in known}
    if all(value.time() == value.time().min for value in known):
        form = "%Y-%m-%d"
    elif len(days) == 1:
        form = "%H:%M:%S"
        day = f"{days.pop():%Y-%m-%d}"
        notes.append(_("Times: {day} {zone}").format(day=day, zone=zone).rstrip() + _("."))
    else:
        form = "%Y-%m-%d %H:%M"
        if zone:
            notes.append(_("Times: {zone}").format(zone=zone) + _("."))
    return [MISSING if value is None else value.strftime(form) for value in values]


def _day(value: Any) -> str:
    if value is None:
        return MISSING
    return f"{value:%Y-%m-%d}" if hasattr(value, "strftime") else clean(str(value))


def _ladder(frame: pd.DataFrame) -> Picture:
    """Return a book of orders as a ladder: asks above bids, the price between the two sizes."""
    rows = []
    for side, price, size in zip(frame["side"], frame["price"], frame["volume"], strict=True):
        level = _decimal(None if _absent(price) else price)
        if level is not None:
            rows.append((level, str(side), None if _absent(size) else size))
    rows.sort(key=lambda row: (-row[0], row[1]))
    sizes = {side: [size if own == side else None for _price, own, size in rows] for side in ("bid", "ask")}
    blank = {side: [Cell("") if own != side else None for _price, own, _size in rows] for side in sizes}
    columns = []
    for title, side in ((_("Bid size"), "bid"), (_("Ask size"), "ask")):
        cells = zip(_cells(sizes[side], "quantity"), blank[side], strict=True)
        columns.append(Column(title, tuple(empty or cell for cell, empty in cells), number=True, key=True))
    prices = Column(
        _("Price"), tuple(_cells([price for price, *_rest in rows], "price")), number=True, key=True
    )
    columns.insert(1, prices)
    return Picture(tuple(columns), len(frame), tuple(range(len(rows))), len(frame.columns))


def widest_fit(columns: Sequence[Column], widths: Sequence[int], room: int, gap: int) -> list[int]:
    """Return the positions of the columns that fit into `room`: the key columns first, then the others.

    The first column is always shown. The order on the page stays the view's.
    """
    ranked = sorted(range(len(columns)), key=lambda at: (not columns[at].key, at))
    left, taken = math.inf if room <= 0 else room, list[int]()
    for at in ranked:
        need = widths[at] + (gap if taken else 0)
        if taken and need > left:
            if columns[at].key:
                continue
            break
        taken.append(at)
        left -= need
    return sorted(taken)
