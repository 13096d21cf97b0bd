"""Records of the exchange: orders, their history, executions, positions. Plain and mutable."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal
from operator import attrgetter

from jupyter_openapi.market.symbols import market_of

ZERO = Decimal(0)

NEW = "NewStatus"
PARTIAL = "PartialFilledStatus"
FILLED = "FilledStatus"
REJECTED = "RejectedStatus"
CANCELLED = "CanceledStatus"
WITHDRAWN = "PartialWithdrawal"
EXPIRED = "ExpiredStatus"
REPLACED = "ReplacedStatus"
WAITING = "VarietiesNotReported"
HELD = "NotReported"
HELD_REPLACED = "ReplacedNotReported"
DELAYED = "DelayedNotReported"

FINAL = frozenset({FILLED, REJECTED, CANCELLED, EXPIRED, WITHDRAWN})
UNSENT = frozenset({HELD, HELD_REPLACED, DELAYED})

CONDITIONAL = frozenset({"LIT", "MIT", "TSLPAMT", "TSLPPCT"})
TRAILING = frozenset({"TSLPAMT", "TSLPPCT"})


@dataclass(slots=True)
class Order:
    """One order in its present state.

    Prices are None where the order has none. Times are Unix seconds of the market's clock; 0 means "not
    yet" or "never". `sends_at` is when an unsent order goes out. `priority` ranks resting orders of one
    price (lower is earlier). `reference` is a trailing order's best price so far, and what an unpriced
    order is reckoned at; `rising` tells whether a touch order waits for a rise, `touches` holds when a
    counted trigger was touched; `charges` and `multi_leg` are JSON.
    """

    order_id: str
    symbol: str
    side: str
    order_type: str
    time_in_force: str
    quantity: Decimal
    price: Decimal | None
    currency: str
    status: str
    submitted_at: float
    updated_at: float
    priority: int
    executed_quantity: Decimal = ZERO
    executed_amount: Decimal = ZERO
    last_done: Decimal | None = None
    trigger_price: Decimal | None = None
    trailing_amount: Decimal | None = None
    trailing_percent: Decimal | None = None
    limit_offset: Decimal | None = None
    limit_depth_level: int = 0
    trigger_count: int = 0
    monitor_price: Decimal | None = None
    expire_date: str = ""
    expires_at: float = 0.0
    delayed_until: float = 0.0
    sends_at: float = 0.0
    outside_rth: str = ""
    remark: str = ""
    msg: str = ""
    trigger_at: float = 0.0
    trigger_status: str = "NOT_USED"
    reference: Decimal | None = None
    rising: bool = False
    touches: str = ""
    charges: str = "[]"
    multi_leg: str = ""

    def copy(self) -> Order:
        """Return the order as it stands now."""
        return Order(*_VALUES(self))

    @property
    def buy(self) -> bool:
        """Whether it buys."""
        return self.side == "Buy"

    @property
    def left(self) -> Decimal:
        """What is neither filled nor, once the order is final, withdrawn."""
        return self.quantity - self.executed_quantity

    @property
    def open(self) -> bool:
        """Whether it can still fill."""
        return self.status not in FINAL

    @property
    def market(self) -> str:
        """HK or US."""
        return market_of(self.symbol)

    @property
    def conditional(self) -> bool:
        """Whether it waits, or waited, for a trigger."""
        return self.order_type in CONDITIONAL

    @property
    def executed_price(self) -> Decimal | None:
        """The average price of its fills, or None."""
        if not self.executed_quantity:
            return None
        return self.executed_amount / self.executed_quantity


_VALUES = attrgetter(*(column.name for column in fields(Order)))


@dataclass(frozen=True, slots=True)
class Execution:
    """One fill."""

    trade_id: str
    order_id: str
    symbol: str
    side: str
    quantity: Decimal
    price: Decimal
    at: float


@dataclass(frozen=True, slots=True)
class Event:
    """One line of an order's history."""

    status: str
    price: Decimal | None
    quantity: Decimal
    msg: str
    at: float


@dataclass(frozen=True, slots=True)
class Flow:
    """One movement of cash; `amount` is negative when money leaves."""

    name: str
    amount: Decimal
    currency: str
    symbol: str
    description: str
    at: float


@dataclass(slots=True)
class Position:
    """A holding: shares, and what they cost in all, fees apart.

    `opening` is what `day`, the date of the latest fill, began with; since then nothing has changed.
    """

    symbol: str
    quantity: Decimal
    cost: Decimal
    opening: Decimal
    day: str

    @property
    def average(self) -> Decimal:
        """The average cost of a share."""
        return self.cost / self.quantity if self.quantity else ZERO
