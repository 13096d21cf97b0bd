"""Previews: frozen requests that would change something, shown, then sent once.

Those of the last cell that made some, on one connection, are pending: ``%openapi send`` may send them. What a
line sends is what was last shown. So a change that was refused, another connection and a preview made
elsewhere for the same symbol and side all clear what was pending, and a preview that nobody has seen is shown
first.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from jupyter_openapi.account import Account
from jupyter_openapi.errors import Interrupted, RequestRefused, guarded
from jupyter_openapi.kernel import Cell, is_captured
from jupyter_openapi.messages import N_, _, aligned, commas
from jupyter_openapi.reply import Reply
from jupyter_openapi.spec.check import flag
from jupyter_openapi.spec.model import Operation


class Stopwatch:
    """Measures the seconds since it was made."""

    __slots__ = ("_monotonic", "_wall")

    def __init__(self) -> None:
        self._monotonic, self._wall = time.monotonic(), time.time()

    @property
    def seconds(self) -> float:
        """Seconds since then; too many rather than too few."""
        return max(time.monotonic() - self._monotonic, time.time() - self._wall)


GOOD_FOR = 60.0  # seconds: a price moves on


class Original:
    """Guard against a second sending: belongs to one preview in one process, and refuses any other."""

    __slots__ = ("_process", "_taken")

    def __init__(self) -> None:
        self._process = os.getpid()
        self._taken = False

    def take(self) -> None:
        """Claim it for a preview, once: `dataclasses.replace` would make two of one."""
        if self._taken:
            raise TypeError(_(NOT_COPIED))
        self._taken = True

    def check(self) -> None:
        """Refuse to send in a forked child what its parent may send as well."""
        if self._process != os.getpid():
            raise RequestRefused(
                _(
                    "This preview was made in another process, which alone may send it; nothing was sent. "
                    "Preview it again here."
                )
            )


NOT_COPIED = N_("A preview can't be pickled or copied: it is sent once, from the kernel that made it.")


LABELS = (
    N_("account"),
    N_("order"),
    N_("change"),
    N_("as it stands"),
    N_("asks"),
    N_("amount"),
    N_("last price"),
    N_("market"),
    N_("buying power"),
    N_("tick"),
    N_("warning"),
    N_("overridden"),
    N_("unknown"),
    N_("again"),
    N_("note"),
    N_("sends"),
    N_("client_request_id"),
    N_("price"),
    N_("quantity"),
)
"""The labels of a preview's lines. The lines keep them in English, and show them in the language in use."""


class Sighting:
    """Whether a person saw a preview, and the line that sends it; "" where none does but its own `send()`."""

    __slots__ = ("line", "seen")

    def __init__(self) -> None:
        self.seen = False
        self.line = ""

    def words(self) -> str:
        """Say that nothing was sent, and how to send it."""
        how = f"`{self.line}`" if self.line else "`preview.send()`"
        return _("PREVIEW: nothing was sent. Send it within {good_for:.0f} s: {how}").format(
            good_for=GOOD_FOR, how=how
        )


@dataclass(frozen=True, eq=False)
class Preview:
    """A request that was checked and not sent: in words, and the very bytes.

    Attributes
    ----------
    operation
        What it asks for, by the specification.
    method, path, query, body
        The request itself; `query` is encoded, `body` is the bytes that would leave.
    account
        Whose money moves.
    lines
        What a person should know before sending, as pairs of label and text.
    client_request_id
        The order's own id: the broker books it once, however often it arrives within 10 minutes.
    order_id
        The order that a replace or cancel touches.
    tag
        The mark at the end of the order's remark, by which it can be found at the broker.
    fingerprint
        A digest of what makes two orders the same.
    basket
        The basket it is a row of, and its number there.
    overrides
        The named limits it was allowed to pass.
    market_side
        The symbol and side it is about, also where it changes an order; None where it has none.
    cell
        The run of the cell that made it.
    calls
        How many calls of the broker's trade limit it took.
    last_price
        The last price of the security when it was made, None where it was not read.
    after
        Of a replace: the last replace of its order that the journal knew of.
    sighting
        Whether a person saw it.
    """

    operation: Operation
    method: str
    path: str
    query: str
    body: bytes
    account: Account
    lines: tuple[tuple[str, str], ...]
    client_request_id: str | None = None
    order_id: str | None = None
    tag: str | None = None
    fingerprint: str = ""
    basket: tuple[str, int] | None = None
    overrides: frozenset[str] = frozenset()
    market_side: tuple[str, str] | None = None
    cell: Cell | None = None
    calls: int = 0
    last_price: Decimal | None = None
    after: int | None = None
    sighting: Sighting = field(default_factory=Sighting, init=False, repr=False)
    _admit: Callable[..., None] = field(repr=False, kw_only=True)
    _allowed: Callable[[], None] = field(repr=False, kw_only=True)
    _deliver: Callable[..., Reply] = field(repr=False, kw_only=True)
    _original: Original = field(default_factory=Original, repr=False, kw_only=True)
    _made: Stopwatch = field(default_factory=Stopwatch, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _spent: list[str] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        self._original.take()

    def put_first(self, lines: Iterable[tuple[str, str]]) -> None:
        """Put lines before the others."""
        object.__setattr__(self, "lines", (*lines, *self.lines))

    def put_in_basket(self, name: str, row: int) -> None:
        """Make it a row of a basket."""
        object.__setattr__(self, "basket", (name, row))

    @property
    def fields(self) -> Mapping[str, Any]:
        """The body's fields, as JSON gives them."""
        fields: dict[str, Any] = json.loads(self.body) if self.body else {}
        return fields

    @property
    def market_sides(self) -> frozenset[tuple[str, str]]:
        """The symbol and side it is about, as a set; empty where it has none."""
        return frozenset() if self.market_side is None else frozenset({self.market_side})

    @property
    def age(self) -> float:
        """Seconds since it was made."""
        return self._made.seconds

    @property
    def sent(self) -> bool:
        """Whether it was sent, or tried."""
        return bool(self._spent)

    @guarded
    def send(self, *, again: bool = False) -> Reply:
        """Send this very request, once, while it is under 60 seconds old.

        Parameters
        ----------
        again
            Send it even though an earlier run of this notebook cell sent the same order.

        Raises
        ------
        RequestRefused
            It was sent before, it is too old, the account may not be changed, or an earlier run sent it.
        ApiError, TransportError, OutcomeUnknown, Interrupted
            As `Client.call`.
        """
        return self._send(again=flag("again", again), age=self.age)

    def _send(self, *, again: bool, age: float, look: bool = True) -> Reply:
        self._original.check()
        with self._lock:
            if self._spent:
                raise RequestRefused(
                    _("This {name} was sent already; nothing more was sent. Preview it again.").format(
                        name=self.operation.name
                    )
                )
            if age > GOOD_FOR:
                raise RequestRefused(
                    _(
                        "This preview is {age:.0f} s old and good for {good_for:.0f} s; nothing was sent. "
                        "Preview it again."
                    ).format(age=age, good_for=GOOD_FOR)
                )
            self._admit(self, again=again)
            self._spent.append("sent")
        try:
            return self._deliver(self, look=look)
        except Interrupted:
            raise
        except KeyboardInterrupt:  # in a moment of which nobody else can say what was done
            raise Interrupted(
                _(
                    "Interrupted while {name} was being sent: it may have been done. `%openapi journal` says "
                    "what became of it."
                ).format(name=self.operation.name),
                in_flight=True,
            ) from None

    def __str__(self) -> str:
        rows = aligned(((label, " ".join(text.split())) for label, text in self.lines), "  ")
        return "\n".join([*self._heads(), *rows])

    def _heads(self) -> list[str]:
        """Return the lines above the facts: what holds it back, and how it is sent."""
        if self.sent:
            return [_("SENT")]
        try:
            self._allowed()
        except RequestRefused as refused:
            return [_("PREVIEW: nothing was sent, and this can't be: {refused}").format(refused=refused)]
        unknown = [
            _("UNKNOWN: {text}.").format(text=text) for label, text in self.lines if label == "unknown"
        ]
        return [*unknown, self.sighting.words()]

    __repr__ = __str__

    def _repr_mimebundle_(self, **_kinds: object) -> dict[str, str]:
        """Return what a front end shows, and note that it was shown."""
        self.sighting.seen = self.sighting.seen or not is_captured()
        return {"text/plain": str(self)}

    def __reduce__(self) -> str:
        raise TypeError(_(NOT_COPIED))


_TYPED: ContextVar[bool] = ContextVar("typed", default=False)


@contextmanager
def typed_line() -> Iterator[None]:
    """Mark the previews made inside as those of a ``%openapi`` line, which clears older ones itself."""
    token = _TYPED.set(True)
    try:
        yield
    finally:
        _TYPED.reset(token)


NONE_YET = N_("type an order first, `%openapi submit ...`.")


class Pending(Protocol):
    """A preview or a basket, as ``%openapi send`` takes it."""

    @property
    def sighting(self) -> Sighting:
        """Whether a person saw it, and the line that sends it."""
        ...

    @property
    def sent(self) -> bool:
        """Whether it was sent, or tried."""
        ...

    @property
    def market_sides(self) -> frozenset[tuple[str, str]]:
        """The symbols and sides that it is about."""
        ...

    def send(self, *, again: bool = False) -> Any:
        """Send it, once."""
        ...


class PendingPreviews:
    """The previews of one connection that wait for ``%openapi send``; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._previews: list[Pending] = []
        self._cell: object = None
        self._why = NONE_YET

    @property
    def last(self) -> Pending | None:
        """The latest preview, or None."""
        with self._lock:
            return self._previews[-1] if self._previews else None

    def add(self, preview: Pending, cell: object) -> int:
        """Make `preview` pending, beside the others that the same `cell` made; return its number there."""
        with self._lock:
            if cell is None or cell != self._cell:
                self._previews.clear()
            self._cell = cell
            self._previews.append(preview)
            return len(self._previews)

    def put(self, preview: Pending | None) -> None:
        """Make one preview the only pending one, as if it had been seen; None clears."""
        with self._lock:
            self._previews[:] = [] if preview is None else [preview]
            self._cell, self._why = None, NONE_YET

    def unsee(self) -> None:
        """Mark what is pending as not seen."""
        with self._lock:
            for each in self._previews:
                each.sighting.seen = False

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
            alike = any(made.market_sides & each.market_sides for each in self._previews)
        if alike:
            self.clear(_("a newer one for the same symbol and side was made by a form or in Python."))

    def choose(self, number: int | None = None) -> Pending:
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
        lines = commas(f"`%openapi send {each}`" for each in range(1, len(found) + 1))
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
