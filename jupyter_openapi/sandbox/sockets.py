"""The quote and the trade socket: packets in, answers out, whatever the client sends."""

from __future__ import annotations

import asyncio
import logging

from tornado.httputil import HTTPHeaders
from tornado.iostream import IOStream

from jupyter_openapi.protocol import Packet, ProtocolError, message, unpack
from jupyter_openapi.protocol import commands as c
from jupyter_openapi.protocol.packets import REQUEST
from jupyter_openapi.sandbox.dispatch import World
from jupyter_openapi.sandbox.language import language_of
from jupyter_openapi.sandbox.links import BAD_AUTH, Link, Rejected
from jupyter_openapi.sandbox.socket_commands import COMMANDS
from jupyter_openapi.sandbox.websocket import GOING_AWAY, WebSocket

log = logging.getLogger("jupyter_openapi.sandbox")


class Sockets:
    """Serves the links of one `World`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._links = world.links
        self._tasks: set[asyncio.Task[None]] = set()

    def upgrade(self, stream: IOStream, path: str, headers: HTTPHeaders) -> None:
        """Serve a connection whose upgrade request has arrived."""
        gateway = next(name for name, place in c.PATHS.items() if path.partition("?")[0] == place)
        link = Link(WebSocket(stream, path, list(headers.get_all()), self._links.outbox), gateway)
        link.language = language_of(headers.get("Accept-Language"))
        task = asyncio.ensure_future(self._serve(link))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Close every link as a server that goes away does."""
        for link in self._links.of("all"):
            link.socket.close(GOING_AWAY, "shutting down")
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=0.5)
        for link in self._links.of("all"):
            link.socket.abort()

    async def _serve(self, link: Link) -> None:
        self._links.open.add(link)
        try:
            await link.socket.serve(lambda data: self._received(link, data))
        except Exception:
            log.exception("a link of the %s socket failed", link.gateway)
        finally:
            self._links.open.discard(link)

    def _received(self, link: Link, data: bytes) -> None:
        try:
            request = unpack(data)
        except ProtocolError:
            log.info("a packet on the %s socket could not be read", link.gateway)
            if len(data) >= 6 and data[0] & 0x0F == REQUEST:
                request = Packet(REQUEST, data[1], request_id=int.from_bytes(data[2:6]))
                self._reject(link, request, Rejected(c.BAD_REQUEST, c.INVALID_REQUEST, "invalid request"))
            return
        if request.kind != REQUEST:
            return
        try:
            self._handle(link, request)
        except Rejected as rejected:
            self._reject(link, request, rejected)
        except ProtocolError as error:
            self._reject(link, request, Rejected(c.BAD_REQUEST, c.INVALID_REQUEST, str(error)))
        except Exception:
            log.exception("command %s of the %s socket failed", request.command, link.gateway)
            self._reject(link, request, Rejected(c.SERVER_ERROR, c.INTERNAL_ERROR, "internal error"))

    def _reject(self, link: Link, request: Packet, rejected: Rejected) -> None:
        body = message("Error").encode({"code": rejected.code, "msg": rejected.text})
        link.answer(request, body, rejected.status)
        if rejected.status == c.UNAUTHENTICATED:
            link.bye(BAD_AUTH, rejected.text)

    def _handle(self, link: Link, request: Packet) -> None:
        if request.command == c.HEARTBEAT:
            link.answer(request, request.body)
            return
        if request.command in {c.AUTH, c.RECONNECT}:
            self._open(link, request)
            return
        if not link.session:
            raise Rejected(c.UNAUTHENTICATED, 401004, "unauthenticated: send a token first")
        command = COMMANDS[link.gateway].get(request.command)
        if command is None:
            text = f"the sandbox doesn't know command {request.command}"
            raise Rejected(c.BAD_REQUEST, c.INVALID_REQUEST, text)
        command(self._world, link, request)

    def _open(self, link: Link, request: Packet) -> None:
        if request.command == c.AUTH:
            values = message("AuthRequest").decode(request.body)
            self._links.redeem(values["token"])
        else:
            values = message("ReconnectRequest").decode(request.body)
            self._links.take_up(values["session_id"], link.gateway)
        granted = self._links.admit(link)
        link.overnight = values["metadata"].get("need_over_night_quote") == "true"
        link.answer(request, message("AuthResponse").encode(granted))
