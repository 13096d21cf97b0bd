"""The charts of returns, exposure and slippage; each takes a frame and returns a figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import guarded
from jupyter_openapi.plots.engines import drawing
from jupyter_openapi.plots.performance_charts import (
    Lines,
    drawdown_lines,
    exposure_bars,
    index_lines,
    month_grid,
    slippage_dots,
)

if TYPE_CHECKING:
    import pandas as pd

ENGINES = {False: "draw_matplotlib_performance", True: "draw_plotly_performance"}


def indexed(frame: pd.DataFrame, *, interactive: bool, theme: str | None) -> Any:
    """Draw the index of a frame of `portfolio.returns` beside its benchmark's, drawdowns below."""
    return _lines(index_lines, frame, interactive=interactive, theme=theme)


@guarded
def drawdown(frame: pd.DataFrame, *, interactive: bool = False, theme: str | None = None) -> Any:
    """Draw how far the account, and its benchmark, are below their peaks.

    Parameters
    ----------
    frame
        What `portfolio.returns` gave, by day.
    interactive
        A plotly figure instead of matplotlib's.
    theme
        ``light`` or ``dark``; by default that of matplotlib's or plotly's own settings.

    Returns
    -------
    matplotlib.figure.Figure or plotly.graph_objects.Figure

    Raises
    ------
    RequestRefused
        The frame is another, there is no such theme, or the library is not installed.
    """
    return _lines(drawdown_lines, frame, interactive=interactive, theme=theme)


@guarded
def months(table: pd.DataFrame, *, interactive: bool = False, theme: str | None = None) -> Any:
    """Draw the returns of months as a heat map: a row a year, a column a month, and the year.

    Parameters
    ----------
    table
        What `portfolio.months` gave.
    interactive
        A plotly figure instead of matplotlib's.
    theme
        ``light`` or ``dark``; by default that of matplotlib's or plotly's own settings.

    Returns
    -------
    matplotlib.figure.Figure or plotly.graph_objects.Figure

    Raises
    ------
    RequestRefused
        The frame is another, there is no such theme, or the library is not installed.
    """
    with drawing(theme, ENGINES[interactive], interactive=interactive) as engine:
        return engine.grid(month_grid(table))


@guarded
def exposure(
    frame: pd.DataFrame, *, interactive: bool = False, privacy: bool = False, theme: str | None = None
) -> Any:
    """Draw the net exposure of each group as a share of net assets; short ones to the left.

    Parameters
    ----------
    frame
        What `portfolio.exposure` gave.
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
        The frame is another, there is no such theme, or the library is not installed.
    """
    with drawing(theme, ENGINES[interactive], interactive=interactive) as engine:
        return engine.bars(exposure_bars(frame, privacy=privacy, readable=engine.readable))


@guarded
def slippage(
    frame: pd.DataFrame,
    against: str = "last",
    *,
    interactive: bool = False,
    privacy: bool = False,
    theme: str | None = None,
) -> Any:
    """Draw what each order lost against an earlier price: purchases point up, sales down.

    Parameters
    ----------
    frame
        What `portfolio.slippage` gave.
    against
        ``last``: the last price when it was sent; ``arrival``: the market's when it arrived.
    interactive
        A plotly figure instead of matplotlib's.
    privacy
        No amounts and no quantities.
    theme
        ``light`` or ``dark``; by default that of matplotlib's or plotly's own settings.

    Returns
    -------
    matplotlib.figure.Figure or plotly.graph_objects.Figure

    Raises
    ------
    RequestRefused
        The frame is another, `against` or the theme is none, or the library is not installed.
    """
    with drawing(theme, ENGINES[interactive], interactive=interactive) as engine:
        return engine.dots(slippage_dots(frame, against, privacy=privacy))


def _lines(
    make: Callable[[pd.DataFrame], Lines], frame: pd.DataFrame, *, interactive: bool, theme: str | None
) -> Any:
    with drawing(theme, ENGINES[interactive], interactive=interactive) as engine:
        return engine.lines(make(frame))
