"""Answers as bytes: the broker's envelope ``{code, message, data}`` and the few that break it on purpose."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_openapi.sandbox import faults

if TYPE_CHECKING:
    from jupyter_openapi.sandbox.faults import Fault
    from jupyter_openapi.sandbox.refusal import Refused

JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: HTTP status, body, its type; and the fault that spoils its delivery, if any.

    `limit` names the rate limit that counts the request until the answer has left.
    """

    status: int
    body: bytes
    content_type: str = JSON
    fault: Fault | None = None
    limit: str = "none"


def success(data: Any, fault: Fault | None = None, limit: str = "none") -> Answer:
    """Wrap `data`; code 0."""
    if fault is not None and fault.name == "garbage":
        return Answer(200, faults.GARBAGE, fault=fault, limit=limit)
    return Answer(200, _dump({"code": 0, "message": "success", "data": data}), fault=fault, limit=limit)


def failure(refused: Refused, fault: Fault | None = None, limit: str = "none") -> Answer:
    """Wrap a refusal; data is null."""
    if fault is not None and fault.name == "garbage":
        return Answer(refused.status, faults.GARBAGE, fault=fault, limit=limit)
    body = _dump({"code": refused.code, "message": refused.message, "data": None})
    return Answer(refused.status, body, fault=fault, limit=limit)


def broken(fault: Fault, limit: str = "none") -> Answer:
    """Return the answer of a fault that fires instead of the request."""
    if fault.name == "http429":
        return Answer(429, b"Too Many Requests", "text/plain; charset=utf-8", fault, limit)
    if fault.name == "html502":
        return Answer(502, faults.HTML, "text/html; charset=utf-8", fault, limit)
    body = _dump({"code": 500000, "message": "internal error", "data": None})
    return Answer(500, body, fault=fault, limit=limit)


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def plain(value: Any) -> Answer:
    """Return JSON without an envelope."""
    return Answer(200, _dump(value))
