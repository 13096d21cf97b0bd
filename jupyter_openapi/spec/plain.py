"""Values of Python and numpy as plain JSON data, where no parameter says more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

_NAN = float("nan")


def plain(value: Any) -> Any:
    """Return undescribed data as JSON data: decimals as text, times as ISO 8601 text, the rest as it is.

    What is missing becomes NaN, which no JSON body is sent with.
    """
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    if isinstance(value, Decimal):
        return decimal_text(value) if value.is_finite() else _NAN
    if isinstance(value, date):
        return value.isoformat() if value == value else _NAN  # noqa: PLR0124  (pandas.NaT is unlike itself)
    return item(value)


def decimal_text(number: Decimal) -> str:
    """Return every digit of `number`, without exponent or trailing zeros: ``612.50`` as ``612.5``.

    As the official SDK sends decimals (``1E+3`` as ``1000``), save that a negative zero is ``0``.
    """
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def item(value: Any) -> Any:
    """Return a scalar of numpy's as Python's own, its missing time as NaN, anything else as it is."""
    if type(value).__name__ == "datetime64":  # its own item() is nanoseconds
        return _NAN if str(value) == "NaT" else str(value)
    return value.item() if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0 else value
