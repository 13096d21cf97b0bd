"""Bars of a chart as plain numbers: in the market's own time, with fills on them and orders beside them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from jupyter_openapi.market.money import amount, plain
from jupyter_openapi.market.symbols import MARKET_ZONES, market_of
from jupyter_openapi.messages import _
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.values import to_wire

DAY = 1000  # periods from here on are days and longer
LATE = 2  # lengths of a bar after the last one's start: a fill later than that is not on it


class Bar(NamedTuple):
    """One bar: when it began in Unix seconds, its prices, and its volume in shares."""

    at: int
    open: float
    high: float
    low: float
    close: float
    volume: float


def bar_of(row: Mapping[str, Any]) -> Bar | None:
    """Return a bar of the wire, of a reply or of a push; None for one that is not whole."""
    values = [amount(row.get(name)) for name in ("timestamp", "open", "high", "low", "close", "volume")]
    found = [value for value in values if value is not None]
    if len(found) < len(values) or not found[0]:
        return None
    at, first, high, low, close, volume = found
    return Bar(int(at), float(first), float(high), float(low), float(close), float(volume))


def places_of(rows: Iterable[Mapping[str, Any]]) -> int:
    """Return how many decimals the prices have, from two to six."""
    most = 2
    for row in rows:
        for name in ("open", "high", "low", "close"):
            value = amount(row.get(name))
            exponent = value.normalize().as_tuple().exponent if value is not None else 0
            if isinstance(exponent, int):
                most = max(most, -exponent)
    return min(most, 6)


def market_zone(symbol: str) -> ZoneInfo:
    """Return the zone in which a chart of the symbol counts its time."""
    return ZoneInfo(MARKET_ZONES.get(market_of(symbol), "UTC"))


def wall(at: int, zone: ZoneInfo) -> int:
    """Return what the market's clock shows at a moment, as seconds: a chart has no zones of its own."""
    offset = datetime.fromtimestamp(at, UTC).astimezone(zone).utcoffset()
    return at + int(offset.total_seconds() if offset is not None else 0)


def period_number(period: Any) -> int:
    """Return the API's number of a period: minutes, or 1000 and more for days and longer.

    Raises
    ------
    RequestRefused
        There is no such period.
    """
    known = catalog().named("candlesticks").parameter("period")
    return int(to_wire(known, period)) if known is not None else int(period)


class Fill(NamedTuple):
    """One execution of one's own."""

    at: int
    buy: bool
    price: Decimal
    quantity: Decimal
    id: str


def fill_of(row: Mapping[str, Any]) -> Fill | None:
    """Return an execution of the wire; None for one without time or price."""
    at, price = amount(row.get("trade_done_at")), amount(row.get("price"))
    if not at or price is None:
        return None
    name = str(row.get("trade_id") or f"{row.get('order_id')} {at} {price}")
    return Fill(int(at), _buys(row), price, amount(row.get("quantity")) or Decimal(0), name)


def _buys(row: Mapping[str, Any]) -> bool:
    return str(row.get("side")).lower() == "buy"


def marks(fills: Iterable[Fill], times: Sequence[int], *, privacy: bool) -> list[list[Any]]:
    """Return a mark for each fill on the bar that had begun then: its bar, side, price, what to say of it.

    Parameters
    ----------
    times
        When the bars began, oldest first. A fill outside them has no mark.
    """
    usual = min((after - before for before, after in pairwise(times)), default=86_400)
    found = []
    for fill in sorted(fills, key=lambda one: one.at):
        place = bisect_right(times, fill.at) - 1
        if place < 0 or (place == len(times) - 1 and fill.at - times[place] > LATE * max(usual, 86_400)):
            continue
        side = _("Bought") if fill.buy else _("Sold")
        what = side if privacy else f"{side} {plain(fill.quantity)}"
        text = _("{what} at {price}").format(what=what, price=plain(fill.price))
        found.append([times[place], fill.buy, float(fill.price), text])
    return found


def lines(orders: Iterable[Mapping[str, Any]], symbol: str, *, privacy: bool) -> list[list[Any]]:
    """Return a line for each open order of the symbol that has a price: side, price, what to say of it."""
    found = []
    for row in orders:
        price = amount(row.get("price")) or amount(row.get("trigger_price"))
        if row.get("symbol") != symbol or not price:
            continue
        left = (amount(row.get("quantity")) or Decimal(0)) - (
            amount(row.get("executed_quantity")) or Decimal(0)
        )
        side = _("Buy") if _buys(row) else _("Sell")
        found.append([_buys(row), float(price), side if privacy else f"{side} {plain(left)}"])
    return sorted(found, key=lambda line: line[1])
