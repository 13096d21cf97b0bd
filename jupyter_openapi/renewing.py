"""Exchange an access token for a new one: once, never repeated, because the old one dies.

Source: the broker's "Refresh token" page (``GET /v1/token/refresh``); OAuth 2.0, RFC 6749 section 6.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from jupyter_openapi.credentials.oauth import OAuthFile
from jupyter_openapi.errors import RequestRefused, TransportError
from jupyter_openapi.outcomes import Call
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.build import build, encode_query
from jupyter_openapi.spec.model import Effect

if TYPE_CHECKING:
    from jupyter_openapi.credentials import Credentials
    from jupyter_openapi.hosts import Host
    from jupyter_openapi.transport import Transport

DAYS = 90  # the broker's own lifetime, and the official SDK's default


def renew_token(transport: Transport, old: Credentials, *, days: int = DAYS) -> Credentials:
    """Return the credentials with a new token; the old one no longer works, here or anywhere.

    Raises
    ------
    OutcomeUnknown
        No answer came: the old token may be dead, and the new one is lost with the answer.
    """
    operation = catalog().named("token_refresh")
    ends = datetime.now(UTC) + timedelta(days=days)
    wanted = build(operation, {"expired_at": ends})
    call = Call(
        wanted.method,
        wanted.path,
        encode_query(wanted.query),
        effect=Effect.WRITE,
        limit=operation.limit,
        name="token_refresh",
    )
    return old.with_token(_token(transport.send(call).data))


def renew_oauth(file: OAuthFile, host: Host) -> Credentials:
    """Return new OAuth credentials, which are also in the client's token file.

    Raises
    ------
    RequestRefused
        The file holds no refresh token, or the answer no access token.
    TransportError
        The token endpoint can't be reached, or refused.
    """
    import requests

    with requests.Session() as session:
        session.trust_env = not host.loopback
        session.auth = lambda request: request
        try:
            answer = session.post(
                f"{host.url}/oauth2/token", data=file.refresh_form(), timeout=(5, 30), allow_redirects=False
            )
            content: Any = answer.json()
        except (requests.RequestException, ValueError) as failure:
            problem = (
                f"{host.url}/oauth2/token gave no token ({type(failure).__name__}); the old one was kept."
            )
        else:
            if answer.status_code == 200 and isinstance(content, dict):
                return file.store(content)
            problem = f"{host.url}/oauth2/token refused (HTTP {answer.status_code}); the old token was kept."
    raise TransportError(problem)


def _token(data: Any) -> str:
    token = data.get("token") if isinstance(data, dict) else None
    if not isinstance(token, str) or not token:
        raise RequestRefused("The broker answered without a new token; make one on the developer website.")
    return token
