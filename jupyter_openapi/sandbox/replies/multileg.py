"""Option strategies of several legs: taken, and rejected, for a paper account has no options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_openapi.sandbox import options_chain
from jupyter_openapi.sandbox.dispatch import carries
from jupyter_openapi.sandbox.hours import today
from jupyter_openapi.sandbox.refusal import bad
from jupyter_openapi.sandbox.replies.wire import number

if TYPE_CHECKING:
    from jupyter_openapi.sandbox.options_chain import Option
    from jupyter_openapi.sandbox.world import World

Fields = dict[str, Any]

REASON = "User authentication failed: a paper account has no options"


@carries("submit_multileg")
def submit_multileg(world: World, fields: Fields) -> Fields:
    """Take an order of several legs; it is rejected at once, as an account without option rights sees it."""
    day = today("US", world.now())
    legs = fields["legs"]
    if not 1 <= len(legs) <= 4:
        raise bad("legs", "between 1 and 4 are needed")
    options = [options_chain.find(leg["symbol"], day) for leg in legs]
    for leg, option in zip(legs, options, strict=True):
        if option is None and leg["symbol"] not in world.market.securities:
            raise bad("legs", f"{leg['symbol']:.40} is neither a share nor an option of the sandbox")
    if fields["order_type"] == "LO" and "submitted_price" not in fields:
        raise bad("submitted_price", "required for LO")
    strategy = fields["strategy"]
    info = {
        "strategy": strategy,
        "strategy_name": strategy,
        "multileg_id": "",
        "code": strategy,
        "legs": [_leg(leg, option) for leg, option in zip(legs, options, strict=True)],
    }
    order_id = world.exchange.submit_rejected(fields, legs[0]["symbol"], info, REASON, world.now())
    return {"order_id": order_id}


def _leg(leg: Fields, option: Option | None) -> Fields:
    return {
        "symbol": leg["symbol"],
        "side": leg.get("side") or "Buy",
        "position": leg.get("position") or "LONG",
        "ratio_quantity": number(leg["ratio_quantity"]),
        "strike_price": number(option.strike, "0") if option else "0",
        "expire_date": f"{option.expiry:%Y%m%d}" if option else "",
        "contract_direction": ("C" if option.call else "P") if option else "",
    }
