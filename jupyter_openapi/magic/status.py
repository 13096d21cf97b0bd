"""``%openapi status``: which account, where its keys come from, what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openapi.magic.report import Report

if TYPE_CHECKING:
    from jupyter_openapi.client import Client

WARN_DAYS = 14


def status(client: Client) -> Report:
    """Return the report as aligned lines; nothing is sent."""
    account = client.account
    rows = [
        ("account", account.title),
        ("host", account.host),
        ("trading", "on" if account.trading else "off: this connection is read-only"),
        ("token", _token(client)),
        *[(f"{kind} calls left", str(left)) for kind, left in client.limits_left().items()],
    ]
    width = max(len(label) for label, _ in rows)
    return Report("\n".join(f"{label:<{width}}  {text}" for label, text in rows))


def _token(client: Client) -> str:
    days = client.token_days_left()
    if days is None:
        return "does not say when it ends"
    if days < 0:
        return f"ended {-days:.0f} days ago: `%openapi --execute refresh`, or get a new one"
    warning = ": renew it soon, `%openapi --execute refresh`" if days < WARN_DAYS else ""
    return f"ends in {days:.0f} days{warning}"
