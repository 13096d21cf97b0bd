"""The package's JSON documents, each read once."""

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
