"""From an operation and its arguments to the request: method, path, query, body.

Nothing is validated here (see `jupyter_openapi.spec.check`); values only take the form they travel in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.spec.model import Operation, Parameter
from jupyter_openapi.spec.names import nest
from jupyter_openapi.spec.values import convert, dump, join


@dataclass(frozen=True, slots=True)
class Built:
    """A request, not yet signed: `query` in the order it is sent, `body` None where there is none."""

    method: str
    path: str
    query: list[tuple[str, str]]
    body: dict[str, Any] | None


def build(operation: Operation, arguments: Mapping[str, Any], *, tz: str = "UTC") -> Built:
    """Return the request that the official SDK would send for these arguments.

    Parameters
    ----------
    operation
        What to send.
    arguments
        Values by wire name, short name or dotted name (``date_request.start_date``). None omits.
    tz
        Zone of naive times and of days.

    Raises
    ------
    RequestRefused
        If a name is not a parameter, or a value is of a type that cannot be sent.
    """
    given = nest(operation, arguments)
    path = operation.path
    query: list[tuple[str, str]] = []
    body: dict[str, Any] = {}
    for parameter in operation.parameters:
        value = given.get(parameter.name)
        if value is None:
            continue
        wire = join(parameter, convert(parameter, value, tz=tz, strict=False))
        if parameter.where == "path":
            path = path.replace(f"{{{parameter.name}}}", _segment(parameter, wire))
        elif parameter.where == "query":
            query.extend(_pairs(parameter.name, wire))
        else:
            body[parameter.name] = wire
    if "{" in path:
        raise RequestRefused(f"{operation.name} needs {path[path.index('{') + 1 : path.index('}')]}.")
    has_body = operation.method in {"POST", "PUT", "PATCH"}
    return Built(operation.method, path, query, body if has_body else None)


def encode_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the query string byte for byte as the official SDK encodes it, without the question mark.

    A space is ``+``; letters, digits and ``*-._`` stand for themselves; all else is ``%XX`` of its UTF-8.
    """
    return "&".join(f"{_escape(name)}={_escape(value)}" for name, value in pairs)


def encode_body(body: Any) -> bytes:
    """Return the JSON body as it is signed and sent: compact, UTF-8.

    Raises
    ------
    RequestRefused
        If something in it is not JSON (NaN, an object of a class of its own, half a surrogate pair).
    """
    try:
        return dump(body).encode()
    except (TypeError, ValueError) as error:
        raise RequestRefused(f"The body cannot be sent as JSON: {error}.") from None


def _pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:
    for each in value if isinstance(value, list) else [value]:
        yield name, _plain_text(each)


def _plain_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else dump(value)


def _segment(parameter: Parameter, value: Any) -> str:
    text = _plain_text(value)
    if text in {"", ".", ".."}:
        raise RequestRefused(
            f"{parameter.name}={text!r} cannot stand in the path {parameter.name} belongs to."
        )
    return _quote(text, safe="")


def _escape(text: str) -> str:
    return _quote(text, safe="*").replace("~", "%7E").replace("%20", "+")


def _quote(text: str, safe: str) -> str:
    try:
        return quote(text, safe=safe)
    except UnicodeEncodeError:
        raise RequestRefused(
            f"{text!r} holds a character that cannot be sent (half a surrogate pair)."
        ) from None
