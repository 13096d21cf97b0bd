"""``send`` and ``wait``: what follows a preview."""

from __future__ import annotations

from typing import Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic.command import Ask, command, takes
from jupyter_openapi.spec.model import Effect, Kind


@command(
    "send",
    "Send the last preview, once, within 60 s.",
    effect=Effect.TRADE,
    accepts=("again", "raw"),
)
def send(ask: Ask) -> Any:
    """Send that very preview and return the reply."""
    from jupyter_openapi.magic.present import changed
    from jupyter_openapi.session import SESSION

    if SESSION.preview is None:
        raise RequestRefused("There is no preview to send: type an order first, `%openapi submit ...`.")
    preview = SESSION.preview
    reply = preview.send(again=bool(ask.command.flags.get("again")))
    return changed(reply, getattr(preview, "operation", None), ask.command)


@command(
    "wait",
    "Wait until an order is done, and return its last known state.",
    takes("order_id", Kind.ID, "the order", required=True),
    takes("timeout", Kind.DECIMAL, "seconds to wait at most; 60 if it is not given", above=0),
    examples=("wait ORDER_ID", "wait ORDER_ID timeout=5"),
)
def wait(ask: Ask) -> Any:
    """Wait for the order and return its `OrderState`."""
    from jupyter_openapi.loops import run
    from jupyter_openapi.session import SESSION

    seconds = float(ask.given.get("timeout", 60))
    return run(SESSION.connected().wait(str(ask.given["order_id"]), timeout=seconds))
