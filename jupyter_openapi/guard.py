"""The border of the public face: no exception crosses it with frames that hold a secret.

A traceback carries the locals of every frame it passed, and ``%xmode Verbose`` prints them: headers, tokens,
signed requests. So whatever leaves a guarded function leaves without the frames below it.
"""

from __future__ import annotations

import logging
import traceback
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from jupyter_openapi.errors import Interrupted, OneLine

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger(__name__)


def guarded(function: Callable[P, R]) -> Callable[P, R]:
    """Let `function` raise, but without its frames, cause or context."""

    @wraps(function)
    def border(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except KeyboardInterrupt as stop:
            problem: BaseException = stop if isinstance(stop, OneLine) else _interrupted()
        except BaseException as failure:  # noqa: BLE001 (raised again below, without its frames)
            problem = failure
            if not isinstance(failure, OneLine):
                # Where it happened, as source lines; the values stay behind.
                log.debug("%s", "".join(traceback.format_tb(failure.__traceback__)))
        problem.__cause__ = problem.__context__ = None
        del args, kwargs  # this frame stays in the traceback
        raise problem.with_traceback(None)

    return border


def _interrupted() -> Interrupted:
    return Interrupted("Interrupted; no request was in flight.", in_flight=False)
