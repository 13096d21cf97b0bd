"""The order form without a page: fields come in, a preview is made, sent once, and its order followed.

Every method may be called from any thread. What takes the network runs in a thread of its own; the page learns
of it through `changed`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from jupyter_openapi.errors import OpenAPIError, OutcomeUnknown, RequestRefused
from jupyter_openapi.market import orders
from jupyter_openapi.trading.limits import OVERRIDES
from jupyter_openapi.trading.waiting import OrderState
from jupyter_openapi.trading.words import describe_standing
from jupyter_openapi.widgets import events
from jupyter_openapi.widgets.layout import ALWAYS, REPLACE_NAMES, clean, standing_fields
from jupyter_openapi.widgets.pace import TRAFFIC, Pace, Poller
from jupyter_openapi.widgets.reads import Caller, Holder, connected
from jupyter_openapi.widgets.slot import Offer, Slot
from jupyter_openapi.widgets.tape import Tape
from jupyter_openapi.widgets.words import by_label, failure_words

EVERY = 5.0  # seconds between two looks at an order
SOON = 0.3  # seconds until the first look at a new one


def in_thread(work: Callable[[], None]) -> None:
    """Run `work` in a thread of its own."""
    threading.Thread(target=work, name="openapi-panel", daemon=True).start()


def overridable(refused: RequestRefused) -> str:
    """Return the limit on orders that a refusal names as one that may be overridden; empty if it names none."""
    return next((name for name in OVERRIDES if f"--override {name}`" in str(refused)), "")


def _sender(preview: Any) -> Callable[[], Any]:
    """Return what sends a preview. A person's click is no Run All: the cell's earlier orders don't count."""
    return lambda: preview.send(again=True)


class Ticket:
    """One order form's state.

    Parameters
    ----------
    session
        Holds the client.
    changed
        Told after each change of the state.
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
        session: Holder,
        changed: Callable[[], None],
        *,
        fields: Mapping[str, Any] | None = None,
        replaces: Mapping[str, Any] | None = None,
        watched: Callable[[], bool] = lambda: True,
        run: Callable[[Callable[[], None]], None] = in_thread,
    ) -> None:
        self._session = session
        self._changed = changed
        self._run = run
        self._lock = threading.RLock()
        self.slot = Slot()
        self.version = ""
        self.epoch = 0
        self.fields: dict[str, str] = {}
        self.replaces: Mapping[str, Any] | None = None
        self.busy = ""
        self.error = ""
        self.problems: dict[str, str] = {}
        self.limit = ""  # that the last preview was refused for, and that may be overridden
        self.order: OrderState | None = None
        self.order_id = ""
        self.note = ""
        self._pace = Pace(EVERY)
        self._watched = watched
        self.tape = Tape(session, changed, watched=watched)
        self._follower = Poller(self._look, "openapi-order")
        self.start(fields or {}, replaces)
        events.listen(session, self._told)

    def start(self, fields: Mapping[str, Any], replaces: Mapping[str, Any] | None = None) -> None:
        """Begin anew with these fields, or with an open order to change."""
        with self._lock:
            self.slot.drop()
            self.epoch += 1
            self.version = ""
            self.replaces = replaces
            self.fields = standing_fields(replaces) if replaces is not None else clean(fields)
            self.error, self.problems, self.note = "", {}, ""
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
            self.busy, self.error, self.problems = "Making the preview", "", {}
            self.limit = ""
            mine = dict(self.fields)
        self._changed()
        self._work(lambda: self._offer(mine, version, override))

    def cancel(self) -> None:
        """Ask for a preview of cancelling the order that was sent."""
        with self._lock:
            if self.busy or not self.order_id:
                return
            self.slot.drop()
            self.busy, self.error = "Making the preview", ""
            order_id = self.order_id
        self._changed()
        self._work(lambda: self._offer_cancel(order_id))

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
                self.busy, self.error, self.note = "Sending", "", ""
        self._changed()
        if offer is not None:
            sent = offer
            self._work(lambda: self._send(sent))

    def close(self) -> None:
        """Look and send no more."""
        self.slot.drop()
        self.tape.stop()
        self._follower.stop()

    def resume(self) -> None:
        """Look again: somebody opened the page."""
        self._refresh()
        if self.order is not None and not self.order.done:
            self._follower.wake()

    def _refresh(self) -> None:
        self.tape.look_at(self.fields)
        self._changed()

    def _work(self, work: Callable[[], None]) -> None:
        def safely() -> None:
            try:
                work()
            except BaseException as failure:  # noqa: BLE001 (nobody else would see it)
                self.error = by_label(failure_words(failure))
            finally:
                self.busy = ""
                self._changed()

        self._run(safely)

    def _offer(self, fields: dict[str, str], version: str, override: Sequence[str]) -> None:
        client = connected(self._session)
        make = self._replace_offer if self.replaces else self._submit_offer
        try:
            offer = make(client, fields, list(override))
        except RequestRefused as refused:
            self.limit = overridable(refused)
            raise
        with self._lock:
            if offer is None:
                return
            if version != self.version:  # edited while the preview was being made
                return
            self.slot.put(Offer(**offer, client=client, version=version))

    def _submit_offer(
        self, client: Caller, fields: dict[str, str], override: list[str]
    ) -> dict[str, Any] | None:
        if self._problems(orders.check(fields)):
            return None
        preview = client.call("submit_order", override=override, **fields)
        return {"kind": "submit", "button": "Send order", "lines": preview.lines, "send": _sender(preview)}

    def _replace_offer(
        self, client: Caller, fields: dict[str, str], override: list[str]
    ) -> dict[str, Any] | None:
        order = self.replaces or {}
        own = {name: value for name, value in fields.items() if name not in ALWAYS or name in REPLACE_NAMES}
        own = {REPLACE_NAMES.get(name, name): value for name, value in own.items()}
        own = {name: value for name, value in own.items() if name not in {"expire_date", "outside_rth"}}
        back = {new: old for old, new in REPLACE_NAMES.items()}
        found = orders.check_replace(order, own)
        if self._problems([orders.Problem(back.get(p.field, p.field), p.message) for p in found]):
            return None
        preview = client.call("replace_order", override=override, order_id=str(order["order_id"]), **own)
        lines, send = preview.lines, _sender(preview)
        return {"kind": "replace", "button": "Send replacement", "lines": lines, "send": send}

    def _problems(self, found: list[orders.Problem]) -> bool:
        """Show what the rules find wrong beside the fields; tell whether there was anything."""
        with self._lock:
            self.problems = {problem.field: by_label(problem.message) for problem in found}
            if found:
                self.error = "; ".join(by_label(problem.message) for problem in found) + ". Nothing was sent."
        return bool(found)

    def _offer_cancel(self, order_id: str) -> None:
        client = connected(self._session)
        preview = client.call("cancel_order", order_id=order_id)
        self.slot.put(Offer("cancel", "Send cancellation", preview.lines, _sender(preview), client, self.version))

    def _send(self, offer: Offer) -> None:
        try:
            with TRAFFIC.order():
                reply = offer.send()
        except OutcomeUnknown as unknown:
            with self._lock:
                self.note = "Nothing is repeated by itself: look at your orders before you send again."
                self.order_id, self.order = unknown.order_id or "", None
            raise
        finally:
            events.tell(self._session, "orders")
            self._follower.wake()
        with self._lock:
            self.note = {"submit": "Order sent", "replace": "Change sent"}.get(offer.kind, "Cancellation sent")
            self.note += f" at {datetime.now(UTC):%H:%M:%S} UTC"
            if reply.order_id and reply.order_id != self.order_id:
                self.order_id, self.order = str(reply.order_id), None
        self._follower.wake()

    def _look(self) -> float | None:
        """Look at the order that was sent."""
        client, order_id = self._session.client, self.order_id
        if client is None or not order_id or not self._watched():
            return None
        if self.order is None:
            time.sleep(SOON)  # many an order fills at once
        if not TRAFFIC.clear(client):
            return EVERY
        try:
            state = OrderState.of(client.call("order_detail", order_id=order_id).data)
        except OpenAPIError as failure:
            return self._pace.after(client, failure)
        with self._lock:
            if order_id == self.order_id:
                self.order = state
        self._changed()
        return None if state.done else self._pace.after(client)

    def _told(self, event: events.Event) -> None:
        if event == "account":
            with self._lock:
                self.slot.drop()
                self.order_id, self.order = "", None
                self.error, self.note = "", ""
            self.tape.forget()
            self._refresh()

    def order_words(self) -> str:
        """Say how the order stands."""
        if self.order is None:
            return "waiting for its first report" if self.order_id else ""
        return describe_standing(self.order.order)

    def progress(self) -> Decimal | None:
        """Return the share of the order that has filled, 0 to 1."""
        if self.order is None or not self.order.quantity:
            return None
        return self.order.executed_quantity / self.order.quantity
