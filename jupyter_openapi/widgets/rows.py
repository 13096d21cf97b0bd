"""Orders as rows of the blotter: what each column says, and which rows a filter lets through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jupyter_openapi.market import orders
from jupyter_openapi.trading.words import amount, money, plain
from jupyter_openapi.widgets.words import HIDDEN

COLUMNS = ("Time", "Symbol", "Side", "Type", "Price", "Filled", "Status")
FILTERS: Mapping[str, frozenset[str]] = {
    "Open": orders.OPEN,
    "Waiting for a trigger": frozenset({"VarietiesNotReported", "DelayedNotReported"}),
    "Partly filled": frozenset({"PartialFilledStatus"}),
    "Filled": frozenset({"FilledStatus"}),
    "Cancelled": frozenset({"CanceledStatus", "PartialWithdrawal"}),
    "Rejected or expired": frozenset({"RejectedStatus", "ExpiredStatus"}),
    "All of today": orders.OPEN | orders.FINAL,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One order of the blotter: a text for each of `COLUMNS`."""

    order_id: str
    cells: tuple[str, ...]
    about: str
    cancellable: bool
    replaceable: bool


def zone_named(name: str) -> tzinfo:
    """Return a time zone by its name; UTC if there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def row_of(order: Mapping[str, Any], zone: tzinfo, *, privacy: bool) -> Row:
    """Return an order as a row; with `privacy`, shares instead of quantities, and no id."""
    status, kind = str(order.get("status")), str(order.get("order_type"))
    rules = orders.RULES.get(kind)
    order_id = str(order.get("order_id"))
    cells = (
        _time(order.get("submitted_at"), zone),
        str(order.get("symbol") or ""),
        str(order.get("side") or ""),
        f"{kind}, {order.get('time_in_force') or '?'}",
        _price(order),
        _filled(order, privacy=privacy),
        orders.status_meaning(status),
    )
    quantity = "" if privacy else f"{order.get('quantity')} "
    about = f"{order.get('side')} {quantity}{order.get('symbol')}, order {HIDDEN if privacy else order_id}"
    return Row(
        order_id,
        cells,
        about,
        cancellable=status in orders.CANCELLABLE,
        replaceable=status in orders.REPLACEABLE and bool(rules and rules.replaceable),
    )


def _time(value: Any, zone: tzinfo) -> str:
    seconds = amount(value)
    if not seconds:
        return ""
    at = datetime.fromtimestamp(float(seconds), zone)
    today = datetime.now(zone).date()
    return f"{at:%H:%M:%S}" if at.date() == today else f"{at:%d %b}"


def _price(order: Mapping[str, Any]) -> str:
    price, trigger = amount(order.get("price")), amount(order.get("trigger_price"))
    parts = [money(price) if price else "market"]
    if trigger:
        parts.append(f"if {money(trigger)}")
    if trail := amount(order.get("trailing_amount")):
        parts = [f"trails by {plain(trail)}"]
    if percent := amount(order.get("trailing_percent")):
        parts = [f"trails by {plain(percent)}%"]
    return " ".join(parts)


def _filled(order: Mapping[str, Any], *, privacy: bool) -> str:
    total, done = amount(order.get("quantity")), amount(order.get("executed_quantity"))
    if privacy:
        return f"{(done or 0) / total:.0%}" if total else HIDDEN
    return f"{plain(done) if done else '0'} / {plain(total) if total else '?'}"


def newest_first(found: Mapping[str, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return orders by the time they were submitted, the newest first."""
    return sorted(
        found.values(),
        key=lambda order: (amount(order.get("submitted_at")) or 0, str(order.get("order_id"))),
        reverse=True,
    )


def let_through(order: Mapping[str, Any], symbol: str, status: str) -> bool:
    """Tell whether the filters show an order; `symbol` is the beginning of one or several, with spaces."""
    wanted = symbol.upper().split()
    name = str(order.get("symbol") or "").upper()
    allowed = FILTERS.get(status, orders.OPEN)
    return str(order.get("status")) in allowed and (not wanted or any(name.startswith(one) for one in wanted))
