"""Trade and analyse a Longbridge account from a notebook: ``%load_ext jupyter_openapi``, then ``%openapi``.

Nothing heavy is imported until a name is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from jupyter_openapi.messages import _

if TYPE_CHECKING:
    from jupyter_openapi.client import Client
    from jupyter_openapi.credentials import Credentials
    from jupyter_openapi.errors import (
        ApiError,
        Interrupted,
        OpenAPIError,
        OutcomeUnknown,
        RequestRefused,
        TransportError,
    )
    from jupyter_openapi.kernel import run
    from jupyter_openapi.reply import Reply
    from jupyter_openapi.session import connect
    from jupyter_openapi.trading import Preview

__version__ = "0.1.0"

__all__ = [
    "ApiError",
    "Client",
    "Credentials",
    "Interrupted",
    "OpenAPIError",
    "OutcomeUnknown",
    "Preview",
    "Reply",
    "RequestRefused",
    "TransportError",
    "connect",
    "run",
]

_HOMES = {
    "Client": "client",
    "Credentials": "credentials",
    "Preview": "trading",
    "Reply": "reply",
    "connect": "session",
    "run": "kernel",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(
            _("module {module!r} has no attribute {name!r}").format(module=__name__, name=name)
        )
    value = getattr(import_module(f"{__name__}.{_HOMES.get(name, 'errors')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: Any) -> None:
    """Register ``%openapi``; called by ``%load_ext jupyter_openapi``."""
    from jupyter_openapi.magic import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Remove ``%openapi`` and stop the sandbox this kernel started; called by ``%unload_ext``."""
    from jupyter_openapi.magic import unload

    unload(shell)
