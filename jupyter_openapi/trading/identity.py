"""An order's own id, by which the broker books it once, and its tag, by which it is found later."""

from __future__ import annotations

import hashlib
import re
import uuid
from typing import Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.messages import _
from jupyter_openapi.spec.model import Operation

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
