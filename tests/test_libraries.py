"""The libraries: only their public names are used, and what is installed is declared and fixed."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("jupyter_openapi", "tests", "benchmarks", "docs", "tools")
OURS = {
    "jupyter_openapi",
    "benchmarks",
    "support",
    *(path.stem for name in FOLDERS[1:] for path in (ROOT / name).iterdir()),
}
# Underscored, but documented in Python's library reference.
DOCUMENTED = {"sys._getframe", "os._exit"}


def private(name: str) -> bool:
    """Tell whether a dotted name has a private part (one underscore; dunders are Python's own)."""
    parts = name.split(".")
    return name not in DOCUMENTED and any(
        part[:1] == "_" and part[:2] != "__" and part != "_" for part in parts
    )


def imported(nodes: list[ast.AST]) -> Iterator[tuple[str, str]]:
    """Yield every import's full name, with the name that stands for it in the module."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name, alias.asname or "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from ((f"{node.module}.{alias.name}", alias.asname or alias.name) for alias in node.names)


def reached_through(node: ast.Attribute, known: dict[str, str]) -> Iterator[str]:
    """Yield the full name of an attribute of something imported."""
    root = node.value
    while isinstance(root, ast.Attribute):
        root = root.value
    if isinstance(root, ast.Name) and root.id in known:
        yield known[root.id] + ast.unparse(node)[len(root.id) :]


def library_names(source: str) -> Iterator[str]:
    """Yield the names of libraries that a module imports, reaches through an import, or gives as a string."""
    nodes = list(ast.walk(ast.parse(source)))
    known: dict[str, str] = {}
    for name, short in imported(nodes):
        known[short or name.partition(".")[0]] = name if short else name.partition(".")[0]
        yield name
    for node in nodes:
        if isinstance(node, ast.Attribute):
            yield from reached_through(node, known)
        elif isinstance(node, ast.Call):
            for word in node.args[:1]:  # import_module("..."), monkeypatch.setattr("...", ...)
                if isinstance(word, ast.Constant) and re.fullmatch(r"[a-z]\w*(\.\w+)+", str(word.value)):
                    yield str(word.value)


def reached(source: str) -> list[str]:
    """Return the private names of libraries in a module's source."""
    return sorted(
        {name for name in library_names(source) if private(name) and name.partition(".")[0] not in OURS}
    )


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_private_name_of_a_library_is_used(folder: str) -> None:
    found = {
        str(path.relative_to(ROOT)): names
        for path in sorted((ROOT / folder).rglob("*.py"))
        if (names := reached(path.read_text("utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import filelock._unix", "filelock._unix"),
        ("def late():\n    from filelock._unix import fcntl", "filelock._unix.fcntl"),
        ("from matplotlib import _api as a", "matplotlib._api"),
        (
            "from matplotlib import font_manager\nfont_manager._findfont.clear()",
            "matplotlib.font_manager._findfont",
        ),
        ("import os.path as p\np._get_sep", "os.path._get_sep"),
        ("import os\nos.path._get_sep('')", "os.path._get_sep"),
        ("import importlib\nimportlib.import_module('filelock._unix')", "filelock._unix"),
        ("monkeypatch.setattr('filelock._unix.fcntl', None)", "filelock._unix.fcntl"),
    ],
)
def test_a_private_name_is_found(source: str, name: str) -> None:
    assert name in reached(source)


def test_public_names_and_our_own_are_left_alone() -> None:
    source = """
import sys, json, jupyter_openapi as ours
from gettext import gettext as _
from jupyter_openapi.history import fetcher
sys._getframe(1), json.__name__, ours._x, fetcher._y, self._z, _("a.b")
"""
    assert reached(source) == []


# What is installed


def constraints() -> dict[str, list[Requirement]]:
    """Return the lines of constraints.txt by the package's name."""
    lines: dict[str, list[Requirement]] = {}
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines():
        assert re.fullmatch(r"[a-z0-9-]+==[a-z0-9.+!]+( ; .+)?", line), f"{line!r} is not name==version"
        lines.setdefault(canonicalize_name(Requirement(line).name), []).append(Requirement(line))
    return lines


def declared() -> dict[str, list[Requirement]]:
    """Return what pyproject.toml asks for, by extra ("" for what everybody gets)."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = {"": project["project"]["dependencies"], **project["project"]["optional-dependencies"]}
    groups["build"] = project["build-system"]["requires"]
    return {extra: [Requirement(line) for line in lines] for extra, lines in groups.items()}


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
@pytest.mark.parametrize("system", ["Linux", "Darwin", "Windows"])
def test_one_version_of_everything_is_fixed_for_every_python(version: str, system: str) -> None:
    platform = {"Linux": "linux", "Darwin": "darwin", "Windows": "win32"}[system]
    environment = default_environment() | {
        "python_version": version,
        "python_full_version": f"{version}.9",
        "platform_system": system,
        "sys_platform": platform,
        "os_name": "nt" if system == "Windows" else "posix",
    }
    fixed = {
        name: [line for line in lines if line.marker is None or line.marker.evaluate(environment)]
        for name, lines in constraints().items()
    }
    assert {name for name, lines in fixed.items() if len(lines) > 1} == set()
    for extra, wanted in declared().items():
        for requirement in wanted:
            if requirement.name == "jupyter-openapi":
                continue
            if requirement.marker is None or requirement.marker.evaluate(environment):
                (line,) = fixed[canonicalize_name(requirement.name)]
                (pinned,) = line.specifier
                assert requirement.specifier.contains(pinned.version), (
                    extra,
                    str(requirement),
                    pinned.version,
                )


def test_what_the_package_imports_is_declared() -> None:
    needs = {canonicalize_name(each.name) for lines in declared().values() for each in lines}
    # These come with IPython and pandas, whose public interface they are part of.
    needs |= {"traitlets", "numpy", "nbformat", "jupyter-client", "packaging", "certifi", "fonttools"}
    homes = {"xdist": "pytest-xdist", "yaml": "pyyaml", "dotenv": "python-dotenv", "google": "protobuf"}
    homes |= {"empyrical": "empyrical-reloaded"}
    missing = {}
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.level == 0:
                    names = [str(node.module)]
                for name in names:
                    root = name.partition(".")[0]
                    if root in OURS or root in sys.stdlib_module_names or root.startswith("jupyter_openapi"):
                        continue
                    if canonicalize_name(homes.get(root, root)) not in needs:
                        missing[root] = str(path.relative_to(ROOT))
    assert missing == {}
