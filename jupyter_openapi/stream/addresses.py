"""Where a host's sockets are, and the way there: proxy and certificates, the same as for its REST."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from pathlib import Path

from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy

from jupyter_openapi.protocol.commands import PATHS, QUERY
from jupyter_openapi.transport.hosts import KNOWN, Host


def socket_url(host: Host, gateway: str) -> str:
    """Return the address of a gateway, ``quote`` or ``trade``; it holds no token.

    The broker's gateways have hosts of their own; any other host serves both itself.
    """
    scheme, _, name = host.url.partition("://")
    secure = "wss" if scheme == "https" else "ws"
    if host.url in KNOWN:
        return f"{secure}://{name.replace('openapi.', f'openapi-{gateway}.', 1)}/v2?{QUERY}"
    return f"{secure}://{name}{PATHS[gateway]}?{QUERY}"


def proxy_for(host: Host) -> str | None:
    """Return the proxy that the environment names for a host, as requests reads it; none on loopback."""
    if host.loopback:
        return None
    proxy: str | None = select_proxy(host.url, get_environ_proxies(host.url))
    return proxy


def tls_context(host: Host) -> ssl.SSLContext | None:
    """Return the TLS context that trusts what REST trusts; None for a plain host."""
    if not host.url.startswith("https:"):
        return None
    named = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    return _context(named or DEFAULT_CA_BUNDLE_PATH)


@lru_cache(maxsize=2)
def _context(bundle: str) -> ssl.SSLContext:
    if Path(bundle).is_dir():
        return ssl.create_default_context(capath=bundle)
    return ssl.create_default_context(cafile=bundle)
