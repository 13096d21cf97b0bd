"""The charts that users call: each takes a frame and returns a figure of matplotlib or plotly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused, guarded
from jupyter_openapi.messages import _
from jupyter_openapi.plots import style
from jupyter_openapi.plots.charts import allocation_bars, bars_of, candles_of, curve_of, profit_bars
from jupyter_openapi.plots.performance_charts import (
    Lines,
    drawdown_lines,
    exposure_bars,
    index_lines,
    is_returns,
    month_grid,
    slippage_dots,
)

if TYPE_CHECKING:
    import pandas as pd

MOST_AVERAGES = 6
LONGEST_AVERAGE = 500
INSTALL = "pip install 'jupyter-openapi[plot]'"


def lengths_of(text: str | Iterable[Any]) -> tuple[int, ...]:
    """Return the lengths of moving averages: ``20,60``.

    Raises
    ------
    RequestRefused
        One is no whole number from 2 to 500, or there are more than six.
    """
    if not text:
        return ()
    given = text.split(",") if isinstance(text, str) else list(text)
    found = []
    for one in given:
        word = str(one).strip()
        if not word.isascii() or not word.isdecimal() or not 2 <= int(word) <= LONGEST_AVERAGE:
            raise RequestRefused(
                _("A moving average is of 2 to {most} bars, such as --ma 20,60, not {word}.").format(
                    most=LONGEST_AVERAGE, word=word or _("nothing")
                )
            )
        found.append(int(word))
    if len(found) > MOST_AVERAGES:
        raise RequestRefused(
            _("{count} moving averages: at most {most} can be told apart.").format(
                count=len(found), most=MOST_AVERAGES
            )
        )
    return tuple(dict.fromkeys(found))


@contextmanager
def drawing(theme: str | None, *, interactive: bool, names: Iterable[object] = ()) -> Iterator[Any]:
    """Give the module that draws with matplotlib, or with plotly if `interactive`, in a theme.

    Inside, the language is one that its fonts can show; the picture's foot says which font is missing for it,
    or for the `names` of securities.

    Raises
    ------
    RequestRefused
        There is no such theme, or the library is not installed.
    """
    name = "draw_plotly" if interactive else "draw_matplotlib"
    try:
        engine = import_module(f"jupyter_openapi.plots.{name}")
    except ImportError as missing:
        what = (missing.name or "a library").partition(".")[0]
        raise RequestRefused(
            _("Pictures need {library}, which is not installed: {install}.").format(
                library=what, install=INSTALL
            )
        ) from None
    with (
        style.drawn_in(style.chosen_theme(theme, interactive=interactive)),
        style.noting(engine.note(names)),
        engine.legible(),
    ):
        yield engine


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
    with drawing(theme, interactive=interactive, names=names) as engine:
        return engine.bars(allocation_bars(frame, by, privacy=privacy, readable=engine.readable))


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
    with drawing(theme, interactive=interactive, names=names) as engine:
        return engine.bars(profit_bars(frame, what, privacy=privacy, readable=engine.readable))


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
    with drawing(theme, interactive=interactive) as engine:
        return engine.curve(curve_of(frame, privacy=privacy))


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
    with drawing(theme, interactive=interactive) as engine:
        return engine.candles(candles_of(candles, fills, symbol, privacy=privacy))


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
    with drawing(theme, interactive=interactive) as engine:
        return engine.candles(bars_of(frame, fills, symbol, lengths, most=most, privacy=privacy))


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
    with drawing(theme, interactive=interactive) as engine:
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
    with drawing(theme, interactive=interactive) as engine:
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
    with drawing(theme, interactive=interactive) as engine:
        return engine.dots(slippage_dots(frame, against, privacy=privacy))


def _lines(
    make: Callable[[pd.DataFrame], Lines], frame: pd.DataFrame, *, interactive: bool, theme: str | None
) -> Any:
    with drawing(theme, interactive=interactive) as engine:
        return engine.lines(make(frame))
