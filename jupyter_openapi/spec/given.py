"""Arguments of Python calls that no parameter of an operation describes: text, a mapping, a flag, seconds.

Each is taken for what it is, or refused in one sentence that names the argument and the type it got; never
the value, which may be anything.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market.money import amount
from jupyter_openapi.messages import _
from jupyter_openapi.spec.values import item


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
