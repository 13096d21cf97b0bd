"""Who may come in: keys, tokens, timestamps and signatures, as strict as the broker. No I/O.

The order of the checks is the order of the answers: 403203 unknown key, 401004 unknown token, 401003
expired token, then (a token that starts with ``Bearer`` travels unsigned) 403201 for a timestamp more than
`WINDOW` seconds away or a signature that does not match, and 403202 for a repeated request.

The account is a paper account, so the ``x-papertrading: true`` guard always passes.
"""

from __future__ import annotations

import hmac
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_openapi import signing
from jupyter_openapi.sandbox.refusal import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jupyter_openapi.sandbox.keys import KeyRing

WINDOW = 30.0
"""How many seconds a timestamp may lie from the server's clock.

The broker publishes no number. Half a minute tells a wrong clock or a wrong unit at once, and bounds what
the gate must remember to recognise a repeated request.
"""

_STAMP = re.compile(r"\d{1,12}(\.\d{1,9})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it came over the wire: raw path and query, the headers by any case, the body's bytes."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""


class Gate:
    """Admits a call or raises `Refused`."""

    def __init__(self, ring: KeyRing, now: Callable[[], float] = time.time) -> None:
        self._ring = ring
        self._now = now
        # Two generations: what is older than both has left the window of timestamps anyway.
        self._seen: set[int] = set()
        self._seen_before: set[int] = set()
        self._turned_at = 0.0

    def admit(self, call: Call, *, read: bool) -> None:
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
        if not _same(call.headers.get("X-Api-Key", ""), keys.app_key):
            raise Refused("apikey illegal", code=403203, status=403)
        token = call.headers.get("Authorization", "")
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

    def _check_stamp(self, stamp: str) -> None:
        if not _STAMP.fullmatch(stamp):
            raise Refused("signature invalid: x-timestamp must be Unix seconds", code=403201, status=403)
        away = float(stamp) - self._now()
        if abs(away) > WINDOW:
            message = f"signature invalid: x-timestamp is {away:+.0f} s from the server's clock"
            raise Refused(message, code=403201, status=403)

    def _check_signature(self, call: Call, stamp: str, signature: str) -> None:
        keys = self._ring.keys
        try:
            expected = signing.sign(
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
