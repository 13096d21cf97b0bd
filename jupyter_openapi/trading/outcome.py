"""What became of a change, in words: one look right after it was sent, and a sentence for a person.

Accepted is not filled: an order that the broker took may be rejected a moment later. So the order is looked
at once, and a rejection that is there already is said as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import Interrupted, OpenAPIError
from jupyter_openapi.market.worth import Read
from jupyter_openapi.messages import N_, _
from jupyter_openapi.ratelimit.rates import Urgency
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.request import build, encode_query
from jupyter_openapi.trading.order_state import OrderState, describe_status
from jupyter_openapi.transport.responses import Call

if TYPE_CHECKING:
    from jupyter_openapi.trading.preview import Preview
    from jupyter_openapi.transport.transport import Transport

LOOK = 5.0  # seconds for the one look
ABOUT = ("order", "change", "as it stands", "asks")  # the preview's lines that say what it does
SENT = {
    "submit_order": N_("Sent to the {title}: {what}. Order {order_id}: {status}."),
    "replace_order": N_("Change sent to the {title}: {what}. Order {order_id}: {status}."),
    "cancel_order": N_("Cancellation sent to the {title}: {what}. Order {order_id}: {status}."),
}
REJECTED = N_("REJECTED by the broker. {sent}")


@dataclass(frozen=True)
class Outcome:
    """What is known of a change right after it was sent.

    Attributes
    ----------
    words
        A sentence for a person: account, order, id and status.
    state
        The order as it was seen; None where it was not.
    """

    words: str
    state: OrderState | None = None


def outcome(preview: Preview, order_id: str | None, state: OrderState | None) -> Outcome:
    """Return what is known of a change that the broker answered, and how its order stands."""
    template = SENT.get(preview.operation.name)
    if template is None or order_id is None:
        done = _("{operation} was done by the {title}.")
        return Outcome(done.format(operation=preview.operation.name, title=preview.account.title))
    words = _(template).format(
        title=preview.account.title,
        what=next((text for label, text in preview.lines if label in ABOUT), _(preview.operation.summary)),
        order_id=order_id,
        status=_("accepted by the broker; its state was not read")
        if state is None
        else describe_status(state.order),
    )
    rejected = state is not None and state.rejected
    return Outcome(_(REJECTED).format(sent=words) if rejected else words, state)


class CountedReads:
    """Reads, and counts the calls that the broker's limit on trade calls counts."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self.trade_calls = 0

    def __call__(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Read an operation and return its `data`."""
        self.trade_calls += catalog().named(name).limit == "trade"
        return self._read(name, arguments)


def look_once(transport: Transport, order_id: str) -> OrderState | None:
    """Return the order as it stands, read with a single try; None if that fails.

    Raises
    ------
    Interrupted
        Ctrl-C: the change itself was done.
    """
    operation = catalog().named("order_detail")
    wanted = build(operation, {"order_id": order_id})
    call = Call(
        wanted.method,
        wanted.path,
        encode_query(wanted.query),
        limit=operation.limit,
        name=operation.name,
        urgency=Urgency.ORDER,
        once=LOOK,
    )
    try:
        order: Any = transport.send(call).data
    except OpenAPIError:
        return None
    except KeyboardInterrupt:
        said = _("Interrupted after the change was sent and answered (order {order_id}); the journal has it.")
        raise Interrupted(said.format(order_id=order_id), in_flight=False) from None
    return OrderState.of(order) if isinstance(order, Mapping) and order.get("status") else None
