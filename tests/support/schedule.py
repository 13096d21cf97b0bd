"""Which process runs which test, where pytest-xdist shares the suite out between several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from xdist.scheduler import LoadFileScheduling

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

BROWSER = "tests/browser/"


class ByFile(LoadFileScheduling):
    """A file goes to one process, for its tests share fixtures; the browser's files go to one together.

    They share a JupyterLab and a Chromium, which would otherwise be started once in every process.
    """

    def add_node_collection(self, node: WorkerController, collection: Sequence[str]) -> None:
        """Take the tests that a process found; those of the browser as if they stood in one file."""
        together = [nodeid.replace(BROWSER, f"{BROWSER[:-1]}::", 1) for nodeid in collection]
        super().add_node_collection(node, together)
