"""The broker's limits as numbers, and when the next request may go.

Source: the broker's documentation (trade and asset: 30 calls in 30 seconds, 20 ms apart, for each account;
quotes: 10 calls a second, 5 at once, for each app key; historical candles: 60 calls in 30 seconds; topics: 3
a minute and 10 in 24 hours for each user).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, NamedTuple, Protocol

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.messages import N_

Kind = Literal["trade", "quote", "read", "candle", "topic", "topic_day"]


class Urgency(IntEnum):
    """Who goes first in the line for one limit; among equals, who came first."""

    CANCEL = 0
    ORDER = 1  # and the reads made for one: its preview, what became of it, waiting for it
    READ = 2


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
    "trade": Rate(30, 30.5, 0.025, None, N_("30 trade and asset requests in 30 seconds")),
    "quote": Rate(10, 1.05, 0.0, 5, N_("10 quote requests a second")),
    # Our own: so many of the account's calls are for typed, panel and history reads, the rest is for orders.
    "read": Rate(22, 30.5, 0.0, None, N_("30 requests in 30 seconds, of which 8 are kept for orders")),
    "candle": Rate(60, 30.5, 0.0, None, N_("60 requests of historical candles in 30 seconds")),
    "topic": Rate(3, 60.5, 0.0, None, N_("3 topics a minute")),
    "topic_day": Rate(10, 86_401.0, 0.0, None, N_("10 topics in 24 hours")),
}
RARE = frozenset[Kind]({"candle", "topic", "topic_day"})  # their stores are opened when first needed
RESERVE = RATES["trade"].calls - RATES["read"].calls  # of the account's calls: for orders alone
CANDLES = "/quote/history-candlesticks"
TOPICS = "/v1/content/topics"


def limits_of(kind: str, path: str, urgency: Urgency) -> tuple[Kind, ...]:
    """Return the limits beside `kind` that a request must keep."""
    if kind == "trade" and urgency is Urgency.READ:
        return ("read",)
    if path == TOPICS and urgency is not Urgency.READ:
        return ("topic", "topic_day")
    return ("candle",) if path == CANDLES else ()


def age(noted: Sequence[float], now: Sequence[float]) -> float:
    """Return the seconds from `noted` to `now`, two readings of the wall clock and the monotonic clock.

    The wall clock may be set, forward or back, and the monotonic one starts again with the machine (it is one
    clock for all processes of a machine). A difference below zero is a clock that moved; of two that are
    possible the smaller one counts, which can only make us wait longer.
    """
    possible = [since for since in (now[0] - noted[0], now[1] - noted[1]) if since >= 0]
    return min(possible, default=0.0)


CLASS = 10**12  # a ticket is its urgency times this, plus a number that counts up
SIGN = 0.4  # seconds after which a waiting request gives a sign of life
SILENCE = 2.0  # seconds without a sign after which a waiting request counts as gone


class LimitsUnavailable(RequestRefused):
    """The broker's limits can't be shared between kernels here, so nothing was sent.

    A client that meets this must not trade: another kernel may be using the same quota.
    """


class QueuePosition(NamedTuple):
    """A place in the queue, and what is known from there.

    Attributes
    ----------
    ticket
        One's place: lower numbers go first.
    ahead
        How many wait in front.
    ages
        Seconds since each request of the window was written, newest first.
    """

    ticket: int
    ahead: int
    ages: list[float]


class Lock(Protocol):
    """A lock that one process and thread holds at a time."""

    def take(self) -> bool:
        """Try once; return whether it is held now."""
        ...

    def release(self) -> None:
        """Release the lock; nothing happens when it is not held."""
        ...


class LimitStore(Protocol):
    """Store of one limit, shared between processes.

    A request's turn goes: `look` until nobody is ahead and the rate allows it; take the gate; `begin`; write
    the request; `settle`; release the gate. So requests pass the gate one by one, and the times in the store
    are those at which they were written, not those at which they were allowed.
    """

    rate: Rate

    def look(self, ticket: int | None, urgency: Urgency) -> QueuePosition:
        """Join the queue (None) behind the equally urgent, or keep one's place; the silent are dropped."""
        ...

    def leave(self, ticket: int) -> None:
        """Leave the queue."""
        ...

    def gate(self) -> Lock:
        """Return the lock that is held while a request is written."""
        ...

    def slot(self) -> Lock:
        """Return one of the `at_once` locks that are held until the answer is there."""
        ...

    def begin(self, ticket: int) -> tuple[int | None, float]:
        """Enter a request in the store, if the rate allows it now; the gate must be held.

        Returns the entry, or None and the seconds to wait. An entry that its owner never settled (it was
        killed between writing and settling) counts as written now.
        """
        ...

    def settle(self, entry: int) -> None:
        """Note that the request was written now."""
        ...

    def used(self) -> int:
        """Return how many requests stand in the window."""
        ...

    def close(self) -> None:
        """Close what is open; the shared memory stays."""
        ...
