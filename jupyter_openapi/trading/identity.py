"""Tell an order from others: its own id and tag, what makes two the same, and those sent before it.

By its id the broker books an order once, and by its tag it is found later. Run All is not an order: what an
earlier run of the same cell sent needs ``--again``. An order alike that nobody knows the fate of needs
``reconcile`` first, and so does a replace of an order that an earlier one may still change.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.kernel import Cell, is_ours, may_still_run, session_of
from jupyter_openapi.market.money import amount
from jupyter_openapi.messages import _
from jupyter_openapi.spec.model import Operation
from jupyter_openapi.trading.delivery import IN_FLIGHT, LATE, WINDOW
from jupyter_openapi.trading.intents import Intent, at_least_since
from jupyter_openapi.trading.journal import Journal

if TYPE_CHECKING:
    from jupyter_openapi.trading.preview import Preview

REMARK = 64  # the shortest limit on a remark that the documentation gives
_USABLE = re.compile(r"[!-~]{1,64}")
"""An id of an order that no server will shorten, trim or take for none."""


def identified(operation: Operation, body: Any) -> tuple[str | None, str | None]:
    """Give an order an id of its own and a tag in its remark, where it takes them; return both."""
    if operation.parameter("client_request_id") is None or not isinstance(body, dict):
        return None, None
    request_id = str(body.setdefault("client_request_id", f"jo-{uuid.uuid4().hex}"))
    if not _USABLE.fullmatch(request_id):
        raise RequestRefused(
            _(
                "client_request_id {request_id!r:.40} can't tell this order from others: use up to 64 "
                "letters and digits, new for each order, or leave it out. Nothing was sent."
            ).format(request_id=request_id)
        )
    return request_id, _tag(operation, body, request_id)


def _tag(operation: Operation, body: dict[str, Any], request_id: str) -> str | None:
    """Put a short mark of the order's id at the end of its remark, where it fits, to find the order by."""
    if operation.parameter("remark") is None:
        return None
    tag = f"~{hashlib.sha256(request_id.encode()).hexdigest()[:8]}"
    remark = f"{body.get('remark') or ''} {tag}".strip()
    if len(remark) > REMARK:
        return None
    body["remark"] = remark
    return tag


def fingerprint(method: str, path: str, body: Mapping[str, Any] | None) -> str:
    """Return a digest of what makes two orders the same; their ids and the order of fields don't count."""
    fields = {name: value for name, value in (body or {}).items() if name != "client_request_id"}
    text = json.dumps([method.upper(), path, fields], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


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
    """Return an order alike whose fate is not known, beside which this one might be booked."""
    if preview.operation.name in {"replace_order", "cancel_order"}:
        return None  # these read the order they change, and have their own rules
    for intent in reversed(journal.open(owner, mode=mode)):
        if _is_unknown(journal, intent) and _alike(intent, preview):
            return intent
    return None


def _is_unknown(journal: Journal, intent: Intent) -> bool:
    """Tell an open intent whose fate nobody knows from one that is on its way right now, or never left."""
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
