"""Decimals of money: what is a number, and what is said of none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from jupyter_openapi.market.money import amount
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
