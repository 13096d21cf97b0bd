"""``watch`` and ``chart`` as they are typed: what they give, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from ipywidgets import Widget
from support.shell import Shell
from support.streaming import until

from jupyter_openapi.magic.commands import live
from jupyter_openapi.session import SESSION


@pytest.fixture(scope="module")
def connected(shell: Shell) -> Shell:
    """A shell that is connected to a sandbox of its own."""
    shell.run("client = %openapi connect sandbox")
    return shell


@pytest.fixture(autouse=True)
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """There is a page, unless a test says otherwise; what was opened is closed."""
    monkeypatch.setattr(live, "in_terminal", lambda: False)
    monkeypatch.setattr(live, "refuse_in_terminal", lambda *_: None)
    yield
    Widget.close_all()
    if SESSION.client is not None and SESSION.client.live is not None:
        SESSION.client.close_subscriptions()


def test_without_symbols_it_tells_what_is_watched(connected: Shell) -> None:
    assert "Nothing is watched" in connected.run("%openapi watch")
    table = connected.run("%openapi watch 700.HK AAPL.US")
    assert table.symbols == ("700.HK", "AAPL.US")
    assert until(lambda: table.live_state == "live")
    said = str(connected.run("%openapi watch"))
    assert "quote, depth of 700.HK, AAPL.US: live" in said
    assert "link to the quote gateway: live; 1 of 10 links online" in said
    table.stop()
    assert table.live_state == "stopped"
    assert until(lambda: "Nothing is watched" in connected.run("%openapi watch"))
    table.close()


@pytest.mark.parametrize(
    "line",
    [
        "watch --seconds 1 700.HK AAPL.US",
        "--seconds 1 watch 700.HK AAPL.US",
        "watch 700.HK,AAPL.US --seconds=1",
    ],
)
def test_seconds_give_a_frame_of_what_came(connected: Shell, line: str) -> None:
    frame = connected.run(f"%openapi {line}")
    assert isinstance(frame, pd.DataFrame)
    assert set(frame["symbol"]) == {"700.HK", "AAPL.US"}
    assert frame["last_done"].dtype == "float64"
    assert str(frame["received"].dt.tz) == "UTC"
    assert SESSION.client is not None
    assert SESSION.client.live is not None
    assert SESSION.client.live.subscriptions() == []


def test_what_was_recorded_can_be_saved(connected: Shell, tmp_path: Path) -> None:
    frame = connected.run(f"%openapi --out {tmp_path}/q.csv watch --seconds 0.5 700.HK")
    assert len(pd.read_csv(tmp_path / "q.csv")) == len(frame)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("watch --seconds 30", "watch --seconds 30 700.HK"),
        ("watch --seconds soon 700.HK", "such as --seconds 30, not soon"),
        ("watch --seconds 0 700.HK", "above 0"),
        ("watch --seconds nan 700.HK", "above 0"),
        ("watch 700", "700"),
        ("--out q.csv watch 700.HK", "add --seconds 30"),
        ("chart", "symbol"),
        ("chart 700.HK AAPL.US", "symbol"),
        ("chart 700.HK period=7m", "period"),
        ("chart 700.HK --ma 1", "--ma 20,60"),
        ("chart 700.HK --ma x", "--ma 20,60"),
        ("quote 700.HK --fills", "belongs to chart"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(connected: Shell, line: str, said: str) -> None:
    assert said in connected.fail(f"%openapi {line}")


def test_a_chart_in_one_word(connected: Shell) -> None:
    chart = connected.run("%openapi chart 700.HK period=5m --ma 20,60 --fills")
    assert chart.averages == (20, 60)
    assert chart.model_state.period == "5m"
    assert until(lambda: len(chart.model_state.bars) >= 500)
    chart.close()


def test_a_terminal_is_told_what_to_type_instead(
    connected: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from jupyter_openapi.magic import caller

    monkeypatch.setattr(caller, "in_terminal", lambda: True)
    monkeypatch.setattr(live, "in_terminal", lambda: True)
    monkeypatch.setattr(live, "refuse_in_terminal", caller.refuse_in_terminal)
    said = connected.fail("%openapi watch 700.HK AAPL.US")
    assert "this is a terminal. Type `%openapi watch --seconds 30 700.HK AAPL.US` instead." in said
    picture = connected.run("fig = %openapi chart 700.HK\nfig")
    assert picture.png().startswith(b"\x89PNG")
    assert "fig.savefig('700.HK.png')" in capsys.readouterr().out


def test_a_picture_has_the_newest_bars_their_averages_and_the_fills(connected: Shell) -> None:
    connected.run("%openapi --execute submit 700.HK side=buy type=MO quantity=100")
    picture: Any = connected.run("%openapi chart --picture --fills 700.HK period=1m --ma 20,60")
    upper = picture.axes[0]
    names = [text.get_text() for text in upper.get_legend().get_texts()]
    assert names == ["average of 20", "average of 60", "bought"]
    lines = [line for line in upper.get_lines() if line.get_label().startswith("average")]
    assert [len(line.get_ydata()) for line in lines] == [live.PICTURED, live.PICTURED]
    assert not pd.isna(lines[1].get_ydata()).any()  # averages need bars before the first that is drawn


def test_without_a_connection_both_say_what_to_do(shell: Shell) -> None:
    client, SESSION.client = SESSION.client, None
    try:
        assert "connect sandbox" in shell.fail("%openapi watch 700.HK")
        assert "connect sandbox" in shell.fail("%openapi chart 700.HK")
    finally:
        SESSION.client = client
