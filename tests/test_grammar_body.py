"""A cell's body: JSON or ``name: value`` lines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from support.grammar import COMMANDS, given

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic.arguments import request_parts
from jupyter_openapi.magic.expressions import Scope
from jupyter_openapi.magic.grammar import Body, parse_body, parse_cell


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
        ("side: Buy\nsell it", "Line 2 of the body, sell it, is no name: value"),
        ("--execute", "Line 1 of the body, --execute, is no name: value"),
        ("--execute: true", "is no name: value"),
        ("execute: true", "type %openapi --execute submit_order."),
        ('{"execute": true}', "type %openapi --execute submit_order."),
        ("side:", "side has no value; write it right after the :, or side: {''} for empty text."),
        ("side: Buy\nside: Sell", "side is given twice"),
        ("price: 1\nsubmitted_price: 2", "submitted_price (also called price) is given twice"),
        ('"side"', "is no name: value"),
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
