"""Decimals of money: what is a number, and what is said of none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from jupyter_openapi.market.money import amount, figure, money, shown
from jupyter_openapi.widgets.queries import Most


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("1.50", Decimal("1.50")), (0, Decimal(0)), (" 2 ", Decimal(2)), ("", None), (None, None),
        ("x", None), ("NaN", None), ("Infinity", None), ([], None), ([1], None), ({}, None), (object(), None),
    ],
)  # fmt: skip
def test_what_is_no_number_is_not_known(value: Any, number: Decimal | None) -> None:
    assert amount(value) == number


def test_a_quantity_of_none_held_is_not_shown_with_decimals() -> None:
    assert Most(free=Decimal("0.000000")).text == "none held"
    assert Most(free=Decimal("500.000000")).text == "500 held and free to sell"


@pytest.mark.parametrize("tiny", [Decimal("-0.001"), Decimal("0.001"), Decimal("-0"), -0.004, 0.004, -0.0])
def test_what_rounds_to_zero_has_no_sign(tiny: Any) -> None:
    assert figure(tiny) == figure(tiny, sign=True) == "0.00"
    assert figure(tiny, 0, sign=True) == "0"
    assert shown(Decimal(str(tiny))) == "0.00"
    assert money(Decimal("-0.0000001"), "HKD") == "0.000000 HKD"


def test_what_does_not_round_to_zero_keeps_its_sign() -> None:
    assert figure(Decimal("-1234.5")) == figure(Decimal("-1234.5"), sign=True) == "-1,234.50"
    assert figure(0.006, sign=True) == "+0.01"
    assert figure(1000.0, 0, sign=True) == "+1,000"
