"""What the documents say of replies: every operation, every field, every code, every view."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import pytest
from support.each import each

from jupyter_openapi.spec import Field, Kind, Operation, Table, View, catalog, frame_views
from jupyter_openapi.spec.loader import read_documents
from jupyter_openapi.spec.model import FORMATS, FORMULAS, LAYOUTS, UNITS

OPERATIONS = list(catalog().operations.values())
UNKNOWN = {"symbol_to_counter_ids": "its reply is keyed by symbol, which no table describes"}
NOTHING = {
    "alert_add", "alert_delete", "cancel_order", "dca_set_reminder", "dca_toggle", "delete_watchlist_group",
    "grid_cancel", "grid_replace", "grid_restart", "grid_submit_strategy_questionnaire", "grid_suspend",
    "replace_order", "sharelist_add_securities", "sharelist_create", "sharelist_delete",
    "sharelist_remove_securities", "sharelist_sort_securities", "update_pinned", "update_watchlist_group",
}  # fmt: skip
WITHOUT_VIEW = {  # one or two columns of nested data
    "fund_filters", "fund_performance_comparison", "fundamental_financial_report",
}  # fmt: skip


def by_name(operation: Operation) -> str:
    return operation.name


@cache
def documents() -> dict[str, dict[str, Any]]:
    return read_documents()


def data_of(operation: Operation) -> dict[str, Any]:
    for document in documents().values():
        for methods in document["paths"].values():
            for raw in methods.values():
                if raw["operationId"] == operation.name:
                    schema = raw["responses"]["200"]["content"]["application/json"]["schema"]
                    data: dict[str, Any] = schema.get("properties", {}).get("data", {})
                    return data
    raise AssertionError(operation.name)


@each("operation", OPERATIONS, by_name)
def test_every_operation_has_a_reply_schema(operation: Operation) -> None:
    data = data_of(operation)
    assert data.get("type") or data.get("$ref")
    if operation.name in NOTHING | UNKNOWN.keys():
        assert not operation.tables
        return
    assert operation.tables
    assert all(table.fields for table in operation.tables)


def test_the_lists_of_what_is_not_described_hold_nothing_that_is() -> None:
    assert NOTHING | UNKNOWN.keys() == {o.name for o in OPERATIONS if not o.tables}
    assert {o.name for o in OPERATIONS if o.tables and o.view is None} == WITHOUT_VIEW
    assert len(UNKNOWN) <= 3


@each("operation", OPERATIONS, by_name)
def test_every_field_has_one_line_of_meaning(operation: Operation) -> None:
    for table in operation.tables:
        for column in table.columns:
            text = column.description
            assert text.endswith("."), (table.path, column.name, text)
            assert text[0].isupper() or text[0].isdigit(), (table.path, column.name, text)
            assert "\n" not in text
            assert "e.g" not in text
            assert "`" not in text
            assert len(text) < 120, (table.path, column.name, text)


@each("operation", OPERATIONS, by_name)
def test_columns_of_a_table_have_names_of_their_own(operation: Operation) -> None:
    for table in operation.tables:
        again = [name for name, count in Counter(c.name for c in table.columns).items() if count > 1]
        assert again == [], table.path


def test_units_are_of_a_small_set_and_only_of_numbers() -> None:
    numbers = {Kind.DECIMAL, Kind.INTEGER}
    columns = [c for o in OPERATIONS for t in o.tables for c in t.columns if c.unit]
    assert {c.unit for c in columns} == UNITS
    assert {c.kind for c in columns} <= numbers


def codes() -> dict[str, dict[str, Any]]:
    schemas: dict[str, dict[str, Any]] = documents()["common.json"]["components"]["schemas"]
    return {name: schema for name, schema in schemas.items() if "x-labels" in schema}


@pytest.mark.parametrize("name", codes())
def test_each_code_has_one_name(name: str) -> None:
    schema = codes()[name]
    assert len(schema["enum"]) == len(schema["x-labels"])
    assert all(label.isidentifier() for label in schema["x-labels"])


def cryptic(column: Field) -> bool:
    """Tell whether wire values say nothing to a person: numbers, single letters, the empty text."""
    return column.kind is Kind.ENUM and any(
        len(str(value)) <= 1 or str(value).isdigit() for value in column.values
    )


def test_every_code_of_a_reply_that_says_nothing_by_itself_has_names() -> None:
    nameless = {
        (operation.name, column.name)
        for operation in OPERATIONS
        for table in operation.tables
        for column in table.columns
        if cryptic(column) and set(column.names) != set(column.values)
    }
    assert nameless == set()


def check_view(view: View, names: set[str]) -> None:
    assert view.layout in LAYOUTS
    assert view.columns
    assert view.columns[0].key
    titles = [column.title for column in view.columns]
    assert len(set(titles)) == len(titles), titles
    for column in view.columns:
        assert column.format in FORMATS
        assert set(column.fields) <= names, column
        assert (len(column.fields) == 2) == (column.formula is not None)
        assert column.formula is None or column.formula in FORMULAS
        assert column.title[0].isupper()


@each("operation", [o for o in OPERATIONS if o.view], by_name)
def test_every_column_of_a_view_exists(operation: Operation) -> None:
    assert operation.view is not None
    check_view(operation.view, {column.name for column in operation.tables[0].columns})
    tables = {table.name for table in operation.tables[1:]}
    assert set(operation.view.below) <= tables


def test_views_of_frames_of_our_own() -> None:
    from jupyter_openapi.portfolio import pnl_frame, valuation

    assert {"portfolio", "pnl", "returns by date", "lots", "candles", "search"} <= set(frame_views())
    check_view(frame_views()["portfolio"], set(valuation.COLUMNS))
    check_view(frame_views()["pnl"], set(pnl_frame.COLUMNS))
    for view in frame_views().values():
        check_view(view, {name for column in view.columns for name in column.fields})


def test_a_nested_object_is_columns_with_a_prefix() -> None:
    quote = catalog().operations["quote"].tables[0]
    names = [column.name for column in quote.columns]
    assert "pre_market_quote" not in names
    assert {"pre_market_last_done", "post_market_volume", "overnight_timestamp"} <= set(names)
    assert not any(column.kind is Kind.OBJECT for column in quote.columns)
    option = catalog().operations["option_quote"].tables[0]
    assert {"strike_price", "expiry_date", "direction"} <= {column.name for column in option.columns}


def test_tables_have_names() -> None:
    assert [table.name for table in catalog().operations["account_balance"].tables] == [
        "list",
        "cash_infos",
        "frozen_transaction_fees",
    ]
    assert Table("", ()).name == ""


@pytest.mark.parametrize(
    ("operation", "table", "fields"),
    [
        ("market_rank_list", 0, {"symbol": Kind.SYMBOL, "last_done": Kind.DECIMAL, "chg": Kind.DECIMAL}),
        ("fund_nav", 0, {"last_update_time": Kind.TIMESTAMP, "value": Kind.DECIMAL}),
        ("dca_list", 0, {"plan_id": Kind.ID, "status": Kind.ENUM, "per_invest_amount": Kind.DECIMAL}),
        (
            "grid_detail",
            0,
            {"created_at": Kind.TIMESTAMP, "gtd": Kind.DATE, "multiple_trigger": Kind.BOOLEAN},
        ),
        ("market_anomaly", 0, {"alert_time": Kind.MILLIS, "emotion": Kind.ENUM}),
        ("fundamental_dividend", 0, {"ex_date": Kind.DATE}),
        ("us_order_detail", 0, {"executed_price": Kind.DECIMAL, "button_control_replace": Kind.INTEGER}),
    ],
)
def test_kinds_of_what_the_sdk_reads(operation: str, table: int, fields: dict[str, Kind]) -> None:
    found = {column.name: column.kind for column in catalog().operations[operation].tables[table].columns}
    assert {name: found.get(name) for name in fields} == fields
