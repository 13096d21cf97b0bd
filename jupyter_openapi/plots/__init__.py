"""Charts: allocation, profit, equity, drawdown, months, exposure, candles, executions on candles, slippage.

Each returns its figure: matplotlib's by default, plotly's with ``interactive=True``; neither needs the
network. Colours tell gain from loss for colour-blind readers, too (blue and orange; candles hollow and
filled), and mean the same in markets where red is up. Names that no installed font can show are replaced by
the symbol. ``theme`` is ``light`` or ``dark``.
"""

from __future__ import annotations

from jupyter_openapi.plots.figures import (
    allocation,
    candles,
    drawdown,
    equity,
    executions,
    exposure,
    months,
    profit,
    slippage,
)

__all__ = [
    "allocation",
    "candles",
    "drawdown",
    "equity",
    "executions",
    "exposure",
    "months",
    "profit",
    "slippage",
]
