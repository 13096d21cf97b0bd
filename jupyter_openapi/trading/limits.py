"""Limits on one order, lifted only by a named override: value, distance from the last price, short sales.

They catch a slipped finger, not bad ideas. Whether the account can pay for a buy is said beside them and
never refused (see `jupyter_openapi.account.BuyingPower`): margin, other currencies and the broker's own rules
decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from jupyter_openapi.errors import RequestRefused, short
from jupyter_openapi.market.money import amount, money, plain
from jupyter_openapi.market.symbols import CURRENCIES
from jupyter_openapi.market.worth import Instrument, assumed
from jupyter_openapi.messages import N_, _, commas
from jupyter_openapi.spec.check import texts

OVERRIDES = {
    "max_value": N_("an order worth more than the maximum"),
    "distance": N_("a limit price far from the last price"),
    "short": N_("selling more than is available"),
    "multiplier": N_("an option whose multiplier is not known, and so what it is worth"),
    "trailing": N_("a trailing_percent under 0.2, which is a fifth of a percent"),
    "late": N_("a replace while an earlier one of the same order may still arrive"),
    "unknown": N_("an order like one of which it is not known whether it was booked"),
}


@dataclass(frozen=True, slots=True)
class OrderLimits:
    """What one order may be without an override.

    Attributes
    ----------
    max_value
        The largest order value, by currency; a currency that is not named has no maximum.
    aggressive
        How far beyond the last price, in percent, a limit may be on the side that trades at once (buying
        above it, selling below it).
    passive
        The same on the side that waits.
    """

    max_value: Mapping[str, Decimal] = field(
        default_factory=lambda: {
            "HKD": Decimal(1_000_000),
            "USD": Decimal(130_000),
            "CNY": Decimal(900_000),
            "CNH": Decimal(900_000),
        }
    )
    aggressive: Decimal = Decimal(10)
    passive: Decimal = Decimal(50)

    @classmethod
    def of(cls, max_value: Mapping[str, Any], aggressive: Any, passive: Any) -> OrderLimits:
        """Return limits as a person sets them: currencies that are not named keep their maximum.

        Raises
        ------
        RequestRefused
            One is no positive number; a maximum of None lifts that currency's.
        """
        most, known = dict(cls().max_value), (*CURRENCIES.values(), "CNH")
        for currency, value in max_value.items():
            most.pop(currency, None)
            if currency not in known:
                raise RequestRefused(
                    _("There is no currency '{currency}': use {known}.").format(
                        currency=currency, known=commas(dict.fromkeys(known))
                    )
                )
            if value is not None:
                most[currency] = _positive(_("the maximum in {currency}").format(currency=currency), value)
        return cls(most, _positive("aggressive", aggressive), _positive("passive", passive))


def _positive(what: str, value: Any) -> Decimal:
    number = None if isinstance(value, bool) else amount(value)
    if number is None or number <= 0:
        raise RequestRefused(
            _("{what} must be a number above 0, not {value!r:.40}.").format(what=what, value=value)
        )
    return number


def known_overrides(names: Iterable[str]) -> frozenset[str]:
    """Return the overrides as a set; RequestRefused names what there is if one is unknown."""
    wanted = frozenset(texts("override", names))
    if unknown := sorted(wanted - OVERRIDES.keys()):
        raise RequestRefused(
            _("There is no override '{unknown}': use {overrides}. Nothing was sent.").format(
                unknown=short(unknown[0], 40), overrides=commas(OVERRIDES)
            )
        )
    return wanted


class LimitCheck:
    """Checks one order against the limits; what is overridden becomes a line of the preview."""

    def __init__(self, limits: OrderLimits, overrides: Iterable[str]) -> None:
        self._limits = limits
        self.overrides = known_overrides(overrides)
        self.lines: list[tuple[str, str]] = []
        self.last: Decimal | None = None  # the last price it was checked against

    def value(
        self,
        fields: Mapping[str, Any],
        price: Decimal | None,
        instrument: Instrument | None = None,
        *,
        reduces: bool = False,
    ) -> None:
        """Refuse an order worth more than the maximum of its currency, or whose worth is not known.

        Parameters
        ----------
        fields
            A submit's, or those of a replace by the same names.
        price
            What it is reckoned at; None where there is none.
        instrument
            What was read of the security.
        reduces
            Whether it only reduces what is held: it passes then although its worth is not known.
        """
        instrument = instrument or assumed(str(fields.get("symbol")))
        self.lines += [("warning", said) for said in instrument.assumptions]
        if instrument.multiplier is None:
            self._multiplier(instrument.symbol, reduces=reduces)
        currency = instrument.currency
        most, quantity = self._limits.max_value.get(currency), amount(fields.get("submitted_quantity"))
        worth = instrument.worth(quantity, price)
        if most is not None and price is None:
            self.lines.append(("warning", _("no price available: the maximum order value was not checked")))
        if most is None or worth is None or worth <= most:
            return
        self._needs(
            "max_value",
            _("this order is worth {worth}, more than the maximum of {most}").format(
                worth=money(worth, currency), most=money(most, currency)
            ),
        )

    def _multiplier(self, symbol: str, *, reduces: bool) -> None:
        if reduces:
            said = _("the multiplier of {symbol} is not known: the order's value was not checked")
            self.lines.append(("warning", said.format(symbol=symbol)))
        else:
            self._needs(
                "multiplier",
                _("the multiplier of {symbol} is not known, and so what the order is worth").format(
                    symbol=symbol
                ),
            )

    def distance(self, fields: Mapping[str, Any], last: Decimal | None) -> None:
        """Refuse a limit price too far from the last price; from the trigger, where the order has one."""
        self.last = last
        price, trigger = amount(fields.get("submitted_price")), amount(fields.get("trigger_price"))
        last = trigger or last
        if price is None or not last:
            return
        away = (price - last) / last * 100
        aggressive = away > 0 if fields.get("side") == "Buy" else away < 0
        most = self._limits.aggressive if aggressive else self._limits.passive
        if abs(away) > most:
            template = (
                _("the limit {price} is {away:.1f}% above the {what} {last}")
                if away > 0
                else _("the limit {price} is {away:.1f}% below the {what} {last}")
            )
            self._needs(
                "distance",
                template.format(
                    price=plain(price),
                    away=abs(away),
                    what=_("trigger") if trigger else _("last price"),
                    last=plain(last),
                ),
            )

    def available(self, fields: Mapping[str, Any], held: Decimal | None, already: object = None) -> None:
        """Refuse selling more than is available.

        Parameters
        ----------
        fields
            A submit's, or those of a replace by the same names.
        held
            What is available, without what the order holds back already; None where that is not known.
        already
            The quantity that a replaced order had.
        """
        quantity = amount(fields.get("submitted_quantity"))
        if fields.get("side") != "Sell" or quantity is None:
            return
        more = quantity - (amount(already) or Decimal(0))
        if held is None:
            self.lines.append(("warning", _("position unavailable: the short-sale limit was not checked")))
        elif more > max(held, Decimal(0)):
            template = (
                _("this sells {more} more {symbol} and {held} are available")
                if already
                else _("this sells {more} {symbol} and {held} are available")
            )
            self._needs(
                "short", template.format(more=plain(more), symbol=fields.get("symbol"), held=plain(held))
            )

    def trailing(self, fields: Mapping[str, Any]) -> None:
        """Refuse a trailing percent so small that a fraction may have been meant: 0.03 for 3%."""
        percent = amount(fields.get("trailing_percent"))
        if percent is not None and percent < Decimal("0.2"):
            self._needs(
                "trailing",
                _(
                    "trailing_percent={percent} means {percent}%; for {hundredfold}% type "
                    "trailing_percent={hundredfold}"
                ).format(percent=plain(percent), hundredfold=plain(percent * 100)),
            )

    def late(self, why: str | None) -> None:
        """Refuse a replace that an earlier one might undo; `why` is None where that can't be."""
        if why is not None:
            self._needs("late", why)

    def unknown(self, why: str) -> None:
        """Refuse an order like one whose fate is not known."""
        self._needs("unknown", why)

    def _needs(self, override: str, why: str) -> None:
        if override not in self.overrides:
            raise RequestRefused(
                _(
                    "Nothing was sent: {why}. If you mean it, type `--override {override}` before the "
                    "operation (in Python: override=['{override}'])."
                ).format(why=why, override=override)
            )
        self.lines.append(("overridden", f"{override}: {why}"))
