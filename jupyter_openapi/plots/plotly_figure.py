"""A plotly figure that a notebook shows at once.

Before plotly shows its first figure it imports nbformat, for the sake of one version number; that takes
jsonschema along, whose check of international addresses compiles a grammar: 2 to 6 seconds. In a Jupyter
kernel what comes of it is one kind of message, which is made here directly. Where nbformat is there already,
or plotly would do something else (a terminal, Colab, a renderer that the user chose), plotly does it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import plotly.graph_objects as go

MIME = "application/vnd.plotly.v1+json"
ELSEWHERE = (
    "PLOTLY_RENDERER",
    "COLAB_NOTEBOOK_ID",
    "AZURE_NOTEBOOKS_HOST",
    "COCALC_PROJECT_ID",
    "DATABRICKS_RUNTIME_VERSION",
)
"""Variables of the environment by which plotly chooses another renderer."""
KAGGLE = Path("/kaggle/input")


class Chart(go.Figure):  # type: ignore[misc]  # untyped
    """A plotly figure whose first showing does not wait for nbformat."""

    def _repr_mimebundle_(self, *args: Any, **more: Any) -> Any:
        if not plain_kernel():
            return super()._repr_mimebundle_(*args, **more)
        return bundle_of(self)

    def _ipython_display_(self) -> None:
        if not plain_kernel():
            super()._ipython_display_()
            return
        from IPython.display import display

        display(bundle_of(self), raw=True)  # type: ignore[no-untyped-call]


def bundle_of(figure: go.Figure) -> dict[str, Any]:
    """Return the message that Jupyter's front ends draw a plotly figure from."""
    made: dict[str, Any] = json.loads(figure.to_json())
    return {MIME: {**made, "config": {"plotlyServerURL": "https://plot.ly"}}}


def plain_kernel() -> bool:
    """Tell whether this is a Jupyter kernel in which plotly would send that message and nothing else."""
    if "nbformat" in sys.modules or any(name in os.environ for name in ELSEWHERE) or KAGGLE.exists():
        return False
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return type(shell).__module__.startswith("ipykernel.")
