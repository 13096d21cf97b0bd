"""Model of the portfolio view: reads the account, draws the chosen picture, reports errors.

Every method may be called from any thread. What takes the network or draws runs in a thread of its own; the
page learns of it through `changed`.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jupyter_openapi.account import ClientLike
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market.money import amount
from jupyter_openapi.messages import N_, _
from jupyter_openapi.portfolio.valuation import valued
from jupyter_openapi.stream.consumers import ORDERS
from jupyter_openapi.widgets import polling as events
from jupyter_openapi.widgets.model import ClientHolder, PanelState, connected, failure_words, in_thread
from jupyter_openapi.widgets.polling import Ear, Poller, Remembered, pushed_prices

if TYPE_CHECKING:
    import pandas as pd


PICTURES = (N_("Allocation"), N_("Profit and loss"), N_("Today"), N_("Equity"))
_DRAWING = threading.Lock()
DRAWING_LONGEST = 5  # seconds
FOLLOW = 1.0  # seconds between two valuations at pushed prices
REDRAW = 15.0  # and between two pictures of them
GLANCE = 5.0  # and between two looks for a subscription, which costs nothing
# A thread that still draws when the interpreter ends takes the process down with it: the end waits a little.
atexit.register(_DRAWING.acquire, timeout=DRAWING_LONGEST)


class PortfolioModel(PanelState):
    """State of one portfolio view.

    Parameters
    ----------
    session
        Holds the client.
    changed
        Called after each change of the state.
    base_currency
        The currency of the totals.
    watched
        Whether a page shows it: another account is not read otherwise.
    run
        How the work is run; a test runs it at once.

    Attributes
    ----------
    frame
        The last valuation; None before the first, and after another account was connected.
    stale
        Whether an order was sent since.
    picture
        The chosen picture as PNG; empty where there is none.
    busy, error
        What is going on, and what went wrong, in words.
    """

    def __init__(
        self,
        session: ClientHolder,
        changed: Callable[[], None],
        *,
        base_currency: str = "HKD",
        watched: Callable[[], bool] = lambda: False,
        run: Callable[[Callable[[], None]], None] = in_thread,
    ) -> None:
        super().__init__(session, changed, run)
        self._watched = watched
        self._lock = threading.RLock()
        self._turn = 0
        self.base_currency = base_currency
        self.chosen = PICTURES[0]
        self.privacy = False
        self.frame: pd.DataFrame | None = None
        self.stale = False
        self.picture = b""
        self._memory: Remembered | None = None  # what the frame was made from
        self._began = self._valued_at = self._drawn_at = 0.0
        self._poller = Poller(self._follow, "openapi-portfolio")
        self._ear = Ear(self._poller.wake)
        events.listen(session, self._on_event)

    def refresh(self, base_currency: str | None = None) -> None:
        """Read the account again; an earlier request no longer counts."""
        with self._lock:
            self.base_currency = base_currency or self.base_currency
            self._turn += 1
            turn = self._turn
            self.busy, self.error = N_("Reading the account"), ""
        self._changed()
        self._run(lambda: self._look(turn))

    def show(self, picture: str | None = None, *, privacy: bool | None = None) -> None:
        """Draw another picture, or the same with or without amounts; nothing is read."""
        with self._lock:
            self.chosen = picture if picture in PICTURES else self.chosen
            self.privacy = self.privacy if privacy is None else privacy
            turn, frame = self._turn, self.frame
        if frame is not None:
            self._run(lambda: self._draw(turn, frame))
        self._changed()

    def resume(self) -> None:
        """Follow pushed prices again: a page was opened."""
        self._poller.wake()

    def close(self) -> None:
        """Show nothing more."""
        self._ear.stop()
        self._poller.stop()
        with self._lock:
            self._turn += 1

    def _on_event(self, event: events.Event) -> None:
        if event == "orders":
            self.stale = self.frame is not None
            self._changed()
            return
        with self._lock:
            self._turn += 1
            self.frame, self.picture, self.stale, self._memory = None, b"", False, None
            self.busy = self.error = ""
        self._ear.stop()
        if self._session.client is not None and self._watched():
            self.refresh()
        self._changed()

    def _look(self, turn: int) -> None:
        client: Any = None
        frame, memory, error = None, None, ""
        began = time.monotonic()
        try:
            client = connected(self._session)
            memory = Remembered(client)
            frame = valued(memory, self.base_currency)
        except Exception as failure:  # noqa: BLE001 (shown in the panel)
            error = failure_words(failure)
        with self._lock:
            # The account has changed, or a later refresh began: these numbers are out of date.
            if turn != self._turn or client is not self._session.client:
                return
            self.busy, self.error = "", error
            if frame is not None:
                self.frame, self.stale, self._memory, self._began = frame, False, memory, began
        self._changed()
        if frame is not None:
            self._draw(turn, frame)
            self._poller.wake()

    def _follow(self) -> float | None:
        """Value what is held at the prices that are pushed now; nothing is asked for.

        Returns after how many seconds to see whether anything is pushed, which wakes it sooner.
        """
        with self._lock:
            turn, memory, frame = self._turn, self._memory, self.frame
        client = self._session.client
        if memory is None or frame is None or client is None or not self._watched():
            self._ear.stop()
            return None
        held = set(frame["symbol"])
        self._ear.listen(client, ORDERS, *held)
        orders = None if client.live is None else client.live.orders(since=self._began)
        changed = any(amount(order.get("executed_quantity")) for order in (orders or {}).values())
        quoted = bool(pushed_prices(client, held))
        if not quoted and not changed:
            return GLANCE
        time.sleep(max(0.0, self._valued_at + FOLLOW - time.monotonic()))
        self._valued_at = time.monotonic()
        if quoted:
            frame = valued(memory, str(frame.attrs["openapi"]["base_currency"]))
        with self._lock:
            if turn != self._turn or client is not self._session.client:
                return GLANCE
            self.frame, self.stale = frame, self.stale or changed
        self._changed()
        # The picture of the equity reads its history anew: it waits for Refresh.
        if quoted and self.chosen != "Equity" and time.monotonic() > self._drawn_at + REDRAW:
            self._draw(turn, frame)
        return GLANCE

    def _draw(self, turn: int, frame: pd.DataFrame) -> None:
        chosen, privacy = self.chosen, self.privacy
        self._drawn_at = time.monotonic()
        try:
            with _DRAWING:
                picture = _picture(chosen, frame, self._session.client, self.base_currency, privacy)
            error = ""
        except Exception as failure:  # noqa: BLE001 (shown in the panel)
            picture, error = b"", failure_words(failure)
        with self._lock:
            if turn != self._turn or (chosen, privacy) != (self.chosen, self.privacy):
                return
            self.picture, self.error = picture, error
        self._changed()


def _picture(
    chosen: str,
    frame: pd.DataFrame,
    client: ClientLike | None,
    base: str,
    privacy: bool,  # noqa: FBT001 (as the view has it)
) -> bytes:
    from jupyter_openapi import plots
    from jupyter_openapi.portfolio import equity_curve

    if chosen == "Equity":
        if client is None:
            raise RequestRefused(_("Not connected."))
        figure = plots.equity(equity_curve(client, base), privacy=privacy)
    elif chosen == "Allocation":
        figure = plots.allocation(frame, privacy=privacy)
    else:
        what = "day" if chosen == "Today" else "unrealized"
        figure = plots.profit(frame, what, privacy=privacy)
    drawn: bytes = figure.png()
    return drawn
