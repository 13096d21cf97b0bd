"""A gateway kept: connects, authenticates, subscribes, and does it again whenever the link is lost.

The states are those of a subscription: ``opening`` until the first link stands, ``live``, ``interrupted``
while there is none, ``refused`` when the gateway will not have us, ``closed``. Its address follows from the
host's, and the way there (proxy, certificates) is the same as for the host's REST.
"""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy

from jupyter_openapi.errors import ApiError, OpenAPIError, OutcomeUnknown, RequestRefused, TransportError
from jupyter_openapi.messages import _
from jupyter_openapi.protocol import ProtocolError, message
from jupyter_openapi.protocol import commands as c
from jupyter_openapi.protocol.commands import PATHS, QUERY
from jupyter_openapi.spec.codes import advice_for
from jupyter_openapi.spec.model import Effect
from jupyter_openapi.stream.link import Link, LostError, Refusal
from jupyter_openapi.stream.settings import Settings
from jupyter_openapi.stream.worker import in_thread
from jupyter_openapi.transport.hosts import KNOWN, Host
from jupyter_openapi.transport.responses import Call
from jupyter_openapi.transport.transport import Transport

OPENING, LIVE, INTERRUPTED, REFUSED, CLOSED = "opening", "live", "interrupted", "refused", "closed"

SENT_TWICE = 403202  # another kernel with the same keys asked in the same millisecond: ask again
TOKEN_PATH = "/v1/socket/token"  # noqa: S105 (a path)
TOKEN_EXPIRED = 401003  # what the same would be over HTTP

log = logging.getLogger(__name__)


class Gap(NamedTuple):
    """An interruption: from when to when nothing came, and why; `end` is None while it lasts."""

    start: datetime
    end: datetime | None
    reason: str


@dataclass
class Source:
    """What a client lends its streams.

    Attributes
    ----------
    transport
        Signs and sends, for the one-time password; its host tells where the gateways are.
    read
        Reads an operation by name and returns its `data`; blocks.
    language, region
        Headers of the upgrade.
    overnight
        Whether overnight figures are wanted.
    settings
        Times.
    """

    transport: Transport
    read: Callable[[str, dict[str, Any]], Any]
    language: str = "en"
    region: str = "ap"
    overnight: bool = False
    settings: Settings = field(default_factory=Settings)


class Gateway(ABC):
    """One gateway, as the streams of one client use it. Everything here runs on the stream's loop.

    Attributes
    ----------
    state, error
        As a subscription's; `error` is why the last try failed.
    online, limit
        How many links the account has on both gateways, and may have, as this gateway heard at `heard_at`.
    opens
        How many connections were tried.
    repairs
        How often the gateway's subscriptions were found to differ from ours.
    """

    name = ""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.settings = source.settings
        self.state = CLOSED
        self.error: OpenAPIError | None = None
        self.online: int | None = None
        self.limit: int | None = None
        self.heard_at = 0.0
        self.opens = 0
        self.repairs = 0
        self.link: Link | None = None
        self._session = ""
        self._session_ends = 0.0
        self._task: asyncio.Task[None] | None = None
        self._was_live = False
        self._barred = False

    # what the kinds of gateway do differently

    @abstractmethod
    def wanted(self) -> bool:
        """Tell whether anybody still needs the link."""

    @abstractmethod
    async def restore(self, link: Link) -> None:
        """Subscribe to everything that is wanted, after a link was opened."""

    @abstractmethod
    async def compare(self, link: Link) -> bool:
        """Make the gateway's subscriptions ours; return whether they differed."""

    @abstractmethod
    def pushed(self, command: int, body: bytes) -> None:
        """Take a push."""

    @abstractmethod
    def changed(self) -> None:
        """Tell the subscriptions that `state` or `error` is another."""

    # its life

    def start(self) -> None:
        """Connect, unless that is under way; a gateway that refused is tried anew."""
        if self._task is None or self._task.done():
            self._set(OPENING)
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Close the link with a close frame."""
        task, link, self._task, self.link = self._task, self.link, None, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=1)
        if link is not None:
            await link.close()
        self._was_live = False
        self._set(CLOSED)

    def _set(self, state: str, error: OpenAPIError | None = None) -> None:
        self.state, self.error = state, error
        self.changed()

    async def _run(self) -> None:
        failures = 0
        while self.wanted():
            try:
                link = await self._open()
            except (ApiError, RequestRefused) as refused:
                if self._final(refused):
                    self._was_live = False
                    self._set(REFUSED, refused)
                    return
                self._failed(refused)
            except OpenAPIError as failure:
                self._failed(failure)
            except Exception as failure:  # a mistake of ours must not end the subscription in silence
                log.exception("opening the link to the %s gateway failed", self.name)
                self._failed(TransportError(repr(failure)))
            else:
                began = time.monotonic()
                reason = await self._hold(link)
                if time.monotonic() - began > self.settings.settled:
                    failures = 0
                self._lost(reason)
            await asyncio.sleep(self.settings.backoff(failures))
            failures += 1

    def _lost(self, reason: str) -> None:
        log.info("the link to the %s gateway was lost: %s", self.name, reason)
        said = _("The link to the {name} gateway was lost: {reason}.").format(name=self.name, reason=reason)
        self._failed(TransportError(said))

    def _failed(self, failure: OpenAPIError) -> None:
        self._set(INTERRUPTED if self._was_live else OPENING, failure)

    def _final(self, refused: OpenAPIError) -> bool:
        """Tell whether trying again by ourselves can't help, or would only hammer the gateway."""
        if isinstance(refused, RequestRefused):
            return True
        code = getattr(refused, "code", None) or 0
        if code == c.CONNECTION_LIMIT:
            # After an interruption our own lost links may still be counted for a while.
            return not self._was_live
        if code == SENT_TWICE:
            return False
        return self._barred or str(code).startswith(("401", "403"))

    async def _open(self) -> Link:
        link: Link | None = None
        self._barred = False
        try:
            if self._session and self._session_ends > time.time():
                try:
                    link = await self._connect()
                    await self._take_up(link)
                except Refusal:
                    if link is not None:
                        await link.close()
                    link = None
            if link is None:
                password = await self._password()
                link = await self._connect()
                await self._authenticate(link, c.AUTH, "AuthRequest", {"token": password})
            self.link = link
            await self.restore(link)
        except Refusal as refusal:
            await self._give_up(link)
            # Which codes a gateway gives with these is not known; the status says enough.
            self._barred = refusal.status in {c.UNAUTHENTICATED, c.DENIED}
            raise self.explained(refusal) from None
        except (LostError, ProtocolError) as lost:
            await self._give_up(link)
            raise TransportError(
                _("The link to the {name} gateway was lost while it opened: {reason}.").format(
                    name=self.name, reason=lost
                )
            ) from None
        except BaseException:
            await self._give_up(link)
            raise
        self._was_live = True
        self._set(LIVE)
        return link

    async def _give_up(self, link: Link | None) -> None:
        self.link = None
        if link is not None:
            link.abort("given up")

    async def _connect(self) -> Link:
        self.opens += 1
        link = Link(self.pushed, self.settings)
        host = self.source.transport.host
        headers = {"accept-language": self.source.language, "x-dc-region": self.source.region}
        await link.open(socket_url(host, self.name), headers, proxy_for(host), tls_context(host))
        return link

    async def _password(self) -> str:
        # As a change it is sent once: how often to try is the stream's affair.
        call = Call("GET", TOKEN_PATH, effect=Effect.WRITE, limit="none", name="socket_token")
        transport = self.source.transport
        try:
            data = await in_thread(lambda: transport.send(call).data)
        except OutcomeUnknown:
            raise TransportError(_("The broker did not answer when asked for a socket's password.")) from None
        if not isinstance(data, dict) or not isinstance(data.get("otp"), str):
            raise TransportError(_("The broker gave no password for a socket; try again later."))
        online, limit = data.get("online"), data.get("limit")
        if isinstance(online, int) and isinstance(limit, int):
            self._count(online, limit)
            if 0 < limit <= online:
                raise self._too_many()
        return str(data["otp"])

    async def _take_up(self, link: Link) -> None:
        session, self._session = self._session, ""
        await self._authenticate(link, c.RECONNECT, "ReconnectRequest", {"session_id": session})

    async def _authenticate(self, link: Link, command: int, name: str, values: dict[str, Any]) -> None:
        metadata: dict[str, str] = {}
        if self.name == "quote":
            metadata["accept-language"] = self.source.language
            if self.source.overnight:
                metadata["need_over_night_quote"] = "true"
        body = message(name).encode({**values, "metadata": metadata})
        answer = message("AuthResponse").decode(await link.request(command, body))
        self._session = answer["session_id"]
        self._session_ends = answer["expires"] / 1000 or float("inf")
        if answer["limit"]:
            self._count(answer["online"], answer["limit"])

    def _count(self, online: int, limit: int) -> None:
        self.online, self.limit, self.heard_at = online, limit, time.monotonic()

    async def _hold(self, link: Link) -> str:
        """Keep a link until it is lost; return why it was."""
        try:
            while not link.lost.done():
                await asyncio.wait([link.lost], timeout=self.settings.compare)
                if not link.lost.done() and await self.compare(link):
                    self.repairs += 1
                    log.warning("the %s gateway had forgotten what we subscribed to; mended", self.name)
        except (Refusal, LostError, ProtocolError, OpenAPIError) as lost:
            link.abort(str(lost))
        except Exception as failure:
            log.exception("comparing the subscriptions of the %s gateway failed", self.name)
            link.abort(repr(failure))
        finally:
            self.link = None
        return link.lost.result()

    async def asked(self, link: Link, command: int, body: bytes = b"") -> bytes | None:
        """Ask what the gateway thinks we subscribe to; None if it does not tell, which harms nothing."""
        try:
            return await link.request(command, body)
        except Refusal as refusal:
            log.debug("the %s gateway does not tell what it sends us: %s", self.name, refusal)
            return None

    def explained(self, refusal: Refusal) -> ApiError:
        """Return a refusal as the error a user sees, with what to do."""
        if refusal.code == c.CONNECTION_LIMIT:
            return self._too_many(refusal.text)
        advice = ""
        if refusal.code == c.NO_ACCESS:
            advice = _(
                "This account has no live quotes for that market: subscribe to other symbols, or buy quote "
                "access in the broker's app."
            )
        elif refusal.code == c.TOO_MANY_SUBSCRIPTIONS:
            advice = _("At most 500 securities can be subscribed to at once: close a subscription first.")
        elif refusal.status == c.UNAUTHENTICATED:
            advice = advice_for(TOKEN_EXPIRED)
        return ApiError(
            refusal.text or _("no message"), code=refusal.code, operation=f"{self.name} socket", advice=advice
        )

    def _too_many(self, text: str = "") -> ApiError:
        advice = _(
            "{online} of {limit} links of this account are open: other notebooks, programs or apps hold "
            "them, or killed ones that the gateway still counts. Close one, or wait some minutes."
        ).format(online=self.online, limit=self.limit)
        return ApiError(
            text or _("connections limitation is hit"),
            code=c.CONNECTION_LIMIT,
            operation=f"{self.name} socket",
            advice=advice,
        )


def now() -> datetime:
    """Return this moment in UTC."""
    return datetime.now(UTC)


def socket_url(host: Host, gateway: str) -> str:
    """Return the address of a gateway, ``quote`` or ``trade``; it holds no token.

    The broker's gateways have hosts of their own; any other host serves both itself.
    """
    scheme, _, name = host.url.partition("://")
    secure = "wss" if scheme == "https" else "ws"
    if host.url in KNOWN:
        return f"{secure}://{name.replace('openapi.', f'openapi-{gateway}.', 1)}/v2?{QUERY}"
    return f"{secure}://{name}{PATHS[gateway]}?{QUERY}"


def proxy_for(host: Host) -> str | None:
    """Return the proxy that the environment names for a host, as requests reads it; none on loopback."""
    if host.loopback:
        return None
    proxy: str | None = select_proxy(host.url, get_environ_proxies(host.url))
    return proxy


def tls_context(host: Host) -> ssl.SSLContext | None:
    """Return the TLS context that trusts what REST trusts; None for a plain host."""
    if not host.url.startswith("https:"):
        return None
    named = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    return _context(named or DEFAULT_CA_BUNDLE_PATH)


@lru_cache(maxsize=2)
def _context(bundle: str) -> ssl.SSLContext:
    if Path(bundle).is_dir():
        return ssl.create_default_context(capath=bundle)
    return ssl.create_default_context(cafile=bundle)
