"""``settings``: show or save the user's settings, which later kernels use as well."""

from __future__ import annotations

from jupyter_openapi.magic import preferences
from jupyter_openapi.magic.command import Invocation, Report, command, parameter
from jupyter_openapi.messages import _
from jupyter_openapi.spec.model import Kind


@command(
    "settings",
    "Show your saved settings, or save some.",
    parameter("tz", Kind.TEXT, "the time zone of dates, such as Asia/Hong_Kong"),
    parameter("view", Kind.TEXT, "how frames are shown: compact or full"),
    parameter("colors", Kind.TEXT, "colours of rising and falling: green-up, red-up or blue-up"),
    parameter("base_currency", Kind.TEXT, "the currency of totals"),
    parameter(
        "language", Kind.TEXT, "language of messages, of names and of the broker's texts: en, zh-CN or zh-HK"
    ),
    parameter("limits_url", Kind.TEXT, "a Redis server where several machines share the broker's limits"),
    parameter(
        "account",
        Kind.TEXT,
        "the account that connect alone opens: sandbox, paper or live (live is read-only)",
    ),
    examples=("settings", "settings tz=Asia/Hong_Kong", "settings colors=red-up base_currency=USD"),
)
def settings(invocation: Invocation) -> Report:
    """Keep what is given, use it at once, and return all that is kept; an empty text drops one."""
    if invocation.given:
        changes = {name: str(value) or None for name, value in invocation.given.items()}
        found = preferences.keep(changes)
        new = {name: found[name] for name in changes if name in found}
        preferences.apply(new, invocation.context.settings)
    else:
        found = preferences.kept()
    rows = [f"{name:<13}  {found.get(name) or _('not set')}" for name in preferences.READERS]
    return Report("\n".join([*rows, _("Saved in {path}.").format(path=preferences.path())]))
