"""What a walk gave: the rows, and whether they are all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jupyter_openapi import frames
from jupyter_openapi.pages.records import with_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import pandas as pd

    from jupyter_openapi.spec.model import Operation


@dataclass(frozen=True)
class History:
    """The rows of a history.

    Attributes
    ----------
    operation
        What was asked for.
    rows
        The broker's rows as they came (decimals are text), oldest first; those of one second in the order
        they came about, as far as the broker's own order tells.
    complete
        Whether these are all the rows there were when it was asked for.
    why
        What is missing and why, if it is not complete.
    start, end
        First and last moment of the window, both inclusive; None for an operation without one.
    pages
        Requests made.
    interrupted
        Whether Ctrl-C broke it off.
    """

    operation: Operation
    rows: list[Any] = field(repr=False)
    complete: bool
    why: str
    start: datetime | None
    end: datetime | None
    pages: int
    interrupted: bool = False
    place: tuple[str, ...] = field(default=("list",), repr=False)
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def __repr__(self) -> str:
        return f"<History of {self.operation.name}: {self.summary()}>"

    @property
    def data(self) -> Any:
        """The rows as one reply would hold them: ``{"orders": [...]}``."""
        return with_rows(self.place, self.rows)

    def frame(self, *, decimals: str = "float64", tz: str = "UTC") -> pd.DataFrame:
        """Return the rows as a typed frame, as `Reply.frame` does for one reply.

        Parameters
        ----------
        decimals
            ``float64``, or ``decimal`` or ``string`` to keep every digit.
        tz
            The time zone of its timestamps.
        """
        frame = frames.to_frame(self.data, self.operation, decimals=decimals, tz=tz)
        window = [moment.isoformat() for moment in (self.start, self.end) if moment is not None]
        return frames.describe(
            frame, **self.facts, window=window or None, complete=self.complete, pages=self.pages
        )

    def summary(self) -> str:
        """Return one line: ``1,204 rows, 2026-11-01 to 2026-11-30, complete``."""
        rows = f"{len(self.rows):,} row{'' if len(self.rows) == 1 else 's'}"
        window = f"{self.start:%Y-%m-%d} to {self.end:%Y-%m-%d}" if self.start and self.end else ""
        state = "complete" if self.complete else f"incomplete: {self.why}"
        return ", ".join(filter(None, [rows, window, state]))
