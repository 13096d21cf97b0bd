"""Handlers of quotes: prices, the book, trades, candles, static information."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from jupyter_openapi.market import sessions
from jupyter_openapi.market.symbols import Security, is_option, market_of
from jupyter_openapi.sandbox.dispatch import World, carries
from jupyter_openapi.sandbox.errors import bad
from jupyter_openapi.sandbox.exchange import rules
from jupyter_openapi.sandbox.handlers.companies import as_traded
from jupyter_openapi.sandbox.responses import number
from jupyter_openapi.sandbox.simulation.market import Candle, Extended, Quote
from jupyter_openapi.sandbox.simulation.securities import LISTED, english_name, facts_of, listed

Fields = dict[str, Any]

DERIVATIVES = {"HK": [2], "US": [1]}
"""Warrants in Hong Kong, options in the US."""


@carries("quote")
def quote(world: World, fields: Fields) -> Fields:
    """Return the day's figures of each symbol."""
    return {"secu_quote": [_quote(world, known.symbol) for known in several(fields["symbol"])]}


@carries("static_info")
def static_info(world: World, fields: Fields) -> Fields:
    """Return what each security is."""
    del world
    options = [found for symbol in dict.fromkeys(fields["symbol"]) if (found := option_named(symbol))]
    shares = [symbol for symbol in fields["symbol"] if option_named(symbol) is None]
    known = several(shares) if shares or not options else []
    return {"secu_static_info": [_static(one) for one in [*known, *options]]}


@carries("depth")
def depth(world: World, fields: Fields) -> Fields:
    """Return ten prices a side: the market's, less what this account took, with its own orders among them."""
    symbol = rules.instrument(fields["symbol"]).symbol
    sides = {}
    for name, asks in (("ask", True), ("bid", False)):
        levels = world.exchange.depth(symbol, world.now(), asks=asks)
        sides[name] = [
            {"position": position, "price": number(price), "volume": number(volume), "order_num": str(orders)}
            for position, (price, volume, orders) in enumerate(levels, start=1)
        ]
    return {"symbol": symbol, **sides}


@carries("trades")
def trades(world: World, fields: Fields) -> Fields:
    """Return the latest trades, oldest first."""
    symbol = rules.security(fields["symbol"]).symbol
    rows = [
        {
            "price": number(tick.price),
            "volume": str(tick.volume),
            "timestamp": str(tick.timestamp),
            "trade_type": tick.trade_type,
            "direction": tick.direction,
            "trade_session": tick.trade_session,
        }
        for tick in world.market.trades(symbol, world.now(), fields["count"])
    ]
    return {"symbol": symbol, "trades": rows}


@carries("trading_session")
def trading_session(world: World, fields: Fields) -> Fields:
    """Return each market's hours of continuous trading."""
    del world, fields
    rows = [
        {
            "market": market,
            "trade_session": [
                {"beg_time": start, "end_time": end, "trade_session": kind}
                for start, end, kind in sessions.api_hours(market)
            ],
        }
        for market in ("US", "HK")
    ]
    return {"market_trade_session": rows}


@carries("trading_days")
def trading_days(world: World, fields: Fields) -> Fields:
    """Return the full and the half trading days of a range of at most a month."""
    del world
    market = fields["market"]
    if market not in {"HK", "US"}:
        raise bad("market", f"{market}: the sandbox has the calendars of HK and US")
    start, end = (_day(fields[name]) for name in ("beg_day", "end_day"))
    if start > end:
        raise bad("beg_day", "is after end_day")
    if (end - start).days > 31:
        raise bad("end_day", "at most a month after beg_day")
    full, half = sessions.trading_days(market, start, end, assume=True)
    return {
        "trade_day": [f"{day:%Y%m%d}" for day in full],
        "half_trade_day": [f"{day:%Y%m%d}" for day in half],
    }


def several(symbols: Iterable[str]) -> list[Security]:
    """Return the known ones among these symbols; the broker leaves out what it doesn't know, too.

    Raises
    ------
    Refused
        If none is known.
    """
    wanted = list(dict.fromkeys(symbols))
    if not 0 < len(wanted) <= 500:
        raise bad("symbol", "give between 1 and 500 symbols")
    known = [LISTED[symbol] for symbol in wanted if symbol in LISTED]
    return known or [rules.security(wanted[0])]


def _quote(world: World, symbol: str) -> Fields:
    return _figures(world.market.quote(symbol, world.now())).copy()


@lru_cache(maxsize=256)  # a quote stands for three seconds
def _figures(now: Quote) -> Fields:
    row: Fields = {
        "symbol": now.symbol,
        "last_done": number(now.last),
        "prev_close": number(now.prev_close),
        "open": number(now.open),
        "high": number(now.high),
        "low": number(now.low),
        "timestamp": str(now.timestamp),
        "volume": str(now.volume),
        "turnover": number(now.turnover),
        "trade_status": now.trade_status,
    }
    late = (
        ("pre_market_quote", now.pre),
        ("post_market_quote", now.post),
        ("over_night_quote", now.overnight),
    )
    return row | {name: _late_figures(figures) for name, figures in late if figures is not None}


def _late_figures(figures: Extended) -> Fields:
    return {
        "last_done": number(figures.last),
        "timestamp": str(figures.timestamp),
        "volume": str(figures.volume),
        "turnover": number(figures.turnover),
        "high": number(figures.high),
        "low": number(figures.low),
        "prev_close": number(figures.prev_close),
    }


def option_named(symbol: str) -> Security | None:
    """Return the option of that symbol, or None."""
    return listed(symbol) if is_option(symbol) else None


def _static(known: Security) -> Fields:
    facts = facts_of(known)
    return {
        "symbol": known.symbol,
        "name_cn": known.name_cn,
        "name_en": english_name(known),
        "name_hk": known.name_hk,
        "listing_date": facts.listed,
        "exchange": known.exchange,
        "currency": known.currency,
        "lot_size": known.lot_size,
        "total_shares": str(facts.shares),
        "circulating_shares": str(facts.floating),
        "hk_shares": str(facts.shares) if known.market == "HK" else "0",
        "eps": number(facts.eps),
        "eps_ttm": number(facts.eps_ttm),
        "bps": number(facts.bps),
        "dividend_yield": number(facts.dividend_yield),
        "stock_derivatives": [] if is_option(known.symbol) else DERIVATIVES[known.market],
        "board": known.board,
    }


def _day(text: str) -> date:
    return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a calendar day has no zone


ALL_SESSIONS = 100
BY_OFFSET = 1
FORWARD = 1  # towards the present
MOST = 1000
NO_ADJUST = 0


@carries("candlesticks")
def candlesticks(world: World, fields: Fields) -> Fields:
    """Return the latest candles, the one in progress included."""
    symbol = rules.security(fields["symbol"]).symbol
    found = world.market.candles(
        symbol, world.now(), fields["period"], fields["count"], extended=_extended(fields)
    )
    return _candles(symbol, _adjusted(world, symbol, found, fields))


@carries("history_candlesticks")
def history_candlesticks(world: World, fields: Fields) -> Fields:
    """Return candles before or after a moment, or those of a range of dates."""
    symbol = rules.security(fields["symbol"]).symbol
    if fields["query_type"] == BY_OFFSET:
        return _candles(symbol, _adjusted(world, symbol, _by_offset(world, symbol, fields), fields))
    dates = fields.get("date_request") or {}
    start, end = (_date(dates.get(name)) for name in ("start_date", "end_date"))
    if start and end and start > end:
        raise bad("date_request", "start_date is after end_date")
    found = world.market.candles_between(
        symbol, world.now(), fields["period"], start, end, extended=_extended(fields)
    )
    return _candles(symbol, _adjusted(world, symbol, found[-MOST:], fields))


def _adjusted(world: World, symbol: str, found: list[Candle], fields: Fields) -> list[Candle]:
    """Return candles as they are asked for; the simulated prices are those adjusted for splits."""
    return as_traded(world, symbol, found) if fields["adjust_type"] == NO_ADJUST else found


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
        raise bad("offset_request", f"count must be between 1 and {MOST}")
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
    here = sessions.zone(market_of(symbol))
    return datetime.strptime(day + text, "%Y%m%d%H%M").replace(tzinfo=here).timestamp()
