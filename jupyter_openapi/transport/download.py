"""Fetch a presigned file, a statement say, with no credentials of ours."""

from __future__ import annotations

from urllib.parse import urlsplit

import requests

from jupyter_openapi.errors import RequestRefused, TransportError
from jupyter_openapi.messages import _

LARGEST = 256 * 2**20


def download(url: str, *, limit: int = LARGEST) -> bytes:
    """Return the bytes behind a presigned address.

    Raises
    ------
    RequestRefused
        The address is not https (or loopback).
    TransportError
        It can't be fetched, or is larger than `limit` bytes. Redirects are not followed.
    """
    parts = urlsplit(url)
    loopback = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        raise RequestRefused(_("A download needs an https address."))
    with requests.Session() as session:
        # Proxies and CA bundles of the environment apply; netrc must not add a password.
        session.trust_env = not loopback
        session.auth = lambda request: request
        try:
            with session.get(url, timeout=(5, 60), allow_redirects=False, stream=True) as response:
                status, content = response.status_code, b"".join(_bounded(response, limit))
        except requests.RequestException as failure:
            raise TransportError(
                _("The download from {hostname} failed ({kind}).").format(
                    hostname=parts.hostname, kind=type(failure).__name__
                )
            ) from None
    if status != 200:
        raise TransportError(
            _("The download from {hostname} failed: HTTP {status}.").format(
                hostname=parts.hostname, status=status
            ),
            http_status=status,
        )
    if len(content) > limit:
        raise TransportError(_("The file is larger than {limit:,} bytes.").format(limit=limit))
    return content


def _bounded(response: requests.Response, limit: int) -> list[bytes]:
    parts: list[bytes] = []
    size = 0
    for part in response.iter_content(1 << 16):
        parts.append(part)
        size += len(part)
        if size > limit:
            break
    return parts
