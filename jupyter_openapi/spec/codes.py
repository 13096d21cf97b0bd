"""The broker's error codes: what each means and what to do next.

The facts stand in ``codes.json``, each with its source. The broker publishes no list of its trade codes:
those here were seen in public. A code may come from any operation, so advice says what fits the one that was
called: of ticks and lots to an order, and not to a list of quotes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from jupyter_openapi.messages import N_, _
from jupyter_openapi.spec.loader import catalog
from jupyter_openapi.spec.model import Effect, Kind, Operation


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One code of the broker, or one text of its messages that says more than the code."""

    meaning: str
    advice: str  # what to do next, one sentence
    source: str  # where it is known from
    code: int | None = None
    http: int | None = None
    contains: tuple[str, ...] = ()  # parts of the message that tell it
    only: str = ""  # the operations it speaks of, as a key of `FITS`; "" for all
    cases: Mapping[str, str] = field(default_factory=dict)  # other advice, by a key of `FITS`

    def advice_for(self, operation: Operation | None, effect: Effect) -> str:
        """Return the advice that fits an operation."""
        fits = [text for case, text in self.cases.items() if FITS[case](operation, effect)]
        return fits[0] if fits else self.advice


ORDERS = frozenset({"submit_order", "replace_order"})
NAME = "`%openapi help NAME`"  # what advice says for the help of the operation that was called
FITS: Mapping[str, Callable[[Operation | None, Effect], bool]] = MappingProxyType(
    {
        "orders": lambda operation, _effect: operation is not None and operation.name in ORDERS,
        "trades": lambda _operation, effect: effect is Effect.TRADE,
        "changes": lambda _operation, effect: effect is not Effect.READ,
        "pages": lambda operation, _effect: operation is not None and operation.pages is not None,
        "symbols": lambda operation, _effect: operation is not None and _has_symbol(operation),
    }
)
"""Tell whether a case holds for an operation; None for one that the specification does not know."""
OF: Mapping[str, str] = MappingProxyType(
    {
        "orders": N_("For an order"),
        "trades": N_("For what moves money"),
        "changes": N_("For a change"),
        "pages": N_("For a history"),
        "symbols": N_("Where it takes a symbol"),
    }
)
"""What each case is called."""


def _has_symbol(operation: Operation) -> bool:
    return any(each.kind is Kind.SYMBOL for each in operation.parameters)


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


def advice_for(code: int, message: str = "", name: str = "", effect: Effect = Effect.READ) -> str:
    """Return what to do after an error, one sentence; the message's text tells more than its code.

    `name` is the operation that was called, `effect` what it does.
    """
    operation, lower = catalog().find(name), message.lower()
    told = (
        each
        for each in error_texts()
        if any(part.lower() in lower for part in each.contains)
        and (not each.only or FITS[each.only](operation, effect))
    )
    found = next(told, error_codes().get(code))
    if found is None:
        return ""
    advice = _(found.advice_for(operation, effect))
    return advice if operation is None else advice.replace(NAME, NAME.replace("NAME", operation.name))
