"""The broker's request signature: the functions of `signature`, and a `requests` auth that signs last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from requests.auth import AuthBase

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.messages import _
from jupyter_openapi.signature import (
    CONTENT_TYPE,
    SIGNED_HEADERS,
    Clock,
    Explanation,
    Keys,
    canonical_request,
    explain,
    sign,
    string_to_sign,
)

if TYPE_CHECKING:
    from requests import PreparedRequest

__all__ = [
    "CONTENT_TYPE",
    "SIGNED_HEADERS",
    "Clock",
    "Explanation",
    "Keys",
    "SignatureAuth",
    "canonical_request",
    "explain",
    "sign",
    "string_to_sign",
]


class SignatureAuth(AuthBase):
    """Sign a prepared request; `requests` calls it last, so what is signed is what is sent.

    A token that starts with ``Bearer`` (OAuth) travels unsigned, as the broker wants it.

    Examples
    --------
    >>> import requests
    >>> requests.get("https://openapi.longbridge.com/v1/asset/stock",
    ...              auth=SignatureAuth(Credentials.from_env()), timeout=30)   # doctest: +SKIP
    """

    def __init__(self, credentials: Keys, clock: Clock | None = None) -> None:
        self._keys = credentials
        self._clock = clock or Clock()

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Set the four headers of the signature on `r`."""
        if isinstance(r.body, str):
            r.body = r.body.encode()
        body: object = r.body or b""
        if not isinstance(body, bytes):
            raise RequestRefused(_("A streamed body can't be signed: pass its bytes."))
        path, _mark, query = r.path_url.partition("?")
        r.headers.setdefault("Content-Type", CONTENT_TYPE)
        r.headers.update(self.headers(r.method or "GET", path, query, body))
        return r

    def headers(self, method: str, path: str, query: str, body: bytes) -> dict[str, str]:
        """Return ``X-Api-Key``, ``Authorization``, ``X-Timestamp`` and, unless OAuth, ``X-Api-Signature``."""
        keys = self._keys
        stamp = self._clock.stamp(keys.app_key)
        head = {"X-Api-Key": keys.app_key, "Authorization": keys.access_token, "X-Timestamp": stamp}
        if not keys.access_token.startswith("Bearer "):
            head["X-Api-Signature"] = sign(
                method,
                path,
                query,
                body,
                app_key=keys.app_key,
                app_secret=keys.app_secret,
                access_token=keys.access_token,
                timestamp=stamp,
            )
        return head
