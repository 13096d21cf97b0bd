"""The broker's envelope ``{code, message, data}``: read it, or say what came instead.

As in the official SDK the envelope counts whatever the HTTP status is: a proxy may change a status, but only
the broker writes an envelope.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

LARGE = 65_536
_SUCCESS = re.compile(
    rb'\s*\{\s*"code"\s*:\s*0\s*,\s*"message"\s*:\s*"([^"\\]*)"\s*,\s*"data"\s*:\s*(?!null)'
)


class Envelope(NamedTuple):
    """What an envelope says; `data` is `UNREAD` while a large reply's text has not been parsed."""

    code: int
    message: str
    data: Any


UNREAD = object()


def read_envelope(content: bytes) -> Envelope | None:
    """Return the envelope in `content`, or None if it holds none.

    A large successful reply is only looked at from the front: its text goes to the frame as it is.
    """
    if len(content) > LARGE and (front := _SUCCESS.match(content)) and content.rstrip()[-1:] == b"}":
        return Envelope(0, front[1].decode("utf-8", "replace"), UNREAD)
    try:
        reply = json.loads(content)
    except (ValueError, RecursionError):  # broken, or nested without end
        return None
    if not isinstance(reply, dict) or not _is_code(reply.get("code")):
        return None
    # Old pages of the documentation call the text msg.
    message = reply.get("message", reply.get("msg", ""))
    return Envelope(reply["code"], message if isinstance(message, str) else "", reply.get("data"))


def read_data(content: bytes) -> Any:
    """Return `data` of a reply that `read_envelope` left unread; ValueError if the text is broken."""
    try:
        return json.loads(content)["data"]
    except RecursionError:
        raise ValueError("nested without end") from None


def _is_code(code: object) -> bool:
    return isinstance(code, int) and not isinstance(code, bool)


_STATUS_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_TITLE = re.compile(rb"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)


def first_line(content: bytes, width: int = 120) -> str:
    """Return what a person should see of a body that is no envelope: its title, or its first line."""
    if title := _TITLE.search(content[:4096]):
        content = title[1]
    text = content[:4096].decode("utf-8", "replace").strip()
    line = _STATUS_LINE.sub(" ", text.splitlines()[0]).strip() if text else ""
    return line if len(line) <= width else f"{line[: width - 1]}…"
