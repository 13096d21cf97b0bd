"""Handlers of companies: what each is and which sector it is in, its dividends, what analysts say: nothing.

Nobody rates the sandbox's companies and none buys its shares back. What is not known of a company, such as
its chairman, is empty.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from jupyter_openapi.sandbox.dispatch import World, carries
from jupyter_openapi.sandbox.exchange import rules
from jupyter_openapi.sandbox.handlers.corporate_actions import actions_of
from jupyter_openapi.sandbox.handlers.format import number
from jupyter_openapi.sandbox.simulation import fundamentals
from jupyter_openapi.sandbox.simulation.sectors import members, sector_of

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
    listed = fundamentals.of(known).listed
    return dict.fromkeys(_UNKNOWN, "") | {
        "name": fundamentals.display_name(known),
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
