"""Putting a refreshed access token back where the old one came from.

The broker's refresh kills the old token, so the new one must not be lost: a profile and a ``.env`` file are
written; for variables and typed credentials it lives in this kernel, and the message says what to type.
OAuth files are refreshed by their own rules (`oauth`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_openapi.credentials.keyrings import store_profile
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.guard import guarded

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openapi.credentials.keys import Credentials
    from jupyter_openapi.credentials.sources import Source

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
STORE = "`from jupyter_openapi.credentials import store_profile; store_profile('main', CREDENTIALS)`"


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a refreshed token.

    Attributes
    ----------
    credentials
        With the new token; use these from now on.
    stored
        Whether it outlives this kernel.
    message
        One sentence for the user, with no secret in it.
    """

    credentials: Credentials
    stored: bool
    message: str


@guarded
def keep_token(source: Source, new: Credentials) -> Kept:
    """Store refreshed credentials where the old ones came from. A place that can't be written is said.

    Parameters
    ----------
    source
        Where the old credentials came from: `Found.source`.
    new
        ``old.with_token(token)``.
    """
    try:
        if source.kind == "profile":
            store_profile(source.name, new)
            return Kept(new, stored=True, message=f"The new token is stored in profile '{source.name}'.")
        if source.kind == "dotenv" and source.path is not None:
            _write_dotenv(source.path, f"{source.name}ACCESS_TOKEN", new)
            return Kept(new, stored=True, message=f"The new token is stored in {source.path}.")
    except RequestRefused as refused:
        problem = f"The new token could not be stored: {refused}"
    except (OSError, UnicodeDecodeError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) else "it is not UTF-8 text"
        problem = f"The new token could not be written to {source.path} ({reason})."
    else:
        problem = f"The old token came from: {source}."
    keep = f"The new token lives in this kernel's memory only; to keep it, type {STORE}"
    if source.kind in {"environment", "dotenv"}:
        keep += f", or put it into {source.name}ACCESS_TOKEN yourself"
    return Kept(new, stored=False, message=f"{problem} {keep}.")


def _write_dotenv(path: Path, name: str, new: Credentials) -> None:
    from dotenv import dotenv_values, set_key

    if path.is_symlink():
        raise RequestRefused(f"{path} is a link to another file; write it there yourself.")
    marked = path.read_bytes()[:3] == BYTE_ORDER_MARK
    set_key(path, name, new.access_token, encoding="utf-8-sig" if marked else "utf-8")
    if dotenv_values(path, interpolate=False, encoding="utf-8-sig").get(name) != new.access_token:
        raise RequestRefused(f"{path} did not take the new value of {name}.")
