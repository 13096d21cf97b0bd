"""Whether a line was typed in a terminal, where no panel can be shown."""

from __future__ import annotations

import sys

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.messages import _


def in_terminal() -> bool:
    """Tell whether the shell is IPython's own in a terminal, and no kernel behind a page."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return type(shell).__name__ == "TerminalInteractiveShell"


def refuse_in_terminal(panel: str, instead: str) -> None:
    """Refuse a panel where there is no page, with the line to type instead.

    Raises
    ------
    RequestRefused
        The line was typed in a terminal.
    """
    if in_terminal():
        raise RequestRefused(
            _("{panel} needs a notebook, and this is a terminal. Type `%openapi {instead}` instead.").format(
                panel=panel, instead=instead
            )
        )
