"""The documentation: it builds without a warning and without the network, and what it shows works."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from page_cells import fences, inline_lines, run_pages

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic.commands import COMMANDS
from jupyter_openapi.magic.grammar import parse_line
from jupyter_openapi.spec import catalog

pytestmark = pytest.mark.timeout(400)  # every cell of every page, and the site

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)
RUNNABLE = [path for path in PAGES if fences(path.read_text(encoding="utf-8"), "ipython")]


def by_name(path: Path) -> str:
    return str(path.relative_to(ROOT).with_suffix(""))


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the cells of every page gave, as a file; a process of its own runs them one after the other."""
    folder = tmp_path_factory.mktemp("pages")
    run_pages(RUNNABLE, folder)
    return folder / "cells.json"


@pytest.mark.parametrize("path", RUNNABLE, ids=by_name)
def test_the_cells_of_a_page_run_in_their_order(path: Path, cells: Path) -> None:
    ran = json.loads(cells.read_text(encoding="utf-8"))[str(path)]
    assert [cell["source"] for cell in ran if cell["error"]] == [], ran[-1]["error"]
    assert len(ran) == len(fences(path.read_text(encoding="utf-8"), "ipython"))


def test_every_guide_has_cells() -> None:
    guides = set((DOCS / "guide").glob("*.md"))
    assert guides
    assert guides <= set(RUNNABLE)
    # A line in another kind of block is not run; Python blocks would look as if they were.
    for path in PAGES:
        assert fences(path.read_text(encoding="utf-8"), "python") == [], path


def known(line: str) -> bool:
    """Tell whether a line can be read, and calls something there is."""
    command = parse_line(line.removeprefix("%openapi"), commands=COMMANDS)
    if command.kind == "operation":
        return catalog().find(command.word) is not None
    return True


@pytest.mark.parametrize("path", [ROOT / "README.md", ROOT / "SECURITY.md", *PAGES], ids=by_name)
def test_lines_within_sentences_can_be_typed(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    blocks = "\n".join([*fences(text, "text"), *fences(text, "python")])
    typed = [line.strip() for line in blocks.splitlines() if line.strip().startswith("%openapi ")]
    lines = [
        line for line in [*inline_lines(text), *typed] if not re.search(r"\.\.\.|\b[A-Z]{4,}\b|\[", line)
    ]
    for line in lines:
        try:
            assert known(line), line
        except RequestRefused as refused:
            pytest.fail(f"{line}: {refused}")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, cells: Path) -> Path:
    """The pages as HTML, built as `make docs` does, with the network's way out closed."""
    folder = tmp_path_factory.mktemp("site")
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", str(DOCS), str(folder)],
        env=os.environ | nowhere | {"DOCS_CELLS": str(cells)},
        capture_output=True,
        encoding="utf-8",
        timeout=390,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def test_it_builds_without_a_warning(site: Path) -> None:
    for path in PAGES:
        assert (site / path.relative_to(DOCS)).with_suffix(".html").is_file()


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    for path in site.rglob("*.html"):
        loaded = re.findall(
            r'<(?:script|img|link rel="stylesheet")[^>]*(?:src|href)="(http[^"]+)"',
            path.read_text(encoding="utf-8"),
        )
        assert loaded == [], path


def test_pages_show_what_their_cells_give(site: Path) -> None:
    read = (site / "guide" / "read.html").read_text(encoding="utf-8")
    assert read.count('class="cell-output"') > 10
    assert "TENCENT" in read
    assert "data:image/png;base64," in (site / "guide" / "analysis.html").read_text(encoding="utf-8")
    for path in site.rglob("*.html"):
        assert str(Path.home()) not in path.read_text(encoding="utf-8"), path
        assert "/tmp/" not in path.read_text(encoding="utf-8"), path


def test_search_finds_error_codes(site: Path) -> None:
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    for code in ("301604", "602001", "403201"):
        assert f'"{code}":[[' in index, code


def test_models_find_every_page(site: Path) -> None:
    listed = (site / "llms.txt").read_text(encoding="utf-8")
    for path in PAGES:
        name = path.relative_to(DOCS).with_suffix(".html").as_posix()
        assert f"({name}): " in listed
    assert "%openapi send" in (site / "llms-full.txt").read_text(encoding="utf-8")


def test_generated_parts_are_in_place(site: Path) -> None:
    markets = (site / "reference" / "markets.html").read_text(encoding="utf-8")
    assert "TSLPPCT" in markets
    assert "FINRA trading activity fee" in markets
    commands = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    for name in COMMANDS:
        assert f'id="{name.replace("_", "-")}"' in commands
    python = (site / "reference" / "python.html").read_text(encoding="utf-8")
    for name in ("jupyter_openapi.connect", "jupyter_openapi.Client.call", "jupyter_openapi.portfolio.value"):
        assert f'id="{name}"' in python
    assert not list(site.rglob("*.html.orig"))
    for path in site.rglob("*.html"):
        assert "generated: " not in path.read_text(encoding="utf-8"), path
