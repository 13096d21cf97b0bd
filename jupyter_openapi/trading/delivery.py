"""Send a change once, and find out what became of it.

The intent is on disk before the first byte leaves, and each step after it. A submit that got no answer is
looked for in today's orders, by its id and its tag: found, it is answered. Otherwise it is repeated with the
same `client_request_id`, by which the broker books it once (it remembers the id for 10 minutes); each repeat
is signed again. A server that ignores the id, and lists an order after booking it, could still book two.
A replace or cancel is repeated only after the order was read. Anything else is sent once.

Source: `client_request_id` of submit_order in the official SDK; which error codes may be repeated.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeGuard

from jupyter_openapi.errors import (
    ApiError,
    Interrupted,
    OpenAPIError,
    OutcomeUnknown,
    RequestRefused,
    TransportError,
    sentence,
)
from jupyter_openapi.market.money import amount
from jupyter_openapi.market.orders import FINAL
from jupyter_openapi.market.worth import Read
from jupyter_openapi.messages import _, commas
from jupyter_openapi.ratelimit.rates import Urgency
from jupyter_openapi.spec import catalog
from jupyter_openapi.trading.intents import Moment
from jupyter_openapi.trading.journal import NotRecorded
from jupyter_openapi.trading.preview import Stopwatch
from jupyter_openapi.transport.responses import Answer, Call

if TYPE_CHECKING:
    from jupyter_openapi.trading.journal import Journal
    from jupyter_openapi.trading.preview import Preview
    from jupyter_openapi.transport.transport import Transport

LATE = 120.0
"""Seconds after which a request that got no answer can't arrive any more.

Our own system goes on trying to deliver what was written to a dead line for about 100 seconds; a proxy in
between holds a request for as long as it waits itself, 60 seconds by custom; and the timestamp in it ages.
"""


ENDED_BY_CANCEL = frozenset({"CanceledStatus", "PartialWithdrawal"})
CANCELLING = frozenset({"WaitToCancel", "PendingCancelStatus"})
REPLACING = frozenset({"WaitToReplace", "PendingReplaceStatus"})


class ChangeOutcome(Enum):
    """Whether a change took effect."""

    DONE = "done"
    NOT_YET = "not yet"  # the order is as it was
    MOVING = "moving"  # the broker is processing it
    TOO_LATE = "too late"  # the order ended in another way


def of_cancel(order: Mapping[str, Any]) -> ChangeOutcome:
    """Tell what became of a cancel, from the order as it stands."""
    status = str(order.get("status"))
    if status in ENDED_BY_CANCEL:
        return ChangeOutcome.DONE
    if status in CANCELLING:
        return ChangeOutcome.MOVING
    return ChangeOutcome.TOO_LATE if status in FINAL else ChangeOutcome.NOT_YET


def of_replace(order: Mapping[str, Any], wanted: Mapping[str, Any]) -> ChangeOutcome:
    """Tell what became of a replace, from the order as it stands and the body that was sent."""
    status = str(order.get("status"))
    if status in REPLACING:
        return ChangeOutcome.MOVING
    compared = [name for name in wanted if name in order and name not in {"order_id", "remark"}]
    if compared and all(_same(order[name], wanted[name]) for name in compared):
        return ChangeOutcome.DONE
    return ChangeOutcome.TOO_LATE if status in FINAL else ChangeOutcome.NOT_YET


def _same(stands: object, wanted: object) -> bool:
    have, want = amount(stands), amount(wanted)
    return have == want if want is not None else str(stands) == str(wanted)


WAITS = (2.0, 2.0, 3.0, 4.0, 6.0, 8.0)  # seconds before each look and repeat: 7 tries in all
LOOK = 5.0  # seconds that the read before each repeat may take
# Seconds after which nothing is tried again: the broker remembers an id for 600 s, and a try may be late.
WINDOW = 480.0
NOT_BOOKED = frozenset({429001, 429002, 429303})  # codes after which a write may be sent again
SEEN_BEFORE = 403202  # something on the way sent our bytes twice; what became of the first copy is not known

IN_FLIGHT: set[tuple[str, int]] = set()  # the journal and number of what this process is sending right now


@dataclass(slots=True)
class _Course:
    """State of one change while it is being sent."""

    preview: Preview
    call: Call
    intent: int
    begun: Stopwatch = field(default_factory=Stopwatch)
    tries: int = 0
    flying: bool = False  # a try is on its way
    doubt: OutcomeUnknown | None = None  # an earlier try that may have been booked
    answer: Answer | None = None  # that it was done

    @property
    def findable(self) -> bool:
        """Whether it may be sent again after a try that got no answer."""
        return self.preview.client_request_id is not None or self.preview.order_id is not None


class Delivery:
    """Sends the changes of one account."""

    def __init__(
        self,
        transport: Transport,
        journal: Journal,
        read: Read,
        waits: tuple[float, ...] = WAITS,
    ) -> None:
        self._transport = transport
        self._journal = journal
        self._read = read
        self._waits = waits

    def send(self, preview: Preview, call: Call, intent: int) -> Answer:
        """Send what has been written down as `intent`, and write down what becomes of it.

        Raises
        ------
        ApiError, TransportError, RequestRefused
            It was certainly not done.
        OutcomeUnknown, Interrupted
            It may have been done; the journal keeps it open for `reconcile`.
        NotRecorded
            It was done, as the message says, but that could not be written down.
        """
        course = _Course(preview, call, intent)
        course.call = replace(call, too_late=lambda: course.begun.seconds > WINDOW)
        mark = (str(self._journal.path), intent)
        IN_FLIGHT.add(mark)
        try:
            answer = course.answer = self._attempts(course)
            self._record_answer(course, answer)
        except OutcomeUnknown as unknown:
            self._record_failure(course, "unknown", unknown)
            raise
        except (ApiError, TransportError, RequestRefused) as failure:
            self._record_failure(course, "refused", failure)
            raise
        except KeyboardInterrupt as stop:
            raise self._interrupted(course, stop) from None
        else:
            return answer
        finally:
            IN_FLIGHT.discard(mark)

    def _attempts(self, course: _Course) -> Answer:
        """Try until there is an answer, or no try is left."""
        refusal: OpenAPIError | None = None
        for wait in (0.0, *self._waits):
            if course.begun.seconds + wait > WINDOW:
                break
            time.sleep(wait)
            settled = self._look(course) if course.doubt else None
            if settled is not None:
                return settled
            answer, refusal, more = self._once(course)
            course.flying = False
            if answer is not None:
                return answer
            if not more:
                break
        if course.doubt is None and refusal is not None:
            raise refusal
        settled = self._look(course)
        if settled is not None:
            return settled
        raise _unknown(
            course, _("The last try said: {refusal}").format(refusal=refusal) if refusal is not None else ""
        )

    def _once(self, course: _Course) -> tuple[Answer | None, OpenAPIError | None, bool]:
        """Send once: the answer, or what was said instead, and whether it may be sent again."""
        try:
            moment = Moment.now(self._transport.server_now())
            self._journal.record(course.intent, "sent", attempt=course.tries + 1, timestamp=str(moment))
            course.tries += 1
            course.flying = True
            answer = self._transport.send(course.call)
        except OutcomeUnknown as unknown:
            course.doubt = unknown
        except ApiError as refusal:
            if refusal.code != SEEN_BEFORE:
                return None, refusal, refusal.code in NOT_BOOKED
            course.doubt = _seen_before(course.call, refusal)
        except (TransportError, RequestRefused) as failure:
            # This try did not leave; an earlier one may have been booked all the same.
            if course.doubt is None:
                raise
            return None, failure, isinstance(failure, TransportError)
        except Exception as odd:  # noqa: BLE001 (whatever an answer does to our code, the order may be booked)
            course.doubt = OutcomeUnknown(
                _("The reply to {name} could not be read ({kind}): it may have been done.").format(
                    name=course.call.name, kind=type(odd).__name__
                )
            )
        else:
            if course.preview.client_request_id is None or order_id_of(answer) is not None:
                course.answer = answer
                return answer, None, False
            course.doubt = OutcomeUnknown(
                _("{name} was answered without an order id that can be used.").format(name=course.call.name)
            )
        return None, None, course.findable

    def _look(self, course: _Course) -> Answer | None:
        """Find out what became of a try without an answer; None if it may be sent again."""
        if course.preview.order_id is not None:
            return self._read_target(course)
        if course.preview.client_request_id is not None:
            return self._find(course)
        return None

    def _find(self, course: _Course) -> Answer | None:
        """Search today's orders once for a new order; None if it is not there, or they can't be read.

        Raises
        ------
        OutcomeUnknown
            Several orders carry its tag.
        """
        operation = catalog().named("today_orders")
        call = Call(
            operation.method,
            operation.path,
            limit=operation.limit,
            name=operation.name,
            urgency=Urgency.ORDER,
            once=LOOK,
        )
        try:
            data = self._transport.send(call).data
        except OpenAPIError:
            return None
        orders = data.get("orders") if isinstance(data, Mapping) else None
        found = [order for order in orders if _carries(order, course.preview)] if _is_list(orders) else []
        if len(found) > 1:
            ids = commas(str(order.get("order_id")) for order in found)
            raise _unknown(course, _("Several orders carry its tag: {ids}.").format(ids=ids))
        order_id = usable_id(found[0].get("order_id")) if found else None
        return None if order_id is None else Answer.settled(_("found among today's orders"), order_id)

    def _read_target(self, course: _Course) -> Answer | None:
        """Read the order a replace or cancel touches: an answer if it was done, None if it may be sent again.

        Raises
        ------
        ApiError
            The order ended in another way, so that the change can't be done any more.
        OutcomeUnknown
            The order can't be read now.
        """
        preview = course.preview
        if preview.order_id is None:
            return None
        cancel = preview.operation.name == "cancel_order"
        for _attempt in range(10):
            try:
                order = self._read("order_detail", {"order_id": preview.order_id})
            except OpenAPIError as failure:
                raise _unknown(
                    course, _("The order can't be read: {failure}").format(failure=failure)
                ) from None
            if not isinstance(order, Mapping) or not order.get("status"):
                raise _unknown(course, _("The order was asked for, and the reply is not an order."))
            outcome = of_cancel(order) if cancel else of_replace(order, preview.fields)
            if outcome is not ChangeOutcome.MOVING:
                break
            time.sleep(0.5)
        if outcome is ChangeOutcome.DONE:
            return Answer.settled(_("settled by reading the order"))
        if outcome is ChangeOutcome.TOO_LATE:
            raise ApiError(
                _("no answer came, and order {order_id} is {order} now: too late").format(
                    order_id=preview.order_id, order=order.get("status")
                ),
                operation=course.call.name,
            )
        if outcome is ChangeOutcome.MOVING:
            raise _unknown(
                course, _("The broker is still processing it ({order}).").format(order=order.get("status"))
            )
        return None

    def _interrupted(self, course: _Course, stop: KeyboardInterrupt) -> Interrupted:
        """Write down what Ctrl-C left behind, and return what to say of it."""
        name = course.call.name
        if course.answer is not None:
            with suppress(NotRecorded):
                self._record_answer(course, course.answer)
            order_id = order_id_of(course.answer) or course.preview.order_id
            return done_all_the_same(name, order_id)
        flying = course.flying and not (isinstance(stop, Interrupted) and not stop.in_flight)
        with suppress(NotRecorded):  # it shows as sent then, which is open as well
            if not flying and course.doubt is None:
                self._journal.record(course.intent, "refused", message=_("interrupted before it was sent"))
            else:
                self._journal.record(
                    course.intent, "unknown", message=_("interrupted while it was in flight")
                )
        if not flying and course.doubt is None:
            said = _("was refused so far") if course.tries else _("had not been sent")
            return Interrupted(
                _("Interrupted; {name} {said}: nothing was done.").format(name=name, said=said),
                in_flight=False,
            )
        return Interrupted(
            _("Interrupted while {name} was in flight: it may have been done. {look}").format(
                name=name, look=how_to_find_out(course.preview)
            ),
            in_flight=True,
        )

    def _record_answer(self, course: _Course, answer: Answer) -> None:
        """Write down that it was done."""
        self._journal.record(
            course.intent,
            "answered",
            order_id=order_id_of(answer) or course.preview.order_id,
            code=0,
            http_status=answer.status,
            trace_id=answer.trace_id,
        )

    def _record_failure(self, course: _Course, state: Any, failure: OpenAPIError) -> None:
        try:
            self._journal.record(
                course.intent,
                state,
                code=getattr(failure, "code", None),
                http_status=getattr(failure, "http_status", None),
                trace_id=getattr(failure, "trace_id", None),
                message=str(failure),
            )
        except NotRecorded:
            return  # it shows as sent then, which is open: nothing is lost but the reason
        except KeyboardInterrupt:
            raise Interrupted(
                _("Interrupted. {failure}").format(failure=failure), in_flight=state == "unknown"
            ) from None


def done_all_the_same(name: str, order_id: str | None) -> Interrupted:
    """Return the error for Ctrl-C after a change was answered: it says that the change was done."""
    order = _(" (order {order_id})").format(order_id=order_id) if order_id else ""
    return Interrupted(
        _("Interrupted after {name} was done{order}; the journal has it.").format(name=name, order=order),
        in_flight=False,
    )


def order_id_of(answer: Answer) -> str | None:
    """Return the order's id in a submit's answer, or None where the answer has none that can be used."""
    return usable_id(answer.data.get("order_id")) if _has_data(answer) else None


def usable_id(value: object) -> str | None:
    """Return an order id as text; None for what is no id: empty, 0, null, a fraction, a list."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    text = str(value).strip()
    return text if text.strip("0") and text.lower() not in {"null", "none"} and text[0] != "-" else None


def _carries(order: object, preview: Preview) -> bool:
    """Tell whether an order at the broker carries the id or the tag of this one."""
    if not isinstance(order, Mapping):
        return False
    if order.get("client_request_id") and order["client_request_id"] == preview.client_request_id:
        return True
    return bool(preview.tag) and str(order.get("remark") or "").endswith(str(preview.tag))


def _is_list(orders: object) -> TypeGuard[list[Any]]:
    return isinstance(orders, list)


def _has_data(answer: Answer) -> bool:
    """Tell success from its mere envelope, which the official SDK takes for an error as well."""
    try:
        return isinstance(answer.data, Mapping)
    except TransportError:
        return False


def _seen_before(call: Call, refusal: ApiError) -> OutcomeUnknown:
    return OutcomeUnknown(
        _(
            "{name} was answered '{message}' (code {seen_before}): something on the way sent it twice, and "
            "what the broker said to the first copy is lost."
        ).format(name=call.name, message=refusal.message, seen_before=SEEN_BEFORE),
        http_status=refusal.http_status,
        trace_id=refusal.trace_id,
    )


def _unknown(course: _Course, later: str) -> OutcomeUnknown:
    preview, doubt = course.preview, course.doubt
    tried = _("It was tried {tries} times{with_one_id}.").format(
        tries=course.tries, with_one_id=_(" with one id") if preview.client_request_id else ""
    )
    return OutcomeUnknown(
        sentence(str(doubt or course.call.name), tried * (course.tries > 1), later, how_to_find_out(preview)),
        client_request_id=preview.client_request_id,
        order_id=preview.order_id,
        http_status=doubt.http_status if doubt else None,
        trace_id=doubt.trace_id if doubt else None,
    )


def how_to_find_out(preview: Preview) -> str:
    """Say how to find out what became of a change."""
    if preview.order_id or preview.client_request_id:
        return _("Type `%openapi reconcile` to find out before you send it again.")
    return _("Look before you send it again: `%openapi journal` keeps it as unknown.")
