"""The broker's limits, kept by all kernels of a user together.

- `rates`: the limits as numbers, and when the next request may go.
- `limiter`: `Limiter` and its turns.
- `sqlite`, `redis`: what a limit remembers, in files on this machine or in Redis for several machines.
"""

from __future__ import annotations

import hashlib
import tempfile
import weakref
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING

from jupyter_openapi.messages import _
from jupyter_openapi.ratelimit.limiter import Limiter, Turn
from jupyter_openapi.ratelimit.rates import RARE, RATES, Kind, LimitsUnavailable, Rate

if TYPE_CHECKING:
    from jupyter_openapi.ratelimit.rates import LimitStore

__all__ = ["RATES", "Limiter", "LimitsUnavailable", "Rate", "Turn", "limiter_for"]


def limiter_for(
    key_digest: str,
    *,
    quote_digest: str | None = None,
    directory: Path | None = None,
    redis_url: str | None = None,
    notify: Callable[[str], None] | None = None,
    alone: bool = False,
    rates: Mapping[Kind, Rate] = RATES,
    patience: float = 120.0,
) -> Limiter:
    """Return the limiter of an account, shared with every other process that asks for the same one.

    Parameters
    ----------
    key_digest
        A name for the account (`Credentials.account_digest`); it is hashed again before it names a file.
    quote_digest
        A name for the app key (`Credentials.key_digest`), whose accounts share the limit on quotes; the same
        as `key_digest` where it is not given.
    directory
        Instead of this user's state folder.
    redis_url
        Keep the limits in Redis instead, where kernels on several machines share an account.
    notify
        Called with one sentence when a wait is longer than a second.
    alone
        Keep the limits in a folder of this process's own, which no other shares: for reading where
        `LimitsUnavailable` was raised. Don't trade so.
    rates, patience
        The limits, and the longest wait in seconds.

    Raises
    ------
    LimitsUnavailable
        SQLite or file locks don't work in the folder, or Redis does not answer.
    """
    names: dict[Kind, str] = {
        "trade": _name("trade", key_digest),
        "quote": _name("quote", quote_digest or key_digest),
        "read": _name("read", key_digest),
        "candle": _name("candle", quote_digest or key_digest),
        "topic": _name("topic", key_digest),
        "topic_day": _name("topic_day", key_digest),
    }
    stores: dict[Kind, LimitStore] = {}
    own = _own_folder() if alone else None

    def opened(kind: Kind) -> LimitStore:
        if redis_url is not None and own is None:
            from jupyter_openapi.ratelimit.redis import RedisStore

            return RedisStore(redis_url, names[kind], rates[kind])
        from jupyter_openapi.ratelimit.sqlite import SqliteStore
        from jupyter_openapi.storage import state_folder

        if own is not None:
            return SqliteStore(own, names[kind], rates[kind], variable="TMPDIR")
        return SqliteStore(directory or state_folder() / "limits", names[kind], rates[kind])

    try:
        for kind in rates:
            if kind not in RARE:
                stores[kind] = opened(kind)
    except BaseException:
        for each in stores.values():
            each.close()
        raise
    limiter = Limiter(
        stores, notify, patience, later={kind: partial(opened, kind) for kind in rates if kind in RARE}
    )
    if own is not None:
        weakref.finalize(limiter, rmtree, own, ignore_errors=True)
    return limiter


def _own_folder() -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix="jupyter-openapi-"))
    except OSError as failure:
        raise LimitsUnavailable(
            _(
                "There is no folder to count the broker's calls in ({reason}), so nothing was sent. Set "
                "TMPDIR to a folder on this machine's own disk and restart the kernel."
            ).format(reason=failure.strerror or failure)
        ) from None


def _name(kind: Kind, digest: str) -> str:
    return f"{kind}-{hashlib.sha256(digest.encode()).hexdigest()[:24]}"
