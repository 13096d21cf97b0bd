"""Which notebook cell is running, and which run of it this is.

Jupyter's front ends send the cell's id with each execute request (``metadata.cellId``). Programs that run a
whole notebook (nbconvert, papermill, Voila) send none, and start a kernel each time: there a cell is known by
its code, and a run is a kernel.
"""

from __future__ import annotations

import hashlib
import os
import socket
import sys
import uuid
from typing import Any, NamedTuple

_KERNEL = uuid.uuid4().hex[:12]  # process ids come again, above all in containers


class Cell(NamedTuple):
    """The running cell: its id in the notebook, and this run of it.

    `cell` is None outside a kernel: in a terminal, in a script. `run` begins with the host and process, so
    that another kernel can tell whether this one still lives.
    """

    cell: str | None
    run: str


def current_cell() -> Cell:
    """Return the cell whose code is running."""
    request = _request()
    header, content = request.get("header") or {}, request.get("content") or {}
    cell = (request.get("metadata") or {}).get("cellId")
    if cell:
        return Cell(str(cell), f"{_process()}:{header.get('msg_id')}")
    code = content.get("code")
    if header.get("msg_type") == "execute_request" and isinstance(code, str):
        return Cell(
            f"code {hashlib.sha256(code.strip().encode()).hexdigest()[:16]}", f"{_process()}:{_KERNEL}"
        )
    return Cell(None, f"{_process()}:{header.get('msg_id') or 'python'}")


def is_ours(run: str | None) -> bool:
    """Tell whether this very process wrote `run`."""
    return (run or "").startswith(f"{_process()}:")


def may_still_run(run: str | None) -> bool:
    """Tell whether the process that wrote `run` may still be alive; True when that can't be known."""
    host, _, rest = (run or "").partition(":")
    number = rest.partition(":")[0]
    if host != socket.gethostname() or not number.isdigit():
        return True
    if sys.platform == "win32":  # os.kill would end it
        return True
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _process() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _request() -> dict[str, Any]:
    """Return the kernel's execute request; empty outside a kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return {}
    parent = kernel.get_parent("shell")
    return parent if isinstance(parent, dict) else {}
