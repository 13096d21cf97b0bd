"""What an order is worth, by hand: quantity x price x multiplier in the security's own currency."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from support.broker import client_of
from support.sandbox import start_sandbox
from support.wire import Received, http, recorder

from jupyter_openapi import Client, Credentials, Preview, RequestRefused
from jupyter_openapi.market.fees import BrokerFees
from jupyter_openapi.market.worth import Instruments
from jupyter_openapi.trading import describe
from jupyter_openapi.trading.broker_fees import Charged, rule_of

OPTION, ADJUSTED = "AAPL270115C260000.US", "AAPL1270115C260000.US"
LAST = {
    "700.HK": "600",
    "80700.HK": "550",
    "5.HK": "110",
    "2800.HK": "26",
    "1234.HK": "10",
    "13579.HK": "0.15",
    "55555.HK": "0.055",
    "AAPL.US": "270",
    "SPY.US": "660",
    OPTION: "12.4",
    ADJUSTED: "3",
}
STATIC = {
    "700.HK": ("HKD", 100, "HKEquity"),
    "80700.HK": ("CNY", 100, "HKEquity"),
    "5.HK": ("HKD", 400, "HKEquity"),
    "2800.HK": ("HKD", 500, "HKEquity"),
    "13579.HK": ("HKD", 10_000, "HKWarrant"),
    "55555.HK": ("HKD", 10_000, "HKWarrant"),
    "AAPL.US": ("USD", 1, "USMain"),
    "SPY.US": ("USD", 1, "USMain"),
}


@dataclass
class Exchange:
    """Answers reads about securities, and one order that stands; counts what it is asked."""

    multipliers: dict[str, str] = field(default_factory=lambda: {OPTION: "100"})
    held: dict[str, str] = field(default_factory=dict)
    standing: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: Received) -> bytes:
        self.asked.append(request.path)
        data = self._data(request)
        return http(json.dumps({"code": 0, "message": "success", "data": data}).encode())

    def _data(self, request: Received) -> Any:
        names = {
            "/quote/quotes": self._quotes,
            "/quote/options/quotes": self._options,
            "/quote/static-info": self._static,
        }
        if request.path in names:
            return names[request.path](_symbols(request))
        if request.path == "/v1/asset/stock":
            rows = [
                {"symbol": symbol, "quantity": held, "available_quantity": held}
                for symbol, held in self.held.items()
            ]
            return {"list": [{"account_channel": "lb_papertrading", "stock_info": rows}]}
        if request.path == "/v1/trade/order":
            return self.standing
        return {}

    def _quotes(self, symbols: list[str]) -> Any:
        rows = [{"symbol": s, "last_done": LAST[s], "timestamp": "1795100000"} for s in symbols if s in LAST]
        return {"secu_quote": rows}

    def _options(self, symbols: list[str]) -> Any:
        rows = self._quotes(symbols)["secu_quote"]
        for row in rows:
            row["option_extend"] = {"contract_multiplier": self.multipliers.get(row["symbol"], "")}
        return {"secu_quote": rows}

    @staticmethod
    def _static(symbols: list[str]) -> Any:
        rows = [
            {"symbol": s, "currency": STATIC[s][0], "lot_size": STATIC[s][1], "board": STATIC[s][2]}
            for s in symbols
            if s in STATIC
        ]
        return {"secu_static_info": rows}


def _symbols(request: Received) -> list[str]:
    found = json.loads(request.body)["symbol"] if request.body else parse_qs(request.query)["symbol"]
    return found if isinstance(found, list) else [found]


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
def client(exchange: Exchange, tmp_path: Path) -> Iterator[Client]:
    with recorder(exchange) as server, client_of(server.url, tmp_path) as made:
        yield made


def lines(made: Any, label: str) -> str:
    assert isinstance(made, Preview)
    return "; ".join(text for name, text in made.lines if name == label)


def buy(client: Client, symbol: str, quantity: int, **fields: Any) -> Any:
    asked = {"side": "Buy", "order_type": "LO", "override": ["max_value", "distance"], **fields}
    return client.call("submit_order", symbol=symbol, quantity=quantity, **asked)


# (symbol, quantity, fields, the amount, the duties): each worked by hand.
FIGURES: list[tuple[str, int, dict[str, Any], str, str]] = [
    # 200 contracts x 12.50 x 100; OCC 200 x 0.025.
    (OPTION, 200, {"price": "12.50"}, "250,000.00 USD", "fees about 5.00 USD without"),
    # A sale adds 250,000 x 20.60 / million = 5.15 and 200 x 0.00329 = 0.66.
    (OPTION, 200, {"price": "12.50", "side": "Sell"}, "250,000.00 USD", "fees about 10.81 USD without"),
    # At the market: 3 x the option's own last price of 12.40 x 100; OCC 0.08.
    (OPTION, 3, {"order_type": "MO"}, "at the last price about 3,720.00 USD", "fees about 0.08 USD"),
    # Triggered at 15: 2 x 15 x 100.
    (
        OPTION,
        2,
        {"order_type": "MIT", "trigger_price": "15"},
        "at the trigger about 3,000.00 USD",
        "0.05 USD",
    ),
    # The renminbi counter: 100 x 550 in CNY. Duty 55, levies 1.49 + 0.08 + 3.11 + 2.31.
    ("80700.HK", 100, {"price": "550"}, "55,000.00 CNY", "fees about 61.99 CNY without"),
    ("80700.HK", 200, {"order_type": "MO"}, "at the last price about 110,000.00 CNY", "CNY without"),
    # 100 x 600: duty 60, levies 1.62 + 0.09 + 3.39 + 2.52.
    ("700.HK", 100, {"price": "600"}, "60,000.00 HKD", "fees about 67.62 HKD without"),
    ("700.HK", 200, {"order_type": "MO"}, "at the last price about 120,000.00 HKD", "135.24 HKD without"),
    ("700.HK", 100, {"order_type": "LIT", "price": "590", "trigger_price": "595"}, "59,000.00 HKD", "HKD"),
    (
        "700.HK",
        100,
        {"order_type": "MIT", "trigger_price": "650"},
        "at the trigger about 65,000.00 HKD",
        "HKD",
    ),
    # A duty of 44.04 goes up to 45.
    ("5.HK", 400, {"price": "110.1"}, "44,040.00 HKD", "fees about 50.60 HKD without"),
    # A fund: no duty; 13,000 x 0.0125 percent in levies.
    ("2800.HK", 500, {"price": "26"}, "13,000.00 HKD", "fees about 1.65 HKD without"),
    # A warrant and a bull contract: no duty either.
    ("13579.HK", 10_000, {"price": "0.15"}, "1,500.00 HKD", "fees about 0.18 HKD without"),
    ("55555.HK", 100_000, {"price": "0.055"}, "5,500.00 HKD", "fees about 0.70 HKD without"),
    ("AAPL.US", 10, {"price": "268.5"}, "2,685.00 USD", "no duties or levies; the broker's own fees are not"),
    # 10 x 270 x 20.60 per million = 0.0557, up to 0.06; 10 x 0.000195, up to 0.01.
    ("AAPL.US", 10, {"order_type": "MO", "side": "Sell"}, "about 2,700.00 USD", "fees about 0.07 USD"),
    ("SPY.US", 3, {"price": "659.99"}, "1,979.97 USD", "no duties or levies"),
    # An order of what neither the quote nor static_info tells: HKD by its suffix, and said so.
    ("1234.HK", 1000, {"price": "9.99"}, "9,990.00 HKD", "fees about"),
]


@pytest.mark.usefixtures("november")  # fees change on dates that are known already
@pytest.mark.parametrize("case", FIGURES)
def test_the_figures_of_a_preview(
    client: Client, exchange: Exchange, case: tuple[str, int, dict[str, Any], str, str]
) -> None:
    symbol, quantity, fields, worth, duties = case
    exchange.held = {symbol: str(quantity)}
    made = buy(client, symbol, quantity, **fields)
    said = lines(made, "amount")
    assert said.startswith(worth) if "about" not in worth else worth in said
    assert duties in said
    assert "0.00" not in said.partition(";")[2]
    assert str(made.lines).count(" HKD") == 0 or symbol.endswith(".HK")


def test_a_replace_is_worth_its_new_total(client: Client, exchange: Exchange) -> None:
    exchange.standing = {
        "order_id": "1",
        "symbol": OPTION,
        "side": "Buy",
        "order_type": "LO",
        "status": "NewStatus",
        "quantity": "2",
        "executed_quantity": "0",
        "price": "12",
        "currency": "USD",
    }
    made = client.call("replace_order", order_id="1", quantity=5, price="12.5")
    assert lines(made, "amount").startswith("6,250.00 USD")
    with pytest.raises(
        RequestRefused, match=r"worth 250,000\.00 USD, more than the maximum of 130,000\.00 USD"
    ):
        client.call("replace_order", order_id="1", quantity=200, price="12.5")


def test_the_maximum_counts_the_multiplier_and_the_own_currency(client: Client) -> None:
    with pytest.raises(
        RequestRefused, match=r"worth 250,000\.00 USD, more than the maximum of 130,000\.00 USD"
    ):
        buy(client, OPTION, 200, price="12.50", override=["distance"])
    with pytest.raises(
        RequestRefused, match=r"worth 1,100,000\.00 CNY, more than the maximum of 900,000\.00 CNY"
    ):
        buy(client, "80700.HK", 2000, price="550", override=[])


def test_a_multiplier_that_cant_be_read_is_assumed_and_said_so(client: Client, exchange: Exchange) -> None:
    exchange.multipliers = {}
    made = buy(client, OPTION, 2, price="12.5")
    assert lines(made, "amount").startswith("2,500.00 USD")
    assert f"the multiplier of {OPTION} could not be read; 100 is assumed" in lines(made, "warning")


def test_a_multiplier_that_is_not_known_needs_its_override(client: Client, exchange: Exchange) -> None:
    exchange.multipliers = {}
    with pytest.raises(RequestRefused, match=r"multiplier of .* is not known.*--override multiplier"):
        buy(client, ADJUSTED, 2, price="3")
    made = buy(client, ADJUSTED, 2, price="3", override=["multiplier"])
    assert lines(made, "amount").startswith("not known, for the multiplier")
    assert "multiplier: " in lines(made, "overridden")
    # What only reduces a holding passes, with a warning.
    exchange.held = {ADJUSTED: "5"}
    made = buy(client, ADJUSTED, 5, price="3", side="Sell", override=[])
    assert "its value" not in lines(made, "overridden")
    assert "the order's value was not checked" in lines(made, "warning")
    with pytest.raises(RequestRefused, match="multiplier"):
        buy(client, ADJUSTED, 6, price="3", side="Sell", override=["short"])


def test_a_currency_that_cant_be_read_is_the_suffixs_and_said_so(client: Client) -> None:
    made = buy(client, "1234.HK", 1000, price="9.99")
    assert "the currency of 1234.HK could not be read; HKD is assumed" in lines(made, "warning")


def test_what_was_read_of_a_security_is_kept_for_a_day(client: Client, exchange: Exchange) -> None:
    for _ in range(3):
        buy(client, "80700.HK", 100, price="550")
        buy(client, OPTION, 1, price="12.5")
    assert exchange.asked.count("/quote/static-info") == 1
    # The option's last price is read each time, its multiplier once.
    assert exchange.asked.count("/quote/options/quotes") == 4


def test_it_is_read_again_after_a_day() -> None:
    now, asked = [1000.0], []

    def read(operation: str, arguments: Any) -> Any:
        asked.append(operation)
        return {"secu_static_info": [{"symbol": "80700.HK", "currency": "CNY", "lot_size": 100}]}

    known = Instruments(clock=lambda: now[0])
    for at in (1000.0, 80_000.0, 90_000.0):
        now[0] = at
        assert known.one(read, "80700.HK").currency == "CNY"
    assert asked == ["static_info"] * 2


def test_a_basket_adds_up_in_each_securitys_own_currency(client: Client) -> None:
    orders = [
        {"symbol": OPTION, "side": "Buy", "order_type": "LO", "price": "12.5", "quantity": 2},
        {"symbol": "80700.HK", "side": "Buy", "order_type": "LO", "price": "550", "quantity": 100},
        {"symbol": "700.HK", "side": "Buy", "order_type": "LO", "price": "600", "quantity": 100},
        {"symbol": "700.HK", "side": "Buy", "order_type": "MO", "quantity": 100},
    ]
    basket = client.call("submit_order", orders=orders)
    assert basket.totals() == {
        "Buy USD": Decimal(2500),
        "Buy CNY": Decimal(55_000),
        "Buy HKD": Decimal(60_000),
    }
    assert basket.unpriced() == [4]
    assert "without row 4" in str(basket)


def test_the_brokers_own_fees_are_not_known_until_they_are_stated(client: Client) -> None:
    usual = lines(buy(client, "AAPL.US", 10, price="268.5"), "amount")
    assert "the broker's own fees are not known" in usual
    client.fees = {"US": {"per_share": "0.005", "minimum": "0.99"}, "HK": 15}
    stated = lines(buy(client, "AAPL.US", 10, price="268.5"), "amount")
    assert stated.endswith("fees about 0.99 USD, 0.99 of it the broker's own as you stated them")
    # Hong Kong's settlement fee was raised on 2025-06-30.
    fees = "82.62" if datetime.now(UTC).date() > date(2025, 6, 29) else "82.10"
    assert f"fees about {fees} HKD, 15.00 of it" in lines(buy(client, "700.HK", 100, price="600"), "amount")
    with pytest.raises(RequestRefused, match=r"fees are stated by market, HK or US, not 'JP'"):
        client.fees = {"JP": 1}


def charged(quantity: str, price: str, *fees: str) -> Charged:
    worth = Decimal(quantity) * Decimal(price)
    return Charged(Decimal(quantity), worth, sum(map(Decimal, fees), Decimal(0)))


@pytest.mark.parametrize(
    ("charges", "rule"),
    [
        ([charged("100", "600", "15"), charged("400", "110", "15")], {"per_order": "15"}),
        (
            [charged("10", "270", "1"), charged("1000", "270", "5"), charged("400", "50", "2")],
            {"per_share": "0.005", "minimum": "1"},
        ),
        (
            [charged("100", "600", "18"), charged("100", "100", "10"), charged("400", "600", "72")],
            {"rate": "0.0003", "minimum": "10"},
        ),
        ([charged("100", "600", "15"), charged("100", "600", "16")], None),
        ([], None),
    ],
)
def test_a_rule_is_learnt_that_fits_every_statement(
    charges: list[Charged], rule: dict[str, str] | None
) -> None:
    expected = None if rule is None else BrokerFees.of("HK", rule)
    assert rule_of(charges) == expected


def test_fees_are_learnt_from_past_orders_over_http() -> None:
    with start_sandbox("--limits", "off") as sandbox:
        keys = sandbox.credentials
        made = Credentials(keys.app_key, keys.app_secret, keys.access_token)
        with Client(made, "sandbox", sandbox.url, limits=False) as client:
            with pytest.raises(RequestRefused, match="None of the last 0 filled orders states"):
                client.learn_fees()
            for _ in range(2):
                order = {"symbol": "700.HK", "side": "Buy", "order_type": "MO", "submitted_quantity": 100}
                client.call("submit_order", execute=True, **order)
            assert client.learn_fees() == {"HK": BrokerFees(per_order=Decimal("15.00"))}
            shown = client.call("submit_order", **order)
            assert "of it the broker's own as you stated them" in lines(shown, "amount")


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("0700.HK", "700.HK"),
        ("HK.00700", "700.HK"),
        ("aapl.us", "AAPL.US"),
        ("AAPL  270115C00260000", OPTION),
    ],
)
def test_a_symbol_is_mended_in_orders_and_reads_alike(
    client: Client, exchange: Exchange, typed: str, right: str
) -> None:
    made = buy(client, typed, 100, price="12.5")
    assert made.fields["symbol"] == right
    assert f"Buy 100 {right}" in lines(made, "order")
    assert client.call("static_info", symbol=[typed]) is not None


@pytest.mark.parametrize("symbol", ["SH.US", "SG.US", "HK.US", "SZ.US"])
def test_codes_that_look_like_markets_can_be_ordered(client: Client, symbol: str) -> None:
    assert buy(client, symbol, 100, price="60").fields["symbol"] == symbol


@pytest.mark.parametrize(
    ("status", "table", "said"),
    [
        (108, "morning_continuous", "the broker reports HK as closed, although these are its hours"),
        (105, "morning_continuous", ""),
        (105, "closed", ""),
        (108, "closed", "closed for this order; live from 2026-11-23 09:30"),
        (None, "closed", "closed for this order"),
    ],
)
def test_what_the_broker_reports_wins_over_the_table_of_hours(
    monkeypatch: pytest.MonkeyPatch, status: int | None, table: str, said: str
) -> None:
    # Friday 20 November 2026 at 10:00, or at 20:00, in Hong Kong.
    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime(2026, 11, 20, 2 if table != "closed" else 12, tzinfo=UTC).astimezone(tz)

    monkeypatch.setattr(describe, "datetime", Clock)
    rows = [] if status is None else [{"market": "HK", "trade_status": status}]

    def read(operation: str, arguments: Any) -> Any:
        assert operation == "market_status"
        return {"market_time": rows}

    found = describe.about_hours({"symbol": "700.HK", "order_type": "LO"}, read)
    assert "".join(text for _, text in found).startswith(said)
    assert bool(found) is bool(said)
