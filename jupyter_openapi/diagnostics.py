"""``%openapi check``: what stands between this kernel and the broker, one line each, with what to do."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jupyter_openapi.errors import ApiError, OpenAPIError

if TYPE_CHECKING:
    from jupyter_openapi.client import Client

SKEW = 3.0  # seconds
WARN_DAYS = 14


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, whether it is well, and what was found or what to do."""

    what: str
    well: bool
    said: str

    def __str__(self) -> str:
        return f"{'ok ' if self.well else 'NO '} {self.what:<10} {self.said}"


def _well(what: str, said: str) -> Finding:
    return Finding(what, True, said)  # noqa: FBT003 (the one place)


def _ill(what: str, said: str) -> Finding:
    return Finding(what, False, said)  # noqa: FBT003 (the one place)


def check_up(client: Client) -> Iterator[Finding]:
    """Look at host, TLS, region, latency, signature, clock, token and limits, in this order.

    Yields each finding as soon as it is known; what can't be looked at without an earlier one is left out.
    """
    parts = urlsplit(client.account.host)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = parts.hostname or ""
    reached = _host(host, port)
    yield reached
    if reached.well and parts.scheme == "https":
        yield _tls(host, port)
    yield _region(client)
    if reached.well:
        yield from _signed_read(client)
        yield _clock(client)
    yield _token(client)
    yield _limits(client)


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def _host(host: str, port: int) -> Finding:
    try:
        took = _timed(lambda: socket.create_connection((host, port), timeout=5).close())
    except OSError as failure:
        reason = failure.strerror or str(failure)
        return _ill("host", f"{host}:{port} can't be reached ({reason}): check the network.")
    return _well("host", f"{host}:{port}, connected in {took:.0f} ms")


def _tls(host: str, port: int) -> Finding:
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((host, port), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            version = secured.version()
    except (OSError, ssl.SSLError) as failure:
        reason = getattr(failure, "reason", None) or failure
        return _ill("TLS", f"{reason}: something stands between, or a CA bundle is missing.")
    return _well("TLS", f"{version}, the certificate is trusted")


def _region(client: Client) -> Finding:
    account = client.account
    known = account.known_host
    said = "the broker's own host" if known and account.mode != "sandbox" else account.host
    if account.mode == "sandbox":
        said = "the sandbox on this machine"
    elif not known:
        said = f"{account.host} is none of the broker's hosts: only go on if you named it yourself."
    return Finding("region", known, said)


def _signed_read(client: Client) -> Iterator[Finding]:
    try:
        reply = client.call("stock_positions")
    except ApiError as refused:
        yield _ill("signature", str(refused))
        return
    except OpenAPIError as failure:
        yield _ill("signature", f"not looked at: {failure}")
        return
    yield _well("signature", "a signed read was answered")
    yield _well("latency", f"{reply.elapsed * 1000:.0f} ms for a signed read")


def _clock(client: Client) -> Finding:
    off = client.clock_offset()
    if abs(off) <= SKEW:
        return _well("clock", "agrees with the server's")
    return _ill(
        "clock",
        f"this machine's is {abs(off):.0f} s {'behind' if off > 0 else 'ahead of'} the server's: set it "
        "(requests are corrected meanwhile).",
    )


def _token(client: Client) -> Finding:
    days = client.token_days_left()
    if days is None:
        return _well("token", "does not say when it ends")
    if days < 0:
        return _ill("token", "has ended: make a new one on the developer website.")
    if days < WARN_DAYS:
        return _ill("token", f"ends in {days:.0f} days: `%openapi --execute refresh`.")
    return _well("token", f"ends in {days:.0f} days")


def _limits(client: Client) -> Finding:
    left = client.limits_left()
    if client.account.locked:
        return _ill("limits", f"{client.account.locked} Orders are off.")
    said = ", ".join(f"{count} {kind} calls left now" for kind, count in left.items())
    return _well("limits", said or "none are kept on this sandbox")
