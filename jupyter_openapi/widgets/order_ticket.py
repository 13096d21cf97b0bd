"""Model of the order form: fields come in, a preview is made, sent once, and its order followed.

Every method may be called from any thread. What takes the network runs in a thread of its own; the page
learns of it through `changed`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from jupyter_openapi.account import ClientLike
from jupyter_openapi.errors import OutcomeUnknown, RequestRefused
from jupyter_openapi.messages import N_, _
from jupyter_openapi.stream.consumers import LINK
from jupyter_openapi.trading.order_state import OrderState, describe_progress
from jupyter_openapi.widgets import polling as events
from jupyter_openapi.widgets.live_quote import LiveQuote
from jupyter_openapi.widgets.model import (
    ClientHolder,
    PanelState,
    Pending,
    PendingChange,
    by_label,
    connected,
    failure_words,
    in_thread,
)
from jupyter_openapi.widgets.order_fields import (
    FieldsWrong,
    cancel_offer,
    clean,
    overridable,
    replace_offer,
    standing_fields,
    submit_offer,
)
from jupyter_openapi.widgets.polling import CHECK, TRAFFIC, Backoff, Ear, Poller, newest

EVERY = 5.0  # seconds between two looks at an order
SOON = 0.3  # seconds until the first look at a new one


def _words(failure: BaseException) -> str:
    """Return what to show of an error, with the labels of the form."""
    return by_label(failure_words(failure))


class Ticket(PanelState):
    """One order form's state.

    Parameters
    ----------
    session
        Holds the client.
    changed
        Called after each change of the state.
    fields
        What the form starts with, by wire names.
    replaces
        The open order to change, as `order_detail` or `today_orders` gives it; None for a new order.
    watched
        Whether anybody looks: nothing is polled for a page that is gone.
    run
        How network work is run; a test runs it at once.

    Attributes
    ----------
    version
        The page's name for its fields as they are; an offer counts for the version it was made from.
    epoch
        How often the kernel itself has filled the fields; the page then takes them over.
    """

    def __init__(
        self,
        session: ClientHolder,
        changed: Callable[[], None],
        *,
        fields: Mapping[str, Any] | None = None,
        replaces: Mapping[str, Any] | None = None,
        watched: Callable[[], bool] = lambda: True,
        run: Callable[[Callable[[], None]], None] = in_thread,
    ) -> None:
        super().__init__(session, changed, run)
        self._lock = threading.RLock()
        self.slot = Pending()
        self.version = ""
        self.epoch = 0
        self.fields: dict[str, str] = {}
        self.replaces: Mapping[str, Any] | None = None
        self.problems: dict[str, str] = {}
        self.limit = ""  # that the last preview was refused for, and that may be overridden
        self.order: OrderState | None = None
        self.order_id = ""
        self.doubt = ""  # why the last look at the order failed
        self._owner: ClientLike | None = None  # the client that sent it
        self._pace = Backoff(EVERY)
        self._watched = watched
        self.tape = LiveQuote(session, changed, watched=watched)
        self._read_at = 0.0
        self._follower = Poller(self._look, "openapi-order")
        self._ear = Ear(self._follower.wake)
        self.start(fields or {}, replaces)
        events.listen(session, self._on_event)

    def start(self, fields: Mapping[str, Any], replaces: Mapping[str, Any] | None = None) -> None:
        """Start again with these fields, or with an open order to change."""
        with self._lock:
            self.slot.drop()
            self.epoch += 1
            self.version = ""
            self.replaces = replaces
            self.fields = standing_fields(replaces) if replaces is not None else clean(fields)
            self.error, self.problems, self.note, self.limit = "", {}, "", ""
            self.order_id, self.order, self.doubt = "", None, ""
        self._refresh()

    def edit(self, fields: Mapping[str, Any], version: str) -> None:
        """Take the page's fields after an edit: the preview made before no longer counts."""
        with self._lock:
            self.fields, self.version = clean(fields), version
            offer = self.slot.offer
            if offer is not None and offer.kind in {"submit", "replace"}:
                self.slot.drop()
            self.problems = {name: self.problems[name] for name in self.problems if name not in self.fields}
            self.limit = ""
        self._refresh()

    def preview(self, fields: Mapping[str, Any], version: str, override: Sequence[str] = ()) -> None:
        """Ask for a preview of these fields; a click while one is being made is ignored.

        `override` names limits on orders to let pass (`jupyter_openapi.trading.limits.OVERRIDES`).
        """
        with self._lock:
            if self.busy:
                return
            self.fields, self.version = clean(fields), version
            self.slot.drop()
            self.busy, self.error, self.problems = N_("Making the preview"), "", {}
            self.limit = ""
            mine = dict(self.fields)
        self._refresh()
        self._work(lambda: self._offer(mine, version, override), _words)

    def cancel(self) -> None:
        """Ask for a preview of cancelling the order that was sent."""
        with self._lock:
            if self.busy or not self.order_id:
                return
            self.slot.drop()
            self.busy, self.error = N_("Making the preview"), ""
            order_id = self.order_id
        self._changed()
        self._work(lambda: self._offer_cancel(order_id), _words)

    def drop(self) -> None:
        """Send nothing after all."""
        self.slot.drop()
        self._changed()

    def send(self, offer_id: str) -> None:
        """Send the offer of that id, once; a second click is ignored."""
        with self._lock:
            try:
                offer = self.slot.take(offer_id, self._session.client)
            except RequestRefused as refused:
                self.error = str(refused)
                offer = None
            if offer is not None:
                self.busy, self.error, self.note = N_("Sending"), "", ""
        self._changed()
        if offer is not None:
            sent = offer
            self._work(lambda: self._send(sent), _words)

    def close(self) -> None:
        """Stop reading and sending."""
        self.slot.drop()
        self.tape.stop()
        self._ear.stop()
        self._follower.stop()

    def resume(self) -> None:
        """Read again: a page was opened."""
        self._refresh()
        if self.order_id and not (self.order and self.order.done):
            self._follower.wake()

    def _refresh(self) -> None:
        self.tape.look_at(self.fields)
        self._changed()

    def _offer(self, fields: dict[str, str], version: str, override: Sequence[str]) -> None:
        client, order = connected(self._session), self.replaces
        try:
            if order is not None:
                offer = replace_offer(client, order, fields, override, version)
            else:
                offer = submit_offer(client, fields, override, version)
        except FieldsWrong as wrong:
            self.problems = wrong.problems
            raise
        except RequestRefused as refused:
            self.limit = overridable(refused)
            raise
        with self._lock:
            if version == self.version:  # else it was edited while the preview was being made
                self.slot.put(offer)

    def _offer_cancel(self, order_id: str) -> None:
        self.slot.put(cancel_offer(connected(self._session), order_id, self.version))

    def _send(self, offer: PendingChange) -> None:
        epoch = self.epoch
        try:
            with TRAFFIC.order():
                reply = offer.send()
        except RequestRefused as refused:
            self.limit = overridable(refused)
            raise
        except OutcomeUnknown as unknown:
            with self._lock:
                self.note = _("Nothing is repeated by itself: look at your orders before you send again.")
                self._owner = offer.client
                self.order_id, self.order = unknown.order_id or "", None
            raise
        finally:
            events.publish(self._session, "orders")
            self._follower.wake()
        with self._lock:
            if epoch != self.epoch:  # the form was opened on another order meanwhile
                return
            state = getattr(reply, "state", None)
            self.note = {"submit": _("Order sent"), "replace": _("Change sent")}.get(
                offer.kind, _("Cancellation sent")
            )
            if offer.kind == "submit" and state is not None and state.rejected:
                self.note = _("Order rejected by the broker")
            self.note += _(" at {now:%H:%M:%S} UTC").format(now=datetime.now(UTC))
            self._owner = offer.client
            if reply.order_id and reply.order_id != self.order_id:
                self.order_id, self.order = str(reply.order_id), None
            if state is not None:
                self.order, self.doubt = state, ""
        self._follower.wake()

    def _look(self) -> float | None:
        """Look at the order that was sent."""
        client, order_id = self._session.client, self.order_id
        if client is None or client is not self._owner or not order_id or not self._watched():
            self._ear.stop()
            return None
        self._ear.listen(client, order_id, LINK)
        pushed = self._take_pushed(client, order_id)
        if pushed and self.order is not None and self.order.done:
            return None
        if pushed and (left := self._read_at + CHECK - time.monotonic()) > 0:
            return left
        if self.order is None:
            time.sleep(SOON)  # many an order fills at once
        if not TRAFFIC.clear(client):
            return EVERY
        try:
            data = client.call("order_detail", order_id=order_id).data
            state = OrderState.of(data)
            describe_progress(data)  # what can't be said can't be shown either
        except Exception as failure:  # noqa: BLE001 (shown beside the order)
            self.doubt = failure_words(failure)
            self._changed()
            return self._pace.after(client, failure)
        with self._lock:
            if order_id == self.order_id:
                self.order, self.doubt = state, ""
        self._read_at = time.monotonic()
        self._changed()
        return None if state.done else self._pace.after(client)

    def _take_pushed(self, client: ClientLike, order_id: str) -> bool:
        """Take the order as a live subscription has it; return whether it does."""
        row = None if client.live is None else client.live.order(order_id)
        if row is None:
            return False
        with self._lock:
            known = None if self.order is None else self.order.order
            order = newest(known, row)
            if order_id == self.order_id and order is not known:
                self.order, self.doubt = OrderState.of(order), ""
        self._changed()
        return True

    def _on_event(self, event: events.Event) -> None:
        if event != "account":
            return
        with self._lock:
            previewed = self.slot.offer is not None
            self.slot.drop()
            self.order_id, self.order, self.doubt = "", None, ""
            self.error, self.note = "", ""
            if self._session.client is None:
                self.error = _("Disconnected. What is typed here is kept, and nothing was sent.")
            elif previewed:
                self.error = _("Another account is connected: the preview is void, and nothing was sent.")
            elif self.fields:
                self.note = _("Another account is connected: the next preview is for it.")
        self.tape.forget()
        self._refresh()

    def order_words(self) -> str:
        """Say how the order stands, and whether that may be out of date."""
        words = describe_progress(self.order.order) if self.order else _("waiting for its first report")
        return (
            _("{words}. The last check failed: {doubt}").format(words=words, doubt=self.doubt)
            if self.doubt
            else words
        )

    def progress(self) -> Decimal | None:
        """Return the share of the order that has filled, 0 to 1."""
        if self.order is None or not self.order.quantity:
            return None
        return self.order.executed_quantity / self.order.quantity
