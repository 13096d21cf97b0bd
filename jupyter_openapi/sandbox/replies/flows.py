"""Who bought and sold: capital flow and its distribution, short positions and trades; made up but steady."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.sandbox import fundamentals, rules
from jupyter_openapi.sandbox.dispatch import carries
from jupyter_openapi.sandbox.fundamentals import Draws
from jupyter_openapi.sandbox.model import ZERO
from jupyter_openapi.sandbox.refusal import bad
from jupyter_openapi.sandbox.replies.wire import CENT, number, rounded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_openapi.market.securities import Security
    from jupyter_openapi.sandbox.prices import Candle
    from jupyter_openapi.sandbox.world import World

Fields = dict[str, Any]

_RATIO = Decimal("0.0001")


@carries("capital_flow")
def capital_flow(world: World, fields: Fields) -> Fields:
    """Return the day's net inflow so far, minute by minute: turnover on rises less turnover on falls."""
    symbol = rules.security(fields["symbol"]).symbol
    rows = [{"inflow": rounded(total, CENT), "timestamp": str(at)} for at, total in inflow(world, symbol)]
    return {"symbol": symbol, "capital_flow_lines": rows}


@carries("capital_distribution")
def capital_distribution(world: World, fields: Fields) -> Fields:
    """Return the day's turnover by direction and size of trade."""
    symbol = rules.security(fields["symbol"]).symbol
    now = world.market.quote(symbol, world.now())
    draw = Draws(f"{symbol} distribution {now.timestamp // 86400}")
    share = Decimal(40 + next(draw) % 21) / 100
    sides = {}
    for name, part in (("capital_in", share), ("capital_out", 1 - share)):
        large = Decimal(25 + next(draw) % 20) / 100
        medium = Decimal(30 + next(draw) % 15) / 100
        parts = {"large": large, "medium": medium, "small": 1 - large - medium}
        sides[name] = {size: rounded(now.turnover * part * weight, CENT) for size, weight in parts.items()}
    return {"symbol": symbol, "timestamp": str(now.timestamp), **sides}


@carries("short_positions", "short_positions_us")
def short_positions(world: World, fields: Fields) -> Fields:
    """Return the shares sold short, by day, newest first."""
    known = rules.security(fields["symbol"])
    company = fundamentals.of(known)
    rows = []
    for candle in _days(world, known, fields, "count"):
        draw = Draws(f"{known.symbol} short {candle.timestamp}")
        sold = company.floating * (30 + next(draw) % 300) // 10_000
        usual = max(1, candle.volume * (80 + next(draw) % 40) // 100)
        rows.append(
            {
                "timestamp": str(candle.timestamp),
                "rate": rounded(Decimal(sold) / company.floating, _RATIO),
                "close": number(candle.close),
                "current_shares_short": str(sold),
                "avg_daily_share_volume": str(usual),
                "days_to_cover": rounded(Decimal(sold) / usual, CENT),
                "amount": str(sold),
                "balance": rounded(candle.close * sold, CENT),
                "cost": rounded(candle.close * (95 + next(draw) % 11) / 100, CENT),
            }
        )
    return {"counter_id": _counter(known), "data": rows}


@carries("short_trades", "short_trades_us")
def short_trades(world: World, fields: Fields) -> Fields:
    """Return the short sales among each day's trades, newest first."""
    known = rules.security(fields["symbol"])
    rows = []
    for candle in _days(world, known, fields, "page_size"):
        draw = Draws(f"{known.symbol} short trades {candle.timestamp}")
        first = candle.volume * (5 + next(draw) % 15) // 100
        second = candle.volume * (1 + next(draw) % 5) // 100 if known.market == "US" else 0
        sold = first + second
        rows.append(
            {
                "timestamp": str(candle.timestamp),
                "rate": rounded(Decimal(sold) / max(1, candle.volume), _RATIO),
                "close": number(candle.close),
                "nus_amount": str(first),
                "ny_amount": str(second),
                "total_amount": str(candle.volume),
                "amount": str(sold),
                "balance": rounded(candle.close * sold, CENT),
            }
        )
    return {"counter_id": _counter(known), "data": rows}


def inflow(world: World, symbol: str) -> Iterator[tuple[int, Decimal]]:
    """Yield each minute of the day with the net inflow up to it."""
    total, before = ZERO, None
    for line in world.market.intraday(symbol, world.now()):
        if before is not None and line.price != before:
            total += line.turnover if line.price > before else -line.turnover
        before = line.price
        yield line.timestamp, total


def _days(world: World, known: Security, fields: Fields, size: str) -> list[Candle]:
    market = "US" if fields.get("market") == "US" else known.market
    if market != known.market:
        raise bad("symbol", f"{known.symbol} isn't in {market}")
    now = world.now()
    until = min(float(fields["last_timestamp"] or now), now)
    found = world.market.candles(known.symbol, now, 1000, fields[size], before=until)
    return found[::-1]


def _counter(known: Security) -> str:
    return f"{'ETF' if known.kind == 'etf' else 'ST'}/{known.market}/{known.code}"
