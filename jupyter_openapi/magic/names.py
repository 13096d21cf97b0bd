"""What a name in braces means: what Python would give it at the place where the line stands.

That is the names of the function, of the functions around it, and of the module; the notebook's only where
the notebook is the module. Where Python's answer can't be read, the line is refused, never answered with
another variable of the same name.
"""

from __future__ import annotations

import linecache
import symtable
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import FrameType
from typing import Any

from jupyter_openapi.magic.expressions import Scope
from jupyter_openapi.messages import _

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
