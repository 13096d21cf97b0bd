"""Draw charts with plotly: values under the pointer, zoom. Nothing is loaded from the network.

Names go in escaped: plotly reads a few HTML tags in texts.

Before plotly shows its first figure it imports nbformat, for the sake of one version number; that takes
jsonschema along, whose check of international addresses compiles a grammar: 2 to 6 seconds. In a Jupyter
kernel what comes of it is one kind of message, which is made here directly. Where nbformat is there already,
or plotly would do something else (a terminal, Colab, a renderer that the user chose), plotly does it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from contextlib import nullcontext
from html import escape
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from jupyter_openapi.messages import _
from jupyter_openapi.plots import style
from jupyter_openapi.plots.charts import Bars, Candles, Curve
from jupyter_openapi.plots.performance_charts import Dots, Grid, Lines
from jupyter_openapi.plots.style import amount_text, percent_text

PIXELS = 34  # a bar takes
HEAD, FOOT = 84, 64


def readable(text: str) -> bool:
    """Tell whether the page can show every character: browsers find fonts by themselves."""
    del text
    return True


legible = nullcontext
"""Speak as before inside: a browser finds its fonts."""


def note(names: Iterable[object]) -> str:  # noqa: ARG001 (as matplotlib's)
    """Return what is to be said of the fonts: nothing."""
    return ""


def dressed(figure: go.Figure, height: int, title: str, line: str, remark: str) -> go.Figure:
    """Give a figure its title, the line about the account, a remark at its foot, and the theme."""
    head = f"<b>{escape(title)}</b><br><span style='font-size:12px;color:{style.SOFT}'>{escape(line)}</span>"
    figure.update_layout(
        template="plotly_dark" if style.current_theme().dark else "plotly_white",
        paper_bgcolor=style.PAPER,
        plot_bgcolor=style.PAPER,
        title={"text": head, "x": 0.01, "xanchor": "left", "y": 1, "yanchor": "top", "pad": {"t": 14}},
        height=height + (18 if remark else 0),
        margin={"l": 16, "r": 24, "t": HEAD, "b": FOOT + (18 if remark else 0)},
        font={"family": style.WEB, "size": 13, "color": style.INK},
        hoverlabel={"font": {"family": style.WEB}},
        separators=".,",
        showlegend=False,
    )
    if remark:
        figure.add_annotation(
            text=escape(remark),
            xref="paper",
            yref="paper",
            x=0,
            y=0,
            yshift=-FOOT + 4,
            xanchor="left",
            yanchor="top",
            showarrow=False,
            font={"size": 11, "color": style.SOFT},
        )
    axis = {"gridcolor": style.GRID, "automargin": True, "title_font": {"size": 12, "color": style.SOFT}}
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis, ticklabelstandoff=6)
    return figure


def nothing(title: str, line: str, text: str) -> go.Figure:
    """Return a figure that says that there is nothing to show."""
    figure = Chart()
    figure.add_annotation(text=text, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return dressed(figure, 220, title, line, "")


def bars(chart: Bars) -> go.Figure:
    """Draw horizontal bars, each with its text beside it."""
    if not chart.bars:
        return nothing(chart.title, chart.line, _("Nothing to show."))
    labels = [escape(bar.label) for bar in chart.bars]
    figure = Chart(
        go.Bar(
            x=[bar.value for bar in chart.bars],
            y=list(range(len(labels))),
            orientation="h",
            text=[bar.text for bar in chart.bars],
            textposition="outside",
            cliponaxis=False,
            customdata=labels,
            marker={"color": [style.tone(bar.tone) for bar in chart.bars]},
            hovertemplate="%{customdata}<br>%{text}<extra></extra>",
        )
    )
    low, high = (pick(0.0, *(bar.value for bar in chart.bars)) for pick in (min, max))
    span = (high - low) or 1.0
    reach = [low - 0.35 * span * (low < 0), high + 0.35 * span * (high > 0 or low == 0)]
    figure.update_xaxes(
        title=escape(chart.unit), tickformat=",", ticksuffix="%" if chart.percent else "", range=reach
    )
    figure.update_yaxes(
        tickvals=list(range(len(labels))), ticktext=labels, autorange="reversed", showgrid=False
    )
    height = HEAD + FOOT + PIXELS * max(len(labels), 2)
    return dressed(figure, height, chart.title, chart.line, chart.remark)


def curve(chart: Curve) -> go.Figure:
    """Draw value above and drawdown below, on one axis of time."""
    if not chart.times:
        return nothing(chart.title, chart.line, _("No snapshots with a value yet."))
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.74, 0.26], vertical_spacing=0.05, figure=Chart()
    )
    mode = "lines+markers" if len(chart.times) < 30 else "lines"
    shown = [amount_text(value) for value in chart.values]
    fell = [percent_text(value, places=2) for value in chart.below]
    tip = "%{x|%Y-%m-%d %H:%M}<br>%{text}<extra></extra>"
    upper = go.Scatter(
        x=chart.times,
        y=chart.values,
        mode=mode,
        text=shown,
        hovertemplate=tip,
        line={"color": style.BLUE, "width": 2},
    )
    lower = go.Scatter(
        x=chart.times,
        y=chart.below,
        mode="lines",
        fill="tozeroy",
        text=fell,
        hovertemplate=tip,
        line={"color": style.ORANGE, "width": 1.5},
    )
    figure.add_trace(upper, row=1, col=1)
    figure.add_trace(lower, row=2, col=1)
    for at, money in chart.flows:
        figure.add_vline(
            x=at.timestamp() * 1000,
            line={"color": style.GREY, "width": 1, "dash": "dash"},
            row=1,
            col=1,
            annotation={
                "text": f"{_('deposit') if money > 0 else _('withdrawal')} {amount_text(abs(money))}",
                "font": {"size": 11, "color": style.SOFT},
            },
        )
    figure.update_yaxes(title=escape(chart.unit), tickformat=",", row=1, col=1)
    figure.update_yaxes(title=_("drawdown"), ticksuffix="%", rangemode="tozero", row=2, col=1)
    return dressed(figure, 520, chart.title, chart.line, chart.remark)


def candles(chart: Candles) -> go.Figure:
    """Draw candles (hollow where the price rose, filled where it fell), volume, and the executions."""
    if not chart.times:
        return nothing(chart.title, chart.line, _("No candles."))
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.78, 0.22], vertical_spacing=0.04, figure=Chart()
    )
    places = list(range(len(chart.times)))
    pair = (style.tone("gain"), style.tone("loss")) if chart.coloured else (style.SOFT, style.SOFT)
    rising, falling = pair
    figure.add_trace(
        go.Candlestick(
            x=places,
            open=chart.opens,
            high=chart.highs,
            low=chart.lows,
            close=chart.closes,
            increasing={"line": {"color": rising, "width": 1}, "fillcolor": style.PAPER},
            decreasing={"line": {"color": falling, "width": 1}, "fillcolor": falling},
            text=list(chart.labels),
            name="",
        ),
        row=1,
        col=1,
    )
    for (name, values), colour in zip(chart.averages.items(), style.lines(), strict=False):
        line = go.Scatter(x=places, y=values, mode="lines", name=name, line={"color": colour, "width": 1.2})
        figure.add_trace(line, row=1, col=1)
    for buy, shape, colour in (
        (True, "triangle-up", style.tone("gain")),
        (False, "triangle-down", style.tone("loss")),
    ):
        mine = [mark for mark in chart.marks if mark.buy is buy]
        figure.add_trace(_marks(mine, shape, colour), row=1, col=1)
    volume = go.Bar(x=places, y=chart.volumes, marker={"color": style.GREY}, text=list(chart.labels))
    volume.update(textposition="none", hovertemplate="%{text}<br>%{y:,}<extra></extra>")
    figure.add_trace(volume, row=2, col=1)
    step = max(1, -(-len(places) // 6))
    ticks: dict[str, Any] = {"tickvals": places[::step], "ticktext": list(chart.labels)[::step]}
    figure.update_xaxes(rangeslider_visible=False, showgrid=False, **ticks)
    figure.update_yaxes(title=escape(chart.unit), tickformat=",", row=1, col=1)
    figure.update_yaxes(title=_("volume"), tickformat=",", nticks=3, row=2, col=1)
    return dressed(figure, 560, chart.title, chart.line, chart.remark)


def _marks(mine: list[Any], shape: str, colour: str) -> go.Scatter:
    return go.Scatter(
        x=[mark.at for mark in mine],
        y=[mark.price for mark in mine],
        mode="markers",
        text=[escape(mark.text) for mark in mine],
        hovertemplate="%{text}<extra></extra>",
        marker={"symbol": shape, "size": 12, "color": colour, "line": {"color": style.PAPER, "width": 1}},
    )


def lines(chart: Lines) -> go.Figure:
    """Draw lines over time, and drawdowns below where there are any."""
    if not chart.times:
        return nothing(chart.title, chart.line, _("No returns yet."))
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
    figure = dressed(figure, 520 if two else 400, chart.title, chart.line, chart.remark)
    if len(chart.series) > 1:
        figure.update_layout(
            showlegend=True, legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
        )
    return figure


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
        return nothing(chart.title, chart.line, _("No returns yet."))
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
    height = HEAD + FOOT + PIXELS * max(len(chart.rows), 2)
    return dressed(figure, height, chart.title, chart.line, chart.remark)


def dots(chart: Dots) -> go.Figure:
    """Draw orders as triangles over time: purchases point up, sales down; and their mean."""
    if not chart.dots:
        return nothing(chart.title, chart.line, _("No orders with an earlier price to compare with."))
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
    figure = dressed(figure, 400, chart.title, chart.line, chart.remark)
    return figure.update_layout(
        showlegend=True, legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
    )


MIME = "application/vnd.plotly.v1+json"
ELSEWHERE = (
    "PLOTLY_RENDERER",
    "COLAB_NOTEBOOK_ID",
    "AZURE_NOTEBOOKS_HOST",
    "COCALC_PROJECT_ID",
    "DATABRICKS_RUNTIME_VERSION",
)
"""Variables of the environment by which plotly chooses another renderer."""
KAGGLE = Path("/kaggle/input")


class Chart(go.Figure):  # type: ignore[misc]  # untyped
    """A plotly figure whose first showing does not wait for nbformat."""

    def _repr_mimebundle_(self, *args: Any, **more: Any) -> Any:
        if not plain_kernel():
            return super()._repr_mimebundle_(*args, **more)
        return bundle_of(self)

    def _ipython_display_(self) -> None:
        if not plain_kernel():
            super()._ipython_display_()
            return
        from IPython.display import display

        display(bundle_of(self), raw=True)  # type: ignore[no-untyped-call]


def bundle_of(figure: go.Figure) -> dict[str, Any]:
    """Return the message that Jupyter's front ends draw a plotly figure from."""
    made: dict[str, Any] = json.loads(figure.to_json())
    return {MIME: {**made, "config": {"plotlyServerURL": "https://plot.ly"}}}


def plain_kernel() -> bool:
    """Tell whether this is a Jupyter kernel in which plotly would send that message and nothing else."""
    if "nbformat" in sys.modules or any(name in os.environ for name in ELSEWHERE) or KAGGLE.exists():
        return False
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return type(shell).__module__.startswith("ipykernel.")
