"""A whole call (sign, send, parse, check, 2 KB reply, keep-alive loopback) against its peers, in one run.

Every figure is a median per call over interleaved rounds; ratios are what counts. The server is a process of
its own that answers each request with the same reply.
"""

from __future__ import annotations

import json
import os
import shutil
import socketserver
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

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
    made.write_text(made.read_text() + (folder / "key").read_text())
    return made


def documented_sample(url: str, trusted: Path) -> Callable[[], object]:
    """Make a call as the broker's page shows it: everything anew, a connection included."""
    import requests

    from jupyter_openapi.signing import CONTENT_TYPE, sign

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


def measure(
    calls: dict[str, Callable[[], object]], rounds: int = ROUNDS, number: int = CALLS
) -> dict[str, float]:
    """Return the median seconds per call of each, taken in turn so that drift hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        for _ in range(number):
            call()
    for _ in range(rounds):
        for name, call in calls.items():
            begun = time.perf_counter()
            for _ in range(number):
                call()
            times[name].append((time.perf_counter() - begun) / number)
    return {name: statistics.median(taken) for name, taken in times.items()}


def started(*arguments: str) -> tuple[subprocess.Popen[str], str]:
    server = subprocess.Popen(
        [sys.executable, __file__, "serve", *arguments], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    return server, server.stdout.readline().strip()


def plain() -> None:
    server, port = started()
    try:
        url = f"http://127.0.0.1:{port}"
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


def over_tls() -> None:
    import certifi

    folder = Path(tempfile.mkdtemp())
    own = certificate(folder)
    # What a user's machine trusts, as `requests` ships it, and the server's own certificate.
    trusted = folder / "bundle.pem"
    trusted.write_text(Path(certifi.where()).read_text() + own.read_text())
    server, port = started(str(own))
    try:
        url = f"https://127.0.0.1:{port}"
        os.environ["REQUESTS_CA_BUNDLE"] = str(trusted)
        taken = measure({"ours": ours(url), "sample": documented_sample(url, trusted)}, rounds=5, number=20)
        print(f"documented sample / ours, TLS  {taken['sample'] / taken['ours']:.0f}   (target >= 50)")
    finally:
        os.environ.pop("REQUESTS_CA_BUNDLE", None)
        server.kill()
        server.wait()
        shutil.rmtree(folder)


def main() -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        os.environ.pop(name, None)
    over_tls()
    plain()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(*sys.argv[2:])
    else:
        main()
