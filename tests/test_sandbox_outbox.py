"""What the sandbox pushes leaves in one write for each link and turn, in order; requests get their turn."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from tornado.iostream import IOStream
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

from jupyter_openapi.sandbox import pushes
from jupyter_openapi.sandbox import websocket as websocket_module
from jupyter_openapi.sandbox.dispatch import World
from jupyter_openapi.sandbox.handlers import load_handlers
from jupyter_openapi.sandbox.links import Link
from jupyter_openapi.sandbox.options import Options
from jupyter_openapi.sandbox.pushes import Publisher
from jupyter_openapi.sandbox.websocket import SHARE, Outbox, WebSocket, frame_of


class Counted(socket.socket):
    """A socket that counts the calls of `send`, and takes no more than `room` bytes with each."""

    sends = 0
    room = 1 << 30

    def send(self, data: Any, flags: int = 0) -> int:
        self.sends += 1
        return super().send(data[: self.room], flags)


class Connected:
    """A link of a sandbox, and its client's end."""

    def __init__(self, outbox: Outbox) -> None:
        ours, self._end = socket.socketpair()
        self.server = Counted(fileno=ours.detach())
        self._protocol = ClientProtocol(parse_uri("ws://sandbox/quote/v2"))
        request = self._protocol.connect()
        headers = [(name, value) for name, value in request.headers.raw_items()]
        self.socket = WebSocket(IOStream(self.server), "/quote/v2", headers, outbox)
        self._served = asyncio.ensure_future(self.socket.serve(lambda _: None))
        self._end.setblocking(False)
        self._protocol.send_request(request)
        self._protocol.data_to_send()

    async def frames(self, count: int) -> list[Frame]:
        """Return the next frames that arrive, so many or up to the end."""
        found: list[Frame] = []
        loop = asyncio.get_running_loop()
        while len(found) < count and (data := await loop.sock_recv(self._end, 65536)):
            self._protocol.receive_data(data)
            events = self._protocol.events_received()
            found += [event for event in events if not isinstance(event, Response)]
        return found

    async def close(self) -> None:
        self._end.close()
        await self._served


def run(test: Callable[[Outbox], Any]) -> Any:
    async def main() -> Any:
        return await asyncio.wait_for(test(Outbox()), 20)

    return asyncio.run(main())


def test_the_pushes_of_one_turn_are_one_write_and_arrive_in_order() -> None:
    async def test(outbox: Outbox) -> None:
        links = [Connected(outbox) for _ in range(3)]
        await asyncio.sleep(0)
        before = [link.server.sends for link in links]
        for number in range(100):
            frame = frame_of(b"%d" % number)
            for link in links:
                link.socket.write(frame)
        for link in links:
            got = await link.frames(100)
            assert [frame.data for frame in got] == [b"%d" % number for number in range(100)]
        assert [link.server.sends - had for link, had in zip(links, before, strict=True)] == [1, 1, 1]
        for link in links:
            await link.close()

    run(test)


def test_what_the_system_does_not_take_at_once_still_arrives_whole() -> None:
    async def test(outbox: Outbox) -> None:
        link = Connected(outbox)
        await asyncio.sleep(0)
        link.server.room = 1000
        bodies = [bytes([number]) * 5000 for number in range(40)]
        for body in bodies[:20]:
            link.socket.write(frame_of(body))
        await asyncio.sleep(0)
        for body in bodies[20:]:  # the first are still on their way
            link.socket.write(frame_of(body))
        assert [frame.data for frame in await link.frames(40)] == bodies
        await link.close()

    run(test)


def test_what_was_sent_before_a_close_an_end_or_a_freeze_arrives() -> None:
    async def test(outbox: Outbox) -> None:
        closed, ended, frozen = (Connected(outbox) for _ in range(3))
        await asyncio.sleep(0)
        for link in (closed, ended, frozen):
            link.socket.write(frame_of(b"before"))
        closed.socket.close(1001, "bye")
        ended.socket.abort()
        frozen.socket.freeze()
        frozen.socket.write(frame_of(b"after"))
        assert [frame.opcode for frame in await closed.frames(2)] == [Opcode.BINARY, Opcode.CLOSE]
        assert [frame.data for frame in await ended.frames(2)] == [b"before"]
        assert [frame.data for frame in await frozen.frames(1)] == [b"before"]
        frozen.socket.abort()
        assert await frozen.frames(1) == []
        for link in (closed, ended, frozen):
            await link.close()

    run(test)


def test_requests_get_their_turn_while_many_links_are_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    now, written, between = [0.0], [], []

    class Slow:
        def flush(self) -> None:
            now[0] += SHARE / 4
            written.append(self)

    async def test(outbox: Outbox) -> None:
        monkeypatch.setattr(websocket_module, "time", SimpleNamespace(monotonic=lambda: now[0]))
        links = [Slow() for _ in range(40)]
        for link in links:
            outbox.add(link)
        while len(written) < 40:
            await asyncio.sleep(0)
            between.append(len(written))
        assert written == links

    run(test)
    assert max(after - before for before, after in zip([0, *between], between, strict=False)) <= 6
    assert len(between) >= 7


def test_the_market_is_pushed_symbol_by_symbol_and_each_symbol_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two symbols the loop has its turn; who leaves meanwhile is not pushed to, and all is told."""
    load_handlers()
    world = World(Options(limits=False, clock="manual", start=1_795_401_000.0))
    publisher, told = Publisher(world), []

    class Ear:
        def write(self, frame: bytes) -> None:
            told.append(frame)

    symbols = list(world.market.securities)[:6]
    stays, leaves = (Link(Ear(), "quote", "session") for _ in range(2))  # type: ignore[arg-type]
    for link in (stays, leaves):
        link.subscribed = {symbol: {1, 2, 4} for symbol in symbols}
        world.links.open.add(link)
    publisher.publish()
    seen: list[str] = []
    catch_up = publisher._catch_up
    audiences: list[int] = []

    def noted(symbol: str, links: list[Link], now: float) -> None:
        seen.append(symbol)
        audiences.append(len(links))
        catch_up(symbol, links, now)

    async def test(_: Outbox) -> None:
        monkeypatch.setattr(publisher, "_catch_up", noted)
        monkeypatch.setattr(pushes, "SHARE", -1.0)  # each symbol takes its share
        world.clock.set(world.now() + 600)
        world.exchange.advance(world.now())
        told.clear()
        task = asyncio.ensure_future(world.links.publish_in_turns())  # type: ignore[arg-type]
        await asyncio.sleep(0)
        assert len(seen) == 1
        world.links.open.discard(leaves)
        await task

    run(test)
    world.close()
    assert seen == symbols
    assert audiences == [2, *[1] * 5]
    assert len(told) > len(symbols)
