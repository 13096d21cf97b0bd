"""Records of the journal: what was intended, and what became of it.

Secrets have no column. What a body or a message might carry all the same is masked before it is written.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

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
