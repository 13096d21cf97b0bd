"""Renew an OAuth token before it ends: once, for all threads and processes that use it.

The official SDK renews the same file by itself and locks nothing, so the place is read again before a new
token is asked for, and once more where the old refresh token is refused.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from jupyter_openapi.credentials import Credentials
from jupyter_openapi.credentials.oauth import LOG_IN, REFRESH_BEFORE, TokenStore
from jupyter_openapi.errors import OpenAPIError, RequestRefused
from jupyter_openapi.login.server import TokenRefused, TokenServer
from jupyter_openapi.messages import _
from jupyter_openapi.storage import FileLock, private_folder, state_folder
from jupyter_openapi.transport.hosts import Host

AGAIN = 30.0  # seconds before a renewal that failed is tried again
PATIENCE = 60.0  # seconds for another process's renewal
POLL = 0.05

log = logging.getLogger(__name__)


class Renewal:
    """Keeps one OAuth token fresh; safe to use from several threads and processes.

    Parameters
    ----------
    store
        Where the tokens are kept.
    host
        Whose token server renews them.
    used
        The credentials in use, read from there.
    adopt
        Called with the new credentials.

    Attributes
    ----------
    problem
        Why the last renewal failed and what to type, in one sentence; empty when all is well.
    """

    def __init__(
        self, store: TokenStore, host: Host, used: Credentials, adopt: Callable[[Credentials], None]
    ) -> None:
        self.problem = ""
        self._store = store
        self._server = TokenServer(host)
        self._adopt = adopt
        self._lock = threading.RLock()
        self._used = used
        self._due_at = 0.0  # so that the first request finds what another program has put there

    def __repr__(self) -> str:
        return f"<Renewal in {self._store.words}>"

    def fresh(self) -> None:
        """Renew the token if it is about to end. Never raises: `problem` says what went wrong."""
        if time.time() < self._due_at:
            return
        with self._lock:
            if time.time() < self._due_at:
                return
            try:
                self._renew(force=False)
            except OpenAPIError as problem:
                self.problem = str(problem)
                self._due_at = time.time() + AGAIN
                log.warning("%s", problem)

    def replaced(self) -> bool:
        """Adopt a token that another program has put there since; tell whether it did. Never raises."""
        with self._lock:
            try:
                return self._look()
            except OpenAPIError:
                return False

    def now(self) -> Credentials:
        """Renew at once and return the new credentials; where another program was first, those it got.

        Raises
        ------
        RequestRefused
            There is no refresh token, or it has ended: log in again.
        TransportError
            The token server can't be reached.
        """
        with self._lock:
            return self._renew(force=True)

    def _renew(self, *, force: bool) -> Credentials:
        with self._alone():
            if (self._look() and not self._store.due()) or not (force or self._store.due()):
                self._plan()
                return self._used  # another process was first
            try:
                self._store.store(self._server.renew(self._store.refresh_form()))
            except TokenRefused as refused:
                if self._look():
                    return self._used
                raise RequestRefused(
                    _("The OAuth login has ended ({error}): type {line}.").format(
                        error=refused.error, line=LOG_IN
                    )
                ) from None
            return self._take(Credentials.from_store(self._store))

    def _look(self) -> bool:
        """Read the place; adopt a token that is not the one in use, and tell whether there was one."""
        found = Credentials.from_store(self._store)
        if found.same_as(self._used):
            return False
        self._take(found)
        return True

    def _take(self, found: Credentials) -> Credentials:
        self._used = found
        self.problem = ""
        self._plan()
        self._adopt(found)
        return found

    def _plan(self) -> None:
        """Note when to renew next."""
        try:
            expires = self._store.expires
        except OpenAPIError:
            expires = None
        self._due_at = float("inf") if expires is None else expires.timestamp() - REFRESH_BEFORE

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock between processes, as long as there are locks here."""
        name = hashlib.sha256(self._store.words.encode()).hexdigest()[:24]
        try:
            lock = FileLock(private_folder(state_folder() / "oauth") / f"{name}.lock")
            deadline = time.monotonic() + PATIENCE
            while not lock.take():
                if time.monotonic() > deadline:
                    raise RequestRefused(_("Another program is renewing the OAuth token; try again."))
                time.sleep(POLL)
        except OSError as failure:
            log.warning("OAuth tokens are renewed without a lock between programs: %s", failure)
            yield
            return
        try:
            yield
        finally:
            lock.release()
