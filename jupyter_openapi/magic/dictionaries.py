"""A bare ``{expression}`` that gives a dictionary, where that is a body: ``submit_order {order}``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from jupyter_openapi.errors import RequestRefused, short
from jupyter_openapi.magic.expressions import Scope, is_expression
from jupyter_openapi.magic.grammar import Command, Item
from jupyter_openapi.magic.lexer import in_braces
from jupyter_openapi.messages import _
from jupyter_openapi.spec.model import Effect, Operation

OMITTED: Any = object()  # what an expression that is None leaves behind


def dictionary(text: str, operation: Operation, scope: Scope) -> Any:
    """Return the value of a change's bare ``{expression}``, where a dictionary is a body; else `OMITTED`."""
    changes = operation.effect is not Effect.READ and operation.group != "command"
    return scope.evaluate(text[1:-1]) if changes and _is_bare(text) else OMITTED


def bare_bodies(
    command: Command, operation: Operation | None, scope: Scope
) -> tuple[list[tuple[Mapping[Any, Any], str]], Command]:
    """Return the dictionaries of ``POST /path {body}`` with how they were typed, and the line's rest.

    That is where no parameter takes a bare word: on a path that is not described, or one without a main
    parameter. One that is None is left out.

    Raises
    ------
    RequestRefused
        An expression there gives anything else.
    """
    takes = command.method != "GET" if operation is None else operation.effect is not Effect.READ
    if command.kind != "request" or not takes or (operation is not None and operation.main):
        return [], command
    found: list[tuple[Mapping[Any, Any], str]] = []
    kept: list[Item] = []
    for item in command.items:
        if item.name is not None or not _is_bare(item.text):
            kept.append(item)
            continue
        value = scope.evaluate(item.text[1:-1])
        if isinstance(value, Mapping):
            found.append((value, short(item.text, 40)))
        elif value is not None:
            raise RequestRefused(
                _(
                    "{text} is {kind}, and a body is a dictionary, such as {{dict(symbol='700.HK')}}; write "
                    "name={text} for one value."
                ).format(text=short(item.text, 40), kind=type(value).__name__)
            )
    return found, replace(command, items=tuple(kept))


def _is_bare(text: str) -> bool:
    inner = in_braces(text)
    return inner is not None and not text.startswith("{{") and is_expression(inner)
