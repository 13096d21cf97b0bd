"""Build a request from an operation and its arguments: method, path, query, body.

Nothing is validated here (see `jupyter_openapi.spec.check`); values only take the form they travel in.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote

from jupyter_openapi.errors import RequestRefused, short
from jupyter_openapi.messages import _, commas
from jupyter_openapi.spec.check import mapping, nest, text
from jupyter_openapi.spec.model import Effect, Operation, Parameter
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
        raise RequestRefused(
            _("{name} needs {path}.").format(
                name=operation.name, path=path[path.index("{") + 1 : path.index("}")]
            )
        )
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
        raise RequestRefused(_("The body cannot be sent as JSON: {error}.").format(error=error)) from None


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
            _("{name}={text!r} can't be part of a path.").format(name=parameter.name, text=text)
        )
    return _quote(text, safe="")


@lru_cache(maxsize=4096)  # names of parameters, symbols and the like come again and again
def _escape(text: str) -> str:
    return _quote(text, safe="*").replace("~", "%7E").replace("%20", "+")


def _quote(text: str, safe: str) -> str:
    try:
        return quote(text, safe=safe)
    except UnicodeEncodeError:
        raise RequestRefused(
            _("{text!r} holds a character that cannot be sent (half a surrogate pair).").format(text=text)
        ) from None


METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
"""The HTTP methods that a request may have."""

_UNRESERVED = re.compile(r"%(2[dDeE]|3[0-9]|4[1-9a-fA-F]|5[0-9aAfF]|6[1-9a-fA-F]|7[0-9aAeE])")


def unknown_change(method: str, path: str) -> Operation:
    """Return an operation for a path outside the specification; it counts as a trade."""
    return Operation(
        name=f"{method} {path}",
        method=method,
        path=path,
        effect=Effect.TRADE,
        group="unknown",
        limit="trade",
        summary=_("a path outside the specification"),
    )


def normalise(method: str, path: str) -> tuple[str, str, list[tuple[str, str]]]:
    """Return the verb, the one spelling of the path that both we and a server mean, and the path's query."""
    verb, path = text("method", method).upper(), text("path", path)
    if verb not in METHODS:
        raise RequestRefused(
            _("'{method}' is not a method: use one of {methods}.").format(
                method=short(verb, 40), methods=commas(METHODS)
            )
        )
    if "://" in path or path.startswith("//"):
        raise RequestRefused(
            _("Give the path alone, such as /v1/asset/stock, not '{path}'.").format(path=short(path, 60))
        )
    if not path.startswith("/"):
        raise RequestRefused(_("A path starts with a slash: '/{path}'.").format(path=short(path, 60)))
    plain, _mark, query = path.partition("#")[0].partition("?")
    plain = _UNRESERVED.sub(lambda match: unquote(match[0]), plain)
    plain = quote(posixpath.normpath(re.sub("/+", "/", plain)), safe="/%:@!$&'()*+,;=-._~")
    inline = []
    for part in filter(None, query.split("&")):
        name, _equals, value = part.partition("=")
        inline.append((unquote(name.replace("+", " ")), unquote(value.replace("+", " "))))
    return verb, plain, inline


def pairs_of(params: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Return query parameters as pairs of text; a list repeats its key and None is left out."""
    pairs = []
    for name, value in mapping("params", params).items():
        values = value if isinstance(value, (list, tuple, set)) else [value]
        pairs += [(str(name), _text(item)) for item in values if item is not None]
    return pairs


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def arguments_of(operation: Operation, pairs: list[tuple[str, str]], body: Any) -> dict[str, Any]:
    """Gather a raw request's query and body as the arguments of the operation it amounts to."""
    if body is not None and not isinstance(body, dict):
        raise RequestRefused(_("The body of {name} is a JSON object.").format(name=operation.name))
    arguments: dict[str, Any] = {}
    for name, value in pairs:
        known = operation.parameter(name)
        if known is not None and known.array:
            arguments.setdefault(name, []).append(value)
        elif name in arguments:
            raise RequestRefused(_("'{name}' is given twice.").format(name=name))
        else:
            arguments[name] = value
    if twice := sorted(set(arguments) & set(body or {})):
        raise RequestRefused(
            _("'{twice}' is given both in the query and in the body.").format(twice=twice[0])
        )
    return {**arguments, **(body or {})}
