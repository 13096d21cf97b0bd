"""The line's shape: flags, variable, operation, words, pairs, comment."""

from __future__ import annotations

import pytest
from support.grammar import COMMANDS

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic.flags import FLAGS
from jupyter_openapi.magic.grammar import Command, parse_cell, parse_line, unknown_word


def parsed(line: str) -> Command:
    return parse_line(line, commands=COMMANDS)


def refusal(line: str) -> str:
    with pytest.raises(RequestRefused) as caught:
        parsed(line)
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith((".", "?"))
    return text


def test_an_operation_with_words_and_pairs_in_their_order() -> None:
    command = parsed("submit 700.HK side=buy price={bid} quantity=100")
    assert command == Command(kind="operation", word="submit", items=command.items)
    assert [tuple(item) for item in command.items] == [
        (None, "700.HK"),
        ("side", "buy"),
        ("price", "{bid}"),
        ("quantity", "100"),
    ]
    assert command.words == ["700.HK"]
    assert command.pairs == [("side", "buy"), ("price", "{bid}"), ("quantity", "100")]


@pytest.mark.parametrize("line", ["", "   ", "# --execute submit 700.HK", "  # note", "\u3000"])
def test_nothing_to_do(line: str) -> None:
    assert parsed(line) == Command("empty")


@pytest.mark.parametrize(
    ("line", "muted", "words"),
    [
        ("quote 700.HK;", True, ["700.HK"]),
        ("quote 700.HK ;  # note", True, ["700.HK"]),
        ("quote 700.HK  # note;", False, ["700.HK"]),
        ("quote 'a;'", False, ["'a;'"]),
        ("quote 'a';", True, ["'a'"]),
        ("quote {a};", True, ["{a}"]),
        ("quote {';'}", False, ["{';'}"]),
        ("quote a;b", False, ["a;b"]),
    ],
)
def test_a_trailing_semicolon_mutes(line: str, muted: bool, words: list[str]) -> None:
    command = parsed(line)
    assert (command.muted, command.words) == (muted, words)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("quote a # b", ["a"]),
        ("quote a#b", ["a#b"]),
        ("quote a\t#b", ["a"]),
        ("quote 'a # b' c", ["'a # b'", "c"]),
        ('quote "a # b" c', ['"a # b"', "c"]),
        ("quote {d['# x']} c", ["{d['# x']}", "c"]),
        ("quote {a # b} c", ["{a"]),  # a comment is no part of an expression
        ("quote it's # b", ["it's"]),
        ("quote 'a # b", ["'a"]),  # a quote that never closes groups nothing
    ],
)
def test_comments_begin_after_white_space_outside_groups(line: str, words: list[str]) -> None:
    assert parsed(line).words == words


@pytest.mark.parametrize(
    "group",
    [
        "{a}",
        "{a, b}",
        "{f'{code}.HK'}",
        '{f"{code} {day}"}',
        "{d['}']}",
        '{d["{"]}',
        "{ {'a': 1, 'b': {2, 3}}['a'] }",
        "{(lambda x: {x: '}'})(1)}",
        "{[x for x in xs if x != '}']}",
        "{'it\\'s } here'}",
        "{'''a ' } b'''}",
        "{{not an expression}}",
        "{see this note}",
        "'a b'",
        "\"it's 5 o'clock\"",
        "'a=b --execute'",
        "{a}.HK",
        "HK.{a + 'x y'}",
    ],
)
def test_groups_hold_together(group: str) -> None:
    assert parsed(f"quote {group} after").words == [group, "after"]
    assert parsed(f"quote name={group} after").pairs == [("name", group)]
    assert parsed(f"quote x,{group} after").words == [f"x,{group}", "after"]


def test_flags_before_the_operation() -> None:
    command = parsed("--execute --tz Asia/Hong_Kong --out='my file.csv' --override a --override=b quote")
    assert command.flags == {
        "execute": True,
        "tz": "Asia/Hong_Kong",
        "out": "my file.csv",
        "override": ("a", "b"),
    }
    assert command.word == "quote"
    assert parsed("--dry-run quote").flags == {"dry_run": True}
    assert parsed("--decimals STRING quote").flags == {"decimals": "string"}


@pytest.mark.parametrize("flag", FLAGS)
def test_every_flag_is_read_before_and_refused_after(flag: str) -> None:
    value = (FLAGS[flag].choices or ("x",))[0] if FLAGS[flag].value else ""
    typed = f"--{flag} {value}".strip()
    assert list(parsed(f"{typed} quote a").flags) == [FLAGS[flag].key]
    assert f"type %openapi --{flag}" in refusal(f"quote a {typed}")
    assert f"type %openapi --{flag}" in refusal(f"GET /v1/x {typed}")
    assert f"type %openapi --{flag}" in refusal(f"df << {typed} quote")
    assert FLAGS[flag].help


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("submit 700.HK --execute", "type %openapi --execute submit 700.HK."),
        ("submit --execute 700.HK side=buy", "type %openapi --execute submit 700.HK side=buy."),
        ("GET --execute /v1/x", "type %openapi --execute GET /v1/x."),
        ("df << --execute submit", "type %openapi --execute df << submit."),
        ("submit --execute=1", "type %openapi --execute submit."),
        ("--exceute submit", "Did you mean --execute?"),
        ("--EXECUTE submit", "Did you mean --execute?"),
        ("--exec submit", "--exec is not a flag"),
        ("-execute submit", "-execute is not a flag"),
        ("--execute=false submit", "--execute takes no value"),
        ("--execute= submit", "--execute takes no value"),
        ("submit --excute", "Did you mean --execute"),
        ("-- submit", "-- is not a flag"),
        ("--tz --execute submit", "--tz needs a value"),
        ("--tz= submit", "--tz needs a value"),
        ("--tz", "--tz needs a value: --tz ZONE."),
        ("--tz UTC --tz UTC quote", "--tz is given twice"),
        ("--tz 'UTC quote", "a quote that is not closed"),
        ("--decimals float quote", "--decimals is float64 or decimal or string, not float"),
        ("--override {name} submit", "--override takes a plain name"),
        ("--trade positions", "--trade belongs to connect"),
        ("--trade GET /v1/x", "--trade belongs to connect"),
        ("positions --trade", "--trade belongs to connect"),
        ("connect live --raw", "type %openapi --raw connect live."),
        ("connect live --month 2026-11", "--month belongs to pnl"),
        ("connect live --execute", "--execute goes before the operation"),
        ("connect live --traed", "--traed is not a flag"),
        ("connect live --trade=yes", "--trade takes no value"),
        ("--execute", "--execute names no operation; type one after it"),
        ("--tz positions", "--tz positions names no operation"),
    ],
)
def test_flags_that_are_refused(line: str, says: str) -> None:
    assert says in refusal(line)


def test_a_commands_own_flags_stand_before_or_after_it() -> None:
    after = parsed("connect live --trade --profile 'my one' --region=CN")
    before = parsed("--trade --profile 'my one' --region CN connect live")
    assert after.flags == before.flags == {"trade": True, "profile": "my one", "region": "cn"}
    assert after.words == before.words == ["live"]
    assert parsed("pnl --month 2026-11").flags == {"month": "2026-11"}


@pytest.mark.parametrize("line", ["df << positions", "df<<positions", "df <<positions", "df<< positions"])
def test_assignment_to_a_variable(line: str) -> None:
    command = parsed(f"--raw {line} 700.HK")
    assert (command.target, command.word, command.words) == ("df", "positions", ["700.HK"])
    assert command.flags == {"raw": True}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("class << positions", "class before << is not a variable name; type %openapi df << positions."),
        ("1df << positions", "1df before <<"),
        ("a.b << positions", "a.b before <<"),
        ("<< positions", "Nothing before <<"),
        ("df <<", "names no operation"),
        ("quote a << b", "<< belongs between"),
        ("symbol=700.HK", "type that first"),
        ("'quote' 700.HK", "type that first"),
        ("{quote}", "type that first"),
        ("quote symbol = 700.HK", "no spaces"),
        ("quote symbol =700.HK", "no spaces"),
        ("/v1/asset/stock", "type %openapi GET /v1/asset/stock."),
    ],
)
def test_lines_that_are_refused(line: str, says: str) -> None:
    assert says in refusal(line)


def test_commands_win_over_operations_and_case_does_not_matter() -> None:
    assert parsed("STATUS").kind == "command"
    assert parsed("STATUS").word == "status"
    assert parsed("positions").kind == "operation"
    assert parse_line("positions", commands={"positions": COMMANDS["status"]}).kind == "command"


def test_a_request_by_method_and_path() -> None:
    command = parsed("get /v1/asset/stock?symbol=A%20B&x= symbol=700.HK;")
    assert (command.kind, command.method, command.path) == ("request", "GET", "/v1/asset/stock")
    assert command.query == (("symbol", "A B"), ("x", ""))
    assert command.pairs == [("symbol", "700.HK")]
    assert command.muted
    assert parsed('DELETE "/v1/a b"').path == "/v1/a b"
    assert parsed("PATCH {path}").path == "{path}"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("GET", "GET needs a path, such as GET /v1/asset/stock."),
        ("post positions", "to call positions by name, leave POST out"),
        ("GET symbol=1", "GET needs a path"),
        ("GET https://openapi.longbridge.com/v1/x", "give the path alone"),
        ("GET //host/v1/x", "give the path alone"),
        ("GET /v1/x#part", "write %23"),
        ("GET /v1/x?a=%ff", "not percent-encoded UTF-8"),
        ("HEAD /v1/x", "HEAD is not supported; use GET, POST, PUT, DELETE, PATCH."),
        ("GET --frames /v1/x", "--frames is not a flag"),
    ],
)
def test_requests_that_are_refused(line: str, says: str) -> None:
    assert says in refusal(line)


def test_a_word_nobody_knows() -> None:
    names = [*COMMANDS, "positions", "submit_order"]
    assert str(unknown_word("postions", names)) == (
        "postions is not a command or operation. Did you mean positions?"
    )
    assert "%openapi endpoints" in str(unknown_word("zzzz", names))
    assert "%openapi help positions" in str(unknown_word("positions?", names))


def test_a_cells_first_line_is_a_line() -> None:
    command = parse_cell("--execute submit 700.HK # note", "side: buy", commands=COMMANDS)
    assert command.flags == {"execute": True}
    assert command.body is not None
    assert command.body.entries == (("side", "buy"),)
    assert parse_cell("positions", "\n # nothing\n", commands=COMMANDS) == parsed("positions")
    with pytest.raises(RequestRefused, match="first line names no operation"):
        parse_cell(" # note", "side: buy", commands=COMMANDS)
