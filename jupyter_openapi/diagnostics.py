"""``%openapi check``: test host, TLS, region, signature, clock, token and limits, one line each."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jupyter_openapi.connection import CALLS
from jupyter_openapi.credentials import validity
from jupyter_openapi.errors import ApiError, OpenAPIError
from jupyter_openapi.messages import N_, _, commas, padded

if TYPE_CHECKING:
    from jupyter_openapi.client import Client

SKEW = 3.0  # seconds


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one test: what was tested, whether it passed, and what was found or what to do."""

    what: str
    well: bool
    said: str

    def __str__(self) -> str:
        return f"{'ok ' if self.well else 'NO '} {padded(_(self.what), 10)} {self.said}"


def _well(what: str, said: str) -> Finding:
    return Finding(what, True, said)  # noqa: FBT003 (the one place)


def _ill(what: str, said: str) -> Finding:
    return Finding(what, False, said)  # noqa: FBT003 (the one place)


def check_up(client: Client) -> Iterator[Finding]:
    """Test host, TLS, region, signature, latency, clock, token and limits, in this order.

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
        return _ill(
            "host",
            _("{host}:{port} can't be reached ({reason}): check the network.").format(
                host=host, port=port, reason=reason
            ),
        )
    return _well(
        "host", _("{host}:{port}, connected in {took:.0f} ms").format(host=host, port=port, took=took)
    )


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
        return _ill(
            "TLS", _("{reason}: a proxy intercepts TLS, or a CA bundle is missing.").format(reason=reason)
        )
    return _well("TLS", _("{version}, the certificate is trusted").format(version=version))


def _region(client: Client) -> Finding:
    account = client.account
    known = account.known_host
    said = _("the broker's own host") if known and account.mode != "sandbox" else account.host
    if account.mode == "sandbox":
        said = _("the sandbox on this machine")
    elif not known:
        said = _("{host} is not one of the broker's hosts: go on only if you named it yourself.").format(
            host=account.host
        )
    return Finding(N_("region"), known, said)


def _signed_read(client: Client) -> Iterator[Finding]:
    try:
        reply = client.call("stock_positions")
    except ApiError as refused:
        yield _ill(N_("signature"), str(refused))
        return
    except OpenAPIError as failure:
        yield _ill(N_("signature"), _("not tested: {failure}").format(failure=failure))
        return
    yield _well(N_("signature"), _("a signed read was answered"))
    yield _well(N_("latency"), _("{elapsed:.0f} ms for a signed read").format(elapsed=reply.elapsed * 1000))


def _clock(client: Client) -> Finding:
    off = client.clock_offset()
    if abs(off) <= SKEW:
        return _well(N_("clock"), _("agrees with the server's"))
    template = (
        _("this machine's is {off:.0f} s behind the server's: set it (requests are corrected meanwhile).")
        if off > 0
        else _(
            "this machine's is {off:.0f} s ahead of the server's: set it (requests are corrected meanwhile)."
        )
    )
    return _ill(N_("clock"), template.format(off=abs(off)))


def _token(client: Client) -> Finding:
    found = validity(client.token_days_left(), renews=client.token_renews)
    return Finding("token", not found.renew, str(found))


def _limits(client: Client) -> Finding:
    left = client.limits_left()
    if client.account.locked:
        return _ill(N_("limits"), _("{locked} Orders are off.").format(locked=client.account.locked))
    said = commas(
        _("{count} {kind} calls left now").format(count=count, kind=_(CALLS.get(kind, kind)))
        for kind, count in left.items()
    )
    return _well(N_("limits"), said or _("none are kept on this sandbox"))
