"""Responses as bytes: values as text, the broker's envelope ``{code, message, data}``, deliberate faults."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from jupyter_openapi.sandbox.errors import Refused
from jupyter_openapi.sandbox.options import FAULTS, SOCKET_FAULTS

_PLACES = Decimal("0.000001")


def number(value: Decimal | int | None, none: str = "") -> str:
    """Return a decimal without exponent and trailing zeros, or `none`."""
    if value is None:
        return none
    if isinstance(value, int):
        return str(value)
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def rounded(value: Decimal | None, places: Decimal = _PLACES, none: str = "") -> str:
    """Return a computed decimal, rounded to `places`."""
    return none if value is None else number(value.quantize(places, ROUND_HALF_UP))


def seconds(value: float, none: str = "0") -> str:
    """Return Unix seconds, or `none` for a time that never came."""
    return str(int(value)) if value else none


CENT = Decimal("0.01")
"""Money to the cent; prices of a share in a holding to a thousandth."""


def offset_of(page: int | None, size: int) -> int:
    """Return how many rows come before a page, counted from 1; no more than SQLite can count."""
    return min(((page or 1) - 1) * size, 2**62)


BEFORE = frozenset({"drop_before", "error500", "http429", "html502"})
SECONDS = {"delay": 1.0, "slow_body": 3.0, "ws_delay": 1.0}
HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
GARBAGE = b'{"code": 0, "message": "success", "data": {"li\xff\xfe'


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure: its name and, for the slow ones, how many seconds it takes."""

    name: str
    seconds: float = 0.0


class Faults:
    """Draws the failures.

    Parameters
    ----------
    rates
        Fault name to (rate, seconds or None for the fault's own).
    seed
        Makes the sequence of draws repeatable.
    """

    def __init__(self, rates: Mapping[str, tuple[float, float | None]], seed: int) -> None:
        self.rates = dict(rates)
        self._random = random.Random(f"faults {seed}")  # noqa: S311 - nothing secret is drawn

    def draw(self) -> Fault | None:
        """Return the failure that hits this request, if any."""
        return self._draw(FAULTS) if self.rates else None

    def draw_socket(self) -> Fault | None:
        """Return the failure that hits this push, if any."""
        return self._draw(SOCKET_FAULTS) if self.rates else None

    def _draw(self, names: Sequence[str]) -> Fault | None:
        for name in names:
            rate, seconds = self.rates.get(name, (0.0, None))
            if rate and self._random.random() < rate:
                return Fault(name, SECONDS.get(name, 0.0) if seconds is None else seconds)
        return None


JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Response:
    """A response: HTTP status, body, content type, and the fault of its delivery, if any.

    `limit` names the rate limit that counts the request until the answer has left; `location` is where a
    browser is sent.
    """

    status: int
    body: bytes
    content_type: str = JSON
    fault: Fault | None = None
    limit: str = "none"
    location: str = ""


def success(data: Any, fault: Fault | None = None, limit: str = "none") -> Response:
    """Wrap `data`; code 0."""
    if fault is not None and fault.name == "garbage":
        return Response(200, GARBAGE, fault=fault, limit=limit)
    return Response(200, _dump({"code": 0, "message": "success", "data": data}), fault=fault, limit=limit)


def failure(refused: Refused, fault: Fault | None = None, limit: str = "none") -> Response:
    """Wrap a refusal; data is null."""
    if fault is not None and fault.name == "garbage":
        return Response(refused.status, GARBAGE, fault=fault, limit=limit)
    body = _dump({"code": refused.code, "message": refused.message, "data": None})
    return Response(refused.status, body, fault=fault, limit=limit)


def broken(fault: Fault, limit: str = "none") -> Response:
    """Return the answer of a fault that fires instead of the request."""
    if fault.name == "http429":
        return Response(429, b"Too Many Requests", "text/plain; charset=utf-8", fault, limit)
    if fault.name == "html502":
        return Response(502, HTML, "text/html; charset=utf-8", fault, limit)
    body = _dump({"code": 500000, "message": "internal error", "data": None})
    return Response(500, body, fault=fault, limit=limit)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _dump(value: Any) -> bytes:
    return _ENCODER.encode(value).encode()


def plain(value: Any, status: int = 200) -> Response:
    """Return JSON without an envelope."""
    return Response(status, _dump(value))


def page(html: str, status: int = 200) -> Response:
    """Return a page for a browser."""
    return Response(status, html.encode(), "text/html; charset=utf-8")


def redirect(location: str) -> Response:
    """Send a browser elsewhere."""
    return Response(302, b"", "text/plain; charset=utf-8", location=location)
