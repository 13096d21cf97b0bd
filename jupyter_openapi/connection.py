"""One account's connection: its keys, its host, its limits, and what can be told of them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from jupyter_openapi.account import Account, mode_named
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.hosts import Host, resolve_host
from jupyter_openapi.renewing import renew_token
from jupyter_openapi.signing import Explanation, explain
from jupyter_openapi.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openapi.credentials import Credentials
    from jupyter_openapi.ratelimit import Limiter


class Connection:
    """Keys, host and limits of one account; parameters and errors as `Client`."""

    def __init__(
        self,
        credentials: Credentials,
        mode: str,
        http_url: str | None,
        *,
        trading: bool | None,
        timeout: tuple[float, float],
        limits: bool,
        region: str | None,
        source: str,
        notify: Callable[[str], None] | None,
    ) -> None:
        chosen = mode_named(mode)
        if chosen == "sandbox" and http_url is None:
            raise RequestRefused("A sandbox needs its address: connect('sandbox') starts one and knows it.")
        if not (trading is None or isinstance(trading, bool)):
            # A text such as "no" counts as true in Python.
            raise RequestRefused(f"trading= takes True or False, not {trading!r:.40}; nothing was connected.")
        self.host = _allowed(resolve_host(http_url, region), chosen, limits=limits)
        self.credentials = credentials
        self.limiter: Limiter | None = None
        locked = ""
        if limits:
            self.limiter, locked = _limiter(credentials, notify or _warn)
        facts = credentials.facts
        self.account = Account(
            chosen,
            chosen != "live" if trading is None else trading,
            source,
            (facts.account_id or "")[-4:],
            self.host.url,
            self.host.known or chosen == "sandbox",
            facts.account,
            locked,
        )
        self.transport = Transport(
            credentials,
            self.host,
            paper=chosen == "paper",
            timeout=timeout,
            region=facts.region,
            limiter=self.limiter,
        )
        self.owner = credentials.account_digest

    def close(self) -> None:
        """Close the sockets and let go of the shared limits."""
        self.transport.close()
        if self.limiter is not None:
            self.limiter.close()

    def adopt(self, renewed: Credentials) -> None:
        """Sign with these credentials from now on: the same account, a new token."""
        self.credentials = renewed
        self.transport.use(renewed)

    def refresh(self, days: int) -> Credentials:
        """Exchange the token for a new one and use it."""
        self.adopt(renew_token(self.transport, self.credentials, days=days))
        return self.credentials

    def limits_left(self) -> dict[str, int]:
        """Return how many calls each of the broker's limits still allows now; empty when none are kept."""
        return self.limiter.left() if self.limiter is not None else {}

    def explain(self, method: str, path: str, query: str, body: bytes) -> Explanation:
        """Return how a request would be signed now, with the token and the key masked."""
        stamp = self.transport.clock.stamp(self.credentials.app_key)
        return explain(method, path, query, body, keys=self.credentials, timestamp=stamp)


def _allowed(host: Host, mode: str, *, limits: bool) -> Host:
    if mode == "sandbox" and not host.loopback:
        raise RequestRefused(f"{host.url} is no sandbox: a sandbox listens on 127.0.0.1.")
    if not limits and not host.loopback:
        raise RequestRefused("limits=False is only for a sandbox: the broker counts calls.")
    return host


def _limiter(credentials: Credentials, notify: Callable[[str], None]) -> tuple[Limiter, str]:
    """Return the limiter all kernels share; else one of our own, and why orders are off without the other."""
    from jupyter_openapi.ratelimit import LimitsUnavailable, limiter_for

    account, key = credentials.account_digest, credentials.key_digest
    try:
        return limiter_for(account, quote_digest=key, notify=notify), ""
    except LimitsUnavailable as problem:
        return limiter_for(account, quote_digest=key, notify=notify, alone=True), str(problem)


def _warn(text: str) -> None:
    warnings.warn(text, stacklevel=2)
