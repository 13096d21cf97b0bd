"""Exposure, deltas, and what orders would change: by hand, against closed forms, and in the sandbox."""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pandas as pd
import pytest
from support import soak
from support.accounts import FakeAccount, offline, quote, refused, stock
from support.sandbox import start_sandbox

from jupyter_openapi import Client, Credentials, portfolio
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.frames.view import picture_of, view_of
from jupyter_openapi.market.symbols import contract
from jupyter_openapi.portfolio import IncompleteWarning
from jupyter_openapi.portfolio.exposures import sentences
from jupyter_openapi.portfolio.option_risk import model_delta

FAR = date.today() + timedelta(days=200)  # noqa: DTZ011 (any day ahead)
CALL = f"AAPL{FAR:%y%m%d}C260000.US"


class Market(FakeAccount):
    """An account whose broker serves deltas, sectors and margin factors."""

    deltas: Mapping[str, str] = MappingProxyType({})
    sectors: Mapping[str, str | int] = MappingProxyType({})
    industries: Mapping[str, str] = MappingProxyType({})
    factors: Mapping[str, str] = MappingProxyType({})

    def _calc_indexes(self, asked: Any) -> Any:
        return {
            "security_calc_index": [
                {"symbol": symbol, "delta": self.deltas.get(symbol, "")} for symbol in asked["symbols"]
            ]
        }

    def _fundamental_institution_rating_latest(self, asked: Any) -> Any:
        if asked["symbol"] not in self.industries:
            raise refused("no ratings", 602001)
        return {"industry_name": self.industries[asked["symbol"]]}

    def _fundamental_company(self, asked: Any) -> Any:
        if asked["symbol"] not in self.sectors:
            raise refused("no such company", 602001)
        return {"sector": self.sectors[asked["symbol"]]}

    def _margin_ratio(self, asked: Any) -> Any:
        return {"im_factor": self.factors.get(asked["symbol"], "0.5")}


def account(**more: Any) -> Market:
    """60,000 HKD of 700.HK, 10 AAPL.US at 250, 2 calls sold short at 12; cash HKD 20,000; 7.8 a dollar."""
    client = Market(
        [
            stock("700.HK", "100", "500", "100"),
            stock("AAPL.US", "10", "200", "10"),
            stock(CALL, "-2", "10", "-2"),
        ],
        quotes=[quote("700.HK", "600", "590"), quote("AAPL.US", "250", "251")],
        options=[
            quote(CALL, "12", "11") | {
                "option_extend": {
                    "contract_multiplier": "100", "implied_volatility": "0.3", "contract_type": "U",
                }
            }
        ],
        cash={"HKD": "20000"},
        statics={"700.HK": {"currency": "HKD"}, "AAPL.US": {"currency": "USD"}},
        **more,
    )  # fmt: skip
    client.deltas = {CALL: "0.6"}
    return client


def quiet(ask: Any, *args: Any, **more: Any) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return ask(*args, **more)


def test_an_option_moves_with_its_underlying_by_its_delta() -> None:
    frame = quiet(portfolio.exposure, account()).set_index("symbol")
    short = -2 * 100 * 0.6 * 250 * 7.8
    assert frame.loc[CALL, "net"] == pytest.approx(short)
    assert frame.loc[CALL, "value"] == pytest.approx(-2 * 100 * 12 * 7.8)
    known = frame.attrs["openapi"]["summary"]
    shares = 10 * 250 * 7.8
    worth = 60_000 + shares - 2400 * 7.8 + 20_000
    assert float(known["net_assets"]) == pytest.approx(worth)
    assert float(known["gross"]) == pytest.approx(60_000 + shares - short)
    assert float(known["net"]) == pytest.approx(60_000 + shares + short)
    assert known["leverage"] == pytest.approx((60_000 + shares - short) / worth)
    # By underlying the call is taken off the share.
    sizes = [60_000, abs(shares + short)]
    assert [one["share_pct"] for one in known["top"]] == pytest.approx(
        sorted((100 * size / sum(sizes) for size in sizes), reverse=True)
    )
    assert known["concentration"] == pytest.approx(sum((size / sum(sizes)) ** 2 for size in sizes))
    by = quiet(portfolio.exposure, account(), "underlying").set_index("underlying")
    assert by.loc["AAPL.US", "holdings"] == 2
    assert by.loc["AAPL.US", "net"] == pytest.approx(shares + short)
    assert by.loc["AAPL.US", "unrealized_pl"] == pytest.approx((10 * 50 - 2 * 100 * 2) * 7.8)
    assert by.loc["AAPL.US", "day_pl"] == pytest.approx((-10 - 2 * 100) * 7.8)
    assert "Gross " in sentences(quiet(portfolio.exposure, account()))[0]


def test_groups_add_up_to_the_whole() -> None:
    client = account()
    client.sectors = {"700.HK": "Internet", "AAPL.US": "Hardware"}
    nets = []
    for by in ("symbol", "market", "currency", "sector", "underlying"):
        frame = quiet(portfolio.exposure, client, by)
        nets.append(frame["net"].sum())
        assert (frame["gross"] == frame["long"] - frame["short"]).all()
    assert nets == pytest.approx([nets[0]] * 5)
    sectors = quiet(portfolio.exposure, client, "sector")
    assert set(sectors["sector"]) == {"Internet", "Hardware"}
    cash = quiet(portfolio.exposure, client, "currency").set_index("currency")["cash"]
    assert cash.to_dict() == {"HKD": 20_000, "USD": 0}


@pytest.mark.parametrize("by", ["symbol", "market", "currency", "sector", "underlying"])
def test_amounts_say_their_currency(by: str) -> None:
    """`value` has it in each row; here all rows are converted, so it stands once, below and in the notes."""
    client = account()
    client.sectors = {"700.HK": "Internet", "AAPL.US": "Hardware"}
    frame = quiet(portfolio.exposure, client, by, base_currency="USD")
    view = view_of(frame)
    assert view is not None
    assert "Amounts: USD." in picture_of(frame, view).notes
    assert portfolio.notes(frame).startswith("Amounts are in USD.\n")
    valued = quiet(portfolio.value, account(), "USD")
    assert "Amounts" not in portfolio.notes(valued)
    assert set(valued["base_currency"]) == {"USD"}


def test_a_sector_is_the_industrys_name_or_its_number() -> None:
    client = account()
    client.industries = {"700.HK": "Internet", "AAPL.US": ""}
    client.sectors = {"700.HK": 50, "AAPL.US": 45}
    frame = quiet(portfolio.exposure, client, "sector")
    assert set(frame["sector"]) == {"Internet", "sector 45"}
    client.sectors = {"AAPL.US": 0}  # a number that stands for none
    with pytest.warns(IncompleteWarning, match="the sector of AAPL.US"):
        frame = portfolio.exposure(client, "sector")
    assert set(frame["sector"]) == {"Internet", "not known"}
    assert not any("could not be read" in line for line in frame.attrs["openapi"]["notes"])


def test_what_is_not_known_is_missing_and_said() -> None:
    client = account(fails={"calc_indexes": offline("calc_indexes")})
    client.options = []
    with pytest.warns(IncompleteWarning, match=f"the delta of {CALL}"):
        frame = portfolio.exposure(client)
    assert frame.set_index("symbol").loc[CALL, ["net", "gross", "value"]].isna().all()
    assert frame.attrs["openapi"]["summary"]["net_assets"] is None
    client = account(fails={"account_balance": offline("account_balance")})
    with pytest.warns(IncompleteWarning, match="cash balance"):
        frame = portfolio.exposure(client)
    assert frame["net_pct"].isna().all()
    with pytest.warns(IncompleteWarning, match="the sector of"):
        frame = portfolio.exposure(account(), "sector")
    assert frame["sector"].tolist() == ["not known"]
    assert quiet(portfolio.exposure, Market()).empty
    for more, words in (({"by": "name"}, "by is symbol, market"), ({"rate_pct": "x"}, "rate_pct is percent")):
        with pytest.raises(RequestRefused, match=words):
            portfolio.exposure(account(), **more)


def test_without_the_brokers_delta_it_is_quantlibs() -> None:
    client = account()
    client.deltas = {}
    frame = quiet(portfolio.exposure, client, rate_pct=3)
    row = frame.set_index("symbol").loc[CALL]
    right = closed(250, 260, 0.3, 0.03, (FAR - today_there()).days / 365, call=True)
    assert row.net == pytest.approx(-2 * 100 * right * 250 * 7.8, rel=1e-9)
    assert any("are QuantLib's: Black-Scholes" in line for line in frame.attrs["openapi"]["notes"])


def today_there() -> date:
    from jupyter_openapi.market.symbols import today_in

    return today_in("US")


def closed(price: float, strike: float, sigma: float, rate: float, years: float, *, call: bool) -> float:
    """Black and Scholes' delta."""
    first = (math.log(price / strike) + (rate + sigma**2 / 2) * years) / (sigma * math.sqrt(years))
    normal = (1 + math.erf(first / math.sqrt(2))) / 2
    return normal if call else normal - 1


def test_european_deltas_are_the_closed_form_and_american_ones_near_it() -> None:
    dice = random.Random(2)
    today = date(2026, 3, 2)
    for _ in range(soak(100)):
        days, strike = dice.randint(5, 700), dice.randint(150, 350)
        call = dice.random() < 0.5
        option = contract(f"AAPL{today + timedelta(days=days):%y%m%d}{'C' if call else 'P'}{strike}000.US")
        assert option is not None
        price, sigma, rate = dice.uniform(150, 350), dice.uniform(0.1, 0.8), dice.uniform(0, 0.06)
        right = closed(price, strike, sigma, rate, days / 365, call=call)
        european = model_delta(option, price, sigma, rate, today, american=False)
        assert european == pytest.approx(right, rel=1e-9, abs=1e-9)
        if call:  # without dividends an American call is never exercised early
            american = model_delta(option, price, sigma, rate, today, american=True)
            assert american == pytest.approx(right, abs=0.01)
        assert model_delta(option, price, sigma, rate, option.expiry, american=True) is None


# What if


def test_what_if_by_hand() -> None:
    client = account()
    orders = [
        {"symbol": "700.HK", "side": "Sell", "quantity": 100, "price": 610},
        {"symbol": "AAPL.US", "side": "buy", "quantity": 4},
    ]
    with pytest.warns(IncompleteWarning, match="cash in USD would fall below zero"):
        frame = portfolio.what_if(client, orders)
    rows = frame.set_index("symbol")
    assert rows.loc["700.HK", ["quantity", "quantity_after"]].tolist() == [100, 0]
    assert rows.loc["AAPL.US", "quantity_after"] == 14
    assert rows.loc["AAPL.US", "exposure_base_after"] == pytest.approx(14 * 250 * 7.8)
    assert rows.loc[CALL, "exposure_base"] == pytest.approx(-2 * 100 * 0.6 * 250 * 7.8)
    summary = frame.attrs["openapi"]["summary"]
    fees = float(summary["fees"])
    assert rows.loc["Cash HKD", "quantity_after"] < 20_000 + 61_000
    assert rows.loc["Cash USD", "quantity_after"] <= -1000
    before, after = map(float, summary["net_assets"])
    assert after == pytest.approx(before + 1000 - fees)  # sold 10 above the last price
    assert rows["weight"].sum() == pytest.approx(1)
    assert rows["weight_after"].sum() == pytest.approx(1)
    margin = [float(value) for value in summary["margin"]]
    assert margin[0] == pytest.approx(0.5 * (60_000 + 10 * 250 * 7.8 + 2400 * 7.8))
    assert margin[1] == pytest.approx(0.5 * (14 * 250 * 7.8 + 2400 * 7.8))
    gross = [float(value) for value in summary["gross_exposure"]]
    assert gross[0] - gross[1] == pytest.approx(60_000 - 4 * 250 * 7.8)


def test_nothing_changes_nothing_and_short_sales_are_named() -> None:
    orders = [{"symbol": "700.HK", "side": "Sell", "quantity": 300}]
    with pytest.warns(IncompleteWarning, match=r"700\.HK would be sold short"):
        portfolio.what_if(account(), orders)
    client = account()
    client.quotes = client.quotes[1:]
    with pytest.warns(IncompleteWarning, match=r"no quote for 700\.HK"):
        frame = portfolio.what_if(client, orders)
    assert frame.attrs["openapi"]["summary"]["cash"][1] is None
    assert frame.set_index("symbol").loc["Cash HKD", ["quantity_after", "weight_after"]].isna().all()


@pytest.mark.parametrize(
    ("orders", "words"),
    [
        ([], "orders takes a DataFrame or a list of orders"),
        ("buy", "orders takes a DataFrame or a list of orders"),
        (
            [{"symbol": "700.HK", "side": "hold", "quantity": 1}],
            "Row 1 of orders: an order has a symbol, a side",
        ),
        ([{"symbol": "700.HK", "side": "Buy", "quantity": 0}], "Row 1"),
        ([{"symbol": "700.HK", "side": "Buy", "quantity": 1, "price": "cheap"}], "Row 1"),
        ([{"symbol": "700", "side": "Buy", "quantity": 1}], r"type 700\.HK"),
    ],
)
def test_a_row_that_is_no_order_is_refused(orders: Any, words: str) -> None:
    with pytest.raises(RequestRefused, match=words):
        portfolio.what_if(account(), orders)


# Several accounts


def test_several_accounts_are_one_frame() -> None:
    one, two = (
        account(),
        FakeAccount([stock("5.HK", "400", "90", "400")], quotes=[quote("5.HK", "100", "99")]),
    )
    two.cash = {"HKD": "1000"}
    frame = quiet(portfolio.value, {"hk": one, "us": two})
    assert frame.columns[0] == "account"
    assert frame["account"].tolist() == ["hk"] * 3 + ["us"]
    alone = quiet(portfolio.value, two)
    assert frame["market_value_base"].iloc[-1] == alone["market_value_base"].iloc[0] == 40_000
    assert frame["weight"].abs().sum() == pytest.approx(1)
    whole = portfolio.totals(frame).iloc[-1]
    separate = [
        portfolio.totals(quiet(portfolio.value, each))["market_value"].iloc[-1] for each in (one, two)
    ]
    assert whole.market_value == pytest.approx(sum(separate))
    assert frame.attrs["openapi"]["cash"][1]["account"] == "us"
    listed = quiet(portfolio.value, [one, two])
    assert listed["account"].unique().tolist() == ["paper …4821", "paper …4821 (2)"]
    two.fails = {"quote": refused("no access", 301604)}
    with pytest.warns(IncompleteWarning, match="us: no quote for 5.HK"):
        portfolio.value({"hk": one, "us": two})
    for clients, words in (([], "Pass at least one client"), ([one, one], "A client comes twice")):
        with pytest.raises(RequestRefused, match=words):
            portfolio.value(clients)
    assert quiet(portfolio.value, [FakeAccount(), one])["symbol"].tolist() == frame["symbol"].tolist()[:3]


# In the sandbox


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with start_sandbox("--limits", "off") as sandbox:
        keys = sandbox.credentials
        made = Credentials(keys.app_key, keys.app_secret, keys.access_token)
        with Client(made, "sandbox", sandbox.url, limits=False) as opened:
            yield opened


def test_the_sandbox_serves_all_of_it(client: Client) -> None:
    frame = quiet(portfolio.exposure, client)
    assert frame["net_pct"].notna().all()
    held = quiet(portfolio.value, client)
    assert frame["net"].sum() == pytest.approx(held["market_value_base"].sum(), rel=0.01)
    after = quiet(portfolio.what_if, client, [{"symbol": "700.HK", "side": "Buy", "quantity": 100}])
    summary = after.attrs["openapi"]["summary"]
    before, then = (Decimal(value) for value in summary["net_assets"])
    assert before - then == Decimal(summary["fees"])
    two = quiet(portfolio.value, {"a": client, "b": FakeAccount()})
    assert set(two["account"]) == {"a"}
