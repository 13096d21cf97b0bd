"""A proxy between a client and the sandbox, over real sockets, that does to requests what networks do.

Each fault's label says when it strikes: ``*_before`` the server never sees the request, ``*_after`` it has
acted and its answer is lost, ``late*`` it acts when the client has long given up, ``twice`` it gets the same
bytes two times.
"""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit


def _page(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


PAGES = {
    "html502": _page("502 Bad Gateway", b"<html><title>502 Bad Gateway</title></html>"),
    "html504": _page("504 Gateway Timeout", b"<html><title>504 Gateway Time-out</title></html>"),
    "redirect307": _page("307 Temporary Redirect", b"", "Location: HERE"),
    "bare429": _page("429 Too Many Requests", b"Too Many Requests"),
    "garbage": _page("200 OK", b'{"code": 0, "message": "success", "data": {"'),
    "noise": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 not HTTP at all\r\n\r\n",
    "empty": _page("200 OK", b""),
    "hollow": _page("200 OK", b'{"code":0,"message":"success","data":null}'),
}
BEFORE = ("cut_before", "reset_before", *(f"{name}_before" for name in PAGES if name != "hollow"))
AFTER = (
    "cut_after",
    "reset_after",
    "middle_after",  # half of the answer, then the end
    "stall_after",  # half of the answer, then nothing
    "slow_after",  # the answer comes when the client has given up
    *(f"{name}_after" for name in PAGES),
)
LATE = (
    "late",  # the client waits in vain; the request goes on when it has given up
    "late_cut",  # the client is cut off at once, and the request goes on later
)
TWICE = ("twice",)
HANG = ("hang_before", "hang_after")  # until the client hangs up; never by chance
FAULTS = (*BEFORE, *AFTER, *LATE, *TWICE)


@dataclass
class Passed:
    """A request that came by: what was done to it, and how often the server has got it."""

    method: str
    target: str
    body: bytes
    fault: str
    reached: int = 0

    @property
    def changes(self) -> bool:
        """Whether it would change an order."""
        return _changes(self.method, self.target)


class FaultProxy:
    """Listens on loopback and forwards to `upstream`, with faults.

    Parameters
    ----------
    upstream
        The server's URL.
    seed
        Of the draws.
    faults
        Those that may be drawn; ``hollow`` only ever spoils changes, for a read's caller can't tell it.
    slow
        Seconds that slow and late ones take: more than the client's time-out.

    Attributes
    ----------
    rate, reads
        The share of changes, and of reads, that a fault hits.
    planned
        Faults for the next changes, before any chance; ``""`` is none.
    log
        Every request that came by.
    """

    def __init__(
        self, upstream: str, *, seed: int = 1, faults: tuple[str, ...] = FAULTS, slow: float = 0.8
    ) -> None:
        self.rate = self.reads = 0.0
        self.planned: deque[str] = deque()
        self.log: list[Passed] = []
        self._faults, self._slow = faults, slow
        self._upstream = urlsplit(upstream)
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._start(self._accept)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every connection and wait for the threads."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            open_now = list(self._connections)
        for connection in open_now:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def drain(self) -> None:
        """Wait until nothing late can reach the server any more; send nothing meanwhile."""
        time.sleep(2 * self._slow)

    @property
    def changes(self) -> list[Passed]:
        """The changes that came by."""
        return [passed for passed in self.log if passed.changes]

    def _start(self, work: object, *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)  # type: ignore[arg-type]
        with self._lock:
            self._threads = [each for each in self._threads if each.is_alive()] + [thread]
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with self._lock:
                    self._connections.add(connection)
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError, ValueError), connection.makefile("rb") as stream:
            while (request := _read_request(stream)) is not None:
                if not self._pass(connection, *request):
                    break
        with self._lock:
            self._connections.discard(connection)

    def _pass(self, client: socket.socket, head: bytes, body: bytes) -> bool:
        """Do to one request what is drawn for it; return whether the connection goes on."""
        method, target, _ = head.decode("latin-1").split(" ", 2)
        passed = Passed(method, target, body, self._draw(read=not _changes(method, target)))
        self.log.append(passed)
        raw, (name, _, when) = head + body, passed.fault.partition("_")
        if passed.fault == "":
            client.sendall(self._forward(passed, raw))
            return True
        if name == "late":
            if when == "cut":
                self._start(self._forward_late, passed, raw)
                return False
            self._forward_late(passed, raw)
            return False
        if name == "twice":
            self._forward(passed, raw)
            client.sendall(self._forward(passed, raw))
            return True
        answer = self._forward(passed, raw) if when == "after" else b""
        return self._spoil(client, name, answer, target)

    def _spoil(self, client: socket.socket, name: str, answer: bytes, target: str) -> bool:
        if name in PAGES:
            client.sendall(PAGES[name].replace(b"HERE", f"{self.url}{target}".encode()))
            return name != "noise"
        if name == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif name in {"middle", "stall"}:
            client.sendall(answer[: len(answer) - len(answer.partition(b"\r\n\r\n")[2]) // 2 - 1])
        if name in {"stall", "slow"}:
            time.sleep(self._slow)
        if name == "slow":
            client.sendall(answer)
        if name == "hang":
            client.recv(1)
        return False

    def _draw(self, *, read: bool) -> str:
        with self._lock:
            if not read and self.planned:
                return self.planned.popleft()
            if self._random.random() >= (self.reads if read else self.rate):
                return ""
            fault = self._random.choice(self._faults)
        return "" if read and fault.startswith("hollow") else fault

    def _forward_late(self, passed: Passed, raw: bytes) -> None:
        time.sleep(self._slow)
        with contextlib.suppress(OSError):
            self._forward(passed, raw)

    def _forward(self, passed: Passed, raw: bytes) -> bytes:
        """Give the request to the server over a connection of its own; return its answer."""
        address = (self._upstream.hostname or "", self._upstream.port or 80)
        with socket.create_connection(address, 10) as server, server.makefile("rb") as stream:
            server.sendall(raw)
            passed.reached += 1
            answer = _read_request(stream)
        return answer[0] + answer[1] if answer else b""


def _changes(method: str, target: str) -> bool:
    return method != "GET" and target.startswith("/v1/trade/")


def _read_request(stream: object) -> tuple[bytes, bytes] | None:
    """Read one HTTP message: its head and its body; None at the end of the stream."""
    head, length = b"", 0
    while line := stream.readline():  # type: ignore[attr-defined]
        head += line
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
        if line == b"\r\n":
            return head, stream.read(length)  # type: ignore[attr-defined]
    return None
