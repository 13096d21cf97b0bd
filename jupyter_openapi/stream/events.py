"""What a subscription gives: events, each the whole state of its subject after one push."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from jupyter_openapi.market.orders import FINAL

QUOTE, DEPTH, BROKERS, TRADES, CANDLESTICK, ORDER = (
    "quote", "depth", "brokers", "trades", "candlestick", "order"
)  # fmt: skip

_DECIMALS = frozenset(
    {
        "last_done", "prev_close", "open", "high", "low", "close", "turnover", "current_turnover", "price",
        "quantity", "submitted_quantity", "submitted_price", "executed_quantity", "executed_price",
        "trigger_price", "trailing_amount", "trailing_percent", "limit_offset", "last_share", "last_price",
    }
)  # fmt: skip
_TIMES = frozenset({"timestamp", "submitted_at", "updated_at", "trigger_at"})
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
    """Return a decimal of the wire; None where there is none."""
    try:
        return Decimal(text) if text not in {"", None} else None
    except InvalidOperation:
        return None


def moment(seconds: Any) -> datetime | None:
    """Return a time of the wire, aware and in UTC; None where there is none."""
    number = int(seconds or 0)
    return datetime.fromtimestamp(number, UTC) if number else None


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

    __slots__ = ("fields", "kind", "received", "sequence", "snapshot", "source", "symbol")

    def __init__(
        self,
        kind: str,
        symbol: str,
        fields: Mapping[str, Any],
        received: float,
        *,
        sequence: int = 0,
        snapshot: bool = False,
        source: str = "push",
    ) -> None:
        self.kind = kind
        self.symbol = symbol
        self.fields = fields
        self.received = received
        self.sequence = sequence
        self.snapshot = snapshot
        self.source = source

    def __getattr__(self, name: str) -> Any:
        # Converted when asked for: most events are looked at for a field or two.
        values = object.__getattribute__(self, "fields")
        key = name if name in values else _ALIASES.get(name, name)
        try:
            value = values[key]
        except KeyError:
            raise AttributeError(f"a {self.kind} event has no {name}; it has {', '.join(values)}") from None
        if key in _DECIMALS:
            return decimal(value)
        if key in _TIMES:
            return moment(value)
        return _convert_list(key, value) if isinstance(value, list) else value

    def __dir__(self) -> Iterator[str]:
        yield from self.__slots__
        yield from self.fields

    def __repr__(self) -> str:
        shown = {name: value for name, value in self.fields.items() if value not in ("", 0, [], None)}
        shown.pop("symbol", None)
        mark = " snapshot" if self.snapshot else ""
        fields = " ".join(f"{name}={value}" for name, value in shown.items() if not isinstance(value, list))
        return f"<{self.kind} {self.symbol}{mark} {fields}>"

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name: getattr(self, name) for name in self.__slots__} | {"fields": dict(self.fields)}
        return _rebuild, (state,)

    @property
    def done(self) -> bool:
        """Whether an order is at its end."""
        return self.fields.get("status") in FINAL

    def marked(self, *, snapshot: bool) -> Event:
        """Return the same with `snapshot` as given; a first value has no increase."""
        values = self.fields
        if snapshot and self.kind == QUOTE:
            values = {**values, "current_volume": 0, "current_turnover": ""}
        return Event(
            self.kind, self.symbol, values, self.received,
            sequence=self.sequence, snapshot=snapshot, source=self.source,
        )  # fmt: skip

    def plus(self, volume: int, turnover: str) -> Event:
        """Return the same with an earlier increase added to its own."""
        values = dict(self.fields)
        values["current_volume"] += volume
        values["current_turnover"] = _sum(turnover, values["current_turnover"])
        return Event(
            self.kind, self.symbol, values, self.received,
            sequence=self.sequence, snapshot=self.snapshot, source=self.source,
        )  # fmt: skip


def _rebuild(state: dict[str, Any]) -> Event:
    return Event(**state)


def _sum(first: str, second: str) -> str:
    total = (decimal(first) or Decimal(0)) + (decimal(second) or Decimal(0))
    return format(total, "f") if total else ""


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
