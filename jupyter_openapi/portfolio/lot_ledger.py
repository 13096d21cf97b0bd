"""Match sales with purchases: first in first out, or at average cost. No I/O, exact decimals.

For either method, with every side known and nothing held before the first fill::

    sum of realized = money received - money paid + cost of what is still open

Sold short is the mirror image: the sale opens, the purchase closes, an open lot's quantity and cost are
negative.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal
from operator import itemgetter

from jupyter_openapi.market.money import CRUMB, ZERO
from jupyter_openapi.portfolio.executions import Fill

METHODS = ("fifo", "average")
COST_UNKNOWN = "what it closed was opened by no execution that is known"
AVERAGE_UNKNOWN = "the average cost is not known: it holds a quantity opened by no execution that is known"
SIDE_UNKNOWN = "neither the execution nor its order tells the side"
NEVER_OPENED = "no purchase is known for it"
ESTIMATED = "opened by no execution that is known: its cost is the position's, as an estimate"
UNKNOWNS = (COST_UNKNOWN, AVERAGE_UNKNOWN, SIDE_UNKNOWN, NEVER_OPENED, ESTIMATED)


@dataclass(frozen=True, slots=True)
class Lot:
    """An open quantity, negative when sold short.

    `cost` is quantity x price, None where it is not known; `fee` what opening it cost, None likewise. `at`
    and `order_id` are of the fill that opened it. What was there before the first fill has no order, and as
    `at` None or the day that a user gave. `last_at` is of the last fill in it: at average cost a later one.
    """

    quantity: Decimal
    cost: Decimal | None
    fee: Decimal | None
    at: int | None = None
    order_id: str = ""
    estimated: bool = False
    last_at: int | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """Every `old` units became `new` ones at a moment, in Unix seconds."""

    at: int
    new: Decimal
    old: Decimal

    def forward(self, quantity: Decimal) -> Decimal:
        """Return what a quantity from before it is after it."""
        return quantity * self.new / self.old

    def backward(self, quantity: Decimal) -> Decimal:
        """Return what a quantity from after it was before it."""
        return quantity * self.old / self.new


@dataclass(frozen=True, slots=True)
class Expiry:
    """The end of an option, in Unix seconds: whatever is open closes at `price`; None where that can't be."""

    at: int
    price: Decimal | None
    why: str


@dataclass(frozen=True, slots=True)
class Trip:
    """A quantity that was opened and closed. `cost` was paid and `proceeds` received, both before fees.

    `estimated` tells that its opening price is the position's cost; `why` is what else there is to say.
    `open_fee` and `close_fee` are what `fee` is made of; `last_at` is of the last fill in what was opened,
    at average cost a later one than that of `opened_at`.
    """

    direction: str
    quantity: Decimal
    opened_at: int | None
    closed_at: int
    cost: Decimal
    proceeds: Decimal
    fee: Decimal | None
    open_order_id: str
    close_order_id: str
    estimated: bool = False
    why: str = ""
    open_fee: Decimal | None = None
    close_fee: Decimal | None = None
    last_at: int | None = None

    @property
    def realized(self) -> Decimal:
        """The profit before fees."""
        return self.proceeds - self.cost


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A traded quantity whose other half is not known; negative for a sale."""

    quantity: Decimal
    price: Decimal
    at: int
    order_id: str
    fee: Decimal | None
    why: str


@dataclass(frozen=True, slots=True)
class Opening:
    """What was held before the first fill.

    `quantity` is negative for what was sold short, and None where it is not known: a sale of more than was
    bought is then unmatched, and not taken for a short sale. `price` is None where the cost is not known, and
    `estimated` where it is the position's cost now. `at` is the day it was opened on, None where not known.
    """

    quantity: Decimal | None = ZERO
    price: Decimal | None = None
    estimated: bool = False
    at: int | None = None


class LotLedger:
    """The open lots of one security, fill by fill.

    Parameters
    ----------
    opening
        What was there before.
    method
        ``fifo``: a sale closes the oldest lot first; ``average``: all open lots are one, at their average.

    Attributes
    ----------
    average
        Whether it is at average cost.
    lots
        What is open, oldest first; one at most for ``average``.
    done
        What was closed, and what could not be matched, in order.
    """

    def __init__(self, opening: Opening | None = None, method: str = "fifo") -> None:
        opening = opening or Opening()
        self.average = method == "average"
        self._sure = opening.quantity is not None
        self.lots: list[Lot] = []
        self.done: list[Trip | Unmatched] = []
        if opening.quantity:
            cost = None if opening.price is None else opening.quantity * opening.price
            fee = None if cost is None else ZERO
            at = opening.at
            self.lots.append(Lot(opening.quantity, cost, fee, at, estimated=opening.estimated, last_at=at))

    @property
    def quantity(self) -> Decimal:
        """What is open, negative when sold short."""
        return sum((lot.quantity for lot in self.lots), ZERO)

    def take(self, fill: Fill, fee: Decimal | None = None) -> None:
        """Book one fill; `fee` is its share of its order's fees, None where not known."""
        if not fill.sign:
            self.done.append(Unmatched(fill.quantity, fill.price, fill.at, fill.order_id, fee, SIDE_UNKNOWN))
            return
        left = fill.quantity
        while left and self.lots and self.lots[0].quantity * fill.sign < 0:
            part = min(left, abs(self.lots[0].quantity))
            fee_part, fee = _share(fee, part, left)
            self._close(fill, part, fee_part)
            left -= part
        if not left:
            return
        if fill.sign < 0 and not self._sure:
            self.done.append(Unmatched(-left, fill.price, fill.at, fill.order_id, fee, NEVER_OPENED))
            return
        self._open(fill, left * fill.sign, fee)

    def split(self, split: Split) -> None:
        """Turn the open lots into what a split made of them; their costs stay."""
        before = after = ZERO
        for number, lot in enumerate(self.lots):
            before += lot.quantity
            so_far = _exact(split.forward(before))
            self.lots[number] = replace(lot, quantity=so_far - after)
            after = so_far

    def expire(self, expiry: Expiry) -> None:
        """Close whatever is open at the price of an expiry, without a fee; unmatched where it has none."""
        while self.lots:
            lot = self.lots[0]
            side = "Sell" if lot.quantity > 0 else "Buy"
            fill = Fill("", "", "", expiry.at, abs(lot.quantity), expiry.price or ZERO, side)
            if expiry.price is None:
                self.lots.pop(0)
                self.done.append(Unmatched(-lot.quantity, ZERO, expiry.at, "", None, expiry.why))
            else:
                self._close(fill, fill.quantity, ZERO, expiry.why)

    def _open(self, fill: Fill, quantity: Decimal, fee: Decimal | None) -> None:
        lot = Lot(quantity, quantity * fill.price, fee, fill.at, fill.order_id, last_at=fill.at)
        if self.average and self.lots:
            pool = self.lots[0]
            self.lots[0] = replace(
                pool,
                quantity=pool.quantity + quantity,
                cost=None if pool.cost is None or lot.cost is None else pool.cost + lot.cost,
                fee=None if pool.fee is None or fee is None else pool.fee + fee,
                estimated=pool.estimated or lot.estimated,
                last_at=fill.at,
            )
        else:
            self.lots.append(lot)

    def _close(self, fill: Fill, part: Decimal, fee: Decimal | None, said: str = "") -> None:
        """Close `part` of the first lot."""
        lot = self.lots[0]
        whole = abs(lot.quantity)
        cost, cost_left = _share(lot.cost, part, whole)
        opening_fee, fee_left = _share(lot.fee, part, whole)
        if part == whole:
            self.lots.pop(0)
        else:
            sign = 1 if lot.quantity > 0 else -1
            self.lots[0] = replace(lot, quantity=sign * (whole - part), cost=cost_left, fee=fee_left)
        if cost is None:
            signed = part * fill.sign
            why = AVERAGE_UNKNOWN if self.average else COST_UNKNOWN
            self.done.append(Unmatched(signed, fill.price, fill.at, fill.order_id, fee, why))
            return
        money = part * fill.price
        paid, received = (cost, money) if lot.quantity > 0 else (money, -cost)
        fees = None if fee is None or opening_fee is None else fee + opening_fee
        direction = "long" if lot.quantity > 0 else "short"
        why = "; ".join(filter(None, [ESTIMATED * lot.estimated, said]))
        self.done.append(
            Trip(
                direction,
                part,
                lot.at,
                fill.at,
                paid,
                received,
                fees,
                lot.order_id,
                fill.order_id,
                lot.estimated,
                why,
                opening_fee,
                fee,
                lot.last_at,
            )
        )


def _share(money: Decimal | None, part: Decimal, whole: Decimal) -> tuple[Decimal | None, Decimal | None]:
    """Split an amount by quantity; the two parts add up to it exactly."""
    if money is None:
        return None, None
    if part == whole:
        return money, ZERO
    share = (money * part / whole).quantize(CRUMB, ROUND_HALF_EVEN)
    return share, money - share


def _exact(quantity: Decimal) -> Decimal:
    """Return a quantity cut to the smallest part, so that no division leaves a crumb behind."""
    return quantity.quantize(CRUMB, ROUND_HALF_EVEN)


def play(
    fills: Iterable[Fill],
    opening: Opening | None = None,
    method: str = "fifo",
    fees: Mapping[str, Decimal] | None = None,
    events: Iterable[Split | Expiry] = (),
) -> LotLedger:
    """Return the ledger after these fills, oldest first.

    Parameters
    ----------
    fills
        The executions of one security.
    opening, method
        As of `LotLedger`.
    fees
        By trade id.
    events
        What else changed the lots: splits, which come before the fills of their moment, and an option's
        expiry, which comes after them.
    """
    ledger = LotLedger(opening, method)
    steps: list[tuple[int, int, Fill | Split | Expiry]] = [(fill.at, 1, fill) for fill in fills]
    steps += [(event.at, 0 if isinstance(event, Split) else 2, event) for event in events]
    steps.sort(key=itemgetter(0, 1))
    for _at, _rank, step in steps:
        if isinstance(step, Split):
            ledger.split(step)
        elif isinstance(step, Expiry):
            ledger.expire(step)
        else:
            ledger.take(step, (fees or {}).get(step.trade_id))
    return ledger


def fees_by_trade(
    fills: Iterable[Fill], charged: Mapping[str, tuple[Decimal, Decimal]]
) -> dict[str, Decimal]:
    """Spread each order's fees over its fills by quantity.

    Parameters
    ----------
    fills
        The executions.
    charged
        Order id to its fees and the quantity it filled; where all its fills are there, their shares add up to
        its fees exactly.
    """
    spread: dict[str, Decimal] = {}
    so_far: dict[str, Decimal] = {}
    for fill in fills:
        if fill.order_id not in charged:
            continue
        fee, filled = charged[fill.order_id]
        before = so_far.get(fill.order_id, ZERO)
        after = min(before + fill.quantity, filled)
        so_far[fill.order_id] = after
        spread[fill.trade_id] = _up_to(fee, after, filled) - _up_to(fee, before, filled)
    return spread


def _up_to(fee: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    return fee if part == whole else (fee * part / whole).quantize(CRUMB, ROUND_HALF_EVEN)
