"""Arrow tables and polars frames mean what the pandas frame means; replies and frames in process pools."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from support.each import each
from support.replies import reply_data
from support.sandbox import SandboxProcess
from support.wire import Received, Recorder, http, recorder

from jupyter_openapi import Client, Credentials, Preview, Reply, RequestRefused
from jupyter_openapi.frames import arrow_table, polars_frame, to_frame
from jupyter_openapi.spec import Kind, Operation, catalog
from jupyter_openapi.stream.events import Event

RECORDED = sorted(Path(__file__).parent.joinpath("data", "responses").glob("*.json"))
DESCRIBED = [operation for operation in catalog().operations.values() if operation.tables]


def called(operation: Operation, variant: object = "") -> str:
    return f"{operation.name} {variant}"


def meaning(value: Any) -> Any:
    """What a cell says, whichever library holds it: None for none, times as UTC text, nested data as JSON."""
    if isinstance(value, (tuple, list, dict)):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if value is None or value is pd.NA or value is pd.NaT or value != value:  # noqa: PLR0124
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat() if value.tzinfo else value.date().isoformat()
    if hasattr(value, "isoformat"):
        return pd.Timestamp(value).isoformat() if hasattr(value, "hour") else value.isoformat()
    return value.item() if hasattr(value, "item") else value


def same(frame: pd.DataFrame, table: pa.Table) -> None:
    assert table.column_names == list(frame.columns)
    for name in frame.columns:
        expected = [meaning(value) for value in frame[name].tolist()]
        assert [meaning(value) for value in table.column(name).to_pylist()] == expected, name
    rows = polars_frame(table)
    assert rows.columns == list(frame.columns)
    assert rows.height == len(frame)
    for name in frame.columns:
        expected = [meaning(value) for value in frame[name].tolist()]
        assert [meaning(value) for value in rows.get_column(name).to_list()] == expected, name


@each("operation, tz", product(DESCRIBED, ["UTC", "Asia/Hong_Kong"]), called)
def test_a_table_means_what_the_frame_means(operation: Operation, tz: str) -> None:
    frame = to_frame(reply_data(operation), operation, tz=tz)
    assert len(frame) >= 1
    assert "as_text" not in frame.attrs["openapi"]
    same(frame, arrow_table(frame))


@each("path", RECORDED)
def test_recorded_replies_too(path: Path) -> None:
    recorded = json.loads(path.read_text("utf-8"))
    matched = catalog().match(recorded["method"], recorded["path"])
    assert matched is not None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = to_frame(recorded["data"], matched[0])
    same(frame, arrow_table(frame))


@each("operation, codes", product(DESCRIBED, [False, True]), called)
def test_an_empty_reply_has_the_schema_of_a_full_one(operation: Operation, *, codes: bool) -> None:
    full = arrow_table(to_frame(reply_data(operation), operation, codes=codes))
    empty = arrow_table(to_frame(None, operation, codes=codes))
    expected = {field.name: field.type for field in full.schema}
    unknown = {c.name for c in operation.tables[0].columns if c.kind is Kind.ANY}
    assert {f.name: f.type for f in empty.schema if f.name not in unknown} == {
        name: kind for name, kind in expected.items() if name not in unknown
    }
    assert empty.num_rows == 0


KINDS = {
    "order_id": pa.string(),
    "price": pa.float64(),
    "submitted_at": pa.timestamp("us", "UTC"),
    "expire_date": pa.date32(),
    "limit_depth_level": pa.int64(),
}


def test_types_are_those_the_docstring_names() -> None:
    table = arrow_table(to_frame(reply_data(catalog().operations["history_orders"]), "history_orders"))
    assert {name: table.schema.field(name).type for name in KINDS} == KINDS
    assert json.loads(table.schema.metadata[b"openapi"])["operation"] == "history_orders"


ROW = {"order_id": "1", "symbol": "700.HK", "trade_done_at": "1767605405", "quantity": "100", "price": "1.5"}


def answer(request: Received) -> bytes:
    if request.path == "/v1/socket/token":
        return http(b'{"code":0,"message":"","data":{"otp":"123456","limit":10,"online":1}}')
    count = 3000 if "symbol" in request.query else 3
    rows = [{**ROW, "trade_id": f"T{number}"} for number in range(count)]
    return http(json.dumps({"code": 0, "message": "success", "data": {"trades": rows}}).encode())


@pytest.fixture
def server() -> Iterator[Recorder]:
    with recorder(answer) as made:
        yield made


@pytest.fixture
def client(server: Recorder) -> Iterator[Client]:
    with Client(Credentials("key-1", "secret-1", "token-1"), "sandbox", server.url, limits=False) as made:
        yield made


def test_a_long_reply_goes_through_arrow_alone(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    reply = client.today_executions(symbol="700.HK")
    loads = json.loads
    monkeypatch.setattr(
        json,
        "loads",
        lambda text, **more: pytest.fail("parsed") if len(text) > 65_536 else loads(text, **more),
    )
    table = reply.arrow()
    assert table.num_rows == 3000
    assert table.column("trade_id")[2999].as_py() == "T2999"
    assert table.column("price").type == pa.float64()
    rows = reply.frame(kind="polars", tz="Asia/Hong_Kong")
    assert rows.schema["trade_done_at"] == pl.Datetime("us", "Asia/Hong_Kong")
    assert rows.get_column("price").sum() == 4500


def test_exact_decimals_stay_exact(client: Client) -> None:
    reply = client.today_executions()
    assert reply.arrow(decimals="decimal").column("price").to_pylist() == [Decimal("1.5")] * 3
    assert reply.arrow(decimals="string").column("price").to_pylist() == ["1.5"] * 3
    assert (
        reply.frame(kind="polars", decimals="decimal").get_column("price").to_list() == [Decimal("1.5")] * 3
    )
    assert arrow_table(to_frame({}, "today_executions", decimals="decimal"), {"price"}).schema.field(
        "price"
    ).type == pa.decimal128(38, 12)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("0.1234567890123456789", pa.decimal128(38, 24)),
        ("123456789012345678901234567890", pa.decimal256(76, 38)),
        ("1" * 45, pa.string()),
    ],
)
def test_more_digits_take_a_wider_type_and_none_is_lost(text: str, kind: Any) -> None:
    frame = to_frame({"trades": [{"price": text}]}, "today_executions", decimals="decimal")
    column = arrow_table(frame, {"price"}).column("price")
    assert column.type == kind
    assert Decimal(column[0].as_py()) == Decimal(text)


def test_an_unknown_kind_is_one_sentence(client: Client) -> None:
    reply = client.today_executions()
    with pytest.raises(RequestRefused, match=r"^kind is one of pandas, polars, not 'dask'\.$"):
        reply.frame(kind="dask")  # type: ignore[call-overload]


MISSING = """
import sys
sys.modules[sys.argv[1]] = None
from jupyter_openapi import RequestRefused
from jupyter_openapi.reply import Reply
from jupyter_openapi.transport.responses import Answer
reply = Reply(Answer.restored(b'{"code":0,"message":"","data":{"trades":[{"price":"1"}]}}', 200, None, 0.0))
assert len(reply.frame()) == 1
try:
    reply.frame(kind="polars")
except RequestRefused as refused:
    print(refused)
"""


@pytest.mark.parametrize(("package", "extra"), [("pyarrow", "parquet"), ("polars", "polars")])
def test_a_missing_package_is_named_with_what_to_type(package: str, extra: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MISSING, package], capture_output=True, encoding="utf-8", check=True
    )
    (line,) = done.stdout.splitlines()
    assert f"needs {package}, which is not installed" in line
    assert f"`%pip install 'jupyter-openapi[{extra}]'`" in line


@each("operation", [o for o in DESCRIBED if o.group in {"quote", "trade", "asset"}], called)
def test_rows_can_be_compared_whatever_is_nested(operation: Operation) -> None:
    data = reply_data(operation)
    frame = to_frame(data, operation)
    assert len(pd.concat([frame, frame]).drop_duplicates()) == len(frame.drop_duplicates())


def test_quote_replies_hold_no_dicts() -> None:
    """Of the recorded replies, which have every nested object that the broker sends."""
    checked = 0
    for path in RECORDED:
        recorded = json.loads(path.read_text("utf-8"))
        matched = catalog().match(recorded["method"], recorded["path"])
        if matched is None or matched[0].group != "quote":
            continue
        frame = to_frame(recorded["data"], matched[0])
        nested = [value for name in frame for value in frame[name] if isinstance(value, (dict, list))]
        assert nested == [], matched[0].name
        frame.drop_duplicates()
        checked += 1
    assert checked > 20


def facts(reply: Reply) -> tuple[Any, ...]:
    return (
        reply.data,
        reply.code,
        reply.message,
        reply.http_status,
        reply.trace_id,
        reply.elapsed,
        repr(reply),
    )


@pytest.mark.parametrize("symbol", [None, "700.HK"], ids=["short", "long"])
@pytest.mark.parametrize("read", [False, True], ids=["unread", "read"])
def test_a_reply_is_the_same_after_a_pickle(client: Client, symbol: str | None, *, read: bool) -> None:
    reply = client.today_executions(symbol=symbol)
    if read:
        assert reply.data
    content = pickle.dumps(reply)
    for secret in (b"key-1", b"secret-1", b"token-1"):
        assert secret not in content
    for again in (pickle.loads(content), copy.deepcopy(reply)):
        assert again.frame().equals(reply.frame())
        assert again.frame().attrs == reply.frame().attrs
        assert facts(again) == facts(reply)
        assert again.tables == reply.tables


def test_bars_of_a_day_keep_their_dates(sandbox: SandboxProcess) -> None:
    with Client(Credentials(**vars(sandbox.credentials)), "sandbox", sandbox.url, limits=False) as client:
        reply = client.candlesticks("700.HK", period="day", count=3)
        again = pickle.loads(pickle.dumps(reply))
        assert "trade_date" in again.frame().columns
        assert reply.arrow().schema.field("trade_date").type == pa.date32()
        low = str(int(float(client.depth("700.HK").data["bid"][-1]["price"])) - 5)
        sent = client.submit_order("700.HK", side="Buy", type="LO", price=low, quantity=100, execute=True)
        copied = pickle.loads(pickle.dumps(sent))
        assert (repr(copied), copied.order_id, copied.state) == (repr(sent), sent.order_id, sent.state)
        client.cancel_order(str(sent.order_id), execute=True)


def test_a_reply_that_holds_a_secret_is_refused(client: Client) -> None:
    reply = client.request("GET", "/v1/socket/token")
    with pytest.raises(TypeError, match="holds a secret"):
        pickle.dumps(reply)


def test_clients_and_previews_still_refuse(client: Client) -> None:
    preview = client.create_watchlist_group("mine")
    assert isinstance(preview, Preview)
    for one in (client, preview):
        with pytest.raises(TypeError):
            pickle.dumps(one)


def rows_in(reply: Reply) -> int:
    return len(reply.frame())


def shown(event: Event) -> tuple[str, str, Decimal]:
    return event.kind, event.symbol, event.last_done


def test_replies_and_events_go_to_other_processes(client: Client) -> None:
    event = Event("quote", {"symbol": "700.HK", "last_done": "612.5", "sequence": 3}, 1.0, snapshot=True)
    replies = [client.today_executions(), client.today_executions(symbol="700.HK")]
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        assert list(pool.map(rows_in, replies)) == [3, 3000]
        assert pool.submit(shown, event).result() == ("quote", "700.HK", Decimal("612.5"))
