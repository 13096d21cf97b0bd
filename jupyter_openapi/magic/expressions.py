"""Python expressions in braces: which text is one, and what its value may be.

What its names mean is the caller's: see `jupyter_openapi.magic.caller.Scope`.
"""

from __future__ import annotations

import io
import symtable
import tokenize
import warnings
from collections.abc import Iterable, Mapping
from functools import lru_cache
from numbers import Integral, Real
from types import CodeType
from typing import Any

from jupyter_openapi.errors import RequestRefused, short
from jupyter_openapi.messages import _
from jupyter_openapi.spec.model import Kind, Parameter


@lru_cache(maxsize=256)
def compiled(source: str) -> CodeType | str:
    """Return the code of a Python expression, or the reason why `source` is none.

    A comment is no part of an expression: ``a  # note`` is refused, as a brace after it would be ambiguous.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # trial compilations would warn of the same thing several times
            code = compile(source, "<expression>", "eval", dont_inherit=True)
    except SyntaxError as error:
        return error.msg
    except (ValueError, OverflowError):
        return _("it holds characters that Python does not read")
    except (MemoryError, RecursionError):
        return _("it is nested too deeply")
    return _("it holds a comment") if "#" in source and _has_comment(source) else code


@lru_cache(maxsize=256)
def free_names(source: str) -> tuple[str, ...]:
    """Return the names that an expression takes from around it."""
    tables = [symtable.symtable(source, "<expression>", "eval")]
    found: dict[str, None] = {}
    while tables:
        table = tables.pop()
        tables += table.get_children()
        top = table.get_type() == "module"
        for symbol in table.get_symbols():
            if (symbol.is_global() or top) and symbol.is_referenced() and not symbol.is_assigned():
                found[symbol.get_name()] = None
    return tuple(found)


def is_expression(source: str) -> bool:
    """Tell whether `source` is a whole Python expression."""
    return not isinstance(compiled(source.strip()), str)


def _has_comment(source: str) -> bool:
    try:
        return any(
            token.type == tokenize.COMMENT for token in tokenize.generate_tokens(io.StringIO(source).readline)
        )
    except (tokenize.TokenError, SyntaxError):
        return True


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
        problem = _("The items of {label} could not be read: {kind}: {error}.").format(
            label=label, kind=type(error).__name__, error=short(str(error))
        )
    else:
        array = parameter is not None and parameter.array
        if items is None:
            refuse_unsendable(value, label, parameter)
            return [value] if array else value
        if array or parameter is None or parameter.kind in _NESTED:
            return _array(items, parameter, label)
        problem = _(
            "{label} holds {count} values, and {name} takes one; pick it, for instance {name}={{values[0]}}."
        ).format(label=label, count=len(items), name=parameter.name)
    # Outside of the handler, so that the refusal carries no context: its frames may hold the user's secrets.
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
        raise RequestRefused(
            _("{label} is {nan}, a missing value; give a value, or None to leave it out.").format(
                label=label, nan=nan
            )
        )
    if hasattr(value, "__await__"):
        if hasattr(value, "close"):
            value.close()  # or Python warns that it was never awaited
        raise RequestRefused(
            _("{label} is a coroutine; await it in a line of its own and pass the result.").format(
                label=label
            )
        )
    if callable(value):
        raise RequestRefused(
            _("{label} is a function or class, not a value; call it with ().").format(label=label)
        )
    if is_table(value) and (parameter is None or parameter.kind not in _NESTED):
        raise RequestRefused(
            _("{label} is a table; pass one column, such as {{df['symbol']}}.").format(label=label)
        )
    if isinstance(value, str):
        _refuse_surrogates(value, label)
    if parameter is None or parameter.kind in _NESTED:
        return
    if isinstance(value, Mapping):
        raise RequestRefused(
            _("{label} is a dictionary; pass its values or keys as a list.").format(label=label)
        )
    if parameter.kind is Kind.ID and isinstance(value, Real) and not isinstance(value, Integral):
        raise RequestRefused(
            _(
                "{label} is the float {value}, and {name} is an id; a float may lose digits of it, so pass "
                "it as text."
            ).format(label=label, value=short(str(value), 40), name=parameter.name)
        )


def _array(items: list[Any], parameter: Parameter | None, label: str) -> list[Any]:
    for number, item in enumerate(items, start=1):
        if item is None or missing(item):
            raise RequestRefused(
                _(
                    "{label} has a missing value ({missing}) as item {number}; drop it first, for instance "
                    "with .dropna()."
                ).format(label=label, missing=missing(item) or "None", number=number)
            )
        if isinstance(item, (list, tuple)) and parameter is not None and parameter.kind not in _NESTED:
            raise RequestRefused(
                _("{label} holds lists inside a list; pass one flat list of values.").format(label=label)
            )
        refuse_unsendable(item, label, parameter)
    if not items and parameter is not None and parameter.where == "query":
        raise RequestRefused(
            _(
                "{label} is empty, and without a {name} the request would ask for all of them; leave {name} "
                "out if that is meant."
            ).format(label=label, name=parameter.name)
        )
    return items


def _refuse_surrogates(text: str, label: str) -> None:
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError:
        problem = _(
            "{label} holds half a character (a lone surrogate), which cannot be sent; retype the text."
        ).format(label=label)
    else:
        return
    # Outside of the handler: the error of the encoding holds the whole text.
    raise RequestRefused(problem)
