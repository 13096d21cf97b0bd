"""A frozen change that waits for confirmation: shown, then sent once, or dropped."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from jupyter_openapi.account import ClientLike
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.messages import _
from jupyter_openapi.trading.preview import GOOD_FOR

_NUMBERS = itertools.count(1)


@dataclass(frozen=True, eq=False)
class PendingChange:
    """What would be sent.

    Attributes
    ----------
    kind
        ``submit``, ``replace``, ``cancel``, ``cancel_all`` or ``refresh``.
    button
        What the button that sends it says.
    lines
        What a person should know before, as pairs of label and text.
    send
        Sends it; asked for once.
    client
        Whose account it is for.
    version
        The page's fields it was made from.
    """

    kind: str
    button: str
    lines: tuple[tuple[str, str], ...]
    send: Callable[[], Any]
    client: ClientLike | None
    version: str = ""
    id: str = field(default_factory=lambda: f"offer-{next(_NUMBERS)}")
    made: float = field(default_factory=time.monotonic)

    @property
    def seconds_left(self) -> float:
        """How long it is good for."""
        return max(0.0, GOOD_FOR - (time.monotonic() - self.made))


class Pending:
    """Holds the present offer; each is taken at most once, however often it is asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offer: PendingChange | None = None
        self._taken: set[str] = set()

    @property
    def offer(self) -> PendingChange | None:
        """The offer that may be sent now."""
        return self._offer

    def put(self, offer: PendingChange) -> None:
        """Offer something instead of what was offered before."""
        with self._lock:
            self._offer = offer

    def drop(self) -> None:
        """Offer nothing."""
        with self._lock:
            self._offer = None

    def take(self, wanted: str, client: ClientLike | None) -> PendingChange | None:
        """Return the offer called `wanted`, to be sent now; None if it was taken before (a double click).

        Raises
        ------
        RequestRefused
            It is no longer offered, it is too old, or another account was connected since.
        """
        with self._lock:
            if wanted in self._taken:
                return None
            offer = self._offer
            if offer is None or offer.id != wanted:
                raise RequestRefused(_("Nothing was sent: this preview is out of date. Preview it again."))
            self._offer = None
            if offer.client is not client:
                raise RequestRefused(
                    _("Nothing was sent: another account was connected since this preview. Preview it again.")
                )
            if not offer.seconds_left:
                raise RequestRefused(
                    _(
                        "Nothing was sent: this preview is over {good_for:.0f} s old. Preview it again."
                    ).format(good_for=GOOD_FOR)
                )
            self._taken.add(wanted)
            return offer
