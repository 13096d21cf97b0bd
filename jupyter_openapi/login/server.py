"""The endpoints that give OAuth tokens: register a client, authorize it, exchange and renew.

Answers are bare JSON without the broker's envelope. No answer, code or token is ever repeated in a message.

Source: the broker's documentation ("Get started", "Refresh token"), its OpenAPI document and the official
SDK's ``crates/oauth``; for the device's login, which the documents do not describe, the broker's own
command-line program (``longbridge-terminal``, ``src/auth.rs``).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from jupyter_openapi.credentials.oauth import BROKER
from jupyter_openapi.credentials.tokens import BEARER, token_facts
from jupyter_openapi.errors import RequestRefused, TransportError, clean, short
from jupyter_openapi.messages import _
from jupyter_openapi.transport.hosts import GLOBAL, Host

CLIENT_NAME = "jupyter-openapi"
SCOPE = "3"  # as the broker's documents have it; the official SDK sends none
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
TIMEOUT = (5, 30)


class TokenRefused(TransportError):
    """The token server answered with an error of OAuth; `error` is its name, such as ``invalid_grant``."""

    def __init__(self, message: str, error: str, http_status: int) -> None:
        self.error = error
        super().__init__(message, http_status=http_status)


def denied() -> RequestRefused:
    """Return the error of a login that the account's owner did not agree to."""
    return RequestRefused(
        _("Access was denied on the broker's page; nothing was kept. Type the line again to try again.")
    )


@dataclass(frozen=True, slots=True)
class Challenge:
    """One PKCE pair (RFC 7636, S256); the verifier is a secret until it is used."""

    verifier: str
    challenge: str

    def __repr__(self) -> str:
        return "Challenge(...)"

    @classmethod
    def fresh(cls) -> Challenge:
        """Return a new pair."""
        verifier = secrets.token_urlsafe(64)
        digest = hashlib.sha256(verifier.encode()).digest()
        return cls(verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode())


class TokenServer:
    """The server that gives tokens, at one host."""

    def __init__(self, host: Host) -> None:
        self.host = host

    def __repr__(self) -> str:
        return f"TokenServer({self.host.url!r})"

    @property
    def name(self) -> str:
        """What a registration is kept under: all hosts of the broker are one server."""
        return BROKER if self.host.known else self.host.url

    def register(self, redirect_uris: Sequence[str], *, device: bool = False) -> str:
        """Register a public client and return its id.

        Parameters
        ----------
        redirect_uris
            Where the browser may be sent back to.
        device
            Ask for no particular grants, as the broker's program does before a device's login.
        """
        wanted: dict[str, Any] = {"client_name": CLIENT_NAME, "redirect_uris": list(redirect_uris)}
        if not device:
            wanted |= {
                "grant_types": ["authorization_code", "refresh_token"],
                "response_types": ["code"],
                "token_endpoint_auth_method": "none",
            }
        answer = self._post("register", json=wanted)
        client_id = answer.get("client_id")
        if not isinstance(client_id, str) or not client_id:
            raise TransportError(
                _("{url}/oauth2/register answered without a client id; try again later.").format(
                    url=self.host.url
                )
            )
        return client_id

    def authorize_url(self, client_id: str, redirect_uri: str, state: str, challenge: str) -> str:
        """Return the address of the page where the account's owner agrees. It holds no secret."""
        query = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": redirect_uri,
            "scope": SCOPE,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self.host.url}/oauth2/authorize?{urlencode(query)}"

    def exchange(self, client_id: str, redirect_uri: str, code: str, verifier: str) -> dict[str, Any]:
        """Return the token server's answer to an authorization code."""
        form = {
            "grant_type": "authorization_code",
            "client_id": client_id,
            "redirect_uri": redirect_uri,
            "code": code,
            "code_verifier": verifier,
        }
        return self._post("token", credential=code, data=form)

    def renew(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Return the token server's answer to a refresh token's form; it is sent once."""
        return self._post("token", credential=form["refresh_token"], data=dict(form))

    def start_device(self, client_id: str) -> dict[str, Any]:
        """Return the codes of a device's login."""
        return self._post("device/authorize", data={"client_id": client_id})

    def ask_device(self, client_id: str, device_code: str, region: str) -> dict[str, Any]:
        """Ask one data centre whether the login was agreed to; TokenRefused says what not yet, or no more."""
        form = {"client_id": client_id, "grant_type": DEVICE_GRANT, "device_code": device_code}
        return self._post("token", region=region, data=form)

    def _post(self, path: str, *, credential: str = "", region: str = "", **body: Any) -> dict[str, Any]:
        """POST once and return the JSON object of the answer.

        Raises
        ------
        TokenRefused
            It answered with an error of OAuth.
        TransportError
            It can't be reached, or answered with something else.
        """
        import requests

        region = region or token_facts(BEARER + credential).region
        # Accounts of the US data centre can only be reached by way of the global host.
        base = GLOBAL if region == "us" and self.host.known else self.host.url
        with requests.Session() as session:
            session.trust_env = not self.host.loopback
            session.auth = lambda request: request  # netrc never applies
            try:
                answer = session.post(
                    f"{base}/oauth2/{path}",
                    timeout=TIMEOUT,
                    allow_redirects=False,
                    headers={"x-dc-region": region},
                    **body,
                )
                content: Any = answer.json()
            except (requests.RequestException, ValueError) as failure:
                raise TransportError(
                    _("{url}/oauth2/{path} gave no answer ({error}); try again.").format(
                        url=base, path=path, error=type(failure).__name__
                    )
                ) from None
        if answer.ok and isinstance(content, dict):
            return content
        raise self._refusal(base, path, answer.status_code, content)

    @staticmethod
    def _refusal(base: str, path: str, status: int, content: Any) -> TransportError:
        error = content.get("error") if isinstance(content, dict) else None
        place = f"{base}/oauth2/{path}"
        if not isinstance(error, str):
            return TransportError(
                _("{place} refused (HTTP {status}).").format(place=place, status=status), http_status=status
            )
        name = short(clean(error), 40)
        return TokenRefused(
            _("{place} refused: {error} (HTTP {status}).").format(place=place, error=name, status=status),
            name,
            status,
        )


def code_of(text: str, state: str) -> str:
    """Return the code in what a person pasted: the address they were sent to, its query, or the code alone.

    Raises
    ------
    RequestRefused
        It holds no code, says that access was denied, or belongs to another login.
    """
    from urllib.parse import parse_qs

    pasted = text.strip().strip("\"'`<>")
    if not pasted:
        raise RequestRefused(_("Nothing was pasted; nothing was kept. Type the line again."))
    if "=" not in pasted or not any(mark in pasted for mark in ("code=", "error=", "state=")):
        return pasted
    found = parse_qs(pasted.partition("?")[2] or pasted)
    return read_callback({name: values[0] for name, values in found.items()}, state)


def read_callback(found: Mapping[str, str], state: str) -> str:
    """Return the code that the broker's page sent back.

    Raises
    ------
    RequestRefused
        It sent an error, or its state is not that of this login.
    """
    if not secrets.compare_digest(found.get("state", "").encode(), state.encode()):
        raise RequestRefused(
            _(
                "The answer belongs to another login (its state differs); nothing was kept. Type the line "
                "again and open the link that it shows."
            )
        )
    if error := found.get("error", ""):
        if error == "access_denied":
            raise denied()
        said = short(clean(found.get("error_description") or error), 80)
        raise RequestRefused(
            _("The broker's page refused ({said}); nothing was kept. Type the line again.").format(said=said)
        )
    if not found.get("code"):
        raise RequestRefused(_("The answer holds no code; nothing was kept. Type the line again."))
    return found["code"]
