"""What panels of one kernel tell each other: the account changed, an order was sent.

Listeners are held weakly: a panel that is gone hears nothing and is kept alive by nobody.
"""

from __future__ import annotations

import logging
import threading
import weakref
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

Event = Literal["account", "orders"]

_LOCK = threading.Lock()
_LISTENERS: weakref.WeakKeyDictionary[object, list[weakref.WeakMethod[Callable[[Event], None]]]] = (
    weakref.WeakKeyDictionary()
)

log = logging.getLogger(__name__)


def listen(session: object, callback: Callable[[Event], None]) -> None:
    """Call the bound method `callback` with each event of `session`, for as long as its object lives."""
    with _LOCK:
        _LISTENERS.setdefault(session, []).append(weakref.WeakMethod(callback))


def tell(session: object, event: Event) -> None:
    """Tell every listener of `session`; one that fails stops nobody."""
    with _LOCK:
        known = _LISTENERS.get(session, [])
        alive = [callback for reference in known if (callback := reference()) is not None]
        known[:] = [reference for reference in known if reference() is not None]
    for callback in alive:
        try:
            callback(event)
        except Exception as failure:  # noqa: BLE001 (an order was sent all the same)
            log.debug("A panel did not take the event %s: %s", event, type(failure).__name__)
