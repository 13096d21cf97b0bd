"""Run one line or cell of ``%openapi``: on its connection, clearing pending previews when it fails.

A line that begins with ``connect`` first gives up the connection that it would replace. Any other line that
may change something and fails clears what ``send`` would have sent: that is no longer what was last shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

from jupyter_openapi.errors import OpenAPIError, RequestRefused, sentence
from jupyter_openapi.magic.actions import perform, read_line
from jupyter_openapi.magic.command import Context
from jupyter_openapi.magic.commands import COMMANDS
from jupyter_openapi.magic.flags import SHOWING
from jupyter_openapi.magic.grammar import Command, connection_name, parse_cell
from jupyter_openapi.messages import _
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.model import Effect
from jupyter_openapi.spec.request import METHODS
from jupyter_openapi.trading import Basket
from jupyter_openapi.trading.pending import typed_line

_ARROWS = re.compile(r"[^\W\d]\w*\s*<<")
CONNECT = "connect"


def obey(line: str, cell: str | None, context: Context) -> tuple[Command, Any]:
    """Read a line, or the first line of a cell and its body; do it, and return it with what it gives.

    Raises
    ------
    RequestRefused
        For whatever was mistyped or is not allowed; nothing was sent.
    """
    try:
        command = read_line(line) if cell is None else parse_cell(line, cell, commands=COMMANDS)
    except RequestRefused as refused:
        raise RequestRefused(sentence(str(refused), _given_up_unread(line))) from None
    if command.kind == "empty":
        return command, None
    if command.word == CONNECT and command.kind == "command":
        return command, _connect(command, context)
    with _connection(command), _clearing(command), typed_line():
        return command, perform(command, context)


def _given_up_unread(line: str) -> str:
    """Give up what a line that can't be read may have meant to replace, or to send; say which connection."""
    from jupyter_openapi.session import SESSION

    word = _first_word(line)
    if _means_connect(word):
        return SESSION.release(None)
    if not _only_reads(Command("operation", word)):
        for each in SESSION.connections:
            each.pending.clear(_("the last one was refused."))
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
    """Give up the connection that the line would replace, then connect."""
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
        yield
    except RequestRefused as refused:
        # No order to cancel here leaves a list of cancels as it was shown.
        if command.word != "cancel_all" or not isinstance(pending.last, Basket):
            pending.clear(_("the last one was refused."))
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
