"""What a limit needs to remember, wherever it is kept: who waits in line, and when requests were written."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from jupyter_openapi.errors import RequestRefused

if TYPE_CHECKING:
    from jupyter_openapi.ratelimit.rates import Rate

SIGN = 0.4  # seconds after which somebody in the line gives a sign of life
SILENCE = 2.0  # seconds without a sign after which somebody in the line counts as gone


class LimitsUnavailable(RequestRefused):
    """The broker's limits can't be shared between kernels here, so nothing was sent.

    A client that meets this must not trade: another kernel may be using the same quota.
    """


class Look(NamedTuple):
    """What one sees from one's place in the line.

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


class Latch(Protocol):
    """A lock that one process and thread holds at a time."""

    def take(self) -> bool:
        """Try once; return whether it is held now."""
        ...

    def release(self) -> None:
        """Let go; nothing happens when it is not held."""
        ...


class Book(Protocol):
    """The shared memory of one limit.

    A request's turn goes: `look` until nobody is ahead and the rate allows it; take the gate; `begin`; write
    the request; `settle`; release the gate. So requests pass the gate one by one, and the times in the book
    are those at which they were written, not those at which they were allowed.
    """

    rate: Rate

    def look(self, ticket: int | None) -> Look:
        """Join the line (None), or keep one's place in it; those who gave no sign for long are dropped."""
        ...

    def leave(self, ticket: int) -> None:
        """Give up one's place."""
        ...

    def gate(self) -> Latch:
        """Return the lock that is held while a request is written."""
        ...

    def slot(self) -> Latch:
        """Return one of the `at_once` locks that are held until the answer is there."""
        ...

    def begin(self, ticket: int) -> tuple[int | None, float]:
        """Enter a request in the book, if the rate allows it now; the gate must be held.

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
