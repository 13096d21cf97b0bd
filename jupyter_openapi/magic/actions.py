"""Carry out a parsed line: a command, a read or a change."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused, sentence
from jupyter_openapi.magic.arguments import arguments, settle
from jupyter_openapi.magic.candles import candles, is_candles
from jupyter_openapi.magic.command import CommandSpec, Context, Invocation, notify
from jupyter_openapi.magic.commands import COMMANDS
from jupyter_openapi.magic.flags import SHOWING, refuse_flags, refuse_flags_of_command
from jupyter_openapi.magic.grammar import Command, parse_line
from jupyter_openapi.magic.request import Target, find_target
from jupyter_openapi.messages import _
from jupyter_openapi.reply import Reply
from jupyter_openapi.spec.check import check
from jupyter_openapi.spec.model import Effect, Operation

if TYPE_CHECKING:
    from jupyter_openapi.client import Client
    from jupyter_openapi.magic.present import FrameRequest

__all__ = ["Context", "perform"]


def perform(command: Command, context: Context) -> Any:
    """Do what a line or cell says, and return what it gives.

    Raises
    ------
    RequestRefused
        For whatever was mistyped or is not allowed; nothing was sent.
    """
    command = settle(command, context.scope, commands=COMMANDS)
    if command.kind == "command":
        return _command(command, COMMANDS[command.word], context)
    if is_candles(command):
        return candles(command, context)
    target = find_target(command, context.scope, COMMANDS)
    refuse_flags(command.flags, target.operation, target.effect, target.name)
    tz = context.tz(command)
    if any(flag in command.flags for flag in SHOWING):
        from jupyter_openapi.magic.dry_run import show

        return show(target, command.flags, tz)
    client = _client(tz)
    if target.effect is Effect.READ:
        return _read(target, command, context, client)
    return _change(target, command, client, context)


def _command(command: Command, spec: CommandSpec, context: Context) -> Any:
    refuse_flags_of_command(command.flags, spec)
    given = arguments(command, spec.operation, context.scope)
    try:
        checked = check(spec.operation, given, tz=context.tz(command))
    except RequestRefused as refused:
        advice = _("Type %openapi help {name} to read about it.").format(name=spec.name)
        raise RequestRefused(sentence(str(refused), advice)) from None
    return spec.action(Invocation(command, checked, context, COMMANDS))


def _read(target: Target, command: Command, context: Context, client: Client) -> Any:
    from jupyter_openapi.magic.export import Saving
    from jupyter_openapi.magic.present import FrameRequest, framed

    saving = Saving(str(command.flags["out"])) if "out" in command.flags else None
    wish = FrameRequest(command, context, target, saving)
    if target.operation is None:
        reply: Any = client.request(target.method, target.path, target.query, target.body)
    elif command.flags.get("all"):
        reply = client.pages(target.operation.name, **target.given)
        notify(command, f"{reply.summary()}.")
    else:
        wish = _windowed(wish, target.operation, client.tz)
        if target.undescribed:
            reply = _sent_as_typed(wish, client)
        else:
            reply = client.call(target.operation.name, **wish.target.given)
        wish = _maybe_cut(wish, target.operation, reply)
        notify(command, reply.words and f"{reply.words}.")
    return reply.data if command.flags.get("raw") else framed(reply.frame, wish)


def _sent_as_typed(wish: FrameRequest, client: Client) -> Any:
    """Send a read with parameters that its description lacks, and say so."""
    from jupyter_openapi.magic.request import draft

    target = wish.target
    built = draft(target, client.tz)
    query: dict[str, list[str]] = {}
    for name, value in built.pairs:
        query.setdefault(name, []).append(value)
    reply = client.request(built.method, built.path, query, built.fields, undescribed=True)
    notify(
        wish.command,
        _("Sent unchanged, since no description of {name} has it: {names}.").format(
            name=target.operation.name if target.operation else target.name,
            names=", ".join(target.undescribed),
        ),
    )
    return reply


def _windowed(wish: FrameRequest, operation: Operation, tz: str) -> FrameRequest:
    """Say which window of time a line asks for, if it gives one."""
    from jupyter_openapi.magic.present import gives_window, window_of

    if not gives_window(operation, wish.target.given):
        return wish
    # Checked here, so that the window that is printed is to the second the one that is sent.
    checked = check(operation, wish.target.given, tz=tz)
    window = window_of(operation, checked, tz)
    if window is not None:
        notify(wish.command, str(window))
    return replace(wish, target=replace(wish.target, given=checked), window=window)


def _maybe_cut(wish: FrameRequest, operation: Operation, reply: Reply) -> FrameRequest:
    """Say so where a single reply does not hold the whole of a history."""
    from jupyter_openapi.history import cut

    if operation.pages is None:
        return wish
    given = {operation.short.get(name, name): value for name, value in wish.target.given.items()}
    note = cut(operation, reply.data, given)
    notify(wish.command, note or "")
    return replace(wish, cut=note)


def _change(target: Target, command: Command, client: Client, context: Context) -> Any:
    from jupyter_openapi.magic.present import changed

    again, override = bool(command.flags.get("again")), command.flags.get("override", ())
    if target.operation is None:
        preview: Any = client.request(target.method, target.path, target.query, target.body)
    else:
        names = override if isinstance(override, tuple) else ()
        tick = context.tick(command) if target.effect is Effect.TRADE else None
        preview = client.call(target.operation.name, override=names, tick=tick, **target.given)
    if command.flags.get("execute"):
        return changed(preview.send(again=again), target.operation, command)
    return changed(preview, target.operation, command)


def _client(tz: str) -> Client:
    from jupyter_openapi.session import SESSION

    client = SESSION.connected()
    client.tz = tz
    return client


@lru_cache(maxsize=256)
def read_line(text: str) -> Command:
    """Return what a line says; errors as `parse_line`. The result is shared, so nobody may change it."""
    return parse_line(text, commands=COMMANDS)
