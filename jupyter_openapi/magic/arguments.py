"""Turn a `Command` and its operation into the arguments of a call; `values` reads each one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

from jupyter_openapi.errors import RequestRefused, short
from jupyter_openapi.magic.caller import Scope
from jupyter_openapi.magic.expressions import accepted
from jupyter_openapi.magic.flags import FLAGS, FlagOwner, FlagValue
from jupyter_openapi.magic.grammar import Command, Item, split_path
from jupyter_openapi.magic.pasted import mended_json_value, mended_value, mended_word
from jupyter_openapi.magic.values import OMITTED, dictionary, is_bare, read_json, read_literal, read_text
from jupyter_openapi.magic.vocabulary import parameter_name, refuse_word_for_order
from jupyter_openapi.messages import _
from jupyter_openapi.spec.model import Effect, Kind, Operation, Parameter

Place = Literal["path", "query", "line", "body"]

_BODY_PLACES: Mapping[str, tuple[Place, ...]] = {"GET": (), "DELETE": ("body",)}


def evaluate_flags(command: Command, scope: Scope, *, commands: Mapping[str, FlagOwner]) -> Command:
    """Return the command with its flags' values, and a request's path, evaluated where they are in braces.

    Raises
    ------
    RequestRefused
        If a value is no text, a choice is not allowed, or a path does not begin with ``/``.
    """
    flags: dict[str, FlagValue] = dict(command.flags)
    for key, value in command.flags.items():
        if isinstance(value, str) and ("{" in value or "}" in value):
            spec = commands.get(command.word) if command.kind == "command" else None
            known = {**FLAGS, **{flag.name: flag for flag in (spec.flags if spec else ())}}
            flag = known[key.replace("_", "-")]
            flags[key] = flag.checked(_text(value, scope, f"--{flag.name}"))
    if command.kind == "request" and ("{" in command.path or "}" in command.path):
        path, query = split_path(_text(command.path, scope, ""))
        return replace(command, flags=flags, path=path, query=query)
    return replace(command, flags=flags) if flags else command


def arguments(
    command: Command, operation: Operation | None, scope: Scope, *, given: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the arguments a line or cell gives, by the names that were typed.

    Parameters
    ----------
    command
        A settled command.
    operation
        What it calls, or a command's own description (that of a `CommandSpec`); None for a path that is not
        known. Then commas separate nothing, bare words are refused, and a repeated name makes a list.
    scope
        Where expressions find their names.
    given
        Parameters that the path itself gave, by name.

    Returns
    -------
    dict
        Text where text was typed; evaluated and JSON values with their Python types; lists for arrays. Names
        may be short or unknown: the specification's check says what is wrong with those.

    Raises
    ------
    RequestRefused
        With one sentence, for whatever was mistyped.
    """
    found = {name: value for name, value, _ in _collected(command, operation, scope, given or {})}
    if operation is not None and operation.main == "order_id" and "order_id" in found:
        refuse_word_for_order(operation, found["order_id"])
    return found


def request_parts(command: Command, scope: Scope) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return the query and the JSON body (None for none) of a request whose path is not known.

    What the path's own query string gave stays there. The rest is the query of GET and the body of POST, PUT
    and PATCH; for DELETE the line gives the query and the cell the body.

    Raises
    ------
    RequestRefused
        As `arguments`; and for a nested value or null in a query.
    """
    params: dict[str, Any] = {}
    body: dict[str, Any] = {}
    places = _BODY_PLACES.get(command.method, ("line", "body"))
    for name, value, place in _collected(command, None, scope, {}):
        if place in places:
            body[name] = value
            continue
        items = value if isinstance(value, list) else [value]
        if any(item is None or isinstance(item, (list, Mapping)) for item in items):
            raise RequestRefused(
                _(
                    "{name} is nested or null, and a query holds plain values only; leave it out, or give it "
                    "as the body of a POST or PUT."
                ).format(name=short(name, 40))
            )
        params[name] = value
    return params, body or None


def _collected(
    command: Command, operation: Operation | None, scope: Scope, given: Mapping[str, str]
) -> list[tuple[str, Any, Place]]:
    """Return (name, value, place) for every argument, once each."""
    found = _Found(operation)
    for name, text in given.items():
        found.add(name, read_literal(text, found.parameter(name)), "path")
    for name, text in command.query:
        found.add(name, read_literal(text, found.parameter(name)), "query")
    _add_line(command, operation, scope, found)
    if command.body is None:
        return found.rows()
    try:
        for written, value in command.body.entries:
            name = written if operation is None else parameter_name(operation, mended_word(written))
            parameter = found.parameter(name)
            if command.body.json:
                meant = mended_json_value(value, parameter)
                found.add(name, read_json(meant, parameter, scope, name=name), "body")
            else:
                meant = mended_value(value, parameter)
                found.add(name, read_text(meant, parameter, scope, name=name, body=True), "body")
    except RecursionError:
        raise RequestRefused(_("The body is nested too deeply to be read.")) from None
    return found.rows()


def _add_line(command: Command, operation: Operation | None, scope: Scope, found: _Found) -> None:
    """Add what the line gives: words, pairs, and the fields of a dictionary."""
    bodies, command = bare_bodies(command, operation, scope)
    for fields, label in bodies:
        found.add_fields(fields, label, "body")
    for typed, name, text in _named(command, operation, found):
        fields = OMITTED if typed or operation is None else dictionary(text, operation, scope)
        if fields is OMITTED:
            found.add(name, read_text(text, found.parameter(name), scope, name=typed), "line")
        elif isinstance(fields, Mapping):
            found.add_fields(fields, short(text, 40))
        elif fields is not None:
            found.add(name, accepted(fields, found.parameter(name), short(text, 60)), "line")


class _Found:
    """The arguments so far, by wire name, so that a short name and its long one count as the same."""

    def __init__(self, operation: Operation | None) -> None:
        self._operation = operation
        self._rows: dict[str, tuple[str, Any, Place]] = {}
        self._known: dict[str, Parameter] = {}

    def parameter(self, name: str) -> Parameter | None:
        """Return what `name` is, anything at all for a name the operation lacks; None on unknown paths."""
        if self._operation is None:
            return None
        if name not in self._known:
            self._known[name] = self._operation.parameter(name) or self._unknown(name, self._operation)
        return self._known[name]

    @staticmethod
    def _unknown(name: str, operation: Operation) -> Parameter:
        flag = FLAGS.get(name.replace("_", "-"))
        if flag is not None:
            raise RequestRefused(
                _(
                    "{flag} is a flag and goes before the operation; type %openapi {usage} {operation}."
                ).format(flag=short(name), usage=flag.usage, operation=operation.name)
            )
        return Parameter(name, "body", Kind.ANY)

    def add(self, name: str, value: Any, place: Place) -> None:
        parameter = self.parameter(name)
        wire = parameter.name if parameter else name
        if wire not in self._rows:
            self._rows[wire] = (name, value, place)
            return
        first, earlier, where = self._rows[wire]
        both = short(
            first if first == name else _("{name} (also called {first})").format(name=name, first=first), 60
        )
        if (place == "body") != (where == "body"):
            raise RequestRefused(
                _("{both} is given on the line and in the body; keep one of them.").format(both=both)
            )
        if parameter is not None and not parameter.array:
            raise RequestRefused(
                _(
                    "{both} is given twice and takes one value; keep one of them, or put a value that holds "
                    "spaces in quotes."
                ).format(both=both)
            )
        values = [one for one in (earlier, value) if one is not OMITTED]
        joined = [item for one in values for item in (one if isinstance(one, list) else [one])]
        self._rows[wire] = (first, joined or OMITTED, where)

    def add_fields(self, fields: Mapping[Any, Any], label: str, where: Place = "line") -> None:
        """Add each field of a dictionary that stands for a body, but for those that are None."""
        for name, value in fields.items():
            if value is not None:
                place = f"{label}[{short(repr(name), 40)}]"
                self.add(str(name), accepted(value, self.parameter(str(name)), place), where)

    def rows(self) -> list[tuple[str, Any, Place]]:
        return [row for row in self._rows.values() if row[1] is not OMITTED]


def _named(command: Command, operation: Operation | None, found: _Found) -> Iterator[tuple[str, str, str]]:
    """Yield (name as typed, name, text) for words and pairs, an array's items joined across spaces."""
    main = operation.parameter(operation.main) if operation and operation.main else None
    joined: list[tuple[str | None, str]] = []
    for typed, given in command.items:
        name = None if typed is None else parameter_name(operation, typed)
        about = main if name is None else (operation and operation.parameter(name)) or None
        if name is None and joined:
            before, start = joined[-1]
            parameter = main if before is None else found.parameter(before)
            goes_on = start.endswith(",") or given.startswith((",", "\uff0c"))
            if goes_on and parameter is not None and parameter.array:
                joined[-1] = (before, start + mended_value(given, parameter))
                continue
        joined.append((name, mended_value(given, about)))
    words = [text for name, text in joined if name is None]
    if words and (main is None or (len(words) > 1 and not main.array)):
        raise _unwanted(words, command, operation, main)
    for name, text in joined:
        yield name or "", name or (main.name if main else ""), text


def _unwanted(
    words: list[str], command: Command, operation: Operation | None, main: Parameter | None
) -> RequestRefused:
    """Return the refusal of bare words that nothing takes."""
    word = short(words[1] if main else words[0], 40)
    if main is not None and operation is not None:
        return RequestRefused(
            _(
                "{operation} takes one {parameter} and {count} words were given; write the others as "
                "name=value, and put a value that holds spaces in quotes ({word} has no name)."
            ).format(operation=operation.name, parameter=main.name, count=len(words), word=word)
        )
    if operation is not None:
        return RequestRefused(
            _("{name} takes name=value only, and {word} has no name.").format(name=operation.name, word=word)
            if operation.parameters
            else _("{name} takes nothing after it; leave {word} out.").format(name=operation.name, word=word)
        )
    path = f"{command.method} {short(command.path, 40)}"
    if word.startswith("{"):
        return RequestRefused(
            _("A JSON body goes below the line: type %%openapi {path}, and the body under it.").format(
                path=path
            )
        )
    return RequestRefused(_("{word} has no name, and {path} takes name=value.").format(word=word, path=path))


def _text(value: str, scope: Scope, flag: str) -> str:
    """Return a flag's value or a path, evaluated; only text will do."""
    found = read_text(value, None, scope, name=flag)
    if hasattr(found, "__fspath__"):
        found = found.__fspath__()
    if not isinstance(found, str):
        raise RequestRefused(
            (
                _("{name} must be text, and {expression} is None.")
                if found is OMITTED
                else _("{name} must be text, and {expression} is not text.")
            ).format(name=short(f"{flag}=" if flag else value, 60), expression=short(value, 60))
        )
    return found


def bare_bodies(
    command: Command, operation: Operation | None, scope: Scope
) -> tuple[list[tuple[Mapping[Any, Any], str]], Command]:
    """Return the dictionaries of ``POST /path {body}`` with how they were typed, and the line's rest.

    That is where no parameter takes a bare word: on a path that is not described, or one without a main
    parameter. One that is None is left out.

    Raises
    ------
    RequestRefused
        An expression there gives anything else.
    """
    takes = command.method != "GET" if operation is None else operation.effect is not Effect.READ
    if command.kind != "request" or not takes or (operation is not None and operation.main):
        return [], command
    found: list[tuple[Mapping[Any, Any], str]] = []
    kept: list[Item] = []
    for item in command.items:
        if item.name is not None or not is_bare(item.text):
            kept.append(item)
            continue
        value = scope.evaluate(item.text[1:-1])
        if isinstance(value, Mapping):
            found.append((value, short(item.text, 40)))
        elif value is not None:
            raise RequestRefused(
                _(
                    "{text} is {kind}, and a body is a dictionary, such as {{dict(symbol='700.HK')}}; write "
                    "name={text} for one value."
                ).format(text=short(item.text, 40), kind=type(value).__name__)
            )
    return found, replace(command, items=tuple(kept))
