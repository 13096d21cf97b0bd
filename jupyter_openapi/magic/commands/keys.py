"""``login``, ``refresh``, ``forget`` and ``check``: the keys and the way to the broker."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic.command import Ask, command
from jupyter_openapi.magic.context import tell_panels
from jupyter_openapi.magic.flags import Flag
from jupyter_openapi.magic.report import Report
from jupyter_openapi.spec.model import Effect

if TYPE_CHECKING:
    from jupyter_openapi.credentials import Credentials

PROFILE = Flag("profile", "NAME", "which stored account")


@command(
    "login",
    "Open the credential panel, or ask in a terminal.",
    flags=(PROFILE,),
    examples=("login", "login --profile main"),
)
def login(ask: Ask) -> Any:
    """Return the panel; in a terminal, ask for the keys without showing them."""
    profile = str(ask.command.flags.get("profile") or "")
    if _in_notebook():
        from jupyter_openapi.widgets import CredentialPanel

        return CredentialPanel(profile=profile)
    from jupyter_openapi.session import SESSION

    SESSION.entered = _asked()
    if profile:
        from jupyter_openapi.credentials import store_profile

        store_profile(profile, SESSION.entered)
        return Report(f"Stored as profile '{profile}'. Now type %openapi connect paper --profile {profile}.")
    return Report("Kept in this process's memory only. Now type %openapi connect paper.")


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def _asked() -> Credentials:
    from getpass import getpass

    from jupyter_openapi.credentials import Credentials

    try:
        return Credentials(getpass("App Key: "), getpass("App Secret: "), getpass("Access Token: "))
    except EOFError:
        problem = "The input ended before the three keys were typed; nothing was kept."
    raise RequestRefused(problem)


@command(
    "refresh",
    "Exchange the access token for a new one; the old one stops working everywhere.",
    effect=Effect.WRITE,
    accepts=("execute",),
    examples=("--execute refresh",),
)
def refresh(ask: Ask) -> Report:
    """Send the refresh once and store the new token where the old one came from."""
    from jupyter_openapi.session import SESSION

    client = SESSION.connected()
    if not ask.command.flags.get("execute"):
        raise RequestRefused(
            f"Nothing was sent: this ends the present token of the {client.account.title} for every program "
            "that uses it. If you mean it, type `%openapi --execute refresh`."
        )
    return Report(SESSION.refresh())


@command(
    "forget",
    "Disconnect and drop typed keys; with --profile delete a stored account.",
    flags=(PROFILE,),
    examples=("forget", "forget --profile main"),
)
def forget(ask: Ask) -> Report:
    """Let go of the keys and say what was done."""
    from jupyter_openapi.session import SESSION

    profile = ask.command.flags.get("profile")
    done = SESSION.forget(str(profile) if profile else None)
    tell_panels("account")
    return Report(done)


@command("check", "Test host, TLS, region, signature, latency, clock, token and limits, one line each.")
def check(ask: Ask) -> Report:
    """Look at each in turn; one line says what was found, or what to do."""
    del ask
    from jupyter_openapi.checkup import check_up
    from jupyter_openapi.session import SESSION

    return Report("\n".join(str(finding) for finding in check_up(SESSION.connected())))
