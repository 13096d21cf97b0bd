"""Log in with a browser: show the link, receive the code, exchange it, keep the tokens."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from typing import Self
from urllib.parse import urlsplit

from jupyter_openapi.credentials import Credentials
from jupyter_openapi.credentials.oauth import (
    OAuthFile,
    OAuthProfile,
    Registration,
    TokenStore,
    keep_registration,
    registration,
)
from jupyter_openapi.errors import OpenAPIError, RequestRefused, guarded
from jupyter_openapi.login.callback import HOST, PATH, Listener
from jupyter_openapi.login.server import Challenge, TokenRefused, TokenServer, code_of, read_callback
from jupyter_openapi.messages import _
from jupyter_openapi.transport.hosts import Host

WAIT = 300.0  # seconds, as the official SDK
GONE = frozenset({"invalid_client", "unauthorized_client"})
SDK_PORT = 60355  # so that the official SDK may log in again with the same client
SPARE = 3  # further ports that are registered, for when the first is taken


def store_for(client_id: str, profile: str) -> TokenStore:
    """Return where a client's tokens go: a profile of the keyring, or the official SDK's file."""
    return OAuthProfile(profile, client_id) if profile else OAuthFile(client_id)


def redirect(port: int) -> str:
    """Return the address that the browser is sent back to at a port."""
    return f"http://localhost:{port}{PATH}"


def free_ports(count: int) -> list[int]:
    """Return some ports that are free now."""
    with ExitStack() as opened:
        sockets = [opened.enter_context(socket.create_server((HOST, 0))) for _number in range(count)]
        return [int(each.getsockname()[1]) for each in sockets]


class BrowserLogin:
    """One login in a browser; a context manager.

    It listens on 127.0.0.1, and the browser is sent there only if that address was registered. So a client is
    registered with some free ports and the official SDK's; it is used again as long as one of them is free.

    Parameters
    ----------
    host
        Whose account: the broker's host, or a sandbox.
    port
        Where to listen; 0 takes the port of before, or else any free one.
    profile
        The keyring's profile that the tokens go to; empty for the official SDK's token file.

    Attributes
    ----------
    url
        The page where the account's owner agrees. It holds no secret, and is good for this login only.

    Raises
    ------
    RequestRefused
        The port that was named is taken.
    TransportError
        The client can't be registered.
    """

    def __init__(self, host: Host, *, port: int = 0, profile: str = "") -> None:
        self._server = TokenServer(host)
        self._profile = profile
        self._state = secrets.token_urlsafe(32)
        self._challenge = Challenge.fresh()
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._result: Credentials | OpenAPIError | None = None
        known = registration(self._server.name)
        self._listener = self._listen(port, known)
        # As the broker's documents and the official SDK have it: localhost, which is where 127.0.0.1 answers.
        self._redirect = redirect(self._listener.port)
        try:
            self._client_id = self._registered(known)
        except BaseException:
            self._listener.close()
            raise
        self._timer = threading.Timer(WAIT, self.close)
        self._timer.daemon = True
        self._timer.start()
        self.url = self._server.authorize_url(
            self._client_id, self._redirect, self._state, self._challenge.challenge
        )

    def __repr__(self) -> str:
        return f"<BrowserLogin at {self._server.host.name}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def listening(self) -> bool:
        """Whether the browser's answer is still waited for."""
        return self._listener.listening

    @guarded
    def wait(self, timeout: float = WAIT) -> Credentials:
        """Wait for the browser to come back and return the credentials, which are kept by then.

        Raises
        ------
        RequestRefused
            Access was denied, the answer belongs to another login, or nobody came in `timeout` seconds.
        TransportError
            The code could not be exchanged.
        """
        deadline = time.monotonic() + timeout
        try:
            # In slices, so that Ctrl-C is heard on every system.
            while not self._done.wait(min(0.5, max(0.0, deadline - time.monotonic()))):
                if time.monotonic() >= deadline:
                    raise RequestRefused(
                        _(
                            "Nobody finished the login in {seconds:.0f} s. Type the line again; where the "
                            "browser runs on another machine, add --paste or --device."
                        ).format(seconds=timeout)
                    )
            return self._outcome()
        finally:
            self.close()

    @guarded
    def paste(self, text: str) -> Credentials:
        """Finish with what a person pasted: the address that the browser was sent to, or the code alone.

        Raises
        ------
        RequestRefused, TransportError
            As `wait`.
        """
        try:
            with self._lock:
                if self._result is None:
                    self._result = self._exchange(code_of(text, self._state))
            return self._outcome()
        finally:
            self._done.set()
            self.close()

    def then(self, told: Callable[[], None]) -> None:
        """Call `told` in a thread once the browser came back, or the login was closed."""

        def watch() -> None:
            self._done.wait(WAIT)
            told()

        threading.Thread(target=watch, name="openapi-login-watch", daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._timer.cancel()
        self._listener.close()
        if not self._done.is_set():
            with self._lock:
                if self._result is None:
                    self._result = RequestRefused(_("The login was cancelled; nothing was stored."))
            self._done.set()

    def _listen(self, port: int, known: Registration | None) -> Listener:
        before = [urlsplit(each).port for each in known.redirect_uris] if known is not None else []
        for number in () if port else before:
            with suppress(RequestRefused):  # it is taken; another does as well
                return Listener(self._take, number or 0)
        return Listener(self._take, port)

    def _registered(self, known: Registration | None) -> str:
        if known is not None and self._redirect in known.redirect_uris:
            return known.client_id
        uris = (self._redirect, *map(redirect, free_ports(SPARE)), redirect(SDK_PORT))
        made = Registration(self._server.register(uris), uris)
        OAuthFile(made.client_id)  # refuses an id that is no file's name
        keep_registration(self._server.name, made)
        return made.client_id

    def _take(self, found: Mapping[str, str]) -> str:
        """Take the browser's answer, once; return what is wrong with it."""
        with self._lock:
            if self._result is not None:
                return _("This login is over. Type the line again in your notebook.")
            try:
                self._result = self._exchange(read_callback(found, self._state))
            except OpenAPIError as problem:
                self._result = problem
        self._done.set()
        threading.Thread(target=self.close, name="openapi-login-end", daemon=True).start()
        return str(self._result) if isinstance(self._result, OpenAPIError) else ""

    def _exchange(self, code: str) -> Credentials:
        try:
            answer = self._server.exchange(self._client_id, self._redirect, code, self._challenge.verifier)
        except TokenRefused as refused:
            if refused.error in GONE:
                keep_registration(self._server.name, None)
            raise RequestRefused(
                _("{refused} Nothing was kept; type the line again.").format(refused=refused)
            ) from None
        store = store_for(self._client_id, self._profile)
        store.store(answer)
        return Credentials.from_store(store)

    def _outcome(self) -> Credentials:
        if isinstance(self._result, Credentials):
            return self._result
        raise self._result or RequestRefused(_("The login was cancelled; nothing was stored."))
