"""The names an argument may go by: the wire's, short ones, and dotted ones for the fields of an object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jupyter_openapi.errors import RequestRefused, did_you_mean, sentence
from jupyter_openapi.spec.model import Operation, Parameter


def names(operation: Operation) -> list[str]:
    """Return every name an argument of `operation` may have: short names first, then the wire's."""
    return list(dict.fromkeys([*operation.short, *_wire_names(operation.parameters)]))


def nest(operation: Operation, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments by wire name, dotted ones gathered into their objects, None left out.

    Raises
    ------
    RequestRefused
        If a name is unknown (with the names that look like it), or a parameter is given twice.
    """
    found: dict[str, Any] = {}
    for typed, value in arguments.items():
        if value is None:
            continue
        wire = resolve(operation, typed)
        first, _, rest = wire.partition(".")
        if rest:
            _put(operation, found, first, rest, value)
        elif first in found:
            raise _twice(operation, first)
        else:
            found[first] = value
    return found


def resolve(operation: Operation, typed: str) -> str:
    """Return the wire name, dotted for a field of an object, of what was typed.

    Raises
    ------
    RequestRefused
        If the operation has no such parameter.
    """
    if operation.parameter(typed) is not None:
        return operation.short.get(typed, typed)
    known = names(operation)
    hint = did_you_mean(typed, known)
    if not known:
        raise RequestRefused(f"{operation.name} takes no parameters, so not {typed!r} either.")
    raise RequestRefused(
        sentence(f"{operation.name} has no parameter {typed!r}.", hint or f"It takes {', '.join(known)}.")
    )


def _put(operation: Operation, found: dict[str, Any], first: str, rest: str, value: Any) -> None:
    inner = found.setdefault(first, {})
    if not isinstance(inner, dict) or rest in inner:
        raise _twice(operation, f"{first}.{rest}")
    found[first] = {**inner, rest: value}


def _twice(operation: Operation, name: str) -> RequestRefused:
    others = [short for short, wire in operation.short.items() if wire == name]
    return RequestRefused(f"{' or '.join([name, *others])} was given twice; give it once.")


def _wire_names(parameters: tuple[Parameter, ...], prefix: str = "") -> Iterator[str]:
    for parameter in parameters:
        yield prefix + parameter.name
        if not parameter.array:
            yield from _wire_names(parameter.fields, f"{prefix}{parameter.name}.")
