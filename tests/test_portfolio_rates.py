"""Amounts of past days in a base currency: at rates of their own time, else today's, and said so."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support.accounts import FakeAccount, stock

from jupyter_openapi import portfolio
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.portfolio import archive_money
from jupyter_openapi.portfolio import snapshot_store as store
from jupyter_openapi.portfolio.aggregates import notes
from jupyter_openapi.portfolio.positions import owner_of

YEAR = datetime.now(UTC).year - 1
T0 = int(datetime(YEAR, 11, 2, 15, tzinfo=UTC).timestamp())  # 10:00 in New York
DAY = 86_400
START, END = f"{YEAR}-11-01", f"{YEAR}-12-01"
NOT_OF_THE_DAY = "not those of the day"


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def fill(number: int, side: str, quantity: str, price: str, at: int) -> dict[str, Any]:
    return {
        "trade_id": f"t{number}", "order_id": f"o{number}", "symbol": "AAPL.US", "side": side,
        "quantity": quantity, "price": price, "trade_done_at": str(at),
    }  # fmt: skip


def dividend(money: str, at: int, currency: str = "USD") -> dict[str, Any]:
    return {
        "transaction_flow_name": "Cash Dividend", "balance": money, "currency": currency,
        "business_time": str(at), "symbol": "AAPL.US", "business_type": 1, "direction": 2, "description": "",
    }  # fmt: skip


def account() -> FakeAccount:
    """Two round trips of a US share, on the fourth and the twentieth day, and a dividend on each of these."""
    fills = [
        fill(1, "Buy", "100", "10", T0),
        fill(2, "Sell", "40", "15", T0 + 4 * DAY),
        fill(3, "Sell", "60", "15", T0 + 20 * DAY),
    ]
    orders = [
        {
            "order_id": row["order_id"], "symbol": row["symbol"], "side": row["side"],
            "executed_quantity": row["quantity"], "executed_price": row["price"],
            "submitted_at": row["trade_done_at"],
        }
        for row in fills
    ]  # fmt: skip
    flows = [dividend("10", T0 + 4 * DAY), dividend("20", T0 + 20 * DAY)]
    return FakeAccount(fills=fills, orders=orders, flows=flows)


def keep(client: FakeAccount, at: int, rate: str, currency: str = "USD") -> Path:
    """Keep a snapshot of the account with a rate."""
    row = store.SnapshotRow("rate", currency=currency, into="HKD", amount=Decimal(rate))
    return store.write(None, owner_of(client), datetime.fromtimestamp(at, UTC), [row])


def quiet(ask: Callable[..., pd.DataFrame], *given: Any, **more: Any) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return ask(*given, **more)


def of_rates(frame: pd.DataFrame) -> list[str]:
    """The notes of a frame that say of which day its rates are; each is said once."""
    said = [line for line in frame.attrs["openapi"]["notes"] if line.startswith("Amounts in HKD")]
    assert len(said) == len(set(said))
    return said


def days(frame: pd.DataFrame) -> list[str]:
    """The days of the rates; of a tax year those of the proceeds, which were of closing here."""
    column = "rate_date" if "rate_date" in frame else "proceeds_rate_date"
    return [f"{day:%Y-%m-%d}" for day in frame[column].dropna()]


def today() -> str:
    """Return the present day; asked for anew, for a run of the tests may pass midnight."""
    return f"{datetime.now(UTC):%Y-%m-%d}"


ASKS: dict[str, tuple[Callable[[FakeAccount], pd.DataFrame], str]] = {
    "pnl": (lambda client: quiet(portfolio.pnl, client, START, END, fees=False), "realized_pl_base"),
    "income": (lambda client: quiet(portfolio.income, client, START, END), "amount_base"),
    "tax_year": (lambda client: portfolio.tax_year(client, YEAR), "proceeds_base"),
}
IN_DOLLARS = {"pnl": [200.0, 300.0], "income": [10.0, 20.0], "tax_year": [600.0, 900.0]}


@pytest.mark.filterwarnings("ignore::jupyter_openapi.portfolio.IncompleteWarning")
@pytest.mark.parametrize("name", ASKS)
def test_without_a_rate_of_the_day_todays_is_named_with_its_date(name: str) -> None:
    ask, column = ASKS[name]
    frame = ask(account())
    assert frame[column].tolist() == pytest.approx([7.8 * one for one in IN_DOLLARS[name]])
    assert days(frame) == [today(), today()]
    [said] = of_rates(frame)
    assert today() in said
    assert NOT_OF_THE_DAY in said


@pytest.mark.filterwarnings("ignore::jupyter_openapi.portfolio.IncompleteWarning")
@pytest.mark.parametrize("name", ASKS)
def test_a_rate_that_a_snapshot_kept_counts_for_its_day_and_a_week(name: str) -> None:
    client = account()
    keep(client, T0, "7.7")
    keep(client, T0 + DAY, "7.75")
    ask, column = ASKS[name]
    frame = ask(client)
    first, second = IN_DOLLARS[name]
    assert frame[column].tolist() == pytest.approx([7.75 * first, 7.8 * second])
    assert days(frame) == [f"{YEAR}-11-03", today()]
    [said] = of_rates(frame)
    kept = 3 if name == "tax_year" else 1  # what opened both trips is converted as well
    assert f"{kept} at a rate that a snapshot kept" in said
    assert f"1 at the rates of exchange of {today()}" in said
    keep(client, T0 + 20 * DAY, "7.9")
    frame = ask(client)
    assert frame[column].tolist() == pytest.approx([7.75 * first, 7.9 * second])
    assert days(frame) == [f"{YEAR}-11-03", f"{YEAR}-11-22"]
    assert [today() in said for said in of_rates(frame)] == [False]


@pytest.mark.parametrize("name", ["pnl", "income"])
def test_with_rates_of_every_day_none_of_today_is_needed(name: str) -> None:
    client = account()
    keep(client, T0 + 4 * DAY, "7.7")
    keep(client, T0 + 20 * DAY, "7.9")
    client.rates = ()
    ask, column = ASKS[name]
    first, second = IN_DOLLARS[name]
    assert ask(client)[column].tolist() == pytest.approx([7.7 * first, 7.9 * second])


def test_rates_of_ones_own_count_alone() -> None:
    frame = quiet(portfolio.pnl, account(), START, END, fees=False, rates={"USD": "7.5"})
    assert frame["realized_pl_base"].tolist() == pytest.approx([1500, 2250])
    assert frame["rate"].tolist() == [7.5, 7.5]
    assert frame["rate_date"].isna().all()
    assert of_rates(frame) == ["Amounts in HKD are at the rates of exchange that were given."]
    one = pd.DataFrame({"USD": [7.6]}, index=pd.DatetimeIndex([f"{YEAR}-11-06"]))
    with pytest.warns(portfolio.IncompleteWarning, match="no rate for USD into HKD"):
        frame = portfolio.pnl(account(), START, END, fees=False, rates=one)
    assert frame["realized_pl_base"].isna().tolist() == [False, True]
    assert days(frame) == [f"{YEAR}-11-06"]
    kept = account()
    keep(kept, T0 + 4 * DAY, "7.7")
    given = portfolio.archived_rates(kept)
    with pytest.warns(portfolio.IncompleteWarning, match="no rate for USD into HKD"):
        assert portfolio.income(kept, START, END, rates=given)["amount_base"].tolist()[0] == 77


@pytest.mark.parametrize("name", ["pnl", "income", "trade_stats", "total_return", "slippage", "tax_year"])
@pytest.mark.parametrize(
    "rates", ["7.8", 7.8, [7.8], {"USD": -1}, {"dollars": 7.8}, pd.DataFrame({"USD": [7.8]})]
)
def test_what_is_no_rate_is_refused(name: str, rates: Any) -> None:
    client = account()
    when = (YEAR,) if name == "tax_year" else (START, END)
    with pytest.raises(RequestRefused, match="rate") as refused:
        getattr(portfolio, name)(client, *when, rates=rates)
    assert "\n" not in str(refused.value)
    assert client.calls == []


def test_every_function_over_past_days_says_it() -> None:
    client = account()
    client.stocks = [stock("MSFT.US", "1", "10", "1")]
    for ask in (portfolio.trade_stats, portfolio.total_return):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frame = ask(client, START, END, fees=False)
        [said] = of_rates(frame)
        assert today() in said
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        costs = portfolio.slippage(client, START, END, arrival=False)
    assert days(costs) == [today()] * 3
    assert today() in of_rates(costs)[0]


@pytest.mark.parametrize("hours", [0, 5, 10, 15, 20])
@pytest.mark.parametrize("tz", ["America/New_York", "UTC", "Asia/Hong_Kong", "Pacific/Kiritimati"])
def test_a_rate_kept_after_a_trade_of_the_same_day_counts(hours: int, tz: str) -> None:
    """The day of a rate is counted in the user's zone, that of a trade in its market's."""
    client = account()
    client.tz = tz
    client.fills[1]["trade_done_at"] = str(sold := T0 + 4 * DAY + hours * 3600)
    keep(client, sold + 60, "7.7")
    frame = quiet(portfolio.pnl, client, START, END, fees=False)
    assert frame["rate"].tolist()[0] == 7.7
    given = portfolio.archived_rates(client)
    assert archive_money.DayRates("HKD", given).rate("USD", sold, "AAPL.US") == Decimal("7.7")
    assert archive_money.DayRates("HKD", given).rate("USD", sold - 2 * DAY, "AAPL.US") is None


def test_a_base_currency_of_ones_own_needs_no_rate() -> None:
    frame = quiet(portfolio.pnl, account(), START, END, "USD", fees=False)
    assert frame["rate"].tolist() == [1, 1]
    assert frame["rate_date"].isna().all()
    assert not [line for line in frame.attrs["openapi"]["notes"] if "rates of exchange of 2" in line]


@pytest.mark.parametrize("tz", ["America/New_York", "UTC", "Pacific/Kiritimati"])
def test_todays_rate_is_of_the_day_for_what_was_closed_today(tz: str) -> None:
    """Whatever day it is in New York, where the share trades."""
    now = int(datetime.now(UTC).timestamp())
    client = FakeAccount(fills=[fill(1, "Buy", "10", "1", now - 2), fill(2, "Sell", "10", "2", now)], tz=tz)
    frame = quiet(portfolio.pnl, client, "-2d", fees=False)
    assert len(frame) == 1
    assert of_rates(frame) == []


def test_the_line_of_the_command_has_it() -> None:
    """``%openapi pnl`` prints the notes without the definitions."""
    frame = ASKS["pnl"][0](account())
    assert f"Amounts in HKD are at the rates of exchange of {today()}" in notes(frame, definitions=False)


def test_snapshots_that_cant_be_read_are_said_and_stop_nothing() -> None:
    client = account()
    keep(client, T0 + 4 * DAY, "7.7").write_bytes(b"no snapshot")
    frame = ASKS["pnl"][0](client)
    assert frame["realized_pl_base"].notna().all()
    assert days(frame) == [today(), today()]
    assert any(
        line.startswith("The rates that snapshots kept could not be read (A snapshot can't be read")
        for line in frame.attrs["openapi"]["notes"]
    )


def test_a_tax_file_has_the_days_of_its_rates(tmp_path: Path) -> None:
    client = account()
    keep(client, T0 + 4 * DAY, "7.7")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        portfolio.tax_year(client, YEAR, tmp_path / "tax.xlsx")
    trips = pd.read_excel(tmp_path / "tax.xlsx", "Trips")
    assert [str(day)[:10] for day in trips["proceeds_rate_date"]] == [f"{YEAR}-11-06", today()]
    assert trips["proceeds_rate"].tolist() == [7.7, 7.8]
    assert [str(day)[:10] for day in trips["cost_rate_date"]] == [today(), today()]
    about = json.dumps(pd.read_excel(tmp_path / "tax.xlsx", "About")["about"].tolist())
    assert f"3 at the rates of exchange of {today()}" in about
