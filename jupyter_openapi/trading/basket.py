"""Several changes at once: one preview, one send, one row of the result for each.

Each row has its own id and its own line in the journal. It stops at the first failure and says which went and
which did not; sending the same basket again sends only the rest.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import Interrupted, OpenAPIError, OutcomeUnknown, RequestRefused, sentence
from jupyter_openapi.guard import guarded
from jupyter_openapi.trading.elapsed import Since
from jupyter_openapi.trading.journal import NotRecorded
from jupyter_openapi.trading.preview import GOOD_FOR, Preview
from jupyter_openapi.trading.words import amount, currency_of, money

if TYPE_CHECKING:
    import pandas as pd


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
    """

    def __init__(
        self,
        title: str,
        previews: Sequence[Preview],
        done: Mapping[int, str] | None = None,
        *,
        go_on: bool = False,
        stale: Callable[[], bool] = lambda: False,
    ) -> None:
        self.title = title
        self.previews = tuple(previews)
        self._done = dict(done or {})
        self._go_on = go_on
        self._stale = stale
        self._made = Since()
        self._lock = threading.Lock()
        self._sent = False

    @property
    def sent(self) -> bool:
        """Whether it was sent, or tried."""
        return self._sent

    def frame(self) -> pd.DataFrame:
        """Return the rows as a frame: what would be sent, and what is placed already."""
        return _frame([self._row(number) for number in range(1, len(self.previews) + 1)])

    def totals(self) -> dict[str, Decimal]:
        """Return the value of the rows to be sent, by side and currency, where a price is given."""
        sums: dict[str, Decimal] = {}
        for number, preview in enumerate(self.previews, 1):
            fields = preview.fields
            price, quantity = amount(fields.get("submitted_price")), amount(fields.get("submitted_quantity"))
            if number not in self._done and price is not None and quantity is not None:
                key = f"{fields['side']} {currency_of(str(fields['symbol']))}"
                sums[key] = sums.get(key, Decimal(0)) + price * quantity
        return sums

    @guarded
    def send(self, *, again: bool = False) -> pd.DataFrame:
        """Send the rows one after the other, and return one row for each with its outcome.

        Returns
        -------
        DataFrame with row, symbol, side, quantity, price, outcome (``sent``, ``refused``, ``unknown``,
        ``not sent``, or ``sent earlier``), order_id and message. It stops at the first row that fails, unless
        it cancels.

        Raises
        ------
        RequestRefused
            It was sent before, or is older than 60 seconds.
        Interrupted
            Ctrl-C: the message says how many rows went; the journal has each.
        """
        with self._lock:
            if self._sent:
                raise RequestRefused("This basket was sent already; nothing more was sent. Preview it again.")
            if self._made.seconds > GOOD_FOR:
                raise RequestRefused(
                    f"This preview is older than {GOOD_FOR:.0f} s; nothing was sent. Preview it again."
                )
            if self._stale():
                raise RequestRefused(
                    "The same basket was sent since this preview; nothing more was sent. Preview it again."
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
                            f"Interrupted at row {number} of {len(self.previews)}.",
                            str(stop),
                            "`%openapi journal` has each; sending the basket again sends the rest.",
                        ),
                        in_flight=getattr(stop, "in_flight", False),
                    ) from None
                stopped = row["outcome"] != "sent" and not self._go_on
            rows.append(row)
        return _frame(rows)

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
        head = (
            "SENT"
            if self._sent
            else f"PREVIEW: nothing was sent. Send it within {GOOD_FOR:.0f} s: `%openapi send`"
        )
        lines = [
            head,
            f"  {self.title}: {waiting} to send" + (f", {len(self._done)} sent earlier" * bool(self._done)),
        ]
        if self.previews:
            lines.append(f"  account  {self.previews[0].account.title}")
        lines += [f"  {number:>3}  {_words(preview)}" for number, preview in enumerate(self.previews, 1)]
        lines += [f"  total    {key}: {money(total)}" for key, total in self.totals().items()]
        return "\n".join(lines)

    __repr__ = __str__


def _sent(preview: Preview, *, again: bool) -> Row:
    try:
        # The basket's own age was checked; its last rows may wait long for their turn.
        reply = preview._send(again=again, age=0.0)  # noqa: SLF001 (rows of one basket)
    except (OutcomeUnknown, NotRecorded) as unknown:
        return {"outcome": "unknown", "message": str(unknown)}
    except OpenAPIError as failure:
        return {"outcome": "refused", "message": str(failure)}
    return {"outcome": "sent", "order_id": reply.order_id}


def _words(preview: Preview) -> str:
    notes = [text for label, text in preview.lines if label in {"order", "as it stands", "asks"}]
    warned = [f"({text})" for label, text in preview.lines if label in {"warning", "overridden", "market"}]
    return " ".join(notes[:1] + warned)


def _frame(rows: list[Row]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=list(COLUMNS))
