"""Draw charts with matplotlib. Nothing global is changed; no window or backend is needed."""

from __future__ import annotations

import io
import textwrap
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib.dates
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.path import Path
from matplotlib.ticker import Formatter, MaxNLocator

from jupyter_openapi.messages import _
from jupyter_openapi.plots import style
from jupyter_openapi.plots.charts import Bars, Candles, Curve
from jupyter_openapi.plots.performance_charts import Dots, Grid, Lines
from jupyter_openapi.plots.style import amount_text, percent_text

readable = style.readable
legible = style.legible
note = style.note
_ONE = threading.RLock()
CSS = 96  # pixels of a page in an inch
ROOM = 1.42  # of the longest bar: space for the text beside it
UP = Path([(0, 0), (-0.36, -0.62), (0.36, -0.62), (0, 0)], closed=True)
DOWN = Path([(0, 0), (-0.36, 0.62), (0.36, 0.62), (0, 0)], closed=True)
"""Arrow heads whose tips are at the price."""


class Picture(Figure):
    """A figure that a notebook shows without pyplot, and that looks the same wherever it is drawn."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.theme = style.current_theme()

    def draw(self, renderer: Any) -> None:
        """Draw with the settings it was made with: some texts come into being only now."""
        with style.drawn_in(self.theme), look():
            super().draw(renderer)

    def png(self) -> bytes:
        """Return it as a PNG file."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=self.dpi, facecolor=self.theme.paper)
        return buffer.getvalue()

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        width, height = (round(inches * CSS) for inches in self.get_size_inches())
        return self.png(), {"width": width, "height": height}  # sharp where a pixel is several dots


class Ticks(Formatter):
    """The numbers beside an axis, each with as many decimals as tell it from its neighbours."""

    def __init__(self, *, percent: bool = False) -> None:
        self._percent = percent

    def __call__(self, value: float, pos: int | None = None) -> str:
        """Return the text of one number alone; `pos` is not looked at."""
        del pos
        return self.format_ticks([value])[0]

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Return the texts of all numbers of an axis."""
        numbers = [float(value) for value in values]
        places = style.places_of(numbers)
        text = percent_text if self._percent else amount_text
        return [text(number, places=places) for number in numbers]


@contextmanager
def look() -> Iterator[None]:
    """Make texts and axes in this package's style; nothing global stays changed.

    One thread at a time: matplotlib's settings are the process's, and two that swap them mix them up.
    """
    settings: dict[Any, Any] = {
        "font.family": style.families(),
        "font.size": 9.0,
        "text.color": style.INK,
        "text.parse_math": False,  # a $ in a name is a dollar
        "axes.edgecolor": style.GREY,
        "axes.labelcolor": style.SOFT,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "xtick.color": style.SOFT,
        "ytick.color": style.SOFT,
        "grid.color": style.GRID,
        "figure.facecolor": style.PAPER,
        "axes.facecolor": style.PAPER,
        "legend.frameon": False,
    }
    with _ONE, matplotlib.rc_context(settings):
        yield


def framed(height: float, title: str, line: str, remark: str) -> Picture:
    """Return an empty figure with its title, the line about the account, and a remark at its foot."""
    note = textwrap.fill(style.noted(remark), 118)
    foot = 0.17 * (note.count("\n") + 1) / height if note else 0.0
    frame = (0, foot, 1, 1 - 0.6 / height - foot)
    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.08, hspace=0.02, rect=frame)
    figure = Picture(figsize=(style.WIDTH, height), dpi=style.DPI, layout=layout)
    FigureCanvasAgg(figure)
    top, left = 1 - 0.1 / height, 0.015
    heading: dict[str, Any] = {
        "fontsize": 13,
        "fontweight": "bold",
        "family": style.families()[: 1 if title.isascii() else None],
    }
    figure.suptitle(title, x=left, y=top, ha="left", va="top", **heading)
    figure.text(left, top - 0.3 / height, line, ha="left", va="top", fontsize=8.5, color=style.SOFT)
    figure.text(left, 0.012, note, ha="left", va="bottom", fontsize=7.5, color=style.SOFT)
    return figure


def bars(chart: Bars) -> Picture:
    """Draw horizontal bars, each with its text beside it."""
    with look():
        count = max(len(chart.bars), 2)
        figure = framed(style.EDGE + style.BAR * count, chart.title, chart.line, chart.remark)
        axes = figure.add_subplot()
        if not chart.bars:
            return nothing(figure, axes, _("Nothing to show."))
        values = [bar.value for bar in chart.bars]
        places = range(len(values))
        axes.barh(places, values, height=0.64, color=[style.tone(bar.tone) for bar in chart.bars])
        axes.set_yticks(places, [bar.label for bar in chart.bars], color=style.INK)
        axes.invert_yaxis()
        _room(axes, values)
        for place, bar in zip(places, chart.bars, strict=True):
            negative = bar.value < 0
            axes.annotate(
                bar.text,
                (bar.value, place),
                xytext=(-5 if negative else 5, 0),
                textcoords="offset points",
                va="center",
                ha="right" if negative else "left",
                fontsize=8.5,
                bbox={"facecolor": style.PAPER, "edgecolor": "none", "pad": 1.0},
            )
        axes.axvline(0, color=style.GREY, linewidth=0.8)
        axes.grid(axis="x", linewidth=0.8)
        axes.tick_params(length=0)
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(Ticks(percent=chart.percent))
        axes.set_xlabel(chart.unit, fontsize=8.5)
        return figure


def _room(axes: Any, values: Sequence[float]) -> None:
    """Leave space beside the bars for their texts, on the sides where there are any."""
    low, high = min(*values, 0.0), max(*values, 0.0)
    span = (high - low) or 1.0
    axes.set_xlim(low - span * (ROOM - 1) * (low < 0), high + span * (ROOM - 1) * (high > 0 or low == 0))


def curve(chart: Curve) -> Picture:
    """Draw value above and drawdown below, on one axis of time."""
    with look():
        figure = framed(4.6, chart.title, chart.line, chart.remark)
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        if not chart.times:
            lower.set_visible(False)
            return nothing(figure, upper, _("No snapshots with a value yet."))
        marker = "o" if len(chart.times) < 30 else ""
        upper.plot(chart.times, chart.values, color=style.BLUE, linewidth=1.6, marker=marker, markersize=3.5)
        upper.margins(x=0.02, y=0.12)
        low = upper.get_ylim()[0]
        upper.fill_between(chart.times, chart.values, low, color=style.BLUE, alpha=0.08, linewidth=0)
        upper.set_ylim(bottom=low)
        upper.set_ylabel(chart.unit, fontsize=8.5)
        upper.yaxis.set_major_locator(MaxNLocator(5))
        upper.yaxis.set_major_formatter(Ticks())
        _flow_marks(upper, chart)
        lower.fill_between(chart.times, chart.below, 0, color=style.ORANGE, alpha=0.25, linewidth=0)
        lower.plot(chart.times, chart.below, color=style.ORANGE, linewidth=1.2)
        lower.set_ylim(min(*chart.below, -0.1) * 1.15, 0)
        lower.set_ylabel(_("drawdown"), fontsize=8.5)
        lower.yaxis.set_major_locator(MaxNLocator(3))
        lower.yaxis.set_major_formatter(Ticks(percent=True))
        dated(lower)
        for axes in (upper, lower):
            axes.grid(linewidth=0.8)
            axes.tick_params(length=0)
        return figure


def dated(axes: Any) -> None:
    """Write dates below an axis, as short as they can be told apart."""
    dates: Any = matplotlib.dates
    locator = dates.AutoDateLocator(minticks=3, maxticks=8)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))


def _flow_marks(axes: Any, chart: Curve) -> None:
    """Mark deposits and withdrawals where they first show in the value."""
    for at, money in chart.flows:
        axes.axvline(at, color=style.GREY, linewidth=0.9, linestyle=(0, (3, 3)))
        axes.annotate(
            f"{_('deposit') if money > 0 else _('withdrawal')} {amount_text(abs(money))}",
            (at, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(4, -3),
            textcoords="offset points",
            va="top",
            fontsize=7.5,
            color=style.SOFT,
        )


def candles(chart: Candles) -> Picture:
    """Draw candles (hollow where the price rose, filled where it fell), volume, and the executions."""
    with look():
        figure = framed(4.8, chart.title, chart.line, chart.remark)
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
        if not chart.times:
            lower.set_visible(False)
            return nothing(figure, upper, _("No candles."))
        places = list(range(len(chart.times)))
        rose = [end >= start for start, end in zip(chart.opens, chart.closes, strict=True)]
        bottoms = [min(pair) for pair in zip(chart.opens, chart.closes, strict=True)]
        heights = [abs(end - start) for start, end in zip(chart.opens, chart.closes, strict=True)]
        upper.vlines(places, chart.lows, bottoms, color=style.SOFT, linewidth=0.8)
        tops = [bottom + height for bottom, height in zip(bottoms, heights, strict=True)]
        upper.vlines(places, tops, chart.highs, color=style.SOFT, linewidth=0.8)
        edges = [style.tone("gain" if up else "loss") if chart.coloured else style.SOFT for up in rose]
        faces = [style.PAPER if up else edge for up, edge in zip(rose, edges, strict=True)]
        upper.bar(places, heights, 0.66, bottoms, color=faces, edgecolor=edges, linewidth=0.8)
        _averages(upper, chart)
        _marks(upper, chart)
        upper.set_ylabel(chart.unit, fontsize=8.5)
        upper.yaxis.set_major_locator(MaxNLocator(6))
        upper.yaxis.set_major_formatter(Ticks())
        lower.bar(places, chart.volumes, 0.66, color=style.GREY)
        lower.set_ylabel(_("volume"), fontsize=8.5)
        lower.yaxis.set_major_locator(MaxNLocator(2))
        lower.yaxis.set_major_formatter(Ticks())
        step = max(1, -(-len(places) // 6))
        lower.set_xticks(places[::step], list(chart.labels)[::step])
        beside = max(1.0, 0.02 * len(places))  # a mark is wider than a candle where there are many
        lower.set_xlim(-beside, len(places) - 1 + beside)
        for axes in (upper, lower):
            axes.grid(linewidth=0.8)
            axes.tick_params(length=0)
        return figure


def _averages(axes: Any, chart: Candles) -> None:
    """Draw the moving averages, each named at its end, and the legend with them."""
    places = list(range(len(chart.times)))
    for (name, values), colour in zip(chart.averages.items(), style.lines(), strict=False):
        axes.plot(places, values, color=colour, linewidth=1.1, label=name, zorder=4)


def _marks(axes: Any, chart: Candles) -> None:
    prices = [mark.price for mark in chart.marks]
    low, high = min(*chart.lows, *prices, chart.lows[0]), max(*chart.highs, *prices, chart.highs[0])
    span = (high - low) or abs(high) * 0.01 or 1.0
    axes.set_ylim(low - 0.12 * span, high + 0.12 * span)
    handles = list(axes.get_lines()) if chart.averages else []
    for buy, shape, colour, word in (
        (True, UP, style.tone("gain"), _("bought")),
        (False, DOWN, style.tone("loss"), _("sold")),
    ):
        mine = [mark for mark in chart.marks if mark.buy is buy]
        if mine:
            axes.scatter(
                [mark.at for mark in mine],
                [mark.price for mark in mine],
                s=330,
                marker=shape,
                color=colour,
                edgecolor=style.PAPER,
                linewidth=0.9,
                zorder=5,
            )
            marker = "^" if buy else "v"
            handles.append(
                Line2D([], [], marker=marker, color=colour, markersize=7, linestyle="none", label=word)
            )
    if handles:
        axes.legend(handles=handles, loc="upper left", ncols=4, fontsize=8.5, handletextpad=0.2)


def nothing(figure: Picture, axes: Any, text: str) -> Picture:
    """Return a figure that says that there is nothing to show."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes, color=style.SOFT)
    return figure


def lines(chart: Lines) -> Picture:
    """Draw lines over time, and drawdowns below where there are any."""
    with look():
        two = bool(chart.below)
        figure = framed(4.6 if two else 3.4, chart.title, chart.line, chart.remark)
        found = figure.subplots(
            2 if two else 1, 1, sharex=True, height_ratios=(3, 1) if two else None, squeeze=False
        )
        upper = found[0][0]
        if not chart.times:
            for row in found[1:]:
                row[0].set_visible(False)
            return nothing(figure, upper, _("No returns yet."))
        _panel(upper, chart.times, chart.series, filled=chart.filled)
        upper.set_ylabel(chart.unit, fontsize=8.5)
        upper.yaxis.set_major_locator(MaxNLocator(5))
        upper.yaxis.set_major_formatter(Ticks(percent=chart.percent))
        if len(chart.series) > 1:
            upper.legend(loc="best", fontsize=8.5)
        if two:
            lower = found[1][0]
            _panel(lower, chart.times, chart.below, filled=True)
            lower.set_ylabel(_("drawdown"), fontsize=8.5)
            lower.yaxis.set_major_locator(MaxNLocator(3))
            lower.yaxis.set_major_formatter(Ticks(percent=True))
        dated(found[-1][0])
        for row in found:
            row[0].grid(linewidth=0.8)
            row[0].tick_params(length=0)
        return figure


def _panel(axes: Any, times: Any, values: Any, *, filled: bool) -> None:
    """Draw the account's line, and the benchmark's thinner; a drawdown is filled to 0."""
    marker = "o" if len(times) < 30 else ""
    for number, (name, numbers) in enumerate(values.items()):
        own = number == 0
        colour = (style.ORANGE if filled else style.BLUE) if own else style.GREY
        axes.plot(
            times,
            numbers,
            color=colour,
            linewidth=1.6 if own else 1.2,
            marker=marker if own else "",
            markersize=3.5,
            label=name,
            zorder=4 if own else 3,
        )
        if filled and own:
            axes.fill_between(times, numbers, 0, color=colour, alpha=0.25, linewidth=0)
    axes.margins(x=0.02, y=0.12)
    if filled:
        low = min((each for numbers in values.values() for each in numbers if each == each), default=0.0)  # noqa: PLR0124
        axes.set_ylim(min(low, -0.1) * 1.15, 0)


def grid(chart: Grid) -> Picture:
    """Draw a heat map: losses and gains in their colours, deeper the larger, each with its number."""
    with look():
        figure = framed(style.EDGE + 0.36 * max(len(chart.rows), 2), chart.title, chart.line, chart.remark)
        axes = figure.add_subplot()
        if not chart.rows:
            return nothing(figure, axes, _("No returns yet."))
        colours = LinearSegmentedColormap.from_list(
            "returns", [style.tone("loss"), style.PAPER, style.tone("gain")]
        )
        most = chart.most
        axes.imshow(chart.colours(), cmap=colours, vmin=-1.4 * most, vmax=1.4 * most, aspect="auto")
        for place, row in enumerate(chart.cells):
            for at, value in enumerate(row):
                whole = at == len(row) - 1
                axes.text(
                    at, place, chart.text(value), ha="center", va="center", fontsize=8,
                    fontweight="bold" if whole else "normal", color=style.INK,
                )  # fmt: skip
        axes.set_xticks(range(len(chart.columns)), chart.columns)
        axes.set_yticks(range(len(chart.rows)), chart.rows)
        axes.axvline(len(chart.columns) - 1.5, color=style.GREY, linewidth=0.9)
        axes.tick_params(length=0)
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)
        return figure


def dots(chart: Dots) -> Picture:
    """Draw orders as triangles over time: purchases point up, sales down; and their mean."""
    with look():
        figure = framed(3.6, chart.title, chart.line, chart.remark)
        axes = figure.add_subplot()
        if not chart.dots:
            return nothing(figure, axes, _("No orders with an earlier price to compare with."))
        for buy, marker, colour, word in (
            (True, "^", style.tone("gain"), _("bought")),
            (False, "v", style.tone("loss"), _("sold")),
        ):
            mine = [dot for dot in chart.dots if dot.buy is buy]
            if mine:
                axes.scatter(
                    [dot.at for dot in mine],
                    [dot.value for dot in mine],
                    s=46,
                    marker=marker,
                    color=colour,
                    edgecolor=style.PAPER,
                    linewidth=0.7,
                    label=word,
                    zorder=5,
                )
        axes.axhline(0, color=style.GREY, linewidth=0.8)
        if chart.mean is not None:
            said = _("mean {mean}").format(mean=style.percent_text(chart.mean, sign=True, places=3))
            axes.axhline(chart.mean, color=style.ORANGE, linewidth=1.1, linestyle=(0, (4, 3)), label=said)
        axes.margins(x=0.05, y=0.15)
        axes.set_ylabel(chart.unit, fontsize=8.5)
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.yaxis.set_major_formatter(Ticks(percent=True))
        dated(axes)
        axes.grid(linewidth=0.8)
        axes.tick_params(length=0)
        axes.legend(loc="best", fontsize=8.5, ncols=3)
        return figure
