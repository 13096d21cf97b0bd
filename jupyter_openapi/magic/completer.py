"""Complete ``%openapi`` lines and cells: from the text before the cursor to what may follow.

Works on any line of a cell, after ``x = %openapi`` and ``df <<``, behind a backslash that continues the line,
and in the body of ``%%openapi``. Nothing is offered inside braces: there IPython completes Python by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic import candidates as offers
from jupyter_openapi.magic.candidates import NOTHING, Completion, Completions, matching
from jupyter_openapi.magic.commands import COMMANDS
from jupyter_openapi.magic.flags import Flag
from jupyter_openapi.magic.grammar import parse_line
from jupyter_openapi.magic.lexer import split_line
from jupyter_openapi.magic.vocabulary import meant
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.model import Kind, Operation, Parameter
from jupyter_openapi.spec.request import METHODS

_NAME = re.compile(r"\s*([\w.\-\[\]]*)")
_PAIR = re.compile(r"\s*([^\W\d][\w.\-\[\]]*)\s*:\s*(.*)")
_AMOUNT = re.compile(r"[\d,.]+|all|half|@")  # what a short order holds beside its symbol
_UNQUOTED = (Kind.BOOLEAN, Kind.INTEGER)


def complete_body(line: str, rows: list[str], row: int, before: str, after: str) -> Completions:
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


def _lines(operation: Operation, given: list[str], before: str) -> Completions:
    name = _NAME.fullmatch(before)
    if name:
        pairs = (
            Completion(f"{each.text}: ", each.kind)
            for each in offers.names(operation, given, wire=bool(name[1]))
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


def _json(operation: Operation, given: list[str], text: str, after: str) -> Completions:
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
            return Completions(
                [Completion(f"{key}{ending}", "param") for key in keys if key.startswith(string)], string
            )
        last = text.rstrip()[-1:]
        return (
            Completions([Completion(f'"{key}": ', "param") for key in keys], "")
            if last in {"{", ","}
            else NOTHING
        )
    parameter = operation.parameter(".".join(path)) if path else None
    if parameter is None:
        return NOTHING
    if string is not None:
        found = matching(offers.values(operation, parameter, string), string)
        return Completions([Completion(f"{each.text}{quote}", each.kind) for each in found.offers], string)
    if text.rstrip()[-1:] not in {":", "[", ","}:
        return NOTHING
    bare = parameter.kind in _UNQUOTED
    found = matching(offers.values(operation, parameter, ""), "")
    return Completions(
        [Completion(each.text if bare else f'"{each.text}"', each.kind) for each in found.offers], ""
    )


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


CELL = re.compile(r"\s*%%openapi(?:\s+(.*))?")
_LINE = re.compile(r"%openapi\s+(.*)", re.DOTALL)
_CURSOR = "\ue000"  # stands where the cursor is; private use, so that nobody types it
_LOOKS_INSIDE = 3  # letters from which a word is looked for inside names too


def complete(text: str, row: int, column: int) -> Completions:
    """Return what may follow the cursor.

    Parameters
    ----------
    text
        The whole cell, or as much of it as the front end tells.
    row, column
        Where the cursor is, both from 0.
    """
    rows = text.split("\n")
    before, after = rows[row][:column], rows[row][column:]
    first = next((number for number, line in enumerate(rows) if line.strip()), row)
    cell = CELL.fullmatch(rows[first])
    if cell and row > first:
        command = (cell[1] or "").split(_CURSOR)[0]
        return complete_body(command, rows[first + 1 :], row - first - 1, before, after)
    line = CELL.fullmatch(before) if cell else None
    typed = line[1] if line else typed_after_magic(joined(rows, row, before))
    return NOTHING if typed is None else complete_line(typed)


def joined(rows: list[str], row: int, before: str) -> str:
    """Return the text before the cursor, with the lines above that a backslash continues."""
    while row and rows[row - 1].endswith("\\"):
        row -= 1
        before = f"{rows[row][:-1]} {before}"
    return before


def typed_after_magic(before: str) -> str | None:
    """Return what follows ``%openapi`` where that is a magic: first, after ``x =`` or another magic."""
    found = _LINE.search(before)
    if not found or before[found.start() - 1 : found.start()] == "%":
        return None
    lead = before[: found.start()].strip()
    begins = not lead or lead.startswith("%") or (lead.endswith("=") and not lead.endswith("=="))
    return found[1] if begins else None


def complete_line(typed: str) -> Completions:
    """Return what may follow in a line, by what was typed after ``%openapi``."""
    words = split_line(typed + _CURSOR)
    if not words or not words[-1].endswith(_CURSOR) or typed.rfind("{") > typed.rfind("}"):
        return NOTHING  # in a comment, or in an expression
    *done, fragment = [*words[:-1], words[-1][:-1]]
    known = {flag.name: flag for flag in offers.general_flags()}
    position, waiting = skip_flags(done, known)
    if waiting is not None:
        return matching(offers.flag_values(waiting), fragment)
    rest, fragment = without_target(done[position:], fragment)
    if rest is None:
        return NOTHING
    if not rest:
        return _head(fragment, known.values(), {word[2:].partition("=")[0] for word in done[:position]})
    return _after_head(rest, fragment)


def skip_flags(words: list[str], known: dict[str, Flag]) -> tuple[int, Flag | None]:
    """Return where the flags at the beginning end, and the last one if it still wants its value."""
    position = 0
    while position < len(words) and words[position].startswith(("-", "@")):
        name, equals, _ = words[position][2:].partition("=")
        flag = None if words[position].startswith("@") else known.get(name)
        position += 1
        if flag is not None and flag.value and not equals:
            if position == len(words):
                return position, flag
            position += 1
    return position, None


def without_target(words: list[str], fragment: str) -> tuple[list[str] | None, str]:
    """Drop ``VAR <<``, spaced or not; None where the arrow itself is being typed."""
    typed = [*words, fragment]
    if "<<" in typed[0] and typed[0][0] not in "'\"":
        rest = [each for each in (typed[0].partition("<<")[2],) if each or len(typed) == 1] + typed[1:]
    elif len(typed) > 1 and typed[1].startswith("<<"):
        after = typed[1][2:]
        rest = [each for each in (after,) if each or len(typed) == 2] + typed[2:]
    elif typed[-1].startswith("<") and len(typed) == 2:
        return None, fragment
    else:
        rest = typed
    return rest[:-1], rest[-1]


def _head(fragment: str, known: Iterable[Flag], given: set[str]) -> Completions:
    if "=" in fragment:
        name, _, value = fragment.partition("=")
        flag = {each.name: each for each in known}.get(name[2:]) if name.startswith("--") else None
        return matching(offers.flag_values(flag), value) if flag else NOTHING
    if fragment.startswith("-"):
        return matching(offers.flags(known, given), fragment)
    if fragment.startswith("@"):
        return matching(offers.connections(), fragment)
    found = matching(offers.words(), fragment)
    if fragment:
        known_already = {each.text for each in found.offers}
        found.offers.extend(matching(offers.traders_words(known_already), fragment).offers)
    if not found.offers and len(fragment) >= _LOOKS_INSIDE:
        return Completions([each for each in offers.words() if fragment.lower() in each.text], fragment)
    if not fragment:
        found.offers.extend([*offers.connections(), *offers.flags(known, given)])
    return found


def _after_head(words: list[str], fragment: str) -> Completions:
    head, rest = words[0], words[1:]
    if head.upper() in METHODS:
        method = head.upper()
        if not rest:
            return matching(offers.paths(method), fragment)
        match = catalog().match(method, rest[0].partition("?")[0])
        if match is None:
            return NOTHING
        operation, in_path = match
        return _arguments(operation, (), [*rest[1:], *(f"{name}=" for name in in_path)], fragment)
    spec = COMMANDS.get(head.lower())
    if spec is not None:
        kept = rest if spec.words is None else [word for word in rest if not _AMOUNT.fullmatch(word)]
        return _arguments(spec.operation, spec.flags, kept, fragment)
    found = catalog().find(meant(head))
    if found is None:
        return NOTHING
    constant = [f"{name}=" for name in catalog().constants(head)]
    return _arguments(found, (), [*constant, *rest], fragment)


def _arguments(operation: Operation, own: tuple[Flag, ...], words: list[str], fragment: str) -> Completions:
    """Offer an operation's or command's parameters and their values, and a command's own flags."""
    known = {flag.name: flag for flag in own}
    last = known.get(words[-1][2:]) if words and words[-1].startswith("--") else None
    if last is not None and last.value:
        return matching(offers.flag_values(last), fragment)
    given_flags = {word[2:].partition("=")[0] for word in words if word.startswith("--")}
    if fragment.startswith("--"):
        return matching(offers.flags(own, given_flags), fragment)
    given = [word.partition("=")[0] for word in words if "=" in word and not word.startswith("--")]
    name, equals, value = fragment.partition("=")
    if equals:
        parameter = operation.parameter(name)
        return _values(operation, parameter, value) if parameter is not None else NOTHING
    found: list[Completion] = []
    main = operation.parameter(operation.main) if operation.main else None
    bare = [word for word in words if "=" not in word and not word.startswith("--")]
    named = main is not None and bool({main.name, *_short(operation, main)} & {*given})
    given += [main.name] if main is not None and bare else []
    part = fragment.rpartition(",")[2] if main is not None and main.array else fragment
    if main is not None and (main.array or not bare) and not named:
        found += matching(_left(offers.values(operation, main, part), [*bare, fragment]), part).offers
    if part == fragment:
        pairs = (
            Completion(f"{each.text}=", each.kind)
            for each in offers.names(operation, given, wire=bool(fragment))
        )
        found += matching(pairs, fragment).offers
        found += matching(offers.flags(own, given_flags), fragment).offers
    return Completions(found, part)


def _values(operation: Operation, parameter: Parameter, value: str) -> Completions:
    part = value.rpartition(",")[2].lstrip() if parameter.array else value
    return matching(_left(offers.values(operation, parameter, part), [value]), part)


def _left(found: Iterable[Completion], words: list[str]) -> Iterable[Completion]:
    """Leave out what stands there already, but for what is being typed."""
    typed = ",".join(words).split(",")[:-1]
    return [each for each in found if each.text not in typed]


def _short(operation: Operation, parameter: Parameter) -> list[str]:
    return [name for name, wire in operation.short.items() if wire == parameter.name]
