"""Prices made by arithmetic: ``600 * 1.001`` is 600.5999999999999, which no market takes.

Such a price is refused with the two valid ones next to it, or rounded to one of them where that was asked
for, which the preview says.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any, Literal, get_args

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market.money import amount, plain
from jupyter_openapi.market.symbols import market_of, today_in
from jupyter_openapi.market.ticks import nearest
from jupyter_openapi.messages import _
from jupyter_openapi.spec.model import Operation

Tick = Literal["nearest", "up", "down", "safe"]
TICKS: tuple[Tick, ...] = get_args(Tick)
PRICES = frozenset({"submitted_price", "price", "trigger_price", "monitor_price"})
PLACES = 6  # decimals of a float that can't be a price any more


def known_tick(value: object) -> Tick | None:
    """Return the way to round that `value` names, None for none; RequestRefused if there is no such way."""
    for each in TICKS:
        if value == each:
            return each
    if value in {None, "", "off"}:
        return None
    raise RequestRefused(
        _("There is no tick={value!r:.40}: use {ticks}. Nothing was sent.").format(
            value=value, ticks=", ".join(TICKS)
        )
    )


def needs_rounding(operation: Operation, arguments: Mapping[str, Any], tick: Tick | None) -> bool:
    """Tell whether a price among the arguments is to be rounded, or is one that arithmetic left unusable."""
    prices = [value for name, value in arguments.items() if operation.short.get(name, name) in PRICES]
    return any(value is not None and (tick is not None or _is_odd(value)) for value in prices)


def rounded(
    operation: Operation, arguments: Mapping[str, Any], symbol: str, side: str, tick: Tick | None
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the arguments with their prices on the ladder, and the lines that say which were rounded.

    Raises
    ------
    RequestRefused
        A float has more decimals than any price, and nothing says how to round it.
    """
    given, lines = dict(arguments), []
    for name, value in arguments.items():
        price = amount(repr(float(value)) if isinstance(value, float) else value)
        if operation.short.get(name, name) not in PRICES or price is None or price <= 0:
            continue
        if tick is None and not _is_odd(value):
            continue
        below: Decimal | None = None
        above: Decimal | None = None
        with suppress(RequestRefused):  # no ladder is known
            below, above = nearest(symbol, price, today_in(market_of(symbol)))
        if tick is None or below is None or above is None:
            raise _refusal(name, value, below, above)
        chosen = _choose(price, below, above, side, tick)
        if chosen != price:
            given[name] = plain(chosen)
            said = _("{name} {value} rounded to {chosen} (--tick {tick})")
            lines.append(
                ("tick", said.format(name=name, value=plain(price), chosen=plain(chosen), tick=tick))
            )
    return given, lines


def _choose(price: Decimal, below: Decimal, above: Decimal, side: str, tick: Tick) -> Decimal:
    """Return the rung for a price; safe is the one that pays less, or asks more, than was meant."""
    buys = side.lower() == "buy"
    if tick == "safe":
        return below if buys else above
    if tick == "nearest":
        return below if price - below <= above - price else above
    return above if tick == "up" else below


def _is_odd(value: object) -> bool:
    if not isinstance(value, float) or value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124
        return False
    exponent = Decimal(repr(float(value))).as_tuple().exponent
    return isinstance(exponent, int) and -exponent > PLACES


def _refusal(name: str, value: object, below: Decimal | None, above: Decimal | None) -> RequestRefused:
    said = _("{name}={value} is a float with more decimals than any price. Nothing was sent")
    if below is None or above is None:
        return RequestRefused(
            _("{said}: round it first, for example {name}={{round(x, 2)}}.").format(
                said=said.format(name=name, value=value), name=name
            )
        )
    return RequestRefused(
        _(
            "{said}: type {name}={below} or {name}={above}, or `--tick nearest` (up, down, safe) before the "
            "operation (in Python: tick='nearest')."
        ).format(said=said.format(name=name, value=value), name=name, below=plain(below), above=plain(above))
    )
