"""What a value on the line means: expressions, arrays, quotes, free text."""

from __future__ import annotations

import datetime as dt
import pathlib
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support.grammar import CANCEL, COMMANDS, QUOTE, given

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic.arguments import arguments, evaluate_flags, request_parts
from jupyter_openapi.magic.caller import Scope
from jupyter_openapi.magic.grammar import parse_line


def refusal(line: str, **names: Any) -> str:
    with pytest.raises(RequestRefused) as caught:
        given(line, local=names)
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith((".", "?"))
    assert caught.value.__context__ is None or isinstance(caught.value.__context__, RequestRefused)
    return text


@pytest.mark.parametrize(
    "line",
    [
        "quote 700.HK AAPL.US",
        "quote 700.HK,AAPL.US",
        "quote 700.HK, AAPL.US",
        "quote 700.HK , AAPL.US",
        "quote 700.HK ,AAPL.US",
        "quote 700.HK,AAPL.US,",
        "quote symbol=700.HK,AAPL.US",
        "quote symbol=700.HK, AAPL.US",
        "quote symbol=700.HK symbol=AAPL.US",
        "quote 700.HK symbol=AAPL.US",
        'quote symbol="700.HK, AAPL.US"',
        "quote '700.HK' \"AAPL.US\"",
        "quote {codes}",
        "quote symbol={codes}",
        'quote symbol="{codes}"',
        "quote 700.HK,{codes[1]}",
        "quote symbol={codes[0]}, {codes[1]}",
        "quote {[c for c in codes]}",
        "quote {nothing} 700.HK,{nothing} AAPL.US",
    ],
)
def test_an_array_however_it_is_given(line: str) -> None:
    codes = ["700.HK", "AAPL.US"]
    assert given(line, local={"codes": codes, "nothing": None}) == {"symbol": codes}


@pytest.mark.parametrize(
    "made",
    [
        tuple,
        pd.Series,
        pd.Index,
        np.array,
        iter,
        dict.fromkeys,
        set,
        frozenset,
        lambda codes: pd.Series(codes, dtype="category"),
        lambda codes: dict.fromkeys(codes).keys(),
        lambda codes: (code for code in codes),
    ],
)
def test_list_like_values_repeat_the_parameter(made: Callable[[list[str]], Any]) -> None:
    codes = made(["700.HK", "AAPL.US"])
    if isinstance(codes, dict):
        assert "is a dictionary" in refusal("quote {codes}", codes=codes)
    else:
        assert given("quote {codes}", local={"codes": codes}) == {"symbol": ["700.HK", "AAPL.US"]}


def test_a_set_comes_out_sorted() -> None:
    codes = {f"{number:03}.HK" for number in range(50)}
    assert given("quote {codes}", local={"codes": codes}) == {"symbol": sorted(codes)}


def test_commas_separate_nothing_where_one_value_belongs() -> None:
    assert given("quote currency=HKD,USD") == {"currency": "HKD,USD"}
    assert given("cancel 1,2") == {"order_id": "1,2"}
    assert given("GET /v1/x symbol=a,b") == {"symbol": "a,b"}
    assert given("quote tags='a,b','c d',e") == {"tags": ["a,b", "c d", "e"]}


def test_values_keep_their_type() -> None:
    day = dt.date(2026, 11, 22)
    stamp = pd.Timestamp("2026-11-22", tz="UTC")
    line = "submit {code} price={price} quantity={n} expire_date={day} remark={text}"
    names = {"code": "700.HK", "price": Decimal("1.10"), "n": np.int64(5), "day": day, "text": ""}
    assert given(line, local=names) == {
        "symbol": "700.HK",
        "price": Decimal("1.10"),
        "quantity": 5,
        "expire_date": day,
        "remark": "",
    }
    assert isinstance(given(line, local=names)["quantity"], np.int64)
    assert given("submit expire_date={stamp}", local={"stamp": stamp})["expire_date"] is stamp
    assert given("submit price={p}", local={"p": None}) == {}
    assert given("GET /v1/x a={p} b={flag}", local={"p": None, "flag": True}) == {"b": True}


def test_a_local_name_beats_a_global_of_the_same_name() -> None:
    names = {"local": {"bid": 1, "k": "local"}, "notebook": {"bid": 2, "k": "notebook", "other": 3}}
    assert given("submit price={bid} quantity={other}", **names) == {"price": 1, "quantity": 3}
    assert given("submit price={bid + other}", **names) == {"price": 4}
    # Inside a comprehension or lambda Python looks names up as globals.
    assert given("quote {[k for _ in range(1)]}", **names) == {"symbol": ["local"]}
    assert given("submit price={(lambda: bid)()}", **names) == {"price": 1}


def test_expressions_write_to_nobodys_names() -> None:
    local: dict[str, Any] = {"a": 1}
    notebook: dict[str, Any] = {"b": 2}
    assert given("submit price={(c := a + b)}", local=local, notebook=notebook) == {"price": 3}
    assert (local, notebook) == ({"a": 1}, {"b": 2})


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("f'{code}.HK'", "700.HK"),
        ("{'a': '1}'}['a']", "1}"),
        ("sorted({'b', 'a'})[0]", "a"),
        ("(lambda x: x + ' }')('{')", "{ }"),
        ("code if code != '# }' else 'x'", "700"),
        ("' a, b '", " a, b "),
        ("max(1, 2)", 2),
        ("True", True),
    ],
)
def test_expressions_of_any_shape(expression: str, value: Any) -> None:
    line = f"submit side={{{expression}}} quantity=1"
    assert given(line, local={"code": "700"}) == {"side": value, "quantity": "1"}


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("submit remark=50%", "50%"),
        ("submit remark=it's", "it's"),
        ('submit remark=5"', '5"'),
        ("submit remark='tis", "'tis"),
        ("submit remark=\"it's 5 o'clock\"", "it's 5 o'clock"),
        ('submit remark="hello {name}"', "hello {name}"),
        ("submit remark=hello-{name}!", "hello-{name}!"),
        ("submit remark=a{b", "a{b"),
        ("submit remark='it's fine'", "it's fine"),
        ('submit remark="a 5"-wide "', 'a 5"-wide '),
        ("submit remark={", "{"),
        ("submit remark=}", "}"),
        ("submit remark={see note}", "{see note}"),
        ("submit remark={{name}}", "{name}"),
        ("submit remark='{{name}}'", "{name}"),
        ("submit remark={{see note}}", "{see note}"),
        ("submit remark={name}", "Ann"),
        ("submit remark='{name}'", "Ann"),
        ("submit remark=a,b", "a,b"),
        ("submit remark='a','b'", "'a','b'"),
        ('submit remark=""', ""),
        ("submit remark=a=b", "a=b"),
        ("submit remark=--execute", "--execute"),
        ("submit remark=\\n$HOME", "\\n$HOME"),
        ("submit remark='say \"hi\" # 1'", 'say "hi" # 1'),
        ("submit remark=\u65e5\u672c", "\u65e5\u672c"),
    ],
)
def test_free_text_is_verbatim_unless_it_is_exactly_an_expression(line: str, value: str) -> None:
    assert given(line, local={"name": "Ann"}) == {"remark": value}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("quote {code}.HK", "write {f'{code}.HK'}."),
        ("quote symbol={code}.HK", "write symbol={f'{code}.HK'}."),
        ("quote 5.HK,{code}.HK", "write {f'{code}.HK'}."),
        ("submit price={code:.2f}", "write price={f'{code:.2f}'}."),
        ("GET /v1/{code}", "write {f'/v1/{code}'}."),
        ("GET /v1/x a={code}b", "write a={f'{code}b'}."),
        ("--out {code}.csv quote", "write --out={f'{code}.csv'}."),
        ("submit side={code +}", "is not a Python expression (invalid syntax)"),
        ("submit side={code", "close or correct the braces"),
        ("submit side={}", "is not a Python expression"),
        ("submit side={await code}", "is not a Python expression"),
        ("submit side='buy", "opens a quote that is not closed"),
        ("submit price={nowhere}", "{nowhere} raised NameError: name 'nowhere' is not defined."),
        ("submit price={1 / 0}", "{1 / 0} raised ZeroDivisionError: division by zero."),
        ("submit price={exit()}", "raised SystemExit"),
        ("submit remark={nowhere}", "raised NameError"),
        ("submit price={nan}", "price={nan} is NaN, a missing value"),
        ("quote {nan}", "{nan} is NaN, a missing value"),
        ("submit price={nat}", "is NaT, a missing value"),
        ("submit price={np_nat}", "is NaT, a missing value"),
        ("submit price={na}", "is NA, a missing value"),
        ("submit price={snan}", "is NaN, a missing value"),
        ("GET /v1/x a={nan}", "is NaN, a missing value"),
        ("quote {holes}", "has a missing value (NaN) as item 2; drop it first"),
        ("quote {['a', None]}", "has a missing value (None) as item 2"),
        ("cancel {big}", "is the float 6.936e+17, and order_id is an id"),
        ("cancel {np_big}", "and order_id is an id"),
        ("quote {[]}", "is empty, and without a symbol the request would ask for all of them"),
        ("submit side={['buy', 'sell']}", "holds 2 values, and side takes one"),
        ("submit {codes}", "holds 2 values, and symbol takes one"),
        ("quote {[['a']]}", "holds lists inside a list"),
        ("quote {frame}", "is a table; pass one column, such as {df['symbol']}."),
        ("GET /v1/x a={frame}", "is a table"),
        ("quote {print}", "is a function or class"),
        ("quote {dict}", "is a function or class"),
        ("submit price={broken}", "could not be read: ValueError: bad"),
        ("submit remark={half}", "half a character"),
        ("submit side=", 'side has no value; write it right after the =, or side="" for empty text.'),
        ("submit side= buy", "side has no value"),
        ("quote a,,b", "has nothing between two commas"),
        ("submit side=buy side=sell", "side is given twice"),
        ("submit price=1 submitted_price=2", "submitted_price (also called price) is given twice"),
        ("submit 700.HK symbol=5.HK", "symbol is given twice"),
        ("submit 700.HK remark=hello world", "submit_order takes one symbol and 2 words were given"),
        ("cancel 1 2", "takes one order_id and 2 words were given"),
        (
            "account_balance HKD",
            "account_balance takes name=value only, and HKD has no name.",
        ),
        ("status now", "status takes nothing after it"),
        ("GET /v1/x HKD", "HKD has no name, and GET /v1/x takes name=value."),
        ('POST /v1/x {"a": 1}', "A JSON body goes below the line: type %%openapi POST /v1/x"),
        ("submit 700.HK execute=true", "type %openapi --execute submit_order."),
        ("quote tz=UTC", "type %openapi --tz ZONE quote."),
        ("--out {5} quote", "--out= must be text, and {5} is not text."),
        ("--decimals {'float'} quote", "--decimals is float64 or decimal or string"),
        ("GET {None}", "{None} must be text"),
        ("GET {'v1'}", "must begin with /"),
    ],
)
def test_values_that_are_refused(line: str, says: str) -> None:
    def broken() -> Any:
        yield 1
        raise ValueError("bad")

    text = refusal(
        line,
        code="700",
        codes=["a", "b"],
        nan=float("nan"),
        nat=pd.NaT,
        np_nat=np.datetime64("NaT", "s"),
        na=pd.NA,
        snan=Decimal("sNaN"),
        holes=pd.Series(["a", np.nan]),
        big=6.936e17,
        np_big=np.float32(5),
        frame=pd.DataFrame({"symbol": ["a"]}),
        broken=broken(),
        half="\ud800",
    )
    assert says in text


def test_a_forgotten_await_is_named_and_leaves_no_warning() -> None:
    async def price() -> int:
        return 1

    assert "is a coroutine; await it" in refusal("submit price={price()}", price=price)


def test_an_exception_that_cannot_say_what_it_is() -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    def fail() -> None:
        raise MuteError

    assert refusal("submit price={fail()}", fail=fail) == "{fail()} raised MuteError."


def test_interrupts_pass_through() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        given("submit price={stop()}", local={"stop": stop})


def test_names_the_operation_lacks_pass_on_untouched() -> None:
    frame = pd.DataFrame({"symbol": ["700.HK"]})
    assert given("submit orders={frame}", local={"frame": frame})["orders"] is frame
    assert given("submit pirce=5") == {"pirce": "5"}


def test_nested_objects_pass_where_they_belong() -> None:
    leg = {"symbol": "700.HK"}
    assert given("submit legs={leg}", local={"leg": leg}) == {"legs": [leg]}
    assert given("submit legs={[leg, leg]}", local={"leg": leg}) == {"legs": [leg, leg]}


def test_a_path_unknown_to_us() -> None:
    line = "GET /v1/x?a=1&b=%7Bz%7D a=2 a={more} c={{d}}"
    assert given(line, local={"more": ["3", "4"]}) == {"a": ["1", "2", "3", "4"], "b": "{z}", "c": "{d}"}
    assert "write {f'/v1/x?b={z}'}." in refusal("GET /v1/x?b={z}")


def test_a_path_may_be_an_expression() -> None:
    scope = Scope({"code": "a b{c}"}, {})
    command = evaluate_flags(
        parse_line("GET {f'/v1/{1 + 1}?a=x&b={code}'}", commands=COMMANDS), scope, commands=COMMANDS
    )
    assert (command.path, command.query) == ("/v1/2", (("a", "x"), ("b", "a b{c}")))


def test_flags_may_be_expressions() -> None:
    scope = Scope({"month": "2026-11"}, {"kind": "STRING"})
    line = "--out {f'{month}.csv'} --decimals {kind} --tz '{{x}}' quote"
    command = evaluate_flags(parse_line(line, commands=COMMANDS), scope, commands=COMMANDS)
    assert command.flags == {"out": "2026-11.csv", "decimals": "string", "tz": "{x}"}
    line = "connect live --profile {month}"
    command = evaluate_flags(parse_line(line, commands=COMMANDS), scope, commands=COMMANDS)
    assert command.flags == {"profile": "2026-11"}
    folder = pathlib.PurePosixPath("x")
    line = "--out {folder} quote"
    command = evaluate_flags(
        parse_line(line, commands=COMMANDS), Scope({"folder": folder}), commands=COMMANDS
    )
    assert command.flags == {"out": "x"}


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("GET /v1/x?a=1 b=2", ({"a": "1", "b": "2"}, None)),
        ("POST /v1/x?a=1 b={5}", ({"a": "1"}, {"b": 5})),
        ("PUT /v1/x", ({}, None)),
        ("DELETE /v1/x a=1", ({"a": "1"}, None)),
    ],
)
def test_where_the_arguments_of_an_unknown_path_go(line: str, parts: Any) -> None:
    assert request_parts(parse_line(line, commands=COMMANDS), Scope()) == parts


def test_a_query_holds_plain_values() -> None:
    for value in ({"a": 1}, [{"a": 1}], [["a"]]):
        with pytest.raises(RequestRefused, match="nested or null"):
            request_parts(parse_line("GET /v1/x a={v}", commands=COMMANDS), Scope({"v": value}))


def test_values_that_the_path_gave() -> None:
    command = parse_line("DELETE /v1/trade/order/7 order_id=8", commands=COMMANDS)
    assert arguments(replace(command, items=()), CANCEL, Scope(), given={"order_id": "7"}) == {
        "order_id": "7"
    }
    with pytest.raises(RequestRefused, match="order_id is given twice"):
        arguments(command, CANCEL, Scope(), given={"order_id": "7"})
    quotes = parse_line("GET /quote/quote?symbol=700.HK,AAPL.US&tags=a,b symbol=5.HK", commands=COMMANDS)
    assert arguments(quotes, QUOTE, Scope()) == {"symbol": ["700.HK", "AAPL.US", "5.HK"], "tags": ["a,b"]}
