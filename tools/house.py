"""Print the shape of the package: files, lines, layers, circles of imports, longest function.

::

    python tools/house.py [PACKAGE_DIRECTORY]

Every import counts, also those inside functions and those for type checking only.
"""

from __future__ import annotations

import ast
import statistics
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "jupyter_openapi"


class Function(NamedTuple):
    """A function, and how many lines its code takes; a docstring is not code."""

    lines: int
    module: str
    name: str


def module_name(path: Path, package: Path = PACKAGE) -> str:
    """Return the dotted name of the module in the file `path`."""
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(package: Path = PACKAGE) -> dict[str, Path]:
    """Return every module of the package with its file."""
    return {module_name(path, package): path for path in sorted(package.rglob("*.py"))}


def _targets(node: ast.AST, module: str, *, is_package: bool) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            kept = module.split(".")[: len(module.split(".")) - node.level + is_package]
            base = ".".join([*kept, base] if base else kept)
        for alias in node.names:
            yield f"{base}.{alias.name}"
    elif isinstance(node, ast.Call) and "import_module" in ast.dump(node.func):
        # A name written out, such as import_module("jupyter_openapi.plots").
        yield from (str(each.value) for each in node.args if isinstance(each, ast.Constant))


def imports(package: Path = PACKAGE) -> dict[str, set[str]]:
    """Return, for each module, the modules of the package that it imports, at whatever place."""
    known = modules(package)
    found: dict[str, set[str]] = {}
    for name, path in known.items():
        found[name] = set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for target in _targets(node, name, is_package=path.name == "__init__.py"):
                owner = target if target in known else target.rpartition(".")[0]
                if owner in known and owner != name:
                    found[name].add(owner)
    return found


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the strongly connected components of more than one module (Tarjan's algorithm)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        order[node] = low[node] = len(order)
        stack.append(node)
        for other in sorted(graph[node]):
            if other not in order:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], order[other])
        if low[node] == order[node]:
            component = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(component) > 1:
                found.append(sorted(component))

    for node in sorted(graph):
        if node not in order:
            visit(node)
    return sorted(found)


def _code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    documented = node.body[0] if ast.get_docstring(node, clean=False) is not None else None
    docstring = (documented.end_lineno or 0) - documented.lineno + 1 if documented is not None else 0
    return (node.end_lineno or node.lineno) - node.lineno + 1 - docstring


def functions(package: Path = PACKAGE) -> list[Function]:
    """Return all functions of the package, the longest first."""
    found = [
        Function(_code_lines(node), module, node.name)
        for module, path in modules(package).items()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return sorted(found, reverse=True)


def layers(configuration: Path) -> list[str]:
    """Return the layers of the import contract, top first."""
    contracts = tomllib.loads(configuration.read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    return next(contract["layers"] for contract in contracts if contract["type"] == "layers")


def main(package: Path = PACKAGE) -> None:
    """Print the counts."""
    lines = {name: len(path.read_text("utf-8").splitlines()) for name, path in modules(package).items()}
    top = [name for name in package.iterdir() if name.suffix == ".py"]
    longest_module = max(lines, key=lambda name: lines[name])
    longest = functions(package)
    found = circles(imports(package))
    rows = {
        "files": len(lines),
        "lines": sum(lines.values()),
        "median lines of a file": statistics.median(lines.values()),
        "longest file": f"{lines[longest_module]} ({longest_module})",
        "modules at the top level": len(top),
        "layers": len(layers(package.parent / "pyproject.toml")),
        "circles of imports": len(found),
        "median lines of a function": statistics.median(one.lines for one in longest),
        "longest function, without docstring": f"{longest[0].lines} ({longest[0].module}.{longest[0].name})",
        "functions over 50 lines of code": sum(one.lines > 50 for one in longest),
    }
    for title, value in rows.items():
        print(f"{title:36} {value}")
    for circle in found:
        print("  circle:", " <-> ".join(circle))


if __name__ == "__main__":
    main(*(Path(argument).resolve() for argument in sys.argv[1:]))
