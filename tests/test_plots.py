"""The pictures: what they show and say, in matplotlib and plotly, with names any font can or can't show."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager
from matplotlib.image import imread
from support.accounts import FakeAccount, quote, stock

from jupyter_openapi import plots, portfolio
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.plots import style as fonts
from jupyter_openapi.plots.charts import allocation_bars, bars_of, candles_of, profit_bars
from jupyter_openapi.plots.style import amount_text, label_of, moment_text, percent_text

START = pd.Timestamp("2026-11-02", tz="UTC")
BOTH = pytest.mark.parametrize("interactive", [False, True])


def readable(_: str) -> bool:
    return True


def held(**names: str) -> pd.DataFrame:
    client = FakeAccount(
        [
            stock("700.HK", "100", "500", "100", name=names.get("tencent", "TENCENT")),
            stock("AAPL.US", "10", "300", "10", name="Apple $A$ <b>Inc.</b>"),
        ],
        quotes=[quote("700.HK", "600", "590"), quote("AAPL.US", "270", "271")],
        cash={"HKD": "18940"},
    )
    return portfolio.value(client)


def curve(count: int = 6, **facts: Any) -> pd.DataFrame:
    index = np.array([100.0, 104, 98, 101, 106, 105])[:count]
    frame = pd.DataFrame(
        {
            "net_value": index * 10_000,
            "flow": [0.0, 0, 50_000, 0, 0, 0][:count],
            "index": index,
            "drawdown_pct": 100 * (index / np.maximum.accumulate(index) - 1) if count else [],
        },
        index=pd.date_range(START, periods=count, freq="D"),
    )
    frame.attrs["openapi"] = {
        "mode": "paper",
        "requested_at": "2026-11-22T20:00:00+00:00",
        "base_currency": "HKD",
        "total_return_pct": 5.0,
        "max_drawdown_pct": -5.77,
        **facts,
    }
    return frame


def bars(count: int = 30) -> pd.DataFrame:
    close = 600 + np.arange(count) % 7
    frame = pd.DataFrame(
        {
            "symbol": "700.HK",
            "open": close - 2.0,
            "high": close + 3.0,
            "low": close - 4.0,
            "close": close.astype(float),
            "volume": 1_000_000 + np.arange(count),
            "timestamp": pd.date_range(START, periods=count, freq="D"),
        }
    )
    frame.attrs["openapi"] = {"mode": "sandbox", "requested_at": "2026-11-22T20:00:00+00:00"}
    return frame


def fills(*rows: tuple[str, float, str]) -> pd.DataFrame:
    """Executions of 100 700.HK each: (side, days after the first candle, symbol)."""
    return pd.DataFrame(
        {
            "symbol": [symbol for _, _, symbol in rows],
            "side": [side for side, _, _ in rows],
            "price": [601.5 for _ in rows],
            "quantity": [100.0 for _ in rows],
            "trade_done_at": [START + pd.Timedelta(days=days) for _, days, _ in rows],
        }
    )


def texts(figure: Any) -> list[str]:
    """Return every text of a matplotlib figure that is drawn."""
    figure.canvas.draw()
    found = [part.get_text() for part in figure.findobj(mpl.text.Text) if part.get_visible()]
    return [text for text in found if text]


def said(figure: Any) -> str:
    """Return every text of a figure, whichever library drew it."""
    return figure.to_json() if hasattr(figure, "to_json") else "\n".join(texts(figure))


# Titles carry the account's kind and the time


@BOTH
def test_titles_carry_account_kind_and_time(interactive: bool) -> None:
    frame = held()
    when = moment_text(frame.attrs["openapi"]["requested_at"])
    for figure in (
        plots.allocation(frame, interactive=interactive),
        plots.profit(frame, "day", interactive=interactive),
    ):
        assert "PAPER account" in said(figure)
        assert when in said(figure)
    for figure, kind in (
        (plots.equity(curve(), interactive=interactive), "PAPER account"),
        (plots.executions(bars(), fills(("Buy", 3.2, "700.HK")), interactive=interactive), "SANDBOX account"),
    ):
        assert kind in said(figure)
        assert "2026-11-22 20:00 UTC" in said(figure)


# What they show


def test_allocation_shows_shares_of_everything_with_the_cash() -> None:
    chart = allocation_bars(held(), "symbol", privacy=False, readable=readable)
    # 60,000 + 2,700 x 7.8 + 18,940 = 100,000
    assert [(bar.label, round(bar.value, 9), bar.tone) for bar in chart.bars] == [
        ("700.HK  TENCENT", 60, "plain"),
        ("AAPL.US  Apple $A$ <b>Inc.</b>", 21.06, "plain"),
        ("Cash HKD", 18.94, "muted"),
    ]
    assert chart.bars[0].text == "60.0%   60,000"
    assert "total 100,000 HKD" in chart.line
    by_market = allocation_bars(held(), "market", privacy=False, readable=readable)
    assert [bar.label for bar in by_market.bars] == ["HK", "US", "Cash"]
    by_currency = allocation_bars(held(), "currency", privacy=False, readable=readable)
    assert [(bar.label, round(bar.value, 2)) for bar in by_currency.bars] == [("HKD", 78.94), ("USD", 21.06)]


def test_many_holdings_are_gathered() -> None:
    symbols = [f"{number}.HK" for number in range(1, 31)]
    client = FakeAccount(
        [stock(symbol, "1", "1", "1") for symbol in symbols],
        quotes=[quote(symbol, str(100 + n), "1") for n, symbol in enumerate(symbols)],
    )
    frame = portfolio.value(client)
    chart = allocation_bars(frame, "symbol", privacy=False, readable=readable)
    assert chart.bars[-1].label == "16 others"
    assert sum(bar.value for bar in chart.bars) == pytest.approx(100)
    assert (
        "14 between the best and the worst 8"
        in profit_bars(frame, "unrealized", privacy=False, readable=readable).remark
    )


def test_profit_is_in_the_base_currency_best_first() -> None:
    chart = profit_bars(held(), "unrealized", privacy=False, readable=readable)
    assert [(bar.value, bar.tone) for bar in chart.bars] == [(10_000, "gain"), (-2340, "loss")]
    assert chart.bars[1].text == "\u22122,340   \u221210.0%"
    day = profit_bars(held(), "day", privacy=False, readable=readable)
    assert [bar.value for bar in day.bars] == [1000, pytest.approx(-78)]


@BOTH
def test_what_is_not_known_is_named_below(interactive: bool) -> None:
    frame = held()
    frame.loc[1, ["market_value_base", "unrealized_pl_base"]] = np.nan
    assert "the value is not known: AAPL.US" in said(plots.allocation(frame, interactive=interactive))
    assert "the profit is not known: AAPL.US" in said(plots.profit(frame, interactive=interactive))


@BOTH
def test_privacy_shows_no_amounts(interactive: bool) -> None:
    frame = held()
    for figure, hidden in (
        (plots.allocation(frame, interactive=interactive, privacy=True), ("60,000", "100,000")),
        (plots.profit(frame, interactive=interactive, privacy=True), ("10,000", "2,340")),
        (plots.equity(curve(), interactive=interactive, privacy=True), ("1,000,000", "1040000", "50,000")),
        (
            plots.executions(bars(), fills(("Buy", 3.2, "700.HK")), interactive=interactive, privacy=True),
            ("Buy 100",),
        ),
    ):
        assert not [amount for amount in hidden if amount in said(figure)]


def test_the_curve_marks_deposits_and_says_its_return() -> None:
    shown = texts(plots.equity(curve()))
    assert "deposit 50,000" in shown
    assert any("time-weighted return +5.00%" in text and "\u22125.77%" in text for text in shown)
    assert "1,050,000" in shown or "1,040,000" in shown  # thousands separators on the axis


def test_executions_stand_on_the_candle_they_happened_in() -> None:
    trades = fills(
        ("Buy", 3.4, "700.HK"), ("Sell", 10.0, "700.HK"), ("Buy", -1, "700.HK"), ("Sell", 90, "700.HK")
    )
    chart = candles_of(bars(), trades, None, privacy=False)
    assert [(mark.at, mark.buy) for mark in chart.marks] == [(3, True), (10, False)]
    assert chart.marks[0].text.startswith("Buy 100 at 601.50, 2026-11-05")
    assert "2 executions are outside" in chart.remark
    assert chart.labels[0] == "2026-11-02"


def test_executions_of_several_securities_need_a_symbol() -> None:
    trades = fills(("Buy", 3, "700.HK"), ("Sell", 4, "5.HK"))
    with pytest.raises(RequestRefused, match=r"pass symbol='700\.HK'"):
        plots.executions(bars(), trades)
    assert "1 bought, 0 sold" in said(plots.executions(bars(), trades, "700.HK"))


# Names, whatever they hold


@BOTH
def test_candles_have_averages_of_all_bars_and_the_market_s_time(interactive: bool) -> None:
    frame = bars(60).assign(symbol="700.HK")
    figure = plots.candles(frame, averages=[5, 20], most=30, interactive=interactive)
    wanted = {n: [frame["close"].iloc[i - n + 1 : i + 1].mean() for i in range(30, 60)] for n in (5, 20)}
    if interactive:
        drawn = {trace.name: list(trace.y) for trace in figure.data if trace.name}
    else:
        drawn = {line.get_label(): list(line.get_ydata()) for line in figure.axes[0].get_lines()}
    for length, values in wanted.items():
        assert drawn[f"average of {length}"] == pytest.approx(values)
    assert "700.HK" in said(figure)
    assert "Hong_Kong" in said(figure)
    with pytest.raises(RequestRefused, match="pass symbol="):
        plots.candles(pd.concat([frame, frame.assign(symbol="5.HK")]), interactive=interactive)
    with pytest.raises(RequestRefused, match="--ma 20,60"):
        plots.candles(frame, averages=[1], interactive=interactive)


def test_times_of_candles_are_of_the_market() -> None:
    frame = bars(3).assign(timestamp=pd.date_range("2026-11-23 14:30", periods=3, freq="min", tz="UTC"))
    for symbol, first in (("700.HK", "11-23 22:30"), ("AAPL.US", "11-23 09:30")):
        chart = bars_of(frame.assign(symbol=symbol), None, None, (), most=None, privacy=False)
        assert chart.labels[0] == first


def test_a_dollar_is_a_dollar_and_a_tag_is_text() -> None:
    shown = texts(plots.allocation(held()))
    assert "AAPL.US  Apple $A$ <b>Inc.</b>" in shown
    figure: Any = plots.allocation(held(), interactive=True)
    assert "&lt;b&gt;Inc." in figure.layout.yaxis.ticktext[1]
    assert "<b>Inc." not in figure.to_json().replace("\\u003c", "<")


def test_names_no_font_can_show_give_way_to_the_symbol(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "families", lambda: ["DejaVu Sans"])
    shown = texts(plots.allocation(held(tencent="腾讯控股")))
    assert "700.HK" in shown
    assert "腾" not in "".join(shown)
    assert fonts.readable("Société Générale \u22125%")


def test_names_in_chinese_are_shown_with_a_font_that_has_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "cjk.ttf"
    _font(path, "Noto Sans CJK SC", "腾讯控股")
    monkeypatch.setattr(font_manager.fontManager, "ttflist", list(font_manager.fontManager.ttflist))
    # Matplotlib remembers a family's file for each setting of the families; nobody else has this one.
    monkeypatch.setitem(mpl.rcParams, "font.fantasy", ["A family of this test"])
    fonts._face.cache_clear()
    font_manager.fontManager.addfont(path)
    try:
        assert "Noto Sans CJK SC" in fonts.families()
        shown = texts(plots.allocation(held(tencent="腾讯控股")))  # a missing glyph would warn, and fail
        assert "700.HK  腾讯控股" in shown
        assert not fonts.readable("汇丰")
    finally:
        monkeypatch.undo()
        fonts._face.cache_clear()


def _font(path: Path, family: str, signs: str) -> None:
    """Write a font of squares for these characters."""
    pen = TTGlyphPen(None)
    for at in ((0, 0), (0, 700), (700, 700), (700, 0)):
        (pen.moveTo if at == (0, 0) else pen.lineTo)(at)
    pen.closePath()
    square = pen.glyph()
    builder = FontBuilder(1000, isTTF=True)
    names = [".notdef", *(f"u{ord(sign):04X}" for sign in signs)]
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(sign): f"u{ord(sign):04X}" for sign in signs})
    builder.setupGlyf(dict.fromkeys(names, square))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (800, 50)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=800)
    builder.setupPost()
    builder.save(path)


@pytest.mark.parametrize(
    ("symbol", "name", "label"),
    [
        ("700.HK", "TENCENT", "700.HK  TENCENT"),
        ("700.HK", "", "700.HK"),
        ("700.HK", float("nan"), "700.HK"),
        ("700.HK", "700.HK", "700.HK"),
        ("X.US", "a\nb\x00c", "X.US  a b c"),
        ("X.US", "W" * 60, f"X.US  {'W' * 21}…"),
    ],
)
def test_labels(symbol: str, name: Any, label: str) -> None:
    assert label_of(symbol, name, readable) == label


@pytest.mark.parametrize(
    ("value", "more", "text"),
    [
        (1234567.891, {}, "1,234,568"),
        (999.5, {}, "999.50"),
        (-1234.0, {"sign": True}, "\u22121,234"),
        (0.001, {"sign": True}, "0.00"),
        (-0.0, {}, "0.00"),
        (5, {"sign": True, "places": 1}, "+5.0"),
    ],
)
def test_amounts_are_written_with_separators(value: float, more: dict[str, Any], text: str) -> None:
    assert amount_text(value, **more) == text
    assert percent_text(12.34) == "12.3%"


# What they are


def test_a_static_picture_is_one_that_a_notebook_shows() -> None:
    before = dict(mpl.rcParams)
    figure = plots.allocation(held())
    assert isinstance(figure, mpl.figure.Figure)
    picture = imread(BytesIO(figure.png()))
    assert picture.shape[1] > 1000
    content, size = figure._repr_png_()
    assert content == figure.png()
    assert size["width"] == 730
    assert picture.std() > 0.05  # something is drawn
    assert dict(mpl.rcParams) == before


def test_an_interactive_picture_needs_no_network() -> None:
    import plotly.io

    figure = plots.executions(bars(), fills(("Buy", 3, "700.HK")), interactive=True)
    page = plotly.io.to_html(figure, include_plotlyjs=False)
    assert "http" not in page.replace("http://www.w3.org", "").replace(
        '"plotlyServerURL":"https://plot.ly"', ""
    )


@BOTH
def test_nothing_to_show_is_a_picture_too(interactive: bool) -> None:
    nothing = portfolio.value(FakeAccount())
    none = fills()
    figures = (
        plots.allocation(nothing, interactive=interactive),
        plots.profit(nothing, interactive=interactive),
        plots.equity(curve(0), interactive=interactive),
        plots.executions(bars(0), none, interactive=interactive),
        plots.executions(bars(2), none, "700.HK", interactive=interactive),
        plots.equity(curve(1), interactive=interactive),
    )
    for figure, text in zip(
        figures, ("Nothing", "Nothing", "No snapshots", "No candles", "no executions", "PAPER"), strict=True
    ):
        assert text in said(figure)


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: plots.allocation(pd.DataFrame({"symbol": []})), r"lacks .*portfolio\.value\(client\)"),
        (lambda: plots.allocation(held(), "sector"), "by is symbol, market, currency; not 'sector'"),
        (lambda: plots.profit(held(), "year"), "what is unrealized, day; not 'year'"),
        (lambda: plots.equity(pd.DataFrame()), r"portfolio\.equity_curve\(\)"),
        (lambda: plots.executions(pd.DataFrame(), fills()), "openapi candles"),
        (lambda: plots.executions(bars(), pd.DataFrame()), "openapi executions"),
    ],
)
def test_another_frame_is_refused(draw: Any, words: str) -> None:
    with pytest.raises(RequestRefused, match=words):
        draw()


@pytest.mark.parametrize(("interactive", "package"), [(False, "matplotlib"), (True, "plotly")])
def test_without_the_library_it_says_what_to_install(
    interactive: bool, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.setitem(sys.modules, name, None)
    for name in ("draw_matplotlib", "draw_plotly", "style"):
        monkeypatch.delitem(sys.modules, f"jupyter_openapi.plots.{name}", raising=False)
        monkeypatch.delattr(plots, name, raising=False)
    with pytest.raises(
        RequestRefused, match=rf"Pictures need {package}.*pip install 'jupyter-openapi\[plot\]'"
    ):
        plots.equity(curve(), interactive=interactive)


HEAVY = ("matplotlib", "plotly", "pyarrow", "pandas", "fsspec")
LOADED = f"""
import sys
import jupyter_openapi.portfolio
from jupyter_openapi import plots
print([name for name in {HEAVY} if name in sys.modules])
import pandas
frame = pandas.DataFrame({{name: [] for name in ("net_value", "flow", "index", "drawdown_pct")}})
plots.equity(frame)._repr_png_()
print([name for name in ("matplotlib.pyplot", "plotly") if name in sys.modules])
"""


def test_nothing_heavy_is_loaded_before_it_is_used_and_pyplot_never() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.split("\n") == ["[]", "[]", ""]
