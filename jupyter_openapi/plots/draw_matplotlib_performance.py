"""Draw lines, heat maps and dots with matplotlib, in the frame of `draw_matplotlib`."""

from __future__ import annotations

from typing import Any

from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import MaxNLocator

from jupyter_openapi.messages import _
from jupyter_openapi.plots import draw_matplotlib as base
from jupyter_openapi.plots import style
from jupyter_openapi.plots.draw_matplotlib import Picture, Ticks
from jupyter_openapi.plots.performance_charts import Dots, Grid, Lines

readable = style.readable
legible = style.legible
note = style.note
bars = base.bars


def lines(chart: Lines) -> Picture:
    """Draw lines over time, and drawdowns below where there are any."""
    with base.look():
        two = bool(chart.below)
        figure = base.framed(4.6 if two else 3.4, chart.title, chart.line, chart.remark)
        found = figure.subplots(
            2 if two else 1, 1, sharex=True, height_ratios=(3, 1) if two else None, squeeze=False
        )
        upper = found[0][0]
        if not chart.times:
            for row in found[1:]:
                row[0].set_visible(False)
            return base.nothing(figure, upper, _("No returns yet."))
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
        base.dated(found[-1][0])
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
    with base.look():
        figure = base.framed(
            style.EDGE + 0.36 * max(len(chart.rows), 2), chart.title, chart.line, chart.remark
        )
        axes = figure.add_subplot()
        if not chart.rows:
            return base.nothing(figure, axes, _("No returns yet."))
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
    with base.look():
        figure = base.framed(3.6, chart.title, chart.line, chart.remark)
        axes = figure.add_subplot()
        if not chart.dots:
            return base.nothing(figure, axes, _("No orders with an earlier price to compare with."))
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
        base.dated(axes)
        axes.grid(linewidth=0.8)
        axes.tick_params(length=0)
        axes.legend(loc="best", fontsize=8.5, ncols=3)
        return figure
