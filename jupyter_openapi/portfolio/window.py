"""The executions a profit takes: those of the window, and what came before them, as far as it is needed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import OpenAPIError
from jupyter_openapi.pages.plan import DAY, make_plan
from jupyter_openapi.portfolio.exact import ZERO
from jupyter_openapi.portfolio.fills import read_window
from jupyter_openapi.portfolio.holdings import Holding, read_stocks
from jupyter_openapi.portfolio.reading import brief
from jupyter_openapi.spec import catalog

if TYPE_CHECKING:
    from decimal import Decimal

    from jupyter_openapi.portfolio.fills import Fill
    from jupyter_openapi.portfolio.reading import Reader

STRETCH = 90  # days of one look further back: a window of the broker's, so one request
LOOKS = 4  # of them: a year


@dataclass
class Trades:
    """The executions of an account from `since` until now, and what they lead to.

    Attributes
    ----------
    start, end
        First and last second of the window asked for.
    since
        The first second that was read.
    fills
        Oldest first.
    held
        What is held now, by symbol; None where that can't be had.
    holdings
        The positions it was taken from.
    """

    start: int
    end: int
    since: int
    fills: list[Fill] = field(default_factory=list)
    held: dict[str, Decimal] | None = None
    holdings: list[Holding] = field(default_factory=list)

    @property
    def symbols(self) -> list[str]:
        """What was traded in the window, in the order of its first trade."""
        return list(dict.fromkeys(fill.symbol for fill in self.fills if self.inside(fill.at)))

    def inside(self, at: int) -> bool:
        """Tell whether a moment is in the window."""
        return self.start <= at <= self.end

    def of(self, symbol: str) -> list[Fill]:
        """Return the executions in one security."""
        return [fill for fill in self.fills if fill.symbol == symbol]

    def quantity(self, symbol: str, before: int) -> Decimal | None:
        """Return what was held just before a moment: what is held now less what was traded since.

        None where the positions, or the side of an execution, are not known. What moved without an execution
        (a transfer, a split) counts as if it had been there all along.
        """
        later = [fill for fill in self.fills if fill.symbol == symbol and fill.at >= before]
        if self.held is None or any(not fill.sign for fill in later):
            return None
        return self.held.get(symbol, ZERO) - sum((fill.signed for fill in later), ZERO)

    def unresolved(self) -> list[str]:
        """Return the symbols of which something was closed in the window that was held before `since`."""
        found = []
        for symbol in self.symbols:
            held = self.quantity(symbol, self.since)
            if held and any(fill.signed * held < 0 and self.inside(fill.at) for fill in self.of(symbol)):
                found.append(symbol)
        return found


def read_trades(reader: Reader, start: Any, end: Any, since: Any = None) -> Trades:
    """Read the executions of a window and, where something older was sold in it, of the time before.

    Parameters
    ----------
    reader
        Reads the account.
    start, end
        The window, as a person writes it; both included.
    since
        How far to look back for purchases. By default up to a year, 90 days at a time, until nothing that
        was sold is left unexplained.

    Raises
    ------
    RequestRefused
        The window is none.
    OpenAPIError
        The executions of the window can't be had.
    """
    first, last = _seconds(reader, start, end)
    limit = None if since is None else _seconds(reader, since, end)[0]
    trades = Trades(first, last, min(first, first if limit is None else limit))
    trades.fills = read_window(reader, trades.since)
    positions = len(reader.missing)
    trades.holdings = read_stocks(reader)
    if len(reader.missing) == positions:
        trades.held = {}
        for holding in trades.holdings:
            trades.held[holding.symbol] = trades.held.get(holding.symbol, ZERO) + (holding.quantity or ZERO)
    if limit is None:
        _look_back(reader, trades)
    return trades


def _look_back(reader: Reader, trades: Trades) -> None:
    for _ in range(LOOKS):
        if not trades.unresolved():
            return
        earlier = max(0, trades.since - STRETCH * DAY)
        try:
            older = read_window(reader, earlier, trades.since - 1)
        except OpenAPIError as failure:
            reader.miss(
                f"executions before {datetime.fromtimestamp(trades.since, UTC):%Y-%m-%d} ({brief(failure)})"
            )
            return
        trades.fills = [*older, *trades.fills]
        trades.since = earlier


def _seconds(reader: Reader, start: Any, end: Any) -> tuple[int, int]:
    """Return the first and the last second of a window."""
    operation = catalog().operations["history_executions"]
    window = {"start_at": start} if end is None else {"start_at": start, "end_at": end}
    plan = make_plan(operation, window, tz=reader.source.tz, now=datetime.now(UTC))
    return plan.start, plan.last
