"""Portfolio analysis: value, profit and loss, lots, returns, snapshots, archives.

- `value`: one row a holding, `totals` by market and currency, `notes` in words;
- `pnl`: realized profit and loss from executions, round trip by round trip, `by_symbol` beside the broker's;
- `snapshot` and `equity_curve`: what the account was worth over time;
- `archive`: a long history on disk, by account and month.

Amounts are multiplied and summed exactly and become ``float64`` only as a finished column. What can't be
known is NaN and named, never 0.
"""

from __future__ import annotations

from jupyter_openapi.portfolio.aggregates import by_symbol, notes, totals
from jupyter_openapi.portfolio.archiver import Archive, archive
from jupyter_openapi.portfolio.equity import equity_curve
from jupyter_openapi.portfolio.positions import IncompleteWarning
from jupyter_openapi.portfolio.realized_pnl import pnl
from jupyter_openapi.portfolio.snapshot_store import Snapshot, snapshot, snapshots
from jupyter_openapi.portfolio.valuation import value

__all__ = [
    "Archive",
    "IncompleteWarning",
    "Snapshot",
    "archive",
    "by_symbol",
    "equity_curve",
    "notes",
    "pnl",
    "snapshot",
    "snapshots",
    "totals",
    "value",
]
