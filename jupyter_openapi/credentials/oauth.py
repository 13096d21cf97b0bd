"""OAuth on this machine: tokens where the official SDK looks for them, or in the keyring, and client ids.

``~/.longbridge/openapi/tokens/<client_id>`` is a JSON object: client_id, access_token, refresh_token or null,
expires_at in Unix seconds. The token travels as ``Authorization: Bearer TOKEN`` with the client id as
``X-Api-Key``, unsigned. The SDK refreshes it within 5 minutes of its end.

A keyring profile that holds such a token has two entries more than another: its refresh token and its end.

The file of settings ``oauth.json`` holds the ids and redirect addresses of the clients that this user has
registered, one for each server that gives tokens, and no secret. All hosts of the broker take each other's
tokens, so they count as one server.

Source: the official SDK's ``crates/oauth`` (token.rs, client.rs).
"""

from __future__ import annotations

import json
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jupyter_openapi.credentials.keyrings import OAUTH_FIELDS, load_profile, store_profile
from jupyter_openapi.credentials.tokens import BEARER, KeyValues
from jupyter_openapi.errors import RequestRefused, guarded
from jupyter_openapi.messages import _
from jupyter_openapi.storage import config_folder, private_folder, replace_text

REFRESH_BEFORE = 300.0  # seconds before the end, as the SDK
LIFETIME = 3600  # seconds, the SDK's guess when the answer names none
_CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
LOG_IN = "`%openapi login --oauth`"


class TokenStore(ABC):
    """Where the tokens of one OAuth client are kept. Holds no secret itself: each method reads the place.

    Attributes
    ----------
    client_id
        The OAuth client's id.
    """

    client_id: str

    @property
    @abstractmethod
    def words(self) -> str:
        """Where it is, for a sentence."""

    @abstractmethod
    def _read(self) -> dict[str, Any]:
        """Return what is kept: client_id, access_token, refresh_token, expires_at; RequestRefused if none."""

    @abstractmethod
    def _write(self, content: dict[str, Any]) -> None:
        """Keep this from now on, in one step as far as the place allows."""

    @abstractmethod
    def held(self) -> bool:
        """Tell whether anything is kept."""

    @property
    def expires(self) -> datetime | None:
        """When the access token ends, in UTC; None when the place doesn't say."""
        end = self._read().get("expires_at")
        if isinstance(end, bool) or not isinstance(end, int | float) or not 0 < end < 10**11:
            return None
        return datetime.fromtimestamp(end, UTC)

    @property
    def can_refresh(self) -> bool:
        """Whether a refresh token is kept."""
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
            Nothing is kept, it can't be read, or the token has ended and can't be refreshed.
        """
        if self.due() and not self.can_refresh:
            raise RequestRefused(
                _(
                    "The OAuth token of client {client_id} ends {expires:%Y-%m-%d %H:%M} UTC and can't be "
                    "refreshed: type {line}."
                ).format(client_id=self.client_id, expires=self.expires, line=LOG_IN)
            )
        return KeyValues(self.client_id, "", BEARER + self._token("access_token"))

    @guarded
    def refresh_form(self) -> dict[str, str]:
        """Return the form to POST to the host's ``/oauth2/token``. It holds a secret: send it, then drop it.

        Raises
        ------
        RequestRefused
            No refresh token is kept.
        """
        return {
            "grant_type": "refresh_token",
            "client_id": self.client_id,
            "refresh_token": self._token("refresh_token"),
        }

    @guarded
    def store(self, answer: Mapping[str, Any], now: float | None = None) -> KeyValues:
        """Keep the token endpoint's answer and return the new credentials.

        The old refresh token stays where the answer brings no new one, and so do fields of other programs.

        Raises
        ------
        RequestRefused
            The answer holds no access token, or it can't be kept.
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
        old = self._read() if self.held() else {}
        self._write(
            {
                **old,
                "client_id": self.client_id,
                "access_token": values.access_token.removeprefix(BEARER),
                "refresh_token": answer.get("refresh_token") or old.get("refresh_token"),
                "expires_at": int(now or time.time()) + seconds,
            }
        )
        return values

    def _token(self, name: str) -> str:
        value = self._read().get(name)
        if not isinstance(value, str) or not value:
            raise RequestRefused(
                _("{place} holds no {name}: type {line}.").format(place=self.words, name=name, line=LOG_IN)
            )
        return value


class OAuthFile(TokenStore):
    """The token file of one OAuth client, the official SDK's own.

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
    def words(self) -> str:
        """The file's path."""
        return str(self.path)

    def held(self) -> bool:
        """Tell whether there is a file."""
        return self.path.is_file()

    def forget(self) -> bool:
        """Delete the file; tell whether there was one."""
        there = self.held()
        self.path.unlink(missing_ok=True)
        return there

    def _write(self, content: dict[str, Any]) -> None:
        try:
            private_folder(self.path.parent)
            replace_text(self.path, json.dumps(content, indent=2))
        except OSError as failure:
            raise RequestRefused(
                _("The new OAuth token can't be written to {path} ({reason}): type {line}.").format(
                    path=self.path, reason=failure.strerror, line=LOG_IN
                )
            ) from None

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise RequestRefused(
                _(
                    "There is no OAuth token for client {client_id} ({path}): type {line}, or use an app "
                    "key, secret and access token."
                ).format(client_id=self.client_id, path=self.path, line=LOG_IN)
            ) from None
        except (OSError, ValueError):
            raise RequestRefused(
                _("{path} can't be read as a token file: type {line}.").format(path=self.path, line=LOG_IN)
            ) from None
        if not isinstance(content, dict):
            raise RequestRefused(
                _("{path} is not a token file: type {line}.").format(path=self.path, line=LOG_IN)
            )
        return content


class OAuthProfile(TokenStore):
    """The tokens of one OAuth client in a profile of the system's keyring.

    Parameters
    ----------
    name
        The profile.
    client_id
        The OAuth client's id; read from the profile if not given.
    """

    def __init__(self, name: str, client_id: str = "") -> None:
        self.name = name
        self.client_id = client_id or load_profile(name).app_key

    def __repr__(self) -> str:
        return f"OAuthProfile({self.name!r})"

    @property
    def words(self) -> str:
        """The profile's name."""
        return _("profile '{name}'").format(name=self.name)

    def held(self) -> bool:
        """Tell whether the profile holds an OAuth token."""
        try:
            return load_profile(self.name).access_token.startswith(BEARER)
        except RequestRefused:
            return False

    def _read(self) -> dict[str, Any]:
        from jupyter_openapi.credentials.keyrings import load_fields

        keys, more = load_profile(self.name), load_fields(self.name, OAUTH_FIELDS)
        end = more["expires_at"]
        return {
            "client_id": keys.app_key,
            "access_token": keys.access_token.removeprefix(BEARER),
            "refresh_token": more["refresh_token"] or None,
            "expires_at": int(end) if end.isdecimal() else None,
        }

    def _write(self, content: dict[str, Any]) -> None:
        keys = KeyValues(self.client_id, "", BEARER + content["access_token"])
        more = {name: str(content.get(name) or "") for name in OAUTH_FIELDS}
        store_profile(self.name, keys, more)


BROKER = "longbridge"
MOST = 20  # servers that are remembered; every sandbox on another port is one


@dataclass(frozen=True, slots=True)
class Registration:
    """One registered client.

    Attributes
    ----------
    client_id
        Its id, which names its token file.
    redirect_uris
        Where the broker's page may send the browser back to.
    """

    client_id: str
    redirect_uris: tuple[str, ...] = ()


def registrations() -> Path:
    """Return where the file of registered clients is, or would be."""
    return config_folder() / "oauth.json"


def registration(server: str = BROKER) -> Registration | None:
    """Return the client registered with a server; None if there is none, or the file can't be read."""
    entry = _registered().get(server)
    if entry is None:
        return None
    try:
        return Registration(str(entry["client_id"]), tuple(map(str, entry["redirect_uris"])))
    except (KeyError, TypeError):
        return None


def keep_registration(server: str, found: Registration | None) -> None:
    """Remember the client of a server from now on; None forgets it.

    Raises
    ------
    RequestRefused
        The file can't be written.
    """
    entries = {name: entry for name, entry in _registered().items() if name != server}
    if found is not None:
        entries[server] = asdict(found)
    broker = {BROKER: entries[BROKER]} if BROKER in entries else {}
    latest = dict(list(entries.items())[-MOST:])
    try:
        private_folder(registrations().parent)
        replace_text(registrations(), json.dumps({**broker, **latest}, indent=2))
    except OSError as failure:
        raise RequestRefused(
            _("The OAuth client's id can't be written to {path} ({reason}).").format(
                path=registrations(), reason=failure.strerror
            )
        ) from None


def _registered() -> dict[str, Any]:
    try:
        content = json.loads(registrations().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {name: entry for name, entry in content.items() if isinstance(entry, dict)}
