"""Decimal arithmetic of money: parse, add, multiply, format; nothing is rounded on the way.

None stands for "not known". A product with something unknown is unknown; a sum is of what is known, and of
nothing known is unknown, never zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from decimal import Context, Decimal, InvalidOperation, localcontext
from typing import Any


def amount(value: object) -> Decimal | None:
    """Return a wire value as a decimal; None for the empty text, None and what is no number."""
    if value is None or value == "":
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def money(value: Decimal, currency: str = "") -> str:
    """Return ``60,000.00 HKD``; prices keep the digits they have beyond two."""
    places = max(2, -int(value.normalize().as_tuple().exponent))
    return f"{figure(value, min(places, 6))} {currency}".strip()


def plain(number: Decimal) -> str:
    """Return a number without trailing zeros or an exponent."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


ZERO = Decimal(0)
HUNDRED = Decimal(100)
_DIGITS = Context(prec=60)
CRUMB = Decimal("1e-12")
"""The smallest part a division leaves of an amount; what is cut off stays with the rest."""


def exactly() -> AbstractContextManager[Context]:
    """Return a context in which sums and products of money keep every digit."""
    return localcontext(_DIGITS)


def product(*factors: Decimal | None) -> Decimal | None:
    """Return the product, or None if a factor is not known."""
    result = Decimal(1)
    for factor in factors:
        if factor is None:
            return None
        result *= factor
    return result


def minus(left: Decimal | None, right: Decimal | None) -> Decimal | None:
    """Return the difference, or None if either is not known."""
    return None if left is None or right is None else left - right


def total(values: Iterable[Decimal | None]) -> Decimal | None:
    """Return the sum of what is known, or None if nothing is."""
    known = [value for value in values if value is not None]
    return sum(known, ZERO) if known else None


def ratio(part: Decimal | None, whole: Decimal | None, scale: Decimal = HUNDRED) -> Decimal | None:
    """Return `part` of the size of `whole`, in percent; None where that says nothing."""
    if part is None or not whole:
        return None
    return part / abs(whole) * scale


def share(part: Decimal | None, whole: Decimal | None, scale: Decimal = HUNDRED) -> Decimal | None:
    """Return `part` of `whole`, in percent; None where that is not above 0: a share of debts says nothing."""
    return None if part is None or whole is None or whole <= 0 else part / whole * scale


def floats(values: Sequence[Decimal | None]) -> Any:
    """Return a ``float64`` array; what is not known is NaN."""
    import numpy as np

    return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)


def from_float(value: object) -> Decimal | None:
    """Return a frame's number with the digits that it shows; None for NaN and what is no number."""
    number = float(value) if isinstance(value, (int, float)) else float("nan")
    return Decimal(repr(number)) if number - number == 0 else None


def known_text(value: object) -> str:
    """Return text without the white space around it; empty for None."""
    return "" if value is None else str(value).strip()


def shown(value: Decimal | None, places: int = 2) -> str:
    """Return an amount for a sentence: ``1,234,567.80``; ``n/a`` where not known."""
    return "n/a" if value is None else figure(value, places)


def figure(value: Decimal | float, places: int = 2, *, sign: bool = False) -> str:
    """Return a figure with thousands separators; what rounds to zero is ``0.00``, neither + nor -."""
    text = f"{value:z,.{places}f}"
    return f"+{text}" if sign and value > 0 and text.strip("0.") else text
