"""Operations, parameters, fields, tables and views of the specification as frozen objects, and their catalog.

The OpenAPI documents beside this module are the source; nothing here is written by hand per endpoint. The
catalog finds operations by name, by method and path, or by likeness.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar, overload
from urllib.parse import unquote

from jupyter_openapi.errors import RequestRefused, did_you_mean, sentence, short
from jupyter_openapi.messages import _

T = TypeVar("T")


class LazyTuple(Sequence[T]):
    """A tuple that is made when it is first looked at.

    Most of the documents describe replies, and a session looks at few of them: making all would cost more
    than everything else that is read at the start. Pickled and copied, it is a plain tuple.
    """

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], Iterable[T]]) -> None:
        self._make = make
        self._made: tuple[T, ...] | None = None

    def _tuple(self) -> tuple[T, ...]:
        if self._made is None:
            self._made = tuple(self._make())
        return self._made

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        return self._tuple()[index]

    def __iter__(self) -> Iterator[T]:
        return iter(self._tuple())

    def __len__(self) -> int:
        return len(self._tuple())

    def __eq__(self, other: object) -> bool:
        return self._tuple() == (other._tuple() if isinstance(other, LazyTuple) else other)

    def __hash__(self) -> int:
        return hash(self._tuple())

    def __repr__(self) -> str:
        return repr(self._tuple())

    def __reduce__(self) -> tuple[type[tuple[T, ...]], tuple[list[T]]]:
        return tuple, (list(self._tuple()),)


class Effect(StrEnum):
    """What a request does: `READ` nothing, `WRITE` settings and posts, `TRADE` whatever moves money."""

    READ = "read"
    WRITE = "write"
    TRADE = "trade"


class Kind(StrEnum):
    """The kind of a value, which rules its Python type, its wire form and its column's dtype."""

    TEXT = "text"  # free or plain text                     -> str
    ID = "id"  # digits that are a name, never a number  -> str
    SYMBOL = "symbol"  # ticker.region                           -> str
    ENUM = "enum"  # one of `values`                         -> str (or Int64 for integer enums)
    DECIMAL = "decimal"  # a JSON string holding a decimal         -> float64
    INTEGER = "integer"  # a JSON integer                          -> Int64
    BOOLEAN = "boolean"  #                                         -> boolean
    TIMESTAMP = "timestamp"  # Unix seconds                            -> datetime64[s or ns, tz]
    MILLIS = "millis"  # Unix milliseconds                       -> datetime64[ms or ns, tz]
    DATE = "date"  # YYYY-MM-DD or YYYYMMDD, see `date_format` -> datetime64, naive midnight
    OBJECT = "object"  # nested JSON                             -> object
    ANY = "any"  # not described                           -> inferred


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation, by its wire name.

    `values` maps every accepted spelling (the wire value itself first, and the readable names of integer
    enums) to the wire value; spellings are matched without regard to case. `style` says how an array
    travels: ``repeat`` (key repeated, or a JSON array in a body), ``comma`` (one comma-joined string) or
    ``json`` (a JSON array inside a string).
    """

    name: str
    where: str  # query | body | path
    kind: Kind
    required: bool = False
    array: bool = False
    values: Mapping[str, str | int] = field(default_factory=dict)
    description: str = ""
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None  # exclusive lower bound, as quantities have
    max_length: int | None = None
    min_length: int | None = None
    max_items: int | None = None
    pattern: str | None = None  # a regular expression, as in JSON Schema: not anchored
    date_format: str = "%Y-%m-%d"  # of a date; "iso" for a timestamp that travels as ISO 8601 text
    number: bool = False  # travels as a JSON number in a body: a timestamp, a decimal, an integer, an id
    free_text: bool = False  # text a person writes (remark, title): taken verbatim by the magic
    style: str = "repeat"
    fields: tuple[Parameter, ...] = ()  # of an object, or of the objects in an array


UNITS = frozenset(
    {
        "price",  # an amount of the security's currency a share
        "quantity",  # shares or contracts
        "money",  # an amount of the record's currency
        "ratio",  # 0.05 is 5 %
        "percent",  # 5 is 5 %
        "count",
        "seconds",
    }
)
"""What a number counts."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record: its name, kind, and the wire values that mean "none"."""

    name: str
    kind: Kind
    nulls: tuple[Any, ...] = ()
    description: str = ""
    values: tuple[str | int, ...] = ()
    date_format: str = "%Y-%m-%d"
    number: bool = False  # JSON number rather than text
    unit: str = (
        ""  # price, quantity, money, ratio (0.05 is 5 %), percent (5 is 5 %), count, seconds; "" unknown
    )
    names: Mapping[str | int, str] = field(default_factory=dict)  # what a frame shows for a wire value


@dataclass(frozen=True, slots=True)
class Table:
    """Where an operation's records are inside `data`.

    `path` is relative to `data`: ``list[].stock_info[]``, ``orders[]``, or ``""`` when `data` is the record
    (``[]`` when it is the list). `parents` are columns carried from above, each with its own path relative
    to `data` (``list[].account_channel``), placed before the record's own columns; the field's name is the
    column's, which may differ from the path's last word (``groups[].id`` as ``group_id``).

    `label`, if set, is one more column and its value for every row of this table, placed after the parents:
    ``("side", "ask")``. Tables of one operation whose labels share the column are one frame, in order
    (asks, then bids).

    `scalar` says that the items at `path` are plain values, not objects: the only field names their column.

    `flatten` maps an object inside the record to the prefix of its columns: with ``pre_market_quote`` ->
    ``pre_market``, its ``last_done`` is the column ``pre_market_last_done``; an empty prefix leaves the names
    as they are. `fields` holds those columns in place of the object.
    """

    path: str
    fields: tuple[Field, ...]
    parents: tuple[tuple[str, Field], ...] = ()
    label: tuple[str, str] | None = None
    scalar: bool = False
    flatten: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What a person calls it: the last word of its path, ``cash_infos``; "" for the whole reply."""
        return self.path.rpartition(".")[2].removesuffix("[]")

    @property
    def columns(self) -> tuple[Field, ...]:
        """Every column that the specification describes, in order: parents, the label, the record's own."""
        label = () if self.label is None else (Field(self.label[0], Kind.TEXT, description="Kind of row."),)
        return (*(described for _, described in self.parents), *label, *self.fields)


def table_names(tables: Sequence[Table]) -> tuple[str, ...]:
    """Return the names of the tables beside the first: what ``--table`` and ``frame(table=...)`` take."""
    main = tables[0].label if tables else None
    others = [t for t in tables[1:] if not (main and t.label and t.label[0] == main[0])]
    return tuple(dict.fromkeys(table.name for table in others if table.name))


@dataclass(frozen=True, slots=True)
class Pages:
    """How a long history is fetched: the window's parameters, the page's, and what ends it."""

    window: tuple[str, str] | None = None  # parameter names of start and end
    days: int | None = None  # the default window
    page: str | None = None
    size: str | None = None
    max_rows: int | None = None  # a reply with this many rows was cut
    time: str | None = None  # the record field the window rules
    key: str | None = None  # the field that makes a record unique, if any
    today: str | None = None  # the operation that holds today's rows, where history excludes them
    bars: bool = False  # candles, read backwards from a moment, as many at once as one reply holds


@dataclass(frozen=True, slots=True)
class SdkMethod:
    """A method of the official SDK that sends this operation, with the arguments it always sends."""

    name: str  # TradeContext.submit_order
    constants: Mapping[str, Any] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True)
class Operation:
    """One method and path of the broker, by the official SDK's name for it."""

    name: str
    method: str
    path: str  # may hold {templates}
    effect: Effect
    group: str  # trade, asset, quote, fund, grid, ...
    limit: str  # which of the broker's limits counts it: trade | quote | none
    summary: str
    description: str = ""
    aliases: tuple[str, ...] = ()
    main: str | None = None  # the parameter that bare words fill
    parameters: Sequence[Parameter] = ()
    short: Mapping[str, str] = field(default_factory=dict)  # price -> submitted_price
    defaults: Mapping[str, Any] = field(
        default_factory=dict
    )  # sent when not given, and shown: time_in_force=Day
    implies: Mapping[str, Mapping[str, Any]] = field(
        default_factory=dict
    )  # giving this parameter fixes those: offset_request -> query_type=1
    keeps: tuple[str, ...] = ()  # the broker requires them; left out, they are sent as the order has them
    tables: Sequence[Table] = ()  # the first is the frame; empty: infer
    pages: Pages | None = None
    sdk: tuple[SdkMethod, ...] = ()
    documented: bool = True
    region: str | None = None  # "us" or "ap" where only that data centre serves it
    source: str = ""  # "cli" where only the broker's own command line and MCP server show the path
    reply_source: str = "docs"  # where the reply's fields are known from: docs, sdk, sdk-source, cli
    views: Sequence[View] = ()  # see `view`

    @property
    def view(self) -> View | None:
        """What is shown first of the first table, or None where all of it is as good as any part."""
        return self.views[0] if self.views else None

    def parameter(self, name: str) -> Parameter | None:
        """Return the parameter called `name` on the wire or by its short name, or None.

        A field of an object is named with a dot: ``date_request.start_date``.
        """
        first, *rest = self.short.get(name, name).split(".")
        found = next((p for p in self.parameters if p.name == first), None)
        for word in rest:
            found = next((p for p in found.fields if p.name == word), None) if found else None
        return found


_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Catalog:
    """The operations of the API.

    Parameters
    ----------
    operations
        Every operation, each with a name of its own.

    Attributes
    ----------
    operations
        Operation by name.
    aliases
        Operation name by alias (``positions`` -> ``stock_positions``).
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.operations: Mapping[str, Operation] = MappingProxyType({o.name: o for o in operations})
        self.aliases: Mapping[str, str] = MappingProxyType(
            {alias: o.name for o in self.operations.values() for alias in o.aliases}
        )
        self._methods = self._sdk_names()
        self._exact = {(o.method, o.path): o for o in self.operations.values()}
        self._templates = [(o.path.split("/"), o) for o in self.operations.values() if "{" in o.path]

    def find(self, name: str) -> Operation | None:
        """Return the operation of this name, alias, or method of the official SDK; case does not matter.

        A method is named bare where only one context has it (``order_book``), with its context's name
        before it (``dca_pause``), or in full (``DCAContext.pause``).
        """
        word = name.lower()
        known = self.aliases.get(word, word)
        if known in self.operations:
            return self.operations[known]
        return self._methods[word][0] if word in self._methods else None

    def named(self, name: str) -> Operation:
        """Return the operation `find` finds, or refuse with the nearest names."""
        known = self.find(name) if isinstance(name, str) else None
        if known is None:
            if not isinstance(name, str):
                raise RequestRefused(
                    _("An operation's name is text, such as 'quote', not a value of type {kind}.").format(
                        kind=type(name).__name__
                    )
                )
            names = [*self.operations, *self.aliases]
            raise RequestRefused(
                sentence(
                    _("There is no operation '{name}'.").format(name=short(name, 40)),
                    did_you_mean(name, names),
                    _("See `%openapi endpoints`."),
                )
            )
        return known

    def constants(self, name: str) -> Mapping[str, Any]:
        """Return the arguments that `name` stands for, beside those given.

        ``dca_pause`` is ``dca_toggle`` with ``status=Suspended``; an operation's own name stands for none.
        """
        word = name.lower()
        if word in self.operations or word not in self._methods:
            return _NOTHING
        return self._methods[word][1].constants

    def match(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """Return the operation of a request, with the values its path holds, or None.

        A literal path wins over a template: ``/v1/sharelists/popular`` is not the list called "popular".
        """
        verb = method.upper()
        if found := self._exact.get((verb, path)):
            return found, {}
        parts = path.split("/")
        for template, operation in self._templates:
            if operation.method == verb and (held := _held(template, parts)):
                return operation, held
        return None

    def _sdk_names(self) -> dict[str, tuple[Operation, SdkMethod]]:
        """Every spelling that means one method of the SDK; its first operation, where it sends several."""
        first: dict[str, tuple[Operation, SdkMethod]] = {}
        for operation in self.operations.values():
            for method in operation.sdk:
                first.setdefault(method.name, (operation, method))
        count = Counter(word for name in first for word in _spellings(name))
        return {word: first[name] for name in first for word in _spellings(name) if count[word] == 1}


def _spellings(method: str) -> tuple[str, str, str]:
    full = method.lower()
    context, _, bare = full.partition(".")
    return full, bare, f"{context.removesuffix('context')}_{bare}"


def _held(template: list[str], parts: list[str]) -> dict[str, str]:
    """Return what a path's parts hold in the places of a template's names; nothing if they don't fit."""
    if len(template) != len(parts):
        return {}
    held = {}
    for place, part in zip(template, parts, strict=True):
        if place.startswith("{") and part:
            held[place[1:-1]] = unquote(part)
        elif place != part:
            return {}
    return held
