"""Read a response: an answer, or the error that says what is known.

A read that fails is a `TransportError`. A write or trade that was sent and not answered by the broker itself
is an `OutcomeUnknown`: a proxy's page, a redirect or a server fault do not say whether it was done.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from jupyter_openapi.errors import (
    ApiError,
    Interrupted,
    OpenAPIError,
    OutcomeUnknown,
    TransportError,
    clean,
    sentence,
)
from jupyter_openapi.messages import N_, _
from jupyter_openapi.ratelimit.rates import Urgency
from jupyter_openapi.spec.codes import advice_for
from jupyter_openapi.spec.model import Effect
from jupyter_openapi.transport.hosts import Host
from jupyter_openapi.transport.wire import SpokeFirst, TooLarge

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
        return Envelope(0, clean(front[1].decode("utf-8", "replace")), UNREAD)
    try:
        reply = json.loads(content)
    except (ValueError, RecursionError):  # broken, or nested without end
        return None
    if not isinstance(reply, dict) or not _is_code(reply.get("code")):
        return None
    # Old pages of the documentation call the text msg.
    message = reply.get("message", reply.get("msg", ""))
    return Envelope(reply["code"], clean(message) if isinstance(message, str) else "", reply.get("data"))


def read_data(content: bytes) -> Any:
    """Return `data` of a reply that `read_envelope` left unread; ValueError if the text is broken."""
    try:
        return json.loads(content)["data"]
    except RecursionError:
        raise ValueError("nested without end") from None


def _is_stream(call: Call, status: int, headers: Mapping[str, str]) -> bool:
    """Tell whether a reply is a stream of events; never of a change, which only an envelope answers."""
    kind = str(headers.get("Content-Type") or "").partition(";")[0].strip().lower()
    return call.effect is Effect.READ and status == 200 and kind == "text/event-stream"


def read_events(content: bytes) -> list[dict[str, Any]]:
    """Return the events of a whole event stream, each with its data's fields beside its name.

    What is no event of the broker (a comment, a line that is no JSON) is passed over.
    """
    rows = []
    for block in re.split(rb"\r?\n\r?\n", content):
        lines = [line[5:].strip() for line in block.splitlines() if line.startswith(b"data:")]
        try:
            told = json.loads(b"\n".join(lines))
        except (ValueError, RecursionError):
            continue
        if isinstance(told, dict) and isinstance(told.get("event"), str):
            data = told.get("data")
            rows.append({**(data if isinstance(data, dict) else {}), "event": told["event"]})
    return rows


# What a text may hold that is not to be shown (see `clean`), as JSON escapes or UTF-8 carry it.
_SUSPECT_ASCII = (b"\\u", b"\x7f")
_SUSPECT = (*_SUSPECT_ASCII, b"\xc2", b"\xd8\x9c", b"\xe2\x80", b"\xe2\x81", b"\xed", b"\xef\xbb\xbf")
_UNSHOWN = re.compile(
    rb"\\u(?:00(?:0[0-8bBcCeEfF]|1[0-9a-fA-F]|7[fF]|[89][0-9a-fA-F])|061[cC]|20(?:0[eEfF]|2[a-eA-E]|6[6-9])"
    rb"|[dD][89a-fA-F][0-9a-fA-F]{2}|[fF][eE][fF][fF])"
    rb"|\x7f|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]|\xed[\xa0-\xbf]|\xef\xbb\xbf"
)
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


def clean_json(content: bytes) -> bytes:
    """Return JSON text whose strings hold nothing that must not be shown; mostly `content` itself.

    Only those strings change: numbers and all else stay to the byte.
    """
    suspects = _SUSPECT_ASCII if content.isascii() else _SUSPECT  # most replies are ASCII
    if not any(mark in content for mark in suspects) or _UNSHOWN.search(content) is None:
        return content
    return _STRING.sub(_clean_string, content)


def _clean_string(found: re.Match[bytes]) -> bytes:
    if _UNSHOWN.search(found[0]) is None:
        return found[0]
    try:
        text = json.loads(found[0])
    except ValueError:
        return found[0]
    return json.dumps(clean(text, keep="\t\n\r"), ensure_ascii=False).encode()


def _is_code(code: object) -> bool:
    return isinstance(code, int) and not isinstance(code, bool)


def is_fault(status: int, code: int) -> bool:
    """Tell an answer that says of the server, and not of the request, that something went wrong there.

    The broker's codes begin with the status they stand for (401003, 429002, 500000), whatever the status that
    they come with: 5xx is a fault, and 408 a time-out. Whether a change was done they do not say.
    """
    return status >= 500 or status == 408 or 500_000 <= code < 600_000 or 408_000 <= code < 409_000


_TITLE = re.compile(rb"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)


def first_line(content: bytes, width: int = 120) -> str:
    """Return what a person should see of a body that is no envelope: its title, or its first line."""
    if title := _TITLE.search(content[:4096]):
        content = title[1]
    text = content[:4096].decode("utf-8", "replace").strip()
    line = clean(text.splitlines()[0]) if text else ""
    return line if len(line) <= width else f"{line[: width - 1]}…"


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it leaves: `query` is encoded, `body` the very bytes."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    effect: Effect = Effect.READ
    limit: str = "trade"  # which of the broker's limits counts it: trade, quote or none
    name: str = field(default_factory=lambda: _("The request"))  # what messages call it
    too_late: Callable[[], bool] | None = None  # asked when its turn has come: may it not leave any more?
    urgency: Urgency = Urgency.READ  # a change is urgent in any case
    turn: float | None = None  # seconds that its turn may take at most; None for the limiter's own
    once: float | None = None  # seconds to wait for the answer to a read that is not to be repeated

    @property
    def first(self) -> Urgency:
        """How urgent it is: a cancel before all else, then orders and the reads made for them."""
        if self.effect is Effect.READ:
            return self.urgency
        return Urgency.CANCEL if self.method == "DELETE" else Urgency.ORDER


@dataclass(frozen=True)
class Answer:
    """A successful reply: the envelope's parts and where it came from."""

    status: int
    content: bytes = field(repr=False)
    code: int
    message: str
    trace_id: str | None
    elapsed: float
    _data: Any = field(repr=False)

    @classmethod
    def settled(cls, message: str, order_id: str | None = None) -> Answer:
        """Return an answer for a change that was found done by looking, after its own answer was lost."""
        data = {} if order_id is None else {"order_id": order_id}
        content = json.dumps({"code": 0, "message": "", "data": data}).encode()
        return cls(200, content, 0, message, None, 0.0, data)

    @classmethod
    def restored(cls, content: bytes, status: int, trace_id: str | None, elapsed: float) -> Answer:
        """Return the answer with this content once more, in another process perhaps."""
        found = read_envelope(content) or Envelope(0, "", None)
        return cls(status, content, found.code, found.message, trace_id, elapsed, found.data)

    @cached_property
    def data(self) -> Any:
        """The envelope's `data`; a large reply is parsed when first asked for."""
        if self._data is not UNREAD:
            return self._data
        try:
            return read_data(self.content)
        except ValueError:
            raise self.broken() from None

    @property
    def parsed(self) -> bool:
        """Whether `data` has been read already."""
        return self._data is not UNREAD or "data" in self.__dict__

    def broken(self) -> TransportError:
        """Return the error for a large reply that turned out to be no JSON."""
        return TransportError(
            sentence(
                _("HTTP {status}: the reply of {count:,} bytes is broken JSON; ask again.").format(
                    status=self.status, count=len(self.content)
                ),
                _traced(self.trace_id),
            ),
            http_status=self.status,
            trace_id=self.trace_id,
        )


def read(
    call: Call, status: int, headers: Mapping[str, str], content: bytes, elapsed: float
) -> Answer | OpenAPIError:
    """Return the broker's answer, or the error that the reply amounts to."""
    trace_id = clean(headers.get("X-Trace-Id") or "") or None
    content = clean_json(content)
    found = read_envelope(content)
    if found is None and _is_stream(call, status, headers):
        rows = read_events(content)
        told = json.dumps({"code": 0, "message": "", "data": {"events": rows}}).encode()
        return Answer(status, told, 0, "", trace_id, elapsed, {"events": rows})
    if found is None:
        return _no_envelope(call, status, trace_id, content)
    if found.code == 0:
        return Answer(status, content, 0, found.message, trace_id, elapsed, found.data)
    if call.effect is not Effect.READ and is_fault(status, found.code):
        return OutcomeUnknown(
            sentence(
                _("{name}: the broker answered '{message}'").format(name=call.name, message=found.message),
                _("(code {code}, HTTP {status}{value}).").format(
                    code=found.code,
                    status=status,
                    value=_(", trace id {trace_id}").format(trace_id=trace_id) if trace_id else "",
                ),
                _("A server fault does not say whether it was done: look before you send again."),
            ),
            http_status=status,
            trace_id=trace_id,
        )
    return ApiError(
        found.message or _("no message"),
        code=found.code,
        http_status=status,
        trace_id=trace_id,
        operation=call.name,
        advice=advice_for(found.code, found.message, call.name, call.effect),
    )


def no_answer(call: Call, host: Host, failure: Exception, *, begun: bool) -> OpenAPIError:
    """Return the error for a request that got no reply that can be used.

    `begun` tells whether a byte of it may have left.
    """
    what = _reason(failure)
    if not begun:
        if isinstance(failure, SpokeFirst):
            hint = _("A proxy may have answered, or the server failed: try again.")
        elif host.loopback:
            hint = _("Start it with `%openapi connect sandbox`.")
        else:
            hint = _("Check the network.")
        return TransportError(
            _("{url} can't be reached ({what}); nothing was sent. {hint}").format(
                url=host.url, what=what, hint=hint
            )
        )
    if call.effect is Effect.READ:
        if isinstance(failure, TooLarge):
            return TransportError(
                _("{name}: {what}. Ask for less: a shorter time, or fewer symbols.").format(
                    name=call.name, what=what
                )
            )
        return TransportError(
            _("{name}: no answer from {url} ({what}).").format(name=call.name, url=host.url, what=what)
        )
    return OutcomeUnknown(
        _("{name} was sent to {url} and no answer came ({what}): it may have been done.").format(
            name=call.name, url=host.url, what=what
        )
    )


def interrupted(call: Call, *, in_flight: bool) -> Interrupted:
    """Return what Ctrl-C means at this point of a request."""
    if not in_flight:
        return Interrupted(_("Interrupted; nothing was sent."), in_flight=False)
    if call.effect is Effect.READ:
        return Interrupted(_("Interrupted while waiting for {name}.").format(name=call.name), in_flight=True)
    return Interrupted(
        _("Interrupted while {name} was in flight: it may have been done.").format(name=call.name),
        in_flight=True,
    )


def _no_envelope(call: Call, status: int, trace_id: str | None, content: bytes) -> OpenAPIError:
    said = first_line(content) or _("an empty body")
    if 300 <= status < 400:
        said = _("a redirect, which is never followed")
    came = _("HTTP {status}, not an answer of the broker: {said}.").format(status=status, said=said)
    if call.effect is Effect.READ:
        text = sentence(f"{call.name}: {came}", _traced(trace_id))
        return TransportError(text, http_status=status, trace_id=trace_id)
    return OutcomeUnknown(
        sentence(
            _("{name} was sent and got {came} It may have been done.").format(name=call.name, came=came),
            _traced(trace_id),
        ),
        http_status=status,
        trace_id=trace_id,
    )


def _traced(trace_id: str | None) -> str:
    return _("(Trace id {trace_id}.)").format(trace_id=trace_id) if trace_id else ""


def _reason(failure: Exception) -> str:
    """Say what went wrong in a few words, without an object's address or a request's URL."""
    for kind, words in (
        (SSLError, N_("TLS failed: the certificate is not trusted, or something stands between")),
        (ProxyError, N_("the proxy refused")),
        (ConnectTimeoutError, N_("timed out while connecting")),
        (ReadTimeoutError, N_("timed out while waiting for the answer")),
        (TooLarge, N_("the answer is larger than is read")),
        (SpokeFirst, N_("more arrived than one answer, so that none can be told to be its own")),
        (DecodeError, N_("the answer is not packed as it says")),
    ):
        # A NewConnectionError is a ConnectTimeoutError by descent, but not by cause.
        if isinstance(failure, kind) and not isinstance(failure, NewConnectionError):
            return _(words)
    text = str(failure)
    for mark, words in (
        ("refused", N_("connection refused")),
        ("resolve", N_("the name does not resolve")),
        ("unreachable", N_("network unreachable")),
        ("reset", N_("connection reset")),
        ("Remote end closed", N_("the connection closed before the answer")),
        ("IncompleteRead", N_("the answer broke off")),
    ):
        if mark in text:
            return _(words)
    return type(failure).__name__
