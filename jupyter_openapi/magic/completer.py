"""Completion of ``%openapi`` lines and cells: from the text before the cursor to what may follow.

Works on any line of a cell, after ``x = %openapi`` and ``df <<``, behind a backslash that continues the line,
and in the body of ``%%openapi``. Nothing is offered inside braces: there IPython completes Python by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from jupyter_openapi.magic import offers
from jupyter_openapi.magic.commands import COMMANDS
from jupyter_openapi.magic.completing_bodies import complete_body
from jupyter_openapi.magic.flags import Flag
from jupyter_openapi.magic.grammar import METHODS
from jupyter_openapi.magic.lexer import split_line
from jupyter_openapi.magic.offers import NOTHING, Offer, Offers, matching
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.model import Operation, Parameter

_CELL = re.compile(r"\s*%%openapi(?:\s+(.*))?")
_LINE = re.compile(r"%openapi\s+(.*)", re.DOTALL)
_CURSOR = "\ue000"  # stands where the cursor is; private use, so that nobody types it
_LOOKS_INSIDE = 3  # letters from which a word is looked for inside names too


def complete(text: str, row: int, column: int) -> Offers:
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
    cell = _CELL.fullmatch(rows[first])
    if cell and row > first:
        command = (cell[1] or "").split(_CURSOR)[0]
        return complete_body(command, rows[first + 1 :], row - first - 1, before, after)
    line = _CELL.fullmatch(before) if cell else None
    typed = line[1] if line else _typed_after_magic(_joined(rows, row, before))
    return NOTHING if typed is None else complete_line(typed)


def _joined(rows: list[str], row: int, before: str) -> str:
    """Return the text before the cursor, with the lines above that a backslash continues."""
    while row and rows[row - 1].endswith("\\"):
        row -= 1
        before = f"{rows[row][:-1]} {before}"
    return before


def _typed_after_magic(before: str) -> str | None:
    """Return what follows ``%openapi`` where that is a magic: first, after ``x =`` or another magic."""
    found = _LINE.search(before)
    if not found or before[found.start() - 1 : found.start()] == "%":
        return None
    lead = before[: found.start()].strip()
    begins = not lead or lead.startswith("%") or (lead.endswith("=") and not lead.endswith("=="))
    return found[1] if begins else None


def complete_line(typed: str) -> Offers:
    """Return what may follow in a line, by what was typed after ``%openapi``."""
    words = split_line(typed + _CURSOR)
    if not words or not words[-1].endswith(_CURSOR) or typed.rfind("{") > typed.rfind("}"):
        return NOTHING  # in a comment, or in an expression
    *done, fragment = [*words[:-1], words[-1][:-1]]
    known = {flag.name: flag for flag in offers.general_flags()}
    position, waiting = _skip_flags(done, known)
    if waiting is not None:
        return matching(offers.flag_values(waiting), fragment)
    rest, fragment = _without_target(done[position:], fragment)
    if rest is None:
        return NOTHING
    if not rest:
        return _head(fragment, known.values(), {word[2:].partition("=")[0] for word in done[:position]})
    return _after_head(rest, fragment)


def _skip_flags(words: list[str], known: dict[str, Flag]) -> tuple[int, Flag | None]:
    """Return where the flags at the beginning end, and the last one if it still wants its value."""
    position = 0
    while position < len(words) and words[position].startswith("-"):
        name, equals, _ = words[position][2:].partition("=")
        flag = known.get(name)
        position += 1
        if flag is not None and flag.value and not equals:
            if position == len(words):
                return position, flag
            position += 1
    return position, None


def _without_target(words: list[str], fragment: str) -> tuple[list[str] | None, str]:
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


def _head(fragment: str, known: Iterable[Flag], given: set[str]) -> Offers:
    if "=" in fragment:
        name, _, value = fragment.partition("=")
        flag = {each.name: each for each in known}.get(name[2:]) if name.startswith("--") else None
        return matching(offers.flag_values(flag), value) if flag else NOTHING
    if fragment.startswith("-"):
        return matching(offers.flags(known, given), fragment)
    found = matching(offers.words(), fragment)
    if not found.offers and len(fragment) >= _LOOKS_INSIDE:
        return Offers([each for each in offers.words() if fragment.lower() in each.text], fragment)
    if not fragment:
        found.offers.extend(offers.flags(known, given))
    return found


def _after_head(words: list[str], fragment: str) -> Offers:
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
        return _arguments(spec.operation, spec.flags, rest, fragment)
    found = catalog().find(head)
    if found is None:
        return NOTHING
    meant = [f"{name}=" for name in catalog().constants(head)]
    return _arguments(found, (), [*meant, *rest], fragment)


def _arguments(operation: Operation, own: tuple[Flag, ...], words: list[str], fragment: str) -> Offers:
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
    found: list[Offer] = []
    main = operation.parameter(operation.main) if operation.main else None
    bare = [word for word in words if "=" not in word and not word.startswith("--")]
    named = main is not None and bool({main.name, *_short(operation, main)} & {*given})
    given += [main.name] if main is not None and bare else []
    part = fragment.rpartition(",")[2] if main is not None and main.array else fragment
    if main is not None and (main.array or not bare) and not named:
        found += matching(_left(offers.values(operation, main, part), [*bare, fragment]), part).offers
    if part == fragment:
        pairs = (
            Offer(f"{each.text}=", each.kind) for each in offers.names(operation, given, wire=bool(fragment))
        )
        found += matching(pairs, fragment).offers
        found += matching(offers.flags(own, given_flags), fragment).offers
    return Offers(found, part)


def _values(operation: Operation, parameter: Parameter, value: str) -> Offers:
    part = value.rpartition(",")[2].lstrip() if parameter.array else value
    return matching(_left(offers.values(operation, parameter, part), [value]), part)


def _left(found: Iterable[Offer], words: list[str]) -> Iterable[Offer]:
    """Leave out what stands there already, but for what is being typed."""
    typed = ",".join(words).split(",")[:-1]
    return [each for each in found if each.text not in typed]


def _short(operation: Operation, parameter: Parameter) -> list[str]:
    return [name for name, wire in operation.short.items() if wire == parameter.name]
