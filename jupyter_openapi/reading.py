"""Reads: an operation by its name, or a path that the specification does not know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jupyter_openapi.outcomes import Call
from jupyter_openapi.reply import Reply
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.build import build, encode_body, encode_query
from jupyter_openapi.spec.check import check

if TYPE_CHECKING:
    from jupyter_openapi.connection import Connection
    from jupyter_openapi.spec.model import Operation


class Reader:
    """Reads for one account."""

    def __init__(self, connection: Connection) -> None:
        self._account = connection.account
        self._transport = connection.transport

    def read(self, operation: Operation, arguments: Mapping[str, Any], *, tz: str = "UTC") -> Reply:
        """Check the arguments, send, and return the reply."""
        asked = check(operation, arguments, tz=tz)
        wanted = build(operation, asked, tz=tz)
        call = Call(
            wanted.method,
            wanted.path,
            encode_query(wanted.query),
            b"" if wanted.body is None else encode_body(wanted.body),
            limit=operation.limit,
            name=operation.name,
        )
        return Reply(self._transport.send(call), operation, asked=asked, facts=self.facts(operation.name))

    def get(self, path: str, query: Sequence[tuple[str, str]], body: Any) -> Reply:
        """Read a path that the specification does not know."""
        name = f"GET {path}"
        content = b"" if body is None else encode_body(body)
        answer = self._transport.send(Call("GET", path, encode_query(query), content, name=name))
        return Reply(answer, facts=self.facts(name))

    def data(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Read an operation by its name and return its `data`."""
        return self.read(catalog().named(name), arguments).data

    def facts(self, name: str) -> dict[str, Any]:
        """Return what a frame says of its origin; no secret is among it."""
        return {
            "operation": name,
            "mode": self._account.mode,
            "source": self._account.source,
            "requested_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }
