"""The order types and order states, as facts.

Source: the broker's documentation of submit_order, replace_order and order states (``data/orders.json``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from jupyter_openapi.market.facts import facts


@dataclass(frozen=True, slots=True)
class TypeRules:
    """What one order type asks for. Fields go by submit_order's names on the wire.

    Attributes
    ----------
    code, title, meaning
        ``LIT``, ``Limit if touched``, and what it does in one clause.
    markets
        Where it is taken.
    needs
        Fields that must be given.
    one_of
        Fields of which at least one must be given.
    optional, forbidden
        Fields that may, and must not, be given.
    conditional
        True where the broker holds the order until a trigger.
    auction
        True where it matches in auctions only.
    replaceable
        Whether an open order of the type can be changed.
    rests
        Whether what is left after matching stays in the book; it is cancelled otherwise.
    time_in_force
        The values taken, by market.
    """

    code: str
    title: str
    meaning: str
    markets: tuple[str, ...]
    needs: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    conditional: bool = False
    auction: bool = False
    replaceable: bool = True
    rests: bool = True
    time_in_force: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of its own that an order of this type may have."""
        return (*self.needs, *self.one_of, *self.optional)


@cache
def all_rules() -> Mapping[str, TypeRules]:
    """Return the rules of every order type that can be submitted, by its code."""
    known = facts("orders")
    return {code: _rules(code, row, known) for code, row in known["types"].items()}


def _rules(code: str, row: Mapping[str, Any], known: Mapping[str, Any]) -> TypeRules:
    needs, one_of, optional = (tuple(row.get(key, ())) for key in ("needs", "one_of", "optional"))
    allowed = {*needs, *one_of, *optional}
    times = row.get("time_in_force", {})
    return TypeRules(
        code=code,
        title=row["title"],
        meaning=row["meaning"],
        markets=tuple(row["markets"]),
        needs=needs,
        one_of=one_of,
        optional=optional,
        forbidden=tuple(name for name in known["fields_by_type"] if name not in allowed),
        conditional=row.get("conditional", False),
        auction=row.get("auction", False),
        replaceable=row.get("replaceable", True),
        rests=row.get("rests", True),
        time_in_force={m: tuple(times.get(m, known["time_in_force"])) for m in row["markets"]},
    )


def types_of(market: str) -> tuple[str, ...]:
    """Return the order types a market takes, in the documentation's order."""
    return tuple(code for code, rules in all_rules().items() if market in rules.markets)


@cache
def statuses(which: str) -> frozenset[str]:
    """Return the order states that are ``open``, ``final``, ``cancellable`` or ``replaceable``."""
    rows = facts("orders")["statuses"]
    return frozenset(name for name, row in rows.items() if row["state"] == which or row.get(which) is True)


def status_meaning(status: str) -> str:
    """Return what an order state means in a word or two; the state itself if it is not known."""
    row = facts("orders")["statuses"].get(status)
    return status if row is None else str(row["meaning"])
