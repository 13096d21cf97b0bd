"""Candles and the intraday line."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from jupyter_openapi.market import sessions
from jupyter_openapi.sandbox import rules
from jupyter_openapi.sandbox.dispatch import carries
from jupyter_openapi.sandbox.refusal import bad
from jupyter_openapi.sandbox.replies.wire import number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyter_openapi.sandbox.prices import Candle
    from jupyter_openapi.sandbox.world import World

Fields = dict[str, Any]

ALL_SESSIONS = 100
BY_OFFSET = 1
FORWARD = 1  # towards the present
MOST = 1000


@carries("candlesticks")
def candlesticks(world: World, fields: Fields) -> Fields:
    """Return the latest candles, the one in progress included; nothing splits here, so all are adjusted."""
    symbol = rules.security(fields["symbol"]).symbol
    found = world.market.candles(
        symbol, world.now(), fields["period"], fields["count"], extended=_extended(fields)
    )
    return _candles(symbol, found)


@carries("history_candlesticks")
def history_candlesticks(world: World, fields: Fields) -> Fields:
    """Return candles before or after a moment, or those of a range of dates."""
    symbol = rules.security(fields["symbol"]).symbol
    if fields["query_type"] == BY_OFFSET:
        return _candles(symbol, _by_offset(world, symbol, fields))
    dates = fields.get("date_request") or {}
    start, end = (_date(dates.get(name)) for name in ("start_date", "end_date"))
    if start and end and start > end:
        raise bad("date_request", "start_date lies after end_date")
    found = world.market.candles_between(
        symbol, world.now(), fields["period"], start, end, extended=_extended(fields)
    )
    return _candles(symbol, found[-MOST:])


@carries("intraday")
def intraday(world: World, fields: Fields) -> Fields:
    """Return the day's regular minutes so far."""
    symbol = rules.security(fields["symbol"]).symbol
    lines = [
        {
            "price": number(line.price),
            "timestamp": str(line.timestamp),
            "volume": str(line.volume),
            "turnover": number(line.turnover),
            "avg_price": number(line.avg_price),
        }
        for line in world.market.intraday(symbol, world.now())
    ]
    return {"symbol": symbol, "lines": lines}


def _by_offset(world: World, symbol: str, fields: Fields) -> list[Candle]:
    wanted = fields.get("offset_request")
    if not wanted:
        raise bad("offset_request", "required for a query by offset")
    count = wanted["count"]
    if not 1 <= count <= MOST:
        raise bad("offset_request", f"count must lie between 1 and {MOST}")
    now, extended = world.now(), _extended(fields)
    at = _moment(symbol, wanted.get("date"), wanted.get("minute"))
    if at is not None and wanted["direction"] == FORWARD:
        return world.market.candles(symbol, now, fields["period"], count, extended=extended, after=at)
    return world.market.candles(symbol, now, fields["period"], count, extended=extended, before=at)


def _candles(symbol: str, found: Iterable[Candle]) -> Fields:
    rows = [
        {
            "close": number(candle.close),
            "open": number(candle.open),
            "low": number(candle.low),
            "high": number(candle.high),
            "volume": str(candle.volume),
            "turnover": number(candle.turnover),
            "timestamp": str(candle.timestamp),
            "trade_session": candle.trade_session,
        }
        for candle in found
    ]
    return {"symbol": symbol, "candlesticks": rows}


def _extended(fields: Fields) -> bool:
    return bool(fields["trade_session"] == ALL_SESSIONS)


def _date(text: str | None) -> Any:
    return datetime.strptime(text, "%Y%m%d").date() if text else None  # noqa: DTZ007 - a calendar day has no zone


def _moment(symbol: str, day: str | None, minute: str | None) -> float | None:
    if not day:
        return None
    text = minute or "0000"
    if len(text) != 4 or not text.isascii() or not text.isdigit() or text[:2] > "23" or text[2:] > "59":
        raise bad("offset_request", f"minute {text:.10} isn't HHMM")
    here = sessions.zone(symbol.rpartition(".")[2])
    return datetime.strptime(day + text, "%Y%m%d%H%M").replace(tzinfo=here).timestamp()
