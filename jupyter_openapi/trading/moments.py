"""How much time has passed for certain, whatever the wall clock of this machine says.

A wall clock can be set, so nothing is concluded from it. A moment is noted twice: by the server's clock, as
its last reply told it, and by this machine's monotonic clock, which nobody can set and which starts again
with the machine.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

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
