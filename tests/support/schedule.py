"""Which process runs which test, where pytest-xdist shares the suite out between several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from xdist.scheduler import LoadFileScheduling

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

BROWSER = "tests/browser/"
# About half of the time that the browser's tests take.
FORMS = (
    *("test_lab_order.py", "test_lab_login.py", "test_lab_typing.py", "test_lab_portfolio.py"),
    *("test_fronts.py", "test_steps.py", "test_views.py"),
)
ALONE = ("test_voila_page.py",)  # which needs neither of the two


class ByFile(LoadFileScheduling):
    """A file goes to one process, for its tests share fixtures; the browser's files go to two.

    Those of each share a JupyterLab and a Chromium, which would otherwise be started once in every process.
    """

    def add_node_collection(self, node: WorkerController, collection: Sequence[str]) -> None:
        """Take the tests that a process found; each half of the browser's as if it stood in one file."""
        super().add_node_collection(node, [together(nodeid) for nodeid in collection])


def together(nodeid: str) -> str:
    """Return a test's id, with the half of the browser's tests it belongs to for its file."""
    name = nodeid.removeprefix(BROWSER)
    if name == nodeid or name.startswith(ALONE):
        return nodeid
    half = "forms" if name.startswith(FORMS) else "panels"
    return f"{BROWSER[:-1]}-{half}::{name}"
