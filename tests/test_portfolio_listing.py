"""Executions and splits as they may be listed: in any order, twice, of one second, ahead of their day."""

from __future__ import annotations

import random
import warnings
from collections import deque
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import permutations
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import soak
from support.accounts import FakeAccount, fill, quote, stock
from support.archives import BEGIN, OPERATION

from jupyter_openapi import portfolio
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.portfolio import archive_ledgers
from jupyter_openapi.portfolio.executions import of_rows
from jupyter_openapi.portfolio.parquet import ParquetStore, schema_of
from jupyter_openapi.spec import catalog

YEAR = datetime.now(UTC).year - 1
START, END = f"{YEAR}-11-01", f"{YEAR}-12-01"
T0 = int(datetime(YEAR, 11, 2, 2, tzinfo=UTC).timestamp())
SECOND = [
    fill(9, "700.HK", "Buy", "100", "10", T0),
    fill(10, "700.HK", "Sell", "100", "12", T0),
    fill(11, "700.HK", "Buy", "100", "11", T0),
    fill(12, "700.HK", "Sell", "50", "13", T0),
]
TRIPS = [["trip", 100, 200], ["trip", 50, 100]]


def quiet(ask: Any, *args: Any, **more: Any) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return ask(*args, **more)


def frame_of(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    times = pd.to_datetime(frame["trade_done_at"].astype("int64"), unit="s", utc=True)
    numbers = {name: frame[name].astype("float64") for name in ("quantity", "price")}
    return frame.assign(trade_done_at=times, **numbers)


def shown(frame: pd.DataFrame) -> list[list[Any]]:
    return frame[["kind", "quantity", "realized_pl"]].to_numpy().tolist()


# Order


def test_trades_of_one_second_are_in_the_order_of_their_ids_however_they_are_listed() -> None:
    for rows in permutations(SECOND):
        client = FakeAccount([stock("700.HK", "50", "11")], fills=list(rows))
        assert shown(quiet(portfolio.pnl, client, START, END, fees=False)) == TRIPS
        assert shown(portfolio.trips_of(frame_of(list(rows)))) == TRIPS


def test_a_part_of_a_second_counts_where_the_time_tells_it() -> None:
    frame = frame_of(SECOND[:2])
    frame["trade_done_at"] += pd.to_timedelta([1500, 1400], unit="ms")  # sold first
    assert portfolio.trips_of(frame)["kind"].tolist() == ["unmatched"]
    fills, _odd = of_rows(
        {**row, "trade_done_at": f"{T0}.{tail}"} for row, tail in zip(SECOND, "5432", strict=True)
    )
    assert [one.trade_id for one in fills] == ["t12", "t11", "t10", "t9"]


# Twice


def test_a_trade_that_is_listed_twice_is_one() -> None:
    rows = [*SECOND, *reversed(SECOND)]
    assert shown(portfolio.trips_of(frame_of(rows))) == TRIPS
    assert portfolio.lots_of(frame_of(rows))["quantity"].tolist() == [50]
    client = FakeAccount(
        [stock("700.HK", "50", "11", "0")], quotes=[quote("700.HK", "12", "11")], today=rows, fills=rows
    )
    assert shown(quiet(portfolio.pnl, client, START, END, fees=False)) == TRIPS
    # 100 x (12 - 10) + 100 x (12 - 11), less 100 x (12 - 12) + 50 x (12 - 13)
    assert quiet(portfolio.value, client)["day_pl"].tolist() == [350]


def test_two_trades_alike_without_ids_or_of_two_accounts_are_two() -> None:
    alike = [{**SECOND[0], "trade_id": ""}] * 2
    assert portfolio.lots_of(frame_of(alike))["quantity"].sum() == 200
    frame = frame_of([SECOND[0], SECOND[0]]).assign(account=["a", "b"])
    assert portfolio.lots_of(frame)["quantity"].tolist() == [100, 100]
    other = [SECOND[0], {**SECOND[0], "price": "11"}]
    assert portfolio.lots_of(frame_of(other))["cost"].tolist() == [1000, 1100]


# Any account, cut in any way


@st.composite
def traded(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Executions, several of one second, with numbered ids in the order in which they happened."""
    at, rows = BEGIN, []
    for number in range(draw(st.integers(1, 25))):
        at += draw(st.sampled_from([0, 0, 1, 40 * 86_400]))
        rows.append(
            fill(
                number,
                draw(st.sampled_from(["700.HK", "AAPL.US"])),
                draw(st.sampled_from(["Buy", "Sell"])),
                str(draw(st.integers(1, 9))),
                str(draw(st.integers(1, 9))),
                at,
            )
        )
    return rows


def first_in_first_out(rows: list[dict[str, Any]]) -> tuple[Fraction, dict[str, Fraction]]:
    """What was realized of matched quantities, and what is left, by symbol."""
    realized = Fraction(0)
    queues: dict[str, deque[list[Fraction]]] = {}
    for row in rows:
        quantity, price = Fraction(row["quantity"]), Fraction(row["price"])
        queue = queues.setdefault(row["symbol"], deque())
        if row["side"] == "Buy":
            queue.append([quantity, price])
            continue
        while quantity and queue:
            part = min(quantity, queue[0][0])
            realized += part * (price - queue[0][1])
            queue[0][0] -= part
            quantity -= part
            if not queue[0][0]:
                queue.popleft()
    return realized, {symbol: sum((lot[0] for lot in queue), Fraction(0)) for symbol, queue in queues.items()}


def archived(folder: Path, rows: list[dict[str, Any]]) -> Path:
    import pyarrow as pa
    import pyarrow.compute as pc

    schema = schema_of(catalog().operations[OPERATION])
    frame = pd.DataFrame(rows)
    times = pa.array([int(at) * 10**6 for at in frame["trade_done_at"]]).cast(pa.timestamp("us", tz="UTC"))
    table = pa.table(
        [
            times
            if field.name == "trade_done_at"
            else pa.array(frame[field.name]).cast(field.type)
            if field.name in frame
            else pa.nulls(len(frame), field.type)
            for field in schema
        ],
        schema=schema,
    ).sort_by("trade_done_at")
    months = pc.strftime(table["trade_done_at"], "%Y-%m")
    store = ParquetStore(folder, OPERATION, "paper-00000001")
    for month in pc.unique(months).to_pylist():
        store.keep_month(month, table.filter(pc.equal(months, month)))
    return folder / OPERATION


@settings(max_examples=soak(120), deadline=None)
@given(traded(), st.randoms(use_true_random=False), st.sampled_from([1, 2, 3, 7, 1000]))
def test_whatever_the_order_and_the_batches_it_is_first_in_first_out(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], dice: random.Random, size: int
) -> None:
    realized, left = first_in_first_out(rows)
    mixed = dice.sample(rows, len(rows))
    whole = portfolio.trips_of(frame_of(mixed))
    assert sum(map(Fraction, whole["realized_pl"].dropna())) == realized
    lots = portfolio.lots_of(frame_of(mixed))
    assert {symbol: Fraction(lots[lots["symbol"] == symbol]["quantity"].sum()) for symbol in left} == left
    path = archived(tmp_path_factory.mktemp("archive"), mixed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive_ledgers, "BATCH", size)
        parts = [frame.drop(columns="account") for frame in portfolio.archived_trips(path)]
        open_lots = portfolio.archived_lots(path).drop(columns="account")
    pd.testing.assert_frame_equal(open_lots, lots.drop(columns="account"))
    if len(whole):
        pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole.drop(columns="account"))


# Splits


def dated(day: datetime, words: str = "2-for-1 split") -> dict[str, list[dict[str, Any]]]:
    return {"700.HK": [{"date": f"{day:%Y%m%d}", "act_desc": words}]}


def test_a_split_that_was_announced_and_has_not_come_changes_nothing() -> None:
    sold = [fill(1, "700.HK", "Sell", "50", "12", T0)]
    for days, kinds in ((30, []), (-500, ["split"])):
        client = FakeAccount([stock("700.HK", "50", "10")], fills=sold, quotes=[quote("700.HK", "12", "12")])
        client.actions = dated(datetime.now(UTC) + timedelta(days=days))
        trip = quiet(portfolio.pnl, client, START, END, fees=False).iloc[0]
        assert (trip.open_price, trip.realized_pl) == (10, 100)
        with pytest.warns(portfolio.IncompleteWarning) as caught:
            lots = portfolio.lots(client, fees=False)
        assert lots[["quantity", "cost"]].to_numpy().tolist() == [[50, 500]]
        assert str(caught[0].message) == "Not everything is known: when 700.HK was bought."
        assert quiet(portfolio.income, client, f"{YEAR - 2}-01-01")["kind"].tolist() == kinds


def test_splits_of_ones_own_are_by_symbol_and_of_the_past() -> None:
    frame = frame_of(SECOND[:1])
    ahead = f"{YEAR + 4}-01-05"
    for name, day, quantity in (("700.hk", f"{YEAR}-12-01", 200), ("700.HK", ahead, 100)):
        assert portfolio.lots_of(frame, splits={name: [(day, 2, 1)]})["quantity"].tolist() == [quantity]
    twice = {"700.HK": [(f"{YEAR}-12-01", 2, 1)], "700.hk": [(f"{YEAR}-12-02", 3, 1)]}
    assert portfolio.lots_of(frame, splits=twice)["quantity"].tolist() == [600]
    with pytest.raises(RequestRefused, match=r"splits are by symbol: '700' is not a symbol: type 700\.HK"):
        portfolio.lots_of(frame, splits={"700": [(f"{YEAR}-12-01", 2, 1)]})
    for new, old in ((-2, 1), (2, -1), (0, 1), (float("nan"), 1), ("two", 1)):
        with pytest.raises(RequestRefused, match=r"splits holds \(day, new, old\) of each"):
            portfolio.lots_of(frame, splits={"700.HK": [(f"{YEAR}-12-01", new, old)]})


def test_splits_that_are_not_asked_for_are_named() -> None:
    held = [stock(f"{number}.HK", "100", "10") for number in range(1, 43)]
    known = quiet(portfolio.income, FakeAccount(held), START, END).attrs["openapi"]
    assert "Splits were asked for of 40 securities, not of 41.HK, 42.HK." in known["notes"]


# Accounts by name


def test_two_accounts_of_one_name_are_refused() -> None:
    one, two = FakeAccount([stock("700.HK", "100", "10")]), FakeAccount([stock("5.HK", "400", "10")])
    with pytest.raises(RequestRefused, match="Two accounts are called '1'"):
        portfolio.value({1: one, "1": two})  # type: ignore[dict-item]
