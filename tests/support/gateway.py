"""A raw-socket gateway that does to a client of the sockets whatever a test says, on 127.0.0.1."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from jupyter_openapi import Client
from jupyter_openapi.protocol import Packet, ProtocolError, message, pack, unpack
from jupyter_openapi.protocol import commands as c
from jupyter_openapi.protocol.packets import PUSH, RESPONSE
from support.streaming import client_of
from support.wire import http, listening

_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_QUOTES = {c.PUSH_QUOTE: "PushQuote", c.PUSH_DEPTH: "PushDepth", c.PUSH_BROKERS: "PushBrokers",
           c.PUSH_TRADE: "PushTrade"}  # fmt: skip

Row = dict[str, Any]


def frame(data: bytes, first: int = 0x82) -> bytes:
    """Return a frame as a server sends it: a whole binary message if `first` says nothing else."""
    size = len(data)
    if size < 126:
        return bytes((first, size)) + data
    if size < 1 << 16:
        return bytes((first, 126)) + size.to_bytes(2) + data
    return bytes((first, 127)) + size.to_bytes(8) + data


class Peer:
    """One upgraded link of a client. `gateway` is ``quote`` or ``trade``, `number` counts from 1."""

    def __init__(self, server: ScriptedGateway, connection: socket.socket, gateway: str, number: int) -> None:
        self.server, self.connection = server, connection
        self.gateway, self.number = gateway, number
        self.wanted: dict[str, set[int]] = {}
        self.topics: list[str] = []
        self._lock = threading.Lock()

    def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        with self._lock, contextlib.suppress(OSError):
            self.connection.sendall(data)

    def packet(self, packet: Packet, *, compress: bool = False) -> None:
        """Send a packet in a frame."""
        self.raw(frame(pack(packet, compress=compress)))

    def answer(self, request: Packet, name: str = "", **values: Any) -> None:
        """Answer a request with success."""
        body = message(name).encode(values) if name else b""
        self.packet(Packet(RESPONSE, request.command, body, request.request_id))

    def refuse(self, request: Packet, status: int, code: int, text: str = "no") -> None:
        """Answer a request with another status."""
        body = message("Error").encode({"code": code, "msg": text})
        self.packet(Packet(RESPONSE, request.command, body, request.request_id, status))

    def push(self, command: int, **values: Any) -> None:
        """Push quotes, a book, brokers or trades; or anything else as an empty body."""
        self.packet(Packet(PUSH, command, message(_QUOTES[command]).encode(values)))

    def push_order(self, **data: Any) -> None:
        """Push a change of an order, as a gateway does."""
        text = json.dumps({"event": "order_changed_lb", "data": data}).encode()
        values = {"topic": c.TOPIC, "content_type": 1, "dispatch_type": 1, "data": text}
        self.packet(Packet(PUSH, c.TRADE_PUSH, message("Notification").encode(values)))

    def hang_up(self) -> None:
        """Cut the connection."""
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def behave(self, request: Packet) -> None:
        """Answer as a gateway does that has one price for every symbol."""
        command, body = request.command, request.body
        if command in {c.AUTH, c.RECONNECT}:
            self.answer(request, "AuthResponse", session_id="session", expires=0, limit=10, online=1)
        elif self.gateway == "trade":
            topics = message("Sub").decode(body)["topics"]
            self.topics += [topic for topic in topics if topic not in self.topics]
            self.answer(request, "SubResponse", success=topics, current=self.topics)
        elif command == c.PROFILE:
            self.answer(request, "UserQuoteProfileResponse")
        elif command == c.SUBSCRIPTIONS:
            rows = [{"symbol": symbol, "sub_type": sorted(kinds)} for symbol, kinds in self.wanted.items()]
            self.answer(request, "SubscriptionResponse", sub_list=rows)
        elif command == c.SUBSCRIBE:
            asked = message("SubscribeRequest").decode(body)
            self.answer(request)
            for symbol in asked["symbol"]:
                self.wanted.setdefault(symbol, set()).update(asked["sub_type"])
                self.first(symbol, asked["sub_type"])
        elif command == c.UNSUBSCRIBE:
            asked = message("UnsubscribeRequest").decode(body)
            for symbol in asked["symbol"]:
                left = self.wanted.get(symbol, set()) - set(asked["sub_type"])
                self.wanted = {**self.wanted, symbol: left} if left else {
                    other: kinds for other, kinds in self.wanted.items() if other != symbol
                }  # fmt: skip
            self.answer(request)
        elif command == c.SECURITY_QUOTE:
            asked = message("MultiSecurityRequest").decode(body)["symbol"]
            rows = [
                {"symbol": symbol, "last_done": "10", "prev_close": "9", "volume": 100} for symbol in asked
            ]
            self.answer(request, "SecurityQuoteResponse", secu_quote=rows)
        else:
            self.answer(request)

    def first(self, symbol: str, kinds: list[int]) -> None:
        """Push the first values of a symbol."""
        if 1 in kinds:
            self.push(c.PUSH_QUOTE, symbol=symbol, last_done="10", open="9", high="11", low="8",
                      volume=100, turnover="1000", timestamp=1_790_000_000)  # fmt: skip
        if 2 in kinds:
            self.push(c.PUSH_DEPTH, symbol=symbol, ask=_side("10.1", 10), bid=_side("10", 10))
        if 3 in kinds:
            self.push(c.PUSH_BROKERS, symbol=symbol)


def _side(price: str, levels: int) -> list[Row]:
    return [{"position": n, "price": price, "volume": n, "order_num": 1} for n in range(1, levels + 1)]


Play = Callable[[Peer, Packet], None]
Http = Callable[[str], Any]


class ScriptedGateway:
    """REST and both sockets. `play` answers each packet of a link; `upgrade` may answer an upgrade instead.

    Attributes
    ----------
    rest
        Returns the `data` of a REST path, or the whole reply as bytes; None: an empty object.
    greet
        Called with a link right after its upgrade.
    peers, packets
        The links so far, and what they sent, in order.
    """

    def __init__(self) -> None:
        self.play: Play = Peer.behave
        self.rest: Http = lambda target: None
        self.upgrade: Callable[[socket.socket, str, int], bool] = lambda *_: False
        self.greet: Callable[[Peer], None] = lambda peer: None
        self.peers: list[Peer] = []
        self.packets: list[tuple[Peer, Packet]] = []
        self.targets: list[str] = []
        self.upgrades = 0
        self.url = ""
        self.info = {"app_key": "k" * 32, "app_secret": "s" * 64, "access_token": "t" * 64}

    def client(self, factor: float = 0.1, **options: Any) -> Client:
        """Return a client of it."""
        return client_of(SimpleNamespace(info=self.info, url=self.url), factor, **options)  # type: ignore[arg-type]

    def commands(self, gateway: str = "quote") -> list[int]:
        """Return the commands that came."""
        return [packet.command for peer, packet in self.packets if peer.gateway == gateway]

    def serve(self, connection: socket.socket) -> None:
        """Serve one connection."""
        with connection, contextlib.suppress(OSError, ValueError), connection.makefile("rb") as stream:
            while line := stream.readline():
                target = line.decode("latin-1").split(" ")[1]
                headers: dict[str, str] = {}
                while text := stream.readline().decode("latin-1").strip():
                    name, _, value = text.partition(":")
                    headers[name.lower()] = value.strip()
                stream.read(int(headers.get("content-length", "0")))
                self.targets.append(target)
                if headers.get("upgrade", "").lower() != "websocket":
                    connection.sendall(self._reply(target))
                    continue
                self.upgrades += 1
                if not self.upgrade(connection, headers["sec-websocket-key"], self.upgrades):
                    self._accept(connection, stream, target, headers["sec-websocket-key"])
                return

    def _reply(self, target: str) -> bytes:
        data = self.rest(target)
        if isinstance(data, bytes):
            return data
        if data is None:
            data = {"otp": "once", "limit": 10, "online": 0} if target.startswith("/v1/socket/token") else {}
        body = json.dumps({"code": 0, "message": "", "data": data}).encode()
        return http(body)

    def _accept(self, connection: socket.socket, stream: Any, target: str, key: str) -> None:
        connection.sendall(switching(key))
        peer = Peer(self, connection, target.split("/")[1], len(self.peers) + 1)
        self.peers.append(peer)
        self.greet(peer)
        while True:
            first, second = stream.read(2)
            size = second & 0x7F
            if size > 125:
                size = int.from_bytes(stream.read(2 if size == 126 else 8))
            mask = stream.read(4)
            data = bytes(byte ^ mask[n % 4] for n, byte in enumerate(stream.read(size)))
            if first == 0x88:
                peer.raw(frame(data, 0x88))
                return
            if first == 0x89:
                peer.raw(frame(data, 0x8A))
            if first == 0x82:
                with contextlib.suppress(ProtocolError):
                    packet = unpack(data)
                    self.packets.append((peer, packet))
                    self.play(peer, packet)


def switching(key: str) -> bytes:
    """Return the answer to an upgrade."""
    accept = base64.b64encode(hashlib.sha1((key + _MAGIC).encode()).digest()).decode()
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept}\r\n\r\n"
    ).encode()


@contextlib.contextmanager
def scripted() -> Iterator[ScriptedGateway]:
    """Listen on loopback until the block ends."""
    server = ScriptedGateway()
    with listening(server.serve) as server.url:
        yield server
