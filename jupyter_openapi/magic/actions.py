"""From a line that has been read to what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_openapi.magic.arguments import arguments, request_parts, settle
from jupyter_openapi.magic.command import Ask
from jupyter_openapi.magic.commands import COMMANDS
from jupyter_openapi.magic.context import Context
from jupyter_openapi.magic.grammar import unknown_word
from jupyter_openapi.magic.present import present
from jupyter_openapi.session import SESSION
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.check import check

if TYPE_CHECKING:
    from jupyter_openapi.client import Client
    from jupyter_openapi.magic.grammar import Command

__all__ = ["Context", "perform"]


def perform(command: Command, context: Context) -> Any:
    """Do what a line or cell says, and return what it gives."""
    command = settle(command, context.scope, commands=COMMANDS)
    if command.kind == "command":
        spec = COMMANDS[command.word]
        given = arguments(command, spec.operation, context.scope)
        return spec.action(Ask(command, check(spec.operation, given), context))
    if command.kind == "request":
        return _request(command, context)
    operation = catalog().find(command.word)
    if operation is None:
        raise unknown_word(command.word, [*COMMANDS, *catalog().operations, *catalog().aliases])
    given = arguments(command, operation, context.scope)
    client = _client(command, context)
    result = client.call(operation.name, execute=_executes(command), **given)
    return present(result, operation, command, context)


def _request(command: Command, context: Context) -> Any:
    client = _client(command, context)
    match = catalog().match(command.method, command.path)
    if match is None:
        query, body = request_parts(command, context.scope)
        result = client.request(command.method, command.path, query, body, execute=_executes(command))
        return present(result, None, command, context)
    operation, in_path = match
    given = arguments(command, operation, context.scope, given=in_path)
    result = client.call(operation.name, execute=_executes(command), **given)
    return present(result, operation, command, context)


def _client(command: Command, context: Context) -> Client:
    client = SESSION.connected()
    client.tz = context.tz(command)
    return client


def _executes(command: Command) -> bool:
    return command.flags.get("execute") is True
