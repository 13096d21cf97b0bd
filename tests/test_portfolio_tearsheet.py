"""The tear sheet: one page that stands alone, and says what is not known; and the magic's two words."""

from __future__ import annotations

import random
import re
import sys
import warnings
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import matplotlib as mpl
import pytest
from support.accounts import FakeAccount
from support.shell import Shell
from test_portfolio_returns import account, random_frame

from jupyter_openapi import portfolio
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.portfolio import IncompleteWarning, tear_sheet
from jupyter_openapi.portfolio.risk_statistics import reckoned
from jupyter_openapi.portfolio.tear_sheet import page_of, quantstats_page


class Page(HTMLParser):
    """The tags, the text, and what a page would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attrs if name in {"src", "href"}]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def values(count: int, start: str = "2026-01-05") -> dict[str, str]:
    dice = random.Random(1)
    day, found, worth = datetime.fromisoformat(start).replace(tzinfo=UTC), {}, 100_000
    while len(found) < count:
        if day.weekday() < 5:
            found[f"{day:%Y-%m-%d}"] = str(worth)
            worth += dice.randint(-900, 1000)
        day += timedelta(days=1)
    return found


def test_the_page_stands_alone_and_holds_no_amount(tmp_path: Path) -> None:
    client = account(tmp_path / "kept", values(40))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = portfolio.tearsheet(client, tmp_path / "page.html", folder=tmp_path / "kept")
    text = made.read_text(encoding="utf-8")
    page = Page(text)
    assert made == tmp_path / "page.html"
    assert all(load.startswith("data:image/png;base64,") for load in page.loads)
    assert len(page.loads) == 4  # two pictures, on light and on dark paper
    assert "script" not in page.tags
    words = " ".join(page.words)
    for part in (
        "PAPER account",
        "2026-01-05 to 2026-02-27",
        "Sharpe",
        "Deepest drawdown",
        "Returns by month",
    ):
        assert part in words
    assert not re.search(r"\b1\d\d,?\d{3}\b", words)
    table = reckoned(portfolio.returns(client, folder=tmp_path / "kept"))
    assert f"{table.loc['volatility_pct', 'portfolio']:,.2f}%" in words


def test_text_of_others_is_text() -> None:
    frame, _ours, _theirs = random_frame(random.Random(2), 30)
    frame.attrs["openapi"] = {
        "mode": "paper", "base_currency": "HKD", "benchmark": "<script>alert(1)</script>",
        "missing": ["<b>x</b>"], "notes": ["<i>y</i>"],
    }  # fmt: skip
    page = Page(page_of(frame, reckoned(frame)))
    assert not {"script", "b", "i"} & set(page.tags)


def figure(page: Page, name: str) -> list[str]:
    """The account's and the benchmark's figure beside a name in quantstats' table."""
    words = [word.strip() for word in page.words if word.strip()]
    place = words.index(name)
    return words[place + 1 : place + 3]


def test_quantstats_page_is_of_the_same_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    frame, _ours, _theirs = random_frame(random.Random(5), 120)
    frame.attrs["openapi"] = {"benchmark": "2800.HK", "missing": []}
    table = reckoned(frame, 3.5)
    assert mpl.get_backend()  # a choice that is made when first asked for
    shown = mpl.rcParams.copy()
    monkeypatch.setenv("LONGBRIDGE_APP_SECRET", "not for others")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = quantstats_page(frame, 3.5, "Performance")
    assert "quantstats" not in sys.modules
    assert mpl.rcParams == shown
    page = Page(text)
    assert [load for load in page.loads if not load.startswith("data:")] == ["http://quantstats.io"]  # a link
    assert "script" not in page.tags
    whole, volatility, deepest = (
        [f"{value:,.2f}%" for value in table.loc[name, ["benchmark", "portfolio"]]]
        for name in ("total_return_pct", "volatility_pct", "max_drawdown_pct")
    )
    assert figure(page, "Cumulative Return") == whole
    assert figure(page, "Volatility (ann.)") == volatility
    assert figure(page, "Max Drawdown") == deepest
    assert "2800.HK" in page.words


def test_quantstats_page_is_written_or_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = account(tmp_path / "kept", values(40))
    written = """
import json, pathlib, sys
asked = json.load(sys.stdin)
link = '<link rel="icon" href="https://elsewhere.invalid/x">'
seen = f"{len(asked['days'])} {list(asked['returns'])} {asked['title']}"
pathlib.Path(asked["path"]).write_text(link + seen)
"""
    with monkeypatch.context() as patch:
        patch.setattr(tear_sheet, "PROGRAM", written)
        made = portfolio.tearsheet(
            client, tmp_path / "page.html", folder=tmp_path / "kept", engine="quantstats"
        )
    assert made.read_text(encoding="utf-8") == "39 ['Account'] Performance"
    with pytest.raises(RequestRefused, match="engine is own or quantstats, not 'pyfolio'"):
        portfolio.tearsheet(client, tmp_path / "page.html", folder=tmp_path / "kept", engine="pyfolio")
    one = account(tmp_path / "one", {"2026-01-05": "100"})
    with pytest.raises(RequestRefused, match="needs returns of single days, and there are none"):
        portfolio.tearsheet(one, tmp_path / "p.html", folder=tmp_path / "one", engine="quantstats")
    frame, _ours, _theirs = random_frame(random.Random(6), 30)
    frame.attrs["openapi"] = {"benchmark": None}
    monkeypatch.setattr(tear_sheet, "PROGRAM", "raise OSError('no room')")
    with pytest.raises(RequestRefused, match="quantstats failed: OSError: no room"):
        quantstats_page(frame, 0.0, "Performance")
    monkeypatch.setattr(tear_sheet, "find_spec", lambda _: None)
    with pytest.raises(RequestRefused, match=r"pip install 'jupyter-openapi\[quantstats\]'"):
        quantstats_page(frame, 0.0, "Performance")


def test_too_little_is_said_on_the_page(tmp_path: Path) -> None:
    client = account(tmp_path / "kept", {"2026-01-05": "100"})
    with pytest.warns(IncompleteWarning, match="a second day with a snapshot"):
        made = portfolio.tearsheet(client, tmp_path / "one.html", folder=tmp_path / "kept")
    assert "Not known: any return" in made.read_text(encoding="utf-8")
    with pytest.warns(IncompleteWarning, match="there are no snapshots yet"):
        portfolio.tearsheet(FakeAccount(owner="two"), tmp_path / "none.html", folder=tmp_path / "kept")
    with pytest.raises(RequestRefused, match=r"its name ends in \.html, not page\.pdf"):
        portfolio.tearsheet(client, tmp_path / "page.pdf", folder=tmp_path / "kept")
    with pytest.raises(RequestRefused, match="was not written"):
        portfolio.tearsheet(client, tmp_path / "kept" / "x.html" / "y.html", folder=tmp_path / "kept")


# The magic


def test_the_words_of_the_magic(
    shell: Shell, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    shell.run("client = %openapi connect sandbox")
    frame = shell.run("frame = %openapi returns\nframe")
    said = capsys.readouterr().out
    assert frame.empty
    assert "there are no snapshots yet" in said
    shell.run("%openapi snapshot;")
    monthly = shell.run("frame = %openapi returns --by month --benchmark 2800.HK\nframe")
    said = capsys.readouterr().out
    assert monthly.columns[0] == "month"
    assert "benchmark_pct" in monthly.columns
    assert "Not known: any return" in said
    assert "`%openapi help returns`" in said
    trades = shell.run("frame = %openapi trade_stats\nframe")
    assert trades.empty
    assert "No trades were closed in this time." in capsys.readouterr().out
    by = shell.run(f"frame = %openapi --out {tmp_path}/t.csv trade_stats -30d --by symbol\nframe")
    assert by.columns[0] == "symbol"
    assert (tmp_path / "t.csv").is_file()
    assert "--by is day or month or year" in shell.fail("%openapi returns --by week")
    assert "type 700.HK" in shell.fail("%openapi returns --benchmark 700")
    assert "--by is symbol or month" in shell.fail("%openapi trade_stats --by day")
    shell.run("%openapi help returns")
    assert "drawdown_pct is how far" in capsys.readouterr().out
    shell.run("%openapi help trade_stats")
    assert "expectancy is net_pl by trade" in capsys.readouterr().out
