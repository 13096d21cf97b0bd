"""``sandbox``: the paper exchange of this kernel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic.command import Invocation, Report, command, parameter
from jupyter_openapi.messages import N_, _, aligned
from jupyter_openapi.spec.model import Effect, Kind

LABELS = (
    N_("address"),
    N_("process"),
    N_("now"),
    N_("clock"),
    N_("sessions"),
    N_("seed"),
    N_("limits"),
    N_("faults"),
    N_("links"),
    N_("uptime"),
    N_("open orders"),
    N_("cash"),
)
"""What `%openapi sandbox` shows, by the words of its server's reply."""

_OPTIONS = (
    parameter(
        "db",
        Kind.TEXT,
        "the file that keeps its state until the next start; for one sandbox at a time",
        free_text=True,
    ),
    parameter("seed", Kind.INTEGER, "the random seed of its prices"),
    parameter("clock", Kind.ENUM, "how its time passes", choices=("real", "manual")),
    parameter("limits", Kind.ENUM, "whether it enforces the broker's limits on calls", choices=("on", "off")),
    parameter(
        "start", Kind.TEXT, "where a manual clock begins, as 2026-11-23T10:00:00+08:00", free_text=True
    ),
    parameter(
        "history", Kind.INTEGER, "days of history that a new account starts with: orders, fills, dividends"
    ),
    parameter(
        "fault", Kind.TEXT, "faults and how often each strikes, as NAME=RATE", array=True, free_text=True
    ),
)

OPTIONS = frozenset(each.name for each in _OPTIONS)


@command(
    "sandbox",
    "Run the paper exchange of this kernel.",
    parameter(
        "action",
        Kind.ENUM,
        "what to do; default status",
        choices=("start", "stop", "reset", "status"),
    ),
    *_OPTIONS,
    examples=(
        "sandbox start",
        "sandbox status",
        "sandbox reset",
        "sandbox stop",
        "sandbox start seed=7 limits=off",
        "sandbox start history=365",
    ),
)
def sandbox(invocation: Invocation) -> Report:
    """Start, stop or reset it, or say how it runs."""
    action = str(invocation.given.get("action", "status"))
    options = {name: value for name, value in invocation.given.items() if name != "action"}
    if options and action != "start":
        raise RequestRefused(
            _("{options} can be given to `%openapi sandbox start` only.").format(options=", ".join(options))
        )
    if action == "start":
        return _start(options)
    if action == "stop":
        return _stop()
    return _reset() if action == "reset" else _status()


def _start(options: Mapping[str, Any]) -> Report:
    from jupyter_openapi.session import SESSION

    running = SESSION.sandbox is not None and SESSION.sandbox.alive
    if running and options:
        raise RequestRefused(
            _("The sandbox runs already: type `%openapi sandbox stop` before you start another.")
        )
    words = []
    for name, value in options.items():
        for each in value if isinstance(value, list) else [value]:
            words += [f"--{name}", str(each)]
    process = SESSION.start_sandbox(words)
    template = (
        _("The sandbox runs already at {url} (process {pid}). Connect to it: `%openapi connect sandbox`.")
        if running
        else _("The sandbox runs at {url} (process {pid}). Connect to it: `%openapi connect sandbox`.")
    )
    return Report(template.format(url=process.http_url, pid=process.pid))


def _stop() -> Report:
    from jupyter_openapi.session import SESSION

    if SESSION.sandbox is None:
        return Report(_("No sandbox of this kernel runs."))
    url = SESSION.sandbox.http_url
    SESSION.stop_sandbox()
    client = SESSION.client
    if client is None or client.account.host != url:
        return Report(_("The sandbox is stopped."))
    client.close()
    SESSION.client = SESSION.preview = None
    return Report(_("The sandbox is stopped, and you are not connected any more."))


def _reset() -> Report:
    from jupyter_openapi.session import SESSION

    _answer("POST", "/sandbox/reset")
    SESSION.preview = None
    return Report(_("The sandbox has forgotten all orders and starts from its opening account."))


def _status() -> Report:
    from jupyter_openapi.session import SESSION

    if SESSION.sandbox is None:
        return Report(_("No sandbox of this kernel runs: `%openapi connect sandbox` starts it."))
    rows = _answer("GET", "/sandbox/status")
    return Report(
        "\n".join(aligned((name.replace("_", " "), _text(name, value)) for name, value in rows.items()))
    )


def _answer(method: str, path: str) -> Mapping[str, Any]:
    """Ask this kernel's sandbox, past the journal and the limits of real orders; return what it answers."""
    from jupyter_openapi.credentials import Credentials
    from jupyter_openapi.session import SESSION
    from jupyter_openapi.transport.hosts import resolve_host
    from jupyter_openapi.transport.responses import Call
    from jupyter_openapi.transport.transport import Transport

    process = SESSION.sandbox
    if process is None:
        raise RequestRefused(_("No sandbox of this kernel runs: type `%openapi sandbox start` first."))
    transport = Transport(Credentials(*process.keys()), resolve_host(process.http_url))
    try:
        call = Call(method, path, effect=Effect.WRITE, limit="none", name=_("The sandbox"))
        return {"address": process.http_url, "process": process.pid, **transport.send(call).data}
    finally:
        transport.close()


def _text(name: str, value: Any) -> str:
    if name == "now":
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, bool):
        return _("on") if value else _("off")
    if isinstance(value, dict):
        return ", ".join(f"{name} {each}" for name, each in value.items()) or _("none")
    return _("none") if value is None else str(value)
