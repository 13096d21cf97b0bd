"""Every operation as a typed method of the client: its names, parameters, and that it is `call` itself."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

import pandas as pd
import pytest
from support.each import each
from support.sandbox import SandboxProcess
from support.shell import Shell
from support.wire import Recorder, http, recorder

from jupyter_openapi import Client, Credentials, Preview, Reply, RequestRefused
from jupyter_openapi.operations import Operations, choices
from jupyter_openapi.operations.caller import Caller
from jupyter_openapi.spec import Effect, Kind, Operation, catalog
from jupyter_openapi.spec.values import convert
from jupyter_openapi.stream.subscriber import Subscriber
from jupyter_openapi.trading import Basket

OPERATIONS = list(catalog().operations.values())
SENDING = {"execute", "again", "override", "tick"}


def by_name(operation: Operation) -> str:
    return operation.name


def accepted(operation: Operation) -> set[str]:
    """The names that `call` takes for an operation's parameters, as far as Python can spell them."""
    names = {each.name for each in operation.parameters} | set(operation.short)
    return {"self_" if name == "self" else name for name in names if name.isidentifier()}


@each("operation", OPERATIONS, by_name)
def test_each_operation_is_a_method_with_its_parameters(operation: Operation) -> None:
    method = getattr(Client, operation.name)
    parameters = dict(inspect.signature(method).parameters)
    del parameters["self"]
    more = set() if operation.effect is Effect.READ else SENDING
    more = more | {"orders"} if operation.name == "submit_order" else more
    assert set(parameters) == accepted(operation) | more
    positional = [name for name, one in parameters.items() if one.kind is one.POSITIONAL_OR_KEYWORD]
    assert len(positional) == bool(operation.main)
    assert all(operation.parameter(name) == operation.parameter(operation.main or "") for name in positional)
    text = inspect.getdoc(method) or ""
    assert text.startswith(f"{operation.summary}.")
    assert f"``{operation.method} {operation.path}``" in text
    assert "Source: https://" in text
    assert set(parameters) <= set(text.replace(",", " ").split())


def test_a_method_hides_nothing_of_the_client_and_nothing_hides_it() -> None:
    own = {name for one in (Client, Subscriber, Caller, object) for name in vars(one)}
    made = Client(Credentials("k", "s", "t"), "sandbox", "http://127.0.0.1:1", limits=False)
    with made:
        own |= set(vars(made))
    names = {operation.name for operation in OPERATIONS}
    assert names & own == set()
    assert all(getattr(Client, name) is getattr(Operations, name) for name in names)


class Heard(Operations):
    """Notes what arrives instead of doing it."""

    def _call(
        self,
        operation: str,
        parameters: Mapping[str, Any],
        *,
        execute: bool,
        again: bool,
        override: Iterable[str],
        tick: str | None,
    ) -> Any:
        given = {name: value for name, value in parameters.items() if value is not None}
        return operation, given, (execute, again, override, tick)


@each("operation", OPERATIONS, by_name)
def test_a_method_is_the_very_call_of_its_name(operation: Operation) -> None:
    given: dict[str, Any] = {name: f"value of {name}" for name in accepted(operation)}
    sending: dict[str, Any] = {}
    if operation.effect is not Effect.READ:
        sending = {"execute": True, "again": True, "override": ("late",), "tick": "safe"}
    heard = getattr(Heard(), operation.name)(**given, **sending)
    if "self_" in given:
        given["self"] = given.pop("self_")
    expected = (True, True, ("late",), "safe") if sending else (False, False, (), None)
    assert heard == (operation.name, given, expected)


def words_of(annotation: str) -> list[Any]:
    """The values that an annotation's `Literal` allows."""
    known = vars(choices) | vars(__import__("typing")) | {"Iterable": Iterable, "Number": str, "Object": dict}
    return [word for part in get_args(eval(annotation, known)) for word in get_args(part) or [part]]


@each("operation", OPERATIONS, by_name)
def test_the_words_a_checker_allows_are_those_that_are_sent(operation: Operation) -> None:
    annotations = getattr(Client, operation.name).__annotations__
    for parameter in operation.parameters:
        if parameter.kind is not Kind.ENUM or not parameter.name.isidentifier() or parameter.name == "self":
            continue
        annotation = annotations[parameter.name].replace(" | None", "")
        words = [word for word in words_of(annotation) if not hasattr(word, "__origin__")]
        words = [inner for word in words for inner in (get_args(word) or [word])]
        assert words, annotation
        sent = {json.dumps(convert(parameter, [word] if parameter.array else word)) for word in words}
        every = {json.dumps([v] if parameter.array else v) for v in parameter.values.values()}  # noqa: PD011
        assert sent == every


def answer(data: Any = None) -> bytes:
    return http(json.dumps({"code": 0, "message": "success", "data": data or {}}).encode())


@pytest.fixture
def server() -> Iterator[Recorder]:
    with recorder(lambda _: answer()) as made:
        yield made


def test_both_ways_send_the_same_bytes(server: Recorder) -> None:
    with Client(Credentials("k", "s", "t"), "sandbox", server.url, limits=False) as client:
        client.stock_positions(["700.HK", "AAPL.US"])
        client.call("stock_positions", symbol=["700.HK", "AAPL.US"])
        client.candlesticks("700.HK", period="week", count=7)
        client.call("candlesticks", symbol="700.HK", period="week", count=7)
        client.history_orders(start="2026-01-05", end="2026-01-06", status=["FilledStatus"])
        client.call("history_orders", start="2026-01-05", end="2026-01-06", status=["FilledStatus"])
    seen = [(one.method, one.path, one.query, one.body) for one in server.requests]
    assert len(seen) == 6
    assert seen[::2] == seen[1::2]
    assert seen[0][:3] == ("GET", "/v1/asset/stock", "symbol=700.HK&symbol=AAPL.US")


def test_orders_go_through_the_same_desk(sandbox: SandboxProcess) -> None:
    keys = Credentials(**vars(sandbox.credentials))
    with Client(keys, "sandbox", sandbox.url, limits=False) as client:
        low = str(int(float(client.depth("700.HK").data["bid"][-1]["price"])) - 5)
        before = len(client.today_orders().data["orders"])
        preview = client.submit_order("700.HK", side="Buy", type="LO", price=low, quantity=100)
        assert isinstance(preview, Preview)
        assert len(client.today_orders().data["orders"]) == before
        placed = preview.send()
        assert isinstance(placed, Reply)
        assert placed.order_id is not None
        state = client.order_detail(placed.order_id)
        assert state.data["price"] == low
        assert low in repr(state)  # as `call` says it
        gone = client.cancel_order(placed.order_id, execute=True)
        assert isinstance(gone, Reply)
        row = {"symbol": "700.HK", "side": "Buy", "type": "LO", "price": low, "quantity": 100}
        assert isinstance(client.submit_order(orders=[row]), Basket)
        outcomes = client.submit_order(orders=pd.DataFrame([row]), execute=True)
        assert outcomes["outcome"].tolist() == ["sent"]
        assert len(client.today_orders().data["orders"]) == before + 2


def test_a_mistake_is_one_sentence(server: Recorder) -> None:
    with (
        Client(Credentials("k", "s", "t"), "sandbox", server.url, limits=False) as client,
        pytest.raises(RequestRefused, match=r"period=.* is not one of") as caught,
    ):
        client.candlesticks("700.HK", period="fortnight")  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    assert server.requests == []


def test_completion_lists_them(shell: Shell, server: Recorder) -> None:
    with Client(Credentials("k", "s", "t"), "sandbox", server.url, limits=False) as client:
        shell.ip.push({"client": client})
        assert {operation.name for operation in OPERATIONS} <= set(dir(client))
        found = [text.lstrip(".") for text in shell.complete("client.stock_p")]
        assert "stock_positions" in found
        shown = shell.ip.object_inspect("client.candlesticks")
        assert "period: 'Period | None' = None" in shown["definition"].replace('"', "'")
        assert "One of" in shown["docstring"]


LOADED = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "jupyter_openapi")
import jupyter_openapi
heavy = ("jupyter_openapi.operations", "pandas", "polars", "pyarrow")
print([name for name in sys.modules if name.startswith(heavy)])
from jupyter_openapi import Client
Client.quote
print([name for name in sys.modules if name in ("jupyter_openapi.operations.choices", *heavy[1:])])
"""


def test_loading_the_extension_reads_none_of_it() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines() == ["[]", "[]"]  # and the types are for checkers only
