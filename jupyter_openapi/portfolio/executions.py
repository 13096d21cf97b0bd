"""Read executions, completing a missing side from the order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import Interrupted, OpenAPIError
from jupyter_openapi.history import fetch
from jupyter_openapi.market.money import known_text
from jupyter_openapi.market.replies import figure, objects, seconds
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio.positions import names
from jupyter_openapi.spec import catalog

if TYPE_CHECKING:
    from jupyter_openapi.portfolio.positions import AccountReader

SIDES = {"Buy": 1, "Sell": -1}
MOST_DETAILS = 10  # orders looked up one by one for the side of their fills
NANO = 1_000_000_000
ORDER_LIFE = 90 * 86_400  # seconds before a fill within which its order was submitted
_DIGITS = re.compile(r"\d+")
_LONGEST = 24  # digits of an id's number
Place = tuple[int, int, str, str, str, Decimal, Decimal]
"""Where a fill stands among others."""


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution. `at` is in Unix seconds; `side` is ``Buy``, ``Sell`` or empty where nothing tells it.

    `nanos` is the part of a second after `at`, in nanoseconds, where its time tells it.
    """

    trade_id: str
    order_id: str
    symbol: str
    at: int
    quantity: Decimal
    price: Decimal
    side: str
    nanos: int = 0

    @property
    def sign(self) -> int:
        """1 for a purchase, -1 for a sale, 0 where the side is not known."""
        return SIDES.get(self.side, 0)

    @property
    def moment(self) -> Place:
        """What orders fills: the same for the same fills, however they were listed.

        The time, to the nanosecond where the trade's id tells it (``<order id>-1648611351433741210``); then
        the ids, whose numbers grow; a purchase before a sale where nothing else tells.
        """
        tail = self.trade_id.rpartition("-")[2]
        precise = int(tail) if tail.isascii() and tail.isdigit() else 0
        if precise // NANO == self.at:
            return self.at, precise % NANO, self.trade_id, self.order_id, self.side, self.quantity, self.price
        ids = _counted(self.trade_id), _counted(self.order_id)
        return self.at, self.nanos, *ids, self.side, self.quantity, self.price

    @property
    def signed(self) -> Decimal:
        """The change of the holding: negative for a sale."""
        return self.quantity * self.sign


def _counted(text: str) -> str:
    """Return an id so that the order of texts is the order of its numbers."""
    return _DIGITS.sub(lambda number: number[0].zfill(_LONGEST), text)


def of_rows(rows: Iterable[Mapping[str, Any]]) -> tuple[list[Fill], int]:
    """Return the executions among rows by time, and how many rows lack a quantity, price or time.

    A trade that is listed twice, with its id, is one.
    """
    fills, odd = [], 0
    for row in rows:
        quantity, price = (figure(row.get(name)) for name in ("quantity", "price"))
        at = seconds(row.get("trade_done_at"))
        if quantity is None or price is None or not at or quantity <= 0:
            odd += 1
            continue
        side = known_text(row.get("side")).title()
        fills.append(
            Fill(
                known_text(row.get("trade_id")),
                known_text(row.get("order_id")),
                known_text(row.get("symbol")),
                int(at),
                quantity,
                price,
                side if side in SIDES else "",
                int(at % 1 * NANO),
            )
        )
    fills.sort(key=lambda fill: fill.moment)
    once = [fill for place, fill in enumerate(fills) if not (place and repeats(fills[place - 1], fill))]
    return once, odd


def repeats(before: Fill, fill: Fill) -> bool:
    """Tell whether a fill is the one before it, listed again."""
    return bool(fill.trade_id) and fill == before


def read_today(reader: AccountReader) -> list[Fill] | None:
    """Return today's executions, or None if they can't be read."""
    data = reader.try_(_("today's executions"), "today_executions")
    if data is None:
        return None
    fills, _odd = of_rows(objects(data.get("trades")))
    return with_sides(reader, fills, {"today_orders": {}})


def read_window(reader: AccountReader, start: int, end: int | None = None) -> list[Fill]:
    """Return the executions from `start` to `end`, Unix seconds, both included, oldest first; None is now.

    Raises
    ------
    OpenAPIError
        They can't be read.
    """
    until = {} if end is None else {"end_at": end}
    fills, odd = of_rows(history_rows(reader, "history_executions", start_at=start, **until))
    if odd:
        reader.miss(_("{odd:,} executions without a quantity, price or time").format(odd=odd))
    orders: dict[str, Mapping[str, Any]] = {"today_orders": {}}
    if fills:
        orders["history_orders"] = {"start_at": max(0, fills[0].at - ORDER_LIFE), **until}
    return with_sides(reader, fills, orders)


def history_rows(reader: AccountReader, operation: str, **arguments: Any) -> list[Mapping[str, Any]]:
    """Return all rows of a history; if they are not all there are, that is noted as missing.

    Raises
    ------
    OpenAPIError
        A request failed for good.
    Interrupted
        Ctrl-C: a profit from half a history would be wrong.
    """
    found = fetch(lambda name, asked: reader.ask(name, **asked), catalog().operations[operation], arguments)
    if found.why.startswith("interrupted"):
        raise Interrupted(
            _("Interrupted while reading {operation}.").format(operation=operation), in_flight=False
        )
    if not found.complete:
        reader.miss(f"{operation}: {found.why}")
    return [row for row in found.rows if isinstance(row, dict)]


def with_sides(
    reader: AccountReader, fills: Sequence[Fill], lists: Mapping[str, Mapping[str, Any]]
) -> list[Fill]:
    """Return the fills with the side of their orders, for those that lack it.

    Parameters
    ----------
    reader
        Reads the account; not used if every fill has its side.
    fills
        The executions.
    lists
        Operations that list orders, with their arguments; asked one after the other while a side is missing.
        What they don't tell is looked up order by order, for a few orders.
    """
    wanted = {fill.order_id for fill in fills if not fill.side}
    sides: dict[str, str] = {}
    for operation, arguments in lists.items():
        if wanted - sides.keys():
            sides |= _listed(reader, operation, arguments)
    unknown = sorted(wanted - sides.keys() - {""})
    if len(unknown) <= MOST_DETAILS:
        for order_id in unknown:
            sides |= _detail(reader, order_id)
    completed = [fill if fill.side else replace(fill, side=sides.get(fill.order_id, "")) for fill in fills]
    if lost := [fill.symbol for fill in completed if not fill.side]:
        reader.miss(
            _("the side of {count:,} executions ({names})").format(count=len(lost), names=names(lost))
        )
    return completed


def _listed(reader: AccountReader, operation: str, arguments: Mapping[str, Any]) -> dict[str, str]:
    try:
        if catalog().operations[operation].pages is not None:
            rows = history_rows(reader, operation, **arguments)
        else:
            rows = objects(reader.ask(operation, **arguments).get("orders"))
    except OpenAPIError:
        return {}
    return {known_text(row.get("order_id")): _side(row) for row in rows if _side(row)}


def _detail(reader: AccountReader, order_id: str) -> dict[str, str]:
    try:
        side = _side(reader.ask("order_detail", order_id=order_id))
    except OpenAPIError:
        return {}
    return {order_id: side} if side else {}


def _side(row: Mapping[str, Any]) -> str:
    side = known_text(row.get("side")).title()
    return side if side in SIDES else ""


@dataclass(frozen=True, slots=True)
class Charged:
    """The fees of one order, in their own currency (empty where it is not said), and what it filled."""

    fee: Decimal
    currency: str
    filled: Decimal


def read_fees(reader: AccountReader, order_ids: Sequence[str]) -> dict[str, Charged]:
    """Return the fees of these orders and the quantity each filled: one request an order.

    They are as the broker states them, 0 included; an order without a statement, or that can't be read, is
    left out.
    """
    known: dict[str, Charged] = {}
    for order_id in order_ids:
        try:
            row = reader.ask("order_detail", order_id=order_id)
        except OpenAPIError:
            continue
        charge, filled = row.get("charge_detail"), figure(row.get("executed_quantity"))
        fee = figure(charge.get("total_amount")) if isinstance(charge, dict) else None
        if fee is not None and filled:
            known[order_id] = Charged(fee, _currency(charge), filled)
    return known


def _currency(charge: Any) -> str:
    """Return the currency of an order's fees: as stated, else those of its items."""
    stated = known_text(charge.get("currency")).upper()
    if stated:
        return stated
    fees = [fee for item in objects(charge.get("items")) for fee in objects(item.get("fees"))]
    found = {known_text(fee.get("currency")).upper() for fee in fees} - {""}
    return " and ".join(sorted(found))


def moment(seconds: int) -> datetime:
    """Return Unix seconds as an aware time in UTC."""
    return datetime.fromtimestamp(seconds, UTC)
