"""What a trader types and pastes: other words, other characters, help, dictionaries; in a real kernel."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.kernel import Kernel

from jupyter_openapi import RequestRefused
from jupyter_openapi.magic.arguments import arguments
from jupyter_openapi.magic.caller import Scope
from jupyter_openapi.magic.commands import COMMANDS
from jupyter_openapi.magic.grammar import parse_line, unknown_word
from jupyter_openapi.magic.pasted import mended_line
from jupyter_openapi.magic.vocabulary import MEANT, TYPED
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.check import check
from jupyter_openapi.spec.model import Effect

NAMES = [*COMMANDS, *catalog().aliases, *catalog().operations]
ORDER = {"symbol": "700.HK", "side": "buy", "price": 600, "quantity": "1,000", "remark": None}
BODY = {
    "symbol": "700.HK", "side": "Buy", "order_type": "LO", "submitted_price": "600",
    "submitted_quantity": "100", "time_in_force": "Day",
}  # fmt: skip


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """Give a kernel that is connected to a sandbox of its own."""
    with Kernel(tmp_path_factory.mktemp("typed")) as kernel:
        assert kernel.run(
            f"client = %openapi connect sandbox\norder = {ORDER!r}; body = {BODY!r}; code = '700'"
        ).ok
        # The made-up price follows the date: far from it is no matter here.
        assert kernel.run(
            "%config OpenAPIMagics.aggressive = 10000.0\n%config OpenAPIMagics.passive = 10000.0"
        ).ok
        yield kernel


def read(line: str, scope: Scope | None = None) -> dict[str, object]:
    """Return the arguments of a line, checked."""
    command = parse_line(line, commands=COMMANDS)
    operation = catalog().named(command.word)
    return check(operation, arguments(command, operation, scope or Scope()))


# In a kernel


@pytest.mark.parametrize(
    ("line", "shows"),
    [
        ("holdings", r"Symbol.*Quantity"),
        ("position", r"Symbol.*Quantity"),
        ("price 700.HK", r"Symbol.*Last"),
        ("kline 700.HK period=1d count=2", r"Open +High"),
        ("candles 700.HK period=1h count=2", r"Open +High"),
        ("cash", "HKD"),
        ("quote 700.HK\uff0cAAPL.US", "AAPL.US"),
        ("quote symbol\uff1d700.HK", "700.HK"),
        ("\u2014tz Asia/Hong_Kong quote 700.HK", "700.HK"),
        ("submit_order {order}", r"Buy 1000 700\.HK, limit \(LO\) at 600\.00 HKD"),
        ("POST /v1/trade/order {body}", r"Buy 100 700\.HK, limit \(LO\) at 600\.00 HKD"),
        ("POST /v1/not/known {order}", r'POST /v1/not/known {"symbol": ?"700\.HK", ?"side": ?"buy"'),
        ("--dry-run POST /v1/x {dict(a=1)} b=2", r'{"a": 1, "b": "2"}'),
        ("submit 700.HK SIDE=buy qty=100 price=600", r"Buy 100 700\.HK"),
        ("submit 700.HK side=\u201cbuy\u201d quantity=\uff11\uff10\uff10 price=600", r"Buy 100 700\.HK"),
        ("buy \uff11\uff10\uff10 700.HK \uff20 600", r"Buy 100 700\.HK"),
        ("?", "Type\n"),
        ("--help", "Type\n"),
        ("submit 700.HK --help", "submit_order  .also submit"),
        ("help holdings", "stock_positions"),
    ],
)
def test_a_traders_line_does_what_is_meant(kernel: Kernel, line: str, shows: str) -> None:
    shown = kernel.run(f"%openapi {line}")
    assert shown.ok, shown.error
    assert re.search(shows, shown.result)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("cancel 700.HK", "Type `%openapi cancel_all 700.HK`."),
        ("order_detail 700.HK", "Type `%openapi orders symbol=700.HK`."),
        ("history", "%openapi history_orders start=-30d"),
        ("long", "%openapi buy 100 700.HK @ 600"),
        ("short", "%openapi --override short sell 100 700.HK @ 600"),
        ("submit 700.HK side=long quantity=100 price=600", "Did you mean buy?"),
        ("quote {code}.HK", "write {f'{code}.HK'}"),
        ("quote f'{code}.HK'", "write {f'{code}.HK'}"),
        ("quote ['700.HK', 'AAPL.US']", "type 700.HK,AAPL.US."),
        ("quote symbol=['700.HK','AAPL.US']", "type symbol=700.HK,AAPL.US."),
        ("quote 700.HK\u201c", "left double quotation mark (U+201C)"),
        ("submit_order {order} side=sell", "side is given twice"),
        ("POST /v1/not/known {order} side=sell", "side is given on the line and in the body"),
        ("POST /v1/not/known {code}", "{code} is str, and a body is a dictionary"),
        ("GET /v1/not/known {order}", "A JSON body goes below the line"),
    ],
)
def test_what_is_not_clear_is_refused_with_the_form_to_type(kernel: Kernel, line: str, says: str) -> None:
    assert says in kernel.run(f"%openapi {line}").error[0]


# Words


def test_traders_words_name_operations_that_exist_and_hide_none() -> None:
    assert not {*MEANT, *TYPED} & {*catalog().operations, *catalog().aliases}
    for word, name in MEANT.items():
        operation = catalog().find(name)
        assert operation is not None
        assert operation.effect is Effect.READ or word in {"modify", "amend"}
    for line in TYPED.values():
        command = parse_line(line, commands=COMMANDS)
        assert command.word in COMMANDS or catalog().find(command.word) is not None


@pytest.mark.parametrize(
    ("word", "first"),
    [("holdngs", "positions"), ("positon", "positions"), ("klin", "candles"), ("candels", "candles")],
)
def test_suggestions_put_a_traders_words_first(word: str, first: str) -> None:
    said = str(unknown_word(word, NAMES))
    assert f"Did you mean {first}" in said
    assert "fund_position" not in said


@pytest.mark.parametrize(
    "value", ["['700.HK', 'AAPL.US']", "('700.HK','AAPL.US')", "f'{code}.HK'", "{code}.HK"]
)
def test_a_form_that_is_suggested_is_itself_accepted(value: str) -> None:
    scope = Scope({"code": "700"})
    with pytest.raises(RequestRefused) as refused:
        read(f"quote {value}", scope)
    form = re.split(r"(?:type|write) ", str(refused.value))[-1].rstrip(".")
    assert read(f"quote {form}", scope)["symbol"] in (["700.HK"], ["700.HK", "AAPL.US"])


# Characters


PASTED = str.maketrans(
    {",": "\uff0c", "=": "\uff1d", '"': "\u201d", "-": "\u2013", "0": "\uff10", "7": "\uff17"}
)


@given(
    st.sampled_from(
        ["quote 700.HK,5.HK", "quote symbol=700.HK", 'quote symbol="700.HK"', "quote\u00a0700.HK"]
    ),
    st.sampled_from(["", "\ufeff", "\u200b"]),
)
def test_a_pasted_line_reads_as_the_typed_one(line: str, lead: str) -> None:
    head, rest = line[:5], line[5:]
    assert read(lead + head + rest.translate(PASTED)) == read(line)


@given(
    st.text(
        st.characters(codec="utf-8", exclude_characters="\"\\'{}\r\n", exclude_categories=["C", "Z"]),
        max_size=20,
    )
)
def test_quoted_text_stays_as_it_is(text: str) -> None:
    line = f'submit 700.HK remark="{text}" price={{"\uff1d"}}'
    assert mended_line(line) == line


def test_free_text_keeps_its_characters() -> None:
    line = "submit 700.HK side=buy type=MO quantity=100 remark=买入\uff0c第一笔"
    assert read(line)["remark"] == "买入\uff0c第一笔"
