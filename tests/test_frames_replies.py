"""Every reply the official SDK accepts becomes a frame with the described columns and dtypes."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from support.each import each

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.frames import frame_from_bytes, to_frame
from jupyter_openapi.spec import Field, Kind, Operation, catalog

REPLIES = sorted(Path(__file__).parent.joinpath("data", "responses").glob("*.json"))
TEXT = str(pd.Series(dtype="str").dtype)
TIME = "us" if pd.__version__.startswith("3") else "ns"
DTYPES = {
    Kind.TEXT: TEXT,
    Kind.ID: TEXT,
    Kind.SYMBOL: TEXT,
    Kind.ENUM: TEXT,
    Kind.DECIMAL: "float64",
    Kind.INTEGER: "Int64",
    Kind.BOOLEAN: "boolean",
    Kind.TIMESTAMP: f"datetime64[{TIME}, UTC]",
    Kind.MILLIS: f"datetime64[{TIME}, UTC]",
    Kind.DATE: f"datetime64[{TIME}]",
    Kind.OBJECT: "object",
}


def reply(name: str) -> dict[str, Any]:
    return json.loads(Path(__file__).parent.joinpath("data", "responses", f"{name}.json").read_text("utf-8"))


def operation_of(recorded: dict[str, Any]) -> Operation:
    matched = catalog().match(recorded["method"], recorded["path"])
    assert matched is not None, recorded["path"]
    return matched[0]


def described(operation: Operation, *, codes: bool = False) -> dict[str, str]:
    """The columns an operation promises, with their dtypes."""
    if not operation.tables:
        return {}
    table = operation.tables[0]
    fields = {field.name: dtype_of(field, codes=codes) for _, field in table.parents}
    if table.label:
        fields[table.label[0]] = TEXT
    return fields | {field.name: dtype_of(field, codes=codes) for field in table.fields}


def dtype_of(field: Field, *, codes: bool) -> str:
    if field.names and not codes:
        return TEXT
    integers = field.kind is Kind.ENUM and (field.number or set(map(type, field.values)) == {int})
    return "Int64" if integers else DTYPES[field.kind]


def records_in(data: Any, operation: Operation) -> int:
    """Count the records by hand, table by table."""
    count = 0
    tables = operation.tables if operation.tables and operation.tables[0].label else operation.tables[:1]
    for table in tables:
        nodes = [data]
        for step in table.path.split(".") if table.path else []:
            key = step.removesuffix("[]")
            nodes = [node[key] if key else node for node in nodes if not key or node.get(key) is not None]
            if step.endswith("[]"):
                nodes = [item for node in nodes for item in node]
        count += sum(node != {} for node in nodes)
    return count


@each("path, variant, codes", product(REPLIES, ["data", "minimal"], [False, True]))
def test_a_reply_has_the_described_columns_and_dtypes(path: Path, variant: str, *, codes: bool) -> None:
    recorded = json.loads(path.read_text("utf-8"))
    operation = operation_of(recorded)
    frame = to_frame(recorded[variant], operation, codes=codes)
    promised = described(operation, codes=codes)
    dtypes = {name: str(dtype) for name, dtype in frame.dtypes.items()}
    assert {name: dtypes.get(name) for name in promised} == promised
    assert len(frame) == records_in(recorded[variant], operation)
    assert frame.attrs["openapi"]["operation"] == operation.name
    assert "as_text" not in frame.attrs["openapi"]


@each("path, nothing", product(REPLIES, [{}, None]))
def test_an_empty_reply_has_the_same_columns_and_dtypes(path: Path, nothing: Any) -> None:
    operation = operation_of(json.loads(path.read_text("utf-8")))
    frame = to_frame(nothing, operation)
    assert len(frame) == 0
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == described(operation)


@each("path", REPLIES)
def test_bytes_give_the_same_frame(path: Path) -> None:
    recorded = json.loads(path.read_text("utf-8"))
    operation = operation_of(recorded)
    content = json.dumps({"code": 0, "message": "success", "data": recorded["data"]}).encode()
    assert_frame_equal(frame_from_bytes(content, operation), to_frame(recorded["data"], operation))
    assert_frame_equal(
        frame_from_bytes(content, operation, codes=True), to_frame(recorded["data"], operation, codes=True)
    )


def test_codes_come_as_names_and_as_codes_on_request() -> None:
    trades = reply("QuoteContext.trades")["data"]
    trades["trades"] = [
        {"price": "1", "direction": 2, "trade_session": 0},
        {"price": "1", "direction": 0, "trade_session": "3"},
        {"price": "1", "direction": 7, "trade_session": None},
    ]
    frame = to_frame(trades, "trades")
    assert frame["direction"].tolist() == ["Up", "Neutral", "7"]
    assert frame["trade_session"].tolist()[:2] == ["Intraday", "Overnight"]
    assert frame["trade_session"].isna().tolist() == [False, False, True]
    kept = to_frame(trades, "trades", codes=True)
    assert kept["direction"].tolist() == [2, 0, 7]
    assert str(kept["trade_session"].dtype) == "Int64"
    chain = {"list": [{"direction": "C", "option_type": "", "standard_attr": "old"}]}
    assert to_frame(chain, "option_chain_info_by_date").iloc[0][
        ["direction", "option_type", "standard_attr"]
    ].tolist() == ["Call", "Monthly", "Old"]
    markets = {"market_time": [{"market": "HK", "trade_status": 105}, {"market": "US", "trade_status": 207}]}
    assert to_frame(markets, "market_status")["trade_status"].tolist() == ["Trading", "Overnight"]


def test_quote_frames_hold_no_objects_and_can_drop_duplicates() -> None:
    data = reply("QuoteContext.quote")["data"]
    frame = to_frame({"secu_quote": [*data["secu_quote"], *data["secu_quote"]]}, "quote")
    assert not any(isinstance(value, (dict, list)) for value in frame.to_numpy().ravel())
    assert len(frame.drop_duplicates()) == len(data["secu_quote"])
    with_pre = next(row for row in data["secu_quote"] if row.get("pre_market_quote"))
    shown = frame[frame["symbol"] == with_pre["symbol"]].iloc[0]
    assert shown["pre_market_last_done"] == float(with_pre["pre_market_quote"]["last_done"])
    assert str(frame["overnight_timestamp"].dtype) == f"datetime64[{TIME}, UTC]"
    assert to_frame(data, "quote").columns.tolist() == to_frame({}, "quote").columns.tolist()


def test_an_inner_object_loses_nothing() -> None:
    odd = {"symbol": "700.HK", "pre_market_quote": "closed", "post_market_quote": {"venue": "X"}}
    frame = to_frame({"secu_quote": [odd]}, "quote")
    assert frame["pre_market_quote"].tolist() == ["closed"]
    assert frame["post_market_venue"].tolist() == ["X"]
    own = {"symbol": "1.HK", "option_extend": {"symbol": "2.HK", "strike_price": "5"}}
    frame = to_frame({"secu_quote": [own]}, "option_quote")
    assert frame[["symbol", "option_extend_symbol", "strike_price"]].to_numpy().tolist() == [
        ["1.HK", "2.HK", 5.0]
    ]


def test_positions_carry_their_account() -> None:
    frame = to_frame(reply("TradeContext.stock_positions")["data"], "positions")
    assert frame.to_dict("records") == [
        {
            "account_channel": "lb",
            "symbol": symbol,
            "symbol_name": name,
            "quantity": 650.0,
            "available_quantity": -450.0,
            "currency": currency,
            "cost_price": 457.53,
            "market": market,
            "init_quantity": 2000.0,
        }
        for symbol, name, currency, market in [
            ("700.HK", "TENCENT", "HKD", "HK"),
            ("AAPL.US", "Apple Inc.", "USD", "US"),
        ]
    ]


def test_orders_without_a_price_or_fill_have_none() -> None:
    orders = to_frame(reply("TradeContext.today_orders")["data"], "today_orders")
    filled, fresh = orders.iloc[0], orders.iloc[1]
    assert filled["order_id"] == "693664675163312128"
    assert filled["executed_price"] == 612.4
    assert filled["submitted_at"] == pd.Timestamp("2026-01-05 09:30", tz="UTC")
    assert filled["expire_date"] == pd.Timestamp("2026-01-30")
    assert filled["attached_orders"][1]["attached_type_display"] == "STOP_LOSS"
    none = [
        "price",
        "executed_price",
        "trigger_at",
        "updated_at",
        "delayed_until",
        "expire_date",
        "outside_rth",
    ]
    assert fresh[[*none, "trigger_status", "limit_depth_level", "trigger_count", "multi_leg"]].isna().all()
    assert fresh["executed_quantity"] == 100
    assert fresh["remark"] == ""


def test_depth_is_one_frame_of_both_sides() -> None:
    frame = to_frame(reply("QuoteContext.depth")["data"], "depth")
    assert list(frame.columns) == ["symbol", "side", "position", "price", "volume", "order_num"]
    assert frame["side"].tolist() == ["ask", "ask", "bid", "bid"]
    assert frame["price"].tolist() == [612.5, 613.0, 612.0, 611.5]
    assert frame["symbol"].unique().tolist() == ["700.HK"]
    bids_only = to_frame({"symbol": "700.HK", "bid": [{"position": 1, "price": "612"}]}, "depth")
    assert bids_only[["side", "price"]].to_numpy().tolist() == [["bid", 612.0]]


def test_plain_values_become_a_dated_column() -> None:
    frame = to_frame(reply("QuoteContext.trading_days")["data"], "trading_days")
    assert frame["kind"].tolist() == ["full", "full", "half", "half"]
    assert frame["date"].tolist() == [
        pd.Timestamp(day) for day in ("2026-01-05", "2026-01-06", "2026-02-16", "2026-12-24")
    ]


def test_another_table_is_had_by_its_name() -> None:
    data = reply("TradeContext.account_balance")["data"]
    cash = to_frame(data, "balance", table="cash_infos")
    assert list(cash.columns)[:2] == ["account_currency", "withdraw_cash"]
    assert cash["currency"].tolist()[:2] == ["HKD", "USD"]
    assert_frame_equal(cash, to_frame(data, "balance", table="list[].cash_infos[]"))
    detail = reply("TradeContext.order_detail")["data"]
    fees = to_frame(detail, "order_detail", table="fees")
    assert fees["order_id"].unique().tolist() == [detail["order_id"]]
    assert len(fees) == sum(len(item["fees"]) for item in detail["charge_detail"]["items"])


def test_a_table_nothing_describes_is_found_in_the_reply() -> None:
    data = {"summary": {"rows": [{"a": 1}], "notes": [{"b": "x"}, {"b": "y"}]}}
    assert to_frame(data, table="notes")["b"].tolist() == ["x", "y"]
    assert to_frame(data, table="summary.rows")["a"].tolist() == [1]
    with pytest.raises(RequestRefused, match=r"no table 'orders'; its tables are those in the reply"):
        to_frame(data, table="orders")
    with pytest.raises(RequestRefused, match=r"no table 'nothing'; its tables are list, cash_infos"):
        to_frame({}, "balance", table="nothing")


def test_columns_keep_the_replys_order_and_unknown_ones_come_last() -> None:
    row = {"price": "1.5", "venue": "X", "order_id": "007", "symbol": "700.HK"}
    frame = to_frame({"trades": [row, {**row, "flags": [1]}]}, "history_executions")
    assert list(frame.columns) == [
        "price", "order_id", "symbol", "trade_id", "trade_done_at", "quantity", "side", "venue", "flags",
    ]  # fmt: skip
    assert frame["order_id"].tolist() == ["007", "007"]
    assert frame["venue"].tolist() == ["X", "X"]
    assert frame["flags"].tolist() == [None, (1,)]
    assert frame["quantity"].isna().all()
    assert str(frame["quantity"].dtype) == "float64"


@pytest.mark.parametrize(
    ("operation", "data"),
    [
        ("history_executions", {"executions": [{"order_id": "1", "price": "2.50"}]}),
        ("history_executions", [{"order_id": "1", "price": "2.50"}]),
        ("history_executions", {"trades": {"items": [{"order_id": "1", "price": "2.50"}]}}),
    ],
)
def test_records_in_another_place_are_found_and_typed_by_name(operation: str, data: Any) -> None:
    frame = to_frame(data, operation)
    assert frame["price"].tolist() == [2.5]
    assert frame["order_id"].tolist() == ["1"]
    assert str(frame["trade_done_at"].dtype) == f"datetime64[{TIME}, UTC]"


def test_one_record_is_found_without_its_wrapper() -> None:
    frame = to_frame({"id": "007", "title": "On ticks", "likes_count": 3}, "content_topic_detail")
    assert frame[["id", "title", "likes_count"]].to_numpy().tolist() == [["007", "On ticks", 3]]
    assert to_frame({"symbol": "700.HK"}, "capital_distribution").empty


def test_a_parent_never_hides_a_records_own_column() -> None:
    data = {
        "groups": [{"id": "1", "name": "tech", "securities": [{"symbol": "700.HK", "group_name": "own"}]}]
    }
    frame = to_frame(data, "watchlist")
    assert frame[["groups_group_name", "group_name"]].to_numpy().tolist() == [["tech", "own"]]


def test_records_that_are_no_objects_keep_their_rows() -> None:
    frame = to_frame({"trades": [{"price": "1"}, None, "odd", {"price": "2"}]}, "history_executions")
    assert frame["price"].isna().tolist() == [False, True, True, False]
    assert frame["value"].tolist()[2] == "odd"
