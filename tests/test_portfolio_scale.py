"""Long histories: an archive in one pass against all of it at once, an independent computation, and Dask."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict, deque
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support import SOAK, soak
from support.archives import SYMBOLS, write_archive

from jupyter_openapi import portfolio
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.portfolio import archive_ledgers

COUNT, MANY = soak(200_000, 25), soak(200_000)
SPLITS = {"1.HK": [("2024-07-01", 5, 1), ("2025-03-03", 1, 2)]}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_archive(tmp_path_factory.mktemp("archive"), 2, COUNT // 2)


@pytest.fixture(scope="module")
def rows(archive: Path) -> pd.DataFrame:
    return pd.read_parquet(archive)


@pytest.fixture(autouse=True)
def many_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_ledgers, "BATCH", 397)


def together(frames: Any) -> pd.DataFrame:
    return pd.concat(list(frames), ignore_index=True)


@pytest.mark.parametrize("method", ["fifo", "average"])
def test_one_pass_gives_what_all_at_once_gives(archive: Path, rows: pd.DataFrame, method: str) -> None:
    eager = portfolio.trips_of(rows, method, SPLITS)
    frames = list(portfolio.archived_trips(archive, method, SPLITS))
    assert len(frames) > 10
    assert max(len(frame) for frame in frames) < 1_200
    pd.testing.assert_frame_equal(together(frames), eager)
    open_lots = portfolio.lots_of(rows, method, SPLITS)
    pd.testing.assert_frame_equal(portfolio.archived_lots(archive, method, SPLITS), open_lots)
    assert len(eager) > COUNT // 4
    assert open_lots.symbol.nunique() == len(SYMBOLS)
    by_day = portfolio.closed_by_day(eager)
    pd.testing.assert_frame_equal(portfolio.closed_by_day(iter(frames)), by_day)
    assert by_day.trips.sum() == (eager.kind == "trip").sum()


def oracle(rows: pd.DataFrame) -> tuple[dict[str, Fraction], dict[str, Fraction]]:
    """First in, first out, in fractions: what was realized and what is left, by symbol."""
    realized: dict[str, Fraction] = defaultdict(Fraction)
    queues: dict[str, deque[list[Fraction]]] = defaultdict(deque)
    for row in rows.sort_values(
        "trade_id", key=lambda ids: ids.str.partition("-")[2].astype("int64")
    ).itertuples():
        quantity, price, queue = Fraction(row.quantity), Fraction(row.price), queues[row.symbol]
        if row.side == "Buy":
            queue.append([quantity, price])
            continue
        while quantity and queue:
            part = min(quantity, queue[0][0])
            realized[row.symbol] += part * (price - queue[0][1])
            queue[0][0] -= part
            quantity -= part
            if not queue[0][0]:
                queue.popleft()
    return realized, {symbol: sum(lot[0] for lot in queue) for symbol, queue in queues.items()}


def test_it_is_first_in_first_out(archive: Path, rows: pd.DataFrame) -> None:
    owner = "paper-00000001"
    realized, left = oracle(rows[rows.account == owner])
    trips = together(portfolio.archived_trips(archive, account=owner))
    lots = portfolio.archived_lots(archive, account=owner)
    for symbol in SYMBOLS:
        mine = trips[(trips.symbol == symbol) & (trips.kind == "trip")]
        times = 100 if symbol.startswith("AAPL") else 1
        total = sum((Fraction(repr(gain)) for gain in mine.realized_pl), Fraction(0))
        assert total == realized[symbol] * times
        assert lots[lots.symbol == symbol].quantity.sum() == left[symbol]
    assert set(trips.account) == {owner}
    days = portfolio.closed_by_day(trips)
    for currency, ends in (("HKD", ".HK"), ("USD", ".US")):
        times = {symbol: 100 if symbol.startswith("AAPL") else 1 for symbol in SYMBOLS}
        whole = sum(gain * times[symbol] for symbol, gain in realized.items() if symbol.endswith(ends))
        found = sum(
            (Fraction(repr(gain)) for gain in days[days.currency == currency].realized_pl), Fraction(0)
        )
        assert found == whole


def test_a_split_multiplies_lots_and_keeps_their_cost(tmp_path: Path) -> None:
    names = ("trade_id", "order_id", "symbol", "side", "quantity", "price", "trade_done_at")
    bought = ("1", "a", "700.HK", "Buy", 100.0, 500.0, pd.Timestamp("2024-01-05", tz="UTC"))
    sold = ("2", "b", "700.HK", "Sell", 300.0, 110.0, pd.Timestamp("2024-03-05", tz="UTC"))
    splits = {"700.HK": [("2024-02-01", 5, 1)]}
    frame = pd.DataFrame([bought, sold], columns=names)
    (trip,) = portfolio.trips_of(frame, splits=splits).itertuples()
    assert (trip.kind, trip.quantity, trip.cost, trip.realized_pl) == ("trip", 300, 30_000, 3_000)
    (lot,) = portfolio.lots_of(frame, splits=splits).itertuples()
    assert (lot.quantity, lot.cost) == (200, 20_000)
    (lot,) = portfolio.lots_of(frame.iloc[:1], splits=splits).itertuples()
    assert (lot.quantity, lot.cost) == (500, 50_000)


PEAK = """
import sys
import pandas as pd, pyarrow.dataset, pyarrow.parquet
from jupyter_openapi import portfolio
from jupyter_openapi.portfolio import archive_ledgers

how, small, path = sys.argv[1:]
archive_ledgers.BATCH = 1_000

def peak():
    # Of this process alone: what getrusage tells begins with its parent's.
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))

def lazily(path):
    return len(portfolio.closed_by_day(portfolio.archived_trips(path))), len(portfolio.archived_lots(path))

lazily(small)
before = peak()
if how == "lazily":
    count = lazily(path)
else:
    rows = pd.read_parquet(path)
    count = len(portfolio.closed_by_day(portfolio.trips_of(rows))), len(portfolio.lots_of(rows))
print(peak() - before, *count)
"""


def test_the_peak_of_memory_does_not_grow_with_the_history(tmp_path: Path) -> None:
    small, large = (
        write_archive(tmp_path / "small", 1, 1_000),
        write_archive(tmp_path / "large", 2, MANY // 2),
    )

    def peak(how: str) -> list[str]:
        words = [sys.executable, "-c", PEAK, how, str(small), str(large)]
        return subprocess.run(
            words, capture_output=True, encoding="utf-8", check=True, timeout=280
        ).stdout.split()

    (lazy, *counts), (eager, *same) = peak("lazily"), peak("at once")
    assert counts == same
    assert float(lazy) < float(eager) / 3


def test_what_is_no_archive_or_no_execution_is_refused(
    archive: Path, rows: pd.DataFrame, tmp_path: Path
) -> None:
    with pytest.raises(RequestRefused, match="holds no archive of executions"):
        portfolio.archived_trips(tmp_path)
    with pytest.raises(RequestRefused, match="has no account nobody; it has paper-00000000, paper-00000001"):
        portfolio.archived_lots(archive, account="nobody")
    with pytest.raises(RequestRefused, match="method is fifo or average, not 'lifo'"):
        portfolio.archived_trips(archive, "lifo")
    with pytest.raises(RequestRefused, match="The executions lack side"):
        portfolio.trips_of(rows.drop(columns="side"))
    with pytest.raises(RequestRefused, match=r"of .* lacks a quantity, price, time or side"):
        portfolio.trips_of(rows.head(5).assign(side=""))
    with pytest.raises(RequestRefused, match=r"\(day, new, old\)"):
        portfolio.trips_of(rows.head(5), splits={"1.HK": [("2024-07-01", 0, 1)]})
    other = write_archive(tmp_path, 1, 300)
    file = next(other.rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-20] + b"0" * 20)
    with pytest.raises(RequestRefused, match="is damaged"):
        list(portfolio.archived_trips(other))


DASK = """
import json, sys
import dask.dataframe as dd
import pandas as pd
from dask.distributed import Client, LocalCluster
from jupyter_openapi import portfolio

if __name__ == "__main__":
    path = sys.argv[1]
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
        rows = dd.read_parquet(path)
        rows["account"] = rows.account.astype(str)
        whole = rows.shuffle("account", npartitions=4)
        none = pd.DataFrame(columns=rows.columns)
        found = {}
        for name, work in (("trips", portfolio.trips_of), ("lots", portfolio.lots_of)):
            frame = whole.map_partitions(work, meta=work(none)).compute()
            frame.to_pickle(f"{sys.argv[2]}/{name}")
        print(json.dumps({"partitions": whole.npartitions}))
"""


if SOAK:
    # A cluster of processes, and a million executions: `make soak` only.
    @pytest.mark.soak
    def test_a_cluster_gives_the_same_for_many_accounts(tmp_path: Path) -> None:
        path = write_archive(tmp_path / "many", 12, 5_000)
        script = tmp_path / "cluster.py"
        script.write_text(DASK, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, script, path, tmp_path],
            capture_output=True,
            encoding="utf-8",
            timeout=900,
            check=True,
        )
        assert json.loads(done.stdout) == {"partitions": 4}
        for name, expected in (
            ("trips", together(portfolio.archived_trips(path))),
            ("lots", portfolio.archived_lots(path)),
        ):
            found = pd.read_pickle(tmp_path / name).sort_values("account", kind="stable", ignore_index=True)
            pd.testing.assert_frame_equal(found, expected, check_dtype=False)
            assert expected.account.nunique() == 12

    @pytest.mark.soak
    def test_a_million_executions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(archive_ledgers, "BATCH", 20_000)
        path = write_archive(tmp_path, 1, 1_000_000)
        trips = bought = 0.0
        for frame in portfolio.archived_trips(path):
            trips += len(frame)
            bought += frame[frame.kind == "trip"].quantity.sum()
        rows = pd.read_parquet(path, columns=["side", "quantity"])
        lots = portfolio.archived_lots(path)
        assert bought + lots.quantity.sum() == rows[rows.side == "Buy"].quantity.astype(float).sum()
        assert trips > 500_000
