"""Handlers of the watchlist: groups of securities, kept in the database."""

from __future__ import annotations

from typing import Any

from jupyter_openapi.sandbox.dispatch import World, carries
from jupyter_openapi.sandbox.errors import bad
from jupyter_openapi.sandbox.exchange import rules
from jupyter_openapi.sandbox.responses import number, seconds
from jupyter_openapi.sandbox.simulation.securities import display_name

Fields = dict[str, Any]

FIRST_ID = 28_020
MOST_GROUPS = 100
MOST_SECURITIES = 500
ALL = "all"


@carries("watchlist")
def watchlist(world: World, fields: Fields) -> Fields:
    """Return the groups with their securities."""
    del fields
    kept = _load(world)
    groups = [
        {
            "id": str(group["id"]),
            "name": group["name"],
            "securities": [_security(symbol, kept["watched"]) for symbol in _ordered(group, kept)],
        }
        for group in kept["groups"]
    ]
    return {"groups": groups}


@carries("create_watchlist_group")
def create_group(world: World, fields: Fields) -> Fields:
    """Add a group."""
    kept = _load(world)
    if len(kept["groups"]) >= MOST_GROUPS:
        raise bad("name", f"there are {MOST_GROUPS} groups already")
    group = {"id": kept["next"], "name": fields["name"], "securities": []}
    kept["next"] += 1
    kept["groups"].append(group)
    _watch(world, kept, group, fields.get("securities", []), "replace")
    return {"id": str(group["id"])}


@carries("update_watchlist_group")
def update_group(world: World, fields: Fields) -> Fields:
    """Rename a group, or add, remove or replace its securities."""
    kept = _load(world)
    group = _find(kept, fields["id"])
    group["name"] = fields.get("name", group["name"])
    _watch(world, kept, group, fields.get("securities", []), fields.get("mode") or "add")
    return {}


@carries("delete_watchlist_group")
def delete_group(world: World, fields: Fields) -> Fields:
    """Delete a group; `purge` also forgets its securities in the group of all."""
    kept = _load(world)
    group = _find(kept, fields["id"])
    if group["name"] == ALL:
        raise bad("id", "the group of all securities stays")
    kept["groups"].remove(group)
    if fields["purge"]:
        for symbol in group["securities"]:
            _forget(kept, symbol)
    _save(world, kept)
    return {}


@carries("update_pinned")
def update_pinned(world: World, fields: Fields) -> Fields:
    """Pin securities to the top of their groups, or let them go."""
    kept = _load(world)
    for symbol in dict.fromkeys(fields["securities"]):
        entry = kept["watched"].get(rules.security(symbol, "securities").symbol)
        if entry is None:
            raise bad("securities", f"{symbol} isn't in the watchlist")
        entry["pinned"] = fields["mode"] == "add"
    _save(world, kept)
    return {}


def _load(world: World) -> Fields:
    kept: Fields | None = world.store.setting("watchlist")
    if kept is None:
        group = {"id": FIRST_ID, "name": ALL, "securities": []}
        kept = {"next": FIRST_ID + 1, "groups": [group], "watched": {}}
        _watch(world, kept, group, ["700.HK", "AAPL.US"], "add")
    return kept


def _save(world: World, kept: Fields) -> None:
    world.store.set_setting("watchlist", kept)


def _find(kept: Fields, wanted: str) -> Fields:
    for group in kept["groups"]:
        if str(group["id"]) == wanted:
            found: Fields = group
            return found
    raise bad("id", f"there is no group {wanted:.40}")


def _watch(world: World, kept: Fields, group: Fields, symbols: list[str], mode: str) -> None:
    wanted = [rules.security(symbol, "securities").symbol for symbol in dict.fromkeys(symbols)]
    if mode == "remove":
        group["securities"] = [symbol for symbol in group["securities"] if symbol not in wanted]
    else:
        old = [] if mode == "replace" and wanted else group["securities"]
        group["securities"] = list(dict.fromkeys([*old, *wanted]))
    if len(group["securities"]) > MOST_SECURITIES:
        raise bad("securities", f"a group holds at most {MOST_SECURITIES}")
    now = world.now()
    everything = kept["groups"][0]["securities"]
    for symbol in wanted if mode != "remove" else ():
        price = number(world.market.last(symbol, now))
        kept["watched"].setdefault(symbol, {"price": price, "at": now, "pinned": False})
        if symbol not in everything:
            everything.append(symbol)
    _save(world, kept)


def _forget(kept: Fields, symbol: str) -> None:
    if any(symbol in group["securities"] for group in kept["groups"][1:]):
        return
    kept["watched"].pop(symbol, None)
    everything = kept["groups"][0]["securities"]
    if symbol in everything:
        everything.remove(symbol)


def _ordered(group: Fields, kept: Fields) -> list[str]:
    return sorted(group["securities"], key=lambda symbol: not kept["watched"].get(symbol, {}).get("pinned"))


def _security(symbol: str, watched: Fields) -> Fields:
    security = rules.security(symbol)
    entry = watched.get(symbol, {"price": "", "at": 0, "pinned": False})
    return {
        "symbol": symbol,
        "market": security.market,
        "name": display_name(security),
        "watched_price": entry["price"],
        "watched_at": seconds(entry["at"]),
        "is_pinned": entry["pinned"],
    }
