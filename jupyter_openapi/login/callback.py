"""Listen on 127.0.0.1 for the one answer that the broker's page sends the browser back with.

In threads of its own, so a busy kernel and its running loop do not matter. It stops by itself.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from markupsafe import Markup

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.messages import _, language

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
