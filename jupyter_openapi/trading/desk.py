"""The one desk that every change goes through, whoever asks: the magic, a form or Python.

A change is previewed, then sent once. It is never repeated blindly: an unanswered one is an `OutcomeUnknown`
that names what to look for.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import Interrupted, OutcomeUnknown, RequestRefused
from jupyter_openapi.market import orders
from jupyter_openapi.outcomes import Call
from jupyter_openapi.reply import Reply
from jupyter_openapi.spec.build import build, encode_body, encode_query
from jupyter_openapi.spec.check import check
from jupyter_openapi.trading import facts
from jupyter_openapi.trading.kind import Kind
from jupyter_openapi.trading.preview import Preview

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_openapi.account import Account
    from jupyter_openapi.spec.model import Operation
    from jupyter_openapi.transport import Transport


class Desk:
    """Makes previews and sends them, for one account."""

    def __init__(self, transport: Transport, account: Account, read: facts.Read) -> None:
        self._transport = transport
        self._account = account
        self._read = read
        self._kind = Kind(account, read)

    def preview(self, operation: Operation, arguments: Mapping[str, Any], *, tz: str = "UTC") -> Preview:
        """Check a change and freeze it; nothing is sent but the reads its preview shows.

        Raises
        ------
        RequestRefused
            Something is missing, unknown, or against the rules of its order type.
        """
        checked = check(operation, _typed(operation, arguments), tz=tz)
        wanted = build(operation, checked, tz=tz)
        fields = dict(wanted.body or {})
        lines, order_id = self._lines(operation, checked, fields)
        request_id = self._mint(operation, fields)
        query = encode_query(wanted.query)
        target = f"{wanted.path}?{query}" if query else wanted.path
        return Preview(
            operation,
            wanted.method,
            wanted.path,
            query,
            encode_body(fields) if wanted.body is not None else b"",
            self._account,
            (*self._head(), *lines, ("sends", f"{wanted.method} {target} {fields or ''}")),
            request_id,
            order_id,
            _deliver=self._deliver,
        )

    def raw(self, operation: Operation, query: str, body: bytes) -> Preview:
        """Freeze a change that the specification does not know."""
        target = f"{operation.path}?{query}" if query else operation.path
        text = body.decode()
        return Preview(
            operation,
            operation.method,
            operation.path,
            query,
            body,
            self._account,
            (
                *self._head(),
                ("note", "this path is not in the specification: nothing of it was checked"),
                ("sends", f"{operation.method} {target} {text}"),
            ),
            _deliver=self._deliver,
        )

    def _head(self) -> facts.Lines:
        note = self._kind.note()
        return [("account", f"{self._account.title}; {note}" if note else self._account.title)]

    def _lines(
        self, operation: Operation, checked: Mapping[str, Any], fields: Mapping[str, Any]
    ) -> tuple[facts.Lines, str | None]:
        """Return what the preview shows, after the rules of the order's type have been kept."""
        if operation.name == "submit_order":
            _keep(orders.check(fields))
            return facts.about_submit(self._read, fields), None
        if operation.name not in {"replace_order", "cancel_order"}:
            return [("asks", operation.summary)], None
        order_id = str(checked["order_id"])
        order, lines = facts.about_standing(self._read, order_id)
        if operation.name == "replace_order":
            _keep(orders.check_replace(order, fields))
            lines += facts.about_replace(fields, order)
        return lines, order_id

    @staticmethod
    def _mint(operation: Operation, fields: dict[str, Any]) -> str | None:
        """Give an order its own id, once; the broker remembers it for 10 minutes."""
        if operation.parameter("client_request_id") is None:
            return None
        fields.setdefault("client_request_id", f"jo-{uuid.uuid4().hex}")
        return str(fields["client_request_id"])

    def _deliver(self, preview: Preview) -> Reply:
        operation = preview.operation
        call = Call(
            preview.method,
            preview.path,
            preview.query,
            preview.body,
            effect=operation.effect,
            limit=operation.limit,
            name=operation.name,
        )
        try:
            answer = self._transport.send(call)
        except OutcomeUnknown as unknown:
            raise OutcomeUnknown(
                f"{unknown} {_look(preview)}",
                client_request_id=preview.client_request_id,
                order_id=preview.order_id,
                http_status=unknown.http_status,
                trace_id=unknown.trace_id,
            ) from None
        except KeyboardInterrupt as stop:
            if isinstance(stop, Interrupted) and not stop.in_flight:
                raise
            raise Interrupted(
                f"Interrupted while {operation.name} was in flight: it may have been done. {_look(preview)}",
                in_flight=True,
            ) from None
        return Reply(answer, operation, order_id=preview.order_id, facts={"operation": operation.name})


def _typed(operation: Operation, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Take an order with a price and no type for a limit order; the preview says so."""
    given = {operation.short.get(name, name) for name, value in arguments.items() if value is not None}
    if operation.name == "submit_order" and "submitted_price" in given and "order_type" not in given:
        return {**arguments, "order_type": "LO"}
    return arguments


def _keep(problems: list[orders.Problem]) -> None:
    if problems:
        raise RequestRefused("; ".join(problem.message for problem in problems) + ". Nothing was sent.")


def _look(preview: Preview) -> str:
    if preview.order_id:
        return f"Look at it before you send again: `%openapi order_detail {preview.order_id}`."
    if preview.client_request_id:
        return (
            "Look before you send again: `%openapi orders`; its client_request_id is "
            f"{preview.client_request_id}."
        )
    return "Look before you send again."
