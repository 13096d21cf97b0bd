"""A request as far as it is known without the broker: checked and built, never sent."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_openapi.paths import pairs_of
from jupyter_openapi.spec.build import Built, build, encode_body, encode_query
from jupyter_openapi.spec.check import check
from jupyter_openapi.spec.model import Effect
from jupyter_openapi.trading.desk import draft as draft_change

if TYPE_CHECKING:
    from jupyter_openapi.magic.target import Target


@dataclass(frozen=True)
class Draft:
    """The request of a `Target`: `query` is encoded, `body` the very bytes, `fields` what they hold."""

    target: Target
    method: str
    path: str
    query: str
    body: bytes
    fields: Any
    pairs: tuple[tuple[str, str], ...]

    @property
    def address(self) -> str:
        """The path and query, as on the request line."""
        return f"{self.path}?{self.query}" if self.query else self.path


def draft(target: Target, tz: str, *, identified: bool = False) -> Draft:
    """Check what a line calls and build its request.

    Parameters
    ----------
    target
        What is called.
    tz
        The zone of naive times and of days.
    identified
        Whether an order gets an id of its own, as it does before it is sent: the broker books one id once.

    Raises
    ------
    RequestRefused
        As the call itself would, as far as that can be told without asking the broker.
    """
    wanted = _built(target, tz)
    fields = wanted.body
    operation = target.operation
    if (
        identified
        and fields is not None
        and operation is not None
        and operation.parameter("client_request_id") is not None
    ):
        fields = {**fields, "client_request_id": fields.get("client_request_id") or f"jo-{uuid.uuid4().hex}"}
    return Draft(
        target,
        wanted.method,
        wanted.path,
        encode_query(wanted.query),
        b"" if fields is None else encode_body(fields),
        fields,
        tuple(wanted.query),
    )


def _built(target: Target, tz: str) -> Built:
    operation = target.operation
    if operation is None:
        body = None if target.body is None else dict(target.body)
        return Built(target.method, target.path, pairs_of(target.query), body)
    if operation.effect is Effect.READ:
        return build(operation, check(operation, target.given, tz=tz), tz=tz)
    return draft_change(operation, target.given, tz=tz)
