"""Model of the blotter: open orders, kept up to date, and cancellations, previewed and sent once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from jupyter_openapi.account import ClientLike
from jupyter_openapi.errors import OpenAPIError, RequestRefused
from jupyter_openapi.messages import N_, _, ngettext
from jupyter_openapi.stream.consumers import LINK, ORDERS
from jupyter_openapi.trading.describe import describe_standing
from jupyter_openapi.widgets import polling as events
from jupyter_openapi.widgets import queries as reads
from jupyter_openapi.widgets.blotter_rows import Row, let_through, may_cancel, may_work, newest_first, row_of
from jupyter_openapi.widgets.model import (
    ClientHolder,
    PanelState,
    Pending,
    PendingChange,
    connected,
    failure_words,
    in_thread,
    zone_of,
)
from jupyter_openapi.widgets.order_fields import cancel_offer
from jupyter_openapi.widgets.polling import (
    CHECK,
    GAP,
    TRAFFIC,
    WAITING,
    Backoff,
    Ear,
    Poller,
    newest,
    pushed_prices,
)

EVERY = 5.0  # seconds between two looks while an order is open
CLOSED = 60.0  # and while every market of theirs is closed
OLDER_EVERY = 60.0  # seconds between two looks at the orders of earlier days
LAG = 5.0  # seconds by which a list may lag behind what was pushed
AFTER = 15.0  # seconds to go on looking after an order was sent: a list may lag behind


class BlotterModel(PanelState):
    """One blotter's state; every method may be called from any thread.

    Parameters
    ----------
    session, changed, watched, run
        As of `jupyter_openapi.widgets.order_ticket.Ticket`.
    symbols
        Show only these.
    """

    def __init__(
        self,
        session: ClientHolder,
        changed: Callable[[], None],
        *,
        symbols: Sequence[str] = (),
        watched: Callable[[], bool] = lambda: True,
        run: Callable[[Callable[[], None]], None] = in_thread,
    ) -> None:
        super().__init__(session, changed, run)
        self._watched = watched
        self._lock = threading.Lock()
        self._today: dict[str, Mapping[str, Any]] = {}
        self._older: dict[str, Mapping[str, Any]] = {}
        self._last: dict[str, Decimal] = {}
        self._older_at = -OLDER_EVERY
        self._until = 0.0
        self._pace = Backoff(EVERY)
        self._poller = Poller(self._look, "openapi-blotter")
        self._ear = Ear(self._poller.wake)
        self._due = 0.0  # when to read the orders although they are pushed
        self._read_began = self._prices_at = self._shown_at = 0.0
        self.slot = Pending()
        self.symbol = " ".join(symbols)
        self.status = "Open"
        self.problem = ""  # of the last look
        self.unread = ""  # what of the orders shown could not be read
        self.read = False  # whether a look has succeeded
        events.listen(session, self._on_event)

    # ---- what it shows

    def orders(self) -> list[Mapping[str, Any]]:
        """Return every order known, the newest first."""
        with self._lock:
            return newest_first({**self._older, **self._today})

    def rows(self, *, privacy: bool = False) -> list[Row]:
        """Return the orders that the filters let through."""
        zone = zone_of(self._session.client)
        found = [
            row_of(order, zone, privacy=privacy, last=self._last.get(str(order.get("symbol"))))
            for order in self._shown()
        ]
        self.unread = "\n".join(row.unread for row in found if row.unread)
        return found

    def find(self, order_id: str) -> Mapping[str, Any] | None:
        """Return an order as last seen."""
        return next((order for order in self.orders() if str(order.get("order_id")) == order_id), None)

    @property
    def looking(self) -> bool:
        """Whether it polls for changes."""
        return self._poller.running

    def _shown(self) -> list[Mapping[str, Any]]:
        return [order for order in self.orders() if let_through(order, self.symbol, self.status)]

    # ---- what a person asks

    def filter(self, *, symbol: str | None = None, status: str | None = None) -> None:
        """Show only these symbols (beginnings, with spaces between) or this kind of status."""
        self.symbol = self.symbol if symbol is None else symbol
        self.status = self.status if status is None else status
        self._changed()

    def refresh(self) -> None:
        """Read all orders now."""
        self._older_at = -OLDER_EVERY
        self._due = 0.0
        self._poller.wake()

    def ask_cancel(self, order_id: str) -> None:
        """Ask for a preview of cancelling one order."""
        if self._begin(N_("Making the preview")):
            self._work(lambda: self._offer_cancel(order_id))

    def ask_cancel_all(self) -> None:
        """Offer to cancel every order shown that can be cancelled, as they stand now."""
        client = connected(self._session)
        found = [order for order in self._shown() if may_cancel(order)]
        if not found:
            raise RequestRefused(_("No order shown here can be cancelled."))
        ids = [str(order["order_id"]) for order in found]
        lines = (
            ("account", client.account.title),
            *(("cancel", describe_standing(order)) for order in found),
        )
        template = ngettext("Send {count} cancellation", "Send {count} cancellations", len(ids))
        button = template.format(count=len(ids))
        self.error = self.note = ""
        self.slot.put(
            PendingChange("cancel_all", button, lines, lambda: self._cancel_all(client, ids), client)
        )
        self._changed()

    def drop(self) -> None:
        """Drop what was offered; nothing is sent."""
        self.slot.drop()
        self._changed()

    def send(self, offer_id: str) -> None:
        """Send what was offered, once; a second click is ignored."""
        try:
            offer = self.slot.take(offer_id, self._session.client)
        except RequestRefused as refused:
            self.error = str(refused)
            self._changed()
            return
        if offer is not None:
            self._begin(N_("Sending"), anyway=True)
            self._work(lambda: self._send(offer))

    def close(self) -> None:
        """Stop reading and sending."""
        self.slot.drop()
        self._ear.stop()
        self._poller.stop()

    # ---- what happens then

    def _begin(self, busy: str, *, anyway: bool = False) -> bool:
        with self._lock:
            if self.busy and not anyway:
                return False
            self.busy, self.error, self.note = busy, "", ""
        self.slot.drop()
        self._changed()
        return True

    def _offer_cancel(self, order_id: str) -> None:
        self.slot.put(cancel_offer(connected(self._session), order_id))

    def _send(self, offer: PendingChange) -> None:
        try:
            if offer.kind == "cancel":
                with TRAFFIC.order():
                    offer.send()
                self.note = N_("Cancellation sent")
            else:
                offer.send()
        finally:
            events.publish(self._session, "orders")

    def _cancel_all(self, client: ClientLike, ids: Sequence[str]) -> None:
        """Cancel one after the other; one that fails stops none of the others."""
        failed: list[str] = []
        for place, order_id in enumerate(ids, 1):
            self.busy = _("Cancelling {number} of {count}").format(number=place, count=len(ids))
            self._changed()
            try:
                with TRAFFIC.order():
                    client.call("cancel_order", execute=True, again=True, order_id=order_id)
            except OpenAPIError as failure:
                failed.append(failure_words(failure))
        sent = len(ids) - len(failed)
        self.note = _("{sent} of {count} cancellations sent").format(sent=sent, count=len(ids))
        self.error = "\n".join(failed)

    def _look(self) -> float | None:
        client = self._session.client
        if client is None or not self._watched():
            self._ear.stop()
            return None
        left = self._show_pushed(client)
        if left is not None:
            return left if self._may_change() else None
        if not TRAFFIC.clear(client):
            if not self.read:
                self.problem = _(WAITING)
                self._changed()
            return EVERY
        failure: Exception | None = None
        try:
            self._read_orders(client)
        except Exception as problem:  # noqa: BLE001 (shown in the panel)
            failure = problem
        self.problem = failure_words(failure) if failure else ""
        self._changed()
        if failure is None:
            self._read_prices(client)
        delay = self._pace.after(client, failure)
        self._due = 0.0 if failure else time.monotonic() + CHECK
        if failure is not None:
            return delay
        if not self._may_change():
            return None
        working = self._working()
        moving = any(reads.is_trading(client, str(order.get("symbol"))) for order in working)
        return delay if moving or not working else max(delay, CLOSED)

    def _working(self) -> list[Mapping[str, Any]]:
        return [order for order in self.orders() if may_work(order)]

    def _may_change(self) -> bool:
        return bool(self._working()) or time.monotonic() <= self._until

    def _show_pushed(self, client: ClientLike) -> float | None:
        """Show what is pushed of the orders; return for how long none need be read, if so."""
        self._listen(client)
        if client.live is None or not self.read or self._session.client is not client:
            return None
        time.sleep(max(0.0, self._shown_at + GAP - time.monotonic()))
        self._shown_at = time.monotonic()
        pushed = client.live.orders(since=self._read_began)
        if pushed is None:
            return None
        with self._lock:
            for order_id, row in pushed.items():
                place = self._older if order_id in self._older else self._today
                place[order_id] = newest(place.get(order_id), row)
        self._listen(client)
        self._changed()
        left = self._due - time.monotonic()
        if left <= 0:
            return None
        due = self._prices_at + EVERY <= time.monotonic()
        if self._read_prices(client, ask=due and TRAFFIC.clear(client)):
            return left
        return min(left, EVERY)

    def _listen(self, client: ClientLike) -> None:
        self._ear.listen(client, ORDERS, LINK, *(str(order.get("symbol")) for order in self._working()))

    def _read_orders(self, client: ClientLike) -> None:
        began = time.monotonic() - LAG
        today = {str(order.get("order_id")): order for order in reads.todays_orders(client)}
        older = None
        if time.monotonic() - self._older_at >= OLDER_EVERY:
            older = {str(order.get("order_id")): order for order in reads.older_orders(client)}
        with self._lock:
            if self._session.client is not client:  # another account was connected meanwhile
                return
            self._today, self.read, self._read_began = today, True, began
            if older is not None:
                self._older, self._older_at = older, time.monotonic()

    def _read_prices(self, client: ClientLike, *, ask: bool = True) -> bool:
        """Read the last prices of the orders that work; without them the table has none.

        Those that are pushed are not asked for, and without `ask` none is. Returns whether all are pushed.
        """
        wanted = {str(order.get("symbol")) for order in self._working()}
        found = pushed_prices(client, wanted)
        asked = [symbol for symbol in wanted - found.keys() if reads.order_market(symbol)]
        self._prices_at = time.monotonic() if ask else self._prices_at
        try:
            known = reads.last_prices(client, asked) if ask else self._last
        except Exception:  # noqa: BLE001 (prices are a help; the orders stand without them)
            known = {}
        found = {**{symbol: known[symbol] for symbol in asked if symbol in known}, **found}
        if found != self._last:
            self._last = found
            self._changed()
        return not asked

    def _on_event(self, event: events.Event) -> None:
        if event == "account":
            with self._lock:
                self._today, self._older, self._last, self.read = {}, {}, {}, False
                self._older_at = -OLDER_EVERY
            self.slot.drop()
            self.error = self.note = self.problem = ""
        self._until, self._due = time.monotonic() + AFTER, 0.0
        self._poller.wake()
        self._changed()
