"""The `requests` adapter under every call: no retries, and it tells when a request has been written.

That moment matters twice. Until it, nothing of the request can have been understood by the broker; and the
broker's 20 ms between two calls run from it, not from the reply.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.poolmanager import PoolManager, ProxyManager

if TYPE_CHECKING:
    from collections.abc import Callable

    from urllib3.response import HTTPResponse as Response

_thread = threading.local()


def tell_when_written(callback: Callable[[], None] | None) -> None:
    """Call `callback` once this thread's next request is wholly handed to the socket."""
    _thread.written = callback


def _tell() -> None:
    callback = getattr(_thread, "written", None)
    if callback is not None:
        callback()


class _PlainConnection(HTTPConnection):
    def getresponse(self) -> Response:  # type: ignore[override]  # as in urllib3 itself
        _tell()
        return super().getresponse()


class _TLSConnection(HTTPSConnection):
    def getresponse(self) -> Response:  # type: ignore[override]  # as in urllib3 itself
        _tell()
        return super().getresponse()


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


_POOLS = {"http": _PlainPool, "https": _TLSPool}


class Adapter(HTTPAdapter):
    """Keeps up to `width` connections to the one host alive; never repeats a request by itself."""

    def __init__(self, width: int = 32) -> None:
        super().__init__(pool_connections=2, pool_maxsize=width, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Use connections that tell when a request is written."""
        super().init_poolmanager(*args, **kwargs)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> ProxyManager:
        """Use the same connections through a proxy."""
        manager: ProxyManager = super().proxy_manager_for(proxy, **proxy_kwargs)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager
