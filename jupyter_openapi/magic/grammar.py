"""Parse the text of a ``%openapi`` line or cell into a `Command`; nothing is evaluated or looked up.

::

    %openapi [@NAME] [--flags] [VAR <<] COMMAND | OPERATION | METHOD PATH [words] [name=value ...] [;]

What a value means is settled by `jupyter_openapi.magic.arguments`, once the operation is known.
"""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qsl

from jupyter_openapi.errors import RequestRefused, sentence, short
from jupyter_openapi.magic.flags import (
    FlagOwner,
    FlagValue,
    flags_before,
    late_flag,
    read_flag,
    refuse_foreign_flags,
)
from jupyter_openapi.magic.lexer import split_line, unquoted
from jupyter_openapi.magic.pasted import begins_json, mended_json, mended_line, mended_word
from jupyter_openapi.magic.vocabulary import help_line, meant, suggested
from jupyter_openapi.messages import _, commas
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.request import METHODS

_LINE = re.compile(r"[\s\ufeff\u200b]*([^\W\d][\w.\-\[\]]*)\s*[:\uff1a](.*)", re.DOTALL)
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
    if begins_json(lines[first]):
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
                _(
                    "Line {number} of the body, {line}, is not written as name: value; write lines such as "
                    "symbol: 700.HK, or one JSON object."
                ).format(number=number, line=short(line, 60))
            )
        entries.append((found[1], found[2].strip()))
    return tuple(entries)


def _json_entries(text: str) -> tuple[tuple[str, Any], ...]:
    try:
        try:
            value = _loads(text)
        except json.JSONDecodeError:
            mended = mended_json(text)
            if mended == text:
                raise
            value = _loads(mended)
    except json.JSONDecodeError as error:
        raise RequestRefused(
            _("The body is not JSON at line {line}, column {column}: {reason}{advice}.").format(
                line=error.lineno,
                column=error.colno,
                reason=error.msg[:1].lower() + error.msg[1:],
                advice=_hint(error),
            )
        ) from None
    except (ValueError, ArithmeticError):
        raise RequestRefused(
            _("The body holds a number too large to be read; write it as text, in quotes.")
        ) from None
    except RecursionError:
        raise RequestRefused(_("The body is nested too deeply to be read.")) from None
    if not isinstance(value, dict):
        raise RequestRefused(_('The body must be one JSON object, such as {"symbol": "700.HK"}.'))
    return tuple(value.items())


def _loads(text: str) -> Any:
    return json.loads(text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_unique)


def _hint(error: json.JSONDecodeError) -> str:
    before, at = error.doc[: error.pos], error.doc[error.pos : error.pos + 1]
    if at == "'" or before.rstrip().endswith("'"):
        return _("; JSON wants double quotes")
    if _UNQUOTED_EXPRESSION.search(before) and (at.isidentifier() or at in "([-"):
        return _('; an expression goes in quotes, "{{name}}"').format()
    if at == "}" and before.rstrip().endswith(","):
        return _("; drop the comma before it")
    return ""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise RequestRefused(
            _('The body gives "{twice}" twice; keep one of them.').format(twice=short(twice, 40))
        )
    return found


def _no_constant(name: str) -> Any:
    raise RequestRefused(
        _("The body holds {name}, which is not JSON; give a number, or leave it out.").format(name=name)
    )


_OTHER_METHODS = frozenset({"HEAD", "OPTIONS", "TRACE", "CONNECT"})
_NAME = re.compile(r"[^\W\d][\w.\-\[\]]*")

Kind = Literal["empty", "command", "operation", "request"]


class Item(NamedTuple):
    """A bare word (`name` is None) or a ``name=value``; the text is as it was typed."""

    name: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """A parsed line or cell.

    Attributes
    ----------
    kind
        ``empty`` (nothing but white space or a comment), ``command`` (one of the magic's own words),
        ``operation`` (any other word, known or not) or ``request`` (METHOD PATH).
    word
        The command's name in lower case, or the operation's name as it was typed.
    method, path
        Of a request: the method in capitals, the path without its query. A path that holds braces stands here
        as it was typed until `jupyter_openapi.magic.arguments.evaluate_flags` evaluates or refuses it.
    query
        The pairs of the query string that was typed as part of the path, decoded; their text is literal.
    flags
        By key (``dry_run``): True, text, or for repeatable flags a tuple of texts.
    target
        The variable of ``VAR <<``.
    muted
        A ``;`` ended the line: show nothing.
    items
        Bare words and pairs in the order they were typed.
    body
        A cell's body, if it has one.
    connection
        The NAME of ``@NAME``; empty for the unnamed connection.
    """

    kind: Kind
    word: str = ""
    method: str = ""
    path: str = ""
    query: tuple[tuple[str, str], ...] = ()
    flags: Mapping[str, FlagValue] = field(default_factory=dict)
    target: str | None = None
    muted: bool = False
    items: tuple[Item, ...] = ()
    body: Body | None = None
    connection: str = ""

    @property
    def words(self) -> list[str]:
        """The bare words as they were typed."""
        return [item.text for item in self.items if item.name is None]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The ``name=value`` pairs, values as they were typed."""
        return [(item.name, item.text) for item in self.items if item.name is not None]


def parse_line(text: str, *, commands: Mapping[str, FlagOwner]) -> Command:
    """Read a line, or the first line of a cell.

    Parameters
    ----------
    text
        What follows ``%openapi``, untouched by IPython's own expansion.
    commands
        The magic's own words, by name in lower case; they win over operations.

    Raises
    ------
    RequestRefused
        With one sentence that says what was wrong and what to type instead; never another error.
    """
    words = help_line(split_line(mended_line(text)))
    muted = bool(words) and words[-1].endswith(";")
    if muted:
        words[-1:] = [words[-1][:-1]] if len(words[-1]) > 1 else []
    flags: dict[str, FlagValue] = {}
    connection, position = "", 0
    while position < len(words) and words[position][0] in "-@":
        if words[position][0] == "@":
            connection, position = _connection(words[position], connection), position + 1
        else:
            position = read_flag(words, position, flags_before(words[position], commands), flags)
    target, rest = _target(words[position:])
    if not rest:
        if flags or target or connection:
            typed = short(" ".join(words), 60)
            raise RequestRefused(
                _(
                    "{typed} names no operation; type one after it, such as %openapi {typed} positions."
                ).format(typed=typed)
            )
        return Command("empty", muted=muted)
    if rest[0].startswith("--"):
        raise late_flag(rest, 0, f"{target} <<", commands)
    head = mended_word(_head(rest))
    spec = commands.get(head.lower())
    refuse_foreign_flags(flags, spec, commands)
    if head.upper() in METHODS:
        method, (path, query) = head.upper(), _path(rest, commands)
        items = _items(rest[2:], f"{method} {path}", None, flags, commands)
        return Command("request", "", method, path, query, flags, target, muted, items, None, connection)
    items = _items(rest[1:], head, spec, flags, commands)
    if spec is not None and spec.words is not None:
        items = tuple(Item(*each) for each in spec.words(items))
    kind: Kind = "command" if spec else "operation"
    word = spec.name if spec else meant(head)
    return Command(kind, word, "", "", (), flags, target, muted, items, None, connection)


def connection_name(text: str) -> str:
    """Return the name of a connection as it is typed; RequestRefused if it can't be one."""
    if not text.replace("-", "_").isidentifier():
        raise RequestRefused(
            _(
                "{text} can't be the name of a connection: use letters, digits and _, such as --as paper2."
            ).format(text=short(text, 40) or "''")
        )
    return text


def _connection(word: str, earlier: str) -> str:
    """Return the name that ``@NAME`` gives; only one may be given."""
    name = connection_name(word[1:])
    if earlier and earlier != name:
        raise RequestRefused(
            _("@{earlier} and @{name} are two connections; keep one of them.").format(
                earlier=earlier, name=name
            )
        )
    return name


def parse_cell(line: str, cell: str, *, commands: Mapping[str, FlagOwner]) -> Command:
    """Read a cell: its first line as `parse_line` does, the rest as its body.

    Raises
    ------
    RequestRefused
        As `parse_line` and `parse_body`; also for a body under an empty line.
    """
    command = parse_line(line, commands=commands)
    body = parse_body(cell)
    if body is None:
        return command
    if command.kind == "empty":
        raise RequestRefused(
            _("The cell's first line names no operation; type one there, such as %%openapi submit_order.")
        )
    return replace(command, body=body)


def unknown_word(word: str, names: Iterable[str]) -> RequestRefused:
    """Return the refusal of a word that is no command, operation or alias, with those that look like it.

    Parameters
    ----------
    word
        `Command.word` of a command whose kind is ``operation``.
    names
        Every command, operation and alias.
    """
    if word.endswith("?"):
        bare = word.rstrip("?")
        return RequestRefused(_("Type %openapi help {bare} to read about {bare}.").format(bare=bare))
    known = list(names)
    usual = [name for name in known if name not in catalog().operations]
    advice = suggested(word, usual, known) or _("Type %openapi endpoints to list what there is.")
    return RequestRefused(
        sentence(_("{word} is not a command or operation.").format(word=short(word, 40)), advice)
    )


def split_path(path: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return a path without its query, and the query's decoded pairs.

    Raises
    ------
    RequestRefused
        If the path does not begin with ``/``, names a host or a fragment, or its query is not UTF-8.
    """
    if "://" in path or path.startswith("//"):
        raise RequestRefused(
            _("{path} names a host; give the path alone, such as GET /v1/asset/stock.").format(
                path=short(path, 60)
            )
        )
    if not path.startswith("/"):
        raise RequestRefused(
            _("The path {path} must begin with /, such as GET /v1/asset/stock.").format(path=short(path, 60))
        )
    if "#" in path:
        raise RequestRefused(
            _("The path {path} holds a #, which is never sent; write %23 where it is meant.").format(
                path=short(path, 60)
            )
        )
    path, _mark, query = path.partition("?")
    try:
        return path, tuple(parse_qsl(query, keep_blank_values=True, errors="strict")) if query else ()
    except ValueError:
        raise RequestRefused(
            _("The query {query} is not percent-encoded UTF-8; write name=value after the path.").format(
                query=short(query, 60)
            )
        ) from None


def _target(words: list[str]) -> tuple[str | None, list[str]]:
    """Split ``VAR <<``, spaced or not, from the words that follow it."""
    if not words or words[0][0] in "'\"{":
        return None, words
    if "<<" in words[0]:
        name, _arrows, after = words[0].partition("<<")
        rest = words[1:]
    elif len(words) > 1 and words[1].startswith("<<"):
        name, after = words[0], words[1][2:]
        rest = words[2:]
    else:
        return None, words
    if not name.isidentifier() or keyword.iskeyword(name):
        raise RequestRefused(
            _("{name} before << is not a variable name; type %openapi df << positions.").format(
                name=short(name, 40) or _("Nothing")
            )
        )
    return name, [after, *rest] if after else rest


def _head(words: list[str]) -> str:
    """Return the first word if an operation, command or method may be called so."""
    head = words[0]
    if head.startswith("/"):
        raise RequestRefused(
            _("A path needs its method before it; type %openapi GET {head}.").format(head=short(head, 60))
        )
    if head.upper() in _OTHER_METHODS and len(words) > 1 and words[1].startswith("/"):
        raise RequestRefused(
            _("{method} is not supported; use {methods}.").format(method=head, methods=commas(METHODS))
        )
    if head[0] in "'\"{" or "=" in head:
        raise RequestRefused(
            _("{head} is in the operation's place; type that first, such as %openapi quote 700.HK.").format(
                head=short(head, 40)
            )
        )
    return head


def _path(words: list[str], commands: Mapping[str, FlagOwner]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the path after a method, and the pairs of its query."""
    method = words[0].upper()
    typed = words[1] if len(words) > 1 else ""
    if typed.startswith("--"):
        raise late_flag(words[1:], 0, method, commands)
    bare = unquoted(typed)
    path = typed if bare is None else bare
    if "{" in path or "}" in path:
        return path, ()  # an expression, or refused when it is settled
    if not path or (path[0] != "/" and "://" not in path):
        by_name = (
            _("to call {path} by name, leave {method} out").format(path=short(path, 40), method=method)
            if _NAME.fullmatch(path)
            else ""
        )
        example = _("{method} needs a path, such as {method} /v1/asset/stock").format(method=method)
        raise RequestRefused(_("; ").join(filter(None, [example, by_name])) + _("."))
    return split_path(path)


def _items(
    words: list[str],
    head: str,
    spec: FlagOwner | None,
    flags: dict[str, FlagValue],
    commands: Mapping[str, FlagOwner],
) -> tuple[Item, ...]:
    """Read what follows the operation; a command's own flags go into `flags`."""
    items = []
    position = 0
    while position < len(words):
        word = words[position]
        if word.startswith("--"):
            own = {flag.name: flag for flag in spec.flags} if spec else {}
            if word[2:].partition("=")[0] not in own:
                raise late_flag(words, position, head, commands, own)
            position = read_flag(words, position, own, flags)
            continue
        items.append(_item(word))
        position += 1
    return tuple(items)


def _item(word: str) -> Item:
    name, equals, value = word.partition("=")
    if equals and (name.isidentifier() or _NAME.fullmatch(name)):
        return Item(name, value)
    if equals and not name:
        raise RequestRefused(
            _("{word} has no name; write name=value with no spaces, such as symbol=700.HK.").format(
                word=short(word, 40)
            )
        )
    if word.startswith("<<"):
        raise RequestRefused(
            _("<< belongs between a variable and the operation; type %openapi df << positions.")
        )
    return Item(None, word)
