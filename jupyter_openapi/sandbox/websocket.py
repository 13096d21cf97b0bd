"""A WebSocket on a stream that the HTTP server gave up: frames in, frames out, pings, and ways to fail.

The frames are made and read by the Sans-I/O part of `websockets`. Frames of a server are not masked, so one
that goes to many links is made once (`frame_of`). What is written waits for the next turn of the loop: the
frames of one turn leave together, one write for each link (`Outbox`).

A push to many links is one list entry for each of them; the system is called once a link and turn, however
many pushes a turn has. After `SHARE` seconds of writing the loop gets its turn, so that requests are answered
in between.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from tornado.iostream import IOStream, StreamBufferFullError, StreamClosedError
from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from jupyter_openapi.protocol.packets import LARGEST_BODY

SHARE = 0.001
"""Seconds of one turn of the loop that pushes may take before requests are looked at again."""


class Writer(Protocol):
    """A link with frames that wait."""

    def flush(self) -> None:
        """Write them."""


class Outbox:
    """The links that have frames to write, in the order in which they got the first."""

    def __init__(self) -> None:
        self._due: deque[Writer] = deque()
        self._called = False

    def add(self, writer: Writer) -> None:
        """Schedule a link's frames to be written at the loop's next turn."""
        self._due.append(writer)
        if not self._called:
            self._called = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        due, ends = self._due, time.monotonic() + SHARE
        while due:
            due.popleft().flush()
            if due and time.monotonic() > ends:
                asyncio.get_running_loop().call_soon(self._flush)
                return
        self._called = False


PING = 30.0
"""Seconds between two pings; a link that has answered none of three is closed."""

MOST_UNSENT = 1 << 25
"""Bytes that may wait for a slow reader before its link is dropped."""

GOING_AWAY, UNSUPPORTED = 1001, 1003

log = logging.getLogger("jupyter_openapi.sandbox")


def frame_of(data: bytes) -> bytes:
    """Return the bytes of a server's frame with one binary message."""
    return Frame(Opcode.BINARY, data).serialize(mask=False)


class WebSocket:
    """One connection after its upgrade request.

    Parameters
    ----------
    stream
        The connection's stream, nothing else reading it.
    path, headers
        The upgrade request's.
    outbox
        Calls `flush` with the next turn of the loop.
    """

    def __init__(self, stream: IOStream, path: str, headers: list[tuple[str, str]], outbox: Outbox) -> None:
        self._stream = stream
        self._outbox = outbox
        self._unsent: list[bytes] = []
        stream.max_write_buffer_size = MOST_UNSENT
        with contextlib.suppress(OSError):  # a connection that has gone is found gone when it is read
            stream.set_nodelay(True)  # a push must not wait until the one before it is acknowledged
        self._protocol = ServerProtocol(max_size=LARGEST_BODY + 64, logger=log)
        self._request = Request(path, Headers(headers)).serialize()
        self._unanswered = 0
        self.frozen = False
        self._thawed = asyncio.Event()

    @property
    def open(self) -> bool:
        """Whether messages can still be sent."""
        return self._protocol.state is State.OPEN and not self._stream.closed()

    async def serve(self, received: Callable[[bytes], None]) -> None:
        """Answer the upgrade and hand every binary message to `received`, until the connection is gone."""
        protocol = self._protocol
        protocol.receive_data(self._request)
        for event in protocol.events_received():
            if isinstance(event, Request):
                protocol.send_response(protocol.accept(event))
        self._flush()
        pinger = asyncio.ensure_future(self._ping())
        try:
            await self._read(received)
        except StreamClosedError:
            pass
        finally:
            pinger.cancel()
            self._stream.close()

    async def _read(self, received: Callable[[bytes], None]) -> None:
        protocol, parts = self._protocol, bytearray()
        while not self._stream.closed():
            data = await self._stream.read_bytes(65536, partial=True)
            if self.frozen:
                await self._thawed.wait()
            protocol.receive_data(data)
            for event in protocol.events_received():
                if not isinstance(event, Frame):
                    continue
                if event.opcode is Opcode.PONG:
                    self._unanswered = 0
                elif event.opcode is Opcode.TEXT:
                    self.close(UNSUPPORTED)
                elif event.opcode in {Opcode.BINARY, Opcode.CONT}:
                    parts += event.data
                    if event.fin:
                        message, parts = bytes(parts), bytearray()
                        received(message)
            self._flush()
            if protocol.state is State.CLOSED or protocol.close_expected():
                return

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING)
            if self._unanswered >= 3:
                self.abort()
                return
            if self.open and not self.frozen:
                self._unanswered += 1
                self._protocol.send_ping(b"ping")
                self._flush()

    def send(self, data: bytes) -> None:
        """Send one binary message."""
        self.write(frame_of(data))

    def write(self, frame: bytes) -> None:
        """Send the bytes of a frame that is made already."""
        if not self.open or self.frozen:
            return
        if not self._unsent:
            self._outbox.add(self)
        self._unsent.append(frame)

    def flush(self) -> None:
        """Write what waits."""
        if not self._unsent:
            return
        data, self._unsent = b"".join(self._unsent), []
        stream = self._stream
        if stream.closed():
            return
        if not stream.writing():
            # Nothing is before it, so the system gets it without the stream's detour by a future.
            try:
                data = data[stream.socket.send(data) :]
            except BlockingIOError:
                pass
            except OSError:
                stream.close()
                return
        if data:
            self._write_rest(data)

    def _write_rest(self, data: bytes) -> None:
        try:
            self._stream.write(data)
        except StreamBufferFullError:
            log.warning("a link reads too slowly: it was dropped")
            self.abort()
        except StreamClosedError:
            pass

    def close(self, code: int = GOING_AWAY, reason: str = "") -> None:
        """Close with a close frame; what was sent before still arrives."""
        if self.open:
            self._protocol.send_close(code, reason)
            self._flush()

    def abort(self) -> None:
        """Drop the connection without a word; what was sent before is on its way."""
        self.flush()
        self.frozen = False
        self._thawed.set()
        self._stream.close()

    def freeze(self) -> None:
        """Neither read nor write any more, and leave the connection open: a half-open link."""
        self.flush()
        self.frozen = True

    def _flush(self) -> None:
        if self.frozen:
            return
        self.flush()  # in the order in which it was sent
        for data in self._protocol.data_to_send():
            with contextlib.suppress(StreamClosedError, StreamBufferFullError):
                if data:
                    self._stream.write(data)
