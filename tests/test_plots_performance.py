"""Pictures of returns, exposure and slippage; axes whose labels differ; themes; plotly's first picture."""

from __future__ import annotations

import json
import random
from io import BytesIO
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.image import imread
from support import soak
from test_plots import bars, curve, fills, held, said
from test_portfolio_returns import random_frame

from jupyter_openapi import plots, portfolio
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.plots import style
from jupyter_openapi.plots.draw_plotly import plain_kernel
from jupyter_openapi.plots.performance_charts import drawdown_lines, index_lines, month_grid, slippage_dots
from jupyter_openapi.plots.style import amount_text, lines, percent_text, places_of

BOTH = pytest.mark.parametrize("interactive", [False, True])
FACTS = {
    "mode": "paper", "requested_at": "2026-11-22T20:00:00+00:00", "base_currency": "HKD",
    "benchmark": "2800.HK", "missing": [], "notes": [],
}  # fmt: skip


def returns(count: int = 40) -> pd.DataFrame:
    frame, _ours, _theirs = random_frame(random.Random(4), count)
    frame.attrs["openapi"] = dict(FACTS)
    return frame


def slipped(*shares: float) -> pd.DataFrame:
    count = len(shares)
    frame = pd.DataFrame(
        {
            "symbol": "700.HK",
            "side": (["Buy", "Sell"] * count)[:count],
            "submitted_at": pd.date_range("2026-11-02", periods=count, tz="UTC"),
            "quantity": 100.0,
            "price": 600.0,
            "slippage_pct": shares,
            "slippage_base": [share * 600 for share in shares],
            "arrival_slippage_pct": shares,
            "arrival_slippage_base": [share * 600 for share in shares],
        }
    )
    frame.attrs["openapi"] = dict(FACTS)
    return frame


def exposed() -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "symbol": ["700.HK", "AAPL.US", "5.HK"],
            "net": [60_000.0, -20_000, np.nan],
            "gross": [60_000.0, 20_000, np.nan],
            "net_pct": [60.0, -20, np.nan],
        }
    )
    frame.attrs["openapi"] = {**FACTS, "summary": {"leverage": 0.8}}
    return frame


def every(interactive: bool, theme: str | None = None) -> list[Any]:
    frame = returns()
    options: dict[str, Any] = {"interactive": interactive, "theme": theme}
    return [
        plots.equity(frame, **options),
        plots.equity(curve(), **options),
        plots.drawdown(frame, **options),
        plots.months(portfolio.months(frame), **options),
        plots.exposure(exposed(), **options),
        plots.slippage(slipped(0.05, -0.01), **options),
        plots.allocation(held(), **options),
        plots.executions(bars(), fills(("Buy", 3.2, "700.HK")), **options),
    ]


# What they show


def test_the_account_is_beside_its_benchmark() -> None:
    frame = returns()
    chart = index_lines(frame)
    assert list(chart.series) == ["account", "2800.HK"]
    assert chart.series["account"] == frame["index"].tolist()
    assert chart.series["2800.HK"] == frame["benchmark_index"].tolist()
    assert min(chart.below["account"]) == pytest.approx(frame["drawdown_pct"].min())
    assert "2800.HK" in chart.line
    alone = frame.drop(columns=["benchmark_pct", "benchmark_index"])
    alone.attrs = frame.attrs
    assert list(index_lines(alone).series) == ["account"]
    assert index_lines(alone).title == "Equity and drawdown"


def test_a_day_without_a_value_is_a_gap_and_named() -> None:
    frame = returns()
    frame.loc[3, ["index", "drawdown_pct"]] = np.nan
    chart = drawdown_lines(frame)
    values = chart.series["account"]
    assert values[3] != values[3]
    assert values[4] == pytest.approx(frame["drawdown_pct"].iloc[4])
    assert "1 day is not shown" in chart.remark


def test_months_are_a_grid_with_the_year_beside_them() -> None:
    table = portfolio.months(returns(60))
    chart = month_grid(table)
    assert chart.rows == ["2026"]
    assert chart.columns[0] == "Jan"
    assert chart.columns[-1] == "Year"
    assert chart.cells[0][0] == table.loc[2026, 1]
    assert chart.text(chart.cells[0][0]) == percent_text(table.loc[2026, 1])
    assert chart.text(float("nan")) == ""
    assert chart.colours()[0][-1] == 0  # months and a year are no one scale
    assert chart.most == table.loc[2026, list(range(1, 13))].abs().max()


@BOTH
def test_slippage_says_its_mean_by_value(interactive: bool) -> None:
    chart = slippage_dots(slipped(0.05, -0.01, float("nan")), "last", privacy=False)
    assert chart.mean == pytest.approx(0.02)
    assert [dot.buy for dot in chart.dots] == [True, False]
    assert "1 order is not shown" in chart.remark
    assert "cost 24.00 HKD in all" in chart.line
    assert "HKD" not in slippage_dots(slipped(0.05), "arrival", privacy=True).line
    # An order that lost nothing counts with its value, too.
    assert slippage_dots(slipped(0.05, 0.0, 0.0, -0.01), "last", privacy=False).mean == pytest.approx(0.01)
    assert slippage_dots(slipped(0.0), "last", privacy=False).mean == 0
    assert "mean +0.020%" in said(plots.slippage(slipped(0.05, -0.01), interactive=interactive))


@BOTH
def test_exposure_shows_shares_of_net_assets(interactive: bool) -> None:
    text = said(plots.exposure(exposed(), interactive=interactive))
    for part in ("60.0%", "20.0%", "gross 80.0% of net assets", "5.HK"):
        assert part in text
    assert "60,000" in text
    assert "60,000" not in said(plots.exposure(exposed(), interactive=interactive, privacy=True))


@BOTH
def test_nothing_to_show_is_a_picture_too(interactive: bool) -> None:
    none = returns().iloc[:0]
    for figure, text in (
        (plots.equity(none, interactive=interactive), "No returns yet."),
        (plots.drawdown(none, interactive=interactive), "No returns yet."),
        (plots.months(portfolio.months(none), interactive=interactive), "No returns yet."),
        (
            plots.slippage(slipped(), interactive=interactive),
            "No orders with an earlier price to compare with.",
        ),
        (plots.exposure(exposed().iloc[:0], interactive=interactive), "Nothing to show."),
    ):
        assert text in said(figure)


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: plots.drawdown(pd.DataFrame()), r"portfolio\.returns\(client\)"),
        (lambda: plots.months(pd.DataFrame()), r"portfolio\.months\(frame\)"),
        (lambda: plots.exposure(pd.DataFrame()), r"portfolio\.exposure\(client\)"),
        (lambda: plots.slippage(pd.DataFrame()), r"portfolio\.slippage\(client\)"),
        (lambda: plots.slippage(slipped(1.0), "open"), "against is last or arrival; not 'open'"),
        (lambda: plots.drawdown(returns(), theme="blue"), "theme is light or dark, not 'blue'"),
    ],
)
def test_another_frame_is_refused(draw: Any, words: str) -> None:
    with pytest.raises(RequestRefused, match=words):
        draw()


# Axes


@settings(max_examples=soak(2000))
@given(
    st.floats(-1e7, 1e7),
    st.sampled_from([1e-4, 0.001, 0.002, 0.0025, 0.01, 0.025, 0.2, 0.25, 0.5, 1, 2, 2.5, 5, 10, 250, 1e4]),
    st.integers(2, 9),
)
def test_labels_of_an_axis_never_repeat(start: float, step: float, count: int) -> None:
    first = round(start / step) * step
    numbers = [first + step * number for number in range(count)]
    places = places_of(numbers)
    for text in (amount_text, percent_text):
        labels = [text(number, places=places) for number in numbers]
        assert len(set(labels)) == count


def labels_of(axis: Any) -> list[str]:
    low, high = sorted(axis.get_view_interval())
    pairs = zip(axis.get_majorticklocs(), axis.get_ticklabels(), strict=True)
    return [label.get_text() for at, label in pairs if low <= at <= high]


@pytest.mark.parametrize("spread", [0.05, 0.4, 1.0, 7.0, 40.0])
def test_labels_of_narrow_candles_differ(spread: float) -> None:
    frame = bars(12)
    for name in ("open", "high", "low", "close"):
        frame[name] = 592.5 + (frame[name] - frame["close"].min()) * spread / 10
    figure = plots.executions(frame, fills())
    figure.canvas.draw()
    labels = labels_of(figure.axes[0].yaxis)
    assert len(labels) >= 3
    assert len(set(labels)) == len(labels)


def test_labels_of_all_pictures_differ() -> None:
    small = curve()
    small["net_value"] = 1_000_000 + small["net_value"] / 1e6
    small["drawdown_pct"] /= 100
    tiny = held()
    for figure in (
        *every(interactive=False),
        plots.equity(small),
        plots.allocation(tiny),
        plots.slippage(slipped(0.0004, 0.0002, 0.0003)),
    ):
        figure.canvas.draw()
        for axes in figure.axes:
            labels = [label for label in labels_of(axes.yaxis) if label]
            assert len(set(labels)) == len(labels), labels


def test_plotly_labels_are_as_long_as_they_need_to_be() -> None:
    for figure in every(interactive=True):
        layout = json.loads(figure.to_json())["layout"]
        forms = [
            axis.get("tickformat") for name, axis in layout.items() if name.startswith(("xaxis", "yaxis"))
        ]
        assert all(form in {None, ","} for form in forms)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12.34, "12.3%"),
        (0.04, "0.04%"),
        (0.0004, "0.0004%"),
        (-0.004, "\u22120.004%"),
        (0, "0.0%"),
        (1e-9, "0.000000%"),
    ],
)
def test_per_cents_have_the_digits_they_need(value: float, text: str) -> None:
    assert percent_text(value) == text


@pytest.mark.parametrize(("price", "count"), [(560.0, 1), (601.5, 2), (700.0, 30), (560.0, 30), (601.5, 300)])
def test_marks_are_inside_the_axes(price: float, count: int) -> None:
    mine = fills(("Buy", 0.1, "700.HK"), ("Sell", count - 0.5, "700.HK"))
    mine["price"] = price
    figure = plots.executions(bars(count), mine)
    figure.canvas.draw()
    axes = figure.axes[0]
    box = axes.get_window_extent()
    points = 0
    for marks in axes.collections:
        paths = marks.get_paths()
        offsets = marks.get_offsets()
        if len(offsets) == 0 or len(paths) != 1 or len(paths[0].vertices) != 4:
            continue  # the candles' own lines
        scale = np.sqrt(marks.get_sizes()[0]) * figure.dpi / 72
        for offset in axes.transData.transform(offsets):
            corners = paths[0].vertices * scale + offset
            points += 1
            assert corners[:, 0].min() >= box.x0 - 1
            assert corners[:, 0].max() <= box.x1 + 1
            assert corners[:, 1].min() >= box.y0 - 1
            assert corners[:, 1].max() <= box.y1 + 1
    assert points >= 1


# Themes


@BOTH
def test_pictures_are_light_or_dark(interactive: bool) -> None:
    light, dark = every(interactive, "light"), every(interactive, "dark")
    for one, other in list(zip(light, dark, strict=True))[:: 1 if interactive else 3]:
        for figure, theme in ((one, style.LIGHT), (other, style.DARK)):
            if interactive:
                assert json.loads(figure.to_json())["layout"]["paper_bgcolor"] == theme.paper
                continue
            corner = imread(BytesIO(figure.png()))[-1, -1, :3]
            assert corner == pytest.approx(mpl.colors.to_rgb(theme.paper), abs=0.01)
    assert style.current_theme() is style.LIGHT


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [
            part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
            for part in mpl.colors.to_rgb(colour)
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [style.LIGHT, style.DARK])
def test_text_and_lines_stand_out_from_the_paper(theme: style.Theme) -> None:
    assert contrast(theme.ink, theme.paper) > 7
    assert contrast(theme.soft, theme.paper) > 4.5
    with style.drawn_in(theme):
        colours = lines()
    for colour in (theme.blue, theme.orange, *colours):
        assert contrast(colour, theme.paper) > 3


def test_without_a_theme_the_librarys_own_setting_counts() -> None:
    import plotly.io

    assert style.chosen_theme(None, interactive=False) is style.LIGHT
    with mpl.rc_context({"figure.facecolor": "black"}):
        assert style.chosen_theme(None, interactive=False) is style.DARK
        assert style.chosen_theme("light", interactive=False) is style.LIGHT
        assert style.chosen_theme(None, interactive=True) is style.LIGHT
    before = plotly.io.templates.default
    try:
        plotly.io.templates.default = "plotly_dark"
        assert style.chosen_theme(None, interactive=True) is style.DARK
    finally:
        plotly.io.templates.default = before


# Plotly's first picture


def test_the_first_interactive_picture_does_not_wait_for_nbformat(tmp_path: Any) -> None:
    """In a kernel the message is plotly's own, and what it imports for a version number is not."""
    from jupyter_client.manager import start_new_kernel

    code = """
import pandas as pd
from jupyter_openapi import plots
frame = pd.DataFrame(
    {"net_value": [1.0, 2], "flow": [0.0, 0], "index": [100.0, 200], "drawdown_pct": [0.0, 0]},
    index=pd.date_range("2026-11-02", periods=2, tz="UTC"),
)
figure = plots.equity(frame, interactive=True)
figure
"""
    manager, kernel = start_new_kernel(kernel_name="python3", cwd=str(tmp_path))
    shown: list[Any] = []
    try:
        for line in (code, "import sys; print([n for n in ('nbformat', 'jsonschema') if n in sys.modules])",
                     "import nbformat; figure"):  # fmt: skip
            reply = kernel.execute_interactive(line, timeout=60, output_hook=shown.append)
            assert reply["content"]["status"] == "ok", reply["content"]
    finally:
        kernel.stop_channels()
        manager.shutdown_kernel(now=True)
    pictures = [one["content"]["data"] for one in shown if one["msg_type"] == "display_data"]
    printed = [one["content"]["text"] for one in shown if one["msg_type"] == "stream"]
    assert "[]\n" in printed
    ours, theirs = (picture["application/vnd.plotly.v1+json"] for picture in pictures)
    assert list(pictures[0]) == ["application/vnd.plotly.v1+json"]
    assert ours["data"] == theirs["data"]
    assert ours["layout"] == theirs["layout"]


def test_outside_a_kernel_it_is_shown_as_plotly_does(monkeypatch: pytest.MonkeyPatch) -> None:
    import plotly.graph_objects as go

    assert not plain_kernel()
    figure = plots.equity(curve(), interactive=True)
    assert isinstance(figure, go.Figure)
    shown: list[Any] = []

    def show(self: Any) -> None:
        shown.append(self)

    monkeypatch.setattr(go.Figure, "_ipython_display_", show)
    figure._ipython_display_()
    assert shown == [figure]
