"""Send a change once, and never lose track of it.

The intent is on disk before the first byte leaves, and each step after it. A submit that got no answer is
repeated with the same `client_request_id`, by which the broker books it once (it remembers the id for 10
minutes); each repeat is signed anew. A replace or cancel is repeated only after the order was read. Anything
else is sent once.

Source: `client_request_id` of submit_order in the official SDK; error codes that may be repeated.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import (
    ApiError,
    Interrupted,
    OpenAPIError,
    OutcomeUnknown,
    RequestRefused,
    TransportError,
)
from jupyter_openapi.outcomes import Answer, Call
from jupyter_openapi.trading.fate import Fate, of_cancel, of_replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jupyter_openapi.trading.journal import Journal
    from jupyter_openapi.trading.preview import Preview
    from jupyter_openapi.transport import Transport

WAITS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)  # seconds before each repeat: 7 tries in all
WINDOW = 540.0  # the broker remembers a client_request_id for 600 s; ours ends before
NOT_BOOKED = frozenset({429001, 429002, 429303})  # codes after which a write may be sent again


@dataclass(slots=True)
class _Course:
    """One change on its way."""

    preview: Preview
    call: Call
    intent: int
    begun: float
    tries: int = 0
    doubt: OutcomeUnknown | None = None  # an earlier try that may have been booked


class Delivery:
    """Sends the changes of one account."""

    def __init__(
        self,
        transport: Transport,
        journal: Journal,
        read: Callable[[str, Mapping[str, Any]], Any],
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
        ApiError, TransportError
            It was certainly not done.
        OutcomeUnknown, Interrupted
            It may have been done; the journal keeps it open for `reconcile`.
        NotRecorded
            It was done or not, as the message says, but that could not be written down.
        """
        course = _Course(preview, call, intent, time.monotonic())
        try:
            answer = self._attempts(course)
        except OutcomeUnknown as unknown:
            self._record(course, "unknown", unknown)
            raise
        except (ApiError, TransportError, RequestRefused) as failure:
            self._record(course, "refused", failure)
            raise
        except KeyboardInterrupt as stop:
            never_left = isinstance(stop, Interrupted) and not stop.in_flight
            if course.doubt is None and (never_left or not course.tries):
                self._journal.record(intent, "refused", message="interrupted before it was sent")
                raise
            self._journal.record(intent, "unknown", message="interrupted while it was in flight")
            raise Interrupted(
                f"Interrupted while {call.name} was in flight: it may have been done. {look(preview)}",
                in_flight=True,
            ) from None
        data = answer.data if isinstance(answer.data, dict) else {}
        self._journal.record(
            intent,
            "answered",
            order_id=str(data.get("order_id") or preview.order_id or "") or None,
            code=0,
            http_status=answer.status,
            trace_id=answer.trace_id,
        )
        return answer

    def _attempts(self, course: _Course) -> Answer:
        """Try until there is an answer, or no try is left."""
        refusal: ApiError | None = None
        for wait in (0.0, *self._waits):
            if time.monotonic() - course.begun + wait > WINDOW:
                break
            time.sleep(wait)
            settled = self._read_fate(course) if course.doubt else None
            if settled is not None:
                return settled
            answer, refusal, more = self._once(course)
            if answer is not None:
                return answer
            if not more:
                break
        if course.doubt is None and refusal is not None:
            raise refusal
        settled = self._read_fate(course)
        if settled is not None:
            return settled
        raise _unknown(course, refusal)

    def _once(self, course: _Course) -> tuple[Answer | None, ApiError | None, bool]:
        """Send once: the answer, or the refusal, and whether it may be sent again."""
        course.tries += 1
        self._journal.record(course.intent, "sent", attempt=course.tries)
        try:
            return self._transport.send(course.call), None, False
        except OutcomeUnknown as unknown:
            course.doubt = unknown
            preview = course.preview
            return None, None, preview.client_request_id is not None or preview.order_id is not None
        except ApiError as refusal:
            return None, refusal, refusal.code in NOT_BOOKED
        except TransportError:
            if course.doubt is None:
                raise
            return None, None, True

    def _read_fate(self, course: _Course) -> Answer | None:
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
        for _ in range(10):
            try:
                order = self._read("order_detail", {"order_id": preview.order_id})
            except OpenAPIError as failure:
                raise _unknown(course, failure) from None
            cancel = preview.operation.name == "cancel_order"
            fate = of_cancel(order) if cancel else of_replace(order, preview.fields)
            if fate is not Fate.MOVING:
                break
            time.sleep(0.5)
        if fate is Fate.DONE:
            return Answer.settled("settled by reading the order")
        if fate is Fate.TOO_LATE:
            raise ApiError(
                f"no answer came, and order {preview.order_id} is {order.get('status')} now: too late",
                operation=course.call.name,
            )
        if fate is Fate.MOVING:
            raise _unknown(course, None)
        return None

    def _record(self, course: _Course, state: Any, failure: OpenAPIError) -> None:
        self._journal.record(
            course.intent,
            state,
            code=getattr(failure, "code", None),
            http_status=getattr(failure, "http_status", None),
            trace_id=getattr(failure, "trace_id", None),
            message=str(failure),
        )


def _unknown(course: _Course, later: OpenAPIError | None) -> OutcomeUnknown:
    preview, doubt = course.preview, course.doubt
    tried = f" It was tried {course.tries} times with one id." if course.tries > 1 else ""
    said = f" The last try said: {later}" if later is not None else ""
    return OutcomeUnknown(
        f"{doubt or course.call.name}{tried}{said} {look(preview)}",
        client_request_id=preview.client_request_id,
        order_id=preview.order_id,
        http_status=doubt.http_status if doubt else None,
        trace_id=doubt.trace_id if doubt else None,
    )


def look(preview: Preview) -> str:
    """Say how to find out what became of a change."""
    if preview.order_id or preview.client_request_id:
        return "Type `%openapi reconcile` to find out before you send it again."
    return "Look before you send it again: `%openapi journal` keeps it as unknown."
