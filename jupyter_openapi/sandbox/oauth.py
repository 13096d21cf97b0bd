"""The sandbox's token server: registered clients, codes, tokens and refresh tokens.

Strict where a token server must be: redirect addresses match to the letter, PKCE with S256 is demanded, a
code and a refresh token are good once, and a new access token ends the one before it. Only digests of tokens
are kept.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from jupyter_openapi.sandbox.exchange.store import Store

LIFE = 2_592_000  # seconds, as in the broker's example
CODE_LIFE = 300.0
INTERVAL = 1  # seconds between two questions of a device
MOST_CLIENTS = 200


class OAuthError(Exception):
    """An answer of RFC 6749: an `error` name, and words for people."""

    def __init__(self, error: str, words: str = "", status: int = 400) -> None:
        self.error = error
        self.words = words
        self.status = status
        super().__init__(error)


class Holder(NamedTuple):
    """Whom an access token belongs to, and until when (Unix seconds)."""

    client_id: str
    expires_at: float


@dataclass
class Grant:
    """A code that was given out: for which client, and what it takes; `agreed` is None until asked."""

    client_id: str
    ends: float
    redirect_uri: str = ""
    challenge: str = ""
    user_code: str = ""
    agreed: bool | None = None


class TokenBook:
    """Clients and tokens of one sandbox.

    Parameters
    ----------
    store
        Where they survive a restart; codes do not.
    mint
        Makes an access token that ends at a moment.
    """

    def __init__(
        self, store: Store, mint: Callable[[float], str], now: Callable[[], float] = time.time
    ) -> None:
        self.life = LIFE
        self.renewals = 0
        self._store = store
        self._mint = mint
        self._now = now
        kept = store.setting("oauth") or {}
        self._clients: dict[str, list[str]] = kept.get("clients", {})
        self._tokens: dict[str, list[Any]] = kept.get("tokens", {})  # digest: client, end
        self._refresh: dict[str, str] = kept.get("refresh", {})  # digest: client
        self._codes: dict[str, Grant] = {}
        self._devices: dict[str, Grant] = {}

    def holder(self, token: str) -> Holder | None:
        """Return whom an access token belongs to, also when it has ended."""
        found = self._tokens.get(_digest(token))
        return Holder(str(found[0]), float(found[1])) if found else None

    def knows(self, client_id: str) -> bool:
        """Tell whether a client is registered."""
        return client_id in self._clients

    def register(self, redirect_uris: Sequence[str]) -> str:
        """Register a client and return its id."""
        client_id = secrets.token_hex(16)
        self._clients[client_id] = list(redirect_uris)
        for old in list(self._clients)[:-MOST_CLIENTS]:
            del self._clients[old]
        self._keep()
        return client_id

    def may_return_to(self, client_id: str, uri: str) -> bool:
        """Tell whether a client has registered this redirect address."""
        return uri in self._clients.get(client_id, ())

    def give_code(self, client_id: str, redirect_uri: str, challenge: str) -> str:
        """Return a code for a client that the account's owner agreed to."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = Grant(client_id, self._now() + CODE_LIFE, redirect_uri, challenge)
        return code

    def start_device(self, client_id: str) -> tuple[str, Grant]:
        """Return a device's code, and what its owner will be shown."""
        if client_id not in self._clients:
            raise OAuthError("invalid_client", "unknown client", 401)
        code = secrets.token_urlsafe(24)
        shown = f"{secrets.token_hex(2)}-{secrets.token_hex(2)}".upper()
        self._devices[code] = Grant(client_id, self._now() + CODE_LIFE, user_code=shown)
        return code, self._devices[code]

    def decide_device(self, user_code: str, *, agreed: bool) -> bool:
        """Note what the account's owner said; False where the code is unknown or has ended."""
        for grant in self._devices.values():
            if grant.user_code == user_code and grant.ends > self._now():
                grant.agreed = agreed
                return True
        return False

    def exchange(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Answer the token endpoint's form."""
        match form.get("grant_type"):
            case "authorization_code":
                return self._by_code(form)
            case "refresh_token":
                return self._by_refresh(form)
            case "urn:ietf:params:oauth:grant-type:device_code":
                return self._by_device(form)
        raise OAuthError("unsupported_grant_type")

    def _by_code(self, form: Mapping[str, str]) -> dict[str, Any]:
        grant = self._codes.pop(form.get("code", ""), None)
        if grant is None or grant.ends <= self._now():
            raise OAuthError("invalid_grant", "code not found")
        if form.get("client_id") != grant.client_id or form.get("redirect_uri") != grant.redirect_uri:
            raise OAuthError("invalid_grant", "the code is another client's")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != grant.challenge:
            raise OAuthError("invalid_grant", "code_verifier does not match")
        return self._issue(grant.client_id)

    def _by_refresh(self, form: Mapping[str, str]) -> dict[str, Any]:
        client = self._refresh.get(_digest(form.get("refresh_token", "")))
        if client is None or client != form.get("client_id"):
            raise OAuthError("invalid_grant", "refresh token not found")
        self.renewals += 1
        return self._issue(client)

    def _by_device(self, form: Mapping[str, str]) -> dict[str, Any]:
        code = form.get("device_code", "")
        grant = self._devices.get(code)
        if grant is None or form.get("client_id") != grant.client_id:
            raise OAuthError("invalid_grant", "device code not found")
        if grant.ends <= self._now():
            raise OAuthError("expired_token")
        if grant.agreed is None:
            raise OAuthError("authorization_pending")
        del self._devices[code]
        if not grant.agreed:
            raise OAuthError("access_denied")
        return self._issue(grant.client_id)

    def _issue(self, client_id: str) -> dict[str, Any]:
        self._tokens = {each: held for each, held in self._tokens.items() if held[0] != client_id}
        self._refresh = {each: client for each, client in self._refresh.items() if client != client_id}
        ends = self._now() + self.life
        access, refresh = self._mint(ends), secrets.token_urlsafe(32)
        self._tokens[_digest(access)] = [client_id, ends]
        self._refresh[_digest(refresh)] = client_id
        self._keep()
        return {
            "access_token": access,
            "refresh_token": refresh,
            "expires_in": self.life,
            "token_type": "Bearer",
        }

    def end_refresh_tokens(self) -> None:
        """End every refresh token, as time does."""
        self._refresh.clear()
        self._keep()

    def _keep(self) -> None:
        with self._store.transaction():
            kept = {"clients": self._clients, "tokens": self._tokens, "refresh": self._refresh}
            self._store.set_setting("oauth", kept)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
