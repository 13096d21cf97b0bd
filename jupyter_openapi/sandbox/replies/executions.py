"""Executions: today's, the history's, and all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_openapi.sandbox.dispatch import carries
from jupyter_openapi.sandbox.hours import midnight, today
from jupyter_openapi.sandbox.replies.orders import MOST, window
from jupyter_openapi.sandbox.replies.wire import number, offset_of, seconds

if TYPE_CHECKING:
    from jupyter_openapi.sandbox.world import World

Fields = dict[str, Any]


@carries("today_executions")
def today_executions(world: World, fields: Fields) -> Fields:
    """Return the fills since midnight in their market."""
    where, values = _conditions(fields)
    sides, dates = _split(world, ">=")
    return _rows(world, [*where, sides], [*values, *dates], None)


@carries("history_executions")
def history_executions(world: World, fields: Fields) -> Fields:
    """Return the fills in a window of time; today's are not among them."""
    start, end = window(fields, world.now())
    where, values = _conditions(fields)
    sides, dates = _split(world, "<")
    where += ["at >= ? and at < ?", sides]
    return _rows(world, where, [*values, start, end + 1, *dates], fields.get("page") or 1)


@carries("all_executions")
def all_executions(world: World, fields: Fields) -> Fields:
    """Return the fills in a window of time, today's included."""
    where, values = _conditions(fields)
    if fields.get("start_at") or fields.get("end_at"):
        start, end = window(fields, world.now())
        where.append("at >= ? and at < ?")
        values += [start, end + 1]
    return _rows(world, where, values, fields.get("page") or 1)


def _conditions(fields: Fields) -> tuple[list[str], list[Any]]:
    given = [(name, fields[name]) for name in ("symbol", "order_id") if fields.get(name)]
    return ["1", *(f"{name} = ?" for name, _ in given)], [value for _, value in given]


def _split(world: World, comparison: str) -> tuple[str, list[Any]]:
    # Each market's day starts at its own midnight.
    now = world.now()
    parts, values = [], []
    for market in ("HK", "US"):
        parts.append(f"(symbol like ? and at {comparison} ?)")
        values += [f"%.{market}", midnight(market, today(market, now))]
    return f"({' or '.join(parts)})", values


def _rows(world: World, where: list[str], values: list[Any], page: int | None) -> Fields:
    limit = -1 if page is None else MOST + 1
    offset = offset_of(page, MOST)
    condition = f"{' and '.join(where)} order by seq desc limit ? offset ?"
    fills = world.store.executions(condition, [*values, limit, offset])
    shown = fills if page is None else fills[:MOST]
    trades = [
        {
            "order_id": fill.order_id,
            "trade_id": fill.trade_id,
            "symbol": fill.symbol,
            "trade_done_at": seconds(fill.at),
            "quantity": number(fill.quantity),
            "price": number(fill.price),
            "side": fill.side,
        }
        for fill in shown
    ]
    return {"trades": trades} if page is None else {"has_more": len(fills) > MOST, "trades": trades}
