"""Rows of the blotter: an order as cells, which filters show it, and what may be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from jupyter_openapi.market import orders
from jupyter_openapi.market.money import figure, money, plain
from jupyter_openapi.messages import N_, _, pgettext
from jupyter_openapi.plots.style import MINUS
from jupyter_openapi.widgets.model import HIDDEN, without_ids
from jupyter_openapi.widgets.panel import Cell, column
from jupyter_openapi.widgets.queries import moment, number

COLUMNS = (
    column("Time"),
    column("Symbol"),
    column("Side"),
    column("Type"),
    column("Price", end=True),
    column("Last", end=True),
    column("Distance", end=True),
    column("Filled", end=True),
    column("Status"),
)
FILTERS: Mapping[str, frozenset[str]] = {
    N_("Open"): orders.OPEN,
    N_("Waiting for a trigger"): frozenset({"VarietiesNotReported", "DelayedNotReported"}),
    N_("Partly filled"): frozenset({"PartialFilledStatus"}),
    N_("Filled"): frozenset({"FilledStatus"}),
    N_("Cancelled"): frozenset({"CanceledStatus", "PartialWithdrawal"}),
    N_("Rejected or expired"): frozenset({"RejectedStatus", "ExpiredStatus"}),
    N_("All of today"): orders.OPEN | orders.FINAL,
}
HOLD_UNKNOWN = ("Open", "All of today")  # the filters that show an order in a state that is not known here


@dataclass(frozen=True, slots=True)
class Row:
    """One order of the blotter: a cell for each of `COLUMNS`; `unread` says what of it could not be read."""

    order_id: str
    cells: tuple[Cell, ...]
    about: str
    cancellable: bool
    replaceable: bool
    unread: str = ""


def is_known(status: str) -> bool:
    """Tell whether a state of an order is one that the broker documents."""
    return status in orders.OPEN or status in orders.FINAL


def may_work(order: Mapping[str, Any]) -> bool:
    """Tell whether an order may still fill: in a state that is not known here it may."""
    return str(order.get("status")) not in orders.FINAL


def may_cancel(order: Mapping[str, Any]) -> bool:
    """Tell whether an order may be cancelled: in a state that is not known here the broker decides."""
    status = str(order.get("status"))
    return status in orders.CANCELLABLE or not is_known(status)


def row_of(order: Mapping[str, Any], zone: tzinfo, *, privacy: bool, last: Decimal | None = None) -> Row:
    """Return an order as a row; with `privacy`, shares instead of quantities, and no id.

    `last` is the last price of its symbol.
    """
    status, kind = str(order.get("status")), str(order.get("order_type"))
    rules = orders.RULES.get(kind)
    order_id = str(order.get("order_id"))
    shown_id = HIDDEN if privacy else order_id
    side = str(order.get("side") or "")
    time_cell, unread = _time(order.get("submitted_at"), zone, shown_id)
    cells = (
        time_cell,
        _text(order.get("symbol"), str(order.get("stock_name") or "")),
        Cell(_(side), sort=side, tone={"Buy": "up", "Sell": "down"}.get(side, "")),
        _text(kind, str(order.get("time_in_force") or "?")),
        _price(order),
        Cell(money(last), sort=float(last)) if last is not None else Cell(""),
        _distance(order, last),
        _filled(order, privacy=privacy),
        _status(order, privacy=privacy),
    )
    quantity = "" if privacy else f"{order.get('quantity')} "
    return Row(
        order_id,
        cells,
        _("{side} {quantity}{symbol}, order {order_id}").format(
            side=_(side), quantity=quantity, symbol=order.get("symbol"), order_id=shown_id
        ),
        cancellable=may_cancel(order),
        replaceable=status in orders.REPLACEABLE and bool(rules and rules.replaceable),
        unread=_("Order {order_id}: its time could not be read: {value}.").format(
            order_id=shown_id, value=unread
        )
        if unread
        else "",
    )


def _text(value: Any, sub: str = "") -> Cell:
    text = str(value or "")
    return Cell(text, sub, sort=text)


def _time(value: Any, zone: tzinfo, order_id: str) -> tuple[Cell, str]:
    """Return when an order was submitted, its id below, and what could not be read."""
    try:
        at = moment(value)
    except ValueError as wrong:
        return Cell("?", order_id), str(wrong)
    if at is None:
        return Cell("", order_id), ""
    here = at.astimezone(zone)
    today = datetime.now(zone).date()
    text = f"{here:%H:%M:%S}" if here.date() == today else f"{here:%d %b}"
    return Cell(text, order_id, sort=at.timestamp()), ""


def _price(order: Mapping[str, Any]) -> Cell:
    price, trigger = number(order.get("price")), number(order.get("trigger_price"))
    parts = [money(price) if price else pgettext("order type", "market")]
    if trigger:
        parts.append(_("if {trigger}").format(trigger=money(trigger)))
    if trail := number(order.get("trailing_amount")):
        parts = [_("trails by {trail}").format(trail=plain(trail))]
    if percent := number(order.get("trailing_percent")):
        parts = [_("trails by {percent}%").format(percent=plain(percent))]
    return Cell(" ".join(parts), sort=float(price or trigger or 0) or None)


def _distance(order: Mapping[str, Any], last: Decimal | None) -> Cell:
    """Return how far the trigger or limit of a working order is from the last price, in percent of it."""
    price = number(order.get("trigger_price")) or number(order.get("price"))
    if not price or not last or not may_work(order):
        return Cell("")
    away = (price - last) / last * 100
    return Cell(f"{figure(away, sign=True)}%".replace("-", MINUS), sort=float(abs(away)))


def _filled(order: Mapping[str, Any], *, privacy: bool) -> Cell:
    total, done = number(order.get("quantity")), number(order.get("executed_quantity"))
    share = float((done or 0) / total) if total else None
    if privacy:
        return Cell(HIDDEN if share is None else f"{share:.0%}", sort=share)
    text = f"{plain(done) if done else '0'} / {plain(total) if total else '?'}"
    average = number(order.get("executed_price"))
    sub = _("at {price} on average").format(price=money(average)) if done and average else ""
    return Cell(text, sub, sort=share)


def _status(order: Mapping[str, Any], *, privacy: bool) -> Cell:
    """Return how an order stands, and below it why it was rejected or ended unfilled."""
    status = str(order.get("status"))
    words = (
        _(orders.status_meanings().get(status, status))
        if is_known(status)
        else _("not known here: {status}").format(status=status)
    )
    ended = status in orders.FINAL and status != "FilledStatus"
    reason = str(order.get("msg") or "") if ended or not is_known(status) else ""
    tone = "warn" if status in {"RejectedStatus", "ExpiredStatus"} or not is_known(status) else ""
    return Cell(words, without_ids(reason) if privacy else reason, sort=words, tone=tone)


def newest_first(found: Mapping[str, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return orders by the time they were submitted, the newest first."""
    return sorted(
        found.values(),
        key=lambda order: (number(order.get("submitted_at")) or 0, str(order.get("order_id"))),
        reverse=True,
    )


def let_through(order: Mapping[str, Any], symbol: str, status: str) -> bool:
    """Tell whether the filters show an order; `symbol` is the beginning of one or several, with spaces."""
    wanted = symbol.upper().split()
    name, state = str(order.get("symbol") or "").upper(), str(order.get("status"))
    allowed = state in FILTERS.get(status, orders.OPEN)
    if not is_known(state):
        allowed = status in HOLD_UNKNOWN
    return allowed and (not wanted or any(name.startswith(one) for one in wanted))
