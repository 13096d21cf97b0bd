"""Realized profit and loss: hand-worked round trips, what can't be matched, fees, the broker's numbers."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pandas as pd
import pytest
from support.accounts import FakeAccount, fill, offline, quote, refused, stock

from jupyter_openapi import portfolio
from jupyter_openapi.errors import Interrupted, RequestRefused
from jupyter_openapi.portfolio import IncompleteWarning
from jupyter_openapi.portfolio.pnl_frame import symbol_of

pytestmark = pytest.mark.usefixtures("november")
DAY = 86_400
T0 = 1_793_520_000  # 2026-11-01 08:00 UTC
START, END = "2026-11-01", "2026-11-20"


def work(client: FakeAccount, start: Any = START, end: Any = END, **more: Any) -> pd.DataFrame:
    """Work it out with nothing left to say."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return portfolio.pnl(client, start, end, **more)


def incomplete(client: FakeAccount, **more: Any) -> tuple[pd.DataFrame, str]:
    with pytest.warns(IncompleteWarning) as caught:
        frame = portfolio.pnl(client, START, END, **more)
    assert len(caught) == 1
    return frame, str(caught[0].message)


def traded(*fills: tuple[str, str, str], symbol: str = "700.HK", held: str = "0", **more: Any) -> FakeAccount:
    """An account that traded one security, a fill a day: (side, quantity, price)."""
    rows = [
        fill(n, symbol, side, quantity, price, T0 + n * DAY)
        for n, (side, quantity, price) in enumerate(fills)
    ]
    details = {
        row["order_id"]: {
            "executed_quantity": row["quantity"],
            "charge_detail": {"total_amount": "1", "items": []},
        }
        for row in rows
    }
    stocks = [stock(symbol, held, "1", held)] if held != "0" else []
    return FakeAccount(stocks, fills=rows, details=details, **more)


# Bought 100 at 10 and 100 at 12, sold 150 at 15, 50 left.
PLAIN = (("Buy", "100", "10"), ("Buy", "100", "12"), ("Sell", "150", "15"))


def test_first_in_first_out() -> None:
    frame = work(traded(*PLAIN, held="50"))
    assert frame.kind.tolist() == ["trip", "trip"]
    assert frame.quantity.tolist() == [100, 50]
    assert frame.cost.tolist() == [1000, 600]
    assert frame.proceeds.tolist() == [1500, 750]
    assert frame.realized_pl.tolist() == [500, 150]
    assert frame.realized_pl_pct.tolist() == [50, 25]
    assert frame.days.tolist() == [2, 1]
    assert frame.open_order_id.tolist() == ["o0", "o1"]
    assert frame.close_order_id.tolist() == ["o2", "o2"]
    # An order's fee of 1 goes with its quantity: 100 + 100/150, and 50/100 + 50/150.
    assert frame.fees.tolist() == pytest.approx([1 + 2 / 3, 0.5 + 1 / 3])
    assert frame.net_pl.sum() == pytest.approx(650 - 2.5)


def test_average_cost() -> None:
    frame = work(traded(*PLAIN, held="50"), method="average")
    assert len(frame) == 1
    trip = frame.iloc[0]
    assert (trip.quantity, trip.open_price, trip.cost, trip.realized_pl) == (150, 11, 1650, 600)
    assert trip.fees == pytest.approx(1 + 2 * 150 / 200)
    assert trip.method == "average"


def test_sold_short_and_bought_back() -> None:
    frame = work(traded(("Sell", "100", "20"), ("Buy", "60", "18"), ("Buy", "40", "21")), fees=False)
    assert frame.direction.tolist() == ["short", "short"]
    assert frame.realized_pl.tolist() == [120, -40]
    assert frame.proceeds.tolist() == [1200, 800]
    assert frame.open_price.tolist() == [20, 20]
    assert frame.realized_pl_pct.tolist() == [10, -5]


def test_from_long_to_short_in_one_sale() -> None:
    client = traded(("Buy", "100", "10"), ("Sell", "150", "12"), ("Buy", "50", "11"))
    frame = work(client, fees=False)
    assert list(zip(frame.direction, frame.quantity, frame.realized_pl, strict=True)) == [
        ("long", 100, 200),
        ("short", 50, 50),
    ]


def test_shares_that_no_purchase_explains_are_the_oldest_and_their_sale_is_a_row_of_its_own() -> None:
    # 300 were there before anything was bought; 100 were bought, 350 sold, 50 are left, at no known cost.
    client = traded(("Buy", "100", "10"), ("Sell", "350", "12"), held="50")
    client.stocks[0]["cost_price"] = ""
    frame = work(client, fees=False)
    assert frame.kind.tolist() == ["unmatched", "trip"]
    lost, trip = frame.iloc[0], frame.iloc[1]
    assert (lost.quantity, lost.proceeds, lost.close_price) == (-300, 3600, 12)
    assert lost[["realized_pl", "cost", "opened_at", "net_pl"]].isna().all()
    assert "opened by no execution" in lost.remark
    assert (trip.quantity, trip.realized_pl) == (50, 100)
    assert "check it" in trip.remark
    assert 0 < len(_older(client)) < 8  # how often the years before were looked at


def test_a_given_opening_quantity_has_its_cost() -> None:
    client = traded(("Buy", "100", "10"), ("Sell", "350", "12"), held="50")
    frame = work(client, fees=False, opening={"700.HK": (300, "9.5")})
    assert frame.realized_pl.tolist() == [300 * 2.5, 50 * 2]
    assert frame.opened_at.isna().tolist() == [True, False]
    with pytest.raises(RequestRefused, match=r"opening holds \(quantity, price\)"):
        work(client, opening={"700.HK": 300})


def test_trades_of_one_second_are_in_the_order_their_ids_tell() -> None:
    client = FakeAccount(
        fills=[
            fill(1, "700.HK", "Sell", "10", "12", T0) | {"trade_id": f"a-{T0}000000300"},
            fill(2, "700.HK", "Buy", "10", "10", T0) | {"trade_id": f"b-{T0}000000200"},
        ]
    )
    frame = work(client, fees=False)
    assert (frame.direction.tolist(), frame.realized_pl.tolist()) == (["long"], [20])


def test_at_average_cost_unknown_shares_make_the_average_unknown_until_all_are_gone() -> None:
    fills = (("Buy", "100", "10"), ("Sell", "200", "12"), ("Buy", "10", "10"), ("Sell", "10", "13"))
    frame = work(traded(*fills), fees=False, method="average")
    assert frame.kind.tolist() == ["unmatched", "trip"]
    assert frame.quantity.tolist() == [-200, 10]
    assert frame.realized_pl.tolist()[1] == 30
    assert "average cost is not known" in frame.remark.iloc[0]


def test_what_went_without_a_sale_is_a_row_of_its_own() -> None:
    frame = work(traded(("Buy", "100", "10"), ("Sell", "40", "12")), fees=False)  # nothing is held now
    left = frame[frame.kind == "unmatched"].iloc[0]
    assert left.quantity == -60
    assert left[["closed_at", "proceeds"]].isna().all()
    assert "60 went without a sale" in left.remark
    assert frame.iloc[0].realized_pl == 80


def test_purchases_before_the_window_are_found_and_their_sales_counted() -> None:
    rows = [
        fill(1, "700.HK", "Buy", "100", "10", T0 - 150 * DAY),
        fill(2, "700.HK", "Sell", "30", "9", T0 - 100 * DAY),
        fill(3, "700.HK", "Sell", "70", "15", T0 + DAY),
        fill(4, "5.HK", "Buy", "10", "1", T0 + DAY),
    ]
    client = FakeAccount([stock("5.HK", "10", "1", "10")], fills=rows)
    frame = work(client, fees=False)
    assert frame[["symbol", "quantity", "realized_pl"]].to_numpy().tolist() == [["700.HK", 70, 350]]
    assert frame.attrs["openapi"]["window"] == ["2026-11-01T00:00:00+00:00", "2026-11-20T23:59:59+00:00"]
    assert frame.attrs["openapi"]["read_from"] < "2026-06-05"
    # Sales outside the window are no rows of it; those after it are needed to know what was held.
    assert len(work(client, "2026-11-05", "2026-11-06", fees=False)) == 0


def test_nothing_older_is_read_where_nothing_older_was_sold() -> None:
    client = traded(*PLAIN, held="250")  # 200 of them were there before
    portfolio.pnl(client, START, END, fees=False)
    assert _older(client)
    client = traded(("Buy", "100", "10"), held="300")
    portfolio.pnl(client, START, END, fees=False)
    assert _older(client) == []
    assert "history_executions" in client.names()


def _older(client: FakeAccount) -> list[int]:
    """Return the ends of the stretches that were read for executions and lie before START."""
    ended = [int(asked["end_at"]) for name, asked in client.calls if name == "history_executions"]
    return [end for end in ended if end < T0 - DAY]


def test_since_says_how_far_to_look_back() -> None:
    rows = [fill(1, "700.HK", "Buy", "100", "10", T0 - 700 * DAY), fill(2, "700.HK", "Sell", "100", "15", T0)]
    client = FakeAccount(fills=rows)
    assert work(client, fees=False).kind.tolist() == ["unmatched"]
    assert work(client, fees=False, since="2024-10-01").realized_pl.tolist() == [500]


def test_a_fill_without_a_side_takes_it_from_the_orders_then_from_one_order() -> None:
    client = traded(*PLAIN, held="50")
    for row in client.fills:
        row.pop("side")
    client.orders = [
        {"order_id": "o0", "side": "Buy", "submitted_at": str(T0)},
        {"order_id": "o1", "side": "Buy", "submitted_at": str(T0)},
    ]
    client.details["o2"]["side"] = "Sell"
    assert work(client).realized_pl.tolist() == [500, 150]
    assert next(asked["order_id"] for name, asked in client.calls if name == "order_detail") == "o2"


def test_a_side_that_nothing_tells_is_not_guessed() -> None:
    client = traded(*PLAIN, held="50")
    client.fills[2].pop("side")
    frame, line = incomplete(client, fees=False)
    assert frame.kind.tolist() == ["unmatched"]
    assert frame.realized_pl.isna().all()
    assert "neither the execution nor its order tells the side" in frame.remark.iloc[0]
    assert "the side of 1 executions (700.HK)" in line


def test_fees_are_not_asked_for_where_that_takes_many_requests() -> None:
    fills = [(side, "1", "10") for _ in range(10) for side in ("Buy", "Sell")]
    client = traded(*fills)
    frame = work(client)
    assert client.names().count("order_detail") == 0
    assert frame.fees.isna().all()
    assert any("20 orders take as many requests" in note for note in frame.attrs["openapi"]["notes"])
    assert work(client, fees=True).fees.tolist() == [2.0] * 10


def test_a_fee_that_is_not_stated_is_not_zero() -> None:
    client = traded(*PLAIN, held="50")
    client.details["o1"] = {"executed_quantity": "100", "charge_detail": None}
    frame, line = incomplete(client)
    assert frame.fees.isna().tolist() == [False, True]
    assert frame.net_pl.isna().tolist() == [False, True]
    assert "fees of 1 order" in line
    summed = portfolio.by_symbol(frame)
    assert summed[["fees", "net_pl"]].isna().all().all()
    assert summed.realized_pl.tolist() == [650]


def test_money_in_another_currency_is_at_todays_rate() -> None:
    frame = work(traded(*PLAIN, symbol="AAPL.US", held="50"), fees=False)
    assert frame.realized_pl_base.tolist() == [3900, 1170]
    assert any("not those of the day" in note for note in frame.attrs["openapi"]["notes"])
    without, line = incomplete(traded(*PLAIN, symbol="D05.SG", held="50"), fees=False)
    assert without.realized_pl.tolist() == [500, 150]
    assert without.realized_pl_base.isna().all()
    assert "no rate for SGD into HKD" in line


def test_an_unknown_securitys_currency_is_the_brokers() -> None:
    frame = work(traded(*PLAIN, symbol="80700.HK"), fees=False)
    assert set(frame.currency) == {"CNY"}


def test_an_options_profit_is_times_its_multiplier() -> None:
    symbol = "AAPL270115C260000.US"
    client = traded(("Buy", "2", "5"), ("Sell", "2", "6.5"), symbol=symbol)
    client.options = [quote(symbol, "6", "6", option_extend={"contract_multiplier": "100"})]
    assert work(client, fees=False, base_currency="USD").realized_pl.tolist() == [300]
    client.options = []
    frame, line = incomplete(client, fees=False)
    assert frame.realized_pl.tolist() == [300]
    assert f"the multiplier of {symbol} could not be read; 100 is assumed" in line


def test_an_option_whose_multiplier_nothing_tells_has_no_profit() -> None:
    symbol = "AAPL1270115C260000.US"  # changed by a split: its contract may be for any number of shares
    frame = work(traded(("Buy", "2", "5"), ("Sell", "2", "6.5"), symbol=symbol), fees=False)
    assert frame[["realized_pl", "cost", "proceeds"]].isna().all().all()
    assert frame.close_price.tolist() == [6.5]
    assert f"{symbol} left out: its multiplier is not known" in portfolio.notes(frame)


def test_the_brokers_analysis_stands_beside_ours() -> None:
    client = traded(*PLAIN, held="50")
    client.fills += [
        fill(8, "AAPL.US", "Buy", "1", "10", T0, "o0"),
        fill(9, "AAPL.US", "Sell", "1", "12", T0 + 1, "o2"),
    ]
    client.analysis = [
        {"counter_id": "ST/HK/00700", "profit": "700.5", "order_profit": "700.5", "currency": "HKD"},
        {"symbol": "AAPL.US", "profit": "15.6", "currency": "HKD"},
    ]
    frame = work(client, fees=False)
    summed = portfolio.by_symbol(frame).set_index("symbol")
    assert summed.loc["700.HK", "broker_pl"] == 700.5
    assert summed.loc["700.HK", "difference"] == -50.5
    assert not summed.loc["700.HK", "comparable"]
    assert summed.loc["AAPL.US", "comparable"]
    assert pd.isna(summed.loc["AAPL.US", "broker_pl"])  # in another currency than the trades
    json.dumps(frame.attrs)
    with pytest.raises(RequestRefused, match=r"portfolio\.pnl"):
        portfolio.by_symbol(pd.DataFrame({"symbol": []}))


@pytest.mark.parametrize(
    ("row", "symbol"),
    [
        ({"symbol": "700.HK"}, "700.HK"),
        ({"counter_id": "ST/HK/00700"}, "700.HK"),
        ({"counter_id": "ST/US/BRK.B"}, "BRK.B.US"),
        ({"security_code": "00005", "market": "HK"}, "5.HK"),
        ({"security_code": "-", "isin": "HK0000447943"}, "HK0000447943"),
        ({"isin": "-"}, ""),
    ],
)
def test_the_symbol_of_an_analysed_item(row: dict[str, str], symbol: str) -> None:
    assert symbol_of(row) == symbol


def test_offline_gives_an_empty_frame_and_one_line() -> None:
    client = traded(*PLAIN)
    client.fails = {"history_executions": offline("history_executions"), "today_executions": offline("today")}
    frame, line = incomplete(client)
    assert len(frame) == 0
    assert list(frame.columns)[:3] == ["kind", "symbol", "market"]
    assert "executions (" in line
    assert len(client.calls) == 1


def test_positions_that_cant_be_read_leave_sales_unmatched_rather_than_short() -> None:
    client = traded(("Buy", "10", "10"), ("Sell", "30", "12"))
    client.fails["stock_positions"] = refused("busy", 500000, 500)
    frame, line = incomplete(client, fees=False)
    assert list(zip(frame.kind, frame.quantity, strict=True)) == [("trip", 10), ("unmatched", -20)]
    assert "stock positions (busy" in line


def test_ctrl_c_gives_no_half_a_profit() -> None:
    client = traded(*PLAIN)

    def stop(operation: str) -> None:
        if operation == "history_executions":
            raise KeyboardInterrupt

    client.before = stop
    with pytest.raises(Interrupted):
        portfolio.pnl(client, START, END)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"method": "lifo"}, "method is fifo or average, not 'lifo'"),
        ({"base_currency": "dollars"}, "base_currency is a code"),
    ],
)
def test_what_is_refused(more: dict[str, Any], words: str) -> None:
    with pytest.raises(RequestRefused, match=words):
        portfolio.pnl(FakeAccount(), START, END, **more)


def test_a_window_that_is_none_is_refused() -> None:
    with pytest.raises(RequestRefused, match="swap them"):
        portfolio.pnl(FakeAccount(), END, START)


def test_an_account_that_never_traded() -> None:
    full, empty = work(traded(*PLAIN, held="50")), work(FakeAccount())
    assert len(empty) == 0
    assert full.dtypes.equals(empty.dtypes)
    assert len(portfolio.by_symbol(empty)) == 0


def test_times_are_in_the_clients_zone_and_the_notes_say_the_sums() -> None:
    client = traded(*PLAIN, held="50", tz="Asia/Hong_Kong")
    frame = work(client)
    assert str(frame.closed_at.dt.tz) == "Asia/Hong_Kong"
    assert frame.closed_at.iloc[0].isoformat() == "2026-11-03T16:00:00+08:00"
    said = portfolio.notes(frame)
    assert "2 round trips; realized 650.00 HKD before fees; 647.50 after." in said
    assert "650" not in portfolio.notes(frame, privacy=True)
