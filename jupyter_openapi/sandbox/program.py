"""The sandbox's process: listens, prints its address, ends with its parent or a signal."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
import stat
import sys
from threading import Thread

from tornado.netutil import bind_sockets

from jupyter_openapi.sandbox.dispatch import Dispatcher, World
from jupyter_openapi.sandbox.exchange.store import Busy
from jupyter_openapi.sandbox.handlers import load_handlers
from jupyter_openapi.sandbox.options import PARENT, Options
from jupyter_openapi.sandbox.pushes import Publisher
from jupyter_openapi.sandbox.server import Service
from jupyter_openapi.sandbox.sockets import Sockets

HOST = "127.0.0.1"
TICK = 0.25
SIGNALS = (signal.SIGTERM, signal.SIGINT)

log = logging.getLogger("jupyter_openapi.sandbox")


def run(options: Options) -> int:
    """Run one sandbox until it is told to end; return the exit status."""
    level = logging.INFO if options.verbose else logging.WARNING
    logging.basicConfig(stream=sys.stderr, level=level, format="%(asctime)s %(levelname)s %(message)s")
    try:
        world = World(options)
    except Busy:
        log.error("%s is in use by another sandbox; end that one or give another --db", options.db)  # noqa: TRY400 - the user needs no traceback
        return 1
    try:
        return asyncio.run(_serve(world))
    except OSError as error:
        log.error("port %s can't be used: %s", options.port, error)  # noqa: TRY400 - the user needs no traceback
        return 1
    finally:
        world.close()


async def _serve(world: World) -> int:
    load_handlers()
    dispatcher = Dispatcher(world)
    listening = bind_sockets(world.options.port, HOST)
    sockets = Sockets(world)
    Publisher(world)
    server = Service(dispatcher.answer, dispatcher.answered, upgrade=sockets.upgrade).server()
    server.add_sockets(listening)
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    _watch_signals(loop, end)
    _watch_stdin(loop, end)
    world.url = f"http://{HOST}:{listening[0].getsockname()[1]}"
    gc.freeze()  # what lives as long as the program needn't be looked at again
    gc.enable()
    _announce(world)
    ticker = asyncio.create_task(_tick(world, end))
    await end.wait()
    ticker.cancel()
    server.stop()
    await sockets.close()
    await server.close_all_connections()
    for number in SIGNALS:  # Python gives up its handlers before it is gone: a second signal would kill it
        signal.signal(number, signal.SIG_IGN)
    return 0


async def _tick(world: World, end: asyncio.Event) -> None:
    while True:
        await asyncio.sleep(TICK)
        if _orphaned():
            end.set()
        try:
            world.refresh()
            await world.links.publish_in_turns()
        except Exception:
            log.exception("the market's tick failed")


def _orphaned() -> bool:
    """Tell whether the process that started this one is gone.

    Its end of our pipe may live on in a child that it forked.
    """
    parent = os.environ.get(PARENT, "")
    return sys.platform != "win32" and parent.isdigit() and os.getppid() != int(parent)


def _announce(world: World) -> None:
    keys = world.ring.keys
    socket = world.url.replace("http", "ws", 1)
    facts = {
        "http_url": world.url,
        "quote_ws_url": f"{socket}/quote/v2",
        "trade_ws_url": f"{socket}/trade/v2",
        "app_key": keys.app_key,
        "app_secret": keys.app_secret,
        "access_token": keys.access_token,
        "pid": os.getpid(),
    }
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def _watch_stdin(loop: asyncio.AbstractEventLoop, end: asyncio.Event) -> None:
    # Whoever holds the other end of the pipe started this program; when that end goes, so does the program.
    # A thread, for not every platform's event loop can wait for a pipe.
    try:
        number = sys.stdin.fileno()
        piped = stat.S_ISFIFO(os.fstat(number).st_mode) or stat.S_ISSOCK(os.fstat(number).st_mode)
    except (AttributeError, OSError, ValueError):
        return
    if piped:
        Thread(target=_read_to_end, args=(number, loop, end), daemon=True).start()


def _read_to_end(number: int, loop: asyncio.AbstractEventLoop, end: asyncio.Event) -> None:
    with contextlib.suppress(OSError):
        while os.read(number, 65536):
            pass
    _end(loop, end)


def _watch_signals(loop: asyncio.AbstractEventLoop, end: asyncio.Event) -> None:
    # Not the loop's own handlers: these stay when the loop has ended.
    for number in SIGNALS:
        signal.signal(number, lambda *_: _end(loop, end))


def _end(loop: asyncio.AbstractEventLoop, end: asyncio.Event) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed already
        loop.call_soon_threadsafe(end.set)
