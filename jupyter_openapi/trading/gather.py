"""Gather several changes into a basket: the rows of a DataFrame, or every open order to cancel."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market.orders import CANCELLABLE
from jupyter_openapi.spec import catalog
from jupyter_openapi.trading.basket import Basket, Row
from jupyter_openapi.trading.facts import available
from jupyter_openapi.trading.limits import known_overrides
from jupyter_openapi.trading.words import amount, plain

if TYPE_CHECKING:
    from jupyter_openapi.trading.desk import Desk
    from jupyter_openapi.trading.facts import Read
    from jupyter_openapi.trading.journal import Journal
    from jupyter_openapi.trading.preview import Preview

LARGEST = 100


def submit_basket(
    desk: Desk, read: Read, journal: Journal, orders: Any, *, tz: str, override: Iterable[str] = ()
) -> Basket:
    """Return the basket of `submit_order` for each row of `orders`.

    Raises
    ------
    RequestRefused
        A row is not right (it says which); or an earlier sending of the same basket is not settled.
    """
    rows = rows_of(orders)
    operation = catalog().operations["submit_order"]
    ahead = reading_ahead(read, [str(row["symbol"]) for row in rows if "symbol" in row])
    previews = []
    problem = ""
    for number, row in enumerate(rows, 1):
        try:
            previews.append(desk.preview(operation, row, tz=tz, override=override, read=ahead))
        except RequestRefused as refused:
            problem = f"Row {number}: {refused}"
            break
    if problem:
        raise RequestRefused(problem)
    if "short" not in known_overrides(override):
        _refuse_short(previews, ahead)
    name, placed = named(previews, journal)
    known = len(journal.basket(name))
    return Basket(
        "1 order" if len(rows) == 1 else f"{len(rows)} orders",
        [replace(preview, basket=(name, number)) for number, preview in enumerate(previews, 1)],
        placed,
        stale=lambda: len(journal.basket(name)) != known,
    )


def _refuse_short(previews: Iterable[Preview], read: Read) -> None:
    """Refuse rows that together sell more of a symbol than is available, though each alone may pass."""
    sells: dict[str, Decimal] = {}
    for fields in (preview.fields for preview in previews):
        if fields["side"] == "Sell":
            symbol = str(fields["symbol"])
            sells[symbol] = sells.get(symbol, Decimal(0)) + (amount(fields["submitted_quantity"]) or 0)
    for symbol, quantity in sells.items():
        held = available(read, symbol)
        if held is not None and quantity > held:
            raise RequestRefused(
                f"Nothing was sent: together these rows sell {plain(quantity)} {symbol} and {plain(held)} "
                "are available. If you mean it, type `--override short` before the operation (in Python: "
                "override=['short'])."
            )


def cancel_basket(desk: Desk, read: Read, symbols: Sequence[str] = ()) -> Basket:
    """Return the basket that cancels every open order, or those of some symbols.

    Raises
    ------
    RequestRefused
        There is none.
    """
    orders = open_orders(read, symbols)
    if not orders:
        where = f" of {', '.join(symbols)}" if symbols else ""
        raise RequestRefused(f"There is no open order{where} to cancel.")
    operation, known = catalog().operations["cancel_order"], knowing(read, orders)
    previews = [desk.preview(operation, {"order_id": order["order_id"]}, read=known) for order in orders]
    return Basket("cancel open orders", previews, go_on=True)


def rows_of(orders: Any) -> list[Row]:
    """Return the rows of a DataFrame or a list of mappings, without what is missing.

    Raises
    ------
    RequestRefused
        It is neither, it is empty, or it has more than 100 rows.
    """
    if hasattr(orders, "to_dict"):
        orders = orders.to_dict("records")
    if not isinstance(orders, (list, tuple)) or not all(isinstance(row, Mapping) for row in orders):
        raise RequestRefused("orders= takes a DataFrame, or a list of mappings: one order a row.")
    if not 0 < len(orders) <= LARGEST:
        raise RequestRefused(f"A basket has 1 to {LARGEST} rows; this one has {len(orders)}.")
    return [{str(name): value for name, value in row.items() if not _missing(value)} for row in orders]


def _missing(value: Any) -> bool:
    if value is None or value != value:  # noqa: PLR0124 (NaN and NaT differ from themselves)
        return True
    return type(value).__name__ in {"NAType", "NaTType"}


def named(rows: Iterable[Preview], journal: Journal) -> tuple[str, dict[int, str]]:
    """Return a basket's name in the journal, and which rows an unfinished earlier sending has placed.

    Raises
    ------
    RequestRefused
        It is not known what became of a row of that sending.
    """
    prints = [row.fingerprint for row in rows]
    same = hashlib.sha256("".join(prints).encode()).hexdigest()[:16]
    count = 1
    while journal.basket(f"{same}-{count + 1}"):
        count += 1
    earlier = journal.basket(f"{same}-{count}")
    placed = {intent.row: str(intent.order_id) for intent in earlier if intent.row and intent.took_effect}
    if any(intent.open for intent in earlier):
        raise RequestRefused(
            "An earlier sending of this basket left rows of which the fate is not known; nothing was sent. "
            "Type `%openapi reconcile` first."
        )
    if earlier and len(placed) == len(prints):
        count, placed = count + 1, {}
    return f"{same}-{count}", placed


def reading_ahead(read: Read, symbols: Sequence[str]) -> Read:
    """Return a `read` that has read quotes, lots and holdings of all these symbols at once."""
    known: dict[str, Any] = {}

    def ahead(name: str, arguments: Mapping[str, Any]) -> Any:
        if name not in {"quote", "static_info", "stock_positions"}:
            return read(name, arguments)
        if name not in known:
            known[name] = read(name, {"symbol": list(dict.fromkeys(symbols))})
        return known[name]

    return ahead


def open_orders(read: Read, symbols: Sequence[str] = ()) -> list[Mapping[str, Any]]:
    """Return the orders that can be cancelled: today's, and older ones still working; newest first."""
    today = read("today_orders", {})["orders"]
    past = read("history_orders", {"status": sorted(CANCELLABLE)})["orders"]
    orders = {str(order["order_id"]): order for order in [*today, *past]}
    return [
        order
        for order in orders.values()
        if order.get("status") in CANCELLABLE and (not symbols or order.get("symbol") in symbols)
    ]


def knowing(read: Read, orders: Iterable[Mapping[str, Any]]) -> Callable[[str, Mapping[str, Any]], Any]:
    """Return a `read` that knows these orders already."""
    known = {str(order["order_id"]): order for order in orders}

    def informed(name: str, arguments: Mapping[str, Any]) -> Any:
        if name == "order_detail" and str(arguments.get("order_id")) in known:
            return known[str(arguments["order_id"])]
        return read(name, arguments)

    return informed
