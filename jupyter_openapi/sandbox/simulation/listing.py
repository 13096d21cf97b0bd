"""What the sandbox lists: the known securities, their counters in renminbi, and options on US shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from jupyter_openapi.market.symbols import SECURITIES, Contract, Security, contract, table_of
from jupyter_openapi.market.ticks import ladder
from jupyter_openapi.sandbox.simulation.trading_days import ANCHOR

RENMINBI = Decimal("1.092")
"""Hong Kong dollars for one renminbi; the sandbox's rates never move."""
MULTIPLIER = 100


def _counter(security: Security) -> Security:
    """Return the counter of a Hong Kong share that trades in renminbi."""
    code = str(security.rmb_counter)
    rungs = ladder(security.symbol, ANCHOR, security.spread_table)
    return replace(
        security,
        symbol=f"{code}.HK",
        code=code,
        short_name=f"{security.short_name}-R",
        name_en=f"{security.name_en} (RMB counter)",
        currency="CNY",
        ref_price=rungs.price(rungs.below(security.ref_price / RENMINBI)),
        rmb_counter=None,
        isin=None,
    )


LISTED: Mapping[str, Security] = {
    **SECURITIES,
    **{f"{s.rmb_counter}.HK": _counter(s) for s in SECURITIES.values() if s.rmb_counter},
}
"""Every share and fund by its symbol."""


def multiplier_of(symbol: str) -> Decimal:
    """Return what one unit of a position stands for."""
    return Decimal(MULTIPLIER if contract(symbol) is not None else 1)


@lru_cache(maxsize=4096)
def listed(symbol: str) -> Security | None:
    """Return a security, or an option of any date as one; None for what the sandbox does not list."""
    security = LISTED.get(symbol)
    option = None if security is not None else contract(symbol)
    share = None if option is None else underlying_of(option)
    return security if option is None or share is None else _option(option, share)


def underlying_of(option: Contract) -> Security | None:
    """Return the share that an option is on; its root has no dots (``BRKB``)."""
    return _roots().get(option.root) if option.market == "US" else None


@lru_cache(maxsize=1)
def _roots() -> dict[str, Security]:
    return {s.code.replace(".", ""): s for s in SECURITIES.values() if s.market == "US"}


def _option(option: Contract, share: Security) -> Security:
    name = f"{option.root} {option.expiry:%y%m%d} {option.strike:.2f} {'Call' if option.call else 'Put'}"
    return Security(
        symbol=option.symbol,
        code=option.symbol.removesuffix(".US"),
        market="US",
        short_name=name,
        name_en=name,
        name_cn=name,
        name_hk=name,
        kind="option",
        lot_size=1,
        currency=share.currency,
        spread_table=table_of(option.symbol) or "us_option",
        ref_price=option.strike,
        stamp_duty=False,
        short_sell=False,
        exchange="OPRA",
        board="USOption",
    )
