"""Baskets: several changes with one preview, one send and one row of the result for each.

Each row has its own id and its own line in the journal. It stops at the first failure and says which went and
which did not; sending the same basket again sends only the rest.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import (
    Interrupted,
    OpenAPIError,
    OutcomeUnknown,
    RequestRefused,
    TransportError,
    guarded,
    sentence,
)
from jupyter_openapi.kernel import is_captured
from jupyter_openapi.market.money import amount, money, plain
from jupyter_openapi.market.orders import CANCELLABLE
from jupyter_openapi.market.symbols import is_option
from jupyter_openapi.market.worth import Instrument, Read, assumed
from jupyter_openapi.messages import N_, _, commas, ngettext
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.check import flag
from jupyter_openapi.trading.describe import available
from jupyter_openapi.trading.journal import NotRecorded
from jupyter_openapi.trading.limits import known_overrides
from jupyter_openapi.trading.order_state import REJECTED, describe_status
from jupyter_openapi.trading.preview import GOOD_FOR, NOT_COPIED, Original, Preview, Sighting, Stopwatch

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.trading.desk import Desk
    from jupyter_openapi.trading.journal import Journal

COLUMNS = ("row", "symbol", "side", "quantity", "price", "outcome", "order_id", "message")
Row = dict[str, Any]


class Basket:
    """A frozen list of changes; sent once, row by row.

    Parameters
    ----------
    title
        What it does, in words.
    previews
        The rows, each a preview of its own.
    done
        The numbers of rows that an earlier, unfinished sending of the same basket has placed already.
    go_on
        Whether rows after one that fails are sent all the same: cancels are.
    stale
        Tells whether rows of the same basket were sent since it was made.
    instruments
        What is known of the securities, for the totals.
    today
        Reads today's orders, to see once how those that were sent stand; None where that is not wanted.
    """

    def __init__(
        self,
        title: str,
        previews: Sequence[Preview],
        done: Mapping[int, str] | None = None,
        *,
        go_on: bool = False,
        stale: Callable[[], bool] = lambda: False,
        instruments: Mapping[str, Instrument] | None = None,
        today: Callable[[], Sequence[Mapping[str, Any]]] | None = None,
    ) -> None:
        self.title = title
        self._today = today
        self._instruments = instruments or {}
        self.previews = tuple(previews)
        self._done = dict(done or {})
        self._go_on = go_on
        self._stale = stale
        self._made = Stopwatch()
        self._original = Original()
        self._lock = threading.Lock()
        self._sent = False
        self.sighting = Sighting()

    @property
    def sent(self) -> bool:
        """Whether it was sent, or tried."""
        return self._sent

    @property
    def market_sides(self) -> frozenset[tuple[str, str]]:
        """The symbols and sides that its rows are about."""
        return frozenset().union(*(preview.market_sides for preview in self.previews))

    def frame(self) -> pd.DataFrame:
        """Return the rows as a frame: what would be sent, and what is placed already."""
        return _frame([self._row(number) for number in range(1, len(self.previews) + 1)])

    def totals(self) -> dict[str, Decimal]:
        """Return the value of the rows to be sent, by side and currency, where a price is given."""
        sums: dict[str, Decimal] = {}
        for number, preview in enumerate(self.previews, 1):
            worth = None if number in self._done else self._worth(preview)
            if worth is not None:
                key = f"{preview.fields['side']} {self._instrument(preview).currency}"
                sums[key] = sums.get(key, Decimal(0)) + worth
        return sums

    def unpriced(self) -> list[int]:
        """Return the numbers of the rows to be sent that are in no total, for their value is not known."""
        return [
            number
            for number, preview in enumerate(self.previews, 1)
            if number not in self._done and "side" in preview.fields and self._worth(preview) is None
        ]

    def _worth(self, preview: Preview) -> Decimal | None:
        if "side" not in preview.fields:
            return None
        price, quantity = (amount(preview.fields.get(f"submitted_{name}")) for name in ("price", "quantity"))
        return self._instrument(preview).worth(quantity, price)

    def _instrument(self, preview: Preview) -> Instrument:
        symbol = str(preview.fields["symbol"])
        return self._instruments.get(symbol) or assumed(symbol)

    @guarded
    def send(self, *, again: bool = False) -> pd.DataFrame:
        """Send the rows one after the other, and return one row for each with its outcome.

        Returns
        -------
        DataFrame with row, symbol, side, quantity, price, outcome (``sent``, ``rejected`` by the broker,
        ``refused``, ``unknown``, ``not sent``, or ``sent earlier``), order_id and message. It stops at the
        first row that fails, unless it cancels.

        Raises
        ------
        RequestRefused
            It was sent before, or is older than 60 seconds.
        Interrupted
            Ctrl-C: the message says how many rows went; the journal has each.
        """
        self._original.check()
        again = flag("again", again)
        with self._lock:
            if self._sent:
                raise RequestRefused(
                    _("This basket was sent already; nothing more was sent. Preview it again.")
                )
            if self._made.seconds > GOOD_FOR:
                raise RequestRefused(
                    _(
                        "This preview is older than {good_for:.0f} s; nothing was sent. Preview it again."
                    ).format(good_for=GOOD_FOR)
                )
            if self._stale():
                raise RequestRefused(
                    _("The same basket was sent since this preview; nothing more was sent. Preview it again.")
                )
            self._sent = True
        rows: list[Row] = []
        stopped = False
        for number, preview in enumerate(self.previews, 1):
            row = self._row(number)
            if not stopped and number not in self._done:
                try:
                    row |= _sent(preview, again=again)
                except KeyboardInterrupt as stop:
                    raise Interrupted(
                        sentence(
                            _("Interrupted at row {number} of {count}.").format(
                                number=number, count=len(self.previews)
                            ),
                            str(stop),
                            _("`%openapi journal` has each; sending the basket again sends the rest."),
                        ),
                        in_flight=getattr(stop, "in_flight", False),
                    ) from None
                stopped = row["outcome"] != "sent" and not self._go_on
            rows.append(row)
        return _frame(self._looked_at(rows))

    def _looked_at(self, rows: list[Row]) -> list[Row]:
        """Look at the orders that were sent, all in one call, and show those that were rejected as such."""
        sent = {str(row["order_id"]): row for row in rows if row["outcome"] == "sent"}
        if self._today is None or not sent:
            return rows
        with suppress(OpenAPIError):  # they were sent all the same
            for order in self._today():
                row = sent.get(str(order.get("order_id")))
                if row is not None and order.get("status") == REJECTED:
                    row |= {"outcome": "rejected", "message": describe_status(order)}
        return rows

    def _row(self, number: int) -> Row:
        preview = self.previews[number - 1]
        fields = preview.fields
        placed = self._done.get(number)
        return {
            "row": number,
            "symbol": fields.get("symbol"),
            "side": fields.get("side"),
            "quantity": fields.get("submitted_quantity", fields.get("quantity")),
            "price": fields.get("submitted_price", fields.get("price")),
            "outcome": "sent earlier" if placed is not None else "not sent",
            "order_id": placed or preview.order_id,
            "message": None,
        }

    def __str__(self) -> str:
        waiting = len(self.previews) - len(self._done)
        head = _("SENT") if self._sent else self.sighting.words()
        lines = [
            head,
            _("  {title}: {waiting} to send").format(title=self.title, waiting=waiting)
            + (_(", {count} sent earlier").format(count=len(self._done)) * bool(self._done)),
        ]
        if self.previews:
            lines.append(_("  account  {title}").format(title=self.previews[0].account.title))
        lines += [f"  {number:>3}  {_words(preview)}" for number, preview in enumerate(self.previews, 1)]
        lines += [
            _("  total    {key}: {total}").format(key=key, total=money(total))
            for key, total in self.totals().items()
        ]
        if rows := self.unpriced():
            said = _("  total    without row {rows}, for the value is not known before it trades")
            lines.append(said.format(rows=commas(map(str, rows))))
        return "\n".join(lines)

    __repr__ = __str__

    def __reduce__(self) -> str:
        raise TypeError(_(NOT_COPIED))

    def _repr_mimebundle_(self, **_kinds: object) -> dict[str, str]:
        """Return what a front end shows, and note that it was shown."""
        self.sighting.seen = self.sighting.seen or not is_captured()
        return {"text/plain": str(self)}


def _sent(preview: Preview, *, again: bool) -> Row:
    try:
        # The basket's own age was checked; its last rows may wait long for their turn.
        reply = preview._send(again=again, age=0.0, look=False)  # noqa: SLF001 (rows of one basket)
    except (OutcomeUnknown, NotRecorded) as unknown:
        return {"outcome": "unknown", "message": str(unknown)}
    except OpenAPIError as failure:
        return {"outcome": "refused", "message": str(failure)}
    return {"outcome": "sent", "order_id": reply.order_id}


OUTCOMES = (N_("sent"), N_("rejected"), N_("refused"), N_("unknown"), N_("not sent"), N_("sent earlier"))
"""What may become of a row, in the order in which it is told."""


def described_basket(frame: pd.DataFrame) -> str:
    """Return what became of a basket's rows, counted.

    ``3 rows: 1 sent, 1 refused, 1 not sent.``
    """
    counts = frame["outcome"].value_counts()
    parts = [
        _("{count} {outcome}").format(count=counts[outcome], outcome=_(outcome))
        for outcome in OUTCOMES
        if outcome in counts
    ]
    template = ngettext("{count} row: {parts}.", "{count} rows: {parts}.", len(frame))
    return template.format(count=len(frame), parts=_(", ").join(parts))


def _words(preview: Preview) -> str:
    notes = [text for label, text in preview.lines if label in {"order", "as it stands", "asks"}]
    warned = [
        f"({text})"
        for label, text in preview.lines
        if label in {"unknown", "again", "warning", "overridden", "market"}
    ]
    return " ".join(notes[:1] + warned)


def _frame(rows: list[Row]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=list(COLUMNS))


LARGEST = 100


def submit_basket(
    desk: Desk,
    read: Read,
    journal: Journal,
    orders: Any,
    *,
    tz: str,
    override: Iterable[str] = (),
    tick: str | None = None,
) -> Basket:
    """Return the basket of `submit_order` for each row of `orders`.

    Raises
    ------
    RequestRefused
        A row is not right (it says which); or an earlier sending of the same basket is not settled.
    """
    rows = rows_of(orders)
    operation = catalog().operations["submit_order"]
    ahead = reading_ahead(read, [str(row["symbol"]) for row in rows if "symbol" in row])
    previews = []
    for number, row in enumerate(rows, 1):
        try:
            previews.append(desk.preview(operation, row, tz=tz, override=override, tick=tick, read=ahead))
        except RequestRefused as refused:
            raise RequestRefused(_("Row {number}: {reason}").format(number=number, reason=refused)) from None
    if "short" not in known_overrides(override):
        _refuse_short(previews, ahead)
    name, placed = name_in_journal(previews, journal)
    known = len(journal.basket(name))
    for number, preview in enumerate(previews, 1):
        preview.put_in_basket(name, number)
    return Basket(
        ngettext("{count} order", "{count} orders", len(rows)).format(count=len(rows)),
        previews,
        placed,
        stale=lambda: len(journal.basket(name)) != known,
        instruments=desk.instruments.of(ahead, [str(preview.fields["symbol"]) for preview in previews]),
        today=lambda: read_orders(read, "today_orders", {}),
    )


def _refuse_short(previews: Iterable[Preview], read: Read) -> None:
    """Refuse rows that together sell more of a symbol than is available, though each alone may pass."""
    sells: dict[str, Decimal] = {}
    for fields in (preview.fields for preview in previews):
        if fields["side"] == "Sell":
            symbol = str(fields["symbol"])
            sells[symbol] = sells.get(symbol, Decimal(0)) + (amount(fields["submitted_quantity"]) or 0)
    for symbol, quantity in sells.items():
        held = available(read, symbol)
        if held is not None and quantity > held:
            raise RequestRefused(
                _(
                    "Nothing was sent: together these rows sell {quantity} {symbol} and {held} are "
                    "available. If you mean it, type `--override short` before the operation (in Python: "
                    "override=['short'])."
                ).format(quantity=plain(quantity), symbol=symbol, held=plain(held))
            )


def cancel_basket(desk: Desk, read: Read, symbols: Sequence[str] = ()) -> Basket:
    """Return the basket that cancels every open order, or those of some symbols.

    Raises
    ------
    RequestRefused
        There is none.
    """
    orders = open_orders(read, symbols)
    if not orders:
        where = _(" of {symbols}").format(symbols=commas(symbols)) if symbols else ""
        raise RequestRefused(_("There is no open order{where} to cancel.").format(where=where))
    operation, known = catalog().operations["cancel_order"], with_known_orders(read, orders)
    previews = [desk.preview(operation, {"order_id": order["order_id"]}, read=known) for order in orders]
    return Basket(_("cancel open orders"), previews, go_on=True)


def rows_of(orders: Any) -> list[Row]:
    """Return the rows of a DataFrame or a list of mappings, without what is missing.

    Raises
    ------
    RequestRefused
        It is neither, it is empty, or it has more than 100 rows.
    """
    if hasattr(orders, "to_dict") and hasattr(orders, "columns"):
        orders = orders.to_dict("records")
    if not isinstance(orders, (list, tuple)) or not all(isinstance(row, Mapping) for row in orders):
        raise RequestRefused(_("orders= takes a DataFrame, or a list of mappings: one order a row."))
    if not 0 < len(orders) <= LARGEST:
        raise RequestRefused(
            _("A basket has 1 to {largest} rows; this one has {count}.").format(
                largest=LARGEST, count=len(orders)
            )
        )
    return [{str(name): value for name, value in row.items() if not _missing(value)} for row in orders]


def _missing(value: Any) -> bool:
    if value is None or value != value:  # noqa: PLR0124 (NaN and NaT differ from themselves)
        return True
    return type(value).__name__ in {"NAType", "NaTType"}


def name_in_journal(rows: Iterable[Preview], journal: Journal) -> tuple[str, dict[int, str]]:
    """Return a basket's name in the journal, and which rows an unfinished earlier sending has placed.

    Raises
    ------
    RequestRefused
        It is not known what became of a row of that sending.
    """
    prints = [row.fingerprint for row in rows]
    same = hashlib.sha256("".join(prints).encode()).hexdigest()[:16]
    count = 1
    while journal.basket(f"{same}-{count + 1}"):
        count += 1
    earlier = journal.basket(f"{same}-{count}")
    placed = {intent.row: str(intent.order_id) for intent in earlier if intent.row and intent.took_effect}
    if any(intent.open for intent in earlier):
        raise RequestRefused(
            _(
                "An earlier sending of this basket left rows whose outcome is not known; nothing was "
                "sent. Type `%openapi reconcile` first."
            )
        )
    if earlier and len(placed) == len(prints):
        count, placed = count + 1, {}
    return f"{same}-{count}", placed


def reading_ahead(read: Read, symbols: Sequence[str]) -> Read:
    """Return a `read` that has read quotes, lots and holdings of all these symbols at once."""
    known: dict[str, Any] = {}
    every = list(dict.fromkeys(symbols))
    shares = [symbol for symbol in every if not is_option(symbol)]
    options = [symbol for symbol in every if is_option(symbol)]
    batches = {
        "quote": shares,
        "static_info": shares,
        "option_quote": options,
        "stock_positions": every,
    }

    def ahead(name: str, arguments: Mapping[str, Any]) -> Any:
        wanted = set(arguments.get("symbol") or ())
        if not wanted or not wanted <= set(batches.get(name, ())):
            return read(name, arguments)
        if name not in known:
            known[name] = read(name, {"symbol": batches[name]})
        return known[name]

    return ahead


def open_orders(read: Read, symbols: Sequence[str] = ()) -> list[Mapping[str, Any]]:
    """Return the orders that can be cancelled: today's, and older ones still working; newest first."""
    today = read_orders(read, "today_orders", {})
    past = read_orders(read, "history_orders", {"status": sorted(CANCELLABLE)})
    orders = {str(order["order_id"]): order for order in [*today, *past]}
    return [
        order
        for order in orders.values()
        if order.get("status") in CANCELLABLE and (not symbols or order.get("symbol") in symbols)
    ]


def read_orders(read: Read, name: str, arguments: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the orders that an operation gives.

    Raises
    ------
    TransportError
        What came holds none: that is not the same as no order.
    """
    data = read(name, arguments)
    rows = data.get("orders") if isinstance(data, Mapping) else None
    if not isinstance(rows, list):
        raise TransportError(_("{name}: the reply holds no orders.").format(name=name))
    return rows


def with_known_orders(read: Read, orders: Iterable[Mapping[str, Any]]) -> Read:
    """Return a `read` that knows these orders already."""
    known = {str(order["order_id"]): order for order in orders}

    def informed(name: str, arguments: Mapping[str, Any]) -> Any:
        if name == "order_detail" and str(arguments.get("order_id")) in known:
            return known[str(arguments["order_id"])]
        return read(name, arguments)

    return informed
