"""Views: what a person wants to see first of a frame, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FORMATS = frozenset(
    {
        "text",  # as it is
        "words",  # a sentence, of which more is shown than of other texts
        "name",  # of a symbol, what the security is called, where that is known
        "code",  # the name of a code: Normal, Buy, LO
        "price",  # every digit the broker gives, thousands apart
        "quantity",  # whole numbers without a point, thousands apart
        "money",  # two decimals, thousands apart
        "compact",  # 1.2K, 3.4M, 5.6B
        "number",  # any other decimal
        "integer",  # a whole number, thousands apart
        "ratio",  # 0.05 as 5.00 %
        "percent",  # 5 as 5.00 %
        "signed",  # + or -, coloured
        "signed_ratio",  # + or -, coloured, 0.05 as +5.00 %
        "signed_percent",  # + or -, coloured, 5 as +5.00 %
        "time",  # in the zone asked for, without fractions of a second
        "date",
        "boolean",  # yes or no
    }
)
"""How a column of a view may be shown."""

FORMULAS = frozenset({"difference", "growth", "product"})
"""How a computed column comes from two fields: a - b, (a - b) / b, a * b; missing where either is."""

LAYOUTS = frozenset({"table", "ladder", "rows", "pivot"})
"""How a view is laid out: a table, a ladder of prices (depth), one row a column (a single record), or a table
whose index is a time and whose columns are pairs of a field and a symbol."""


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """One column of a view: a column of the frame, or one computed from two of them.

    `fields` holds the frame's column, or the two that `formula` takes. The columns marked `key` are those
    that fit 80 characters; the others are shown where there is room. `words` are values that this package
    writes itself, such as ``long``: they are shown in the language in use, and stay as they are in the frame.
    """

    fields: tuple[str, ...]
    title: str
    format: str = "text"  # one of FORMATS
    key: bool = False
    formula: str | None = None  # one of FORMULAS; None: the column as it is
    words: tuple[str, ...] = ()

    @property
    def field(self) -> str:
        """The frame's column, or the first of those it is computed from."""
        return self.fields[0]


@dataclass(frozen=True, slots=True)
class View:
    """What a person wants to see first of an operation's frame; the frame itself keeps every column."""

    columns: tuple[ViewColumn, ...]
    layout: str = "table"  # one of LAYOUTS
    below: tuple[str, ...] = ()  # names of nested tables worth showing after it: cash_infos
    notes: tuple[str, ...] = ()  # columns whose texts are said in full below where a cell can't hold them


def read_view(raw: Mapping[str, Any]) -> View:
    """Return an ``x-view`` as an object."""
    columns = tuple(
        ViewColumn(
            fields=tuple(each["fields"]) if "formula" in each else (each["field"],),
            title=each["title"],
            format=each.get("format", "text"),
            key=each.get("key", False),
            formula=each.get("formula"),
            words=tuple(each.get("words", ())),
        )
        for each in raw["columns"]
    )
    below, notes = (tuple(raw.get(name, ())) for name in ("below", "notes"))
    return View(columns, raw.get("layout", "table"), below, notes)
