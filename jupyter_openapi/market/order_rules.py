"""Rules of the order types, and the single checks of a field that `orders` combines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from jupyter_openapi.market import facts, symbols
from jupyter_openapi.messages import _, commas


@dataclass(frozen=True, slots=True)
class TypeRules:
    """Fields that one order type takes, by submit_order's names on the wire.

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


@cache
def status_meanings() -> Mapping[str, str]:
    """Return what each order state means, in a word or two."""
    return {name: str(row["meaning"]) for name, row in facts("orders")["statuses"].items()}


_NUMBER = r"[+-]?\d{1,18}(\.\d{1,12})?"
_WHOLE = r"[+-]?\d{1,9}"
_POSITIVE = ("submitted_price", "trigger_price", "trailing_amount", "monitor_price")

Fields = Mapping[str, Any]


class Problem(NamedTuple):
    """What is wrong with one field: the clause names the field, its value and what is allowed."""

    field: str
    message: str

    def __str__(self) -> str:
        return self.message


class Problems(list[Problem]):
    """The problems found so far."""

    def missing(self, field: str, why: str = "") -> None:
        """Add that a field is not given."""
        self.append(Problem(field, _("{field} is missing{why}").format(field=field, why=why)))

    def wrong(self, field: str, value: Any, what: str) -> None:
        """Add what is wrong with a field's value."""
        self.append(Problem(field, f"{field} {shown(value)} {what}"))


def given_fields(fields: Fields) -> dict[str, Any]:
    """Return the fields without those whose value is None."""
    return {name: value for name, value in fields.items() if value is not None}


def number(value: Any) -> Decimal | None:
    """Return a wire value as a finite Decimal, or None if it is no plain decimal number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    if isinstance(value, str):
        return Decimal(value) if re.fullmatch(_NUMBER, value, re.ASCII) else None
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return exact if exact.is_finite() and abs(exact) < Decimal(10) ** 18 else None


def integer(value: Any) -> int | None:
    """Return a wire value as an int, or None if it is not a whole number."""
    if isinstance(value, str):
        return int(value) if re.fullmatch(_WHOLE, value, re.ASCII) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def listed(values: Sequence[str], last: str = "") -> str:
    """Join names as ``a, b or c``; ``none`` if there are none. `last` stands before the last one."""
    if len(values) < 2:
        return values[0] if values else _("none")
    return commas(values, last or _(" or "))


def shown(value: Any) -> str:
    """Return a value for a message: short, on one line."""
    if isinstance(value, str):
        short = value if len(value) <= 40 else f"{value[:40]}..."
        return short if short.isprintable() and short.strip() else repr(short)
    return f"{value:f}" if isinstance(value, Decimal) else repr(value)[:40]


def market_of(given: Fields, found: Problems) -> str | None:
    """Check the symbol; return its market if orders are taken there."""
    if "symbol" not in given:
        return None
    text = given["symbol"]
    right = symbols.suggest(text) if isinstance(text, str) else None
    if right != text or right is None:
        what = (
            _("must be written {right}").format(right=right)
            if right
            else _("must be a code and a market, such as 700.HK or AAPL.US")
        )
        found.wrong("symbol", text, what)
        return None
    market = symbols.parse(right).market
    if market in symbols.TRADABLE:
        return market
    found.wrong(
        "symbol",
        given["symbol"],
        _("is in {market}: orders are taken for {listed} only").format(
            market=market, listed=listed(symbols.TRADABLE)
        ),
    )
    return None


def type_rules(given: Fields, market: str | None, found: Problems) -> TypeRules | None:
    """Check the order type and that its market takes it; return its rules if there are any."""
    if "order_type" not in given:
        return None
    code = given["order_type"]
    rules = all_rules().get(code) if isinstance(code, str) else None
    if rules is None or (market and market not in rules.markets):
        takes = types_of(market) if market else tuple(all_rules())
        where = f" in {market}" if market else ""
        found.wrong(
            "order_type",
            code,
            _("is not taken{where}: it can be {listed}").format(where=where, listed=listed(takes)),
        )
    return rules


def choice(given: Fields, name: str, allowed: Sequence[str], found: Problems) -> None:
    """Check that a field, if given, is one of the allowed values."""
    if name in given and given[name] not in allowed:
        found.wrong(name, given[name], _("must be {listed}").format(listed=listed(allowed)))


def quantity(given: Fields, name: str, found: Problems) -> Decimal | None:
    """Check a number of shares: whole and above 0; return it if it is."""
    if name not in given:
        return None
    value = number(given[name])
    if value is not None and value > 0 and value == value.to_integral_value():
        return value
    found.wrong(name, given[name], _("must be a whole number of shares above 0"))
    return None


def time_in_force(given: Fields, rules: TypeRules | None, market: str | None, found: Problems) -> None:
    """Check time_in_force, also against the type in its market."""
    every: list[str] = facts("orders")["time_in_force"]
    choice(given, "time_in_force", every, found)
    value = given.get("time_in_force")
    takes = rules.time_in_force.get(market or "", ()) if rules else ()
    if rules and value in every and takes and value not in takes:
        what = _("does not go with {code} in {market}: it takes {listed}").format(
            code=rules.code, market=market, listed=listed(takes)
        )
        found.wrong("time_in_force", value, what)


def expire_date(given: Fields, on: date | None, found: Problems) -> None:
    """Check expire_date: with GTD and nothing else, a real date, not before `on`."""
    good_till_date = given.get("time_in_force") == "GTD"
    if "expire_date" not in given:
        if good_till_date:
            found.missing("expire_date", _(": time_in_force GTD needs a date such as 2026-12-31"))
        return
    value = given["expire_date"]
    day = _day(value)
    if day is None:
        found.wrong("expire_date", value, _("must be a date such as 2026-12-31"))
    elif not good_till_date:
        found.wrong("expire_date", value, _("goes with time_in_force GTD only"))
    elif on is not None and day < on:
        found.wrong("expire_date", value, _("must not be before today, {on}").format(on=on))


def outside_rth(given: Fields, market: str | None, found: Problems) -> None:
    """Check outside_rth: US only; OVERNIGHT takes limit orders for the day only."""
    if "outside_rth" not in given:
        return
    value = given["outside_rth"]
    if market is not None and market != "US":
        found.wrong("outside_rth", value, _("goes with US orders only, not {market}").format(market=market))
        return
    choice(given, "outside_rth", facts("orders")["outside_rth"], found)
    if value == "OVERNIGHT":
        for name, only in (("order_type", "LO"), ("time_in_force", "Day")):
            if given.get(name, only) != only:
                found.wrong(
                    "outside_rth",
                    value,
                    _("takes {name} {only} only, not {shown}").format(
                        name=name, only=only, shown=shown(given[name])
                    ),
                )


def own_fields(given: Fields, standing: Fields, rules: TypeRules, found: Problems) -> None:
    """Check the fields that depend on the type: those it needs, its choice of one, and those it forbids.

    `standing` holds what a field that is not given keeps from the order being changed.
    """
    for name in rules.needs:
        if name not in given and name not in standing:
            found.missing(name, _(": {code} needs it").format(code=rules.code))
    if rules.one_of:
        _offset_or_level(given, {**standing, **given}, rules, found)
    for name in rules.forbidden:
        if name in given:
            own = (
                _("it takes {listed}").format(listed=listed(rules.fields, _(" and ")))
                if rules.fields
                else _("it takes no price")
            )
            found.wrong(
                name, given[name], _("does not go with {code}: {own}").format(code=rules.code, own=own)
            )


def _offset_or_level(given: Fields, have: Fields, rules: TypeRules, found: Problems) -> None:
    if not integer(have.get("limit_depth_level", 0)) and "limit_offset" not in have:
        found.missing(
            "limit_offset",
            _(": {code} needs it, or a limit_depth_level other than 0").format(code=rules.code),
        )
    level, offset = given.get("limit_depth_level", 0), given.get("limit_offset", 0)
    if integer(level) and number(offset):
        found.wrong(
            "limit_offset",
            offset,
            _("and limit_depth_level {shown} exclude each other: give one").format(shown=shown(level)),
        )


def values(given: Fields, found: Problems) -> None:
    """Check the ranges of the types' own fields, whichever are given."""
    for name in _POSITIVE:
        if name in given and (number(given[name]) or 0) <= 0:
            found.wrong(name, given[name], _("must be a number above 0"))
    offset = number(given.get("limit_offset", 0))
    if offset is None or offset < 0:
        found.wrong("limit_offset", given["limit_offset"], _("must be a number, 0 or more"))
    percent = number(given.get("trailing_percent", 1))
    if percent is None or not 0 < percent < 100:
        found.wrong(
            "trailing_percent", given["trailing_percent"], _("must be above 0 and below 100 (3 means 3%)")
        )
    for name in ("limit_depth_level", "trigger_count"):
        low, high = facts("orders")["limits"][name]
        whole = integer(given.get(name, 0))
        if whole is None or not low <= whole <= high:
            found.wrong(
                name, given[name], _("must be a whole number from {low} to {high}").format(low=low, high=high)
            )


def remark(given: Fields, longest: int, found: Problems) -> None:
    """Check the remark's length, in characters."""
    text = given.get("remark", "")
    if not isinstance(text, str):
        found.wrong("remark", text, _("must be text"))
    elif len(text) > longest:
        found.append(
            Problem(
                "remark",
                _("remark is {length} characters long: at most {longest} are taken").format(
                    length=len(text), longest=longest
                ),
            )
        )


def _day(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
