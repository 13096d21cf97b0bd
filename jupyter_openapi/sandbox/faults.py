"""Deliberate failures: which request is hit, and how.

A fault either fires before the request is carried out (`drop_before`, `error500`, `http429`, `html502`: the
booking never happens) or spoils the answer to one that was carried out (`drop_after`, `delay`, `garbage`,
`slow_body`). At most one hits a request; the draws follow the seed.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_openapi.sandbox.options import FAULTS

if TYPE_CHECKING:
    from collections.abc import Mapping

BEFORE = frozenset({"drop_before", "error500", "http429", "html502"})
SECONDS = {"delay": 1.0, "slow_body": 3.0}
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
        for name in FAULTS:
            rate, seconds = self.rates.get(name, (0.0, None))
            if rate and self._random.random() < rate:
                return Fault(name, SECONDS.get(name, 0.0) if seconds is None else seconds)
        return None
