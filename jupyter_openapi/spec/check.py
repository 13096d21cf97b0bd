"""Validate what is given, before anything is sent.

First an operation's arguments, against its description; then arguments of Python calls that no parameter
describes: text, a mapping, a flag, seconds. A refusal is one sentence. Of such an argument it names the type
and never the value, which may be anything.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from numbers import Integral, Real
from typing import Any

from jupyter_openapi.errors import RequestRefused, did_you_mean, sentence
from jupyter_openapi.market.money import amount
from jupyter_openapi.messages import _, commas
from jupyter_openapi.spec.model import Effect, Kind, Operation, Parameter
from jupyter_openapi.spec.values import check_fields, convert, item, refused

_FEW = 16
_PAST = {
    "candlesticks": "history_candlesticks",
    "today_orders": "history_orders",
    "today_executions": "history_executions",
}


def names(operation: Operation) -> list[str]:
    """Return every name an argument of `operation` may have: short names first, then the wire's."""
    return list(dict.fromkeys([*operation.short, *_wire_names(operation.parameters)]))


def nest(operation: Operation, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments by wire name, dotted ones gathered into their objects, None left out.

    Raises
    ------
    RequestRefused
        If a name is unknown (with the names that look like it), or a parameter is given twice.
    """
    found: dict[str, Any] = {}
    for typed, value in arguments.items():
        if value is None:
            continue
        wire = resolve(operation, typed)
        first, _, rest = wire.partition(".")
        if rest:
            _put(operation, found, first, rest, value)
        elif first in found:
            raise _twice(operation, first)
        else:
            found[first] = value
    return found


def resolve(operation: Operation, typed: str) -> str:
    """Return the wire name, dotted for a field of an object, of what was typed.

    Raises
    ------
    RequestRefused
        If the operation has no such parameter.
    """
    if operation.parameter(typed) is not None:
        return operation.short.get(typed, typed)
    known = names(operation)
    hint = _elsewhere(operation, typed) or did_you_mean(typed, known)
    if not known:
        raise RequestRefused(
            _("{name} takes no parameters, so not {typed!r} either.").format(name=operation.name, typed=typed)
        )
    raise RequestRefused(
        sentence(
            _("{name} has no parameter {typed!r}.").format(name=operation.name, typed=typed),
            hint or _takes(operation, known),
        )
    )


def _takes(operation: Operation, known: Sequence[str]) -> str:
    """Say what an operation takes, where that is few enough names to be read."""
    if len(known) > _FEW:
        return _("`%openapi help {name}` lists what it takes.").format(name=operation.name)
    return _("It takes {known}.").format(known=commas(known))


def _elsewhere(operation: Operation, typed: str) -> str:
    """Name the operation over the past that takes what the one of today does not, such as a start."""
    from jupyter_openapi.spec.loader import catalog

    name = _PAST.get(operation.name)
    if name is None or catalog().named(name).parameter(typed) is None:
        return ""
    return _("{name} takes {typed}: `%openapi help {name}`.").format(name=name, typed=typed)


def with_undescribed(operation: Operation, given: Iterable[str]) -> Operation:
    """Return the operation with a parameter more for each name that the documents do not describe.

    It travels in the query of a GET or DELETE, and in the body of any other, as it was given; a name that
    comes more than once is repeated.
    """
    where = "query" if operation.method in {"GET", "DELETE"} else "body"
    extra = [
        Parameter(name, where, Kind.ANY, array=count > 1, description="Not described.")
        for name, count in Counter(given).items()
        if operation.parameter(name) is None
    ]
    return replace(operation, parameters=(*operation.parameters, *extra)) if extra else operation


def _put(operation: Operation, found: dict[str, Any], first: str, rest: str, value: Any) -> None:
    inner = found.setdefault(first, {})
    if not isinstance(inner, dict) or rest in inner:
        raise _twice(operation, f"{first}.{rest}")
    found[first] = {**inner, rest: value}


def _twice(operation: Operation, name: str) -> RequestRefused:
    others = [short for short, wire in operation.short.items() if wire == name]
    return RequestRefused(
        _("{value} was given twice; give it once.").format(value=_(" or ").join([name, *others]))
    )


def _wire_names(parameters: Sequence[Parameter], prefix: str = "") -> Iterator[str]:
    for parameter in parameters:
        yield prefix + parameter.name
        if not parameter.array:
            yield from _wire_names(parameter.fields, f"{prefix}{parameter.name}.")


def check(
    operation: Operation, arguments: Mapping[str, Any], *, tz: str = "UTC", now: datetime | None = None
) -> dict[str, Any]:
    """Return the arguments by wire name, defaults filled in, every value in its wire form.

    Checking the result again returns it unchanged.

    Parameters
    ----------
    operation
        What the arguments are for.
    arguments
        Values by wire name, short name or dotted name; None means not given.
    tz
        Zone of naive times and of days.
    now
        The present moment, for tests.

    Raises
    ------
    RequestRefused
        One sentence: the unknown name and those that look like it; all required ones that are missing; or the
        value that does not fit and what would.
    """
    given = with_defaults(operation, nest(operation, arguments))
    for parameter in operation.parameters:
        if isinstance(given.get(parameter.name), Mapping) and not parameter.array:
            check_fields(parameter, given[parameter.name])
    missing = list(_missing(operation.parameters, given))
    if missing:
        raise RequestRefused(
            _("{name} needs {missing}.").format(
                name=operation.name, missing=_list(_both_names(operation, missing))
            )
        )
    return {
        parameter.name: _value(parameter, given[parameter.name], tz, now)
        for parameter in operation.parameters
        if parameter.name in given
    }


def lacking(operation: Operation, arguments: Mapping[str, Any]) -> list[str]:
    """Return the wire names of what is required and not given; none where the names themselves are wrong."""
    try:
        given = with_defaults(operation, nest(operation, arguments))
    except RequestRefused:
        return []
    return list(_missing(operation.parameters, given))


def with_defaults(operation: Operation, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return `given` with what its own values imply and the operation's defaults, where nothing was given.

    A default ``$name`` is the value of the parameter `name`. A default for a field of an object counts only
    where the object is given or required.
    """
    filled = dict(given)
    for cause, effects in operation.implies.items():
        if cause in given:
            filled = {**effects, **filled}
    for name, value in operation.defaults.items():
        first, _, rest = name.partition(".")
        if rest:
            outer = operation.parameter(first)
            if first in filled or (outer and outer.required):
                inner = filled.get(first, {})
                filled[first] = {rest: value, **inner} if isinstance(inner, dict) else inner
        elif name not in filled:
            source = value[1:] if isinstance(value, str) and value.startswith("$") else None
            if source is None or source in filled:
                filled[name] = filled[source] if source else value
    return filled


def _missing(parameters: Sequence[Parameter], given: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for parameter in parameters:
        value = given.get(parameter.name)
        if value is None:
            if parameter.required:
                yield prefix + parameter.name
        elif parameter.fields and isinstance(value, Mapping):
            yield from _missing(parameter.fields, value, f"{prefix}{parameter.name}.")


def _both_names(operation: Operation, missing: list[str]) -> list[str]:
    """Return each wire name with its short name, if it has one, behind it."""
    short = {wire: name for name, wire in reversed(list(operation.short.items()))}
    return [f"{wire} ({short[wire]})" if wire in short else wire for wire in missing]


def _list(words: list[str]) -> str:
    return commas(words, _(" and "))


def _value(parameter: Parameter, value: Any, tz: str, now: datetime | None) -> Any:
    wire = convert(parameter, value, tz=tz, now=now)
    if not parameter.array:
        _fits(parameter, wire)
        return wire
    if parameter.required and not wire and parameter.kind is Kind.SYMBOL and parameter.max_items:
        raise refused(parameter, value, _("is empty; give at least one"))
    if parameter.max_items is not None and len(wire) > parameter.max_items:
        raise RequestRefused(
            _("{name} holds {count} values; at most {max_items} go at once.").format(
                name=parameter.name, count=len(wire), max_items=parameter.max_items
            )
        )
    for each in wire:
        _fits(parameter, each)
    return wire


def _fits(parameter: Parameter, wire: Any) -> None:
    """Check one value against the limits of its parameter."""
    if parameter.kind is Kind.OBJECT:
        for inner in parameter.fields:
            if isinstance(wire, dict) and inner.name in wire:
                value = wire[inner.name]
                for each in value if inner.array else [value]:
                    _fits(inner, each)
    elif parameter.kind in {Kind.INTEGER, Kind.DECIMAL}:
        _in_range(parameter, wire)
    elif isinstance(wire, str):
        _text_fits(parameter, wire)


def _in_range(parameter: Parameter, wire: Any) -> None:
    number = float(wire)
    low, high, above = parameter.minimum, parameter.maximum, parameter.above
    if above is not None and number <= above:
        raise refused(parameter, wire, _("must be above {above:g}").format(above=above))
    if (low is not None and number < low) or (high is not None and number > high):
        allowed = (
            _("from {low:g} to {high:g}").format(low=low, high=high)
            if low is not None and high is not None
            else (
                _("at least {low:g}").format(low=low)
                if low is not None
                else _("at most {high:g}").format(high=high)
            )
        )
        raise refused(parameter, wire, _("must be {allowed}").format(allowed=allowed))


def _text_fits(parameter: Parameter, wire: str) -> None:
    length = len(wire)
    if not wire and parameter.required and parameter.kind in {Kind.ID, Kind.SYMBOL}:
        raise refused(parameter, wire, _("is empty"))
    if parameter.where == "path" and wire in {"", ".", ".."}:
        raise refused(parameter, wire, _("can't be part of a path"))
    if parameter.min_length is not None and length < parameter.min_length:
        raise refused(
            parameter,
            wire,
            _("is too short: at least {min_length} characters").format(min_length=parameter.min_length),
        )
    if parameter.max_length is not None and length > parameter.max_length:
        raise refused(
            parameter,
            wire,
            _("has {length} characters; at most {max_length} fit").format(
                length=length, max_length=parameter.max_length
            ),
        )
    if parameter.kind is Kind.SYMBOL and "." not in wire:
        raise refused(parameter, wire, _without_market(wire))
    if parameter.pattern and not re.search(parameter.pattern, wire):
        raise refused(
            parameter, wire, _("does not fit. {description}").format(description=parameter.description)
        )


def _without_market(wire: str) -> str:
    """Say what to type for a symbol without its market, or for a name in a symbol's place."""
    from jupyter_openapi.market.names import NAMES
    from jupyter_openapi.market.symbols import suggest

    code = suggest(wire)
    meant = code if code is not None and NAMES.of(code) else NAMES.named(wire) or code
    if meant is None:
        return _("has no market; write it as 700.HK or AAPL.US, or find it with `%openapi search`")
    return _("has no market; write it as 700.HK or AAPL.US. Did you mean {meant}?").format(meant=meant)


def open_to(operation: Operation, names: Iterable[str]) -> Operation:
    """Return a read with what it is given beyond its description; RequestRefused for a change."""
    extended = with_undescribed(operation, names)
    if extended is not operation and operation.effect is not Effect.READ:
        raise RequestRefused(
            _(
                "Nothing was sent: {name} changes something, and only a read takes a parameter that is not "
                "described."
            ).format(name=operation.name)
        )
    return extended


def text(name: str, value: object) -> str:
    """Return an argument that must be text."""
    if not isinstance(value, str):
        raise RequestRefused(
            _("{name} takes text, such as 'quote' in quotes, not a value of type {kind}.").format(
                name=name, kind=type(value).__name__
            )
        )
    return str(value)


def texts(name: str, value: object) -> list[str]:
    """Return an argument that is one text or several: a list, a Series, a generator."""
    if isinstance(value, str):
        return [str(value)]
    if not isinstance(value, Iterable) or isinstance(value, (bytes, bytearray, Mapping)):
        raise RequestRefused(
            _("{name} takes a text or a list of texts, not a value of type {kind}.").format(
                name=name, kind=type(value).__name__
            )
        )
    found = list(value)
    for each in found:
        if not isinstance(each, str):
            raise RequestRefused(
                _("{name} takes a list of texts, and holds a value of type {kind}.").format(
                    name=name, kind=type(each).__name__
                )
            )
    return [str(each) for each in found]


def mapping(name: str, value: object) -> Mapping[str, Any]:
    """Return an argument that must be a mapping of names to values; None is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise RequestRefused(
            _("{name} takes a mapping such as {example}, not a value of type {kind}.").format(
                name=name, example="{'symbol': ['700.HK']}", kind=type(value).__name__
            )
        )
    return value


def flag(name: str, value: object) -> bool:
    """Return an argument that must be True or False: what is merely true, such as 'no', sends no order."""
    truth = value if isinstance(value, bool) else item(value)
    if not isinstance(truth, bool):
        raise RequestRefused(
            _("{name} takes True or False, not a value of type {kind}.").format(
                name=name, kind=type(value).__name__
            )
        )
    return truth


LONGEST = 365 * 86_400.0  # seconds; no clock counts on without end


def seconds(name: str, value: object) -> float:
    """Return an argument that is a number of seconds, 0 or more and at most a year."""
    number = amount(value) if isinstance(value, Real) or type(value).__name__ == "Decimal" else None
    if number is None or isinstance(value, bool) or not math.isfinite(number) or number < 0:
        raise RequestRefused(
            _("{name} takes a number of seconds, such as 30, not {value!r:.40}.").format(
                name=name, value=value
            )
        )
    return min(float(number), LONGEST)


def whole(name: str, value: object) -> int:
    """Return an argument that is a whole number, 0 or more."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 0:
        raise RequestRefused(
            _("{name} takes a whole number, such as 10, not {value!r:.40}.").format(name=name, value=value)
        )
    return int(value)
