"""Many requests at once: 200 requests of 50 ms each from 16 threads, against the ideal; and Ctrl-C in one."""

from __future__ import annotations

import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

REPLY = b'{"code":0,"message":"","data":{"list":[]}}'
REQUESTS, WIDTH, PAUSE = 200, 16, 0.05


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


def client(pause: float) -> tuple[subprocess.Popen[str], object]:
    from jupyter_openapi import Client, Credentials

    server = subprocess.Popen(
        [sys.executable, __file__, "serve", str(pause)], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
    return server, Client(Credentials("key-1", "secret-1", "token-1"), "sandbox", url, limits=False)


def width() -> None:
    server, made = client(PAUSE)
    try:
        with ThreadPoolExecutor(WIDTH) as pool:
            list(pool.map(lambda _: made.call("stock_positions"), range(WIDTH)))
            begun = time.perf_counter()
            list(pool.map(lambda _: made.call("stock_positions"), range(REQUESTS)))
            taken = time.perf_counter() - begun
        ideal = -(-REQUESTS // WIDTH) * PAUSE
        print(f"{REQUESTS} requests of 50 ms, {WIDTH} wide / ideal  {taken / ideal:.2f}   (target <= 1.15)")
    finally:
        server.kill()
        server.wait()


def interrupt() -> None:
    server, made = client(5.0)
    pressed = []

    def press() -> None:
        pressed.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    threading.Timer(0.5, press).start()
    try:
        made.call("stock_positions")
    except KeyboardInterrupt:
        took = (time.perf_counter() - pressed[0]) * 1e3
        print(f"Ctrl-C in a request of 5 s ends it after  {took:.0f} ms  (target <= 50)")
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
