"""Completion of ``%openapi``: in the shell's completer, in a terminal, and through a kernel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pexpect
import pytest
from jupyter_client.manager import start_new_kernel
from support.shell import Shell
from support.values import to_wire

from jupyter_openapi.magic import openapi_matcher
from jupyter_openapi.magic.commands import COMMANDS
from jupyter_openapi.magic.completer import complete
from jupyter_openapi.magic.present import MOST, ORDER, SEEN, SYMBOL, RecentValues
from jupyter_openapi.spec import catalog

if TYPE_CHECKING:
    from jupyter_client.blocking.client import BlockingKernelClient


@pytest.fixture(autouse=True)
def seen() -> Iterator[RecentValues]:
    SEEN.clear()
    SEEN.note(SYMBOL, ["9988.HK", "BABA.US", "700.HK"])
    SEEN.note(ORDER, ["693664675163312128"])
    yield SEEN
    SEEN.clear()


def offered(text: str) -> list[str]:
    """Return what is offered at the end of a cell."""
    rows = text.split("\n")
    return [offer.text for offer in complete(text, len(rows) - 1, len(rows[-1])).offers]


def test_a_bare_line_offers_every_word_and_flag(shell: Shell) -> None:
    found = shell.complete("%openapi ")
    assert set(COMMANDS) | set(catalog().operations) | set(catalog().aliases) <= set(found)
    assert {"GET", "POST", "PUT", "DELETE", "--execute", "--curl", "--trade"} <= set(found)
    assert not any(name.startswith("%") for name in found)  # nothing of IPython's own among them


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%openapi pos", "positions"),
        ("%openapi POS", "positions"),
        ("x = %openapi pos", "positions"),
        ("  x = %openapi pos", "positions"),
        ("x, y = %openapi pos", "positions"),
        ("%openapi df << pos", "positions"),
        ("%openapi df<<pos", "positions"),
        ("%openapi df <<pos", "positions"),
        ("%time %openapi pos", "positions"),
        ("a = 1\nfor i in a:\n    %openapi pos", "positions"),
        ("%openapi --raw --tz UTC pos", "positions"),
        ("%openapi --tz=UTC pos", "positions"),
        ("%openapi stock_p", "stock_positions"),
        ("%openapi conn", "connect"),
        ("%openapi dividend", "fundamental_dividend"),
        ("%openapi --dec", "--decimals"),
        ("%openapi --decimals s", "string"),
        ("%openapi --decimals=s", "string"),
        ("%openapi --tz Asia/Hong", "Asia/Hong_Kong"),
        ("%openapi --override max", "max_value"),
        ("%openapi connect ", "live"),
        ("%openapi connect live ", "--trade"),
        ("%openapi connect live --t", "--trade"),
        ("%openapi connect live --region ", "cn"),
        ("%openapi sandbox re", "reset"),
        ("%openapi help sub", "submit"),
        ("%openapi help conn", "connect"),
        ("%openapi GET /v1/asset/st", "/v1/asset/stock"),
        ("%openapi get /v1/asset/st", "/v1/asset/stock"),
        ("%openapi GET /v1/asset/stock sym", "symbol="),
        ("%openapi GET /v1/asset/stock ", "700.HK"),
        ("%openapi POST /v1/trade/order side=", "Buy"),
        ("%openapi submit 700.HK ", "price="),
        ("%openapi submit 700.HK pri", "price="),
        ("%openapi submit 700.HK submitted_p", "submitted_price="),
        ("%openapi submit 700.HK side=", "Buy"),
        ("%openapi submit 700.HK side=s", "Sell"),
        ("%openapi submit 700.HK type=", "LO"),
        ("%openapi submit 700.HK \\\n   si", "side="),
        ("%openapi candles 700.HK period=", "day"),
        ("%openapi candles 700.HK period=d", "day"),
        ("%openapi quote ", "BABA.US"),
        ("%openapi quote 70", "700.HK"),
        ("%openapi quote 9988.HK 70", "700.HK"),
        ("%openapi quote 9988.HK,70", "700.HK"),
        ("%openapi quote symbol=9988.HK,70", "700.HK"),
        ("%openapi quote AAP", "AAPL.US"),  # not seen, but known to exist
        ("%openapi quote tenc", "700.HK"),  # by its name
        ("%openapi quote \u817e\u8baf", "700.HK"),
        ("%openapi quote 9988.HK,meit", "3690.HK"),
        ("%openapi quote symbol=meit", "3690.HK"),
        ("%openapi buy 100 tenc", "700.HK"),
        ("%%openapi submit\nsymbol: tenc", "700.HK"),
        ('%%openapi submit\n{"symbol": "tenc', '700.HK"'),
        ("%openapi hold", "holdings"),  # a trader's words
        ("%openapi kl", "kline"),
        ("%openapi pri", "price"),
        ("%openapi holdings sym", "symbol="),
        ("%openapi kline 700.HK per", "period="),
        ("%openapi @hk pos", "positions"),
        ("%openapi cancel ", "693664675163312128"),
        ("%openapi wait ", "693664675163312128"),
        ("%openapi history_orders start=", "-30d"),
        ("%openapi history_orders start=to", "today"),
        ("%openapi history_candles 700.HK sta", "start="),
        ("%openapi fund_orders actions=x cou", "counter_id="),
        ("%openapi delete_watchlist_group id=1 purge=", "true"),
        ("%%openapi sub", "submit"),
        ("%%openapi --execute sub", "submit"),
        ("%%openapi submit\n", "symbol: "),
        ("%%openapi submit\nsym", "symbol: "),
        ("%%openapi submit\nsymbol: 7", "700.HK"),
        ("%%openapi submit\n# a note\nsymbol: 700.HK\nside: b", "Buy"),
        ("%%openapi submit 700.HK\nside: b", "Buy"),
        ("%%openapi quote\nsymbol: 9988.HK, 7", "700.HK"),
        ("%%openapi POST /v1/trade/order\n{", '"symbol": '),
        ('%%openapi POST /v1/trade/order\n{"sy', 'symbol": '),
        ('%%openapi POST /v1/trade/order\n{"symbol": "7', '700.HK"'),
        ('%%openapi POST /v1/trade/order\n{"symbol": "700.HK",\n  "side": "', 'Buy"'),
        ('%%openapi POST /v1/trade/order\n{"side": ', '"Buy"'),
        ('%%openapi submit\n{"remark": "a, {b} \\" {", "si', 'side": '),
        ('%%openapi submit_multileg\n{"legs": [{"symbol": "700.HK"}, {"po', 'position": '),
        ('%%openapi history_candles 700.HK\n{"date_request": {"st', 'start_date": '),
        ('%%openapi delete_watchlist_group 1\n{"purge": ', "true"),
    ],
)
def test_what_is_offered(text: str, expected: str) -> None:
    assert expected in offered(text)


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("%openapi --raw --", "--raw"),
        ("%openapi connect live --trade --", "--trade"),
        ("%openapi connect live --", "--execute"),
        ("%openapi submit 700.HK ", "symbol="),  # the word has filled it
        ("%openapi submit 700.HK ", "9988.HK"),  # it takes one
        ("%openapi submit symbol=700.HK ", "symbol="),
        ("%openapi submit 700.HK price=600 ", "price="),
        ("%openapi submit 700.HK price=600 submitted", "submitted_price="),
        ("%openapi quote 700.HK ", "700.HK"),
        ("%openapi quote 700.HK,", "700.HK"),
        ("%openapi GET /v1/asset/st", "/v1/trade/order"),
        ("%openapi POST /v1/asset/st", "/v1/asset/stock"),
        ("%openapi us_order_detail ", "--trade"),
        ("%openapi dca_pause ", "status="),  # the name stands for it
        ("%%openapi submit\nside: buy\n", "side: "),
        ("%%openapi submit 700.HK\n", "symbol: "),
        ('%%openapi submit\n{"side": "Buy", "', 'side": '),
    ],
)
def test_what_is_not_offered(text: str, never: str) -> None:
    found = offered(text)
    assert never not in found
    assert found or text.endswith(("submit 700.HK price=600 submitted", "/v1/asset/st", "us_order_detail "))


@pytest.mark.parametrize(
    "text",
    [
        "positions",
        "x == %openapi pos",
        "print('%openapi pos",
        "# x %openapi pos",
        "%openapi",
        "%openapis pos",
        "%openapi quote # pos",
        "%openapi submit price={pri",
        "%openapi submit price={f(x)[0].a",
        "%openapi x <",
        "%openapi nonsense ",
        "%openapi GET /v9/nowhere ",
        "%openapi submit 700.HK nonsense=",
        "%%openapi nonsense\n",
        "%%openapi --bogus submit\n",
        "%%openapi submit\nnonsense: ",
        '%%openapi submit\n{"side": "Buy"} ',
        '%%openapi submit\n{"submitted_price": "{pri',
        "%%time\nsym",
        "",
    ],
)
def test_where_nothing_is_offered(text: str) -> None:
    assert offered(text) == []


def test_the_fragment_is_what_is_replaced(shell: Shell) -> None:
    assert shell.offers("y = %openapi positi")[0][1] == "y = %openapi positions"
    assert ("Buy", "%openapi submit 700.HK side=Buy") in shell.offers("%openapi submit 700.HK side=b")
    assert ("700.HK", "%openapi quote 9988.HK,700.HK") in shell.offers("%openapi quote 9988.HK,7")
    text = "a = 1\n%openapi sandbox sta\nb = 2"
    made = [whole for _, whole in shell.offers(text, text.index("\nb"))]
    assert "a = 1\n%openapi sandbox start\nb = 2" in made
    cell = '%%openapi submit\n{"symbol": "700.HK", "side": "S"}'
    assert [whole for _, whole in shell.offers(cell, len(cell) - 2)] == [cell.replace('"S"', '"Sell"')]


def test_short_names_come_first_and_required_ones_before_others(shell: Shell) -> None:
    found = [name for name in shell.complete("%openapi submit 700.HK ") if name.endswith("=")]
    assert found[:4] == ["type=", "quantity=", "tif=", "price="]
    assert found[4] == "side="


def test_every_enum_is_offered_by_names_that_are_taken() -> None:
    from jupyter_openapi.spec.model import Kind

    seen = 0
    for operation in catalog().operations.values():
        for parameter in operation.parameters:
            if parameter.kind is not Kind.ENUM:
                continue
            names = offered(f"%openapi {operation.name} {parameter.name}=")
            wires = [to_wire(parameter, name) for name in names]
            reached = {str(wire[0] if isinstance(wire, list) else wire) for wire in wires}
            assert reached == {str(wire) for wire in parameter.values.values()}, (
                operation.name,
                parameter.name,
            )
            seen += 1
    assert seen > 50


def test_what_is_seen_is_bounded_and_the_latest_comes_first() -> None:
    fresh = RecentValues()
    fresh.note(SYMBOL, [f"{number}.HK" for number in range(3 * MOST)])
    fresh.note(SYMBOL, ["no market", "5.HK", "x" * 100 + ".HK", "a\x1b.HK", None, 3.5])
    found = fresh.values(SYMBOL)
    assert len(found) == MOST
    assert found[:2] == ["5.HK", f"{3 * MOST - 1}.HK"]


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_the_older_way_of_asking(shell: Shell) -> None:
    assert shell.ip.complete("", "%openapi connect ", 17) == (
        "",
        ["sandbox", "paper", "live", "account=", "--trade", "--profile", "--from", "--region", "--as"],
    )
    assert shell.ip.complete("", "%openapi submit 700.HK side=", 28) == ("", ["Buy", "Sell"])


def test_profiles_are_offered(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jupyter_openapi.credentials import keyrings

    index = tmp_path / "profiles.json"
    index.write_text(json.dumps(["main", "savings"]), encoding="utf-8")
    monkeypatch.setattr(keyrings, "_index", lambda: index)
    assert shell.complete("%openapi connect paper --profile ") == ["main", "savings"]
    assert shell.complete("%openapi connect paper --profile s") == ["savings"]


def test_loading_twice_asks_once_and_unloading_ends_it(shell: Shell) -> None:
    matchers = shell.ip.Completer.custom_matchers
    shell.ip.run_line_magic("reload_ext", "jupyter_openapi")
    assert matchers.count(openapi_matcher) == 1
    shell.ip.run_line_magic("unload_ext", "jupyter_openapi")
    assert openapi_matcher not in matchers
    assert "positions" not in shell.complete("%openapi pos")
    shell.ip.run_line_magic("load_ext", "jupyter_openapi")
    assert "positions" in shell.complete("%openapi pos")


ELSEWHERE = """
import sys
from types import SimpleNamespace
from jupyter_openapi.magic import openapi_matcher
before = set(sys.modules)
asked = SimpleNamespace(full_text="x = frame.pos\\n" * 1000, cursor_line=0, cursor_position=9)
assert openapi_matcher(asked)["completions"] == []
print(len(set(sys.modules) - before))
"""


def test_other_lines_import_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE], capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout == "0\n"


# In a kernel


@pytest.fixture(scope="module")
def kernel() -> Iterator[BlockingKernelClient]:
    manager, client = start_new_kernel(kernel_name="python3", startup_timeout=60)
    try:
        client.execute_interactive("%load_ext jupyter_openapi", timeout=30)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def asked(kernel: BlockingKernelClient, text: str) -> tuple[list[str], str]:
    """Return a kernel's matches, and the text they replace."""
    reply: dict[str, Any] = kernel.complete(text, len(text), reply=True, timeout=30)["content"]
    return reply["matches"], text[reply["cursor_start"] : reply["cursor_end"]]


def test_through_a_kernel(kernel: BlockingKernelClient) -> None:
    assert asked(kernel, "%openapi positi") == (["positions"], "positi")
    assert asked(kernel, "df = %openapi submit 700.HK side=b") == (["Buy"], "b")
    assert asked(kernel, "a = 1\n%openapi connect ")[0][:3] == ["sandbox", "paper", "live"]
    assert asked(kernel, "%%openapi submit\nsymbol: 700.HK\nside: ") == (["Buy", "Sell"], "")
    assert asked(kernel, '%%openapi submit\n{"si') == (['side": '], "si")
    assert asked(kernel, "%openapi quote tenc") == (["700.HK"], "tenc")
    assert asked(kernel, "%openapi hold") == (["holdings", "holding"], "hold")
    kernel.execute_interactive("%openapi connect sandbox --as hk", timeout=60)
    assert asked(kernel, "%openapi @") == (["@hk"], "@")
    assert asked(kernel, "%openapi @hk positi") == (["positions"], "positi")
    kernel.execute_interactive("bid_of_mine = 1", timeout=30)
    assert "bid_of_mine" in asked(kernel, "%openapi submit 700.HK price={bid_of")[0]  # IPython's own


# In a terminal


def test_in_a_terminal(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "TERM": "xterm",
        "IPYTHONDIR": str(tmp_path),
        "COLUMNS": "120",
        "PROMPT_TOOLKIT_NO_CPR": "1",
    }
    terminal = pexpect.spawn(
        sys.executable,
        ["-m", "IPython", "--no-banner", "--colors=NoColor", "--ext=jupyter_openapi", "--no-confirm-exit"],
        env=environment,
        dimensions=(40, 120),
        timeout=30,
        encoding="utf-8",
    )
    try:
        terminal.expect("In ")
        terminal.send("%openapi help conn\t")
        terminal.expect(
            "ect"
        )  # it is the only one that fits, so it is taken: the rest of the word is written
        terminal.send("\r")
        terminal.expect("a command of %openapi")
        terminal.expect("In ")
        terminal.send("x = %openapi submit 700.HK side=\t")
        terminal.expect("Buy")
        terminal.expect("Sell")
    finally:
        terminal.close(force=True)
