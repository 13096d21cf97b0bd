"""Help on the ``%openapi`` line or cell that the cursor is in: what Shift+Tab shows in a notebook."""

from __future__ import annotations

import re

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic import candidates as offers
from jupyter_openapi.magic.command import CommandSpec
from jupyter_openapi.magic.commands import COMMANDS
from jupyter_openapi.magic.commands.help import (
    brief,
    command_help,
    flag_line,
    operation_help,
    parameter_help,
)
from jupyter_openapi.magic.completer import CELL, joined, skip_flags, typed_after_magic, without_target
from jupyter_openapi.magic.grammar import unknown_word
from jupyter_openapi.magic.lexer import split_line
from jupyter_openapi.magic.vocabulary import meant
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.model import Operation
from jupyter_openapi.spec.request import METHODS

_WORD_BEFORE = re.compile(r"\S*\Z")
_WORD_AFTER = re.compile(r"\S*")
_KEY = re.compile(r'\s*"?([^\W\d][\w.]*)"?\s*:')


def inspected(code: str, cursor: int) -> str | None:
    """Return help on what is at the cursor; None where that is no part of a ``%openapi`` line or cell.

    Parameters
    ----------
    code
        The whole cell.
    cursor
        How many of its characters are before the cursor.
    """
    rows = code.split("\n")
    row = code.count("\n", 0, cursor)
    column = cursor - (code.rfind("\n", 0, cursor) + 1)
    before, after = rows[row][:column], rows[row][column:]
    first = next((number for number, line in enumerate(rows) if line.strip()), row)
    cell = CELL.fullmatch(rows[first])
    if cell is not None and row > first:
        return _of_body(cell[1] or "", before, rows[row])
    # The end of a word that the cursor is in belongs to it.
    ending = _WORD_AFTER.match(after)
    whole = joined(rows, row, before) + (ending[0] if ending else "")
    head = CELL.fullmatch(whole) if cell is not None else None
    typed = (head[1] or "") if head is not None else typed_after_magic(whole)
    if typed is None and typed_after_magic(f"{whole} ") is None:
        return None
    typed = typed or ""
    if before.rfind("{") > before.rfind("}"):
        return None  # in an expression IPython knows better
    return _of_line(typed, _all_typed(whole, after))


def _all_typed(whole: str, after: str) -> str:
    """Return the line to its end: what is asked about may be named after the cursor, as with flags before."""
    ending = _WORD_AFTER.match(after)
    rest = after[ending.end() :] if ending else after
    line = f"{whole}{rest}"
    found = CELL.fullmatch(line)
    return (found[1] or "") if found is not None else (typed_after_magic(line) or "")


def _of_line(typed: str, line: str) -> str | None:
    last = _WORD_BEFORE.search(typed)
    word = last[0] if last is not None else ""
    known = {flag.name: flag for flag in offers.general_flags()}
    flag = known.get(word[2:].partition("=")[0]) if word.startswith("--") else None
    if flag is not None:
        return flag_line(flag)
    words = split_line(line)
    position, _waiting = skip_flags(words, known)
    rest, _fragment = without_target(words[position:], "") if words[position:] else ([], "")
    if not rest:
        return str(brief(COMMANDS))
    return _help(rest, word.partition("=")[0] if "=" in word else "")


def _of_body(line: str, before: str, row: str) -> str | None:
    """Return help on a row of a cell's body: on the name it gives, and on what the cell calls."""
    if before.rfind("{") > before.rfind("}") and '"{' in before:
        return None
    words = split_line(line)
    position, _waiting = skip_flags(words, {flag.name: flag for flag in offers.general_flags()})
    key = _KEY.match(row.strip().lstrip("{,"))
    rest = words[position:]
    return _help(rest, key[1] if key is not None else "") if rest else None


def _help(words: list[str], name: str) -> str:
    """Return the help of what a line's words call, led by that of one parameter."""
    found = _called(words)
    if isinstance(found, str):
        return found
    operation = found.operation if isinstance(found, CommandSpec) else found
    lead = parameter_help(operation, name) if name else ""
    text = command_help(found) if isinstance(found, CommandSpec) else operation_help(found, words[0])
    return "\n\n".join(filter(None, [lead, str(text)]))


def _called(words: list[str]) -> CommandSpec | Operation | str:
    """Return the command or operation that words call, or what to say where there is none."""
    head = words[0].rstrip(";")
    if head.upper() in METHODS:
        match = catalog().match(head.upper(), words[1].partition("?")[0]) if len(words) > 1 else None
        return match[0] if match is not None else str(brief(COMMANDS))
    spec = COMMANDS.get(head.lower())
    if spec is not None:
        return spec
    try:
        operation = catalog().find(meant(head))
    except RequestRefused as refused:
        return str(refused)
    if operation is None:
        return str(unknown_word(head, [*COMMANDS, *catalog().aliases, *catalog().operations]))
    return operation
