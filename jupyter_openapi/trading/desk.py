"""Check, preview and send changes: all of them, from the magic, a form or Python, go through `Desk`."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from jupyter_openapi.account import Account, BuyingPower, PaperCheck
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.kernel import Cell, current_cell, run_on
from jupyter_openapi.market import orders
from jupyter_openapi.market.fees import BrokerFees
from jupyter_openapi.market.money import amount
from jupyter_openapi.market.symbols import market_of, today_in
from jupyter_openapi.market.ticks import Tick, known_tick, needs_rounding, rounded
from jupyter_openapi.market.worth import Instrument, Instruments, Read
from jupyter_openapi.messages import _
from jupyter_openapi.reply import Reply
from jupyter_openapi.spec.check import check
from jupyter_openapi.spec.model import Effect, Operation
from jupyter_openapi.spec.request import Built, build, encode_body, encode_query
from jupyter_openapi.trading import describe
from jupyter_openapi.trading.delivery import Delivery, done_all_the_same, order_id_of
from jupyter_openapi.trading.intents import Intent, fingerprint, identified
from jupyter_openapi.trading.limits import (
    LimitCheck,
    OrderLimits,
    describe_rerun,
    describe_unknown,
    last_replace,
    late_replace,
    refuse_rerun,
    sent_by_earlier_run,
    unknown_alike,
)
from jupyter_openapi.trading.order_state import CountedReads, look_once, outcome
from jupyter_openapi.trading.preview import Preview
from jupyter_openapi.trading.shorthand import NOTES
from jupyter_openapi.transport.responses import Call

if TYPE_CHECKING:
    from jupyter_openapi.connection import Connection
    from jupyter_openapi.trading.journal import Journal


NO_LIMIT = 1_000  # calls left, where no limit is kept
CALLS_OF_AN_ORDER = 3  # of the broker's trade limit, at most, the look after it included
KINDS = {"submit_order": "submit", "replace_order": "replace", "cancel_order": "cancel"}


class Desk:
    """Makes previews and sends them, for one account.

    Parameters
    ----------
    connection
        Where to, for whom, and within which limits; it may be detached.
    journal
        The record of what was sent.
    read
        Reads an operation and returns its `data`.
    """

    def __init__(self, connection: Connection, journal: Journal, read: Read) -> None:
        self.limits = OrderLimits()
        self.fees: dict[str, BrokerFees] = {}  # the broker's own, by market, where the user stated them
        self.instruments = Instruments()  # what is known of securities, kept for a day
        self._connection = connection
        self._transport = connection.transport
        self._owner = connection.owner  # under which the journal keeps the account's orders
        self._journal = journal
        self._read = read
        limiter = connection.limiter
        self.calls_left: Callable[[], dict[str, int]] | None = None if limiter is None else limiter.left
        self.made: Callable[[Preview], None] | None = None  # told of each preview
        self._buying_power = BuyingPower(self._left)
        self._epoch = uuid.uuid4().hex[:12]
        self._paper_check = PaperCheck(connection.account, read)
        self._delivery = Delivery(connection.transport, journal, read)

    @property
    def account(self) -> Account:
        """Whose money moves, and whether it may now."""
        return self._connection.account

    def preview(
        self,
        operation: Operation,
        arguments: Mapping[str, Any],
        *,
        tz: str = "UTC",
        override: Iterable[str] = (),
        tick: str | None = None,
        read: Read | None = None,
    ) -> Preview:
        """Check a change and return its preview; nothing is sent but the reads that the preview needs.

        `tick` rounds prices (see `market.ticks.rounded`). `read` is used instead of the desk's own: a basket
        reads for all its rows at once.

        Raises
        ------
        RequestRefused
            Something is missing, unknown, against the rules of its order type, or beyond a limit that no
            override lets pass.
        """
        self._transport.refuse_closed()  # what a preview reads may fail without a word
        guard, reads = LimitCheck(self.limits, override), CountedReads(read or self._read)
        read = reads
        arguments, rounding = self._on_ladder(read, operation, arguments, known_tick(tick))
        checked = check(orders.with_what_stays(operation, arguments), _typed(operation, arguments), tz=tz)
        order_id = str(checked["order_id"]) if operation.name in {"replace_order", "cancel_order"} else None
        lines: describe.Lines = []
        order: Mapping[str, Any] = {}
        after = None
        if operation.name == "replace_order" and "late" not in guard.overrides:
            after = last_replace(self._journal, self._owner, str(order_id))  # before the order is read
        if order_id is not None:
            order, lines = describe.standing(read, order_id)
            if operation.name == "replace_order":
                checked = orders.completed(order, checked)
        wanted = build(operation, checked, tz=tz)
        fields = dict(wanted.body or {})
        if operation.name == "submit_order":
            lines = self._about_submit(read, fields, guard)
        elif operation.name == "replace_order":
            guard.late(late_replace(self._journal, self._owner, str(order_id)))
            lines += self._about_replace(read, fields, order, guard)
        elif order_id is None:
            lines = [("asks", _(operation.summary))]
        return self._freeze(
            operation,
            wanted.path,
            encode_query(wanted.query),
            None if wanted.body is None else fields,
            [*lines, *rounding, *guard.lines],
            order_id=order_id,
            guard=guard,
            about=order or fields,
            calls=reads.trade_calls,
            after=after,
        )

    @staticmethod
    def _on_ladder(
        read: Read, operation: Operation, arguments: Mapping[str, Any], tick: Tick | None
    ) -> tuple[Mapping[str, Any], describe.Lines]:
        """Return the arguments with prices rounded to the market's steps, and the preview's lines on it."""
        if operation.name not in {"submit_order", "replace_order"}:
            return arguments, []
        if not needs_rounding(operation, arguments, tick):
            return arguments, []
        about = arguments
        if operation.name == "replace_order":
            about, _lines = describe.standing(read, str(arguments.get("order_id")))
        return rounded(operation, arguments, str(about.get("symbol")), str(about.get("side")), tick)

    def raw(self, operation: Operation, query: str, body: Any) -> Preview:
        """Return the preview of a change to a path that the specification does not know."""
        self._transport.refuse_closed()
        note = ("note", _("this path is not in the specification: nothing of it was checked"))
        return self._freeze(operation, operation.path, query, body, [note])

    def _freeze(
        self,
        operation: Operation,
        path: str,
        query: str,
        body: Any,
        lines: describe.Lines,
        *,
        order_id: str | None = None,
        guard: LimitCheck | None = None,
        about: Mapping[str, Any] | None = None,
        calls: int = 0,
        after: int | None = None,
    ) -> Preview:
        # The same cell may be for paper first and for real money then: those are two orders.
        same = fingerprint(
            f"{self.account.mode} {operation.method}",
            f"{path}?{query}",
            body if isinstance(body, dict) else {"": body},
        )
        request_id, tag = identified(operation, body)
        content = b"" if body is None else encode_body(body)
        sends = f"{operation.method} {f'{path}?{query}' if query else path} {content.decode()}"
        preview = Preview(
            operation,
            operation.method,
            path,
            query,
            content,
            self.account,
            (("account", self._title()), *lines, ("sends", sends)),
            request_id,
            order_id,
            tag,
            same,
            overrides=frozenset() if guard is None else guard.overrides,
            market_side=_market_side(about or (body if isinstance(body, dict) else {})),
            cell=self._cell(),
            calls=calls,
            last_price=None if guard is None else guard.last,
            after=after,
            _admit=self._admit,
            _allowed=lambda: self.account.may_change(operation.name),
            _deliver=self._deliver,
        )
        preview.put_first(self._warnings(preview))
        if self.made is not None:
            self.made(preview)
        return preview

    def _title(self) -> str:
        note = self._paper_check.note()
        return _("; ").join(filter(None, (self.account.title, note)))

    def _cell(self) -> Cell:
        """Return the cell that makes a preview; where cells have no ids, all of this client is one run."""
        cell = current_cell()
        return cell if cell.cell is not None else cell._replace(run=run_on(self._epoch))

    def _warnings(self, preview: Preview) -> describe.Lines:
        """Return the journal's warnings: of a like order that may be booked, then of an earlier run's."""
        if preview.operation.effect is not Effect.TRADE or not self._journal.path.exists():
            return []
        lines: describe.Lines = []
        try:
            unknown, earlier = self._unknown_alike(preview), self._earlier_run(preview)
        except RequestRefused:
            return []  # the journal can't be read: sending is refused with those words
        if unknown is not None:
            needs = "" if "unknown" in preview.overrides else _(", or use `--override unknown`")
            lines.append(("unknown", f"{describe_unknown(unknown)}{needs}"))
        if earlier is not None:
            said = describe_rerun(earlier, preview.fingerprint)
            lines.append(("again", _("{said}: sending this needs `--again`").format(said=said)))
        return lines

    def _unknown_alike(self, preview: Preview) -> Intent | None:
        return unknown_alike(self._journal, self._owner, self.account.mode, preview)

    def _earlier_run(self, preview: Preview) -> Intent | None:
        if preview.operation.effect is not Effect.TRADE or self.account.mode == "sandbox":
            return None
        return sent_by_earlier_run(self._journal, self._owner, self.account.mode, preview)

    def _about_submit(self, read: Read, fields: Mapping[str, Any], guard: LimitCheck) -> describe.Lines:
        _keep(orders.check(fields, on=today_in(market_of(str(fields.get("symbol"))))))
        guard.trailing(fields)
        symbol = str(fields["symbol"])
        instrument = self.instruments.one(read, symbol)
        last = describe.last_price(read, symbol, instrument)
        self._check_value(read, fields, last, instrument, guard)
        guard.distance(fields, last.price)
        if fields["side"] == "Sell":
            guard.available(fields, describe.available(read, symbol))
        lines = [("order", describe.describe_order(fields, instrument)), *NOTES.get()]
        lines += describe.about_price(fields, last, instrument, self.fees.get(instrument.market))
        if fields["side"] == "Buy":
            worth = instrument.worth(
                amount(fields.get("submitted_quantity")), describe.expected_price(fields, last)[0]
            )
            lines += self._buying_power.lines(read, worth, instrument.currency)
        lines += self._about_steps(fields, instrument)
        if self.account.mode != "sandbox":
            lines += describe.about_hours(fields, read)
        return lines

    @staticmethod
    def _check_value(
        read: Read,
        fields: Mapping[str, Any],
        last: describe.LastPrice,
        instrument: Instrument,
        guard: LimitCheck,
    ) -> None:
        """Refuse what is worth too much, or of unknown worth unless it only reduces what is held."""
        reduces = instrument.multiplier is None and describe.only_reduces(read, fields)
        guard.value(fields, describe.expected_price(fields, last)[0], instrument, reduces=reduces)

    def _about_steps(self, fields: Mapping[str, Any], instrument: Instrument) -> describe.Lines:
        """Refuse a wrong tick or lot on the sandbox; return a warning elsewhere, where the broker decides."""
        symbol, kind = str(fields["symbol"]), str(fields["order_type"])
        problems = orders.check_ticks(fields, today_in(market_of(symbol)), board=instrument.board)
        quantity = amount(fields["submitted_quantity"])
        if instrument.lot_size and quantity is not None:
            problems += orders.check_lot(symbol, kind, quantity, instrument.lot_size)
        if self.account.mode == "sandbox":
            _keep(problems)
        return [("warning", problem.message) for problem in problems]

    def _about_replace(
        self, read: Read, fields: Mapping[str, Any], order: Mapping[str, Any], guard: LimitCheck
    ) -> describe.Lines:
        _keep(orders.check_replace(order, fields))
        guard.trailing(fields)
        changed = {
            "symbol": order.get("symbol"),
            "side": order.get("side"),
            "submitted_price": fields.get("price"),
            "trigger_price": fields.get("trigger_price"),
            "submitted_quantity": fields.get("quantity"),
        }
        symbol, before = str(order.get("symbol")), order.get("quantity")
        instrument = self.instruments.one(read, symbol)
        last = describe.last_price(read, symbol, instrument)
        self._check_value(read, changed, last, instrument, guard)
        if order.get("side") == "Sell":
            guard.available(changed, describe.available(read, symbol), before)
        guard.distance(changed, last.price)
        own = self.fees.get(instrument.market)
        return [*describe.about_replace(fields, order), *describe.about_price(changed, last, instrument, own)]

    def _admit(self, preview: Preview, *, again: bool) -> None:
        """Refuse what may not be sent now; a preview that is refused here can still be sent later."""
        self.account.may_change(preview.operation.name)
        self._transport.refuse_closed()
        if preview.operation.name == "replace_order":
            why = late_replace(self._journal, self._owner, str(preview.order_id))
            LimitCheck(self.limits, preview.overrides).late(why)
        if preview.operation.effect is not Effect.TRADE:
            return
        if "unknown" not in preview.overrides and (alike := self._unknown_alike(preview)) is not None:
            LimitCheck(self.limits, preview.overrides).unknown(describe_unknown(alike))
        if not again:
            refuse_rerun(self._earlier_run(preview), preview.fingerprint)

    def _deliver(self, preview: Preview, *, look: bool) -> Reply:
        """Send a preview; closing its client meanwhile does not cut it short."""
        with self._transport.to_the_end():
            return self._sent(preview, look=look)

    def _sent(self, preview: Preview, *, look: bool) -> Reply:
        """Send a preview, and say what became of it; with `look` its order is looked at once."""
        operation = preview.operation
        call = Call(
            preview.method,
            preview.path,
            preview.query,
            preview.body,
            effect=operation.effect,
            limit=operation.limit,
            name=operation.name,
        )
        self._buying_power.forget()
        intent = 0
        if operation.effect is Effect.TRADE:
            intent = self._intend(preview)
            answer = self._delivery.send(preview, call, intent)
        else:
            answer = self._transport.send(call)
        order_id = preview.order_id or order_id_of(answer)
        try:
            look = look and answer.elapsed > 0 and operation.name in KINDS and self._room(preview, intent)
            state = look_once(self._transport, order_id) if look and order_id is not None else None
            became = outcome(preview, order_id, state)
        except KeyboardInterrupt:
            raise done_all_the_same(operation.name, order_id) from None
        return Reply(
            answer,
            operation,
            order_id=preview.order_id,
            facts={"operation": operation.name},
            words=became.words,
            state=became.state,
        )

    def _room(self, preview: Preview, intent: int) -> bool:
        """Tell whether the calls left allow a look at the order; see `CALLS_OF_AN_ORDER`."""
        if preview.calls + 2 > CALLS_OF_AN_ORDER or self._left() < 1:
            return False
        try:
            sent = self._journal.get(intent)
        except RequestRefused:  # it says that nothing was sent, but this was
            return False
        return sent is None or sent.attempts < 2

    def _left(self) -> int:
        """Return how many calls the broker's limit on trade calls still allows now."""
        left = self.calls_left() if self.calls_left is not None else {}
        return left.get("trade", NO_LIMIT)

    def _intend(self, preview: Preview) -> int:
        cell = preview.cell or current_cell()
        body = preview.fields if preview.body else {}
        fields = body if isinstance(body, dict) else {"body": body}
        intent = self._journal.intend(
            after=preview.after,
            account=self._owner,
            mode=self.account.mode,
            digits=self.account.digits,
            host=self.account.host,
            kind=KINDS.get(preview.operation.name, "trade"),
            operation=preview.operation.name,
            method=preview.method,
            path=f"{preview.path}?{preview.query}" if preview.query else preview.path,
            body=fields,
            client_request_id=preview.client_request_id,
            tag=preview.tag,
            target=preview.order_id,
            cell=cell.cell,
            run=cell.run,
            source=cell.source,
            notebook=cell.notebook,
            fingerprint=preview.fingerprint,
            basket=preview.basket[0] if preview.basket else None,
            row=preview.basket[1] if preview.basket else None,
            symbol=_text(fields.get("symbol")),
            side=_text(fields.get("side")),
            quantity=_text(fields.get("submitted_quantity", fields.get("quantity"))),
            price=_text(fields.get("submitted_price", fields.get("price"))),
            last_price=_text(preview.last_price),
        )
        return intent.id


def draft(operation: Operation, arguments: Mapping[str, Any], *, tz: str = "UTC") -> Built:
    """Check a change as far as that takes no answer from the broker, and return its request; nothing is sent.

    Raises
    ------
    RequestRefused
        As `Desk.preview`, for what the arguments alone get wrong.
    """
    wanted = build(
        operation,
        check(orders.with_what_stays(operation, arguments), _typed(operation, arguments), tz=tz),
        tz=tz,
    )
    if operation.name == "submit_order":
        fields = wanted.body or {}
        _keep(orders.check(fields, on=today_in(market_of(str(fields.get("symbol"))))))
    return wanted


def _typed(operation: Operation, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Make an order with a price and no type a limit order; the preview says so."""
    given = {operation.short.get(name, name) for name, value in arguments.items() if value is not None}
    if operation.name == "submit_order" and "submitted_price" in given and "order_type" not in given:
        return {**arguments, "order_type": "LO"}
    return arguments


def _keep(problems: list[orders.Problem]) -> None:
    if problems:
        raise RequestRefused(
            _("{problems}. Nothing was sent.").format(
                problems=_("; ").join(problem.message for problem in problems)
            )
        )


def _market_side(fields: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the symbol and side of an order or of an order's fields; None where it lacks one."""
    symbol, side = fields.get("symbol"), fields.get("side")
    return (str(symbol), str(side)) if symbol and side else None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
