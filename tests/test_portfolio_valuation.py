"""Every holding valued: hand-worked cases, what is not known, and the totals."""

from __future__ import annotations

import json
import warnings
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from support.accounts import FakeAccount, fill, fund, offline, quote, refused, stock

from jupyter_openapi import portfolio
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.portfolio import IncompleteWarning

PINNED = [
    "account_channel",
    "symbol",
    "symbol_name",
    "market",
    "currency",
    "quantity",
    "available_quantity",
    "cost_price",
    "last_done",
    "prev_close",
    "market_value",
    "cost_value",
    "unrealized_pl",
    "unrealized_pl_pct",
    "day_pl",
    "day_pl_pct",
    "weight",
    "base_currency",
    "market_value_base",
    "unrealized_pl_base",
]
TEXTS = {"account_channel", "symbol", "symbol_name", "market", "currency", "base_currency"}
NOW = int(datetime.now(UTC).timestamp())
OPTION = "AAPL270115C260000.US"


def account() -> FakeAccount:
    return FakeAccount(
        stocks=[
            stock("700.HK", "650", "457.53", "500", name="TENCENT"),
            stock("AAPL.US", "10", "150.1", "10"),
        ],
        funds=[fund("HK0000447943", "1000.5", "10", "12.5")],
        quotes=[quote("700.HK", "600", "590"), quote("AAPL.US", "270.25", "271.25")],
        cash={"HKD": "1000.10", "USD": "200"},
        today=[fill(1, "700.HK", "Buy", "200", "595", NOW), fill(2, "700.HK", "Sell", "50", "605", NOW)],
        net_assets="421000",
    )


def row(frame: pd.DataFrame, symbol: str) -> pd.Series:
    return frame.set_index("symbol").loc[symbol]


def incomplete(client: FakeAccount, base: str = "HKD") -> tuple[pd.DataFrame, str]:
    with pytest.warns(IncompleteWarning) as caught:
        frame = portfolio.value(client, base)
    assert len(caught) == 1
    line = str(caught[0].message)
    assert "\n" not in line
    return frame, line


def test_a_hand_worked_account() -> None:
    frame = portfolio.value(account())
    assert list(frame.columns) == PINNED
    tencent = row(frame, "700.HK")
    assert tencent.market_value == 390_000
    assert tencent.cost_value == 297_394.5
    assert tencent.unrealized_pl == tencent.unrealized_pl_base == 92_605.5
    assert tencent.unrealized_pl_pct == pytest.approx(100 * 92_605.5 / 297_394.5)
    # 500 held at the open moved by 10; 200 bought at 595 gained 5 each, 50 sold at 605 kept 5 each.
    assert tencent.day_pl == 500 * 10 + 200 * 5 + 50 * 5
    assert tencent.day_pl_pct == pytest.approx(100 * 6250 / (500 * 590 + 200 * 595))
    apple = row(frame, "AAPL.US")
    assert apple.market_value == 2702.5
    assert apple.day_pl == -10
    assert apple.market_value_base == 2702.5 * 7.8
    assert apple.unrealized_pl_base == pytest.approx((2702.5 - 1501) * 7.8, abs=1e-9)
    fund_row = row(frame, "HK0000447943")
    assert (fund_row.market, fund_row.last_done, fund_row.market_value) == ("FUND", 12.5, 12_506.25)
    assert fund_row.unrealized_pl == 2501.25
    assert fund_row[["prev_close", "day_pl", "day_pl_pct", "available_quantity"]].isna().all()
    assert frame.weight.sum() == pytest.approx(1)
    assert tencent.weight == pytest.approx(390_000 / frame.market_value_base.sum())
    assert set(frame.base_currency) == {"HKD"}


def test_dtypes_do_not_depend_on_what_is_held() -> None:
    full, empty = portfolio.value(account()), portfolio.value(FakeAccount())
    assert list(empty.columns) == PINNED
    assert len(empty) == 0
    for name in PINNED:
        kind = full[name].dtype
        assert kind == empty[name].dtype
        assert kind == (pd.Series(dtype="str").dtype if name in TEXTS else "float64"), name


def test_the_definitions_travel_with_the_frame_and_are_json_safe() -> None:
    facts = portfolio.value(account()).attrs["openapi"]
    text = json.dumps(facts)
    for words in ("quantity at the open", "average or diluted", "gains and losses of the currencies"):
        assert words in text
    assert facts["missing"] == []
    assert (facts["mode"], facts["operation"], facts["base_currency"]) == ("paper", "portfolio", "HKD")
    assert facts["rates"]["USD"] == "7.8"


def test_an_options_multiplier_is_taken_from_its_quote_or_assumed_and_said_so() -> None:
    held = stock(OPTION, "2", "5", "2")
    extend = {"contract_multiplier": "100"}
    known = FakeAccount([held], options=[quote(OPTION, "6", "5.5", option_extend=extend)])
    found = row(portfolio.value(known, "USD"), OPTION)
    assert (found.market_value, found.cost_value, found.unrealized_pl, found.day_pl) == (1200, 1000, 200, 100)
    assert "quote" not in known.names()
    unknown = FakeAccount([held], options=[quote(OPTION, "6", "5.5", option_extend={})])
    frame, line = incomplete(unknown, "USD")
    assert row(frame, OPTION).market_value == 1200
    assert f"the multiplier of {OPTION} could not be read; 100 is assumed" in line
    adjusted = "AAPL1270115C260000.US"  # changed by a split: nothing is usual
    unknown = FakeAccount(
        [stock(adjusted, "2", "5", "2")], options=[quote(adjusted, "6", "5.5", option_extend={})]
    )
    frame, line = incomplete(unknown, "USD")
    assert row(frame, adjusted)[["market_value", "cost_value", "unrealized_pl", "day_pl"]].isna().all()
    assert f"no contract multiplier for {adjusted}" in line


def test_a_currency_that_a_position_lacks_is_the_securitys_own() -> None:
    client = FakeAccount(
        [stock("80700.HK", "100", "500", "100", currency="")], quotes=[quote("80700.HK", "550", "540")]
    )
    client.statics = {"80700.HK": {"currency": "CNY"}}
    client.today = [fill(1, "83690.HK", "Sell", "100", "90", NOW)]
    client.statics["83690.HK"] = {"currency": "CNY"}
    client.quotes.append(quote("83690.HK", "91", "92"))
    frame = portfolio.value(client)
    assert row(frame, "80700.HK").currency == "CNY"
    assert row(frame, "80700.HK").market_value_base == pytest.approx(55_000 * 1.1)
    [gone] = frame.attrs["openapi"]["closed_today"]
    assert (gone["currency"], gone["day_pl"]) == ("CNY", "-200")


def test_a_short_position_gains_when_the_price_falls() -> None:
    client = FakeAccount([stock("TSLA.US", "-10", "400", "-10")], quotes=[quote("TSLA.US", "380", "390")])
    found = row(portfolio.value(client, "USD"), "TSLA.US")
    assert (found.market_value, found.unrealized_pl, found.day_pl) == (-3800, 200, 100)
    assert found.unrealized_pl_pct == 5
    assert found.weight == -1


@pytest.mark.parametrize("cost", [None, "", "0", "0.000", "n/a"])
def test_a_missing_cost_is_not_zero(cost: str | None) -> None:
    client = FakeAccount([stock("700.HK", "100", cost, "100")], quotes=[quote("700.HK", "600", "590")])
    frame, line = incomplete(client)
    found = row(frame, "700.HK")
    assert found[["cost_price", "cost_value", "unrealized_pl", "unrealized_pl_pct"]].isna().all()
    assert found.market_value == 60_000
    assert found.day_pl == 1000
    assert "no cost for 700.HK" in line


def test_one_unknown_symbol_among_many() -> None:
    client = FakeAccount(
        [stock("700.HK", "100", "500", "100"), stock("XYZ.US", "7", "3", "7")],
        quotes=[quote("700.HK", "600", "590")],
    )
    frame, line = incomplete(client)
    assert row(frame, "700.HK").market_value == 60_000
    assert row(frame, "700.HK").weight == 1
    assert (
        row(frame, "XYZ.US")[["last_done", "market_value", "unrealized_pl", "day_pl", "weight"]].isna().all()
    )
    assert row(frame, "XYZ.US").cost_value == 21
    assert "no quote for XYZ.US" in line


def test_a_symbol_that_makes_the_broker_refuse_the_whole_request_is_singled_out() -> None:
    symbols = [f"{number}.HK" for number in range(1, 10)] + ["XYZ.US"]
    client = FakeAccount(
        [stock(symbol, "1", "1", "1") for symbol in symbols],
        quotes=[quote(symbol, "2", "2") for symbol in symbols],
        refuses=lambda asked: refused("unknown symbol 7.HK", 602001) if "7.HK" in asked else None,
    )
    frame, line = incomplete(client)
    assert frame.loc[frame.last_done.isna(), "symbol"].tolist() == ["7.HK"]
    assert "no quote for 7.HK (unknown symbol 7.HK, code 602001)" in line
    assert client.names().count("quote") <= 10


def test_no_quote_permission_for_one_market_leaves_the_other() -> None:
    client = FakeAccount(
        [stock("700.HK", "1", "1", "1"), stock("AAPL.US", "1", "1", "1"), stock("TSLA.US", "1", "1", "1")],
        quotes=[quote("700.HK", "600", "590")],
        refuses=lambda asked: (
            refused("no quote access", 301604) if any("US" in one for one in asked) else None
        ),
    )
    frame, line = incomplete(client)
    assert frame.last_done.notna().tolist() == [True, False, False]
    assert "no quote for AAPL.US, TSLA.US (no quote access, code 301604)" in line
    assert client.names().count("quote") == 3


def test_a_currency_without_a_rate() -> None:
    client = FakeAccount(
        [stock("D05.SG", "10", "30", "10"), stock("700.HK", "1", "500", "1")],
        quotes=[quote("D05.SG", "40", "39"), quote("700.HK", "600", "600")],
    )
    frame, line = incomplete(client)
    bank = row(frame, "D05.SG")
    assert bank.market_value == 400
    assert bank[["market_value_base", "unrealized_pl_base", "weight"]].isna().all()
    assert "no rate for SGD into HKD" in line
    summed = portfolio.totals(frame).set_index("market")
    assert summed.loc["SG", "unknown"] == summed.loc["TOTAL", "unknown"] == 1
    assert summed.loc["TOTAL", "market_value_base"] == 600


def test_renminbi_on_and_off_shore_share_a_rate_and_others_go_over_a_third_currency() -> None:
    client = FakeAccount([stock("600519.SH", "2", "1500", "2")], quotes=[quote("600519.SH", "1600", "1600")])
    frame = portfolio.value(client)
    assert row(frame, "600519.SH").market_value_base == 3520
    assert "Onshore and offshore renminbi share one rate." in frame.attrs["openapi"]["notes"]
    in_dollars = row(portfolio.value(client, "USD"), "600519.SH").market_value_base
    assert in_dollars == pytest.approx(3200 * 1.1 * 0.1282)


def test_a_fund_without_a_net_asset_value() -> None:
    frame, line = incomplete(FakeAccount(funds=[fund("HK0000447943", "5", "0.00", "0")]))
    assert frame[["last_done", "market_value", "cost_value", "unrealized_pl"]].isna().all().all()
    assert "no net asset value for HK0000447943" in line
    assert "no cost for HK0000447943" in line


def test_offline_gives_an_empty_frame_and_one_line_and_asks_once() -> None:
    client = account()
    client.fails = dict.fromkeys(("stock_positions", "fund_positions", "account_balance"), offline("read"))
    frame, line = incomplete(client)
    assert list(frame.columns) == PINNED
    assert len(frame) == 0
    assert "stock positions (read: no answer from" in line
    assert client.names() == ["stock_positions"]


def test_refused_keys_are_not_tried_again_and_again() -> None:
    client = account()
    client.fails["stock_positions"] = refused("token expired", 401003, 401)
    _, line = incomplete(client)
    assert client.names() == ["stock_positions"]
    assert line.count("token expired") == 1


def test_what_fails_alone_leaves_the_rest() -> None:
    client = account()
    client.fails = {"today_executions": refused("busy", 500000, 500), "exchange_rate": refused("no", 403001)}
    frame, line = incomplete(client)
    assert frame.market_value.notna().all()
    assert frame.day_pl.isna().all()
    assert "today's executions (busy, code 500000)" in line
    assert "rates of exchange (no, code 403001)" in line


def test_rates_are_asked_for_only_where_currencies_differ() -> None:
    client = FakeAccount(
        [stock("700.HK", "1", "1", "1")], quotes=[quote("700.HK", "6", "6")], cash={"HKD": "5"}
    )
    portfolio.value(client)
    assert "exchange_rate" not in client.names()


def test_the_day_of_what_was_bought_and_sold_today() -> None:
    client = FakeAccount(
        [stock("700.HK", "100", "600", "0")],
        quotes=[quote("700.HK", "610", "590"), quote("5.HK", "108", "110")],
        today=[
            fill(1, "700.HK", "Buy", "100", "600", NOW),
            fill(2, "5.HK", "Sell", "400", "109", NOW),
        ],
    )
    frame = portfolio.value(client)
    assert row(frame, "700.HK").day_pl == 1000
    assert row(frame, "700.HK").day_pl_pct == pytest.approx(100 * 1000 / 60_000)
    # 5.HK is gone: 400 held at the open fell from 110 to the 109 they were sold for.
    assert frame.attrs["openapi"]["closed_today"] == [
        {"symbol": "5.HK", "market": "HK", "currency": "HKD", "day_pl": "-400", "day_pl_base": "-400"}
    ]
    summed = portfolio.totals(frame).set_index("market")
    assert summed.loc["CLOSED", "day_pl"] == -400
    assert summed.loc["TOTAL", "day_pl"] == 600


def test_a_fill_without_a_side_takes_its_orders() -> None:
    client = account()
    client.today = [fill(1, "700.HK", None, "150", "595", NOW, "A")]
    client.details["A"] = {"order_id": "A", "side": "Buy"}
    assert row(portfolio.value(client), "700.HK").day_pl == 500 * 10 + 150 * 5
    assert client.names().count("order_detail") == 1


def test_a_quantity_that_todays_fills_do_not_explain_is_said() -> None:
    client = account()
    client.today = []
    frame, line = incomplete(client)
    assert row(frame, "700.HK").day_pl == 5000
    assert "what besides today's fills changed the quantity of 700.HK" in line


def test_prices_of_another_day_are_dated() -> None:
    client = account()
    client.quotes[1] = quote("AAPL.US", "270.25", "271.25", datetime.now(UTC) - timedelta(days=2))
    said = portfolio.notes(portfolio.value(client))
    assert "US has not traded today" in said
    client.quotes[1] = quote("AAPL.US", "270.25", "271.25", datetime.now(UTC) - timedelta(days=40))
    assert "Old last prices: AAPL.US of " in portfolio.notes(portfolio.value(client))


def test_totals_add_up_by_market_and_currency_with_the_cash() -> None:
    frame = portfolio.value(account())
    summed = portfolio.totals(frame)
    keyed = summed.set_index(["market", "currency"])
    assert keyed.index.tolist() == [
        ("HK", "HKD"),
        ("US", "USD"),
        ("FUND", "HKD"),
        ("CASH", "HKD"),
        ("CASH", "USD"),
        ("TOTAL", "HKD"),
    ]
    assert keyed.loc[("CASH", "USD"), "market_value_base"] == 1560
    assert keyed.loc[("HK", "HKD"), "day_pl"] == 6250
    assert keyed.loc[("US", "USD"), "day_pl_base"] == -78
    whole = 390_000 + 2702.5 * 7.8 + 12_506.25 + 1000.1 + 1560
    assert keyed.loc[("TOTAL", "HKD"), "market_value"] == pytest.approx(whole, abs=1e-9)
    assert keyed.share.iloc[:-1].sum() == pytest.approx(1)
    broker = summed.attrs["openapi"]["broker"]
    assert float(broker["difference"]) == pytest.approx(whole - 421_000)
    part = portfolio.totals(frame[frame.market == "US"])
    assert part["holdings"].iloc[-1] == 1
    with pytest.raises(RequestRefused, match=r"portfolio\.value\(client\)"):
        portfolio.totals(pd.DataFrame({"market": ["HK"]}))


def test_money_is_exact_where_floats_are_not() -> None:
    symbols = [f"{number}.HK" for number in range(1, 4)]
    client = FakeAccount(
        [stock(symbol, "3", "0.1", "3") for symbol in symbols],
        quotes=[quote(symbol, "0.1", "0.1") for symbol in symbols],
    )
    frame = portfolio.value(client)
    assert frame.market_value.tolist() == [0.3] * 3  # 3 * 0.1 is 0.30000000000000004 in floats
    assert portfolio.totals(frame)["market_value"].iloc[-1] == 0.9


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ("426145.85", "the same to a cent"),
        ("426145.855", "the same to a cent"),  # half a cent is no "0.00 less"
        ("426145.84", "0.01 more"),
        ("426145.87", "0.02 less"),
    ],
)
def test_a_total_that_agrees_to_a_cent_is_said_to(theirs: str, said: str) -> None:
    client = account()
    client.net_assets = theirs
    assert f"ours are {said}." in portfolio.notes(portfolio.value(client))


def test_notes_in_words_hide_amounts_when_asked() -> None:
    frame = portfolio.value(account())
    said = portfolio.notes(frame)
    assert "Total 426,145.85 HKD; of it cash 2,560.10" in said
    assert "The broker's own net assets: 421,000.00 HKD; ours are 5,145.85 more." in said
    assert "426,145" not in portfolio.notes(frame, privacy=True)


def test_an_empty_account_is_said_to_be_empty() -> None:
    assert portfolio.notes(portfolio.value(FakeAccount())).startswith("No positions and no cash.\n")
    frame, _ = incomplete(FakeAccount(fails={"stock_positions": offline("read")}))
    assert portfolio.notes(frame).startswith("Not known: stock positions")


def test_a_complete_account_gives_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        portfolio.value(account())


@pytest.mark.parametrize("code", ["", "HK", "EURO", "12A", None])
def test_a_base_currency_that_is_none(code: str | None) -> None:
    with pytest.raises(RequestRefused, match="base_currency is a code such as HKD"):
        portfolio.value(account(), code)  # type: ignore[arg-type]


def test_positions_in_two_channels_keep_their_rows() -> None:
    client = account()
    client.today = []
    data = {
        "list": [
            {"account_channel": "lb", "stock_info": [stock("700.HK", "100", "500", "100")]},
            {"account_channel": "lb_other", "stock_info": [stock("700.HK", "200", "510", "200")]},
            {"account_channel": "none", "stock_info": None},
        ]
    }
    client._stock_positions = lambda _: data  # type: ignore[method-assign]
    client.funds = []
    frame = portfolio.value(client)
    assert frame.account_channel.tolist() == ["lb", "lb_other"]
    assert frame.market_value.tolist() == [60_000, 120_000]
    client.today = [fill(1, "700.HK", "Buy", "100", "595", NOW)]
    frame, line = incomplete(client)
    assert frame.day_pl.isna().all()
    assert "in which account channel today's fills of 700.HK were" in line


def late(last: str, at: datetime, before: str) -> dict[str, str]:
    return {"last_done": last, "timestamp": str(int(at.timestamp())), "prev_close": before}


def test_the_latest_session_values_at_the_last_trade_of_any_and_says_so() -> None:
    close = datetime.now(UTC) - timedelta(hours=12)
    sessions = {
        "post_market_quote": late("272", close + timedelta(hours=3), "270.25"),
        "over_night_quote": late("274", close + timedelta(hours=9), "270.25"),
        "pre_market_quote": late("268", close - timedelta(hours=10), "271.25"),
    }
    client = account()
    client.quotes[1] = quote("AAPL.US", "270.25", "271.25", close) | sessions
    client.quotes.append(
        quote("SPY.US", "660", "650", close) | {"post_market_quote": late("661", close, "660")}
    )
    client.stocks.append(stock("SPY.US", "1", "600", "1"))
    usual = portfolio.value(client)
    assert row(usual, "AAPL.US").last_done == 270.25
    assert "price_session" not in usual
    frame = portfolio.value(client, session="latest")
    apple = row(frame, "AAPL.US")
    assert (apple.last_done, apple.market_value, apple.price_session) == (274, 2740, "overnight")
    assert apple.day_pl == pytest.approx(10 * (274 - 270.25))  # the coming day's: against the close before it
    assert row(frame, "SPY.US").price_session == "regular"  # traded then, and not since
    assert row(frame, "700.HK").last_done == 600
    assert "Valued at the last trade of any session: AAPL.US overnight " in portfolio.notes(frame)
    client.quotes[1].pop("over_night_quote")
    apple = row(portfolio.value(client, session="latest"), "AAPL.US")
    assert apple.day_pl == pytest.approx(10 * (272 - 271.25))  # after the close: still the day that was
    with pytest.raises(RequestRefused, match="session is regular or latest, not 'extended'"):
        portfolio.value(client, session="extended")
