"""Executions: what was bought and sold, when, at what price; the side is the order's where it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import Interrupted, OpenAPIError
from jupyter_openapi.history import fetch
from jupyter_openapi.history.plan import DAY, make_plan
from jupyter_openapi.market.money import ZERO, amount, known_text
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio.positions import Holding, brief, names, read_stocks
from jupyter_openapi.spec import catalog

if TYPE_CHECKING:
    from jupyter_openapi.portfolio.positions import Reader

SIDES = {"Buy": 1, "Sell": -1}
MOST_DETAILS = 10  # orders looked up one by one for the side of their fills
NANO = 1_000_000_000
ORDER_LIFE = 90 * 86_400  # seconds before a fill within which its order was submitted


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution. `at` is in Unix seconds; `side` is ``Buy``, ``Sell`` or empty where nothing tells it."""

    trade_id: str
    order_id: str
    symbol: str
    at: int
    quantity: Decimal
    price: Decimal
    side: str

    @property
    def sign(self) -> int:
        """1 for a purchase, -1 for a sale, 0 where the side is not known."""
        return SIDES.get(self.side, 0)

    @property
    def moment(self) -> tuple[int, int]:
        """When, to the nanosecond where the trade's id tells it (``<order id>-1648611351433741210``)."""
        tail = self.trade_id.rpartition("-")[2]
        precise = int(tail) if tail.isascii() and tail.isdigit() else 0
        return self.at, precise % NANO if precise // NANO == self.at else 0

    @property
    def signed(self) -> Decimal:
        """The change of the holding: negative for a sale."""
        return self.quantity * self.sign


def of_rows(rows: Iterable[Mapping[str, Any]]) -> tuple[list[Fill], int]:
    """Return the executions among rows by time, and how many rows lack a quantity, price or time."""
    fills, odd = [], 0
    for row in rows:
        quantity, price, at = (amount(row.get(name)) for name in ("quantity", "price", "trade_done_at"))
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
            )
        )
    fills.sort(key=lambda fill: fill.moment)
    return fills, odd


def read_today(reader: Reader) -> list[Fill] | None:
    """Return today's executions, or None if they can't be read."""
    data = reader.try_("today's executions", "today_executions")
    if data is None:
        return None
    trades = data.get("trades")
    fills, _ = (
        of_rows(row for row in trades if isinstance(row, dict)) if isinstance(trades, list) else ([], 0)
    )
    return with_sides(reader, fills, {"today_orders": {}})


def read_window(reader: Reader, start: int, end: int | None = None) -> list[Fill]:
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


def history_rows(reader: Reader, operation: str, **arguments: Any) -> list[Mapping[str, Any]]:
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


def with_sides(reader: Reader, fills: Sequence[Fill], lists: Mapping[str, Mapping[str, Any]]) -> list[Fill]:
    """Return the fills with the side of their orders, for those that lack it.

    Parameters
    ----------
    reader
        Who is asked: nobody if every fill has its side.
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


def _listed(reader: Reader, operation: str, arguments: Mapping[str, Any]) -> dict[str, str]:
    try:
        if catalog().operations[operation].pages is not None:
            rows = history_rows(reader, operation, **arguments)
        else:
            rows = list(reader.ask(operation, **arguments).get("orders") or ())
    except OpenAPIError:
        return {}
    return {known_text(row.get("order_id")): _side(row) for row in rows if _side(row)}


def _detail(reader: Reader, order_id: str) -> dict[str, str]:
    try:
        side = _side(reader.ask("order_detail", order_id=order_id))
    except OpenAPIError:
        return {}
    return {order_id: side} if side else {}


def _side(row: Mapping[str, Any]) -> str:
    side = known_text(row.get("side")).title()
    return side if side in SIDES else ""


def read_fees(reader: Reader, order_ids: Sequence[str]) -> dict[str, tuple[Decimal, Decimal]]:
    """Return the fees of these orders and the quantity each filled: one request an order.

    They are as the broker states them, 0 included; an order without a statement, or that can't be read, is
    left out.
    """
    known: dict[str, tuple[Decimal, Decimal]] = {}
    for order_id in order_ids:
        try:
            row = reader.ask("order_detail", order_id=order_id)
        except OpenAPIError:
            continue
        fee, filled = _charged(row.get("charge_detail")), amount(row.get("executed_quantity"))
        if fee is not None and filled:
            known[order_id] = (fee, filled)
    return known


def _charged(charge: Any) -> Decimal | None:
    """Return an order's fees as the broker states them, 0 included."""
    return amount(charge.get("total_amount")) if isinstance(charge, dict) else None


def moment(seconds: int) -> datetime:
    """Return Unix seconds as an aware time in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


STRETCH = 90  # days of one look further back: a window of the broker's, so one request
LOOKS = 4  # of them: a year


@dataclass
class Trades:
    """The executions of an account from `since` until now, and what they lead to.

    Attributes
    ----------
    start, end
        First and last second of the window asked for.
    since
        The first second that was read.
    fills
        Oldest first.
    held
        What is held now, by symbol; None where that can't be read.
    holdings
        The positions it was taken from.
    """

    start: int
    end: int
    since: int
    fills: list[Fill] = field(default_factory=list)
    held: dict[str, Decimal] | None = None
    holdings: list[Holding] = field(default_factory=list)

    @property
    def symbols(self) -> list[str]:
        """What was traded in the window, in the order of its first trade."""
        return list(dict.fromkeys(fill.symbol for fill in self.fills if self.inside(fill.at)))

    def inside(self, at: int) -> bool:
        """Tell whether a moment is in the window."""
        return self.start <= at <= self.end

    def of(self, symbol: str) -> list[Fill]:
        """Return the executions in one security."""
        return [fill for fill in self.fills if fill.symbol == symbol]

    def quantity(self, symbol: str, before: int) -> Decimal | None:
        """Return what was held just before a moment: what is held now less what was traded since.

        None where the positions, or the side of an execution, are not known. What moved without an execution
        (a transfer, a split) counts as if it had been there all along.
        """
        later = [fill for fill in self.fills if fill.symbol == symbol and fill.at >= before]
        if self.held is None or any(not fill.sign for fill in later):
            return None
        return self.held.get(symbol, ZERO) - sum((fill.signed for fill in later), ZERO)

    def unresolved(self) -> list[str]:
        """Return the symbols of which something was closed in the window that was held before `since`."""
        found = []
        for symbol in self.symbols:
            held = self.quantity(symbol, self.since)
            if held and any(fill.signed * held < 0 and self.inside(fill.at) for fill in self.of(symbol)):
                found.append(symbol)
        return found


def read_trades(reader: Reader, start: Any, end: Any, since: Any = None) -> Trades:
    """Read the executions of a window and, where something older was sold in it, of the time before.

    Parameters
    ----------
    reader
        Reads the account.
    start, end
        The window, as a person writes it; both included.
    since
        How far to look back for purchases. By default up to a year, 90 days at a time, until nothing that
        was sold is left unexplained.

    Raises
    ------
    RequestRefused
        The window is none.
    OpenAPIError
        The executions of the window can't be read.
    """
    first, last = _seconds(reader, start, end)
    limit = None if since is None else _seconds(reader, since, end)[0]
    trades = Trades(first, last, min(first, first if limit is None else limit))
    trades.fills = read_window(reader, trades.since)
    positions = len(reader.missing)
    trades.holdings = read_stocks(reader)
    if len(reader.missing) == positions:
        trades.held = {}
        for holding in trades.holdings:
            trades.held[holding.symbol] = trades.held.get(holding.symbol, ZERO) + (holding.quantity or ZERO)
    if limit is None:
        _look_back(reader, trades)
    return trades


def _look_back(reader: Reader, trades: Trades) -> None:
    for _attempt in range(LOOKS):
        if not trades.unresolved():
            return
        earlier = max(0, trades.since - STRETCH * DAY)
        try:
            older = read_window(reader, earlier, trades.since - 1)
        except OpenAPIError as failure:
            reader.miss(
                _("executions before {day:%Y-%m-%d} ({brief})").format(
                    day=datetime.fromtimestamp(trades.since, UTC), brief=brief(failure)
                )
            )
            return
        trades.fills = [*older, *trades.fills]
        trades.since = earlier


def _seconds(reader: Reader, start: Any, end: Any) -> tuple[int, int]:
    """Return the first and the last second of a window."""
    operation = catalog().operations["history_executions"]
    window = {"start_at": start} if end is None else {"start_at": start, "end_at": end}
    plan = make_plan(operation, window, tz=reader.source.tz, now=datetime.now(UTC))
    return plan.start, plan.last
