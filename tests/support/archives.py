"""Archives of made-up executions, as large as wanted, in the files that `portfolio.archive` writes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jupyter_openapi.portfolio.parquet import ParquetStore, schema_of
from jupyter_openapi.spec import catalog

OPERATION = "history_executions"
SYMBOLS = [f"{number}.HK" for number in range(1, 21)] + [f"T{number}.US" for number in range(19)]
SYMBOLS.append("AAPL260320C200000.US")
BEGIN = int(datetime(2024, 1, 2, tzinfo=UTC).timestamp())
SPAN = 700 * 86_400


def write_archive(root: Path, accounts: int, count: int, seed: int = 0) -> Path:
    """Write `count` executions of each account, over two years; return the archive's path."""
    for number in range(accounts):
        _write(root, f"paper-{number:08x}", count, np.random.default_rng([seed, number]))
    return root / OPERATION


def _write(root: Path, owner: str, count: int, chance: np.random.Generator) -> None:
    at = np.sort(chance.integers(BEGIN, BEGIN + SPAN, count))
    symbol = chance.integers(0, len(SYMBOLS), count)
    # Two purchases, two sales, and so on, of a security; more than was bought is sold now and then.
    turn = np.zeros(count, dtype=np.int64)
    for each in range(len(SYMBOLS)):
        mine = np.flatnonzero(symbol == each)
        turn[mine] = np.arange(len(mine))
    cents = chance.integers(1_000, 90_000, count)
    schema = schema_of(catalog().operations[OPERATION])
    order = np.arange(count) + 10**17
    columns = {
        "order_id": pa.array(order).cast(pa.string()),
        "trade_id": pc.binary_join_element_wise(
            pa.array(order).cast(pa.string()), pa.array(at * 10**9 + np.arange(count)).cast(pa.string()), "-"
        ),
        "symbol": pa.array(SYMBOLS).take(pa.array(symbol)),
        "side": pa.array(["Buy", "Buy", "Sell", "Sell"]).take(pa.array(turn % 4)),
        "quantity": pa.array(chance.integers(1, 4, count) * 100).cast(schema.field("quantity").type),
        "price": pa.array(cents / 100).cast(schema.field("price").type),
        "trade_done_at": pa.array(at * 10**6).cast(pa.timestamp("us", tz="UTC")),
    }
    table = pa.table(
        [columns.get(field.name, pa.nulls(count, field.type)) for field in schema], schema=schema
    )
    months = pc.strftime(table["trade_done_at"], "%Y-%m")
    store = ParquetStore(root, OPERATION, owner)
    for month in pc.unique(months).to_pylist():
        store.keep_month(month, table.filter(pc.equal(months, month)))
