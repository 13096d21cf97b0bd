"""A raw-socket server that does to HTTP whatever a test says, on 127.0.0.1."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Play = Callable[["Peer", bytes], None]


class Peer:
    """One connection of a client: `number` counts its requests, from 1."""

    def __init__(self, server: HostileServer, connection: socket.socket) -> None:
        self.server = server
        self.connection = connection
        self.number = 0

    def send(self, *parts: bytes, pause: float = 0.0) -> None:
        """Send each part for itself."""
        for part in parts:
            self.connection.sendall(part)
            if pause:
                time.sleep(pause)

    def later(self, seconds: float, content: bytes) -> None:
        """Send something after a while, whatever happens meanwhile."""

        def send() -> None:
            time.sleep(seconds)
            with contextlib.suppress(OSError):
                self.connection.sendall(content)
            self.server.sent_late.set()

        self.server.start(send)

    def for_ever(self, content: bytes, pause: float = 0.05) -> None:
        """Send the same again and again until the client hangs up."""
        while not self.server.closed:
            self.connection.sendall(content)
            time.sleep(pause)

    def wait(self) -> None:
        """Say nothing until the client hangs up."""
        with contextlib.suppress(OSError):
            self.connection.recv(1)


@dataclass
class HostileServer:
    """Reads requests and lets `play` answer; `greeting` is sent before any request came."""

    play: Play
    greeting: bytes = b""
    tls: ssl.SSLContext | None = None
    url: str = ""
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    closed: bool = False
    sent_late: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _open: list[socket.socket] = field(default_factory=list)

    def start(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connections += 1
                self._open.append(connection)
                self.start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        peer = Peer(self, connection)
        with connection, contextlib.suppress(OSError, ValueError):
            if self.greeting:
                connection.sendall(self.greeting)
            while (request := _request(connection)) is not None:
                peer.number += 1
                self.requests.append(request)
                self.play(peer, request)

    def close(self) -> None:
        self.closed = True
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)


def _request(connection: socket.socket) -> bytes | None:
    """Read one request, byte by byte so that nothing of the next is taken; None at the end."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            return None
        head += byte
    length = next(
        (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
    )
    body = b""
    while len(body) < length:
        part = connection.recv(length - len(body))
        if not part:
            return None
        body += part
    return head + body


@contextlib.contextmanager
def hostile(play: Play, greeting: bytes = b"", tls: ssl.SSLContext | None = None) -> Iterator[HostileServer]:
    """Listen until the block ends."""
    server = HostileServer(play, greeting, tls)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.url = f"http{'s' if tls else ''}://127.0.0.1:{listener.getsockname()[1]}"
        server.start(server.accept, listener)
        try:
            yield server
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            server.close()
