"""Read what a rebalancing is asked for: weights, a reserve, cash that can be spent, what orders cost."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import OpenAPIError, RequestRefused
from jupyter_openapi.market import fees
from jupyter_openapi.market.money import ZERO, amount, known_text, shown
from jupyter_openapi.market.replies import figure, objects
from jupyter_openapi.market.symbols import is_option, mended, parse, today_in
from jupyter_openapi.market.worth import Instrument
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio.given_arguments import told
from jupyter_openapi.portfolio.positions import brief
from jupyter_openapi.portfolio.prices import currency_code

if TYPE_CHECKING:
    from jupyter_openapi.portfolio.positions import AccountReader

SLACK = Decimal("1e-9")  # by which weights may be above 1 in all: a sum of floats


def weights_of(weights: Any) -> dict[str, Decimal]:
    """Return target weights by symbol.

    Raises
    ------
    RequestRefused
        One is no number from 0 to 1 or of no share, or they are above 1 in all.
    """
    if type(weights).__name__ == "Series":
        weights = weights.to_dict()
    if not isinstance(weights, Mapping) or not weights:
        raise RequestRefused(
            _("weights are symbols and shares of net assets, such as {example}, not {given}.").format(
                example="{'700.HK': 0.3}", given=told(weights)
            )
        )
    found: dict[str, Decimal] = {}
    for name, given in weights.items():
        if not isinstance(name, str):
            raise RequestRefused(
                _("weights are by symbol, such as {example}, not by {given}.").format(
                    example="{'700.HK': 0.3}", given=told(name)
                )
            )
        symbol = mended(name)
        parse(symbol)
        if symbol in found:
            raise RequestRefused(_("weights have {symbol} twice: give it one weight.").format(symbol=symbol))
        weight = amount(given) if isinstance(given, (Real, Decimal, str)) else None
        weight = None if type(given).__name__ in {"bool", "bool_"} else weight
        if weight is None or not 0 <= weight <= 1:
            raise RequestRefused(
                _("The weight of {symbol} is a number from 0 to 1, not {given}.").format(
                    symbol=symbol, given=told(given)
                )
            )
        if is_option(symbol):
            raise RequestRefused(
                _("{symbol} is an option: weights are of shares. Trade it by an order of its own.").format(
                    symbol=symbol
                )
            )
        found[symbol] = weight
    whole = sum(found.values(), ZERO)
    if whole > 1 + SLACK:
        raise RequestRefused(
            _("The weights are {whole} in all; they are shares of net assets, 1 at most.").format(
                whole=shown(whole, 4)
            )
        )
    return found


def reserve_of(reserve: Any, base: str) -> dict[str, Decimal]:
    """Return the cash that is not spent, by currency.

    Raises
    ------
    RequestRefused
        It is no amount.
    """
    stated = reserve if isinstance(reserve, Mapping) else {base: reserve}
    found = {}
    for currency, given in stated.items():
        money = amount(given) if isinstance(given, (Real, Decimal, str)) else None
        if money is None or money < 0 or isinstance(given, bool):
            raise RequestRefused(
                _("reserve is an amount of 0 or more, or amounts by currency; not {given}.").format(
                    given=told(given)
                )
            )
        found[currency_code(currency, "reserve")] = money
    return found


def available_cash(reader: AccountReader) -> dict[str, Decimal]:
    """Return the cash that can be spent now, by currency: what open orders hold and what settles is not.

    Raises
    ------
    RequestRefused
        It can't be read.
    """
    try:
        entries = reader.ask("account_balance").get("list")
    except OpenAPIError as failure:
        raise RequestRefused(
            _("Nothing is rebalanced, for the cash could not be read ({brief}).").format(brief=brief(failure))
        ) from None
    found: dict[str, Decimal] = {}
    for entry in objects(entries):
        for info in objects(entry.get("cash_infos")):
            currency, free = known_text(info.get("currency")).upper(), figure(info.get("available_cash"))
            if currency and free is not None:
                found.setdefault(currency, free)  # a statement in another currency repeats it
    return found


def paid_in(currency: str, cash: Mapping[str, Decimal]) -> str:
    """Return the currency of the cash that pays: renminbi is held under either of its codes."""
    return "CNH" if currency == "CNY" and "CNY" not in cash and "CNH" in cash else currency


class Costs:
    """What an order in one security costs: duties and levies, and the broker's own as stated or as usual."""

    def __init__(self, instrument: Instrument, price: Decimal, own: fees.BrokerFees | None) -> None:
        self._instrument = instrument
        self._price = price
        self._own = own

    def __call__(self, side: str, quantity: Decimal) -> Decimal:
        """Return what an order of a side and a quantity costs; 0 for nothing."""
        if not quantity:
            return ZERO
        one = self._instrument
        charged = fees.estimate(one.symbol, side, quantity, self._price, today_in(one.market), one)
        if self._own is None:
            return fees.total(charged)
        own = self._own.charge(quantity, quantity * self._price)
        return fees.total(fees.regulatory(charged)) + own
