"""A loopback server that records what arrives, to the byte, and answers as told."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

OK = b'{"code":0,"message":"success","data":{}}'


@dataclass(frozen=True)
class Received:
    """One request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]


def http(body: bytes = OK, status: str = "200 OK", headers: str = "") -> bytes:
    """Return a whole HTTP reply."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nContent-Type: application/json\r\n"
    return f"{head}{headers}\r\n".encode() + body


@dataclass
class Recorder:
    """Reads requests off a socket; `answer` gets each and returns the bytes to send, or None to hang up."""

    answer: Callable[[Received], bytes | None]
    requests: list[Received] = field(default_factory=list)
    url: str = ""
    connections: int = 0

    def _serve(self, connection: socket.socket) -> None:
        # A client that gave up may leave half a request behind.
        with connection, contextlib.suppress(OSError, ValueError), connection.makefile("rb") as stream:
            while line := stream.readline():
                method, target, _ = line.decode("latin-1").split(" ", 2)
                headers: dict[str, str] = {}
                while (header := stream.readline().decode("latin-1").strip()) != "":
                    name, _, value = header.partition(":")
                    headers[name.lower()] = value.strip()
                body = stream.read(int(headers.get("content-length", "0")))
                request = Received(method, target, headers, body)
                self.requests.append(request)
                reply = self.answer(request)
                if reply is None:
                    return
                connection.sendall(reply)


@contextlib.contextmanager
def recorder(answer: Callable[[Received], bytes | None] = lambda _: http()) -> Iterator[Recorder]:
    """Listen on loopback until the block ends."""
    server = Recorder(answer)

    def accepted() -> None:
        server.connections += 1

    with listening(server._serve, accepted) as server.url:
        yield server


@contextlib.contextmanager
def listening(
    serve: Callable[[socket.socket], None], accepted: Callable[[], None] = lambda: None
) -> Iterator[str]:
    """Serve each connection to a port of loopback in a thread of its own, until the block ends.

    Gives the address. `accepted` is called for each connection, for one at a time.
    """
    threads: list[threading.Thread] = []
    connections: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    connections.append(connection)
                    accepted()
                    thread = threading.Thread(target=serve, args=(connection,), daemon=True)
                    thread.start()
                    threads.append(thread)

        acceptor = threading.Thread(target=accept, daemon=True)
        acceptor.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            for connection in connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            for thread in (*threads, acceptor):
                thread.join(5)
            for connection in connections:
                connection.close()
