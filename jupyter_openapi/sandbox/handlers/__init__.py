"""What each operation answers: the handlers, by group, and the shapes the official SDK accepts."""

from __future__ import annotations


def load_handlers() -> None:
    """Import the modules whose handlers register themselves."""
    from jupyter_openapi.sandbox.handlers import (  # noqa: F401
        account,
        control,
        derivatives,
        indexes,
        markets,
        orders,
        quotes,
        watchlist,
    )
