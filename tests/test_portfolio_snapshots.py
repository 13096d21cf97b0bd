"""Snapshots: kept whole or not at all; equity, drawdown and return from them and from nothing else."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from support.accounts import FakeAccount, fund, offline, quote, refused, stock

from jupyter_openapi import portfolio
from jupyter_openapi.errors import RequestRefused, TransportError
from jupyter_openapi.portfolio import snapshot_store as store
from jupyter_openapi.portfolio.equity import is_external
from jupyter_openapi.portfolio.positions import IncompleteWarning, is_owner, owner_of
from jupyter_openapi.portfolio.snapshot_store import SnapshotRow

OWNER = "paper-0123456789ab"
T0 = datetime(2026, 11, 2, 12, tzinfo=UTC)


def account(**more: Any) -> FakeAccount:
    return FakeAccount(
        **{
            "stocks": [
                stock("700.HK", "100", "500", "100", name="腾讯控股"),
                stock("AAPL.US", "2", "150", "2"),
            ],
            "funds": [fund("HK0000447943", "10", "9", "11.5")],
            "quotes": [quote("700.HK", "600", "590"), quote("AAPL.US", "270", "269")],
            "cash": {"HKD": "1000.50", "USD": "10"},
            **more,
        }
    )


def keep(folder: Path, days: float, *lines: SnapshotRow) -> None:
    store.write(folder, OWNER, T0 + timedelta(days=days), [SnapshotRow("account"), *lines])


def cash(amount: str, currency: str = "HKD") -> SnapshotRow:
    return SnapshotRow("cash", currency=currency, amount=Decimal(amount))


def flow(days: float, amount: str, name: str = "Deposit", currency: str = "HKD") -> SnapshotRow:
    return SnapshotRow(
        "flow", name=name, currency=currency, amount=Decimal(amount), at=T0 + timedelta(days=days)
    )


def shares(quantity: str, last: str | None) -> list[SnapshotRow]:
    held = SnapshotRow("holding", symbol="700.HK", market="HK", currency="HKD", quantity=Decimal(quantity))
    if last is None:
        return [held]
    return [held, SnapshotRow("quote", symbol="700.HK", last_done=Decimal(last), multiplier=Decimal(1))]


def test_a_snapshot_holds_positions_cash_rates_and_quotes(tmp_path: Path) -> None:
    kept = portfolio.snapshot(account(), tmp_path)
    assert kept.holdings == 3
    assert kept.path.is_file()
    rows = portfolio.snapshots(account(), tmp_path)
    assert rows.kind.value_counts().to_dict() == {
        "holding": 3, "rate": 3, "quote": 2, "cash": 2, "account": 1,
    }  # fmt: skip
    tencent = rows[(rows.kind == "holding") & (rows.symbol == "700.HK")].iloc[0]
    assert (tencent.quantity, tencent.cost_price, tencent["name"]) == (100, 500, "腾讯控股")
    assert rows[rows.kind == "cash"].amount.tolist() == [Decimal("1000.5"), 10]
    table = pq.read_table(kept.path)
    assert table.schema.equals(store.schema())
    assert str(table.schema.field("amount").type) == "decimal128(38, 12)"
    curve = portfolio.equity_curve(account(), folder=tmp_path)
    assert curve.net_value.tolist() == [60_000 + 540 * 7.8 + 115 + 1000.5 + 78]


def test_the_folder_is_the_owners_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    kept = portfolio.snapshot(account())
    assert kept.path.is_relative_to(tmp_path / "jupyter-openapi" / "snapshots")
    for folder in (kept.path.parent, kept.path.parent.parent, tmp_path / "jupyter-openapi"):
        assert folder.stat().st_mode & 0o077 == 0, folder
    assert kept.path.stat().st_mode & 0o077 == 0
    assert len(portfolio.equity_curve()) == 1


def test_half_an_account_is_not_kept(tmp_path: Path) -> None:
    for name in ("stock_positions", "fund_positions", "account_balance"):
        with pytest.raises(TransportError, match="No snapshot was kept"):
            portfolio.snapshot(account(fails={name: offline(name)}), tmp_path)
    assert not list(tmp_path.rglob("*.parquet"))


def test_what_else_is_missing_is_kept_as_missing_and_said(tmp_path: Path) -> None:
    kept = portfolio.snapshot(account(fails={"quote": refused("no access", 301604)}), tmp_path)
    assert "no quote for 700.HK, AAPL.US" in repr(kept)
    with pytest.warns(IncompleteWarning, match="the value of 1 snapshots"):
        curve = portfolio.equity_curve(folder=tmp_path)
    assert curve[["holdings", "net_value", "index"]].isna().all().all()
    assert curve.cash.tolist() == [1078.5]
    assert curve.attrs["openapi"]["missing"] == ["the value of 1 snapshots"]


def test_positions_and_cash_are_of_one_moment(tmp_path: Path) -> None:
    client = account()
    sold = [stock("700.HK", "100", "500", "100")]

    def trade(operation: str) -> None:
        if operation == "account_balance" and client.stocks is not sold:
            client.stocks, client.cash = sold, {"HKD": "5000", "USD": "10"}

    client.before = trade
    portfolio.snapshot(client, tmp_path)
    rows = portfolio.snapshots(client, tmp_path)
    assert rows[(rows.kind == "holding") & (rows.market != "FUND")].symbol.tolist() == ["700.HK"]
    assert client.names().count("account_balance") == 2


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    portfolio.snapshot(account(), tmp_path)

    def full(path: Path, content: bytes) -> int:
        with path.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(RequestRefused, match=r"can't be written: No space left on device"):
        portfolio.snapshot(account(), tmp_path)
    monkeypatch.undo()
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
    assert len(portfolio.equity_curve(folder=tmp_path)) == 1


def test_many_at_once_are_all_kept(tmp_path: Path) -> None:
    def append(number: int) -> None:
        for n in range(5):
            keep(tmp_path, number + n / 10, cash("1"))

    threads = [threading.Thread(target=append, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    curve = portfolio.equity_curve(folder=tmp_path)
    assert len(curve) == 40
    assert curve.index.is_monotonic_increasing


def test_a_hand_worked_curve(tmp_path: Path) -> None:
    keep(tmp_path, 0, cash("1000"), *shares("10", "100"))  # 2,000
    keep(tmp_path, 1, cash("1000"), *shares("10", "120"))  # 2,200: +10%
    keep(tmp_path, 3, cash("2000"), *shares("10", "109"), flow(2, "1000"))  # 1,000 came midway, 110 were lost
    keep(tmp_path, 4, cash("1500"), *shares("10", "109"), flow(4, "-500", "Withdrawal"))
    curve = portfolio.equity_curve(folder=tmp_path)
    assert curve.net_value.tolist() == [2000, 2200, 3090, 2590]
    assert curve.flow.tolist() == [0, 0, 1000, -500]
    lost = -110 / (2200 + 500)  # modified Dietz: the deposit was there half the time
    assert curve.return_pct.iloc[1:].tolist() == pytest.approx([10, 100 * lost, 0])
    assert curve["index"].tolist() == pytest.approx([100, 110, 110 * (1 + lost), 110 * (1 + lost)])
    assert curve.drawdown_pct.tolist() == pytest.approx([0, 0, 100 * lost, 100 * lost])
    facts = curve.attrs["openapi"]
    assert facts["total_return_pct"] == pytest.approx(110 * (1 + lost) - 100)
    assert facts["max_drawdown_pct"] == pytest.approx(100 * lost)
    assert facts["external"] == ["Deposit", "Withdrawal"]


def test_interest_and_dividends_are_return_and_are_named(tmp_path: Path) -> None:
    keep(tmp_path, 0, cash("1000"))
    keep(tmp_path, 1, cash("1010"), flow(0.5, "10", "Interest"))
    curve = portfolio.equity_curve(folder=tmp_path)
    assert curve.return_pct.iloc[1] == 1
    assert curve.attrs["openapi"]["internal"] == ["Interest"]


def test_a_movement_whose_name_says_it_wrong_is_stated_by_the_user(tmp_path: Path) -> None:
    keep(tmp_path, 0, cash("1000"))
    keep(tmp_path, 1, cash("1100"), flow(0.5, "100", "Bank Transfer"))
    keep(tmp_path, 2, cash("1200"), flow(1.5, "100", "Gift"))
    kinds = {"Bank Transfer": "income", "Gift": "deposit"}
    curve = portfolio.equity_curve(folder=tmp_path, kinds=kinds)
    assert curve.return_pct.iloc[1:].tolist() == pytest.approx([10, 0])
    assert curve.attrs["openapi"]["external"] == ["Gift"]
    assert curve.attrs["openapi"]["internal"] == ["Bank Transfer"]
    with pytest.raises(RequestRefused, match=r"kinds\['Gift'\] is deposit or income, not 'present'"):
        portfolio.equity_curve(folder=tmp_path, kinds={"Gift": "present"})


def test_a_snapshot_without_a_value_is_bridged(tmp_path: Path) -> None:
    keep(tmp_path, 0, *shares("10", "100"))
    keep(tmp_path, 1, *shares("10", None), cash("500"), flow(1, "500"))
    keep(tmp_path, 2, *shares("10", "110"), cash("500"))
    with pytest.warns(IncompleteWarning, match="the value of 1 snapshots"):
        curve = portfolio.equity_curve(folder=tmp_path)
    assert curve.net_value.isna().tolist() == [False, True, False]
    assert curve.return_pct.iloc[2] == pytest.approx(100 * 100 / 1250)  # the deposit of the gap counts


def test_deposits_that_are_not_known_leave_no_return(tmp_path: Path) -> None:
    keep(tmp_path, 0, cash("1000"))
    keep(tmp_path, 1, cash("9000"), SnapshotRow("gap"))
    keep(tmp_path, 2, cash("9900"))
    curve = portfolio.equity_curve(folder=tmp_path)
    assert curve.return_pct.isna().tolist() == [True, True, False]
    assert curve["index"].tolist() == pytest.approx([100, 100, 110])
    assert curve.flow.isna().tolist() == [False, True, False]


def test_another_base_currency_is_at_each_snapshots_own_rate(tmp_path: Path) -> None:
    for n, rate in enumerate(("7.8", "7.5")):
        keep(tmp_path, n, cash("780"), SnapshotRow("rate", currency="USD", into="HKD", amount=Decimal(rate)))
    assert portfolio.equity_curve(None, "USD", tmp_path).net_value.tolist() == [100, 104]
    with pytest.warns(IncompleteWarning, match="no rate for HKD into SGD"):
        assert portfolio.equity_curve(None, "SGD", tmp_path).net_value.isna().all()


def test_cash_movements_since_the_last_snapshot_are_kept_with_the_next(tmp_path: Path) -> None:
    client = account()
    portfolio.snapshot(client, tmp_path)
    now = int(datetime.now(UTC).timestamp())
    file = store.files(tmp_path, owner_of(client))[0]
    _age(file, 3600)
    client.flows = [
        _moved(now - 7200, "5", "Deposit"),  # before the first snapshot
        _moved(now - 60, "1000", "Deposit"),
        _moved(now - 60, "-3", "Fee", symbol="700.HK"),
    ]
    client.cash["HKD"] = "2000.50"
    portfolio.snapshot(client, tmp_path)
    rows = portfolio.snapshots(client, tmp_path)
    assert rows[rows.kind == "flow"].amount.tolist() == [1000]
    curve = portfolio.equity_curve(client, folder=tmp_path)
    assert curve.return_pct.iloc[1] == pytest.approx(0)
    client.fails["cash_flow"] = refused("busy", 500000, 500)
    _age(store.files(tmp_path, owner_of(client))[-1], 1800)
    kept = portfolio.snapshot(client, tmp_path)
    assert "the cash that moved since the last snapshot" in kept.missing


def _age(path: Path, seconds: int) -> None:
    """Make a snapshot older."""
    table = pq.read_table(path)
    at = table.schema.get_field_index("taken_at")
    older = [moment - timedelta(seconds=seconds) for moment in table.column(at).to_pylist()]
    field = table.schema.field(at)
    pq.write_table(table.set_column(at, field, [older]), path)
    path.rename(path.with_name(f"{older[0]:%Y%m%dT%H%M%S.%f}-{path.stem[-8:]}.parquet"))


def _moved(at: int, amount: str, name: str, symbol: str = "") -> dict[str, Any]:
    return {
        "transaction_flow_name": name,
        "business_type": 1,
        "balance": amount,
        "currency": "HKD",
        "business_time": str(at),
        "symbol": symbol,
    }


@pytest.mark.parametrize(
    ("name", "external"),
    [
        ("Deposit", True),
        ("Cash Withdrawal", True),
        ("入金", True),
        ("轉出資金", True),
        ("Interest", False),
        ("BuyContract-Stocks", False),
        ("在途分红", False),
        ("Deposit Interest", False),
        ("Transfer Fee", False),
        ("Withdrawal fees", False),
        ("Dividend Transfer In", False),
        ("存款利息", False),
        ("提款手续费", False),
        ("转账手续費", False),
        ("红利转入", False),
        ("Bank Transfer", True),
        ("Coffee deposit", True),
        ("", False),
        (None, False),
    ],
)
def test_which_cash_movements_are_deposits(name: str | None, external: bool) -> None:
    assert is_external(name) is external


def test_accounts_are_kept_apart(tmp_path: Path) -> None:
    one, other = account(), account(owner="another")
    assert owner_of(one) != owner_of(other)
    assert is_owner(owner_of(one))
    assert "4821" not in owner_of(one)
    unnamed = account(owner="")
    assert is_owner(owner_of(unnamed))
    assert owner_of(unnamed) != owner_of(account(owner="", account=replace(unnamed.account, digits="4822")))
    portfolio.snapshot(one, tmp_path)
    portfolio.snapshot(other, tmp_path)
    assert len(portfolio.equity_curve(one, folder=tmp_path)) == 1
    with pytest.raises(RequestRefused, match="holds snapshots of paper-"):
        portfolio.equity_curve(folder=tmp_path)


def test_no_snapshots_yet(tmp_path: Path) -> None:
    with pytest.raises(RequestRefused, match=r"take one with portfolio\.snapshot"):
        portfolio.equity_curve(folder=tmp_path / "nowhere")
    with pytest.warns(IncompleteWarning, match="there are no snapshots yet"):
        assert len(portfolio.equity_curve(account(), folder=tmp_path)) == 0


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    kept = portfolio.snapshot(account(), tmp_path)
    kept.path.write_bytes(b"no parquet")
    with pytest.raises(RequestRefused, match=kept.path.name):
        portfolio.equity_curve(folder=tmp_path)


def test_without_pyarrow_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    client = account()
    with pytest.raises(RequestRefused, match=r"pip install 'jupyter-openapi\[parquet\]'"):
        portfolio.snapshot(client, tmp_path)
    assert client.calls == []


def test_what_pandas_reads_is_the_same(tmp_path: Path) -> None:
    portfolio.snapshot(account(), tmp_path)
    read = pd.read_parquet(tmp_path / owner_of(account()))
    assert len(read) == len(portfolio.snapshots(folder=tmp_path))
