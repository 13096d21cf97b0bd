"""Turn a `Command` and its operation into the arguments of a call.

What the text of one value means is settled in `jupyter_openapi.magic.reader`.
"""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

from jupyter_openapi.errors import RequestRefused, short
from jupyter_openapi.magic.dictionaries import OMITTED, bare_bodies, dictionary
from jupyter_openapi.magic.expressions import Scope, accepted, compiled, is_expression, refuse_unsendable
from jupyter_openapi.magic.flags import FLAGS, FlagOwner, FlagValue
from jupyter_openapi.magic.grammar import Command, split_path
from jupyter_openapi.magic.lexer import as_typed, in_braces, split_commas, unquoted
from jupyter_openapi.magic.pasted import mended_value, mended_word
from jupyter_openapi.magic.pasted_json import mended_json_value
from jupyter_openapi.magic.vocabulary import parameter_name, refuse_symbol_for_order
from jupyter_openapi.messages import _
from jupyter_openapi.spec.model import Kind, Operation, Parameter

_SPECIAL = re.compile(r"['\"{}]")
_HOLDS_COMMAS = frozenset({Kind.TEXT, Kind.OBJECT, Kind.ANY})


def read_text(
    text: str, parameter: Parameter | None, scope: Scope, *, name: str = "", body: bool = False
) -> Any:
    """Return the value of a word, of ``name=value`` or of a body's line.

    Parameters
    ----------
    text
        As it was typed.
    parameter
        What it is for, if that is known: an array gives a list.
    scope
        Where expressions find their names.
    name
        The name before it; empty for a bare word, a path or a flag.
    body
        Whether it is a line of a body.

    Returns
    -------
    Any
        Text, an expression's value, or `OMITTED`.

    Raises
    ------
    RequestRefused
        With one sentence and the form to type.
    """
    array = parameter is not None and parameter.array
    if text and text.isascii() and not _SPECIAL.search(text) and not (array and "," in text):
        return [text] if array else text
    if not text:
        name = short(name, 40)
        mark, instead = (":", f"{name}: {{''}}") if body else ("=", f'{name}=""')
        raise RequestRefused(
            _("{name} has no value; write it right after the {mark}, or {instead} for empty text.").format(
                name=name, mark=mark, instead=instead
            )
        )
    label = f"{short(name, 40)}{': ' if body else '='}{short(text, 60)}" if name else short(text, 60)
    if parameter is None or not array:
        return _read_one(text, parameter, scope, name=name, label=label, body=body, quotes_group=not body)
    _refuse_python_list(text, parameter, name)
    found = []
    for item in _items(text, parameter, label):
        value = _read_one(item, parameter, scope, name=name, label=label, body=body, quotes_group=True)
        if value is not OMITTED:
            found.extend(value if isinstance(value, list) else [value])
    return found or OMITTED


def _refuse_python_list(text: str, parameter: Parameter, name: str) -> None:
    """Refuse a list written as Python text, with the form to type."""
    if parameter.free_text or text[0] not in "[(" or not is_expression(text):
        return
    try:
        items = [str(item) for item in literal_eval(text)]
    except (ValueError, TypeError):
        items = []
    prefix = f"{short(name, 40)}=" if name else ""
    plain = bool(items) and all(as_typed(item) == item for item in items)
    form = f"{prefix}{','.join(items)}" if plain else f"{prefix}{{{text}}}"
    raise RequestRefused(
        _("{text} is a list as Python writes it; type {form}.").format(
            text=short(text, 60), form=form if len(form) <= 120 else f"{prefix}{{name}}"
        )
    )


def read_json(value: Any, parameter: Parameter | None, scope: Scope, *, name: str) -> Any:
    """Return a JSON value with the expressions in its strings evaluated, at any depth.

    Only a string that is exactly ``{expression}`` is one; where it gives None, the item or name is omitted.

    Raises
    ------
    RequestRefused
        If an expression raises, or its value may not stand there.
    """
    found = _walk(value, parameter, scope, f'"{short(name, 40)}"')
    if parameter is None or not parameter.array or found is OMITTED or found is None:
        return found
    return found if isinstance(found, list) else [found]


def read_literal(text: str, parameter: Parameter | None) -> Any:
    """Return a value that came decoded from a path or its query: text, or an array's texts."""
    refuse_unsendable(text, short(text, 60))
    if parameter is None or not parameter.array:
        return text
    return [text] if parameter.kind in _HOLDS_COMMAS else text.split(",")


def _items(text: str, parameter: Parameter, label: str) -> list[str]:
    items = []
    for item in split_commas(text):
        inside = unquoted(item)
        # A comma inside quotes belongs to a text; no symbol, id or number has one.
        if inside is None or parameter.kind in _HOLDS_COMMAS or in_braces(inside) is not None:
            items.append(item)
        else:
            items.extend(split_commas(inside))
    if not all(items):
        raise RequestRefused(
            _("{label} has nothing between two commas; drop one of them.").format(label=label)
        )
    return items


def _read_one(
    text: str,
    parameter: Parameter | None,
    scope: Scope,
    *,
    name: str,
    label: str,
    body: bool,
    quotes_group: bool,
) -> Any:
    bare = unquoted(text) if quotes_group else None
    plain = text if bare is None else bare
    verbatim = body or (parameter is not None and parameter.free_text)
    inner = in_braces(plain)
    if inner is not None:
        if plain.startswith("{{") and plain.endswith("}}"):
            return plain[1:-1]
        reason = compiled(inner.strip())
        if not isinstance(reason, str):
            return _evaluated(inner, parameter, scope, label)
        if not verbatim:
            raise RequestRefused(
                _("{label} is no Python expression ({reason}); {form}.").format(
                    label=label, reason=reason, form=_form(name, plain)
                )
            )
    if not verbatim:
        if "{" in plain or "}" in plain:
            raise RequestRefused(
                _("{label} mixes braces with text; {form}.").format(label=label, form=_form(name, plain))
            )
        if bare is None and plain[0] in "'\"":
            raise RequestRefused(
                _("{label} opens a quote that is not closed; close it, or leave it out.").format(label=label)
            )
    refuse_unsendable(plain, label)
    return plain


def _evaluated(source: str, parameter: Parameter | None, scope: Scope, label: str) -> Any:
    value = scope.evaluate(source)
    return OMITTED if value is None else accepted(value, parameter, label)


def _walk(value: Any, parameter: Parameter | None, scope: Scope, label: str) -> Any:
    if isinstance(value, str):
        refuse_unsendable(value, label)
        inner = in_braces(value)
        if inner is None:
            return value
        if value.startswith("{{") and value.endswith("}}"):
            return value[1:-1]
        if not is_expression(inner):
            return value
        return _evaluated(inner, parameter, scope, f"{label}: {short(value, 60)}")
    if isinstance(value, list):
        return _walk_list(value, parameter, scope, label)
    if isinstance(value, dict):
        walked = {
            name: _walk(item, None, scope, f"{label}.{short(name, 40)}") for name, item in value.items()
        }
        return {name: item for name, item in walked.items() if item is not OMITTED}
    return value


def _walk_list(values: list[Any], parameter: Parameter | None, scope: Scope, label: str) -> list[Any]:
    walked: list[Any] = []
    for value in values:
        item = _walk(value, parameter, scope, label)
        if isinstance(item, list) and parameter is not None and isinstance(value, str):
            walked.extend(item)  # an expression among an array's items
        elif item is not OMITTED:
            walked.append(item)
    return walked


def _form(name: str, text: str) -> str:
    """Return what to type instead of a value that mixes braces and text: an f-string, where it can be one."""
    if len(text) > 60:
        return _("close or correct the braces")
    prefix = f"{short(name, 40)}=" if name else ""
    if text[0] != "{" and is_expression(text):
        return _("write {text}").format(text=f"{prefix}{{{text}}}")
    for quote in "'\"":
        source = f"f{quote}{text}{quote}"
        if quote not in text and is_expression(source):
            return _("write {text}").format(text=f"{prefix}{{{source}}}")
    return _("close or correct the braces, or write {prefix}{text} if that very text is meant").format(
        prefix=prefix, text=as_typed(text)
    )


Place = Literal["path", "query", "line", "body"]

_BODY_PLACES: Mapping[str, tuple[Place, ...]] = {"GET": (), "DELETE": ("body",)}


def settle(command: Command, scope: Scope, *, commands: Mapping[str, FlagOwner]) -> Command:
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
        refuse_symbol_for_order(operation, found["order_id"])
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
            name = written if operation is None else mended_word(written)
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
                _("{name} must be text, and {expression} is nothing.")
                if found is OMITTED
                else _("{name} must be text, and {expression} is no text.")
            ).format(name=short(f"{flag}=" if flag else value, 60), expression=short(value, 60))
        )
    return found
