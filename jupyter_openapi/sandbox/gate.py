"""Authenticate requests: keys, tokens, timestamps and signatures, as strictly as the broker. No I/O.

The order of the checks is the order of the answers: 403203 unknown key, 401004 unknown token, 401003
expired token, then (a token that starts with ``Bearer`` travels unsigned) 403201 for a timestamp more than
`WINDOW` seconds away or a signature that does not match, and 403202 for a repeated request.

The account is a paper account, so the ``x-papertrading: true`` guard always passes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from jupyter_openapi.protocol.commands import RATE_LIMIT
from jupyter_openapi.sandbox.errors import Refused
from jupyter_openapi.signing import sign

if TYPE_CHECKING:
    from jupyter_openapi.sandbox.exchange.store import Store
    from jupyter_openapi.sandbox.oauth import TokenBook

LIFETIME = 90 * 86400
CHANNEL = "lb_papertrading"


@dataclass(frozen=True, slots=True)
class KeySet:
    """One app key, its secret, the access token in force, and when that ends (Unix seconds)."""

    app_key: str
    app_secret: str
    access_token: str
    issued_at: float
    expires_at: float
    member_id: int
    aaid: int


class KeyRing:
    """The keys in force; `refresh` replaces the token, and the old one is refused from then on."""

    def __init__(self, store: Store) -> None:
        self._store = store
        kept = store.setting("keys")
        self.keys = KeySet(**kept) if kept else _new_keys()
        if self.keys.expires_at <= time.time():
            self.refresh(time.time() + LIFETIME)
        elif not kept:
            self._keep()

    def refresh(self, expires_at: float) -> KeySet:
        """Issue a new token that lives until `expires_at`."""
        now = time.time()
        old = asdict(self.keys)
        token = _token(self.keys.app_key, self.keys.aaid, self.keys.member_id, now, expires_at)
        self.keys = KeySet(**(old | {"access_token": token, "issued_at": now, "expires_at": expires_at}))
        self._keep()
        return self.keys

    def mint(self, expires_at: float) -> str:
        """Return an OAuth access token of this account; unlike `refresh`, the token in force stays."""
        keys = self.keys
        subject = json.dumps({"member_id": keys.member_id, "account_channel": CHANNEL})
        return _token("", keys.aaid, keys.member_id, time.time(), expires_at, subject=subject)

    def _keep(self) -> None:
        with self._store.transaction():
            self._store.set_setting("keys", asdict(self.keys))


def _new_keys() -> KeySet:
    key, secret = secrets.token_hex(16), secrets.token_hex(32)
    member, aaid = 10_000_000 + secrets.randbelow(89_000_000), 20_000_000 + secrets.randbelow(79_000_000)
    now = time.time()
    token = _token(key, aaid, member, now, now + LIFETIME)
    return KeySet(key, secret, token, now, now + LIFETIME, member, aaid)


def _token(
    app_key: str, aaid: int, member: int, issued: float, expires: float, *, subject: str = "access_token"
) -> str:
    claims = {
        "iss": "jupyter-openapi-sandbox",
        "sub": subject,
        "iat": int(issued),
        "exp": int(expires),
        "ak": app_key,
        "aaid": aaid,
        "ac": CHANNEL,
        "mid": member,
        "sid": secrets.token_urlsafe(16),
    }
    text = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    mac = hmac.new(secrets.token_bytes(32), text.encode(), hashlib.sha256).digest()
    return f"{text}.{_base64(mac)}"


def _part(value: dict[str, object]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


TOO_MANY = 429002


class RateWindow:
    """At most `calls` in any `seconds`, at least `gap` seconds apart, `width` at once."""

    def __init__(
        self, calls: int, seconds: float, *, gap: float = 0.0, width: int | None = None, code: int = TOO_MANY
    ) -> None:
        self.code = code
        self.calls = calls
        self.seconds = seconds
        self.gap = gap
        self.width = width
        self.busy = 0
        self._times: deque[float] = deque()

    def refusal(self, now: float) -> str | None:
        """Say why a call at `now` is one too many, or None when it may pass."""
        times = self._times
        while times and times[0] <= now - self.seconds:
            times.popleft()
        if self.width is not None and self.busy >= self.width:
            return f"more than {self.width} calls at once"
        if len(times) >= self.calls:
            return f"more than {self.calls} calls in {self.seconds:g} s"
        if times and now - times[-1] < self.gap:
            return f"calls less than {self.gap * 1000:g} ms apart"
        return None

    def count(self, now: float) -> None:
        """Count a call that passed; one that was refused doesn't count."""
        self._times.append(now)
        self.busy += 1


class Limits:
    """The account's limits, by the name the specification gives each operation: trade, quote or none."""

    def __init__(self, *, on: bool = True, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._windows = (
            {
                "trade": RateWindow(30, 30.0, gap=0.02),
                "quote": RateWindow(10, 1.0, width=5),
                "history_candlesticks": RateWindow(60, 30.0, code=RATE_LIMIT),
            }
            if on
            else {}
        )

    def enter(self, name: str, operation: str = "") -> None:
        """Admit a call, or refuse it with HTTP 429: 429002, or 301606 under the operation's own limit."""
        windows = [self._windows[each] for each in {name, operation} if each in self._windows]
        now = self._now()
        for window in windows:
            reason = window.refusal(now)
            if reason:
                raise Refused(f"api request is limited: {reason}", code=window.code, status=429)
        for window in windows:
            window.count(now)

    def leave(self, name: str) -> None:
        """Note that a call which entered has been answered."""
        window = self._windows.get(name)
        if window is not None:
            window.busy -= 1


WINDOW = 30.0
"""How many seconds a timestamp may lie from the server's clock.

The broker publishes no number. Half a minute tells a wrong clock or a wrong unit at once, and bounds what
the gate must remember to recognise a repeated request.
"""

_STAMP = re.compile(r"\d{1,12}(\.\d{1,9})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came over the wire: raw path and query, the headers by any case, the body's bytes."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""


class Gate:
    """Admits a call or raises `Refused`."""

    def __init__(
        self,
        ring: KeyRing,
        now: Callable[[], float] = time.time,
        *,
        book: TokenBook | None = None,
    ) -> None:
        self._ring = ring
        self._book = book
        self._now = now
        # Two generations: what is older than both has left the window of timestamps anyway.
        self._seen: set[int] = set()
        self._seen_before: set[int] = set()
        self._turned_at = 0.0

    def admit(self, call: Request, *, read: bool) -> None:
        """Check one call.

        Parameters
        ----------
        call
            The request as received.
        read
            True when the operation changes nothing. A read whose timestamp has no fraction may be repeated:
            the official SDK stamps with whole seconds and polls several times in one.
        """
        keys = self._ring.keys
        token = call.headers.get("Authorization", "")
        if token.startswith("Bearer ") and self._by_oauth(call, token.removeprefix("Bearer ")):
            return
        if not _same(call.headers.get("X-Api-Key", ""), keys.app_key):
            raise Refused("apikey illegal", code=403203, status=403)
        if not _same(token.removeprefix("Bearer "), keys.access_token):
            raise Refused("token invalid", code=401004, status=401)
        if keys.expires_at <= self._now():
            raise Refused("token expired", code=401003, status=401)
        if token.startswith("Bearer "):
            return
        stamp = call.headers.get("X-Timestamp", "")
        self._check_stamp(stamp)
        signature = call.headers.get("X-Api-Signature", "")
        self._check_signature(call, stamp, signature)
        if not (read and "." not in stamp):
            self._check_new(signature)

    def _by_oauth(self, call: Request, token: str) -> bool:
        """Tell whether a call is an OAuth client's, and let it in; an unknown or ended token is refused."""
        client_id = call.headers.get("X-Api-Key", "")
        if self._book is None or not self._book.knows(client_id):
            return False
        holder = self._book.holder(token)
        if holder is None or not _same(client_id, holder.client_id):
            raise Refused("token invalid", code=401004, status=401)
        if holder.expires_at <= self._now():
            raise Refused("token expired", code=401003, status=401)
        return True

    def _check_stamp(self, stamp: str) -> None:
        if not _STAMP.fullmatch(stamp):
            raise Refused("signature invalid: x-timestamp must be Unix seconds", code=403201, status=403)
        away = float(stamp) - self._now()
        if abs(away) > WINDOW:
            message = f"signature invalid: x-timestamp is {away:+.0f} s from the server's clock"
            raise Refused(message, code=403201, status=403)

    def _check_signature(self, call: Request, stamp: str, signature: str) -> None:
        keys = self._ring.keys
        try:
            expected = sign(
                call.method,
                call.path,
                call.query,
                call.body,
                app_key=keys.app_key,
                app_secret=keys.app_secret,
                access_token=keys.access_token,
                timestamp=stamp,
            )
        except UnicodeEncodeError:
            raise Refused("signature invalid: the path isn't UTF-8", code=403201, status=403) from None
        if not _same(signature, expected):
            raise Refused("signature invalid", code=403201, status=403)

    def _check_new(self, signature: str) -> None:
        # The signature covers key and timestamp, so it stands for all three; 60 bits of it tell them apart.
        mac = int(signature[-15:], 16)
        now = self._now()
        if now >= self._turned_at + 2 * WINDOW:
            self._seen_before, self._seen, self._turned_at = self._seen, set(), now
        if mac in self._seen or mac in self._seen_before:
            raise Refused("duplicate request", code=403202, status=403)
        self._seen.add(mac)


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode())
