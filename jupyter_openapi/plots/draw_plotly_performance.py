"""Draw lines, heat maps and dots with plotly, in the style of `draw_plotly`."""

from __future__ import annotations

from html import escape
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from jupyter_openapi.messages import _
from jupyter_openapi.plots import draw_plotly as base
from jupyter_openapi.plots import style
from jupyter_openapi.plots.draw_plotly import Chart
from jupyter_openapi.plots.performance_charts import Dots, Grid, Lines
from jupyter_openapi.plots.style import amount_text, percent_text

readable = base.readable
legible = base.legible
note = base.note
bars = base.bars


def lines(chart: Lines) -> go.Figure:
    """Draw lines over time, and drawdowns below where there are any."""
    if not chart.times:
        return base.nothing(chart.title, chart.line, _("No returns yet."))
    two = bool(chart.below)
    figure = make_subplots(
        rows=2 if two else 1,
        cols=1,
        shared_xaxes=True,
        row_heights=[0.74, 0.26] if two else None,
        vertical_spacing=0.05,
        figure=Chart(),
    )
    for trace in _traces(chart.times, chart.series, filled=chart.filled, percent=chart.percent):
        figure.add_trace(trace, row=1, col=1)
    figure.update_yaxes(
        title=escape(chart.unit), tickformat=",", ticksuffix="%" if chart.percent else "", row=1, col=1
    )
    if two:
        for trace in _traces(chart.times, chart.below, filled=True, percent=True):
            trace.update(showlegend=False)
            figure.add_trace(trace, row=2, col=1)
        figure.update_yaxes(
            title=_("drawdown"), tickformat=",", ticksuffix="%", rangemode="tozero", row=2, col=1
        )
    dressed = base.dressed(figure, 520 if two else 400, chart.title, chart.line, chart.remark)
    if len(chart.series) > 1:
        dressed.update_layout(
            showlegend=True, legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
        )
    return dressed


def _traces(times: Any, values: Any, *, filled: bool, percent: bool) -> list[go.Scatter]:
    found = []
    for number, (name, numbers) in enumerate(values.items()):
        own = number == 0
        colour = (style.ORANGE if filled else style.BLUE) if own else style.GREY
        texts = [
            "" if each != each else percent_text(each, places=2) if percent else amount_text(each, places=2)  # noqa: PLR0124
            for each in numbers
        ]
        found.append(
            go.Scatter(
                x=times,
                y=numbers,
                name=escape(name),
                mode="lines+markers" if own and len(times) < 30 else "lines",
                text=texts,
                hovertemplate="%{x|%Y-%m-%d}<br>%{text}",
                fill="tozeroy" if filled and own else None,
                line={"color": colour, "width": 2 if own else 1.4},
            )
        )
    return found


def grid(chart: Grid) -> go.Figure:
    """Draw a heat map: losses and gains in their colours, deeper the larger, each with its number."""
    if not chart.rows:
        return base.nothing(chart.title, chart.line, _("No returns yet."))
    most = 1.4 * chart.most
    figure = Chart(
        go.Heatmap(
            z=chart.colours(),
            x=list(chart.columns),
            y=list(chart.rows),
            text=[[chart.text(value) for value in row] for row in chart.cells],
            texttemplate="%{text}",
            textfont={"color": style.INK},
            hovertemplate="%{y} %{x}<br>%{text}<extra></extra>",
            zmin=-most,
            zmax=most,
            colorscale=[[0, style.tone("loss")], [0.5, style.PAPER], [1, style.tone("gain")]],
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    figure.update_xaxes(type="category", showgrid=False)
    height = base.HEAD + base.FOOT + base.PIXELS * max(len(chart.rows), 2)
    return base.dressed(figure, height, chart.title, chart.line, chart.remark)


def dots(chart: Dots) -> go.Figure:
    """Draw orders as triangles over time: purchases point up, sales down; and their mean."""
    if not chart.dots:
        return base.nothing(chart.title, chart.line, _("No orders with an earlier price to compare with."))
    figure = Chart()
    for buy, shape, colour, word in (
        (True, "triangle-up", style.tone("gain"), _("bought")),
        (False, "triangle-down", style.tone("loss"), _("sold")),
    ):
        mine = [dot for dot in chart.dots if dot.buy is buy]
        figure.add_trace(
            go.Scatter(
                x=[dot.at for dot in mine],
                y=[dot.value for dot in mine],
                mode="markers",
                name=word,
                text=[escape(dot.text) for dot in mine],
                hovertemplate="%{text}<extra></extra>",
                marker={
                    "symbol": shape,
                    "size": 11,
                    "color": colour,
                    "line": {"color": style.PAPER, "width": 1},
                },
            )
        )
    figure.add_hline(y=0, line={"color": style.GREY, "width": 1})
    if chart.mean is not None:
        said = _("mean {mean}").format(mean=percent_text(chart.mean, sign=True, places=3))
        figure.add_hline(
            y=chart.mean,
            line={"color": style.ORANGE, "width": 1.2, "dash": "dash"},
            annotation={"text": said, "font": {"size": 11, "color": style.SOFT}},
        )
    figure.update_yaxes(title=escape(chart.unit), tickformat=",", ticksuffix="%")
    dressed = base.dressed(figure, 400, chart.title, chart.line, chart.remark)
    return dressed.update_layout(
        showlegend=True, legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
    )
