"""The links of the quote and the trade socket: who is connected, with what session, subscribed to what.

A one-time password (`GET /v1/socket/token`) opens a session, a session can be taken up once after its link is
lost, and all links of the account together are at most `MOST_LINKS`.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from jupyter_openapi.protocol import Packet, message, pack
from jupyter_openapi.protocol import commands as c
from jupyter_openapi.protocol.packets import PUSH, RESPONSE
from jupyter_openapi.sandbox.responses import Faults
from jupyter_openapi.sandbox.websocket import Outbox, WebSocket, frame_of

MOST_LINKS = 10
PASSWORD_LIFE = 600.0
SESSION_LIFE = 86_400.0
POLICY = 1008
BAD_AUTH, DUPLICATE = 4, 6
"""Why the server closes: codes of the Close push."""


class Rejected(Exception):
    """A request that is answered with a status other than success."""

    def __init__(self, status: int, code: int, text: str) -> None:
        self.status, self.code, self.text = status, code, text
        super().__init__(text)


def push(command: int, name: str, values: dict[str, Any]) -> bytes:
    """Return the frame of a push."""
    return frame_of(pack(Packet(PUSH, command, message(name).encode(values))))


@dataclass(eq=False)
class Link:
    """One connection to one of the gateways.

    `subscribed` holds the kinds (numbers) by symbol, or the topics of the trade socket; `overnight` whether
    the client asked for overnight figures; `language` is that of names. Before `session` is set nothing but
    authentication is allowed.
    """

    socket: WebSocket
    gateway: str
    session: str = ""
    overnight: bool = False
    language: str = "en"
    subscribed: dict[str, set[int]] = field(default_factory=dict)
    tokens: dict[int, tuple[float, float]] = field(default_factory=dict)

    def answer(self, request: Packet, body: bytes, status: int = c.SUCCESS) -> None:
        """Answer a request."""
        self.socket.send(pack(Packet(RESPONSE, request.command, body, request.request_id, status)))

    def bye(self, code: int, reason: str) -> None:
        """Say why with a Close push, then close."""
        self.socket.write(push(c.CLOSE, "Close", {"code": code, "reason": reason}))
        self.socket.close(POLICY, reason)


async def _nothing() -> None:
    """Push nothing: there is no market."""


class Links:
    """All links of one sandbox.

    Attributes
    ----------
    open
        Those that are connected, authenticated or not.
    denied
        Markets whose quotes the account may not see.
    most
        How many authenticated links there may be.
    on_subscribe
        Called with a link and the kinds by symbol that it asks a first push of.
    publish
        Pushes what happened up to now.
    publish_in_turns
        The same, while requests are answered in between.
    outbox
        Writes what the links are sent.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.open: set[Link] = set()
        self.denied: set[str] = set()
        self.most = MOST_LINKS
        self.on_subscribe: Callable[[Link, dict[str, set[int]]], None] = lambda *_: None
        self.publish: Callable[[], None] = lambda: None
        self.publish_in_turns: Callable[[], Awaitable[None]] = _nothing
        self.outbox = Outbox()
        self._passwords: dict[str, float] = {}
        self._sessions: dict[str, tuple[str, float]] = {}

    def password(self) -> dict[str, Any]:
        """Return a new one-time password, how many links there may be, and how many there are."""
        now = time.monotonic()
        self._passwords = {word: ends for word, ends in self._passwords.items() if ends > now}
        word = secrets.token_hex(16)
        self._passwords[word] = now + PASSWORD_LIFE
        return {"otp": word, "limit": self.most, "online": self.online()}

    def online(self, gateway: str = "all") -> int:
        """Return how many links are authenticated, of one gateway or of all."""
        return sum(bool(link.session) for link in self.of(gateway))

    def of(self, gateway: str) -> list[Link]:
        """Return the links of a gateway, or of all."""
        return [link for link in self.open if gateway in {"all", link.gateway}]

    def redeem(self, password: str) -> None:
        """Take a one-time password; the second time it is refused."""
        if self._passwords.pop(password, 0.0) <= time.monotonic():
            raise Rejected(c.UNAUTHENTICATED, 401004, "token invalid: it is unknown, used or expired")

    def take_up(self, session: str, gateway: str) -> None:
        """Take a session over from the link that had it; the second time it is refused."""
        place, ends = self._sessions.pop(session, ("", 0.0))
        if place != gateway or ends <= time.time():
            raise Rejected(c.UNAUTHENTICATED, 401004, "session invalid: it is unknown, used or expired")
        for old in self.of(gateway):
            if old.session == session:  # half-open: its client is back on another link
                old.session = ""
                old.bye(DUPLICATE, "the session was taken up on another link")

    def admit(self, link: Link) -> dict[str, Any]:
        """Give a link its session, unless there are too many; return what authentication answers."""
        if not link.session and self.online() >= self.most:
            text = f"connections limitation is hit, limit = {self.most}, online = {self.online()}"
            raise Rejected(c.DENIED, c.CONNECTION_LIMIT, text)
        link.session = secrets.token_hex(16)
        ends = time.time() + SESSION_LIFE
        self._sessions[link.session] = (link.gateway, ends)
        return {
            "session_id": link.session,
            "expires": int(ends * 1000),
            "limit": self.most,
            "online": self.online(),
        }

    def broadcast(self, links: Iterable[Link], frame: bytes) -> None:
        """Send one push to several links; a fault may drop, freeze or delay a link's."""
        if not self._faults.rates:
            for link in links:
                link.socket.write(frame)
            return
        for link in links:
            fault = self._faults.draw_socket()
            if fault is None:
                link.socket.write(frame)
            elif fault.name == "ws_drop":
                link.socket.abort()
            elif fault.name == "ws_halfopen":
                link.socket.freeze()
            else:
                asyncio.get_running_loop().call_later(fault.seconds, link.socket.write, frame)

    def report(self) -> list[dict[str, Any]]:
        """Return each authenticated link's gateway and subscriptions."""
        return [
            {
                "gateway": link.gateway,
                "subscriptions": {name: sorted(k) for name, k in link.subscribed.items()},
            }
            for link in self.open
            if link.session
        ]
