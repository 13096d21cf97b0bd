"""Handlers of what the sandbox's account has none of, and of news and topics: nobody writes here.

Each answers as the broker does to an account without any: with empty lists and counts of 0. A symbol is still
checked. What would make one, such as a plan of investing, is not carried.
"""

from __future__ import annotations

from typing import Any

from jupyter_openapi.sandbox.dispatch import World, carries
from jupyter_openapi.sandbox.exchange import rules
from jupyter_openapi.sandbox.gate import CHANNEL

Fields = dict[str, Any]


@carries("alert_list")
def alert_list(world: World, fields: Fields) -> Fields:
    """Return no price alerts."""
    del world, fields
    return {"lists": []}


@carries("dca_list")
def dca_list(world: World, fields: Fields) -> Fields:
    """Return no plans of regular investing."""
    del world
    _check(fields)
    return {"plans": []}


@carries("dca_stats")
def dca_stats(world: World, fields: Fields) -> Fields:
    """Return the figures of no plans."""
    del world
    _check(fields)
    counts = dict.fromkeys(("active_count", "finished_count", "suspended_count"), "0")
    return counts | {"nearest_plans": [], "rest_days": "0", "total_amount": "0", "total_profit": "0"}


@carries("grid_list")
def grid_list(world: World, fields: Fields) -> Fields:
    """Return no grid orders."""
    del world
    _check(fields)
    return {"grid_order": [], "has_more": False}


@carries("sharelist_list", "sharelist_popular")
def sharelists(world: World, fields: Fields) -> Fields:
    """Return no lists of shares, followed or one's own."""
    del world, fields
    return {"sharelists": [], "subscribed_sharelists": [], "tail_mark": ""}


@carries("content_my_topics", "content_topics", "content_news")
def writings(world: World, fields: Fields) -> Fields:
    """Return no topics and no news."""
    del world
    _check(fields)
    return {"items": []}


@carries("agent_workspaces")
def agent_workspaces(world: World, fields: Fields) -> Fields:
    """Return no workspaces."""
    del world, fields
    return {"workspaces": []}


@carries("fund_orders")
def fund_orders(world: World, fields: Fields) -> Fields:
    """Return no orders of funds."""
    del world, fields
    return {"orders": []}


@carries("fund_positions_overview")
def fund_positions_overview(world: World, fields: Fields) -> Fields:
    """Return no holdings of funds."""
    del world, fields
    return {
        "account_channel": CHANNEL,
        "list": [],
        "pending_buy_orders": "0",
        "recent_trading_day": "0",
        "sold_pending_credit_orders": "0",
    }


@carries("short_margin")
def short_margin(world: World, fields: Fields) -> Fields:
    """Return no positions sold short."""
    del world, fields
    return {"short_list": []}


@carries("screener_user_strategies")
def screener_user_strategies(world: World, fields: Fields) -> Fields:
    """Return no strategies of one's own."""
    del world, fields
    return {"strategys": []}


def _check(fields: Fields) -> None:
    if fields.get("symbol"):
        rules.security(fields["symbol"])
