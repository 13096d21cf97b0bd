"""What a code-hosting site and the package index read: one version, one address, targets that exist."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import jupyter_openapi

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
REPOSITORY = PROJECT["urls"]["Repository"]


def read(path: Path) -> dict[Any, Any]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def steps(workflow: dict[Any, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job.get("steps", ())


def test_the_version_stands_once() -> None:
    assert "version" in PROJECT["dynamic"]
    assert read(ROOT / "CITATION.cff")["version"] == jupyter_openapi.__version__
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {jupyter_openapi.__version__}" in changelog or "Unreleased" in changelog


def test_every_address_of_the_project_is_the_one_of_pyproject() -> None:
    listed = subprocess.check_output(
        ["git", "ls-files", "-z", "*.md", "*.cff", "*.toml"], cwd=ROOT, encoding="utf-8"
    )
    found = set()
    for name in filter(None, listed.split("\0")):
        found |= set(
            re.findall(
                r"https://github\.com/[\w.-]*openapi[\w.-]*/[\w-]+", (ROOT / name).read_text(encoding="utf-8")
            )
        )
    assert found == {REPOSITORY}


def test_the_matrix_holds_every_python_that_is_declared() -> None:
    declared = {
        line.rpartition(" ")[2]
        for line in PROJECT["classifiers"]
        if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", line)
    }
    matrix = read(GITHUB / "workflows" / "test.yml")["jobs"]["core"]["strategy"]["matrix"]
    assert set(matrix["python"]) == declared
    assert {each.partition("-")[0] for each in matrix["system"]} == {"ubuntu", "macos", "windows"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_make_target_of_a_workflow_exists(path: Path) -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    workflow = read(path)
    named = set()
    for step in steps(workflow):
        named |= set(re.findall(r"\bmake ([\w-]+)", step.get("run", "")))
    for job in workflow["jobs"].values():
        named |= set(job.get("strategy", {}).get("matrix", {}).get("target", ()))
    assert named <= targets
    assert workflow["permissions"] == {"contents": "read"}


def test_a_release_needs_no_stored_token() -> None:
    release = read(GITHUB / "workflows" / "release.yml")
    assert release["jobs"]["publish"]["permissions"] == {"id-token": "write"}
    assert release["jobs"]["build"]["needs"] == "test"
    assert "secrets." not in (GITHUB / "workflows" / "release.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "path", sorted((GITHUB / "ISSUE_TEMPLATE").glob("*.yml")), ids=lambda path: path.stem
)
def test_the_forms_have_what_the_site_asks_for(path: Path) -> None:
    form = read(path)
    if path.stem == "config":
        assert form["contact_links"]
        return
    assert {"name", "description", "body"} <= form.keys()
    ids = [field["id"] for field in form["body"] if field["type"] != "markdown"]
    assert len(ids) == len(set(ids)) >= 3


def test_a_weekly_run_looks_for_known_weaknesses_and_newer_versions() -> None:
    weekly = read(GITHUB / "workflows" / "weekly.yml")
    assert set(weekly["jobs"]["versions"]["strategy"]["matrix"]["target"]) == {"test-latest", "test-lowest"}
    assert any("pip-audit" in step.get("run", "") for step in weekly["jobs"]["audit"]["steps"])


def test_a_package_that_lacks_a_file_is_not_called_whole(tmp_path: Path) -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import dist
    finally:
        sys.path.remove(str(ROOT / "tools"))
    import tarfile
    import zipfile

    with zipfile.ZipFile(tmp_path / "made-up.whl", "w") as wheel:
        wheel.writestr("jupyter_openapi/__init__.py", "")
        wheel.writestr("jupyter_openapi/secret.env", "")
    with tarfile.open(tmp_path / "made-up.tar.gz", "w:gz") as source:
        source.add(ROOT / "README.md", "made-up/README.md")
    said = dist.differences(tmp_path)
    assert "made-up.whl lacks jupyter_openapi/client.py" in said
    assert "made-up.whl holds jupyter_openapi/secret.env, which git ignores" in said
    assert "made-up.tar.gz lacks pyproject.toml" in said


def test_every_threat_names_tests_that_exist() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = re.search(r"## Threats.*?(?=^## )", page, re.DOTALL | re.MULTILINE)
    assert rows
    named = set(re.findall(r"`(test_\w+)`", rows[0]))
    assert len(named) > 20
    written = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert {name for name in named if f"def {name}(" not in written} == set()
