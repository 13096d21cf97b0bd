"""Run the notebooks at a fixed moment and keep what they show: ``make notebooks``.

python tools/notebooks.py [PATH ...]    all of ``notebooks/``, or those that are named

Each runs in a kernel and a home of its own, under ``tools/clock``, so that dates and the sandbox's made-up
prices are those of one morning; where nothing in it waits for the market, the market stands still, too. What
is new in every run (ids, ports, digits of accounts) is shown as dots; of a panel one line of text is kept.
Linux only, as the clock is.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "notebooks"
sys.path.insert(0, str(ROOT / "docs"))

from samples import NEW_EACH_TIME, SANDBOX  # noqa: E402 (a script of this repository)

MOMENT = "2026-11-23T02:00:00"  # UTC: a Monday morning in Hong Kong
MOVES = re.compile(r"sandbox start|subscribe|watch|--seconds|record")
"""What a notebook types that needs prices to move, or a sandbox of its own."""
STAND_STILL = f"from jupyter_openapi.session import SESSION\nSESSION.start_sandbox({SANDBOX!r});"
WIDGET = "application/vnd.jupyter.widget-view+json"
PLOTLY = "application/vnd.plotly.v1+json"
KEPT = ("image/png", "text/html", "text/plain")
"""What every page that shows notebooks can show."""
NEW_HERE = (
    (re.compile(r"\(process \d+\)"), "(process …)"),
    (re.compile(r"(/tmp|/var/folders)/[\w./-]+"), "…"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}\b"), "…"),
)


def settled(text: str) -> str:
    """Return text without what is new in every run."""
    for pattern, instead in (*NEW_EACH_TIME, *NEW_HERE):
        text = pattern.sub(instead, text)
    return text


def cleaned(notebook: Any) -> Any:
    """Return a notebook that ran, with the outputs that are kept and nothing that tells of the machine."""
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    for count, cell in enumerate((each for each in notebook.cells if each.cell_type == "code"), 1):
        cell.metadata = {}
        cell.execution_count = count
        cell.outputs = _outputs(cell.outputs, count)
    return notebook


def _outputs(outputs: list[Any], count: int) -> list[Any]:
    found: list[Any] = []
    for each in outputs:
        if each.output_type == "stream":
            if found and found[-1].get("name") == each.name:
                found[-1].text += settled(each.text)
            else:
                found.append(nbformat.v4.new_output("stream", name=each.name, text=settled(each.text)))
            continue
        output = nbformat.v4.new_output(each.output_type, data=_data(each.data))
        if each.output_type == "execute_result":
            output.execution_count = count
        found.append(output)
    return found


def _data(data: dict[str, Any]) -> dict[str, str]:
    if WIDGET in data:
        return {"text/plain": settled(data["text/plain"]).strip().split("\n")[0]}
    if PLOTLY in data:
        return {"text/plain": "A picture that can be moved: run the cell to see it."}
    kept = {kind: data[kind] for kind in KEPT if kind in data}
    return {kind: value if kind == "image/png" else settled(value) for kind, value in kept.items()}


def run(path: Path) -> None:
    """Run one notebook in this process's time and environment, and write it with its outputs."""
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    still = not any(MOVES.search(cell.source) for cell in notebook.cells if cell.cell_type == "code")
    if still:
        notebook.cells.insert(0, nbformat.v4.new_code_cell(STAND_STILL, id="still"))
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=180,
            kernel_name="python3",
            store_widget_state=False,
            record_timing=False,
            resources={"metadata": {"path": folder}},
        )
        client.execute()
    if still:
        del notebook.cells[0]
    nbformat.write(cleaned(notebook), path)
    print(path.relative_to(ROOT), f"{path.stat().st_size:,} bytes")


def environment(home: Path) -> dict[str, str]:
    """Return an environment with a home of its own and no credentials of this machine's user."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LONG", "JUPYTER_"))}
    names = ("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "IPYTHONDIR")
    places = {name: str(home / name.lower()) for name in names}
    for place in places.values():
        Path(place).mkdir(mode=0o700, exist_ok=True)
    return {**kept, **places, "PYTHONPATH": str(ROOT)}


def main(arguments: list[str]) -> int:
    """Run the notebooks one after the other, each in a process that has the time of `MOMENT`."""
    if arguments[:1] == ["--run"]:
        run(Path(arguments[1]))
        return 0
    paths = [Path(each).resolve() for each in arguments] or sorted(FOLDER.glob("*.ipynb"))
    for path in paths:
        with tempfile.TemporaryDirectory() as home:
            words = [str(ROOT / "tools" / "clock"), MOMENT, sys.executable, __file__, "--run", str(path)]
            done = subprocess.run(  # noqa: S603 (this very script)
                words, env=environment(Path(home)), check=False
            )
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
