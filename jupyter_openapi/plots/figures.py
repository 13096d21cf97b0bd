"""The charts of holdings, equity, candles and executions; each takes a frame and returns a figure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import guarded
from jupyter_openapi.plots.averages import lengths_of
from jupyter_openapi.plots.charts import allocation_bars, bars_of, candles_of, curve_of, profit_bars
from jupyter_openapi.plots.engines import drawing
from jupyter_openapi.plots.performance_charts import is_returns
from jupyter_openapi.plots.performance_figures import indexed

if TYPE_CHECKING:
    import pandas as pd


@guarded
def allocation(
    frame: pd.DataFrame,
    by: str = "symbol",
    *,
    interactive: bool = False,
    privacy: bool = False,
    theme: str | None = None,
) -> Any:
    """Draw the share of each holding, market or currency in all value, cash included.

    Parameters
    ----------
    frame
        What `portfolio.value` gave. Rows without a value are named below the picture.
    by
        ``symbol``, ``market`` or ``currency``.
    interactive
        A plotly figure instead of matplotlib's.
    privacy
        Shares only, no amounts.
    theme
        ``light`` or ``dark``; by default that of matplotlib's or plotly's own settings.

    Returns
    -------
    matplotlib.figure.Figure or plotly.graph_objects.Figure

    Raises
    ------
    RequestRefused
        The frame is another, `by` is none of these, or the library is not installed.
    """
    names = frame.get("symbol_name", ()) if by == "symbol" else ()
    with _drawing(theme, interactive=interactive, names=names) as check:
        return check.bars(allocation_bars(frame, by, privacy=privacy, readable=check.readable))


@guarded
def profit(
    frame: pd.DataFrame,
    what: str = "unrealized",
    *,
    interactive: bool = False,
    privacy: bool = False,
    theme: str | None = None,
) -> Any:
    """Draw the profit and loss of each holding in the base currency, at today's rates.

    Parameters
    ----------
    frame
        What `portfolio.value` gave. Rows without a profit are named below the picture.
    what
        ``unrealized`` (value less cost) or ``day`` (today's).
    interactive
        A plotly figure instead of matplotlib's.
    privacy
        Percentages only, no amounts.
    theme
        ``light`` or ``dark``; by default that of matplotlib's or plotly's own settings.

    Returns
    -------
    matplotlib.figure.Figure or plotly.graph_objects.Figure

    Raises
    ------
    RequestRefused
        The frame is another, `what` is none of these, or the library is not installed.
    """
    names = frame.get("symbol_name", ())
    with _drawing(theme, interactive=interactive, names=names) as check:
        return check.bars(profit_bars(frame, what, privacy=privacy, readable=check.readable))


@guarded
def equity(
    frame: pd.DataFrame, *, interactive: bool = False, privacy: bool = False, theme: str | None = None
) -> Any:
    """Draw what the account was worth at its snapshots, and the drawdown of its time-weighted return below.

    Of the frame of `portfolio.returns` it draws the index, beside that of its benchmark.

    Parameters
    ----------
    frame
        What `portfolio.equity_curve` gave, or `portfolio.returns` by day.
    interactive
        A plotly figure instead of matplotlib's.
    privacy
        The return's index, 100 at the start, instead of amounts.
    theme
        ``light`` or ``dark``; by default that of matplotlib's or plotly's own settings.

    Returns
    -------
    matplotlib.figure.Figure or plotly.graph_objects.Figure

    Raises
    ------
    RequestRefused
        The frame is another, or the library is not installed.
    """
    if is_returns(frame):
        return indexed(frame, interactive=interactive, theme=theme)
    with _drawing(theme, interactive=interactive) as check:
        return check.curve(curve_of(frame, privacy=privacy))


@guarded
def executions(
    candles: pd.DataFrame,
    fills: pd.DataFrame,
    symbol: str | None = None,
    *,
    interactive: bool = False,
    privacy: bool = False,
    theme: str | None = None,
) -> Any:
    """Draw a security's executions on its candles: purchases point up, sales down, each at its price.

    Parameters
    ----------
    candles
        What the candles' operations gave. Ask for ``adjust_type=none``: adjusted prices are not those that
        were paid.
    fills
        What the executions' operations gave, of one security or several.
    symbol
        Which one; needed where `fills` holds several.
    interactive
        A plotly figure instead of matplotlib's.
    privacy
        No quantities.
    theme
        ``light`` or ``dark``; by default that of matplotlib's or plotly's own settings.

    Returns
    -------
    matplotlib.figure.Figure or plotly.graph_objects.Figure

    Raises
    ------
    RequestRefused
        A frame is another, or the library is not installed.
    """
    with _drawing(theme, interactive=interactive) as check:
        return check.candles(candles_of(candles, fills, symbol, privacy=privacy))


@guarded
def candles(
    frame: pd.DataFrame,
    fills: pd.DataFrame | None = None,
    symbol: str | None = None,
    *,
    averages: Sequence[int] = (),
    most: int | None = None,
    interactive: bool = False,
    privacy: bool = False,
    theme: str | None = None,
) -> Any:
    """Draw the candles of a security with volume and moving averages, times in its market's zone.

    Parameters
    ----------
    frame
        What the candles' operations gave, of one security or several.
    fills
        What the executions' operations gave; each is marked at its price. Ask for candles with
        ``adjust_type=none`` then: adjusted prices are not those that were paid.
    symbol
        Which one; needed where `frame` holds several, or does not name it.
    averages
        Lengths of simple moving averages of the closes, in bars.
    most
        Draw only so many, the newest; the averages are of all.
    interactive
        A plotly figure instead of matplotlib's.
    privacy
        No quantities.

    Returns
    -------
    matplotlib.figure.Figure or plotly.graph_objects.Figure

    Raises
    ------
    RequestRefused
        A frame is another, or the library is not installed.
    """
    lengths = lengths_of(averages)
    with _drawing(theme, interactive=interactive) as check:
        return check.candles(bars_of(frame, fills, symbol, lengths, most=most, privacy=privacy))


@contextmanager
def _drawing(theme: str | None, *, interactive: bool, names: Iterable[object] = ()) -> Iterator[Any]:
    """Give the module that draws, in a theme.

    Raises
    ------
    RequestRefused
        There is no such theme, or the library is not installed.
    """
    engine = "draw_plotly" if interactive else "draw_matplotlib"
    with drawing(theme, engine, interactive=interactive, names=names) as check:
        yield check
