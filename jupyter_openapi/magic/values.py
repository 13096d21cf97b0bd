"""What the value of an expression may be: a list where an array is meant, and never a missing value.

Values keep their Python type; `jupyter_openapi.spec` turns them into wire values. No library is imported to
recognise its types: a Series, an Index and an ndarray are known by what they can do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic.expressions import short
from jupyter_openapi.spec.model import Kind, Parameter

_NESTED = frozenset({Kind.OBJECT, Kind.ANY})


def accepted(value: Any, parameter: Parameter | None, label: str) -> Any:
    """Return an expression's value as an argument: a list for an array, otherwise the value itself.

    Parameters
    ----------
    value
        Anything but None.
    parameter
        What it is for; None where that is not known, and lists are then taken as lists.
    label
        How it was typed, for the sentence: ``price={bid}``.

    Raises
    ------
    RequestRefused
        If the value is missing (NaN, NaT, NA) or holds such, is a function, coroutine or table, a list where
        one value belongs, a float where an id belongs, or an empty list that would ask for everything.
    """
    try:
        items = listed(value)
    except Exception as error:  # noqa: BLE001 - a generator or a stranger's array may raise anything
        problem = f"The items of {label} could not be read: {type(error).__name__}: {short(str(error))}."
    else:
        array = parameter is not None and parameter.array
        if items is None:
            refuse_unsendable(value, label, parameter)
            return [value] if array else value
        if array or parameter is None or parameter.kind in _NESTED:
            return _array(items, parameter, label)
        problem = (
            f"{label} holds {len(items)} values, and {parameter.name} takes one; "
            f"pick it, for instance {parameter.name}={{values[0]}}."
        )
    raise RequestRefused(problem)


def listed(value: Any) -> list[Any] | None:
    """Return the items of a list-like value, or None for one that stands for itself.

    Lists, tuples, Series, Index, arrays, ranges, generators and dict views are list-like; a set is too, and
    comes out sorted as text because it has no order of its own. Text, mappings and tables are not.
    """
    if isinstance(value, (str, bytes, bytearray, Mapping, type)):
        return None
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    if is_table(value) or hasattr(value, "__await__"):
        return None
    tolist = getattr(value, "tolist", None)
    if callable(tolist):  # Series, Index and ndarray give Python's own scalars; a numpy scalar gives no list
        items = tolist()
        return items if isinstance(items, list) else None
    return list(value) if isinstance(value, Iterable) else None


def is_table(value: Any) -> bool:
    """Tell a table (a DataFrame of any library) from a column."""
    return hasattr(value, "columns") and hasattr(value, "shape")


def missing(value: Any) -> str:
    """Return the name of a missing scalar (NaN, NaT, NA), or an empty string."""
    name = type(value).__name__
    if name in {"NAType", "NaTType"}:
        return name.removesuffix("Type")
    if name == "Decimal":
        return "NaN" if value.is_nan() else ""  # a signalling NaN may not even be compared
    if isinstance(value, (str, Mapping)) or hasattr(value, "__len__"):
        return ""
    try:
        absent = bool(value != value)  # noqa: PLR0124 - only a missing value differs from itself
    except Exception:  # noqa: BLE001 - what will not compare is for the specification's checks
        return ""
    if not absent:
        return ""
    return "NaT" if name.startswith(("datetime64", "timedelta64")) else "NaN"


def refuse_unsendable(value: Any, label: str, parameter: Parameter | None = None) -> None:
    """Refuse a scalar that can stand for no argument at all.

    Raises
    ------
    RequestRefused
        For NaN and its like, functions, coroutines, tables, a float for an id, and text that is no Unicode.
    """
    nan = missing(value)
    if nan:
        raise RequestRefused(f"{label} is {nan}, a missing value; give a value, or None to leave it out.")
    if hasattr(value, "__await__"):
        if hasattr(value, "close"):
            value.close()  # or Python warns that it was never awaited
        raise RequestRefused(f"{label} is a coroutine; await it in a line of its own and pass the result.")
    if callable(value):
        raise RequestRefused(f"{label} is a function or class, not a value; call it with ().")
    if is_table(value) and (parameter is None or parameter.kind not in _NESTED):
        raise RequestRefused(f"{label} is a table; pass one column, such as {{df['symbol']}}.")
    if isinstance(value, str):
        _refuse_surrogates(value, label)
    if parameter is None or parameter.kind in _NESTED:
        return
    if isinstance(value, Mapping):
        raise RequestRefused(f"{label} is a dictionary; pass its values or keys as a list.")
    if parameter.kind is Kind.ID and isinstance(value, Real) and not isinstance(value, Integral):
        raise RequestRefused(
            f"{label} is the float {short(str(value), 40)}, and {parameter.name} is an id; a float may "
            "lose digits of it, so pass it as text."
        )


def _array(items: list[Any], parameter: Parameter | None, label: str) -> list[Any]:
    for number, item in enumerate(items, start=1):
        if item is None or missing(item):
            raise RequestRefused(
                f"{label} has a missing value ({missing(item) or 'None'}) as item {number}; drop it first, "
                "for instance with .dropna()."
            )
        if isinstance(item, (list, tuple)) and parameter is not None and parameter.kind not in _NESTED:
            raise RequestRefused(f"{label} holds lists inside a list; pass one flat list of values.")
        refuse_unsendable(item, label, parameter)
    if not items and parameter is not None and parameter.where == "query":
        raise RequestRefused(
            f"{label} is empty, and without a {parameter.name} the request would ask for all of them; "
            f"leave {parameter.name} out if that is meant."
        )
    return items


def _refuse_surrogates(text: str, label: str) -> None:
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError:
        problem = f"{label} holds half a character (a lone surrogate), which cannot be sent; retype the text."
    else:
        return
    raise RequestRefused(problem)
