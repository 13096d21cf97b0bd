"""Completion in the body of a ``%%openapi`` cell: names and values of ``name: value`` lines and of JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic import offers
from jupyter_openapi.magic.commands import COMMANDS
from jupyter_openapi.magic.grammar import parse_line
from jupyter_openapi.magic.offers import NOTHING, Offer, Offers, matching
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.model import Kind, Operation

_NAME = re.compile(r"\s*([\w.\-\[\]]*)")
_PAIR = re.compile(r"\s*([^\W\d][\w.\-\[\]]*)\s*:\s*(.*)")
_UNQUOTED = (Kind.BOOLEAN, Kind.INTEGER)


def complete_body(line: str, rows: list[str], row: int, before: str, after: str) -> Offers:
    """Return what may follow the cursor in a body.

    Parameters
    ----------
    line
        The cell's first line, after ``%%openapi``.
    rows, row
        The lines below it, and which of them the cursor is in.
    before, after
        That line before and after the cursor.
    """
    found = _operation(line)
    if found is None or (before.rfind("{") > before.rfind("}") and '"{' in before):
        return NOTHING
    operation, given = found
    meaningful = (text.strip() for text in rows[: row + 1])
    start = next((text for text in meaningful if text and not text.startswith("#")), "")
    if start.startswith(("{", "[")):
        return _json(operation, given, "\n".join([*rows[:row], before]), "\n".join([after, *rows[row + 1 :]]))
    others = [match[1] for number, text in enumerate(rows) if number != row and (match := _PAIR.match(text))]
    return _lines(operation, [*given, *others], before)


def _operation(line: str) -> tuple[Operation, list[str]] | None:
    """Return what a cell's first line calls, and the names it gives already."""
    try:
        command = parse_line(line, commands=COMMANDS)
    except RequestRefused:
        return None
    given = [name for name, _ in command.pairs]
    if command.kind == "request":
        match = catalog().match(command.method, command.path)
        return (match[0], [*given, *match[1]]) if match else None
    operation = (
        COMMANDS[command.word].operation if command.kind == "command" else catalog().find(command.word)
    )
    if operation is None:
        return None
    bare = [operation.main] if operation.main and command.words else []
    return operation, [*given, *bare, *catalog().constants(command.word)]


def _lines(operation: Operation, given: list[str], before: str) -> Offers:
    name = _NAME.fullmatch(before)
    if name:
        pairs = (
            Offer(f"{each.text}: ", each.kind) for each in offers.names(operation, given, wire=bool(name[1]))
        )
        return matching(pairs, name[1])
    pair = _PAIR.fullmatch(before)
    parameter = operation.parameter(pair[1]) if pair else None
    if pair is None or parameter is None:
        return NOTHING
    part = pair[2].rpartition(",")[2].lstrip() if parameter.array else pair[2]
    return matching(offers.values(operation, parameter, part), part)


@dataclass
class _Level:
    """An object or array that is open at the cursor."""

    array: bool
    keys: list[str] = field(default_factory=list)
    expects_value: bool = False


def _json(operation: Operation, given: list[str], text: str, after: str) -> Offers:
    levels, string = _scan(text)
    if not levels:
        return NOTHING
    level = levels[-1]
    path = [each.keys[-1] for each in levels if not each.array and each.keys and each.expects_value]
    quote = "" if after.startswith('"') else '"'
    if not level.array and not level.expects_value:
        keys = _keys(
            operation, [*path], [*level.keys, *(given if len(levels) == 1 else [])], wire=bool(string)
        )
        if string is not None:
            ending = "" if after.startswith('"') else '": '
            return Offers(
                [Offer(f"{key}{ending}", "param") for key in keys if key.startswith(string)], string
            )
        last = text.rstrip()[-1:]
        return Offers([Offer(f'"{key}": ', "param") for key in keys], "") if last in {"{", ","} else NOTHING
    parameter = operation.parameter(".".join(path)) if path else None
    if parameter is None:
        return NOTHING
    if string is not None:
        found = matching(offers.values(operation, parameter, string), string)
        return Offers([Offer(f"{each.text}{quote}", each.kind) for each in found.offers], string)
    if text.rstrip()[-1:] not in {":", "[", ","}:
        return NOTHING
    bare = parameter.kind in _UNQUOTED
    found = matching(offers.values(operation, parameter, ""), "")
    return Offers([Offer(each.text if bare else f'"{each.text}"', each.kind) for each in found.offers], "")


def _keys(operation: Operation, path: list[str], given: list[str], *, wire: bool) -> list[str]:
    """Return the names an object at `path` may still have."""
    if not path:
        taken = {operation.short.get(name, name) for name in given}
        tops = [each.name for each in operation.parameters if each.fields and each.name not in taken]
        found = [each.text for each in offers.names(operation, given, wire=wire)]
        return [*(name for name in found if "." not in name), *tops]
    parameter = operation.parameter(".".join(path))
    return [each.name for each in parameter.fields if each.name not in given] if parameter else []


def _scan(text: str) -> tuple[list[_Level], str | None]:
    """Return the objects and arrays open at the end of JSON text, and the string being typed there."""
    levels: list[_Level] = []
    position = 0
    while position < len(text):
        mark = text[position]
        position += 1
        if mark == '"':
            end = re.compile(r'(?:[^"\\]|\\.)*').match(text, position)
            stop = end.end() if end else len(text)
            if stop >= len(text):
                return levels, text[position:]
            if levels and not levels[-1].array and not levels[-1].expects_value:
                levels[-1].keys.append(text[position:stop])
            position = stop + 1
        elif mark in "{[":
            levels.append(_Level(array=mark == "["))
        elif mark in "}]" and levels:
            levels.pop()
        elif mark == ":" and levels:
            levels[-1].expects_value = True
        elif mark == "," and levels:
            levels[-1].expects_value = False
    return levels, None
