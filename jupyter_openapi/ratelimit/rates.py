"""The broker's limits as numbers, and when the next request may go.

Source: the broker's documentation (trade and asset: 30 calls in 30 seconds, 20 ms apart, for each account;
quotes: 10 calls a second, 5 at once, for each app key).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Kind = Literal["trade", "quote"]


@dataclass(frozen=True, slots=True)
class Rate:
    """One limit, as we keep it: a little slower than the broker states it, since its clock decides.

    Attributes
    ----------
    calls, seconds
        At most so many requests in any stretch of so many seconds.
    gap
        Seconds from the moment one request was written to the next.
    at_once
        How many may be waiting for their answers; None for no such limit.
    words
        The limit as the broker states it.
    """

    calls: int
    seconds: float
    gap: float
    at_once: int | None
    words: str

    def due(self, ages: Sequence[float], ahead: int = 0) -> float:
        """Return in how many seconds a request may go when `ahead` others go first.

        Parameters
        ----------
        ages
            Seconds since each request of the window was written, newest first.
        """
        written = [-age for age in reversed(ages)]
        moment = 0.0
        for _ in range(ahead + 1):
            if written:
                moment = max(0.0, written[-1] + self.gap)
            if len(written) >= self.calls:
                moment = max(moment, written[-self.calls] + self.seconds)
            written.append(moment)
        return moment


RATES: Mapping[Kind, Rate] = {
    # Half a second and 5 ms of margin for what the network adds between two requests.
    "trade": Rate(30, 30.5, 0.025, None, "30 trade and asset requests in 30 seconds"),
    "quote": Rate(10, 1.05, 0.0, 5, "10 quote requests a second"),
}


def age(noted: Sequence[float], now: Sequence[float]) -> float:
    """Return the seconds from `noted` to `now`, two readings of the wall clock and the monotonic clock.

    The wall clock may be set, forward or back, and the monotonic one starts again with the machine (it is one
    clock for all processes of a machine). A difference below zero is a clock that moved; of two that are
    possible the smaller one counts, which can only make us wait longer.
    """
    possible = [since for since in (now[0] - noted[0], now[1] - noted[1]) if since >= 0]
    return min(possible, default=0.0)
