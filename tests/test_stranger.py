"""What a stranger mistypes: each line is refused in one sentence, with what to type instead."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.shell import Shell, connected_shell

from jupyter_openapi.magic.commands import COMMANDS
from jupyter_openapi.session import SESSION

WIDE, WIDE_PRICE = (
    text.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)}) for text in ("700.HK =1", "600")
)
ODD = (
    "{command} nonsense", "{command} nonsens=1", "{command} --nonsense", "{command} a b c d",
    f"{{command}} {WIDE}", "{command} 腾讯", "{command} " + "x" * 3000, "{command} ''", "{command} =",
    "{command} symbol=", "{command} {nothere}", "{command} {{}}", "{command} {1/0}", "{command} 'open",
    "--out {command}", "--out /nonexistent/x.csv {command}", "--tz Mars {command}", "--table x {command}",
    "--decimals huge {command}", "--override {command}", "--nonsense {command}", "@nobody {command}",
)  # fmt: skip
QUIET = {
    "connect",
    "disconnect",
    "forget",
    "login",
    "sandbox",
    "check",
}  # these act on more than this notebook


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    with connected_shell("--seed", "7") as loaded:
        yield loaded


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in QUIET])
def test_what_is_mistyped_is_one_sentence(shell: Shell, command: str) -> None:
    for odd in ODD:
        line = f"%openapi {odd.replace('{command}', command)}"
        done = shell.ip.run_cell(f"{line};")
        error = done.error_before_exec or done.error_in_exec
        if error is None:
            continue  # it means something, as a word to search for does
        assert hasattr(error, "_render_traceback_"), (line, repr(error))
        (said,) = error._render_traceback_()
        assert "\n" not in said, line
        assert len(said) < 700, line


SAID = {
    "journal --evry": "Did you mean --every?",
    "watch --secnds 3 700.HK": "Did you mean --seconds?",
    "chart --fils 700.HK": "Did you mean --fills?",
    "login --ouath": "Did you mean --oauth",
    "quote": "quote needs symbol.",
    "cancel_all ''": "'' is empty; give a value, or leave symbol out.",
    "wait nonsense": "'nonsense' is not an order id, which is all digits: `%openapi orders` lists them.",
    "@ positions": "'' can't be the name of a connection",
    "buy 100 700.HK @ mid": "@ mid is not a price: type a number, such as %openapi buy 100 700.HK @ 600, or",
    "sell 100 700.HK @ 1/2": "@ 1/2 is not a price: type a number, such as %openapi sell 100 700.HK @ 600",
    "help nonsense": "nonsense is not a command or operation.",
}


@pytest.mark.parametrize("line", SAID)
def test_what_it_says(shell: Shell, line: str) -> None:
    assert SAID[line] in shell.fail(f"%openapi {line}")


@pytest.mark.parametrize("price", ["BID", "1,000", "{600}", "600.5", WIDE_PRICE])
def test_prices_that_are_some(shell: Shell, price: str) -> None:
    assert shell.run(f"%openapi --override distance buy 100 700.HK @ {price}").body


def test_send_without_a_connection_says_that_there_is_none(shell: Shell) -> None:
    client, SESSION.client = SESSION.client, None
    try:
        assert "Not connected: type `%openapi connect sandbox`" in shell.fail("%openapi send")
    finally:
        SESSION.client = client
