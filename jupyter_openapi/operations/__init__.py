"""Every operation as a typed method of `Client`, the same as `call` with its name.

Generated from the specification by `python tools/methods.py`; edit that, not this.
"""

from __future__ import annotations

from jupyter_openapi.operations.account import AccountOperations
from jupyter_openapi.operations.agent import AgentOperations
from jupyter_openapi.operations.alert import AlertOperations
from jupyter_openapi.operations.asset import AssetOperations
from jupyter_openapi.operations.calendar import CalendarOperations
from jupyter_openapi.operations.content import ContentOperations
from jupyter_openapi.operations.dca import DcaOperations
from jupyter_openapi.operations.fund import FundOperations
from jupyter_openapi.operations.fundamental import FundamentalOperations
from jupyter_openapi.operations.grid import GridOperations
from jupyter_openapi.operations.ipo import IpoOperations
from jupyter_openapi.operations.market import MarketOperations
from jupyter_openapi.operations.portfolio import PortfolioOperations
from jupyter_openapi.operations.quote import QuoteOperations
from jupyter_openapi.operations.screener import ScreenerOperations
from jupyter_openapi.operations.sharelist import SharelistOperations
from jupyter_openapi.operations.trade import TradeOperations
from jupyter_openapi.operations.watchlist import WatchlistOperations

__all__ = ["Operations"]


class Operations(
    AccountOperations,
    AgentOperations,
    AlertOperations,
    AssetOperations,
    CalendarOperations,
    ContentOperations,
    DcaOperations,
    FundOperations,
    FundamentalOperations,
    GridOperations,
    IpoOperations,
    MarketOperations,
    PortfolioOperations,
    QuoteOperations,
    ScreenerOperations,
    SharelistOperations,
    TradeOperations,
    WatchlistOperations,
):
    """Base of `Client`: a method for every operation."""
