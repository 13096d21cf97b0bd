"""Settle what is not known of orders sent earlier: after a lost answer, a killed kernel, a power cut.

An order is looked for by its own id, then by the tag in its remark, then by its fields. It only ever reads.
What is found is settled at once. What is not found is settled as not done only when so much time has passed
that nothing can still be on its way; an ambiguous match stays unknown and lists the candidates.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import ApiError
from jupyter_openapi.trading.cells import may_still_run
from jupyter_openapi.trading.fate import Fate, of_cancel, of_replace
from jupyter_openapi.trading.words import amount

if TYPE_CHECKING:
    from jupyter_openapi.trading.intents import Intent
    from jupyter_openapi.trading.journal import Journal

Order = Mapping[str, Any]
Read = Callable[[str, Mapping[str, Any]], Any]

QUIET = 45.0  # seconds after its last step in which a request of a living process may still be on its way
DEAD = 5.0  # the same for a process that has ended
DAY = 86_400


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
        ``id``, ``tag``, ``fields``, ``never sent``, ``not found``, or why it is still unknown.
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
    journal: Journal, owner: str, read: Read, *, quiet: float = QUIET, dead: float = DEAD
) -> list[Settlement]:
    """Settle every open intent of an account that can be settled now; return one row for each.

    Parameters
    ----------
    journal, owner
        The record, and the account's digest in it.
    read
        Reads an operation and returns its `data`.
    quiet, dead
        Seconds that must have passed since an intent's last step before "not found" means "not done".
    """
    found = journal.open(owner)
    if not found:
        return []
    book = _Book(read, journal, owner, found)
    settled = []
    for intent in found:
        patience = quiet if may_still_run(intent.run) and intent.state != "unknown" else dead
        verdict = _judge(intent, book, calm=time.time() - intent.at >= patience)
        if verdict.verdict != "unknown":
            done = verdict.verdict == "done"
            journal.record(intent.id, "settled", how=verdict.how, took_effect=done, order_id=verdict.order_id)
        settled.append(verdict)
    return settled


class _Book:
    """The account's orders since the oldest open intent, read once."""

    def __init__(self, read: Read, journal: Journal, owner: str, intents: Iterable[Intent]) -> None:
        self.read = read
        self._oldest = min(intent.created for intent in intents)
        self._claimed = {row["order_id"] for row in journal.rows(owner) if row["order_id"]}
        self._orders: list[Order] | None = None
        self.cut = False  # the history was longer than one reply holds

    @property
    def orders(self) -> list[Order]:
        """Today's orders, and those since the day before the oldest intent."""
        if self._orders is None:
            today = list(self.read("today_orders", {})["orders"])
            window = {"start_at": int(self._oldest) - DAY, "end_at": int(time.time()) + DAY}
            history = self.read("history_orders", window)
            self.cut = bool(history.get("has_more"))
            orders = [*history["orders"], *today]
            self._orders = list({str(order["order_id"]): order for order in orders}.values())
        return self._orders

    def free(self, order: Order) -> bool:
        """Tell whether no intent has claimed this order yet."""
        return str(order["order_id"]) not in self._claimed

    def claim(self, order: Order) -> None:
        """Note whose order this is."""
        self._claimed.add(str(order["order_id"]))


def _judge(intent: Intent, book: _Book, *, calm: bool) -> Settlement:
    if intent.kind == "submit":
        return _submit(intent, book, calm=calm)
    if intent.kind in {"replace", "cancel"} and intent.target:
        return _change(intent, book, calm=calm)
    if not intent.attempts and calm:
        return _verdict(intent, "not done", "never sent")
    return _verdict(intent, "unknown", f"{intent.operation} leaves no mark to look for: look at it yourself")


def _submit(intent: Intent, book: _Book, *, calm: bool) -> Settlement:
    if intent.tag:
        tagged = [order for order in book.orders if _carries(order, intent.tag)]
        if len(tagged) == 1:
            book.claim(tagged[0])
            return _verdict(intent, "done", "tag", tagged)
        if tagged:
            return _verdict(intent, "unknown", "several orders carry its tag", tagged)
    if not intent.attempts:
        return _verdict(intent, *(("not done", "never sent") if calm else _wait()))
    alike = [order for order in book.orders if book.free(order) and _alike(order, intent)]
    if intent.tag:
        # Its tag would be there: an order without it is another one, unless the broker drops remarks.
        alike = [order for order in alike if not order.get("remark")]
    if len(alike) == 1 and calm:
        book.claim(alike[0])
        return _verdict(intent, "done", "fields", alike)
    if alike:
        return _verdict(intent, "unknown", "these orders fit; look which one it is", alike)
    if book.cut:
        return _verdict(
            intent, "unknown", "the history since then is longer than one reply: look at it yourself"
        )
    return _verdict(intent, *(("not done", "not found") if calm else _wait()))


def _change(intent: Intent, book: _Book, *, calm: bool) -> Settlement:
    if not intent.attempts:
        return _verdict(intent, *(("not done", "never sent") if calm else _wait()))
    try:
        order: Order = book.read("order_detail", {"order_id": intent.target})
    except ApiError as failure:
        return _verdict(intent, "unknown", f"order {intent.target} can't be read: {failure}")
    fate = of_cancel(order) if intent.kind == "cancel" else of_replace(order, intent.body or {})
    if fate is Fate.DONE:
        return _verdict(intent, "done", "id", [order])
    if fate is Fate.TOO_LATE:
        return _verdict(intent, "not done", "id", [order])
    if fate is Fate.NOT_YET and calm:
        return _verdict(intent, "not done", "id", [order])
    return _verdict(intent, *_wait(), [order])


def _carries(order: Order, tag: str) -> bool:
    return str(order.get("remark") or "").endswith(tag)


def _alike(order: Order, intent: Intent) -> bool:
    """Tell whether an order's fields are the intent's, and its time fits."""
    at = amount(order.get("submitted_at"))
    return (
        order.get("symbol") == intent.symbol
        and order.get("side") == intent.side
        and amount(order.get("quantity")) == amount(intent.quantity)
        and (amount(order.get("price")) or None) == (amount(intent.price) or None)
        and at is not None
        and intent.created - 5 <= float(at) <= intent.at + 120
    )


def _wait() -> tuple[str, str]:
    return "unknown", "it may still be on its way: type `%openapi reconcile` again in a minute"


def _verdict(intent: Intent, verdict: str, how: str, orders: Iterable[Order] = ()) -> Settlement:
    ids = tuple(str(order["order_id"]) for order in orders)
    what = " ".join(filter(None, [intent.side, intent.quantity, intent.symbol, intent.price]))
    return Settlement(
        intent.id,
        f"{intent.operation} {what or intent.target or ''}".strip(),
        verdict,
        how,
        ids[0] if len(ids) == 1 and verdict != "unknown" else None,
        ids if verdict == "unknown" else (),
    )
