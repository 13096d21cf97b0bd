"""Splits and dividends of the account's past (``--history DAYS``); without a past there are none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from jupyter_openapi.market.sessions import zone
from jupyter_openapi.market.symbols import market_of
from jupyter_openapi.sandbox.dispatch import World, carries
from jupyter_openapi.sandbox.exchange import rules
from jupyter_openapi.sandbox.exchange.past import ACTIONS, SPLIT
from jupyter_openapi.sandbox.simulation.candles import Candle

RECENT = timedelta(days=30)


@carries("fundamental_corp_action")
def fundamental_corp_action(world: World, fields: dict[str, Any]) -> dict[str, Any]:
    """Return the corporate actions of a security, the latest first."""
    symbol = rules.security(fields["symbol"]).symbol
    now = datetime.fromtimestamp(world.now(), zone(market_of(symbol))).date()
    rows = []
    for row in reversed(actions_of(world, symbol)):
        day = date.fromisoformat(row["day"])
        rows.append(
            {
                "id": row["id"],
                "date": f"{day:%Y%m%d}",
                "date_str": f"{day:%m.%d}",
                "date_type": "Ex-date",
                "date_zone": "",
                "act_type": row["kind"],
                "act_desc": row["words"],
                "action": row["kind"],
                "recent": now - day <= RECENT,
                "is_delay": False,
                "delay_content": "",
                "live": None,
            }
        )
    return {"items": rows}


def as_traded(world: World, symbol: str, candles: Iterable[Candle]) -> list[Candle]:
    """Return candles with the prices and volumes of their day: those before a split as they were then."""
    splits = [row for row in actions_of(world, symbol) if row["kind"] == "split"]
    found = list(candles)
    for row in splits:
        day = date.fromisoformat(row["day"])
        at = datetime.combine(day, time(), zone(market_of(symbol))).timestamp()
        found = [_before(candle) if candle.timestamp < at else candle for candle in found]
    return found


def _before(candle: Candle) -> Candle:
    ratio = Decimal(SPLIT)
    return candle._replace(
        open=candle.open * ratio,
        high=candle.high * ratio,
        low=candle.low * ratio,
        close=candle.close * ratio,
        volume=candle.volume // SPLIT,
    )


def actions_of(world: World, symbol: str) -> list[dict[str, Any]]:
    """Return the splits and dividends of a security, the earliest first."""
    found: dict[str, list[dict[str, Any]]] = world.store.setting(ACTIONS) or {}
    return sorted(found.get(symbol, []), key=lambda row: str(row["day"]))
