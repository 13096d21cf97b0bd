"""Facts of the markets: symbols, price steps, lots, sessions, order rules and fees.

Facts stand as JSON in ``data/``, each with its source and date; what could not be confirmed is marked there.
The functions are pure and small. Money and prices are `decimal.Decimal` throughout.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any


@cache
def facts(name: str) -> Any:
    """Return the parsed ``data/{name}.json``; callers share it and must not change it."""
    from importlib.resources import files

    text = files("jupyter_openapi.market").joinpath("data", f"{name}.json").read_text(encoding="utf-8")
    return json.loads(text)
