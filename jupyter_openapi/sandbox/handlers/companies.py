"""Handlers of companies: what each is, its sector, its splits and dividends, what analysts say: nothing.

Nobody rates the sandbox's companies and none buys its shares back. What is not known of a company, such as
its chairman, is empty. Splits and dividends are those of the account's past (``--history DAYS``); without a
past there are none.
"""

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
from jupyter_openapi.sandbox.responses import number
from jupyter_openapi.sandbox.simulation.candles import Candle
from jupyter_openapi.sandbox.simulation.securities import display_name, facts_of, members, sector_of

Fields = dict[str, Any]

MARKETS = {"SEHK": "HKEX", "NASD": "NASDAQ", "NYSE": "NYSE"}
_UNKNOWN = (
    "founded", "address", "office_address", "website", "issue_price", "shares_offered", "chairman",
    "secretary", "audit_inst", "category", "year_end", "employees", "Phone", "fax", "email", "legal_repr",
    "manager", "bus_license", "accounting_firm", "securities_rep", "legal_counsel", "zip_code", "icon",
    "profile", "ads_ratio",
)  # fmt: skip
_NO_RATINGS = ("buy", "over", "hold", "under", "sell", "no_opinion", "total")
_SIGNS = {"HKD": "HK$", "USD": "$", "CNY": "CN¥"}


@carries("fundamental_company")
def fundamental_company(world: World, fields: Fields) -> Fields:
    """Return what a company is; `sector` is a number, 0 for a fund."""
    del world
    known = rules.security(fields["symbol"])
    sector = sector_of(known)
    listed = facts_of(known).listed
    return dict.fromkeys(_UNKNOWN, "") | {
        "name": display_name(known),
        "company_name": known.name_en,
        "listing_date": f"{listed[:4]}-{listed[4:6]}-{listed[6:]}",
        "market": MARKETS.get(known.exchange, known.exchange),
        "region": known.market,
        "ticker": known.code,
        "sector": sector.code if sector else 0,
        "phone": {},
    }


@carries("fundamental_institution_rating_latest")
def institution_rating_latest(world: World, fields: Fields) -> Fields:
    """Return that no analyst rates a company, and the name of its industry: the sector's."""
    known = rules.security(fields["symbol"])
    sector = sector_of(known)
    day = f"{world.market.day(known.symbol, world.now()):%Y-%m-%d}"
    return {
        "evaluate": dict.fromkeys(_NO_RATINGS, 0) | {"start_date": "0", "end_date": "0"},
        "target": {
            "highest_price": "",
            "lowest_price": "",
            "prev_close": number(world.market.prev_close(known.symbol, world.now())),
            "start_date": day,
            "end_date": day,
        },
        "industry_id": sector.code if sector else 0,
        "industry_name": sector.name if sector else "",
        "industry_rank": 0,
        "industry_total": members(sector) if sector else 0,
        "industry_mean": 0,
        "industry_median": 0,
    }


@carries("fundamental_institution_rating")
def institution_rating(world: World, fields: Fields) -> Fields:
    """Return the analysts' joint rating: the sandbox has none."""
    del world
    known = rules.security(fields["symbol"])
    counts = dict.fromkeys(("buy", "hold", "sell", "strong_buy", "under"), 0)
    return {
        "ccy_symbol": _SIGNS.get(known.currency, known.currency),
        "change": "",
        "target": "",
        "recommend": "no_opinion",
        "updated_at": "",
        "evaluate": counts | {"date": ""},
    }


@carries("fundamental_dividend", "fundamental_dividend_detail")
def dividends(world: World, fields: Fields) -> Fields:
    """Return a security's dividends, the latest first: paid on the day that it trades without them."""
    known = rules.security(fields["symbol"])
    rows = []
    for row in reversed(actions_of(world, known.symbol)):
        if row["kind"] == "dividend":
            day = f"{date.fromisoformat(row['day']):%Y.%m.%d}"
            rows.append(
                {
                    "symbol": known.symbol,
                    "id": row["id"],
                    "desc": row["words"],
                    "record_date": "",
                    "ex_date": day,
                    "payment_date": day,
                }
            )
    return {"list": rows}


@carries("fundamental_buyback")
def buybacks(world: World, fields: Fields) -> Fields:
    """Return that a company bought nothing back."""
    del world
    rules.security(fields["symbol"])
    return {"recent_buybacks": None, "buyback_history": [], "buyback_ratios": []}


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
