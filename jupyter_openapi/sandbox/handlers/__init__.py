"""Handlers of the operations, by group, in the shapes that the official SDK accepts."""

from __future__ import annotations


def load_handlers() -> None:
    """Import the modules whose handlers register themselves."""
    from jupyter_openapi.sandbox.handlers import (  # noqa: F401
        account,
        companies,
        control,
        derivatives,
        empty,
        indexes,
        markets,
        oauth,
        orders,
        profit,
        quotes,
        watchlist,
    )
