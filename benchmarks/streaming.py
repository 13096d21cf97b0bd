"""The processes of `bench_stream`: a sandbox that pushes what it is told to, clients, and a cheap reader.

Each is told what to do line by line and answers with a line of JSON. A push carries the moment it was sent
(CLOCK_MONOTONIC, in its turnover), so that latency is measured across processes.
"""

from __future__ import annotations

import asyncio
import json
import selectors
import socket
import subprocess
import sys
import threading
import time
from typing import Any

SYMBOLS = [f"{n}.HK" for n in (700, 9988, 5, 1299, 3690, 388, 1, 16, 2)]
TOGETHER = 20  # pushes to many links between two turns of the server's loop


class Process:
    """A child that is told what to do line by line."""

    def __init__(self, *arguments: str) -> None:
        self._child = subprocess.Popen(
            [sys.executable, __file__, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def tell(self, line: str) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(line + "\n")
        self._child.stdin.flush()

    def hear(self) -> Any:
        assert self._child.stdout is not None
        return json.loads(self._child.stdout.readline())

    def ask(self, line: str) -> Any:
        self.tell(line)
        return self.hear()

    def end(self) -> None:
        self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            assert pipe is not None
            pipe.close()


def say(answer: Any) -> None:
    print(json.dumps(answer), flush=True)


# the server


class Server:
    """A sandbox whose pushes are not its market's but those that it is told to send."""

    def __init__(self) -> None:
        from jupyter_openapi.sandbox import dispatch, handlers
        from jupyter_openapi.sandbox.options import Options
        from jupyter_openapi.sandbox.pushes import Publisher

        handlers.load_handlers()
        self.world = dispatch.World(Options(limits=False))
        Publisher(self.world)
        self.world.links.most = 100

    async def run(self) -> None:
        from tornado.netutil import bind_sockets

        from jupyter_openapi.sandbox.dispatch import Dispatcher
        from jupyter_openapi.sandbox.server import Service
        from jupyter_openapi.sandbox.sockets import Sockets

        dispatcher, sockets = Dispatcher(self.world), Sockets(self.world)
        server = Service(dispatcher.answer, dispatcher.answered, upgrade=sockets.upgrade).server()
        listening = bind_sockets(0, "127.0.0.1")
        server.add_sockets(listening)
        port, keys = listening[0].getsockname()[1], self.world.ring.keys
        say(
            {
                "http_url": f"http://127.0.0.1:{port}",
                "quote_ws_url": f"ws://127.0.0.1:{port}/quote/v2",
                "trade_ws_url": f"ws://127.0.0.1:{port}/trade/v2",
                "app_key": keys.app_key,
                "app_secret": keys.app_secret,
                "access_token": keys.access_token,
                "symbols": list(self.world.market.securities),
            }
        )
        orders: asyncio.Queue[list[str]] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def listen() -> None:
            for line in sys.stdin:
                loop.call_soon_threadsafe(orders.put_nowait, line.split())
            loop.call_soon_threadsafe(orders.put_nowait, [])  # whoever told what to do is gone

        threading.Thread(target=listen, daemon=True).start()
        while order := await orders.get():
            what, count, rate, *symbols = order
            links = [link for link in self.world.links.of("quote") if link.subscribed]
            cpu, begun = time.process_time(), time.monotonic()
            send = {"flood": self.flood, "each": self.each}[what]
            size = await send(links, int(count), float(rate), symbols or SYMBOLS)
            took = {"cpu": time.process_time() - cpu, "seconds": time.monotonic() - begun}
            say({"bytes": size, "begun": begun, **took})

    async def flood(self, links: list[Any], count: int, _rate: float, symbols: list[str]) -> int:
        """Send as fast as a client can read: made before, many in one write."""
        frames = [frame(number, symbols) for number in range(count)]
        for start in range(0, count, 200):
            self.world.links.broadcast(links, b"".join(frames[start : start + 200]))
            await asyncio.sleep(0)
        return sum(map(len, frames))

    async def each(self, links: list[Any], count: int, rate: float, symbols: list[str]) -> int:
        """Send one after the other, so many a second (0: at once), as the market does."""
        begun, size = time.monotonic(), 0
        for number in range(count):
            if rate and (left := begun + number / rate - time.monotonic()) > 0:
                await asyncio.sleep(left)
            elif not rate and number % TOGETHER == 0:
                await asyncio.sleep(0)
            one = frame(number, symbols)
            size += len(one)
            self.world.links.broadcast(links, one)
        return size


def frame(number: int, symbols: list[str]) -> bytes:
    from jupyter_openapi.sandbox.links import push

    values = {
        "symbol": symbols[number % len(symbols)],
        "sequence": 160_808_750_000_000 + number,
        "last_done": f"{388 + number % 7}.20",
        "open": "390.00",
        "high": "392.20",
        "low": "386.40",
        "timestamp": 1_767_605_400 + number // 100,
        "volume": 12_345_600 + number,
        "turnover": str(time.monotonic_ns() // 1000),
        "current_volume": 1,
        "current_turnover": "388.20",
    }
    return push(101, "PushQuote", values)


# the clients


class Tally:
    """Counts pushes and notes how late each was."""

    def __init__(self) -> None:
        self.count = 0
        self.first = self.last = 0.0
        self.late: list[float] = []
        self.keep = False

    def note(self, turnover: Any) -> None:
        now = time.monotonic()
        if not self.count:
            self.first = now
        self.count += 1
        self.last = now
        if self.keep:
            self.late.append(now * 1e6 - float(turnover))

    def reset(self, *, keep: bool) -> None:
        self.count, self.late, self.keep = 0, [], keep


def ours(info: dict[str, Any]) -> tuple[Tally, Any]:
    from jupyter_openapi import Client, Credentials

    tally = Tally()
    keys = Credentials(info["app_key"], info["app_secret"], info["access_token"])
    client = Client(keys, "sandbox", info["http_url"], limits=False)
    sub = client.subscribe(SYMBOLS, buffer=200_000).wait()
    sub.on(lambda event: tally.note(event.turnover))
    return tally, lambda: client.call("quote", symbol=["700.HK"])


def official_config(info: dict[str, Any]) -> Any:
    from longbridge import openapi as lb

    return lb.Config.from_apikey(
        info["app_key"], info["app_secret"], info["access_token"],
        http_url=info["http_url"], quote_ws_url=info["quote_ws_url"], trade_ws_url=info["trade_ws_url"],
        enable_print_quote_packages=False, enable_papertrading=True,
    )  # fmt: skip


def official_sync(info: dict[str, Any]) -> tuple[Tally, Any]:
    """Return what pulls by the SDK's synchronous context; it hears no pushes."""
    from longbridge import openapi as lb

    context = lb.QuoteContext(official_config(info))
    return Tally(), lambda: context.quote(["700.HK"])


def official(info: dict[str, Any]) -> tuple[Tally, Any]:
    from longbridge import openapi as lb

    tally, config = Tally(), official_config(info)
    ready, loop = threading.Event(), asyncio.new_event_loop()
    box: list[Any] = []

    async def start() -> None:
        context = lb.AsyncQuoteContext.create(config)
        context.set_on_quote(lambda _, event: tally.note(event.turnover))
        await context.subscribe(SYMBOLS, [lb.SubType.Quote])
        box.append(context)
        ready.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.create_task(start())
        loop.run_forever()

    threading.Thread(target=run, daemon=True).start()
    ready.wait(20)

    async def pull() -> None:
        await box[0].quote(["700.HK"])

    return tally, lambda: asyncio.run_coroutine_threadsafe(pull(), loop).result(20)


def client(kind: str, info: dict[str, Any]) -> None:
    """Serve ``flood``, ``calm``, ``busy`` with a number of pushes; ``pull``, ``toil`` with one of pulls."""
    tally, pull = {"ours": ours, "sdk": official, "sync": official_sync}[kind](info)
    time.sleep(0.5)  # the first pushes are none of those that are counted
    say("ready")
    for line in sys.stdin:
        what, count = line.split()[0], int(line.split()[1])
        if what == "pull":
            say(pulls(pull, count))
            continue
        if what == "toil":
            say(pulls_beside_python(pull, count))
            continue
        tally.reset(keep=what != "flood")
        cpu = time.process_time()
        say("go")
        deadline = time.monotonic() + 60
        while tally.count < count and time.monotonic() < deadline:
            if what == "busy":
                compute()
            else:
                time.sleep(0.005)
        late = sorted(tally.late) or [0.0]
        say(
            {
                "count": tally.count,
                "cpu": (time.process_time() - cpu) / max(1, tally.count) * 1e6,
                "rate": tally.count / max(1e-9, tally.last - tally.first),
                "p50": late[len(late) // 2] / 1000,
                "p99": late[int(len(late) * 0.99)] / 1000,
            }
        )


def pulls(pull: Any, count: int) -> list[float]:
    """Pull so many times; return how long each took, in milliseconds."""
    found = []
    for _ in range(count):
        begun = time.perf_counter()
        pull()
        found.append((time.perf_counter() - begun) * 1000)
        time.sleep(0.005)
    return found


def pulls_beside_python(pull: Any, count: int) -> list[float]:
    """Pull in a thread while this one computes in pure Python, as a callback does beside a busy cell."""
    found: list[float] = []
    asking = threading.Thread(target=lambda: found.extend(pulls(pull, count)))
    asking.start()
    while asking.is_alive():
        compute()
    return found


def compute() -> None:
    sum(n * n for n in range(2000))


def reader(info: dict[str, Any], links: int) -> None:
    """Subscribe on so many links and count the bytes that come: it costs next to nothing.

    For each number of bytes it is told, it waits until each link had so many, and answers when the last came.
    """
    sockets = [subscribed(info) for _ in range(links)]
    poll = selectors.DefaultSelector()
    for one in sockets:
        one.settimeout(0)
        poll.register(one, selectors.EVENT_READ)
    poll.register(sys.stdin, selectors.EVENT_READ)
    had, goal, last = dict.fromkeys(sockets, 0), -1, 0.0
    space = bytearray(1 << 18)
    time.sleep(0.5)
    for one in sockets:  # the first values are none of what is counted
        drained(one, space)
    say("ready")
    while True:
        for key, _ in poll.select():
            if key.fileobj is sys.stdin:
                if not (line := sys.stdin.readline()):
                    return
                goal = int(line)
            else:
                had[key.fileobj] += drained(key.fileobj, space)  # type: ignore[index, arg-type]
                last = time.monotonic()
        if goal >= 0 and all(size >= goal for size in had.values()):
            # A link that lives long gets pings of six bytes, too.
            say({"last": last, "same": all((size - goal) % 6 == 0 for size in had.values())})
            had, goal = dict.fromkeys(sockets, 0), -1


def drained(one: socket.socket, space: bytearray) -> int:
    try:
        return one.recv_into(space)
    except BlockingIOError:
        return 0


def subscribed(info: dict[str, Any]) -> socket.socket:
    """Return a socket on which quotes of a symbol are pushed: bare, so that reading costs next to nothing."""
    from websockets.frames import Frame, Opcode

    from jupyter_openapi import Client, Credentials
    from jupyter_openapi.protocol import Packet, message, pack
    from jupyter_openapi.protocol.packets import REQUEST

    keys = Credentials(info["app_key"], info["app_secret"], info["access_token"])
    with Client(keys, "sandbox", info["http_url"], limits=False) as api:
        password = api.request("GET", "/v1/socket/token").data["otp"]
    one = socket.create_connection(("127.0.0.1", int(info["http_url"].rpartition(":")[2])))
    one.sendall(
        b"GET /quote/v2 HTTP/1.1\r\nHost: sandbox\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    one.recv(4096)
    entry = message("AuthRequest").encode({"token": password})
    wish = message("SubscribeRequest").encode({"symbol": ["700.HK"], "sub_type": [1]})
    for number, (command, body) in enumerate(((2, entry), (6, wish)), 1):
        packet = pack(Packet(REQUEST, command, body, number))
        one.sendall(Frame(Opcode.BINARY, packet).serialize(mask=True))
        one.recv(4096)
    return one


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        asyncio.run(Server().run())
    elif sys.argv[1] == "client":
        client(sys.argv[2], json.loads(sys.argv[3]))
    else:
        reader(json.loads(sys.argv[2]), int(sys.argv[3]))
