"""What the specification says of an operation, as plain frozen objects.

The OpenAPI documents beside this module are the source; nothing here is written by hand per endpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


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
    """

    path: str
    fields: tuple[Field, ...]
    parents: tuple[tuple[str, Field], ...] = ()
    label: tuple[str, str] | None = None
    scalar: bool = False


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


@dataclass(frozen=True, slots=True)
class SdkMethod:
    """A method of the official SDK that sends this operation, with the arguments it always sends."""

    name: str  # TradeContext.submit_order
    constants: Mapping[str, Any] = field(default_factory=dict)


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
    parameters: tuple[Parameter, ...] = ()
    short: Mapping[str, str] = field(default_factory=dict)  # price -> submitted_price
    defaults: Mapping[str, Any] = field(
        default_factory=dict
    )  # sent when not given, and shown: time_in_force=Day
    implies: Mapping[str, Mapping[str, Any]] = field(
        default_factory=dict
    )  # giving this parameter fixes those: offset_request -> query_type=1
    tables: tuple[Table, ...] = ()  # the first is the frame; empty: infer
    pages: Pages | None = None
    sdk: tuple[SdkMethod, ...] = ()
    documented: bool = True
    region: str | None = None  # "us" or "ap" where only that data centre serves it

    def parameter(self, name: str) -> Parameter | None:
        """Return the parameter called `name` on the wire or by its short name, or None.

        A field of an object is named with a dot: ``date_request.start_date``.
        """
        first, *rest = self.short.get(name, name).split(".")
        found = next((p for p in self.parameters if p.name == first), None)
        for word in rest:
            found = next((p for p in found.fields if p.name == word), None) if found else None
        return found
