"""What a subscription gives: events, each the whole state of its subject after one push."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from jupyter_openapi.errors import clean
from jupyter_openapi.market.orders import FINAL

QUOTE, DEPTH, BROKERS, TRADES, CANDLESTICK, ORDER = (
    "quote", "depth", "brokers", "trades", "candlestick", "order"
)  # fmt: skip

SESSIONS = {1: "pre_market_quote", 2: "post_market_quote", 3: "over_night_quote"}
"""The trading sessions beside the regular one, and what their part of a quote is called."""

_DECIMALS = frozenset(
    {
        "last_done", "prev_close", "open", "high", "low", "close", "turnover", "current_turnover", "price",
        "quantity", "submitted_quantity", "submitted_price", "executed_quantity", "executed_price",
        "trigger_price", "trailing_amount", "trailing_percent", "limit_offset", "last_share", "last_price",
    }
)  # fmt: skip
_TIMES = frozenset({"timestamp", "submitted_at", "updated_at", "trigger_at"})
_LATEST = 1 << 33  # seconds; a later time, in the year 2242, is none of a market
_LARGEST = 100  # digits before or after the point
Row = dict[str, Any]

_ALIASES = {"quantity": "submitted_quantity", "price": "submitted_price", "trades": "trade"}


class Level(NamedTuple):
    """One price of a book."""

    position: int
    price: Decimal | None
    volume: int
    order_num: int


class Brokers(NamedTuple):
    """The brokers that stand at one price of a book."""

    position: int
    broker_ids: tuple[int, ...]


class Trade(NamedTuple):
    """One trade of the market."""

    price: Decimal | None
    volume: int
    timestamp: datetime | None
    trade_type: str
    direction: int
    trade_session: int


def decimal(text: Any) -> Decimal | None:
    """Return a decimal of the wire; None where there is none that can be counted with."""
    try:
        value = Decimal(text) if text else None
    except (InvalidOperation, TypeError, ValueError):
        return None
    # NaN, infinity and what overflows in a sum are no amounts.
    return value if value is None or (value.is_finite() and abs(value.adjusted()) < _LARGEST) else None


def moment(seconds: Any) -> datetime | None:
    """Return a time of the wire, aware and in UTC; None where there is none."""
    try:
        number = int(seconds or 0)
        return datetime.fromtimestamp(number, UTC) if 0 < number < _LATEST else None
    except (OSError, OverflowError, TypeError, ValueError):
        return None


_CONVERTED: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_DECIMALS, decimal),
    **dict.fromkeys(_TIMES, moment),
}


class Event:
    """One event; the wire's fields are its attributes: prices and amounts as Decimal, times aware.

    Attributes
    ----------
    kind
        ``quote``, ``depth``, ``brokers``, ``trades``, ``candlestick`` or ``order``.
    symbol
        Whose.
    snapshot
        Whether it is a first value, after subscribing or an interruption, rather than a change.
    sequence
        The gateway's number; only ever use it to tell two events apart.
    source
        ``push``; ``pull`` or ``reread`` for what was asked for.
    received
        When it came, in seconds since the epoch.
    fields
        The fields as the wire has them. Do not change them: others see the same.
    """

    __slots__ = ("fields", "kind", "received", "snapshot", "source")

    def __init__(
        self,
        kind: str,
        fields: Mapping[str, Any],
        received: float,
        snapshot: bool = False,  # noqa: FBT001, FBT002 (one is made for every push: positions are faster)
        source: str = "push",
    ) -> None:
        self.kind = kind
        self.fields = fields
        self.received = received
        self.snapshot = snapshot
        self.source = source

    @property
    def symbol(self) -> str:
        """Whose it is."""
        return str(self.fields.get("symbol", ""))

    @property
    def sequence(self) -> int:
        """The gateway's number; 0 where it gives none."""
        return int(self.fields.get("sequence", 0))

    def __getattr__(self, name: str) -> Any:
        # Converted when asked for: most events are looked at for a field or two.
        values = object.__getattribute__(self, "fields")
        key = name if name in values else _ALIASES.get(name, name)
        try:
            value = values[key]
        except KeyError:
            raise AttributeError(f"a {self.kind} event has no {name}; it has {', '.join(values)}") from None
        if key in _CONVERTED:
            return _CONVERTED[key](value)
        return _convert_list(key, value) if isinstance(value, list) else value

    def __dir__(self) -> Iterator[str]:
        yield from (*self.__slots__, "symbol", "sequence", "done")
        yield from self.fields

    def __repr__(self) -> str:
        shown = {name: value for name, value in self.fields.items() if value not in ("", 0, [], None)}
        shown.pop("symbol", None)
        mark = " snapshot" if self.snapshot else ""
        fields = " ".join(f"{name}={value}" for name, value in shown.items() if not isinstance(value, list))
        return clean(f"<{self.kind} {self.symbol}{mark} {fields}>")

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name: getattr(self, name) for name in self.__slots__} | {"fields": dict(self.fields)}
        return _rebuild, (state,)

    @property
    def done(self) -> bool:
        """Whether an order is at its end."""
        return str(self.fields.get("status")) in FINAL

    def first(self) -> Event:
        """Return the same as a first value; such a one has no increase."""
        fields = self.fields
        if self.kind == QUOTE:
            fields = {**fields, "current_volume": 0, "current_turnover": ""}
        return Event(self.kind, fields, self.received, snapshot=True, source=self.source)

    def plus(self, volume: int, turnover: str) -> Event:
        """Return the same with an earlier increase added to its own."""
        fields = dict(self.fields)
        fields["current_volume"] += volume
        fields["current_turnover"] = total(turnover, fields["current_turnover"])
        return Event(self.kind, fields, self.received, self.snapshot, self.source)


def _rebuild(state: dict[str, Any]) -> Event:
    return Event(**state)


def total(first: str, second: str) -> str:
    """Return the sum of two amounts of the wire."""
    found = (decimal(first) or Decimal(0)) + (decimal(second) or Decimal(0))
    return format(found, "f") if found else ""


def _convert_list(name: str, rows: list[Any]) -> tuple[Any, ...]:
    if name in {"ask", "bid"}:
        return tuple(
            Level(row["position"], decimal(row["price"]), row["volume"], row["order_num"]) for row in rows
        )
    if name in {"ask_brokers", "bid_brokers"}:
        return tuple(Brokers(row["position"], tuple(row["broker_ids"])) for row in rows)
    return tuple(
        Trade(
            decimal(row["price"]), row["volume"], moment(row["timestamp"]),
            row["trade_type"], row["direction"], row["trade_session"],
        )
        for row in rows
    )  # fmt: skip


def _property(name: str, convert: Callable[[Any], Any]) -> property:
    def read(event: Event) -> Any:
        try:
            return convert(event.fields[name])
        except KeyError:
            raise AttributeError(name) from None  # then __getattr__ is asked, which knows other names

    return property(read)


# The commonest fields without the detour by __getattr__.
for _name, _convert in _CONVERTED.items():
    setattr(Event, _name, _property(_name, _convert))


# the whole state after a push that holds only what changed

RESET = {
    "sequence": 0,
    "trade_status": 0,
    "trade_session": 0,
    "current_volume": 0,
    "current_turnover": "",
    "tag": 0,
}
"""Fields of a quote whose zero is a value, although it is not on the wire."""

SIDES = {"depth": ("ask", "bid"), "brokers": ("ask_brokers", "bid_brokers")}
"""The lists by position of a book and of its brokers."""


def whole_quote(before: Mapping[str, Any], values: Row) -> Row:
    """Return a quote's state after a push."""
    return {**before, **{name: value for name, value in values.items() if value or name in RESET}}


def whole_sides(kind: str, before: Mapping[str, Any], values: Row) -> Row:
    """Put the positions that were pushed in the place of the old ones; a whole side replaces all of them."""
    merged = dict(values)
    for side in SIDES[kind]:
        rows = values[side]
        if len(rows) > 1 and [row["position"] for row in rows] == list(range(1, len(rows) + 1)):
            continue
        by_position = {row["position"]: row for row in before[side]}
        by_position.update({row["position"]: row for row in rows})
        merged[side] = [by_position[position] for position in sorted(by_position)]
    return merged
