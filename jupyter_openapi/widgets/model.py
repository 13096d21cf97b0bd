"""What the models of all panels share, in plain Python.

Where the client comes from; what is going on and what went wrong; the frozen change that waits for
confirmation, which is shown, then sent once, or dropped; and how errors and ids are shown.
"""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any, Protocol
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jupyter_openapi.account import ClientLike
from jupyter_openapi.errors import OpenAPIError, OutcomeUnknown, RequestRefused
from jupyter_openapi.kernel import NO_CELL
from jupyter_openapi.messages import N_, _, language, speaking
from jupyter_openapi.trading.preview import GOOD_FOR


class ClientHolder(Protocol):
    """What the panels need of a `Session`."""

    @property
    def client(self) -> ClientLike | None:
        """The connected client."""


class OneClient:
    """A holder of one client, for panels of plain Python: `OrderForm(client=client)`."""

    def __init__(self, client: ClientLike) -> None:
        self.client: ClientLike | None = client


_holders: WeakValueDictionary[int, OneClient] = WeakValueDictionary()


def holder_of(client: ClientLike | None, session: ClientHolder | None, default: ClientHolder) -> ClientHolder:
    """Return what a panel takes its client from: a session, a client of its own, or the kernel's session.

    Panels of one client share a holder, so that each hears of the others' orders.
    """
    if client is None:
        return default if session is None else session
    return _holders.setdefault(id(client), OneClient(client))


NOT_CONNECTED = N_(
    "Not connected: open the credential panel (`%openapi login`) or type `%openapi connect sandbox`."
)


def connected(holder: ClientHolder) -> ClientLike:
    """Return the client, or refuse with what to do."""
    if holder.client is None:
        raise RequestRefused(_(NOT_CONNECTED))
    return holder.client


def zone_of(client: ClientLike | None) -> tzinfo:
    """Return the client's time zone; UTC without a client, or where its zone is not known here."""
    try:
        return ZoneInfo(client.tz) if client is not None else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


HIDDEN = "•••"
LABELS = {
    "symbol": N_("Symbol"),
    "side": N_("Side"),
    "order_type": N_("Type"),
    "submitted_price": N_("Price"),
    "submitted_quantity": N_("Quantity"),
    "time_in_force": N_("Time in force"),
    "trigger_price": N_("Trigger price"),
    "trailing_amount": N_("Trailing amount"),
    "trailing_percent": N_("Trailing percent"),
    "limit_offset": N_("Limit offset"),
    "take_profit": N_("Take profit"),
    "stop_loss": N_("Stop loss"),
    "expire_date": N_("Expire date"),
    "outside_rth": N_("Outside RTH"),
    "remark": N_("Remark"),
}
# Chinese words stand beside names without a space: only ASCII letters make a longer name.
_NAMES = re.compile("|".join(sorted((rf"\b{name}\b" for name in LABELS), key=len, reverse=True)), re.ASCII)
_LONG_NUMBER = re.compile(r"\d{6,}")


def by_label(message: str) -> str:
    """Return a message about wire names with the labels of the form instead.

    Examples
    --------
    >>> by_label("submitted_price is missing: LO needs it")
    'Price is missing: LO needs it'
    """
    return _NAMES.sub(lambda found: _(LABELS[found[0]]), message)


def failure_words(failure: BaseException) -> str:
    """Return what to show of an error: our own errors in full, others with their kind."""
    if isinstance(failure, OutcomeUnknown):
        return _("OUTCOME UNKNOWN: {failure}").format(failure=failure)
    if isinstance(failure, OpenAPIError):
        return str(failure)
    return f"{type(failure).__name__}: {failure}"


def without_ids(text: str) -> str:
    """Return `text` with every long number (orders, accounts) hidden."""
    return _LONG_NUMBER.sub(HIDDEN, text)


def in_thread(work: Callable[[], None]) -> None:
    """Run `work` in a thread of its own, which belongs to no cell and speaks as this one does."""
    tongue = language()

    def without_cell() -> None:
        NO_CELL.set(True)
        with speaking(tongue):
            work()

    threading.Thread(target=without_cell, name="openapi-panel", daemon=True).start()


class PanelState:
    """What the states of all panels have: what is going on, what went wrong, and work apart from the page.

    Parameters
    ----------
    session
        Holds the client.
    changed
        Called after each change of the state.
    run
        How network work is run; a test runs it at once.
    """

    def __init__(
        self,
        session: ClientHolder,
        changed: Callable[[], None],
        run: Callable[[Callable[[], None]], None] = in_thread,
    ) -> None:
        self._session = session
        self._changed = changed
        self._run = run
        self.busy = ""
        self.error = ""
        self.note = ""

    def _work(self, work: Callable[[], None], words: Callable[[BaseException], str] = failure_words) -> None:
        """Run `work`; what goes wrong is shown in the panel, for nobody would see it elsewhere."""

        def safely() -> None:
            try:
                work()
            except BaseException as failure:  # noqa: BLE001 (shown in the panel)
                self.error = words(failure)
            finally:
                self.busy = ""
                self._changed()

        self._run(safely)


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
