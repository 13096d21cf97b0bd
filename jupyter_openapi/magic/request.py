"""Build the request of a line: an operation with arguments, or a path that is not known."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from jupyter_openapi.errors import RequestRefused, short
from jupyter_openapi.magic.arguments import arguments, request_parts
from jupyter_openapi.magic.caller import Scope
from jupyter_openapi.magic.grammar import Command, unknown_word
from jupyter_openapi.magic.vocabulary import refuse_unclear
from jupyter_openapi.messages import _
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.check import check, with_undescribed
from jupyter_openapi.spec.model import Effect, Operation
from jupyter_openapi.spec.request import Built, build, encode_body, encode_query, normalise, pairs_of
from jupyter_openapi.trading.desk import draft as draft_change


@dataclass(frozen=True)
class Target:
    """The operation or path that a line calls.

    Attributes
    ----------
    name
        How sentences call it: ``positions``, ``GET /v1/asset/stock``.
    operation
        None for a path that is not in the specification.
    given
        The operation's arguments, by the names that were typed, with those its name stands for.
    method, path, query, body
        Of an unknown path: the query's parameters, and the JSON body or None.
    undescribed
        The names that ``--param`` gave, which the operation's description lacks.
    """

    name: str
    operation: Operation | None
    given: Mapping[str, Any] = field(default_factory=dict)
    method: str = ""
    path: str = ""
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    undescribed: tuple[str, ...] = ()

    @property
    def effect(self) -> Effect:
        """What it does; an unknown path is a read if it is a GET, and otherwise counts as a trade."""
        if self.operation is not None:
            return self.operation.effect
        return Effect.READ if self.method == "GET" else Effect.TRADE


def find_target(command: Command, scope: Scope, commands: Iterable[str]) -> Target:
    """Return what a settled line calls.

    Raises
    ------
    RequestRefused
        Its word is unknown (with those that look like it), or an argument was mistyped.
    """
    return _with_params(_described(command, scope, commands), command)


def _described(command: Command, scope: Scope, commands: Iterable[str]) -> Target:
    if command.kind == "request":
        return _request(command, scope)
    refuse_unclear(command.word, commands)
    operation = catalog().find(command.word)
    if operation is None:
        raise unknown_word(command.word, [*commands, *catalog().aliases, *catalog().operations])
    given = arguments(command, operation, scope)
    return Target(command.word, operation, {**_meant(command.word, operation, given), **given})


def _with_params(target: Target, command: Command) -> Target:
    """Add what ``--param`` gives: to a read of the specification only."""
    typed = command.flags.get("param", ())
    if not typed or not isinstance(typed, tuple) or target.operation is None:
        return target
    given: dict[str, list[Any]] = {}
    for each in typed:
        name, equals, value = each.partition("=")
        if not name or not equals:
            raise RequestRefused(
                _("--param {each} has no value; type --param {name}=VALUE.").format(
                    each=short(each, 40), name=short(name, 40) or "NAME"
                )
            )
        if target.operation.parameter(name) is not None:
            raise RequestRefused(
                _(
                    "--param {name}: {operation} has {name} already; type {name}={value} without --param."
                ).format(name=short(name, 40), operation=target.operation.name, value=short(value, 40))
            )
        in_body = target.operation.method not in {"GET", "DELETE"}
        given.setdefault(name, []).append(_json_or_text(value) if in_body else value)
    names = [name for name, values in given.items() for _each in values]
    single = {name: values if len(values) > 1 else values[0] for name, values in given.items()}
    return replace(
        target,
        operation=with_undescribed(target.operation, names),
        given={**target.given, **single},
        undescribed=tuple(given),
    )


def _json_or_text(value: str) -> Any:
    """Return what a body is to hold: a number, true, a list where it reads as one, and text otherwise."""
    try:
        return json.loads(value)
    except ValueError:
        return value


def _request(command: Command, scope: Scope) -> Target:
    method, path, _ = normalise(command.method, command.path)
    match = catalog().match(method, path)
    if match is None:
        query, body = request_parts(command, scope)
        return Target(f"{method} {path}", None, {}, method, path, query, body)
    operation, in_path = match
    return Target(f"{method} {path}", operation, arguments(command, operation, scope, given=in_path))


def _meant(word: str, operation: Operation, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a name stands for (``dca_pause``: status=Suspended), which nothing may contradict."""
    meant = catalog().constants(word)
    for name in given:
        wire = operation.short.get(name, name)
        if wire in meant:
            raise RequestRefused(
                _("{word} means {operation} with {pair}; leave {typed} out, or call {operation}.").format(
                    word=word, operation=operation.name, pair=f"{wire}={meant[wire]}", typed=name
                )
            )
    return meant


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
        As the call itself would, as far as that is known without asking the broker.
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
