"""The code that a magic line stands in: its frame, what it does with the line's value, its cell or terminal.

Names in braces are names of the code around them, also in a function inside a function. Python gives a
function those names of the functions around it that its own text holds. In a line of ``%openapi`` they stand
inside a string, so each cell's syntax tree is changed to name them beside the line.
"""

from __future__ import annotations

import ast
import dis
import keyword
import re
import sys
from types import FrameType
from typing import Any, Literal

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.messages import _, ngettext
from jupyter_openapi.printing import say

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
    """Show a value as a cell's last line shows one."""
    from IPython.display import display

    display(value)  # type: ignore[no-untyped-call]


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

    def end(self, *_: Any) -> None:
        """Note that a run has ended."""
        self._depth = max(0, self._depth - 1)
        if not self._depth:
            kept, self._kept = self._kept, []
            _mention(kept)

    def keep(self, preview: Any) -> None:
        """Take note of a preview that went into a variable: it might be taken for an order that was sent."""
        if self._depth:
            self._kept.append(preview)
        else:
            _mention([preview])

    def listen(self, shell: Any) -> None:
        """Hear of the runs of `shell` from now on; once is enough."""
        shell.events.register("pre_run_cell", self.begin)
        shell.events.register("post_run_cell", self.end)

    def ignore(self, shell: Any) -> None:
        """Hear no more."""
        if self.begin in shell.events.callbacks["pre_run_cell"]:
            shell.events.unregister("pre_run_cell", self.begin)
            shell.events.unregister("post_run_cell", self.end)
        self._depth = 0


def _mention(previews: list[Any]) -> None:
    """Say of previews that were neither shown nor sent that nothing was sent."""
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
