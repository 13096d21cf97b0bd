"""From the wire to Python: what is read, what is refused, and that nothing else ever happens."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jupyter_openapi.sandbox.dispatch import HANDLERS
from jupyter_openapi.sandbox.errors import Refused
from jupyter_openapi.sandbox.handlers import load_handlers
from jupyter_openapi.sandbox.parameters import read, read_object
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.model import Effect, Kind, Operation, Parameter

load_handlers()
CARRIED = [operation for operation in catalog().operations.values() if operation.name in HANDLERS]


def one(value: Any, kind: Kind, where: str = "body", **other: Any) -> Any:
    """Read a single value as a parameter of that kind."""
    parameter = Parameter("x", where, kind, **other)
    operation = Operation("o", "POST", "/o", Effect.READ, "g", "none", "", parameters=(parameter,))
    if where == "query":
        return read(operation, {}, f"x={value}", b"").get("x")
    return read(operation, {}, "", json.dumps({"x": value}).encode()).get("x")


@pytest.mark.parametrize(
    ("value", "kind", "other", "expected"),
    [
        ("12.50", Kind.DECIMAL, {}, Decimal("12.50")),
        (12.5, Kind.DECIMAL, {"number": True}, Decimal("12.5")),
        (7, Kind.DECIMAL, {"number": True}, Decimal(7)),
        (7, Kind.INTEGER, {}, 7),
        ("7", Kind.INTEGER, {}, 7),
        (True, Kind.BOOLEAN, {}, True),
        ("false", Kind.BOOLEAN, {}, False),
        ("a b", Kind.TEXT, {}, "a b"),
        ("123", Kind.ID, {}, "123"),
        (123, Kind.ID, {"number": True}, "123"),
        ("20260131", Kind.DATE, {"date_format": "%Y%m%d"}, "20260131"),
        ("2026-01-31", Kind.DATE, {}, "2026-01-31"),
        ("1767605400", Kind.TIMESTAMP, {}, 1767605400),
        (1767605400, Kind.TIMESTAMP, {"number": True}, 1767605400),
        ("2026-01-05T09:30:00Z", Kind.TIMESTAMP, {"date_format": "iso"}, 1767605400.0),
        ("2026-01-05T17:30:00+08:00", Kind.TIMESTAMP, {"date_format": "iso"}, 1767605400.0),
        ("Buy", Kind.ENUM, {"values": {"Buy": "Buy", "b": "Buy"}}, "Buy"),
        (1000, Kind.ENUM, {"values": {"1000": 1000, "day": 1000}}, 1000),
        (None, Kind.DECIMAL, {}, None),
        ("", Kind.DECIMAL, {}, None),
        (["a", "b"], Kind.TEXT, {"array": True}, ["a", "b"]),
        ("a,b", Kind.TEXT, {"array": True, "style": "comma"}, ["a", "b"]),
        ('["a", "b"]', Kind.TEXT, {"array": True, "style": "json"}, ["a", "b"]),
    ],
)
def test_what_is_read(value: Any, kind: Kind, other: dict[str, Any], expected: Any) -> None:
    found = one(value, kind, **other)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "kind", "other"),
    [
        (12.5, Kind.DECIMAL, {}),
        ("1e5", Kind.DECIMAL, {}),
        ("NaN", Kind.DECIMAL, {}),
        ("Infinity", Kind.DECIMAL, {}),
        ("٣", Kind.DECIMAL, {}),
        ("9" * 30, Kind.DECIMAL, {}),
        ("0", Kind.DECIMAL, {"above": 0}),
        (True, Kind.DECIMAL, {"number": True}),
        (True, Kind.INTEGER, {}),
        (1.0, Kind.INTEGER, {}),
        (10**18, Kind.INTEGER, {}),
        (6, Kind.INTEGER, {"maximum": 5}),
        (4, Kind.INTEGER, {"minimum": 5}),
        ([], Kind.BOOLEAN, {}),
        ("yes", Kind.BOOLEAN, {}),
        (1, Kind.BOOLEAN, {}),
        (5, Kind.TEXT, {}),
        ("abc", Kind.TEXT, {"max_length": 2}),
        ("a", Kind.TEXT, {"min_length": 2}),
        ("a", Kind.TEXT, {"pattern": "^b"}),
        ("a\x00", Kind.TEXT, {}),
        ("\ud800", Kind.TEXT, {}),
        (123, Kind.ID, {}),
        ("2026-1-5", Kind.DATE, {}),
        ("2026-02-30", Kind.DATE, {}),
        ("20260105", Kind.DATE, {}),
        ("-5", Kind.TIMESTAMP, {}),
        (5, Kind.TIMESTAMP, {}),
        ("1767605400000", Kind.TIMESTAMP, {}),
        ("yesterday", Kind.TIMESTAMP, {"date_format": "iso"}),
        ("b", Kind.ENUM, {"values": {"Buy": "Buy", "b": "Buy"}}),
        ("day", Kind.ENUM, {"values": {"1000": 1000, "day": 1000}}),
        ("a", Kind.TEXT, {"array": True}),
        (["a", 5], Kind.TEXT, {"array": True}),
        (["a", "b"], Kind.TEXT, {"array": True, "max_items": 1}),
        ("[", Kind.TEXT, {"array": True, "style": "json"}),
        ([], Kind.OBJECT, {}),
    ],
)
def test_what_is_refused_names_the_field(value: Any, kind: Kind, other: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=r"^x: ") as caught:
        one(value, kind, **other)
    assert (caught.value.status, caught.value.code) == (400, 602001)


def test_all_that_is_missing_is_named_at_once() -> None:
    submit = catalog().operations["submit_order"]
    with pytest.raises(Refused, match=r"^order_type, side, submitted_quantity, time_in_force: required"):
        read(submit, {}, "", b'{"symbol": "700.HK", "unknown": 1}')


def test_repeated_query_keys_are_a_list_and_the_last_one_counts_for_a_single() -> None:
    today = catalog().operations["today_orders"]
    found = read(today, {}, "status=NewStatus&status=FilledStatus&side=Buy&side=Sell", b"")
    assert found == {"status": ["NewStatus", "FilledStatus"], "side": "Sell"}


def result(function: Callable[..., Any], *args: Any) -> Any:
    """Return what a function returns, or the status of its refusal."""
    try:
        return function(*args)
    except Refused as refused:
        return refused.status


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(operation=st.sampled_from(CARRIED), data=st.data())
def test_any_json_is_read_or_refused(operation: Operation, data: st.DataObject) -> None:
    names = [parameter.name for parameter in operation.parameters]
    keys = st.sampled_from(names) | st.text(max_size=5) if names else st.text(max_size=5)
    body = data.draw(st.dictionaries(keys, JSON, max_size=6))
    found = result(read, operation, {}, "", json.dumps(body).encode())
    assert found == 400 or set(found) <= set(names)


@given(body=st.binary(max_size=60))
@example(b"\xef\xbb\xbf{}")
@example(b'{"a": 1, "a": 2}')
@example(b'{"a": NaN}')
def test_any_bytes_are_an_object_or_refused(body: bytes) -> None:
    found = result(read_object, body)
    assert found == 400 or isinstance(found, dict)


@given(operation=st.sampled_from(CARRIED), query=st.text(max_size=60))
def test_any_query_is_read_or_refused(operation: Operation, query: str) -> None:
    found = result(read, operation, {}, query, b"")
    assert found == 400 or isinstance(found, dict)
