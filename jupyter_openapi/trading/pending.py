"""Previews that ``%openapi send`` may send: those of the last cell that made some, on one connection.

What a line sends is what was last shown. So a change that was refused, another connection and a preview made
elsewhere for the same symbol and side all clear what was pending, and a preview that nobody has seen is shown
first.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.messages import N_, _
from jupyter_openapi.trading.basket import Basket
from jupyter_openapi.trading.preview import Preview

_TYPED: ContextVar[bool] = ContextVar("typed", default=False)


@contextmanager
def typed_line() -> Iterator[None]:
    """Mark the previews that are made inside as those of a line, which says itself what they clear."""
    token = _TYPED.set(True)
    try:
        yield
    finally:
        _TYPED.reset(token)


NONE_YET = N_("type an order first, `%openapi submit ...`.")


class PendingPreviews:
    """The previews of one connection that wait for ``%openapi send``; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._previews: list[Any] = []
        self._cell: object = None
        self._why = NONE_YET

    @property
    def last(self) -> Any:
        """The latest preview, or None."""
        with self._lock:
            return self._previews[-1] if self._previews else None

    def add(self, preview: Preview | Basket, cell: object) -> int:
        """Make `preview` pending, beside the others that the same `cell` made; return its number there."""
        with self._lock:
            if cell is None or cell != self._cell:
                self._previews.clear()
            self._cell = cell
            self._previews.append(preview)
            return len(self._previews)

    def put(self, preview: Any) -> None:
        """Make one preview the only pending one, as if it had been seen; None clears."""
        with self._lock:
            self._previews[:] = [] if preview is None else [preview]
            self._cell, self._why = None, NONE_YET

    def clear(self, why: str, *, otherwise: str | None = None) -> None:
        """Forget what is pending.

        Parameters
        ----------
        why
            Completes "There is no preview to send: ".
        otherwise
            The same if nothing was pending; `why` if not given.
        """
        with self._lock:
            self._why = why if self._previews or otherwise is None else otherwise
            self._previews.clear()
            self._cell = None

    def clear_if_alike(self, made: Preview) -> None:
        """Forget what is pending if `made`, from a form or Python, is for the symbol and side of one."""
        if _TYPED.get():
            return
        with self._lock:
            alike = made.market_side is not None and any(
                made.market_side in _sides(each) for each in self._previews
            )
        if alike:
            self.clear(_("a newer one for the same symbol and side was made by a form or in Python."))

    def choose(self, number: int | None = None) -> Any:
        """Return the preview to send: the only one, or that of a number.

        Raises
        ------
        RequestRefused
            There is none, none of that number, or several and no number.
        """
        with self._lock:
            found = list(self._previews)
            why = self._why
        if not found:
            raise RequestRefused(_("There is no preview to send: {why}").format(why=_(why)))
        if number is None and len(found) == 1:
            return found[0]
        lines = ", ".join(f"`%openapi send {each}`" for each in range(1, len(found) + 1))
        if number is None:
            raise RequestRefused(
                _("Nothing was sent: the last cell made {count} previews. Type one of {lines}.").format(
                    count=len(found), lines=lines
                )
            )
        if not 1 <= number <= len(found):
            raise RequestRefused(
                _("Nothing was sent: there is no preview {number}. Type {lines}.").format(
                    number=number, lines=lines
                )
            )
        return found[number - 1]


def _sides(pending: Any) -> set[tuple[str, str]]:
    """Return the symbols and sides that a pending preview or basket is for."""
    rows = pending.previews if isinstance(pending, Basket) else (pending,)
    return {side for row in rows if (side := getattr(row, "market_side", None)) is not None}
