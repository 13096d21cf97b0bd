"""Warrants: issuers, the list on a share, quotes."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.sandbox import rules, warrants
from jupyter_openapi.sandbox.dispatch import carries
from jupyter_openapi.sandbox.hours import today
from jupyter_openapi.sandbox.options_chain import volatility
from jupyter_openapi.sandbox.refusal import bad
from jupyter_openapi.sandbox.replies.wire import number, rounded
from jupyter_openapi.sandbox.warrants import BEAR, BULL, CATEGORIES, INLINE, ISSUED, Warrant

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openapi.sandbox.world import World

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
    found = [warrant for name in names if (warrant := warrants.find(name, day)) is not None]
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
