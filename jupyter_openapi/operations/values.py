"""What a parameter of an operation may be given as, for type checkers and for `help`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    import pandas as pd

Number: TypeAlias = str | int | float | Decimal
"""A price, an amount or a quantity; text and Decimal keep every digit."""
Moment: TypeAlias = str | int | float | date
"""A time: seconds since 1970, a datetime, a day, or text: ``2026-01-05 09:30``, ``today``, ``-30d``."""
Day: TypeAlias = str | date
"""A calendar day: a date, or text such as ``2026-01-05``, ``today``, ``-30d``."""
Object: TypeAlias = Mapping[str, object]
"""An object of a request's body."""
Tick: TypeAlias = Literal["nearest", "up", "down", "safe"]
"""How an order's prices are rounded to the market's steps."""
Orders: TypeAlias = "pd.DataFrame | Iterable[Mapping[str, object]]"
"""Orders of a basket, one a row."""
