"""What each command and operation does, once it has been read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.loops import run
from jupyter_openapi.magic.arguments import arguments, request_parts, settle
from jupyter_openapi.magic.commands import COMMANDS
from jupyter_openapi.magic.expressions import Scope
from jupyter_openapi.magic.grammar import unknown_word
from jupyter_openapi.reply import Reply
from jupyter_openapi.session import SESSION
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.model import Effect
from jupyter_openapi.trading import Preview

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jupyter_openapi.client import Client
    from jupyter_openapi.magic.grammar import Command
    from jupyter_openapi.magic.magics import OpenAPIMagics
    from jupyter_openapi.spec.model import Operation


@dataclass(frozen=True)
class Context:
    """Where a line was typed: the magic's settings, and the names an ``{expression}`` sees."""

    magics: OpenAPIMagics
    local: Mapping[str, Any]

    @property
    def scope(self) -> Scope:
        """The caller's names, then the notebook's."""
        return Scope(self.local, self.magics.names)


def perform(command: Command, context: Context) -> Any:
    """Do what a line or cell says, and return what it gives."""
    command = settle(command, context.scope, commands=COMMANDS)
    if command.kind == "command":
        action = ACTIONS[command.word]
        given = arguments(command, COMMANDS[command.word].operation, context.scope)
        return action(command, given, context)
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
    client.tz = str(command.flags.get("tz") or context.magics.tz)
    return client


def _executes(command: Command) -> bool:
    return command.flags.get("execute") is True


def present(result: Reply | Preview, operation: Operation | None, command: Command, context: Context) -> Any:
    """Return what a person wants to see: a frame for a read, the preview or the reply for a change."""
    if isinstance(result, Preview):
        SESSION.preview = result
        return result
    if command.flags.get("raw"):
        return result.data
    if operation is not None and operation.effect is not Effect.READ:
        return result
    return result.frame(
        decimals=str(command.flags.get("decimals") or context.magics.decimals),
        tz=str(command.flags.get("tz") or context.magics.tz),
    )


def _connect(command: Command, given: Mapping[str, Any], context: Context) -> Client:
    del context
    mode = str(given.get("account") or "")
    if not mode:
        raise RequestRefused("Connect to what? Type `%openapi connect sandbox` (or paper, or live).")
    profile, region = command.flags.get("profile"), command.flags.get("region")
    return SESSION.connect(
        mode.lower(),
        trading=True if command.flags.get("trade") else None,
        profile=str(profile) if profile else None,
        region=str(region) if region else None,
    )


def _status(command: Command, given: Mapping[str, Any], context: Context) -> Any:
    del command, given, context
    from jupyter_openapi.magic.status import status

    return status(SESSION.connected())


def _send(command: Command, given: Mapping[str, Any], context: Context) -> Any:
    del given
    if SESSION.preview is None:
        raise RequestRefused("There is no preview to send: type an order first, `%openapi submit ...`.")
    preview = SESSION.preview
    return present(preview.send(), preview.operation, command, context)


def _wait(command: Command, given: Mapping[str, Any], context: Context) -> Any:
    del command, context
    if not given.get("order_id"):
        raise RequestRefused("Wait for which order? Type `%openapi wait ORDER_ID`.")
    seconds = float(given.get("timeout") or 60)
    return run(SESSION.connected().wait(str(given["order_id"]), timeout=seconds))


ACTIONS: Mapping[str, Callable[[Command, Mapping[str, Any], Context], Any]] = {
    "connect": _connect,
    "status": _status,
    "send": _send,
    "wait": _wait,
}
