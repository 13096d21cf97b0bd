"""A client of one socket that does exactly what a test says, by `websockets` alone."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import Any, Self

from websockets.sync.client import connect

from jupyter_openapi.protocol import Packet, message, pack, unpack
from jupyter_openapi.protocol.packets import PUSH, REQUEST

QUERY = "?version=1&codec=1&platform=9"


class SocketClient:
    """One connection; a refused request raises PermissionError with status, code and text."""

    def __init__(self, url: str) -> None:
        self._context = ExitStack()
        self.socket = self._context.enter_context(connect(url + QUERY, compression=None, proxy=None))
        self.pushes: list[Packet] = []
        self._number = 0

    def request(self, command: int, body: bytes = b"", *, compress: bool = False) -> bytes:
        self._number += 1
        self.socket.send(pack(Packet(REQUEST, command, body, self._number, timeout=5000), compress=compress))
        return self.answer(self._number)

    def answer(self, number: int) -> bytes:
        while True:
            packet = unpack(self.socket.recv(timeout=30))
            if packet.kind == PUSH:
                self.pushes.append(packet)
            elif packet.request_id == number:
                break
        if packet.status:
            error = message("Error").decode(packet.body)
            raise PermissionError(f"{packet.status} {error['code']} {error['msg']}")
        return packet.body

    def authenticate(self, password: str, **metadata: str) -> str:
        return self._open(2, "AuthRequest", {"token": password, "metadata": metadata})

    def take_up(self, session: str) -> str:
        return self._open(3, "ReconnectRequest", {"session_id": session})

    def _open(self, command: int, name: str, values: dict[str, Any]) -> str:
        body = self.request(command, message(name).encode(values))
        return message("AuthResponse").decode(body)["session_id"]

    def abort(self) -> None:
        """Go away without a word."""
        self.socket.socket.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._context.close()
