"""What to type instead of a line that was refused: an example, or the braces that a variable needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic.caller import Scope
from jupyter_openapi.magic.command import CommandSpec
from jupyter_openapi.magic.grammar import Command
from jupyter_openapi.market.orders import with_what_stays
from jupyter_openapi.messages import _
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.check import lacking
from jupyter_openapi.spec.model import Kind, Operation, Parameter

# A name that stands where a value does: not before = or :, not a part of 700.HK, not in braces already.
_NAME = re.compile(r"(?<![\w.{/-])[^\W\d]\w*(?![\w.(\[])(?!['\"]?\s*[=:])")


def brace_advice(line: str, scope: Scope, said: str) -> str:
    """Return what to type for a variable of the user's that stands without its braces, or "".

    `line` is what was typed and refused, and `said` why: only a name that it speaks of counts.
    """
    _operation, _space, typed = line.strip().partition(" ")
    for name in dict.fromkeys(_NAME.findall(typed)):
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said, re.ASCII) and _is_value(scope, name):
            return _("For the value of your variable {name} type {{{name}}}.").format(name=name)
    return ""


def _is_value(scope: Scope, name: str) -> bool:
    """Tell whether a name is a variable that holds data: no module, function or type."""
    try:
        value = scope.evaluate(name)
    except RequestRefused:
        return False
    return value is not None and not callable(value) and not isinstance(value, ModuleType)


def for_what_lacks(operation: Operation, given: Mapping[str, Any], word: str, said: str) -> str:
    """Return an example of a call by its typed name if it was refused for what was left out, or ""."""
    missing = lacking(with_what_stays(operation, given), given)
    if not missing or not all(name in said for name in missing):
        return ""
    from jupyter_openapi.magic.examples import ID, example

    line = example(operation, word).replace(ID, "ORDER_ID")  # none was seen yet: it is no id to send
    if "\n" in line:
        return _("`%openapi help {name}` shows an example.").format(name=word)
    return _("Such as: `{line}`.").format(line=line)


def for_command(spec: CommandSpec, given: Mapping[str, Any]) -> str:
    """Return the same for a command, and where to read about it for any other refusal."""
    if spec.examples and lacking(spec.operation, given):
        return _("Such as: `{line}`.").format(line=f"%openapi {spec.examples[0]}")
    return _("Type %openapi help {name} to read about it.").format(name=spec.name)


def for_bare_choice(command: Command, said: str) -> str:
    """Return how a word is typed that is refused where it stands, and that one parameter of a choice takes.

    ``candles 700.HK day`` means ``period=day``.
    """
    operation = catalog().find(command.word) if command.kind == "operation" else None
    if operation is None:
        return ""
    for item in command.items:
        if item.name is not None or not re.search(rf"(?<!\w){re.escape(item.text)}(?!\w)", said, re.ASCII):
            continue
        taking = [each.name for each in operation.parameters if _is_choice(each, item.text)]
        if len(taking) == 1:
            return _("Type {name}={word}.").format(name=taking[0], word=item.text)
    return ""


def _is_choice(parameter: Parameter, word: str) -> bool:
    if parameter.kind is not Kind.ENUM or word.isdecimal():
        return False
    return word.lower() in {str(each).lower() for each in parameter.values}
