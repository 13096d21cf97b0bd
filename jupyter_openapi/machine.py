"""Whose machine the kernel runs on, and what that allows.

Keys typed into a page go to the kernel. On a machine that strangers share, only play money may move.
"""

from __future__ import annotations

import getpass
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass

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
        said = "allowed by its owner" if allowed else f"off until its owner sets {OWNER_SAYS}=on"
        return Machine(
            f"This page is served by Voila on {host}: keys you type go to its owner's machine. Orders on "
            f"paper and live accounts are {said}.",
            orders=allowed,
        )
    if user := known.get("JUPYTERHUB_USER"):
        return Machine(
            f"This kernel runs on {host}, a hub's machine, as {user}: keys you type stay in its memory."
        )
    return Machine(f"This kernel runs on {host} as {_user()}: keys you type stay in its memory.")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "an unnamed user"
