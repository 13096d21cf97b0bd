"""Where a host's sockets are, and the way there: proxy and certificates, the same as for its REST."""

from __future__ import annotations

import os
import ssl
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


def tls_context() -> ssl.SSLContext:
    """Return the TLS context that trusts what REST trusts."""
    bundle = (
        os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or DEFAULT_CA_BUNDLE_PATH
    )
    if Path(bundle).is_dir():
        return ssl.create_default_context(capath=bundle)
    return ssl.create_default_context(cafile=bundle)
