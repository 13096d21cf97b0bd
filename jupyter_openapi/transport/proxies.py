"""Connect to a host as the environment says: through its proxy, trusting its certificates."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import cast

from requests import Request
from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidSchema, RequestException
from requests.utils import get_environ_proxies, select_proxy
from urllib3 import HTTPConnectionPool
from urllib3.exceptions import HTTPError

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.messages import _
from jupyter_openapi.transport.hosts import Host

BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


def connections(adapter: HTTPAdapter, host: Host) -> HTTPConnectionPool:
    """Return the pool of connections to a host, through its proxy if the environment names one.

    Raises
    ------
    RequestRefused
        A variable of the environment names a proxy or certificates that can't be used; it says which.
    """
    name, verify = _certificates()
    if verify is not None and not host.loopback:
        _load(name, verify)
    # A proxy would see the credentials of a sandbox on this machine, for nothing.
    proxies = {} if host.loopback else get_environ_proxies(host.url)
    request = Request("GET", host.url).prepare()
    try:
        pool = adapter.get_connection_with_tls_context(request, verify or True, proxies=proxies)
        adapter.cert_verify(pool, host.url, verify or True, None)  # type: ignore[no-untyped-call]
    except OSError as failure:
        if not isinstance(failure, RequestException):
            raise _bundle(name, verify) from None
        raise _proxy(host, proxies, failure) from None
    except (HTTPError, ValueError) as failure:
        raise _proxy(host, proxies, failure) from None
    return cast("HTTPConnectionPool", pool)


def _certificates() -> tuple[str, str | None]:
    """Return the first variable that names certificates to trust, and what it names."""
    for name in BUNDLES:
        if value := os.environ.get(name):
            return name, value
    return "", None


def _load(name: str, path: str) -> None:
    """Refuse a bundle that can't be read here, where its variable is known."""
    place = Path(path)
    try:
        if place.is_dir():
            return
        ssl.create_default_context(cafile=path)
    except OSError:  # an SSLError too
        raise _bundle(name, path) from None


def _bundle(name: str, path: str | None) -> RequestRefused:
    return RequestRefused(
        _(
            "The variable {name} names certificates that can't be read: {path}. Correct it or unset it, and "
            "restart the kernel; nothing was sent."
        ).format(name=name, path=path)
    )


def _proxy(host: Host, proxies: dict[str, str], failure: Exception) -> RequestRefused:
    chosen = select_proxy(host.url, proxies)
    scheme = host.url.partition(":")[0]
    names = (f"{scheme}_proxy", f"{scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY")
    name = next((each for each in names if os.environ.get(each) == chosen), f"{scheme}_proxy")
    if isinstance(failure, InvalidSchema) and (chosen or "").lower().startswith("socks"):
        return RequestRefused(
            _(
                "The variable {name} names a SOCKS proxy, which needs the package PySocks: type `%pip "
                "install PySocks` and restart the kernel; nothing was sent."
            ).format(name=name)
        )
    return RequestRefused(
        _(
            "The variable {name} names no proxy that can be used: write it as http://host:port, or unset it, "
            "and restart the kernel; nothing was sent."
        ).format(name=name)
    )
