"""Which account something on disk belongs to, as a name that tells no secret."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from jupyter_openapi.portfolio.reading import Source

_NAME = re.compile(r"[a-z]+-[a-z0-9]{4,64}")


def owner_of(source: Source) -> str:
    """Return a name for a client's account that stays the same from day to day: ``paper-a3f81c09be42``.

    Made from the connection's own digest of the account where it has one, else from what is shown of it: its
    last digits, or where its keys came from; a sandbox's also from its address.
    """
    account = source.account
    known = str(getattr(getattr(source, "connection", None), "owner", ""))
    if not known:
        place = urlsplit(account.host).netloc if account.mode == "sandbox" else ""
        known = "\n".join((account.digits or account.source, place))
    digest = hashlib.sha256(f"{account.mode}\n{known}".encode()).hexdigest()
    return f"{account.mode}-{digest[:12]}"


def is_owner(name: str) -> bool:
    """Tell whether a folder's name is one of `owner_of`."""
    return _NAME.fullmatch(name) is not None
