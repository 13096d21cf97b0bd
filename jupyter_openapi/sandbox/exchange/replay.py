"""What the account held at an earlier moment, from its own fills, splits and expiries, gone through again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from jupyter_openapi.market.sessions import zone
from jupyter_openapi.market.symbols import market_of
from jupyter_openapi.sandbox.exchange.account import OPENING_POSITIONS
from jupyter_openapi.sandbox.exchange.model import ZERO, Execution
from jupyter_openapi.sandbox.exchange.past import ACTIONS
from jupyter_openapi.sandbox.exchange.store import Store

EXPIRY = "OptionExpiry"  # the name of the flow that ends a holding in an option
_SPLIT, _FILL, _END = range(3)


@dataclass(frozen=True, slots=True)
class Split:
    """Each share became `ratio` shares."""

    symbol: str
    at: float
    ratio: int


@dataclass(frozen=True, slots=True)
class Change:
    """The shares of a symbol after something happened to them; `fill` where that was a trade."""

    symbol: str
    at: float
    quantity: Decimal
    fill: Execution | None = None


def splits(store: Store) -> list[Split]:
    """Return the account's splits, the earliest first."""
    kept: dict[str, list[dict[str, Any]]] = store.setting(ACTIONS) or {}
    found = [
        Split(symbol, _midnight(symbol, row["day"]), int(row["words"].partition("-")[0]))
        for symbol, rows in kept.items()
        for row in rows
        if row["kind"] == "split"
    ]
    return sorted(found, key=lambda split: split.at)


def opening(store: Store) -> dict[str, Decimal]:
    """Return what the account opened with: nothing where its past begins with a deposit."""
    if store.setting(ACTIONS) is not None:
        return {}
    return {symbol: quantity for symbol, (quantity, _) in OPENING_POSITIONS.items()}


def changes(store: Store, until: float) -> Iterator[Change]:
    """Yield everything that changed a holding up to a moment, in the order it happened."""
    held = opening(store)
    happened: list[tuple[float, int, int, Any]] = [
        (split.at, _SPLIT, 0, split) for split in splits(store) if split.at <= until
    ]
    fills = store.executions("at <= ? order by seq", [until])
    happened += [(fill.at, _FILL, place, fill) for place, fill in enumerate(fills)]
    ends = store.flows("name = ? and at <= ? order by seq", [EXPIRY, until])
    happened += [(flow.at, _END, place, flow) for place, flow in enumerate(ends)]
    for at, kind, _, what in sorted(happened, key=lambda one: one[:3]):
        before = held.get(what.symbol, ZERO)
        if kind == _SPLIT:
            after = before * what.ratio
        elif kind == _FILL:
            after = before + (what.quantity if what.side == "Buy" else -what.quantity)
        else:
            after = ZERO
        held[what.symbol] = after
        yield Change(what.symbol, at, after, what if kind == _FILL else None)


def holdings(store: Store, at: float) -> dict[str, Decimal]:
    """Return the shares held at a moment, by symbol; what was sold is not in it."""
    held = opening(store)
    for change in changes(store, at):
        held[change.symbol] = change.quantity
    return {symbol: quantity for symbol, quantity in held.items() if quantity}


def _midnight(symbol: str, day: str) -> float:
    return datetime.combine(date.fromisoformat(day), time(), zone(market_of(symbol))).timestamp()
