"""The body of a ``%%openapi`` cell: a JSON object, or ``name: value`` lines.

Here the text is only read; `jupyter_openapi.magic.arguments` evaluates what stands in braces.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic.expressions import short

_LINE = re.compile(r"\s*([^\W\d][\w.\-\[\]]*)\s*:(.*)", re.DOTALL)
_UNQUOTED_EXPRESSION = re.compile(r"[:\[,]\s*\{\s*\Z")


@dataclass(frozen=True, slots=True)
class Body:
    """A cell's body, read but not evaluated.

    `entries` are (name, value) in the order they were typed: JSON values with integers as int and other
    numbers as Decimal, digit for digit; or the text of each line. Only lines can name a thing twice.
    """

    json: bool
    entries: tuple[tuple[str, Any], ...]


def parse_body(text: str) -> Body | None:
    """Return the body of a cell, or None if it holds nothing but blank lines and ``#`` lines.

    Lines that begin with ``#`` are ignored before a JSON object and anywhere among ``name: value`` lines.
    The rest is JSON if it begins with a brace or bracket.

    Raises
    ------
    RequestRefused
        For broken JSON (with line and column), a name given twice in it, anything but an object, or a line
        that is no ``name: value``.
    """
    lines = text.split("\n")
    first = next((number for number, line in enumerate(lines) if not _ignored(line)), None)
    if first is None:
        return None
    if lines[first].lstrip()[0] in "{[":
        # Blank lines in place of the comments keep the line numbers of an error true.
        return Body(json=True, entries=_json_entries("\n".join(["" for _ in lines[:first]] + lines[first:])))
    return Body(json=False, entries=_line_entries(lines))


def _ignored(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _line_entries(lines: list[str]) -> tuple[tuple[str, str], ...]:
    entries = []
    for number, line in enumerate(lines, start=1):
        if _ignored(line):
            continue
        found = _LINE.fullmatch(line)
        if not found:
            raise RequestRefused(
                f"Line {number} of the body, {short(line, 60)}, is no name: value; write lines such as "
                "symbol: 700.HK, or one JSON object."
            )
        entries.append((found[1], found[2].strip()))
    return tuple(entries)


def _json_entries(text: str) -> tuple[tuple[str, Any], ...]:
    problem = ""
    try:
        value = json.loads(text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        problem = (
            f"The body is not JSON at line {error.lineno}, column {error.colno}: "
            f"{error.msg[:1].lower()}{error.msg[1:]}{_hint(error)}."
        )
    except (ValueError, ArithmeticError):
        problem = "The body holds a number too large to be read; write it as text, in quotes."
    except RecursionError:
        problem = "The body is nested too deeply to be read."
    if problem:
        raise RequestRefused(problem)
    if not isinstance(value, dict):
        raise RequestRefused('The body must be one JSON object, such as {"symbol": "700.HK"}.')
    return tuple(value.items())


def _hint(error: json.JSONDecodeError) -> str:
    before, at = error.doc[: error.pos], error.doc[error.pos : error.pos + 1]
    if at == "'" or before.rstrip().endswith("'"):
        return "; JSON wants double quotes"
    if _UNQUOTED_EXPRESSION.search(before) and (at.isidentifier() or at in "([-"):
        return '; an expression stands in quotes, "{name}"'
    if at == "}" and before.rstrip().endswith(","):
        return "; drop the comma before it"
    return ""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise RequestRefused(f'The body gives "{short(twice, 40)}" twice; keep one of them.')
    return found


def _no_constant(name: str) -> Any:
    raise RequestRefused(f"The body holds {name}, which is not JSON; give a number, or leave it out.")
