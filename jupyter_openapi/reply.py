"""The answer to a request, as data and as a frame."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

from jupyter_openapi import frames
from jupyter_openapi.errors import RequestRefused, short
from jupyter_openapi.messages import _
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.model import Effect, Kind, Operation, table_names

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from jupyter_openapi.transport.responses import Answer

_SECRET = re.compile(r"(?:^|_)(?:token|secret|password|otp|signature)$", re.IGNORECASE)
DAY_BARS = 1000  # candlestick periods from a day up: day 1000, week 2000, month 3000, ...

KINDS = ("pandas", "polars")


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

    @overload
    def frame(
        self,
        *,
        kind: Literal["pandas"] = "pandas",
        decimals: str = "float64",
        tz: str = "UTC",
        table: str | None = None,
        codes: bool = False,
    ) -> pd.DataFrame: ...
    @overload
    def frame(
        self,
        *,
        kind: Literal["polars"],
        decimals: str = "float64",
        tz: str = "UTC",
        table: str | None = None,
        codes: bool = False,
    ) -> pl.DataFrame: ...
    def frame(
        self,
        *,
        kind: str = "pandas",
        decimals: str = "float64",
        tz: str = "UTC",
        table: str | None = None,
        codes: bool = False,
    ) -> pd.DataFrame | pl.DataFrame:
        """Return `data` as a typed frame: one row a record, columns by the API's names.

        Parameters
        ----------
        kind
            ``pandas``, or ``polars``, which needs the extra of that name; see `arrow` for its dtypes.
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
            If there is no such kind of frame, its package is not installed, or the reply has no such table;
            the message names those it has.
        """
        check_kind(kind)
        if kind == "polars":
            made = self.arrow(decimals=decimals, tz=tz, table=table, codes=codes)
            return frames.polars_frame(made)
        return self._pandas(decimals=decimals, tz=tz, table=table, codes=codes)

    def arrow(
        self,
        *,
        decimals: str = "float64",
        tz: str = "UTC",
        table: str | None = None,
        codes: bool = False,
    ) -> pa.Table:
        """Return `data` as a `pyarrow.Table`; parameters and errors as `frame`.

        Text is ``string``, decimals ``double`` (``decimal128`` or ``string`` on request), whole numbers
        ``int64``, times ``timestamp[us, tz]``, calendar dates ``date32``, nested objects JSON text. What is
        missing is null. The schema's metadata say what ``frame().attrs`` say.
        """
        made = self._pandas(decimals=decimals, tz=tz, table=table, codes=codes)
        tables = self._operation.tables if self._operation and decimals == "decimal" else ()
        exact = {each.name for one in tables for each in one.columns if each.kind is Kind.DECIMAL}
        return frames.arrow_table(made, exact)

    def _pandas(self, *, decimals: str, tz: str, table: str | None, codes: bool) -> pd.DataFrame:
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
        rows = _("; .frame() gives its rows") if self._reads() else ""
        return f"<Reply to {name}: code {self.code}, HTTP {self.http_status}{order}{rows}>"

    def _reads(self) -> bool:
        return self._operation is None or self._operation.effect is Effect.READ

    if not TYPE_CHECKING:  # a type checker knows what there is

        def __getattr__(self, name: str) -> Any:
            """Say where the columns are to one who looks for them here."""
            problem = f"'Reply' object has no attribute {name!r}"
            if not name.startswith("_"):
                problem = _("{problem}; .frame() gives its rows as a DataFrame, .data as JSON").format(
                    problem=problem
                )
            raise AttributeError(problem, name=name, obj=self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what the broker said; a reply that holds a token or a password of one use is refused."""
        answer = self._answer
        data = answer.data if answer.parsed else None
        if isinstance(data, dict) and any(_SECRET.search(name) for name in data):
            raise TypeError(_("This reply holds a secret, which is never pickled or copied."))
        name = self._operation.name if self._operation else None
        told = {"order_id": self._order_id, "asked": self._asked, "facts": self._facts}
        told |= {"words": self.words, "state": self.state}
        return _restored, (answer.content, (answer.status, answer.trace_id, answer.elapsed), name, told)


def _restored(
    content: bytes,
    facts: tuple[int, str | None, float],
    name: str | None,
    told: dict[str, Any],
) -> Reply:
    from jupyter_openapi.transport.responses import Answer

    operation = None if name is None else catalog().find(name)
    return Reply(Answer.restored(content, *facts), operation, **told)


def check_kind(kind: str) -> None:
    """Refuse a kind of frame that there is not."""
    if not isinstance(kind, str) or kind not in KINDS:
        raise RequestRefused(
            _("kind is one of {choices}, not {given!r}.").format(
                choices=", ".join(KINDS), given=short(str(kind), 40)
            )
        )
