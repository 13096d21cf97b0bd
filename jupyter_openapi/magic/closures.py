"""Names in braces are names of the code around them, also in a function inside a function.

Python gives a function those names of the functions around it that its own text holds. In a line of
``%openapi`` they stand inside a string, so each cell's syntax tree is changed to name them beside the line.
"""

from __future__ import annotations

import ast
import keyword
import re
from typing import Any

_NAMES = re.compile(r"[^\W\d]\w*")
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
    return {name for text in held for name in _NAMES.findall(text) if not keyword.iskeyword(name)}
