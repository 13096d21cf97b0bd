"""The shape of the package: which module imports which, their names and their size."""

from __future__ import annotations

import ast
import builtins
import json
import pkgutil
import re
import string
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import house  # noqa: E402 (a script of this repository)

GENERATED = "Generated from the specification by `python tools/methods.py`"


def test_no_circle_of_imports() -> None:
    assert house.circles(house.imports()) == []


@pytest.mark.parametrize(
    "graph",
    [
        {"a": {"b"}, "b": {"a"}},
        {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set()},
        {"d": {"a"}, "a": {"b"}, "b": {"c"}, "c": {"b"}},
    ],
)
def test_a_circle_is_found(graph: dict[str, set[str]]) -> None:
    assert len(house.circles(graph)) == 1


def test_every_import_counts(tmp_path: Path) -> None:
    package = tmp_path / "jupyter_openapi"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "one.py").write_text("def late():\n    from jupyter_openapi.two import x\n", encoding="utf-8")
    (package / "two.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from . import three\n", encoding="utf-8"
    )
    (package / "three.py").write_text(
        'from importlib import import_module\nimport_module("jupyter_openapi.one")\n', encoding="utf-8"
    )
    found = house.circles(house.imports(package))
    assert found == [["jupyter_openapi.one", "jupyter_openapi.three", "jupyter_openapi.two"]]


def test_no_module_bears_the_name_of_what_its_package_exports() -> None:
    shadowed = []
    known = house.modules()
    for name, path in known.items():
        if path.name != "__init__.py":
            continue
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
                exported = ast.literal_eval(node.value)
                shadowed += [f"{name}.{each}" for each in exported if f"{name}.{each}" in known]
    assert shadowed == []


def test_functions_fit_a_screen_and_modules_stay_readable() -> None:
    long_functions = [f"{each.module}.{each.name}" for each in house.functions() if each.lines > 50]
    assert long_functions == ["jupyter_openapi.operations.trade.submit_order"]  # which is all parameters
    texts = {name: path.read_text("utf-8") for name, path in house.modules().items()}
    long = {name for name, text in texts.items() if len(text.splitlines()) > 500}
    assert {name for name in long if GENERATED not in texts[name]} == set()
    assert all(name.startswith("jupyter_openapi.operations.") for name in long)


def defined(path: Path) -> set[str]:
    """Return the names that a module defines: functions, classes, methods, assigned names."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {each.id for each in targets if isinstance(each, ast.Name)}
    return found


def test_the_rules_are_where_contributing_says() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    rows = re.findall(r"^\| [^|]+ \| `([\w/.]+\.py)` \| `(\w+)` \|$", text, re.MULTILINE)
    assert len(rows) >= 20
    for name, symbol in rows:
        assert symbol in defined(house.PACKAGE / name), (name, symbol)


def test_contributing_names_every_layer_and_what_is_in_it() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d) (.*?) \|", text, re.MULTILINE)
    assert [number for number, _ in rows] == list("12345678")
    said = {name for _, cell in rows for name in re.findall(r"`(\w+)(?:/|\.py)`", cell)}
    present = {path.stem for path in house.PACKAGE.glob("*.py")} | {
        path.name for path in house.PACKAGE.iterdir() if (path / "__init__.py").exists()
    }
    assert said == present - {"__init__", "__main__", "sandbox"}


ERRORS = {"RequestRefused", "ApiError", "TransportError", "OutcomeUnknown", "Interrupted"}


def test_messages_of_errors_are_templates() -> None:
    """A message may be joined from messages, but its words are in `_()`; so it can be translated."""
    found = []
    for name, path in house.modules().items():
        if name.startswith("jupyter_openapi.sandbox"):
            continue  # it speaks the broker's words, which are never translated
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ERRORS and node.args:
                message = node.args[0]
                words = [
                    each.value
                    for each in (message.values if isinstance(message, ast.JoinedStr) else [message])
                    if isinstance(each, ast.Constant) and re.search(r"[A-Za-z]", str(each.value))
                ]
                found += [f"{name}:{node.lineno}: {word!r}" for word in words]
    assert found == []


def spoken(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the messages and templates of a module with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"_", "N_", "ngettext", "pgettext"}:
            for each in node.args[:2]:
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    yield node.lineno, each.value


def test_fields_of_messages_are_named_for_what_stands_there() -> None:
    """A translator sees the field alone: `{list}` or `{max}` says how it was made, not what it is."""
    found = []
    for module, path in house.modules().items():
        for line, template in spoken(ast.parse(path.read_text("utf-8"))):
            try:
                fields = {name for _text, name, _spec, _conversion in string.Formatter().parse(template)}
            except ValueError:  # no template: its braces are an expression's
                continue
            found += [f"{module}:{line}: {{{name}}}" for name in fields if name and hasattr(builtins, name)]
    assert found == []


ELSEWHERE = {"importlib", "reload", "dataclasses", "requests", "PreparedRequest", "websockets"}
"""Names of other libraries that our docstrings speak of."""


def identifiers(tree: ast.AST) -> Iterator[str]:
    """Yield every name that code uses or defines, and strings that are one: columns, states, parameters."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=name):
                yield name or ""
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.alias(name=name):
                yield name.rpartition(".")[2]
            case ast.Constant(value=str() as text) if text.isidentifier():
                yield text


def leads_somewhere(name: str) -> bool:
    """Tell whether a whole dotted name of ours is a module, or a name in one; other names may be."""
    if not name.startswith("jupyter_openapi."):
        return True
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


def test_what_a_docstring_names_in_backticks_is_there() -> None:
    trees = {path: ast.parse(path.read_text("utf-8")) for path in house.modules().values()}
    known = {name for tree in trees.values() for name in identifiers(tree)} | ELSEWHERE
    known |= {part for name in house.modules() for part in name.split(".")}
    for document in (house.PACKAGE / "spec").rglob("*.json"):
        known |= set(re.findall(r'"(\w+)"', json.dumps(json.loads(document.read_text("utf-8")))))
    stale = []
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
                continue
            for name in re.findall(r"(?<!`)`([A-Za-z_][\w.]*)(?:\(\))?`(?!`)", node.value):
                if not set(name.split(".")) <= known or not leads_somewhere(name):
                    stale.append(f"{path.relative_to(ROOT)}:{node.lineno}: {name}")  # noqa: PERF401
    assert stale == []
