"""OAuth clients that this user has registered: one for each server that gives tokens.

The file of settings ``oauth.json`` holds client ids and redirect addresses, and no secret. All hosts of the
broker take each other's tokens, so they count as one server.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.messages import _
from jupyter_openapi.storage import config_folder, private_folder, replace_text

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


def path() -> Path:
    """Return where the file is, or would be."""
    return config_folder() / "oauth.json"


def registration(server: str = BROKER) -> Registration | None:
    """Return the client registered with a server; None if there is none, or the file can't be read."""
    entry = _all().get(server)
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
    entries = {name: entry for name, entry in _all().items() if name != server}
    if found is not None:
        entries[server] = asdict(found)
    broker = {BROKER: entries[BROKER]} if BROKER in entries else {}
    latest = dict(list(entries.items())[-MOST:])
    try:
        private_folder(path().parent)
        replace_text(path(), json.dumps({**broker, **latest}, indent=2))
    except OSError as failure:
        raise RequestRefused(
            _("The OAuth client's id can't be written to {path} ({reason}).").format(
                path=path(), reason=failure.strerror
            )
        ) from None


def _all() -> dict[str, Any]:
    try:
        content = json.loads(path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {name: entry for name, entry in content.items() if isinstance(entry, dict)}
