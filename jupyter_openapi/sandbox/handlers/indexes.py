"""Handler of calculated indexes: forty figures of shares, options and warrants."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from jupyter_openapi.market.symbols import SECURITIES, market_of
from jupyter_openapi.sandbox.dispatch import World, carries
from jupyter_openapi.sandbox.errors import bad
from jupyter_openapi.sandbox.exchange.hours import today
from jupyter_openapi.sandbox.exchange.model import ZERO
from jupyter_openapi.sandbox.handlers.derivatives import figures
from jupyter_openapi.sandbox.handlers.markets import inflow
from jupyter_openapi.sandbox.responses import CENT, number, rounded
from jupyter_openapi.sandbox.simulation import (
    derivatives as options_chain,
)
from jupyter_openapi.sandbox.simulation import (
    derivatives as warrants,
)
from jupyter_openapi.sandbox.simulation.derivatives import Option, quoted
from jupyter_openapi.sandbox.simulation.securities import MULTIPLIER, facts_of

Fields = dict[str, Any]

FIELDS = (
    "last_done", "change_val", "change_rate", "volume", "turnover", "ytd_change_rate", "turnover_rate",
    "total_market_value", "capital_flow", "amplitude", "volume_ratio", "pe_ttm_ratio", "pb_ratio",
    "dividend_ratio_ttm", "five_day_change_rate", "ten_day_change_rate", "half_year_change_rate",
    "five_minutes_change_rate", "expiry_date", "strike_price", "upper_strike_price", "lower_strike_price",
    "outstanding_qty", "outstanding_ratio", "premium", "itm_otm", "implied_volatility", "warrant_delta",
    "call_price", "to_call_price", "effective_leverage", "leverage_ratio", "conversion_ratio",
    "balance_point", "open_interest", "delta", "gamma", "theta", "vega", "rho",
)  # fmt: skip
"""The field of each number of `calc_index`, from 1."""

_HALF_YEAR = 125


@carries("calc_indexes")
def calc_indexes(world: World, fields: Fields) -> Fields:
    """Return the figures asked for, of each symbol that has any."""
    wanted = [FIELDS[number - 1] for number in dict.fromkeys(fields["calc_index"])]
    rows = []
    for symbol in dict.fromkeys(fields["symbols"]):
        known = _figures(world, symbol)
        if known:
            rows.append({"symbol": symbol} | {name: known.get(name, "") for name in wanted})
    if not rows:
        raise bad("symbols", "none of these is a security of the sandbox")
    return {"security_calc_index": rows}


def _figures(world: World, symbol: str) -> Fields:
    now = world.now()
    if symbol in SECURITIES:
        return _share(world, symbol)
    option = options_chain.find_option(symbol, today("US", now))
    if option is not None:
        return _option(world, option)
    warrant = warrants.find_warrant(symbol, today("HK", now))
    if warrant is None:
        return {}
    known = figures(world, warrant)
    return known | {"warrant_delta": known["delta"], "delta": ""}


def _share(world: World, symbol: str) -> Fields:
    now = world.now()
    quote = world.market.quote(symbol, now)
    company = facts_of(SECURITIES[symbol])
    days = world.market.candles(symbol, now, 1000, 260)
    closes = [candle.close for candle in days]
    year = [day for day in days if _year(symbol, day.timestamp) < _year(symbol, now)]
    minutes = world.market.candles(symbol, now, 5, 2)
    usual = sum(day.volume for day in days[-6:-1]) // max(1, len(days[-6:-1])) or 1
    minutes_in = [total for _, total in inflow(world, symbol)]
    return {
        "last_done": number(quote.last),
        "change_val": number(quote.last - quote.prev_close),
        "change_rate": _change(quote.last, quote.prev_close),
        "volume": str(quote.volume),
        "turnover": number(quote.turnover),
        "ytd_change_rate": _change(quote.last, year[-1].close) if year else "",
        "turnover_rate": rounded(Decimal(quote.volume) / company.floating * 100, CENT),
        "total_market_value": number(quote.last * company.shares),
        "capital_flow": rounded(minutes_in[-1] if minutes_in else ZERO, CENT),
        "amplitude": rounded((quote.high - quote.low) / quote.prev_close * 100, CENT),
        "volume_ratio": rounded(Decimal(quote.volume) / usual, CENT),
        "pe_ttm_ratio": rounded(quote.last / company.eps_ttm, CENT),
        "pb_ratio": rounded(quote.last / company.bps, CENT),
        "dividend_ratio_ttm": number(company.dividend_yield),
        "five_day_change_rate": _back(quote.last, closes, 5),
        "ten_day_change_rate": _back(quote.last, closes, 10),
        "half_year_change_rate": _back(quote.last, closes, _HALF_YEAR),
        "five_minutes_change_rate": _change(quote.last, minutes[0].close) if minutes else "",
    }


def _option(world: World, option: Option) -> Fields:
    at = world.now()
    share = world.market.quote(option.underlying, at)
    last, before = quoted(option, share.last, at), quoted(option, share.prev_close, at)
    value = option.value(share.last, at)
    volume = option.count(at, "volume", 20_000)
    gain = share.last - option.strike if option.call else option.strike - share.last
    breakeven = option.strike + last if option.call else option.strike - last
    return {
        "last_done": number(last),
        "change_val": number(last - before),
        "change_rate": _change(last, before),
        "volume": str(volume),
        "turnover": number(last * volume * MULTIPLIER),
        "expiry_date": f"{option.expiry:%Y%m%d}",
        "strike_price": number(option.strike),
        "premium": rounded((breakeven - share.last) / share.last, Decimal("0.0001")),
        "itm_otm": rounded(gain / option.strike, Decimal("0.0001")),
        "implied_volatility": f"{option.volatility():.4f}",
        "open_interest": str(option.count(at, "open", 50_000)),
        "balance_point": number(breakeven),
        "delta": f"{value.delta:.4f}",
        "gamma": f"{value.gamma:.6f}",
        "theta": f"{value.theta:.4f}",
        "vega": f"{value.vega:.4f}",
        "rho": f"{value.rho:.4f}",
    }


def _back(last: Decimal, closes: list[Decimal], days: int) -> str:
    return _change(last, closes[-1 - days]) if len(closes) > days else ""


def _change(now: Decimal, before: Decimal) -> str:
    return rounded((now - before) / before * 100, CENT) if before else ""


def _year(symbol: str, at: float) -> int:
    return today(market_of(symbol), at).year
