"""A whole call (sign, send, parse, check, 2 KB reply, keep-alive loopback) against its peers, in one run.

Every figure is a median per call over interleaved rounds; ratios are what counts. The server is a process of
its own that answers each request with the same reply.
"""

from __future__ import annotations

import json
import os
import socketserver
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

ROUNDS, CALLS = 15, 200
ROW = {
    "symbol": "700.HK",
    "symbol_name": "TENCENT",
    "quantity": "650",
    "available_quantity": "450",
    "currency": "HKD",
    "cost_price": "457.53",
    "market": "HK",
    "init_quantity": "2000",
}
REPLY = json.dumps(
    {"code": 0, "message": "success", "data": {"list": [{"account_channel": "lb", "stock_info": [ROW] * 11}]}}
).encode()
PATH = "/v1/asset/stock"


class Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self) -> None:
        while line := self.rfile.readline():
            while self.rfile.readline() not in {b"\r\n", b""}:
                pass
            del line
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(REPLY), REPLY))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


def serve() -> None:
    with Server(("127.0.0.1", 0), Handler) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


def ours(url: str) -> Callable[[], object]:
    from jupyter_openapi import Client, Credentials

    client = Client(Credentials("key-1", "secret-1", "token-1"), "sandbox", url, limits=False)
    return lambda: client.call("stock_positions", symbol=["700.HK"]).data


def official(url: str) -> Callable[[], object]:
    from longbridge.openapi import HttpClient

    client = HttpClient.from_apikey("key-1", "secret-1", "token-1", http_url=url)
    return lambda: client.request("get", f"{PATH}?symbol=700.HK")


def plain_session(url: str) -> Callable[[], object]:
    import requests

    from jupyter_openapi import Credentials
    from jupyter_openapi.signing import SignatureAuth

    session, auth = requests.Session(), SignatureAuth(Credentials("key-1", "secret-1", "token-1"))
    return lambda: session.request(
        "GET", url + PATH, params={"symbol": "700.HK"}, auth=auth, timeout=30
    ).json()["data"]


def measure(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median seconds per call of each, taken in turn so that drift hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        for _ in range(CALLS):
            call()
    for _ in range(ROUNDS):
        for name, call in calls.items():
            begun = time.perf_counter()
            for _ in range(CALLS):
                call()
            times[name].append((time.perf_counter() - begun) / CALLS)
    return {name: statistics.median(taken) for name, taken in times.items()}


def main() -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        os.environ.pop(name, None)
    server = subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        calls = {"ours": ours(url), "official SDK": official(url), "requests.Session": plain_session(url)}
        few = measure(calls)
        for number in range(400):
            os.environ[f"JO_BENCH_{number}"] = "x" * 40
        many = measure({"ours": calls["ours"], "requests.Session": calls["requests.Session"]})
        for name, taken in few.items():
            print(f"{name:<18}{taken * 1e6:8.0f} us a call")
        print(f"ours / official SDK            {few['ours'] / few['official SDK']:.2f}   (target <= 1.3)")
        print(f"requests.Session / ours        {few['requests.Session'] / few['ours']:.2f}   (target >= 2)")
        print(f"ours, 400 more variables       {many['ours'] / few['ours']:.2f}   (target <= 1.1)")
        print(f"requests, 400 more variables   {many['requests.Session'] / few['requests.Session']:.2f}")
    finally:
        server.kill()
        server.wait()


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve()
    else:
        main()
