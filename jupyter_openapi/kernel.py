"""The kernel: whose machine it runs on, the running cell, running coroutines.

Keys typed into a page go to the kernel. On a machine that strangers share, only play money may move.
"""

from __future__ import annotations

import asyncio
import getpass
import hashlib
import os
import platform
import socket
import sys
import uuid
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from jupyter_openapi.messages import _

OWNER_SAYS = "JUPYTER_OPENAPI_ORDERS"
"""Set to ``on`` by the owner of a server that others use, to allow orders from there."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the kernel runs.

    Attributes
    ----------
    words
        One sentence for the panel: where typed keys go.
    sandbox_only
        Whether only the sandbox may be used (Binder).
    orders
        Whether orders on paper and live accounts may be allowed.
    """

    words: str
    sandbox_only: bool = False
    orders: bool = True


def machine(environ: Mapping[str, str] | None = None) -> Machine:
    """Tell where this kernel runs, from its environment."""
    known = os.environ if environ is None else environ
    host = platform.node() or "this machine"
    if known.get("BINDER_LAUNCH_HOST") or known.get("BINDER_SERVICE_HOST"):
        return Machine(
            "This kernel runs on Binder, someone else's machine: type no keys here. Only the sandbox may be "
            "used.",
            sandbox_only=True,
            orders=False,
        )
    allowed = known.get(OWNER_SAYS, "").strip().lower() == "on"
    if known.get("SERVER_SOFTWARE", "").startswith("voila"):
        said = (
            "allowed by its owner"
            if allowed
            else _("off until its owner sets {variable}=on").format(variable=OWNER_SAYS)
        )
        return Machine(
            _(
                "This page is served by Voila on {host}: keys you type go to its owner's machine. Orders on "
                "paper and live accounts are {said}."
            ).format(host=host, said=said),
            orders=allowed,
        )
    if user := known.get("JUPYTERHUB_USER"):
        return Machine(
            _(
                "This kernel runs on {host}, a hub's machine, as {user}: keys you type stay in its memory."
            ).format(host=host, user=user)
        )
    return Machine(
        _("This kernel runs on {host} as {user}: keys you type stay in its memory.").format(
            host=host, user=_user()
        )
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "an unnamed user"


T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run `coroutine` to its end and return its result.

    In plain Python this is `asyncio.run`. In a notebook, whose loop is already running in this thread, the
    loop is made re-entrant first (nest-asyncio), which is done only then and never at import.

    Examples
    --------
    >>> run(client.wait(order_id))   # doctest: +SKIP
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    _nest(loop)
    return loop.run_until_complete(coroutine)


def _nest(loop: asyncio.AbstractEventLoop) -> None:
    try:
        import nest_asyncio2 as nest
    except ImportError:
        import nest_asyncio as nest
    nest.apply(loop)


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


def in_ipython() -> bool:
    """Tell whether this process is a shell of IPython, in a terminal or a notebook."""
    return _shell() is not None


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def is_captured() -> bool:
    """Tell whether what the running cell displays is kept from the page, as under ``%%capture``."""
    shell = _shell()
    return type(getattr(shell, "display_pub", None)).__name__ == "CapturingDisplayPublisher"


def _request() -> dict[str, Any]:
    """Return the kernel's execute request; empty outside a kernel."""
    shell = _shell()
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return {}
    parent = kernel.get_parent("shell")
    return parent if isinstance(parent, dict) else {}
