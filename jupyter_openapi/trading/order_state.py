"""The state of an order: read once right after it was sent, or until it is done.

Accepted is not filled: an order that the broker took may be rejected a moment later. So the order is looked
at once, and a rejection that is there already is said as one.

One look serves every wait of a client. Waiting is never in an order's way: it stands back while few of the
broker's calls are left, and a look takes no longer than the wait that asks for it.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import ApiError, OpenAPIError, RequestRefused, TransportError
from jupyter_openapi.market.money import amount, money, plain
from jupyter_openapi.market.orders import FINAL, status_meanings
from jupyter_openapi.market.worth import Read
from jupyter_openapi.messages import N_, _
from jupyter_openapi.ratelimit.rates import RESERVE, Urgency
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.request import build, encode_query
from jupyter_openapi.transport.responses import Call

if TYPE_CHECKING:
    from jupyter_openapi.connection import Reader
    from jupyter_openapi.trading.preview import Preview
    from jupyter_openapi.transport.transport import Transport

QUIET = 10.0  # seconds without news after which a stream is not relied on
BURST = 3  # looks at once when there is news; on average no more than one each `POLL` seconds
LAG = 5.0  # seconds after news for which a look that shows none of it is repeated: a read may lag behind
POLL = 1.0  # seconds; the broker allows 30 calls in 30 s
FIRST = 0.2  # seconds for the first look, however short the wait
NOT_YET = 10.0  # seconds within which the broker may not know an order yet that it has just accepted
ORDER_CODES = ("602", "603")  # what its codes begin with when it speaks of an order, "not found" among them
REJECTED = "RejectedStatus"


@dataclass(frozen=True, repr=False)
class OrderState:
    """An order as last seen.

    Attributes
    ----------
    order_id, status
        The broker's id and status (``NewStatus``, ``FilledStatus``, ...).
    done
        Whether it is at its end: filled, cancelled, rejected or expired. False after a time-out.
    quantity, executed_quantity, executed_price
        As decimals; the price is None while nothing has filled.
    """

    order_id: str
    status: str
    done: bool
    quantity: Decimal
    executed_quantity: Decimal
    executed_price: Decimal | None
    order: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, order: Mapping[str, Any]) -> OrderState:
        """Read the broker's `order_detail`."""
        status = str(order.get("status") or "")
        price = amount(order.get("executed_price"))
        return cls(
            str(order.get("order_id")),
            status,
            status in FINAL,
            amount(order.get("quantity")) or Decimal(0),
            amount(order.get("executed_quantity")) or Decimal(0),
            price or None,
            order,
        )

    @property
    def rejected(self) -> bool:
        """Whether the broker or the exchange rejected it."""
        return self.status == REJECTED

    @property
    def reason(self) -> str:
        """Why it was rejected or ended otherwise, in the broker's words; may be empty."""
        return str(self.order.get("msg") or "").strip()

    def __str__(self) -> str:
        return describe_progress(self.order)

    def __repr__(self) -> str:
        return f"<Order {self.order_id}: {self} ({self.status})>"


def describe_progress(order: Mapping[str, Any]) -> str:
    """Return how far an order came, and how it stands.

    ``Buy 700.HK: 100 of 100 filled at 592.00 HKD on average (limit 593.00), filled``
    """
    return _("{side} {symbol}: {filled}, {status}").format(
        side=_(str(order.get("side"))),
        symbol=order.get("symbol"),
        filled=_describe_fills(order),
        status=describe_status(order),
    )


def _describe_fills(order: Mapping[str, Any]) -> str:
    """Return how much has filled, at which price on average, and the limit as the limit."""
    total, done = amount(order.get("quantity")), amount(order.get("executed_quantity"))
    average, limit = amount(order.get("executed_price")) or None, amount(order.get("price")) or None
    said = _("{done} of {total} filled").format(
        done="?" if done is None else plain(done), total="?" if total is None else plain(total)
    )
    if done and average is not None:
        price = money(average, str(order.get("currency") or ""))
        said = _("{filled} at {price} on average").format(filled=said, price=price)
    return said if limit is None else _("{filled} (limit {limit})").format(filled=said, limit=money(limit))


def describe_status(order: Mapping[str, Any]) -> str:
    """Return how an order stands, in words; of one that was rejected, why."""
    status, reason = str(order.get("status") or ""), str(order.get("msg") or "").strip()
    if status == REJECTED:
        return _("REJECTED by the broker: {reason}").format(reason=reason or _("it gave no reason"))
    meaning = status_meanings().get(status, status)
    said = _(meaning)
    if status in FINAL:
        return (
            _("{meaning}: {reason}").format(meaning=said, reason=reason)
            if reason and status != "FilledStatus"
            else said
        )
    if amount(order.get("executed_quantity")):
        return said
    if meaning in {status, "working"}:
        return _("accepted by the broker, not filled yet")
    return _("accepted by the broker, not filled yet: {meaning}").format(meaning=said)


FRESH = 0.9  # seconds for which an order that was read serves other waits too
SHORT = 0.05  # too few seconds to read an order in


class Looks:
    """Reads orders as they stand, for any number of waits at once; safe to use from several threads.

    Parameters
    ----------
    reader
        Reads for the account.
    left
        Returns how many calls are left.
    """

    def __init__(self, reader: Reader, left: Callable[[], Mapping[str, int]]) -> None:
        self._reader = reader
        self._left = left
        self._lock = threading.Lock()
        self._waiting: Counter[str] = Counter()
        # Each order as last read: when that reading began, when it ended.
        self._seen: dict[str, tuple[float, float, Mapping[str, Any]]] = {}
        self._news: dict[str, float] = {}

    @contextmanager
    def waiting(self, order_id: str) -> Iterator[None]:
        """Note that somebody waits for an order: for several, all of today's are read in one call."""
        with self._lock:
            self._waiting[order_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= Counter([order_id])
                if order_id not in self._waiting:
                    self._seen.pop(order_id, None)
                    self._news.pop(order_id, None)

    def forget(self, order_id: str) -> None:
        """Read the order again next time: there is news of it, which a read under way may not show."""
        self._news[order_id] = time.monotonic()

    def look(self, order_id: str, seconds: float) -> Mapping[str, Any]:
        """Return an order as it stood within the last second; this takes about `seconds` at most.

        Raises
        ------
        TransportError
            It could not be looked at in that time.
        ApiError
            The broker knows no such order.
        """
        ends = time.monotonic() + seconds
        if not self._lock.acquire(timeout=max(0.0, seconds)):
            raise _no_room()
        try:
            began, at, order = self._seen.get(order_id, (0.0, 0.0, {}))
            if order and time.monotonic() - at < FRESH and began >= self._news.get(order_id, 0.0):
                return order
            left = ends - time.monotonic()
            if left < SHORT or self._left().get("trade", RESERVE + 1) <= RESERVE:
                raise _no_room()
            return self._read(order_id, left)
        finally:
            self._lock.release()

    def _read(self, order_id: str, seconds: float) -> Mapping[str, Any]:
        began = time.monotonic()
        try:
            if len(self._waiting) > 1:
                today = self._ask("today_orders", {}, seconds)
                found = today.get("orders") if isinstance(today, Mapping) else None
                now = time.monotonic()
                for order in found or ():
                    if str(order.get("order_id")) in self._waiting:
                        self._seen[str(order["order_id"])] = began, now, order
                if order_id in self._seen and self._seen[order_id][1] == now:
                    return self._seen[order_id][2]
            order = self._ask("order_detail", {"order_id": order_id}, seconds)
        except RequestRefused as refused:  # its turn is too far away
            raise _no_room() from refused
        if not isinstance(order, Mapping):
            raise TransportError(_("order_detail: the reply holds no order."))
        self._seen[order_id] = began, time.monotonic(), order
        return order

    def _ask(self, name: str, arguments: Mapping[str, Any], seconds: float) -> Any:
        return self._reader.read(catalog().named(name), arguments, turn=seconds).data


def _no_room() -> TransportError:
    return TransportError(
        _("The order was not looked at: the calls that the broker allows now are left for orders.")
    )


Listen = Callable[[float], Awaitable[bool | None]]
Watch = Callable[[str], AbstractContextManager[Listen]]


async def wait(
    looks: Looks,
    order_id: str,
    timeout: float,  # noqa: ASYNC109 (pinned name)
    *,
    watch: Watch | None = None,
) -> OrderState:
    """Look at an order about once a second until it is done or `timeout` seconds have passed.

    `watch` listens for news of an order and gives a function that waits for some, at most so many seconds,
    and returns whether there was some, or None at once when it can hear of none. With it, an order is looked
    at when there is news, and every `QUIET` seconds.

    A look that fails is tried again while there is time, and the last failure is raised only if no look ever
    succeeded. The broker may not know an order yet that it has just accepted: "not found" is an answer only
    after `NOT_YET` seconds. Any other error of the broker is raised at once, unless the order was seen.
    """
    # Listening begins before the first look: what happens during a look is news as well.
    with looks.waiting(order_id), watch(order_id) if watch else nullcontext() as news:
        return await _wait(looks, order_id, timeout, news)


async def _wait(
    looks: Looks,
    order_id: str,
    timeout: float,  # noqa: ASYNC109 (pinned name)
    news: Listen | None,
) -> OrderState:
    begun = time.monotonic()
    heard, before, told_at = -LAG, None, deque([-BURST * POLL] * BURST, BURST)
    deadline = begun + timeout
    state: OrderState | None = None
    while True:
        failure: OpenAPIError | None = None
        left = max(deadline - time.monotonic(), FIRST)
        try:
            state = OrderState.of(await asyncio.to_thread(looks.look, order_id, left))
        except TransportError as problem:
            failure = problem
        except ApiError as problem:
            if state is None and not _may_come(problem, time.monotonic() - begun):
                raise
            failure = problem
        left = deadline - time.monotonic()
        if state is not None and (state.done or left <= 0):
            return state
        if left <= 0 and failure is not None:
            raise failure
        lags = state is not None and state.order == before and time.monotonic() - heard < LAG
        pause = POLL if lags or failure is not None else QUIET
        told = None if news is None else await news(min(pause, max(left, 0.01)))
        if told:
            # Many fills in a row cost no more looks than polling does.
            await asyncio.sleep(min(left, max(0.0, told_at[0] + BURST * POLL - time.monotonic())))
            heard, before = time.monotonic(), None if state is None else state.order
            told_at.append(heard)
            looks.forget(order_id)
        if told is not None:
            continue
        await asyncio.sleep(min(POLL, max(left, 0.01)))


def _may_come(problem: ApiError, seconds: float) -> bool:
    """Tell whether an error so many seconds after the first look may mean an order that is not listed yet."""
    return str(problem.code).startswith(ORDER_CODES) and seconds < NOT_YET


LOOK = 5.0  # seconds for the one look
ABOUT = ("order", "change", "as it stands", "asks")  # the preview's lines that say what it does
SENT = {
    "submit_order": N_("Sent to the {title}: {what}. Order {order_id}: {status}."),
    "replace_order": N_("Change sent to the {title}: {what}. Order {order_id}: {status}."),
    "cancel_order": N_("Cancellation sent to the {title}: {what}. Order {order_id}: {status}."),
}
WAS_REJECTED = N_("REJECTED by the broker. {sent}")


@dataclass(frozen=True)
class Outcome:
    """What is known of a change right after it was sent.

    Attributes
    ----------
    words
        A sentence for a person: account, order, id and status.
    state
        The order as it was seen; None where it was not.
    """

    words: str
    state: OrderState | None = None


def outcome(preview: Preview, order_id: str | None, state: OrderState | None) -> Outcome:
    """Return what is known of a change that the broker answered, and how its order stands."""
    template = SENT.get(preview.operation.name)
    if template is None or order_id is None:
        done = _("{operation} was done by the {title}.")
        return Outcome(done.format(operation=preview.operation.name, title=preview.account.title))
    words = _(template).format(
        title=preview.account.title,
        what=_what(preview),
        order_id=order_id,
        status=_("accepted by the broker; its state was not read")
        if state is None
        else describe_status(state.order),
    )
    rejected = state is not None and state.rejected
    return Outcome(_(WAS_REJECTED).format(sent=words) if rejected else words, state)


def _what(preview: Preview) -> str:
    told = dict(preview.lines)
    label = next((label for label in ABOUT if label in told), None)
    if label is None:
        return _(preview.operation.summary)
    if label == "change" and preview.market_side is not None:
        symbol, side = preview.market_side
        return _("{side} {symbol}: {change}").format(side=_(side), symbol=symbol, change=told[label])
    return told[label]


class CountedReads:
    """Reads, and counts the calls that the broker's limit on trade calls counts."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self.trade_calls = 0

    def __call__(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Read an operation and return its `data`."""
        self.trade_calls += catalog().named(name).limit == "trade"
        return self._read(name, arguments)


def look_once(transport: Transport, order_id: str) -> OrderState | None:
    """Return the order as it stands, read with a single try; None if that fails."""
    operation = catalog().named("order_detail")
    wanted = build(operation, {"order_id": order_id})
    call = Call(
        wanted.method,
        wanted.path,
        encode_query(wanted.query),
        limit=operation.limit,
        name=operation.name,
        urgency=Urgency.ORDER,
        once=LOOK,
    )
    try:
        order: Any = transport.send(call).data
    except OpenAPIError:
        return None
    return OrderState.of(order) if isinstance(order, Mapping) and order.get("status") else None
