"""What ``%openapi`` tells of itself: alone, ``endpoints``, ``help``; and that every example in it runs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from datetime import date, timedelta

import pandas as pd
import pytest
from support.each import each
from support.shell import Shell, connected_shell

from jupyter_openapi import Preview, Reply
from jupyter_openapi.frames import to_frame
from jupyter_openapi.magic.command import Report
from jupyter_openapi.magic.commands import COMMANDS
from jupyter_openapi.magic.commands.help import operation_help
from jupyter_openapi.magic.examples import ID, example
from jupyter_openapi.magic.flags import FLAGS
from jupyter_openapi.magic.present import ORDER, SEEN
from jupyter_openapi.sandbox import dispatch
from jupyter_openapi.sandbox.handlers import load_handlers
from jupyter_openapi.sandbox.simulation import derivatives
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.model import Effect, Kind, Operation
from jupyter_openapi.spec.values import choices

load_handlers()
OPERATIONS = list(catalog().operations.values())
CARRIED = [one for one in OPERATIONS if one.name in dispatch.HANDLERS]
OTHERS = [one for one in OPERATIONS if one.name not in dispatch.HANDLERS]


def by_name(operation: Operation) -> str:
    return operation.name


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    """Give a shell that is connected to a sandbox where the examples find an order and a group."""
    with connected_shell() as loaded:
        yield loaded


def resting_order(shell: Shell) -> str:
    """Leave a buy order in the book, and make it the one this kernel saw last."""
    last = shell.run("%openapi quote 700.HK")["last_done"][0]
    shell.ip.user_ns["low"] = round(last * 0.9)
    sent = shell.run("%openapi --execute submit 700.HK side=buy type=LO price={low} quantity=100")
    assert SEEN.values(ORDER)[0] == sent.order_id
    return str(sent.order_id)


# Every example


@each("operation", [one for one in CARRIED if one.effect is Effect.READ], by_name)
def test_the_example_of_every_read_runs(shell: Shell, operation: Operation) -> None:
    if any(parameter.name == "order_id" for parameter in operation.parameters):
        resting_order(shell)
    line = example(operation)
    assert line in operation_help(operation, operation.name)
    if "FILE_KEY" in line:  # a file that only the broker can name
        assert "FILE_KEY" in shell.fail(line)
        return
    frame = shell.run(line)
    assert isinstance(frame, pd.DataFrame)
    assert frame.attrs["openapi"]["operation"] == operation.name


@pytest.mark.parametrize("operation", [one for one in CARRIED if one.effect is not Effect.READ], ids=by_name)
def test_the_example_of_every_change_is_a_preview_that_can_be_sent(
    shell: Shell, operation: Operation
) -> None:
    if operation.name == "token_refresh":  # has a command of its own, which keeps the new token
        assert example(operation) == "%openapi --execute refresh"
        return
    resting_order(shell)
    shell.run('%openapi --execute create_watchlist_group "Seen"')
    assert isinstance(shell.run(example(operation)), Preview)
    reply = shell.run("%openapi send")
    assert isinstance(reply, Reply)
    assert reply.code == 0


def test_the_securities_of_the_examples_are_listed_on_any_day() -> None:
    for number in range(0, 1500, 13):
        day = date(2024, 2, 29) + timedelta(days=number)
        lines = [example(catalog().named(name), on=day) for name in ("option_quote", "submit_multileg")]
        options = re.findall(r"AAPL\w+\.US", " ".join(lines))
        assert len(options) == 3
        assert all(derivatives.find_option(symbol, day) for symbol in options), day
        warrant = example(catalog().named("warrant_quote"), on=day).split()[-1]
        assert derivatives.find_warrant(warrant, day), day


@each("operation", OTHERS, by_name)
def test_every_other_example_passes_its_checks(shell: Shell, operation: Operation) -> None:
    magic, _, rest = example(operation).partition(" ")
    shown = shell.run(f"{magic} --dry-run {rest}")
    assert shown.startswith("DRY RUN: nothing was sent.")
    assert f"{operation.method} /" in shown


@each("alias", catalog().aliases)
def test_an_alias_has_an_example_too(shell: Shell, alias: str) -> None:
    operation = catalog().find(alias)
    assert operation is not None
    magic, _, rest = example(operation, alias).partition(" ")
    if operation.name != "token_refresh":
        assert rest.startswith(alias)
        shown = shell.run(f"{magic} --dry-run {rest}")
        assert operation.path.partition("{")[0] in shown


def test_an_example_takes_the_last_order_seen(shell: Shell) -> None:
    SEEN.clear()
    assert example(OPERATIONS[0]).startswith("%openapi ")
    assert ID in shell.run("%openapi help cancel")
    order_id = resting_order(shell)
    said = shell.run("%openapi help cancel")
    assert f"\n  %openapi cancel {order_id}\n" in said
    assert f"%openapi --execute cancel {order_id}" in said
    assert f"%openapi wait {order_id}" in shell.run("%openapi help wait")


# The texts


def test_alone_it_says_where_you_are_and_what_there_is(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shell.run("%openapi") is None
    said = capsys.readouterr().out
    assert "SANDBOX account" in said
    lines = said.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    for word in [*COMMANDS, *(f"--{name}" for name in FLAGS)]:
        assert re.search(rf"(?<![\w-]){word}(?![\w-])", said)


def test_help_alone_explains_every_command_and_flag(shell: Shell) -> None:
    said = shell.run("%openapi help")
    assert "SANDBOX account" in said
    for name, spec in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(spec.summary)}$", said, re.MULTILINE)
    for flag in FLAGS.values():
        assert f"  {flag.usage}" in said
        assert flag.help in said


@each("operation", OPERATIONS, by_name)
def test_help_tells_all_of_every_operation(operation: Operation) -> None:
    said = operation_help(operation, operation.name)
    text = " ".join(said.split())
    assert f"{operation.method} {operation.path}" in said
    assert operation.summary.rstrip(".") in text
    for alias in operation.aliases:
        assert alias in said
    for method in operation.sdk:
        assert method.name in text
    for parameter in operation.parameters:
        assert parameter.name in said
        if parameter.kind is Kind.ENUM:
            assert f"One of {choices(parameter)}." in text
    for name in operation.short:
        assert f"{name} (" in said or operation.short[name] in said
    if operation.effect is Effect.READ and operation.tables:
        for name, dtype in to_frame(None, operation).dtypes.items():
            assert f"{name} ({dtype}" in text
    assert not re.search(r"<[a-z]+[ >]", said)  # no HTML
    assert max(len(line) for line in said.split("\n")) <= 140


def test_help_of_submit(shell: Shell) -> None:
    said = shell.run("%openapi help submit")
    assert isinstance(said, Report)
    assert repr(said) == str(said)
    text = " ".join(said.split())
    assert "Effect: moves money: it is previewed, and sent by `%openapi send` or with --execute" in text
    assert "quantity (submitted_quantity) required, number, above 0." in text
    assert "tif (time_in_force) choice, default Day." in text
    assert "Official SDK: TradeContext.submit_order" in text
    assert "Flags: --execute, --again, --override, --tick, --dry-run, --explain, --curl, --raw, --tz" in text
    assert "%openapi --execute submit 700.HK side=buy type=MO quantity=100" in said


def test_help_of_a_read_follows_the_flags(shell: Shell) -> None:
    text = " ".join(shell.run("%openapi help orders").split())
    assert "submitted_at (datetime64[" in text
    assert ", UTC]) " in text
    assert "price (float64, price) " in text
    text = " ".join(shell.run("%openapi --tz Asia/Hong_Kong --decimals decimal help orders").split())
    assert ", Asia/Hong_Kong])" in text
    assert "price (object, price)" in text


def test_help_of_a_name_that_stands_for_more(shell: Shell) -> None:
    said = shell.run("%openapi help dca_pause")
    assert "dca_pause is dca_toggle with status=Suspended" in said
    assert f"%openapi dca_pause {ID}\n" in said


def test_help_of_a_command_and_of_a_path(shell: Shell) -> None:
    said = shell.run("%openapi help connect")
    assert "One of sandbox, paper, live." in said
    assert "--trade " in said
    assert "%openapi connect live --trade" in said
    assert shell.run("%openapi help GET /v1/asset/stock") == shell.run("%openapi help stock_positions")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("help positon", "Did you mean positions"),
        ("help conect", "Did you mean connect"),
        ("positon", "Did you mean positions"),
        ("stauts", "Did you mean status"),
        ("help GET /v1/nowhere", "is not in the specification"),
        ("help quote depth", "one name at a time"),
        ("endpoints positons", "Did you mean positions"),
        ("endpoints zzzz", "Type %openapi endpoints to list them all."),
        ("quote?", "?"),
    ],
)
def test_what_is_mistyped_is_answered_with_what_was_meant(shell: Shell, line: str, says: str) -> None:
    if line.endswith("?"):
        from jupyter_openapi.errors import RequestRefused

        with pytest.raises(RequestRefused, match="Type %openapi help quote"):
            shell.ip.run_line_magic("openapi", line)
    else:
        assert says in shell.fail(f"%openapi {line}")


# Search


def test_endpoints_lists_all(shell: Shell) -> None:
    frame = shell.run("%openapi endpoints")
    assert list(frame.columns) == ["name", "aliases", "effect", "method", "path", "summary"]
    assert list(frame["name"]) == list(catalog().operations)
    row = frame.set_index("name").loc["submit_order"]
    assert tuple(row) == ("submit", "trade", "POST", "/v1/trade/order", "Place a new order")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("positions", "stock_positions"),  # in its name
        ("HISTORY_CANDLES", "history_candlesticks"),  # an alias
        ("/v1/trade/order/today", "today_orders"),  # its path
        ("delete", "cancel_order"),  # its method
        ("trade replace", "replace_order"),  # its effect, and another word
        ("dividends", "fundamental_dividend"),  # its text
        ("TradeContext.submit_order", "submit_order"),  # the official SDK's name
    ],
)
def test_endpoints_searches_everything(shell: Shell, words: str, found: str) -> None:
    frame = shell.run(f"%openapi endpoints {words}")
    assert found in set(frame["name"])
    assert len(frame) < len(OPERATIONS)


# IPython's own help


def test_the_question_mark_shows_the_docstring(shell: Shell) -> None:
    from jupyter_openapi.magic.magics import OpenAPIMagics

    text = inspect.getdoc(OpenAPIMagics.openapi) or ""
    for needed in ("%openapi connect sandbox", "--execute", "%%openapi", "%openapi help NAME", "%config"):
        assert needed in text
    found = shell.ip.object_inspect("%openapi")
    assert "Send signed requests" in found["docstring"]


def test_the_settings_are_listed(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    shell.run("%config OpenAPIMagics")
    said = capsys.readouterr().out
    assert "decimals" in said
    assert "tz" in said


def test_help_says_what_each_column_means_and_which_other_tables_there_are(shell: Shell) -> None:
    text = str(shell.run("%openapi help balance"))
    assert re.search(r"^  net_assets +\(float64, money\) Net assets\.$", text, re.MULTILINE)
    assert "  --table cash_infos: account_currency, withdraw_cash" in text
    assert "broker's own command line" in str(shell.run("%openapi help search_news"))
    assert "official SDK 5.3.0 reads" in str(shell.run("%openapi help fund_nav"))
