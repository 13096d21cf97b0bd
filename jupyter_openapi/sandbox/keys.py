"""The sandbox's credentials: random for each database, kept in it, one set at a time.

The access token is a JWT shaped like the broker's, so that a client can read its expiry and that the
account is a paper account. It is looked up, never decoded, when it comes back.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_openapi.sandbox.store import Store

LIFETIME = 90 * 86400
CHANNEL = "lb_papertrading"


@dataclass(frozen=True, slots=True)
class Keys:
    """One app key, its secret, the access token in force, and when that ends (Unix seconds)."""

    app_key: str
    app_secret: str
    access_token: str
    issued_at: float
    expires_at: float
    member_id: int
    aaid: int


class KeyRing:
    """The keys in force; `refresh` replaces the token, and the old one is dead from then on."""

    def __init__(self, store: Store) -> None:
        self._store = store
        kept = store.setting("keys")
        self.keys = Keys(**kept) if kept else _new_keys()
        if self.keys.expires_at <= time.time():
            self.refresh(time.time() + LIFETIME)
        elif not kept:
            self._keep()

    def refresh(self, expires_at: float) -> Keys:
        """Issue a new token that lives until `expires_at`."""
        now = time.time()
        old = asdict(self.keys)
        token = _token(self.keys.app_key, self.keys.aaid, self.keys.member_id, now, expires_at)
        self.keys = Keys(**(old | {"access_token": token, "issued_at": now, "expires_at": expires_at}))
        self._keep()
        return self.keys

    def _keep(self) -> None:
        with self._store.transaction():
            self._store.set_setting("keys", asdict(self.keys))


def _new_keys() -> Keys:
    key, secret = secrets.token_hex(16), secrets.token_hex(32)
    member, aaid = 10_000_000 + secrets.randbelow(89_000_000), 20_000_000 + secrets.randbelow(79_000_000)
    now = time.time()
    token = _token(key, aaid, member, now, now + LIFETIME)
    return Keys(key, secret, token, now, now + LIFETIME, member, aaid)


def _token(app_key: str, aaid: int, member: int, issued: float, expires: float) -> str:
    claims = {
        "iss": "jupyter-openapi-sandbox",
        "sub": "access_token",
        "iat": int(issued),
        "exp": int(expires),
        "ak": app_key,
        "aaid": aaid,
        "ac": CHANNEL,
        "mid": member,
        "sid": secrets.token_urlsafe(16),
    }
    text = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    mac = hmac.new(secrets.token_bytes(32), text.encode(), hashlib.sha256).digest()
    return f"{text}.{_base64(mac)}"


def _part(value: dict[str, object]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
