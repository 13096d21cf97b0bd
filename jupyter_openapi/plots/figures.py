"""The four charts; each takes a frame and returns a figure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused, guarded, sentence
from jupyter_openapi.messages import _
from jupyter_openapi.plots.charts import allocation_bars, candles_of, curve_of, profit_bars

if TYPE_CHECKING:
    import pandas as pd

INSTALL = "pip install 'jupyter-openapi[plot]'"


@guarded
def allocation(
    frame: pd.DataFrame, by: str = "symbol", *, interactive: bool = False, privacy: bool = False
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

    Returns
    -------
    matplotlib.figure.Figure or plotly.graph_objects.Figure

    Raises
    ------
    RequestRefused
        The frame is another, `by` is none of these, or the library is not installed.
    """
    engine = _engine(interactive=interactive)
    return _drawn(
        engine,
        engine.bars,
        lambda: allocation_bars(frame, by, privacy=privacy, readable=engine.readable),
        frame.get("symbol_name", ()) if by == "symbol" else (),
    )


@guarded
def profit(
    frame: pd.DataFrame, what: str = "unrealized", *, interactive: bool = False, privacy: bool = False
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

    Returns
    -------
    matplotlib.figure.Figure or plotly.graph_objects.Figure

    Raises
    ------
    RequestRefused
        The frame is another, `what` is none of these, or the library is not installed.
    """
    engine = _engine(interactive=interactive)
    return _drawn(
        engine,
        engine.bars,
        lambda: profit_bars(frame, what, privacy=privacy, readable=engine.readable),
        frame.get("symbol_name", ()),
    )


@guarded
def equity(frame: pd.DataFrame, *, interactive: bool = False, privacy: bool = False) -> Any:
    """Draw what the account was worth at its snapshots, and the drawdown of its time-weighted return below.

    Parameters
    ----------
    frame
        What `portfolio.equity_curve` gave.
    interactive
        A plotly figure instead of matplotlib's.
    privacy
        The return's index, 100 at the start, instead of amounts.

    Returns
    -------
    matplotlib.figure.Figure or plotly.graph_objects.Figure

    Raises
    ------
    RequestRefused
        The frame is another, or the library is not installed.
    """
    engine = _engine(interactive=interactive)
    return _drawn(engine, engine.curve, lambda: curve_of(frame, privacy=privacy))


@guarded
def executions(
    candles: pd.DataFrame,
    fills: pd.DataFrame,
    symbol: str | None = None,
    *,
    interactive: bool = False,
    privacy: bool = False,
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

    Returns
    -------
    matplotlib.figure.Figure or plotly.graph_objects.Figure

    Raises
    ------
    RequestRefused
        A frame is another, or the library is not installed.
    """
    engine = _engine(interactive=interactive)
    return _drawn(engine, engine.candles, lambda: candles_of(candles, fills, symbol, privacy=privacy))


def _drawn(
    engine: Any, draw: Callable[[Any], Any], make: Callable[[], Any], names: Iterable[object] = ()
) -> Any:
    """Return the picture of a chart, in a language that its fonts can show; its foot says what is missing."""
    said = engine.note(names)
    with engine.legible():
        chart = make()
        return draw(replace(chart, remark=sentence(chart.remark, said)))


def _engine(*, interactive: bool) -> Any:
    """Return the module that draws.

    Raises
    ------
    RequestRefused
        Its library is not installed.
    """
    try:
        if interactive:
            from jupyter_openapi.plots import draw_plotly as engine
        else:
            from jupyter_openapi.plots import draw_matplotlib as engine  # type: ignore[no-redef]
    except ImportError as missing:
        what = missing.name or "a library"
        raise RequestRefused(
            _("Pictures need {partition}, which is not installed: {install}.").format(
                partition=what.partition(".")[0], install=INSTALL
            )
        ) from None
    return engine
