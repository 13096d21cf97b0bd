"""``connect`` and ``status``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from jupyter_openapi.magic.command import Ask, command, takes
from jupyter_openapi.magic.context import say, tell_panels
from jupyter_openapi.magic.flags import Flag
from jupyter_openapi.spec.model import Kind

if TYPE_CHECKING:
    from jupyter_openapi.account import Account
    from jupyter_openapi.client import Client
    from jupyter_openapi.magic.report import Report

RED = "\x1b[1;97;41m"
PLAIN = "\x1b[0m"


@command(
    "connect",
    "Connect to the sandbox, a paper account or a live account.",
    takes("account", Kind.ENUM, "which account", choices=("sandbox", "paper", "live"), required=True),
    flags=(
        Flag("trade", help="allow orders on a live account, which is read-only otherwise"),
        Flag("profile", "NAME", "which stored account"),
        Flag("region", "REGION", "which of the broker's hosts", choices=("cn", "hk")),
    ),
    examples=("connect sandbox", "connect paper --profile main", "connect live --trade"),
)
def connect(ask: Ask) -> Client:
    """Connect, say to which account, and return the client."""
    from jupyter_openapi.session import SESSION

    flags = ask.command.flags
    profile, region = flags.get("profile"), flags.get("region")
    client = SESSION.connect(
        str(ask.given["account"]),
        trading=True if flags.get("trade") else None,
        profile=str(profile) if profile else None,
        region=str(region) if region else None,
    )
    tell_panels("account")
    if client.account.mode == "live" and client.account.trading:
        print(banner(client.account), file=sys.stderr)  # noqa: T201 (not to be muted, nor lost in a pipe)
    else:
        say(ask.command, f"Connected to the {client.account.title}.")
    return client


def banner(account: Account) -> str:
    """Return the red line that stands over a live account whose orders are on."""
    text = f" {account.title}: ORDERS ARE ON. What you send here trades real money. "
    return f"{RED}{text}{PLAIN}"


@command("status", "Show the account, where its credentials come from, days and quota left.")
def status(ask: Ask) -> Report:
    """Describe the connection; nothing is sent."""
    del ask
    from jupyter_openapi.magic.status import status as described
    from jupyter_openapi.session import SESSION

    return described(SESSION.connected())
