"""Run a coroutine to its end, from plain Python or from a cell whose event loop already runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run `coroutine` to its end and return its result.

    In plain Python this is `asyncio.run`. In a notebook, whose loop is already running in this thread, the
    loop is made re-entrant first (nest-asyncio), which is done only then and never at import.

    Examples
    --------
    >>> run(client.wait(order_id))   # doctest: +SKIP
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    _nest(loop)
    return loop.run_until_complete(coroutine)


def _nest(loop: asyncio.AbstractEventLoop) -> None:
    try:
        import nest_asyncio2 as nest
    except ImportError:
        import nest_asyncio as nest
    nest.apply(loop)
