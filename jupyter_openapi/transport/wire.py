"""Strict HTTP connections: no answer is read as another request's, and each has a deadline.

urllib3 connects (proxies, TLS) and reads replies; its connections get here what a trading client needs too:

- A request is written at once, head and body, and no line of its head can be two.
- One deadline for the whole reply: status line, headers, interim answers, body and trailers.
- Interim answers (1xx) are skipped, whichever they are.
- Nothing is written to a connection on which something has arrived already, and one whose reply was followed
  by more bytes is not used again: they might pass for the answer to the next request. A change goes out on
  a connection that is new, or has been silent for some seconds since its last reply.
- It is known when a request begins to be written, and when it is wholly written.
- A body is decompressed as it comes, and never more than a limit of bytes is read.
- `http.client`'s debug output stays off: it would print the token.
"""

from __future__ import annotations

import io
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPHeaderDict, HTTPSConnectionPool
from urllib3 import HTTPResponse as Response
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import DecodeError, HTTPError
from urllib3.poolmanager import PoolManager, ProxyManager
from urllib3.util import wait_for_read

LONGEST_HEAD = 1 << 20  # bytes before a reply's body, interim answers included
SETTLED = 2.0  # seconds of silence after which no second answer to an earlier request is expected any more
WITHOUT_LENGTH = frozenset({"GET", "HEAD", "DELETE"})  # methods that say nothing of a body when there is none
WITHOUT_BODY = frozenset({101, 204, 304})  # a body that follows all the same would be read as the next reply


class SpokeFirst(HTTPError):
    """Bytes came before the request was written: they can't be its answer, and may hide it."""


class TooLarge(HTTPError):
    """The reply is larger than we read."""


@dataclass(slots=True)
class Exchange:
    """One request and its reply on the wire, as far as they have got.

    Attributes
    ----------
    change
        Whether the request changes something, so that its answer must be its own beyond doubt.
    begun
        Whether the first byte of the request may have left.
    written
        Whether the whole request was handed to the socket.
    reused
        Whether the connection has carried another request before.
    surplus
        Whether more came than the reply.
    spent
        Whether the connection must not carry another request.
    then
        Called once the request is written.
    """

    change: bool = False
    begun: bool = False
    written: bool = False
    reused: bool = False
    surplus: bool = False
    spent: bool = False
    then: Callable[[], None] | None = None

    def was_written(self) -> None:
        """Note that the whole request was written, and notify those that wait for that."""
        self.written = True
        if self.then is not None:
            self.then()


_thread = threading.local()
_NOBODYS = Exchange()


def _exchange() -> Exchange:
    """Return what this thread follows."""
    exchange: Exchange = getattr(_thread, "exchange", _NOBODYS)
    return exchange


def follow(exchange: Exchange) -> None:
    """Note what becomes of this thread's next request in `exchange`."""
    _thread.exchange = exchange


class _Bytes(io.RawIOBase):
    """What a socket receives, until a deadline."""

    def __init__(self, sock: socket.socket, exchange: Exchange) -> None:
        patience = sock.gettimeout()
        self._deadline = None if patience is None else time.monotonic() + patience
        self._waited = False
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)
        self._exchange = exchange
        self.head: int | None = LONGEST_HEAD  # bytes that may still come before the body
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self.ended:
            return None
        if self._waited and self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            self._sock.settimeout(left)
        self._waited = True
        count = self._file.readinto(buffer)
        if self.head is not None and count:
            self.head -= count
            if self.head < 0:
                raise TooLarge("endless headers")
        return count

    def close(self) -> None:
        self._file.close()
        super().close()

    def surplus(self) -> None:
        self._exchange.surplus = self._exchange.spent = True


class _Stream(io.BufferedReader):
    """Buffers a reply; at its end it tells whether more had come."""

    raw: _Bytes

    def close(self) -> None:
        if not self.closed:
            self.raw.ended = True  # from here on only what is buffered already
            if self.peek(1):
                self.raw.surplus()
        super().close()


class _Reply(HTTPResponse):
    """A reply that is read until a deadline, its interim answers skipped."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        self._exchange = _exchange()
        self._bytes = _Bytes(sock, self._exchange)
        super().__init__(_Once(_Stream(self._bytes)), *args, **kwargs)  # type: ignore[arg-type]

    def begin(self) -> None:
        super().begin()
        while 100 <= self.status < 200 and self.status != 101:
            self.headers = None  # type: ignore[assignment]  # so that it begins again
            super().begin()
        self._bytes.head = None
        self._exchange.spent |= self.status in WITHOUT_BODY


class _Once:
    """A socket whose file object was made already."""

    def __init__(self, file: _Stream) -> None:
        self._file = file

    def makefile(self, _mode: str) -> _Stream:
        return self._file


def _quiet(sock: socket.socket) -> bool:
    """Tell whether the other side has neither said anything nor hung up."""
    if not isinstance(sock, ssl.SSLSocket):
        return not wait_for_read(sock, 0)
    if not sock.pending() and not wait_for_read(sock, 0):
        return True
    # TLS sends messages of its own, after the handshake above all: only what it carries counts.
    patience = sock.gettimeout()
    try:
        sock.settimeout(0)
        try:
            sock.recv(1)  # the connection is not used if this finds a byte
        finally:
            sock.settimeout(patience)
    except ssl.SSLWantReadError:
        return True
    except OSError:
        return False
    return False


_REQUEST_LINE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+ [!-~]+ HTTP/1\.1")
_FIELD = re.compile(r"[!-9;-~]+: [\t -~\x80-\xff]*")


def request_bytes(method: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Return a request as it goes over the wire, head and body in one.

    Raises
    ------
    ValueError
        A line of the head would be two, or holds what no head may hold.
    """
    lines = [f"{method} {target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body or method not in WITHOUT_LENGTH:
        lines.append(f"Content-Length: {len(body)}")
    if not (_REQUEST_LINE.fullmatch(lines[0]) and all(map(_FIELD.fullmatch, lines[1:]))):
        raise ValueError("a request can't carry such a character in its head")
    return "\r\n".join((*lines, "", "")).encode("latin-1") + body


class _Connection(HTTPConnection):
    debuglevel = 0
    response_class = _Reply
    _last: Exchange | None = None  # the last one that this connection carried
    _asked = ""  # the last request's method
    _replied = 0.0  # when the head of its reply had come

    @property
    def is_connected(self) -> bool:
        """Whether it may carry this thread's next request: open and clean, and nothing waits to be read."""
        if self.sock is None or (self._last is not None and self._last.spent):
            return False
        if _exchange().change and time.monotonic() - self._replied < SETTLED:
            return False
        return _quiet(self.sock)

    def close(self) -> None:
        self._last = None
        super().close()

    def request(  # type: ignore[override]  # as in urllib3 itself
        self,
        method: str,
        url: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **_options: Any,
    ) -> None:
        exchange, message = _exchange(), request_bytes(method, url, headers or {}, body or b"")
        if self.is_closed:
            self.connect()
        exchange.reused = self._last is not None
        # The pool has just looked at one that was used before. Of TLS within TLS nothing can be told here.
        if not exchange.reused and isinstance(self.sock, socket.socket) and not _quiet(self.sock):
            raise SpokeFirst("the server spoke before it was asked")
        exchange.begun = True
        self._last = exchange
        self._asked = method
        self.sock.settimeout(self.timeout)
        self.send(message)

    def getresponse(self) -> Response:  # type: ignore[override]  # as in urllib3 itself
        _exchange().was_written()
        self.sock.settimeout(self.timeout)
        reply = _Reply(self.sock, method=self._asked)
        try:
            reply.begin()
            response = Response(
                body=reply,
                headers=HTTPHeaderDict(reply.headers.items()),
                status=reply.status,
                version=reply.version,
                reason=reply.reason,
                preload_content=False,
                decode_content=False,
                original_response=reply,
                request_method=self._asked,
            )
        except BaseException:
            reply.close()
            raise
        if reply.will_close:
            self.close()  # the reply is read to its end all the same
        self._replied = time.monotonic()
        return response


class _PlainConnection(_Connection):
    pass


class _TLSConnection(_Connection, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


_POOLS = {"http": _PlainPool, "https": _TLSPool}


class Adapter(HTTPAdapter):
    """Keeps up to `width` connections to the one host alive; never repeats a request by itself."""

    def __init__(self, width: int = 32) -> None:
        super().__init__(pool_connections=2, pool_maxsize=width, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Use the connections of this module."""
        super().init_poolmanager(*args, **kwargs)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> ProxyManager:
        """Use the same connections through a proxy."""
        manager: ProxyManager = super().proxy_manager_for(proxy, **proxy_kwargs)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager


LARGEST = 64 << 20  # bytes of a reply, as it came and unpacked
WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 47}  # zlib's parameter; 47 takes both of its headers


class Body:
    """Collects the parts of a body.

    Parameters
    ----------
    encoding
        Its ``Content-Encoding``. None is asked for, but a proxy may pack what it passes on.
    largest
        Bytes it may have, as it came and unpacked.
    """

    def __init__(self, encoding: str, largest: int) -> None:
        self._left, self._packed_left = largest, largest
        self._parts: list[bytes] = []
        self._unpack = None
        name = encoding.strip().lower()
        if name in WINDOWS:
            self._unpack = zlib.decompressobj(WINDOWS[name])
        elif name not in {"", "identity"}:
            raise DecodeError("the reply is packed in a way that was not asked for")

    def add(self, part: bytes) -> None:
        """Add what was received.

        Raises
        ------
        TooLarge
            There is too much of it.
        DecodeError
            It is not packed as it says.
        """
        self._packed_left -= len(part)
        if self._packed_left < 0:
            raise TooLarge("too large")
        if self._unpack is not None:
            try:
                # One byte more than is allowed, so that it shows.
                part = self._unpack.decompress(part, self._left + 1)
            except zlib.error:
                raise DecodeError("the reply is not packed as it says") from None
        self._left -= len(part)
        if self._left < 0:
            raise TooLarge("too large")
        self._parts.append(part)

    def whole(self) -> bytes:
        """Return the body; raises DecodeError where a packed one broke off."""
        if self._unpack is not None and self._parts and not self._unpack.eof:
            raise DecodeError("the packed reply broke off")
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
