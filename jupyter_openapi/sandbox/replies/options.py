"""Options: expiry dates, chains, quotes and volumes of the sandbox's own contracts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.sandbox import options_chain, rules
from jupyter_openapi.sandbox.dispatch import carries
from jupyter_openapi.sandbox.fundamentals import Draws
from jupyter_openapi.sandbox.hours import today
from jupyter_openapi.sandbox.options_chain import MULTIPLIER, Option
from jupyter_openapi.sandbox.refusal import bad
from jupyter_openapi.sandbox.replies.wire import CENT, number, rounded

if TYPE_CHECKING:
    from jupyter_openapi.sandbox.world import World

Fields = dict[str, Any]

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
    found = [option for name in names if (option := options_chain.find(name, now)) is not None]
    if not found:
        raise bad("symbol", "none of these is an option of the sandbox; see option_chain_info_by_date")
    return {"secu_quote": [_quote(world, option) for option in found]}


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
    market = symbol.rpartition(".")[2]
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


_RATIO = Decimal("0.0001")


def price(option: Option, spot: Decimal, at: float) -> Decimal:
    """Return a contract's price a share, at least a cent."""
    return max(CENT, Decimal(option.value(spot, at).price).quantize(CENT, ROUND_HALF_UP))


def _quote(world: World, option: Option) -> Fields:
    at = world.now()
    share = world.market.quote(option.underlying, at)
    last = price(option, share.last, at)
    volume = option.count(at, "volume", 20_000)
    ends = [price(option, spot, at) for spot in (share.low, share.high)]
    swing = option.volatility()
    return {
        "symbol": option.symbol,
        "last_done": number(last),
        "prev_close": number(price(option, share.prev_close, at)),
        "open": number(price(option, share.open, at)),
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
