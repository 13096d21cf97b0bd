"""A cell's body: JSON or ``name: value`` lines."""

from __future__ import annotations

import contextlib
import json
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as given_example
from hypothesis import strategies as st
from support.grammar import COMMANDS, given

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic.arguments import arguments, request_parts
from jupyter_openapi.magic.caller import Scope
from jupyter_openapi.magic.grammar import Body, parse_body, parse_cell
from jupyter_openapi.magic.pasted import mended_json
from jupyter_openapi.spec import catalog


def refusal(cell: str, line: str = "submit", **names: Any) -> str:
    with pytest.raises(RequestRefused) as caught:
        given(line, cell, local=names)
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith((".", "?"))
    return text


@pytest.mark.parametrize("cell", ["", "\n \n", "# only a note", "\n  # {\n"])
def test_no_body(cell: str) -> None:
    assert parse_body(cell) is None


def test_a_json_body_keeps_its_types_and_digits() -> None:
    cell = """
    {"symbol": "700.HK", "side": "Buy", "submitted_price": "{bid}", "submitted_quantity": 100,
     "price": 1.10, "big": 12345678901234567890, "tiny": 1E-30, "flag": true, "remark": "Hello from Jupyter"}
    """
    found = given("x", cell, local={"bid": Decimal("512.40")})
    assert found == {
        "symbol": "700.HK",
        "side": "Buy",
        "submitted_price": Decimal("512.40"),
        "submitted_quantity": 100,
        "price": Decimal("1.10"),
        "big": 12345678901234567890,
        "tiny": Decimal("1E-30"),
        "flag": True,
        "remark": "Hello from Jupyter",
    }
    assert str(found["price"]) == "1.10"
    assert type(found["submitted_quantity"]) is int


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{bid}", 5),
        ("{bid + 1}", 6),
        ("{{bid}}", "{bid}"),
        ("at {bid}", "at {bid}"),
        (" {bid} ", " {bid} "),
        ("{bid} HKD", "{bid} HKD"),
        ("{see note}", "{see note}"),
        ("50% 'it' {", "50% 'it' {"),
        ("{}", "{}"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("name", ["remark", "side"])
def test_texts_in_a_body_are_verbatim_unless_exactly_an_expression(name: str, text: str, value: Any) -> None:
    assert given("submit", f'{{"{name}": "{text}"}}', local={"bid": 5}) == {name: value}
    if text:
        expected = given("submit", f"{name}:   {text}  ", local={"bid": 5})
        assert expected == {name: 5 if text == " {bid} " else value}


def test_expressions_at_any_depth() -> None:
    cell = (
        '{"symbol": ["{one}", "{many}", "5.HK", "{none}"], "x": {"a": ["{one}"], "b": "{none}", "c": null}}'
    )
    names = {"one": "700.HK", "many": ["1.HK", "2.HK"], "none": None}
    assert given("quote", cell, local=names) == {
        "symbol": ["700.HK", "1.HK", "2.HK", "5.HK"],
        "x": {"a": ["700.HK"], "c": None},
    }
    assert given("quote", '{"symbol": "{many}"}', local=names) == {"symbol": ["1.HK", "2.HK"]}
    assert given("quote", '{"symbol": "700.HK"}') == {"symbol": ["700.HK"]}
    assert given("quote", '{"symbol": "{none}"}', local=names) == {}


def test_name_value_lines() -> None:
    cell = """
    # a note
    symbol: 700.HK
    side:Buy
    price :  {bid}
    remark: "it's": 50% # {bid} and, all of it;
    """
    assert given("submit", cell, local={"bid": 5}) == {
        "symbol": "700.HK",
        "side": "Buy",
        "price": 5,
        "remark": '"it\'s": 50% # {bid} and, all of it;',
    }


def test_arrays_in_lines() -> None:
    cell = "symbol: 700.HK, {codes},AAPL.US\nsymbol: 5.HK\ntags: 'a, b', c"
    assert given("quote 1.HK", "tags: x", local={}) == {"symbol": ["1.HK"], "tags": ["x"]}
    assert given("quote", cell, local={"codes": ("2.HK", "3.HK")}) == {
        "symbol": ["700.HK", "2.HK", "3.HK", "AAPL.US", "5.HK"],
        "tags": ["a, b", "c"],
    }


def test_a_note_may_stand_above_json() -> None:
    assert given("submit", '# the order\n{"side": "Buy"}') == {"side": "Buy"}
    assert "at line 3, column 10" in refusal('# the order\n{"side":\n   "Buy" x}')


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ('{"side": "Buy",}', "not JSON at line 1, column"),
        ('{"side": "Buy"\n "x": 1}', "not JSON at line 2, column 2: expecting ',' delimiter"),
        ("{'side': 'Buy'}", "JSON wants double quotes"),
        ('{"price": {bid}}', 'an expression goes in quotes, "{name}"'),
        ('{"price": [{bid}]}', 'an expression goes in quotes, "{name}"'),
        ('{"side": "Buy"} x', "extra data"),
        ('{"side": "Buy"', "not JSON at line 1"),
        ("{", "not JSON at line 1, column 2"),
        ('{"side": "a\tb"}', "not JSON at line 1"),
        ('["side"]', "must be one JSON object"),
        ('{"side": "Buy", "side": "Sell"}', 'gives "side" twice'),
        ('{"a": {"b": 1, "b": 2}}', 'gives "b" twice'),
        ('{"price": NaN}', "holds NaN, which is not JSON"),
        ('{"price": -Infinity}', "holds -Infinity"),
        ('{"price": 1e99999999999999999999999}', "a number too large"),
        ('{"price": ' + "9" * 5000 + "}", "a number too large"),
        ('{"a": ' + "[" * 100_000 + "}", "nested too deeply"),
        ('{"remark": "\\ud800"}', "half a character"),
        ('{"price": "{nowhere}"}', "{nowhere} raised NameError"),
        ('{"price": "{float(\'nan\')}"}', "is NaN, a missing value"),
        ('{"order_id": 1, "x": "{print}"}', "is a function or class"),
        ("side: Buy\nsell it", "Line 2 of the body, sell it, is not written as name: value"),
        ("--execute", "Line 1 of the body, --execute, is not written as name: value"),
        ("--execute: true", "is not written as name: value"),
        ("execute: true", "type %openapi --execute submit_order."),
        ('{"execute": true}', "type %openapi --execute submit_order."),
        ("side:", "side has no value; write it right after the :, or side: {''} for empty text."),
        ("side: Buy\nside: Sell", "side is given twice"),
        ("price: 1\nsubmitted_price: 2", "submitted_price (also called price) is given twice"),
        ('"side"', "is not written as name: value"),
    ],
)
def test_bodies_that_are_refused(cell: str, says: str) -> None:
    assert says in refusal(cell)


@pytest.mark.parametrize("cell", ["price: 2", '{"price": 2}', "submitted_price: 2", '{"submitted_price": 2}'])
def test_line_and_body_may_not_give_the_same(cell: str) -> None:
    assert "given on the line and in the body; keep one" in refusal(cell, "submit price=1")
    assert "given on the line and in the body" in refusal("symbol: 1.HK", "submit 700.HK")
    assert "given on the line and in the body" in refusal("symbol: 1.HK", "quote 700.HK")
    assert "given on the line and in the body" in refusal("a: 1", "POST /v1/x a=1")
    assert given("submit 700.HK", cell)["symbol"] == "700.HK"


@pytest.mark.parametrize(
    ("line", "cell", "parts"),
    [
        (
            "POST /v1/x?q=1 a=2",
            '{"b": [1, null], "c": null}',
            ({"q": "1"}, {"a": "2", "b": [1, None], "c": None}),
        ),
        ("DELETE /v1/x a=1", '{"b": 2}', ({"a": "1"}, {"b": 2})),
        ("GET /v1/x", "a: 1\na: 2", ({"a": ["1", "2"]}, None)),
    ],
)
def test_where_the_body_of_an_unknown_path_goes(line: str, cell: str, parts: Any) -> None:
    assert request_parts(parse_cell(line, cell, commands=COMMANDS), Scope()) == parts


def test_a_query_holds_no_null() -> None:
    with pytest.raises(RequestRefused, match="a is nested or null"):
        request_parts(parse_cell("GET /v1/x", '{"a": null}', commands=COMMANDS), Scope())


def test_the_body_is_read_only_once_and_frozen() -> None:
    body = parse_body('{"a": "{x}"}')
    assert body == Body(json=True, entries=(("a", "{x}"),))


# Pasted characters


PASTED = [
    "\uff5b\u201csymbol\u201d\uff1a\u201c700.HK\u201d\uff0c\u201cside\u201d\uff1a\u201cBuy\u201d\uff5d",
    "{\u201dsymbol\u201d: \u201d700.HK\u201d, \u201dside\u201d: \u201dBuy\u201d}",
    '{"symbol"\uff1a"700.HK"\uff0c"side"\uff1a"Buy"}',
    '\ufeff{\u00a0"symbol":\u3000"\uff17\uff10\uff10.HK"\u3001\u200b"side": "\uff22uy"}',
    '{"\uff53ymbol": "700\uff0eHK", "side": "Buy"}',
    "symbol\uff1a \uff17\uff10\uff10.HK\nside: Buy",
    "\uff53ymbol: 700.HK\n\u200bside\uff1a Buy",
]


@pytest.mark.parametrize("cell", PASTED)
def test_a_pasted_body_reads_as_the_typed_one(cell: str) -> None:
    assert given("submit", cell) == {"symbol": "700.HK", "side": "Buy"}


@pytest.mark.parametrize(
    "text",
    [
        "买入\uff0c第一笔\uff1a\u201c好\u201d",
        "\uff17\uff10\uff10 \u2014 \u00a0\u200b\ufeff",
        "\uff5b\uff5d\uff3b\uff3d",
        "it\u2019s",
    ],
)
def test_free_text_in_a_body_keeps_its_characters(text: str) -> None:
    assert given("submit", f'{{"remark": "{text}"}}') == {"remark": text}
    # Also where the JSON around it had to be mended.
    assert given("submit", f'\uff5b"remark"\uff1a "{text}"\uff5d') == {"remark": text}
    assert given("submit", f"remark: x{text}") == {"remark": f"x{text}".strip()}


def test_nested_values_are_mended_by_their_kinds() -> None:
    cell = '{"legs": [{"symbol": "\uff17\uff10\uff10.HK"}], "remark": "\uff17"}'
    found = arguments(
        parse_cell("submit_multileg", cell, commands=COMMANDS), catalog().named("submit_multileg"), Scope()
    )
    assert found == {"legs": [{"symbol": "700.HK"}], "remark": "\uff17"}
    # Nothing is known of the values of an unknown path: they are sent as they are.
    line = '{"symbol": "\uff17", "b": 1\uff5d'
    parts = request_parts(parse_cell("POST /v1/x", line, commands=COMMANDS), Scope())
    assert parts == ({}, {"symbol": "\uff17", "b": 1})


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ('{"remark": \u201che said \u201chi\u201d\u201d}', "left double quotation mark (U+201C) at line 1"),
        ('{"side": "Buy\u201d}', "right double quotation mark (U+201D) at line 1, column 14"),
        ('{"side": \u201cBuy"}', "left double quotation mark (U+201C) at line 1, column 10"),
        ("{\n \u2018side\u2019: 1}", "left single quotation mark (U+2018) at line 2, column 2"),
        ('{"price": 6\u200b00}', "zero width space (U+200B)"),
        ('{"price": \u4e94}', "cjk unified ideograph-4e94 (U+4E94)"),
        ('{"side": "B\u201duy"}', "side=B\u201duy holds right double quotation mark (U+201D)"),
        ("side: \u201cbuy\u201d", "holds left double quotation mark (U+201C)"),
        (
            '{"side": \u201cBuy\u201d\uff0c}',
            "not JSON at line 1, column 1",
        ),  # 15 since Python 3.13, which points at the comma
    ],
)
def test_what_is_not_certain_is_refused_with_the_character_named(cell: str, says: str) -> None:
    assert says in refusal(cell)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
WIDE = str.maketrans("{}[]:,", "\uff5b\uff5d\uff3b\uff3d\uff1a\uff0c")
STRINGS = re.compile(r'("(?:[^"\\]|\\.)*")')
ODD = st.text(st.sampled_from('{"a": \uff5b\u201c\u201d\uff0c\uff1a\u200b\u00a0\u4e94\\}'), max_size=30)


@given_example(st.dictionaries(st.text(max_size=5), JSON, max_size=4), st.booleans())
def test_mending_changes_only_what_is_outside_quotes(value: dict[str, Any], escaped: bool) -> None:
    text = json.dumps(value, ensure_ascii=escaped)
    assert json.loads(mended_json(text)) == value
    parts = (part if part.startswith('"') else part.translate(WIDE) for part in STRINGS.split(text))
    assert json.loads(mended_json("".join(parts))) == value


@given_example(ODD)
def test_no_text_breaks_it(text: str) -> None:
    with contextlib.suppress(RequestRefused):
        assert len(mended_json(text)) == len(text)
