"""``buy`` and ``sell``, typed in a real kernel; their words, and the figures that words stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.kernel import Kernel

from jupyter_openapi import RequestRefused
from jupyter_openapi.errors import TransportError
from jupyter_openapi.magic.commands import COMMANDS
from jupyter_openapi.magic.grammar import parse_line
from jupyter_openapi.spec.values import number_of
from jupyter_openapi.trading.shorthand import held_quantity, market_price


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """Give a kernel that is connected to a sandbox of its own."""
    with Kernel(tmp_path_factory.mktemp("trade")) as kernel:
        assert kernel.run("client = %openapi connect sandbox").ok
        # The made-up price follows the date: far from it is no matter here.
        assert kernel.run(
            "%config OpenAPIMagics.aggressive = 10000.0\n%config OpenAPIMagics.passive = 10000.0"
        ).ok
        yield kernel


# In a kernel


@pytest.mark.parametrize(
    ("line", "order"),
    [
        ("buy 100 700.HK @ 600", r"Buy 100 700\.HK, limit \(LO\) at 600\.00 HKD"),
        ("buy 700.HK 100 @600", r"Buy 100 700\.HK, limit \(LO\) at 600\.00 HKD"),
        ("buy 700.HK 1,000 @ market", r"Buy 1000 700\.HK, market \(MO\)"),
        ("sell all 700.HK @ bid", r"Sell 500 700\.HK, limit \(LO\) at [\d.]+ HKD, today only"),
        ("sell half 700.HK @ last", r"Sell 200 700\.HK, limit \(LO\) at [\d.]+ HKD"),
        ("sell 700.HK half @ ask tif=GTC", r"Sell 200 700\.HK, limit \(LO\) at [\d.]+ HKD, until cancelled"),
        ("buy {2 * 50} {'700.HK'} @ {600.5}", r"Buy 100 700\.HK, limit \(LO\) at 600\.50 HKD"),
        ("submit 700.HK side=buy price=600 quantity=1,000", r"Buy 1000 700\.HK"),
    ],
)
def test_a_short_line_is_previewed(kernel: Kernel, line: str, order: str) -> None:
    shown = kernel.run(f"%openapi {line}")
    assert shown.ok, shown.error
    assert shown.result.startswith("PREVIEW: nothing was sent.")
    assert re.search(f"order +{order}", shown.result)


def test_the_preview_says_where_its_figures_come_from_and_is_sent_as_it_was_shown(kernel: Kernel) -> None:
    shown = kernel.run("%openapi sell half 700.HK @ bid").result
    assert re.search(r"quantity +half of 500 free to sell, rounded down to lots of 100", shown)
    bid = re.search(r"price +the best bid when it was read at \d\d:\d\d:\d\d UTC: ([\d.]+) HKD", shown)
    sends = re.search(r'"submitted_price":"([\d.]+)"', shown)
    assert bid is not None
    assert sends is not None
    assert Decimal(sends[1]) == Decimal(bid[1])
    assert re.search(r"Sell 200 700\.HK, limit .* Order \d+", kernel.run("%openapi send").result)
    assert (
        kernel.run("%openapi send").error[0].startswith("RequestRefused: This submit_order was sent already")
    )


def test_execute_sends_in_one_go_and_says_the_price(kernel: Kernel) -> None:
    sent = kernel.run("%openapi --execute buy 100 700.HK @ ask")
    assert "price: the best ask when it was read at" in sent.text
    assert re.search(r"Buy 100 700\.HK, limit .* Order \d+", sent.result)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "buy 100 700.HK",
            "No price was given; type %openapi buy 100 700.HK @ last (after @: a number, market,",
        ),
        ("buy 100 700.HK 600", "600 does not belong here; write @ before a price"),
        ("buy all 700.HK @ bid", "type the quantity to buy as a number"),
        ("buy 1,5 700.HK @ 600", "submitted_quantity='1,5' is not a number"),
        ("buy 100 200 @ 600", "two quantities"),
        ("buy some 700.HK @ 600", "Neither some nor 700.HK is a quantity"),
        ("buy 100 700.HK @", "One price goes after @"),
        ("buy", "Say what to buy"),
        ("buy 100 700.HK @ market type=LO", "@ market is the type MO, not LO"),
        ("sell all 388.HK @ bid", "No 388.HK is free to sell"),
        ("buy 100 700.HK @ bid side=sell", "buy has no parameter 'side'"),
    ],
)
def test_what_is_not_clear_is_refused_and_leaves_nothing_to_send(
    kernel: Kernel, line: str, says: str
) -> None:
    kernel.run("%openapi buy 100 700.HK @ 600")
    assert says in kernel.run(f"%openapi {line}").error[0]
    assert "There is no preview to send" in kernel.run("%openapi send").error[0]


# Words


QUANTITY = st.sampled_from(["100", "1,000", "all", "HALF", "0.5", "{n}", "{'all'}"])
SYMBOL = st.sampled_from(["700.HK", "AAPL.US", "BRK.B.US", "AAPL260116C260000.US"])
PRICE = st.sampled_from(["600", "1,000.5", "market", "Bid", "{px + 1}"])


@given(st.sampled_from(["buy", "sell"]), QUANTITY, SYMBOL, PRICE, st.sampled_from([" @ ", "@", " @", "@ "]))
def test_either_order_of_the_words_says_the_same(
    side: str, quantity: str, symbol: str, price: str, at: str
) -> None:
    lines = [f"{side} {quantity} {symbol} @ {price} tif=GTC", f"{side} {symbol} {quantity} @ {price} tif=GTC"]
    lines.append(f"{side} {quantity} {symbol}{at}{price} tif=GTC")
    read = [parse_line(line, commands=COMMANDS).items for line in lines]
    expected = [("quantity", quantity), ("symbol", symbol), ("price", price), ("tif", "GTC")]
    assert all([tuple(item) for item in items] == expected for items in read)


@given(st.integers(-(10**12), 10**12))
def test_a_number_with_commas_is_read_as_it_is_written(number: int) -> None:
    assert number_of(f"{number:,}") == number


@pytest.mark.parametrize("text", ["1,5", "1,50", "1,0000", "0,500", ",500", "1,,000", "1,000,00", "1.5,000"])
def test_a_comma_elsewhere_is_no_number(text: str) -> None:
    with pytest.raises(ArithmeticError):
        number_of(text)


# Figures


def reader(**answers: Any) -> Any:
    """Return a reader of replies that are given by the operation's name; others can't be read."""

    def read(name: str, _parameters: Mapping[str, Any]) -> Any:
        if name not in answers:
            raise TransportError(f"no {name}")
        return answers[name]

    return read


def holding(free: str, lot: int = 100) -> Any:
    """Return a reader of an account that holds `free` of 700.HK."""
    rows = [{"stock_info": [{"symbol": "700.HK", "available_quantity": free}]}]
    static = {"secu_static_info": [{"symbol": "700.HK", "lot_size": lot, "currency": "HKD"}]}
    return reader(stock_positions={"list": rows}, static_info=static)


@given(st.integers(1, 100_000))
def test_all_and_half_are_whole_lots_of_what_is_free_and_never_more(free: int) -> None:
    for word, most in (("all", Decimal(free)), ("half", Decimal(free) / 2)):
        if most < 100:
            with pytest.raises(RequestRefused):
                held_quantity(holding(str(free)), "700.HK", word)
            continue
        found = held_quantity(holding(str(free)), "700.HK", word)
        assert found.number % 100 == 0
        assert most - 100 < found.number <= most
        if word == "all" and found.number != free:
            assert f"{free - found.number} left out" in found.said


def test_an_odd_lot_is_named_and_sold_by_its_own_type() -> None:
    assert "150 free to sell; 50 left out" in held_quantity(holding("150"), "700.HK", "all").said
    assert held_quantity(holding("150"), "700.HK", "all", "odd").number == 50
    with pytest.raises(RequestRefused, match=r"sell 50 700.HK @ last type=ODD"):
        held_quantity(holding("50"), "700.HK", "all")
    with pytest.raises(RequestRefused, match="no odd lot"):
        held_quantity(holding("200"), "700.HK", "all", "ODD")


def test_what_cannot_be_read_is_never_guessed() -> None:
    with pytest.raises(RequestRefused, match=r"quantity held of 700.HK could not be read"):
        held_quantity(reader(), "700.HK", "all")
    with pytest.raises(RequestRefused, match=r"bid of 700.HK is not known"):
        market_price(reader(), "700.HK", "bid", "UTC")
    with pytest.raises(RequestRefused, match="has none now"):
        market_price(reader(depth={"bid": [{"price": ""}], "ask": []}), "700.HK", "bid", "UTC")
    with pytest.raises(RequestRefused, match=r"last of 700.HK is not known"):
        market_price(reader(), "700.HK", "last", "UTC")
