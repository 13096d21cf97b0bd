"""Fees and base currency of archives, against fractions, the rules by hand, and what the sandbox charged."""

from __future__ import annotations

import random
import warnings
from collections import defaultdict, deque
from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import fsspec
import pandas as pd
import pytest
from support.sandbox import start_sandbox

from jupyter_openapi import Client, Credentials, portfolio
from jupyter_openapi.errors import RequestRefused

HK = ZoneInfo("Asia/Hong_Kong")
BEGIN = datetime(2026, 2, 2, 10, tzinfo=HK)
SANDBOX_FEES = {"HK": 15, "US": 0}  # what the sandbox charges besides the exchanges' and authorities' fees


def cents(amount: Fraction) -> Fraction:
    """Half a cent up, as a contract note rounds."""
    return Fraction(int(amount * 100 + Fraction(1, 2)), 100)


def hong_kong(value: Fraction) -> Fraction:
    """Fees of an order of shares in Hong Kong since 30 June 2025, by the exchange's published rates."""
    stamp = Fraction(ceil(value / 1000))
    rates = ("0.000027", "0.0000015", "0.0000565", "0.000042")
    return stamp + sum(cents(value * Fraction(rate)) for rate in rates)


def orders(seed: int, count: int) -> pd.DataFrame:
    """Random orders of two Hong Kong shares, each filled in one to four parts within a few minutes."""
    dice = random.Random(seed)
    rows, held = [], defaultdict(int)
    for number in range(count):
        symbol = dice.choice(["700.HK", "5.HK"])
        parts = [dice.randint(1, 5) * 100 for _ in range(dice.randint(1, 4))]
        side = "Sell" if held[symbol] >= sum(parts) and dice.random() < 0.6 else "Buy"
        held[symbol] += sum(parts) * (1 if side == "Buy" else -1)
        for part, quantity in enumerate(parts):
            at = int(BEGIN.timestamp()) + number * 7200 + part * 60
            rows.append(
                {
                    "trade_id": f"t{number}-{part}", "order_id": f"o{number}", "symbol": symbol, "side": side,
                    "quantity": float(quantity), "price": dice.randint(4000, 70000) / 100,
                    "trade_done_at": pd.Timestamp(at, unit="s", tz="UTC"),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def fees_of_fills(rows: pd.DataFrame, own: Fraction) -> dict[str, Fraction]:
    """What each fill added to its order's fees."""
    found, sums, charged = {}, defaultdict(Fraction), defaultdict(Fraction)
    for row in rows.itertuples():
        sums[row.order_id] += Fraction(repr(row.quantity)) * Fraction(repr(row.price))
        due = hong_kong(sums[row.order_id]) + own
        found[row.trade_id] = due - charged[row.order_id]
        charged[row.order_id] = due
    return found


def net_of(rows: pd.DataFrame, fees: dict[str, Fraction]) -> tuple[dict[str, Fraction], dict[str, Fraction]]:
    """First in, first out: what was realized after fees, and the fees of what is open, by symbol."""
    net: dict[str, Fraction] = defaultdict(Fraction)
    queues: dict[str, deque[list[Fraction]]] = defaultdict(deque)
    for row in rows.itertuples():
        left, price = Fraction(repr(row.quantity)), Fraction(repr(row.price))
        each = fees[row.trade_id] / left
        if row.side == "Buy":
            queues[row.symbol].append([left, price, each])
            continue
        while left:
            lot = queues[row.symbol][0]
            part = min(left, lot[0])
            net[row.symbol] += part * (price - lot[1] - each - lot[2])
            lot[0] -= part
            left -= part
            if not lot[0]:
                queues[row.symbol].popleft()
    return net, {s: sum((lot[0] * lot[2] for lot in q), Fraction(0)) for s, q in queues.items()}


@pytest.mark.parametrize("seed", range(4))
def test_fees_by_the_table_are_those_of_whole_orders(seed: int) -> None:
    rows = orders(seed, 60)
    stated = {"HK": {"rate": "0.0003", "minimum": 3}}
    trips = portfolio.trips_of(rows.sample(frac=1, random_state=seed), fees=stated)
    lots = portfolio.lots_of(rows, fees=stated)
    fees, sums, charged = {}, defaultdict(Fraction), defaultdict(Fraction)
    for row in rows.itertuples():  # a commission with a least amount an order, in cents
        sums[row.order_id] += Fraction(repr(row.quantity)) * Fraction(repr(row.price))
        own = cents(max(sums[row.order_id] * Fraction("0.0003"), Fraction(3)))
        due = hong_kong(sums[row.order_id]) + own
        fees[row.trade_id] = due - charged[row.order_id]
        charged[row.order_id] = due
    net, left = net_of(rows, fees)
    assert set(trips["kind"]) == {"trip"}
    for symbol, amount in net.items():
        mine = trips[trips["symbol"] == symbol]
        assert mine["net_pl"].sum() == pytest.approx(float(amount), abs=1e-6)
        assert (mine["realized_pl"] - mine["fees"]).tolist() == pytest.approx(mine["net_pl"].tolist())
        assert lots.loc[lots["symbol"] == symbol, "fees"].sum() == pytest.approx(
            float(left[symbol]), abs=1e-6
        )
    assert trips["fees"].sum() + lots["fees"].sum() == pytest.approx(float(sum(charged.values())), abs=1e-6)
    days = portfolio.closed_by_day(trips)
    assert days["net_pl"].sum() == pytest.approx(float(sum(net.values())), abs=1e-6)


def test_a_column_of_fees_counts_and_what_is_not_known_stays_so() -> None:
    rows = orders(9, 30)
    plain = portfolio.trips_of(rows)
    assert plain[["fees", "net_pl", "realized_pl_base", "net_pl_base"]].isna().all().all()
    assert (plain["base_currency"] == "").all()
    assert portfolio.lots_of(rows)[["fees", "cost_base"]].isna().all().all()
    dice = random.Random(3)
    own = {trade: Fraction(dice.randint(100, 9000), 100) for trade in rows["trade_id"]}
    for name in ("fees", "fee"):
        trips = portfolio.trips_of(rows.assign(**{name: rows["trade_id"].map(own).map(float)}))
        net, _left = net_of(rows, own)
        assert trips["net_pl"].sum() == pytest.approx(float(sum(net.values())), abs=1e-6)
    missing = rows["trade_id"].map(own).map(float).where(rows["trade_id"] != "t0-0")
    trips = portfolio.trips_of(rows.assign(fees=missing))
    bought_first = trips["open_order_id"].eq("o0") & trips["opened_at"].eq(rows["trade_done_at"].iloc[0])
    assert bought_first.any()
    assert trips.loc[bought_first, ["fees", "net_pl"]].isna().all().all()
    assert trips.loc[~bought_first, "net_pl"].notna().all()
    days = portfolio.closed_by_day(trips)
    assert days["net_pl"].isna().any()
    assert days["realized_pl"].notna().all()


def test_another_market_or_product_has_no_fees() -> None:
    rows = orders(1, 20)
    assert portfolio.trips_of(rows, fees={"US": 1})["fees"].isna().all()
    odd = rows.assign(symbol=rows["symbol"].str.replace(".HK", ".SG"))
    assert portfolio.trips_of(odd, fees={"HK": 1, "US": 1})["fees"].isna().all()
    with pytest.raises(RequestRefused, match="fees are stated by market"):
        portfolio.trips_of(rows, fees={"SG": 1})


# Base currency


def dollars() -> pd.DataFrame:
    """Two round trips of a share of the US, and one that is open."""
    names = ("trade_id", "order_id", "symbol", "side", "quantity", "price", "trade_done_at", "fees")
    made = [
        ("1", "a", "AAPL.US", "Buy", 10.0, 200.0, "2026-03-02T15:00Z", 1.0),
        ("2", "b", "AAPL.US", "Sell", 4.0, 210.0, "2026-03-03T15:00Z", 0.5),
        ("3", "c", "AAPL.US", "Sell", 4.0, 190.0, "2026-04-01T01:00Z", 0.5),  # 31 March in New York
    ]
    return pd.DataFrame(made, columns=names).assign(
        trade_done_at=lambda f: pd.to_datetime(f["trade_done_at"])
    )


def test_amounts_in_a_base_currency_are_at_the_rate_of_the_day() -> None:
    fixed = portfolio.trips_of(dollars(), base_currency="HKD", rates={"USD": 7.8})
    assert fixed["realized_pl_base"].tolist() == pytest.approx([40 * 7.8, -40 * 7.8])
    assert fixed["net_pl_base"].tolist() == pytest.approx([(40 - 0.9) * 7.8, (-40 - 0.9) * 7.8])
    by_day = pd.DataFrame(
        {"USD": [7.70, 7.75, 7.9]}, index=pd.DatetimeIndex(["2026-02-28", "2026-03-31", "2026-04-01"])
    )
    frame = portfolio.trips_of(dollars(), base_currency="HKD", rates=by_day[::-1])
    assert frame["realized_pl_base"].tolist() == pytest.approx([40 * 7.70, -40 * 7.75])
    lots = portfolio.lots_of(dollars(), base_currency="HKD", rates=by_day)
    assert lots["cost_base"].tolist() == pytest.approx([2 * 200 * 7.70])
    assert set(frame["base_currency"]) | set(lots["base_currency"]) == {"HKD"}
    own = portfolio.trips_of(dollars(), base_currency="usd")
    assert own["realized_pl_base"].tolist() == [40, -40]
    days = portfolio.closed_by_day(frame)
    assert days["realized_pl_base"].tolist() == pytest.approx([40 * 7.70, -40 * 7.75])
    assert days["base_currency"].tolist() == ["HKD", "HKD"]


def test_a_rate_that_is_missing_or_old_is_not_known() -> None:
    late = pd.DataFrame({"USD": [7.7]}, index=pd.DatetimeIndex(["2026-03-03"]))
    frame = portfolio.trips_of(dollars(), base_currency="HKD", rates=late)
    assert frame["realized_pl_base"].isna().tolist() == [False, True]  # four weeks are too long
    assert portfolio.lots_of(dollars(), base_currency="HKD", rates=late)["cost_base"].isna().all()
    assert portfolio.trips_of(dollars(), base_currency="HKD")["net_pl_base"].isna().all()
    for more, words in (
        ({"rates": {"USD": 7.8}}, "give base_currency='HKD'"),
        ({"base_currency": "HKD", "rates": {"USD": 0}}, "The rate of USD is a number above 0"),
        ({"base_currency": "HKD", "rates": late.reset_index(drop=True)}, "rates maps currencies to rates"),
        ({"base_currency": "dollars"}, "dollars"),
    ):
        with pytest.raises(RequestRefused, match=words):
            portfolio.trips_of(dollars(), **more)


# An archive of the sandbox


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with start_sandbox("--limits", "off", "--history", "200") as sandbox:
        keys = sandbox.credentials
        made = Credentials(keys.app_key, keys.app_secret, keys.access_token)
        with Client(made, "sandbox", sandbox.url, limits=False) as opened:
            yield opened


@pytest.fixture(scope="module")
def archive(client: Client, tmp_path_factory: pytest.TempPathFactory) -> portfolio.Archive:
    return portfolio.archive(client, "history_executions", tmp_path_factory.mktemp("history"), "-250d")


def splits(client: Client) -> dict[str, list[tuple[Any, ...]]]:
    rows = client.call("fundamental_corp_action", symbol="NVDA.US").frame()
    days = rows.loc[rows["action"] == "split", "date"].dt.strftime("%Y-%m-%d")
    return {"NVDA.US": [(day, 4, 1) for day in days]}


def test_an_archive_costs_what_the_orders_say(client: Client, archive: portfolio.Archive) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told = portfolio.pnl(client, "-250d", fees=True)  # asks for the fees of each order
    told = told[told["kind"] == "trip"].groupby("close_order_id")["fees"].sum()
    frames = portfolio.archived_trips(archive.path, splits=splits(client), fees=SANDBOX_FEES)
    trips = pd.concat(list(frames), ignore_index=True)
    assert (trips["kind"] == "trip").all()
    assert trips.groupby("close_order_id")["fees"].sum().to_dict() == pytest.approx(told.to_dict())
    lots = portfolio.archived_lots(archive.path, splits=splits(client), fees=client.fees or SANDBOX_FEES)
    live = portfolio.lots(client, fees=True)
    assert lots.groupby("symbol")["fees"].sum().to_dict() == pytest.approx(
        live.groupby("symbol")["fees"].sum().to_dict()
    )


def test_the_rates_are_those_that_snapshots_kept(
    client: Client, archive: portfolio.Archive, tmp_path: Path
) -> None:
    portfolio.snapshot(client, folder=tmp_path)
    rates = portfolio.archived_rates(client, folder=tmp_path)
    assert rates.index.tolist() == [pd.Timestamp(datetime.now(UTC).date())]
    assert rates["USD"].iloc[0] == pytest.approx(7.785)
    assert portfolio.archived_rates(None, "USD", tmp_path)["HKD"].iloc[0] == pytest.approx(
        1 / 7.785, rel=1e-5
    )
    backfilled = tmp_path / "more"
    portfolio.backfill(client, "-5d", folder=backfilled)
    assert portfolio.archived_rates(client, folder=backfilled).empty
    client.call("submit_order", symbol="AAPL.US", side="Sell", type="MO", quantity=1, execute=True)
    portfolio.archive(client, "history_executions", Path(archive.path).parent)
    stated = {"base_currency": "HKD", "rates": rates, "fees": SANDBOX_FEES}
    trips = pd.concat(list(portfolio.archived_trips(archive.path, splits=splits(client), **stated)))
    last = trips[trips["symbol"] == "AAPL.US"].iloc[-1]
    assert last["net_pl_base"] == pytest.approx(last["net_pl"] * 7.785)
    old = trips[
        (trips["currency"] == "USD") & (trips["closed_at"] < trips["closed_at"].max() - pd.Timedelta("20D"))
    ]
    assert old["net_pl_base"].isna().all()
    at_home = trips[trips["currency"] == "HKD"]
    assert at_home["net_pl_base"].tolist() == at_home["net_pl"].tolist()


def test_an_archive_behind_a_url_is_read_as_one_on_this_machine(archive: portfolio.Archive) -> None:
    memory = fsspec.filesystem("memory")
    memory.put(archive.path, "/kept/history_executions", recursive=True)
    try:
        for url in ("memory://kept/history_executions", "memory:///kept/history_executions/"):
            far = pd.concat(list(portfolio.archived_trips(url, fees=SANDBOX_FEES)), ignore_index=True)
            near = pd.concat(
                list(portfolio.archived_trips(archive.path, fees=SANDBOX_FEES)), ignore_index=True
            )
            pd.testing.assert_frame_equal(far, near)
            pd.testing.assert_frame_equal(portfolio.archived_lots(url), portfolio.archived_lots(archive.path))
        month = memory.glob("/kept/history_executions/account=*/month=*/data.parquet")[0]
        memory.pipe_file(month, memory.cat_file(month)[:-30] + b"0" * 30)
        with pytest.raises(RequestRefused, match="is damaged"):
            list(portfolio.archived_trips("memory://kept/history_executions"))
        with pytest.raises(RequestRefused, match="holds no archive"):
            portfolio.archived_lots("memory://nothing/here")
        with pytest.raises(RequestRefused, match="can't be read"):
            portfolio.archived_lots("nowhere://nothing/here")
    finally:
        memory.rm("/kept", recursive=True)


def test_a_direct_url_of_this_machine_works(archive: portfolio.Archive) -> None:
    lots = portfolio.archived_lots(f"file://{archive.path}")
    pd.testing.assert_frame_equal(lots, portfolio.archived_lots(archive.path))
