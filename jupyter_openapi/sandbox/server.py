"""HTTP server on loopback: raw requests in, answers out.

Tornado's own parser and connections, without its web framework: the gate needs the raw path, query and
body. Answers are never compressed. A body over a mebibyte gets 413, one that doesn't arrive within
`PATIENCE` seconds 408, both in an envelope.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from http.client import responses
from typing import TYPE_CHECKING

from tornado.httpserver import HTTPServer
from tornado.httputil import (
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPServerConnectionDelegate,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.iostream import IOStream, StreamClosedError

from jupyter_openapi.protocol.commands import PATHS
from jupyter_openapi.sandbox.errors import Refused
from jupyter_openapi.sandbox.gate import Request
from jupyter_openapi.sandbox.responses import Response, failure

if TYPE_CHECKING:
    from tornado.http1connection import HTTP1Connection
    from tornado.httputil import HTTPConnection

LARGEST_BODY = 1 << 20
DRAINED = 1 << 26
PATIENCE = 10.0

log = logging.getLogger("jupyter_openapi.sandbox")


Upgrade = Callable[[IOStream, str, HTTPHeaders], None]


class Service(HTTPServerConnectionDelegate):
    """Hands every request to `answer` and delivers what it returns.

    Parameters
    ----------
    answer
        Carries a request out. It may not raise.
    answered
        Called with the answer's `limit` once the answer has left or failed to.
    upgrade
        Given the stream, path and headers of a request for a WebSocket on one of the sockets' paths.
    """

    def __init__(
        self,
        answer: Callable[[Request], Response],
        answered: Callable[[str], None],
        upgrade: Upgrade | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self.answer = answer
        self.answered = answered
        self.upgrade = upgrade
        self.patience = patience

    def start_request(self, server_conn: object, request_conn: HTTPConnection) -> HTTPMessageDelegate:
        """Return the receiver of one request."""
        del server_conn
        return _Incoming(self, request_conn)  # type: ignore[arg-type]

    def server(self) -> HTTPServer:
        """Return the HTTP server, not yet listening."""
        return HTTPServer(self, max_body_size=DRAINED, max_header_size=65536)


class _Incoming(HTTPMessageDelegate):
    """One request as it arrives, and its answer."""

    def __init__(self, service: Service, connection: HTTP1Connection) -> None:
        self._service = service
        self._connection = connection
        self._chunks: list[bytes] = []
        self._size = 0
        self._line = RequestStartLine("GET", "/", "HTTP/1.1")
        self._headers = HTTPHeaders()
        self._timer: asyncio.TimerHandle | None = None
        self._answered = False
        self._task: asyncio.Task[None] | None = None

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        """Note the head; start the clock of the body."""
        if isinstance(start_line, RequestStartLine):
            self._line = start_line
        self._headers = headers
        length = headers.get("Content-Length", "0")
        if length.isdigit() and int(length) > DRAINED:
            self._refuse(Refused("body: more than 1 MiB", status=413))
        elif length != "0" or "Transfer-Encoding" in headers:
            loop = asyncio.get_running_loop()
            late = Refused(f"body: it didn't arrive within {self._service.patience:g} s", status=408)
            self._timer = loop.call_later(self._service.patience, self._refuse, late)
        return None

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Collect the body; what exceeds the limit is read and dropped, so the client sees the answer."""
        self._size += len(chunk)
        if self._size <= LARGEST_BODY:
            self._chunks.append(chunk)
        else:
            self._chunks.clear()
        return None

    def finish(self) -> None:
        """Carry the complete request out."""
        self._stop_timer()
        if self._answered:
            return
        if self._size > LARGEST_BODY:
            self._refuse(Refused("body: more than 1 MiB", status=413))
            return
        raw = self._line.path
        try:
            raw = raw.encode("latin-1").decode()
        except UnicodeError:
            self._refuse(Refused("path: not UTF-8"))
            return
        path, _, query = raw.partition("?")
        upgrade = self._service.upgrade
        wants = self._headers.get("Upgrade", "").lower() == "websocket"
        if upgrade is not None and wants and path in PATHS.values():
            upgrade(self._connection.detach(), raw, self._headers)
            return
        call = Request(self._line.method, path, query, self._headers, b"".join(self._chunks))
        self._chunks.clear()
        self._deliver(self._service.answer(call))

    def on_connection_close(self) -> None:
        """Forget a client that went away."""
        self._stop_timer()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, refused: Refused) -> None:
        self._stop_timer()
        if not self._answered:
            self._answered = True
            self._write(failure(refused), close=True)

    def _deliver(self, answer: Response) -> None:
        self._answered = True
        name = answer.fault.name if answer.fault else ""
        if name in {"delay", "slow_body"}:
            self._task = asyncio.ensure_future(self._deliver_slowly(answer))
            return
        if name.startswith("drop"):
            self._drop()
        else:
            self._write(answer)
        self._service.answered(answer.limit)

    async def _deliver_slowly(self, answer: Response) -> None:
        seconds = answer.fault.seconds if answer.fault else 0.0
        try:
            if answer.fault and answer.fault.name == "delay":
                await asyncio.sleep(seconds)
                self._write(answer)
            else:
                await self._dribble(answer, seconds)
        except StreamClosedError:
            log.info("the client left before its slow answer was complete")
        finally:
            self._service.answered(answer.limit)

    async def _dribble(self, answer: Response, seconds: float) -> None:
        line, headers = _head(answer)
        steps = 10
        size = -(-len(answer.body) // steps)
        self._connection.write_headers(line, headers)
        for start in range(0, len(answer.body), size):
            await asyncio.sleep(seconds / steps)
            await self._connection.write(answer.body[start : start + size])
        self._connection.finish()

    def _write(self, answer: Response, *, close: bool = False) -> None:
        line, headers = _head(answer)
        if close:
            headers["Connection"] = "close"
        try:
            written = self._connection.write_headers(line, headers, answer.body)
            written.add_done_callback(self._hang_up if close else _forget)
            self._connection.finish()
        except StreamClosedError:
            log.info("the client left before its answer")

    def _hang_up(self, written: asyncio.Future[None]) -> None:
        _forget(written)
        if self._connection.stream is not None:
            self._connection.stream.close()

    def _drop(self) -> None:
        self._connection.detach().close()


def _forget(future: asyncio.Future[None]) -> None:
    if not future.cancelled():
        future.exception()  # a client that left is no error


def _head(answer: Response) -> tuple[ResponseStartLine, HTTPHeaders]:
    headers = HTTPHeaders()
    headers["Content-Type"] = answer.content_type
    headers["Content-Length"] = str(len(answer.body))
    headers["Date"] = _date(int(time.time()))
    if answer.location:
        headers["Location"] = answer.location
    headers["X-Trace-Id"] = secrets.token_hex(16)
    return ResponseStartLine("HTTP/1.1", answer.status, responses.get(answer.status, "Unknown")), headers


_dates: dict[int, str] = {}


def _date(second: int) -> str:
    text = _dates.get(second)
    if text is None:
        _dates.clear()
        text = _dates[second] = formatdate(second, usegmt=True)
    return text
