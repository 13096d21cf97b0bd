"""Format values as the broker does: decimals and times as text, "" or "0" for none."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

_PLACES = Decimal("0.000001")


def number(value: Decimal | int | None, none: str = "") -> str:
    """Return a decimal without exponent and trailing zeros, or `none`."""
    if value is None:
        return none
    if isinstance(value, int):
        return str(value)
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def rounded(value: Decimal | None, places: Decimal = _PLACES, none: str = "") -> str:
    """Return a computed decimal, rounded to `places`."""
    return none if value is None else number(value.quantize(places, ROUND_HALF_UP))


def seconds(value: float, none: str = "0") -> str:
    """Return Unix seconds, or `none` for a time that never came."""
    return str(int(value)) if value else none


CENT = Decimal("0.01")
"""Money to the cent; prices of a share in a holding to a thousandth."""


def offset_of(page: int | None, size: int) -> int:
    """Return how many rows come before a page, counted from 1; no more than SQLite can count."""
    return min(((page or 1) - 1) * size, 2**62)
