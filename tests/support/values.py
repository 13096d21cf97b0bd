"""How a value travels, and which prices an exchange takes: short forms for the tests."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from jupyter_openapi.market import ticks
from jupyter_openapi.spec import Parameter
from jupyter_openapi.spec.values import convert, join


def to_wire(parameter: Parameter, value: Any, **options: Any) -> Any:
    """Return a value as it travels, an array joined where the parameter's style says so."""
    return join(parameter, convert(parameter, value, **options))


def on_tick(symbol: str, price: Decimal, on: date, table: str | None = None) -> bool:
    """Tell whether the exchange takes the price on that date."""
    return ticks.ladder(symbol, on, table).allows(price)
