"""The broker's error codes: each has one sentence of what to do, in the error, in help and on a page."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.shell import Shell, loaded_shell

from jupyter_openapi.errors import ApiError
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.codes import ErrorCode, advice_for, error_codes, error_texts
from jupyter_openapi.spec.model import Effect
from jupyter_openapi.transport.responses import Call, read

ROOT = Path(__file__).parent.parent
CODES = list(error_codes().values())
EXPECTED = {
    301600, 301602, 301603, 301604, 301605, 301606, 301607, 310010, 310011, 401003, 401004, 401102, 403201,
    403202, 403203, 403205, 429001, 429002, 429303, 500000, 602001, 602002, 602012, 602023, 602080, 602301,
    602315, 1901107, 2601500,
}  # fmt: skip


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    with loaded_shell() as loaded:
        yield loaded


def by_code(code: ErrorCode) -> str:
    return str(code.code)


def answered(code: int, message: str, status: int = 400, name: str = "") -> ApiError:
    content = json.dumps({"code": code, "message": message, "data": None}).encode()
    operation = catalog().find(name)
    effect = operation.effect if operation is not None else Effect.READ
    call = Call("GET", "/v1/x", name=name or "The request", effect=effect)
    error = read(call, status, {"X-Trace-Id": "t-1"}, content, 0.1)
    assert isinstance(error, ApiError)
    return error


def test_the_known_codes_are_all_there() -> None:
    assert set(error_codes()) == EXPECTED


@pytest.mark.parametrize("code", [*CODES, *error_texts()], ids=by_code)
def test_each_says_what_it_means_and_what_to_do_in_one_sentence_each(code: ErrorCode) -> None:
    for text in (code.meaning, code.advice, *code.cases.values()):
        assert text.endswith(".")
        assert text[0].isupper() or text[0] == "`"
        assert ". " not in text
        assert len(text) < 260
    assert code.advice != code.meaning
    assert code.source


@pytest.mark.parametrize("code", CODES, ids=by_code)
def test_an_error_carries_its_advice_and_the_trace_id(code: ErrorCode) -> None:
    assert code.code is not None
    error = answered(code.code, "in the broker's words", code.http or 400)
    assert error.advice == code.advice
    assert error.trace_id == "t-1"
    assert str(error).endswith(code.advice)


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        ("User authentication failed", "Open the permission in the app, as for options"),
        ("用户认证失败", "Open the permission in the app, as for options"),
        ("time in force not support", "type tif=Day"),
        ("The submitted quantity does not comply with the required multiple of the lot size", "lot_size"),
        ("Insufficient Qty - 1000", "available_quantity"),
    ],
)
def test_a_text_that_says_more_than_its_code_wins(message: str, advice: str) -> None:
    assert advice in answered(602001, message, name="submit_order").advice
    assert advice not in answered(602001, "bad request", name="submit_order").advice


OF_ORDERS = re.compile(r"\b(lots?|tick|order(s|ed)?|GTC|tif|lot_size|sells?|sales?|selling)\b")


@pytest.mark.parametrize("code", [*CODES, *error_texts()], ids=by_code)
def test_advice_speaks_of_orders_only_to_orders(code: ErrorCode) -> None:
    """Any operation may be answered with any code: a list of quotes has no lots, and nothing was ordered."""
    message = code.contains[0] if code.contains else "bad request"
    for name in ("quote", "account_balance", "watchlist", "alert_list", "history_candlesticks"):
        advice = answered(code.code or 602001, message, name=name).advice
        own = code.code in {602012, 602023, 602080, 602301}  # which only these can be answered with
        assert own or not OF_ORDERS.search(advice), (name, advice)
        assert "help NAME" not in advice


def test_advice_fits_the_operation() -> None:
    assert answered(602001, "bad request", name="watchlist").advice == (
        "Correct what the message names: `%openapi help watchlist` lists what each parameter may be."
    )
    assert "whole lots" in answered(602001, "bad request", name="submit_order").advice
    assert "the symbol (700.HK" in answered(301600, "invalid", name="quote").advice
    assert "the symbol" not in answered(301600, "invalid", name="market_status").advice
    assert "--all" in answered(301607, "too many query days", name="history_orders").advice
    assert "--all" not in answered(301607, "too many query days", name="trading_days").advice
    assert "look before you send it again" in answered(403202, "repeated", name="alert_add").advice
    assert "help NAME" in answered(602001, "bad request").advice  # of a path that is not described


def test_an_unknown_code_gets_no_made_up_advice() -> None:
    assert advice_for(603999, "what") == ""


def test_operations_named_in_advice_exist() -> None:
    words = {
        word
        for each in [*CODES, *error_texts()]
        for text in (each.advice, *each.cases.values())
        for line in text.split("`")[1::2]
        for word in line.removeprefix("%openapi ").split()[:1]
    }
    commands = {"--region", "login", "status", "help"}
    assert {word for word in words if catalog().find(word) is None} <= commands


def test_help_of_a_code(shell: Shell) -> None:
    said = " ".join(str(shell.run("%openapi help 301604")).split())
    assert said.startswith("301604: The account has no permission for this quote.")
    assert "`%openapi quote_packages` lists what you have." in said
    assert "help 301604" in str(shell.run("%openapi help help"))
    assert "not a command or operation" in shell.fail("%openapi help 999999")


def test_help_says_how_far_back_bars_go_and_what_a_paper_account_takes(shell: Shell) -> None:
    said = " ".join(str(shell.run("%openapi help history_candlesticks")).split())
    assert "minute bars on 2022-09-28, 2023-12-04 and 2022-08-25" in said
    assert "301607" in said
    assert "A paper account trades" in " ".join(str(shell.run("%openapi help submit")).split())


def test_the_page_of_codes_is_current_and_names_every_code() -> None:
    done = subprocess.run(
        [sys.executable, "docs/errors.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    text = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    assert all(f"\n### {code}\n" in text for code in EXPECTED)
