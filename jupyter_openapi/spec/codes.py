"""The broker's error codes: what each means and what to do next.

The facts stand in ``codes.json``, each with its source. The broker publishes no list of its trade codes:
those here were seen in public.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from jupyter_openapi.messages import _


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One code of the broker, or one text of its messages that says more than the code."""

    meaning: str
    advice: str  # what to do next, one sentence
    source: str  # where it is known from
    code: int | None = None
    http: int | None = None
    contains: tuple[str, ...] = ()  # parts of the message that tell it


@cache
def _facts() -> Any:
    text = files("jupyter_openapi.spec").joinpath("codes.json").read_text(encoding="utf-8")
    return json.loads(text)


@cache
def error_codes() -> Mapping[int, ErrorCode]:
    """Return every known code, in the order of their numbers."""
    found = sorted((ErrorCode(**each) for each in _facts()["codes"]), key=lambda each: each.code or 0)
    return MappingProxyType({each.code: each for each in found if each.code is not None})


@cache
def error_texts() -> tuple[ErrorCode, ...]:
    """Return the texts that say more than their code."""
    return tuple(ErrorCode(**{**each, "contains": tuple(each["contains"])}) for each in _facts()["texts"])


def advice_for(code: int, message: str = "") -> str:
    """Return what to do after an error, one sentence; the message's text tells more than its code."""
    lower = message.lower()
    for each in error_texts():
        if any(part.lower() in lower for part in each.contains):
            return _(each.advice)
    known = error_codes().get(code)
    return _(known.advice) if known is not None else ""
