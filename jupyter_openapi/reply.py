"""The answer to a request, as data and as a frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jupyter_openapi import frames
from jupyter_openapi.messages import _
from jupyter_openapi.spec.model import Operation, table_names

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.transport.responses import Answer

DAY_BARS = 1000  # candlestick periods from a day up: day 1000, week 2000, month 3000, ...


class Reply:
    """A successful reply of the broker.

    Attributes
    ----------
    data
        The envelope's `data`, as JSON gives it: decimals are text.
    code, message, http_status, trace_id
        The rest of the envelope; `trace_id` is what the broker's support asks for.
    elapsed
        Seconds from writing the request to reading the reply.
    order_id
        The order this reply speaks of, or None.
    words
        Of a change that was sent: account, order, id and status in a sentence; empty for a read.
    state
        Of an order that was sent: how it stood right after it, or None.
    """

    def __init__(
        self,
        answer: Answer,
        operation: Operation | None = None,
        *,
        order_id: str | None = None,
        asked: Mapping[str, Any] | None = None,
        facts: Mapping[str, Any] | None = None,
        words: str = "",
        state: Any = None,
    ) -> None:
        self._answer = answer
        self._operation = operation
        self._order_id = order_id
        self.words = words
        self.state = state
        self._asked = dict(asked or {})
        self._facts = dict(facts or {})

    @property
    def data(self) -> Any:
        """The envelope's `data`."""
        return self._answer.data

    @property
    def code(self) -> int:
        """The business code: 0."""
        return self._answer.code

    @property
    def message(self) -> str:
        """The broker's message, usually ``success`` or empty."""
        return self._answer.message

    @property
    def http_status(self) -> int:
        """The HTTP status."""
        return self._answer.status

    @property
    def trace_id(self) -> str | None:
        """The broker's trace id, or None."""
        return self._answer.trace_id

    @property
    def elapsed(self) -> float:
        """Seconds from writing the request to reading the reply."""
        return self._answer.elapsed

    @property
    def order_id(self) -> str | None:
        """The order this reply speaks of: the new one's id, or the one that was replaced or cancelled."""
        data = self._answer.data if self._order_id is None else None
        if isinstance(data, dict) and data.get("order_id"):
            return str(data["order_id"])
        return self._order_id

    def frame(
        self,
        *,
        decimals: str = "float64",
        tz: str = "UTC",
        table: str | None = None,
        codes: bool = False,
    ) -> pd.DataFrame:
        """Return `data` as a typed frame: one row a record, columns by the API's names.

        Parameters
        ----------
        decimals
            ``float64``, or ``decimal`` or ``string`` to keep every digit.
        tz
            The time zone of its timestamps.
        table
            Another table of the reply than the usual one, by its name: ``cash_infos`` of `account_balance`.
            `tables` lists them.
        codes
            True keeps the broker's codes (``0``) where their names are shown otherwise (``Normal``).

        Raises
        ------
        RequestRefused
            If the reply has no such table; the message names those it has.
        """
        operation, answer = self._operation, self._answer
        if answer.parsed:
            frame = frames.to_frame(
                answer.data, operation, decimals=decimals, tz=tz, table=table, codes=codes
            )
        else:
            try:
                frame = frames.frame_from_bytes(
                    answer.content, operation, decimals=decimals, tz=tz, table=table, codes=codes
                )
            except ValueError:
                raise answer.broken() from None
        if table is None and self._daily():
            frames.add_trade_date(frame, str(self._asked.get("symbol")))
        return frames.describe(frame, **self._facts)

    @property
    def tables(self) -> tuple[str, ...]:
        """The names that `frame` takes as ``table``: every described table but the one it gives without."""
        tables = self._operation.tables if self._operation else ()
        return table_names(tables)

    def _daily(self) -> bool:
        """Tell whether these are bars of a day or longer, which belong to a date and not to a moment."""
        period = self._asked.get("period")
        return isinstance(period, int) and period >= DAY_BARS and self._operation is not None

    def __repr__(self) -> str:
        if self.words:
            return self.words
        name = self._operation.name if self._operation else "request"
        order = _(", order_id={order_id!r}").format(order_id=self.order_id) if self.order_id else ""
        return f"<Reply to {name}: code {self.code}, HTTP {self.http_status}{order}>"
