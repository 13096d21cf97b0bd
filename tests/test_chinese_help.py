"""Chinese in help and in frames: nothing is left in English, lines fit, and values stay as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, get_args

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_plots import said
from test_plots_performance import exposed
from test_portfolio_pnl import traded, work

from jupyter_openapi import plots
from jupyter_openapi.frames.view import picture_of
from jupyter_openapi.magic.commands import COMMANDS
from jupyter_openapi.magic.commands.help import WIDTH, command_help, operation_help
from jupyter_openapi.messages import filled, pgettext, set_language, text_width
from jupyter_openapi.portfolio import tax_lots
from jupyter_openapi.portfolio.daily_returns import BROKER, RECONSTRUCTED, SNAPSHOTS
from jupyter_openapi.portfolio.exposures import UNKNOWN
from jupyter_openapi.portfolio.lot_ledger import COST_UNKNOWN
from jupyter_openapi.portfolio.positions import FUND
from jupyter_openapi.portfolio.trade_figures import GROUPS
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.loader import frame_views
from jupyter_openapi.trading.intents import State

if TYPE_CHECKING:
    from support.shell import Shell

CHINESE = ("zh-CN", "zh-HK")
BOTH = pytest.mark.parametrize("tag", CHINESE)


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    set_language(None)


# ---- help

ENGLISH = re.compile(r"(?<![-_./=])\b(?:a|an|the|of|is|are|was|which|that|with|for|and|by|to|not)\b(?![-_=])")
"""Words that a sentence has, and no list of names."""


def english(text: str) -> list[str]:
    """Return the lines of a help text that are English, beside what is typed."""
    lines = [line for line in text.splitlines() if "%openapi" not in line]
    return [line for line in lines if ENGLISH.search(re.sub(r"`[^`]*`", "", line))]


@BOTH
def test_no_help_of_a_command_or_an_operation_is_left_in_english(tag: str) -> None:
    set_language("en")
    assert len(english(operation_help(catalog().named("warrant_quote"), "warrant_quote"))) >= 3
    set_language(tag)
    for spec in COMMANDS.values():
        assert english(command_help(spec)) == [], spec.name
    for name, operation in catalog().operations.items():
        said = operation_help(operation, name)
        assert english(said) == [], name
        wide = [line for line in said.splitlines() if text_width(line) > WIDTH + 2 and "%openapi" not in line]
        assert [line for line in wide if " " in line.strip()] == [], name


@BOTH
def test_columns_are_explained_in_a_notebook(shell: Shell, tag: str) -> None:
    shell.run(f"%config OpenAPIMagics.language = '{tag}'")
    try:
        said = str(shell.run("%openapi help warrant_quote"))
    finally:
        shell.run("%config OpenAPIMagics.language = ''")
    words = {
        "zh-CN": ("(float64, 价格) 行权价。", "收回价", "街货比", "隐含波动率"),
        "zh-HK": ("(float64, 價格) 行使價。", "收回價", "街貨比", "引伸波幅"),
    }
    for word in words[tag]:
        assert word in said
    assert "strike_price" in said  # the column's own name


@given(
    st.lists(st.sampled_from(["中", "文。", "（文）", "和，", "「abc」。", "abc ", "x-y_z。"])),  # noqa: RUF001
    st.integers(14, 40),
)
def test_lines_of_chinese_fit_and_lose_nothing(parts: list[str], width: int) -> None:
    said = filled("".join(parts), width, "  ", "    ")
    lines = said.split("\n")
    assert "".join(said.split()) == "".join("".join(parts).split())
    assert all(text_width(line) <= width for line in lines)
    assert not set("。，）」") & {line.strip()[:1] for line in lines}  # noqa: RUF001
    assert not set("（「") & {line[-1:] for line in lines}  # noqa: RUF001


# ---- words in frames


def test_a_line_that_only_begins_in_chinese_fits_as_well() -> None:
    flags = "--dry-run, --explain, --curl, --raw, --decimals, --tz, --out, --wide, --pivot, --table, --param"
    lines = filled(flags, 100, "  选项：", "    ").splitlines()  # noqa: RUF001 (a Chinese colon is meant)
    assert [text_width(line) <= 100 for line in lines] == [True, True]


@BOTH
def test_words_of_our_own_frames_are_shown_in_chinese_and_kept_in_english(tag: str) -> None:
    set_language(tag)
    seen = set()
    for name, view in frame_views().items():
        for column in view.columns:
            frame = pd.DataFrame(
                {field: list(column.words) for each in view.columns for field in each.fields}
            )
            if not column.words:
                continue
            shown = next(
                each
                for each in picture_of(frame, view).columns
                if each.title == pgettext("column", column.title)
            )
            assert not any(cell.text.isascii() for cell in shown.cells), name
            assert list(frame[column.field]) == list(column.words)
            seen |= {(column.field, word) for word in column.words}
    assert seen == {
        *(("source", word) for word in (SNAPSHOTS, BROKER, RECONSTRUCTED)),
        *((field, word) for field in ("direction", "side") for word in ("long", "short")),
        *(("term", word) for word in (tax_lots.LONG, tax_lots.SHORT)),
        *(("group", word) for word in GROUPS if word == "all"),
        *(("state", word) for word in get_args(State)),
        ("market", FUND),
        ("sector", UNKNOWN),
    }


def test_a_picture_of_exposure_says_in_chinese_by_what_and_which_sector_is_not_known() -> None:
    frame = exposed().rename(columns={"symbol": "sector"})
    frame["sector"] = ["Internet", UNKNOWN, "Bank"]
    assert UNKNOWN in said(plots.exposure(frame, interactive=True))
    set_language("zh-HK")
    shown = json.dumps(json.loads(said(plots.exposure(frame, interactive=True))), ensure_ascii=False)
    assert "按行業劃分的敞口" in shown
    assert "未知" in shown
    assert "Internet" in shown  # the broker's own word
    assert UNKNOWN not in shown


@pytest.mark.usefixtures("november")
def test_a_remark_of_a_trip_is_a_sentence_in_the_language_of_the_moment() -> None:
    client = traded(("Buy", "100", "10"), ("Sell", "350", "12"), held="50")
    client.stocks[0]["cost_price"] = ""
    assert work(client, fees=False).remark[0] == COST_UNKNOWN
    set_language("zh-CN")
    frame = work(client, fees=False)
    assert frame.remark[0] == "所平部分没有已知的建仓成交"
    assert frame.direction[1] == "long"
