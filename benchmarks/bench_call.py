"""A whole call (sign, send, parse, check, 2 KB reply, keep-alive loopback) against its peers, in one run.

Ratios are taken of rounds that alternate. The server is a process of its own that answers each request with
the same reply.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import socketserver
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import certifi
import requests
from longbridge.openapi import HttpClient

from benchmarks.figures import ratios, show
from jupyter_openapi import Client, Credentials
from jupyter_openapi.signing import CONTENT_TYPE, SignatureAuth, sign

HELD_BY = (
    "urllib3 and http.client, which keep the connection and read the answer: 47% of the call's processor "
    "time, of which a quarter goes into the fields of its head; sending takes 9%, and the rest is spread: "
    "checks 9%, signature 6%, the body's JSON and its checks 11%"
)
SERVER = (
    "the server, which is Python on the same two processors: half of our call is its answer (the row of the "
    "raw socket); the sample's time is the connection that it opens anew each time"
)
ROUNDS, CALLS = 60, 40  # short rounds: what else the machine does hits few of them
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


class SecureServer(Server):
    certificate = ""

    def get_request(self) -> tuple[ssl.SSLSocket, object]:
        plain, address = super().get_request()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        return context.wrap_socket(plain, server_side=True), address


def serve(certificate: str = "") -> None:
    SecureServer.certificate = certificate
    with (SecureServer if certificate else Server)(("127.0.0.1", 0), Handler) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


def certificate(folder: Path) -> Path:
    """Make a certificate for 127.0.0.1 that signs itself, key and all in one file."""
    made = folder / "localhost.pem"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
            ),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(folder / "key"), "-out", str(made)),
        ],
        check=True,
        capture_output=True,
    )
    made.write_text(
        made.read_text(encoding="utf-8") + (folder / "key").read_text(encoding="utf-8"), encoding="utf-8"
    )
    return made


def documented_sample(url: str, trusted: Path) -> Callable[[], object]:
    """Make a call as the broker's page shows it: everything anew, a connection included."""

    def call() -> object:
        stamp = str(time.time())
        keys = {"app_key": "key-1", "access_token": "token-1"}
        headers = {
            "X-Api-Key": "key-1",
            "Authorization": "token-1",
            "X-Timestamp": stamp,
            "Content-Type": CONTENT_TYPE,
        }
        headers["X-Api-Signature"] = sign(
            "GET", PATH, "symbol=700.HK", b"", app_secret="secret-1", timestamp=stamp, **keys
        )
        return requests.request(
            "GET", f"{url}{PATH}?symbol=700.HK", headers=headers, data="", verify=str(trusted), timeout=30
        ).json()

    return call


def ours(url: str) -> Callable[[], object]:
    client = Client(Credentials("key-1", "secret-1", "token-1"), "sandbox", url, limits=False)
    return lambda: client.call("stock_positions", symbol=["700.HK"]).data


def official(url: str) -> Callable[[], object]:
    client = HttpClient.from_apikey("key-1", "secret-1", "token-1", http_url=url)
    return lambda: client.request("get", f"{PATH}?symbol=700.HK")


def plain_session(url: str) -> Callable[[], object]:
    session, auth = requests.Session(), SignatureAuth(Credentials("key-1", "secret-1", "token-1"))
    return lambda: session.request(
        "GET", url + PATH, params={"symbol": "700.HK"}, auth=auth, timeout=30
    ).json()["data"]


def raw_socket(url: str) -> Callable[[], object]:
    """Make the floor: the same signature, bytes and JSON with nothing between them and the socket."""
    host, _, port = url.removeprefix("http://").partition(":")
    link = socket.create_connection((host, int(port)))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    keys = {"app_key": "key-1", "access_token": "token-1", "app_secret": "secret-1"}

    def call() -> object:
        stamp = f"{time.time():.3f}"
        signature = sign("GET", PATH, "symbol=700.HK", b"", timestamp=stamp, **keys)
        link.sendall(
            f"GET {PATH}?symbol=700.HK HTTP/1.1\r\nHost: {host}\r\nX-Api-Key: key-1\r\n"
            f"Authorization: token-1\r\nX-Timestamp: {stamp}\r\nX-Api-Signature: {signature}\r\n"
            f"Content-Type: {CONTENT_TYPE}\r\n\r\n".encode()
        )
        got = link.recv(65536)
        head, _, body = got.partition(b"\r\n\r\n")
        length = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])
        while len(body) < length:
            body += link.recv(65536)
        return json.loads(body)["data"]

    return call


def measure(
    calls: dict[str, Callable[[], object]],
    rounds: int = ROUNDS,
    number: int = CALLS,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Return the seconds per call of each round, taken in turn so that drift hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        for _ in range(number):
            call()
    for _ in range(rounds):
        for name, call in calls.items():
            begun = clock()
            for _ in range(number):
                call()
            times[name].append((clock() - begun) / number)
    return times


def started(*arguments: str) -> tuple[subprocess.Popen[str], str]:
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.bench_call", "serve", *arguments],
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    assert server.stdout is not None
    return server, server.stdout.readline().strip()


def with_variables(call: Callable[[], object]) -> Callable[[], object]:
    """Return the call amid 400 more environment variables, which stand while it is made."""
    extra = {f"JO_BENCH_{number}": "x" * 40 for number in range(400)}

    def calls() -> object:
        os.environ.update(extra)
        for _ in range(CALLS):  # as `measure` does, before it counts
            call()
        begun = time.perf_counter()
        for _ in range(CALLS):
            call()
        taken = time.perf_counter() - begun
        for name in extra:
            del os.environ[name]
        return taken / CALLS

    return calls


def plain() -> None:
    server, port = started()
    try:
        url = f"http://127.0.0.1:{port}"
        call = ours(url)
        calls = {"ours": call, "sdk": official(url), "session": plain_session(url), "raw": raw_socket(url)}
        taken = measure(calls)
        own = taken["ours"]
        # Without the server, and without what waits for a core beside other programs.
        busy = measure(calls, rounds=10, clock=time.process_time)
        floor = statistics.median(ratios(taken["raw"], taken["sdk"]))
        show(
            "whole call / the official SDK's", ratios(own, taken["sdk"]), most=0.33,
            floor=f"raw socket {floor:.2f} x", held_by=HELD_BY,
        )  # fmt: skip
        show("  the same in processor time", ratios(busy["ours"], busy["sdk"]))
        show("whole call / a raw socket doing the same", ratios(own, taken["raw"]))
        show("whole call", [each * 1e6 for each in own], "us")
        show("requests.Session.request / whole call", ratios(taken["session"], own), least=2, held_by=HELD_BY)
        show("  the same in processor time", ratios(busy["session"], busy["ours"]))
        amid = with_variables(call)
        many, few = [], []
        for _ in range(15):
            few += measure({"ours": call}, 1)["ours"]
            many.append(float(str(amid())))
        show("the same with 400 more environment variables", ratios(many, few), most=1.05)
    finally:
        server.kill()
        server.wait()


def over_tls() -> None:
    folder = Path(tempfile.mkdtemp())
    own = certificate(folder)
    # What a user's machine trusts, as `requests` ships it, and the server's own certificate.
    trusted = folder / "bundle.pem"
    trusted.write_text(
        Path(certifi.where()).read_text(encoding="utf-8") + own.read_text(encoding="utf-8"), encoding="utf-8"
    )
    server, port = started(str(own))
    try:
        url = f"https://127.0.0.1:{port}"
        os.environ["REQUESTS_CA_BUNDLE"] = str(trusted)
        taken = measure({"ours": ours(url), "sample": documented_sample(url, trusted)}, rounds=5, number=20)
        sample, own = (statistics.median(taken[name]) * 1e3 for name in ("sample", "ours"))
        show(
            "documented sample over TLS / whole call", ratios(taken["sample"], taken["ours"]), least=50,
            floor=f"sample {sample:.1f} ms, ours {own:.2f} ms", held_by=SERVER,
        )  # fmt: skip
    finally:
        os.environ.pop("REQUESTS_CA_BUNDLE", None)
        server.kill()
        server.wait()
        shutil.rmtree(folder)


def main() -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        os.environ.pop(name, None)
    plain()
    over_tls()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(*sys.argv[2:])
    else:
        main()
