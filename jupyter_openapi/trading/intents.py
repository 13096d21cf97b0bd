"""What the journal knows an order by, what was intended, what became of it, and when.

By an id of its own the broker books an order once, and by its tag it is found later; orders with the same
fingerprint are the same.

Secrets have no column. What a body or a message might carry all the same is masked before it is written.

A wall clock can be set, so nothing is concluded from it. A `Moment` is noted twice: by the server's clock, as
its last reply told it, and by this machine's monotonic clock, which nobody can set and which starts again
with the machine.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self, TypedDict

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.messages import _
from jupyter_openapi.spec.model import Operation

State = Literal["intended", "sent", "answered", "refused", "unknown", "settled"]
OPEN: frozenset[State] = frozenset({"intended", "sent", "unknown"})

MASK = "***"
SECRET_NAMES = frozenset(
    [
        "app_key",
        "app_secret",
        "access_token",
        "refresh_token",
        "authorization",
        "cookie",
        "password",
        "secret",
        "token",
        "x_api_key",
        "x_api_signature",
    ]
)
_SECRET_TEXTS = re.compile(
    r"\b[A-Za-z_]{0,8}eyJ[\w-]{8,}(?:\.[\w-]+){1,2}"  # a JWT, with the broker's prefixes
    r"|(?<=\bBearer )[\w.~+/-]{20,}=*"
    r"|(?<=\bSignature=)[0-9a-fA-F]{32,}"
)


class Intended(TypedDict, total=False):
    """What is known of an order before it is sent; all of it text, unless said otherwise.

    account, mode, digits, host: whose money moves, and where the request goes. kind: submit, replace, cancel
    or trade. operation, method, path, body (a mapping): the request. client_request_id, tag: how to find it
    at the broker. target: the order that is replaced or cancelled. cell, run, fingerprint: which cell typed
    it, in which run, and what is the same when it is typed again; source, notebook: a digest of the cell's
    text, and its notebook. preview, basket, row (a number): what it was part of. symbol, side, quantity,
    price: the order in short. last_price: what the security last traded at when the order was previewed.
    """

    account: str
    mode: str
    digits: str | None
    host: str
    kind: str
    operation: str
    method: str
    path: str
    body: Mapping[str, Any] | None
    client_request_id: str | None
    tag: str | None
    target: str | None
    cell: str | None
    run: str | None
    fingerprint: str | None
    preview: str | None
    basket: str | None
    row: int | None
    symbol: str | None
    side: str | None
    quantity: str | None
    price: str | None
    source: str | None
    notebook: str | None
    last_price: str | None


class Happened(TypedDict, total=False):
    """What is known of an event.

    attempt: the number of this try, from 1. timestamp: its `Moment`, as text. order_id, code, http_status,
    trace_id, message: the answer. how: what settled it (``id``, ``tag``, ``fields``, ``never sent``, ...).
    took_effect: whether the broker did it; needed to settle.
    """

    attempt: int | None
    timestamp: str | None
    order_id: str | None
    code: int | None
    http_status: int | None
    trace_id: str | None
    message: str | None
    how: str | None
    took_effect: bool | None


@dataclass(frozen=True, slots=True)
class Intent:
    """One order in the journal, and where it stands.

    Attributes
    ----------
    id
        Its number in the journal.
    created, at
        Unix seconds of the intent and of its last event.
    account ... price
        As `Intended`.
    state
        Its last event: ``intended``, ``sent`` and ``unknown`` are open; ``answered``, ``refused`` and
        ``settled`` are not.
    attempts
        How many times it was sent.
    order_id, code, http_status, trace_id, message, how
        The last known of each, as `Happened`.
    took_effect
        True when the broker did it, False when it did not, None while that is not known.
    """

    id: int
    created: float
    account: str
    mode: str
    digits: str | None
    host: str
    kind: str
    operation: str
    method: str
    path: str
    body: dict[str, Any] | None
    client_request_id: str | None
    tag: str | None
    target: str | None
    cell: str | None
    run: str | None
    fingerprint: str | None
    preview: str | None
    basket: str | None
    row: int | None
    symbol: str | None
    side: str | None
    quantity: str | None
    price: str | None
    source: str | None
    notebook: str | None
    last_price: str | None
    state: State
    at: float
    attempts: int
    order_id: str | None
    code: int | None
    http_status: int | None
    trace_id: str | None
    message: str | None
    how: str | None
    took_effect: bool | None

    @property
    def open(self) -> bool:
        """Whether it is not yet known what became of it."""
        return self.state in OPEN


REMARK = 64  # the shortest limit on a remark that the documentation gives
_USABLE = re.compile(r"[!-~]{1,64}")
"""An id of an order that no server will shorten, trim or take for none."""


def identified(operation: Operation, body: Any) -> tuple[str | None, str | None]:
    """Give an order an id of its own and a tag in its remark, where it takes them; return both."""
    if operation.parameter("client_request_id") is None or not isinstance(body, dict):
        return None, None
    request_id = str(body.setdefault("client_request_id", f"jo-{uuid.uuid4().hex}"))
    if not _USABLE.fullmatch(request_id):
        raise RequestRefused(
            _(
                "client_request_id {request_id!r:.40} can't tell this order from others: use up to 64 "
                "letters and digits, new for each order, or leave it out. Nothing was sent."
            ).format(request_id=request_id)
        )
    return request_id, _tag(operation, body, request_id)


def _tag(operation: Operation, body: dict[str, Any], request_id: str) -> str | None:
    """Put a short mark of the order's id at the end of its remark, where it fits, to find the order by."""
    if operation.parameter("remark") is None:
        return None
    tag = f"~{hashlib.sha256(request_id.encode()).hexdigest()[:8]}"
    remark = f"{body.get('remark') or ''} {tag}".strip()
    if len(remark) > REMARK:
        return None
    body["remark"] = remark
    return tag


def fingerprint(method: str, path: str, body: Mapping[str, Any] | None) -> str:
    """Return a digest of what makes two orders the same; their ids and the order of fields don't count."""
    fields = {name: value for name, value in (body or {}).items() if name != "client_request_id"}
    text = json.dumps([method.upper(), path, fields], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def masked(value: Any) -> Any:
    """Return `value` with secrets replaced: whole fields by their name, JWTs and the like within texts."""
    if isinstance(value, str):
        return _SECRET_TEXTS.sub(MASK, value)
    if isinstance(value, dict):
        return {masked(name): MASK if _is_secret(name) else masked(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [masked(inner) for inner in value]
    return value


def _is_secret(name: object) -> bool:
    return isinstance(name, str) and name.lower().replace("-", "_") in SECRET_NAMES


ROUNDING = 1.0  # a server's date has whole seconds


@cache
def _boot() -> str:
    """Name this start of this machine; two that are named differently are never compared."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        # Elsewhere by when the system started; setting the clock changes that, which only costs a wait.
        return f"{platform.node()}:{round((time.time() - time.monotonic()) / 10)}"


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment by two clocks.

    Attributes
    ----------
    server
        Unix seconds by the server's clock; None where it has not told its time yet.
    monotonic, boot
        Seconds of this machine's monotonic clock, and which start of the machine it counts from.
    """

    server: float | None
    monotonic: float
    boot: str

    @classmethod
    def now(cls, server: float | None = None) -> Self:
        """Return the present moment; `server` is what the server's clock shows."""
        return cls(server, time.monotonic(), _boot())

    @classmethod
    def read(cls, text: object) -> Self | None:
        """Return the moment that `str` wrote, or None."""
        try:
            server, monotonic, boot = str(text).split(" ", 2)
            return cls(None if server == "-" else float(server), float(monotonic), boot)
        except ValueError:
            return None

    def __str__(self) -> str:
        server = "-" if self.server is None else f"{self.server:.1f}"
        return f"{server} {self.monotonic:.1f} {self.boot}"

    def until(self, later: Moment) -> float:
        """Return the seconds to `later` on which both clocks agree; 0 where one of them can't tell."""
        if self.server is None or later.server is None or self.boot != later.boot:
            return 0.0
        return max(0.0, min(later.server - self.server + ROUNDING, later.monotonic - self.monotonic))


def sent_moments(events: Iterable[Mapping[str, Any]]) -> list[Moment]:
    """Return when an intent was sent, as its events in the journal tell, oldest first."""
    found = (Moment.read(event["timestamp"]) for event in events if event["state"] == "sent")
    return [moment for moment in found if moment is not None]


def at_least_since(wall: float, events: Iterable[Mapping[str, Any]]) -> float:
    """Return the seconds since the last try of an intent: the fewer of what the clocks of this machine say.

    `wall` is when its last event was written down, by the wall clock.
    """
    since = time.time() - wall
    moments = sent_moments(events)
    if moments and moments[-1].boot == _boot():
        since = min(since, time.monotonic() - moments[-1].monotonic)
    return max(0.0, since)
