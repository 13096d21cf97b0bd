"""Laws of the grammar, over generated lines and cells.

Generated lines see no builtins, so that an expression made by chance can do nothing.
"""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support import soak
from support.grammar import COMMANDS, OPERATIONS, QUOTE, SUBMIT

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic.arguments import arguments, evaluate_flags, request_parts
from jupyter_openapi.magic.caller import Scope
from jupyter_openapi.magic.flags import FLAGS
from jupyter_openapi.magic.grammar import METHODS, Command, parse_cell, parse_line
from jupyter_openapi.magic.lexer import as_typed, split_line
from jupyter_openapi.spec.model import Effect, Kind, Operation, Parameter

NAMES = {"bid": 512.5, "code": "700.HK", "codes": ["700.HK", "AAPL.US"], "nothing": None, "nan": float("nan")}
SCOPE = Scope({"code": "5.HK"}, {"__builtins__": {}, **NAMES})
LINES = 10  # an example holds this many: drawing them together is several times faster

PIECES = st.sampled_from(
    [
        *(f"--{name}" for name in FLAGS),
        *(
            "--tz=UTC",
            "--execute=1",
            "--profile",
            "--trade",
            "--",
            "-x",
            "--out='a b'",
            "df",
            "<<",
            "df<<",
            "=",
            ",",
        ),
        *METHODS,
        *(
            "/v1/asset/stock",
            "/v1/x?a=1&b=%20",
            "/v1/{code}",
            "{f'/v1/{code}'}",
            "https://x/y",
            "connect",
            "live",
        ),
        *(
            "quote",
            "submit",
            "cancel",
            "account_balance",
            "status",
            "wait",
            "pnl",
            "help",
            "nonsense",
            "quote?",
        ),
        *(
            "700.HK",
            "700.HK,AAPL.US",
            "700.HK,",
            "symbol=",
            "symbol=700.HK",
            "side=buy",
            "price=",
            "x=1",
            "a,,b",
        ),
        *(
            "{bid}",
            "{codes}",
            "{nothing}",
            "{nan}",
            "{bid",
            "bid}",
            "{{bid}}",
            "{}",
            "{code}.HK",
            "{nowhere}",
        ),
        *(
            "{d['}']}",
            "{f'{code} x'}",
            "{lambda: 1}",
            "{code +}",
            "{bid:.2f}",
            "{[c for c in codes]}",
            "{1/0}",
        ),
        *(
            "'",
            '"',
            "'a b'",
            '"it\'s"',
            "it's",
            "#",
            "#x",
            ";",
            "x;",
            "\u3000",
            "\t",
            "\\",
            "%",
            "$x",
            "remark=",
        ),
        *(
            "remark='a # b'",
            "remark=50%",
            "order_id={bid}",
            "tags='a,b',c",
            "execute=true",
            "class",
            "\x00",
            "\ud800",
        ),
    ]
)
GLUE = st.sampled_from([" ", " ", " ", "  ", ""])
SHAPED = st.lists(st.tuples(PIECES, GLUE), max_size=9).map(
    lambda parts: "".join(piece + glue for piece, glue in parts)
)
VALUES = st.sampled_from(
    [
        "700.HK",
        "700.HK, AAPL.US",
        "'a b'",
        "{bid}",
        "{codes[0]}",
        "{nothing}",
        "5",
        "50%",
        "{{x}}",
        '"{code} #"',
        "a=b",
    ]
)
PARTS = st.tuples(
    st.sampled_from(["", "symbol=", "side=", "price=", "remark=", "order_id=", "tags=", "x="]), VALUES
)
FITTING = st.tuples(
    st.sampled_from(["", "--execute ", "--raw --tz UTC ", "--out 'a b' ", "--out {code} --override x "]),
    st.sampled_from(["", "", "df << ", "df<<"]),
    st.sampled_from(
        [
            *(
                "quote ",
                "submit ",
                "cancel ",
                "account_balance ",
                "other ",
                "wait ",
                "connect --profile {code} ",
            ),
            *("GET /v1/x ", "post /v1/x?a=1 ", "DELETE {f'/v1/{code}'} "),
        ]
    ),
    st.lists(PARTS, max_size=3, unique_by=lambda part: part[0]).map(
        lambda parts: " ".join("".join(part) for part in parts)
    ),
    st.sampled_from(["", ";", " ;", " # --execute", "; # it's"]),
).map("".join)
RANDOM = st.text(st.sampled_from("ab01 =,;#'\"{}[]()<.:-/?%\\f\n\t\u00a0\u65e5"), max_size=30) | st.text(
    max_size=15
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["{bid}", "{codes}", "{nan}", "{nothing}", "{{bid}}", "{nowhere}"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["symbol", "side", "price", "remark", "x", "execute"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)
CELLS = JSON.map(json.dumps) | st.lists(
    st.tuples(
        st.sampled_from(["symbol", "side", "price", "remark", "#", "", "x y"]),
        st.sampled_from([": ", ":", ""]),
        SHAPED,
    ),
    max_size=4,
).map(lambda rows: "\n".join("".join(row) for row in rows))


def understood(line: str, cell: str | None = None) -> Command | None:
    """Take a line or cell all the way to arguments; None if it was refused, in one short sentence."""
    try:
        command = (
            parse_line(line, commands=COMMANDS) if cell is None else parse_cell(line, cell, commands=COMMANDS)
        )
        assert isinstance(command, Command)
        settled = evaluate_flags(command, SCOPE, commands=COMMANDS)
        if settled.kind == "request":
            params, body = request_parts(settled, SCOPE)
            assert isinstance(params, dict)
            assert body is None or isinstance(body, dict)
        operation = (
            COMMANDS[settled.word].operation if settled.kind == "command" else OPERATIONS.get(settled.word)
        )
        assert isinstance(arguments(settled, operation, SCOPE), dict)
    except RequestRefused as refused:
        text = str(refused)
        assert text
        assert "\n" not in text
        assert len(text) < 700
        assert text.endswith((".", "?"))
        return None
    return command


@settings(max_examples=soak(100_000, 30) // LINES)
@given(st.lists(FITTING | SHAPED | RANDOM, min_size=LINES, max_size=LINES))
def test_any_line_is_a_command_or_refused_in_one_sentence(lines: list[str]) -> None:
    for line in lines:
        command = understood(line)
        if command is not None and command.flags.get("execute"):
            assert "--execute" in split_line(line)
            assert line.lstrip().startswith("--")


@pytest.mark.parametrize(
    "line",
    [
        "submit remark={'",
        "{" * 1500,
        "submit remark=" + "{" * 1500,
        "quote {" + "(" * 1500 + ")" * 1500 + "}",
        "quote {" + "-" * 50_000 + "1}",
        "quote {'" + "}" * 1500,
        "quote " + "{' " * 1000,
        "quote " + "x" * 1500 + "=",
        "x" * 1500,
        "--" + "x" * 1500 + " quote",
        "GET /" + "{" * 1500,
        "GET " + "x" * 1500,
    ],
    ids=lambda line: line[:16],
)
def test_monstrous_lines_are_refused_in_short_sentences(line: str) -> None:
    command = understood(line)
    assert command is None or command.pairs or command.word == line


@settings(max_examples=soak(20_000) // LINES)
@given(
    st.lists(
        st.sampled_from(["submit", "quote", "quote 5.HK", "POST /v1/x", "GET /v1/x a=1", ""]), min_size=1
    ),
    st.lists(CELLS | RANDOM, min_size=LINES, max_size=LINES),
)
def test_any_cell_is_a_command_or_refused_in_one_sentence(lines: list[str], cells: list[str]) -> None:
    for cell in cells:
        command = understood(lines[0], cell)
        assert command is None or not command.flags


# Round trips.

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    [
        "{bid}",
        "{{bid}}",
        "it's",
        "a, b",
        '"x" y',
        "'\"",
        "# x",
        "--execute",
        "a;",
        "=",
        "<<",
        "a=b",
        "\\",
        "{'",
        ",",
        "?",
    ]
)
CODE = st.text(st.sampled_from("ABC0123456789.-"), min_size=1, max_size=8)
PARAMETERS = {
    parameter.name: parameter
    for parameter in (
        Parameter("codes", "query", Kind.SYMBOL, array=True),
        Parameter("labels", "query", Kind.TEXT, array=True),
        Parameter("notes", "body", Kind.TEXT, array=True, free_text=True),
        Parameter("remark", "body", Kind.TEXT, free_text=True),
        Parameter("word", "query", Kind.TEXT),
        Parameter("order_id", "query", Kind.ID),
        Parameter("price", "body", Kind.DECIMAL),
    )
}


@st.composite
def calls(draw: st.DrawFn) -> tuple[Operation, dict[str, Any]]:
    """Draw an operation and values for some of its parameters."""
    parameters = draw(st.lists(st.sampled_from(list(PARAMETERS.values())), unique_by=lambda p: p.name))
    main = draw(st.sampled_from([None, *(parameter.name for parameter in parameters)]))
    operation = replace(QUOTE, name="call", main=main, parameters=tuple(parameters))
    values: dict[str, Any] = {}
    for parameter in parameters:
        value = TEXT if parameter.kind is Kind.TEXT else CODE
        values[parameter.name] = draw(st.lists(value, min_size=1, max_size=3) if parameter.array else value)
    return operation, values


@st.composite
def rendered(draw: st.DrawFn) -> tuple[Operation, dict[str, Any], str]:
    """Draw a call, and a line that says it: spacing, order, bare words and commas by chance."""
    operation, values = draw(calls())
    parts = []
    for name, value in values.items():
        items = [as_typed(item) for item in (value if isinstance(value, list) else [value])]
        apart = draw(st.sampled_from([",", ", ", " , "]))
        # An item that begins or ends with a comma of its own is always in quotes or braces.
        shapes = [f"{name}={apart.join(items)}", " ".join(f"{name}={item}" for item in items)]
        if name == operation.main:
            shapes += [" ".join(items), apart.join(items)]
        parts.append(draw(st.sampled_from(shapes)))
    gap = draw(st.sampled_from([" ", "  ", "\t"]))
    return operation, values, gap.join(["call", *draw(st.permutations(parts))])


@pytest.mark.parametrize("text", ["\xad0", "\u200bx", "\u22125", "\u201ca\u201d", "\u817e\u8baf", "a\u2014b"])
def test_a_text_with_characters_of_pasted_text_is_read_back(text: str) -> None:
    operation = replace(QUOTE, name="call", main=None, parameters=(PARAMETERS["word"],))
    command = parse_line(f"call word={as_typed(text)}", commands=COMMANDS)
    assert arguments(command, operation, SCOPE) == {"word": text}
    assert as_typed("\u817e\u8baf") == "\u817e\u8baf"


@pytest.mark.parametrize("item", ["\xad", "\u200b", "\ufeff", "\u2014", "\u2212"])
@pytest.mark.parametrize("apart", [",", ", ", " , "])
def test_an_item_with_characters_of_pasted_text_is_read_back_beside_others(item: str, apart: str) -> None:
    operation = replace(QUOTE, name="call", main=None, parameters=(PARAMETERS["labels"],))
    for items in ([item, "a"], ["", item, ""], ["\u201c", item, "\u201d"], ["\u2018", item, "\u2019"]):
        line = f"call labels={apart.join(map(as_typed, items))}"
        assert arguments(parse_line(line, commands=COMMANDS), operation, SCOPE) == {"labels": items}, line


@settings(max_examples=soak(10_000, 40))
@given(rendered())
def test_what_is_rendered_is_read_back(drawn: tuple[Operation, dict[str, Any], str]) -> None:
    operation, values, line = drawn
    command = parse_line(line, commands=COMMANDS)
    assert arguments(command, operation, SCOPE) == values


@settings(max_examples=soak(5_000, 30))
@given(rendered(), st.text(), st.sampled_from([" #", "\t#", "  # "]))
def test_a_comment_changes_nothing(
    drawn: tuple[Operation, dict[str, Any], str], comment: str, mark: str
) -> None:
    line = f"--raw --tz 'UTC' df << {drawn[2]}"
    command = parse_line(line, commands=COMMANDS)
    assert command.flags == {"raw": True, "tz": "UTC"}
    assert parse_line(f"{line}{mark}{comment}", commands=COMMANDS) == command
    assert parse_line(f"{line}{mark} --execute {comment}", commands=COMMANDS) == command


@settings(max_examples=soak(5_000, 30))
@given(rendered(), st.data())
def test_execute_counts_only_before_the_operation(
    drawn: tuple[Operation, dict[str, Any], str], data: st.DataObject
) -> None:
    words = split_line(drawn[2])
    assert parse_line(f"--execute {drawn[2]}", commands=COMMANDS).flags == {"execute": True}
    place = data.draw(st.integers(1, len(words)))
    late = " ".join([*words[:place], "--execute", *words[place:]])
    with pytest.raises(RequestRefused, match="--execute goes before the operation; type %openapi --execute"):
        parse_line(late, commands=COMMANDS)


@settings(max_examples=soak(5_000, 30))
@given(RANDOM | SHAPED | FITTING)
def test_a_line_that_begins_with_no_flag_arms_nothing(line: str) -> None:
    assume(not line.lstrip().startswith("--"))
    try:
        command = parse_line(line, commands=COMMANDS)
    except RequestRefused:
        return
    assert not {"execute", "again", "override"} & set(command.flags)


@settings(max_examples=soak(3_000, 20))
@given(TEXT)
def test_free_text_lines_of_a_body_are_verbatim(text: str) -> None:
    text = text.replace("\n", " ").strip()
    assume(text)
    assume(not (text.startswith("{") and text.endswith("}")))
    command = parse_cell("submit", f"remark: {text}", commands=COMMANDS)
    assert arguments(command, SUBMIT, SCOPE) == {"remark": text}


NUMBERS = st.integers() | st.decimals(allow_nan=False, allow_infinity=False)


@settings(max_examples=soak(3_000, 20))
@given(
    st.dictionaries(st.text(max_size=6).filter(lambda name: name not in FLAGS), NUMBERS | TEXT, max_size=5)
)
def test_json_bodies_keep_every_digit_and_text(entries: dict[str, Any]) -> None:
    assume(not any(isinstance(v, str) and v.startswith("{") and v.endswith("}") for v in entries.values()))
    assume(not any("\ud800" <= char <= "\udfff" for name in entries for char in name))
    pairs = [
        f"{json.dumps(name)}: {json.dumps(value) if isinstance(value, str) else value}"
        for name, value in entries.items()
    ]
    command = parse_cell("POST /v1/x", f"{{{', '.join(pairs)}}}", commands=COMMANDS)
    found = request_parts(command, SCOPE)[1] or {}
    assert found == entries
    for name, value in entries.items():
        if isinstance(value, Decimal):
            assert Decimal(found[name]).as_tuple() == value.as_tuple() or found[name] == int(value)


@settings(max_examples=soak(2_000))
@given(st.sampled_from(["bid", "code", "codes"]), st.integers(), st.integers())
def test_a_local_name_beats_a_global_one(name: str, local: int, notebook: int) -> None:
    scope = Scope({name: local}, {name: notebook})
    for expression in (name, f" {name} ", f"({name})", f"[{name} for _ in (1,)][0]", f"(lambda: {name})()"):
        command = parse_line(f"submit price={{{expression}}}", commands=COMMANDS)
        assert arguments(command, SUBMIT, scope) == {"price": local}
    only = parse_line(f"submit price={{{name}}}", commands=COMMANDS)
    assert arguments(only, SUBMIT, Scope({}, {name: notebook})) == {"price": notebook}


def test_effects_are_told_for_every_command() -> None:
    trading = {name for name, spec in COMMANDS.items() if spec.operation.effect is Effect.TRADE}
    assert "send" in trading
    assert trading <= {"buy", "sell", "send", "cancel_all"}
    assert all(spec.summary.endswith(".") for spec in COMMANDS.values())
