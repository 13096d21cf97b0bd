"""Read one value of a line or body: what the text of a word or of ``name=value`` means.

A bare ``{expression}`` that gives a dictionary stands for a body where that is what is sent:
``submit_order {order}``.
"""

from __future__ import annotations

import re
from ast import literal_eval
from typing import Any

from jupyter_openapi.errors import RequestRefused, short
from jupyter_openapi.magic.caller import Scope
from jupyter_openapi.magic.expressions import accepted, compiled, is_expression, refuse_unsendable
from jupyter_openapi.magic.lexer import as_typed, in_braces, split_commas, unquoted
from jupyter_openapi.messages import _
from jupyter_openapi.spec.model import Effect, Kind, Operation, Parameter

OMITTED: Any = object()  # what an expression that is None leaves behind
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
    if not any(items) and "," not in text:
        raise RequestRefused(
            _("{label} is empty; give a value, or leave {name} out.").format(label=label, name=parameter.name)
        )
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
                _("{label} is not a Python expression ({reason}); {form}.").format(
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


def dictionary(text: str, operation: Operation, scope: Scope) -> Any:
    """Return the value of a change's bare ``{expression}``, where a dictionary is a body; else `OMITTED`."""
    changes = operation.effect is not Effect.READ and operation.group != "command"
    return scope.evaluate(text[1:-1]) if changes and is_bare(text) else OMITTED


def is_bare(text: str) -> bool:
    """Tell whether a word is nothing but one ``{expression}``."""
    inner = in_braces(text)
    return inner is not None and not text.startswith("{{") and is_expression(inner)
