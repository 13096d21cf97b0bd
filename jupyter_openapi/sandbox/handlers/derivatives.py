"""Handlers of warrants and options: issuers, chains, quotes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from jupyter_openapi.market.symbols import market_of
from jupyter_openapi.sandbox.dispatch import World, carries
from jupyter_openapi.sandbox.errors import bad
from jupyter_openapi.sandbox.exchange import rules
from jupyter_openapi.sandbox.exchange.hours import today
from jupyter_openapi.sandbox.responses import number, rounded
from jupyter_openapi.sandbox.simulation import derivatives as options_chain
from jupyter_openapi.sandbox.simulation import derivatives as warrants
from jupyter_openapi.sandbox.simulation.derivatives import (
    BEAR,
    BULL,
    CATEGORIES,
    INLINE,
    ISSUED,
    Option,
    Warrant,
    quoted,
    volatility,
)
from jupyter_openapi.sandbox.simulation.securities import MULTIPLIER, Draws

Fields = dict[str, Any]

_RATIO = Decimal("0.0001")
_PRICE = Decimal("0.001")
_MONTH = timedelta(days=30.4)
SORTED_BY = (
    "last_done", "change_rate", "change_val", "volume", "turnover", "expiry_date", "strike_price",
    "upper_strike_price", "lower_strike_price", "outstanding_qty", "outstanding_ratio", "premium", "itm_otm",
    "implied_volatility", "delta", "call_price", "to_call_price", "effective_leverage", "leverage_ratio",
    "conversion_ratio", "balance_point", "status",
)  # fmt: skip
"""The field that each number of `sort_by` means."""


@carries("warrant_issuers")
def warrant_issuers(world: World, fields: Fields) -> Fields:
    """Return the issuers."""
    del world, fields
    rows = [
        {"id": str(key), "name_en": english, "name_cn": simplified, "name_hk": traditional}
        for key, english, simplified, traditional in warrants.ISSUERS
    ]
    return {"issuer_info": rows}


@carries("warrant_list")
def warrant_list(world: World, fields: Fields) -> Fields:
    """Return the warrants on a share, filtered and sorted."""
    symbol = rules.security(fields["symbol"]).symbol
    now, wanted = world.now(), fields["filter_config"]
    day = today("HK", now)
    spot = world.market.last(symbol, now)
    chosen = [w for w in warrants.of(symbol, day) if _passes(w, wanted, spot, day)]
    rows = [_row(world, warrant, fields["language"]) for warrant in chosen]
    field = SORTED_BY[wanted["sort_by"]]
    rows.sort(key=lambda row: (row[field] == "", _key(row[field])), reverse=wanted["sort_order"] == 1)
    first = wanted["sort_offset"]
    count = wanted["sort_count"] or len(rows)
    return {"warrant_list": rows[first : first + count], "total_count": len(rows)}


@carries("warrant_quote")
def warrant_quote(world: World, fields: Fields) -> Fields:
    """Return the day's figures of each warrant; unknown ones are left out."""
    day = today("HK", world.now())
    names = dict.fromkeys(fields["symbol"])
    found = [warrant for name in names if (warrant := warrants.find_warrant(name, day)) is not None]
    if not found:
        raise bad("symbol", "none of these is a warrant of the sandbox; see warrant_list")
    return {"secu_quote": [_quote(world, warrant) for warrant in found]}


def figures(world: World, warrant: Warrant) -> Fields:
    """Return a warrant's computed figures, under the names of the reply's fields."""
    at = world.now()
    share = world.market.quote(warrant.underlying, at)
    spot = share.last
    last, before = warrant.price(spot, at), warrant.price(share.prev_close, at)
    volume = warrant.draw("volume", at, 5000) * 10_000
    delta = warrant.delta(spot, at)
    gearing = spot / (last * warrant.ratio)
    breakeven = _breakeven(warrant, last)
    return {
        "last_done": number(last),
        "change_val": number(last - before),
        "change_rate": rounded((last - before) / before, _RATIO),
        "volume": str(volume),
        "turnover": number(last * volume),
        "expiry_date": f"{warrant.expiry:%Y%m%d}",
        "strike_price": number(warrant.strike),
        "upper_strike_price": number(warrant.upper),
        "lower_strike_price": number(warrant.lower),
        "outstanding_qty": str(ISSUED * (warrant.draw("held", 0, 60) + 1) // 100),
        "outstanding_ratio": rounded(Decimal(warrant.draw("held", 0, 60) + 1) / 100, _RATIO),
        "premium": "" if breakeven is None else rounded(abs(breakeven - spot) / spot, _RATIO),
        "itm_otm": _moneyness(warrant, spot),
        "implied_volatility": "" if warrant.kind in {BULL, BEAR} else f"{volatility(warrant.underlying):.4f}",
        "delta": f"{delta:.4f}",
        "call_price": number(warrant.call_price),
        "to_call_price": _to_call(warrant, spot),
        "effective_leverage": ""
        if warrant.kind == INLINE
        else rounded(gearing * Decimal(abs(delta)), _PRICE),
        "leverage_ratio": rounded(gearing, _PRICE),
        "conversion_ratio": str(warrant.ratio),
        "balance_point": "" if breakeven is None else rounded(breakeven, _PRICE),
        "status": warrant.status(spot),
        "type": warrant.kind,
    }


def _row(world: World, warrant: Warrant, language: int) -> Fields:
    return {"symbol": warrant.symbol, "name": warrant.name(language)} | figures(world, warrant)


def _quote(world: World, warrant: Warrant) -> Fields:
    at = world.now()
    share = world.market.quote(warrant.underlying, at)
    ends = [warrant.price(spot, at) for spot in (share.low, share.high, share.open, share.last)]
    known = figures(world, warrant)
    extend = {
        "implied_volatility": f"{volatility(warrant.underlying):.4f}",
        "expiry_date": f"{warrant.expiry:%Y%m%d}",
        "last_trade_date": f"{_last_trade(warrant.expiry):%Y%m%d}",
        "outstanding_ratio": known["outstanding_ratio"],
        "outstanding_qty": known["outstanding_qty"],
        "conversion_ratio": known["conversion_ratio"],
        "category": CATEGORIES[warrant.kind],
        "strike_price": number(warrant.strike, "0"),
        "upper_strike_price": number(warrant.upper, "0"),
        "lower_strike_price": number(warrant.lower, "0"),
        "call_price": number(warrant.call_price, "0"),
        "underlying_symbol": warrant.underlying,
    }
    return {
        "symbol": warrant.symbol,
        "last_done": known["last_done"],
        "prev_close": number(warrant.price(share.prev_close, at)),
        "open": number(warrant.price(share.open, at)),
        "high": number(max(ends)),
        "low": number(min(ends)),
        "timestamp": str(share.timestamp),
        "volume": known["volume"],
        "turnover": known["turnover"],
        "trade_status": 0,
        "warrant_extend": extend,
    }


def _passes(warrant: Warrant, wanted: Fields, spot: Decimal, day: date) -> bool:
    months = (warrant.expiry - day) / _MONTH
    term = 1 if months < 3 else 2 if months < 6 else 3 if months < 12 else 4
    inside = not _moneyness(warrant, spot).startswith("-")
    tests: tuple[tuple[str, Callable[[list[int]], bool]], ...] = (
        ("type", lambda values: warrant.kind in values),
        ("issuer", lambda values: warrant.issuer in values),
        ("status", lambda values: warrant.status(spot) in values),
        ("expiry_date", lambda values: term in values),
        ("price_type", lambda values: (1 if inside else 2) in values),
    )
    return all(not wanted.get(name) or test(wanted[name]) for name, test in tests)


def _moneyness(warrant: Warrant, spot: Decimal) -> str:
    if warrant.kind == INLINE:
        within = (warrant.lower or 0) <= spot <= (warrant.upper or 0)
        return "1" if within else "-1"
    strike = warrant.strike or Decimal(1)
    gain = spot - strike if warrant.kind in {0, BULL} else strike - spot
    return rounded(gain / strike, _RATIO)


def _to_call(warrant: Warrant, spot: Decimal) -> str:
    if warrant.call_price is None:
        return ""
    return rounded(abs(spot - warrant.call_price) / warrant.call_price, _RATIO)


def _breakeven(warrant: Warrant, last: Decimal) -> Decimal | None:
    if warrant.strike is None:
        return None
    paid = last * warrant.ratio
    return warrant.strike + paid if warrant.kind in {0, BULL} else warrant.strike - paid


def _last_trade(expiry: date) -> date:
    # Warrants stop trading four business days before they expire.
    day, left = expiry, 4
    while left:
        day -= timedelta(days=1)
        left -= day.weekday() < 5
    return day


def _key(value: Any) -> Decimal:
    return Decimal(value) if value != "" else Decimal(0)


MOST_DAYS = 250


@carries("option_chain_expiry_date_list")
def expiry_dates(world: World, fields: Fields) -> Fields:
    """Return the coming expiry dates of a security's options; Hong Kong's have none here."""
    known = rules.security(fields["symbol"])
    days = options_chain.expiries(today("US", world.now())) if known.market == "US" else ()
    return {"expiry_date": [f"{day:%Y%m%d}" for day, _ in days]}


@carries("option_chain_info_by_date")
def option_chain(world: World, fields: Fields) -> Fields:
    """Return the contracts of one expiry date, a row each."""
    known = rules.security(fields["symbol"])
    now = today("US", world.now())
    expiry = _day(fields["expiry_date"])
    contracts = options_chain.chain(known.symbol, expiry, now) if known.market == "US" else []
    rows = [
        {
            "symbol": option.symbol,
            "expiry_date": f"{option.expiry:%Y%m%d}",
            "strike_price": number(option.strike),
            "direction": _letter(option),
            "option_type": "W" if option.weekly else "",
            "standard_attr": "",
            "days_to_expiry": (option.expiry - now).days,
        }
        for option in contracts
    ]
    return {"list": rows}


@carries("option_quote")
def option_quote(world: World, fields: Fields) -> Fields:
    """Return the day's figures of each contract; unknown ones are left out."""
    now = today("US", world.now())
    names = dict.fromkeys(fields["symbol"])
    found = [option for name in names if (option := options_chain.find_option(name, now)) is not None]
    if not found:
        raise bad("symbol", "none of these is an option of the sandbox; see option_chain_info_by_date")
    return {"secu_quote": [_option_quote(world, option) for option in found]}


@carries("option_volume")
def option_volume(world: World, fields: Fields) -> Fields:
    """Return today's volume of a security's calls and puts."""
    symbol = rules.security(fields["symbol"]).symbol
    calls, puts, _, _ = _day_volumes(symbol, int(world.now() // 86400))
    return {"c": str(calls), "p": str(puts)}


@carries("option_volume_daily")
def option_volume_daily(world: World, fields: Fields) -> Fields:
    """Return the option volume and open interest of the days up to a time, newest first; 0 is now."""
    symbol = rules.security(fields["symbol"]).symbol
    now = world.now()
    until = min(fields["timestamp"] or now, now)
    count = min(fields["line_num"], MOST_DAYS)
    market = market_of(symbol)
    days = world.market.candles(symbol, now, 1000, count, before=until)
    rows = []
    for candle in reversed(days):
        calls, puts, open_calls, open_puts = _day_volumes(symbol, int(candle.timestamp // 86400))
        rows.append(
            {
                "underlying_counter_id": f"ST/{market}/{symbol.rpartition('.')[0]}",
                "symbol": symbol,
                "timestamp": str(candle.timestamp),
                "total_call_volume": str(calls),
                "total_put_volume": str(puts),
                "total_call_open_interest": str(open_calls),
                "total_put_open_interest": str(open_puts),
                "total_volume": str(calls + puts),
                "total_open_interest": str(open_calls + open_puts),
                "put_call_volume_ratio": rounded(Decimal(puts) / calls, _RATIO),
                "put_call_open_interest_ratio": rounded(Decimal(open_puts) / open_calls, _RATIO),
            }
        )
    return {"stats": rows}


def _option_quote(world: World, option: Option) -> Fields:
    at = world.now()
    share = world.market.quote(option.underlying, at)
    last = quoted(option, world.market.last(option.underlying, at), at)
    volume = option.count(at, "volume", 20_000)
    ends = [last, *(quoted(option, spot, at) for spot in (share.low, share.high))]
    swing = option.volatility()
    return {
        "symbol": option.symbol,
        "last_done": number(last),
        "prev_close": number(quoted(option, share.prev_close, at)),
        "open": number(quoted(option, share.open, at)),
        "high": number(max(ends)),
        "low": number(min(ends)),
        "timestamp": str(share.timestamp),
        "volume": str(volume),
        "turnover": number(last * volume * MULTIPLIER),
        "trade_status": 0,
        "option_extend": {
            "implied_volatility": f"{swing:.4f}",
            "open_interest": str(option.count(at, "open", 50_000)),
            "expiry_date": f"{option.expiry:%Y%m%d}",
            "strike_price": number(option.strike),
            "contract_multiplier": str(MULTIPLIER),
            "contract_type": "A",
            "contract_size": str(MULTIPLIER),
            "direction": _letter(option),
            "historical_volatility": f"{options_chain.volatility(option.underlying):.4f}",
            "underlying_symbol": option.underlying,
        },
    }


def _day_volumes(symbol: str, day: int) -> tuple[int, int, int, int]:
    draw = Draws(f"{symbol} options {day}")
    calls = 10_000 + next(draw) % 900_000
    puts = calls * (40 + next(draw) % 90) // 100
    open_calls = calls * (3 + next(draw) % 4)
    return calls, puts, open_calls, open_calls * (50 + next(draw) % 60) // 100


def _letter(option: Option) -> str:
    return "C" if option.call else "P"


def _day(text: str) -> date:
    return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
