"""A request by method and path: one spelling of the path, and its parts as an operation's arguments.

Doubled slashes, dots and needless percent signs would otherwise let a trade look like another path.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from jupyter_openapi.errors import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_openapi.spec.model import Operation

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")

_UNRESERVED = re.compile(r"%(2[dDeE]|3[0-9]|4[1-9a-fA-F]|5[0-9aAfF]|6[1-9a-fA-F]|7[0-9aAeE])")


def normalise(method: str, path: str) -> tuple[str, str, list[tuple[str, str]]]:
    """Return the verb, the one spelling of the path that both we and a server mean, and the path's query."""
    verb = method.upper()
    if verb not in METHODS:
        raise RequestRefused(f"'{method}' is no method: use one of {', '.join(METHODS)}.")
    if "://" in path or path.startswith("//"):
        raise RequestRefused(f"Give the path alone, such as /v1/asset/stock, not '{path}'.")
    if not path.startswith("/"):
        raise RequestRefused(f"A path starts with a slash: '/{path}'.")
    plain, _, query = path.partition("#")[0].partition("?")
    plain = _UNRESERVED.sub(lambda match: unquote(match[0]), plain)
    plain = quote(posixpath.normpath(re.sub("/+", "/", plain)), safe="/%:@!$&'()*+,;=-._~")
    inline = []
    for part in filter(None, query.split("&")):
        name, _, value = part.partition("=")
        inline.append((unquote(name.replace("+", " ")), unquote(value.replace("+", " "))))
    return verb, plain, inline


def pairs_of(params: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Return query parameters as pairs of text; a list repeats its key and None is left out."""
    pairs = []
    for name, value in (params or {}).items():
        values = value if isinstance(value, (list, tuple, set)) else [value]
        pairs += [(str(name), _text(item)) for item in values if item is not None]
    return pairs


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def arguments_of(operation: Operation, pairs: list[tuple[str, str]], body: Any) -> dict[str, Any]:
    """Gather a raw request's query and body as the arguments of the operation it amounts to."""
    if body is not None and not isinstance(body, dict):
        raise RequestRefused(f"The body of {operation.name} is a JSON object.")
    arguments: dict[str, Any] = {}
    for name, value in pairs:
        known = operation.parameter(name)
        if known is not None and known.array:
            arguments.setdefault(name, []).append(value)
        elif name in arguments:
            raise RequestRefused(f"'{name}' is given twice.")
        else:
            arguments[name] = value
    if twice := sorted(set(arguments) & set(body or {})):
        raise RequestRefused(f"'{twice[0]}' is given both in the query and in the body.")
    return {**arguments, **(body or {})}
