"""OAuth tokens where the official SDK and the broker's CLI keep them.

``~/.longbridge/openapi/tokens/<client_id>`` is a JSON object: client_id, access_token, refresh_token or null,
expires_at in Unix seconds. The token travels as ``Authorization: Bearer TOKEN`` with the client id as
``X-Api-Key``, unsigned. The SDK refreshes it within 5 minutes of its end.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jupyter_openapi.credentials.tokens import BEARER, KeyValues
from jupyter_openapi.errors import RequestRefused, guarded
from jupyter_openapi.messages import _
from jupyter_openapi.storage import replace_text

REFRESH_BEFORE = 300.0  # seconds before the end, as the SDK
LIFETIME = 3600  # seconds, the SDK's guess when the answer names none
_CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class OAuthFile:
    """The token file of one OAuth client. Holds no secret itself: each method reads the file.

    Parameters
    ----------
    client_id
        The OAuth client's id, which is the file's name.
    home
        Instead of the user's home folder.
    """

    def __init__(self, client_id: str, home: Path | None = None) -> None:
        if not _CLIENT_ID.fullmatch(client_id):
            raise RequestRefused(_("An OAuth client id is letters, digits, dots, dashes and underscores."))
        self.client_id = client_id
        self.path = (home or Path.home()) / ".longbridge" / "openapi" / "tokens" / client_id

    def __repr__(self) -> str:
        return f"OAuthFile({self.client_id!r})"

    @property
    def expires(self) -> datetime | None:
        """When the access token ends, in UTC; None when the file doesn't say."""
        end = self._read().get("expires_at")
        if isinstance(end, bool) or not isinstance(end, int | float) or not 0 < end < 10**11:
            return None
        return datetime.fromtimestamp(end, UTC)

    @property
    def can_refresh(self) -> bool:
        """Whether the file holds a refresh token."""
        return bool(self._read().get("refresh_token"))

    def due(self, now: float | None = None) -> bool:
        """Return whether the token has ended or ends within 5 minutes (`now` in Unix seconds)."""
        expires = self.expires
        return expires is not None and expires.timestamp() - (now or time.time()) < REFRESH_BEFORE

    @guarded
    def load(self) -> KeyValues:
        """Return the client's credentials.

        Raises
        ------
        RequestRefused
            There is no such file, it can't be read, or its token has ended and can't be refreshed.
        """
        if self.due() and not self.can_refresh:
            raise RequestRefused(
                _(
                    "The OAuth token of client {client_id} ends {expires:%Y-%m-%d %H:%M} UTC and can't be "
                    "refreshed: log in again with the program that made it."
                ).format(client_id=self.client_id, expires=self.expires)
            )
        return KeyValues(self.client_id, "", BEARER + self._token("access_token"))

    @guarded
    def refresh_form(self) -> dict[str, str]:
        """Return the form to POST to the host's ``/oauth2/token``. It holds a secret: send it, then drop it.

        Raises
        ------
        RequestRefused
            The file holds no refresh token.
        """
        return {
            "grant_type": "refresh_token",
            "client_id": self.client_id,
            "refresh_token": self._token("refresh_token"),
        }

    @guarded
    def store(self, answer: Mapping[str, Any], now: float | None = None) -> KeyValues:
        """Write the token endpoint's answer to the file and return the new credentials.

        The old refresh token stays where the answer brings no new one, and so do fields of other programs.

        Raises
        ------
        RequestRefused
            The answer holds no access token, or the file can't be written.
        """
        token = answer.get("access_token")
        if not isinstance(token, str) or not token:
            raise RequestRefused(
                _("The token endpoint answered without an access token; the old one was kept.")
            )
        values = KeyValues(self.client_id, "", BEARER + token).cleaned()
        if problem := values.problem():
            raise RequestRefused(problem)
        life = answer.get("expires_in")
        seconds = int(life) if isinstance(life, int | float) and life > 0 else LIFETIME
        old = self._read()
        new = {
            **old,
            "client_id": self.client_id,
            "access_token": token,
            "refresh_token": answer.get("refresh_token") or old.get("refresh_token"),
            "expires_at": int(now or time.time()) + seconds,
        }
        try:
            replace_text(self.path, json.dumps(new, indent=2))
        except OSError as failure:
            raise RequestRefused(
                _(
                    "The new OAuth token can't be written to {path} ({reason}): log in again with the "
                    "program that made the file."
                ).format(path=self.path, reason=failure.strerror)
            ) from None
        return values

    def _token(self, name: str) -> str:
        value = self._read().get(name)
        if not isinstance(value, str) or not value:
            raise RequestRefused(
                _("{path} holds no {name}: log in again with the program that made it.").format(
                    path=self.path, name=name
                )
            )
        return value

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise RequestRefused(
                _(
                    "There is no OAuth token for client {client_id} ({path}): log in first with the official "
                    "SDK or CLI, or use an app key, secret and access token."
                ).format(client_id=self.client_id, path=self.path)
            ) from None
        except (OSError, ValueError):
            raise RequestRefused(
                _("{path} can't be read as a token file: log in again with the program that made it.").format(
                    path=self.path
                )
            ) from None
        if not isinstance(content, dict):
            raise RequestRefused(
                _("{path} is not a token file: log in again with the program that made it.").format(
                    path=self.path
                )
            )
        return content
