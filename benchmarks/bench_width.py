"""Many requests at once: 200 requests of 50 ms each from 16 threads, against the ideal; and Ctrl-C in one."""

from __future__ import annotations

import os
import signal
import socket
import socketserver
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from benchmarks.figures import show
from jupyter_openapi import Client, Credentials

REPLY = b'{"code":0,"message":"","data":{"list":[]}}'
REQUESTS, WIDTH, PAUSE = 200, 16, 0.05
ROUNDS, PRESSES = 3, 5


class Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self) -> None:
        while self.rfile.readline():
            while self.rfile.readline() not in {b"\r\n", b""}:
                pass
            time.sleep(float(sys.argv[2]))
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(REPLY), REPLY))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 64


def client(pause: float) -> tuple[subprocess.Popen[str], Client]:
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.bench_width", "serve", str(pause)],
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    assert server.stdout is not None
    url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
    return server, Client(Credentials("key-1", "secret-1", "token-1"), "sandbox", url, limits=False)


def raw(port: str) -> Callable[[object], None]:
    """Make the floor: a request by a socket of each thread's own."""
    local = threading.local()

    def call(_: object) -> None:
        if not hasattr(local, "link"):
            local.link = socket.create_connection(("127.0.0.1", int(port)))
        local.link.sendall(b"GET / HTTP/1.1\r\n\r\n")
        while not local.link.recv(4096).endswith(REPLY):
            pass

    return call


def width() -> None:
    server, made = client(PAUSE)
    ideal = -(-REQUESTS // WIDTH) * PAUSE
    port = made.account.host.rpartition(":")[2]
    taken: dict[str, list[float]] = {"ours": [], "raw": []}
    calls = {"ours": lambda _: made.call("stock_positions"), "raw": raw(port)}
    try:
        for _ in range(ROUNDS):
            for name, call in calls.items():
                with ThreadPoolExecutor(WIDTH) as pool:
                    list(pool.map(call, range(WIDTH)))
                    begun = time.perf_counter()
                    list(pool.map(call, range(REQUESTS)))
                    taken[name].append((time.perf_counter() - begun) / ideal)
        show(
            f"{REQUESTS} requests of 50 ms, {WIDTH} wide / ideal",
            taken["ours"],
            most=1.05,
            floor=f"raw sockets {statistics.median(taken['raw']):.2f} x",
            held_by="16 answers that come in the same moment are read in turn by one Python",
        )
    finally:
        server.kill()
        server.wait()


def interrupt() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    server, made = client(5.0)
    took: list[float] = []

    def press() -> None:
        took.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    try:
        for _ in range(PRESSES):
            threading.Timer(0.3, press).start()
            try:
                made.call("stock_positions")
            except KeyboardInterrupt:
                took[-1] = (time.perf_counter() - took[-1]) * 1e3
        show("Ctrl-C in a request of 5 s", took, "ms", most=10)
    finally:
        server.kill()
        server.wait()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        with Server(("127.0.0.1", 0), Handler) as listening:
            print(listening.server_address[1], flush=True)
            listening.serve_forever()
    width()
    interrupt()
