"""Connection to one account: its keys, host and limits; reads; token refresh."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from jupyter_openapi.account import Account, mode_named
from jupyter_openapi.credentials import Credentials
from jupyter_openapi.credentials.oauth import LOG_IN
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.login.renewal import Renewal
from jupyter_openapi.machine import machine
from jupyter_openapi.messages import N_, _
from jupyter_openapi.ratelimit import Limiter
from jupyter_openapi.ratelimit.rates import Urgency
from jupyter_openapi.ratelimit.redis import choose_limits_url, shown
from jupyter_openapi.reply import Reply
from jupyter_openapi.signing import Explanation, explain
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.check import check
from jupyter_openapi.spec.model import Effect, Operation
from jupyter_openapi.spec.request import build, encode_body, encode_query
from jupyter_openapi.transport.hosts import Host, choose_language, resolve_host
from jupyter_openapi.transport.responses import Call
from jupyter_openapi.transport.transport import Transport

CALLS: Mapping[str, str] = {"trade": N_("trade"), "quote": N_("quote"), "read": N_("read")}
"""The kinds of calls that are counted, as a sentence names them; shown with `_`."""
DAYS = 90  # the broker's own lifetime, and the official SDK's default


def renew_token(transport: Transport, old: Credentials, *, days: int = DAYS) -> Credentials:
    """Return the credentials with a new token; the old one no longer works, here or anywhere.

    Raises
    ------
    OutcomeUnknown
        No answer came: the old token may be dead, and the new one is lost with the answer.
    """
    operation = catalog().named("token_refresh")
    ends = datetime.now(UTC) + timedelta(days=days)
    wanted = build(operation, {"expired_at": ends})
    call = Call(
        wanted.method,
        wanted.path,
        encode_query(wanted.query),
        effect=Effect.WRITE,
        limit=operation.limit,
        name="token_refresh",
    )
    return old.with_token(_token(transport.send(call).data))


def _token(data: Any) -> str:
    token = data.get("token") if isinstance(data, dict) else None
    if not isinstance(token, str) or not token:
        raise RequestRefused(_("The broker answered without a new token; make one on the developer website."))
    return token


def keep_tokens_out(operation: Operation) -> None:
    """Refuse to refresh a token by a plain call: its reply would show the new token."""
    if operation.name == "token_refresh":
        raise RequestRefused(
            _(
                "Nothing was sent: refresh a token with `%openapi --execute refresh`, or client.refresh(), "
                "which keep the new one and do not show it."
            )
        )


class Connection:
    """Keys, host and limits of one account. Parameters and errors as `Client`.

    Attributes
    ----------
    limits_place
        The Redis server that keeps the limits, as it may be shown; "" where this user's files do.
    renewal
        Keeps an OAuth token fresh; None for other tokens.
    """

    limiter: Limiter | None = None
    limits_place: str = ""

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
        language: str | None = None,
        limits_url: str | None = None,
    ) -> None:
        chosen = mode_named(mode)
        _check_trading(trading)
        if trading and chosen == "live" and (lost := machine().vanishing):
            raise RequestRefused(lost)  # real orders need a journal that outlives this machine
        self.host = _allowed_host(http_url, region, chosen, limits=limits)
        self.credentials = credentials
        locked = self._keep_limits(limits_url, notify or _warn) if limits else ""
        facts = credentials.facts
        self.account = self._attached = Account(
            mode=chosen,
            trading=chosen != "live" if trading is None else trading,
            source=source,
            digits=(facts.account_id or "")[-4:],
            host=self.host.url,
            known_host=self.host.known or chosen == "sandbox",
            claim=facts.account,
            locked=locked,
        )
        self.transport = Transport(
            credentials,
            self.host,
            paper=chosen == "paper",
            timeout=timeout,
            language=choose_language(language),
            region=facts.region,
            limiter=self.limiter,
        )
        self.owner = credentials.account_digest
        store = credentials.token_store
        self.renewal = None if store is None else Renewal(store, self.host, credentials, self.adopt)
        self.transport.renewal = self.renewal

    def _keep_limits(self, limits_url: str | None, notify: Callable[[str], None]) -> str:
        """Share the broker's limits with the other kernels; return why orders are off where that fails."""
        url = choose_limits_url(limits_url)
        self.limits_place = shown(url) if url else ""
        self.limiter, locked = _limiter(self.credentials, notify, url)
        return locked

    def close(self) -> None:
        """Close the sockets and the store of the shared limits."""
        self.transport.close()
        if self.limiter is not None:
            self.limiter.close()

    def detach(self) -> None:
        """Make the connection read-only."""
        self.account = replace(self._attached, trading=False, detached=True)

    def attach(self) -> None:
        """Undo `detach`."""
        self.account = self._attached

    def adopt(self, renewed: Credentials) -> None:
        """Sign with these credentials from now on: the same account, a new token."""
        self.credentials = renewed
        self.transport.use(renewed)

    def refresh(self, days: int) -> Credentials:
        """Exchange the token for a new one and use it; how long one of OAuth lasts, the broker decides."""
        if self.renewal is not None:
            return self.renewal.now()
        if self.credentials.facts.bearer:
            raise RequestRefused(
                _("This OAuth token came without what renews it: type {line}.").format(line=LOG_IN)
            )
        self.adopt(renew_token(self.transport, self.credentials, days=days))
        return self.credentials

    def limits_left(self) -> dict[str, int]:
        """Return how many calls each of the broker's limits still allows now; empty when none are kept.

        ``read`` is how many of the ``trade`` calls may be reads that no order needs.
        """
        if self.limiter is None:
            return {}
        reads = self.limiter.left_for_reads()
        return {**self.limiter.left(), **({} if reads is None else {"read": reads})}

    def explain(self, method: str, path: str, query: str, body: bytes) -> Explanation:
        """Return how a request would be signed now, with the token and the key masked."""
        stamp = self.transport.clock.stamp(self.credentials.app_key)
        return explain(method, path, query, body, keys=self.credentials, timestamp=stamp)


def _check_trading(trading: object) -> None:
    # A text such as "no" counts as true in Python.
    if not (trading is None or isinstance(trading, bool)):
        raise RequestRefused(
            _("trading= takes True or False, not {trading!r:.40}; nothing was connected.").format(
                trading=trading
            )
        )


def _allowed_host(http_url: str | None, region: str | None, mode: str, *, limits: bool) -> Host:
    if mode == "sandbox" and http_url is None:
        raise RequestRefused(_("A sandbox needs its address: connect('sandbox') starts one and knows it."))
    host = resolve_host(http_url, region)
    if mode == "sandbox" and not host.loopback:
        raise RequestRefused(
            _("{url} is not a sandbox: a sandbox listens on 127.0.0.1.").format(url=host.url)
        )
    if not limits and not host.loopback:
        raise RequestRefused(_("limits=False is only for a sandbox: the broker counts calls."))
    return host


def _limiter(
    credentials: Credentials, notify: Callable[[str], None], redis_url: str | None
) -> tuple[Limiter, str]:
    """Return the limiter all kernels share; else one of our own, and why orders are off without the other."""
    from jupyter_openapi.ratelimit import LimitsUnavailable, limiter_for

    account, key = credentials.account_digest, credentials.key_digest
    try:
        return limiter_for(account, quote_digest=key, notify=notify, redis_url=redis_url), ""
    except LimitsUnavailable as problem:
        return limiter_for(account, quote_digest=key, notify=notify, alone=True), str(problem)


def _warn(text: str) -> None:
    warnings.warn(text, stacklevel=2)


class Reader:
    """Reads for one account.

    Parameters
    ----------
    connection
        The account's.
    urgency
        ``ORDER`` for what is read for an order: such reads have its room among the broker's calls.
    """

    def __init__(self, connection: Connection, urgency: Urgency = Urgency.READ) -> None:
        self._urgency = urgency
        self._account = connection.account
        self._transport = connection.transport

    def read(
        self,
        operation: Operation,
        arguments: Mapping[str, Any],
        *,
        tz: str = "UTC",
        turn: float | None = None,
    ) -> Reply:
        """Check the arguments, send, and return the reply; its turn may take `turn` seconds at most."""
        asked = check(operation, arguments, tz=tz)
        wanted = build(operation, asked, tz=tz)
        call = Call(
            wanted.method,
            wanted.path,
            encode_query(wanted.query),
            b"" if wanted.body is None else encode_body(wanted.body),
            limit=operation.limit,
            name=operation.name,
            urgency=self._urgency,
            turn=turn,
        )
        return Reply(self._transport.send(call), operation, asked=asked, facts=self.facts(operation.name))

    def get(self, path: str, query: Sequence[tuple[str, str]], body: Any) -> Reply:
        """Read a path that the specification does not know."""
        name = f"GET {path}"
        content = b"" if body is None else encode_body(body)
        call = Call("GET", path, encode_query(query), content, name=name, urgency=self._urgency)
        answer = self._transport.send(call)
        return Reply(answer, facts=self.facts(name))

    def data(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Read an operation by its name and return its `data`."""
        return self.read(catalog().named(name), arguments).data

    def facts(self, name: str) -> dict[str, Any]:
        """Return what a frame says of its origin; no secret is among it."""
        return {
            "operation": name,
            "mode": self._account.mode,
            "source": self._account.source,
            "requested_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }
