"""The notebooks: each runs from top to bottom in a real kernel on the sandbox, and comes out as it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
WIDGET = "application/vnd.jupyter.widget-view+json"

# What each must have come to. These cells are added for the test and stand in no file.
CHECKS = {
    "01-quickstart": "assert grown['700.HK'] == 100 and grown.drop('700.HK').eq(0).all(), grown",
    "02-orders-safely": """
assert preview.sent and sent.order_id
assert state.status == 'CanceledStatus', state
assert outcome.outcome.eq('sent').all() and len(outcome) == 3, outcome
assert len(kept) == len(booked) == 3, (kept, booked)
assert kept.attempts.sum() > 3, 'no answer was lost: choose another seed in the notebook'
""",
}


def by_name(path: Path) -> str:
    return path.stem


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def test_every_notebook_has_its_check() -> None:
    assert {path.stem for path in NOTEBOOKS} == set(CHECKS)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_a_notebook_runs_and_comes_out_as_it_says(path: Path, tmp_path: Path) -> None:
    notebook = read(path)
    notebook.cells.append(nbformat.v4.new_code_cell(CHECKS[path.stem], id="check"))
    client = NotebookClient(
        notebook,
        timeout=90,
        kernel_name="python3",
        store_widget_state=False,
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute()  # raises with the cell's error
    shown = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.outputs]
    assert len(shown) > 1
    complaints = [output.text for cell in shown for output in cell.outputs if output.get("name") == "stderr"]
    assert not complaints


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_the_file_holds_cells_and_nothing_else(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    for cell in notebook.cells:
        assert not cell.metadata
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@pytest.mark.parametrize("path", [each for each in NOTEBOOKS if each.stem[0].isdigit()], ids=by_name)
def test_it_is_written_as_questions(path: Path) -> None:
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    questions = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert len(questions) >= 4
    assert [each for each in questions if not each.endswith("?")] == []
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (FOLDER / link).is_file(), link


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_it_needs_no_account(path: Path) -> None:
    code = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "code")
    assert "%openapi connect sandbox" in code
    assert not re.search(r"connect\W+(paper|live)", code)
