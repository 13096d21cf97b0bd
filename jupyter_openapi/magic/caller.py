"""The code that a magic line stands in: its frame and names, what it does with the line's value, its cell.

``{bid}`` in a line or body is evaluated with the caller's local names first and its module's after them.
Both are read through one merged copy, because a comprehension or lambda inside an expression looks its names
up as globals only, and a local name must win there too.

A name means what Python would give at the place where the line stands: the names of the function, of the
functions around it, and of the module; the notebook's only where the notebook is the module. Where Python's
answer can't be read, the line is refused, never answered with another variable of the same name.

Python gives a function those names of the functions around it that its own text holds. In a line of
``%openapi`` they stand inside a string, so each cell's syntax tree is changed to name them beside the line.
"""

from __future__ import annotations

import ast
import dis
import keyword
import linecache
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from types import FrameType
from typing import TYPE_CHECKING, Any, Literal

from jupyter_openapi.errors import RequestRefused, short
from jupyter_openapi.messages import _, ngettext, say

if TYPE_CHECKING:
    import symtable

_BETWEEN = frozenset({"IPython", "jupyter_openapi"})  # packages between a cell and the magic it calls
_PRINT = 1  # the intrinsic function that displays a value, from Python 3.12 on


def calling_frame() -> FrameType | None:
    """Return the frame of the code that called the running magic."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 (there is no other way)
    while frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] in _BETWEEN:
        frame = frame.f_back
    return frame


def use_of_value() -> Literal["displayed", "discarded", "kept"]:
    """Tell what becomes of the value that the running magic will return.

    ``displayed`` by the cell's last line, ``discarded`` by another line of the cell itself, else ``kept``: by
    a variable, or by a function. IPython can mute a line only where it displays; here every line must know.
    """
    frame = calling_frame()
    if frame is None:
        return "kept"
    following = (each for each in dis.get_instructions(frame.f_code) if each.offset > frame.f_lasti)
    after = next((each for each in following if each.opname != "CACHE"), None)
    if after is None:
        return "kept"
    if after.opname == "PRINT_EXPR" or (after.opname == "CALL_INTRINSIC_1" and after.arg == _PRINT):
        return "displayed"
    discarded = after.opname == "POP_TOP" and frame.f_code.co_name == "<module>"
    return "discarded" if discarded else "kept"


def show(value: Any) -> None:
    """Show a value as a cell's last line shows one; a preview that could not be printed was not seen.

    Raises
    ------
    OSError, ValueError
        The stream to print on is full, closed or without a reader.
    """
    from IPython.display import display

    try:
        display(value)  # type: ignore[no-untyped-call]
        if in_terminal() and sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        if (sighting := getattr(value, "sighting", None)) is not None:
            sighting.seen = False
        raise


def _not_printed(failure: object) -> bool:
    """Tell whether what a run printed was not shown: `failure` is what ended it, if anything."""
    lost = isinstance(failure, OSError) and failure.filename is None
    if lost or (isinstance(failure, ValueError) and "closed file" in str(failure)):
        return True
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        return True
    return False


class CellRuns:
    """Numbers the runs of cells, by the shell's own events; at a run's end it says what nobody saw of it."""

    def __init__(self) -> None:
        self._count = 0
        self._depth = 0
        self._kept: list[Any] = []

    @property
    def current(self) -> int | None:
        """The number of the run that is on; None between cells."""
        return self._count if self._depth else None

    def begin(self, *_: Any) -> None:
        """Count a run that begins; one inside another belongs to it."""
        if not self._depth:
            self._count += 1
        self._depth += 1

    def end(self, result: Any = None, *_: Any) -> None:
        """Note that a run has ended; in a terminal, a preview that could not be printed is not seen."""
        session = sys.modules.get("jupyter_openapi.session")
        if session is not None and in_terminal() and _not_printed(getattr(result, "error_in_exec", None)):
            for each in session.SESSION.connections:
                each.pending.unsee()
        self._depth = max(0, self._depth - 1)
        if not self._depth:
            kept, self._kept = self._kept, []
            _mention(kept)

    def keep(self, preview: Any) -> None:
        """Remember a preview that went into a variable: at the run's end it is said that it was not sent."""
        if self._depth:
            self._kept.append(preview)
        else:
            _mention([preview])

    def listen(self, shell: Any) -> None:
        """Register for the run events of `shell`; doing so twice changes nothing."""
        shell.events.register("pre_run_cell", self.begin)
        shell.events.register("post_run_cell", self.end)

    def ignore(self, shell: Any) -> None:
        """Unregister from the shell's run events."""
        if self.begin in shell.events.callbacks["pre_run_cell"]:
            shell.events.unregister("pre_run_cell", self.begin)
            shell.events.unregister("post_run_cell", self.end)
        self._depth = 0


def _mention(previews: list[Any]) -> None:
    """Print that nothing was sent, for previews that were neither shown nor sent."""
    unseen = [each for each in previews if not each.sighting.seen and not each.sent]
    if unseen:
        said = ngettext(
            "A preview was made; nothing was sent: `{line}` shows it first.",
            "{count} previews were made; nothing was sent: `{line}` shows the last of them first.",
            len(unseen),
        )
        line = unseen[-1].sighting.line
        say(said.format(count=len(unseen), line=line))


RUNS = CellRuns()


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
        from jupyter_openapi.magic.expressions import compiled, free_names

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


def _described(error: BaseException) -> str:
    try:
        text = short(str(error), 160).rstrip(".")
    except Exception:  # noqa: BLE001 - an exception whose own text raises
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


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
    import symtable

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


_NAMES = r"[^\W\d]\w*"
_MAGICS = frozenset({"run_line_magic", "run_cell_magic"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_LOOPS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class NameInBraces(ast.NodeTransformer):
    """Turns ``magic('... {qty}')`` inside of functions into ``(magic('... {qty}'), lambda: (qty,))[0]``.

    The lambda is never called: that it names `qty` is what makes Python keep it for the function.
    """

    def visit(self, node: ast.AST) -> Any:
        """Return the tree of a cell with the names named; several threads may run cells."""
        return _Naming().visit(node)


class _Naming(ast.NodeTransformer):
    def __init__(self) -> None:
        self._depth = 0

    def visit(self, node: ast.AST) -> Any:
        """Visit a node, and count the functions around what it holds."""
        if not isinstance(node, _FUNCTIONS + _LOOPS):
            return super().visit(node)
        self._depth += 1
        try:
            return super().visit(node)
        finally:
            self._depth -= 1

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Name what the braces of a line hold beside the call."""
        self.generic_visit(node)
        names = sorted(_braced(node)) if self._depth > 1 else []
        if not names:
            return node
        named = ast.Tuple([ast.Name(name, ast.Load()) for name in names], ast.Load())
        empty = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        both = ast.Tuple([node, ast.Lambda(empty, named)], ast.Load())
        first = ast.Subscript(both, ast.Constant(0), ast.Load())
        return ast.fix_missing_locations(ast.copy_location(first, node))


def _braced(call: ast.Call) -> set[str]:
    """Return the names within braces in the text of a call of the magic; none for any other call."""
    texts = [
        each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]
    called = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if called not in _MAGICS or texts[:1] != ["openapi"]:
        return set()
    held = [text[text.find("{") : text.rfind("}") + 1] for text in texts[1:] if "{" in text]
    return {name for text in held for name in re.findall(_NAMES, text) if not keyword.iskeyword(name)}


def in_terminal() -> bool:
    """Tell whether the shell is IPython's own in a terminal, and no kernel behind a page."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return type(shell).__name__ == "TerminalInteractiveShell"


def refuse_in_terminal(panel: str, instead: str) -> None:
    """Refuse a panel where there is no page, with the line to type instead.

    Raises
    ------
    RequestRefused
        The line was typed in a terminal.
    """
    if in_terminal():
        raise RequestRefused(
            _("{panel} needs a notebook, and this is a terminal. Type `%openapi {instead}` instead.").format(
                panel=panel, instead=instead
            )
        )
