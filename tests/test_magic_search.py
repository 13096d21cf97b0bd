"""``%openapi search``, the names that replies carry, and where they are shown and understood."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.broker import Broker, client_of
from support.kernel import Kernel
from support.shell import Shell
from support.wire import Received, recorder

from jupyter_openapi.frames import to_frame
from jupyter_openapi.frames.view import picture_of, view_of
from jupyter_openapi.magic.display import as_text
from jupyter_openapi.market.names import MOST, NAMES, Names
from jupyter_openapi.market.symbols import SECURITIES
from jupyter_openapi.session import SESSION


@pytest.fixture(autouse=True)
def names() -> Iterator[Names]:
    """Give the names of this process, with nothing seen before or after."""
    NAMES.clear()
    yield NAMES
    NAMES.clear()


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with Kernel(tmp_path_factory.mktemp("search")) as kernel:
        assert kernel.run("client = %openapi connect sandbox").ok
        yield kernel


def rows(shown: str) -> list[str]:
    return [line.split()[0] for line in shown.splitlines() if re.match(r"[\w.]+\.(HK|US) ", line)]


# In a kernel


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("tencent", "700.HK"),
        ("TENC", "700.HK"),
        ("腾讯", "700.HK"),
        ("騰訊控股", "700.HK"),
        ("700", "700.HK"),
        ("00700.HK", "700.HK"),
        ("apple", "AAPL.US"),
        ("\uff41\uff50\uff50\uff4c\uff45", "AAPL.US"),
        ("ping insurance", "2318.HK"),
        ("80700", "80700.HK"),  # in no list: the broker is asked what it is
    ],
)
def test_a_code_or_a_name_finds_its_symbol(kernel: Kernel, text: str, first: str) -> None:
    shown = kernel.run(f"%openapi search {text}")
    assert shown.ok, shown.error
    assert rows(shown.result)[0] == first
    assert "Searched: positions, watchlist, today's orders, security_list" in shown.text


def test_the_frame_says_where_each_was_found(kernel: Kernel) -> None:
    assert kernel.run("found = %openapi search tencent").ok
    shown = kernel.run("found.loc[0, 'found_in'], found.attrs['openapi']['searched'], type(found).__name__")
    assert "'positions, watchlist, list'" in shown.result
    assert "['positions', 'watchlist', 'orders', 'security_list', 'list', 'replies']" in shown.result
    assert shown.result.endswith("'DataFrame')")


def test_nothing_found_is_said_with_what_comes_near(kernel: Kernel) -> None:
    shown = kernel.run("%openapi search tencnet")
    assert "Nothing found for 'tencnet'. Did you mean tencent?" in shown.text
    assert "No rows" in shown.result
    assert "CODE.MARKET" in kernel.run("%openapi search qqqqqqqq").text


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("quote tencent", "Did you mean 700.HK?"),
        ("quote apple", "Did you mean AAPL.US?"),
        ("quote AAPL", "Did you mean AAPL.US?"),
        ("quote qqqqqqqq", "find it with `%openapi search`"),
        ("search", "word"),
    ],
)
def test_a_name_in_a_symbols_place_is_understood(kernel: Kernel, line: str, says: str) -> None:
    assert says in kernel.run(f"%openapi {line}").error[0]


def test_a_quote_shows_names(kernel: Kernel) -> None:
    shown = kernel.run("%openapi quote 700.HK AAPL.US").result
    assert re.search(r"^Symbol +Name +Last", shown)
    assert re.search(r"^700\.HK +TENCENT +[\d.]+", shown, re.MULTILINE)
    assert re.search(r"^AAPL\.US +Apple Inc\. +[\d.]+", shown, re.MULTILINE)


# What is called


def test_without_a_connection_the_own_list_is_searched(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    SESSION.client = None
    found = shell.run("%openapi search 腾讯")
    assert list(found.symbol) == ["700.HK"]
    assert "Not connected, so nothing of an account was searched." in capsys.readouterr().out


UNKNOWN = {
    "secu_quote": [{"symbol": "7777.HK", "last_done": "1", "prev_close": "1", "timestamp": 1790000000}]
}
TOLD = {"secu_static_info": [{"symbol": "7777.HK", "name_en": "LUCKY CO", "name_cn": "幸运公司"}]}


class Telling(Broker):
    """A broker that quotes 7777.HK and says what it is called."""

    def _read(self, request: Received) -> Any:
        return {"/quote/quotes": UNKNOWN, "/quote/static-info": TOLD}[request.path]


def test_a_name_is_asked_for_once_a_day(shell: Shell, tmp_path: Path, names: Names) -> None:
    broker = Telling()
    with recorder(broker) as server, client_of(server.url, tmp_path) as client:
        SESSION.client = client
        for _ in range(3):
            shell.run("frame = %openapi quote 7777.HK")
        SESSION.client = None
    assert broker.reads.count("/quote/quotes") == 3
    assert broker.reads.count("/quote/static-info") == 1
    assert names.of("7777.HK") == "LUCKY CO"
    assert names.of("7777.HK", "cn") == "幸运公司"
    assert names.find("幸运")[0].symbol == "7777.HK"


def test_names_are_never_made_up(names: Names) -> None:
    frame = to_frame(UNKNOWN, "quote")
    view = view_of(frame)
    assert view is not None
    assert "Name" not in as_text(picture_of(frame, view))  # a column with nothing in it is no help
    names.note("7777.HK", "LUCKY CO")
    assert "LUCKY CO" in as_text(picture_of(frame, view))


POSITIONS = {"list": [{"stock_info": [{"symbol": "1.SG", "symbol_name": "Merlion", "quantity": "1"}]}]}


def test_names_come_from_replies_and_only_from_columns_of_names(names: Names) -> None:
    to_frame(POSITIONS, "stock_positions")
    assert names.find("merl")[0] == ("1.SG", "Merlion")
    to_frame({"lists": [{"symbol": "2.SG", "name": "my alert"}]}, "alert_list")
    assert names.of("2.SG") == ""
    names.note("3.SG", None)
    names.note("no market", "name")
    names.note("4.SG", "x" * 1000)
    assert names.find("xxxx") == names.find("zzz") == []


def test_an_absent_name_is_asked_for_again_the_next_day() -> None:
    now = [1000.0]
    known = Names(lambda: now[0])
    option = "AAPL261218C260000.US"
    assert known.unknown(["7777.HK", "700.HK", option, None, "7777.HK"]) == ["7777.HK"]
    known.asked(["7777.HK"])
    assert known.unknown(["7777.HK"]) == []
    now[0] += 86_400
    assert known.unknown(["7777.HK"]) == ["7777.HK"]


def test_what_is_kept_is_bounded() -> None:
    known = Names()
    for number in range(MOST + 10):
        known.note(f"{number}.SG", f"name {number}")
    assert "0.SG" not in known
    assert f"{MOST + 9}.SG" in known


SYMBOLS = sorted(SECURITIES)


@given(st.sampled_from(SYMBOLS), st.sampled_from(["code", "short_name", "name_en", "name_cn", "name_hk"]))
def test_every_security_is_found_by_each_of_its_names(symbol: str, field: str) -> None:
    text: Any = getattr(SECURITIES[symbol], field)
    assert symbol in [match.symbol for match in Names().find(text, most=90)]


@given(st.text(max_size=20))
def test_no_text_breaks_a_search(text: str) -> None:
    known = Names()
    found = known.find(text)
    assert len({match.symbol for match in found}) == len(found)
    assert known.named(text) in {"", *SECURITIES}


def test_no_secret_is_kept(kernel: Kernel, tmp_path: Path) -> None:
    code = "from jupyter_openapi.market.names import NAMES; repr(vars(NAMES))"
    shown = kernel.run(code).result
    keys = kernel.run(
        "from jupyter_openapi.session import SESSION; print(*SESSION.sandbox.keys())"
    ).text.split()
    assert len(keys) == 3
    assert not [key for key in keys if key in shown]
