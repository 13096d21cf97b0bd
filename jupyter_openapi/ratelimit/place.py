"""Where the limits are kept: files of this user, or a Redis server that kernels on several machines share."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.messages import _

VARIABLE = "LONGBRIDGE_LIMITS_URL"
SCHEMES = ("redis", "rediss", "unix")


def choose_limits_url(given: str | None = None, environ: Mapping[str, str] | None = None) -> str | None:
    """Return the Redis server's URL: the one given, else the environment's; None for this user's files.

    Raises
    ------
    RequestRefused
        It is no URL of a Redis server.
    """
    variables = os.environ if environ is None else environ
    where, url = ("limits_url", given) if given is not None else (VARIABLE, variables.get(VARIABLE, ""))
    url = url.strip()
    if not url:
        return None
    check_limits_url(url, where)
    return url


def check_limits_url(url: str, where: str, *, password: bool = True) -> None:
    """Refuse what is no URL of a Redis server, never repeating it; without `password` also one that has one.

    Raises
    ------
    RequestRefused
        It can't be used.
    """
    try:
        parts = urlsplit(url)
        fits = parts.scheme in SCHEMES and bool(parts.path if parts.scheme == "unix" else parts.hostname)
        secret = parts.password is not None or "password=" in parts.query
    except ValueError:
        fits, secret = False, False
    if not fits or not url.isprintable() or " " in url:
        raise RequestRefused(
            _(
                "{where} is a Redis server, such as redis://127.0.0.1:6379/0 or unix:///run/redis.sock."
            ).format(where=where)
        )
    if secret and not password:
        raise RequestRefused(
            _(
                "{where} would keep a password where others may read it: leave it out here, or set "
                "{variable} for the whole URL."
            ).format(where=where, variable=VARIABLE)
        )


def shown(url: str) -> str:
    """Return a URL as it may be shown: without user, password and options."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"unix://{parts.path}"
    name = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{name}{port}{parts.path}"
