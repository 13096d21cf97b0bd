"""Find out what became of orders sent earlier: after a lost answer, a killed kernel, a power cut.

An order is looked for by its own id, then by the tag in its remark, then by its fields. It only ever reads.
What is found is settled at once. What is not found is settled as not done only when nothing can still be on
its way: when the server's own date and this machine's monotonic clock agree that so much time has passed
since the last try. The wall clock proves nothing. An ambiguous match stays unknown and lists the candidates.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from jupyter_openapi.errors import Interrupted, OpenAPIError, RequestRefused, TransportError, short
from jupyter_openapi.history.fetcher import fetch
from jupyter_openapi.kernel import is_ours, may_still_run
from jupyter_openapi.market.money import amount
from jupyter_openapi.market.worth import Read
from jupyter_openapi.messages import _
from jupyter_openapi.spec import catalog
from jupyter_openapi.trading.delivery import IN_FLIGHT, LATE, WINDOW, ChangeOutcome, of_cancel, of_replace
from jupyter_openapi.trading.intents import Intent, Moment, sent_moments
from jupyter_openapi.trading.journal import Journal

Order = Mapping[str, Any]

DAY = 86_400  # seconds before the oldest intent from which orders are read, whatever the clocks say
DIGITS = re.compile("[0-9]{1,18}")  # of the number of an entry
SKEW = 60.0  # seconds our clock may be off, and was perhaps when the intent was written down


class BrokerOrders:
    """The orders since the oldest open intent, read once, when first asked for.

    Parameters
    ----------
    read
        Reads an operation and returns its `data`.
    journal
        The account's rows of the journal.
    intents
        The open ones.
    ahead
        Seconds that the broker's clock is ahead of ours.
    sent
        When each intent was sent, by its number.
    server_now
        Returns the server's time, as its last reply told it.
    """

    def __init__(
        self,
        read: Read,
        journal: Iterable[Mapping[str, Any]],
        intents: Sequence[Intent],
        *,
        ahead: float,
        sent: Mapping[int, Sequence[Moment]],
        server_now: Callable[[], float | None],
    ) -> None:
        self.missing = ""  # why these may not be all, where that is so
        self._read = read
        self._ahead = ahead
        self._sent = sent
        self._server_now = server_now
        known = [moment.server for moments in sent.values() for moment in moments if moment.server]
        self._oldest = min([min(intent.created for intent in intents) + min(0.0, ahead), *known])
        # Only a submit makes an order; a cancel that names one does not.
        self._claimed = {row["order_id"] for row in journal if row["kind"] == "submit" and row["order_id"]}

    @cached_property
    def orders(self) -> Sequence[Order]:
        """Today's orders, and all since the day before the oldest intent."""
        operation = catalog().named("history_orders")
        start = int(self._oldest) - DAY
        latest = max(time.time() + max(0.0, self._ahead), self._server_now() or 0.0)
        now = datetime.fromtimestamp(latest + SKEW, UTC)
        history = fetch(self._read, operation, {"start_at": start}, now=now)
        if history.interrupted:
            raise Interrupted(_("Interrupted while reading orders; nothing was sent."), in_flight=False)
        if not history.complete:
            self.missing = history.why
        # Today's last: what came in meanwhile is there.
        found = [*history.rows, *self._today()]
        return list({str(order["order_id"]): order for order in found}.values())

    @cached_property
    def moment(self) -> Moment:
        """When `orders` were read."""
        _orders = self.orders
        return Moment.now(self._server_now())

    def _today(self) -> list[Order]:
        found: list[Order] = []
        for page in range(1, PAGES + 1):
            today = self._read("today_orders", {"page": page} if page > 1 else {})
            orders = today.get("orders") if isinstance(today, Mapping) else None
            if not isinstance(orders, list):
                raise TransportError(_("today_orders: the reply holds no orders."))
            found += orders
            if today.get("has_more") is not True:
                return found
        self.missing = _("today_orders has more than {pages} pages").format(pages=PAGES)
        return found

    def order(self, order_id: str) -> Order:
        """Return one order as it stands now.

        Raises
        ------
        ApiError, TransportError
            It can't be read.
        """
        order = self._read("order_detail", {"order_id": order_id})
        if not isinstance(order, Mapping) or not order.get("status"):
            raise TransportError(_("the reply is not an order."))
        return order

    def claim(self, order: Order) -> None:
        """Note that an order belongs to an intent, so that no other intent is matched with it."""
        self._claimed.add(str(order["order_id"]))

    def tagged(self, intent: Intent) -> list[Order]:
        """Return the orders whose remark ends in the intent's tag."""
        tag = intent.tag
        return [o for o in self.orders if str(o.get("remark") or "").endswith(tag)] if tag else []

    def alike(self, intent: Intent) -> list[Order]:
        """Return the orders, matched with no other intent, that have the intent's fields and fit its time.

        The tag of one that has one would be there: an order with another remark is another order, unless the
        broker drops remarks.
        """
        return [
            order
            for order in self.orders
            if str(order["order_id"]) not in self._claimed
            and not (intent.tag and order.get("remark"))
            and self._fits(order, intent)
        ]

    def _fits(self, order: Order, intent: Intent) -> bool:
        at = amount(order.get("submitted_at"))
        return (
            order.get("symbol") == intent.symbol
            and order.get("side") == intent.side
            and amount(order.get("quantity")) == amount(intent.quantity)
            and (amount(order.get("price")) or None) == (amount(intent.price) or None)
            and at is not None
            and any(start <= float(at) <= end for start, end in self._spans(intent))
        )

    def _spans(self, intent: Intent) -> Iterable[tuple[float, float]]:
        """Return when the broker may have booked it, by the broker's clock."""
        yield intent.created + self._ahead - SKEW, intent.at + self._ahead + 2 * SKEW
        known = [moment.server for moment in self._sent.get(intent.id, ()) if moment.server]
        if known:  # our clock may have been set since
            yield known[0] - SKEW, known[-1] + LATE + SKEW


PAGES = 20  # of today's orders, at most
STEP = 5.0  # seconds after which a process that took no further step counts as ended


@dataclass(frozen=True)
class Settlement:
    """What reconciling found of one intent.

    Attributes
    ----------
    intent
        Its number in the journal.
    what
        The order in short.
    verdict
        ``done``, ``not done`` or ``unknown``.
    how
        ``id``, ``tag``, ``fields``, ``never sent``, ``not found``, ``by hand``, or why it is still unknown.
    order_id
        The broker's order, where one was found.
    candidates
        The orders it may be, when several fit.
    """

    intent: int
    what: str
    verdict: str
    how: str
    order_id: str | None = None
    candidates: tuple[str, ...] = field(default=())


def reconcile(
    journal: Journal,
    owner: str,
    read: Read,
    *,
    mode: str | None = None,
    ahead: float = 0.0,
    late: float | None = None,
    server_now: Callable[[], float | None] = lambda: None,
) -> list[Settlement]:
    """Settle every open intent of an account that can be settled now; return one row for each.

    Parameters
    ----------
    journal, owner, mode
        The record, and the account's digest and mode in it.
    read
        Reads an operation and returns its `data`.
    ahead
        Seconds that the broker's clock is ahead of ours.
    late
        Seconds within which a request may still arrive; `LATE` if not given.
    server_now
        Returns the server's time, as its last reply told it. Without it nothing that was sent is ever settled
        as not done.
    """
    found = journal.open(owner, mode=mode)
    if not found:
        return []
    sent = {intent.id: sent_moments(journal.events(intent.id)) for intent in found}
    book = BrokerOrders(read, journal.rows(owner), found, ahead=ahead, sent=sent, server_now=server_now)
    settled = []
    for intent in found:
        needed = _needed(journal, intent, LATE if late is None else late)
        wait = 0.0
        if needed:
            wait = max(0.0, needed - _passed(journal, intent, sent[intent.id], book.moment))
        verdict = _judge(intent, book, wait)
        if verdict.verdict != "unknown":
            done = verdict.verdict == "done"
            journal.record(intent.id, "settled", how=verdict.how, took_effect=done, order_id=verdict.order_id)
        settled.append(verdict)
    return settled


def settle_by_hand(
    journal: Journal, owner: str, read: Read, intent: int, *, done: bool, order_id: str | None = None
) -> Settlement:
    """Settle one open intent as a person found it, who has looked.

    Raises
    ------
    RequestRefused
        There is no such open intent of this account, or there is an order id for what was not done.
    ApiError
        There is no such order.
    """
    number = str(intent).strip()
    found = journal.get(int(number)) if DIGITS.fullmatch(number) else None
    if found is None or found.account != owner or not found.open:
        raise RequestRefused(
            _("There is no open intent {intent} of this account: `%openapi reconcile` lists them.").format(
                intent=short(number, 40)
            )
        )
    if order_id is not None and not done:
        raise RequestRefused(_("What was not done has no order id: leave order_id out, or say done=yes."))
    if order_id is not None:
        read("order_detail", {"order_id": order_id})
    order_id = order_id or (found.target if done else None)
    journal.record(found.id, "settled", how="by hand", took_effect=done, order_id=order_id)
    return Settlement(found.id, _what(found), "done" if done else "not done", "by hand", order_id)


def _needed(journal: Journal, intent: Intent, late: float) -> float:
    """Return for how many seconds after its last try a request may arrive at the broker; 0 if none can."""
    if intent.state in {"intended", "sent"} and may_still_run(intent.run):
        if not is_ours(intent.run):
            # Another kernel may be at it, waiting for its turn.
            return WINDOW + (late if intent.attempts else 0.0)
        if (str(journal.path), intent.id) in IN_FLIGHT:
            return math.inf
        return late if intent.attempts else STEP
    return late if intent.attempts else 0.0


_looked: dict[tuple[str, int, int, str], Moment] = {}  # when each open intent was first looked for from here


def _passed(journal: Journal, intent: Intent, sent: Sequence[Moment], now: Moment) -> float:
    """Return the seconds that have passed for certain since the last try of an intent.

    Where the try's own moment can't be compared (the machine started again since, the server had not told
    its time) it counts from the first look, which surely came after it.
    """
    key = str(journal.path), intent.id, intent.attempts, intent.state
    first = _looked.setdefault(key, now)
    if first.server is None:
        first = _looked[key] = now
    return max([moment.until(now) for moment in (*sent[-1:], first)])


def _judge(intent: Intent, book: BrokerOrders, wait: float) -> Settlement:
    if intent.kind in {"replace", "cancel"} and intent.target:
        return _change(intent, book, wait)
    if intent.kind == "submit" or intent.tag:
        return _submit(intent, book, wait)
    if not intent.attempts and not wait:
        return _verdict(intent, "not done", "never sent")
    how = _("`%openapi reconcile {number} done=yes` (or no)").format(number=intent.id)
    return _verdict(
        intent,
        "unknown",
        _("{operation} leaves no mark to look for: look, then type {how}").format(
            operation=intent.operation, how=how
        ),
    )


def _submit(intent: Intent, book: BrokerOrders, wait: float) -> Settlement:
    tagged = book.tagged(intent)
    if len(tagged) == 1:
        book.claim(tagged[0])
        return _verdict(intent, "done", "tag", tagged)
    if tagged:
        return _verdict(intent, "unknown", _("several orders carry its tag"), tagged)
    if not intent.attempts:
        return _never(intent, book, wait, "never sent")
    alike = book.alike(intent)
    if len(alike) == 1 and not wait:
        book.claim(alike[0])
        return _verdict(intent, "done", "fields", alike)
    if alike:
        how = _(
            "which of these it is, you can tell: `%openapi reconcile {number} done=yes order_id=ID`"
        ).format(number=intent.id)
        return _verdict(intent, "unknown", how, alike)
    if book.missing:
        return _verdict(
            intent,
            "unknown",
            _("not among the orders that could be read: {missing}").format(missing=book.missing),
        )
    return _never(intent, book, wait, "not found")


def _change(intent: Intent, book: BrokerOrders, wait: float) -> Settlement:
    if not intent.attempts:
        return _never(intent, book, wait, "never sent")
    try:
        order = book.order(str(intent.target))
    except OpenAPIError as failure:
        return _verdict(
            intent,
            "unknown",
            _("order {target} can't be read: {failure}").format(target=intent.target, failure=failure),
        )
    fate = of_cancel(order) if intent.kind == "cancel" else of_replace(order, intent.body or {})
    if fate is ChangeOutcome.DONE:
        return _verdict(intent, "done", "id", [order])
    if fate is ChangeOutcome.TOO_LATE or (fate is ChangeOutcome.NOT_YET and not wait):
        return _verdict(intent, "not done", "id", [order])
    if fate is ChangeOutcome.MOVING:
        return _verdict(
            intent,
            "unknown",
            _("the broker is still processing it ({status})").format(status=order["status"]),
            [order],
        )
    return _never(intent, book, wait, "id", [order])


def _never(
    intent: Intent, book: BrokerOrders, wait: float, how: str, orders: Iterable[Order] = ()
) -> Settlement:
    """Say that it was not done, unless it may still arrive."""
    if not wait:
        return _verdict(intent, "not done", how, orders)
    if book.moment.server is None:
        later = _(
            "the server does not tell its time, so that it may still be on its way: look yourself, then type "
            "`%openapi reconcile {number} outcome=none`, or outcome=ORDER_ID"
        ).format(number=intent.id)
    elif math.isinf(wait):
        later = _("it is being sent right now")
    else:
        later = _(
            "it may still be on its way: type `%openapi reconcile` again in {wait:.0f} s; or look yourself, "
            "then type `%openapi reconcile {number} outcome=none`, or outcome=ORDER_ID"
        ).format(wait=wait, number=intent.id)
    return _verdict(intent, "unknown", later, orders)


def _what(intent: Intent) -> str:
    fields = " ".join(filter(None, [intent.side, intent.quantity, intent.symbol, intent.price]))
    return f"{intent.operation} {fields or intent.target or ''}".strip()


def _verdict(intent: Intent, verdict: str, how: str, orders: Iterable[Order] = ()) -> Settlement:
    ids = tuple(str(order["order_id"]) for order in orders)
    return Settlement(
        intent.id,
        _what(intent),
        verdict,
        how,
        ids[0] if len(ids) == 1 and verdict != "unknown" else None,
        ids if verdict == "unknown" else (),
    )
