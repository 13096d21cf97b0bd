"""Replies nothing describes: the shape decides, no row is lost, text stays text."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from itertools import product
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import soak
from support.each import each

from jupyter_openapi.frames import UnreadableWarning, to_frame


def cells(frame: pd.DataFrame) -> list[list[Any]]:
    return [
        [None if not isinstance(cell, (list, dict)) and pd.isna(cell) else cell for cell in row]
        for row in frame.itertuples(index=False)
    ]


@pytest.mark.parametrize("data", [None, {}, [], {"list": []}, {"has_more": False, "total": 0, "orders": []}])
def test_nothing_is_an_empty_frame(data: Any) -> None:
    frame = to_frame(data)
    assert frame.empty
    assert len(frame) == 0


@pytest.mark.parametrize("operation", [None, "no_such_operation"])
def test_the_one_list_of_objects_is_the_table(operation: str | None) -> None:
    frame = to_frame({"has_more": True, "items": [{"id": "1", "n": 2}, {"n": 3, "id": "4"}]}, operation)
    assert list(frame.columns) == ["id", "n"]
    assert cells(frame) == [["1", 2], ["4", 3]]
    assert frame.attrs["openapi"] == {"beside": {"has_more": True}}


def test_nested_lists_are_exploded_with_their_parents() -> None:
    data = {
        "list": [
            {
                "account": "a",
                "holdings": [{"symbol": "700.HK", "lots": [{"n": 1}, {"n": 2}]}, {"symbol": "5.HK"}],
            },
            {"account": "b", "holdings": []},
        ]
    }
    frame = to_frame(data)
    assert list(frame.columns) == ["account", "symbol", "n"]
    assert cells(frame) == [["a", "700.HK", 1], ["a", "700.HK", 2], ["a", "5.HK", None], ["b", None, None]]


def test_shared_names_are_prefixed_with_the_parents() -> None:
    data = {"groups": [{"id": "1", "name": "tech", "securities": [{"name": "TENCENT", "groups_name": "x"}]}]}
    frame = to_frame(data)
    assert list(frame.columns) == ["id", "groups_groups_name", "name", "groups_name"]
    assert cells(frame) == [["1", "tech", "TENCENT", "x"]]
    unnamed = to_frame([{"name": "tech", "securities": [{"name": "TENCENT"}]}])
    assert list(unnamed.columns) == ["parent_name", "name"]


def test_of_several_lists_the_longest_is_the_table_and_the_others_are_named() -> None:
    frame = to_frame({"ask": [{"p": 1}], "bid": [{"p": 2}, {"p": 3}], "last": "9", "info": {"a": 1}})
    assert frame["p"].tolist() == [2, 3]
    assert frame.attrs["openapi"] == {"beside": {"last": "9"}, "left_out": ["ask", "info"]}


def test_records_with_several_nested_lists_stay_whole() -> None:
    frame = to_frame([{"id": "1", "a": [{"x": 1}], "b": [{"y": 1}]}])
    assert cells(frame) == [["1", ({"x": 1},), ({"y": 1},)]]


def test_wrappers_are_looked_into() -> None:
    frame = to_frame({"trace": "t", "result": {"page": 1, "rows": [{"a": "x"}]}})
    assert frame["a"].tolist() == ["x"]
    assert frame.attrs["openapi"]["beside"] == {"trace": "t", "result.page": 1}


def test_an_object_is_one_row_and_keeps_what_is_nested() -> None:
    frame = to_frame({"id": "1", "price": {"amount": "2"}, "tags": ["a", "b"], "inner": {"c": {}}})
    assert cells(frame) == [["1", {"amount": "2"}, ("a", "b"), {"c": {}}]]


@pytest.mark.parametrize(
    ("data", "name", "values"),
    [
        (["a", None, "b"], "value", ["a", None, "b"]),
        ({"expiry_date": ["20260109", "20260116"]}, "expiry_date", ["20260109", "20260116"]),
        ("ok", "value", ["ok"]),
        (5, "value", [5]),
        (False, "value", [False]),
        ([[1, 2], [3, 4]], "value", [(1, 2), (3, 4)]),
    ],
)
def test_scalars_are_one_column(data: Any, name: str, values: list[Any]) -> None:
    frame = to_frame(data)
    assert list(frame.columns) == [name]
    assert [row[0] for row in cells(frame)] == values


def test_dtypes_by_value_but_text_is_never_a_number() -> None:
    row = {"id": "693664675163312128", "code": "00700", "n": 1, "x": 1.5, "ok": True, "none": None, "l": [1]}
    frame = to_frame([row, {**row, "n": None, "x": 2, "ok": None}])
    text = str(pd.Series(dtype="str").dtype)
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == {
        "id": text,
        "code": text,
        "n": "Int64",
        "x": "float64",
        "ok": "boolean",
        "none": "object",
        "l": "object",
    }
    assert frame["id"].tolist() == ["693664675163312128"] * 2


def test_whole_numbers_beyond_int64_keep_their_digits() -> None:
    assert to_frame([{"n": 2**70}, {"n": 1}, {"n": None}])["n"].tolist()[:2] == [str(2**70), "1"]


def test_mixtures_stay_as_they_are() -> None:
    assert to_frame([{"m": "1"}, {"m": 1}, {"m": True}])["m"].tolist() == ["1", 1, True]


def test_scalars_named_like_secrets_are_not_noted() -> None:
    frame = to_frame({"access_token": "T", "otp": "1", "page": 3, "rows": [{"a": 1}]})
    assert frame.attrs["openapi"] == {"beside": {"page": 3}}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from("abcd") | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=30,
)


def least_rows(data: Any) -> int:
    """The fewest rows a reply may become: a list's items, or those of an object's longest list of objects."""
    if data is None or data == {}:
        return 0
    if isinstance(data, list):
        return len(data)
    if not isinstance(data, dict):
        return 1
    tables = [
        value
        for value in data.values()
        if isinstance(value, list) and any(isinstance(i, dict) for i in value)
    ]
    return max(map(len, tables), default=0)


@settings(max_examples=soak(3000))
@given(JSON)
def test_no_reply_raises_and_no_row_is_lost(data: Any) -> None:
    frame = to_frame(data)
    assert len(frame) >= least_rows(data)
    json.dumps(frame.attrs, allow_nan=False)


@settings(max_examples=soak(1000))
@given(
    st.lists(st.dictionaries(st.sampled_from("abc"), st.text(max_size=4), min_size=1), min_size=1, max_size=6)
)
def test_every_cell_of_a_table_of_texts_survives(rows: list[dict[str, str]]) -> None:
    frame = to_frame({"rows": rows})
    assert set(frame.columns) == set().union(*rows)
    kept = [{k: v for k, v in row.items() if isinstance(v, str)} for row in frame.to_dict("records")]
    assert kept == rows


@settings(max_examples=soak(1000))
@given(
    JSON,
    st.sampled_from(["today_orders", "positions", "depth", "order_detail", "trading_days", "statements"]),
)
def test_no_reply_raises_whatever_was_expected(data: Any, operation: str) -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = to_frame(data, operation)
        nested = to_frame({"orders": data, "list": data, "ask": data, "trade_day": data}, operation)
    assert frame.attrs["openapi"]["operation"]
    assert nested.index.is_unique


NOT_NUMBERS = ["NaN", "sNaN", "-sNaN", "sNaN123"]
TYPED = [
    ("quote", lambda cell: {"secu_quote": [{"symbol": "700.HK", "last_done": cell}]}, "last_done"),
    ("quote", lambda cell: {"secu_quote": [{"symbol": "700.HK", "volume": cell}]}, "volume"),
    ("quote", lambda cell: {"secu_quote": [{"symbol": cell}]}, "symbol"),
    ("quote", lambda cell: {"secu_quote": [{"symbol": "700.HK", "timestamp": cell}]}, "timestamp"),
    (
        "stock_positions",
        lambda cell: {"list": [{"account_channel": cell, "stock_info": [{}]}]},
        "account_channel",
    ),
    (None, lambda cell: [{"a": cell}, {"a": Decimal("1.5")}], "a"),
    (None, lambda cell: [{"a": cell}, {"a": "text"}], "a"),
    (None, lambda cell: [cell], "value"),
]  # fmt: skip


@each("typed, cell, decimals", product(TYPED, NOT_NUMBERS, ["float64", "decimal", "string"]))
def test_a_decimal_that_is_no_number_is_missing(
    typed: tuple[str | None, Callable[[Any], Any], str], cell: str, decimals: str
) -> None:
    operation, make, column = typed
    frame = to_frame(make(Decimal(cell)), operation, decimals=decimals)
    assert pd.isna(frame[column].iloc[0])
    assert "as_text" not in frame.attrs["openapi"]
    assert len(frame.drop_duplicates()) == len(frame)
    assert "sNaN" not in repr(frame)


@pytest.mark.parametrize("cell", NOT_NUMBERS)
def test_a_nested_decimal_that_is_no_number_is_missing(cell: str) -> None:
    number = Decimal(cell)
    frame = to_frame([{"a": {"b": number, "c": [[number]]}}, {"a": {"d": number}}])
    assert frame["a"].tolist() == [{"b": None, "c": ((None,),)}, {"d": None}]
    assert len(frame.drop_duplicates()) == 2
    typed = to_frame(
        {"secu_quote": [{"symbol": "700.HK", "pre_market_quote": {"last_done": number}}]}, "quote"
    )
    assert "sNaN" not in repr(typed.to_dict("records"))


@pytest.mark.parametrize("cell", ["Infinity", "-Infinity"])
def test_an_infinite_decimal_is_kept_as_text_where_a_number_is_expected(cell: str) -> None:
    data = {"secu_quote": [{"symbol": "700.HK", "last_done": Decimal(cell)}]}
    with pytest.warns(UnreadableWarning, match="last_done"):
        frame = to_frame(data, "quote")
    assert frame["last_done"].tolist() == [cell]
