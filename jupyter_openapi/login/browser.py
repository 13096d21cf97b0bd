"""Log in with a browser: show the link, receive the code, exchange it, keep the tokens.

The broker's page sends the browser back to 127.0.0.1 with the one answer. What listens there runs in threads
of its own, so a busy kernel and its running loop do not matter, and stops by itself.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit

from markupsafe import Markup

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
from jupyter_openapi.login.server import Challenge, TokenRefused, TokenServer, code_of, read_callback
from jupyter_openapi.messages import _, language
from jupyter_openapi.transport.hosts import Host

HOST = "127.0.0.1"
PATH = "/callback"
PATIENCE = 5.0  # seconds for one request to arrive: browsers open connections that they do not use
PAGE = Markup(
    '<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title>'
    "<style>body{{font:1.1rem system-ui,sans-serif;margin:4rem auto;max-width:32rem;padding:0 1rem;"
    "color-scheme:light dark}}</style><h1>{title}</h1><p>{text}</p></html>"
)
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Connection": "close",
}
Take = Callable[[Mapping[str, str]], str]
"""Takes the answer's fields; returns what is wrong with it, or nothing."""


class _Server(ThreadingHTTPServer):
    # On Windows the flag would let two programs listen at one port.
    allow_reuse_address = os.name == "posix"
    daemon_threads = True
    take: Take

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: what a browser sends and breaks off is not ours to report."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = PATIENCE
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        """Take the answer, and tell the person how it went."""
        parts = urlsplit(self.path)
        if parts.path != PATH:
            self._show(404, _("Not here"), _("This address only finishes a login."))
            return
        found = {name: values[0] for name, values in parse_qs(parts.query).items()}
        problem = self.server.take(found)
        if problem:
            self._show(400, _("Not logged in"), problem)
        else:
            self._show(200, _("Logged in"), _("You can close this page and go back to your notebook."))

    def _show(self, status: int, title: str, text: str) -> None:
        body = PAGE.format(language=language(), title=title, text=text).encode()
        self.send_response_only(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
        """Log nothing: the address holds the code."""


class Listener:
    """Listens until `close`.

    Parameters
    ----------
    take
        Called with the fields of each answer, in a thread; returns what is wrong with it.
    port
        The port; 0 takes any free one.

    Raises
    ------
    RequestRefused
        The port is taken, or may not be used.
    """

    def __init__(self, take: Take, port: int = 0) -> None:
        try:
            self._server = _Server((HOST, port), _Handler)
        except OSError as failure:
            raise RequestRefused(
                _("Port {port} can't be listened at ({reason}): name another, or none, with --port.").format(
                    port=port, reason=failure.strerror or type(failure).__name__
                )
            ) from None
        self._server.take = take
        self._closing = threading.Lock()
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="openapi-login", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens at."""
        return int(self._server.server_address[1])

    @property
    def listening(self) -> bool:
        """Whether it still does."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Stop; doing so twice changes nothing. The port is free when it returns, whoever was first."""
        with self._closing:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join(PATIENCE)


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
