"""Checks that refuse an order unless a named override lets it pass: limits, and orders sent before it.

The limits, on value, distance from the last price and short sales, catch typing errors, not bad ideas.
Whether the account can pay for a buy is only said, never a reason to refuse (see
`jupyter_openapi.account.BuyingPower`): margin, other currencies and the broker's own rules decide.

What an earlier run of the same cell sent needs ``--again``, so that Run All sends nothing twice. An order
like an earlier one whose outcome is not known needs ``reconcile`` first, and so does a replace of an order
that an earlier replace may still change.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused, short
from jupyter_openapi.kernel import Cell, is_ours, may_still_run, session_of
from jupyter_openapi.market.money import amount, money, plain
from jupyter_openapi.market.symbols import CURRENCIES
from jupyter_openapi.market.worth import Instrument, assumed
from jupyter_openapi.messages import N_, _, commas
from jupyter_openapi.spec.check import texts
from jupyter_openapi.trading.delivery import IN_FLIGHT, LATE, WINDOW
from jupyter_openapi.trading.intents import Intent, at_least_since
from jupyter_openapi.trading.journal import Journal

if TYPE_CHECKING:
    from jupyter_openapi.trading.preview import Preview

OVERRIDES = {
    "max_value": N_("an order worth more than the maximum"),
    "distance": N_("a limit price far from the last price"),
    "short": N_("selling more than is available"),
    "multiplier": N_("an option whose multiplier, and so its worth, is not known"),
    "trailing": N_("a trailing_percent under 0.2, which is a fifth of a percent"),
    "late": N_("a replace while an earlier one of the same order may still arrive"),
    "unknown": N_("an order like an earlier one that may have been booked"),
}


@dataclass(frozen=True, slots=True)
class OrderLimits:
    """Limits of a single order that need an override to pass.

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
        """Refuse an order like an earlier one whose outcome is not known."""
        self._needs("unknown", why)

    def _needs(self, override: str, why: str) -> None:
        if override not in self.overrides:
            raise RequestRefused(
                _(
                    "Nothing was sent: {why}. If you mean it, type `--override {override}` before the "
                    "operation (in Python: override=['{override}'])."
                ).format(why=why, override=override)
            )
        self.lines.append(("overridden", _("{label}: {text}").format(label=override, text=why)))


def sent_by_earlier_run(journal: Journal, owner: str, mode: str, preview: Preview) -> Intent | None:
    """Return the latest order of an earlier run of the preview's cell for which this one needs ``--again``.

    With its source as it was, any order of the same operation, symbol and side counts (a replace: of the same
    order), whatever its values; with its source edited, only the very same order. Cancels never count.
    """
    cell = preview.cell
    if cell is None or preview.operation.name == "cancel_order":
        return None
    exact = journal.same_from_earlier_run(owner, cell.cell, cell.run, preview.fingerprint)
    if exact is not None:
        return exact
    earlier = journal.sent_from_cell(owner, mode, cell.cell, cell.source, cell.notebook)
    for intent in reversed(earlier):
        if intent.run == cell.run or not _same_cell(intent, cell):
            continue
        unedited = cell.source is not None and intent.source == cell.source
        if intent.fingerprint == preview.fingerprint or (unedited and _same_kind(intent, preview)):
            return intent
    return None


def _same_cell(intent: Intent, now: Cell) -> bool:
    """Tell whether the cell that is running sent an intent.

    Its id says so. Where ids don't hold its source and its notebook say it for the id: front ends that send
    none, and notebooks older than nbformat 4.5, whose ids are new each time they are opened.
    """
    if now.cell is not None and intent.cell == now.cell:
        return True
    without_ids = now.cell is None or intent.cell is None
    return without_ids or session_of(intent.run) != session_of(now.run)


def _same_kind(intent: Intent, preview: Preview) -> bool:
    if intent.operation != preview.operation.name:
        return False
    if preview.order_id is not None:
        return intent.target == preview.order_id
    return (intent.symbol, intent.side) == (preview.market_side or (None, None))


def refuse_rerun(earlier: Intent | None, fingerprint: str) -> None:
    """Refuse what an earlier run of the cell sent already.

    Raises
    ------
    RequestRefused
        It says when that was, and how to send it all the same.
    """
    if earlier is not None:
        raise RequestRefused(
            _(
                "Nothing was sent: {said}. To send it again type `%openapi --again ...`, or again=True in "
                "Python."
            ).format(said=describe_rerun(earlier, fingerprint))
        )


def describe_rerun(earlier: Intent, fingerprint: str) -> str:
    """Say which order an earlier run of the cell sent."""
    same = earlier.fingerprint == fingerprint
    return _(
        "an earlier run of this cell sent {what} at {when:%Y-%m-%d %H:%M} UTC (order {order_id})"
    ).format(
        what=_("the same order") if same else _in_short(earlier),
        when=datetime.fromtimestamp(earlier.created, UTC),
        order_id=earlier.order_id or _("id unknown"),
    )


def _in_short(intent: Intent) -> str:
    words = [_(intent.side or ""), intent.quantity, intent.symbol]
    if intent.price:
        words += [_("at"), intent.price]
    return " ".join(filter(None, words)) or f"{intent.operation} {intent.target or ''}".strip()


def unknown_alike(journal: Journal, owner: str, mode: str, preview: Preview) -> Intent | None:
    """Return an earlier order like this one whose outcome is not known: both might be booked."""
    if preview.operation.name in {"replace_order", "cancel_order"}:
        return None  # these read the order they change, and have their own rules
    for intent in reversed(journal.open(owner, mode=mode)):
        if _is_unknown(journal, intent) and _alike(intent, preview):
            return intent
    return None


def _is_unknown(journal: Journal, intent: Intent) -> bool:
    """Tell whether an open intent's outcome is unknown: it was sent, and is not being sent right now."""
    if intent.state == "unknown":
        return True
    if not intent.attempts or (str(journal.path), intent.id) in IN_FLIGHT:
        return False
    if is_ours(intent.run) or not may_still_run(intent.run):
        return True
    return time.time() - intent.created > WINDOW


def _alike(intent: Intent, preview: Preview) -> bool:
    if intent.operation != preview.operation.name:
        return False
    if intent.fingerprint == preview.fingerprint:
        return True
    fields = preview.fields if preview.market_side is not None else {}
    return (
        bool(fields)
        and (intent.symbol, intent.side) == preview.market_side
        and amount(intent.quantity) == amount(fields.get("submitted_quantity"))
        and amount(intent.price) == amount(fields.get("submitted_price"))
    )


def describe_unknown(intent: Intent) -> str:
    """Say which order may have been booked already, and what to do first."""
    return _(
        "it is not known what became of an order like this one, {order}, sent at {when:%Y-%m-%d %H:%M:%S} "
        "UTC (journal {number}): it may be booked already. Type `%openapi reconcile` first"
    ).format(order=_in_short(intent), when=datetime.fromtimestamp(intent.created, UTC), number=intent.id)


def last_replace(journal: Journal, owner: str, order_id: str) -> int:
    """Return the number of the last replace of an order before any that may still change it; 0 for none."""
    found = journal.replaces(owner, order_id)
    still = min((intent.id for intent in found if intent.open), default=None)
    return max((intent.id for intent in found if still is None or intent.id < still), default=0)


def late_replace(journal: Journal, owner: str, order_id: str) -> str | None:
    """Say why a replace of this order might be undone by an earlier one; None when it can't be.

    A replace has no id of its own at the broker: a try that got no answer may arrive after a later replace,
    and put the order back to what it asked for.
    """
    for intent in reversed(journal.replaces(owner, order_id)):
        if intent.open:
            return _(
                "it is not known what became of an earlier replace of order {order_id}, which may still "
                "arrive and undo this one: type `%openapi reconcile` first"
            ).format(order_id=order_id)
    for intent in reversed(journal.replaces(owner, order_id)):
        left = LATE - at_least_since(intent.at, journal.events(intent.id)) if intent.attempts > 1 else 0.0
        if left > 0:
            return _(
                "a try of the last replace of order {order_id} got no answer, and may still arrive and undo "
                "this one in the next {left:.0f} s"
            ).format(order_id=order_id, left=left)
    return None
