"""Live quotes, candles and order changes of one client, over the broker's sockets.

Nothing here is imported before the first subscription. One background thread with one event loop carries all
of a client's; there is one socket per gateway, opened by the first and closed by the last subscription.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from jupyter_openapi.messages import _

if TYPE_CHECKING:
    from jupyter_openapi.stream.events import Event
    from jupyter_openapi.stream.gateway import Source
    from jupyter_openapi.stream.live import Live
    from jupyter_openapi.stream.settings import Settings
    from jupyter_openapi.stream.subscription import Subscription

__all__ = ["Event", "Live", "Settings", "Source", "Subscription"]

_HOMES = {
    "Event": "events",
    "Live": "live",
    "Settings": "settings",
    "Source": "gateway",
    "Subscription": "subscription",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(
            _("module {module!r} has no attribute {name!r}").format(module=__name__, name=name)
        )
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
