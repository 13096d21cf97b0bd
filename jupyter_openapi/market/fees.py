"""Estimate the duties, levies and fees of an order.

An estimate for previews, and the sandbox's own charges. The broker's real charges are in `order_detail`.

Source: HKEX transaction fees, SEC and FINRA rates, each with its dates (``data/fees.json``); the broker's
own platform fee is unconfirmed and marked so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market import facts, symbols
from jupyter_openapi.market.money import amount
from jupyter_openapi.market.symbols import pays_stamp_duty, product_of
from jupyter_openapi.market.worth import Instrument, assumed
from jupyter_openapi.messages import _, commas

_CENT = Decimal("0.01")
_ROUNDING = {
    "cent": (_CENT, ROUND_HALF_UP),
    "cent_up": (_CENT, ROUND_CEILING),
    "whole_up": (Decimal(1), ROUND_CEILING),
}


@dataclass(frozen=True, slots=True)
class Fee:
    """One charge. `category` is BROKER_FEES or THIRD_FEES; `confirmed` is False if the rate has no source."""

    code: str
    name: str
    amount: Decimal
    currency: str
    category: str = "THIRD_FEES"
    confirmed: bool = True


def estimate(  # noqa: PLR0917 - as an order reads
    symbol: str, side: str, quantity: Decimal, price: Decimal, on: date, instrument: Instrument | None = None
) -> list[Fee]:
    """Return the charges of one order of `quantity` shares, all filled at `price`.

    Parameters
    ----------
    symbol
        ``700.HK``; what a security is (`market.symbols.product_of`) rules which charges are due.
    side
        ``Buy`` or ``Sell``.
    quantity, price
        Shares or contracts, and money per share in the security's currency.
    on
        The trading date, which picks the rates in force.
    instrument
        What was read of the security: its currency, multiplier and board; None for what is usual.

    Returns
    -------
    list of Fee
        Amounts in the security's currency, rounded as each charge is; charges of zero are left out.

    Raises
    ------
    RequestRefused
        No fees are known for that market or product, or the multiplier is not known.
    """
    instrument = instrument or assumed(symbol)
    consideration = instrument.worth(quantity, price)
    if consideration is None:
        raise RequestRefused(
            _("The fees of {symbol} are not known, for its multiplier is not.").format(symbol=symbol)
        )
    return charges(symbol, side, quantity, consideration, on, instrument)


def charges(  # noqa: PLR0917 - as a contract note reads
    symbol: str,
    side: str,
    quantity: Decimal,
    consideration: Decimal,
    on: date,
    instrument: Instrument | None = None,
) -> list[Fee]:
    """Return the charges of an order that filled `quantity` shares for `consideration` in all.

    An order that fills in parts is charged as a whole: after each fill, charge this minus what was charged
    before. The broker's own fee (BROKER_FEES) is hearsay: `regulatory` leaves it out.
    """
    market = symbols.parse(symbol).market
    known = facts("fees").get(market)
    if known is None:
        raise RequestRefused(
            _("No fees are known for {symbol}: only HK and US have them here.").format(symbol=symbol)
        )
    instrument = instrument or assumed(symbol)
    product, duty = product_of(symbol, instrument.board), pays_stamp_duty(symbol, instrument.board)
    if product in {"", "index"} or (market == "HK" and duty is None):
        raise RequestRefused(
            _("The fees of {symbol} are not known: what kind of product it is is not.").format(symbol=symbol)
        )
    if quantity <= 0:
        return []
    fees = []
    for item in known["items"]:
        exempt = item.get("only") == "stamp_duty" and not duty
        if exempt or item.get("side", side) != side or product not in item.get("products", [product]):
            continue
        money = _amount(item, quantity, consideration, on)
        if money:
            sure = not item.get("unconfirmed", False)
            currency = instrument.currency or known["currency"]
            fees.append(Fee(item["code"], item["name"], money, currency, item["category"], sure))
    return fees


def regulatory(fees: Iterable[Fee]) -> list[Fee]:
    """Return the duties, levies and fees of the exchange and the authorities: all but the broker's own."""
    return [fee for fee in fees if fee.category != "BROKER_FEES"]


@dataclass(frozen=True, slots=True)
class BrokerFees:
    """The broker's own commission and platform fee in one market, as stated by the user or by past orders.

    Attributes
    ----------
    per_order
        Money an order, the platform fee say.
    per_share
        Money a share, or a contract.
    rate
        Part of the consideration: 0.0003 for 0.03 percent.
    minimum
        The least that is charged for an order.
    """

    per_order: Decimal = Decimal(0)
    per_share: Decimal = Decimal(0)
    rate: Decimal = Decimal(0)
    minimum: Decimal = Decimal(0)

    @classmethod
    def of(cls, market: str, given: object) -> BrokerFees:
        """Return the fees that a user states: a mapping of these names, or one number for `per_order`.

        Raises
        ------
        RequestRefused
            A name is none of these, or a value is no number of 0 or more.
        """
        names = ("per_order", "per_share", "rate", "minimum")
        stated = dict(given) if isinstance(given, Mapping) else {"per_order": given}
        values = {}
        for name, value in stated.items():
            number = None if isinstance(value, bool) else amount(value)
            if name not in names or number is None or number < 0:
                raise RequestRefused(
                    _(
                        "fees[{market!r}] takes {names}, each a number of 0 or more; not "
                        "{name}={value!r:.40}."
                    ).format(market=market, names=commas(names), name=name, value=_plain(value))
                )
            values[name] = number
        return cls(**values)

    def charge(self, quantity: Decimal, consideration: Decimal) -> Decimal:
        """Return what the broker charges for an order, to the cent."""
        raw = self.per_order + self.per_share * quantity + self.rate * consideration
        return max(raw, self.minimum).quantize(_CENT, ROUND_HALF_UP)


def _plain(value: object) -> object:
    """Return a number or text as it is, of anything else the name of its type."""
    return value if value is None or isinstance(value, (str, int, float, Decimal)) else type(value).__name__


def stated_fees(stated: Mapping[str, object]) -> dict[str, BrokerFees]:
    """Return the broker's own fees by market, as a user states them: ``{"US": {"per_share": "0.005"}}``.

    A market takes ``per_order``, ``per_share``, ``rate`` and ``minimum``, or a number for the first.

    Raises
    ------
    RequestRefused
        A market is unknown, or its fees are none.
    """
    unknown = [market for market in stated if market not in facts("fees")]
    if unknown:
        raise RequestRefused(
            _("fees are stated by market, HK or US, not {market!r}.").format(market=unknown[0])
        )
    return {
        market: given if isinstance(given, BrokerFees) else BrokerFees.of(market, given)
        for market, given in stated.items()
    }


def total(fees: list[Fee]) -> Decimal:
    """Return the sum of the amounts; they share one currency."""
    return sum((fee.amount for fee in fees), Decimal(0))


def _amount(item: dict[str, Any], quantity: Decimal, consideration: Decimal, on: date) -> Decimal:
    version = next((v for v in item["versions"] if _in_force(v, on)), None)
    if version is None:
        return Decimal(0)
    raw = (
        Decimal(version.get("amount", "0"))
        + Decimal(version.get("rate", "0")) * consideration
        + Decimal(version.get("per_share", "0")) * quantity
    )
    unit, rounding = _ROUNDING[item["rounding"]]
    money = (raw / unit).to_integral_value(rounding) * unit
    money = max(money, Decimal(version.get("min", "0")))
    money = min(money, Decimal(version.get("max", money)))
    return money.quantize(_CENT)


def _in_force(version: dict[str, Any], on: date) -> bool:
    day = on.isoformat()
    return bool(version.get("from", day) <= day <= version.get("to", day))
