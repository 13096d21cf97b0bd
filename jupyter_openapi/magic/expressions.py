"""Python expressions in braces: which text is one, what it sees, and what its value may be.

``{bid}`` in a line or body is evaluated with the caller's local names first and its module's after them.
Both are read through one merged copy, because a comprehension or lambda inside an expression looks its names
up as globals only, and a local name must win there too.

A name means what Python would give at the place where the line stands: the names of the function, of the
functions around it, and of the module; the notebook's only where the notebook is the module. Where Python's
answer can't be read, the line is refused, never answered with another variable of the same name.
"""

from __future__ import annotations

import io
import keyword
import linecache
import symtable
import tokenize
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from numbers import Integral, Real
from types import CodeType, FrameType
from typing import Any

from jupyter_openapi.errors import RequestRefused, short
from jupyter_openapi.messages import _
from jupyter_openapi.spec.model import Kind, Parameter

_NO_NAMES: dict[str, Any] = {}


class Scope:
    """The names an expression sees.

    Parameters
    ----------
    local
        The caller's local names (IPython's ``local_ns``); these win.
    notebook
        The names of the module that the line stands in, most often the notebook's.
    problem
        Says of a name that is not local why the module's may not be taken for it; "" where it may.

    Neither mapping is ever written to, not even by ``:=`` in an expression.
    """

    __slots__ = ("_local", "_merged", "_notebook", "_problem")

    def __init__(
        self,
        local: Mapping[str, Any] | None = None,
        notebook: Mapping[str, Any] | None = None,
        problem: Callable[[str], str] | None = None,
    ) -> None:
        self._problem = problem
        self._local = _NO_NAMES if local is None else local
        self._notebook = _NO_NAMES if notebook is None else notebook
        self._merged: dict[str, Any] | None = None

    def evaluate(self, source: str) -> Any:
        """Return the value of a Python expression.

        Raises
        ------
        RequestRefused
            If `source` is no expression, or raises; the sentence names the expression and its error.
            Ctrl-C passes through.
        """
        source = source.strip()
        if source.isidentifier() and not keyword.iskeyword(source):
            if source in self._local:
                return self._local[source]
            self._refuse_doubtful((source,), source)
            if source in self._notebook:
                return self._notebook[source]
        code = compiled(source)
        if isinstance(code, str):
            raise RequestRefused(
                _("{{{source}}} is not a Python expression ({code}).").format(source=short(source), code=code)
            )
        if self._problem is not None:
            self._refuse_doubtful(free_names(source), source)
        try:
            return eval(code, self._names())  # noqa: S307 - the user's own expression, as in any cell
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it raises is the user's to read
            problem = _described(error)
        # Raised out here so that it carries no context: the frames below may hold the user's secrets.
        raise RequestRefused(
            _("{{{source}}} raised {problem}.").format(source=short(source), problem=problem)
        )

    def _refuse_doubtful(self, names: Iterable[str], source: str) -> None:
        """Refuse an expression with a name that is not local, nor the module's for certain."""
        if self._problem is None:
            return
        for name in names:
            why = "" if name in self._local else self._problem(name)
            if why:
                raise RequestRefused(
                    _("{{{source}}} can't be read here: {why}.").format(source=short(source), why=why)
                )

    def _names(self) -> dict[str, Any]:
        if self._merged is None:
            self._merged = {**self._notebook, **self._local}
        return self._merged


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


def _described(error: BaseException) -> str:
    try:
        text = short(str(error), 160).rstrip(".")
    except Exception:  # noqa: BLE001 - an exception whose own text raises
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


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


_TABLES = {"<lambda>": "lambda", "<listcomp>": "listcomp", "<genexpr>": "genexpr"}
_TABLES |= {"<setcomp>": "setcomp", "<dictcomp>": "dictcomp"}


def scope_at(frame: FrameType | None, notebook: Mapping[str, Any]) -> Scope:
    """Return the names that code at `frame` sees; the notebook's where no code calls."""
    if frame is None:
        return Scope({}, notebook)
    local = {} if frame.f_locals is frame.f_globals else dict(frame.f_locals)
    code = frame.f_code

    def problem(name: str) -> str:
        """Say why a name that is not among the local ones is not the module's either."""
        if name in code.co_varnames or name in code.co_freevars or name in code.co_cellvars:
            return _("{name} has no value yet in this function").format(name=name)
        if "<locals>" not in code.co_qualname:
            return ""
        around = enclosing_names("".join(linecache.getlines(code.co_filename)), code.co_qualname)
        if around is not None and name not in around:
            return ""
        return _(
            "{name} may be a variable of a function around this one, which a text can't see; name it in the "
            "function itself, with the line `{name}` before this one or a parameter `{name}={name}`"
        ).format(name=name)

    return Scope(local, frame.f_globals, problem)


@lru_cache(maxsize=64)
def enclosing_names(source: str, qualname: str) -> frozenset[str] | None:
    """Return the variables of the functions around a nested one, but for those it calls global.

    None where its source says nothing of it.
    """
    parts = [part for part in qualname.split(".") if part != "<locals>"]
    try:
        table = symtable.symtable(source, "<source>", "exec")
    except (SyntaxError, ValueError):
        return None
    paths = list(_paths(table, parts))
    if not paths:
        return None
    found: set[str] = set()
    for path in paths:
        around = [each for each in path[:-1] if each.get_type() == "function"]
        names = {symbol.get_name() for each in around for symbol in each.get_symbols() if _binds(symbol)}
        found |= names - {
            symbol.get_name() for symbol in path[-1].get_symbols() if symbol.is_declared_global()
        }
    return frozenset(found)


def _binds(symbol: symtable.Symbol) -> bool:
    return symbol.is_local() or symbol.is_free()


def _paths(table: symtable.SymbolTable, parts: list[str]) -> Iterator[list[symtable.SymbolTable]]:
    """Yield every chain of scopes that has these names: two functions may have the same one."""
    wanted = _TABLES.get(parts[0], parts[0])
    for child in table.get_children():
        if child.get_name() != wanted:
            continue
        if len(parts) == 1:
            yield [child]
        else:
            yield from ([child, *rest] for rest in _paths(child, parts[1:]))
