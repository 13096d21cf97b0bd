"""The broker's request signature: three pure functions, the clock of its timestamps, and a `requests` auth.

1. `canonical_request` lays the request out as text.
2. `string_to_sign` is a digest of that text.
3. `sign` is the HMAC-SHA256 of that digest under the app secret, as the ``X-Api-Signature`` header's value.

The body counts only when there is one. Host, port and the other headers are not signed.
`SignatureAuth` signs a request of the library `requests`, which is not imported here: the sandbox needs none.

Source: "How to access an API", step 3 of the broker's documentation, and requests recorded from
the official SDK.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import threading
import time
from collections.abc import Callable, MutableMapping
from typing import Any, NamedTuple, Protocol, TypeVar

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.messages import _

SIGNED_HEADERS = "authorization;x-api-key;x-timestamp"
CONTENT_TYPE = "application/json; charset=utf-8"

log = logging.getLogger(__name__)


class Keys(Protocol):
    """What the signer needs to know of an account."""

    @property
    def app_key(self) -> str:
        """The public half of the key pair."""

    @property
    def app_secret(self) -> str:
        """The half that signs and never travels."""

    @property
    def access_token(self) -> str:
        """The account's token, or ``Bearer ...`` for OAuth."""


def canonical_request(
    method: str, path: str, query: str, body: bytes, *, app_key: str, access_token: str, timestamp: str
) -> str:
    """Lay a request out as the text that is signed.

    Parameters
    ----------
    method, path, query
        As on the request line; `query` is percent-encoded, without its question mark.
    body
        The very bytes that are sent; empty when there is none.
    timestamp
        The ``X-Timestamp`` header: Unix seconds, decimals allowed.
    """
    text = (
        f"{method.upper()}|{path}|{query}|authorization:{access_token}\nx-api-key:{app_key}\n"
        f"x-timestamp:{timestamp}\n|{SIGNED_HEADERS}|"
    )
    return text + _sha1(body) if body else text


def string_to_sign(canonical: str) -> str:
    """Return the digest line of a canonical request."""
    return f"HMAC-SHA256|{_sha1(canonical.encode())}"


def sign(
    method: str,
    path: str,
    query: str,
    body: bytes,
    *,
    app_key: str,
    app_secret: str,
    access_token: str,
    timestamp: str,
) -> str:
    """Return the value of the ``X-Api-Signature`` header."""
    canonical = canonical_request(
        method, path, query, body, app_key=app_key, access_token=access_token, timestamp=timestamp
    )
    digest = string_to_sign(canonical)
    log.debug("%s %s: string to sign %s", method, path, digest)
    mac = hmac.digest(app_secret.encode(), digest.encode(), "sha256").hex()
    return f"HMAC-SHA256 SignedHeaders={SIGNED_HEADERS}, Signature={mac}"


class Explanation(NamedTuple):
    """The steps of a signature: `canonical` with the token and the key masked, the others as they are.

    `signature` is empty where the token is one of OAuth, which travels unsigned.
    """

    canonical: str
    string_to_sign: str
    signature: str


def explain(method: str, path: str, query: str, body: bytes, *, keys: Keys, timestamp: str) -> Explanation:
    """Return the steps of a signature with nothing secret in them.

    ``[access token, 812 characters]`` stands for the token in the canonical request, and likewise the key.
    """
    named = {"app_key": keys.app_key, "access_token": keys.access_token}
    masked = {
        "app_key": _("[app key, {length} characters]").format(length=len(keys.app_key)),
        "access_token": _("[access token, {length} characters]").format(length=len(keys.access_token)),
    }
    if keys.access_token.startswith("Bearer "):
        headers = {
            "Authorization": f"Bearer {masked['access_token']}",
            "X-Api-Key": masked["app_key"],
            "X-Timestamp": timestamp,
        }
        return Explanation("\n".join(f"{name}: {value}" for name, value in headers.items()), "", "")
    digest = string_to_sign(canonical_request(method, path, query, body, **named, timestamp=timestamp))
    return Explanation(
        canonical_request(method, path, query, body, **masked, timestamp=timestamp),
        digest,
        sign(method, path, query, body, **named, app_secret=keys.app_secret, timestamp=timestamp),
    )


_last: dict[str, int] = {}
_last_lock = threading.Lock()


class Clock:
    """Unix time in milliseconds, corrected by `offset` seconds, that never repeats for one app key.

    The broker refuses a request whose key, timestamp and signature it has seen (403202), so the
    timestamps of one key are strictly increasing in this process, whichever clock made them.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self.offset = 0.0

    def now(self) -> float:
        """Return the corrected Unix time in seconds."""
        return self._now() + self.offset

    def stamp(self, app_key: str) -> str:
        """Return the next ``X-Timestamp`` for `app_key`, such as ``1539095200.123``."""
        now = round(self.now() * 1000)
        with _last_lock:
            _last[app_key] = now = max(now, _last.get(app_key, 0) + 1)
        return f"{now // 1000}.{now % 1000:03d}"

    def rewind(self, app_key: str, tolerance: float = 0.0) -> bool:
        """Let the stamps of `app_key` go back to the corrected time: the broker refused those from ahead.

        Returns whether they were ahead, by more than `tolerance` seconds.
        """
        with _last_lock:
            ahead = _last.get(app_key, 0) / 1000 - self.now() > tolerance
            if ahead:
                del _last[app_key]
        return ahead


def _sha1(data: bytes) -> str:
    # SHA-1 is the broker's choice for digests; the signature itself is HMAC-SHA256.
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


class _PreparedRequest(Protocol):
    """What is signed of a `requests.PreparedRequest`."""

    body: Any

    @property
    def method(self) -> str | None: ...
    @property
    def path_url(self) -> str: ...
    @property
    def headers(self) -> MutableMapping[str, str]: ...


Prepared = TypeVar("Prepared", bound=_PreparedRequest)


class SignatureAuth:
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

    def __call__(self, r: Prepared) -> Prepared:
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
