"""Run a line or cell of ``%openapi``: parse it, and carry out its command, read or change.

A line that begins with ``connect`` first gives up the connection that it would replace; one that begins with
``disconnect`` gives up its own, also where it is refused. Any other line that may change something and fails
clears what ``send`` would have sent: that is no longer what was last shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from jupyter_openapi.errors import OpenAPIError, RequestRefused, sentence
from jupyter_openapi.history.candles import candles_of
from jupyter_openapi.magic import examples
from jupyter_openapi.magic.arguments import arguments, evaluate_flags
from jupyter_openapi.magic.command import CommandSpec, Context, Invocation, notify
from jupyter_openapi.magic.commands import COMMANDS
from jupyter_openapi.magic.flags import SHOWING, refuse_flags, refuse_flags_of_command
from jupyter_openapi.magic.grammar import Command, connection_name, parse_cell, parse_line
from jupyter_openapi.magic.request import Target, find_target
from jupyter_openapi.messages import N_, _, commas, ended
from jupyter_openapi.reply import Reply
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.check import check
from jupyter_openapi.spec.model import Effect, Operation
from jupyter_openapi.spec.request import METHODS
from jupyter_openapi.trading import Basket
from jupyter_openapi.trading.preview import typed_line

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.client import Client
    from jupyter_openapi.magic.present import FrameRequest
    from jupyter_openapi.reply import Reply

_REFUSED = N_("the last line was refused, and that drops the preview before it; type the order again.")

__all__ = ["Context", "perform", "run_line"]


def perform(command: Command, context: Context) -> Any:
    """Run a line or cell that was parsed, and return its result.

    Raises
    ------
    RequestRefused
        For whatever was mistyped or is not allowed; nothing was sent.
    """
    command = evaluate_flags(command, context.scope, commands=COMMANDS)
    if command.kind == "command":
        return _command(command, COMMANDS[command.word], context)
    try:
        return _called(command, context)
    except RequestRefused as refused:
        named = examples.for_bare_choice(command, str(refused))
        if not named:
            raise
        problem = sentence(str(refused), named)
    raise RequestRefused(problem)


def _called(command: Command, context: Context) -> Any:
    """Run a line that calls an operation or a path."""
    if is_candles(command):
        return candles(command, context)
    target = find_target(command, context.scope, COMMANDS)
    if command.flags:
        refuse_flags(command.flags, target.operation, target.effect, target.name)
    tz = context.tz(command)
    if any(flag in command.flags for flag in SHOWING):
        from jupyter_openapi.magic.dry_run import show

        return show(target, command.flags, tz)
    client = _client(tz)
    try:
        if target.effect is Effect.READ:
            return _read(target, command, context, client)
        return _change(target, command, client, context)
    except RequestRefused as refused:
        if command.kind != "operation" or target.operation is None:
            raise
        example = examples.for_what_lacks(target.operation, target.given, command.word.lower(), str(refused))
        if not example:
            raise
        problem = sentence(str(refused), example)
    raise RequestRefused(problem)


def _command(command: Command, spec: CommandSpec, context: Context) -> Any:
    if command.flags:
        refuse_flags_of_command(command.flags, spec)
    given = arguments(command, spec.operation, context.scope)
    try:
        checked = check(spec.operation, given, tz=context.tz(command))
    except RequestRefused as refused:
        raise RequestRefused(sentence(str(refused), examples.for_command(spec, given))) from None
    return spec.action(Invocation(command, checked, context, COMMANDS))


def _read(target: Target, command: Command, context: Context, client: Client) -> Any:
    from jupyter_openapi.magic.export import Saving
    from jupyter_openapi.magic.present import FrameRequest, present_frame

    saving = Saving(str(command.flags["out"])) if "out" in command.flags else None
    request = FrameRequest(command, context, target, saving)
    if target.operation is None:
        reply: Any = client.request(target.method, target.path, target.query, target.body)
    elif command.flags.get("all"):
        reply = client.pages(target.operation.name, **target.given)
        notify(command, ended(reply.summary()))
    else:
        request = _windowed(request, target.operation, client.tz)
        if target.undescribed:
            reply = _sent_as_typed(request, client)
        else:
            reply = client.call(target.operation.name, **request.target.given)
        request = _maybe_cut(request, target.operation, reply)
        notify(command, reply.words and ended(reply.words))
    return reply.data if command.flags.get("raw") else present_frame(reply.frame, request)


def _sent_as_typed(request: FrameRequest, client: Client) -> Any:
    """Send a read with parameters that the specification does not describe, and say so."""
    from jupyter_openapi.magic.request import draft

    target = request.target
    built = draft(target, client.tz)
    query: dict[str, list[str]] = {}
    for name, value in built.pairs:
        query.setdefault(name, []).append(value)
    reply = client.request(built.method, built.path, query, built.fields, undescribed=True)
    notify(
        request.command,
        _("Sent unchanged, since no description of {name} has it: {names}.").format(
            name=target.operation.name if target.operation else target.name,
            names=commas(target.undescribed),
        ),
    )
    return reply


def _windowed(request: FrameRequest, operation: Operation, tz: str) -> FrameRequest:
    """Say which window of time a line asks for, if it gives one."""
    from jupyter_openapi.magic.present import gives_window, window_of

    if not gives_window(operation, request.target.given):
        return request
    # Checked here, so that the window that is printed is to the second the one that is sent.
    checked = check(operation, request.target.given, tz=tz)
    window = window_of(operation, checked, tz)
    if window is not None:
        notify(request.command, str(window))
    return replace(request, target=replace(request.target, given=checked), window=window)


def _maybe_cut(request: FrameRequest, operation: Operation, reply: Reply) -> FrameRequest:
    """Say so where a single reply does not hold the whole of a history."""
    from jupyter_openapi.history import cut

    if operation.pages is None:
        return request
    given = {operation.short.get(name, name): value for name, value in request.target.given.items()}
    note = cut(operation, reply.data, given)
    notify(request.command, note or "")
    return replace(request, cut=note)


def _change(target: Target, command: Command, client: Client, context: Context) -> Any:
    from jupyter_openapi.magic.present import present_change

    again, override = bool(command.flags.get("again")), command.flags.get("override", ())
    if target.operation is None:
        preview: Any = client.request(target.method, target.path, target.query, target.body)
    else:
        names = override if isinstance(override, tuple) else ()
        tick = context.tick(command) if target.effect is Effect.TRADE else None
        preview = client.call(target.operation.name, override=names, tick=tick, **target.given)
    if command.flags.get("execute"):
        return present_change(preview.send(again=again), target.operation, command)
    return present_change(preview, target.operation, command)


def _client(tz: str) -> Client:
    from jupyter_openapi.session import SESSION

    client = SESSION.connected()
    client.tz = tz
    return client


@lru_cache(maxsize=256)
def read_line(text: str) -> Command:
    """Return a line, parsed; errors as `parse_line`. The result is shared, so nobody may change it."""
    return parse_line(text, commands=COMMANDS)


NAME: Final = "candlesticks"
_ONE = ("raw", "param", "table", "dry_run", "explain", "curl")


def is_candles(command: Command) -> bool:
    """Tell whether a line asks for the candlesticks of several symbols, or for their pivot table."""
    if command.kind != "operation" or any(flag in command.flags for flag in _ONE):
        return False
    operation = catalog().find(command.word)
    if operation is None or operation.name != NAME:
        return False
    texts = [text for name, text in command.items if name in {None, "symbol"}]
    return "pivot" in command.flags or len(texts) > 1 or any("," in text or "{" in text for text in texts)


def candles(command: Command, context: Context) -> pd.DataFrame:
    """Read the candlesticks of each symbol and return them in one frame."""
    from jupyter_openapi.frames import describe
    from jupyter_openapi.magic.export import Saving
    from jupyter_openapi.magic.present import SEEN, SYMBOL
    from jupyter_openapi.session import SESSION

    operation = catalog().named(NAME)
    refuse_flags(command.flags, operation, Effect.READ, command.word)
    saving = Saving(str(command.flags["out"])) if "out" in command.flags else None
    tz, decimals = context.tz(command), context.decimals(command)
    wide = with_symbol_list(operation)
    given: dict[str, Any] = dict(check(wide, arguments(command, wide, context.scope), tz=tz))
    client = SESSION.connected()
    client.tz = tz
    symbols = given.pop("symbol")
    pivot = bool(command.flags.get("pivot"))

    def frame_of(symbol: str) -> pd.DataFrame:
        reply: Reply = client.call(NAME, symbol=symbol, **given)
        return reply.frame(decimals=decimals, tz=tz)

    alone = len(symbols) == 1 and not pivot
    frame = frame_of(symbols[0]) if alone else candles_of(symbols, frame_of, pivot=pivot)
    SEEN.note(SYMBOL, symbols)
    if command.flags.get("wide"):
        describe(frame, view="full")
    if saving is not None:
        notify(command, saving.save(frame))
    return frame


def with_symbol_list(operation: Operation) -> Operation:
    """Return the operation with a list of symbols instead of its one symbol."""
    parameters = (replace(each, array=each.array or each.name == "symbol") for each in operation.parameters)
    return replace(operation, parameters=tuple(parameters))


_ARROWS = re.compile(r"[^\W\d]\w*\s*<<")
CONNECT, DISCONNECT = "connect", "disconnect"


def run_line(line: str, cell: str | None, context: Context) -> tuple[Command, Any]:
    """Parse a line, or a cell's first line and its body, run it, and return the command and its result.

    Raises
    ------
    RequestRefused
        For whatever was mistyped or is not allowed; nothing was sent.
    """
    try:
        return _run(line, cell, context)
    except RequestRefused as refused:
        braces = examples.brace_advice(
            line if cell is None else f"{line}\n{cell}", context.scope, str(refused)
        )
        if not braces:
            raise
        problem = sentence(str(refused), braces)
    raise RequestRefused(problem)


def _run(line: str, cell: str | None, context: Context) -> tuple[Command, Any]:
    try:
        command = read_line(line) if cell is None else parse_cell(line, cell, commands=COMMANDS)
    except RequestRefused as refused:
        raise RequestRefused(sentence(str(refused), _release_unread(line))) from None
    if command.kind == "empty":
        return command, None
    if command.word == CONNECT and command.kind == "command":
        return command, _connect(command, context)
    if command.word == DISCONNECT and command.kind == "command":
        return command, _disconnect(command, context)
    with _connection(command), _clearing(command):
        return command, perform(command, context)


def _release_unread(line: str) -> str:
    """Close the connections, or drop the previews, that an unreadable line may mean; say what closed."""
    from jupyter_openapi.session import SESSION

    word = _first_word(line)
    if _means_connect(word) or word.lower() == DISCONNECT:
        return SESSION.release(None)
    if not _only_reads(Command("operation", word)):
        for each in SESSION.connections:
            each.pending.clear(_(_REFUSED))
    return ""


def _first_word(line: str) -> str:
    """Return the word that names the operation, as far as that can be told of a line that can't be read.

    A word after a flag may be the flag's value, so the first one that names anything is taken.
    """
    words = [word for word in _ARROWS.sub("", line).split() if word[0] not in "-@"]
    for word in words if line.lstrip().startswith("-") else words[:1]:
        if word.lower() in COMMANDS or catalog().find(word) is not None or _means_connect(word):
            return word
    return words[0] if words else ""


def _means_connect(word: str) -> bool:
    """Tell whether a word is ``connect``, or such a slip for it as names nothing else."""
    known = {*COMMANDS, *catalog().aliases, *catalog().operations} - {CONNECT}
    return word.lower() not in known and bool(get_close_matches(word.lower(), [CONNECT], cutoff=0.8))


def _connect(command: Command, context: Context) -> Any:
    """Close the connection that the line replaces, then connect."""
    from jupyter_openapi.session import SESSION

    name: str | None = str(command.flags.get("as") or "")
    try:
        connection_name(name or "unnamed")
    except RequestRefused:
        name = None
    given_up = SESSION.release(name)
    try:
        _refuse_at(command)
        return perform(command, context)
    except RequestRefused as refused:
        problem = sentence(str(refused), given_up)
    except OpenAPIError:
        if given_up:
            SESSION.notify(given_up)
        raise
    raise RequestRefused(problem)


def _disconnect(command: Command, context: Context) -> Any:
    """Close the connection that the line names, also where the line is refused."""
    from jupyter_openapi.session import SESSION

    try:
        with _connection(command):
            return perform(command, context)
    except RequestRefused as refused:
        problem = sentence(str(refused), SESSION.release(command.connection))
    raise RequestRefused(problem)


def _refuse_at(command: Command) -> None:
    """Refuse ``@NAME connect``: a connection gets its name from ``--as``."""
    if command.connection:
        raise RequestRefused(
            _("Connect by a name with `%openapi connect ... --as {name}`, not with @{name}.").format(
                name=command.connection
            )
        )


@contextmanager
def _connection(command: Command) -> Iterator[None]:
    """Use the connection that the line names."""
    if not command.connection:
        yield
        return
    from jupyter_openapi.session import SESSION

    with SESSION.using(command.connection):
        yield


@contextmanager
def _clearing(command: Command) -> Iterator[None]:
    """Clear what is pending if a line fails that may change something, or is one that only shows."""
    if _only_reads(command):
        yield
        return
    from jupyter_openapi.session import SESSION

    pending = SESSION.connection.pending
    try:
        with typed_line():
            yield
    except RequestRefused as refused:
        # No order to cancel here leaves a list of cancels as it was shown.
        if command.word != "cancel_all" or not isinstance(pending.last, Basket):
            pending.clear(_(_REFUSED))
        slip = command.kind == "operation" and _means_connect(command.word)
        raise RequestRefused(sentence(str(refused), SESSION.release(None) if slip else "")) from None
    except BaseException:
        pending.clear(_("the last one failed."))
        raise
    if any(flag in command.flags for flag in SHOWING):
        pending.clear(_("the last one was only shown."))
    elif command.flags.get("execute"):
        pending.clear(_("the last one was sent already, by --execute."))


def _only_reads(command: Command) -> bool:
    """Tell whether a line changes nothing, whatever becomes of it; ``send`` keeps its own account."""
    if command.kind == "request":
        if command.method != "GET":
            return False
        match = catalog().match(command.method, command.path)
        return match is None or match[0].effect is Effect.READ
    if command.word in COMMANDS:
        return command.word == "send" or COMMANDS[command.word].operation.effect is Effect.READ
    if command.word.upper() in METHODS:
        return command.word.upper() == "GET"
    operation = catalog().find(command.word)
    return operation is not None and operation.effect is Effect.READ
