"""Live quotes into a callback, ours against the official SDK's asynchronous context, in one run.

The pushes come from a sandbox in a process of its own that sends what it is told to; each client is a process
too. A push carries the moment it was sent (CLOCK_MONOTONIC), so that latency is measured across processes.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import threading
import time
from typing import Any

SYMBOLS = [f"{n}.HK" for n in (700, 9988, 5, 1299, 3690, 388, 1, 16, 2)]
FLOOD, RATE, SECONDS, ROUNDS = 100_000, 1000, 4.0, 3


# the server


def serve() -> None:
    from tornado.netutil import bind_sockets

    from jupyter_openapi.sandbox import dispatch, handlers
    from jupyter_openapi.sandbox.options import Options
    from jupyter_openapi.sandbox.pushes import Publisher
    from jupyter_openapi.sandbox.server import Service
    from jupyter_openapi.sandbox.sockets import Sockets

    async def run() -> None:
        handlers.load_handlers()
        world = dispatch.World(Options(limits=False))
        dispatcher, sockets = dispatch.Dispatcher(world), Sockets(world)
        Publisher(world)
        world.links.most = 100
        server = Service(dispatcher.answer, dispatcher.answered, upgrade=sockets.upgrade).server()
        listening = bind_sockets(0, "127.0.0.1")
        server.add_sockets(listening)
        port, keys, loop = listening[0].getsockname()[1], world.ring.keys, asyncio.get_running_loop()
        facts = {
            "http_url": f"http://127.0.0.1:{port}",
            "quote_ws_url": f"ws://127.0.0.1:{port}/quote/v2",
            "trade_ws_url": f"ws://127.0.0.1:{port}/trade/v2",
            "app_key": keys.app_key,
            "app_secret": keys.app_secret,
            "access_token": keys.access_token,
            "symbols": list(world.market.securities),
        }
        print(json.dumps(facts), flush=True)
        orders: asyncio.Queue[list[str]] = asyncio.Queue()

        def listen() -> None:
            for line in sys.stdin:
                loop.call_soon_threadsafe(orders.put_nowait, line.split())
            loop.call_soon_threadsafe(orders.put_nowait, ["end"])

        threading.Thread(target=listen, daemon=True).start()
        while (order := await orders.get())[0] != "end":
            await send(world, int(order[1]), float(order[2]), order[3:] or SYMBOLS)

    asyncio.run(run())


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


async def send(world: Any, count: int, rate: float, symbols: list[str]) -> None:
    """Send so many pushes, so many a second (0: all at once) to every link that subscribed."""
    links = [link for link in world.links.of("quote") if link.subscribed]
    if not rate:
        frames = [frame(number, symbols) for number in range(count)]
        for start in range(0, count, 200):
            # Many in one write: the flood must be as fast as the client can read.
            world.links.broadcast(links, b"".join(frames[start : start + 200]))
            await asyncio.sleep(0)
        return
    begun = time.monotonic()
    for number in range(count):
        due = begun + number / rate
        if (left := due - time.monotonic()) > 0:
            await asyncio.sleep(left)
        world.links.broadcast(links, frame(number, symbols))


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
    time.sleep(0.5)
    return tally, lambda: client.call("quote", symbol=["700.HK"])


def official(info: dict[str, Any]) -> tuple[Tally, Any]:
    from longbridge import openapi as lb

    tally = Tally()
    config = lb.Config.from_apikey(
        info["app_key"], info["app_secret"], info["access_token"],
        http_url=info["http_url"], quote_ws_url=info["quote_ws_url"], trade_ws_url=info["trade_ws_url"],
        enable_print_quote_packages=False, enable_papertrading=True,
    )  # fmt: skip
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
    time.sleep(0.5)

    async def pull() -> None:
        await box[0].quote(["700.HK"])

    return tally, lambda: asyncio.run_coroutine_threadsafe(pull(), loop).result(20)


def client(kind: str, info: dict[str, Any]) -> None:
    tally, pull = {"ours": ours, "sdk": official}[kind](info)
    print("ready", flush=True)
    for line in sys.stdin:
        what, count = line.split()[0], int(line.split()[1])
        time.sleep(0.1)
        tally.reset(keep=what != "flood")
        cpu = time.process_time()
        print("go", flush=True)
        pulls: list[float] = []
        deadline = time.monotonic() + 60
        while tally.count < count and time.monotonic() < deadline:
            if what == "busy":
                sum(n * n for n in range(2000))
            elif what == "pull":
                begun = time.perf_counter()
                pull()
                pulls.append(time.perf_counter() - begun)
                time.sleep(0.02)
            else:
                time.sleep(0.005)
        late = sorted(tally.late) or [0.0]
        answer = {
            "count": tally.count,
            "cpu": (time.process_time() - cpu) / max(1, tally.count) * 1e6,
            "rate": tally.count / max(1e-9, tally.last - tally.first),
            "p50": late[len(late) // 2] / 1000,
            "p99": late[int(len(late) * 0.99)] / 1000,
            "pull": statistics.median(pulls) * 1000 if pulls else 0.0,
        }
        print(json.dumps(answer), flush=True)


class Process:
    """A child that is told what to do line by line."""

    def __init__(self, *arguments: str) -> None:
        self._child = subprocess.Popen(
            [sys.executable, __file__, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def tell(self, line: str) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(line + "\n")
        self._child.stdin.flush()

    def hear(self) -> str:
        assert self._child.stdout is not None
        return self._child.stdout.readline()

    def end(self) -> None:
        self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            assert pipe is not None
            pipe.close()


def one(kind: str, what: str, count: int, rate: float) -> dict[str, float]:
    server = Process("serve")
    info = server.hear()
    child = Process("client", kind, info)
    try:
        child.hear()
        child.tell(f"{what} {count}")
        child.hear()
        server.tell(f"send {count} {rate}")
        found: dict[str, float] = json.loads(child.hear())
        assert found["count"] == count, (kind, what, found)
        return found
    finally:
        child.end()
        server.end()


def compare(what: str, count: int, rate: float) -> dict[str, dict[str, float]]:
    """Return the medians of both, taken in turn so that drift hits both alike."""
    found: dict[str, list[dict[str, float]]] = {"sdk": [], "ours": []}
    for _ in range(ROUNDS):
        for kind, rows in found.items():
            rows.append(one(kind, what, count, rate))
    return {
        kind: {name: statistics.median(row[name] for row in rows) for name in rows[0]}
        for kind, rows in found.items()
    }


def idle_pull(kind: str) -> float:
    return statistics.median(one(kind, "pull", 20, 20)["pull"] for _ in range(ROUNDS))


def many_links(links: int = 50, count: int = 1000, rate: float = 0) -> tuple[float, list[float], list[float]]:
    """Send so many pushes to each of so many links, all at once or `rate` a second.

    Returns how many pushes a second arrived in all, and how long REST reads took before and meanwhile.
    """
    from jupyter_openapi import Client, Credentials

    server = Process("serve")
    info = json.loads(server.hear())
    children = Process("drain", json.dumps(info), str(links), str(count))
    keys = Credentials(info["app_key"], info["app_secret"], info["access_token"])
    client = Client(keys, "sandbox", info["http_url"], limits=False)

    def read() -> float:
        begun = time.perf_counter()
        row = client.call("quote", symbol=["700.HK"]).data["secu_quote"][0]
        assert row["symbol"] == "700.HK"
        time.sleep(0.005)
        return time.perf_counter() - begun - 0.005

    try:
        children.hear()
        idle = [read() for _ in range(100)][20:]
        server.tell(f"send {count} {rate}")
        told: list[str] = []
        listener = threading.Thread(target=lambda: told.append(children.hear()))
        listener.start()
        busy = []
        while listener.is_alive():
            busy.append(read())
        return float(told[0]), idle, busy
    finally:
        client.close()
        children.end()
        server.end()


async def drain(info: dict[str, Any], links: int, count: int) -> None:
    """Subscribe on so many links and count what comes."""
    from websockets.asyncio.client import connect

    from jupyter_openapi import Client, Credentials
    from jupyter_openapi.protocol import Packet, message, pack
    from jupyter_openapi.protocol.packets import REQUEST

    keys = Credentials(info["app_key"], info["app_secret"], info["access_token"])
    client = Client(keys, "sandbox", info["http_url"], limits=False)
    open_ = []
    for _ in range(links):
        password = client.request("GET", "/v1/socket/token").data["otp"]
        link = await connect(info["quote_ws_url"], compression=None, proxy=None)
        await link.send(pack(Packet(REQUEST, 2, message("AuthRequest").encode({"token": password}), 1)))
        await link.recv()
        body = message("SubscribeRequest").encode({"symbol": ["700.HK"], "sub_type": [1]})
        await link.send(pack(Packet(REQUEST, 6, body, 2)))
        await link.recv()
        open_.append(link)
    print("ready", flush=True)

    async def read(link: Any) -> tuple[float, float]:
        first = 0.0
        for _ in range(count):
            await link.recv()
            first = first or time.monotonic()
        return first, time.monotonic()

    times = await asyncio.gather(*(read(link) for link in open_))
    print(links * count / (max(last for _, last in times) - min(first for first, _ in times)), flush=True)


def main() -> None:
    flood = compare("flood", FLOOD, 0)
    sdk, own = flood["sdk"], flood["ours"]
    print(f"flood of {FLOOD:,}: SDK {sdk['cpu']:.1f} us CPU a push, {sdk['rate']:,.0f} a second")
    print(f"flood of {FLOOD:,}: ours {own['cpu']:.1f} us CPU a push, {own['rate']:,.0f} a second")
    print(f"CPU, ours / SDK                {own['cpu'] / sdk['cpu']:.2f}   (target <= 0.8)")
    print(f"rate, ours / SDK               {own['rate'] / sdk['rate']:.2f}   (target >= 1.2)")
    for what, label in (("calm", "1,000 a second"), ("busy", "the same, Python busy")):
        found = compare(what, int(RATE * SECONDS), RATE)
        sdk, own = found["sdk"], found["ours"]
        for name, one_of in (("SDK", sdk), ("ours", own)):
            print(f"{label}: {name} p50 {one_of['p50']:.2f}, p99 {one_of['p99']:.2f} ms")
        print(f"p50, p99: ours / SDK           {own['p50'] / sdk['p50']:.2f}, {own['p99'] / sdk['p99']:.2f}")
    idle = idle_pull("ours")
    found = compare("pull", int(RATE * SECONDS), RATE)
    print(f"a pull while 1,000 a second: ours {found['ours']['pull']:.2f} ms, idle {idle:.2f}")
    print(f"a pull while 1,000 a second: SDK {found['sdk']['pull']:.2f} ms")
    print(f"a pull, ours / idle            {found['ours']['pull'] / idle:.2f}   (target <= 1.2)")
    flooded, _, _ = many_links()
    print(f"sandbox, 50 links, at once     {flooded:,.0f} pushes a second   (target >= 10,000)")
    sent, idle_reads, reads = many_links(count=1000, rate=200)
    before, during = (statistics.median(times) * 1000 for times in (idle_reads, reads))
    print(f"sandbox, 50 links: {sent:,.0f} pushes a second, REST {during:.2f} ms, idle {before:.2f}")
    print(f"REST, 10,000 a second / idle   {during / before:.2f}   (target <= 1.5)")


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve()
    elif sys.argv[1:2] == ["client"]:
        client(sys.argv[2], json.loads(sys.argv[3]))
    elif sys.argv[1:2] == ["drain"]:
        asyncio.run(drain(json.loads(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
    else:
        main()
