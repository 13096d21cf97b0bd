"""A history on disk: fetched once, then only what is new; one schema; it opens as it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from support import SOAK
from support.accounts import refused
from support.histories import Broker, execution, flow, operation, order

from jupyter_openapi import portfolio
from jupyter_openapi.account import Account
from jupyter_openapi.errors import ApiError, Interrupted, RequestRefused
from jupyter_openapi.portfolio.parquet import schema_of, table_of
from jupyter_openapi.spec import catalog

DAY = 86_400
NOW = int(time.time())


@dataclass
class Client:
    """A client whose history a `Broker` holds."""

    broker: Broker
    owner: str = "one"
    tz: str = "UTC"
    account: Account = field(default_factory=lambda: Account("paper", True, "x", "", "https://h", True))

    def call(self, name: str, /, **arguments: Any) -> Any:
        return SimpleNamespace(data=self.broker(name, arguments))

    @property
    def connection(self) -> SimpleNamespace:
        return SimpleNamespace(owner=self.owner)

    def windows(self) -> list[int]:
        """Return the starts of the windows asked for, and forget them."""
        starts = [
            int(asked.get("start_at") or asked.get("start_time"))
            for _, asked in self.broker.requests
            if asked.get("start_at") or asked.get("start_time")
        ]
        self.broker.requests.clear()
        return starts


def executions(count: int, days: int) -> Client:
    rows = [execution(n, NOW - days * DAY + n * days * DAY // count) for n in range(count)]
    return Client(Broker(operation("history_executions"), rows, today_from=NOW - 5 * 3600))


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_the_first_run_fetches_all_and_the_next_only_what_is_new(tmp_path: Path) -> None:
    client = executions(300, 100)
    first = portfolio.archive(client, "history_executions", tmp_path, "-120d")
    assert (first.rows, first.complete, first.path) == (300, True, str(tmp_path / "history_executions"))
    assert min(client.windows()) < NOW - 119 * DAY
    assert len(pd.read_parquet(first.path)) == 300
    client.broker.rows.append(execution(900, NOW))
    second = portfolio.archive(client, "history_executions", tmp_path)
    assert second.rows == 1
    assert min(client.windows()) >= NOW - 1 * DAY - 5
    frame = pd.read_parquet(first.path)
    assert len(frame) == 301
    assert frame.trade_id.is_unique
    assert (
        frame.groupby("month", observed=True).trade_done_at.apply(lambda at: at.is_monotonic_increasing).all()
    )
    unchanged = {name: (tmp_path / name).stat().st_mtime_ns for name in files(tmp_path) if "data" in name}
    portfolio.archive(client, "history_executions", tmp_path)
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in unchanged} == unchanged


def test_an_earlier_start_fetches_what_lies_between(tmp_path: Path) -> None:
    client = executions(300, 300)
    portfolio.archive(client, "history_executions", tmp_path, "-60d")
    assert len(pd.read_parquet(tmp_path / "history_executions")) < 70
    client.windows()
    more = portfolio.archive(client, "history_executions", tmp_path, "-310d")
    asked = sorted(set(client.windows()))
    assert more.start.timestamp() < NOW - 309 * DAY
    # The 60 days that were there are not asked for again, but for the last.
    assert [at for at in asked if NOW - 58 * DAY < at < NOW - 2 * DAY] == []
    assert len(pd.read_parquet(more.path)) == 300


def test_one_fixed_schema_with_decimals(tmp_path: Path) -> None:
    client = executions(40, 40)
    portfolio.archive(client, "history_executions", tmp_path, "-50d")
    wanted = schema_of(catalog().operations["history_executions"])
    assert str(wanted.field("price").type) == "decimal128(38, 10)"
    assert str(wanted.field("trade_done_at").type) == "timestamp[us, tz=UTC]"
    for path in tmp_path.rglob("*.parquet"):
        assert ds.dataset(path).schema.equals(wanted)
    assert set(pd.read_parquet(tmp_path / "history_executions").price) == {Decimal("612.5")}


def test_by_account_and_month(tmp_path: Path) -> None:
    client = executions(40, 40)
    made = portfolio.archive(client, "history_executions", tmp_path, "-50d")
    portfolio.archive(Client(client.broker, owner="two"), "history_executions", tmp_path, "-50d")
    frame = pd.read_parquet(made.path)
    assert set(frame.account.astype(str)) == {
        path.name.removeprefix("account=") for path in Path(made.path).iterdir()
    }
    assert len(frame) == 80
    assert (frame.month.astype(str) == frame.trade_done_at.dt.strftime("%Y-%m")).all()


def test_it_opens_as_it_is_in_duckdb_and_arrow(tmp_path: Path) -> None:
    made = portfolio.archive(executions(40, 40), "history_executions", tmp_path, "-50d")
    source = f"read_parquet('{made.path}/**/*.parquet', hive_partitioning = true)"
    query = f"SELECT count(*), sum(price), min(month), any_value(typeof(price)) FROM {source}"
    count, total, month, kind = duckdb.sql(query).fetchall()[0]
    assert (count, total, kind) == (40, 40 * Decimal("612.5"), "DECIMAL(38,10)")
    assert len(month) == 7
    assert ds.dataset(made.path, partitioning="hive").count_rows() == 40


def test_an_order_that_was_open_is_read_again_until_it_is_done(tmp_path: Path) -> None:
    rows = [{**order(n, NOW - (40 - n) * DAY), "status": "FilledStatus"} for n in range(40)]
    rows[5]["status"] = "NewStatus"
    client = Client(Broker(operation("history_orders", today="today_orders"), rows))
    portfolio.archive(client, "history_orders", tmp_path, "-60d")
    client.windows()
    rows[5]["status"] = "CanceledStatus"
    portfolio.archive(client, "history_orders", tmp_path)
    assert min(client.windows()) == int(rows[5]["submitted_at"])
    frame = pd.read_parquet(tmp_path / "history_orders").set_index("order_id")
    assert frame.loc[rows[5]["order_id"], "status"] == "CanceledStatus"
    assert len(frame) == 40
    portfolio.archive(client, "history_orders", tmp_path)
    assert min(client.windows()) > NOW - 2 * DAY


def test_rows_without_ids_are_neither_lost_nor_doubled(tmp_path: Path) -> None:
    rows = [flow(n, NOW - 20 * DAY + n * 3600) for n in range(300)]  # every third of a second equal
    client = Client(Broker(operation("cash_flow"), rows, cap=10_000))
    portfolio.archive(client, "cash_flow", tmp_path, "-30d")
    client.broker.rows.append(flow(1, NOW - 2 * DAY))  # booked late
    portfolio.archive(client, "cash_flow", tmp_path)
    frame = pd.read_parquet(tmp_path / "cash_flow")
    assert len(frame) == 301
    portfolio.archive(client, "cash_flow", tmp_path)
    assert len(pd.read_parquet(tmp_path / "cash_flow")) == 301


def test_a_run_that_is_broken_off_goes_on_from_there(tmp_path: Path) -> None:
    client = executions(300, 200)

    def stop(number: int) -> None:
        if number == 4:
            raise KeyboardInterrupt

    client.broker.before = stop
    with pytest.raises(Interrupted, match="goes on from there"):
        portfolio.archive(client, "history_executions", tmp_path, "-210d")
    kept = len(pd.read_parquet(tmp_path / "history_executions"))
    assert 0 < kept < 300
    client.windows()
    client.broker.before = lambda _: None
    done = portfolio.archive(client, "history_executions", tmp_path)
    assert done.complete
    assert min(client.windows()) > NOW - 150 * DAY
    assert len(pd.read_parquet(done.path)) == 300


def test_an_error_keeps_what_was_written(tmp_path: Path) -> None:
    client = executions(300, 200)

    def fail(number: int) -> None:
        if number == 4:
            raise refused("busy", 500000, 500)

    client.broker.before = fail
    with pytest.raises(ApiError, match="busy"):
        portfolio.archive(client, "history_executions", tmp_path, "-210d")
    client.broker.before = lambda _: None
    assert portfolio.archive(client, "history_executions", tmp_path).complete
    assert len(pd.read_parquet(tmp_path / "history_executions")) == 300


def test_an_empty_history_opens_too(tmp_path: Path) -> None:
    made = portfolio.archive(executions(0, 1), "history_executions", tmp_path, "-100d")
    frame = pd.read_parquet(made.path)
    assert len(frame) == 0
    assert "price" in frame
    assert len([name for name in files(tmp_path) if name.endswith(".parquet")]) == 1


def test_what_does_not_fit_is_kept_beside() -> None:
    known = catalog().operations["history_executions"]
    rows = [
        {**execution(1, NOW), "price": "1.123456789012", "new_field": {"a": [1]}},
        {**execution(2, NOW), "price": "612.50", "trade_done_at": ""},
        {**execution(3, NOW), "quantity": "many"},
    ]
    table = table_of(known, rows)
    assert table.column("price").to_pylist()[1:] == [Decimal("612.5"), Decimal("612.5")]
    assert table.column("price").null_count == 1
    extras = [json.loads(text) if text else None for text in table.column("extra").to_pylist()]
    assert extras == [{"new_field": {"a": [1]}, "price": "1.123456789012"}, None, {"quantity": "many"}]


@pytest.mark.parametrize("name", ["history_orders", "history_executions", "cash_flow", "all_executions"])
def test_histories_have_a_schema_that_holds_their_rows(name: str) -> None:
    known = catalog().operations[name]
    table = table_of(known, [])
    assert table.schema.equals(schema_of(known))
    row = {
        "order_id": "1",
        "attached_orders": [{"order_id": "2"}],
        "expire_date": "2026-11-22",
        "direction": 1,
    }
    made = table_of(known, [{key: value for key, value in row.items() if key in table.column_names}])
    assert made.schema.equals(table.schema)
    if name == "history_orders":
        assert made.column("attached_orders").to_pylist() == ['[{"order_id":"2"}]']
        assert pa.types.is_date32(made.schema.field("expire_date").type)


def test_in_memory_through_fsspec() -> None:
    root = f"memory://archive-{os.getpid()}"
    made = portfolio.archive(executions(30, 10), "history_executions", root, "-20d")
    assert made.path.startswith("memory://")
    assert len(pd.read_parquet(made.path)) == 30


@pytest.mark.parametrize(
    ("name", "more", "words"),
    [
        ("history_executions", {}, "needs a start"),
        ("history_execution", {"start": "-1d"}, "Did you mean history_executions"),
        ("quote", {"start": "-1d"}, "quote has no history to keep"),
        ("history_executions", {"start": "-1d", "end_at": "x"}, "end_at"),
        ("history_executions", {"start": "-1d", "root": "nowhere://x"}, "can't keep a history"),
    ],
)
def test_what_is_refused(name: str, more: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(RequestRefused, match=words):
        portfolio.archive(executions(1, 1), name, **{"root": tmp_path, **more})
    assert files(tmp_path) == []


def test_other_filters_are_another_history(tmp_path: Path) -> None:
    client = executions(10, 5)
    portfolio.archive(client, "history_executions", tmp_path, "-9d", symbol="700.HK")
    with pytest.raises(RequestRefused, match="choose another root"):
        portfolio.archive(client, "history_executions", tmp_path)


def test_a_state_that_is_no_state(tmp_path: Path) -> None:
    client = executions(10, 5)
    made = portfolio.archive(client, "history_executions", tmp_path, "-9d")
    state = next(Path(made.path).rglob("_state.json"))
    state.write_text("{", encoding="utf-8")
    with pytest.raises(RequestRefused, match=r"_state\.json can't be read"):
        portfolio.archive(client, "history_executions", tmp_path)


DASK = """
import sys
import dask.dataframe as dd
from dask.distributed import Client, LocalCluster

if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
        trades = dd.read_parquet(sys.argv[1])
        value = trades.price.astype("float64").groupby(trades.month).sum()
        print(len(trades), float(value.compute().sum()))
"""


if SOAK:
    # A cluster of processes: `make soak` only.
    @pytest.mark.soak
    def test_a_dask_cluster_reads_it(tmp_path: Path) -> None:
        made = portfolio.archive(executions(300, 100), "history_executions", tmp_path, "-120d")
        script = tmp_path / "cluster.py"
        script.write_text(DASK, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, script, made.path],
            capture_output=True,
            encoding="utf-8",
            timeout=110,
            check=True,
        )
        count, value = done.stdout.split()
        assert (int(count), float(value)) == (300, 300 * 612.5)
