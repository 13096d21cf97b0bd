"""Portfolio analysis: value, profit and loss, lots, returns, exposure, rebalancing, snapshots, archives.

- `value`: one row a holding, of one account or several, `totals` by market and currency, `notes` in words;
- `pnl`: realized profit and loss from executions, round trip by round trip, `by_symbol` beside the broker's;
- `lots`: open tax lots; `tax_year`: a year's round trips as an Excel file;
- `snapshot` and `equity_curve`: what the account was worth over time; `backfill`: the same of
  past days, worked out; `returns` by day, month and year beside
  a benchmark, `months` as a table, `statistics` of them, `tearsheet` as a page;
- `trade_stats` and `slippage`: how trades went, and what orders filled at;
- `income` and `total_return`: dividends, interest and splits; what each security brought;
- `exposure`, `what_if`, `rebalance`: what moves with the holdings, what orders would change, and which orders
  lead to target weights, as a preview;
- `archive`: a long history on disk, by account and month; `archived_trips` and `archived_lots` go through it
  in little memory, `trips_of` and `lots_of` do the same with a frame, or a part of a Dask frame,
  `closed_by_day` sums either up; `archived_rates` are the rates of exchange that snapshots kept.

Amounts are multiplied and summed exactly and become ``float64`` only as a finished column. What can't be
known is NaN and named, never 0.
"""

from __future__ import annotations

from jupyter_openapi.portfolio.account_values import value
from jupyter_openapi.portfolio.aggregates import by_symbol, notes, totals
from jupyter_openapi.portfolio.archive_ledgers import (
    archived_lots,
    archived_trips,
    closed_by_day,
    lots_of,
    trips_of,
)
from jupyter_openapi.portfolio.archive_money import archived_rates
from jupyter_openapi.portfolio.archiver import Archive, archive
from jupyter_openapi.portfolio.backfilling import Backfill, backfill
from jupyter_openapi.portfolio.cash_income import income, total_return
from jupyter_openapi.portfolio.equity import equity_curve
from jupyter_openapi.portfolio.execution_costs import slippage
from jupyter_openapi.portfolio.exposures import exposure
from jupyter_openapi.portfolio.performance import months, returns
from jupyter_openapi.portfolio.positions import IncompleteWarning
from jupyter_openapi.portfolio.realized_pnl import pnl
from jupyter_openapi.portfolio.rebalancing import rebalance, rebalance_plan
from jupyter_openapi.portfolio.risk_statistics import statistics
from jupyter_openapi.portfolio.snapshot_store import Snapshot, snapshot, snapshots
from jupyter_openapi.portfolio.tax_export import tax_year
from jupyter_openapi.portfolio.tax_lots import lots
from jupyter_openapi.portfolio.tear_sheet import tearsheet
from jupyter_openapi.portfolio.trade_figures import trade_stats
from jupyter_openapi.portfolio.what_if_orders import what_if

__all__ = [
    "Archive",
    "Backfill",
    "IncompleteWarning",
    "Snapshot",
    "archive",
    "archived_lots",
    "archived_rates",
    "archived_trips",
    "backfill",
    "by_symbol",
    "closed_by_day",
    "equity_curve",
    "exposure",
    "income",
    "lots",
    "lots_of",
    "months",
    "notes",
    "pnl",
    "rebalance",
    "rebalance_plan",
    "returns",
    "slippage",
    "snapshot",
    "snapshots",
    "statistics",
    "tax_year",
    "tearsheet",
    "total_return",
    "totals",
    "trade_stats",
    "trips_of",
    "value",
    "what_if",
]
