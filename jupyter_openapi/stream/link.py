"""One connection to one gateway: requests and their answers, pushes, pings, its end."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Mapping
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.frames import Opcode
from websockets.http11 import Response
from websockets.protocol import State

from jupyter_openapi.errors import TransportError, clean
from jupyter_openapi.messages import _
from jupyter_openapi.protocol import Packet, ProtocolError, message, pack, unpack
from jupyter_openapi.protocol import commands as c
from jupyter_openapi.protocol.packets import LARGEST_BODY, PUSH, REQUEST, RESPONSE
from jupyter_openapi.stream.settings import Settings

_SHORT = 5_000  # milliseconds a request may take, as the official SDK tells the gateway
_LONG = 30_000


_WHOLE_BINARY, _MASKED = 0x82, 0x80
_LARGEST = LARGEST_BODY + 64
_PUSH_HEAD = 5
_LONGEST_HEAD = 1 << 16  # bytes of the answer to an upgrade
_LONG_FRAME = 1 << 12  # bytes that a frame lacks, from which on it is gathered before it is looked at
_DATA = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})


_PASSING = frozenset({c.SERVER_TIMEOUT, c.CLIENT_TIMEOUT})
_PASSING_CODES = frozenset({c.INTERNAL_ERROR, c.RATE_LIMIT})

_own_log = logging.getLogger(__name__)

# The library would log the frames at DEBUG, and one of them holds the one-time password.
_log = logging.getLogger(f"{__name__}.websockets")
_log.setLevel(logging.INFO)


class Refusal(Exception):
    """The gateway answered with a status other than success.

    Attributes
    ----------
    status, code, text
        The packet's status, the business code and the gateway's own words.
    """

    def __init__(self, status: int, code: int, text: str) -> None:
        self.status, self.code, self.text = status, code, text
        super().__init__(f"status {status}, code {code}: {text}")

    @property
    def passing(self) -> bool:
        """Whether the same may be granted a little later."""
        return self.status in _PASSING or self.code in _PASSING_CODES


class LostError(Exception):
    """The link is gone, or an answer did not come."""


class _NoRedirects(connect):
    """A connection that is never led elsewhere."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class _Connection(ClientConnection):
    """A connection that hands each message over at once: no queue, no task that must be woken.

    Whole unmasked binary frames, which are all of the traffic but the pings, are cut out of the bytes here;
    everything else goes through the usual parser, always in whole frames so that it stays in step.
    """

    receive: Callable[[bytes], None] | None = None
    pushed: Callable[[int, bytes], None] | None = None
    _parts = b""
    _pending: bytes | bytearray = b""
    _lacking = 0
    _usual = False

    def data_received(self, data: bytes) -> None:
        """Take bytes from the network."""
        if self._pending:
            if self._lacking > len(data):  # a long frame is put together once, when it is whole
                self._lacking -= len(data)
                self._pending += data
                return
            data, self._pending, self._lacking = bytes(self._pending) + data, b"", 0
        if self.receive is None and not self._usual:
            # The answer to the upgrade ends with an empty line; what follows are frames.
            end = data.find(b"\r\n\r\n") + 4
            if end == 3:
                if len(data) < _LONGEST_HEAD:
                    self._pending = data
                else:
                    self.transport.abort()
                return
            super().data_received(data[:end])
            self._usual = self.protocol.state is not State.OPEN
            data = data[end:]
            self.receive = self._wait
        if self._usual:
            super().data_received(data)
        elif data:
            self._cut(data)

    def _cut(self, data: bytes) -> None:
        at, size, lacking, pushed = 0, len(data), 0, self.pushed
        open_ = self.protocol.state is State.OPEN
        while size - at >= 2:
            first, length = data[at], data[at + 1]
            start = at + 2
            if length & _MASKED:  # no server may; the usual parser says so
                self._usual = True
                super().data_received(data[at:])
                return
            if length > 125:
                start += 2 if length == 126 else 8
                if start > size:
                    break
                length = int.from_bytes(data[at + 2 : start])
                if length > _LARGEST:  # the usual parser refuses it
                    self._usual = True
                    super().data_received(data[at:])
                    return
            end = start + length
            if end > size:
                lacking = end - size
                break
            if first != _WHOLE_BINARY or not open_:
                super().data_received(data[at:end])
                open_ = self.protocol.state is State.OPEN
            elif (
                pushed is not None
                and length > _PUSH_HEAD
                and data[start] == PUSH  # nearly all of the traffic: no detour
                and (command := data[start + 1])
                and length == _PUSH_HEAD + int.from_bytes(data[start + 2 : start + _PUSH_HEAD])
            ):
                pushed(command, data[start + _PUSH_HEAD : end])
            else:
                self._hand_over(data[start:end])
            at = end
        self._pending = data[at:]
        if lacking > _LONG_FRAME:
            self._pending, self._lacking = bytearray(self._pending), lacking

    def _hand_over(self, whole: bytes) -> None:
        if self.receive is not None:
            self.receive(whole)

    def _wait(self, message: bytes) -> None:
        """Pass over what comes before anybody listens: nothing was asked for yet."""

    def process_event(self, event: Any) -> None:
        """Take one event of the usual parser."""
        if isinstance(event, Response) or event.opcode not in _DATA:
            super().process_event(event)
            return
        if event.opcode is Opcode.TEXT:  # no gateway sends one, and nobody would read it
            return
        self._parts += bytes(event.data)
        if event.fin:
            whole, self._parts = self._parts, b""
            self._hand_over(whole)


class Link:
    """One open connection.

    Parameters
    ----------
    pushed
        Called with the command and body of each push, on the loop.
    settings
        Time-outs and pings.

    Attributes
    ----------
    lost
        Done, with the reason as its result, when the connection is gone.
    """

    def __init__(self, pushed: Callable[[int, bytes], None], settings: Settings) -> None:
        self._pushed = pushed
        self._settings = settings
        self._connection: _Connection | None = None
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._arrivals: dict[int, Callable[[], None]] = {}
        self._last_id = 0
        self._told = False
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def open(
        self, url: str, headers: Mapping[str, str], proxy: str | None, tls: ssl.SSLContext | None
    ) -> None:
        """Connect.

        Raises
        ------
        TransportError
            The gateway can't be reached, or answered no upgrade.
        """
        host = url.partition("://")[2].partition("/")[0]
        try:
            self._connection = await _NoRedirects(
                url,
                additional_headers=dict(headers),
                user_agent_header=None,
                compression=None,
                proxy=proxy,
                ssl=tls,
                open_timeout=self._settings.open,
                close_timeout=1.0,
                ping_interval=self._settings.ping,
                ping_timeout=self._settings.ping,
                max_size=_LARGEST,
                logger=_log,
                create_connection=_Connection,
            )  # type: ignore[assignment]  # what create_connection makes
        except (OSError, TimeoutError, ImportError, WebSocketException) as failure:
            raise TransportError(
                _("The gateway {host} can't be reached ({what}).").format(host=host, what=_reason(failure))
            ) from None
        assert self._connection is not None
        self._connection.receive, self._connection.pushed = self._receive, self._push
        asyncio.ensure_future(self._watch(self._connection)).add_done_callback(lambda _: None)

    async def _watch(self, connection: _Connection) -> None:
        await connection.wait_closed()
        reason = clean(connection.close_reason or "")
        self._end(reason or _("closed with code {code}").format(code=connection.close_code))

    def _end(self, reason: str) -> None:
        if not self.lost.done():
            self.lost.set_result(reason)
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(LostError(reason))
        self._waiting.clear()

    async def request(
        self, command: int, body: bytes = b"", arrived: Callable[[], None] | None = None
    ) -> bytes:
        """Send a request and return the body of its answer.

        `arrived` is called the moment the answer comes, between the pushes before and those after it.

        Raises
        ------
        Refusal
            The gateway refused it.
        LostError
            The link is gone, or the answer did not come; then the link is given up.
        """
        connection = self._connection
        if connection is None or self.lost.done():
            raise LostError(_("the link is closed"))
        self._last_id += 1
        number = self._last_id
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        if arrived is not None:
            self._arrivals[number] = arrived
        timeout = _SHORT if command in {c.AUTH, c.RECONNECT} else _LONG
        try:
            async with asyncio.timeout(self._settings.answer):
                await connection.send(pack(Packet(REQUEST, command, body, number, timeout=timeout)))
                return await future
        except TimeoutError:
            self.abort(_("command {command} was not answered").format(command=command))
            raise LostError(_("command {command} was not answered").format(command=command)) from None
        except WebSocketException:
            raise LostError(_("the link closed")) from None
        finally:
            self._waiting.pop(number, None)
            self._arrivals.pop(number, None)
            if not future.cancel() and not future.cancelled():
                future.exception()  # the link ended while this was sent; asyncio need not say it again

    def _push(self, command: int, body: bytes) -> None:
        """Pass a push on; one that can't be taken is left out, for asyncio would close the link."""
        try:
            self._pushed(command, body)
        except Exception as failure:  # noqa: BLE001
            level = logging.DEBUG if self._told else logging.ERROR
            self._told = True
            _own_log.log(
                level, "A push of command %d can't be taken, and is left out", command, exc_info=failure
            )

    def _receive(self, data: bytes) -> None:
        try:
            packet = unpack(data)
        except ProtocolError:
            return
        if packet.kind == PUSH:
            if packet.command == c.CLOSE:
                self.abort(_("the gateway said goodbye: {reason}").format(reason=_close_reason(packet.body)))
            else:
                self._push(packet.command, packet.body)
        elif packet.kind == RESPONSE:
            self._answer(packet)

    def _answer(self, packet: Packet) -> None:
        future = self._waiting.get(packet.request_id)
        if future is None or future.done():
            return
        if packet.status == c.SUCCESS:
            future.set_result(packet.body)
            if arrived := self._arrivals.pop(packet.request_id, None):
                arrived()
            return
        try:
            error = message("Error").decode(packet.body)
        except ProtocolError:
            error = {"code": 0, "msg": ""}
        future.set_exception(Refusal(packet.status, error["code"], clean(error["msg"])))

    def abort(self, reason: str) -> None:
        """Give the link up without a closing handshake."""
        self._end(reason)
        if self._connection is not None:
            self._connection.transport.abort()

    async def close(self) -> None:
        """Close with a close frame."""
        try:
            if self._connection is not None:
                await self._connection.close()
        finally:
            self.abort(_("closed by us"))


def _close_reason(body: bytes) -> str:
    try:
        values = message("Close").decode(body)
    except ProtocolError:
        return _("no reason given")
    return _("{reason} (code {code})").format(
        reason=clean(values["reason"]) or _("no reason given"), code=values["code"]
    )


def _reason(failure: BaseException) -> str:
    """Say what went wrong in a few words, without a URL."""
    if isinstance(failure, TimeoutError):
        return _("it did not answer in time")
    if isinstance(failure, ImportError):
        return _("the proxy needs the package python-socks")
    status = getattr(getattr(failure, "response", None), "status_code", None)
    if status is not None:
        return f"HTTP {status}"
    if isinstance(failure, ssl.SSLError):
        return _("TLS failed: the certificate is not trusted, or something stands between")
    if isinstance(failure, OSError):
        return failure.strerror or type(failure).__name__
    if isinstance(failure, WebSocketException):
        return _("its answer is not that of a gateway")
    return type(failure).__name__
