"""The magic's own words: which are offered, and what they do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from support.shell import Shell, loaded_shell
from support.wire import Received, http, recorder

from jupyter_openapi import Client, Credentials, Preview, Reply, RequestRefused
from jupyter_openapi.magic import commands
from jupyter_openapi.magic.arguments import arguments, evaluate_flags
from jupyter_openapi.magic.caller import Scope
from jupyter_openapi.magic.commands import COMMANDS, CommandSpec
from jupyter_openapi.magic.commands.connection import banner
from jupyter_openapi.magic.flags import FLAGS
from jupyter_openapi.magic.grammar import parse_line
from jupyter_openapi.session import SESSION
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.check import check
from jupyter_openapi.trading.preview import Sighting


@pytest.fixture(scope="module")
def sandbox(shell: Shell) -> Shell:
    """Give a shell that is connected to a sandbox of its own."""
    shell.run("client = %openapi connect sandbox")
    return shell


# Which there are


def test_every_command_has_an_action_and_a_name_of_its_own() -> None:
    assert {"connect", "status", "send", "wait", "sandbox", "endpoints", "help"} <= set(COMMANDS)
    for name, spec in COMMANDS.items():
        assert spec.name == name
        assert callable(spec.action)
        assert spec.summary.endswith(".")
        assert spec.accepts <= set(FLAGS)
    assert not set(COMMANDS) & set(catalog().operations)
    assert not set(COMMANDS) & set(catalog().aliases)


@pytest.mark.parametrize("line", [line for spec in COMMANDS.values() for line in spec.examples])
def test_every_example_of_a_command_is_accepted(line: str) -> None:
    command = evaluate_flags(parse_line(line, commands=COMMANDS), Scope(), commands=COMMANDS)
    if command.kind == "request":
        pytest.fail(f"{line} names no command")
    spec = COMMANDS[command.word]
    check(spec.operation, arguments(command, spec.operation, Scope()))
    assert {FLAGS[name.replace("_", "-")].name for name in command.flags if name in FLAGS} <= spec.accepts


def test_every_command_is_registered_once_in_the_order_a_user_should_see() -> None:
    modules = [
        import_module(f"{commands.__name__}.{module.name}") for module in iter_modules(commands.__path__)
    ]
    made = [each for module in modules for each in vars(module).values() if isinstance(each, CommandSpec)]
    assert sorted(COMMANDS) == sorted(spec.name for spec in made)
    assert list(COMMANDS)[:2] == ["connect", "status"]
    assert list(COMMANDS)[-2:] == ["endpoints", "help"]
    assert list(COMMANDS).index("order") < list(COMMANDS).index("send") < list(COMMANDS).index("journal")


@pytest.mark.parametrize("word", ["login2", "snapshoot", "greet"])
def test_what_has_no_action_is_no_command(shell: Shell, word: str) -> None:
    assert f"{word} is not a command or operation." in shell.fail(f"%openapi {word}")
    assert word not in shell.complete("%openapi ")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("connect", "connect needs account. Such as: `%openapi connect sandbox`."),
        ("connect sandbocks", "is not one of sandbox, paper, live. Did you mean sandbox?"),
        ("connect sandbox paper", "connect takes one account"),
        ("wait", "wait needs order_id."),
        ("wait 1 timeout=-1", "must be above 0"),
        ("wait 1 timeuot=1", "Did you mean timeout?"),
        ("status now", "status takes nothing after it"),
        ("sandbox strat", "Did you mean start"),
        ("sandbox stop seed=1", "can be given to `%openapi sandbox start` only"),
        ("send nonsense", "is not a whole number"),
        ("--raw connect sandbox", "--raw does nothing for connect; type %openapi connect without it."),
        ("--execute send", "--execute does nothing for send"),
        ("--all endpoints", "--all does nothing for endpoints"),
        ("--dry-run sandbox start", "--dry-run does nothing for sandbox"),
        ("journal since=whenever", "is not a time"),
    ],
)
def test_what_is_mistyped_is_refused(shell: Shell, line: str, says: str) -> None:
    assert says in shell.fail(f"%openapi {line}")


# Connecting


def test_connecting_says_to_what(sandbox: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    client = sandbox.run("%openapi connect sandbox")
    assert isinstance(client, Client)
    assert client is SESSION.client
    said = capsys.readouterr().out
    assert f"Connected to the {client.account.title}." in said
    assert "SANDBOX" in said
    sandbox.run("%openapi connect SANDBOX;")
    assert capsys.readouterr().out == ""


def test_connect_names_the_line_that_starts_a_sandbox_otherwise() -> None:
    with pytest.raises(RequestRefused, match=r"type `%openapi sandbox start db=x\.db seed=7`, then"):
        evaluate_flags(
            parse_line("connect sandbox db=x.db seed=7", commands=COMMANDS), Scope(), commands=COMMANDS
        )


def test_disconnect_is_a_command(shell: Shell) -> None:
    assert "disconnect" in shell.complete("%openapi disc")
    assert "disconnect  (a command of %openapi)" in str(shell.run("%openapi help disconnect"))
    assert "\n  disconnect " in str(shell.run("%openapi help"))
    other = shell.run("other = %openapi connect sandbox --as other;\nother")
    client = shell.run("client = %openapi connect sandbox;\nclient")
    assert str(shell.run("%openapi disconnect")) == f"Disconnected from the {client.account.title}."
    assert "Not connected" in shell.fail("%openapi positions")
    assert len(client.stock_positions().data["list"]) > 0
    assert str(shell.run("%openapi disconnect")) == "Nothing was connected."
    assert len(shell.run("%openapi @other positions")) > 0
    shell.run("%openapi @other disconnect")
    assert "--as other" in shell.fail("%openapi @other positions")
    assert not other.account.trading
    shell.run("client = %openapi connect sandbox")


@pytest.mark.parametrize(
    "line", ["disconnect live", "Disconnect now", "disconnect 'open", "disconnect --now"]
)
def test_disconnect_gives_up_the_connection_also_where_it_is_refused(shell: Shell, line: str) -> None:
    shell.run("%openapi connect sandbox;")
    assert "the connection to the SANDBOX account" in shell.fail(f"%openapi {line}")
    assert SESSION.client is None
    shell.run("client = %openapi connect sandbox")


def test_what_is_given_up_is_told_with_what_stays(shell: Shell) -> None:
    shell.run("%openapi connect sandbox;")
    shell.run("%openapi connect sandbox --as other;")
    assert SESSION.release("other").endswith(" was closed; the others stay open.")
    assert SESSION.client is not None
    assert SESSION.release(None).startswith("Nothing is connected now: ")
    shell.run("client = %openapi connect sandbox")


@pytest.fixture
def keys(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put keys into the environment that no real account has, and come back to where we were."""
    before = SESSION.client
    for name in ("APP_KEY", "APP_SECRET", "ACCESS_TOKEN"):
        monkeypatch.setenv(f"LONGBRIDGE_{name}", f"{name.lower()}-of-a-test")
    yield
    if SESSION.client is not None and SESSION.client is not before:
        SESSION.client.close()
    SESSION.client = before


@pytest.mark.usefixtures("keys")
def test_an_armed_live_account_has_a_red_banner(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    client = shell.run("c = %openapi connect live --trade;\nc")
    shown = capsys.readouterr()
    assert client.account.trading
    assert shown.err.strip() == banner(client.account)  # the mute does not mute this
    assert shown.err.startswith("\x1b[1;97;41m LIVE account")
    assert "ORDERS ARE ON" in shown.err
    assert shown.err.rstrip().endswith("\x1b[0m")
    assert "of-a-test" not in shown.err + shown.out


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("line", ["connect live", "connect paper"])
def test_another_account_has_none(shell: Shell, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    client = shell.run(f"%openapi {line}")
    shown = capsys.readouterr()
    assert f"Connected to the {client.account.title}." in shown.out
    assert "\x1b[" not in shown.out + shown.err
    assert client.account.trading is (line == "connect paper")


# Sending


def test_send_and_wait(sandbox: Shell) -> None:
    preview = sandbox.run("%openapi submit 700.HK side=buy type=MO quantity=100")
    assert isinstance(preview, Preview)
    sent = sandbox.run("%openapi send")
    assert isinstance(sent, Reply)
    assert preview.sent
    sandbox.ip.user_ns["order_id"] = sent.order_id
    state = sandbox.run("%openapi wait {order_id} timeout=5")
    assert state.done
    assert sent.order_id in str(state.order_id)
    assert "was sent already" in sandbox.fail("%openapi send")
    assert sent.order_id in sandbox.complete("%openapi wait ")


def test_raw_and_again_are_passed_on(shell: Shell) -> None:
    replies: list[Any] = []

    def send(*, again: bool) -> str:
        replies.append(again)
        return "sent"

    seen = Sighting()
    seen.seen = True
    sides = frozenset[tuple[str, str]]()
    preview: Any = SimpleNamespace(send=send, sent=False, sighting=seen, market_sides=sides)
    SESSION.preview = preview
    try:
        assert shell.run("%openapi --again send") == "sent"
        assert shell.run("%openapi send") == "sent"
    finally:
        SESSION.preview = None
    assert replies == [True, False]


def test_cancel_all_is_a_list_that_is_sent(sandbox: Shell) -> None:
    last = sandbox.run("%openapi quote 700.HK")["last_done"][0]
    sandbox.ip.user_ns["low"] = round(last * 0.9)
    for _ in range(2):
        sandbox.run("%openapi --execute submit 700.HK side=buy price={low} quantity=100")
    basket = sandbox.run("%openapi cancel_all")
    assert len(basket.previews) == 2
    assert "no open order of AAPL.US" in sandbox.fail("%openapi --execute cancel_all AAPL.US")
    frame = sandbox.run("%openapi send")
    assert list(frame["outcome"]) == ["sent", "sent"]
    orders = sandbox.run("%openapi orders 700.HK")
    assert not set(orders["status"]) & {"NewStatus", "PartialFilledStatus"}


def test_the_journal_and_reconcile(
    sandbox: Shell, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sent = sandbox.run("%openapi --execute submit AAPL.US side=buy type=MO quantity=10")
    frame = sandbox.run("%openapi --tz Asia/Hong_Kong journal since=-1h")
    row = frame.set_index("order_id").loc[sent.order_id]
    assert (row["symbol"], row["side"], row["quantity"], row["state"]) == ("AAPL.US", "Buy", "10", "answered")
    assert str(frame["created"].dt.tz) == "Asia/Hong_Kong"
    assert abs(row["created"] - pd.Timestamp.now("UTC")) < pd.Timedelta("1min")
    assert sandbox.run("%openapi journal since=2100-01-01").empty
    sandbox.run(f"%openapi --out {tmp_path}/journal.csv journal")
    assert sent.order_id in (tmp_path / "journal.csv").read_text(encoding="utf-8")
    # Another account's orders are in the same file.
    other = SESSION.connected().journal.intend(
        account="another", mode="sandbox", host="h", kind="submit", operation="o", method="POST", path="/"
    )
    assert other.id not in list(sandbox.run("%openapi journal")["id"])
    assert {other.id, row["id"]} <= set(sandbox.run("%openapi journal --every")["id"])
    capsys.readouterr()
    assert sandbox.run("%openapi reconcile").empty
    assert "Nothing is open" in capsys.readouterr().out


def test_the_journal_says_that_it_does_not_follow_an_order(
    sandbox: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    """An order that is filled by now shows as answered there, which is the journal's word of its sending."""
    sent = sandbox.run("%openapi --execute submit AAPL.US side=buy type=MO quantity=10")
    assert sandbox.run(f"%openapi order_detail {sent.order_id}")["status"].iloc[0] == "FilledStatus"
    capsys.readouterr()
    sandbox.run("%openapi journal")
    shown = capsys.readouterr().out
    assert "Request is what became of sending it, not how an order stands: `%openapi orders` tells" in shown
    assert re.search(r"Price +Request +Order", shown)
    assert "answered: the broker took it. The order may be filled" in str(
        sandbox.run("%openapi help journal")
    )
    capsys.readouterr()
    sandbox.run("%openapi journal;")
    sandbox.run("%openapi journal since=2100-01-01")
    assert "Request is" not in capsys.readouterr().out


# The sandbox


def test_the_life_of_a_sandbox(capsys: pytest.CaptureFixture[str]) -> None:
    SESSION.close()
    with loaded_shell() as shell:
        assert "No sandbox of this kernel runs" in shell.run("%openapi sandbox")
        assert "No sandbox of this kernel runs" in shell.run("%openapi sandbox stop")
        assert "No sandbox of this kernel runs" in shell.fail("%openapi sandbox reset")
        said = shell.run("%openapi sandbox start seed=7 clock=manual limits=off fault=delay=0")
        assert SESSION.sandbox is not None
        assert SESSION.sandbox.http_url in said
        assert "runs already" in shell.run("%openapi sandbox start")
        assert "`%openapi sandbox stop` before" in shell.fail("%openapi sandbox start seed=8")
        status = shell.run("%openapi sandbox status")
        for words in (r"seed +7\n", r"clock +manual\n", r"limits +off\n", r"cash +HKD 1000000, USD 100000"):
            assert re.search(words, status)
        shell.run("%openapi connect sandbox")
        opening = shell.run("%openapi positions").set_index("symbol")["quantity"]
        shell.run("%openapi --execute submit 700.HK side=buy type=MO quantity=100")
        assert shell.run("%openapi positions").set_index("symbol")["quantity"]["700.HK"] > opening["700.HK"]
        shell.run("%openapi submit 700.HK side=buy type=MO quantity=100")
        assert "opening account" in shell.run("%openapi sandbox reset")
        assert SESSION.preview is None
        assert shell.run("%openapi positions").set_index("symbol")["quantity"].equals(opening)
        pid = SESSION.sandbox.pid
        assert re.search(rf"process +{pid}\n", shell.run("%openapi sandbox"))
        assert "not connected any more" in shell.run("%openapi sandbox stop")
        assert SESSION.sandbox is None
        assert "Not connected" in shell.fail("%openapi positions")


def test_stopping_the_sandbox_leaves_another_connection_alone() -> None:
    def answer(request: Received) -> bytes:
        return http(json.dumps({"code": 0, "message": "", "data": {"list": []}}).encode())

    SESSION.close()
    with loaded_shell() as shell, recorder(answer) as server:
        shell.run("%openapi sandbox start")
        with Client(
            Credentials("key-1", "secret-1", "token-1"), "sandbox", server.url, limits=False
        ) as other:
            SESSION.client = other
            assert shell.run("%openapi sandbox stop") == "The sandbox is stopped."
            assert SESSION.client is other
            assert shell.run("%openapi positions").empty
            SESSION.client = None
